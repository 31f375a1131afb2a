"""The bytes of paid requests whose fate is not known, kept on this machine so that the same can be sent once more."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from seedspec.compiler.entry import digest
from seedspec.lock.record import Record
from seedspec.lock.state import State
from seedspec.project.files import read_file
from seedspec.project.state_folder import state_folder

_UNKNOWN = (State.SUBMITTING, State.DOUBT)


def read_body(lock: Path, sha256: str) -> bytes | None:
    """The very bytes of a request whose fate is not known, where this machine sent it."""
    try:
        data = read_file(_body(lock, sha256))
    except OSError:
        return None
    return data if digest(data) == sha256 else None


def keep_body(lock: Path, body: bytes) -> None:
    """Puts a request's bytes aside before it is sent. Raises OSError.

    Takes of one request have equal bytes, which are kept once: what lies there whole may be another one's and stays.
    """
    sha256 = digest(body)
    target = _body(lock, sha256)
    try:
        handle = _new(target)
    except FileNotFoundError:  # the first one
        state_folder(lock.parent)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        handle = _new(target)
    except FileExistsError:
        if read_body(lock, sha256) is not None:
            return
        os.unlink(target)  # a crash has torn it
        handle = _new(target)
    with open(handle, "wb") as file:
        file.write(body)


def drop_body(lock: Path, sha256: str) -> None:
    """Lets go of bytes that no request of unknown fate has."""
    with suppress(OSError):
        os.unlink(_body(lock, sha256))


class Unsettled:
    """The requests of a lock whose fate is not known, by the digest of their bytes: several may have the same."""

    def __init__(self, records: Iterable[Record]) -> None:
        self._open: dict[str, set[tuple[str, int]]] = {}
        for record in records:
            if record.state in _UNKNOWN:
                self.settles({**record.values, "fp": record.fp, "attempt": record.attempt})

    def settles(self, values: Mapping[str, Any]) -> str:
        """Takes a record as it now is. The digest of bytes that nothing needs any more thereby; "" for none."""
        sha256 = (values.get("intent") or {}).get("body_sha256")
        if sha256 is None:
            return ""
        name = (values["fp"], values["attempt"])
        if values["state"] in _UNKNOWN:
            self._open.setdefault(sha256, set()).add(name)
            return ""
        others = self._open.get(sha256, set())
        others.discard(name)
        if not others:
            self._open.pop(sha256, None)
        return "" if others else str(sha256)


def _new(target: str) -> int:
    return os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)


def _body(lock: Path, sha256: str) -> str:
    folder, name = os.path.split(lock)
    return os.path.join(folder, ".seedspec", f"{name}.sent", f"{sha256}.json")
