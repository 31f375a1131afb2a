"""A template's text cut into pieces that can be rendered each by itself; what cannot be cut so stays whole."""

from __future__ import annotations

import re

from seedspec.text.values import valueclass

_MARK = re.compile(r"\{\{([^{}]*)\}\}|\{%([^{}%]*)%\}")
_OPENS, _CLOSES, _BETWEEN = ("if", "for"), ("endif", "endfor"), ("elif", "else")


@valueclass(frozen=True, slots=True)
class Code:
    """A piece for the template language: one `{{ }}`, or one `{% if %}` or `{% for %}` down to its end."""

    source: str


def cut(text: str) -> tuple[str | Code, ...] | None:
    """The pieces in order, joined to nothing but the text; None when the text is not that simple.

    No piece may touch another: what sets names, trims the white space around it, includes or extends stays whole. So
    does whatever this short look may misread: braces inside of code, comments, carriage returns, broken blocks.
    """
    if "{#" in text or "\r" in text:
        return None
    pieces: list[str | Code] = []
    depth = at = begin = 0
    for mark in _MARK.finditer(text):
        start, end = mark.span()
        code: str = mark[1] if mark[2] is None else mark[2]
        if _has_mark(text[at:start]) or text.startswith("{", start - 1) or code[:1] in "-+" or code[-1:] in "-+":
            return None
        if mark[2] is None:
            if depth == 0:
                pieces += (text[begin:start], Code(mark[0]))
                begin = end
        else:
            word = (code.split(None, 1) or [""])[0]
            if word in _OPENS:
                if depth == 0:
                    pieces.append(text[begin:start])
                    begin = start
                depth += 1
            elif word in _CLOSES and depth:
                depth -= 1
                if depth == 0:
                    pieces.append(Code(text[begin:end]))
                    begin = end
            elif word not in _BETWEEN or not depth:
                return None
        at = end
    if depth or _has_mark(text[at:]):
        return None
    pieces.append(text[begin:])
    return tuple(p for p in pieces if p)


def _has_mark(data: str) -> bool:
    return "{{" in data or "{%" in data
