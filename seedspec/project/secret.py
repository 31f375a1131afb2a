"""A secret of this user, by which records are known again as one's own: a cloned repository has none of it."""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from functools import cache
from pathlib import Path

from seedspec.project.user_folders import user_state

_BYTES = 32


def seal(text: bytes) -> str | None:
    """What only this user can have written beside a text; None where no secret can be kept."""
    secret = _secret(os.environ.get("XDG_STATE_HOME", ""))  # by which of them is remembered
    return None if secret is None else hashlib.blake2b(text, key=secret, digest_size=32).hexdigest()


@cache
def _secret(state: str) -> bytes | None:
    """Made once, in the user's own folder for states, for the owner's eyes only."""
    try:
        path = user_state() / "secret"
        with suppress(FileNotFoundError):
            return _whole(path)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        making = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            with open(os.open(making, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(os.urandom(_BYTES))
            with suppress(FileExistsError):  # another process was first: its secret it is
                os.link(making, path)
        finally:
            with suppress(OSError):
                making.unlink()
        return _whole(path)
    except (OSError, RuntimeError):  # no home, or one that takes nothing
        return None


def _whole(path: Path) -> bytes | None:
    with path.open("rb") as file:
        found = file.read(_BYTES + 1)
    return found if len(found) == _BYTES else None
