"""What came back against what was asked for: a video's facts and its request, compared by the model's own tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from seedspec.catalog.model import Model
from seedspec.lock.record import Record
from seedspec.lock.state import State
from seedspec.text.value import valueclass

SECONDS = 0.25
"""How far a length may be off: files count whole pictures, and sound may end a packet or two later."""
FPS = 0.1
"""How far a rate may be off: 23.976 pictures a second are sold as 24."""
FACTS = ("width", "height", "seconds", "fps", "audio")
"""The facts that are judged, by their keys in the lock."""


@valueclass(frozen=True, slots=True)
class Mismatch:
    """One fact that is not as asked for. `code`: output-size, output-seconds, output-fps or output-audio."""

    code: str
    found: str
    expected: str

    def __str__(self) -> str:
        return f"found {self.found}, expected {self.expected} [{self.code}]"


def mismatches(model: Model, request: Mapping[str, Any], facts: Mapping[str, Any]) -> tuple[Mismatch, ...]:
    """What differs from the request; a fact that is not known, or is None, is no mismatch."""
    asked = {**model.defaults, **request}
    return tuple(_find(model, asked, {k: v for k in FACTS if (v := facts.get(k)) is not None}))


def of_record(models: Mapping[str, Model], record: Record | None) -> tuple[Mismatch, ...]:
    """The same of a saved video as the lock knows it, by the model and the request that it was bought with."""
    if record is None or record.state is not State.SAVED or (asked := request_of(models, record)) is None:
        return ()
    return mismatches(*asked, record.facts)


def request_of(models: Mapping[str, Model], record: Record) -> tuple[Model, Mapping[str, Any]] | None:
    """The model of a purchase, and what it was asked for; None of an unknown model, or where the lock does not say."""
    manifest = record.manifest or {}
    model, request = models.get(str(manifest.get("model"))), manifest.get("request")
    return (model, request) if model is not None and isinstance(request, Mapping) else None


def as_json(found: tuple[Mismatch, ...]) -> list[dict[str, str]]:
    return [{"code": s.code, "found": s.found, "expected": s.expected} for s in found]


def _find(model: Model, asked: Mapping[str, Any], facts: Mapping[str, Any]) -> Iterator[Mismatch]:
    quality = model.read(asked, "quality")
    sizes = model.pixels.get(str(quality), {})
    if "width" in facts and "height" in facts and sizes:
        size, wanted = (facts["width"], facts["height"]), sizes.get(str(model.read(asked, "aspect_ratio")))
        if wanted is None and size not in sizes.values():  # `adaptive`: any size of this quality
            yield Mismatch("output-size", _size(size), f"a size of {quality}")
        elif wanted is not None and size != wanted:
            yield Mismatch("output-size", _size(size), _size(wanted))
    duration = model.read(asked, "duration")
    if "seconds" in facts and isinstance(duration, (int, float)) and abs(facts["seconds"] - duration) > SECONDS:
        yield Mismatch("output-seconds", f"{facts['seconds']:g} s", f"{duration:g} s")
    if "fps" in facts and model.fps and abs(facts["fps"] - model.fps) > FPS:
        yield Mismatch("output-fps", f"{facts['fps']:g} fps", f"{model.fps:g} fps")
    sound = model.read(asked, "generate_audio")
    if "audio" in facts and isinstance(sound, bool) and facts["audio"] is not sound:
        yield Mismatch("output-audio", _sound(facts["audio"]), _sound(sound))


def _size(size: tuple[int, int]) -> str:
    return f"{size[0]}×{size[1]} px"


def _sound(sounds: bool) -> str:
    return "sound" if sounds else "no sound"
