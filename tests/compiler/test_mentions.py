"""Media named by number: one rule for a whole text, held against one expression, and the same told from its pieces."""

from __future__ import annotations

import re

from boards import compiled, written
from hypothesis import example, given, settings
from hypothesis import strategies as st

from seedspec.compiler.prompt.mentions import literal_mentions, mentions_alone

KINDS = {"image": "image", "video": "video", "audio": "audio", "图片": "image", "视频": "video", "音频": "audio"}
WHOLE = re.compile(
    r"(?<![A-Za-z0-9_])@?((?i:image|video|audio))\s?([0-9]{1,2})"
    r"(?![\d:]|\.\d|\s?(?i:s|secs?|seconds?|k|fps|px|p|x|%)(?![A-Za-z]))"
    r"|@?(图片|视频|音频)\s?([0-9]{1,2})(?!\d|\.\d|\s?[秒个张段帧条])"
)
BITS = st.sampled_from(
    ["image", "Video", "audio", "图片", "视频", "@", " ", "  ", "\n", "\u3000", "1", "12", "3", "400", "٣", ".", ":",
     "s", " seconds", "K", "fps", "p", "%", "秒", "eo", "a", "the", ",", "vıdeo", "_", "x", " and the street is wet "]
)  # fmt: skip
TEXTS = st.lists(BITS, max_size=8).map("".join)


def mentioned(text: str) -> set[tuple[str, int]]:
    return {(KINDS[(m[1] or m[3]).lower()], int(m[2] or m[4])) for m in WHOLE.finditer(text) if m[0].isascii() or m[3]}


@settings(deadline=None, max_examples=2000)
@given(TEXTS)
@example("the vıdeo 1 runs")
@example("image1image 2")
def test_a_whole_text(text: str) -> None:
    found = literal_mentions(text)
    assert set(found) >= mentioned(text)
    for (kind, number), said in found.items():
        assert said in text and int(said[-2:].strip("oOeE片频")) == number, (kind, said)
    if "ı" not in text and "İ" not in text:
        assert set(found) == {(KINDS[(m[1] or m[3]).lower()], int(m[2] or m[4])) for m in WHOLE.finditer(text)}


@settings(deadline=None, max_examples=4000)
@given(st.lists(TEXTS, min_size=1, max_size=5))
@example(["image", " 1 is"])
@example(["the vid", "eo 1 is here"])
@example(["in image 1 ", "second"])
@example(["x", "video 1 and so on"])
@example(["image 1", "2 is"])
def test_pieces_that_can_tell_tell_the_truth(pieces: list[str]) -> None:
    told = [mentions_alone(p, first=i == 0, last=i == len(pieces) - 1) for i, p in enumerate(pieces)]
    if None not in told:
        assert set().union(*(t for t in told if t)) == set(literal_mentions("".join(pieces)))


def test_pieces_of_real_prompts_can_tell() -> None:
    pieces = ["As in video 1, shot 7: the ", "young chef no. 10", " walks through ", "a market", " of image 2 and on."]
    told = [mentions_alone(p, first=i == 0, last=i == 4) for i, p in enumerate(pieces)]
    assert told == [{("video", 1)}, set(), set(), set(), {("image", 2)}]
    assert mentions_alone("image 1", first=True, last=True) == {("image", 1)}
    assert mentions_alone("image 1", first=True, last=False) is None


def test_a_letter_that_only_looks_like_one_names_no_medium() -> None:
    board = {"seedspec": 1, "model": "seedance-2.0-reference-to-video", "shots": [{"id": "a", "prompt": "A vıdeo 1."}]}
    assert [d.code for d in compiled(written(board)).diagnostics] == ["no-reference"]
