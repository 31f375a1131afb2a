"""What is meant by a value that is none of those allowed: the nearest by its meaning, not by its letters."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import log
from typing import NamedTuple

from seedspec.text import later
from seedspec.text.diagnostic import did_you_mean, list_words
from seedspec.text.near import fold, shorten


class Remedy(NamedTuple):
    """What to write instead of a value: a sentence, and the text itself where it is certain.

    `near` is the allowed value that comes nearest, where one does; a person may still want another.
    """

    note: str
    write: str | None = None
    near: str | None = None


def remedy_for_choice(value: object, allowed: Sequence[object]) -> Remedy | None:
    """What to write instead of a value that is none of those allowed; None where nothing is near.

    Ratios are compared as numbers and resolutions by their order; everything else by its spelling.
    """
    words = [a for a in allowed if isinstance(a, str)]
    if type(value) is int and (ratio := next((r for r in words if _base_60(r) == value), None)):
        return Remedy(f"did you mean `{ratio}`? some YAML tools read it as a number in base 60")
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    text = unicodedata.normalize("NFKC", str(value)).strip().casefold()
    if plain := next((str(a) for a in allowed if not isinstance(a, str) and str(a).casefold() == text), None):
        return Remedy(f"write it without quotes: `{plain.lower()}`", plain.lower(), plain.lower())
    ratios = {w: Fraction(int(m[1]), int(m[2])) for w in words if (m := re.fullmatch(r"(\d+):(\d+)", w))}
    lines = {w: int(m[1]) for w in words if (m := re.fullmatch(r"(\d+)p", w))}
    if len(ratios) > 1 and (found := _ratio_remedy(text, ratios, words)):
        return found
    if len(lines) > 1 and (found := _lines_remedy(text, lines)):
        return found
    if same := next((w for w in words if text and fold(w) == fold(text)), None):
        return Remedy(f"did you mean `{same}`?", same, same)
    near = did_you_mean(text, words)
    return Remedy(near[0]) if near else None


def _base_60(ratio: str) -> int | None:
    """What YAML 1.1 makes of `16:9`."""
    m = re.fullmatch(r"(\d+):(\d+)", ratio)
    return int(m[1]) * 60 + int(m[2]) if m else None


_NUMBER = r"(\d{1,5}(?:[.,]\d{1,4})?)"
_TWO_NUMBERS = later.pattern(rf"(?<![\d.,]){_NUMBER}\s*(?::|∶|/|x|×|\*|-|_|by|to|\s)\s*{_NUMBER}(?!\d)")
_PIXELS = 64
"""Two numbers above this are the sides of a picture rather than a ratio."""
_SHAPES = {
    **dict.fromkeys(("portrait", "vertical", "tall", "upright", "story", "stories", "reel", "reels", "shorts"), -1),
    **dict.fromkeys(("landscape", "horizontal", "wide", "widescreen"), 1),
    "square": 0,
}
_WIDEST = ("cinematic", "cinema", "cinemascope", "ultrawide", "ultra wide", "anamorphic", "scope")
_LEFT_OPEN = ("auto", "automatic", "any", "match", "original", "source", "keep", "same", "input", "smart")
_ORIENTATION = {-1: "portrait", 0: "square", 1: "landscape"}


def _ratio_remedy(text: str, ratios: Mapping[str, Fraction], words: Sequence[str]) -> Remedy | None:
    others = [w for w in words if w not in ratios]
    if text in _LEFT_OPEN and len(others) == 1:
        return Remedy(f"did you mean `{others[0]}`?", near=others[0])
    if text in _WIDEST:
        widest = max(ratios, key=lambda r: ratios[r])
        return Remedy(f"the widest is `{widest}`", near=widest)
    if text in _SHAPES:
        fitting = [r for r, found in ratios.items() if _shape(found) == _SHAPES[text]]
        said = f"{_ORIENTATION[_SHAPES[text]]} is {list_words(fitting)}"
        return Remedy(said, near=fitting[0]) if fitting else None
    whole = _TWO_NUMBERS.fullmatch(text)
    inside = whole or _TWO_NUMBERS.search(text)
    if inside is None:
        return _decimal_remedy(text, ratios)
    width, height = (Fraction(n.replace(",", ".")) for n in inside.groups())
    if not width or not height:
        return None
    ratio = width / height
    pixels = min(width, height) > _PIXELS
    for name, known in ratios.items():
        if ratio == known or (height == 1 and _rounds_to(inside[1], known)):
            said = f"`{shorten(text)}` has the ratio `{name}`" if pixels else f"did you mean `{name}`?"
            return Remedy(said, name if whole and not pixels else None, name)
    return _nearest_ratio(inside[0], ratio, ratios)


def _decimal_remedy(text: str, ratios: Mapping[str, Fraction]) -> Remedy | None:
    """For a ratio as one number: `1.78`."""
    if not re.fullmatch(r"\d{1,3}[.,]\d{1,6}", text):
        return None
    same = [name for name, known in ratios.items() if _rounds_to(text, known)]
    if len(same) == 1:
        return Remedy(f"did you mean `{same[0]}`?", same[0], same[0])
    value = Fraction(text.replace(",", "."))
    return _nearest_ratio(text, value, ratios) if value else None


def _rounds_to(text: str, known: Fraction) -> bool:
    """Whether a decimal is a ratio, rounded or cut; with fewer than two places it may be another."""
    places = len(text.replace(",", ".").partition(".")[2])
    value = Fraction(text.replace(",", "."))
    step = Fraction(1, 10**places)
    return value == known or (places >= 2 and -step < value - known <= step / 2)


def _nearest_ratio(shown: str, ratio: Fraction, ratios: Mapping[str, Fraction]) -> Remedy:
    shape = _shape(ratio)
    fitting = [r for r, known in ratios.items() if _shape(known) == shape] or list(ratios)
    near = min(fitting, key=lambda r: abs(log(ratios[r] / ratio)))
    return Remedy(f"`{shorten(shown)}` is {_ORIENTATION[shape]}; the nearest is `{near}`", near=near)


def _shape(ratio: Fraction) -> int:
    return (ratio > 1) - (ratio < 1)


_NAMED_LINES = {
    "sd": 480, "hd": 720, "hdready": 720, "fhd": 1080, "fullhd": 1080, "2k": 1440, "qhd": 1440, "wqhd": 1440,
    "4k": 2160, "uhd": 2160, "ultrahd": 2160, "5k": 2880, "6k": 3160, "8k": 4320,
}  # fmt: skip
_HIGHEST = ("high", "highest", "best", "max", "maximum", "ultra", "pro", "full", "higher", "original")
_LOWEST = ("low", "lowest", "draft", "fast", "min", "minimum", "preview", "cheap", "lower", "fastest", "cheapest")


def _lines_remedy(text: str, lines: Mapping[str, int]) -> Remedy | None:
    lowest, highest = min(lines, key=lambda w: lines[w]), max(lines, key=lambda w: lines[w])
    if text in _HIGHEST:
        return Remedy(f"the highest is `{highest}`", near=highest)
    if text in _LOWEST:
        return Remedy(f"the lowest is `{lowest}`", near=lowest)
    count = _lines_of(text)
    if count is None:
        return None
    if same := next((w for w, known in lines.items() if known == count), None):
        plain = re.fullmatch(r"\d+(\.0)?\s*p?", text)
        return Remedy(f"did you mean `{same}`?", same if plain else None, same)
    if count > lines[highest]:
        return Remedy(f"the highest is `{highest}`", near=highest)
    if count < lines[lowest]:
        return Remedy(f"the lowest is `{lowest}`", near=lowest)
    ordered = sorted(lines, key=lambda w: lines[w])
    below = max((w for w in ordered if lines[w] < count), key=lambda w: lines[w])
    return Remedy(f"it lies between `{below}` and `{ordered[ordered.index(below) + 1]}`", near=below)


def _lines_of(text: str) -> int | None:
    """The lines of a picture as people write them: `1080p`, `1920x1080`, `4k`, `full hd`, `720`."""
    if (named := _NAMED_LINES.get(fold(text))) is not None:
        return named
    if m := re.fullmatch(r"(\d{3,5})\s*(?:x|×|\*|by|:)\s*(\d{3,5})(?:\s*(?:px|pixels))?", text):
        return min(int(m[1]), int(m[2]))
    m = re.fullmatch(r"(?:hd|uhd|fhd)?\s*(\d{3,4})(?:\.0)?\s*(?:p|i|px|lines?)?\s*(?:\d{2}|hd|fps)?", text)
    return int(m[1]) if m else None
