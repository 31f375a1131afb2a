"""Characters that look like those of YAML: one table, and where in a line they stand in the place of one."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from seedspec.text import later
from seedspec.text.diagnostic import Edit, Note, Problems
from seedspec.text.source import Source
from seedspec.text.value import valueclass

SPACES = "\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"
"""Inside the brackets of a pattern: white space that is no space to YAML."""

UNSEEN = "\u00ad\u034f\u061c\u180e\u200b-\u200f\u2060\ufeff"
"""Inside the brackets of a pattern: characters without a width. Inside a text, scripts and emoji use some."""

_TYPED = "\u2010-\u2015\u2212\u2022\u2023\u25aa\u25cf\u25e6\u30fb\u00b7\ufe58\ufe63\uff0d"
_DASHES = _TYPED + "*+"
_DOUBLE, _SINGLE = "\u201c-\u201f\u301d-\u301f\uff02", "\u2018-\u201b\uff07\u00b4"
_COLONS, _COMMAS = "\uff1a\ufe55\ufe13", "\uff0c\u3001\ufe50\uff1b"
_BRACKETS = str.maketrans("\uff5b\uff5d\uff3b\uff3d\u3010\u3011", "{}[][]")
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_NOT_AT_ENDS = later.pattern(rf"^[\s{SPACES}{UNSEEN}]+|[\s{SPACES}{UNSEEN}]+$|[{UNSEEN}]")
_QUOTED = later.pattern(rf"[{_DOUBLE}{_SINGLE}](.*)[{_DOUBLE}{_SINGLE}]")
_ODD = later.pattern(r"[^\x00-\x7f]|^ *[*+] ", re.MULTILINE)
_KEY = r"(?:[A-Za-z_][\w.-]*|\"[^\"\n]*\"|'[^'\n]*')"
_IN_QUOTES = later.pattern(r'"(?:[^"\\]|\\.)*"|\'[^\']*\'')

# Each pattern finds one character, or a run, as its group 1, and says what YAML would need there.
_INDENT = later.pattern(rf"^ *([{SPACES}{UNSEEN}][ {SPACES}{UNSEEN}]*)(?=\S)", re.ASCII)
_IN_LINE: tuple[tuple[re.Pattern[str], str], ...] = (
    (later.pattern(rf"^ *([{_DASHES}])[ {SPACES}]+(?=\S)", re.ASCII), "-"),
    (later.pattern(rf"^ *-([{SPACES}])", re.ASCII), " "),
    (later.pattern(rf"^ *([{_TYPED}])(?={_KEY}:(?: |$))", re.ASCII), "- "),
    (later.pattern(rf"^[ {SPACES}]*(?:[-{_DASHES}] +)?{_KEY} *([{_COLONS}])(?=[ {SPACES}]|$)", re.ASCII), ":"),
    (later.pattern(rf"^[ {SPACES}]*(?:[-{_DASHES}] +)?{_KEY} *([{_COLONS}])(?=[^ {SPACES}])", re.ASCII), ": "),
    (later.pattern(rf"^ *(?:- +)?{_KEY}:([{SPACES}])", re.ASCII), " "),
    (later.pattern(r"^ *(\uff03)", re.ASCII), "#"),
)
_BEFORE_KEY = rf"[{{,{_COMMAS}\uff5b][ {SPACES}]*"
_IN_FLOW: tuple[tuple[re.Pattern[str], str], ...] = (
    (later.pattern(rf"([{_COMMAS}])(?=[ {SPACES}]*{_KEY} *[:{_COLONS}])", re.ASCII), ","),
    (later.pattern(rf"{_BEFORE_KEY}{_KEY} *([{_COLONS}])(?=[ {SPACES}])", re.ASCII), ":"),
    (later.pattern(rf"{_BEFORE_KEY}{_KEY} *([{_COLONS}])(?=[^ {SPACES}])", re.ASCII), ": "),
    (later.pattern(rf"{_BEFORE_KEY}{_KEY}:([{SPACES}])", re.ASCII), " "),
)
_OPENS = later.pattern(rf"^ *(?:- +)*(?:{_KEY}[:{_COLONS}][ {SPACES}]*|- +)([\uff5b\uff3b\u3010])", re.ASCII)
_CLOSES = later.pattern(rf"([\uff5d\uff3d\u3011])(?=[ {SPACES},{_COMMAS}\]}}\uff5d\uff3d]*(?: #.*)?$)", re.ASCII)
_SMART = later.pattern(rf"^ *(?:- +)*(?:{_KEY}:[ ]+)?(([{_DOUBLE}{_SINGLE}]).*([{_DOUBLE}{_SINGLE}])) *$", re.ASCII)


@valueclass(frozen=True, slots=True)
class Lookalike:
    """A stretch of a source that looks like `meant`, and what is written in its place."""

    start: int
    end: int
    meant: str


def suspicious(text: str) -> bool:
    """Whether a text may hold any of them; nearly none does, and is looked at no further."""
    return not text.isascii() or _ODD.search(text) is not None


def token(text: str) -> str:
    """What was meant by a text that has to be one word: its ASCII form, without quotes and white space around it."""
    if (quoted := _QUOTED.fullmatch(_NOT_AT_ENDS.sub("", text))) is not None:
        text = quoted[1]
    return _NOT_AT_ENDS.sub("", text).translate(_FULL_WIDTH)


def name_character(char: str) -> str:
    """A character as a message names it: its number, and its name in Unicode."""
    name = "next line" if char == "\x85" else unicodedata.name(char, "").lower()
    return f"U+{ord(char):04X}" + (f" ({name})" if name else "")


def odd_in(text: str) -> tuple[str, ...]:
    """A clause about the first character of a word that is taken for another one: no letter, and not in ASCII."""
    odd = next((c for c in text if not c.isascii() and _is_odd(c)), None)
    return () if odd is None else (f"it holds {name_character(odd)}",)


def _is_odd(char: str) -> bool:
    category = unicodedata.category(char)[0]
    if unicodedata.category(char) == "Sc":
        return False  # a currency is meant as one
    return category in "ZPSC" or (category in "LN" and unicodedata.normalize("NFKC", char).isascii())


def in_line(source: Source, number: int, *, at_fault: bool = True) -> list[Lookalike]:
    """The look-alikes that stand in the place of YAML's own characters in one line of a source.

    Of a line that is not the one `at_fault`, those that a value of text may well have are left out.
    """
    line, start = source.line(number), source.starts[number - 1]
    if not suspicious(line):
        return []
    bare = _IN_QUOTES.sub(lambda m: "x" * len(m[0]), line)
    found = dict(_everywhere(line, bare))
    if at_fault:
        found |= dict(_around_value(line, bare))
    return [Lookalike(start + a, start + b, found[a, b]) for a, b in sorted(found)]


def wide(source: Source, one: Lookalike) -> Lookalike:
    """The same, when an ideographic space was meant as the two columns that it takes."""
    more = source.text.count("\u3000", one.start, one.end) if not one.meant.strip() else 0
    return Lookalike(one.start, one.end, one.meant + " " * more)


def _everywhere(line: str, bare: str) -> Iterator[tuple[tuple[int, int], str]]:
    if m := _INDENT.search(line):
        yield m.span(1), " " * len(re.sub(rf"[{UNSEEN}]", "", m[1]))
    for pattern, meant in _IN_LINE:
        if m := pattern.search(line):
            yield m.span(1), meant
    if re.search(r"[{\[\uff5b\uff3b]", bare):
        for pattern, meant in _IN_FLOW:
            yield from ((m.span(1), meant) for m in pattern.finditer(bare))


def _around_value(line: str, bare: str) -> Iterator[tuple[tuple[int, int], str]]:
    opens = _OPENS.search(line)
    if opens:
        yield opens.span(1), opens[1].translate(_BRACKETS)
    if (opens or re.search(r"[{\[]", bare)) and (m := _CLOSES.search(bare)):
        yield m.span(1), m[1].translate(_BRACKETS)
    if m := _SMART.search(line):
        inside = m[1][1:-1]
        quote = '"' if not re.search(r'["\\]', inside) else "'"
        if quote not in inside:
            yield m.span(2), quote
            yield m.span(3), quote


def report(source: Source, found: list[Lookalike], problems: Problems) -> None:
    """One finding for look-alikes of a kind that stand together, at the first, with the edits that mend all of them."""
    first = found[0]
    span = source.span(first.start, first.end)
    char = next((c for c in span.text if c != " "), " ")
    expected = {" ": "a plain space", "": "nothing", "- ": "`-` and a space", ": ": "`:` and a space"}.get(
        first.meant if first.meant.strip() else first.meant[:1], f"`{first.meant.strip()}`"
    )
    what = f"`{char}`" if char.isascii() else name_character(char)
    notes: list[Note | Edit] = [Edit(source.span(one.start, one.end), one.meant) for one in found]
    if lines := sorted({source.position(one.start)[0] for one in found[1:]} - {span.place[0]}):
        count = len(lines)
        notes.append(Note(f"so too on {count} more line{'s' * (count > 1)}, first on line {lines[0]}"))
    if not first.meant:
        notes.insert(0, Note("delete it: it is not seen"))
    problems.error("look-alike", f"found {what}; expected {expected}", span, *notes)


def mend_lookalikes(text: str, found: list[Lookalike]) -> str | None:
    """The text with what was meant, every place where it was; None where that is of another length."""
    if any(one.end - one.start != len(one.meant) for one in found):
        return None
    pieces, at = [], 0
    for one in found:
        pieces += [text[at : one.start], one.meant]
        at = one.end
    return "".join([*pieces, text[at:]])
