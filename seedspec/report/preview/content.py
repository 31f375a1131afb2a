"""What the preview shows, as values: shots with their variants, each with prompt, media, price and state."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any, Literal

from seedspec.catalog.price import Cost
from seedspec.compiler.entry import Entry, Medium
from seedspec.compiler.storyboard.types import Storyboard
from seedspec.plan.plan import BUYS, Plan
from seedspec.plan.reason import Twin
from seedspec.project.full_matrix import cost_of
from seedspec.report.page.content import Take
from seedspec.report.preview.differing import Run, differing
from seedspec.text.value import valueclass

Compared = Literal["all", "text", "none"]


@valueclass(frozen=True, slots=True)
class Row:
    """A variant of a shot: entries that differ in their take alone. `fields` are those that other variants have
    otherwise. `runs` is the prompt in stretches, with what differs marked."""

    takes: tuple[Take, ...]
    runs: tuple[Run, ...]
    fields: Mapping[str, Any]

    @property
    def entry(self) -> Entry:
        return self.takes[0].entry


@valueclass(frozen=True, slots=True)
class Shot:
    """A shot's variants. `fields` are those that all of them have alike. `cost` is that of each request once.

    `compared` says which prompts had their words compared: all of the shot's, or, where these have little in common,
    those of one text of its A/B test each, or none.
    """

    name: str
    rows: tuple[Row, ...]
    fields: Mapping[str, Any]
    cost: Cost
    compared: Compared


@valueclass(frozen=True, slots=True)
class Preview:
    """A storyboard before it is bought. `cost` is that of all of it, each request once; `buying` of what a run buys."""

    board: Storyboard
    shots: tuple[Shot, ...]
    entries: int
    cost: Cost
    buys: int
    buying: Cost
    bought: bool
    """Whether the lock has anything of it."""
    twins: Mapping[str, str]
    """Of entries whose request another one has too, the other's address, by their own."""

    @property
    def media(self) -> list[Medium]:
        """Each medium of the requests once, in the order in which they stand there."""
        every = (m for shot in self.shots for row in shot.rows for m in row.entry.media)
        return list({(m.source, m.where, m.item): m for m in every}.values())


def preview_of(board: Storyboard, plan: Plan, takes: Sequence[Take]) -> Preview:
    """The preview of a plan's entries; `takes` are these, with where each stands."""
    several = len({take.entry.model.id for take in takes}) > 1
    shots = tuple(_shot(name, list(some), several=several) for name, some in _by_shot(takes))
    buys = [s for s in plan.steps if s.action in BUYS and s.entry is not None]
    return Preview(
        board, shots, len(takes), cost_of(t.entry for t in takes), len(buys), sum((s.cost for s in buys), Cost()),
        any(take.record is not None for take in takes),
        {step.address: step.reason.of for step in plan.steps if isinstance(step.reason, Twin)},
    )  # fmt: skip


def _by_shot(takes: Iterable[Take]) -> Iterable[tuple[str, Iterable[Take]]]:
    return groupby(takes, key=lambda take: take.entry.shot)


def _shot(name: str, takes: list[Take], *, several: bool) -> Shot:
    same = groupby(takes, key=lambda t: (t.entry.row, t.entry.prompt, id(t.entry.base)))
    variants = [tuple(some) for _, some in same]
    runs, compared = _compare([some[0].entry for some in variants])
    fields = [_fields(some[0].entry, several=several) for some in variants]
    common = {k: v for k, v in fields[0].items() if all(k in f and f[k] == v for f in fields)}
    rows = tuple(
        Row(
            some,
            runs[some[0].entry.prompt],
            {k: v for k, v in own.items() if k not in common},
        )
        for some, own in zip(variants, fields, strict=True)
    )
    return Shot(name, rows, common, cost_of(take.entry for take in takes), compared)


def _compare(entries: Sequence[Entry]) -> tuple[Mapping[str, tuple[Run, ...]], Compared]:
    """The prompts of a shot's variants, with what differs marked."""
    if (runs := differing([e.prompt for e in entries])) is not None:
        return runs, "all"
    plain = {e.prompt: ((False, e.prompt),) for e in entries}
    texts = dict.fromkeys(e.value_of("prompt") for e in entries)
    if len(texts) < 2:
        return plain, "none"
    some = [differing([e.prompt for e in entries if e.value_of("prompt") == text]) for text in texts]
    return plain | {k: v for found in some if found is not None for k, v in found.items()}, "text"


def _fields(entry: Entry, *, several: bool) -> dict[str, Any]:
    """The fields of a request beside its prompt and its media; its model, where the storyboard has several."""
    apart = {"prompt", *(m.field for m in entry.media)} | (set() if several else {"model"})
    return {k: v for k, v in entry.request.items() if k not in apart}
