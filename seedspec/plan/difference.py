"""What differs between two manifests, in the order that people ask about: what is planned, explained and compared."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from seedspec.lock.staleness import readable_values
from seedspec.text.value import valueclass


@valueclass(frozen=True, slots=True)
class Difference:
    """A field whose value differs between two manifests; None where one of them lacks it. A medium is `name[index]`."""

    field: str
    old: Any
    new: Any


def differences(
    old: Mapping[str, Any], new: Mapping[str, Any], address: Callable[[str], str | None]
) -> tuple[Difference, ...]:
    """All that differs between two manifests: the prompt first, then fields and media by name, the provider last.

    `address` gives those of continued entries by fingerprint.
    """
    before, after = _flat(old), _flat(new)
    differing = [n for n in sorted(before.keys() | after.keys(), key=_order) if before.get(n) != after.get(n)]
    return tuple(
        Difference(_name(n), *readable_values(_name(n), before.get(n), after.get(n), address)) for n in differing
    )


_Field = tuple[str, int]
"""A field's name and the place in its list; -1 for what is no list."""


def _flat(manifest: Mapping[str, Any]) -> dict[_Field, Any]:
    out: dict[_Field, Any] = {}
    for name, value in {**manifest, **manifest.get("request", {})}.items():
        if isinstance(value, list):
            out |= {(name, i): item for i, item in enumerate(value)}
        elif name != "request":
            out[name, -1] = value
    return out


def _order(field: _Field) -> tuple[int, str, int]:
    return {"prompt": 0, "provider": 2}.get(field[0], 1), *field


def _name(field: _Field) -> str:
    name, index = field
    return name if index < 0 else f"{name}[{index}]"
