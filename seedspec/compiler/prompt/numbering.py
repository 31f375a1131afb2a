"""How a prompt names the media that it uses: `image 1`, `video 2`, in the order of the catalogue."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from seedspec.catalog.model import Model
from seedspec.compiler.storyboard.types import Reference


def number(names: Iterable[str], catalogue: Mapping[str, Reference], model: Model, words: str) -> dict[str, str]:
    """How the prompt names each used reference: numbers follow the catalogue's order, each slot counted apart.

    One whose slot has no words, or that the model has no slot for, which is told where it is resolved, keeps its name.
    """
    used = frozenset(names)
    counts: dict[str, int] = {}
    out = {}
    for name, reference in catalogue.items():
        if name in used:
            slot = reference.slot_in(model)
            if slot is None or not slot.words:
                out[name] = name
                continue
            n = counts[slot.name] = counts.get(slot.name, 0) + 1
            out[name] = slot.words[words].replace("{n}", str(n))
    return out
