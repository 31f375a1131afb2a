"""What a judge is asked: each saved video once, with what was asked for, as one line of JSON."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from seedspec.compiler.entry import Entry, Medium
from seedspec.media.facts import MediaError
from seedspec.media.reader import open_regular
from seedspec.plan.plan import Plan
from seedspec.project.saved_measures import Video
from seedspec.project.saved_video import NotRead, saved_video
from seedspec.text.value import valueclass


@valueclass(frozen=True, slots=True)
class Question:
    """A saved video to judge: the sha256 of its bytes, its file on this machine, and what its first entry asked for.

    `entries` are the addresses of all entries that it is for; `media` are where the references are on this machine.
    """

    sha256: str
    path: Path
    entries: tuple[str, ...]
    entry: Entry
    references: tuple[dict[str, Any], ...]

    def line(self, judge: str) -> bytes:
        """The question as a judge gets it, without the line's end."""
        entry = self.entry
        values = {
            "seedspec_judge": 1,
            "judge": judge,
            "address": entry.address,
            "entries": list(self.entries),
            "shot": entry.shot,
            "take": entry.take,
            "labels": dict(entry.labels),
            "prompt": entry.prompt,
            "video": str(self.path),
            "sha256": self.sha256,
            "references": list(self.references),
        }
        return json.dumps(values).encode()

    def is_whole(self) -> bool:
        """Whether the file holds the bytes that were saved: what is said of others is not said of this video."""
        try:
            file, _ = open_regular(self.path)
            with file:
                return hashlib.file_digest(file, "sha256").hexdigest() == self.sha256
        except (OSError, MediaError):
            return False


def questions(plan: Plan, base: Path, videos: Iterable[Video]) -> Iterator[Question]:
    """A question for each of these videos that is here, once for all entries that have it."""
    first = {step.address: step.entry for step in plan.steps if step.entry is not None}
    entries: dict[str, tuple[str, ...]] = {}
    paths: dict[str, Path] = {}
    for video in videos:
        if video.trouble is None:
            entries[video.sha256] = (*entries.get(video.sha256, ()), *video.entries)
            paths.setdefault(video.sha256, (base / video.file).resolve())
    for sha256, addresses in entries.items():
        entry = first[addresses[0]]
        yield Question(sha256, paths[sha256], addresses, entry, tuple(_reference(m, plan, base) for m in entry.media))


def _reference(medium: Medium, plan: Plan, base: Path) -> dict[str, Any]:
    """A reference by its name: the file where it is one, also the saved video of another entry, else its address."""
    said: dict[str, Any] = {"name": medium.name, "kind": medium.kind, "path": None}
    if medium.source == "file":
        return said | {"path": str((base / medium.where).resolve())}
    if medium.source == "url":
        return said | {"url": medium.where}
    record = plan.lock.last(medium.key)
    with suppress(OSError, NotRead):
        if record is not None and record.file:
            said["path"] = str(saved_video(base, record.file).resolve())
    return said | {"entry": medium.where} | ({"frame": medium.frame} if medium.frame else {})
