"""Characters of a YAML file that are no text of it: what YAML refuses, and what ends a line for its library alone."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence

from seedspec.text.diagnostic import Edit, Note, Problems
from seedspec.text.source import Source

SEPARATORS = re.compile("[\x85\u2028\u2029]")
MOST_TOLD = 50
"""How many line separators are told of one file; all of them are mended."""
ODD = re.compile("[\xa0\xad\u034f\u061c\u1680\u180e\u2000-\u200f\u202f\u205f\u2060\u3000]")
"""White space that is none to YAML, and characters without a width."""
# All but the printable characters of YAML 1.2 section 5.1, and the byte order mark. The same set turned round, as what
# is printable, takes ten times as long to compile.
UNPRINTABLE = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufeff\ufffe\uffff]")


def control_character(source: Source, bad: re.Match[str], problems: Problems) -> None:
    """One finding for the first character that YAML refuses, with the count of its kind."""
    from seedspec.text.lookalike import name_character

    span, count = source.span(bad.start()), source.text.count(bad[0])
    notes: list[Note | Edit] = [Note(f"the file holds {count:,} of them")] if count > 1 else []
    if bad[0] == "\ufeff":
        notes += [Note("a byte order mark belongs to the start of a file; delete it"), Edit(span, "")]
    elif bad[0] == "\0":
        notes.append(Note("text files never hold it: the file was not written to its end, or is not a text file"))
    elif bad[0] in "\x0b\x0c":
        notes.append(Note("delete it, and write the end of a line where one is meant"))
    else:
        notes.append(Note("delete it"))
    problems.error("control-character", f"character {name_character(bad[0])} is not allowed in YAML", span, *notes)


def without_separators(source: Source, text: str, scalars: Sequence[tuple[int, int, str]], problems: Problems) -> str:
    """The text with a space for each line separator that the library, which follows YAML 1.1 here, would end a line at.

    `scalars` are start, end and style of those that a text without them has. In quotes, with no blank beside it, such
    a character stays what it is; there alone it is text.
    """
    from seedspec.text.lookalike import name_character

    out, told = list(text), 0
    for m in SEPARATORS.finditer(text):
        at = m.start()
        style = next((s for start, end, s in scalars[bisect_right(scalars, (at,)) - 1 :][:1] if start < at < end), None)
        blank = text[at - 1 : at].isspace() or text[at + 1 : at + 2].isspace()
        if style in ("'", '"') and m[0] != "\x85" and not blank:
            continue
        out[at] = " "
        told += 1
        if told > MOST_TOLD:
            continue
        edits: list[Edit] = []
        if style is not None:
            line = source.line(source.position(at)[0])
            edits = [
                Edit(source.span(at), "\n" + line[: len(line) - len(line.lstrip(" "))] if style in ("|", ">") else " ")
            ]
        message = f"{name_character(m[0])} ends a line for YAML; expected a line break or a space"
        note = (
            "write a line break in a text under `|`, a space elsewhere; in double quotes `\\L` is U+2028, `\\P` U+2029"
        )
        problems.error("line-separator", message, source.span(at), note, *edits)
    return "".join(out)
