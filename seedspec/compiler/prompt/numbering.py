"""How a prompt names the media that it uses: `image 1`, `video 2`, in the order of the catalogue."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from seedspec.catalog.model import Model
from seedspec.catalog.slot import Kind
from seedspec.compiler.storyboard.types import Reference


def number(names: Iterable[str], catalogue: Mapping[str, Reference], model: Model, words: str) -> dict[str, str]:
    """How the prompt names each used reference: numbers follow the catalogue's order, each kind counted apart."""
    used = frozenset(names)
    counts: dict[Kind, int] = {}
    out = {}
    for name, reference in catalogue.items():
        if name in used:
            n = counts[reference.kind] = counts.get(reference.kind, 0) + 1
            rule = model.media.get(reference.kind)  # a model without such media is told of where they are listed
            out[name] = rule.words[words].replace("{n}", str(n)) if rule is not None and rule.words else name
    return out
