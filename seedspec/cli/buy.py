"""Commands that meet the lock: plan, run, status and fetch."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import click
import orjson

from seedspec.api import Options, Planned, budget_of, plan, run
from seedspec.cli import shared
from seedspec.cli.against import Since, since
from seedspec.cli.app import Exit, echo
from seedspec.cli.follow import View, follow, signals, view_of, watch
from seedspec.cli.service import environment
from seedspec.compiler.profile import said
from seedspec.plan.plan import BUYS, Action
from seedspec.plan.thrift import hints
from seedspec.report import compare as compared
from seedspec.report import cost as costs
from seedspec.report import markdown, status
from seedspec.report import plan as plans
from seedspec.report.markdown import COMMENT
from seedspec.run.disk import check_free
from seedspec.run.driver import now
from seedspec.run.job import Pace
from seedspec.run.settings import key_of

_GLANCE = 1.0
"""Seconds between two looks at the lock of `status --watch`."""

_EMULATED = Pace(submit_every=0.0, poll=0.5, poll_most=5.0, wait=0.2, wait_most=5.0, again_after=0.5)


def _plan_options(function: shared.F) -> shared.F:
    retry = click.option("--retry-failed", is_flag=True, help="Buy again what failed, where the failure allows it.")
    redo = click.option(
        "--redo-stale",
        is_flag=True,
        help="Buy again what was made from another shot's video that was replaced since.",
    )
    emulator = click.option("--emulator", is_flag=True, help="With the emulator's lock and folder, not the paid ones.")
    return shared.storyboard(shared.selectors(shared.profiled(retry(redo(emulator(function))))))


def _favourites(function: shared.F) -> shared.F:
    said = "Only the variants that have a pick in this profile; `default`: in none."
    return click.option("--picked-from", metavar="PROFILE", help=said)(function)


def _run_options(function: shared.F) -> shared.F:
    """How a run is shown, alike for `run` and `fetch`."""
    form = click.option("--format", "form", type=click.Choice(["text", "jsonl"]), default="text", show_default=True)
    plain = click.option("--plain", is_flag=True, help="Steady lines alone, also on a terminal.")
    junit = click.option("--junit", metavar="FILE", type=click.Path(dir_okay=False), help="JUnit XML, for CI servers.")
    return form(plain(junit(function)))


@click.command("plan")
@_plan_options
@_favourites
@click.option("--against", metavar="REV", help="Say too what has changed since a git revision, and its cost.")
@click.option(
    "--format", "form", type=click.Choice(["text", "json", "markdown"]), default="text", show_default=True,
    help="markdown is for a pull request: counts and cost first.",
)  # fmt: skip
@click.option("--most", type=click.IntRange(min=2000), default=COMMENT, show_default=True,
              help="Characters that the markdown may have.")  # fmt: skip
@click.option("--exit-code", is_flag=True, help="Exit 10 when there is something to buy.")
def plan_command(storyboard: str, against: str | None, form: str, most: int, *, exit_code: bool, **given: Any) -> None:
    """Show what a run would do with each entry, why, and what it would cost. Touches no network, writes nothing.

    \b
    +  buy           ~  buy, changed since     >  in flight, follow     v  made, fetch
    =  done          !  failed or held         ?  in doubt, settle      -  in the lock only

    \b
    Examples:
      seedspec plan
      seedspec plan --select look=noir --exit-code
      seedspec plan --against origin/main --format markdown
      seedspec plan --profile final --picked-from draft
    """
    options = _options(**given)
    planned = _planned(storyboard, options)
    changes = None
    if against is not None:
        whole = not (options.select or options.exclude or options.picked_from is not None)
        changes = since(storyboard, planned, against, whole=whole, emulated=options.emulated)
    _show(planned, options, form, changes, most)
    if exit_code and planned.plan.buys:
        raise Exit(10)


@click.command("run")
@_plan_options
@_favourites
@click.option("--yes", "-y", is_flag=True, help="Buy without asking; a terminal asks otherwise.")
@click.option("--max-usd", type=click.FloatRange(min=0), help="Ceiling for this run, in dollars.")
@click.option("--max-credits", type=click.FloatRange(min=0), help="Ceiling for this run, in credits.")
@click.option("--max-entries", type=click.IntRange(min=0), help="Buy at most so many entries in this run.")
@click.option("--locked", is_flag=True, help="Fail, with code 4, if anything would be bought.")
@click.option("--fail-fast", is_flag=True, help="Buy nothing more after the first failure; what runs is followed.")
@click.option("--no-wait", is_flag=True, help="Buy, and leave the following and saving to `seedspec fetch`.")
@click.option("--timeout", type=click.FloatRange(min=0), help="End after so many seconds; run again to go on.")
@click.option(
    "--assets", metavar="URL", envvar=["SEEDSPEC_ASSETS", "SEEDSPEC_RUN_ASSETS"], show_envvar=True,
    help="Local files go to this bucket (s3://BUCKET/PREFIX, gs://, az://), not to the service.",
)  # fmt: skip
@click.option("--in-flight", type=click.IntRange(1, 1000), help="Tasks at the service at one time.")
@click.option("--poll-interval", type=click.FloatRange(min=0.1), help="Seconds between two reads of a task, at first.")
@click.option("--submit-rate", type=click.FloatRange(min=0.001), help="Paid requests a second, at most.")
@_run_options
@click.option("--emulator-seconds", type=float, default=2.0, show_default=True, help="How long an emulated task takes.")
@click.option("--fault", multiple=True, metavar="FAULT", help="A fault for the emulator; `seedspec emulator --help`.")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the emulator's faults.")
def run_command(
    storyboard: str,
    form: str,
    junit: str | None,
    fault: tuple[str, ...],
    emulator_seconds: float,
    seed: int,
    *,
    plain: bool,
    yes: bool,
    **given: Any,
) -> None:
    """Buy what is new, follow what is running, save what is finished. What is done is left alone.

    \b
    Examples:
      seedspec run --emulator
      seedspec run --max-usd 15 --yes
      seedspec run --select take=1 --format jsonl > events.jsonl
      seedspec run --profile final --picked-from draft
      seedspec run --assets s3://our-bucket/storyboards
    """
    options, view = _options(**given), view_of(form, junit, plain=plain)
    _go(storyboard, options, view, ask=not yes, arguments=_emulator_arguments(emulator_seconds, fault, seed))


@click.command("fetch")
@_plan_options
@click.option("--timeout", type=click.FloatRange(min=0), help="End after so many seconds; fetch again to go on.")
@_run_options
def fetch_command(storyboard: str, form: str, junit: str | None, *, plain: bool, **given: Any) -> None:
    """Follow and save what was bought, also what the storyboard no longer asks for; buy nothing.

    \b
    Examples:
      seedspec fetch
      seedspec fetch --select open
    """
    options, view = _options(**given, submit=False), view_of(form, junit, plain=plain)
    _go(storyboard, options, view, ask=False, arguments=_emulator_arguments(2.0, (), 0))


@click.command("status")
@_plan_options
@click.option("--watch", "watching", is_flag=True, help="Look at the lock again and again, until Ctrl-C.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def status_command(storyboard: str, form: str, *, watching: bool, **given: Any) -> None:
    """Show where every entry stands, from the lock. Touches no network, writes nothing.

    What is made and not saved shows how many hours the service keeps it.

    \b
    Examples:
      seedspec status
      seedspec status --watch
      seedspec status --select state:doubt --format json
    """
    if watching and form != "text":
        raise Exit(2, "--watch is for people; leave --format out")
    options = _options(**given)
    made = shared.compiled(storyboard, options.profile, emulated=options.emulated)
    board = shared.board(made)
    model, color = board.model, shared.colored()

    def lines(most: int | None) -> list[str]:
        found, moment = plan(storyboard, options, made).plan, now().utc
        sums = status.sums(found, model, moment)
        rows = status.rows(found, model, moment, color=color, most=None if most is None else most - len(sums) - 3)
        return [shared.titled(made), "", *rows, "", *sums]

    if watching:
        with suppress(KeyboardInterrupt):
            watch(lines, sys.stdout, lambda: threading.Event().wait(_GLANCE))
    planned = plan(storyboard, options, made)
    if form == "json":
        echo(orjson.dumps(status.as_json(planned.plan, model, now().utc), option=orjson.OPT_INDENT_2))
    elif not watching:
        shared.out(lines(None))
    if planned.plan.count(Action.DOUBT):
        raise Exit(8)


def _go(storyboard: str, options: Options, view: View, *, ask: bool, arguments: Sequence[str]) -> None:
    planned = _planned(storyboard, options)
    if not options.emulated and _needs_service(planned, options):
        _check_key(planned)
    if options.submit and planned.plan.buys and view.form == "text":
        _text(planned, options, stream_error=True)
        if ask and not options.emulated and sys.stdin.isatty() and sys.stderr.isatty():
            click.confirm("Buy?", abort=True, err=True)
    board = planned.compiled.board
    assert board is not None
    asked = arguments if _needs_service(planned, options) else None
    place = planned.place
    if options.emulated and asked is not None:
        check_free(place.lock)  # a second run is told who holds the lock, not that the emulator's folder is taken
    with (
        environment(board.model.provider.document, place.lock, asked, emulated=options.emulated) as environ,
        signals(quiet=view.live) as stopping,
    ):
        events = run(storyboard, options, environ=environ, compiled=planned.compiled, stopping=stopping)
        follow(events, planned, options, view, stopping)


def _planned(storyboard: str, options: Options) -> Planned:
    """The plan of a storyboard; what was found on the way is shown."""
    planned = plan(storyboard, options, shared.compiled(storyboard, options.profile, emulated=options.emulated))
    shared.tell(planned.findings)
    return planned


def _check_key(planned: Planned) -> None:
    """A key that is missing or broken is said before anybody is asked anything."""
    board = planned.compiled.board
    assert board is not None
    key_of(board.model.provider.document, os.environ, Path.cwd())


def _needs_service(planned: Planned, options: Options) -> bool:
    asked = {Action.RESUME, Action.FETCH, Action.ORPHAN} | (BUYS if options.submit else frozenset())
    return any(s.action in asked for s in planned.plan.steps)


def _show(planned: Planned, options: Options, form: str, changes: Since | None, most: int) -> None:
    board = planned.compiled.board
    assert board is not None
    rate = board.model.rate
    if form == "json":
        document = plans.as_json(planned.plan, rate)
        document["hints"] = costs.hints_json(hints(planned.plan, board.model), planned.plan.cost, rate)
        if changes is not None:
            document["against"] = compared.as_json(changes.found, rate, changes.commit)
        echo(orjson.dumps(document, option=orjson.OPT_INDENT_2))
    elif form == "markdown":
        budget = budget_of(board, options)
        said = (changes.revision, changes.found) if changes is not None else None
        text = markdown.plan(planned.plan, shared.named(planned.compiled), rate, budget=budget, since=said, most=most)
        shared.out([text.rstrip()])
    else:
        _text(planned, options)
        if changes is not None:
            lines = compared.as_text(changes.found, rate, color=shared.colored())
            shared.out(["", f"since {changes.revision}:", *lines])


def _text(planned: Planned, options: Options, *, stream_error: bool = False) -> None:
    board, made = planned.compiled.board, planned.compiled
    assert board is not None
    stream = sys.stderr if stream_error else sys.stdout
    write = shared.note if stream_error else shared.out
    write([shared.titled(made)])
    write(plans.counted(made.rows, made.counts))
    if options.picked_from is not None:
        wanted = sum(s.entry is not None for s in planned.plan.steps)
        write([f"{wanted:,} of them are of variants picked {said(options.picked_from)}"])
    write(["", *plans.steps(planned.plan, board.model.rate, color=shared.colored(stream)), ""])
    write(plans.totals(planned.plan, board.model.rate, budget_of(board, options)))
    if not stream_error:  # who is about to buy has decided
        told = hints(planned.plan, board.model)
        write(costs.hints(told, planned.plan.cost, board.model.rate, color=shared.colored(stream)))


def _options(
    *, emulator: bool, max_usd: float | None = None, max_credits: float | None = None,
    in_flight: int | None = None, poll_interval: float | None = None, submit_rate: float | None = None,
    no_wait: bool = False, **rest: Any,
) -> Options:  # fmt: skip
    pace = _EMULATED if emulator else Pace()
    pace = Pace(
        **{
            **{name: getattr(pace, name) for name in Pace.__slots__},
            **({"in_flight": in_flight} if in_flight else {}),
            **(
                {"poll": poll_interval, "poll_most": max(poll_interval, pace.poll_most), "announced": 0.0}
                if poll_interval
                else {}
            ),
            **({"submit_every": 1 / submit_rate} if submit_rate else {}),
        }
    )
    return Options(**rest, emulated=emulator, pace=pace, max_usd=max_usd, max_credits=max_credits, wait=not no_wait)


def _polling(seconds: float, pace: Pace) -> dict[str, float]:
    """Who names an interval gets it from the first read on, whatever time the service announces."""
    return {"poll": seconds, "poll_most": max(seconds, pace.poll_most), "announced": 0.0}


def _emulator_arguments(seconds: float, faults: Sequence[str], seed: int) -> list[str]:
    return ["--seconds", str(seconds), "--seed", str(seed), *(part for f in faults for part in ("--fault", f))]
