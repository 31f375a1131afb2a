"""The digest of bytes that come in pieces, so that a lock is never held whole."""

from __future__ import annotations

import hashlib
import os
from collections import deque
from collections.abc import Iterable, Iterator

_PIECE = 1 << 20


def content(handle: int, size: int) -> Iterator[bytes]:
    """The first bytes of an open file, also of one that has lost its name."""
    os.lseek(handle, 0, os.SEEK_SET)
    while size > 0 and (part := os.read(handle, min(size, _PIECE))):
        yield part
        size -= len(part)


def digest_of(parts: Iterable[bytes]) -> hashlib._Hash:
    seen = hashlib.sha256()
    deque(passing(parts, seen), maxlen=0)
    return seen


def passing(parts: Iterable[bytes], seen: hashlib._Hash) -> Iterator[bytes]:
    """The same pieces; `seen` takes each as it passes."""
    for part in parts:
        seen.update(part)
        yield part
