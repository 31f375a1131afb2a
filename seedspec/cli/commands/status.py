"""`status`: where every entry stands, from the lock alone."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TextIO

import click

from seedspec.api import Options, Planned, plan
from seedspec.cli.compiled import board_of, bought_or_exit, show_findings
from seedspec.cli.console import print_json, print_lines, steady_text, wants_color
from seedspec.cli.main import Exit
from seedspec.cli.options import check_bucket, ledger_option, renders_option
from seedspec.cli.plan_view import head, ledger_json, print_next_of_plan
from seedspec.cli.run_options import look_options, options_of, strict_option
from seedspec.plan.plan import Action
from seedspec.report import status
from seedspec.run.loop import now
from seedspec.run.prepare import compare_takes
from seedspec.text.diagnostic import Problems

_GLANCE = 1.0
"""Seconds between two looks at the lock of `status --watch`."""


@click.command("status")
@look_options
@renders_option("Saved videos stand in this bucket: what is not on this disk comes from there.")
@ledger_option()
@strict_option
@click.option("--watch", "watching", is_flag=True, help="Look at the lock again and again, until Ctrl-C.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def status_command(
    storyboard: str, select: tuple[str, ...], exclude: tuple[str, ...], profile: str, renders: str | None,
    ledger: str | None, form: str,
    *, strict_expect: bool, retry_failed: bool, redo_stale: bool, emulator: bool, watching: bool,
) -> None:  # fmt: skip
    """Show where every entry stands, from the lock. Uses no network, changes nothing.

    A video that is made and not saved yet shows how many hours the service keeps it. Where a storyboard has `expect`,
    each saved video that is not as expected is told at its line; the exit code is 9, unless people picked it.

    \b
    Examples:
      seedspec status
      seedspec status --watch
      seedspec status --select state:doubt --format json
    """
    if watching and form != "text":
        raise Exit(2, "--watch is for people; leave --format out")
    options = options_of(
        select, exclude, profile, retry_failed=retry_failed, redo_stale=redo_stale, emulator=emulator,
        renders=check_bucket("renders", renders, emulator=emulator),
        ledger=check_bucket("ledger", ledger, emulator=emulator), strict_expect=strict_expect,
    )  # fmt: skip
    _show(storyboard, options, form, watching=watching)


def _show(storyboard: str, options: Options, form: str, *, watching: bool) -> None:
    """Ends the command with code 8 when a purchase is in doubt, with 9 when a saved video is not as expected."""
    made = bought_or_exit(storyboard, options.profile, emulated=options.emulated)
    board = board_of(made)
    models, color = board.catalog.models, wants_color()

    def lines(found: Planned, most: int | None) -> list[str]:
        moment, commands, takes = now().utc, found.place.commands, compare_takes(found, options)
        strange = status.surprises(found.plan, models)
        sums = status.sums(found.plan, strange, board.rate, moment, commands=commands, compared=takes)
        room = None if most is None else most - len(sums) - 3
        rows = status.rows(found.plan, strange, moment, color=color, most=room, commands=commands, compared=takes)
        return [head(found), "", *rows, "", *sums]

    if watching:
        with suppress(KeyboardInterrupt):
            watch(
                lambda most: lines(plan(storyboard, options, made), most),
                sys.stdout,
                lambda: threading.Event().wait(_GLANCE),
            )
    planned = plan(storyboard, options, made)
    takes = compare_takes(planned, options)
    if form == "json":
        from seedspec.project.judged_file import read_judged
        from seedspec.project.saved_measures import values_by_fingerprint

        problems = Problems()
        judged = read_judged(planned.place.lock, problems)
        show_findings(problems)
        measures = values_by_fingerprint(planned.plan, planned.place.base, judged)
        document = status.as_json(
            planned.plan, status.surprises(planned.plan, models), board.rate, now().utc,
            commands=planned.place.commands, measures=measures, compared=takes,
        )  # fmt: skip
        print_json(document | ledger_json(planned))
    elif not watching:
        print_lines(lines(planned, None))
        print_next_of_plan(planned, options)
    if planned.plan.count(Action.DOUBT):
        raise Exit(8)
    if any(take.counts(strict=options.strict_expect) for take in takes.values()):
        raise Exit(9)


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
            lines = steady_text("\n".join(frame(console.height - 1)), painted=wants_color(stream))
            picture.update(Text.from_ansi(lines, no_wrap=True, overflow="ellipsis"), refresh=True)
            pause()
