"""A local file on its way up: its bytes are what the fingerprint says, before and while they leave, or none go."""

from __future__ import annotations

import hashlib
import mimetypes
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

PIECE = 1 << 20


class NotSent(Exception):
    """A file that cannot be sent: it cannot be read, or it is not what it was; the message says which."""


class FileStream:
    """A file of known digest, as HTTP clients read one: memory holds one piece of it, whatever its size.

    The last piece is handed over only when all of it has the digest, so that a file that is changed on the way up
    never arrives as a whole; reading raises NotSent then. `name` is what it is called where it is kept, by its bytes,
    and `kind` its media type, by the ending of its own name.
    """

    def __init__(self, file: BinaryIO, shown: str, sha256: str, size: int) -> None:
        self.size, self.name, self.kind = size, name_of(shown, sha256), kind_of(shown)
        self._file, self._shown, self._sha256 = file, shown, sha256
        self.seek(0)

    def read(self, most: int = -1) -> bytes:
        wanted = self.size - self._at if most < 0 else min(most, self.size - self._at)
        try:
            piece = self._file.read(wanted)
        except OSError as error:
            raise NotSent(_unreadable(self._shown, error)) from None
        self._hash.update(piece)
        self._at += len(piece)
        if len(piece) < wanted or (self._at == self.size and self._hash.hexdigest() != self._sha256):
            raise NotSent(f"`{self._shown}` was changed while it was sent; run again")
        return piece

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """To the beginning, which starts anew, or to the end, which tells the size."""
        if whence == os.SEEK_END:
            return self.size
        self._file.seek(offset)
        self._hash, self._at = hashlib.sha256(), offset
        return offset

    def tell(self) -> int:
        return self._at

    def pieces(self) -> Iterator[bytes]:
        """All of it, from the beginning."""
        self.seek(0)
        while self._at < self.size:
            yield self.read(PIECE)


@contextmanager
def sending(path: Path, shown: str, sha256: str) -> Iterator[FileStream]:
    """Opens a file of a digest. NotSent when it is another by now: of such a file not one byte leaves."""
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        file = open(handle, "rb")  # noqa: SIM115 (closed below: what the caller does is no fault of this file)
    except OSError as error:
        raise NotSent(_unreadable(shown, error)) from None
    with file:
        try:
            status = os.fstat(handle)
            if not stat.S_ISREG(status.st_mode):
                raise NotSent(f"`{shown}` is no regular file")
            found = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise NotSent(_unreadable(shown, error)) from None
        if found != sha256:
            raise NotSent(f"`{shown}` is not what it was when this run began; run again")
        yield FileStream(file, shown, sha256, status.st_size)


def _unreadable(shown: str, error: OSError) -> str:
    return f"`{shown}` cannot be read: {(error.strerror or str(error)).lower()}"


def name_of(path: str, sha256: str) -> str:
    """What a file is called where it is kept: by its bytes, with the ending that its name has."""
    suffix = Path(path).suffix.lower()
    return sha256 + (suffix if re.fullmatch(r"\.[a-z0-9]{1,5}", suffix) else "")


def kind_of(path: str) -> str:
    """The media type that a file's name stands for."""
    return mimetypes.guess_type(path)[0] or "application/octet-stream"
