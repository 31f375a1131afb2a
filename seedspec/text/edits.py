"""Edits of findings written into the bytes of a file: their spans become other text, and no other byte changes."""

from __future__ import annotations

import re
from bisect import bisect_left, insort
from collections.abc import Iterable
from itertools import pairwise

from seedspec.text.diagnostic import Diagnostic, Edit
from seedspec.text.source import Source

_Place = tuple[int, int]
_MARK = b"\xef\xbb\xbf"
_LINE_END = re.compile(r"\r\n|\r|\n")


class Unlike(Exception):
    """The bytes are not those that a source was read from."""


def without_overlap(found: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """The findings whose edits can all be made at once. Of two that want the same characters the first one stays.

    Two that want the very same edits are one.
    """
    taken: dict[str, list[_Place]] = {}
    made: set[tuple[str, int, int, str]] = set()
    kept = []
    for one in found:
        if not one.edits or not _is_apart(one.edits):
            continue
        new = [edit for edit in one.edits if _key(edit) not in made]
        if all(_is_free(edit, taken.get(edit.span.source.path, [])) for edit in new):
            for edit in new:
                insort(taken.setdefault(edit.span.source.path, []), (edit.span.start, edit.span.end))
            made.update(map(_key, new))
            kept.append(one)
    return tuple(kept)


def apply_edits(raw: bytes, source: Source, edits: Iterable[Edit]) -> bytes:
    """The bytes of a file with edits made that do not overlap. A byte order mark and the line ends stay as they are.

    A line end that an edit brings is of the kind that the file's first line has. Raises Unlike when the bytes are not
    those of the source.
    """
    mark = _MARK if raw.startswith(_MARK) else b""
    try:
        text = raw[len(mark) :].decode("utf-8")
    except UnicodeDecodeError:
        raise Unlike(source.path) from None
    if _LINE_END.sub("\n", text) != source.text:
        raise Unlike(source.path)
    first = _LINE_END.search(text)
    line_end = first[0] if first else "\n"
    places = sorted({(e.span.start, e.span.end, e.text) for e in edits})
    pieces, at, offsets = [], 0, _Offsets(text)
    for start, end, new in places:
        begin, stop = offsets.of(start), offsets.of(end)
        assert at <= begin <= stop, "edits overlap"
        pieces += [text[at:begin], new.replace("\n", line_end)]
        at = stop
    return mark + "".join((*pieces, text[at:])).encode("utf-8")


class _Offsets:
    """Places in a text whose line ends are as the file has them, by those in the source; asked in rising order."""

    def __init__(self, text: str) -> None:
        self._pairs = [m.start() for m in re.finditer("\r\n", text)]
        self._passed = 0

    def of(self, offset: int) -> int:
        while self._passed < len(self._pairs) and self._pairs[self._passed] - self._passed < offset:
            self._passed += 1
        return offset + self._passed


def _key(edit: Edit) -> tuple[str, int, int, str]:
    return edit.span.source.path, edit.span.start, edit.span.end, edit.text


def _is_apart(edits: tuple[Edit, ...]) -> bool:
    """Whether none of a finding's own edits lies on another one."""
    spans = sorted((e.span.source.path, e.span.start, e.span.end) for e in edits)
    return all(a[0] != b[0] or (a[2] <= b[1] and a != b) for a, b in pairwise(spans))


def _is_free(edit: Edit, taken: list[_Place]) -> bool:
    """Whether nothing of the sorted places lies on an edit; the nearest two tell, for they do not lie on each other."""
    start, end = place = (edit.span.start, edit.span.end)
    at = bisect_left(taken, place)
    return not any(near == place or (start < near[1] and near[0] < end) for near in taken[max(0, at - 1) : at + 1])
