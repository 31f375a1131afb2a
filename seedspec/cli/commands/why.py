"""`why`: what a run would do with an entry, and which line says so."""

from __future__ import annotations

import click

from seedspec.api import Options, plan
from seedspec.cli.compiled import compile_or_exit
from seedspec.cli.console import print_json, print_lines
from seedspec.cli.entry_argument import the_address
from seedspec.cli.options import check_bucket, emulator_option, ledger_option, profile_option, storyboard_argument
from seedspec.cli.plan_view import ledger_json, say_serial
from seedspec.compiler.request.trace import trace
from seedspec.plan.why import why
from seedspec.report import why as shown
from seedspec.run.loop import now


@click.command("why")
@click.argument("entry")
@storyboard_argument
@profile_option
@click.option("--retry-failed", is_flag=True, help="As a run with --retry-failed would see it.")
@click.option("--redo-stale", is_flag=True, help="As a run with --redo-stale would see it.")
@emulator_option("With the emulator's lock and folder, not the paid ones.")
@ledger_option()
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def why_command(
    entry: str,
    storyboard: str,
    profile: str,
    ledger: str | None,
    form: str,
    *,
    retry_failed: bool,
    redo_stale: bool,
    emulator: bool,
) -> None:
    """Say what a run would do with an entry and why: what differs from what was bought, and which line says so.

    ENTRY is an address, or the beginning of one that fits a single entry. It uses no network and writes nothing.

    \b
    Examples:
      seedspec why open@look=noir/1
      seedspec why endcard storyboards/ad.yaml --format json
    """
    made = compile_or_exit(storyboard, profile, emulated=emulator)
    options = Options(
        retry_failed=retry_failed, redo_stale=redo_stale, emulated=emulator,
        ledger=check_bucket("ledger", ledger, emulator=emulator),
    )  # fmt: skip
    planned = plan(storyboard, options, made)
    assert made.board is not None
    steps = planned.plan.steps
    found = why(planned.plan, the_address(entry, [s.address for s in steps]))
    step = found.step
    places = {
        d.field: trace(made.board, step.entry, d.field, d.old, d.new) if step.entry is not None else None
        for d in found.differences
    }
    said = (found, places, made.board.rate, planned.place.commands, now().utc)
    if form == "json":
        print_json(shown.as_json(*said) | ledger_json(planned))
    else:
        print_lines([*say_serial(planned), *shown.as_text(*said)])
