"""A YAML file cut where its keys and list items begin, so that a damaged part can be set aside and the rest be read."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from itertools import pairwise

_TOP = re.compile(r"^(?:[A-Za-z_][\w.-]*|\"[^\"\n]*\"|'[^'\n]*')[ \t]*(?:$|[:：]|[ \t]#)|^(?:---|\.\.\.)[ \t]*$", re.M)
_FIRST_ITEM = re.compile(r"[^\n]*:[ \t]*(?:#[^\n]*)?\n(?:[ \t]*(?:#[^\n]*)?\n)*( *)[-–—•*](?=[ \n])")
_ID = re.compile(r"(?:^|[\s{,])id[ \t]*[:：][ \t]*[\"'“]?([\w.-]+)")
_WORD = re.compile(r"(?<![\w.-])[\"']?([A-Za-z_][\w.-]*)[\"']?[ \t]*[:：]|[\[,][ \t]*[\"']?([\w.-]+)")
_BEGIN = re.compile(r"[\w.-]+")
_ANCHOR = re.compile(r"(?:^|[\s\[{,])&([^\s,\[\]{}]+)")


class Parts:
    """The parts of a text: each top-level key with what belongs to it, and of a list below it each item.

    `starts` are the offsets at which one begins; the first is 0. A text in brackets, as JSON is, is one part.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._items: dict[int, int] = {}
        starts = {0}
        if not text.lstrip().startswith(("{", "[")):
            tops = [m.start() for m in _TOP.finditer(text)]
            for start, end in pairwise([*tops, len(text)]):
                starts.add(start)
                items = list(_items(text, start, end))
                starts.update(items)
                self._items.update(dict.fromkeys(items, start))
        self.starts = sorted(starts)

    def at(self, offset: int) -> tuple[int, int]:
        """The part that holds an offset: where it begins, and where the next one does."""
        number = bisect_right(self.starts, offset)
        end = self.starts[number] if number < len(self.starts) else len(self._text)
        return self.starts[number - 1], end

    def whole(self, part: tuple[int, int], text: str) -> tuple[int, int]:
        """The part itself; the key with all that belongs to it, where nothing but this part is left below it."""
        key = self._items.get(part[0])
        if key is None:
            return part
        last = max(start for start, top in self._items.items() if top == key)
        end = self.at(last)[1]
        head = self.at(key)[1]
        rest = text[head : part[0]] + text[part[1] : end]
        return part if re.search(r"^\s*[^\s#]", rest, re.M) else (key, end)

    def names(self, part: tuple[int, int]) -> Iterator[str]:
        """What a part seems to declare: a shot its id, a top-level key itself and every word that may be a name."""
        text = self._text[part[0] : part[1]]
        if part[0] in self._items:
            yield from (m[1] for m in _ID.finditer(text))
        elif part[0] in self._items.values():
            yield from (m[1] for m in (_WORD.match(text), *_ID.finditer(text)) if m)
        else:
            yield from (m[0] for m in (_BEGIN.match(text),) if m)
            yield from (m[1] or m[2] for m in _WORD.finditer(text))

    def anchors(self, part: tuple[int, int]) -> Iterator[str]:
        yield from (m[1] for m in _ANCHOR.finditer(self._text, *part))


def _items(text: str, start: int, end: int) -> Iterator[int]:
    first = _FIRST_ITEM.match(text, start, end)
    if first is not None:
        item = re.compile(rf"^ {{{len(first[1])}}}[-–—•*](?=[ \n])", re.M)
        yield from (m.start() for m in item.finditer(text, start, end))


def without(text: str, part: tuple[int, int]) -> str:
    """The text with a part of it made empty comments: every other character stays where it was."""
    start, end = part
    return text[:start] + re.sub(r"[^\n]+", lambda m: "#" + " " * (len(m[0]) - 1), text[start:end]) + text[end:]


def alone(text: str, part: tuple[int, int]) -> str:
    """A part alone, at its place."""
    return without(text[: part[1]], (0, part[0]))
