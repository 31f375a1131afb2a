"""A finding about a template that cannot be read, and the complaint that it is made of."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from seedspec.compiler.prompt.errors import FILTERS_PAGE, Change

PAGE = f"how templates are written: {FILTERS_PAGE}"


class Complaint(NamedTuple):
    """What the template language says, and at which place of the text it stopped."""

    said: str
    at: int
    filters: Iterable[str]
    tests: Iterable[str]


class Finding(NamedTuple):
    """What is wrong with a text from `start` to `end`; `changes` mend it where that is certain."""

    start: int
    end: int
    message: str
    notes: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()


def word_end(text: str, at: int) -> int:
    """The end of the word or sign at a place."""
    m = re.compile(r"\w+|'[^'\n]*'|\"[^\"\n]*\"|[-+]?[%}]\}|\{[{%#]|\S").match(text, at)
    return m.end() if m else min(len(text), at + 1)


def short(text: str, most: int = 60) -> str:
    """A stretch of a template on one line, cut where it is long."""
    shown = " ".join(text.split())
    return shown if len(shown) <= most else shown[: most - 1] + "…"
