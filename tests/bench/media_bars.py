"""The bars of media: what looking at a saved video costs beside decoding it once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from frame import Bar, Growth
from process import HERE, Spent, python, spent

ROWS = (
    ("check and poster", "look", 1.2, 1.1),
    ("check, poster and measures", "measure", 1.5, 1.3),
)


def bars(folder: Path, tiny: bool) -> Iterator[Bar | Growth]:
    for clip in ("hard", "light"):
        for name, work, passes, aim in ROWS:

            def product(clip: str = clip, work: str = work) -> float:
                return _found(folder, clip, tiny).said[work]

            def limit(clip: str = clip) -> float:
                found = _found(folder, clip, tiny).said["decode"]
                _found.cache_clear()
                return found

            yield Bar(
                f"{name} of a {clip} clip",
                "decoding it once in the same process",
                product,
                limit,
                passes if clip == "hard" else None,
                aim if clip == "hard" else None,
            )


@cache
def _found(folder: Path, clip: str, tiny: bool) -> Spent:
    return spent(python(HERE / "media_work.py", folder / f"{clip}.mp4", clip, json.dumps(tiny)), folder)
