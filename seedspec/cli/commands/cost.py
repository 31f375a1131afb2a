"""The command that tells what the videos cost: estimated, reserved and charged."""

from __future__ import annotations

import click

from seedspec.api import Options
from seedspec.cli.compiled import board_of, heading
from seedspec.cli.console import pour, print_json, print_lines, steady_csv, wants_color
from seedspec.cli.main import Exit
from seedspec.cli.options import (
    check_bucket,
    emulator_option,
    ledger_option,
    profile_option,
    select_options,
    storyboard_argument,
)
from seedspec.cli.plan_view import seen_of
from seedspec.cli.votes import check_axis
from seedspec.compiler.named import axes_of
from seedspec.plan import cost
from seedspec.plan.savings import savings
from seedspec.project.expectations import expected_by_shot
from seedspec.report import cost as shown
from seedspec.report import usable
from seedspec.report.usable import usable_of
from seedspec.run.prepare import compare_takes
from seedspec.text.diagnostic import did_you_mean, list_words


@click.command("cost")
@storyboard_argument
@select_options
@profile_option
@click.option(
    "--by",
    multiple=True,
    metavar="NAME",
    help="shot (when not given), take, model, state, profile, an axis, or axis.column.",
)
@emulator_option("With the emulator's lock, not the paid one.")
@ledger_option()
@click.option("--format", "form", type=click.Choice(["text", "json", "csv"]), default="text", show_default=True)
def cost_command(
    storyboard: str, select: tuple[str, ...], exclude: tuple[str, ...], profile: str, by: tuple[str, ...], form: str,
    ledger: str | None, *, emulator: bool,
) -> None:  # fmt: skip
    """Show what the videos cost: estimated, reserved by the service, charged in the end. Uses no network.

    --by may be repeated. A request that several entries share is one purchase. Without --select and --exclude,
    purchases that have left the storyboard count too; `--by profile` then shows every profile. An estimate is a range
    where the length of a reference video is not known. Where a storyboard has `expect`, the last line says what a
    usable take costs: all that was spent on such shots, for each video that meets everything that is expected of it.

    \b
    Examples:
      seedspec cost
      seedspec cost --by look --by take
      seedspec cost --by state --select shot --format csv > cost.csv
    """
    options = Options(
        select=select, exclude=exclude, emulated=emulator, profile=profile,
        ledger=check_bucket("ledger", ledger, emulator=emulator),
    )  # fmt: skip
    planned = seen_of(storyboard, options)
    made = planned.compiled
    rate = board_of(made).rate
    found = planned.plan
    names = list(dict.fromkeys(by or ("shot",)))
    axes = axes_of(made.entries)
    known = tuple(dict.fromkeys((*cost.KEYS, *axes)))
    for name in names:
        if name.partition(".")[0] in axes:
            check_axis(name, made.entries)
        elif name not in known:
            near = did_you_mean(name, known)
            raise Exit(
                2, f"no `{name}` to tell costs apart by; " + (near[0] if near else f"expected {list_words(known)}")
            )
    used = (s.entry.model for s in found.steps if s.entry is not None)
    rates = {m.id: m.rate for m in used} or {board_of(made).models[0].id: rate}
    whole = not (select or exclude)
    useful = None
    if shots := expected_by_shot(board_of(made)):
        spent = [line for line in cost.lines(found, ("shot",), rate, whole=False) if line.labels[0] in shots]
        useful = usable_of(cost.total(spent), compare_takes(planned, options).values())
    lines, told = cost.lines(found, names, rate, whole=whole), savings(found)
    if form == "json":
        document = shown.as_json(lines, names, found, rate, told)
        several = {"prices": shown.prices_json(rates)} if len(rates) > 1 else {}
        print_json(document | several | ({"usable": usable.as_json(useful, rate)} if useful else {}))
    elif form == "csv":
        from seedspec.report.export.spreadsheet import as_csv

        columns_of = [f"axis:{name}" if name.partition(".")[0] in axes else name for name in names]
        pour(steady_csv(as_csv(shown.rows(lines, columns_of, rate))))
    else:
        color = wants_color()
        print_lines([heading(made), "", *shown.table(lines, names, rate, color=color), ""])
        print_lines(shown.notes(lines, rates, rate))
        if useful is not None:
            print_lines([usable.as_text(useful, rate)])
        if whole and "profile" not in names:
            others = {k: v for k, v in cost.by_profile(found, rate).items() if k != found.profile}
            print_lines(shown.elsewhere(others, rate))
        print_lines(shown.hints(told, found.cost, rate, color=color))
