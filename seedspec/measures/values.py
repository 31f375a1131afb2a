"""The measures of a video by name, made of what its decode found; each is a number, or a word for why there is none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from seedspec.media.signals import Heard, Signals, Spans

METHOD, VERSION = "decode", 1
"""By what measures are made, and which edition of it: figures of another one are not compared with these."""

NOT_APPLICABLE: Literal["not applicable"] = "not applicable"
"""The video cannot have such a figure: the sound of a video without sound, a likeness without a reference."""

NOT_MEASURED: Literal["not measured"] = "not measured"
"""It could have one, and nobody has measured it, or it does not decode."""

Value = float | Literal["not applicable", "not measured"]


class Measure(NamedTuple):
    """A measure: its name, which is also that of its column; its unit; what it says."""

    name: str
    unit: str
    says: str


MEASURES = (
    Measure("black", "s", "the longest span of black pictures"),
    Measure("black_total", "s", "all spans of black pictures together"),
    Measure("frozen", "s", "the longest span of pictures that stand still"),
    Measure("frozen_total", "s", "all spans of pictures that stand still together"),
    Measure("silent", "s", "the longest span without sound"),
    Measure("silent_total", "s", "all spans without sound together"),
    Measure("loudness", "LUFS", "the loudness of the whole, by ITU-R BS.1770"),
    Measure("true_peak", "dBTP", "the highest peak of the sound, by ITU-R BS.1770"),
    Measure("clipped", "places", "places where three samples in a row or more are within 0.3 dB of full scale"),
    Measure("cuts", "cuts", "changes from one scene to another"),
    Measure("likeness", "SSIM", "how like the first picture is to the reference that it should begin with, up to 1"),
)
NAMES = tuple(measure.name for measure in MEASURES)
OF_SOUND = ("silent", "silent_total", "loudness", "true_peak", "clipped")
"""The measures that a video without sound cannot have."""


@dataclass(frozen=True, slots=True)
class Measured:
    """The measures of a video by name, all but its likeness: that is one for each reference, by the reference's sha256.

    `video` is the sha256 of the video.
    """

    video: str
    values: Mapping[str, Value]
    likeness: Mapping[str, float]

    def with_reference(self, reference: str | None) -> dict[str, Value]:
        """All measures, in the order of their list; `reference` is the sha256 of a first-frame reference, if any."""
        alike: Value = NOT_APPLICABLE if reference is None else self.likeness.get(reference, NOT_MEASURED)
        return {name: self.values.get(name, NOT_MEASURED) for name in NAMES} | {"likeness": alike}

    def needs(self, reference: str | None) -> bool:
        """Whether something is yet to be measured for that reference."""
        return reference is not None and reference not in self.likeness


def no_values() -> dict[str, Value]:
    """The measures of a video that nobody has measured."""
    return dict.fromkeys(NAMES, NOT_MEASURED)


def measures_of(video: str, found: Signals, reference: str | None = None) -> Measured:
    """The measures of what a decode found."""
    values: dict[str, Value] = {
        **_spans("black", found.black),
        **_spans("frozen", found.frozen),
        **_heard(found.sound),
        "cuts": len(found.cuts),
    }
    likeness = {} if reference is None or found.likeness is None else {reference: found.likeness}
    return Measured(video, values, likeness)


def _heard(sound: Heard | str | None) -> dict[str, Value]:
    if sound is None:
        return dict.fromkeys(OF_SOUND, NOT_APPLICABLE)
    if isinstance(sound, str):
        return dict.fromkeys(OF_SOUND, NOT_MEASURED)
    return {
        **_spans("silent", sound.silent),
        "loudness": NOT_APPLICABLE if sound.loudness is None else sound.loudness,
        "true_peak": sound.true_peak,
        "clipped": sound.clipped,
    }


def _spans(name: str, found: Spans) -> dict[str, Value]:
    lengths = [end - begin for begin, end in found]
    return {name: round(max(lengths, default=0.0), 3), f"{name}_total": round(sum(lengths, 0.0), 3)}
