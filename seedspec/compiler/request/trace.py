"""The place in a storyboard that a changed value of a request comes from."""

from __future__ import annotations

import re
from collections.abc import Iterator

from seedspec.compiler.entry import Entry
from seedspec.compiler.request.explain import words_of
from seedspec.compiler.storyboard.types import Storyboard
from seedspec.text.source import Span

_SOME = 24


def trace(board: Storyboard, entry: Entry, field: str, old: object = None, new: object = None) -> Span | None:
    """Where the new value of a field was written; None for what no place says, such as the model's defaults.

    Of a prompt it is the words that changed, where they stand once in the prompt, a label's value or a var, and else
    the whole prompt.
    """
    if field == "prompt":
        span = _words(board, entry, old, new) if isinstance(old, str) and isinstance(new, str) else None
        return span or entry.origins["prompt"].span
    name, _, index = field.rstrip("]").partition("[")
    for medium in entry.media:
        if medium.field == name and (not index or str(medium.index) == index):
            return medium.span
    origin = entry.origins.get(name)
    return origin.span if origin else None


def _words(board: Storyboard, entry: Entry, old: str, new: str) -> Span | None:
    spans = words_of(board, entry)
    for wanted in _fragments(old, new):
        found = [s.source.span(s.start + at, s.start + at + len(wanted)) for s in spans for at in _all(wanted, s.text)]
        if len(found) == 1:
            return found[0]
    return None


def _fragments(old: str, new: str) -> Iterator[str]:
    """What is new in a text, as words and then as characters; where words were only taken out, what stands around."""
    start, end = differing(old, new)
    inner = new[start:end]
    left = re.search(r"\w*$", new[:start])
    right = re.match(r"\w*", new[end:])
    assert left and right
    candidates = [left[0] + inner + right[0], inner] if inner.strip() else []
    candidates.append(new[max(0, start - _SOME) : end + _SOME])
    for text in candidates:
        first = next((line.strip() for line in text.splitlines() if line.strip()), "")
        if len(first) > 1:
            yield first


def differing(old: str, new: str) -> tuple[int, int]:
    """The stretch of the new text that is not in the old one: without the beginning and the end that both share."""
    most = min(len(old), len(new))
    start = next((i for i in range(most) if old[i] != new[i]), most)
    end = next((i for i in range(most - start) if old[-1 - i] != new[-1 - i]), most - start)
    return start, len(new) - end


def _all(wanted: str, text: str) -> Iterator[int]:
    at = text.find(wanted)
    while at >= 0:
        yield at
        at = text.find(wanted, at + 1)
