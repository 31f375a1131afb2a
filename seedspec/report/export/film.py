"""Films to be handed on: of each the takes that play, with their videos, and a gap where a video is lacking."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from seedspec.choices.films import Film
from seedspec.compiler.entry import Entry
from seedspec.lock.state import State
from seedspec.plan.plan import Plan
from seedspec.report.export.cut import Cut, Remark
from seedspec.text.value import valueclass

GAP_SECONDS = 5.0
"""The length of a gap where nothing says how long its video will be."""


@valueclass(frozen=True, slots=True)
class Gap:
    """What plays in a film and has no video here; `state` says in words why."""

    entry: Entry
    state: str
    picked: bool = False

    @property
    def name(self) -> str:
        return self.entry.address

    @property
    def seconds(self) -> float:
        return float(self.entry.says("duration") or GAP_SECONDS)


@valueclass(frozen=True, slots=True)
class FilmCut:
    """A film with what is shown of each shot, in order."""

    film: Film
    parts: tuple[Cut | Gap, ...]

    @property
    def cuts(self) -> tuple[Cut, ...]:
        return tuple(p for p in self.parts if isinstance(p, Cut))

    @property
    def gaps(self) -> tuple[Gap, ...]:
        return tuple(p for p in self.parts if isinstance(p, Gap))

    @property
    def seconds(self) -> float:
        return sum(p.seconds for p in self.parts)


def film_cuts(
    films: Iterable[Film],
    plan: Plan,
    remarks: Mapping[str, tuple[Remark, ...]],
    video: Callable[[str], Path | None],
    states: Mapping[str, str],
) -> list[FilmCut]:
    """What the films show. `video` gives the place of a lock's file, None where none is to be read; `states` are the
    words for where each entry stands, by its address."""

    def part(entry: Entry, *, picked: bool) -> Cut | Gap:
        record = plan.lock.last(entry.fingerprint)
        path = video(record.file or "") if record is not None and record.state is State.SAVED else None
        if record is None or path is None:
            return Gap(entry, states.get(entry.address, "no video"), picked)
        return Cut(entry, record, path, picked, remarks.get(entry.address, ()))

    return [FilmCut(f, tuple(part(p.entry, picked=p.picked) for p in f.plays)) for f in films]


def size_of(plan: Plan, entry: Entry) -> tuple[int, int] | None:
    """The width and height of an entry's video, as they were measured when it was saved."""
    record = plan.lock.last(entry.fingerprint)
    width, height = (record.get("width"), record.get("height")) if record is not None else (None, None)
    return (int(width), int(height)) if width and height else None
