"""Which words of a prompt are marked: those that other variants lack, and the prompt stays what it was."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedspec.report.preview import differing as words
from seedspec.report.preview.differing import differing


def marked(*prompts: str) -> list[list[str]]:
    found = differing(prompts)
    assert found is not None
    return [[text for differs, text in found[prompt] if differs] for prompt in prompts]


@pytest.mark.parametrize(
    ("prompts", "expected"),
    [
        (["one prompt, alone"], [[]]),
        (["the same", "the same"], [[], []]),
        (["A cup in cold light.", "A cup in warm light."], [["cold"], ["warm"]]),
        (["A cup, in mist, at dawn. It fills.", "A cup, in sun. It fills."], [["mist, at dawn"], ["sun"]]),
        (["A red cup stands. Tea.", "A red cup stands. Ice.", "A blue cup stands. Tea."],
         [["red", "Tea"], ["red", "Ice"], ["blue", "Tea"]]),
        (["夏天是什么味道?", "冬天是什么味道?"], [["夏"], ["冬"]]),
        (["زجاجة على طاولة خشبية", "زجاجة على طاولة حجرية"], [["خشبية"], ["حجرية"]]),
        (["A long take of a cup", "A long take of a cup on ice"], [[], [" on ice"]]),
    ],
)  # fmt: skip
def test_words_that_others_lack_are_marked(prompts: list[str], expected: list[list[str]]) -> None:
    found = [[text.strip() for text in one] for one in marked(*prompts)]
    assert found == [[text.strip() for text in one] for one in expected]


@given(st.lists(st.text(alphabet="ab ,.\n夏天ع'’-", max_size=40), min_size=1, max_size=4))
def test_the_stretches_of_a_prompt_make_the_prompt(prompts: list[str]) -> None:
    found = differing(prompts)
    if found is not None:
        assert {prompt: "".join(text for _, text in runs) for prompt, runs in found.items()} == {p: p for p in prompts}


def test_prompts_with_little_in_common_are_not_marked() -> None:
    assert differing(["The glass fills slowly.", "Oranges burst through juice."]) is None


def test_more_words_than_can_be_compared_are_not_marked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words, "MOST_WORDS", 15)
    assert differing(["one two three four five six"] * 2) is not None, "the same prompt counts once"
    assert differing(["one two three four five six", "one two three four five seven"]) is None
