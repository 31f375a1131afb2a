"""How a run is shown while it goes on, to a person or a program; and the code that its command ends with."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Generator
from contextlib import closing, suppress
from pathlib import Path
from typing import TextIO, cast

import orjson

from seedspec.api import Options, Planned
from seedspec.cli.compiled import board_of
from seedspec.cli.console import echo, print_json, print_next
from seedspec.cli.main import Exit, fault
from seedspec.cli.run_reports import Ended, Views, report_end
from seedspec.lock.event import Event
from seedspec.lock.run_events import RunFinished
from seedspec.plan.command_hint import CommandHint
from seedspec.project.files import check_way
from seedspec.report.outcome import End, Outcomes
from seedspec.report.run import line
from seedspec.run.prepare import budget_of
from seedspec.text.value import valueclass

_VIEW = "the view of the run"


@valueclass(frozen=True, slots=True)
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


def follow(
    events: Generator[Event, None, None], planned: Planned, options: Options, view: View, stopping: Callable[[], bool]
) -> None:
    """Shows the events of a run and reports what it came to. No reader and no view ever stops the bookkeeping.

    Ends the command with the run's exit code. What is known is reported too when the run ends in trouble.
    """
    outcomes = Outcomes(planned.plan.steps, board_of(planned.compiled).catalog.models, planned.place.commands)
    views, finished, trouble = Views(planned.place.base), 0, None
    view_events = _event_view(outcomes, planned, options, view, stopping)
    try:
        with closing(events):
            views.ask(_VIEW, next, view_events)
            for event in events:
                if isinstance(event, RunFinished):
                    finished = event.exit
                views.ask("the account of the run", outcomes.take, event)
                if not views.ask(_VIEW, view_events.send, event) and view.live:
                    views.ask("the lines of the run", _show_line, event, outcomes.commands)
    except KeyboardInterrupt:
        if not outcomes.of(End.DOUBT):
            raise
        trouble = Ended(
            8, f"interrupted; {len(outcomes.of(End.DOUBT))} in doubt, {outcomes.commands.line('status')} has them"
        )
    except Exception as error:
        trouble = Ended(*fault(error, planned.place.base))
    finally:
        views.ask(_VIEW, view_events.close)
        report_end(
            outcomes, planned, views, str(trouble or ""),
            junit_file=view.junit, emulated=options.emulated, err=view.form != "text",
        )  # fmt: skip
    if trouble is not None:
        raise trouble
    if finished:
        raise Ended(finished)
    if view.form == "text" and outcomes.finished is not None and (outcomes.finished.saved or outcomes.finished.reused):
        views.ask("the next step", print_next, outcomes.commands.plain("review"))


def _event_view(
    outcomes: Outcomes, planned: Planned, options: Options, view: View, stopping: Callable[[], bool]
) -> Generator[None, Event, None]:
    """What shows the events that it is sent, until it is closed."""
    if view.live:
        from rich.console import Console

        from seedspec.report.live import Monitor, live

        board = planned.compiled.board
        assert board is not None
        monitor = Monitor(
            outcomes,
            board.rate,
            budget=budget_of(board, options),
            slots=options.pace.in_flight * len({e.model.provider.id for e in planned.compiled.entries}),
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
            echo(orjson.dumps(outcomes.as_json((yield))))
    if view.form == "json":
        told = []
        try:
            while True:
                told.append(outcomes.as_json((yield)))
        finally:
            print_json({"seedspec_events": 1, "events": told})
    while True:
        _show_line((yield), outcomes.commands)


def _show_line(event: Event, commands: CommandHint) -> None:
    if (text := line(event, commands)) is not None:
        echo(text, err=True)


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
