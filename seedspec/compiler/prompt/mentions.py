"""Media that a prompt names by number in its own words, such as "image 1": found in a text, or in pieces of one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from enum import IntEnum
from typing import NamedTuple

from seedspec.catalog.slot import Kind
from seedspec.compiler.prompt import media_words as words
from seedspec.text import later

Numbered = tuple[Kind, int]


class Certainty(IntEnum):
    """How sure it is that words name a medium of the request. `ORDINAL`: "the third video", which may be any video."""

    ORDINAL = 0
    LIKELY = 1
    CERTAIN = 2


class Mention(NamedTuple):
    """A medium named by number. `start` and `end` are the place of its words in the text."""

    kind: Kind
    number: int
    start: int
    end: int
    certainty: Certainty


def any_of(names: Iterable[str]) -> str:
    return "|".join(sorted(map(re.escape, names), key=len, reverse=True))


_WESTERN = {**words.NAMES, **words.OTHER_NAMES, **words.FOREIGN_NAMES}
KINDS = {**_WESTERN, **words.CJK_NAMES}
_READS_AS = {0xFF01 + i: 0x21 + i for i in range(94) if i != 0x19} | dict.fromkeys((0x3000, 0xA0, 0x202F), 0x20)
_READS_AS |= {0x2460 + i: 0x31 + i for i in range(9)}
_READS_AS |= {ord(c): ord(c.lower()) for c in "ABCDEFGHIJKLMNOPQRSTUVWXYZÀÁÉÍÓÚÜ"} | {
    0xFF21 + i: 0x61 + i for i in range(26)
}
"""Full-width characters, wide spaces and a 1 in a circle as what they stand for; no text gets longer or shorter. The
colon stays: `：3` begins what is said of a medium, where `:3` is a ratio."""

WEST, CJK = any_of(_WESTERN), any_of(words.CJK_NAMES)
NUMERALS = "".join(words.CJK_NUMBERS)
WITHIN = r"[a-z0-9_\u00c0-\u024f]"
"""Behind such a character no Western name begins."""
_BOUND = f"(?<!{WITHIN})"
JOINER = "files?|clips?|tracks?|references?|refs?|inputs?|no\\.?|nr\\.?|num\\.?|number|n[º°]|núm\\.?"
HEAD = later.pattern(
    rf"{_BOUND}(?P<west>{WEST})(?P<join>\s{{0,2}}[_-]?(?:(?:{JOINER})[\s_-]?)?\s?[#(\[]?\s?)"
    rf"(?P<n>[0-9]{{1,3}}(?![0-9])|(?:{any_of(words.NUMBERS)})(?![a-z]))"
    rf"|(?P<cjk>{CJK})\s{{0,2}}(?:编号|編號|素材|文件|[#_\-(\[])?\s?(?P<cn>[0-9]{{1,3}}(?![0-9])|十?[{NUMERALS}](?![{NUMERALS}]))",
)
GIVEN = "reference|input|attached|uploaded|provided|supplied|given|source"
_NTH = later.pattern(
    rf"{_BOUND}(?P<n>{any_of(words.ORDINALS)}|[1-9](?:st|nd|rd|th))\s(?P<given>(?:{GIVEN})\s)?(?P<west>{WEST})(?![\w-])"
    rf"|第\s?(?P<cn>[1-9]|[{NUMERALS}])\s?[张張个個幅段条條]\s?(?:参考|參考)?(?P<cjk>{CJK})"
    rf"|(?P<jn>[1-9])(?:枚目|番目|つ目|本目)の(?P<jcjk>{CJK})",
)
LISTS = "and|or|to|und|oder|y|o|e|et|ou|through|thru|bis"
_MORE = later.pattern(
    rf"(?:\s?(?P<range>[-–—~〜到至])\s?|\s(?P<word>{LISTS})\s|(?P<comma>,)\s?(?:(?:and|or|&)\s)?|\s?[、/&+和与與及或跟]\s?)"
    rf"(?P<again>@?(?P<name>{any_of(KINDS)})[\s_]?)?#?(?P<n>[0-9]{{1,2}}(?![0-9])|[{NUMERALS}](?![{NUMERALS}]))",
)
_UNIT = later.pattern(
    rf"(?:[-\s]?(?:{words.UNITS})|st|nd|rd|th|d)(?![a-z0-9'])|(?<=[0-9]0)['’]s\b|\s?[%°€$×]|/[0-9]{{2}}"
    r"|\s?[x×][0-9]|[0-9]|\.[0-9]|:[0-9]"
    r"|-(?!(?:the|a|an|his|her|my)\s)[a-z]|\.(?:png|jpe?g|webp|gif|bmp|tiff?|heic|mp4|mov|webm|mkv|wav|mp3|m4a)\b",
)
_CJK_UNIT = later.pattern(rf"\s?(?:{words.CJK_UNITS}|fps|px|[%x×])|[0-9]|\.[0-9]|:[0-9]|：[0-9]+(?!\w)|[dkp](?![a-z])")
_PLURALS = frozenset(n for n in _WESTERN if n.endswith(("s", "bilder", "bildern")))
_POINTING = frozenset(["the", "in", "from", "of", "as", "with", "use", "using", "like", "your", "my"])
_ENDS = later.pattern(r"\s*(?:[^\w\s]|\Z)|\n|\s?[的中里为為是作和与與及、到至内內上号號]")
_WORD_BEFORE = later.pattern(r"([^\W\d_]+)\s{1,2}\Z")
_WORD_BEHIND = later.pattern(r"\s{1,2}([^\W\d_]+(?:['’][^\W\d_]+)?)")
_OTHER_MEDIA = later.pattern(rf"\s?(?:{WEST}|clips?)(?![a-z])")
_STEM = later.pattern(any_of((*words.STEMS, *words.CJK_STEMS)))
_MAY_BE_NTH = later.pattern(rf"{any_of(words.ORDINALS)}|[1-9](?:st|nd|rd|th)\s|第|目の")
_PART_OF = later.pattern(r"\sof\s[0-9]")
_SENTENCE = later.pattern(r"(?:\A|[].!?:;\n])\s*\Z")
_BEHIND_ONE = frozenset(["is", "as", "and", "shows", "with", "for", "to"])
_MOST_MEDIA = 12
"""A larger number is rather a count, where a noun follows."""


def literal_mentions(prompt: str) -> dict[Numbered, Mention]:
    """Media that a prompt names by number, in any of the known forms; of several words for one the surest."""
    found: dict[Numbered, Mention] = {}
    for one in every_mention(prompt):
        known = found.get((one.kind, one.number))
        if known is None or known.certainty < one.certainty:
            found[one.kind, one.number] = one
    return found


def every_mention(prompt: str) -> list[Mention]:
    """Each place where a prompt names a medium by number; those of a list, `images 1 and 2`, share its place."""
    text = plain_text(prompt)
    if not may_name(text):
        return []
    mentions = [one for m in heads(text) for one in _read(text, m)]
    if _MAY_BE_NTH.search(text):
        mentions += [one for m in _NTH.finditer(text) for one in _nth(text, m)]
    return mentions


def plain_text(text: str) -> str:
    """A text as it is read: in small letters, without full-width characters, each in its place."""
    return text.lower() if text.isascii() else text.translate(_READS_AS)


def may_name(text: str) -> bool:
    """Whether a plain text holds any word for a medium: most pieces of prompts do not, and this is fast."""
    return any(s in text for s in words.STEMS) or (not text.isascii() and any(s in text for s in words.CJK_STEMS))


def heads(text: str) -> Iterator[re.Match[str]]:
    """Each word for a medium in a plain text with what may be its number."""
    for stem in _STEM.finditer(text):
        if (m := HEAD.match(text, stem.start())) is not None:
            yield m


def _read(text: str, m: re.Match[str]) -> Iterator[Mention]:
    """The media that a word and the numbers behind it name."""
    name, digits = (m["west"] or m["cjk"]).lower(), m["n"] or m["cn"]
    marked = text[m.start() - 1 : m.start()] == "@"
    if name not in KINDS or (len(digits) == 3 and digits.isdecimal() and not marked):
        return  # a letter may only look like one of a name's
    tail = _tail(text, m, many=m["west"] is None or name in _PLURALS)
    if tail is None:
        return
    numbers, end = tail
    rate = _western if m["west"] else _cjk
    certainty = rate(text, m, name, end, marked=marked)
    if certainty is None:
        return
    for number in (_value(digits), *numbers):
        yield Mention(KINDS[name], number, m.start() - marked, end, certainty)
        if m["west"] and name not in _PLURALS and not marked:
            certainty = min(certainty, Certainty.LIKELY)


def _western(text: str, m: re.Match[str], name: str, end: int, *, marked: bool) -> Certainty | None:
    """How sure a word with numbers up to `end` is a mention; None where a number counts or measures something."""
    behind, join, last = _WORD_BEHIND.match(text, end), m["join"], text[end : end + 1]
    word = behind[1].lower() if behind else ""
    settled = not word or word in words.GOES_ON
    if (number := m["n"].lower()) in words.NUMBERS:
        settled = not word or word in _BEHIND_ONE if number == "one" else settled
        return Certainty.LIKELY if settled else None
    if "(" in join or "[" in join:
        return Certainty.LIKELY if last in (")", "]") else None
    if _UNIT.match(text, end) or (_OTHER_MEDIA.match(text, end) and name in _PLURALS):
        return None
    if "\n" in join:  # a list may begin on that line
        return None if last in (".", ")", ":") else Certainty.LIKELY
    if (last.isascii() and last.isalpha()) or _PART_OF.match(text, end):
        return Certainty.LIKELY
    if marked or not join.isspace() or text[m.start() - 1 : m.start()] in tuple("<[{"):
        return Certainty.CERTAIN
    before = text[max(0, m.start() - 24) : m.start()]
    return _judge_space(before, word, name, int(number), settled=settled)


def _judge_space(before: str, word: str, name: str, number: int, *, settled: bool) -> Certainty | None:
    """As above, for a word and a number with only a space between them, which prose has as well."""
    strong = name in words.NAMES
    lead = found[1].lower() if (found := _WORD_BEFORE.search(before)) is not None else ""
    if settled and not (word == "of" and not strong and lead in words.DETERMINERS):
        return Certainty.CERTAIN if strong or not word else Certainty.LIKELY
    counted = word in words.COUNTED or (word.endswith("s") and not word.endswith(("ss", "us", "is", "'s", "\u2019s")))
    determined, begins = lead in words.DETERMINERS, _SENTENCE.search(before) is not None
    if determined and (counted or word == "of" or name in words.FOREIGN_NAMES):
        return None
    if not strong:
        return None if begins or counted else Certainty.LIKELY
    sure = not determined and (not counted or begins or lead in words.LEADS_TO) and number <= _MOST_MEDIA
    return Certainty.CERTAIN if sure else Certainty.LIKELY


def _cjk(text: str, m: re.Match[str], name: str, end: int, *, marked: bool) -> Certainty | None:
    """As above, for Chinese, Japanese and Korean words, which stand without spaces."""
    digits = m["cn"]
    before = text[m.start() - 1 : m.start()]
    alone = name in ("图", "圖") and not marked
    if alone and before in words.BEFORE_TU:
        return None
    ends = _ENDS.match(text, end) is not None
    if not digits.isdecimal():
        counts = re.compile(words.AFTER_ONE if digits == "一" else words.AFTER_MORE).match(text, end)
        return None if counts and not marked else Certainty.CERTAIN if marked or ends else Certainty.LIKELY
    if _CJK_UNIT.match(text, end):
        return None
    within = alone and "\u3400" <= before <= "\u9fff" and before not in words.BEFORE_MEDIUM
    return Certainty.LIKELY if within and not ends else Certainty.CERTAIN


def _tail(text: str, m: re.Match[str], *, many: bool) -> tuple[list[int], int] | None:
    """The further numbers of a list or range, and where it ends; None when the whole is a measure: `2-3 seconds`."""
    numbers: list[int] = []
    last = _value(m["n"] or m["cn"])
    end = at = m.end()
    kept: list[int] = []
    unit = _CJK_UNIT if m["cjk"] else _UNIT
    while (more := _MORE.match(text, at)) is not None:
        number, is_range = _value(more["n"]), _is_range(more)
        if more["again"] and not (
            is_range and KINDS.get(more["name"].lower()) == KINDS[(m["west"] or m["cjk"]).lower()]
        ):
            break
        at = more.end()
        if unit.match(text, at):
            measure = is_range or (more["word"] or "").lower() in ("or", "to", "oder", "bis", "o", "ou")
            return None if measure or more[0] == f",{more['n']}" else (kept, end)
        numbers += range(last + 1, number + 1) if is_range and 0 < number - last < _MOST_MEDIA else [number]
        last = number
        behind = _WORD_BEHIND.match(text, at)
        noun = behind is not None and (more["comma"] or behind[1].lower() not in words.GOES_ON)
        if (many and m["west"] is not None) or (_ENDS.match(text, at) if m["cjk"] else not noun):
            kept, end = [*numbers], at
    return kept, end


def _is_range(more: re.Match[str]) -> bool:
    return more["range"] is not None or (more["word"] or "").lower() in ("to", "through", "thru", "bis")


def _nth(text: str, m: re.Match[str]) -> Iterator[Mention]:
    """A medium that is named by its place: "the second reference image", `第二张图`."""
    name = (m["west"] or m["cjk"] or m["jcjk"]).lower()
    if name not in KINDS:
        return
    certainty = Certainty.LIKELY
    if m["west"]:
        before, behind = _WORD_BEFORE.search(text, 0, m.start()), _WORD_BEHIND.match(text, m.end())
        word = behind[1].lower() if behind else "is"
        if not m["given"]:
            certainty = Certainty.ORDINAL
            if word == "of" or word not in words.GOES_ON or before is None or before[1].lower() not in _POINTING:
                return
    n = m["n"] or m["cn"] or m["jn"]
    number = words.ORDINALS.get(n.lower()) or _value(n[:1])
    yield Mention(KINDS[name], number, m.start(), m.end(), certainty)


def _value(digits: str) -> int:
    if digits[0] in words.CJK_NUMBERS:
        return sum(words.CJK_NUMBERS[c] for c in digits)
    return words.NUMBERS.get(digits.lower()) or int(digits)
