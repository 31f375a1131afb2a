"""The words of a prompt that other variants of its shot do not have, so that a page can mark them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from itertools import groupby

Run = tuple[bool, str]
"""A stretch of a prompt, and whether it differs."""

MOST_WORDS = 600_000
"""Words of all prompts of a shot that are compared, which takes some seconds. Where there are more, none is marked."""
_LEAST_COMMON = 1 / 4
"""Of the words of the shortest prompt: with fewer in common, nearly all would be marked, and marks say nothing."""

# Chinese, Japanese and Thai put no spaces between words: there each character stands for itself.
_WORD = re.compile(
    r"[\u0e00-\u0eff\u1780-\u17ff\u3005\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
    r"|[^\W\u0e00-\u0eff\u1780-\u17ff\u3005\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+(?:['’-]\w+)*"
    r"|\s+|[^\w\s]"
)


def differing(prompts: Sequence[str]) -> Mapping[str, tuple[Run, ...]] | None:
    """Each prompt in stretches, those marked that are not in all of them. Joined they are the prompt, unchanged.

    None where the prompts have so little in common, or are so long, that marks would not help.
    """
    texts = list(dict.fromkeys(prompts))
    words = {text: _WORD.findall(text) for text in texts}
    if sum(map(len, words.values())) > MOST_WORDS:
        return None
    common = [word for word in words[texts[0]] if not word.isspace()] if texts else []
    for text in texts[1:]:
        common = [common[at] for at, _ in _pairs(common, words[text])]
    fewest = min((sum(not w.isspace() for w in found) for found in words.values()), default=0)
    if len(texts) > 1 and len(common) < fewest * _LEAST_COMMON:
        return None
    return {text: tuple(_runs(found, {at for _, at in _pairs(common, found)})) for text, found in words.items()}


def _pairs(common: Sequence[str], words: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Where words that a prompt has in common with others stand among the common ones, and in the prompt."""
    plain = [at for at, word in enumerate(words) if not word.isspace()]
    for begin, other, size in SequenceMatcher(None, common, [words[at] for at in plain]).get_matching_blocks():
        yield from ((begin + n, plain[other + n]) for n in range(size))


def _runs(words: Sequence[str], same: set[int]) -> Iterator[Run]:
    """Neighbours that differ are one stretch, with the spaces between them."""
    marks = [at not in same and not word.isspace() for at, word in enumerate(words)]
    for at, word in enumerate(words):
        inside = 0 < at < len(words) - 1
        if word.isspace() and inside and marks[at - 1] and marks[at + 1]:
            marks[at] = True
    for mark, run in groupby(zip(marks, words, strict=True), key=lambda pair: pair[0]):
        yield mark, "".join(word for _, word in run)
