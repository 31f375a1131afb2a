"""Serves one video of so many megabytes on loopback, as often as it is asked for; its address is the line it prints.

python tests/bench/clips.py FOLDER MEGABYTES
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from seedspec.media.card import Card
from seedspec.media.movie.takes import Studio


async def main(folder: Path, megabytes: int) -> None:
    card = Card("task-unified-1-a", "A street at dawn.", 864, 496, 4, "480p", "16:9", audio=True)
    Studio().make(card, folder / "served.mp4")
    data = (folder / "served.mp4").read_bytes()
    rest = megabytes * 1_000_000 - len(data)
    data += rest.to_bytes(4, "big") + b"free" + bytes(rest - 8)  # a whole MP4 all the same (ISO 14496-12, 8.1.2)
    head = b"HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\nContent-Length: %d\r\n\r\n" % len(data)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                writer.write(head + data)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/served.mp4", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    Path(sys.argv[1]).mkdir(exist_ok=True)
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
