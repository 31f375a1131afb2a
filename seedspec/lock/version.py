"""The versions of the lock's form: which one a lock needs, and the header that says so.

Version 1 is written as long as nothing in a lock needs 2 (rule 10 of lock), and is read for ever. In version 2 a key
that a reader does not know is kept and written back, in a record as in the header.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from typing import Any

import orjson

NEWEST = 2
HEADER = b'{"seedspec_lock":1}\n'
"""The header of version 1, which has nothing but the version."""

OF_2 = frozenset({"unit", "stuck", "made", "found"})
"""The keys of a record that version 1 has not."""

_HEADER: dict[str, type] = {"ledger": str, "at": str, "serial": int}


def version_needed(records: Iterable[Mapping[str, Any]], known: Set[str], header: Mapping[str, Any]) -> int:
    """The version that a lock of these records, and of a header that says this besides, is to be written in.

    `known` are the keys of a record that this seedspec knows.
    """
    of_1 = known - OF_2
    return 2 if header or not all(of_1 >= values.keys() and not names_pictures(values) for values in records) else 1


def names_pictures(values: Mapping[str, Any]) -> bool:
    """Whether a record says in `used` which pictures of videos it was made from: version 1 has none."""
    used = values.get("used")
    return used is not None and any(name.startswith("frame:") for name in used)


def header_of(version: int, said: Mapping[str, Any]) -> bytes:
    """The header's line. `said` is what it holds besides the version: of a version from 2 on."""
    return HEADER if version == 1 else orjson.dumps({"seedspec_lock": version, **said}) + b"\n"


def version_of(values: Any) -> int:
    """The version that a first line names; 0 for a line that is no header at all."""
    version = values.get("seedspec_lock") if isinstance(values, dict) else None
    if type(version) is not int or version < 1:
        return 0
    if version == NEWEST and any(type(values[k]) is not t for k, t in _HEADER.items() if k in values):
        return 0
    return version


def extra_values(values: Mapping[str, Any], version: int) -> dict[str, Any]:
    """What a header says besides its version."""
    return {} if version == 1 else {k: v for k, v in values.items() if k != "seedspec_lock"}
