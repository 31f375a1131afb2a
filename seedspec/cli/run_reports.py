"""What is left of a run for people and CI servers: its summary, JUnit, annotations, the job's page; also of none."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from seedspec.api import Planned
from seedspec.cli.compiled import Mistaken, report_name
from seedspec.cli.console import complain, echo, print_notes
from seedspec.cli.main import Exit, crash, fault
from seedspec.project.atomic import write_output
from seedspec.report.outcome import Outcomes
from seedspec.report.run import summary


class Views:
    """What is told of a run. A view that raises is dropped and said once: the run, and its exit code, are its own."""

    def __init__(self, base: Path) -> None:
        self._base = base
        self._dropped: set[str] = set()

    def ask(self, name: str, act: Callable[..., object], *given: object) -> bool:
        """Lets a view do something, unless it was dropped; whether that went well."""
        if name in self._dropped:
            return False
        try:
            act(*given)
        except Exception as error:
            self._dropped.add(name)
            complain(f"{name} failed and is left out, nothing else changes: {crash(error, self._base)}")
            return False
        return True


class Ended(Exit):
    """A run that was begun and reported has ended with a code other than 0."""


def report_end(
    outcomes: Outcomes,
    planned: Planned,
    views: Views,
    trouble: str,
    *,
    junit_file: str | None,
    emulated: bool,
    err: bool,
) -> None:
    """What a run came to: its summary, on standard error where `err`, and what CI servers read of it."""
    board = planned.compiled.board
    assert board is not None
    rate, name = board.rate, report_name(planned.compiled)

    def print_summary() -> None:
        for text in summary(outcomes, rate, emulated=emulated):
            echo(text, err=err)

    def write_junit(file: Path) -> None:
        from seedspec.report.junit import junit

        _write(file, junit(outcomes, name, rate, trouble), write_output)

    def print_annotations() -> None:
        from seedspec.report.github import below, commands

        for command in commands(outcomes, below(os.environ.get("GITHUB_WORKSPACE", ""))):
            echo(command.encode(), err=True)  # read from both streams; data is on the other one

    def add_summary(file: Path) -> None:
        from seedspec.report import markdown

        text = markdown.run(outcomes, report_title(planned), rate, emulated=emulated, trouble=trouble)
        _write(file, text.encode(), _append)

    views.ask("the summary", print_summary)
    if junit_file is not None:
        views.ask("the JUnit file", write_junit, Path(junit_file))
    if os.environ.get("GITHUB_ACTIONS") == "true":
        views.ask("the annotations", print_annotations)
    if where := os.environ.get("GITHUB_STEP_SUMMARY"):
        views.ask("the job's summary", add_summary, Path(where))


@contextmanager
def report_unplanned(storyboard: str, *, markdown: bool, most: int) -> Iterator[None]:
    """What keeps a plan from being made is said as Markdown too: else an earlier plan would stay in its place."""
    try:
        yield
    except (click.ClickException, click.Abort, click.exceptions.Exit):
        raise
    except Exception as error:
        code, message = _print_fault(error, Path(storyboard).parent)
        if markdown and code != 10:
            from seedspec.report.markdown import nothing

            if isinstance(error, Mistaken):
                echo(nothing(storyboard, "no plan", error.summary, error.errors, most=most).rstrip())
            else:
                echo(nothing(storyboard, "no plan", message, most=most).rstrip())
        raise Exit(code, message) from error


@contextmanager
def report_unstarted(storyboard: str, junit: str | None) -> Iterator[None]:
    """What keeps a run from being begun stands in the reports, too: an earlier one must not pass for today's."""
    try:
        yield
    except (Ended, click.ClickException, click.Abort, click.exceptions.Exit):
        raise
    except Exception as error:
        base = Path(storyboard).parent
        code, message = _print_fault(error, base)
        why = error.summary if isinstance(error, Mistaken) else message
        views = Views(base)
        if junit is not None and _takes_report(Path(junit)):
            from seedspec.report.junit import not_begun

            views.ask("the JUnit file", _write, Path(junit), not_begun(storyboard, why), write_output)
        if where := os.environ.get("GITHUB_STEP_SUMMARY"):
            from seedspec.report.markdown import nothing

            views.ask("the job's summary", _write, Path(where), nothing(storyboard, "not run", why).encode(), _append)
        raise Exit(code, message) from error


def report_title(planned: Planned) -> str:
    """What a report is called that may stand beside those of other storyboards: the file, and the profile."""
    profile = planned.place.profile
    return f"{planned.compiled.path} ({profile})" if profile else str(planned.compiled.path)


def _print_fault(error: Exception, base: Path) -> tuple[int, str]:
    """The code and the line of a fault; on GitHub the mistakes of a storyboard are annotations at their lines."""
    if isinstance(error, Mistaken) and os.environ.get("GITHUB_ACTIONS") == "true":
        from seedspec.report.diagnostics import as_github

        echo(as_github(error.errors).rstrip("\n").encode(), err=True)
    return fault(error, base)


def _takes_report(file: Path) -> bool:
    """Whether nothing is lost where a JUnit file is written without a plan, by which it could be judged."""
    if not os.path.lexists(file):
        return file.suffix == ".xml"
    try:
        with file.open("rb") as opened:
            return b"<testsuites" in opened.read(200)
    except OSError:
        return False


def _append(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)


def _write(path: Path, data: bytes, write: Callable[[Path, bytes], None]) -> None:
    """A report that cannot be written is said, and changes nothing about what the run came to."""
    try:
        write(path, data)
    except OSError as error:
        print_notes([f"seedspec: {path}: {(error.strerror or str(error)).lower()}"])
