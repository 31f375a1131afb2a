"""A plan told apart by the models of its entries: what is bought with each, and what `defaults` set for none."""

from __future__ import annotations

from collections.abc import Iterable

from seedspec.catalog.model import Model
from seedspec.catalog.price import Cost
from seedspec.compiler.entry import MODEL, Entry
from seedspec.plan.plan import Plan
from seedspec.text.value import valueclass


@valueclass(frozen=True, slots=True)
class ByModel:
    """The videos that a plan would buy with one model, and their cost. `left_out` are the fields of `defaults` that the
    model lacks; `name` is what the storyboard calls it: its label on an axis `model`, else its id.
    """

    model: Model
    name: str
    videos: int
    cost: Cost
    left_out: tuple[str, ...]


def by_model(plan: Plan) -> list[ByModel]:
    """Each model of the plan's entries, in their order."""
    entries = [s.entry for s in plan.steps if s.entry is not None]
    bases = {id(e.base): e.base for e in entries}.values()
    models = {base.model.id: base.model for base in bases}
    names = names_of(entries)
    buys = [(s.entry.model.id, s.cost) for s in plan.buys if s.entry is not None]
    left = {name: dict.fromkeys(f for b in bases if b.model.id == name for f in b.left_out) for name in models}
    return [
        ByModel(
            model,
            names[id_],
            sum(of == id_ for of, _ in buys),
            sum((cost for of, cost in buys if of == id_), Cost()),
            tuple(left[id_]),
        )
        for id_, model in models.items()
    ]


def names_of(entries: Iterable[Entry]) -> dict[str, str]:
    """What a storyboard calls each model, by its id: the label that it has on an axis `model`, if it has just one."""
    labels: dict[str, set[str]] = {}
    for entry in entries:
        base = entry.base
        own = labels.setdefault(base.model.id, set())
        if MODEL in base.axes:
            own.add(entry.row[base.axes.index(MODEL)])
    return {id_: next(iter(own)) if len(own) == 1 else id_ for id_, own in labels.items()}
