"""What plan, run, status and fetch do when there is something to do or to tell: the storyboard meets the lock."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson

from seedspec.api import Options, Planned, Quote, Yes, asks_service, budget_of, emulator, plan, quote, run
from seedspec.cli.commands.against import Since, since
from seedspec.cli.compiled import board_of, compile_or_exit, heading, show_findings
from seedspec.cli.console import colored, echo, print_lines, print_notes
from seedspec.cli.main import Exit
from seedspec.cli.output_path import judged
from seedspec.cli.run_view import follow, signals, titled, view_of, watch
from seedspec.compiler.storyboard.profile import said
from seedspec.plan.plan import Action
from seedspec.plan.savings import savings
from seedspec.project.credentials import key_of
from seedspec.report import compare as compared
from seedspec.report import cost as costs
from seedspec.report import markdown, status
from seedspec.report import plan as plans
from seedspec.run.consent import check_consent
from seedspec.run.engine.purchase import Pace
from seedspec.run.loop import now
from seedspec.run.store.lock_file import check_free

_GLANCE = 1.0
"""Seconds between two looks at the lock of `status --watch`."""

_EMULATED = Pace(submit_every=0.0, poll=0.5, poll_most=5.0, wait=0.2, wait_most=5.0, again_after=0.5, outage=10.0)


def show_plan(
    storyboard: str, given: Mapping[str, Any], against: str | None, form: str, most: int,
    *, exit_code: bool,
) -> None:  # fmt: skip
    """`plan`: each step, and since a revision what has changed. Ends the command with code 10 when that is asked."""
    options = _options(**given)
    planned = _planned(storyboard, options)
    changes = None
    if against is not None:
        whole = not (options.select or options.exclude or options.picked_from is not None)
        changes = since(storyboard, planned, against, whole=whole, emulated=options.emulated)
    _show(planned, options, form, changes, most)
    if exit_code and planned.plan.buys:
        raise Exit(10)


def show_status(storyboard: str, given: Mapping[str, Any], form: str, *, watching: bool) -> None:
    """`status`: where every entry stands. Ends the command with code 8 when one is in doubt."""
    options = _options(**given)
    made = compile_or_exit(storyboard, options.profile, emulated=options.emulated)
    board = board_of(made)
    model, color = board.model, colored()

    def lines(found: Planned, most: int | None) -> list[str]:
        moment, meant = now().utc, found.place.meant
        sums = status.sums(found.plan, model, moment, meant=meant)
        room = None if most is None else most - len(sums) - 3
        rows = status.rows(found.plan, model, moment, color=color, most=room, meant=meant)
        return [heading(made), "", *rows, "", *sums]

    if watching:
        with suppress(KeyboardInterrupt):
            watch(
                lambda most: lines(plan(storyboard, options, made), most),
                sys.stdout,
                lambda: threading.Event().wait(_GLANCE),
            )
    planned = plan(storyboard, options, made)
    if form == "json":
        document = status.as_json(planned.plan, model, now().utc, meant=planned.place.meant)
        echo(orjson.dumps(document, option=orjson.OPT_INDENT_2))
    elif not watching:
        print_lines(lines(planned, None))
    if planned.plan.count(Action.DOUBT):
        raise Exit(8)


def go(
    storyboard: str,
    given: Mapping[str, Any],
    form: str,
    junit: str | None,
    faking: Mapping[str, Any],
    *,
    plain: bool,
    yes: bool,
) -> None:
    """`run` and `fetch`: the plan where something is to be bought, the question, and the events until the end.

    `faking` says how the emulator is to be, where there is one.
    """
    options, view = _options(**given), view_of(form, junit, plain=plain)
    planned = _planned(storyboard, options)
    if junit is not None:
        judged(junit, planned)  # before anything is bought: receipts may stand there
    needed = asks_service(planned.plan, options)
    if not needed:
        view = replace(view, live=False)  # nothing will move
    elif not options.emulated:
        _check_key(planned)
    if options.submit and planned.plan.buys and view.form == "text":
        _text(planned, options, stream_error=True)
    consent = Yes() if yes else _asked(quote(planned, options))
    fake = None
    with ExitStack() as ends:
        if options.emulated and needed:
            check_free(planned.place.lock)  # who holds the lock is told, not that the emulator's folder is taken
            fake = ends.enter_context(emulator(storyboard, **faking))
        stopping = ends.enter_context(signals(quiet=view.live))
        events = run(
            storyboard, options, consent=consent, emulator=fake, compiled=planned.compiled, stopping=stopping
        )  # fmt: skip
        follow(events, planned, options, view, stopping)


def _asked(quote: Quote | None) -> Yes | None:
    """The yes of whoever sits at the terminal, to what is quoted and no more. Ends the command without one."""
    if quote is None:
        return None
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        check_consent(quote, None, "add --yes")
    while True:
        sys.stderr.write(f"{quote.question} [y/N] ")
        sys.stderr.flush()
        try:
            answer = sys.stdin.readline()
        except KeyboardInterrupt:
            print_notes([""])
            raise
        if not answer:  # the terminal has gone, or was told that nothing more comes
            print_notes([""])
        if (word := answer.strip().lower()) in ("y", "yes"):
            return Yes(max_credits=quote.credits)
        if word in ("", "n", "no"):
            print_notes(["nothing was bought"])
            raise Exit(0)


def _planned(storyboard: str, options: Options) -> Planned:
    """The plan of a storyboard; what was found on the way is shown."""
    planned = plan(storyboard, options, compile_or_exit(storyboard, options.profile, emulated=options.emulated))
    show_findings(planned.findings)
    return planned


def _check_key(planned: Planned) -> None:
    """A key that is missing or broken is said before anybody is asked anything."""
    board = planned.compiled.board
    assert board is not None
    key_of(board.model.provider.document, os.environ, Path.cwd())


def _show(planned: Planned, options: Options, form: str, changes: Since | None, most: int) -> None:
    board = planned.compiled.board
    assert board is not None
    rate = board.model.rate
    if form == "json":
        document = plans.as_json(planned.plan, rate, planned.place.meant)
        document["hints"] = costs.hints_json(savings(planned.plan, board.model), planned.plan.cost, rate)
        if changes is not None:
            document["against"] = compared.as_json(changes.found, rate, changes.commit)
        echo(orjson.dumps(document, option=orjson.OPT_INDENT_2))
    elif form == "markdown":
        budget = budget_of(board, options)
        said = (changes.revision, changes.found) if changes is not None else None
        text = markdown.plan(
            planned.plan, titled(planned), rate,
            budget=budget, since=said, most=most, meant=planned.place.meant,
        )  # fmt: skip
        print_lines([text.rstrip()])
    else:
        _text(planned, options)
        if changes is not None:
            lines = compared.as_text(changes.found, rate, color=colored())
            print_lines(["", f"since {changes.revision}:", *lines])


def _text(planned: Planned, options: Options, *, stream_error: bool = False) -> None:
    board, made = planned.compiled.board, planned.compiled
    assert board is not None
    stream = sys.stderr if stream_error else sys.stdout
    write = print_notes if stream_error else print_lines
    write([heading(made)])
    write(plans.counted(made.rows, made.counts))
    if options.picked_from is not None:
        wanted = sum(s.entry is not None for s in planned.plan.steps)
        write([f"{wanted:,} of them are of variants picked {said(options.picked_from)}"])
    write(
        [
            "",
            *plans.steps(
                planned.plan, board.model.rate, color=colored(stream), meant=planned.place.meant, now=now().utc
            ),
            "",
        ]
    )
    write(plans.totals(planned.plan, board.model.rate, budget_of(board, options)))
    write(plans.lost(planned.plan, planned.place.meant))
    if not stream_error:  # who is about to buy has decided
        told = savings(planned.plan, board.model)
        write(costs.hints(told, planned.plan.cost, board.model.rate, color=colored(stream)))


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
