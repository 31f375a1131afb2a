"""What programs of one's own say of saved videos, as values: a score by judge and video, read from lines of JSON."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

PREFIX = "judge."
"""What the name of a judge has before it wherever measures are named."""

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,39}")
"""The name of a judge, without the prefix."""

LONGEST_WHY = 1000
"""Characters that are kept of a reason."""

_DIGEST = re.compile(r"[0-9a-f]{64}")
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
_KEYS = frozenset(("at", "judge", "pass", "score", "video", "why"))


class NoJudgement(ValueError):
    """A line that is no answer of a judge, or no line of the file of them; the message is a reason in words."""


class NoScore(NoJudgement):
    """A judge says itself that it has no score for a video; the message is its reason."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a judge says of a video. `passed` is its own word, None where it gives none; `why` is one line."""

    score: float
    passed: bool | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Judgement:
    """An answer with what it is about. `video` is the sha256 of the video, `at` the time of the answer in UTC."""

    video: str
    judge: str
    answer: Answer
    at: str


@dataclass(frozen=True, slots=True)
class Judged:
    """All that judges have said, by video and by judge: one answer each."""

    by_video: Mapping[str, Mapping[str, Judgement]] = field(default_factory=dict)

    def of(self, video: str) -> Mapping[str, Judgement]:
        """What judges say of a video, by their names in order."""
        return self.by_video.get(video, {})

    def scores(self, video: str) -> dict[str, float]:
        """The scores of a video as measures: `judge.NAME`."""
        return {f"{PREFIX}{name}": found.answer.score for name, found in self.of(video).items()}


NOBODY = Judged()
"""What is said where no judge was asked."""


def union(found: Iterable[Judgement]) -> Judged:
    """Judgements in any order, each judge's last one of a video; two of one second are told apart by their text."""
    last: dict[tuple[str, str], Judgement] = {}
    for new in found:
        known = last.setdefault((new.video, new.judge), new)
        if (known.at, line_of(known)) < (new.at, line_of(new)):
            last[new.video, new.judge] = new
    by_video: dict[str, dict[str, Judgement]] = {}
    for video, judge in sorted(last):
        by_video.setdefault(video, {})[judge] = last[video, judge]
    return Judged(by_video)


def line_of(found: Judgement) -> str:
    """A judgement as one line of the file, without its end."""
    answer = found.answer
    values: dict[str, Any] = {"video": found.video, "judge": found.judge, "score": answer.score}
    values |= {} if answer.passed is None else {"pass": answer.passed}
    values |= {"why": answer.why} if answer.why else {}
    return json.dumps(values | {"at": found.at}, ensure_ascii=True)


def serialise(judged: Judged) -> bytes:
    """The whole file, by video and judge: the same judgements are the same bytes."""
    return "".join(f"{line_of(j)}\n" for of in judged.by_video.values() for j in of.values()).encode()


def judgement_in(line: bytes) -> Judgement:
    """The judgement in a line of the file. Raises NoJudgement."""
    values = _mapping(line)
    if unknown := sorted(values.keys() - _KEYS):
        raise NoJudgement(f"`{unknown[0][:40]}` is no key of a judgement")
    video, judge, at = (values.get(key) for key in ("video", "judge", "at"))
    if not (isinstance(video, str) and _DIGEST.fullmatch(video)):
        raise NoJudgement("`video` is no SHA-256")
    if not (isinstance(judge, str) and NAME.fullmatch(judge)):
        raise NoJudgement("`judge` is no name of a judge")
    if not (isinstance(at, str) and _TIME.fullmatch(at)):
        raise NoJudgement("`at` is no time such as 2026-11-28T10:00:00Z")
    return Judgement(video, judge, _answer(values), at)


def answer_in(line: bytes) -> Answer:
    """The answer in a line that a judge has printed; keys that nobody knows are its own matter.

    Raises NoJudgement, and NoScore where the score is null.
    """
    values = _mapping(line)
    if "score" in values and values["score"] is None:
        why = values.get("why")
        raise NoScore(_one_line(why) if isinstance(why, str) else "")
    return _answer(values)


def _mapping(line: bytes) -> dict[str, Any]:
    try:
        found = json.loads(line.decode())
    except (ValueError, RecursionError):  # also bytes that are no UTF-8, and numbers of too many digits
        raise NoJudgement("the line is no JSON") from None
    if not isinstance(found, dict):
        raise NoJudgement("the line is no JSON object")
    return found


def _answer(values: Mapping[str, Any]) -> Answer:
    score, passed, why = values.get("score"), values.get("pass"), values.get("why")
    if isinstance(score, bool) or not isinstance(score, int | float) or not _is_finite(score):
        raise NoJudgement("`score` is no number" if "score" in values else "it has no `score`")
    if passed is not None and not isinstance(passed, bool):
        raise NoJudgement("`pass` is neither true nor false")
    if why is not None and not isinstance(why, str):
        raise NoJudgement("`why` is no text")
    return Answer(float(score), passed, _one_line(why or ""))


def _is_finite(score: float) -> bool:
    try:
        return math.isfinite(score)
    except OverflowError:
        return False


def _one_line(why: str) -> str:
    """A reason on one line, in characters that every file may hold: half a surrogate pair is none."""
    line = " ".join(why[: 4 * LONGEST_WHY].encode("utf-8", "replace").decode().split())
    return line if len(line) <= LONGEST_WHY else line[: LONGEST_WHY - 1] + "…"
