"""Two compiles of one storyboard side by side: which entries an edit added, changed, moved and took away."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import field
from typing import Literal

import orjson

from seedspec.catalog.price import Cost
from seedspec.compiler.entry import Entry
from seedspec.lock.lock import Lock
from seedspec.lock.staleness import address_in
from seedspec.lock.state import State
from seedspec.plan.difference import Difference, differences
from seedspec.text.value import valueclass

Kind = Literal["added", "changed", "moved", "gone"]
KINDS: tuple[Kind, ...] = ("added", "changed", "moved", "gone")


@valueclass(frozen=True, slots=True)
class Change:
    """One entry that is not as it was. `old` and `new` are None for what was not there, or is no longer.

    `cost` is what buying it would cost: zero when the lock knows its request, or another entry brings it already.
    """

    kind: Kind
    old: Entry | None
    new: Entry | None
    cost: Cost = field(default_factory=Cost)
    differences: tuple[Difference, ...] = ()

    @property
    def address(self) -> str:
        entry = self.new or self.old
        assert entry is not None
        return entry.address


@valueclass(frozen=True, slots=True)
class Comparison:
    """The changes in the order of the new storyboard, then what is gone; and the addresses that are as they were."""

    changes: tuple[Change, ...]
    same: tuple[str, ...]

    @property
    def cost(self) -> Cost:
        return sum((c.cost for c in self.changes), Cost())

    def count(self, kind: Kind) -> int:
        return sum(c.kind == kind for c in self.changes)

    def within(self, old: set[str], new: set[str]) -> Comparison:
        """The part that is about some addresses: of the old storyboard, or of the new one."""
        kept = (c for c in self.changes if (c.old and c.old.address in old) or (c.new and c.new.address in new))
        return Comparison(tuple(kept), tuple(a for a in self.same if a in new))


def compare(old: Iterable[Entry], new: Iterable[Entry], lock: Lock) -> Comparison:
    """What has changed. An entry is known by its request first: one that is found under another address has moved."""
    before, after = {e.address: e for e in old}, list(new)
    same = {e.address for e in after if e.address in before and before[e.address].fingerprint == e.fingerprint}
    left: dict[str, list[Entry]] = {}
    for entry in before.values():
        if entry.address not in same:
            left.setdefault(entry.fingerprint, []).append(entry)
    origin = {e.address: left[e.fingerprint].pop(0) for e in after if e.address not in same and left.get(e.fingerprint)}
    unmatched = {e.address: e for entries in left.values() for e in entries}
    known = {e.fingerprint for e in after if e.address in same} | _find_bought(lock)
    changes = []
    for entry in after:
        if entry.address in same:
            continue
        cost = Cost() if entry.fingerprint in known else entry.cost
        known.add(entry.fingerprint)
        if (moved := origin.get(entry.address)) is not None:
            changes.append(Change("moved", moved, entry, cost))
        elif (was := unmatched.pop(entry.address, None)) is not None:
            changes.append(Change("changed", was, entry, cost, _differences(was, entry)))
        else:
            changes.append(Change("added", None, entry, cost))
    changes += [Change("gone", entry, None) for address, entry in before.items() if address in unmatched]
    return Comparison(tuple(changes), tuple(e.address for e in after if e.address in same))


def _find_bought(lock: Lock) -> set[str]:
    found = ((fp, lock.last(fp)) for fp in lock.attempts)
    return {fp for fp, r in found if r is not None and r.state is not State.QUEUED}


def _differences(old: Entry, new: Entry) -> tuple[Difference, ...]:
    return differences(orjson.loads(old.manifest), orjson.loads(new.manifest), address_in(Lock(), old, new))
