"""How a run is shown while it goes on and told when it is over: to a terminal, to a program, and to a CI server."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, TextIO, cast

import click
import orjson

from seedspec.api import Options, Planned, budget_of
from seedspec.cli.compiled import Mistaken, board_of, report_name
from seedspec.cli.console import colored, complain, echo, print_lines, print_notes, steady_text
from seedspec.cli.main import Exit, crash, fault
from seedspec.lock.event import Event
from seedspec.lock.run_events import RunFinished
from seedspec.project.atomic import write_output
from seedspec.project.files import check_way
from seedspec.report.outcome import End, Outcomes
from seedspec.report.run import line, summary

_VIEW = "the view of the run"
_ENDING = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


@dataclass(frozen=True, slots=True)
class View:
    """How a run is wanted to be shown. `live` draws it on a terminal; `junit` names a file for a CI server."""

    form: str
    live: bool
    junit: str | None = None


def view_of(form: str, junit: str | None, *, plain: bool) -> View:
    """A live view for a person in front of a terminal, else plain lines. Ends the command when FILE cannot be."""
    live = form == "text" and not plain and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
    if junit is not None:
        folder = Path(junit).parent
        check_way(folder)
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK):  # said before anything is bought, not after
            raise Exit(2, f"{folder}: reports cannot be written there")
    return View(form, live, junit)


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


def follow(
    events: Generator[Event, None, None], planned: Planned, options: Options, view: View, stopping: Callable[[], bool]
) -> None:
    """Shows the events of a run and reports what it came to. No reader and no view ever stops the bookkeeping.

    Ends the command with the run's exit code. What is known is reported too when the run ends in trouble.
    """
    found = Outcomes(planned.plan.steps, board_of(planned.compiled).model, planned.place.commands)
    views, finished, trouble = Views(planned.place.base), 0, None
    show = _shown(found, planned, options, view, stopping)
    try:
        with closing(events):
            views.ask(_VIEW, next, show)
            for event in events:
                if isinstance(event, RunFinished):
                    finished = event.exit
                views.ask("the account of the run", found.take, event)
                if not views.ask(_VIEW, show.send, event) and view.live:
                    views.ask("the lines of the run", _show_line, event)
    except KeyboardInterrupt:
        if not found.of(End.DOUBT):
            raise
        trouble = Ended(
            8, f"interrupted; {len(found.of(End.DOUBT))} in doubt, {found.commands.line('status')} has them"
        )
    except Exception as error:
        trouble = Ended(*fault(error, planned.place.base))
    finally:
        views.ask(_VIEW, show.close)
        _report(found, planned, options, view, views, str(trouble or ""))
    if trouble is not None:
        raise trouble
    if finished:
        raise Ended(finished)


class Ended(Exit):
    """A run that was begun and reported has ended with a code other than 0."""


@contextmanager
def explained(storyboard: str, *, markdown: bool, most: int) -> Iterator[None]:
    """What keeps a plan from being made is said as Markdown too: else an earlier plan would stay in its place."""
    try:
        yield
    except (click.ClickException, click.Abort, click.exceptions.Exit):
        raise
    except Exception as error:
        code, message = _told(error, Path(storyboard).parent)
        if markdown and code != 10:
            from seedspec.report.markdown import nothing

            if isinstance(error, Mistaken):
                echo(nothing(storyboard, "no plan", error.said, error.wrong, most=most).rstrip())
            else:
                echo(nothing(storyboard, "no plan", message, most=most).rstrip())
        raise Exit(code, message) from error


def _told(error: Exception, base: Path) -> tuple[int, str]:
    """The code and the line of a fault; on GitHub the mistakes of a storyboard are annotations at their lines."""
    if isinstance(error, Mistaken) and os.environ.get("GITHUB_ACTIONS") == "true":
        from seedspec.report.diagnostics import as_github

        echo(as_github(error.wrong).rstrip("\n").encode(), err=True)
    return fault(error, base)


@contextmanager
def reported(storyboard: str, junit: str | None) -> Iterator[None]:
    """What keeps a run from being begun stands in the reports, too: an earlier one must not pass for today's."""
    try:
        yield
    except (Ended, click.ClickException, click.Abort, click.exceptions.Exit):
        raise
    except Exception as error:
        base = Path(storyboard).parent
        code, message = _told(error, base)
        said = error.said if isinstance(error, Mistaken) else message
        views = Views(base)
        if junit is not None and _takes_report(Path(junit)):
            from seedspec.report.junit import not_begun

            views.ask("the JUnit file", _written, Path(junit), not_begun(storyboard, said), write_output)
        if where := os.environ.get("GITHUB_STEP_SUMMARY"):
            from seedspec.report.markdown import nothing

            views.ask("the job's summary", _written, Path(where), nothing(storyboard, "not run", said).encode(), _added)
        raise Exit(code, message) from error


class Stop:
    """Hears Ctrl-C, SIGTERM and SIGHUP: the first asks for an end in order, the second ends at once.

    A call says whether an end has been asked for. `quiet` leaves it to the live view to say so.
    """

    def __init__(self, *, quiet: bool) -> None:
        self.quiet = quiet
        self._asked = False

    def __call__(self) -> bool:
        return self._asked

    def hear(self, number: int, frame: FrameType | None) -> None:
        if self._asked:
            raise KeyboardInterrupt
        self._asked = True
        if not self.quiet:
            with suppress(OSError):  # the terminal may be gone
                os.write(2, b"\nseedspec: ending: nothing new is submitted, the answer under way is awaited\n")


@contextmanager
def signals(*, quiet: bool) -> Iterator[Callable[[], bool]]:
    """The first Ctrl-C or SIGTERM asks the run to end in order; the second ends it at once.

    A signal that is ignored stays so: `nohup` and background jobs of a shell were told to live on. Inside of another
    such block an end that was asked for there holds here too. `quiet` leaves it to the live view to say so.
    """
    stop = Stop(quiet=quiet)
    before: dict[signal.Signals, Any] = {}
    for number in _ENDING:
        handler = signal.getsignal(number)
        if isinstance(outer := getattr(handler, "__self__", None), Stop):
            stop = outer
        elif handler not in (signal.SIG_IGN, None):  # None: not Python's own
            before[number] = handler
    was_quiet, stop.quiet = stop.quiet, quiet
    for number in before:
        signal.signal(number, stop.hear)
    try:
        yield stop
    finally:
        stop.quiet = was_quiet
        for number, handler in before.items():
            signal.signal(number, handler)


def watch(frame: Callable[[int], Sequence[str]], stream: TextIO, pause: Callable[[], object]) -> None:
    """Draws a frame of at most so many lines again and again, until Ctrl-C; no terminal gets each that is new."""
    if not stream.isatty():
        shown: Sequence[str] = ()
        while True:
            if (lines := frame(sys.maxsize)) != shown:
                print_lines([*lines, ""])
                stream.flush()
                shown = lines
            pause()
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    console = Console(file=stream, highlight=False)
    with Live(console=console, auto_refresh=False) as picture:
        while True:
            lines = steady_text("\n".join(frame(console.height - 1)), painted=colored(stream))
            picture.update(Text.from_ansi(lines, no_wrap=True, overflow="ellipsis"), refresh=True)
            pause()


def _shown(
    found: Outcomes, planned: Planned, options: Options, view: View, stopping: Callable[[], bool]
) -> Generator[None, Event, None]:
    """What shows the events that it is sent, until it is closed."""
    if view.live:
        from rich.console import Console

        from seedspec.report.live import Monitor, live

        board = planned.compiled.board
        assert board is not None
        monitor = Monitor(
            found,
            board.model.rate,
            budget=budget_of(board, options),
            slots=options.pace.in_flight,
            emulated=options.emulated,
            clock=time.monotonic,
            ending=stopping,
        )
        console = Console(file=cast(TextIO, Steady(sys.stderr)), force_terminal=True)
        with live(console, monitor) as show:
            while True:
                show((yield))
    if view.form == "jsonl":
        echo(b'{"seedspec_events":1}')
        while True:
            echo(orjson.dumps(found.as_json((yield))))
    while True:
        _show_line((yield))


def _show_line(event: Event) -> None:
    if (said := line(event)) is not None:
        echo(said, err=True)


class Steady:
    """A text stream whose reader may go away: from then on it leads nowhere."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.encoding = stream.encoding

    def write(self, text: str) -> int:
        try:
            self._stream.write(text)
        except OSError:
            self._lose()
        return len(text)

    def flush(self) -> None:
        try:
            self._stream.flush()
        except OSError:
            self._lose()

    def isatty(self) -> bool:
        return self._stream.isatty()

    def fileno(self) -> int:
        return self._stream.fileno()

    def _lose(self) -> None:
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), self._stream.fileno())


def _report(found: Outcomes, planned: Planned, options: Options, view: View, views: Views, trouble: str) -> None:
    board = planned.compiled.board
    assert board is not None
    rate, name = board.model.rate, report_name(planned.compiled)

    def told() -> None:
        for text in summary(found, rate, emulated=options.emulated):
            echo(text, err=view.form == "jsonl")

    def for_servers(file: Path) -> None:
        from seedspec.report.junit import junit

        _written(file, junit(found, name, rate, trouble), write_output)

    def annotated() -> None:
        from seedspec.report.github import below, commands

        for command in commands(found, below(os.environ.get("GITHUB_WORKSPACE", ""))):
            echo(command.encode(), err=True)  # read from both streams; data is on the other one

    def summed_up(file: Path) -> None:
        from seedspec.report import markdown

        text = markdown.run(found, titled(planned), rate, emulated=options.emulated, trouble=trouble)
        _written(file, text.encode(), _added)

    views.ask("the summary", told)
    if view.junit is not None:
        views.ask("the JUnit file", for_servers, Path(view.junit))
    if os.environ.get("GITHUB_ACTIONS") == "true":
        views.ask("the annotations", annotated)
    if where := os.environ.get("GITHUB_STEP_SUMMARY"):
        views.ask("the job's summary", summed_up, Path(where))


def titled(planned: Planned) -> str:
    """What a report is called that may stand beside those of other storyboards: the file, and the profile."""
    profile = planned.place.profile
    return f"{planned.compiled.path} ({profile})" if profile else str(planned.compiled.path)


def _takes_report(file: Path) -> bool:
    """Whether nothing is lost where a JUnit file is written without a plan, by which it could be judged."""
    if not os.path.lexists(file):
        return file.suffix == ".xml"
    try:
        with file.open("rb") as opened:
            return b"<testsuites" in opened.read(200)
    except OSError:
        return False


def _added(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)


def _written(path: Path, data: bytes, write: Callable[[Path, bytes], None]) -> None:
    """A report that cannot be written is said, and changes nothing about what the run came to."""
    try:
        write(path, data)
    except OSError as error:
        print_notes([f"seedspec: {path}: {(error.strerror or str(error)).lower()}"])
