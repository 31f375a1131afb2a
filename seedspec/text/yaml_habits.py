"""Lines as other formats write them, where the YAML parser stops: comments, numbered lists, `=`, commas of JSON."""

from __future__ import annotations

import re
from typing import NamedTuple

from seedspec.text.diagnostic import Edit, Problems
from seedspec.text.source import Source
from seedspec.text.yaml_attempt import Complaint

_KEY = r"(?:[A-Za-z_][\w.-]*|\"[^\"\n]*\"|'[^'\n]*')"


class _Habit(NamedTuple):
    """A line of another format. Group 1 of the pattern is what is written, `write` what YAML has in its place."""

    pattern: re.Pattern[str]
    write: str
    message: str


_HABITS = (
    _Habit(
        re.compile(r"\s*(;+|/\*+|--|//+|<!--|REM\b|::|%%?|'(?!.*'))\s*\S"),
        "# ", "`{}` does not begin a comment in YAML; expected `#`",
    ),
    _Habit(
        re.compile(
            rf"\s*((?:\d{{1,3}}|[a-z])[.)]|\(\d{{1,3}}\)|[*•‣▪●◦·→>»✓☐]|\[[ x]?\])\s+(?={_KEY}:(?:\s|$))"
        ),
        "-", "`{}` does not begin an item of a list; expected `-`",
    ),
    _Habit(
        re.compile(r"\s*(?:- +)?[A-Za-z_][\w-]*(\s*(?::=|=>|==?|->|→|＝)\s*)(?=\S)"),
        ": ", "found `{}` behind a key; expected `:`",
    ),
    _Habit(
        re.compile(rf"\s*(?:- +)?{_KEY}:\s*([｜¦│︱❘∣＞])\s*$"),
        "|", "`{}` begins no text of several lines; expected `|`",
    ),
    _Habit(re.compile(rf"\s*(?:- +)?(\$)(?={_KEY}\s*:)"), "", "found `{}` before a key; expected the key alone"),
)  # fmt: skip
_ABOVE = 3
"""So many lines above the one at fault are looked at: a wrong line is often complained of at the next."""


def other_format(source: Source, said: Complaint, problems: Problems) -> bool:
    """Reports a line of another format at the place where the parser stopped, or right above it; it has to agree."""
    places = {said.offset} if said.began is None else {said.offset, said.began}
    rows = [source.position(min(at, len(source.text)))[0] for at in sorted(places)]
    last = max(rows)
    rows += [n for n in range(last - 1, max(0, last - 1 - _ABOVE), -1) if source.line(n).strip()]
    for number in dict.fromkeys(rows):
        for habit in _HABITS:
            if _is_habit(source, number, habit, said, problems):
                return True
    return _comma(source, said, problems)


def _is_habit(source: Source, number: int, habit: _Habit, said: Complaint, problems: Problems) -> bool:
    line, start = source.line(number), source.starts[number - 1]
    m = habit.pattern.match(line)
    if m is None:
        return False
    edits = []
    for row in _alike(source, number, habit):
        found = habit.pattern.match(source.line(row))
        assert found is not None
        begin, end = source.starts[row - 1] + found.start(1), source.starts[row - 1] + found.end(1)
        blank = found[1] and habit.write == "-" and not source.line(row)[found.end(1)].isspace()
        edits.append(Edit(source.span(begin, end), _width(habit.write, found[1]) + " " * bool(blank)))
    if not said.sure(edits):
        return False
    written = m[1].strip()
    at = start + m.start(1) + m[1].index(written)
    mark = "- " if habit.write == "-" else habit.write
    note = "write `# …`" if habit.write == "# " else f"write `{(mark + line[m.end(1) :].strip())[:60]}`"
    if habit.write == ": ":
        note = f"write `{line[: m.start(1)].strip().removeprefix('- ')}: {line[m.end(1) :].strip()}`"
    problems.error("yaml-syntax", habit.message.format(written), source.span(at, at + len(written)), note, *edits)
    return True


def _width(write: str, written: str) -> str:
    """The item's dash, with the room that the mark had: the keys below stand in the column of the first."""
    return write + " " * (len(written) - 1) if write == "-" else write


def _alike(source: Source, number: int, habit: _Habit) -> list[int]:
    """The lines of the file that are written in the same way, with this one: a habit is seldom met once."""
    count = len(source.starts)
    if count > 2000:
        return [number]
    mark = habit.pattern.match(source.line(number))
    assert mark is not None
    kind = re.sub(r"\w", "0", mark[1].strip())
    rows = []
    for row in range(1, count + 1):
        m = habit.pattern.match(source.line(row))
        if m is not None and re.sub(r"\w", "0", m[1].strip()) == kind:
            rows.append(row)
    return rows


def _comma(source: Source, said: Complaint, problems: Problems) -> bool:
    """A comma that is missing between two values of a list or mapping in brackets."""
    if said.began is None or not said.context.endswith(("flow mapping", "flow sequence")):
        return False
    before = source.text[: said.offset].rstrip()
    at = len(before)
    if at <= said.began + 1 or before[-1] in ",{[:":
        return False
    behind = source.text[said.offset :].split("\n", 1)[0]
    if not re.match(rf"{_KEY}\s*:" if said.context.endswith("mapping") else r"[\"'{{\[]", behind):
        return False
    edits = said.sure([Edit(source.span(at, at), ",")])
    if edits:
        problems.error(
            "yaml-syntax", "a `,` is missing behind this value", source.span(at - 1, at), "write `,` behind it", *edits
        )
    return bool(edits)
