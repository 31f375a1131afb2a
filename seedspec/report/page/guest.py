"""A page for guests takes blind votes alone: of the takes it has their videos, and numbers in the place of names."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from seedspec.choices.reviews import guest_name
from seedspec.report.page.content import Take

_SHOWN = ("seconds", "width", "height", "fps", "audio", "source")
_NEEDED = ("name", "emulator", "profile", "track", "seed")
"""What a saved review must say, so that `review` and `stats` know whose takes it is about."""


def order(found: Iterable[Take], seed: int) -> list[Take]:
    """The takes that can be watched, so that their order tells nothing. The same seed gives the same order."""
    return sorted((t for t in found if t.video), key=lambda t: _hash(seed, t.entry.fingerprint, t.entry.address))


def content(made: Mapping[str, Any], found: Sequence[Take], seed: int) -> dict[str, Any]:
    """What the page for guests knows, made of what the usual page knows of takes in the order of `order`.

    Shots, axes, labels and takes are numbers. A take has a name that only who has the storyboard can find again.
    Only what is listed here is on the page: what is new on the usual page is not on this one.
    """
    shots = _numbers(seed, "shot", (t.entry.shot for t in found))
    takes = _numbers(seed, "take", (str(t.entry.take) for t in found))
    names = _numbers(seed, "axis", (axis for t in found for axis, _ in t.entry.labels))
    labels = {
        axis: _numbers(seed, axis, (label for t in found for name, label in t.entry.labels if name == axis))
        for axis in names
    }
    rows = [
        {
            "address": f"guest/{number}",
            "shot": shots[take.entry.shot],
            "labels": {names[axis]: labels[axis][label] for axis, label in take.entry.labels},
            "take": int(takes[str(take.entry.take)]),
            "fp": guest_name(take.entry.fingerprint),
            "state": "saved",
            "reason": "",
            "prompt": 0,
            "fields": {},
            "media": [],
            "picked": False,
            "credits": None,
            "usd": None,
            "estimated": True,
            "bytes": None,
            "video": "",
            **{key: row[key] for key in _SHOWN},
        }
        for number, (row, take) in enumerate(zip(made["takes"], found, strict=True), 1)
    ]
    listed = "\n".join(sorted(row["fp"] for row in rows))
    return {
        "format": 1,
        **{key: made[key] for key in _NEEDED},
        "guest": True,
        "blind": True,
        "media": made["media"],
        "model": "",
        "modeline": "",
        "digest": f"sha256:{hashlib.sha256(listed.encode()).hexdigest()}",
        "axes": [{"name": names[axis], "labels": sorted(own.values(), key=int)} for axis, own in labels.items()],
        "texts": [""],
        "words": {},
        "stats": None,
        "takes": rows,
    }


def _numbers(seed: int, kind: str, names: Iterable[str]) -> dict[str, str]:
    """A number for each name, which follows from the seed and tells nothing of the order in the storyboard."""
    ordered = sorted(set(names), key=lambda name: _hash(seed, kind, name))
    return {name: str(number) for number, name in enumerate(ordered, 1)}


def _hash(seed: int, *words: str) -> str:
    return hashlib.sha256("\n".join((f"guest {seed}", *words)).encode()).hexdigest()
