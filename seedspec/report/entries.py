"""Entries as JSON objects, for `compile` and for whoever reads what would be sent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from seedspec.compiler.entry import Entry
from seedspec.report.table import columns, cut


def as_json(entry: Entry) -> dict[str, Any]:
    """One entry: its address, what it was made from, its fingerprint and its request. Ready for a JSON encoder."""
    return {
        "entry": entry.address,
        "shot": entry.shot,
        "variant": dict(entry.labels),
        "take": entry.take,
        "fingerprint": entry.fingerprint,
        "request": dict(entry.request),
    }


def as_table(entries: Iterable[Entry]) -> list[str]:
    """Entries as aligned columns: the address, what stands out of the request, and the beginning of the prompt."""
    head = ("entry", "s", "quality", "ratio", "audio", "media", "fingerprint", "prompt")
    rows = [head]
    for e in entries:
        r = e.request
        media = " ".join(f"{n}×{kind}" for kind in ("image", "video", "audio") if (n := _count(e, kind)))
        sound = "on" if r["generate_audio"] else "off"
        shape = (str(r["duration"]), r["quality"], r["aspect_ratio"], sound, media)
        rows.append((e.address, *shape, e.fingerprint[:12], cut(str(r["prompt"]), 60)))
    return columns(rows, right=(1,)) if len(rows) > 1 else []


def _count(entry: Entry, kind: str) -> int:
    return sum(m.kind == kind for m in entry.media)
