"""The records of a run, small enough that a hundred thousand of them are no burden, and each read and changed alone.

The lines of a lock are read in their order, and kept 64 together (`record.py`); a run asks for any record at any time.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Any

import orjson

from seedspec.lock.state import UNANSWERED, State

Kept = Mapping[str, Any] | bytes
"""The values of a record: as they are, or as a press has made them."""

_ANEW = 1024
"""Records that are pressed by one pattern: the requests of a storyboard change from shot to shot."""
_RECENT = 64
LEVEL, STRATEGY = 4, zlib.Z_FILTERED
"""How lines of records are made small. Their keys and digests are random: there a match of a few characters takes more
bytes than it spares, and this passes over it."""


def lasting(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """What outlives a run (rule 11): what is evidence in a doubt goes when there is none, and so does `stuck`."""
    state, evidence = values.get("state"), []
    if state not in UNANSWERED:
        evidence.append("left")
        if "left" in (intent := values.get("intent") or {}):
            values = {**values, "intent": {k: v for k, v in intent.items() if k != "left"}}
    if state != State.RUNNING:
        evidence.append("stuck")
    if any(key in values for key in evidence):
        values = {key: value for key, value in values.items() if key not in evidence}
    return values


class Facts(dict[bytes, Mapping[str, Any]]):
    """The mapping of a JSON text, made once: what is written alike in many records is one object in all of them."""

    def __missing__(self, text: bytes) -> Mapping[str, Any]:
        made: Mapping[str, Any] = orjson.loads(text)
        self[text] = made
        return made


class Press:
    """Makes few bytes of the values of records: what one has in common with an earlier one is left out.

    Only the same press reads them again, by the fingerprint and the attempt, which they lack. It may be used by several
    threads, and what two of them have made of the same values shortly one after another is one object.
    """

    def __init__(self) -> None:
        self._patterns: list[bytes] = []
        self._recent: dict[bytes, bytes] = {}
        self._read: tuple[bytes, str, int, Mapping[str, Any]] = (b"", "", 0, {})
        self.facts = Facts()
        self._many = 0

    def keep(self, values: Mapping[str, Any]) -> Kept:
        """Values as they are while their request has no answer, and after that what lasts of them."""
        return values if values["state"] in UNANSWERED else self.press(lasting(values))

    def read(self, kept: Kept, fp: str, attempt: int) -> Mapping[str, Any]:
        if not isinstance(kept, bytes):
            return kept
        *last, values = self._read  # one record is mostly asked for several times
        if last != [kept, fp, attempt]:
            pattern = self._patterns[int.from_bytes(kept[:2], "big")]
            rest = orjson.loads(zlib.decompressobj(-15, pattern).decompress(kept[2:]))
            values = {"fp": fp, "attempt": attempt, **rest}
            self._read = kept, fp, attempt, values
        return values

    def press(self, values: Mapping[str, Any]) -> bytes:
        line = orjson.dumps({key: value for key, value in values.items() if key not in ("fp", "attempt")})
        if (made := self._recent.get(line)) is not None:
            return made
        if self._many % _ANEW == 0:
            self._patterns.append(line)
        self._many += 1
        number = len(self._patterns) - 1
        small = zlib.compressobj(LEVEL, zlib.DEFLATED, -15, strategy=STRATEGY, zdict=self._patterns[number])
        made = b"%b%b%b" % (number.to_bytes(2, "big"), small.compress(line), small.flush())
        if len(self._recent) >= _RECENT:
            self._recent = {}
        self._recent[line] = made
        return made
