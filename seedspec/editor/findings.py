"""Findings as editors show them: each at its place, and one about an included file at its place there as well."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path

from lsprotocol import types

from seedspec.compiler.prompt.errors import IN_INCLUDED
from seedspec.editor.positions import Units, range_of
from seedspec.report.diagnostics import entries_note
from seedspec.text.diagnostic import Diagnostic, Note, Severity
from seedspec.text.source import Span

_SEVERITY = {
    Severity.ERROR: types.DiagnosticSeverity.Error,
    Severity.WARNING: types.DiagnosticSeverity.Warning,
    Severity.HINT: types.DiagnosticSeverity.Hint,
}
_START = types.Range(types.Position(0, 0), types.Position(0, 0))

Uri = Callable[[Path], str]
"""The address by which an editor knows a file."""


def file_of(span: Span) -> Path:
    """The file that a span stands in."""
    return Path(os.path.abspath(span.source.path))


def by_file(
    found: Iterable[Diagnostic], board: Path, uri: Uri, units: Units, *, related: bool
) -> dict[Path, list[types.Diagnostic]]:
    """The findings of a storyboard by file; what has no place stands at its beginning.

    Places of notes are further information where an editor shows such (`related`), else words of the message.
    """
    made: dict[Path, list[types.Diagnostic]] = {board: []}
    for one in found:
        here = file_of(one.span) if one.span is not None else board
        notes = (*one.notes, *entries_note(one.entries))
        made.setdefault(here, []).append(_diagnostic(one, one.span, notes, board, uri, units, related=related))
        for note in one.notes:
            if note.message == IN_INCLUDED and note.span is not None and one.span is not None:
                included = Note("included here", one.span)
                others = (included, *(n for n in notes if n is not note))
                there = _diagnostic(one, note.span, others, board, uri, units, related=related)
                made.setdefault(file_of(note.span), []).append(there)
    return made


def _diagnostic(
    one: Diagnostic, span: Span | None, notes: Iterable[Note], board: Path, uri: Uri, units: Units, *, related: bool
) -> types.Diagnostic:
    notes = list(notes)
    placed = [n for n in notes if n.span is not None]
    said = [one.message, *(n.message + (f": {n.span}" if n.span and not related else "") for n in notes)]
    said = [s for s, n in zip(said, (None, *notes), strict=True) if n is None or n.span is None or not related]
    # messages name places by the path that was checked, which is the whole one here
    beside = f"{board.parent}{os.sep}"
    return types.Diagnostic(
        range=range_of(span, units) if span is not None else _START,
        message="\n".join(said).replace(beside, ""),
        severity=_SEVERITY[one.severity],
        code=one.code,
        source="seedspec",
        related_information=[
            types.DiagnosticRelatedInformation(
                types.Location(uri(file_of(n.span)), range_of(n.span, units)), n.message.replace(beside, "")
            )
            for n in placed
            if n.span is not None
        ]
        if related and placed
        else None,
    )
