"""The bytes of paid requests whose fate is not known, kept on this machine so that the same can be sent once more."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from seedspec.compiler.entry import digest
from seedspec.run.disk import state_folder
from seedspec.run.regular import read_file


def body_kept(lock: Path, sha256: str) -> bytes | None:
    """The very bytes of a request whose fate is not known, where this machine sent it."""
    try:
        data = read_file(_body(lock, sha256))
    except OSError:
        return None
    return data if digest(data) == sha256 else None


def keep_body(lock: Path, body: bytes) -> None:
    """Puts a request's bytes aside before it is sent. Raises OSError."""
    target = _body(lock, digest(body))
    try:
        handle = _new(target)
    except FileNotFoundError:  # the first one
        state_folder(lock.parent)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        handle = _new(target)
    except FileExistsError:
        os.unlink(target)
        handle = _new(target)
    with open(handle, "wb") as file:
        file.write(body)


def drop_body(lock: Path, values: Mapping[str, Any]) -> None:
    """A request whose fate is known, as its record says, needs no bytes any more."""
    intent = values.get("intent")
    if intent and values["state"] not in ("submitting", "doubt"):
        with suppress(OSError):
            os.unlink(_body(lock, intent["body_sha256"]))


def _new(target: str) -> int:
    return os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)


def _body(lock: Path, sha256: str) -> str:
    return os.path.join(lock.parent, ".seedspec", f"{lock.name}.sent", f"{sha256}.json")
