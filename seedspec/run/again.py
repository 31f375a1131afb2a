"""What a command said when everything was done, kept beside the lock: it is said again while nothing has changed.

An answer holds for the very bytes of the lock, the very inputs of the compile, and videos that are all still there. It
is this machine's alone, safe to delete, and never relied on when damaged or from another installation.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from seedspec.run.rescue import rescues
from seedspec.run.witness import Seen, installation, same

MOST = 12
"""Answers that are kept for a lock; of more the oldest goes."""

Piece = tuple[bool, bool, str]
"""Something that was said: whether on standard error, whether as bytes, and what."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The pieces in their order, and what else the command had to know of the provider to give them."""

    pieces: tuple[Piece, ...]
    service: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where the answers about a lock stand: a file for each question, whose name is the digest of the question."""

    lock: Path

    def has(self, question: Mapping[str, Any]) -> bool:
        """Whether there is an answer, good or not."""
        return self._file(question).exists()

    def ask(self, question: Mapping[str, Any]) -> Answer | None:
        """The answer of an earlier time, if it is certain that it would be given again."""
        try:
            file = self._file(question)
            written = os.stat(file).st_mtime_ns
            whole = file.read_bytes()
            seal, _, rest = whole.partition(b"\n")
            if seal != _seal(rest):
                return None
            head, names, pieces = rest.split(b"\n", 2)
            values = orjson.loads(head)
            # by two clocks, this machine's and the disk's, whichever was behind
            when = min(values["began"], written - values["took"])
            if values["installation"] != installation() or rescues(self.lock):
                return None
            if not same((_seen(row) for row in values["seen"]), when):
                return None
            if hashlib.sha256(self.lock.read_bytes()).hexdigest() != values["lock"]:
                return None
            if not _there(self.lock.parent, orjson.loads(names)):
                return None
            return Answer(tuple(map(tuple, orjson.loads(pieces))), values["service"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def keep(
        self,
        question: Mapping[str, Any],
        answer: Answer,
        *,
        seen: Iterable[Seen],
        lock: str,
        files: Iterable[str],
        began: int,
    ) -> None:
        """Keeps an answer that rests on `seen`, noted since `began` (ns), the lock of a digest, and files beside it.

        What cannot be kept is asked anew the next time.
        """
        with suppress(OSError, TypeError, ValueError):
            values = {
                "began": began,
                "took": time.time_ns() - began,
                "installation": installation(),
                "seen": [[s.kind, s.asked, s.real, s.facts, s.sha256] for s in seen],
                "lock": lock,
                "service": answer.service,
            }
            if not values["installation"]:
                return
            rest = b"\n".join(orjson.dumps(part) for part in (values, _by_folder(files), answer.pieces))
            from seedspec.run.disk import state_folder

            state_folder(self.lock.parent)
            target = self._file(question)
            target.parent.mkdir(exist_ok=True)
            aside = target.with_name(f"{target.name}.{os.getpid()}")
            aside.write_bytes(_seal(rest) + b"\n" + rest)
            os.replace(aside, target)
            self._bound()

    def _file(self, question: Mapping[str, Any]) -> Path:
        name = hashlib.sha256(orjson.dumps(question, option=orjson.OPT_SORT_KEYS)).hexdigest()[:32]
        return self.lock.parent / ".seedspec" / f"{self.lock.name}.said" / name

    def _bound(self) -> None:
        folder = self.lock.parent / ".seedspec" / f"{self.lock.name}.said"
        for old in sorted(folder.iterdir(), key=lambda f: f.stat().st_mtime_ns)[:-MOST]:
            old.unlink()


def _seal(rest: bytes) -> bytes:
    return hashlib.sha256(rest).hexdigest().encode()


def _seen(row: Any) -> Seen:
    kind, asked, real, facts, sha256 = row
    return Seen(kind, asked, real, tuple(facts), sha256)


def _by_folder(files: Iterable[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for file in files:
        folder, _, name = file.rpartition("/")
        found.setdefault(folder, []).append(name)
    return found


def _there(base: Path, folders: Mapping[str, list[str]]) -> bool:
    """Whether all these files are there; one look at each folder is enough for any number of them."""
    return all(set(names).issubset(os.listdir(base / folder)) for folder, names in folders.items())
