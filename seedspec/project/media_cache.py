"""Facts of media that were examined before, kept by digest in the state folder; lost, they are only found anew."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import BinaryIO

import orjson

from seedspec import __version__
from seedspec.media.facts import Facts, MediaError
from seedspec.media.reader import facts_of, opened, readers
from seedspec.project.secret import seal
from seedspec.text.value import valueclass

_FOLDER = "facts"
_MOST = 64 * 1024


@valueclass(frozen=True, slots=True)
class Examined:
    """The facts that were found in the media of one storyboard's folder.

    A record is believed when it is whole, names the bytes it is about, and was written by this user, by this version of
    seedspec with the same versions of the libraries that read media: one that came with a repository could state a
    shorter clip, and with it a lower price. One that is not believed is as good as none.
    """

    base: Path

    def facts(self, stream: BinaryIO, size: int, digest: str) -> Facts:
        """The facts of an open file whose bytes have this sha256. Raises what `facts_of` does."""
        reader = _reader()
        if reader is not None and (known := self._read(digest, reader)) is not None:
            return known
        found = facts_of(stream, size)
        if reader is not None:
            self._write(digest, reader, found)
        return found

    def _read(self, digest: str, reader: str) -> Facts | None:
        try:
            with opened(self.base / ".seedspec" / _FOLDER / digest)[0] as file:
                said_by, _, text = file.read(_MOST).partition(b"\n")
            if said_by.decode() != seal(text):
                return None
            said = orjson.loads(text)
            return Facts(**said["facts"]) if (said["sha256"], said["reader"]) == (digest, reader) else None
        except (OSError, MediaError, ValueError, TypeError, LookupError):
            return None

    def _write(self, digest: str, reader: str, found: Facts) -> None:
        """Under its name the record is whole or not there. A disk that takes none costs the next run some time."""
        text = orjson.dumps({"sha256": digest, "reader": reader, "facts": asdict(found)})
        if (own := seal(text)) is None:
            return
        with suppress(OSError):
            from seedspec.project.state_folder import state_folder  # loads the lock, which links alone do not need

            folder = state_folder(self.base) / _FOLDER
            folder.mkdir(exist_ok=True)
            handle, part = tempfile.mkstemp(dir=folder, suffix=".part")
            try:
                with open(handle, "wb") as file:
                    file.write(own.encode() + b"\n" + text)
                os.replace(part, folder / digest)
            except OSError:
                os.unlink(part)
                raise


@cache
def _reader() -> str | None:
    """Everything that facts depend on beside the bytes; None when a library is missing."""
    libraries = readers()
    return None if libraries is None else f"seedspec {__version__}, {libraries}"
