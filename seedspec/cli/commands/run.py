"""`run`: buy what is new, follow what is running, save what is finished."""

from __future__ import annotations

import click

from seedspec.api import Yes, read_agreed
from seedspec.cli.carry_out import Emulation, carry_out
from seedspec.cli.main import Exit
from seedspec.cli.number import DAY, MOST_MONEY, YEAR, Number
from seedspec.cli.options import assets_option, check_bucket, ledger_option, renders_option, word_option, yes_option
from seedspec.cli.run_options import options_of, picked_option, plan_options, strict_option, view_options
from seedspec.cli.run_reports import report_unstarted
from seedspec.cli.run_view import view_of
from seedspec.plan.agreed import AGE


@click.command("run")
@plan_options
@picked_option
@yes_option("Buy without asking. Without a terminal nothing is bought unless this is given.")
@word_option(
    "--yes-up-to",
    metavar="USD",
    type=Number(0, MOST_MONEY),
    help="A yes if the whole plan costs so many dollars at most; else nothing is bought, and the code is 4.",
)
@word_option(
    "--plan",
    "agreed",
    metavar="FILE",
    type=click.Path(dir_okay=False),
    help="Buy what this plan of `seedspec plan --out FILE` has, at its prices at most, and nothing else.",
)
@click.option("--plan-age", type=Number(0, YEAR), default=AGE, show_default=True, metavar="DAYS",
              help="How old that plan may be.")  # fmt: skip
@click.option("--max-usd", type=Number(0, MOST_MONEY), help="Ceiling for this run, in dollars.")
@click.option("--max-credits", type=Number(0, MOST_MONEY), help="Ceiling for this run, in credits.")
@click.option("--max-entries", type=click.IntRange(min=0), help="Buy at most so many entries in this run.")
@click.option("--unpriced", is_flag=True, help="Buy what has no known price too, outside of every budget and bound.")
@click.option("--locked", is_flag=True, help="Buy nothing: end with code 4 if anything is to be bought.")
@click.option(
    "--fail-fast", is_flag=True, help="Buy nothing more after the first failure; what is running is followed."
)
@click.option("--no-wait", is_flag=True, help="Buy, and end; `seedspec fetch` follows and saves later.")
@click.option("--timeout", type=Number(0, YEAR), help="End after so many seconds; run again to go on.")
@assets_option("Put local files into this bucket (s3://BUCKET/PREFIX, gs://, az://), not to the service.")
@renders_option()
@ledger_option()
@click.option("--in-flight", type=click.IntRange(1, 1000), help="The most tasks at the service at one time.")
@click.option("--poll-interval", type=Number(0.1, DAY), help="Seconds between the first two reads of a task.")
@click.option("--submit-rate", type=Number(0.001, 1000), help="Paid requests a second, at most.")
@click.option("--retake-unmet", is_flag=True,
              help="Buy a take anew whose video is measured and not as expected; never a picked one.")  # fmt: skip
@click.option("--max-retakes", type=click.IntRange(1, 100), metavar="N",
              help="With --retake-unmet: how often one take may be bought anew; once when not given.")  # fmt: skip
@strict_option
@view_options
@click.option("--emulator-seconds", type=Number(0, DAY), default=2.0, show_default=True,
              help="How long an emulated task takes.")  # fmt: skip
@click.option("--fault", multiple=True, metavar="FAULT", help="A fault for the emulator; `seedspec emulator --help`.")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the emulator's faults.")
def run_command(
    storyboard: str, select: tuple[str, ...], exclude: tuple[str, ...], profile: str, picked_from: str | None,
    max_usd: float | None, max_credits: float | None, max_entries: int | None, timeout: float | None,
    assets: str | None, renders: str | None, ledger: str | None, yes_up_to: float | None, agreed: str | None,
    plan_age: float, in_flight: int | None, poll_interval: float | None, submit_rate: float | None,
    form: str, junit: str | None, emulator_seconds: float, fault: tuple[str, ...], seed: int,
    max_retakes: int | None, *, strict_expect: bool, retake_unmet: bool,
    retry_failed: bool, redo_stale: bool, emulator: bool, yes: bool, locked: bool, fail_fast: bool, no_wait: bool,
    plain: bool, unpriced: bool,
) -> None:  # fmt: skip
    """Buy what is new, follow what is running, save what is finished. What is done is left alone.

    On a terminal the run asks before it buys, with the count and the price. It asks when standard input and standard
    error are a terminal. Otherwise it needs --yes, --yes-up-to or --plan; without it nothing is bought, and the exit
    code is 2.

    --plan FILE is a yes to what `seedspec plan --out FILE` wrote. A purchase that has become dearer since is not
    bought, nor one that the storyboard no longer asks for: they are listed, and the exit code is 4.

    Where the storyboard has `expect`, what is saved is measured beside the run. A video that is not as expected is told
    at its line, and the exit code is 9. --retake-unmet buys it anew, which is counted in the price that is asked for:
    the new video stands, and the one before stays as a file.

    \b
    Examples:
      seedspec run --emulator
      seedspec run --max-usd 15 --yes
      seedspec run --yes-up-to 4.10
      seedspec run --select take=1 --format jsonl > events.jsonl
      seedspec run --profile final --picked-from draft
      seedspec run --plan agreed.json
      seedspec run --retake-unmet --max-retakes 2
      seedspec run --assets s3://our-bucket/storyboards
      seedspec run --renders s3://our-bucket/renders
    """

    assets = check_bucket("assets", assets, emulator=emulator)
    renders = check_bucket("renders", renders, emulator=emulator)
    ledger = check_bucket("ledger", ledger, emulator=emulator)
    if max_retakes is not None and not retake_unmet:
        raise Exit(2, "--max-retakes goes with --retake-unmet; give both, or leave it out")
    if retake_unmet and agreed is not None:
        raise Exit(2, "an agreed plan says what is bought; leave out --retake-unmet, or run without --plan")
    with report_unstarted(storyboard, junit):
        options = options_of(
            select, exclude, profile, retry_failed=retry_failed, redo_stale=redo_stale, emulator=emulator,
            picked_from=picked_from, max_usd=max_usd, max_credits=max_credits, max_entries=max_entries,
            timeout=timeout, no_wait=no_wait, fail_fast=fail_fast, locked=locked, assets=assets, renders=renders,
            ledger=ledger,
            in_flight=in_flight, poll_interval=poll_interval, submit_rate=submit_rate,
            agreed=None if agreed is None else read_agreed(agreed), agreed_days=plan_age, unpriced=unpriced,
            strict_expect=strict_expect, retake_unmet=retake_unmet, max_retakes=max_retakes or 1,
        )  # fmt: skip
        emulation = Emulation(emulator_seconds, fault, seed)
        said = _yes(yes, yes_up_to, agreed)
        carry_out(storyboard, options, view_of(form, junit, plain=plain), yes=said, emulation=emulation)


def _yes(anything: bool, usd: float | None, agreed: str | None) -> Yes | None:
    """The yes of the command line. A bound that a further yes would lift is a contradiction: it ends the command."""
    if usd is not None and (anything or agreed is not None):
        raise Exit(2, f"--yes-up-to goes without {'--yes' if anything else '--plan'}; give one of the two")
    if usd is not None:
        return Yes(max_usd=usd, whole=True)
    return Yes() if anything else None
