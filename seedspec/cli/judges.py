"""The judges of `measure`: read from the command line, asked one after the other, and their answers kept."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import click

from seedspec.cli.compiled import show_findings
from seedspec.cli.console import print_lines, print_notes
from seedspec.cli.main import Exit
from seedspec.cli.number import DAY, Number
from seedspec.cli.options import F
from seedspec.measures.judged import NAME, PREFIX, Answer, Judged, Judgement, union
from seedspec.project.judge_questions import Question
from seedspec.project.judged_file import add_judgement, read_judged, write_judged
from seedspec.project.judging import Judge, NoAnswer, NoProgram
from seedspec.project.names import judgements_of
from seedspec.report import measures as shown
from seedspec.run.loop import now
from seedspec.run.store.lock_file import hold
from seedspec.text.diagnostic import Problems

_PATIENCE = 10.0
"""Seconds to wait for another command that writes the same file."""
_SHOWN = 5
"""Videos that are named of those that a judge gave no answer about."""


class Named(NamedTuple):
    """A judge by its name, and the words of its command."""

    name: str
    command: tuple[str, ...]


class _JudgeParam(click.ParamType[Named]):
    name = "judge"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Named:
        name, is_there, command = str(value).partition("=")
        if not is_there:
            self.fail(f"found `{value}`, expected NAME=COMMAND, such as look='python judge.py'", param, ctx)
        if not NAME.fullmatch(name):
            self.fail(f"found the name `{name}`, expected a letter, then letters, digits, `_` and `-`", param, ctx)
        try:
            words = tuple(shlex.split(command))
        except ValueError as error:
            self.fail(f"the command of `{name}` cannot be split into words: {str(error).lower()}", param, ctx)
        if not words or not words[0]:
            self.fail(f"`{name}` has no command; expected one, such as {name}='python judge.py'", param, ctx)
        return Named(name, words)


def judge_options(function: F) -> F:
    """--judge and its time-out. No variable of the environment gives a command, for it is a program to run."""
    judge = click.option(
        "--judge", "judges", multiple=True, type=_JudgeParam(), metavar="NAME=COMMAND", allow_from_autoenv=False,
        help="Ask a program of your own about each video; may be repeated. docs/measures.md says what it gets.",
    )  # fmt: skip
    seconds = click.option(
        "--judge-timeout", type=Number(0.1, DAY), metavar="SECONDS", default=120, show_default=True,
        help="How long a judge may take for one video.",
    )  # fmt: skip
    return judge(seconds(function))


def check_judges(judges: Sequence[Named]) -> None:
    """Ends the command for two judges of one name."""
    names = [judge.name for judge in judges]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise Exit(2, f"--judge `{twice}` stands twice; each judge needs a name of its own")


def ask_judges(lock: Path, judges: Sequence[Named], asked: Sequence[Question], seconds: float, *, text: bool) -> bool:
    """Asks each judge about each video that it has not answered about, and keeps the answers as they come.

    Says what became of them, and returns whether there is an answer of each judge about each video. Ends the command
    for a file of answers that cannot be read whole, for it is written anew.
    """
    with hold(judgements_of(lock), wait=_PATIENCE):
        problems = Problems()
        judged = read_judged(lock, problems)
        show_findings(problems)
        if len(problems):
            raise Exit(3, f"`{judgements_of(lock)}` gets the new answers, so everything in it must be readable")
        write_judged(lock, judged)
        whole = True
        for judge in judges:
            left = [q for q in asked if judge.name not in judged.of(q.sha256)]
            found = _ask(lock, judge, left, judged, seconds, text=text)
            judged, whole = found.judged, whole and not found.unanswered and not found.wrong
            _tell(judge.name, found, len(left), len(asked) - len(left))
        return whole


class _Asked(NamedTuple):
    """What is judged after one judge was asked; what it gave no answer about, with the reason; how it ended badly."""

    judged: Judged
    unanswered: list[tuple[str, str]]
    wrong: str


def _ask(lock: Path, named: Named, left: Sequence[Question], judged: Judged, seconds: float, *, text: bool) -> _Asked:
    answers, unanswered, wrong = list[tuple[str, Judgement]](), list[tuple[str, str]](), ""
    judge = Judge(named.command, seconds, lambda line: print_notes([f"{named.name}: {line}"]))
    try:
        for number, question in enumerate(left, 1):
            address = question.entries[0]
            try:
                answer = _answer(judge, named, question)
            except NoAnswer as error:
                unanswered.append((address, str(error)))
                said = f"{PREFIX}{named.name} not judged: {error}"
            else:
                new = Judgement(question.sha256, named.name, answer, now().utc.strftime("%Y-%m-%dT%H:%M:%SZ"))
                add_judgement(lock, new)
                answers.append((address, new))
                said = shown.show_judgement(named.name, answer)
            if text:
                print_lines([f"[{number}/{len(left)}] {address}: {said}"])
        ending = judge.close()
        wrong, at = ending.wrong, len(answers) - ending.taken_back
        unanswered += [(address, "its answer is not believed") for address, _ in answers[at:]]
        del answers[at:]
    except NoProgram as error:
        raise Exit(2, f"--judge {named.name}: {error}") from None
    finally:
        judge.end()
        known = (found for of in judged.by_video.values() for found in of.values())
        judged = union([*known, *(new for _, new in answers)])
        write_judged(lock, judged)
    return _Asked(judged, unanswered, wrong)


def _answer(judge: Judge, named: Named, question: Question) -> Answer:
    if not question.is_whole():
        raise NoAnswer("its file is not the video that was saved")
    return judge.ask(question.line(named.name))


def _tell(name: str, found: _Asked, asked: int, before: int) -> None:
    lines = [f"{name}: {address}: {why}" for address, why in found.unanswered[:_SHOWN]]
    if (more := len(found.unanswered) - _SHOWN) > 0:
        lines.append(f"{name}: {more} more")
    lines += [f"{name}: {found.wrong}"] if found.wrong else []
    said = [f"{asked - len(found.unanswered)} judged", *([f"{before} judged before"] if before else [])]
    said += [f"{len(found.unanswered)} not judged"] if found.unanswered else []
    print_notes([*lines, f"{name}: {', '.join(said)}"])
