"""Fixes in the editor: the edits of single findings, and all of them as `check --fix` would write them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from seedspec.editor.findings import file_of
from seedspec.editor.snapshot import Snapshot
from seedspec.project.compile import Checked, check_profiles
from seedspec.project.fixes import Fixes, fixes
from seedspec.project.reading import Reading
from seedspec.text.diagnostic import Diagnostic, Edit
from seedspec.text.near import shorten


class Fix(NamedTuple):
    """One finding with what to write, and a title that says it."""

    title: str
    finding: Diagnostic
    edits: tuple[Edit, ...]


def fixes_at(snapshot: Snapshot, path: Path, start: int, end: int) -> Iterator[Fix]:
    """The fixes of findings that a stretch of a file touches."""
    for one in snapshot.checked.diagnostics:
        if not one.edits:
            continue
        spans = [one.span] if one.span is not None else []
        spans += [edit.span for edit in one.edits]
        if any(file_of(s) == path and s.start <= end and start <= s.end for s in spans):
            yield Fix(_title(one), one, one.edits)


def fix_all(snapshot: Snapshot) -> Fixes:
    """What `check --fix` would make of the texts in the editor; nothing is written. Raises BadSettings."""

    def check(reading: Reading) -> Checked:
        reading.media, reading.unsaved = snapshot.memory.media, snapshot.unsaved
        catalog = snapshot.memory.models(snapshot.folder, reading)
        return check_profiles(str(snapshot.path), catalog, None, reading)

    return fixes(str(snapshot.path), check, snapshot.instead)


def _title(one: Diagnostic) -> str:
    texts = list(dict.fromkeys(edit.text.strip() for edit in one.edits))
    if len(texts) == 1 and texts[0] and "\n" not in texts[0]:
        return f"Write `{shorten(texts[0], 60)}`"
    if texts == [""]:
        return f"Delete what is too much: {shorten(one.message, 60)}"
    return f"Fix: {shorten(one.message, 80)}"
