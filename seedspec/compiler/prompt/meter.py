"""How much a template may do: each value has a weight and each step costs, so that its end depends on no clock.

The sandbox of the template language keeps templates from reaching out; this keeps them from swelling or turning for
ever. The template room calls it at each operator, filter, call, loop step and output.
"""

from __future__ import annotations

import re
from collections.abc import ItemsView, Iterable, Iterator, KeysView, Mapping, Sequence, ValuesView
from typing import Any

MOST_CHARACTERS = 200_000
"""A value of a greater weight is refused; weight is characters and items, all the way down."""

MOST_WORK = 500_000
"""Steps of one rendering: a turn of a loop, a call, and a tenth of the weight of each value that is handled."""

# Filters and methods whose whole numbers are widths or counts of what they make.
_WIDTHS = frozenset(
    ("batch", "center", "indent", "round", "slice", "tojson", "truncate", "wordwrap", "pprint", "urlize")
) | frozenset(("ljust", "rjust", "zfill", "expandtabs", "to_bytes"))


class Excess(Exception):
    """A template would do too much; the message is one line without its subject. `part` is the number of its part."""

    part = -1


class Meter:
    """What is left of the work of the rendering at hand."""

    left: int = MOST_WORK

    def begin(self) -> None:
        self.left = MOST_WORK

    def work(self, steps: int) -> None:
        self.left -= steps
        if self.left < 0:
            raise Excess(f"does more than {MOST_WORK:,} steps")

    def admit(self, value: Any) -> Any:
        """The value itself, once it is known to be of a bearable weight."""
        # a short text, which most values are, needs no weighing
        light = type(value) is str and len(value) < 10
        self.left -= 1 if light else 1 + weight(value) // 10
        if self.left < 0:
            self.work(0)
        return value

    def steps(self, items: Iterable[Any]) -> Iterator[Any]:
        """The items, each one a step."""
        for item in items:
            self.work(1)
            yield item

    def charged(self, value: Any) -> Any:
        """A value on its way into a filter or call: what makes its items one by one becomes a list of them."""
        return list(self.steps(value)) if isinstance(value, Iterator) else value

    def joined(self, pieces: Iterable[Any]) -> str:
        """The pieces as one text."""
        out: list[str] = []
        size = 0
        for piece in pieces:
            text = piece if type(piece) is str else str(self.admit(piece))
            out.append(text)
            size += len(text)
            if size > MOST_CHARACTERS:
                raise Excess(f"makes a text of more than {MOST_CHARACTERS:,} characters")
        self.work(len(out) + size // 10)
        return "".join(out)

    def before(self, name: str, subject: Any, args: Sequence[Any], named: Mapping[str, Any]) -> None:
        """Charges a filter or method before it runs, for what it may make of its subject."""
        given = [*args, *named.values()]
        for value in (subject, *given):
            self.admit(value)
        size = _size_made(name, subject, given)
        self.work(size // 10)
        if size > MOST_CHARACTERS:
            raise Excess(f"makes a value of more than {MOST_CHARACTERS:,} characters")

    def operator(self, sign: str, left: Any, right: Any) -> None:
        """Charges an operator of arithmetic before it runs."""
        self.admit(left)
        self.admit(right)
        size = 0
        if sign == "**":
            size = _digits(left) * abs(right) if isinstance(right, int) else 0
        elif sign == "*":
            many, times = (right, left) if isinstance(left, int) else (left, right)
            if isinstance(many, int) or not isinstance(times, int):
                size = _digits(many) + _digits(times)
            else:
                size = weight(many) * max(0, times)
        elif sign == "+":
            size = weight(left) + weight(right)
        elif sign == "%" and isinstance(left, str):
            size = _size_formatted(left, [right])
        if size > MOST_CHARACTERS:
            raise Excess(f"makes a value of more than {MOST_CHARACTERS:,} characters")


def weight(value: Any) -> int:
    """Characters and items, all the way down; raises Excess when there are too many, without visiting the rest."""
    if isinstance(value, str):
        size = len(value)
    elif isinstance(value, (list, tuple, dict, set, frozenset)):
        size, stack = 0, [value]
        while stack:
            one = stack.pop()
            size += len(one)
            if size > MOST_CHARACTERS:
                break
            for item in [*one.keys(), *one.values()] if isinstance(one, dict) else one:
                if isinstance(item, (list, tuple, dict, set, frozenset)):
                    stack.append(item)
                else:
                    size += len(item) if isinstance(item, str) else 1
    elif isinstance(value, (range, KeysView, ValuesView, ItemsView)):
        size = len(value)
    else:
        size = _digits(value)
    if size > MOST_CHARACTERS:
        raise Excess(f"makes a value of more than {MOST_CHARACTERS:,} characters")
    return size


def _digits(value: Any) -> int:
    return max(1, value.bit_length() * 3 // 10) if isinstance(value, int) else 1


def _size_made(name: str, subject: Any, given: list[Any]) -> int:
    numbers = [abs(v) for v in given if isinstance(v, int)]
    if name == "indent":
        wide = max([*numbers, *(len(v) for v in given if isinstance(v, str)), 4])
        return (str(subject).count("\n") + 1) * wide if isinstance(subject, str) else wide
    if name == "expandtabs" and isinstance(subject, str):
        return subject.count("\t") * max([*numbers, 8])
    if name == "tojson":
        return weight(subject) * max([*numbers, 1])
    if name == "replace" and isinstance(subject, str) and len(given) >= 2:
        old, new = str(given[0]), str(given[1])
        return len(subject) + subject.count(old) * len(new)
    if name == "join":
        first = given[0] if given else ""
        # as a method the text is what stands between, as a filter its argument
        items, between = (subject, first) if isinstance(first, str) else (first, subject)
        return weight(items) + weight(between) * (len(items) if isinstance(items, (str, list, tuple, dict)) else 1)
    if name in ("format", "format_map", "mod"):
        return _size_formatted(str(subject), given)
    return max(numbers, default=0) if name in _WIDTHS else 0


def _size_formatted(pattern: str, given: list[Any]) -> int:
    """The most that a format string makes: the widths that it states, or that its arguments do."""
    widths = [int(n) for n in re.findall(r"\d{1,12}", pattern)]
    if re.search(r"%[^a-zA-Z%]*\*|:[^{}]*\{", pattern):
        flat = [i for v in given for i in (v if isinstance(v, (list, tuple)) else [v])]
        widths += [abs(v) for v in flat if isinstance(v, int)]
    fields = pattern.count("%") + pattern.count("{")
    return max(widths, default=0) + fields * sum(weight(v) for v in given) + len(pattern)
