"""`plan`: what a run would do with each entry, why, and what it would cost."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import click

from seedspec.api import Options, Planned, agree
from seedspec.cli.console import print_json, print_lines, print_next, print_notes, wants_color
from seedspec.cli.main import Exit
from seedspec.cli.options import check_bucket, ledger_option, renders_option
from seedspec.cli.output_path import check_output_path
from seedspec.cli.plan_view import ledger_json, planned_of, print_next_of_plan, print_plan, say_serial
from seedspec.cli.run_options import options_of, picked_option, plan_options
from seedspec.cli.run_reports import report_title, report_unplanned
from seedspec.plan.agreed import as_bytes
from seedspec.plan.by_model import by_model
from seedspec.plan.savings import savings
from seedspec.project.atomic import write_output
from seedspec.project.full_matrix import full_matrix
from seedspec.report import by_model as models
from seedspec.report import compare as compared
from seedspec.report import cost as costs
from seedspec.report import markdown
from seedspec.report import plan as plans
from seedspec.report import rows as chosen
from seedspec.report.limits import COMMENT
from seedspec.run.prepare import budget_of

if TYPE_CHECKING:
    from seedspec.cli.commands.against import Since


@click.command("plan")
@plan_options
@picked_option
@renders_option("Saved videos stand in this bucket: what is not on this disk comes from there.")
@ledger_option()
@click.option("--against", metavar="REV", help="Also show what has changed since a git revision, and what that costs.")
@click.option(
    "--format", "form", type=click.Choice(["text", "json", "markdown"]), default="text", show_default=True,
    help="markdown is for a pull request: counts and cost first.",
)  # fmt: skip
@click.option("--most", type=click.IntRange(min=2000), default=COMMENT, show_default=True,
              help="The most characters of the markdown.")  # fmt: skip
@click.option(
    "--out", metavar="FILE", type=click.Path(dir_okay=False),
    help="Write what would be bought, for people to agree to; `seedspec run --plan FILE` buys exactly that.",
)  # fmt: skip
@click.option("--exit-code", is_flag=True, help="Exit 10 when there is something to buy.")
def plan_command(
    storyboard: str, select: tuple[str, ...], exclude: tuple[str, ...], profile: str, picked_from: str | None,
    renders: str | None, ledger: str | None, against: str | None, form: str, most: int, out: str | None,
    *, retry_failed: bool, redo_stale: bool, emulator: bool, exit_code: bool,
) -> None:  # fmt: skip
    """Show what a run would do with each entry, why, and what it would cost. Uses no network, changes nothing.

    \b
    +  buy           ~  buy, changed since     >  in flight, follow     v  made, fetch
    =  done          !  failed or held         ?  in doubt, settle      -  in the lock only

    \b
    Examples:
      seedspec plan
      seedspec plan --select look=noir --exit-code
      seedspec plan --against origin/main --format markdown
      seedspec plan --profile final --picked-from draft
      seedspec plan --out agreed.json
    """

    options = options_of(
        select, exclude, profile,
        retry_failed=retry_failed, redo_stale=redo_stale, emulator=emulator, picked_from=picked_from,
        renders=check_bucket("renders", renders, emulator=emulator),
        ledger=check_bucket("ledger", ledger, emulator=emulator),
    )  # fmt: skip
    with report_unplanned(storyboard, markdown=form == "markdown", most=most):
        planned, changes = planned_of(storyboard, options), None
        if against is not None:
            from seedspec.cli.commands.against import since  # most plans have nothing to ask git

            whole = not (select or exclude or picked_from is not None)
            changes = since(storyboard, planned, against, whole=whole, emulated=emulator)
        _print(planned, options, form, changes, most)
        if out is not None:
            _write_agreed(planned, options, out)
        elif form == "text":
            print_next_of_plan(planned, options)
        if exit_code and planned.plan.buys:
            raise Exit(10)


def _write_agreed(planned: Planned, options: Options, out: str) -> None:
    """The plan as a file that people can agree to, and what buys by it."""
    target = check_output_path(out, planned)
    write_output(target, as_bytes(agree(planned, options)))
    print_notes([f"wrote {out}: {len(planned.plan.buys):,} to buy"])
    print_next(planned.place.commands.plain("run", f"--plan {shlex.quote(out)}"))


def _print(planned: Planned, options: Options, form: str, changes: Since | None, most: int) -> None:
    board = planned.compiled.board
    assert board is not None
    rate = board.rate
    if form == "json":
        document = plans.as_json(planned.plan, rate, planned.place.commands)
        document |= ledger_json(planned)
        document["hints"] = costs.hints_json(savings(planned.plan), planned.plan.cost, rate)
        if told := models.as_json(by_model(planned.plan)):
            document["models"] = told
        made = planned.compiled
        if board.strategy is not None and made.rows is not None and (full := full_matrix(made)) is not None:
            document["rows"] = chosen.as_json(board.strategy, made.rows) | {"full_matrix": chosen.full_json(full, rate)}
        if changes is not None:
            document["against"] = compared.as_json(changes.found, rate, changes.commit)
        print_json(document)
    elif form == "markdown":
        budget = budget_of(board, options)
        said = (changes.revision, changes.found) if changes is not None else None
        text = markdown.plan(
            planned.plan, report_title(planned), rate,
            budget=budget, since=said, most=most, commands=planned.place.commands,
        )  # fmt: skip
        print_lines([*(f"*{said}*\n" for said in say_serial(planned)), text.rstrip()])
    else:
        print_plan(planned, options)
        if changes is not None:
            lines = compared.as_text(changes.found, rate, color=wants_color())
            print_lines(["", f"since {changes.revision}:", *lines])
