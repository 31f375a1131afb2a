"""What judges say, as lines: a line is a judgement or is refused; those of two branches are joined in any order."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedspec.measures.judged import (
    LONGEST_WHY,
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


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"0.5",
        b"[0.5]",
        b"score: 0.5",
        b'{"score": 0.5',
        b"{}",
        b'{"score": "0.5"}',
        b'{"score": true}',
        b'{"score": NaN}',
        b'{"score": Infinity}',
        b'{"score": -Infinity}',
        b'{"score": 1e999}',
        b'{"score": 1' + b"0" * 400 + b"}",
        b'{"score": 1' + b"0" * 9000 + b"}",
        b'{"score": 1, "pass": "yes"}',
        b'{"score": 1, "pass": 1}',
        b'{"score": 1, "why": ["dark"]}',
        b'\xff{"score": 1}',
        b'{"score": ' + b"[" * 50_000,
    ],
)
def test_what_is_no_answer_is_refused(line: bytes) -> None:
    with pytest.raises(NoJudgement):
        answer_in(line)


def test_an_answer_may_say_little_or_much() -> None:
    assert answer_in(b' {"score": 3, "more": {"a": 1}} \r') == Answer(3.0)
    assert answer_in(b'{"score": -0.5, "pass": false, "why": " too\\n\\u2028dark\\u001b[31m "}') == Answer(
        -0.5, False, "too dark\x1b[31m"
    )
    assert answer_in(b'{"score": 1, "pass": null, "why": "half \\ud83d"}').why == "half ?"
    assert len(answer_in(json.dumps({"score": 1, "why": "x" * 50_000}).encode()).why) == LONGEST_WHY
    with pytest.raises(NoScore, match=r"^no server$"):
        answer_in(b'{"score": null, "why": "no\\nserver"}')


@pytest.mark.parametrize(
    "changed",
    [
        {"video": "A" * 64}, {"video": "../../x"}, {"video": None}, {"judge": "../x"}, {"judge": "a b"}, {"judge": ""},
        {"judge": "x" * 41}, {"judge": 7}, {"at": "yesterday"}, {"at": None}, {"score": None}, {"score": "1"},
        {"prompt": "x"}, {"pass": "no"}, {"why": 1},
    ],
)  # fmt: skip
def test_a_line_that_nobody_wrote_is_refused(changed: dict[str, Any]) -> None:
    judgement_in(json.dumps(SOUND).encode())
    with pytest.raises(NoJudgement):
        judgement_in(json.dumps(SOUND | changed).encode())
