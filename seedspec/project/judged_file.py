"""The file of what judges say, `<storyboard>.measures.jsonl`: one line a judgement, for git, joined by union."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from seedspec.lock.lock import MARKERS
from seedspec.measures.judged import Judged, Judgement, NoJudgement, judgement_in, line_of, serialise, union
from seedspec.project import atomic
from seedspec.project.files import check_no_link, read_file
from seedspec.project.names import judgements_of
from seedspec.text.diagnostic import Problems
from seedspec.text.source import Source

_MOST, _MOST_LINE = 64 * 1024 * 1024, 16 * 1024
"""Bytes of the file, and of a line of it."""


def read_judged(lock: Path, problems: Problems) -> Judged:
    """What judges have said of the videos of a lock; nothing where there is no file.

    Conflict markers of git are passed over, for both sides are right together. A line that is no judgement is a
    warning in `problems`, and the others stand. So is a symbolic link, which is not followed: a clone may bring one.
    """
    path = judgements_of(lock)
    shown = os.path.relpath(path)
    if not os.path.lexists(path):
        return Judged()
    try:
        check_no_link(path)
        data = read_file(path, _MOST)
    except OSError as error:
        problems.warning("cannot-read", f"`{shown}` {error.strerror or error}; it is left out", None)
        return Judged()
    return union(_judgements(data, shown, problems))


def _judgements(data: bytes, shown: str, problems: Problems) -> Iterable[Judgement]:
    lines = data.split(b"\n")
    torn = lines.pop()  # what a killed process has begun to write is no line yet
    source: Source | None = None
    for number, line in enumerate(lines):
        if line.startswith(MARKERS) or not line.strip():
            continue
        try:
            if len(line) > _MOST_LINE:
                raise NoJudgement(f"the line has more than {_MOST_LINE:,} bytes")
            yield judgement_in(line)
        except NoJudgement as error:
            source = source or Source(shown, data.decode("utf-8", "replace"))
            start = source.starts[number]
            problems.warning("bad-judgement", f"{error}; the line is left out", source.span(start), "delete the line")
    if torn.strip() and not torn.startswith(MARKERS):
        with suppress(NoJudgement):
            yield judgement_in(torn)  # an editor may leave out the last line's end


def write_judged(lock: Path, judged: Judged) -> None:
    """Writes the whole file, sorted, unless that is what it holds. Nothing said is no file. Raises OSError."""
    path, data = judgements_of(lock), serialise(judged)
    check_no_link(path)
    try:
        if read_file(path, _MOST) == data:
            return
    except FileNotFoundError:
        if not data:
            return
    atomic.replace(path, data)


def add_judgement(lock: Path, new: Judgement) -> None:
    """Appends a judgement: what a judge has said costs time and maybe money, so a crash loses none of it.

    The file must have been written by `write_judged` before. Raises OSError.
    """
    path = judgements_of(lock)
    check_no_link(path)
    with open(path, "ab") as file:
        file.write(f"{line_of(new)}\n".encode())
