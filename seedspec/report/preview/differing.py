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
    words = {text: _WORD.findall(text) for text in dict.fromkeys(prompts)}
    if sum(map(len, words.values())) > MOST_WORDS:
        return None
    plain = {text: [at for at, word in enumerate(found) if not word.isspace()] for text, found in words.items()}
    seen = [[words[text][at] for at in places] for text, places in plain.items()]
    common = _common(seen)
    if len(seen) > 1 and _count(common) < min(map(_count, seen)) * _LEAST_COMMON:
        return None
    matcher = SequenceMatcher(b=common)
    made = {}
    for (text, places), own in zip(plain.items(), seen, strict=True):
        matcher.set_seq1(own)
        same = {places[block.a + n] for block in matcher.get_matching_blocks() for n in range(block.size)}
        made[text] = tuple(_runs(words[text], same))
    return made


def _common(texts: Sequence[Sequence[str]]) -> Sequence[str]:
    """The words that all of the texts have, in their order."""
    common = texts[0] if texts else []
    matcher = SequenceMatcher(b=common)
    for text in texts[1:]:
        matcher.set_seq1(text)
        left = [common[block.b + n] for block in matcher.get_matching_blocks() for n in range(block.size)]
        if len(left) < len(common):  # what is known of the second sequence is kept as long as it stays
            common = left
            matcher.set_seq2(common)
    return common


def _count(words: Sequence[str]) -> int:
    return sum(word[0].isalpha() for word in words)


def _runs(words: Sequence[str], same: set[int]) -> Iterator[Run]:
    """Neighbours that differ are one stretch, with the spaces and commas between them."""
    runs = [
        (differs, "".join(words[at] for at in run))
        for differs, run in groupby(range(len(words)), key=lambda at: at not in same and not words[at].isspace())
    ]
    marks = [
        differs or (0 < at < len(runs) - 1 and not any(map(str.isalnum, text)))
        for at, (differs, text) in enumerate(runs)
    ]
    for differs, some in groupby(zip(marks, runs, strict=True), key=lambda pair: pair[0]):
        yield differs, "".join(text for _, (_, text) in some)
