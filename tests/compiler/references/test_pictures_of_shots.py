"""Pictures of other shots' videos: judged by the limits for images, in the sizes that the model's table promises."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from seedspec import api
from seedspec.catalog.media_facts import MediaFacts
from seedspec.catalog.model import Model
from seedspec.compiler.references.upstream import check_upstream
from seedspec.compiler.storyboard.types import Reference
from seedspec.project.sources import catalog
from seedspec.text.diagnostic import Problems

MODEL = catalog().models["seedance-2.0-reference-to-video"]
BOARD = """\
seedspec: 1
model: seedance-2.0-reference-to-video
defaults: {quality: 480p}
shots:
  - {id: open, aspect_ratio: "RATIO", prompt: "a street"}
  - {id: next, references: {still: {shot: open, frame: 1.5}}, prompt: "on from {{ ref('still') }}"}
"""


def judged(ratio: str, model: Model, folder: Path) -> tuple[MediaFacts, list[tuple[str, str]]]:
    """What is known of the picture, and what is said of it when the model's rules are these."""
    (folder / "storyboard.yaml").write_text(BOARD.replace("RATIO", ratio), encoding="utf-8")
    compiled = api.compile(folder / "storyboard.yaml")
    assert compiled.ok and compiled.board is not None
    reference: Reference = compiled.board.shots[1].references[0]
    problems = Problems()
    facts = check_upstream(reference, model, compiled.entries[0], problems, "next/1")
    return facts, [(d.severity.name.lower(), d.code) for d in problems]


def with_sides(least: float, most: float) -> Model:
    image = replace(MODEL.media["image"], side=(least, most))
    return replace(MODEL, media={**MODEL.media, "image": image})


@pytest.mark.parametrize("ratio", ["16:9", "21:9", "9:16", "adaptive"])
def test_every_size_of_todays_model_may_be_an_image(ratio: str, tmp_path: Path) -> None:
    facts, said = judged(ratio, MODEL, tmp_path)
    assert said == [] and facts.seconds is None, "a picture has no length"
    assert (facts.width, facts.height) == MODEL.pixels["480p"].get(ratio, (None, None))


def test_a_size_outside_the_limits_for_images_is_an_error(tmp_path: Path) -> None:
    """What counts are the limits for images, not those for videos."""
    assert judged("21:9", with_sides(440, 6000), tmp_path)[1] == [("error", "media-side")]
    assert judged("16:9", with_sides(440, 6000), tmp_path)[1] == []


def test_of_an_unknown_size_every_one_is_tried(tmp_path: Path) -> None:
    assert judged("adaptive", with_sides(440, 6000), tmp_path)[1] == [("warning", "upstream-size-unknown")]
    assert judged("adaptive", with_sides(2000, 6000), tmp_path)[1] == [("error", "media-side")]


def test_a_model_that_takes_no_png_takes_no_picture(tmp_path: Path) -> None:
    image = replace(MODEL.media["image"], formats=("jpeg",))
    assert judged("16:9", replace(MODEL, media={**MODEL.media, "image": image}), tmp_path)[1] == [
        ("error", "media-format")
    ]


@pytest.mark.parametrize(
    ("frame", "milliseconds"), [("1", "1000"), ("1.0", "1000"), ("1.00", "1000"), ("0", "0"), ("0.001", "1")]
)
def test_a_time_is_one_however_it_is_spelt(frame: str, milliseconds: str, tmp_path: Path) -> None:
    text = BOARD.replace("RATIO", "16:9").replace("1.5", frame)
    (tmp_path / "storyboard.yaml").write_text(text, encoding="utf-8")
    first, nxt = api.compile(tmp_path / "storyboard.yaml").entries
    assert f'"frame:{milliseconds}:entry:{first.fingerprint}"'.encode() in nxt.manifest
