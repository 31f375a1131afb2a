"""What stands above each shot: how many entries it has, what they cost, and how many of them a run would buy."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from seedspec.catalog.price import Cost
from seedspec.compiler.entry import Entry
from seedspec.editor.snapshot import Snapshot
from seedspec.lock.lock import LockFault
from seedspec.plan.plan import BUYS
from seedspec.plan.select import NothingSelected
from seedspec.project.compile import Compiled
from seedspec.project.credentials import BadSettings
from seedspec.report.money import dollars
from seedspec.run.prepare import Options, plan_of, ready
from seedspec.run.store.lock_file import read_lock
from seedspec.text.diagnostic import Problems
from seedspec.text.source import Span


class Lens(NamedTuple):
    """A line above a place."""

    span: Span
    text: str


def lenses(snapshot: Snapshot) -> list[Lens]:
    """One line for each shot that has entries."""
    board = snapshot.board
    if board is None:
        return []
    new = _new(snapshot)
    found = []
    for shot in board.shots:
        entries = [e for e in snapshot.checked.entries if e.shot == shot.id]
        if entries:
            said = [f"{len(entries):,} entr{'ies' if len(entries) != 1 else 'y'}", price_of(entries) or "unpriced"]
            said += [f"{sum(e.address in new for e in entries):,} new"] if new is not None else []
            found.append(Lens(shot.span, " · ".join(said)))
    return found


def price_of(entries: Iterable[Entry]) -> str:
    """What entries cost together in dollars, equal requests once; "" where no price is known."""
    unique = {e.fingerprint: e for e in entries}.values()
    rate = next((e.model.rate for e in unique), None)
    return dollars(sum((e.cost for e in unique), Cost()), rate) if rate is not None else ""


def _new(snapshot: Snapshot) -> frozenset[str] | None:
    """The addresses that a run would buy, by the lock beside the storyboard; None where no run could begin.

    A shared ledger is not asked: a look at a text uses no network.
    """
    if snapshot.unsaved:
        return None
    made = Compiled(snapshot.path, snapshot.board, snapshot.checked.entries, None, (), snapshot.checked.diagnostics)
    if not made.ok:
        return None
    try:
        options = Options()
        made, place = ready(snapshot.path, options, made)
        plan, _ = plan_of(made, place, options, read_lock(place.lock), Problems())
    except (BadSettings, LockFault, NothingSelected, OSError):
        return None
    return frozenset(step.address for step in plan.steps if step.action in BUYS)
