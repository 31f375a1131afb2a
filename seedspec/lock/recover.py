"""What can still be read of a damaged lock, line by line; what cannot is handed out, never dropped (rule 9 of lock)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

from seedspec.lock.keys import LONGEST_CODE, LONGEST_MESSAGE
from seedspec.lock.lock import BadLine, Fold, Lock, LockFault, lock_from, read_line
from seedspec.lock.merge import union
from seedspec.lock.record import Record
from seedspec.lock.state import IllegalMove
from seedspec.lock.version import NEWEST, extra_values, version_of
from seedspec.text.value import valueclass
from seedspec.text.visible import one_line

_BEGIN = re.compile(rb'(?=\{"(?:fp|seedspec_lock)":)')
_TASK = re.compile(rb'"task"\s*:\s*"([A-Za-z0-9_-]{8,128})"')
_ENTRY = re.compile(rb'"entry"\s*:\s*"([A-Za-z0-9@=,._:/-]{1,300})"')


@valueclass(frozen=True, slots=True)
class Unreadable:
    """A line, or a piece of one, that is not relied on. `taken` says that its record is in the lock all the same.

    `task` and `entry` are what it seems to hold of a receipt: a person looks at them.
    """

    number: int
    data: bytes
    why: str
    taken: bool = False

    @property
    def task(self) -> str:
        return _first(_TASK, self.data)

    @property
    def entry(self) -> str:
        return _first(_ENTRY, self.data)


@valueclass(frozen=True, slots=True)
class Recovery:
    lock: Lock
    unreadable: tuple[Unreadable, ...]


def recover(data: bytes) -> Recovery:
    """Everything that reads as records, with what had to be set aside.

    Lines that contradict each other are all kept, as purchases of their own where they name two tasks (rule 4). Raises
    LockFault where nothing is a record, and for a lock of another version.
    """
    pieces = list(_pieces(data))
    version, header = _headers(pieces)
    whole, against, unreadable, found = Fold(version=version), list[Record](), list[Unreadable](), 0
    for number, piece in pieces:
        try:
            values = _values(piece)
            if isinstance(values, dict) and "seedspec_lock" in values:
                continue
            try:
                whole.take(values)
            except IllegalMove as error:  # it contradicts the lines before: both may be true of what was paid
                alone = Fold(version=version)
                alone.take(values)
                against += (record for of_one in alone.attempts.values() for record in of_one)
                unreadable.append(Unreadable(number, piece, f"a move that cannot be: {error}", taken=True))
        except BadLine as error:
            taken = _taken_in_clean_words(whole, piece)
            unreadable.append(Unreadable(number, piece, str(error), taken=taken))
            found += taken
            continue
        found += 1
        try:
            read_line(piece)
        except BadLine as error:
            unreadable.append(Unreadable(number, piece, str(error), taken=True))
    if not found:
        raise LockFault("lock-damaged", "no line of it is a record; restore it from git")
    lock = Lock(whole.attempts, version=version, header=header)
    return Recovery(union(lock, lock_from(against)).lock, tuple(unreadable))


def _headers(pieces: Iterable[tuple[int, bytes]]) -> tuple[int, dict[str, Any]]:
    """The version of a lock whose header may stand anywhere, or be lost, and what it says besides.

    Raises LockFault for another version.
    """
    found, header = 0, dict[str, Any]()
    for number, piece in pieces:
        with suppress(BadLine):
            values = _values(piece)
            if isinstance(values, dict) and "seedspec_lock" in values:
                if not 0 < (version := version_of(values)) <= NEWEST:
                    raise LockFault("lock-version", "a lock of another version; upgrade seedspec", number)
                found, header = max(found, version), {**header, **extra_values(values, version)}
    return found or NEWEST, header


def _taken_in_clean_words(whole: Fold, piece: bytes) -> bool:
    """Whether a line is a record but for the words of a service or of a program in it: the purchase is real."""
    try:
        values = _values(piece)
        if not isinstance(values, dict):
            return False
        if isinstance(values.get("doubt"), str):
            values["doubt"] = one_line(values["doubt"], LONGEST_MESSAGE)
        if isinstance(said := values.get("failure"), dict) and {*said} == {"code", "message"}:
            code, message = one_line(str(said["code"]), LONGEST_CODE), one_line(str(said["message"]), LONGEST_MESSAGE)
            values["failure"] = {"code": code, "message": message}
        if isinstance(stuck := values.get("stuck"), dict) and isinstance(stuck.get("word"), str):
            values["stuck"] = {**stuck, "word": one_line(stuck["word"], LONGEST_CODE)}
        whole.take(values)
    except (BadLine, IllegalMove):
        return False
    return True


def _values(piece: bytes) -> object:
    try:
        return read_line(piece, whole=False)
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise BadLine(f"not JSON: {error}") from None


def _pieces(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The lines with their numbers; one that does not read as a whole, in the pieces that a record may begin."""
    for number, line in enumerate(data.splitlines(), 1):
        if not line.strip(b" \t\0"):
            continue
        try:
            _values(line)
        except BadLine:
            yield from ((number, piece.strip(b"\0")) for piece in _BEGIN.split(line) if piece.strip(b" \t\0"))
        else:
            yield number, line


def _first(pattern: re.Pattern[bytes], data: bytes) -> str:
    found = pattern.search(data)
    return found[1].decode("ascii") if found else ""
