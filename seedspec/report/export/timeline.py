"""A cut as an OpenTimelineIO timeline, for editing programs; the only module that imports opentimelineio."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import quote

import opentimelineio as otio  # type: ignore[import-untyped]

from seedspec.media.facts import Facts
from seedspec.report.export.cut import Cut, strip_signature

_FPS = 24.0
_PICKED, _NOTE = otio.schema.MarkerColor.GREEN, otio.schema.MarkerColor.YELLOW
_LONGEST_NAME = 80


def timeline(
    cuts: Sequence[Cut], name: str, folder: Path, facts: Callable[[Path], Facts | None], *, absolute: bool = False
) -> str:
    """The text of an `.otio` file that stands in `folder`: a clip a take, back to back, picture and sound.

    Media are found relative to the folder unless `absolute`; `facts` gives None where a video cannot be examined.
    """
    made = otio.schema.Timeline(name=name)
    pictures = otio.schema.Track(name="takes", kind=otio.schema.TrackKind.Video)
    sounds = otio.schema.Track(name="sound", kind=otio.schema.TrackKind.Audio)
    for cut in cuts:
        seen = facts(cut.path)
        rate = float(seen.fps) if seen is not None and seen.fps else _FPS
        span = _span(0.0, cut.seconds, rate)
        url = cut.path.resolve().as_uri() if absolute else _relative(cut.path, folder)
        clip = _clip(cut, url, span)
        clip.markers.extend(_markers(cut, rate))
        pictures.append(clip)
        silent = seen.audio is False if seen is not None else cut.entry.says("generate_audio") is False
        sounds.append(otio.schema.Gap(source_range=span) if silent else _clip(cut, url, span))
    made.tracks.extend([pictures, sounds])
    text: str = made.to_json_string(indent=2)
    return text + "\n"


def _clip(cut: Cut, url: str, span: otio.opentime.TimeRange) -> otio.schema.Clip:
    medium = otio.schema.ExternalReference(target_url=url, available_range=span)
    return otio.schema.Clip(
        name=cut.name, media_reference=medium, source_range=span, metadata={"seedspec": facts_of(cut)}
    )


def facts_of(cut: Cut) -> dict[str, object]:
    """What the request was and what came of it, for the clip's metadata."""
    entry, record = cut.entry, cut.record
    said: dict[str, object] = {
        "entry": entry.address,
        "shot": entry.shot,
        "variant": dict(entry.labels),
        "take": entry.take,
        "picked": cut.picked,
        "tags": list(entry.tags),
        "request": {k: strip_signature(v) for k, v in entry.request.items()},
        "fingerprint": entry.fingerprint,
    }
    known = {"task": record.task, "credits": record.stated}
    known |= {k: record.get(k) for k in ("sha256", "width", "height")}
    return said | {k: v for k, v in known.items() if v}


def _markers(cut: Cut, rate: float) -> list[otio.schema.Marker]:
    found = []
    if cut.picked:
        found.append(otio.schema.Marker(name="picked", marked_range=_span(0.0, 0.0, rate), color=_PICKED))
    for remark in cut.remarks:
        found.append(
            otio.schema.Marker(
                name=remark.text[:_LONGEST_NAME],
                marked_range=_span(min(remark.at or 0.0, cut.seconds), 0.0, rate),
                color=_NOTE,
                metadata={"seedspec": {"by": remark.by, "note": remark.text}},
            )
        )
    return found


def _span(start: float, seconds: float, rate: float) -> otio.opentime.TimeRange:
    """From a time on, in whole pictures."""
    return otio.opentime.TimeRange(
        otio.opentime.RationalTime(round(start * rate), rate), otio.opentime.RationalTime(round(seconds * rate), rate)
    )


def _relative(path: Path, folder: Path) -> str:
    return quote(Path(os.path.relpath(path, folder)).as_posix())
