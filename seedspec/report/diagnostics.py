"""Diagnostics as text for people, JSON for programs and annotations for GitHub; each function returns a string."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from seedspec.catalog.signed_url import mask_signature
from seedspec.text.diagnostic import Diagnostic, Note, Severity
from seedspec.text.source import Span, excerpt
from seedspec.text.visible import shown_json, visible

MOST_ANNOTATIONS = 10
"""GitHub shows ten annotations of a step and drops the rest without a word."""

_RANK = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.HINT: 2}
_COMMAND = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.HINT: "notice"}
_COLOR = {Severity.ERROR: "31", Severity.WARNING: "33", Severity.HINT: "36"}


def as_text(diagnostics: Iterable[Diagnostic], *, color: bool = False) -> str:
    """Each finding with its place, the line it stands on and its notes. No control or bidi character is left raw."""
    return "".join(line + "\n" for d in diagnostics for line in _lines(d, color=color))


def as_json(diagnostics: Iterable[Diagnostic]) -> str:
    """The findings as one JSON list; what has no place has null for its file, line and columns."""
    shown = json.dumps([_object(d) for d in diagnostics], ensure_ascii=False, indent=2)
    return shown_json(shown.encode("utf-8", "surrogatepass"), log=False).decode() + "\n"


def as_github(diagnostics: Iterable[Diagnostic]) -> str:
    """Workflow commands, the worst findings first; where they are too many, the last one counts the rest."""
    worst = sorted(diagnostics, key=lambda d: _RANK[d.severity])
    shown = worst if len(worst) <= MOST_ANNOTATIONS else worst[: MOST_ANNOTATIONS - 1]
    out = [_annotation(d) for d in shown]
    if left := worst[len(shown) :]:
        out.append(
            f"::{_COMMAND[left[0].severity]} title=seedspec::{tally(left)} more; run `seedspec check` to see all"
        )
    return "".join(line + "\n" for line in out)


def tally(diagnostics: Iterable[Diagnostic]) -> str:
    """How many of each severity, as a person says it: `2 errors, 1 warning`."""
    counts = Counter(d.severity for d in diagnostics)
    return ", ".join(f"{n} {s}{'' if n == 1 else 's'}" for s in Severity if (n := counts[s])) or "no findings"


def _lines(d: Diagnostic, *, color: bool) -> Iterator[str]:
    def paint(text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if color else text

    notes = [*d.notes, *entries_note(d.entries)]
    spans = [s for s in (d.span, *(n.span for n in notes)) if s is not None]
    width = max((len(str(s.place[0])) for s in spans), default=1) + 2
    where = paint(_visible(f"{d.span}:"), "1") + " " if d.span else ""
    yield f"{where}{paint(d.severity, _COLOR[d.severity])}: {_visible(d.message)} [{d.code}]"
    if d.span:
        yield from _excerpt(d.span, width, lambda text: paint(text, _COLOR[d.severity]))
    for note in notes:
        place = f": {note.span}" if note.span else ""
        yield f"{' ' * width} = {_visible(note.message + place)}"
        if note.span:
            yield from _excerpt(note.span, width, lambda text: paint(text, "36"))


def _visible(text: str) -> str:
    """Text on one line, in which a space that is no plain one can be told from it."""
    return visible(text, spaces=True)


def _excerpt(span: Span, width: int, paint: Callable[[str], str]) -> Iterator[str]:
    line, carets = excerpt(span)
    line = mask_signature(line)
    if not line.strip():
        return
    indent = len(carets) - len(carets.lstrip())
    yield f"{span.place[0]:>{width}} | {line.rstrip()}"
    yield f"{' ' * width} | {carets[:indent]}{paint(carets[indent:])}"


def entries_note(entries: tuple[str, ...]) -> Iterator[Note]:
    """Says which entries led to a finding: the only one, or the first of how many."""
    if len(entries) == 1:
        yield Note(f"in entry `{entries[0]}`")
    elif entries:
        yield Note(f"in {len(entries):,} entries, first `{entries[0]}`")


def _object(d: Diagnostic) -> dict[str, Any]:
    return {
        "severity": str(d.severity),
        "code": d.code,
        "message": d.message,
        **_place(d.span),
        "notes": [{"message": n.message, **_place(n.span)} for n in d.notes],
        "entries": list(d.entries),
        "edits": [{"text": e.text, **_place(e.span)} for e in d.edits],
    }


def _place(span: Span | None) -> dict[str, str | int | None]:
    (line, column), (end_line, end_column) = (span.place, span.end_place) if span else ((None, None), (None, None))
    return {
        "file": span.source.path if span else None,
        "line": line,
        "column": column,
        "end_line": end_line,
        "end_column": end_column,
    }


def _annotation(d: Diagnostic) -> str:
    properties: dict[str, object] = {}
    if d.span:
        (line, column), (end_line, end_column) = d.span.place, d.span.end_place
        properties = {"file": d.span.source.path, "line": line, "endLine": end_line}
        if line == end_line:  # columns over several lines are refused
            properties |= {"col": column, "endColumn": end_column}
    properties["title"] = d.code
    notes = [n.message + (f": {n.span}" if n.span else "") for n in (*d.notes, *entries_note(d.entries))]
    said = "\n".join(_visible(part) for part in (d.message, *notes))
    shown = ",".join(f"{k}={_property(_visible(str(v)))}" for k, v in properties.items())
    return f"::{_COMMAND[d.severity]} {shown}::{_value(said)}"


def _value(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _value(text).replace(":", "%3A").replace(",", "%2C")
