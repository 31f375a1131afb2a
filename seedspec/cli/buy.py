"""Commands that meet the lock: plan, run, status and fetch."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any

import click
import orjson

from seedspec.api import Options, Planned, budget_of, plan, run
from seedspec.cli import shared
from seedspec.cli.app import Exit
from seedspec.plan.event import Event, RunFinished
from seedspec.plan.event import as_json as event_json
from seedspec.plan.plan import BUYS, Action
from seedspec.report import plan as plans
from seedspec.report.run import Summary, line
from seedspec.run.job import Pace

_EMULATED = Pace(submit_every=0.0, poll=0.5, poll_most=5.0, wait=0.2, wait_most=5.0, again_after=0.5)


def _plan_options(function: shared.F) -> shared.F:
    retry = click.option("--retry-failed", is_flag=True, help="Buy again what failed, where the failure allows it.")
    emulator = click.option("--emulator", is_flag=True, help="With the emulator's lock and folder, not the paid ones.")
    return shared.storyboard(shared.selectors(retry(emulator(function))))


@click.command("plan")
@_plan_options
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--exit-code", is_flag=True, help="Exit 10 when there is something to buy.")
def plan_command(storyboard: str, form: str, *, exit_code: bool, **given: Any) -> None:
    """Show what a run would do with each entry, why, and what it would cost. Touches no network, writes nothing.

    \b
    +  buy           ~  buy, changed since     >  in flight, follow     v  made, fetch
    =  done          !  failed or held         ?  in doubt, settle      -  in the lock only

    \b
    Examples:
      seedspec plan
      seedspec plan --select look=noir --exit-code
    """
    options = _options(**given)
    planned = plan(storyboard, options, shared.compiled(storyboard))
    _show(planned, options, form)
    if exit_code and planned.plan.buys:
        raise Exit(10)


@click.command("run")
@_plan_options
@click.option("--yes", "-y", is_flag=True, help="Buy without asking; a terminal asks otherwise.")
@click.option("--max-usd", type=click.FloatRange(min=0), help="Ceiling for this run, in dollars.")
@click.option("--max-credits", type=click.FloatRange(min=0), help="Ceiling for this run, in credits.")
@click.option("--in-flight", type=click.IntRange(1, 1000), help="Tasks at the service at one time.")
@click.option("--poll-interval", type=click.FloatRange(min=0.1), help="Seconds between two reads of a task, at first.")
@click.option("--submit-rate", type=click.FloatRange(min=0.001), help="Paid requests a second, at most.")
@click.option("--format", "form", type=click.Choice(["text", "jsonl"]), default="text", show_default=True)
@click.option("--emulator-seconds", type=float, default=2.0, show_default=True, help="How long an emulated task takes.")
@click.option("--fault", multiple=True, metavar="FAULT", help="A fault for the emulator; `seedspec emulator --help`.")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the emulator's faults.")
def run_command(
    storyboard: str,
    form: str,
    fault: tuple[str, ...],
    emulator_seconds: float,
    seed: int,
    *,
    yes: bool,
    **given: Any,
) -> None:
    """Buy what is new, follow what is running, save what is finished. What is done is left alone.

    \b
    Examples:
      seedspec run --emulator
      seedspec run --max-usd 15 --yes
      seedspec run --select take=1 --format jsonl > events.jsonl
    """
    options = _options(**given)
    _go(storyboard, options, form, ask=not yes, arguments=_emulator_arguments(emulator_seconds, fault, seed))


@click.command("fetch")
@_plan_options
@click.option("--format", "form", type=click.Choice(["text", "jsonl"]), default="text", show_default=True)
def fetch_command(storyboard: str, form: str, **given: Any) -> None:
    """Follow and save what was bought; buy nothing.

    \b
    Examples:
      seedspec fetch
      seedspec fetch --select open
    """
    _go(storyboard, _options(**given, submit=False), form, ask=False, arguments=_emulator_arguments(2.0, (), 0))


@click.command("status")
@_plan_options
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def status_command(storyboard: str, form: str, **given: Any) -> None:
    """Show where every entry stands, from the lock. Touches no network, writes nothing.

    \b
    Examples:
      seedspec status
      seedspec status --select state:doubt --format json
    """
    options = _options(**given)
    planned = plan(storyboard, options, shared.compiled(storyboard))
    if form == "json":
        _show(planned, options, form)
    else:
        _text(planned, options, unbought=False)
    if planned.plan.count(Action.DOUBT):
        raise Exit(8)


def _go(storyboard: str, options: Options, form: str, *, ask: bool, arguments: Sequence[str]) -> None:
    made = shared.compiled(storyboard)
    planned = plan(storyboard, options, made)
    if options.submit and planned.plan.buys and form == "text":
        _text(planned, options, unbought=True, stream_error=True)
        if ask and not options.emulated and sys.stdin.isatty() and sys.stderr.isatty():
            click.confirm("Buy?", abort=True, err=True)
    with _environment(planned, options, arguments) as environ, _signals() as stopping:
        events = run(storyboard, options, environ=environ, compiled=made, stopping=stopping)
        _follow(events, planned, options, form)


def _follow(events: Iterator[Event], planned: Planned, options: Options, form: str) -> None:
    """Shows the events of a run. A reader that has gone away never stops the bookkeeping."""
    board = planned.compiled.board
    assert board is not None
    summary = Summary(board.model.rate, options.emulated, {s.fp: i for i, s in enumerate(planned.plan.steps)})
    finished: RunFinished | None = None
    gone = False

    def show(text: str | bytes, *, err: bool) -> None:
        nonlocal gone
        if not gone:
            try:
                click.echo(text, err=err)
            except (BrokenPipeError, OSError):
                gone = True

    if form == "jsonl":
        show(b'{"seedspec_events":1}', err=False)
    for event in events:
        summary.take(event)
        if form == "jsonl":
            show(orjson.dumps(event_json(event)), err=False)
        elif (said := line(event)) is not None:
            show(said, err=True)
        if isinstance(event, RunFinished):
            finished = event
    assert finished is not None
    for text in summary.lines():
        show(text, err=form == "jsonl")
    if finished.exit:
        raise Exit(finished.exit)


@contextmanager
def _environment(planned: Planned, options: Options, arguments: Sequence[str]) -> Iterator[Mapping[str, str]]:
    """The process's environment, or the emulator's addresses and a key that is good there alone."""
    if not options.emulated or not _needs_service(planned, options):
        yield {**os.environ, "EVOLINK_API_KEY": "emulator"} if options.emulated else os.environ
        return
    board = planned.compiled.board
    assert board is not None
    try:
        from seedspec.emulator.process import EmulatorError, child
    except ImportError:
        raise Exit(2, "the emulator needs more packages: pip install 'seedspec[emulator]'") from None
    from seedspec.run.disk import state_folder

    folder = state_folder(planned.place.base) / f"{planned.place.lock.stem}"
    try:
        with child(["--folder", str(folder), *arguments]) as addresses:
            origins = board.model.provider.document["origins"]
            yield {
                **os.environ,
                board.model.provider.document["auth"]["variable"]: "emulator",
                origins["api"]["variable"]: addresses.api,
                origins["files"]["variable"]: addresses.files,
            }
    except EmulatorError as error:
        raise Exit(2, str(error)) from None


def _needs_service(planned: Planned, options: Options) -> bool:
    asked = {Action.RESUME, Action.FETCH} | (BUYS if options.submit else frozenset())
    return any(s.action in asked for s in planned.plan.steps)


@contextmanager
def _signals() -> Iterator[Callable[[], bool]]:
    """The first Ctrl-C or SIGTERM asks the run to end in order; the second ends it at once."""
    asked: list[int] = []

    def stop(number: int, frame: FrameType | None) -> None:
        if asked:
            raise KeyboardInterrupt
        asked.append(number)
        os.write(2, b"\nseedspec: ending: nothing new is submitted, the answer under way is awaited\n")

    before = {s: signal.signal(s, stop) for s in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: bool(asked)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _show(planned: Planned, options: Options, form: str) -> None:
    board = planned.compiled.board
    assert board is not None
    if form == "json":
        click.echo(orjson.dumps(plans.as_json(planned.plan, board.model.rate), option=orjson.OPT_INDENT_2))
    else:
        _text(planned, options, unbought=True)


def _text(planned: Planned, options: Options, *, unbought: bool, stream_error: bool = False) -> None:
    board, made = planned.compiled.board, planned.compiled
    assert board is not None
    stream = sys.stderr if stream_error else sys.stdout
    write = shared.note if stream_error else shared.out
    write([f"{board.name}  {board.model.id}"])
    if unbought:
        write(plans.counted(made.rows, made.counts))
    write(["", *plans.steps(planned.plan, board.model.rate, color=shared.colored(stream)), ""])
    write(plans.totals(planned.plan, board.model.rate, budget_of(board, options)))


def _options(
    *, emulator: bool, max_usd: float | None = None, max_credits: float | None = None,
    in_flight: int | None = None, poll_interval: float | None = None, submit_rate: float | None = None,
    **rest: Any,
) -> Options:  # fmt: skip
    pace = _EMULATED if emulator else Pace()
    pace = Pace(
        **{
            **{name: getattr(pace, name) for name in Pace.__slots__},
            **({"in_flight": in_flight} if in_flight else {}),
            **({"poll": poll_interval, "poll_most": max(poll_interval, pace.poll_most)} if poll_interval else {}),
            **({"submit_every": 1 / submit_rate} if submit_rate else {}),
        }
    )
    return Options(**rest, emulated=emulator, pace=pace, max_usd=max_usd, max_credits=max_credits)


def _emulator_arguments(seconds: float, faults: Sequence[str], seed: int) -> list[str]:
    return ["--seconds", str(seconds), "--seed", str(seed), *(part for f in faults for part in ("--fault", f))]
