"""The file of chosen rows on disk: found beside its storyboard, read through the door to YAML, and written anew."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from seedspec.catalog.schema import Schema
from seedspec.compiler.matrix.product import Row
from seedspec.compiler.storyboard.reader import pattern_of
from seedspec.compiler.storyboard.types import Pattern, RowsFile, Storyboard
from seedspec.plan.command_hint import CommandHint
from seedspec.project import atomic, names, sources
from seedspec.project.files import check_no_link, read_start
from seedspec.project.reading import Reading
from seedspec.text import later
from seedspec.text.diagnostic import Diagnostic, Note, Problems
from seedspec.text.node import Map
from seedspec.text.node import Sequence as Items
from seedspec.text.source import Source
from seedspec.text.yaml import parse
from seedspec.text.yaml_scalars import core

if TYPE_CHECKING:
    from seedspec.project.git import Revision

_PLAIN = later.pattern(r"[A-Za-z0-9][A-Za-z0-9._-]*(?::[A-Za-z0-9._-]+)*")
"""Labels that YAML takes as they are inside of braces; others stand in quotes."""
_KEY = "seedspec_rows"
_START = 4096


def rows_beside(path: Path, board: Storyboard, problems: Problems, reading: Reading | None = None) -> RowsFile:
    """The chosen rows beside a storyboard, as they stand there; what is wrong with the file goes to `problems`.

    Of a storyboard without a strategy it is only looked whether the file is there, and is one of chosen rows.
    """
    file = names.rows_of(path)
    found = RowsFile(str(file), _command(path))
    given = reading.ask(file) if reading is not None and board.strategy is not None else None
    if given is None and not os.path.lexists(file):
        return replace(found, left=_find_left_behind(file)) if board.strategy is not None else found
    if board.strategy is None:
        return _look_at(found, file, given, path)
    try:
        check_no_link(file)
    except OSError as error:
        problems.error("cannot-read", f"`{os.path.relpath(file)}` {error.strerror}", None)
        return replace(found, is_there=True)
    shown = os.path.join(os.path.dirname(path), file.name)
    return _read(found, sources.read_source(file, shown, problems, reading), problems)


def rows_at_revision(revision: Revision, path: Path, board: Storyboard, problems: Problems) -> RowsFile | None:
    """The same as it was at a git revision."""
    if board.strategy is None:
        return None
    file = names.rows_of(path)
    found = RowsFile(str(file), _command(path))
    source = revision.text_of(file.name, problems)
    return found if source is None else _read(found, source, problems)


def rows_of_bytes(path: Path, data: bytes) -> RowsFile:
    """What such a file would hold."""
    file = names.rows_of(path)
    found = RowsFile(str(file), _command(path))
    return _read(found, Source(file.name, data.decode()), Problems())


def serialise(axes: Sequence[str], rows: Iterable[Row], modeline: str) -> bytes:
    """The whole file, one line a row: the same rows in the same order are the same bytes."""
    lines = [f"# yaml-language-server: $schema={modeline}"] if modeline else []
    lines += ["# the rows that the storyboard's strategy has chosen; `seedspec rows` extends this file", f"{_KEY}: 1"]
    lines += ["rows:", *(f"  - {_line(axes, row)}" for row in rows)]
    return ("\n".join(lines) + "\n").encode()


def write(path: Path, data: bytes) -> None:
    """Replaces the file of chosen rows of a storyboard durably. Raises OSError, also for a symbolic link."""
    atomic.replace(names.rows_of(path), data)


def _command(path: Path) -> str:
    return CommandHint("" if str(path) == "storyboard.yaml" else str(path)).plain("rows")


def _read(found: RowsFile, source: Source | None, problems: Problems) -> RowsFile:
    """What a text holds. One that cannot be read whole holds nothing: half of the rows would be a wrong half."""
    own = Problems()
    rows = _rows_in(source, own) if source is not None else None
    problems.extend(_of_both_sides(d) if d.code == "merge-conflict" else d for d in own)
    span = source.span(0) if source is not None else None
    return replace(found, is_there=True, rows=None if own.failed else rows, span=span)


def _of_both_sides(conflict: Diagnostic) -> Diagnostic:
    """A conflict in such a file: what both branches have chosen is right together."""
    message = "a merge conflict; expected the rows of both sides"
    remedy = "keep the rows of both sides, and delete the three marked lines; `seedspec rows` puts them in order"
    places = tuple(replace(note, message=note.message.partition(";")[0]) for note in conflict.notes)
    return replace(conflict, message=message, notes=(*places, Note(remedy)))


def _rows_in(source: Source, problems: Problems) -> tuple[Pattern, ...] | None:
    if not source.text.strip():
        return ()
    node = parse(source, problems)
    if node is None or problems.failed:
        return None
    if not Schema(sources.schemas()["rows.json"]).check(node, problems):
        return None
    rows = node.get("rows") if isinstance(node, Map) else None
    return tuple(pattern_of(row) for row in rows if isinstance(row, Map)) if isinstance(rows, Items) else None


def _look_at(found: RowsFile, file: Path, given: bytes | None, path: Path) -> RowsFile:
    """Whether the file is one of chosen rows: another storyboard may have such a name."""
    try:
        start = given if given is not None else read_start(file, _START)
    except OSError:
        return found
    if not any(line.startswith(f"{_KEY}:".encode()) for line in start.splitlines()):
        return found
    shown = os.path.join(os.path.dirname(path), file.name)
    return replace(found, is_there=True, span=Source(shown, start.decode(errors="replace")).span(0))


def _find_left_behind(file: Path) -> str:
    """The one file of chosen rows in the folder whose storyboard is not there: this one may have had its name."""
    gone = [
        str(other)
        for other in sorted(file.parent.glob("*.rows.yaml"))
        if not any(other.with_name(other.name.removesuffix(".rows.yaml") + end).exists() for end in (".yaml", ".yml"))
    ]
    return gone[0] if len(gone) == 1 else ""


def _line(axes: Sequence[str], row: Row) -> str:
    return f"{{{', '.join(f'{axis}: {_label(label)}' for axis, label in zip(axes, row, strict=True))}}}"


def _label(label: str) -> str:
    """A label as it is read again: what YAML takes for a number, for nothing or for a truth value stands in quotes."""
    fits = _PLAIN.fullmatch(label) and isinstance(core(label, Source("", "").span(0), Problems()), str)
    return label if fits else json.dumps(label)
