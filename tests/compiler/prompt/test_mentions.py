"""Media named by number: as people write them in whole prompts, and the same told from the pieces of one."""

from __future__ import annotations

from pathlib import Path

import pytest
from boards import compiled, written
from hypothesis import example, given, settings
from hypothesis import strategies as st

from seedspec.compiler.prompt.mention_pieces import mentions_alone
from seedspec.compiler.prompt.mentions import Certainty, literal_mentions

pytestmark = pytest.mark.slow

MARKS = {Certainty.CERTAIN: "", Certainty.LIKELY: "?", Certainty.ORDINAL: "~"}


def corpus() -> list[tuple[str, str]]:
    lines = (Path(__file__).parent / "mentions.txt").read_text(encoding="utf-8").splitlines()
    pairs = [line.split(" | ", 1) for line in lines if line and line[0] != "#"]
    return [(text.replace("\\n", "\n").replace("\\u00a0", "\u00a0"), said) for said, text in pairs]


BITS = st.sampled_from(
    ["image", "Images", "Video", "audio", "picture", "img", "图片", "视频", "图", "@", "#", "_", "-", " ", "  ", "\n",
     "\u3000", "1", "2", "12", "3", "400", "٣", "１", "一", "三", "第", "张", ".", ":", ", ", " and ", "、", "和", "的",
     "s", " seconds", "K", "fps", "p", "%", "秒", "eo", "vid", "a ", "the ", " first ", "second", " file ", " one",
     " two", " cups", " people ", "vıdeo", "x", " and the street is wet ", " She lifts the cup and turns. "]
)  # fmt: skip
TEXTS = st.lists(BITS, max_size=8).map("".join)


@pytest.mark.parametrize(("text", "said"), corpus())
def test_as_people_write_them(text: str, said: str) -> None:
    found = literal_mentions(text)
    named = sorted(f"{MARKS[m.certainty]}{kind} {n}" for (kind, n), m in found.items())
    assert named == sorted(said.split(", ") if said != "-" else [])
    for m in found.values():
        assert text[m.start : m.end].strip() == text[m.start : m.end] != ""


def test_the_corpus_is_large() -> None:
    assert len(corpus()) >= 150
    assert sum(said == "-" for _, said in corpus()) >= 50


@settings(deadline=None, max_examples=1500)
@given(st.lists(TEXTS, min_size=1, max_size=5))
@example(["image", " 1 is"])
@example(["the vid", "eo 1 is here"])
@example(["in image 1 ", "second"])
@example(["x", "video 1 and so on"])
@example(["image 1", "2 is"])
@example(["images 1, 2", " and 3"])
@example(["In the", " image 3 cups stand"])
@example(["地", "图3"])
@example(["the first", " image"])
def test_pieces_that_can_tell_tell_the_truth(pieces: list[str]) -> None:
    told = [mentions_alone(p, first=i == 0, last=i == len(pieces) - 1) for i, p in enumerate(pieces)]
    if None not in told:
        assert set().union(*(t for t in told if t)) == set(literal_mentions("".join(pieces)))


@pytest.mark.parametrize(("text", "said"), corpus())
def test_a_line_cut_anywhere(text: str, said: str) -> None:
    whole = set(literal_mentions(text))
    for cut in range(1, len(text)):
        told = (
            mentions_alone(text[:cut], first=True, last=False),
            mentions_alone(text[cut:], first=False, last=True),
        )
        if told[0] is not None and told[1] is not None:
            assert told[0] | told[1] == whole, (text[:cut], text[cut:])


def test_pieces_of_real_prompts_can_tell() -> None:
    pieces = ["As in video 1, shot 7: the ", "young chef no. 10", " walks through ", "a market", " of image 2 and on."]
    told = [mentions_alone(p, first=i == 0, last=i == 4) for i, p in enumerate(pieces)]
    assert told == [{("video", 1)}, set(), set(), set(), {("image", 2)}]
    assert mentions_alone("image 1", first=True, last=True) == {("image", 1)}
    assert mentions_alone("image 1", first=True, last=False) is None


def test_a_letter_that_only_looks_like_one_names_no_medium() -> None:
    board = {"seedspec": 1, "model": "seedance-2.0-reference-to-video", "shots": [{"id": "a", "prompt": "A vıdeo 1."}]}
    assert [d.code for d in compiled(written(board)).diagnostics] == ["no-reference"]
