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
from seedspec.emulator.refusal import Refusal, failure
from seedspec.emulator.shelf import MOST_BYTES, Upload

_FOLDER_NAMES = ("upload_path", "uploadPath")
_FILE_NAMES = ("file_name", "fileName")
_FORM_SLACK = 1_000_000


class Files:
    """The files API's routes over a provider's shelf."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self._shelf = provider.shelf

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
        if fault := self._begin(request):
            return fault
        if int(request.headers.get("content-length") or 0) > MOST_BYTES + _FORM_SLACK:
            async for _ in request.stream():
                pass  # read to the end, so that the client hears why
            raise Refusal(413, "file_too_large", f"The file is larger than {MOST_BYTES} bytes.")
        async with request.form(max_files=1, max_fields=10) as form:
            file = form.get("file")
            if not isinstance(file, UploadFile):
                raise Refusal(400, "invalid_request", "file: expected one file in a multipart form")
            fields = {name: value for name, value in form.items() if isinstance(value, str)}
            return await self._store(file.file, fields, original=file.filename or "file")

    async def base64(self, request: Request) -> Response:
        if fault := self._begin(request):
            return fault
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
        return await self._store(io.BytesIO(content), body, original="file")

    async def url(self, request: Request) -> Response:
        """Copies a file that this emulator hosts itself; it never goes to the network for another."""
        if fault := self._begin(request):
            return fault
        body = await read_json(request)
        url = body.get("file_url")
        if not isinstance(url, str) or not url.startswith(("http://", "https://")):
            raise Refusal(400, "invalid_request", "file_url: expected an http or https address")
        path = self._provider.hosted(url)
        if path is None:
            raise Refusal(400, "invalid_media_url", "file_url: this emulator fetches nothing from other hosts")
        with path.open("rb") as source:
            return await self._store(source, body, original=urlsplit(url).path.rpartition("/")[2])

    async def list(self, request: Request) -> Response:
        check_key(request, self._provider.settings.key)
        page, size = (_number(request, name, default) for name, default in (("page", 1), ("pageSize", 20)))
        living = self._shelf.living()
        shown = [self._shelf.show(upload) for upload in living[(page - 1) * size : page * size]]
        return _answer({"total": len(living), "files": shown})

    async def quota(self, request: Request) -> Response:
        check_key(request, self._provider.settings.key)
        used, most = len(self._shelf.living()), self._shelf.most
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

    def _begin(self, request: Request) -> Response | None:
        """Check the key and the quota; the answer of an upload fault that strikes."""
        check_key(request, self._provider.settings.key)
        if fault := self._provider.strikes.next("upload").get("upload-error"):
            if fault.status >= 500 and fault.status != 500:
                return failure(fault.status, json=False)
            raise Refusal(fault.status, "upload_failed", "The upload failed.")
        self._shelf.check_room()
        return None

    async def _store(self, source: BinaryIO, fields: Mapping[str, Any], *, original: str) -> Response:
        name, folder = _text(fields, _FILE_NAMES), _text(fields, _FOLDER_NAMES)
        upload: Upload = await asyncio.to_thread(self._shelf.store, source, name=name, original=original, folder=folder)
        await self._shelf.add(upload)
        return _answer(self._shelf.show(upload))


def _answer(found: Mapping[str, Any] | None) -> Response:
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
    if not (text.isascii() and text.isdigit() and len(text) < 9 and 1 <= int(text) <= most):
        raise Refusal(400, "invalid_request", f"{name}: expected a whole number from 1 to {most}")
    return int(text)
