"""Measures of saved videos as people read them, in one line, and of all videos of a command as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from seedspec.measures.values import MEASURES, METHOD, NOT_APPLICABLE, NOT_MEASURED, VERSION, Value
from seedspec.project.saved_measures import Trouble, Video

_TOTALS = "_total"


def line(values: Mapping[str, Value]) -> str:
    """All measures but the totals, those that the video cannot have left out: `black 0.5 s, frozen 0 s, 2 cuts`."""
    said = []
    for name, unit, _ in MEASURES:
        value = values.get(name, NOT_MEASURED)
        if value == NOT_APPLICABLE or name.endswith(_TOTALS):
            continue
        words = name.replace("_", " ")
        if value == NOT_MEASURED:
            said.append(f"{words} {value}")
        elif name in ("cuts", "clipped"):
            said.append(f"{value:g} {words}")
        else:
            said.append(f"{words} {value:g} {unit}")
    return ", ".join(said)


def as_json(
    videos: Sequence[Video], values: Mapping[Video, Mapping[str, Value] | None], trouble: Mapping[Video, Trouble]
) -> dict[str, Any]:
    """Every saved video with its measures, null for one that has none, and with what kept it from being measured."""
    return {
        "seedspec_measure": 1,
        "method": METHOD,
        "version": VERSION,
        "units": {measure.name: measure.unit for measure in MEASURES},
        "videos": [
            {
                "entries": list(video.entries),
                "file": video.file,
                "sha256": video.sha256,
                "measures": dict(known) if (known := values.get(video)) is not None else None,
                "trouble": {"found": why.found, "remedy": why.remedy} if (why := trouble.get(video)) else None,
            }
            for video in videos
        ],
    }
