"""The files that were uploaded: kept on disk, listed in the ledger, gone after three days."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta, timezone
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from seedspec.emulator import links
from seedspec.emulator.ledger import Ledger
from seedspec.emulator.refusal import Refusal
from seedspec.media import reader as media
from seedspec.media.facts import Facts, sniff
from seedspec.project.atomic import replacement
from seedspec.text.value import valueclass

MOST_BYTES = 100_000_000
MIME = {
    "jpeg": "image/jpeg", "png": "image/png", "gif": "image/gif", "webp": "image/webp", "mp4": "video/mp4",
    "mov": "video/quicktime", "wav": "audio/wav", "mp3": "audio/mpeg",
}  # fmt: skip
_ZONE = timezone(timedelta(hours=8))  # the vendor's clock


@valueclass(frozen=True, slots=True)
class Upload:
    """One uploaded file; times in Unix seconds."""

    file_id: str
    name: str
    original_name: str
    size: int
    mime: str
    path: str
    uploaded: float


class Shelf:
    """Uploads by id. `origin` is where their links point; `seconds` how long they live."""

    def __init__(self, ledger: Ledger, origin: str, *, seconds: float, most: int) -> None:
        self._ledger = ledger
        self._origin = origin
        self._seconds = seconds
        self.most = most
        self._uploads: dict[str, Upload] = {}
        self._facts: dict[tuple[Path, int, int], Facts] = {}
        for line in ledger.found:
            if line["event"] == "uploaded":
                upload = Upload(**line["file"])
                self._uploads[upload.file_id] = upload
            elif line["event"] == "deleted" and "file_id" in line:
                self._uploads.pop(line["file_id"], None)

    def living(self) -> list[Upload]:
        """Those that have not expired, newest first."""
        now = time.time()
        return [upload for upload in reversed(self._uploads.values()) if now < upload.uploaded + self._seconds]

    def find(self, file_id: str) -> Upload | None:
        return next((upload for upload in self.living() if upload.file_id == file_id), None)

    def path(self, file_id: str) -> Path | None:
        """Where a living upload is kept."""
        upload = self.find(file_id)
        return self._place(upload.file_id) if upload else None

    def _place(self, file_id: str) -> Path:
        return self._ledger.folder / "uploads" / file_id

    def check_room(self, *, full: bool = False) -> None:
        """Refusal when there are as many files as the account may have, or when that is to be so."""
        if full or len(self.living()) >= self.most:
            raise Refusal(400, "quota_exceeded", f"File quota exceeded: {self.most} of {self.most} files are used.")

    def store(self, source: BinaryIO, *, name: str | None, original: str, folder: str | None) -> Upload:
        """Keep what a stream holds; Refusal when it is empty, too large, or of no accepted type. Blocks."""
        file_id = f"file_{secrets.token_hex(8)}"
        size = 0
        head = b""
        with replacement(self._place(file_id)) as part, part.open("wb") as kept:
            while chunk := source.read(1 << 20):
                head = head or chunk[:64]
                size += len(chunk)
                if size > MOST_BYTES:
                    raise Refusal(413, "file_too_large", f"The file is larger than {MOST_BYTES} bytes.")
                kept.write(chunk)
            kept.flush()
            os.fsync(kept.fileno())
            format = sniff(head)
            if format not in MIME:
                raise Refusal(400, "unsupported_type", f"Files of this type are not accepted: {format or 'unknown'}.")
        shown = PurePosixPath((name or original).replace("\\", "/")).name
        shown = file_id if shown in ("", "..") else shown
        return Upload(file_id, shown, original, size, MIME[format], (folder or "").strip("/"), time.time())

    async def add(self, upload: Upload) -> None:
        """List a stored file; it can be read from then on."""
        await self._ledger.keep("uploaded", {"file": asdict(upload)})
        self._uploads[upload.file_id] = upload

    async def delete(self, file_id: str) -> None:
        """Refusal when there is no such file."""
        if self.find(file_id) is None:
            raise Refusal(404, "file_not_found", "File not found.")
        await self._ledger.keep("deleted", {"file_id": file_id})
        self._uploads.pop(file_id, None)
        self._place(file_id).unlink(missing_ok=True)

    def facts(self, path: Path) -> Facts:
        """The facts of a file that is hosted here, examined once. MediaError as `seedspec.media.reader`."""
        stat = path.stat()
        key = (path, stat.st_size, stat.st_mtime_ns)
        if key not in self._facts:
            self._facts[key] = media.facts(path)
        return self._facts[key]

    def show(self, upload: Upload) -> Mapping[str, Any]:
        """An upload as the files API shows it."""
        url = links.upload_url(self._origin, links.UploadLink(upload.file_id), upload.name)
        return {
            "file_id": upload.file_id,
            "file_name": upload.name,
            "original_name": upload.original_name,
            "file_size": upload.size,
            "mime_type": upload.mime,
            "upload_path": upload.path,
            "file_url": url,
            "download_url": url,
            "upload_time": _time(upload.uploaded),
            "expires_at": _time(upload.uploaded + self._seconds),
        }


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, _ZONE).isoformat(timespec="seconds")
