"""A plan as a value: for each entry what a run would do, and why, as data."""

from __future__ import annotations

from collections import Counter
from enum import Enum

from seedspec.catalog.price import Cost
from seedspec.compiler.entry import Entry
from seedspec.lock.lock import Lock
from seedspec.lock.record import Record
from seedspec.plan.reason import Done, Reason
from seedspec.text.value import valueclass


class Action(Enum):
    """What a run does with an entry; the value is the sign that people see."""

    SUBMIT = "+"
    CHANGE = "~"
    RESUME = ">"
    FETCH = "v"
    DONE = "="
    SHARED = "&"
    FAILED = "!"
    DOUBT = "?"
    ORPHAN = "-"

    # Each is one object. The hash of `Enum` is that of the name, made in Python at every look into a set.
    __hash__ = object.__hash__


BUYS = frozenset({Action.SUBMIT, Action.CHANGE})


@valueclass(frozen=True, slots=True)
class Step:
    """One line of a plan. `cost` is zero unless the step buys; `file` is where the video is or will be saved.

    `retakes` is how often a run may buy it anew besides, should its video not be what is expected.
    """

    address: str
    fp: str
    action: Action
    reason: Reason
    cost: Cost
    file: str
    entry: Entry | None = None
    record: Record | None = None
    retakes: int = 0

    def __repr__(self) -> str:
        return f"Step({self.action.value} {self.address}, {self.reason!r})"


@valueclass(frozen=True, slots=True)
class Plan:
    """The steps in the storyboard's order, then what the lock alone knows. `profile` is "" for none."""

    steps: tuple[Step, ...]
    lock: Lock
    profile: str = ""

    def __repr__(self) -> str:
        counts = (f"{n:,} {a.name.lower()}" for a in Action if (n := self.count(a)))
        return f"Plan({', '.join(counts) or 'no steps'})"

    def _repr_html_(self) -> str:
        """What notebooks show."""
        from seedspec.plan.html import table

        return table(self)

    @property
    def buys(self) -> tuple[Step, ...]:
        return tuple(s for s in self.steps if s.action in BUYS)

    @property
    def cost(self) -> Cost:
        return sum((s.cost for s in self.buys), Cost())

    @property
    def retakes(self) -> int:
        """How many videos a run may buy besides, at most, of what will not be as expected."""
        return sum(s.retakes for s in self.steps)

    @property
    def retake_cost(self) -> Cost:
        found = (s.entry.cost.times(s.retakes) for s in self.steps if s.entry is not None and s.retakes)
        return sum(found, Cost())

    @property
    def stale(self) -> tuple[Step, ...]:
        """What is saved, and would be made again from the videos that stand now if that were asked for."""
        return tuple(s for s in self.steps if isinstance(s.reason, Done) and s.reason.stale and not s.reason.stale.kept)

    @property
    def stale_cost(self) -> Cost:
        return sum((s.entry.cost for s in self.stale if s.entry is not None), Cost())

    @property
    def missing(self) -> tuple[Step, ...]:
        """What is saved and not on this disk, and the service keeps no longer."""
        return tuple(s for s in self.steps if isinstance(s.reason, Done) and not s.reason.here)

    def sharing(self, known: Plan | None) -> Plan:
        """The same plan, with the very steps of an earlier one that are equal: a step takes memory once then."""
        if known is None or len(known.steps) != len(self.steps):
            return self
        pairs = zip(self.steps, known.steps, strict=True)
        steps = tuple(
            there if own is there or (own.record is there.record and own == there) else own for own, there in pairs
        )
        return Plan(steps, self.lock, self.profile)

    @property
    def counts(self) -> Counter[Action]:
        """How many steps there are of each action."""
        return Counter(s.action for s in self.steps)

    def count(self, action: Action) -> int:
        return sum(s.action is action for s in self.steps)
