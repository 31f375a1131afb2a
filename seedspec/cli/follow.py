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
from typing import TextIO, cast

import orjson

from seedspec.api import Options, Planned, budget_of
from seedspec.cli import shared
from seedspec.cli.app import Exit
from seedspec.cli.saying import echo
from seedspec.plan.event import Event
from seedspec.report.outcome import Outcomes
from seedspec.report.run import line, summary
from seedspec.run.disk import put
from seedspec.run.regular import check_way


@dataclass(frozen=True, slots=True)
class View:
    """How a run is wanted to be shown. `live` draws it on a terminal; `junit` names a file for a CI server."""

    form: str
    live: bool
    junit: Path | None = None


def view_of(form: str, junit: str | None, *, plain: bool) -> View:
    """A live view for a person in front of a terminal, else plain lines. Ends the command when FILE cannot be."""
    live = form == "text" and not plain and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
    if junit is not None:
        folder = Path(junit).parent
        check_way(folder)
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK):  # said before anything is bought, not after
            raise Exit(2, f"{folder}: reports cannot be written there")
    return View(form, live, Path(junit) if junit is not None else None)


def follow(
    events: Generator[Event, None, None], planned: Planned, options: Options, view: View, stopping: Callable[[], bool]
) -> None:
    """Shows the events of a run and reports what it came to. A reader that has gone away never stops the bookkeeping.

    Ends the command with the run's exit code. What is known is reported too when the run ends in trouble.
    """
    found = Outcomes(planned.plan.steps, shared.board(planned.compiled).model, planned.place.meant)
    try:
        with _shown(found, planned, options, view, stopping) as show, closing(events):
            for event in events:
                found.take(event)
                show(event)
    finally:
        _report(found, planned, options, view)
    assert found.finished is not None
    if found.finished.exit:
        raise Exit(found.finished.exit)


@contextmanager
def signals(*, quiet: bool) -> Iterator[Callable[[], bool]]:
    """The first Ctrl-C or SIGTERM asks the run to end in order; the second ends it at once.

    `quiet` leaves it to the live view to say so.
    """
    asked: list[int] = []

    def stop(number: int, frame: FrameType | None) -> None:
        if asked:
            raise KeyboardInterrupt
        asked.append(number)
        if not quiet:
            with suppress(OSError):  # the terminal may be gone
                os.write(2, b"\nseedspec: ending: nothing new is submitted, the answer under way is awaited\n")

    names = ("SIGINT", "SIGTERM", "SIGHUP")
    before = {s: signal.signal(s, stop) for s in (getattr(signal, n, None) for n in names) if s is not None}
    try:
        yield lambda: bool(asked)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def watch(frame: Callable[[int], Sequence[str]], stream: TextIO, pause: Callable[[], object]) -> None:
    """Draws a frame of at most so many lines again and again, until Ctrl-C; no terminal gets each that is new."""
    if not stream.isatty():
        shown: Sequence[str] = ()
        while True:
            if (lines := frame(sys.maxsize)) != shown:
                shared.out([*lines, ""])
                stream.flush()
                shown = lines
            pause()
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    console = Console(file=stream, highlight=False)
    with Live(console=console, auto_refresh=False) as picture:
        while True:
            lines = frame(console.height - 1)
            picture.update(Text.from_ansi("\n".join(lines), no_wrap=True, overflow="ellipsis"), refresh=True)
            pause()


@contextmanager
def _shown(
    found: Outcomes, planned: Planned, options: Options, view: View, stopping: Callable[[], bool]
) -> Iterator[Callable[[Event], None]]:
    """What shows one event."""
    if view.live:
        from rich.console import Console

        from seedspec.report.live import Monitor, live

        board = planned.compiled.board
        assert board is not None
        monitor = Monitor(
            planned.plan.steps,
            board.model.rate,
            budget=budget_of(board, options),
            slots=options.pace.in_flight,
            emulated=options.emulated,
            clock=time.monotonic,
            ending=stopping,
        )
        console = Console(file=cast(TextIO, Steady(sys.stderr)), force_terminal=True)
        with live(console, monitor) as show:
            yield show
        return
    if view.form == "jsonl":
        echo(b'{"seedspec_events":1}')
        yield lambda event: echo(orjson.dumps(found.as_json(event)))
        return

    def show_line(event: Event) -> None:
        if (said := line(event)) is not None:
            echo(said, err=True)

    yield show_line


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


def _report(found: Outcomes, planned: Planned, options: Options, view: View) -> None:
    board = planned.compiled.board
    assert board is not None
    rate = board.model.rate
    for text in summary(found, rate, emulated=options.emulated):
        echo(text, err=view.form == "jsonl")
    if view.junit is not None:
        from seedspec.report.junit import junit

        _written(view.junit, junit(found, shared.named(planned.compiled), rate), put)
    if os.environ.get("GITHUB_ACTIONS") == "true":
        from seedspec.report.github import below, commands

        for command in commands(found, below(os.environ.get("GITHUB_WORKSPACE", ""))):
            echo(command, err=True)  # read from both streams; data is on the other one
    if where := os.environ.get("GITHUB_STEP_SUMMARY"):
        from seedspec.report import markdown

        text = markdown.run(found, shared.named(planned.compiled), rate, emulated=options.emulated)
        _written(Path(where), text.encode(), _added)


def _added(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)


def _written(path: Path, data: bytes, write: Callable[[Path, bytes], None]) -> None:
    """A report that cannot be written is said, and changes nothing about what the run came to."""
    try:
        write(path, data)
    except OSError as error:
        shared.note([f"seedspec: {path}: {(error.strerror or str(error)).lower()}"])
