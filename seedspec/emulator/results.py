"""The routes of the results host: clips and uploads, for anyone with a link and for no one with a key."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from seedspec.emulator import links
from seedspec.emulator.links import ResultLink
from seedspec.emulator.provider import Provider
from seedspec.emulator.refusal import page
from seedspec.emulator.wires import Wires


class Results:
    """The results host's routes over a provider."""

    def __init__(self, provider: Provider, wires: Wires) -> None:
        self._provider = provider
        self._wires = wires

    def routes(self) -> list[Route]:
        return [
            Route("/r/{task_id}/{name}", self.clip, methods=["GET"]),
            Route("/f/{file_id}/{name:path}", self.upload, methods=["GET"]),
        ]

    async def clip(self, request: Request) -> Response:
        if leak := await self._leak(request):
            return leak
        link = links.read(str(request.url), secret=self._provider.ledger.secret)
        if not isinstance(link, ResultLink):
            return page(403, "SignatureDoesNotMatch")
        if time.time() >= link.expires:
            return page(403, "Request has expired")
        task = self._provider.find(link.task)
        if task is None or not self._provider.is_settled(task) or task.error:
            return page(404, "Not Found")
        if self._provider.refuse_link(link):
            return page(403, "Request has expired")
        strikes = self._provider.strikes.next("download") if request.method == "GET" else {}
        path = self._provider.clip(task.id)
        if "html-result" in strikes:
            return page(200, "One moment, please")
        if "noise-result" in strikes:
            return Response(_noise(path.read_bytes()), media_type="video/mp4")
        if "truncated" in strikes:
            return await self._cut(request, path)
        return FileResponse(path, media_type="video/mp4")

    async def upload(self, request: Request) -> Response:
        if leak := await self._leak(request):
            return leak
        upload = self._provider.shelf.find(request.path_params["file_id"])
        path = self._provider.shelf.path(upload.file_id) if upload else None
        if upload is None or path is None or not path.exists():
            return page(404, "Not Found")
        return FileResponse(path, media_type=upload.mime)

    async def _cut(self, request: Request, path: Path) -> Response:
        """A response that promises the whole file and ends in the middle of it."""
        content = path.read_bytes()

        async def half() -> AsyncIterator[bytes]:
            yield content[: len(content) // 2]
            await self._wires.finish(request)

        return StreamingResponse(half(), media_type="video/mp4", headers={"Content-Length": str(len(content))})

    async def _leak(self, request: Request) -> Response | None:
        """An answer that says so when a request carries a key: this host must never see one."""
        if "authorization" not in request.headers:
            return None
        await self._provider.ledger.keep("leak", {"path": request.url.path})
        message = "This request carries an Authorization header: the API key must not be sent to the results host."
        return JSONResponse({"error": {"code": "leaked_key", "message": message, "type": "leak"}}, 400)


def _noise(content: bytes) -> bytes:
    """The same file, whole by its boxes, with zeros where its pictures and sound were."""
    at = 0
    while at < len(content):
        length = int.from_bytes(content[at : at + 4], "big")
        if content[at + 4 : at + 8] == b"mdat":
            return content[: at + 8] + bytes(length - 8) + content[at + length :]
        at += length
    return content
