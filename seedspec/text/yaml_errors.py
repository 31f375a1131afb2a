"""The YAML parser's complaints made into advice, for what authors of prompts and templates in YAML meet most."""

from __future__ import annotations

import re
from collections.abc import Sequence

from seedspec.text import lookalike
from seedspec.text.diagnostic import Edit, Note, Problems
from seedspec.text.node import Node, Scalar
from seedspec.text.source import Source, Span
from seedspec.text.yaml_attempt import Complaint
from seedspec.text.yaml_edits import (
    VALUE,
    close_quote,
    indent_of,
    quote_for_yaml,
    quote_template,
    quote_value,
    value_of_line,
)
from seedspec.text.yaml_habits import other_format
from seedspec.text.yaml_layout import hollow, indented_otherwise, inside_text, no_space

QUOTE_IT = "quote the value, or write it under `|`"

_WORDS = {"<document start>": "the start of a document", "key": "a key", "node content": "a value"}
_QUOTES = {
    '"': 'put single quotes around the whole value, or write it under `|`; inside double quotes a `"` is written `\\"`',
    "'": "put double quotes around the whole value, or write it under `|`; inside single quotes a `'` is written `''`",
}
_FLOW = ("flow sequence", "flow mapping")
_BEGUN = {
    "flow sequence": "the list in `[ ]` begins here",
    "flow mapping": "the mapping in `{ }` begins here",
    "block mapping": "the mapping begins here",
    "block collection": "the list begins here",
    "quoted scalar": "the quoted text begins here",
}
_MARKER = re.compile(r"(<{7}|={7}|>{7}|\|{7})(?: |$)")
_COMMENT = re.compile(r"(?:^|(?<=\s))(//+)(?=\s|\w)")


def explain(source: Source, said: Complaint, problems: Problems) -> None:
    """One diagnostic for what the parser stopped at."""
    if not (
        _lookalike(source, said, problems)
        or _find_leftover(source, said, problems)
        or other_format(source, said, problems)
    ):
        _by_place(source, said, problems)


def _lookalike(source: Source, said: Complaint, problems: Problems) -> bool:
    """Looks for look-alikes on the line, on the one above and on the one where it began; the parser has to agree."""
    here = source.position(min(said.offset, len(source.text)))[0]
    above = next((n for n in range(here - 1, max(0, here - 4), -1) if source.line(n).strip()), here)
    began = here if said.began is None else source.position(said.began)[0]
    closing = _closing(source, said)
    for number in dict.fromkeys((here, above, began)):
        found = [closing] if closing else []
        if not found and not inside_text(source, number, said):
            found = lookalike.in_line(source, number, at_fault=True)
            if number != here and not _mends(source, said, found):
                found = lookalike.in_line(source, number, at_fault=False)
            if not _mends(source, said, found):
                found = [lookalike.wide(source, one) for one in found]
        if found and _mends(source, said, found):
            lookalike.report(source, found, problems)
            return True
    return False


def _mends(source: Source, said: Complaint, found: list[lookalike.Lookalike]) -> bool:
    return said.mends([Edit(source.span(one.start, one.end), one.meant) for one in found])


def _closing(source: Source, said: Complaint) -> lookalike.Lookalike | None:
    """A curly quote at the end of the line on which a straight one opened."""
    opened = said.began if said.context.endswith("quoted scalar") else said.quoted.span.start if said.quoted else None
    if opened is None or source.text[opened : opened + 1] not in ("'", '"'):
        return None
    number = source.position(opened)[0]
    line, start = source.line(number), source.starts[number - 1]
    m = re.search("[\u2018-\u201f\uff02\uff07](?=[,}\\] ]*$)", line)
    if m is None or start + m.start() <= opened or source.text[opened] in line[opened - start + 1 :]:
        return None
    return lookalike.Lookalike(start + m.start(), start + m.end(), source.text[opened])


def _find_leftover(source: Source, said: Complaint, problems: Problems) -> bool:
    """One line of a merge conflict without the others, or a comment of another language."""
    here = source.position(min(said.offset, len(source.text)))[0]
    for number in range(here, max(0, here - 2), -1):
        line, start = source.line(number), source.starts[number - 1]
        if m := _MARKER.match(line):
            message = f"`{m[1]}` is left over from a merge conflict in git"
            problems.error("merge-conflict", message, source.span(start, start + 7), "delete the line")
            return True
        if m := _COMMENT.search(line):
            span = source.span(start + m.start(1), start + m.end(1))
            if edits := said.sure([Edit(span, "#")]):
                problems.error("yaml-syntax", "`//` does not begin a comment in YAML; expected `#`", span, *edits)
                return True
    return False


def _by_place(source: Source, said: Complaint, problems: Problems) -> None:
    offset, text = min(said.offset, len(source.text)), source.text
    number = source.position(offset)[0]
    line, here = source.line(number), source.span(offset)
    found = text[offset : offset + 2]
    value = VALUE.match(line)
    first = value[1] if value else ""
    begin = source.starts[number - 1] + (value.start(1) if value else 0)
    indent = line[: len(line) - len(line.lstrip())]
    if found[:1] == "\t" or "tab character" in said.problem or ("\t" in indent and "token" in said.problem):
        _tab(source, offset, indent, problems)
    elif first.startswith(("{%", "{{", "{#")):
        template(source, begin, said.sure(quote_template(source, begin)), problems)
    elif found[:1] in ("@", "`", "%") or "directive" in said.problem + said.context:
        if "directive" in said.problem + said.context:
            here, found = source.span(source.starts[number - 1]), "%"
        shown = "a backtick" if found[0] == "`" else f"`{found[0]}`"
        edits = said.sure(quote_value(source, number)) if offset == begin else ()
        problems.error("reserved-character", f"{shown} cannot begin a value without quotes", here, QUOTE_IT, *edits)
    elif said.context.endswith(("an alias", "an anchor")) and said.began is not None:
        mark, what = text[said.began], "an alias" if said.context.endswith("alias") else "an anchor"
        edits = said.sure(quote_value(source, number)) if said.began == begin else ()
        problems.error(
            "reserved-character", f"`{mark}` begins {what} here, not text", source.span(said.began), QUOTE_IT, *edits
        )
    elif "block sequence entries are not" in said.problem or "mapping keys are not" in said.problem:
        problems.error("reserved-character", f"`{found[:1]} ` cannot begin a value without quotes", here, QUOTE_IT)
    elif "expected comment or line break" in said.problem:
        message = f"there is text behind `{text[said.began or 0]}`; expected it on the lines below, indented"
        table = ("a table of Markdown is no list: write each row as an item, `- id: …`",) if line.count("|") > 2 else ()
        problems.error("text-behind-indicator", message, here, *table)
    elif hollow(source, said, problems) or no_space(source, said, problems):
        pass
    elif "mapping values are not allowed" in said.problem:
        _colon(source, said, here, problems)
    elif (closed := _find_closed(source, said, offset)) is not None:
        _behind(source, said, closed, here, problems)
    elif "block" in said.context and not line[: here.place[1] - 1].strip() and found.strip() and found[0] not in ",]}":
        indented_otherwise(source, here, problems)
    else:
        _plainly(source, said, here, problems)


def template(source: Source, start: int, edits: Sequence[Edit], problems: Problems) -> None:
    """A value that begins with a template and has no quotes."""
    first = source.text[start : start + 2]
    what = "begins a YAML mapping here, not a template" if first == "{{" else "cannot begin a value without quotes"
    note = "quote the value" + (': "{{ … }}"' if first == "{{" else "") + "; or write it under `|`"
    problems.error("unquoted-template", f"`{first}` {what}", Span(source, start, start + 2), note, *edits)


def _tab(source: Source, offset: int, indent: str, problems: Problems) -> None:
    number, text = source.position(offset)[0], source.text
    tab = offset if text[offset : offset + 1] == "\t" else max(text.rfind("\t", 0, offset + 1), 0)
    at = source.starts[number - 1] + indent.index("\t") if "\t" in indent else tab
    rows = [n for n in range(1, len(source.starts) + 1) if re.match(r" *\t\s*\S", source.line(n))]
    notes = []
    if len(rows) > 1:
        notes.append(
            Note(f"{len(rows)} lines of the file are indented so; a tab is two spaces, if nothing else is known")
        )
    problems.error("tab", "a tab indents this line; YAML indents with spaces", source.span(at), *notes)


def _colon(source: Source, said: Complaint, here: Span, problems: Problems) -> None:
    number, column = here.place
    line = source.line(number)
    if ":" not in line[: column - 1] and number > 1 and line[:1].isspace():
        indented_otherwise(source, source.span(here.start - column + 1 + indent_of(line)), problems)
    elif ":" not in line[: column - 1] and number > 1 and re.match(r"[\w.-]+(:\S*)?\s*$", source.line(number - 1)):
        _no_key(source, said, number - 1, problems)
    else:
        two = _two_keys(source, number, column)
        edits = () if two else said.sure(quote_value(source, number))
        note = "a key begins on a line of its own; where this is one text, quote it" if two else QUOTE_IT
        problems.error("colon-in-value", "`: ` in a value without quotes begins a mapping", here, note, *edits)


def _two_keys(source: Source, number: int, column: int) -> bool:
    """Whether two keys may stand on one line, as in `duration: 5 quality: 720p`: few words, and the last like a key."""
    value = value_of_line(source, number)
    before = source.text[value.start : source.starts[number - 1] + column - 1] if value else ""
    return value is None or re.fullmatch(r"\S+ +[a-z_]+", before) is not None


def _no_key(source: Source, said: Complaint, number: int, problems: Problems) -> None:
    line = source.line(number)
    start = source.starts[number - 1]
    span = source.span(start + len(line) - len(line.lstrip(" \t")), start + len(line.rstrip(" \t")))
    edits: tuple[Edit, ...] = ()
    if re.fullmatch(r"[a-z_]+", span.text):
        edits = said.sure([Edit(source.span(span.end, span.end), ":")])
    message = f"not valid YAML: `{span.text[:40]}` is no key with a value; expected `: ` in it"
    problems.error("yaml-syntax", message, span, *edits)


def _find_closed(source: Source, said: Complaint, offset: int) -> Scalar | Node | None:
    """The value in quotes or brackets that ended right before this, if one did."""
    last, text = said.last, source.text
    if last is None or last.span.end > offset or text[last.span.end : offset].strip(" "):
        return None
    if said.quoted is not None:
        return last
    return last if not isinstance(last, Scalar) and last.span.text[-1:] in ("]", "}") else None


def _behind(source: Source, said: Complaint, closed: Node, here: Span, problems: Problems) -> None:
    """Text that stands right behind a value which had ended: a quote or bracket closed early."""
    begun, start = source.text[closed.span.start], source.span(closed.span.start)
    number = here.place[0]
    whole = value_of_line(source, number)
    edits: tuple[Edit, ...] = ()
    if not isinstance(closed, Scalar):
        what = "list" if begun == "[" else "mapping"
        note = f"text that begins with `{begun}` must be quoted"
        if whole is not None and whole.start == closed.span.start:
            edits = said.sure(quote_value(source, number))
        problems.error("text-behind-value", f"there is text behind the end of a {what}", here, note, *edits)
    elif _opens_next(closed):
        message = f"a text in {begun} quotes begins here and has no end; the next {begun} ends it"
        edits = said.sure(close_quote(source, closed.span.start))
        problems.error("unclosed-quote", message, start, Note("it ends here", source.span(closed.span.end - 1)), *edits)
    else:
        note = _QUOTES[begun]
        if re.match(r"[a-z_]+:(?: |$)", source.text[here.start : here.start + 60].partition("\n")[0]):
            note = "a key begins on a line of its own; in `{ }` a comma stands before it"
        if whole is not None and whole.start == closed.span.start and len(whole.text) > 2 and whole.text[-1] == begun:
            edits = said.sure([Edit(whole, quote_for_yaml(whole.text[1:-1]))]) if "\\" not in whole.text else ()
        message = f"there is text behind the closing quote {begun}"
        problems.error("text-behind-value", message, here, note, *edits)


def _opens_next(closed: Scalar) -> bool:
    """Whether what closed a quoted text was meant to open the next: a key or an item stands right before it."""
    text = closed.span.text
    return "\n" in text and re.search(r"\n *(?:- +)*(?:[\w.-]+: +)?['\"]$", text) is not None


def _plainly(source: Source, said: Complaint, here: Span, problems: Problems) -> None:
    message = f"not valid YAML: {_reword(said.problem, here)}"
    notes: list[Note] = []
    if "document start" in said.problem and here.text in ("{", "["):
        message = f"a second value begins here with `{here.text}`; a file is one storyboard"
        note = "put the values into one: each shot is an item below `shots:`"
        return problems.error("yaml-syntax", message, here, note)
    if "escape character" in said.problem or "hexdecimal number" in said.problem:
        return _escape(source, said, problems)
    if "Unicode character escape" in said.problem:
        notes.append(Note("write the character itself; JSON's pairs of `\\ud83d\\ude00` are not YAML"))
        return problems.error("bad-escape", "half of a surrogate pair is not a whole character", here, *notes)
    if said.context.endswith("a simple key") and said.began is not None:
        return _no_key(source, said, source.position(said.began)[0], problems)
    if "unexpected end of stream" in said.problem and said.began is not None:
        quote = source.text[said.began]
        edits = said.sure(close_quote(source, said.began))
        return problems.error("unclosed-quote", f"the closing {quote} is missing", source.span(said.began), *edits)
    if said.context.endswith(_FLOW) and said.began is not None and said.began != said.offset:
        return _bracket(source, said, here, problems)
    if said.began is not None and said.began != said.offset and said.context:
        what = next((v for k, v in _BEGUN.items() if said.context.endswith(k)), said.context)
        notes.append(Note(what, source.span(min(said.began, max(0, len(source.text) - 1)))))
    return problems.error("yaml-syntax", message, here, *notes)


def _bracket(source: Source, said: Complaint, here: Span, problems: Problems) -> None:
    """A list or mapping in brackets that has not ended where its line does, or that is wrong inside."""
    assert said.began is not None
    opened, first = source.text[said.began], source.position(said.began)[0]
    closing = "]" if opened == "[" else "}"
    cut = _comment(source, said.began, here.start)
    notes = [Note("everything behind ` #` is a comment; quote the value if it is text", cut)] if cut else []
    if here.place[0] == first:
        message = f"not valid YAML: {_reword(said.problem, here)}"
        what = next(v for k, v in _BEGUN.items() if said.context.endswith(k))
        return problems.error("yaml-syntax", message, here, Note(what, source.span(said.began)), *notes)
    line = source.line(first)
    end = source.starts[first - 1] + len(re.sub(r" #.*$", "", line).rstrip())
    edits = () if cut else said.sure([Edit(source.span(end, end), closing)])
    message = f"the closing `{closing}` of this `{opened}` is missing"
    return problems.error("unclosed-bracket", message, source.span(said.began), *notes, *edits)


def _escape(source: Source, said: Complaint, problems: Problems) -> None:
    """A backslash in double quotes with a letter behind it that makes no escape, as in the paths of Windows."""
    at = source.text.rfind("\\", 0, said.offset + 1)
    span = source.span(at, min(at + 2, len(source.text)))
    what = "write `\\\\` for a backslash, or use single quotes; a path is written with `/`"
    if span.text[1:] in ("'", "$", "`", "#", "-", "*", "!", "?", ".", ",", "(", ")", "[", "]", "{", "}", "%", "&", ":"):
        what = f"`{span.text[1:]}` needs no backslash: delete it"
    notes: list[Note | Edit] = [Note(what)]
    if said.began is not None:
        m = re.compile(r'"((?:[\w.-]+\\)+[\w.-]+\.[A-Za-z0-9]{2,4})"').match(source.text, said.began)
        if m is not None:
            whole = source.span(m.start(), m.end())
            notes += said.sure([Edit(whole, m[0].replace("\\", "/"))])
    problems.error("bad-escape", f"`{span.text}` is no escape of YAML", span, *notes)


def _comment(source: Source, start: int, end: int) -> Span | None:
    """A `#` that may have been meant as text: just behind a space and right before a word."""
    line = source.starts[max(0, source.position(end)[0] - 2)]
    m = re.compile(r"(?<=\S )#\w[^\n]*").search(source.text, max(start, line), end)
    return Span(source, m.start(), m.end()) if m else None


def _reword(problem: str, here: Span) -> str:
    found = here.text
    shown = "the end of the file" if not found else "the end of the line" if found == "\n" else f"`{found}`"
    if (m := re.match(r"(?:did not find|could not find) expected (.+)", problem)) is None:
        return problem
    wanted = re.sub(r"'([^']*)'", r"`\1`", m[1])
    return f"found {shown}; expected {_WORDS.get(wanted, wanted)}"
