"""The routes of the files API: three ways to upload, list, quota, delete."""

from __future__ import annotations

import asyncio
import base64
import binascii
import io
from collections.abc import Mapping
from typing import Any, BinaryIO
from urllib.parse import urlsplit

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from seedspec.emulator.api import check_key, read_json
from seedspec.emulator.provider import Provider
from seedspec.emulator.refusal import Answered, Refusal, failure
from seedspec.emulator.settings import Fault
from seedspec.emulator.shelf import MOST_BYTES, Upload
from seedspec.emulator.wires import Wires

_FOLDER_NAMES = ("upload_path", "uploadPath")
_FILE_NAMES = ("file_name", "fileName")
_FORM_SLACK = 1_000_000


class Files:
    """The files API's routes over a provider's shelf."""

    def __init__(self, provider: Provider, wires: Wires) -> None:
        self._provider = provider
        self._shelf = provider.shelf
        self._wires = wires
        self._full = False

    def routes(self) -> list[Route]:
        at = "/api/v1/files"
        return [
            Route(f"{at}/upload/stream", self.stream, methods=["POST"]),
            Route(f"{at}/upload/base64", self.base64, methods=["POST"]),
            Route(f"{at}/upload/url", self.url, methods=["POST"]),
            Route(f"{at}/list", self.list, methods=["GET"]),
            Route(f"{at}/quota", self.quota, methods=["GET"]),
            Route(f"{at}/{{file_id}}", self.delete, methods=["DELETE"]),
        ]

    async def stream(self, request: Request) -> Response:
        strikes = self._begin(request)
        if int(request.headers.get("content-length") or 0) > MOST_BYTES + _FORM_SLACK:
            async for _ in request.stream():
                pass  # read to the end, so that the client hears why
            raise Refusal(413, "file_too_large", f"The file is larger than {MOST_BYTES} bytes.")
        async with request.form(max_files=1, max_fields=10) as form:
            file = form.get("file")
            if not isinstance(file, UploadFile):
                raise Refusal(400, "invalid_request", "file: expected one file in a multipart form")
            fields = {name: value for name, value in form.items() if isinstance(value, str)}
            return await self._store(request, strikes, file.file, fields, original=file.filename or "file")

    async def base64(self, request: Request) -> Response:
        strikes = self._begin(request)
        body = await read_json(request, most=MOST_BYTES * 4 // 3 + _FORM_SLACK)
        text = body.get("base64_data")
        if not isinstance(text, str) or not text:
            raise Refusal(400, "invalid_request", "base64_data: expected text")
        if text.startswith("data:"):
            head, comma, text = text.partition(",")
            if not comma or not head.endswith(";base64"):
                raise Refusal(400, "invalid_request", "base64_data: expected data:TYPE;base64,...")
        try:
            content = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError) as error:
            raise Refusal(400, "invalid_request", "base64_data: not Base64") from error
        return await self._store(request, strikes, io.BytesIO(content), body, original="file")

    async def url(self, request: Request) -> Response:
        """Copies a file that this emulator hosts itself; it never goes to the network for another."""
        strikes = self._begin(request)
        body = await read_json(request)
        url = body.get("file_url")
        if not isinstance(url, str) or not url.startswith(("http://", "https://")):
            raise Refusal(400, "invalid_request", "file_url: expected an http or https address")
        path = await asyncio.to_thread(self._provider.hosted, url)
        if path is None:
            raise Refusal(400, "invalid_media_url", "file_url: this emulator fetches nothing from other hosts")
        with path.open("rb") as source:
            name = urlsplit(url).path.rpartition("/")[2]
            return await self._store(request, strikes, source, body, original=name)

    async def list(self, request: Request) -> Response:
        check_key(request, self._provider.settings.key)
        page, size = (_number(request, name, default) for name, default in (("page", 1), ("pageSize", 20)))
        living = self._shelf.living()
        shown = [self._shelf.show(upload) for upload in living[(page - 1) * size : page * size]]
        return _answer({"total": len(living), "files": shown})

    async def quota(self, request: Request) -> Response:
        check_key(request, self._provider.settings.key)
        most = self._shelf.most
        used = most if self._full else len(self._shelf.living())
        return _answer(
            {
                "user_group": "default",
                "used_files": used,
                "max_files": most,
                "remain_files": most - used,
                "is_custom": False,
                "quota_reason": "",
            }
        )

    async def delete(self, request: Request) -> Response:
        check_key(request, self._provider.settings.key)
        await self._shelf.delete(request.path_params["file_id"])
        return _answer(None)

    def _begin(self, request: Request) -> Mapping[str, Fault]:
        """Check the key and the quota, and raise what a fault before the upload asks for; the faults that strike."""
        check_key(request, self._provider.settings.key)
        strikes = self._provider.strikes.next("upload")
        self._full = "upload-full" in strikes
        if fault := strikes.get("upload-error"):
            if fault.status >= 500 and fault.status != 500:
                raise Answered(failure(fault.status, json=False))
            raise Refusal(fault.status, "upload_failed", "The upload failed.")
        if fault := strikes.get("upload-refused"):
            raise Answered(Refusal(fault.status, "upload_failed", "The upload was refused.").files_answer(soft=True))
        if fault := strikes.get("upload-throttled"):
            wait = {"Retry-After": fault.argument or "1"}
            raise Refusal(429, "rate_limit_exceeded", "Too many uploads.", headers=wait)
        self._shelf.check_room(full=self._full)
        return strikes

    async def _store(
        self, request: Request, strikes: Mapping[str, Fault], source: BinaryIO, fields: Mapping[str, Any], *,
        original: str,
    ) -> Response:  # fmt: skip
        name, folder = _text(fields, _FILE_NAMES), _text(fields, _FOLDER_NAMES)
        upload: Upload = await asyncio.to_thread(self._shelf.store, source, name=name, original=original, folder=folder)
        await self._shelf.add(upload)
        answer = _answer(self._shelf.show(upload))
        if "upload-gone" in strikes:
            await self._shelf.delete(upload.file_id)
        if fault := strikes.get("upload-slow"):
            await asyncio.sleep(fault.seconds)
        if "upload-lost" in strikes:
            await self._wires.cut(request)
        if "upload-garbled" in strikes:
            return Response(bytes(answer.body)[: len(answer.body) // 2], media_type="application/json")
        return answer


def _answer(found: Mapping[str, Any] | None) -> JSONResponse:
    return JSONResponse({"success": True, "code": 200, "msg": "success", "data": found})


def _text(fields: Mapping[str, Any], names: tuple[str, ...]) -> str | None:
    for name in names:
        value = fields.get(name)
        if value is not None:
            if not isinstance(value, str) or not value or len(value) > 255:
                raise Refusal(400, "invalid_request", f"{name}: expected text of at most 255 characters")
            return value
    return None


def _number(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name, str(default))
    most = 100 if name == "pageSize" else 1_000_000
    if not (text.isascii() and text.isdecimal() and len(text) < 9 and 1 <= int(text) <= most):
        raise Refusal(400, "invalid_request", f"{name}: expected a whole number from 1 to {most}")
    return int(text)
