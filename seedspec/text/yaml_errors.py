"""The YAML parser's complaints made into advice, for what authors of prompts and templates in YAML meet most."""

from __future__ import annotations

import re

from seedspec.text.diagnostic import Note, Problems
from seedspec.text.source import Source, Span
from seedspec.text.value import valueclass

QUOTE_IT = "quote the value, or write it under `|`"

_VALUE = re.compile(r"\s*(?:- +)*(?:[\w.-]+:\s+)?(\S.*)")
_WORDS = {"<document start>": "the start of a document", "key": "a key", "node content": "a value"}
_BEGUN = {
    "flow sequence": "the list in `[ ]` begins here",
    "flow mapping": "the mapping in `{ }` begins here",
    "block mapping": "the mapping begins here",
    "block collection": "the list begins here",
    "quoted scalar": "the quoted text begins here",
}


@valueclass(frozen=True, slots=True)
class Complaint:
    """What the parser says: the problem and where, what it was reading then and where that began.

    `before` is the last value that was read whole, with its YAML style, where there is one.
    """

    problem: str
    offset: int
    context: str
    began: int | None
    before: Span | None
    style: str


def explain(source: Source, said: Complaint, problems: Problems) -> None:
    """One diagnostic for what the parser stopped at."""
    offset, text = min(said.offset, len(source.text)), source.text
    number = source.position(offset)[0]
    line, here = source.line(number), source.span(offset)
    found = text[offset : offset + 2]
    value = _VALUE.match(line)
    first = value[1] if value else ""
    begin = source.starts[number - 1] + (value.start(1) if value else 0)
    indent = line[: len(line) - len(line.lstrip())]
    if found[:1] == "\t" or "tab character" in said.problem or ("\t" in indent and "token" in said.problem):
        tab = text.rfind("\t", 0, offset + 1) if found[:1] != "\t" else offset
        at = source.starts[number - 1] + line.index("\t") if "\t" in indent else max(tab, 0)
        problems.error("tab", "a tab indents this line; YAML indents with spaces", source.span(at))
    elif first.startswith(("{%", "{{", "{#")):
        what = "begins a YAML mapping here, not a template" if first[1] == "{" else "cannot begin a plain value"
        problems.error("unquoted-template", f"`{first[:2]}` {what}", Span(source, begin, begin + 2), _quoted(first))
    elif found[:1] in ("@", "`", "%"):
        shown = "a backtick" if found[0] == "`" else f"`{found[0]}`"
        problems.error("reserved-character", f"{shown} cannot begin a plain value", here, QUOTE_IT)
    elif said.context.endswith(("an alias", "an anchor")) and said.began is not None:
        mark, what = text[said.began], "an alias" if said.context.endswith("alias") else "an anchor"
        problems.error(
            "reserved-character", f"`{mark}` begins {what} here, not text", source.span(said.began), QUOTE_IT
        )
    elif "block sequence entries are not" in said.problem or "mapping keys are not" in said.problem:
        problems.error("reserved-character", f"`{found[:1]} ` cannot begin a plain value", here, QUOTE_IT)
    elif "expected comment or line break" in said.problem:
        message = f"text stands behind `{text[said.began or 0]}`; expected it on the lines below, indented"
        problems.error("text-behind-indicator", message, here)
    elif "mapping values are not allowed" in said.problem:
        _colon(source, here, problems)
    elif said.before and said.before.end <= offset and not text[said.before.end : offset].strip(" "):
        _behind(source, said, here, problems)
    else:
        _plainly(source, said, here, problems)


def _colon(source: Source, here: Span, problems: Problems) -> None:
    number, column = here.place
    line = source.line(number)
    if ":" not in line[: column - 1] and number > 1 and line[:1].isspace():
        message = "found a key; expected no key deeper than the value above"
        problems.error("yaml-syntax", f"not valid YAML: {message}", here, "check the indentation")
    elif ":" not in line[: column - 1] and number > 1 and re.match(r"[\w.-]+(:\S*)?\s*$", source.line(number - 1)):
        _no_key(source, number - 1, problems)
    else:
        problems.error("colon-in-value", "`: ` inside a plain value begins a mapping", here, QUOTE_IT)


def _no_key(source: Source, number: int, problems: Problems) -> None:
    line = source.line(number)
    start = source.starts[number - 1]
    span = source.span(start + len(line) - len(line.lstrip()), start + len(line.rstrip()))
    message = f"not valid YAML: `{span.text[:40]}` is no key with a value; expected `: ` in it"
    problems.error("yaml-syntax", message, span)


def _behind(source: Source, said: Complaint, here: Span, problems: Problems) -> None:
    """Text that stands right behind a value which had ended: a quote or bracket closed early."""
    assert said.before is not None
    begun = source.text[said.before.start]
    start = source.span(said.before.start)
    if said.style and said.before.place[0] != said.before.end_place[0]:
        message = f"a text in {begun} quotes ends just before this; is a closing {begun} missing further up?"
        problems.error("unclosed-quote", message, here, Note("the text begins here", start))
    elif said.style:
        note = "quote the whole value" if begun == '"' else "write a quote inside single quotes twice: ''"
        problems.error("text-behind-value", f"text stands behind the closing {begun}", here, note)
    else:
        what = "list" if begun == "[" else "mapping"
        note = f"text that begins with `{begun}` must be quoted"
        problems.error("text-behind-value", f"text stands behind a {what}", here, note)


def _plainly(source: Source, said: Complaint, here: Span, problems: Problems) -> None:
    message = f"not valid YAML: {_worded(said.problem, here)}"
    notes: list[Note] = []
    if "escape character" in said.problem:
        message = f"`{source.text[said.offset - 1 : said.offset + 1]}` is no escape of YAML"
        notes.append(Note("write `\\\\` for a backslash, or use single quotes"))
        return problems.error("bad-escape", message, source.span(here.start - 1, here.end), *notes)
    if "Unicode character escape" in said.problem:
        notes.append(Note("write the character itself; JSON's pairs of `\\ud83d\\ude00` are not YAML"))
        return problems.error("bad-escape", "half of a surrogate pair is no character", here, *notes)
    if said.context.endswith("a simple key") and said.began is not None:
        return _no_key(source, source.position(said.began)[0], problems)
    if "unexpected end of stream" in said.problem and said.began is not None:
        quote = source.text[said.began]
        return problems.error("unclosed-quote", f"the closing {quote} is missing", source.span(said.began))
    if said.began is not None and said.began != said.offset and said.context:
        what = next((v for k, v in _BEGUN.items() if said.context.endswith(k)), said.context)
        notes.append(Note(what, source.span(min(said.began, max(0, len(source.text) - 1)))))
        if (cut := _comment(source, said.began, here.start)) is not None:
            notes.append(Note("all behind ` #` is a comment; quote the value if it is text", cut))
    return problems.error("yaml-syntax", message, here, *notes)


def _comment(source: Source, start: int, end: int) -> Span | None:
    """A `#` that may have been meant as text: just behind a space and right before a word."""
    line = source.starts[max(0, source.position(end)[0] - 2)]
    m = re.compile(r"(?<=\S )#\w[^\n]*").search(source.text, max(start, line), end)
    return Span(source, m.start(), m.end()) if m else None


def _worded(problem: str, here: Span) -> str:
    found = here.text
    shown = "the end of the file" if not found else "the end of the line" if found == "\n" else f"`{found}`"
    if (m := re.match(r"(?:did not find|could not find) expected (.+)", problem)) is None:
        return problem
    wanted = re.sub(r"'([^']*)'", r"`\1`", m[1])
    return f"found {shown}; expected {_WORDS.get(wanted, wanted)}"


def _quoted(first: str) -> str:
    return "quote the value" + (': "{{ … }}"' if first.startswith("{{") else "") + "; or write it under `|`"
