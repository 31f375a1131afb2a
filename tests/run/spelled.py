"""Calls, replies and events as one line each, with all that they say: for whole outputs that stand in files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, fields
from typing import Any

import orjson

_SAME = {"model", "aspect_ratio", "duration", "generate_audio", "quality", "ratio", "resolution"}
"""What all requests have, of the fields of a body."""

_NOISE = {"fp", "at", "manifest", "job", "jobs"}


def shown(value: object) -> str:
    """A call, a reply or an event with all that it says, but for times of day and what is told by its entry."""
    said = [f"{name}={_part(held)}" for name, held in _parts(value)]
    return " ".join([type(value).__name__, *said])


def _parts(value: Any) -> Iterator[tuple[str, object]]:
    for one in fields(value):
        held = getattr(value, one.name)
        if one.name == "intent":
            yield "key", held.key if hasattr(held, "key") else held.intent.key
            if hasattr(held, "left"):
                yield "left", held.left
        elif one.name == "body" and isinstance(held, bytes):
            yield one.name, {k: v for k, v in orjson.loads(held).items() if k not in _SAME}
        elif one.name not in _NOISE and (one.default is MISSING or held != one.default):
            yield one.name, held


def _part(held: object) -> str:
    if isinstance(held, Mapping):
        return "{" + ", ".join(f"{k}: {_part(v)}" for k, v in held.items()) + "}"
    if hasattr(held, "__match_args__") and type(held).__module__.startswith("seedspec"):
        return f"({shown(held)})"
    if isinstance(held, tuple):
        return "(" + ", ".join(map(_part, held)) + ")"
    return f"{held:.10g}" if isinstance(held, float) else str(held)
