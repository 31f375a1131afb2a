"""A cut as an OpenTimelineIO timeline, for editing programs; the only module that imports opentimelineio."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import quote

import opentimelineio as otio  # type: ignore[import-untyped]

from seedspec.media.facts import Facts
from seedspec.report.export.cut import Cut, strip_signature
from seedspec.report.export.film import Gap

_FPS = 24.0
_PICKED, _NOTE = otio.schema.MarkerColor.GREEN, otio.schema.MarkerColor.YELLOW
_LONGEST_NAME = 80
_EDL, _REEL = "cmx_3600", "reel"
"""Where the adapter that makes an EDL of a timeline looks for the name of a clip's reel
(otio-cmx3600-adapter, `cmx_3600.py`: `_reel_from_clip`)."""
_REEL_LENGTH, _REEL_LETTERS = 8, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
"""What editing programs take: that adapter cuts at 8 (its README, `reelname_len`), Autodesk's programs make capitals
and underscores of what else there is (Smoke 2017, "EDL Publishing Remarks"), and Avid's want A to Z and 0 to 9 (the
help of Xpress Free, on names of tapes)."""


def timeline(
    cuts: Sequence[Cut | Gap], name: str, folder: Path, facts: Callable[[Path], Facts | None], *, absolute: bool = False
) -> str:
    """The text of an `.otio` file that stands in `folder`: a clip a take, back to back, picture and sound.

    Media are found relative to the folder unless `absolute`; `facts` gives None where a video cannot be examined.
    A gap is one of its length, on both tracks. Each video has a reel name of its own.
    """
    made = otio.schema.Timeline(name=name)
    pictures = otio.schema.Track(name="takes", kind=otio.schema.TrackKind.Video)
    sounds = otio.schema.Track(name="sound", kind=otio.schema.TrackKind.Audio)
    reels = _reels(cuts)
    for cut in cuts:
        if isinstance(cut, Gap):
            for track in (pictures, sounds):
                track.append(_gap(cut))
            continue
        seen = facts(cut.path)
        rate = float(seen.fps) if seen is not None and seen.fps else _FPS
        span = _span(0.0, cut.seconds, rate)
        url = cut.path.resolve().as_uri() if absolute else _relative(cut.path, folder)
        clip = _clip(cut, url, span, reels[cut.entry.fingerprint])
        clip.markers.extend(_markers(cut, rate))
        pictures.append(clip)
        silent = seen.audio is False if seen is not None else cut.entry.says("generate_audio") is False
        sounds.append(
            otio.schema.Gap(source_range=span) if silent else _clip(cut, url, span, clip.metadata[_EDL][_REEL])
        )
    made.tracks.extend([pictures, sounds])
    text: str = made.to_json_string(indent=2)
    return text + "\n"


def _clip(cut: Cut, url: str, span: otio.opentime.TimeRange, reel: str) -> otio.schema.Clip:
    medium = otio.schema.ExternalReference(target_url=url, available_range=span)
    told = {"seedspec": facts_of(cut), _EDL: {_REEL: reel}}
    return otio.schema.Clip(name=cut.name, media_reference=medium, source_range=span, metadata=told)


def _gap(gap: Gap) -> otio.schema.Gap:
    told = {"seedspec": {"entry": gap.entry.address, "state": gap.state}}
    span = _span(0.0, gap.seconds, _FPS)
    return otio.schema.Gap(name=f"{gap.name}: {gap.state}", source_range=span, metadata=told)


def _reels(cuts: Sequence[Cut | Gap]) -> dict[str, str]:
    """A reel name for each video, by its fingerprint: the same one in every timeline, but where two would be equal."""
    found: dict[str, str] = {}
    for cut in cuts:
        fp = cut.entry.fingerprint
        if isinstance(cut, Cut) and fp not in found:
            names = (_reel(cut.entry.shot, int(fp[:12], 16) + n) for n in itertools.count())
            found[fp] = next(name for name in names if name not in found.values())
    return found


def _reel(shot: str, number: int) -> str:
    """Three letters that recall the shot, and five that tell its videos apart."""
    letters = "".join(c for c in shot.upper() if c in _REEL_LETTERS)[:3].ljust(3, "X")
    for _ in range(_REEL_LENGTH - 3):
        number, digit = divmod(number, len(_REEL_LETTERS))
        letters += _REEL_LETTERS[digit]
    return letters


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
