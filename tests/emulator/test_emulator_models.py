"""Every model of EvoLink that ships is played by its file: its fields, slots, and the video that its words ask for."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from PIL import Image

from seedspec.catalog.model import Model
from seedspec.catalog.slot import Slot
from seedspec.media.reader import facts
from seedspec.project.sources import catalog

if TYPE_CHECKING:
    from tests.emulator.conftest import Running

MODELS = {name: model for name, model in catalog().models.items() if model.provider.id == "evolink"}
"""Those of other providers are played in test_emulator_declared.py, each in its own words."""
FRAMES = sorted(name for name, model in MODELS.items() if "first_frame" in model.slots)


def picture() -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (640, 360), "teal").save(made, "PNG")
    return made.getvalue()


def body(model: Model, shared: Running, slots: list[Slot]) -> dict[str, Any]:
    """The least request with a picture in each of these slots."""
    made: dict[str, Any] = {"model": model.id, "prompt": "Tea pours over ice.", "duration": None, "quality": None}
    made[model.means.field("duration")] = 4
    quality = model.means.field("quality")
    made[quality] = model.schema.document["properties"][quality]["enum"][0]
    for slot in slots:
        url = shared.upload(picture(), f"{slot.name}.png")["file_url"]
        if slot.single:
            made[slot.field] = url
        else:
            made.setdefault(slot.field, []).append(url)
    return made


@pytest.mark.parametrize("name", sorted(MODELS))
def test_a_video_of_each_model(shared: Running, tmp_path: Path, name: str) -> None:
    model = MODELS[name]
    asked = body(model, shared, [s for s in model.slots.values() if s.least])
    ended = shared.finish(shared.create(**asked)["id"])
    assert (ended["status"], ended["model"]) == ("completed", name)
    assert ended["usage"]["credits_used"] > 0
    path = tmp_path / "a.mp4"
    path.write_bytes(httpx.get(ended["results"][0], trust_env=False).content)
    found, said = facts(path), model.said({**model.defaults, **asked})
    assert found.seconds == pytest.approx(4, abs=0.1) and found.audio is (said["generate_audio"] is True)
    sizes = model.pixels.get(said["quality"], {})
    assert not sizes or (found.width, found.height) in sizes.values()


@pytest.mark.parametrize("name", sorted(MODELS))
def test_a_field_and_a_value_that_a_model_has_not_are_refused(shared: Running, name: str) -> None:
    model = MODELS[name]
    asked = body(model, shared, [s for s in model.slots.values() if s.least])
    fields = {"no_such_field": 1, model.means.field("quality"): "8k", model.means.field("duration"): 99}
    for field, value in fields.items():
        answer = shared.post(**{**asked, field: value})
        assert answer.status_code == 400, (field, answer.text)
    others = {slot.field for other in MODELS.values() for slot in other.slots.values()}
    for field in sorted(others - {slot.field for slot in model.slots.values()}):
        assert shared.post(**{**asked, field: ["https://cdn.example.com/a.png"]}).status_code == 400, field


@pytest.mark.parametrize("name", FRAMES)
def test_frames_are_counted_and_measured(shared: Running, name: str) -> None:
    model = MODELS[name]
    first, last = model.slots["first_frame"], model.slots["last_frame"]
    shared.create(**body(model, shared, [first, last]))
    small = io.BytesIO()
    Image.new("RGB", (299, 400)).save(small, "PNG")
    bad = shared.upload(small.getvalue(), "small.png")["file_url"]
    asked = body(model, shared, [first])
    asked[last.field] = bad if last.single else [*asked[first.field], bad]
    answer = shared.post(**asked)
    assert answer.status_code == 400 and "side is 299" in answer.text
    if first.least:
        without = body(model, shared, [])
        assert shared.post(**without).status_code == 400
    if last.single:
        alone = {**body(model, shared, [last])}
        assert shared.post(**alone).status_code == 400


def test_a_model_that_nobody_knows_is_refused_with_those_that_are(shared: Running) -> None:
    answer = shared.post(model="seedance-9")
    assert answer.status_code == 400 and "seedance-1.5-pro" in answer.text
