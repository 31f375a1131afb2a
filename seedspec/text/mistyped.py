"""A word that is none of those known: what it holds that it should not, and what to write for it."""

from __future__ import annotations

import re
from collections.abc import Collection

from seedspec.text import later
from seedspec.text.diagnostic import did_you_mean, list_words
from seedspec.text.lookalike import odd_in
from seedspec.text.near import shorten

_SEPARATORS = later.pattern(r"\s*(?:[,;|/&+、，；｜／＆]|\s(?:and|or|und|oder)\s)\s*")
_NOT = later.pattern(r"(?:!=?|~|\^|-|not\s+|NOT\s+|<>)\s*")
_EVERY = frozenset(("*", "all", "any", ".*", "each", "every", "**", "%", "ALL", "ANY"))
_AROUND = " \t'\"`<>()[]{}$%@#“”‘’«»*_"


def unknown_word(word: str, what: str, known: Collection[str]) -> tuple[str, tuple[str, ...]]:
    """The message about a word that is no `what`, which names what is odd in it, and what to do."""
    clauses = [f"`{shorten(word)}` is no {what}", *odd_in(word)]
    notes = advice(word, known)
    parts = _SEPARATORS.split(word)
    if not odd_in(word) and len(parts) > 1 and all(p in known for p in parts):
        sign = next(c for c in word[len(parts[0]) :] if not c.isspace())
        clauses.append(f"`{sign}` stands in it")
    expected = f"expected {list_words(known)}" if known else "there is none"
    return "; ".join((*clauses, expected)), notes


def advice(word: str, known: Collection[str]) -> tuple[str, ...]:
    """What to write for a word that is none of those known: at most one sentence."""
    parts = [p for p in _SEPARATORS.split(word) if p]
    if len(parts) > 1 and all(p in known for p in parts):
        return (f"write each by itself: `[{', '.join(parts)}]`",)
    if (bare := word.strip(_AROUND)) in known and bare != word:
        return (f"write `{bare}` alone",)
    if (m := _NOT.match(word)) and word[m.end() :] in known:
        others = [k for k in known if k != word[m.end() :]]
        return (f"name all the others: `[{', '.join(others[:8])}]`",) if others else ()
    if word in _EVERY:
        return ("leave the axis out here: a row without it holds for all of its labels",)
    if re.fullmatch(r"[0-9]{1,3}", word) and not any(re.fullmatch("[0-9]+", k) for k in known) and known:
        return (f"labels are named, not counted: the first is `{next(iter(known))}`",)
    return did_you_mean(word, known)
