"""A service that ends tasks at a rate, on loopback; its address is the line it prints.

    python tests/bench/ending.py FOLDER ENDING RATE [no-batch] [hard]

It takes every purchase, and knows every task by the number in its id. From the first question on, number n has ended
after n / RATE seconds, with a video that it serves itself: a small one, or with `hard` one of a real one's weight. From
ENDING on none ever ends. `GET /bought` says how many purchases there were, of how many prompts, and how many of them in
how many seconds while all buyers bought: from the first purchase of the last to begin to the last one of the first to
end. A buyer is known by its key.
"""

from __future__ import annotations

import asyncio
import re
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import media_work
import orjson
from work import task_id

from seedspec.media.card import Card
from seedspec.media.movie.takes import Studio

MODEL = "seedance-2.0-reference-to-video"
_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
_KEY = re.compile(rb"authorization: ([^\r]+)", re.IGNORECASE)


class Tasks:
    def __init__(self, ending: int, rate: float, address: str) -> None:
        self._ending, self._rate, self._address = ending, rate, address
        self._since: float | None = None

    def row(self, task: str) -> dict[str, object]:
        self._since = self._since or time.monotonic()
        number = int(task.rpartition("-")[2], 16)
        if number >= min(self._ending, (time.monotonic() - self._since) * self._rate):
            return {"id": task, "object": "video.generation.task", "model": MODEL, "status": "processing",
                    "progress": 50, "created": 1795427517, "task_info": {"estimated_time": 120}}  # fmt: skip
        return {"id": task, "object": "video.generation.task", "model": MODEL, "status": "completed", "progress": 100,
                "created": 1795427517, "results": [f"{self._address}/{task}.mp4?expires=1795513917&signature=4b68d0f1"],
                "usage": {"billing_rule": "per_second", "credits_used": 31.3875}}  # fmt: skip


class Bought:
    """The purchases that the service took, and when it took which of each buyer."""

    def __init__(self) -> None:
        self._prompts: list[str] = []
        self._times: dict[bytes, list[float]] = {}

    def take(self, buyer: bytes, body: bytes) -> dict[str, object]:
        self._prompts.append(orjson.loads(body)["prompt"])
        self._times.setdefault(buyer, []).append(time.monotonic())
        return {"id": task_id(len(self._prompts)), "object": "video.generation.task", "model": MODEL,
                "status": "pending", "progress": 0, "created": 1795427517, "usage": {"credits_reserved": 31.3875},
                "task_info": {"estimated_time": 120}}  # fmt: skip

    def told(self) -> dict[str, object]:
        begin = max((times[0] for times in self._times.values()), default=0.0)
        end = min((times[-1] for times in self._times.values()), default=0.0)
        together = sum(begin < at <= end for times in self._times.values() for at in times)
        return {"purchases": len(self._prompts), "prompts": len(set(self._prompts)), "buyers": len(self._times),
                "together": together, "seconds": max(0.0, end - begin)}  # fmt: skip


async def main(folder: Path, ending: int, rate: float, words: Sequence[str]) -> None:
    path = folder / "served.mp4"
    if "hard" in words:
        path = folder.parents[1] / "hard.mp4"  # made once for all bars of a folder: it takes seconds
        if not path.exists():
            media_work.hard(path, media_work.SECONDS)
    else:
        Studio().make(Card(task_id(0), "A street at dawn.", 864, 496, 4, "480p", "16:9", audio=True), path)
    video = path.read_bytes()

    def answer(content: bytes, kind: bytes = b"application/json", status: bytes = b"200 OK") -> bytes:
        head = b"HTTP/1.1 %b\r\nContent-Type: %b\r\nContent-Length: %d\r\n\r\n" % (status, kind, len(content))
        return head + content

    clip = answer(video, b"video/mp4")

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = _LENGTH.search(head)
                body = await reader.readexactly(int(length[1])) if length else b""
                path = head.split(b" ", 2)[1].decode()
                if path.endswith("/generations"):
                    key = _KEY.search(head)
                    writer.write(answer(orjson.dumps(bought.take(key[1] if key else b"", body))))
                elif path.endswith("/credits"):
                    writer.write(answer(b'{"data": {"user": {"remaining_credits": 1000000000}}}'))
                elif path == "/bought":
                    writer.write(answer(orjson.dumps(bought.told())))
                elif path.endswith("/batch") and "no-batch" in words:
                    writer.write(answer(b"{}", status=b"404 Not Found"))
                elif path.endswith("/batch"):
                    writer.write(answer(orjson.dumps({"data": list(map(tasks.row, orjson.loads(body)["task_ids"]))})))
                elif "/tasks/" in path:
                    writer.write(answer(orjson.dumps(tasks.row(path.rpartition("/")[2]))))
                else:
                    writer.write(clip)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    tasks, bought = Tasks(ending, rate, address), Bought()
    print(address, flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    Path(sys.argv[1]).mkdir(exist_ok=True, parents=True)
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), sys.argv[4:]))
