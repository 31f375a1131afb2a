"""Measures as JSON, as they are kept; what another method or edition made, or anybody else wrote, is not read."""

from __future__ import annotations

import math
from typing import Any

from seedspec.measures.values import METHOD, NAMES, NOT_APPLICABLE, NOT_MEASURED, VERSION, Measured


def as_json(found: Measured) -> dict[str, Any]:
    return {
        "seedspec_measures": 1,
        "video": found.video,
        "method": METHOD,
        "version": VERSION,
        "values": dict(found.values),
        "likeness": dict(found.likeness),
    }


def from_json(document: Any, video: str) -> Measured | None:
    """The measures of a video; None for what is no such document, of another video, or of another edition."""
    if not isinstance(document, dict):
        return None
    head = (document.get("seedspec_measures"), document.get("video"), document.get("method"), document.get("version"))
    values, likeness = document.get("values"), document.get("likeness")
    if head != (1, video, METHOD, VERSION) or not isinstance(values, dict) or not isinstance(likeness, dict):
        return None
    known = [name for name in NAMES if name != "likeness"]
    if set(values) != set(known) or not all(map(_is_value, values.values())):
        return None
    if not all(isinstance(name, str) and _is_number(value) for name, value in likeness.items()):
        return None
    return Measured(video, {name: values[name] for name in known}, likeness)


def _is_value(value: Any) -> bool:
    return value in (NOT_APPLICABLE, NOT_MEASURED) if isinstance(value, str) else _is_number(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
