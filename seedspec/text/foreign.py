"""Text that is no YAML as a whole, or has lines around it that are none: other formats, conflicts, Markdown."""

from __future__ import annotations

import re

from seedspec.text.diagnostic import Edit, Note, Problems
from seedspec.text.near import shorten
from seedspec.text.source import Source, Span
from seedspec.text.yaml_parts import without

_FENCE = re.compile(r"^(?:```+|~~~+)[ \t]*[\w-]*[ \t]*$", re.MULTILINE)
_CONFLICT = re.compile(
    r"^<{7}(?: (?P<ours>[^\n]*))?\n(?:(?!<{7}|>{7}).*\n)*?(?P<middle>={7})\n"
    r"(?:(?!<{7}|={7}).*\n)*?(?P<end>>{7})(?: (?P<theirs>[^\n]*))?$",
    re.MULTILINE,
)
_FIRST_KEY = re.compile(r"^seedspec[ \t]*:", re.MULTILINE)
_SECTION = re.compile(r"\[\[?[\w .\"'-]+\]?\]\s*(?:[#;].*)?")
_ASSIGNED = re.compile(r"[\w.\"'-]+[ \t]*=[ \t]*\S.*")


def conflicts(source: Source, problems: Problems) -> bool:
    """One finding for what git left of a merge that it could not make; further ones of the file are counted."""
    if "\n=======\n" not in source.text:
        return False
    found = list(_CONFLICT.finditer(source.text))
    if not found:
        return False
    m = found[0]
    ours, theirs = m["ours"] or "the one side", m["theirs"] or "the other side"
    message = f"a merge conflict: lines of `{ours}` and of `{theirs}` stand here; expected one of them"
    notes = [
        Note(f"here `{theirs}` begins", source.span(m.start("middle"), m.end("middle"))),
        Note(
            f"here `{theirs}` ends; keep what is right, and delete the three lines",
            source.span(m.start("end"), m.end("end")),
        ),
    ]
    if (more := len(found) - 1) > 0:
        place = source.position(found[1].start())[0]
        notes.append(Note(f"{more} more conflict{'s' * (more > 1)} in this file, first on line {place}"))
    problems.error("merge-conflict", message, source.span(m.start(), m.start() + 7), *notes)
    return True


def strip_fence(source: Source, problems: Problems) -> str | None:
    """The text without the Markdown around it, every character at its place; None when there are several blocks.

    A fence is a line of its own at the left edge. Text in a prompt is indented, so that none of it is meant.
    """
    text = source.text
    if "```" not in text and "~~~" not in text:
        return text
    fences = list(_FENCE.finditer(text))
    if not fences:
        return text
    first, notes = fences[0], list[Note | Edit]()
    message = f"found a fence of Markdown, {first[0].strip()[:20]}; expected YAML alone"
    if len(fences) > 2:
        notes.append(
            Note(f"the file has {len(fences)} of them; keep the lines between two of them, and delete the rest")
        )
        problems.error("markdown-fence", message, source.span(*first.span()), *notes)
        return None
    begin, end = (0, first.end() + 1), (len(text), len(text))
    if len(fences) == 2:
        end = (fences[1].start(), len(text))
    elif text[: first.start()].strip() and _like_keys(text[: first.start()]):
        begin, end = (0, 0), (first.start(), len(text))
    begin = (begin[0], min(begin[1], len(text)))
    notes += [Edit(Span(source, *cut), "") for cut in (begin, end) if cut[0] < cut[1]]
    note = "delete the line" if len(fences) == 1 else "delete both fences, and the text before and behind them"
    problems.error("markdown-fence", message, source.span(*first.span()), note, *notes)
    return without(without(text, begin), end)


def without_preface(source: Source, text: str, problems: Problems) -> str:
    """The text without prose that stands before the storyboard's first key, which is reported."""
    m = _FIRST_KEY.search(text)
    before = text[: m.start()] if m is not None else ""
    if not before.strip() or _like_keys(before):
        return text
    start = len(before) - len(before.lstrip())
    line = before[start:].split("\n", 1)[0].rstrip()
    message = f"found `{shorten(line, 40)}` before the storyboard; expected YAML alone"
    note = "delete what stands before `seedspec:`"
    cut = (0, len(before))
    problems.error("not-yaml", message, source.span(start, start + len(line)), note, Edit(Span(source, *cut), ""))
    return without(text, cut)


def _like_keys(text: str) -> bool:
    rows = [row for row in text.splitlines() if row.strip()]
    return sum(bool(re.match(r"\s*(?:-|#|[\w.\"'-]+:(?:\s|$))", row)) for row in rows) * 2 > len(rows)


def is_foreign(source: Source, problems: Problems) -> bool:
    """Whether a text that is no mapping of YAML is of another format; that is one finding then."""
    kind = _kind([row for row in source.text[:20_000].split("\n") if row.strip()][:50])
    if kind is None:
        return False
    what, note = kind
    first = re.search(r"\S", source.text)
    span = source.span(first.start() if first else 0)
    problems.error("not-yaml", f"the file is {what}; expected a storyboard in YAML", span, note)
    return True


def _kind(rows: list[str]) -> tuple[str, str] | None:
    if not rows:
        return None
    if re.match(r"\s*<(?:!doctype|html|\?xml|svg|head|body)\b", rows[0], re.I):
        return "HTML or XML", "a web page was saved in place of the text on it: download the file itself"
    plain = [row.strip() for row in rows if not row.lstrip().startswith(("#", ";"))]
    either = re.compile(f"{_SECTION.pattern}|{_ASSIGNED.pattern}")
    sections = len(plain) > 1 and _SECTION.fullmatch(plain[0]) is not None
    if (sections or _mostly(_ASSIGNED, plain)) and _mostly(either, plain):
        return (
            "TOML or INI",
            "write `key: value` for `key = value`, and a section as a key with indented lines below",
        )
    for mark, name in ((",", "comma"), (";", "semicolon"), ("\t", "tab")):
        columns = rows[0].count(mark)
        heads = [cell.strip(" \t\"'") for cell in rows[0].split(mark)]
        if columns == 0 or len(rows) < 2 or any(row.count(mark) < columns for row in rows):
            continue
        if (
            all(re.fullmatch(r"[\w .#/()-]{1,40}", h) and h.count(" ") < 3 for h in heads)
            and columns + (mark != ",") > 1
        ):
            note = "write each row as a shot: `- id: …` with its keys below; `seedspec init` writes an example"
            return f"a table (CSV) with a {name} between its columns", note
    return None


def _mostly(pattern: re.Pattern[str], rows: list[str]) -> bool:
    return bool(rows) and sum(pattern.fullmatch(row) is not None for row in rows) * 3 >= len(rows) * 2
