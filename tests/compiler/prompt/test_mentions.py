"""Media named by number: as people write them in whole prompts, and the same told from the pieces of one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from boards import compiled, written
from hypothesis import example, given, settings
from hypothesis import strategies as st

from seedspec.compiler.prompt import media_words as words
from seedspec.compiler.prompt.mention_pieces import mentions_alone
from seedspec.compiler.prompt.mentions import KINDS, Certainty, every_mention, literal_mentions

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


@settings(max_examples=1500)
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
@example(["清i", "mage 2 is"])
@example(["480p", "hoto 2 is"])
@example(["In image 2. ", "And 3"])
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


def word_by_word() -> Iterator[str]:
    """Each word that names a medium or makes its number mean something else, beside a number."""
    west = [*words.NAMES, *words.OTHER_NAMES, *words.FOREIGN_NAMES]
    for name in west:
        yield from (f"{name} 1", f"the {name} 2 is", f"a {name} 3 cups", f"The second {name} is", f"@{name} 4,")
    for name in words.CJK_NAMES:
        yield from (f"{name}1", f"用{name}二的", f"第三张{name}", f"2枚目の{name}", f"@{name}12人")
    for word in (*words.NUMBERS, *words.CJK_NUMBERS):
        yield from (f"image {word}", f"image {word} is", f"image {word} cup", f"图{word}", f"图{word}人", f"图十{word}")
    for word in words.ORDINALS:
        yield from (
            f"the {word} image is",
            f"a {word} image is",
            f"the {word} reference image cup",
            f"the {word} image of",
        )
    for unit in words.UNITS.replace("?", "").split("|"):
        yield from (
            f"video 24 {unit}",
            f"video 24{unit}, image 2-3 {unit}",
            f"images 1 or 2 {unit}, images 1, 2 {unit}",
        )
    for unit in words.CJK_UNITS.split("|"):
        yield f"视频24{unit}"
    for sign in words.AFTER_ONE + words.AFTER_MORE:
        yield f"图片一{sign}三{sign}，图片二{sign}"
    for sign in sorted(words.BEFORE_TU | words.BEFORE_MEDIUM):
        yield f"{sign}图1走"
    for word in sorted(words.LEADS_TO | words.DETERMINERS | words.GOES_ON | words.COUNTED):
        yield from (
            f"cups {word} image 2 cups",
            f"{word} picture 2 {word} x",
            f"x {word} foto 3 {word}.",
            f"one {word}",
        )
        yield from (f"x {word} image 13 cups", f"the first image {word} x", f"{word} image one {word} x")
    for join in (
        "file",
        "clips",
        "track",
        "refs",
        "input",
        "no.",
        "nr",
        "num.",
        "number",
        "nº",
        "núm.",
        "#",
        "(",
        "[",
        "_",
        "-",
        "\\n",
    ):
        yield from (
            f"image {join} 2 is",
            f"image {join}2) is",
            f"image {join} 2] is",
            f"image{join}2",
            f"image{join}2. The",
        )
    for more in (
        "1-3",
        "1–3",
        "1 to 3",
        "1 through 3",
        "1 bis 3",
        "1, 3",
        "1, and 3",
        "1 & 3",
        "1/3",
        "1+3",
        "1 and 3",
        "1 or 3",
        "1 y 3",
        "1、3",
        "1和3",
        "1到3",
        "3-1",
        "1-13",
        "1-12",
        "1 and image 3",
        "1 to image 3",
        "1 to video 3",
        "12",
        "123",
    ):
        yield from (
            f"images {more} are",
            f"image {more} is",
            f"image {more} cups",
            f"images {more} seconds",
            f"图{more}，",
            f"@image {more}",
        )
    for end in (
        ".png",
        ".5",
        ":5",
        "x5",
        "°",
        "%",
        "0",
        "/22",
        "th",
        "-piece",
        "-the cup",
        "'s",
        "’s",
        "s",
        "of 5",
        " of 5",
        ")",
        "]",
        "",
        "\n",
        "号",
        "内",
    ):
        yield from (f"image 2{end}", f"the video 30{end} x", f"图2{end}", f"视频二{end}")
    yield from (
        "IMAGE １",
        "ｉｍａｇｅ 2",
        "图①",
        "Ímagen 2",
        "vıdeo 1",
        "x image 2",
        "ximage 2",
        "éimage 2",
        "<image 2>",
        "{image 2}",
    )


def as_line(text: str) -> str:
    """What a text names, and after `|` the places in a prompt where it cannot tell what it names by itself."""
    found = [f"{MARKS[m.certainty]}{m.kind} {m.number} `{text[m.start : m.end]}`" for m in every_mention(text)]
    unclear = []
    for place, first, last in (("first", True, False), ("last", False, True), ("within", False, False)):
        told = mentions_alone(text, first=first, last=last)
        assert told is None or told == set(literal_mentions(text))
        unclear += [place] if told is None else []
    return f"{text!r}: {', '.join(found) or '-'}{' | ' if unclear else ''}{' '.join(unclear)}\n"


def test_each_word_and_number(expect: Callable[[Path, str], None]) -> None:
    assert KINDS.keys() == {*words.NAMES, *words.OTHER_NAMES, *words.FOREIGN_NAMES, *words.CJK_NAMES}
    texts = dict.fromkeys([*word_by_word(), *(text for text, _ in corpus())])
    expect(Path(__file__).parent / "mentions.said.txt", "".join(map(as_line, texts)))
