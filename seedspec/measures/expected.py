"""Whether the measures of a video meet what is expected of it, as values; the bounds come from a storyboard."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple, Protocol

from seedspec.measures.values import MEASURES, NOT_APPLICABLE, NOT_MEASURED, OF_SOUND, Value

_UNITS = {measure.name: f" {measure.unit}" for measure in MEASURES} | {"likeness": ""}


class Bounds(Protocol):
    """The least and the most that a measure, or the score of a judge, may be; None where it has no such bound."""

    @property
    def measure(self) -> str: ...
    @property
    def least(self) -> float | None: ...
    @property
    def most(self) -> float | None: ...


class Verdict(StrEnum):
    MET = "met"
    UNMET = "unmet"
    NOT_APPLICABLE = "not applicable"
    NOT_MEASURED = "not measured"


class Finding(NamedTuple):
    """What became of an expectation, and what was found, in words."""

    verdict: Verdict
    found: str


def compare(bounds: Bounds, values: Mapping[str, Value], *, sound: bool | None) -> Finding:
    """What becomes of one expectation. `sound` is whether the request asks for sound, None where it does not say.

    A video without any sound does not meet what is expected of its sound, where sound was asked for.
    """
    name = bounds.measure
    if name in OF_SOUND and sound is False:
        return Finding(Verdict.NOT_APPLICABLE, "the request is silent")
    value = values.get(name, NOT_MEASURED)
    if value == NOT_MEASURED:
        return Finding(Verdict.NOT_MEASURED, value)
    if name in OF_SOUND and sound and all(values.get(other) == NOT_APPLICABLE for other in OF_SOUND):
        return Finding(Verdict.UNMET, "no sound")
    if value == NOT_APPLICABLE:
        return Finding(Verdict.NOT_APPLICABLE, value)
    low = bounds.least is not None and value < bounds.least
    high = bounds.most is not None and value > bounds.most
    return Finding(Verdict.UNMET if low or high else Verdict.MET, f"{value:g}{unit_of(name)}")


def unit_of(measure: str) -> str:
    """The unit of a measure with a space before it; "" of a likeness, and of a judge's score."""
    return _UNITS.get(measure, "")
