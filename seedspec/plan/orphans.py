"""What the lock knows and no entry stands for: purchases that left the storyboard, second ones, other profiles'."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Set
from typing import Literal

from seedspec.compiler.address import parse
from seedspec.compiler.filename import is_device, same
from seedspec.lock.lock import Lock
from seedspec.lock.merge import is_split
from seedspec.lock.record import Record
from seedspec.lock.state import OPEN, State
from seedspec.text.value import valueclass


@valueclass(frozen=True, slots=True)
class Orphan:
    """A purchase without an entry, and where its video is or would go.

    `kind`: it left the storyboard, it was bought with another profile, or it is one too many of its request; `lost` is
    one too many that was saved in another clone, and is to be fetched here too.
    """

    record: Record
    kind: Literal["left", "elsewhere", "second", "lost"]
    file: str


def orphans(
    lock: Lock,
    known: Set[str],
    profile: str,
    others: frozenset[str],
    place: Callable[[str], str],
    files: Iterable[str] = (),
    lost: Callable[[Record], bool] = lambda record: False,
) -> Iterator[Orphan]:
    """The orphans of a profile ("" for none), in the lock's order; `known` are the fingerprints that it asks for.

    Of the `others` those alone that a run is not done with: the rest is their own affair. What was bought with a
    profile that the storyboard has no more left it. `place` gives the folder of a profile's videos, and `lost` tells
    whether a saved one is not here and can still be had.

    Their own files are none of `files`: two videos on their way to one name would be in each other's way.
    """
    taken: set[str] = set()
    for fp, records in lock.attempts.items():
        if len(records) == 1 and fp in known:  # nearly all of them
            continue
        last = lock.last(fp)
        for r in records:
            elsewhere = r.profile != profile and r.profile in others
            if elsewhere and r.state not in OPEN:
                continue
            if r is last and fp not in known and r.state is not State.QUEUED:
                taken = taken or {same(file) for file in files}
                plain = f"{place(r.profile)}/{_name(r)}"
                free = f"{plain}.mp4" if same(f"{plain}.mp4") not in taken else f"{plain}.{fp[:8]}.mp4"
                found = Orphan(r, "elsewhere" if elsewhere else "left", r.file or free)
            elif r is not last and r.state in OPEN:
                found = Orphan(r, "second", f"{place(r.profile)}/{_name(r)}.{fp[:8]}.{r.attempt}.mp4")
            elif r is not last and r.state is State.SAVED and is_split(records) and lost(r):
                found = Orphan(r, "lost", str(r.file))
            else:
                continue
            taken.add(same(found.file))
            yield found


def _name(record: Record) -> str:
    """The name that a purchase would have had as an entry, or one of its fingerprint."""
    return usual_name(record) or record.fp[:16]


def usual_name(record: Record) -> str:
    """The name of a purchase's video by its address, "" where a storyboard gives no such address: the lock may come
    from anybody."""
    try:
        named = parse(record.entry).file.removesuffix(".mp4")
    except ValueError:
        return ""
    usual = re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9@=,._-]{0,200}", named) and not is_device(named)
    return named if usual else ""
