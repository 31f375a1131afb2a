"""Characters that steer whatever shows a text: which they are, and a text with each of them spelt out."""

from __future__ import annotations

import unicodedata

from seedspec.text import later

STEERING = r"\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff"
"""Inside the brackets of a pattern: control characters, line separators, and what turns the direction of writing."""

UNSAFE = r"\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069"
"""The worst of them, for which no name or message has a use: the schemas of locks, picks and reviews refuse them."""

_PAINT = later.pattern(r"(\x1b\[(?:0|1|2|3[0-9])m)")  # the colours that a report may put in; no other sequence
_ENDS = r"\r\n\x0b\x0c\x1c-\x1e\x85\u2028\u2029"
_BEGINS_COMMAND = later.pattern(rf"(^|[{_ENDS}])([^\S{_ENDS}]*+):(?=:)")


def visible(text: str, *, spaces: bool = False) -> str:
    """Text on one line, with what would steer a terminal spelt out: control, bidi and format characters, and what has
    no shape. With `spaces` that is every space but the plain one, too."""
    return text if text.isprintable() else _spelt(text, spaces=spaces).replace("\n", "⏎")


def make_printable(text: str, *, painted: bool, log: bool) -> str:
    """Lines of text as a stream gets them: whatever steers a terminal is spelt out, but for line ends and tabs.

    Where the stream is `painted`, the colours of reports stay. A `log` is one that GitHub reads line by line: no line
    of it is a workflow command then, by either of the two forms that its runner knows.
    """
    if not text.replace("\n", "").isprintable():
        pieces = _PAINT.split(text) if painted else [text]
        text = "".join(p if at % 2 else _spelt(p, "\n\t") for at, p in enumerate(pieces))
    return strip_workflow_commands(text) if log else text


def strip_workflow_commands(text: str) -> str:
    """Text in which the runner of GitHub's actions finds no command.

    It takes a line for one that begins with `::`, white space before it or not, and one that has `##[` anywhere.
    """
    if "::" in text:
        text = _BEGINS_COMMAND.sub(r"\1\2\\u003a", text)
    return text.replace("##[", "#\\u0023[")


def shown_json(data: bytes, *, log: bool) -> bytes:
    """JSON that means the same, without a character that steers a terminal or begins a command."""
    if log and b"##[" in data:
        data = data.replace(b"##[", b"#\\u0023[")
    if data.isascii() and b"\x7f" not in data:
        return data
    text = data.decode("utf-8", "surrogatepass")
    return data if text.replace("\n", "").isprintable() else _spelt(text, "\n\t").encode()


def one_line(text: str, most: int) -> str:
    """Text on one line of at most so many characters, without those that steer; the end is cut with an ellipsis."""
    line = " ".join(_STEERING.sub(" ", text[: 8 * most]).split())
    return line if len(line) <= most else line[: most - 1] + "…"


_STEERING = later.pattern(f"[{STEERING}]+")


def _spelt(text: str, kept: str = "\n", *, spaces: bool = False) -> str:
    """Text with the escape of each character that has no shape of its own, as JSON writes it."""
    odd = (c for c in set(text) if not c.isprintable() and c not in kept)
    hidden = (c for c in odd if spaces or unicodedata.category(c) != "Zs")
    table = {ord(c): _escape(ord(c)) for c in hidden}
    return text.translate(table) if table else text


def _escape(code: int) -> str:
    if code > 0xFFFF:  # two halves
        high, low = divmod(code - 0x10000, 0x400)
        return f"\\u{0xD800 + high:04x}\\u{0xDC00 + low:04x}"
    return f"\\u{code:04x}"
