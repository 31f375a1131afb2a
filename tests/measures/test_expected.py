"""What becomes of an expectation: each bound, each word that stands for a measure, and sound that was not asked for."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from seedspec.measures.expected import Verdict, compare
from seedspec.measures.values import NAMES, NOT_APPLICABLE, NOT_MEASURED, OF_SOUND, Value


@dataclass(frozen=True)
class Bounds:
    measure: str
    least: float | None = None
    most: float | None = None


def values(**known: Value) -> dict[str, Value]:
    return dict.fromkeys(NAMES, 0.0) | known


@pytest.mark.parametrize("value, verdict", [(0.49, "unmet"), (0.5, "met"), (1.0, "met"), (2.0, "met"), (2.01, "unmet")])
@pytest.mark.parametrize("measure", ["black", "likeness", "judge.look"])
def test_both_ends_of_a_bound_belong_to_it(measure: str, value: float, verdict: str) -> None:
    assert compare(Bounds(measure, 0.5, 2.0), {measure: value}, sound=None).verdict == verdict
    assert compare(Bounds(measure, least=0.5), {measure: value}, sound=None).verdict == (
        "met" if value >= 0.5 else "unmet"
    )
    assert compare(Bounds(measure, most=2.0), {measure: value}, sound=None).verdict == (
        "met" if value <= 2.0 else "unmet"
    )


def test_why_there_is_no_verdict_is_said() -> None:
    assert compare(Bounds("silent", most=1), values(), sound=False).found == "the request is silent"
    assert compare(Bounds("black", most=1), {}, sound=False) == ("not measured", "not measured")
    assert compare(Bounds("likeness", most=1), {"likeness": NOT_APPLICABLE}, sound=True) == (
        "not applicable", "not applicable",
    )  # fmt: skip
    assert [v.value for v in Verdict] == ["met", "unmet", "not applicable", "not measured"]


def test_what_was_found_is_said_with_its_unit() -> None:
    assert compare(Bounds("black", most=0.5), values(black=1.25), sound=None).found == "1.25 s"
    assert compare(Bounds("loudness", least=-20), values(loudness=-31.5), sound=True).found == "-31.5 LUFS"
    assert compare(Bounds("judge.look", least=0.7), {"judge.look": 0.25}, sound=True).found == "0.25"


@pytest.mark.parametrize("measure", [*NAMES, "judge.look"])
def test_what_nobody_measured_is_never_met_and_never_unmet(measure: str) -> None:
    assert compare(Bounds(measure, most=1), {}, sound=True).verdict is Verdict.NOT_MEASURED
    assert compare(Bounds(measure, most=1), {measure: NOT_MEASURED}, sound=None).verdict is Verdict.NOT_MEASURED


@pytest.mark.parametrize("measure", NAMES)
def test_a_silent_request_has_no_sound_to_expect(measure: str) -> None:
    wanted = Verdict.NOT_APPLICABLE if measure in OF_SOUND else Verdict.UNMET
    assert compare(Bounds(measure, least=1), values(), sound=False).verdict is wanted
    assert compare(Bounds(measure, least=1), {}, sound=False).verdict is (
        Verdict.NOT_APPLICABLE if measure in OF_SOUND else Verdict.NOT_MEASURED
    )


@pytest.mark.parametrize("measure", OF_SOUND)
def test_a_video_without_the_sound_that_was_asked_for_is_unmet(measure: str) -> None:
    mute = values(**dict.fromkeys(OF_SOUND, NOT_APPLICABLE))
    found = compare(Bounds(measure, most=1), mute, sound=True)
    assert (found.verdict, found.found) == (Verdict.UNMET, "no sound")
    assert compare(Bounds(measure, most=1), mute, sound=None).verdict is Verdict.NOT_APPLICABLE


def test_a_sound_too_short_for_a_loudness_has_none() -> None:
    short = values(loudness=NOT_APPLICABLE)
    assert compare(Bounds("loudness", least=-20), short, sound=True).verdict is Verdict.NOT_APPLICABLE


def test_a_likeness_without_a_reference_is_not_applicable() -> None:
    assert (
        compare(Bounds("likeness", least=0.9), values(likeness=NOT_APPLICABLE), sound=None).verdict
        is Verdict.NOT_APPLICABLE
    )
