"""A template's text cut into pieces that can be rendered each by itself; what cannot be cut so stays whole."""

from __future__ import annotations

import re
from typing import NamedTuple

_MARK = re.compile(r"(\{(?<!\{\{)(?:\{(?![-+])[^{}]+(?<![-+])\}|%(?![-+])[^{}%]+(?<![-+])%)\})")
"""A mark that begins with its brace, so that what cannot be one is passed over fast."""
_OPENS, _CLOSES, _BETWEEN = ("if", "for"), ("endif", "endfor"), ("elif", "else")


class CodeSegment(NamedTuple):
    """A piece for the template language: one `{{ }}`, or one `{% if %}` or `{% for %}` down to its end."""

    source: str


def split_segments(text: str) -> tuple[str | CodeSegment, ...] | None:
    """The pieces in order, joined to nothing but the text; None when the text is not that simple.

    No piece may touch another: what sets names, trims the white space around it, includes or extends stays whole. So
    does whatever this short look may misread: braces inside of code, comments, carriage returns, broken blocks.
    """
    if "{#" in text or "\r" in text:
        return None
    parts = _MARK.split(text)
    if text.count("{{") + text.count("{%") != len(parts) // 2:
        return None
    segments: list[str | CodeSegment] = []
    block, depth = "", 0
    for before, mark in zip(parts[::2], parts[1::2], strict=False):
        if depth:
            block += before + mark
        else:
            segments.append(before)
            block = mark
        if mark[1] == "%":
            word = (mark[2:-2].split(None, 1) or [""])[0]
            if word in _OPENS:
                depth += 1
            elif word in _CLOSES and depth:
                depth -= 1
            elif word not in _BETWEEN or not depth:
                return None
        if not depth:
            segments.append(CodeSegment(block))
    if depth:
        return None
    segments.append(parts[-1])
    return tuple([p for p in segments if p])
