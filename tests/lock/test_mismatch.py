"""What came back against what was asked for: every fact, its tolerance, and records of every age."""

from __future__ import annotations

from typing import Any

import pytest
from boards import CATALOG, MODEL
from hypothesis import given
from hypothesis import strategies as st

from seedspec.lock.mismatch import FPS, SECONDS, Mismatch, as_json, mismatches, of_record, request_of
from seedspec.lock.record import Record, record_of

KNOWN = CATALOG.models[MODEL]
ASKED = {"quality": "480p", "aspect_ratio": "16:9", "duration": 5, "generate_audio": True}
MADE = {"width": 864, "height": 496, "seconds": 5.0, "fps": 24.0, "audio": True}


@pytest.mark.parametrize(
    ("asked", "made", "found"),
    [
        ({}, {}, None),
        ({}, {"width": 496, "height": 864}, Mismatch("output-size", "496×864 px", "864×496 px")),
        ({}, {"width": 1280, "height": 720}, Mismatch("output-size", "1280×720 px", "864×496 px")),
        ({}, {"width": 854, "height": 480}, Mismatch("output-size", "854×480 px", "864×496 px")),
        ({"aspect_ratio": "adaptive"}, {"width": 640, "height": 640}, None),
        ({"aspect_ratio": "adaptive"}, {"width": 960, "height": 960},
         Mismatch("output-size", "960×960 px", "a size of 480p")),
        ({}, {"seconds": 5 + SECONDS}, None),
        ({}, {"seconds": 5 - SECONDS}, None),
        ({}, {"seconds": 5.042}, None),
        ({}, {"seconds": 4.7}, Mismatch("output-seconds", "4.7 s", "5 s")),
        ({"duration": 15}, {"seconds": 5.0}, Mismatch("output-seconds", "5 s", "15 s")),
        ({}, {"fps": 23.976}, None),
        ({}, {"fps": 30.0}, Mismatch("output-fps", "30 fps", "24 fps")),
        ({}, {"audio": False}, Mismatch("output-audio", "no sound", "sound")),
        ({"generate_audio": False}, {}, Mismatch("output-audio", "sound", "no sound")),
        ({"generate_audio": False}, {"audio": False}, None),
    ],
)  # fmt: skip
def test_each_fact(asked: dict[str, Any], made: dict[str, Any], found: Mismatch | None) -> None:
    assert mismatches(KNOWN, ASKED | asked, MADE | made) == ((found,) if found else ())


def test_a_field_that_the_request_left_out_has_the_models_default() -> None:
    assert mismatches(KNOWN, {}, MADE | {"width": 1280, "height": 720}) == ()
    assert [s.code for s in mismatches(KNOWN, {}, MADE)] == ["output-size"]


def test_every_fact_can_surprise_at_once() -> None:
    made = {"width": 2, "height": 2, "seconds": 1.0, "fps": 24 + 2 * FPS, "audio": False}
    codes = [s.code for s in mismatches(KNOWN, ASKED, made)]
    assert codes == ["output-size", "output-seconds", "output-fps", "output-audio"]


@given(st.sets(st.sampled_from(sorted(MADE))))
def test_what_is_not_known_surprises_nobody(unknown: set[str]) -> None:
    made = {k: (None if k in unknown else v) for k, v in MADE.items()}
    assert mismatches(KNOWN, ASKED, made) == ()
    assert mismatches(KNOWN, ASKED, {k: v for k, v in made.items() if k not in unknown}) == ()


def record(**values: Any) -> Record:
    given = {"state": "saved", "manifest": {"model": MODEL, "request": ASKED}, **MADE, "width": 2, **values}
    return record_of("f" * 64, 1, given)


def test_a_record_is_judged_by_the_request_that_it_was_bought_with() -> None:
    assert [s.code for s in of_record({MODEL: KNOWN}, record())] == ["output-size"]
    assert of_record({MODEL: KNOWN}, record(width=864)) == ()
    old = {k: v for k, v in record().values.items() if k not in ("fps", "audio")}  # as it was kept before
    assert [s.code for s in of_record({MODEL: KNOWN}, record_of("f" * 64, 1, old))] == ["output-size"]


@pytest.mark.parametrize(
    "values",
    [
        {"state": "completed"},
        {"manifest": None},
        {"manifest": {"model": "another", "request": ASKED}},
        {"manifest": {"model": MODEL, "request": "garbage"}},
    ],
)
def test_what_cannot_be_judged_is_not(values: dict[str, Any]) -> None:
    assert of_record({MODEL: KNOWN}, record(**values)) == ()
    assert of_record({MODEL: KNOWN}, None) == ()


def test_the_request_of_a_purchase_is_known_by_its_manifest() -> None:
    models = {MODEL: KNOWN}
    assert request_of(models, record()) == (KNOWN, ASKED)
    assert request_of({}, record()) is None is request_of(models, record(manifest=None))
    assert request_of(models, record(manifest={"model": MODEL})) is None
    assert request_of(models, record(manifest={"request": ASKED})) is None


def test_a_mismatch_is_told_in_a_line_and_as_json() -> None:
    found = mismatches(KNOWN, ASKED, MADE | {"seconds": 4.5, "audio": False})
    assert list(map(str, found)) == [
        "found 4.5 s, expected 5 s [output-seconds]", "found no sound, expected sound [output-audio]",
    ]  # fmt: skip
    assert as_json(found) == [
        {"code": "output-seconds", "found": "4.5 s", "expected": "5 s"},
        {"code": "output-audio", "found": "no sound", "expected": "sound"},
    ]
    assert as_json(()) == []
