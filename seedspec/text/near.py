"""Beside every message about a name: the known word that is nearest to it, and how a long name is shown."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from seedspec.text import later

LINE_ENDS = later.pattern("\r\n|[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")


def shorten(text: str, most: int = 60) -> str:
    """A text as a message shows it, on one line and not longer than `most`."""
    shown = LINE_ENDS.sub("⏎", text[: most + 1] if len(text) > 4 * most else text)
    return shown if len(shown) <= most else shown[: most - 1] + "…"


@lru_cache(maxsize=4096)  # the words of a table are compared with each key
def fold(word: str) -> str:
    """A word without what people write differently: case, width of the characters, and what stands between words."""
    return re.sub(r"[\s_.\-]+", "", unicodedata.normalize("NFKC", word).casefold())


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that is meant most likely; None where none is near, and never the word itself.

    The same letters in another form go first, then a spelling that is all but the same, then a word that holds the
    other one as a whole part (`ratio` in `aspect_ratio`), then what is spelt alike.
    """
    from difflib import SequenceMatcher  # nearly every file has no need of it

    others = [k for k in dict.fromkeys(known) if k != word]
    own = fold(word)
    if same := next((k for k in others if own and fold(k) == own), None):
        return same
    measured = SequenceMatcher(b=word.casefold())
    best: list[tuple[float, str]] = []
    for other in others:
        measured.set_seq1(other.casefold())
        if measured.real_quick_ratio() >= _ALIKE and measured.quick_ratio() >= _ALIKE:
            best.append((measured.ratio(), other))
    ratio, near = max(best, key=lambda b: b[0], default=(0.0, None))
    if ratio >= _ALMOST_THE_SAME:
        return near
    holding = [k for k in others if _holds(k, word) or _holds(word, k)]
    if holding:
        return max(holding, key=lambda k: SequenceMatcher(None, k.casefold(), word.casefold()).ratio())
    return near if ratio >= _ALIKE else None


_ALIKE, _ALMOST_THE_SAME = 0.6, 0.85
_FEWEST = 3
"""Letters that a part must have: `a` stands in too many words."""


def _holds(whole: str, part: str) -> bool:
    ours, theirs = _parts(whole), _parts(part)
    if not theirs or len(theirs) >= len(ours) or len("".join(theirs)) < _FEWEST:
        return False
    return any(ours[at : at + len(theirs)] == theirs for at in range(len(ours) - len(theirs) + 1))


@lru_cache(maxsize=4096)
def _parts(word: str) -> tuple[str, ...]:
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", word)
    return tuple([p.casefold() for p in re.split(r"[\s_.:/\-]+", apart) if p])
