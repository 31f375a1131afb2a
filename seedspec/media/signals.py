"""What a decode of a video finds in its pictures and its sound, as values; `measures/` makes the figures of them."""

from __future__ import annotations

from dataclasses import dataclass

Spans = tuple[tuple[float, float], ...]
"""Stretches of a video: where each begins and ends, in seconds from the first picture or sound."""


@dataclass(frozen=True, slots=True)
class Heard:
    """The sound of a video: its silent spans; its loudness in LUFS (ITU-R BS.1770-5), None when it is too short for
    one; its true peak in dBTP; and how many places of it are clipped, each three samples in a row or more."""

    silent: Spans
    loudness: float | None
    true_peak: float
    clipped: int


@dataclass(frozen=True, slots=True)
class Signals:
    """The pictures of a video, and its sound: None where it has none, a reason in words where it does not decode.

    `likeness` is that of its first picture to a reference (SSIM, 1 for the same), None where none was given.
    """

    seconds: float
    black: Spans
    frozen: Spans
    cuts: tuple[float, ...]
    sound: Heard | str | None
    likeness: float | None = None
