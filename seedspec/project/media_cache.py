"""Facts of media that were examined before, kept by digest in the user's cache folder; lost, they are found anew."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict
from functools import cache
from typing import BinaryIO

import orjson

from seedspec import __version__
from seedspec.media.facts import Facts, Remark
from seedspec.media.reader import facts_of, readers
from seedspec.project.atomic import atomic_write
from seedspec.project.files import read_file
from seedspec.project.user_folders import user_cache

_MOST = 64 * 1024
_EDITION = 2  # one more whenever the same bytes give other facts


def cached_facts(stream: BinaryIO, size: int, digest: str) -> Facts:
    """The facts of an open file whose bytes have this sha256. Raises what `facts_of` does.

    What was kept is believed when it is of these bytes, by this version of seedspec with the same versions of the
    libraries that read media. Only the user writes there: facts that a repository brings could state a shorter clip,
    and with it a lower price.
    """
    reader = _reader()
    if reader is not None and (known := _read(digest, reader)) is not None:
        return known
    found = facts_of(stream, size)
    if reader is not None:
        _write(digest, reader, found)
    return found


def _read(digest: str, reader: str) -> Facts | None:
    try:
        known = orjson.loads(read_file(user_cache() / "facts" / digest, _MOST))
        if (known["sha256"], known["reader"]) != (digest, reader):
            return None
        remarks = tuple(Remark(**remark) for remark in known["facts"].pop("remarks"))
        return Facts(**known["facts"], remarks=remarks)
    except (OSError, RuntimeError, ValueError, TypeError, LookupError):
        return None


def _write(digest: str, reader: str, found: Facts) -> None:
    """A disk that takes none costs the next command some time."""
    with suppress(OSError, RuntimeError):
        path = user_cache() / "facts" / digest
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        atomic_write(path, orjson.dumps({"sha256": digest, "reader": reader, "facts": asdict(found)}), shared=True)


@cache
def _reader() -> str | None:
    """Everything that facts depend on beside the bytes; None when a library is missing."""
    libraries = readers()
    return None if libraries is None else f"seedspec {__version__}, facts {_EDITION}, {libraries}"
