"""A bucket on loopback that takes its time for each answer, for ledgers; its address is the line it prints.

    python tests/bench/bucket.py SECONDS

It has what a ledger needs of S3: files with tags, the two conditions of writing, and lists in pages. It believes every
signature. tests/run/bucket.py has a bucket that does not, and costs ten times as much.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import sys
from bisect import bisect_left, insort
from datetime import UTC, datetime
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

_HEADER = re.compile(rb"\r\n([A-Za-z-]+): *([^\r]*)")
_PAGE = 1000
Answer = tuple[str, dict[str, str], bytes]


class Bucket:
    def __init__(self) -> None:
        self._files: dict[str, tuple[bytes, str, datetime]] = {}
        self._names: list[str] = []

    def answer(self, method: str, target: str, headers: dict[str, str], body: bytes) -> Answer:
        url = urlsplit(target)
        name = unquote(url.path).removeprefix("/").partition("/")[2]
        if method == "PUT":
            return self._put(name, headers, body)
        if method == "GET" and not name:
            return self._list({key: value[0] for key, value in parse_qs(url.query).items()})
        if name not in self._files:
            return "404 Not Found", {}, b"<Error><Code>NoSuchKey</Code></Error>"
        data, tag, at = self._files[name]
        found = {"ETag": tag, "Last-Modified": at.strftime("%a, %d %b %Y %H:%M:%S GMT")}
        return "200 OK", found | ({"X-Length": str(len(data))} if method == "HEAD" else {}), data

    def _put(self, name: str, headers: dict[str, str], body: bytes) -> Answer:
        there = self._files.get(name)
        wrong = headers.get("if-none-match") == "*" and there is not None
        if wrong or ("if-match" in headers and (there is None or headers["if-match"] != there[1])):
            return "412 Precondition Failed", {}, b"<Error><Code>PreconditionFailed</Code></Error>"
        if there is None:
            insort(self._names, name)
        tag = f'"{hashlib.md5(body).hexdigest()}"'
        self._files[name] = body, tag, datetime.now(UTC)
        return "200 OK", {"ETag": tag}, b""

    def _list(self, query: dict[str, str]) -> Answer:
        prefix = query.get("prefix", "")
        begin = bisect_left(self._names, max(prefix, query.get("continuation-token", "")))
        found = self._names[begin : begin + _PAGE + 1]
        found = [name for name in found if name.startswith(prefix)]
        more = "".join(f"<NextContinuationToken>{escape(name)}</NextContinuationToken>" for name in found[_PAGE:])
        rows = (
            f"<Contents><Key>{escape(name)}</Key><LastModified>{self._files[name][2].isoformat()}</LastModified>"
            f"<ETag>{escape(self._files[name][1])}</ETag><Size>{len(self._files[name][0])}</Size></Contents>"
            for name in found[:_PAGE]
        )
        said = f"<IsTruncated>{str(bool(more)).lower()}</IsTruncated>{more}{''.join(rows)}"
        return "200 OK", {}, f"<ListBucketResult>{said}</ListBucketResult>".encode()


async def main(seconds: float) -> None:
    bucket = Bucket()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                method, target = head.split(b" ", 2)[:2]
                headers = {name.decode().lower(): value.decode() for name, value in _HEADER.findall(head)}
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                await asyncio.sleep(seconds)
                status, found, data = bucket.answer(method.decode(), target.decode(), headers, body)
                found = {"Content-Length": found.pop("X-Length", str(len(data))), **found}
                lines = "".join(f"{name}: {value}\r\n" for name, value in found.items())
                writer.write(f"HTTP/1.1 {status}\r\n{lines}\r\n".encode() + (b"" if method == b"HEAD" else data))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1])))
