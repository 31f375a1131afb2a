"""A cut or a film as one video: the takes in order on one canvas, their names burnt in when asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from seedspec.choices.film_ratio import asked_ratio
from seedspec.media.facts import Facts
from seedspec.media.movie import join as joining
from seedspec.media.movie.join import Canvas, Part, join
from seedspec.report.export.cut import Cut
from seedspec.report.export.film import FilmCut, Gap

RATES = (24, 25, 30, 48, 50, 60)
"""Pictures a second that a canvas may have."""
USUAL = (1280, 720)


def canvas_of(
    cuts: Sequence[Cut], facts: Callable[[Path], Facts | None], *, size: tuple[int, int] | None, fps: int | None,
    usual: tuple[int, int] = USUAL,
) -> Canvas:  # fmt: skip
    """The canvas as asked for; else as most of the takes are, or as `usual` where none is known."""
    if size is None:
        sizes = [(c.record.get("width"), c.record.get("height")) for c in cuts]
        found = Counter((w // 2 * 2, h // 2 * 2) for w, h in sizes if w and h).most_common(1)
        size = found[0][0] if found else usual
    if fps is None:
        seen = (facts(c.path) for c in cuts)
        rates = Counter(round(s.fps) for s in seen if s is not None and s.fps and round(s.fps) in RATES).most_common(1)
        fps = rates[0][0] if rates else RATES[0]
    return Canvas(*size, fps)


def animatic(cuts: Sequence[Cut], out: Path, canvas: Canvas, *, names: bool) -> float:
    """Writes the video, and gives its length in seconds. MediaError names a take that does not play."""
    return join([Part(c.path, c.name if names else "") for c in cuts], out, canvas)


def usual_size(film: FilmCut) -> tuple[int, int]:
    """The canvas of a film that has no video yet: 1280 pixels wide or high, by the first ratio that is asked for."""
    ratio = next((r for part in film.parts if (r := asked_ratio(part.entry)) is not None), None)
    if ratio is None:
        return USUAL
    long = max(USUAL)
    return (long, round(long / ratio / 2) * 2) if ratio >= 1 else (round(long * ratio / 2) * 2, long)


def film_animatic(film: FilmCut, out: Path, canvas: Canvas, *, names: bool) -> float:
    """Writes a film, with a card for each gap, and gives its length in seconds. MediaError as above."""
    return join(
        [_card(p) if isinstance(p, Gap) else Part(p.path, _label(p, names=names)) for p in film.parts], out, canvas
    )


def list_letterboxed(film: FilmCut, canvas: Canvas) -> tuple[str, ...]:
    """The takes of another size than the canvas, each with its own."""
    sizes = ((c.name, c.record.get("width"), c.record.get("height")) for c in film.cuts)
    return tuple(f"{name} ({w}×{h})" for name, w, h in sizes if w and h and (w, h) != (canvas.width, canvas.height))


def _label(cut: Cut, *, names: bool) -> str:
    return (cut.name if cut.picked else f"{cut.name}, not picked") if names else ""


def _card(gap: Gap) -> joining.Gap:
    labels = ", ".join(f"{axis} {label}" for axis, label in gap.entry.labels)
    told = (gap.entry.shot, *((labels,) if labels else ()), f"take {gap.entry.take}: {gap.state}")
    return joining.Gap(told, gap.seconds)
