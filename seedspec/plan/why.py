"""Why an entry stands where it does: its step, and every difference from what its address was bought with before."""

from __future__ import annotations

import orjson

from seedspec.compiler.entry import Entry
from seedspec.lock.record import Record
from seedspec.lock.staleness import address_in
from seedspec.lock.state import State
from seedspec.plan.difference import Difference, differences
from seedspec.plan.plan import Plan, Step
from seedspec.plan.reason import Changed, Held, Occupied, Twin
from seedspec.text.value import valueclass


@valueclass(frozen=True, slots=True)
class Why:
    """`before` is what the address was bought as when the request has changed since, with all `differences`.

    `twin` is the step of the entry with the same request, when the plan decided that one.
    """

    step: Step
    before: Record | None = None
    differences: tuple[Difference, ...] = ()
    twin: Step | None = None


def why(plan: Plan, address: str) -> Why:
    """The reasons for an address of a plan, also one that the lock alone knows; KeyError for any other."""
    step = next((s for s in plan.steps if s.address == address), None)
    if step is None:
        raise KeyError(address)
    if isinstance(step.reason, Twin):
        of = step.reason.of
        return Why(step, twin=next((s for s in plan.steps if s.address == of), None))
    if step.entry is None or not isinstance(step.reason, (Changed, Held, Occupied)):
        return Why(step)
    before = bought_as(plan, step.entry)
    if before is None or before.manifest is None:
        return Why(step)
    known = address_in(plan.lock, step.entry)
    return Why(step, before, differences(before.manifest, orjson.loads(step.entry.manifest), known))


def bought_as(plan: Plan, entry: Entry) -> Record | None:
    """The last purchase under an entry's address whose request no entry asks for any more."""
    known = {s.fp for s in plan.steps if s.entry is not None}
    own = (r for r in plan.lock if r.profile == plan.profile and r.entry == entry.address)
    found = [r for r in own if r.fp not in known and r.state is not State.QUEUED]
    return found[-1] if found else None
