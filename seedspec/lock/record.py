"""A purchase as the lock knows it, small enough that a hundred thousand of them are no burden.

What nearly every command asks of a record stands in fields of its own. All of its values are kept as they are written,
of a large lock many records compressed together, and made anew when they are asked for.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property, lru_cache
from typing import Any

import orjson

from seedspec.lock.press import Facts, Kept, Press
from seedspec.lock.state import State
from seedspec.text.value import valueclass

_TOGETHER = 64
"""Records that are compressed together: fewer take more bytes each, of more each takes longer to read alone."""
PLAIN = 16 * 1024 * 1024
"""Bytes of lines that are kept as they came, those of 10,000 records: compressing takes a third of reading a lock. A
lock with more has all of them compressed."""

STATES: dict[str, State] = {str(s): s for s in State}

FACTS = ("units", "unit", "reserved", "charged", "credits", "width", "height", "seconds", "fps", "audio")
"""What a record says of its cost and of its video that very many others say as well."""


@lru_cache(maxsize=64)
def name_of(fp: str, attempt: int) -> tuple[str, int]:
    """The name of a purchase: one object for all that keep it during a run, as they do shortly one after another."""
    return fp, attempt


@valueclass(frozen=True, slots=True)
class Record:
    """One attempt at a purchase, as the lock knows it (rule 1). `record_of` makes one.

    `profile` is the one that it was bought with, "" for the storyboard as written. `file` and `size`, in bytes, are
    those of a video that was saved. `facts` are the values of FACTS that it has.
    """

    fp: str
    attempt: int
    state: State
    entry: str
    profile: str
    file: str | None
    size: int | None
    facts: Mapping[str, Any]
    _kept: Mapping[str, Any] | Packed | Press
    _index: Any = 0

    def __repr__(self) -> str:
        return f"Record(fp={self.fp!r}, attempt={self.attempt!r})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Record):
            return NotImplemented
        return (self.fp, self.attempt, self.values) == (other.fp, other.attempt, other.values)

    __hash__ = None  # type: ignore[assignment]  # its values are a mapping

    @property
    def values(self) -> Mapping[str, Any]:
        """All that the lock says of it, by the keys of schemas/lock.json."""
        kept = self._kept
        if isinstance(kept, Packed):
            return _values(kept, self._index)
        return kept.read(self._index, self.fp, self.attempt) if isinstance(kept, Press) else kept

    @property
    def task(self) -> str | None:
        return self.values.get("task")

    @property
    def manifest(self) -> Mapping[str, Any] | None:
        return self.values.get("manifest")

    @property
    def reserved(self) -> float | None:
        """The credits that the service held for it; in a lock of before they were told apart, what it stated."""
        reserved: float | None = self.facts.get("reserved", self.facts.get("credits"))
        return reserved

    @property
    def charged(self) -> float | None:
        """The credits that it cost in the end, where the service said so."""
        return self.facts.get("charged")

    @property
    def stated(self) -> float | None:
        """The last that the service said of its cost, in credits."""
        return self.reserved if self.charged is None else self.charged

    @property
    def stuck(self) -> Mapping[str, str] | None:
        """Since when its task has no end in sight, and the service's last word; None for one that is waited for."""
        return self.values.get("stuck") if self.state is State.RUNNING else None

    def get(self, key: str) -> Any:
        return (self.facts if key in FACTS else self.values).get(key)


def record_of(
    fp: str, attempt: int, values: Mapping[str, Any], packer: Packer | None = None, line: bytes | None = None
) -> Record:
    """The record of a purchase's values, which keys of schemas/lock.json name; kept by a `packer` if one is given.

    `line` is the one that they were read from, where they are all from one.
    """
    kept, index = (values, 0) if packer is None else packer.add(line or orjson.dumps(values))
    return _record(fp, attempt, values, kept, index, packer)


def pressed_record(fp: str, attempt: int, values: Kept, press: Press) -> Record:
    """The record of a purchase's values, or of what a press has made of them; that keeps it."""
    kept = values if isinstance(values, bytes) else press.press(values)
    return _record(fp, attempt, press.read(values, fp, attempt), press, kept, press)


def _record(
    fp: str,
    attempt: int,
    values: Mapping[str, Any],
    kept: Mapping[str, Any] | Packed | Press,
    index: Any,
    keeper: Packer | Press | None,
) -> Record:
    facts: Mapping[str, Any] = {key: values[key] for key in FACTS if key in values}
    facts = facts if keeper is None else keeper.facts[orjson.dumps(facts)]
    get = values.get
    state, entry, profile = STATES[get("state", "queued")], str(get("entry", "")), str(get("profile", ""))
    return Record(fp, attempt, state, entry, profile, get("file"), get("bytes"), facts, kept, index)


@lru_cache(maxsize=8)
def _values(packed: Packed, index: int) -> Mapping[str, Any]:
    """The values of a line; several of one are mostly asked for one after another."""
    values: dict[str, Any] = orjson.loads(packed.line(index))
    values.pop("crc", None)  # it is the line's, not the record's
    return values


class Packed:
    """Lines that are kept together, each with its end: as they came, or compressed once there are enough of them."""

    __slots__ = ("_data", "_lines")

    def __init__(self) -> None:
        self._lines: list[bytes] = []
        self._data = b""

    def line(self, index: int) -> bytes:
        return self._lines[index] if not self._data else _unpack(self._data)[index]

    def add(self, line: bytes) -> int:
        self._lines.append(line)
        return len(self._lines) - 1

    def close(self) -> None:
        """Compresses the lines; none is added any more."""
        self._data, self._lines = zlib.compress(b"".join(self._lines), 1), []


@lru_cache(maxsize=4)
def _unpack(data: bytes) -> Sequence[bytes]:
    """The lines of those that were asked for last; most ask for them in their order."""
    return zlib.decompress(data).split(b"\n")


class Packer:
    """Packs the lines of a lock while it is read, and keeps once the facts that many of them share.

    `texts` are some that others keep too, each by itself: the records have the very same ones.
    """

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self._texts = texts
        self._last = Packed()
        self._plain: list[Packed] = []
        self._room = PLAIN
        self.facts = Facts()

    @cached_property
    def texts(self) -> Mapping[str, str]:
        """Each of the texts by itself; there may be very many, and a lock without a record."""
        return {text: text for text in self._texts}

    def add(self, line: bytes) -> tuple[Packed, int]:
        """Where a line is kept, and which of the lines there it is."""
        packed = self._last
        index = packed.add(line if line.endswith(b"\n") else line + b"\n")
        self._room -= len(line)
        if index + 1 == _TOGETHER:
            self._plain.append(packed)
            self._last = Packed()
        if self._room < 0:
            for one in self._plain:
                one.close()
            self._plain.clear()
        return packed, index
