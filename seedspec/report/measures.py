"""Measures of saved videos as people read them, in one line, and of all videos of a command as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from seedspec.measures.judged import PREFIX, Answer, Judged, Judgement
from seedspec.measures.values import MEASURES, METHOD, NOT_APPLICABLE, NOT_MEASURED, VERSION, Value
from seedspec.project.saved_measures import Trouble, Video
from seedspec.text.visible import one_line

_TOTALS, _MOST_WHY = "_total", 200


def line(values: Mapping[str, Value], judgements: Mapping[str, Judgement] = MappingProxyType({})) -> str:
    """All measures but the totals, those that the video cannot have left out: `black 0.5 s, frozen 0 s, 2 cuts`.

    What judges say comes last, by name, as `judge.look 0.4 (not passed: too dark)`.
    """
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
    return ", ".join([*said, *(show_judgement(name, found.answer) for name, found in judgements.items())])


def show_judgement(name: str, answer: Answer) -> str:
    """A judge's answer: `judge.look 0.4 (not passed: too dark)`."""
    word = {None: "", True: "passed", False: "not passed"}[answer.passed]
    why = ": ".join(said for said in (word, one_line(answer.why, _MOST_WHY)) if said)
    return f"{PREFIX}{name} {answer.score:g}" + (f" ({why})" if why else "")


def as_json(
    videos: Sequence[Video],
    values: Mapping[Video, Mapping[str, Value] | None],
    trouble: Mapping[Video, Trouble],
    judged: Judged,
) -> dict[str, Any]:
    """Every saved video with its measures, null for one that has none; with what judges say of it, by their names; and
    with what kept it from being measured."""
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
                "judges": {
                    name: {
                        "score": said.answer.score,
                        "pass": said.answer.passed,
                        "why": said.answer.why,
                        "at": said.at,
                    }
                    for name, said in judged.of(video.sha256).items()
                },
                "trouble": {"found": why.found, "remedy": why.remedy} if (why := trouble.get(video)) else None,
            }
            for video in videos
        ],
    }
