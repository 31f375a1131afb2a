"""What storyboards are told, and what they become, as one text: findings with notes and edits, then requests."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from boards import Compiled, compiled

from seedspec.compiler.entry import Entry
from seedspec.report import diagnostics
from seedspec.report.entries import as_json
from seedspec.text.diagnostic import Diagnostic
from seedspec.text.source import Span
from seedspec.text.visible import visible

_CASE = "=== "
_SAID = "---\n"
_LINE = "> "
_HERE = "@@"
_MOST = 12


def answered(written: str) -> str:
    """A file of cases with what is said of each, anew.

    A case is a line `=== title`, a storyboard, `---`, and what is said of it. The storyboard of a case that is called
    `head` stands above those of the cases behind it. Where it has `@@`, each line of a case that begins with `> ` is
    a storyboard of its own: the head with this line in the place of `@@`, where ⏎ is the end of a line. A further line
    stands below `@@`, or deeper than the line that has it.
    """
    head, out = "", []
    before, *cases = ("\n" + written).split("\n" + _CASE)
    for case in cases:
        title, _, rest = case.partition("\n")
        board, _, _ = (rest + "\n").partition("\n" + _SAID)
        board = board.rstrip("\n") + "\n"
        if title == "head":
            head = board
            out.append(f"\n{_CASE}{title}\n{board}")
        elif _HERE in head:
            lines = [line for line in rest.split("\n") if line.startswith(_LINE)]
            out.append(f"\n{_CASE}{title}\n" + "".join(_answered_line(head, line) for line in lines))
        else:
            out.append(f"\n{_CASE}{title}\n{board}{_SAID}{''.join(_lines(compiled(head + board)))}")
    return (before + "".join(out)).lstrip("\n")


def _answered_line(head: str, line: str) -> str:
    """Only what is found at the line or behind it; all that stands above it is the same for each."""
    before = head[: head.index(_HERE)]
    line_before = before.rpartition("\n")[2]
    indent = " " * (len(line_before) - len(line_before.lstrip()) + 2 * bool(line_before.strip()))
    first, shot = before.count("\n") + 1, re.findall(r"\bid: ([\w-]+)", head)[-1]
    made = compiled(head.replace(_HERE, line.removeprefix(_LINE).replace("⏎", f"\n{indent}")))
    found = [d for d in made.diagnostics if d.span is None or d.span.place[0] >= first]
    said = [line for d in found for line in _briefly(d, first)]
    entries = [e for e in made.entries if e.shot == shot]
    said += [*map(_in_short, entries[:_MOST]), *([f"… {len(entries)} entries"] if len(entries) > _MOST else [])]
    return f"{line}\n" + "".join(f"    {shown}\n" for shown in said)


def _in_short(e: Entry) -> str:
    """Its address, what of its request is not as the model has it anyway, and its prompt."""
    own = {
        k: v for k, v in e.base.fields.items() if e.model.defaults.get(k) != v and k not in ("image_urls", "video_urls")
    }
    fields = f" {json.dumps(own, ensure_ascii=False)}" if own else ""
    return f"{e.address}{fields} {_cut(e.prompt)!r}"


def _cut(text: str) -> str:
    return text if len(text) < 200 else f"{text[:99]}… {len(text)} characters"


def _briefly(d: Diagnostic, first: int) -> Iterator[str]:
    yield f"{_place(d.span, first)}{d.severity}: {visible(d.message)} [{d.code}]"
    for note in (*d.notes, *(diagnostics.entries_note(d.entries) if len(d.entries) > 1 else ())):
        yield f"  = {_place(note.span, first)}{visible(note.message)}"
    yield from (f"  {line}" for line in _edits(d))


def _place(span: Span | None, first: int) -> str:
    if span is None:
        return ""
    line, column = span.place
    return f"{line - first}:{column} ‹{visible(_cut(span.text))}› "


def _edits(d: Diagnostic) -> Iterator[str]:
    for edit in d.edits:
        yield f"edit {edit.span.place[1]} {edit.span.text!r} -> {edit.text!r}"


def _lines(made: Compiled) -> Iterator[str]:
    for d in made.diagnostics:
        yield diagnostics.as_text([d])
        yield from (f"      {line}\n" for line in _edits(d))
    for e in made.entries:
        yield f"{e.address}: {json.dumps(as_json(e)['request'], ensure_ascii=False)}\n"
