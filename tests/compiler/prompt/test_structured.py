"""A prompt that is a mapping: variants, or parts of one prompt that stand for variants by mistake."""

from __future__ import annotations

import pytest
from boards import compiled

BOARD = "seedspec: 1\nmodel: seedance-2.0-text-to-video\nshots:\n  - {id: a, prompt: {%s}}\n"


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        (("0-2s", "2-4s"), True),
        (("0-2", "2-4", "4-6"), True),
        (("0:00-0:02", "0:02-0:04"), True),
        (("0_to_2s", "2_to_4s"), True),
        (("0sec-2.5sec", "2.5sec-4sec"), True),
        (("2-4s", "4-6s"), False),  # no video begins there
        (("0-2s", "later"), False),
        (("0", "1"), False),
        (("subject", "camera"), True),
        (("style", "mood"), False),  # people compare these
        (("subject", "calm", "loud", "slow"), False),
        (("role", "content"), True),
        (("name", "text"), False),
        (("question", "reveal"), False),
    ],
)
def test_parts_of_one_prompt_are_told_from_variants(keys: tuple[str, ...], told: bool) -> None:
    found = compiled(BOARD % ", ".join(f'"{key}": "A street, part {n}."' for n, key in enumerate(keys)))
    assert ["prompt-parts"] * told == [d.code for d in found.diagnostics if d.code == "prompt-parts"]
