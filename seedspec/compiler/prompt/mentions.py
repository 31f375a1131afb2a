"""Media that a prompt names by number in its own words, such as "image 1": found in a text, or in pieces of one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from seedspec.catalog.model import Kind

Numbered = tuple[Kind, int]

_KINDS: Mapping[str, Kind] = {
    "image": "image", "video": "video", "audio": "audio", "图片": "image", "视频": "video", "音频": "audio",
}  # fmt: skip
_NUMBER = re.compile(r"[0-9]+")
_ENGLISH = "[Ii][Mm][Aa][Gg][Ee]|[Vv][Ii][Dd][Ee][Oo]|[Aa][Uu][Dd][Ii][Oo]"
_BEFORE = re.compile(rf"(?<![A-Za-z0-9_])@?({_ENGLISH})\s?\Z|@?(图片|视频|音频)\s?\Z")
_WORDY = re.compile(r"[\d:]|\.\d|\s?(?:s|secs?|seconds?|k|fps|px|p|x|%)(?![A-Za-z])", re.IGNORECASE)
"""What makes a number after an English word one of something else: "image 4K", "audio 5.1", "video 2:30"."""
_CHINESE = re.compile(r"\d|\.\d|\s?[秒个张段帧条]")
_HARMLESS = re.compile(r"\s?[A-EG-JL-OQRT-WYZa-eg-jl-oqrt-wyz,;!?()'\"]|\.\D")
"""What ends a number for good, whatever follows."""
_REACH = 12
"""As far as a number's meaning depends on what stands before or behind it."""


class _Run(NamedTuple):
    """The digits of a text from `start` to `end`, with the word before them when it is one for a medium."""

    start: int
    end: int
    kind: Kind
    chinese: bool
    begin: int


def literal_mentions(prompt: str) -> dict[Numbered, str]:
    """Media that a prompt names by number, in any of the known forms, with the words it uses."""
    found: dict[Numbered, str] = {}
    for digits in _NUMBER.finditer(prompt):  # few texts hold many numbers; the words are looked for before them alone
        start, end = digits.span()
        run = _run(prompt, start, end)
        if run is not None and not (_CHINESE if run.chinese else _WORDY).match(prompt, end):
            found[run.kind, int(digits[0])] = prompt[run.begin : end]
    return found


def mentions_alone(piece: str, *, first: bool, last: bool) -> frozenset[Numbered] | None:
    """The media that a piece of a prompt names, whatever stands around it; None when its neighbours may matter.

    The mentions of a prompt are those of its pieces, where each piece can tell.
    """
    found: set[Numbered] = set()
    for digits in _NUMBER.finditer(piece):
        start, end = digits.span()
        run = _run(piece, start, end)
        if (run is None or run.begin == 0) and not first and _may_begin(piece[:start]):
            return None
        if run is None:
            continue
        if end + _REACH > len(piece) and not last and not _HARMLESS.match(piece, end):
            return None
        if not (_CHINESE if run.chinese else _WORDY).match(piece, end):
            found.add((run.kind, int(digits[0])))
    return frozenset(found)


def _run(text: str, start: int, end: int) -> _Run | None:
    if end - start > 2 or text[max(0, start - 2) : start].rstrip()[-1:] not in _LAST:
        return None
    before = _BEFORE.search(text, max(0, start - _REACH), start)
    if before is None:
        return None
    return _Run(start, end, _KINDS[(before[1] or before[2]).lower()], before[2] is not None, before.start())


_LAST = frozenset("eoEO片频")


def _may_begin(before: str) -> bool:
    """Whether the beginning of a piece, up to its first digits, may be the end of a word for a medium."""
    word = before.strip().lower()
    return len(before) <= _REACH and any(f"@{kind}".endswith(word) for kind in _KINDS)
