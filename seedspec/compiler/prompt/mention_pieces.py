"""Media named by number, told from the pieces of a prompt: rendered once each, in place of once for every entry."""

from __future__ import annotations

import re

from seedspec.compiler.prompt import media_words as words
from seedspec.compiler.prompt.mentions import (
    CJK,
    GIVEN,
    JOINER,
    KINDS,
    LISTS,
    NUMERALS,
    WEST,
    WITHIN,
    Numbered,
    any_of,
    heads,
    literal_mentions,
    may_name,
    plain_text,
)
from seedspec.text import later

_REACH = 40
"""As far as what a number means may depend on what stands before or behind it."""
_SETTLED = later.pattern(
    rf"[.,;:!?)\]}}>'\"]?\s(?!(?:{LISTS}|{JOINER}|{any_of(words.NUMBERS)})\b)[^\W\d_]+[^\w'’-]|[.;!?]\s|[的中里]"
)
_UNSETTLED_BEFORE = later.pattern(
    rf"\w*\s{{0,2}}(?:(?:{any_of(words.ORDINALS)}|[1-9](?:st|nd|rd|th)|{GIVEN})\s){{0,2}}@?\Z"
)
_MEDIUM = later.pattern(rf"{WEST}|{CJK}")
_BEGINNINGS = frozenset(name[:n] for name in KINDS for n in range(1, len(name)))
_ENDINGS = frozenset(name[n:] for name in KINDS for n in range(len(name)))
_LONGEST = max(map(len, KINDS))
_MAY_BEGIN = later.pattern(
    rf"[\s_#(\[,、/&+~〜–—和与與及或跟到至-]{{0,3}}(?:(?:{LISTS}|{JOINER})\s?)?[@#]?(?:[0-9{NUMERALS}]|(?:{any_of(words.NUMBERS)})\b)"
    rf"|([^\W\d_]+)[\s_]{{0,2}}[#]?[0-9{NUMERALS}]|\s?(?:{JOINER})\b",
)
_NTH_ENDS = (
    *words.ORDINALS,
    *GIVEN.split("|"),
    "1st",
    "2nd",
    "3rd",
    *(f"{n}th" for n in range(4, 10)),
    "目",
    "目の",
    "@",
)
"""How a piece ends that may have the place of a medium in it, which the next piece names."""


def mentions_alone(piece: str, *, first: bool, last: bool) -> frozenset[Numbered] | None:
    """The media that a piece of a prompt names, whatever stands around it; None when its neighbours may matter.

    The mentions of a prompt are those of its pieces, where each piece can tell.
    """
    text = plain_text(piece)
    if not first and (begins := _MAY_BEGIN.match(text)) and (not begins[1] or _ends_a_name(begins[1])):
        return None
    if not last and (_begins_a_name(text) or text.rstrip().endswith(_NTH_ENDS) or "第" in text[-8:]):
        return None
    if not may_name(text):
        return frozenset()
    ends = {m.start("west") if m["west"] else m.start("cjk"): m.end() for m in heads(text)}
    for m in _MEDIUM.finditer(text):
        if not first and m.start() < _REACH and _UNSETTLED_BEFORE.match(text[: m.start()]):
            return None
        end = ends.get(m.start(), m.end())
        if not last and len(text) - end < _REACH and not _SETTLED.match(text, end):
            return None
    return frozenset(literal_mentions(piece))


def _ends_a_name(word: str) -> bool:
    return word in _ENDINGS


def _begins_a_name(text: str) -> bool:
    """Whether the last word, or for names that need no space before them the last characters, may be cut from one."""
    tails = [text[-n:] for n in range(1, _LONGEST) if text[-n:] in _BEGINNINGS]
    return any(not tail.isascii() or not re.match(WITHIN, text[: -len(tail)][-1:]) for tail in tails)
