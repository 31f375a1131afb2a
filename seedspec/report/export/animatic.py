"""A cut as one video: the takes in order on one canvas, their names burnt in when asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from seedspec.media.facts import Facts
from seedspec.media.movie.join import Canvas, Part, join
from seedspec.report.export.cut import Cut

RATES = (24, 25, 30, 48, 50, 60)
"""Pictures a second that a canvas may have."""
_USUAL = (1280, 720)


def canvas_of(
    cuts: Sequence[Cut], facts: Callable[[Path], Facts | None], *, size: tuple[int, int] | None, fps: int | None
) -> Canvas:
    """The canvas as asked for; else as most of the takes are."""
    if size is None:
        sizes = [(c.record.get("width"), c.record.get("height")) for c in cuts]
        found = Counter((w // 2 * 2, h // 2 * 2) for w, h in sizes if w and h).most_common(1)
        size = found[0][0] if found else _USUAL
    if fps is None:
        seen = (facts(c.path) for c in cuts)
        rates = Counter(round(s.fps) for s in seen if s is not None and s.fps and round(s.fps) in RATES).most_common(1)
        fps = rates[0][0] if rates else RATES[0]
    return Canvas(*size, fps)


def animatic(cuts: Sequence[Cut], out: Path, canvas: Canvas, *, names: bool) -> float:
    """Writes the video, and gives its length in seconds. MediaError names a take that does not play."""
    return join([Part(c.path, c.name if names else "") for c in cuts], out, canvas)
