"""The `{{ }}`, `{% %}` and `{# #}` of a text that may be broken: where each begins, and where its author ended it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from seedspec.text import later

CLOSES = {"{{": "}}", "{%": "%}", "{#": "#}"}
_MARK = later.pattern(r"\{[{%#]")
_STRING = later.pattern(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"", re.DOTALL)
_RAW = later.pattern(r"\{%[-+]?\s*raw\s*[-+]?%\}.*?\{%[-+]?\s*endraw\s*[-+]?%\}", re.DOTALL)
_END_OF_RAW = later.pattern(r"endraw\s*[-+]?%\}")
_INNER = later.pattern(r"['\"]|[-+]?[%}]\}|\{[{%#]|[{}()\[\]]|%(?=\s*(?:\n|\Z))")


class Region(NamedTuple):
    """A stretch of template code. `end` is where it was closed, or where it must have been.

    `wrong_end` is what stands in the place of its end; `quote` is the place of a quote that is never closed, or -1.
    """

    mark: str
    start: int
    end: int
    closed: bool = False
    wrong_end: tuple[int, int] | None = None
    quote: int = -1

    def code(self, text: str) -> Iterator[int]:
        """The places of the characters outside of quoted text."""
        inside = _STRING.sub(lambda m: "\0" * len(m[0]), text[self.start : self.end])
        return (self.start + i for i, c in enumerate(inside) if c != "\0")


def regions_of(text: str) -> list[Region]:
    """The regions in order. One that is not closed ends before the next one, or with the text."""
    found: list[Region] = []
    at, last_raw = 0, max((m.start() for m in _END_OF_RAW.finditer(text)), default=0)
    while (m := _MARK.search(text, at)) is not None:
        if m.start() < last_raw and (raw := _RAW.match(text, m.start())):
            at = raw.end()
            continue
        region = _comment(text, m.start()) if m[0] == "{#" else _code(text, m.start(), m[0])
        found.append(region)
        at = max(region.end, m.end())
    return found


def _comment(text: str, start: int) -> Region:
    end = text.find("#}", start + 2)
    return Region("{#", start, len(text)) if end < 0 else Region("{#", start, end + 2, closed=True)


def _code(text: str, start: int, mark: str) -> Region:
    at, depth, quote = start + 2, 0, -1
    while (m := _INNER.search(text, at)) is not None:
        sign = m[0].lstrip("-+") if len(m[0]) > 1 else m[0]
        if sign in ("'", '"'):
            whole = _STRING.match(text, m.start())
            if whole is not None and not re.search(r"[%}]\}|\{[{%]", whole[0]):
                at = whole.end()
                continue
            if whole is not None and not _closes_later(text, whole.end()):
                at = whole.end()  # a text with braces in it, such as '{{'
                continue
            quote = m.start() if quote < 0 else quote
            at = m.end()
        elif sign in ("}}", "%}"):
            if depth and sign == "}}" and mark == "{{" and text[m.start()] == "}":
                depth, at = depth - 1, m.start() + 1  # the end of a mapping that stands in the expression
                continue
            right = sign == CLOSES[mark]
            wrong = None if right else (m.end() - 2, m.end())
            return Region(mark, start, m.end(), closed=True, wrong_end=wrong, quote=quote)
        elif sign in ("{{", "{%", "{#"):
            if depth == 0 and sign == "{{" and text[start + 2 : m.start()].strip() in ("", "-"):
                depth, at = depth + 2, m.end()
                continue
            return Region(mark, start, m.start(), quote=quote)
        elif sign == "{":
            depth, at = depth + 1, m.end()
        elif sign == "}" and depth:
            depth, at = depth - 1, m.end()
        elif sign in ("}", "%"):
            if sign == "%" and mark == "{{":
                at = m.end()
                continue
            return Region(mark, start, m.end(), wrong_end=(m.start(), m.end()), quote=quote)
        else:
            at = m.end()
    return Region(mark, start, len(text), quote=quote)


def _closes_later(text: str, at: int) -> bool:
    """Whether what follows a quoted text is more likely the inside of one: a word right behind it."""
    return re.compile(r"\w").match(text, at) is not None or not re.compile(r"\s*[-+~|)\],}%.=]|\s+\w").match(text, at)
