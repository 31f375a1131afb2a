"""Uploads of earlier runs: the addresses that files have at the service, by digest, for this machine and this key.

The addresses may be secrets: they stand in `.seedspec/` alone, in files that only their owner can read. All of it may
be deleted at any time, and damage to it costs another upload, which is free.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from seedspec.project.atomic import atomic_write
from seedspec.project.credentials import Key, Origins
from seedspec.project.files import read_file
from seedspec.project.paths import Place
from seedspec.project.state_folder import state_folder
from seedspec.run.engine.messages import Stored
from seedspec.run.service.responses import safe_url
from seedspec.text.value import valueclass

MARGIN = 0.1
"""The last part of an address's life, in which it is not given to a new task: the service fetches media later."""

_SKEW = timedelta(minutes=5)
_LONGEST = timedelta(days=30)
_MOST_BYTES = 16_384
_RECORD = re.compile(r"[0-9a-f]{64}\.json")


@valueclass(frozen=False, slots=True)
class UploadCache:
    """What was uploaded to one service with one key, below the state folder beside a storyboard.

    `service` names the service, `local` says that it is on this machine. Nothing here raises for what a disk does:
    what cannot be read is not known, and what cannot be written is forgotten.
    """

    base: Path
    service: str
    key: Key
    local: bool
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    _opened: bool = field(default=False, init=False)
    _addresses: dict[str, str] = field(default_factory=dict, init=False)

    def find(self, sha256: str) -> Stored | None:
        """The address of a file that still lives, by this machine's clock and the service's word."""
        self._open()
        path = self._folder / f"{sha256}.json"
        known, now = _read(path), self.clock()
        if known is None:
            return None
        url, size, at, until = known
        if not _alive(at, until, now) or not safe_url(url, local=self.local):
            self.forget(sha256)
            return None
        return Stored(url, size, (until - now).total_seconds(), reused=True)

    def keep(self, sha256: str, stored: Stored) -> None:
        """Remembers a fresh upload."""
        self._open()
        now = self.clock()
        try:
            state_folder(self.base)
            self._top.mkdir(mode=0o700, exist_ok=True)
        except OSError:
            return
        until = now + min(timedelta(seconds=stored.seconds), _LONGEST)
        said = {"url": stored.url, "bytes": stored.bytes, "at": now.isoformat(), "until": until.isoformat()}
        _write(self._folder / f"{sha256}.json", said)
        _write(self._top / "clock", {"at": now.isoformat()})

    def addresses(self) -> Mapping[str, str]:
        """The addresses that were there when this was first asked for anything, with the beginnings of digests."""
        self._open()
        return self._addresses

    def forget(self, sha256: str) -> None:
        with suppress(OSError):
            (self._folder / f"{sha256}.json").unlink()

    @property
    def _top(self) -> Path:
        return self.base / ".seedspec" / "uploads"

    @property
    def _folder(self) -> Path:
        """One folder for each service and key: an address is never given to another account.

        Its name does not tell the key, and whoever does not have the key cannot guess it: addresses that came with a
        cloned repository are never found.
        """
        identity = f"seedspec uploads\n{self.service}\n{self.key.reveal()}"
        return self._top / hashlib.sha256(identity.encode()).hexdigest()[:32]

    def _open(self) -> None:
        """Before the first use: what is dead is cleared away, and all of it when the clock was moved back.

        A clock that shows an earlier time than was seen before says nothing about how old an address is.
        """
        if self._opened:
            return
        self._opened = True
        if not self._top.exists():
            return
        with suppress(OSError):
            state_folder(self.base)
            now, seen = self.clock(), _read_time(self._top / "clock")
            back = seen is not None and now < seen - _SKEW
            for path in _records(self._top):
                known = _read(path)
                if back or known is None or not _alive(known[2], known[3], now):
                    with suppress(OSError):
                        path.unlink()
                elif path.parent == self._folder:
                    self._addresses[known[0]] = path.stem[:12]
            for folder in self._top.iterdir():
                with suppress(OSError):
                    folder.rmdir()  # only an empty one goes
            _write(self._top / "clock", {"at": now.isoformat()})


def memory_of(place: Place, origins: Origins, key: Key, *, emulated: bool) -> UploadCache:
    """What earlier runs uploaded. A storyboard's emulator is on another port each time, and keeps its files."""
    service = f"emulator {place.lock.stem}" if emulated else origins.files
    return UploadCache(place.base, service, key, origins.local)


def _alive(at: datetime, until: datetime, now: datetime) -> bool:
    return at - _SKEW <= now < until - MARGIN * (until - at) and until - at <= _LONGEST


def _records(top: Path) -> Iterator[Path]:
    for folder in top.iterdir():
        if re.fullmatch(r"[0-9a-f]{32}", folder.name) and folder.is_dir() and not folder.is_symlink():
            yield from (p for p in folder.iterdir() if _RECORD.fullmatch(p.name) or p.suffix == ".new")


def _read(path: Path) -> tuple[str, int, datetime, datetime] | None:
    try:
        said = json.loads(read_file(path, _MOST_BYTES))
        url, size = said["url"], said["bytes"]
        at, until = (datetime.fromisoformat(said[name]).astimezone(UTC) for name in ("at", "until"))
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return None
    return (url, size, at, until) if isinstance(url, str) and type(size) is int else None


def _read_time(path: Path) -> datetime | None:
    try:
        return datetime.fromisoformat(json.loads(read_file(path, _MOST_BYTES))["at"]).astimezone(UTC)
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return None


def _write(path: Path, said: object) -> None:
    """Whole or not at all, for its owner's eyes only; several runs may do so at once."""
    with suppress(OSError):
        path.parent.mkdir(mode=0o700, exist_ok=True)
        atomic_write(path, json.dumps(said).encode(), mode=0o600, shared=True)
