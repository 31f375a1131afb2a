"""Measures as values: each a number or a word for why there is none, and what is kept is read again or not at all."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from seedspec.measures import record
from seedspec.measures.expected import unit_of
from seedspec.measures.means import METHOD as BY_MEAN
from seedspec.measures.values import (
    MEASURES,
    METHOD,
    NAMES,
    NOT_APPLICABLE,
    NOT_MEASURED,
    OF_SOUND,
    VERSION,
    Measured,
    measures_of,
    no_values,
)
from seedspec.media.signals import Heard, Signals
from seedspec.report.measures import line

VIDEO, PICTURE = "a" * 64, "b" * 64
SOUND = Heard(silent=((0.0, 0.5), (2.0, 3.25)), loudness=-23.4, true_peak=-1.0, clipped=2)


def signals(**fields: Any) -> Signals:
    given = {"seconds": 5.0, "black": ((4.0, 5.0),), "frozen": (), "cuts": (1.0, 2.0), "sound": SOUND}
    return Signals(**(given | fields))


def test_spans_are_the_longest_and_all_together() -> None:
    found = measures_of(VIDEO, signals()).with_reference(None)
    assert found == {
        "black": 1, "black_total": 1, "frozen": 0, "frozen_total": 0, "silent": 1.25, "silent_total": 1.75,
        "loudness": -23.4, "true_peak": -1, "clipped": 2, "cuts": 2, "likeness": NOT_APPLICABLE,
    }  # fmt: skip
    assert tuple(found) == NAMES and len({m.name for m in MEASURES}) == len(MEASURES)


def test_every_measure_has_a_name_a_unit_and_a_meaning(expect: Callable[[Path, str], None]) -> None:
    rows = [f"{m.name} [{m.unit}] {unit_of(m.name)!r}: {m.says}" for m in MEASURES]
    rows.append(f"by `{METHOD}` {VERSION}; a mean by `{BY_MEAN}`; without: `{NOT_APPLICABLE}`, `{NOT_MEASURED}`")
    expect(Path(__file__).with_name("measures.txt"), "\n".join([*rows, f"judge.look {unit_of('judge.look')!r}", ""]))


def test_lengths_are_told_to_the_millisecond() -> None:
    found = measures_of(VIDEO, signals(black=((0.0, 0.1234), (1.0, 1.1236), (2.0, 2.0501)))).values
    assert (found["black"], found["black_total"]) == (0.124, 0.297)
    assert [*found] == [name for name in NAMES if name != "likeness"]


@pytest.mark.parametrize(("sound", "word"), [(None, NOT_APPLICABLE), ("its sound does not decode: cut", NOT_MEASURED)])
def test_what_cannot_be_and_what_was_not_measured_are_two_states(sound: Any, word: str) -> None:
    found = measures_of(VIDEO, signals(sound=sound)).with_reference(None)
    assert {found[name] for name in ("silent", "silent_total", "loudness", "true_peak", "clipped")} == {word}
    assert found["black"] == 1
    assert set(no_values().values()) == {NOT_MEASURED}


def test_a_likeness_is_one_to_a_reference() -> None:
    found = measures_of(VIDEO, signals(likeness=0.5), PICTURE)
    assert found.with_reference(PICTURE)["likeness"] == 0.5
    assert found.with_reference("c" * 64)["likeness"] == NOT_MEASURED
    assert found.with_reference(None)["likeness"] == NOT_APPLICABLE
    for unknown in (measures_of(VIDEO, signals(likeness=None), PICTURE), measures_of(VIDEO, signals(likeness=0.5))):
        assert unknown.likeness == {} and unknown.with_reference(PICTURE)["likeness"] == NOT_MEASURED
    assert (found.needs(None), found.needs(PICTURE), found.needs("c" * 64)) == (False, False, True)


def test_a_sound_too_short_has_no_loudness_and_its_other_figures() -> None:
    found = measures_of(VIDEO, signals(sound=replace(SOUND, loudness=None))).values
    assert {name: found[name] for name in OF_SOUND} == {
        "silent": 1.25, "silent_total": 1.75, "loudness": NOT_APPLICABLE, "true_peak": -1.0, "clipped": 2,
    }  # fmt: skip


def test_what_is_kept_names_its_method_and_its_edition() -> None:
    found = Measured(VIDEO, {"black": 1.0}, {PICTURE: 0.5})
    assert record.as_json(found) == {
        "seedspec_measures": 1, "video": VIDEO, "method": "decode", "version": 1, "values": {"black": 1.0},
        "likeness": {PICTURE: 0.5},
    }  # fmt: skip


def test_what_is_kept_is_read_again() -> None:
    for found in (measures_of(VIDEO, signals(likeness=0.5), PICTURE), measures_of(VIDEO, signals(sound=None))):
        assert record.from_json(json.loads(json.dumps(record.as_json(found))), VIDEO) == found


@pytest.mark.parametrize(
    "change",
    [
        {"seedspec_measures": 2}, {"video": "c" * 64}, {"method": "judge"}, {"version": 0}, {"values": []},
        {"values": {}}, {"values": {"black": 1}}, {"likeness": {"a": "b"}}, {"likeness": None},
        *({"value": value} for value in (float("nan"), float("inf"), True, None, "much", [1], {"a": 1})),
    ],
    ids=str,
)  # fmt: skip
def test_what_others_wrote_is_not_read(change: dict[str, Any]) -> None:
    document = record.as_json(measures_of(VIDEO, signals()))
    if "value" in change:
        document["values"]["black"] = change["value"]
    else:
        document |= change
    assert record.from_json(document, VIDEO) is None
    kept = record.as_json(measures_of(VIDEO, signals()))
    assert record.from_json(kept, "c" * 64) is None
    assert record.from_json(kept | {"values": kept["values"] | {"more": 1}}, VIDEO) is None
    for other in (None, [], "text", 3):
        assert record.from_json(other, VIDEO) is None


def test_one_line_leaves_out_what_a_video_cannot_have() -> None:
    assert line(measures_of(VIDEO, signals()).with_reference(None)) == (
        "black 1 s, frozen 0 s, silent 1.25 s, loudness -23.4 LUFS, true peak -1 dBTP, 2 clipped, 2 cuts"
    )
    assert line(measures_of(VIDEO, signals(sound=None)).with_reference(PICTURE)) == (
        "black 1 s, frozen 0 s, 2 cuts, likeness not measured"
    )
    assert line(Measured(VIDEO, {"black": 0.0}, {}).with_reference(None)).startswith("black 0 s, frozen not measured")
