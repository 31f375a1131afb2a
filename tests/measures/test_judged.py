"""What judges say, as lines: a line is a judgement or is refused; those of two branches are joined in any order."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedspec.measures.judged import (
    LONGEST_WHY,
    NOBODY,
    Answer,
    Judged,
    Judgement,
    NoJudgement,
    NoScore,
    answer_in,
    judgement_in,
    line_of,
    serialise,
    union,
)

SOUND = {"video": "a" * 64, "judge": "look", "score": 0.5, "at": "2026-11-28T10:00:00Z"}

texts = st.text(st.sampled_from('ab \n\t"\\\x1b\u2028茶😀'), max_size=12)
judgements = st.builds(
    Judgement,
    st.sampled_from(["a" * 64, "b" * 64, "0" * 64]),
    st.sampled_from(["look", "Cup-2", "b_c"]),
    st.builds(
        Answer,
        st.floats(allow_nan=False, allow_infinity=False),
        st.sampled_from([None, True, False]),
        texts.map(lambda text: " ".join(text.split())),
    ),
    st.sampled_from(["2026-11-28T10:00:00Z", "2026-11-28T10:00:01Z"]),
)


def listed(found: Judged) -> list[Judgement]:
    return [one for of in found.by_video.values() for one in of.values()]


@given(judgements)
def test_a_line_is_read_as_it_was_written(one: Judgement) -> None:
    line = line_of(one)
    assert "\n" not in line and line.isascii() and line.isprintable()
    assert judgement_in(line.encode()) == one


@given(st.lists(judgements), st.lists(judgements))
def test_two_branches_are_joined_in_any_order(ours: list[Judgement], theirs: list[Judgement]) -> None:
    joined = union([*ours, *theirs])
    assert serialise(joined) == serialise(union([*theirs, *ours])) == serialise(union(listed(joined)))
    assert {(j.video, j.judge) for j in listed(joined)} == {(j.video, j.judge) for j in (*ours, *theirs)}
    for one in listed(joined):
        assert one.at == max(j.at for j in (*ours, *theirs) if (j.video, j.judge) == (one.video, one.judge))
    lines = serialise(joined).decode().splitlines()
    assert lines == sorted(lines, key=lambda line: (json.loads(line)["video"], json.loads(line)["judge"]))


NO_JSON, NO_NUMBER = "the line is no JSON", "`score` is no number"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b"", NO_JSON),
        (b"0.5", "the line is no JSON object"),
        (b"[0.5]", "the line is no JSON object"),
        (b"score: 0.5", NO_JSON),
        (b'{"score": 0.5', NO_JSON),
        (b"{}", "it has no `score`"),
        (b'{"score": "0.5"}', NO_NUMBER),
        (b'{"score": true}', NO_NUMBER),
        (b'{"score": NaN}', NO_NUMBER),
        (b'{"score": Infinity}', NO_NUMBER),
        (b'{"score": -Infinity}', NO_NUMBER),
        (b'{"score": 1e999}', NO_NUMBER),
        (b'{"score": 1' + b"0" * 400 + b"}", NO_NUMBER),
        (b'{"score": 1' + b"0" * 9000 + b"}", NO_JSON),
        (b'{"score": 1, "pass": "yes"}', "`pass` is neither true nor false"),
        (b'{"score": 1, "pass": 1}', "`pass` is neither true nor false"),
        (b'{"score": 1, "why": ["dark"]}', "`why` is no text"),
        (b'\xff{"score": 1}', NO_JSON),
        (b'{"score": ' + b"[" * 50_000, NO_JSON),
    ],
)
def test_what_is_no_answer_is_refused(line: bytes, said: str) -> None:
    with pytest.raises(NoJudgement) as told:
        answer_in(line)
    assert str(told.value) == said and not isinstance(told.value, NoScore)


def test_an_answer_may_say_little_or_much() -> None:
    assert answer_in(b' {"score": 3, "more": {"a": 1}} \r') == Answer(3.0)
    assert answer_in(b'{"score": -0.5, "pass": false, "why": " too\\n\\u2028dark\\u001b[31m "}') == Answer(
        -0.5, False, "too dark\x1b[31m"
    )
    assert answer_in(b'{"score": 1, "pass": null, "why": "half \\ud83d"}').why == "half ?"
    assert len(answer_in(json.dumps({"score": 1, "why": "x" * 50_000}).encode()).why) == LONGEST_WHY
    with pytest.raises(NoScore, match=r"^no server$"):
        answer_in(b'{"score": null, "why": "no\\nserver"}')


VIDEO, JUDGE = "`video` is no SHA-256", "`judge` is no name of a judge"
AT = "`at` is no time such as 2026-11-28T10:00:00Z"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"video": "A" * 64}, VIDEO), ({"video": "../../x"}, VIDEO), ({"video": None}, VIDEO), ({"video": 7}, VIDEO),
        ({"judge": "../x"}, JUDGE), ({"judge": "a b"}, JUDGE), ({"judge": ""}, JUDGE), ({"judge": "x" * 41}, JUDGE),
        ({"judge": "-x"}, JUDGE), ({"judge": 7}, JUDGE), ({"at": "yesterday"}, AT), ({"at": None}, AT),
        ({"at": "2026-11-28T10:00:00"}, AT), ({"score": None}, NO_NUMBER), ({"score": "1"}, NO_NUMBER),
        ({"prompt": "x"}, "`prompt` is no key of a judgement"), ({"b": 1, "a": 1}, "`a` is no key of a judgement"),
        ({"x" * 41: 1}, f"`{'x' * 40}` is no key of a judgement"), ({"pass": "no"}, "`pass` is neither true nor false"),
        ({"why": 1}, "`why` is no text"),
    ],
)  # fmt: skip
def test_a_line_that_nobody_wrote_is_refused(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(NoJudgement) as told:
        judgement_in(json.dumps(SOUND | changed).encode())
    assert str(told.value) == said


def test_a_line_has_its_keys_in_order_and_none_that_says_nothing() -> None:
    bare = Judgement("a" * 64, "x" * 40, Answer(3.0), "2026-11-28T10:00:00Z")
    text = f'{{"video": "{"a" * 64}", "judge": "{"x" * 40}", "score": 3.0'
    assert line_of(bare) == f'{text}, "at": "2026-11-28T10:00:00Z"}}'
    full = Judgement("a" * 64, "x" * 40, Answer(3.0, False, "茶"), "2026-11-28T10:00:00Z")
    assert line_of(full) == f'{text}, "pass": false, "why": "\\u8336", "at": "2026-11-28T10:00:00Z"}}'
    assert [judgement_in(line_of(one).encode()) for one in (bare, full)] == [bare, full]
    other = Judgement("b" * 64, "look", Answer(1.0), "2026-11-28T10:00:00Z")
    assert serialise(union([other, full])) == f"{line_of(full)}\n{line_of(other)}\n".encode()


@pytest.mark.parametrize(
    ("why", "kept"),
    [
        ("x" * LONGEST_WHY, "x" * LONGEST_WHY),
        ("x" * (LONGEST_WHY + 1), "x" * (LONGEST_WHY - 1) + "…"),
        (" " * (4 * LONGEST_WHY - 1) + "yz", "y"),  # no more than so much is looked at
    ],
)
def test_a_reason_has_a_bound(why: str, kept: str) -> None:
    assert answer_in(json.dumps({"score": 1, "why": why}).encode()).why == kept
    with pytest.raises(NoScore) as told:
        answer_in(json.dumps({"score": None, "why": why}).encode())
    assert str(told.value) == kept
    with pytest.raises(NoScore, match=r"^$"):
        answer_in(b'{"score": null, "why": 7}')


def test_each_judge_has_one_answer_of_a_video_and_its_scores_are_measures() -> None:
    def said(score: float, judge: str = "look", second: int = 0, **more: Any) -> Judgement:
        return Judgement("a" * 64, judge, Answer(score, **more), f"2026-11-28T10:00:0{second}Z")

    found = union([said(0.5, second=1), said(0.25), said(1.0, "cup", 1), said(2.0, "cup", 1)])
    assert found.scores("a" * 64) == {"judge.cup": 2.0, "judge.look": 0.5}
    assert [*found.of("a" * 64)] == ["cup", "look"]
    assert found.scores("b" * 64) == {} and union([]) == NOBODY == Judged()
