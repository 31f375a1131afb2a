"""What goes into a cut of a storyboard: its saved takes in order, or of each variant the one that was picked."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import field
from pathlib import Path
from typing import Any

from seedspec.choices.picks import Picks
from seedspec.choices.reviews import Entries, Review
from seedspec.compiler.entry import Entry
from seedspec.lock.record import Record
from seedspec.lock.state import State
from seedspec.plan.plan import Plan
from seedspec.text.value import valueclass

_QUERY = re.compile(r"(https?://[^\s?#]++)(?:[?#]\S*+)?")


@valueclass(frozen=True, slots=True)
class Remark:
    """What a reviewer noted on a take, at a time in it when one was given."""

    by: str
    text: str
    at: float | None


@valueclass(frozen=True, slots=True)
class Cut:
    """A saved take: what it was made from, what the lock knows of it, and where its video is."""

    entry: Entry
    record: Record
    path: Path
    picked: bool = False
    remarks: tuple[Remark, ...] = ()

    @property
    def name(self) -> str:
        return self.entry.address

    @property
    def seconds(self) -> float:
        """Its length: as measured when it was saved, else as it was asked for."""
        return float(self.record.get("seconds") or self.entry.says("duration") or 0)


@valueclass(frozen=True, slots=True)
class Cutting:
    """`cuts` in the storyboard's order; the addresses of what should be there and has no video here; variants that
    nobody has picked a take of, where others have been picked."""

    cuts: tuple[Cut, ...]
    missing: tuple[str, ...] = ()
    unpicked: tuple[str, ...] = ()


@valueclass(frozen=False, slots=True)
class _Sorted:
    cuts: list[Cut] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    unpicked: dict[str, None] = field(default_factory=dict)


def cutting(
    plan: Plan, picks: Picks, remarks: Mapping[str, tuple[Remark, ...]], video: Callable[[str], Path | None]
) -> Cutting:
    """The saved takes of a plan. Once anything is picked, of each variant only what was picked.

    `remarks` are those of each entry by address; `video` gives the place of a lock's file, None where
    none is to be read.
    """
    out = _Sorted()
    for step in plan.steps:
        entry = step.entry
        if entry is None:
            continue
        chosen = picks.take_of(entry.shot, entry.labels) if picks.by_variant else entry.take
        if chosen is None:
            out.unpicked[entry.variant] = None
        if chosen != entry.take:
            continue
        record = plan.lock.last(entry.fingerprint)
        path = video(record.file or "") if record is not None and record.state is State.SAVED else None
        if record is None or path is None:
            out.missing.append(entry.address)
            continue
        picked = bool(picks.by_variant)
        out.cuts.append(Cut(entry, record, path, picked, remarks.get(entry.address, ())))
    return Cutting(tuple(out.cuts), tuple(out.missing), tuple(out.unpicked))


def remarks_of(reviews: Iterable[Review], entries: Entries) -> dict[str, tuple[Remark, ...]]:
    """What reviewers noted, by the address that the take has today; on what left the storyboard nothing is kept."""
    found: dict[str, tuple[Remark, ...]] = {}
    for review in reviews:
        for note in review.notes:
            if (entry := entries.find(note.take)) is not None:
                remark = Remark(review.reviewer, note.text, note.at)
                found[entry.address] = (*found.get(entry.address, ()), remark)
    return found


def strip_signature(value: Any) -> Any:
    """A value of a request with its addresses bare: what follows a `?` may be a signature that opens a file."""
    if isinstance(value, str):
        return _QUERY.sub(r"\1", value)
    return [strip_signature(v) for v in value] if isinstance(value, (list, tuple)) else value
