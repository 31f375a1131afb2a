"""Commands that meet the lock: plan, run, status and fetch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click
from click.core import ParameterSource

from seedspec.cli import shared
from seedspec.cli.main import Exit
from seedspec.cli.number import DAY, MOST_MONEY, YEAR, Number
from seedspec.report.limits import COMMENT


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
    """Show what a run would do with each entry, why, and what it would cost. Touches no network, changes nothing.

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
    from seedspec.cli.commands.buying import show_plan
    from seedspec.cli.run_view import explained

    with explained(storyboard, markdown=form == "markdown", most=most):
        show_plan(storyboard, given, against, form, most, exit_code=exit_code)


@click.command("run")
@_plan_options
@_favourites
@shared.yes("Buy without asking. Without a terminal nothing is bought unless this is given.")
@click.option("--max-usd", type=Number(0, MOST_MONEY), help="Ceiling for this run, in dollars.")
@click.option("--max-credits", type=Number(0, MOST_MONEY), help="Ceiling for this run, in credits.")
@click.option("--max-entries", type=click.IntRange(min=0), help="Buy at most so many entries in this run.")
@click.option("--locked", is_flag=True, help="Fail, with code 4, if anything would be bought.")
@click.option("--fail-fast", is_flag=True, help="Buy nothing more after the first failure; what runs is followed.")
@click.option("--no-wait", is_flag=True, help="Buy, and leave the following and saving to `seedspec fetch`.")
@click.option("--timeout", type=Number(0, YEAR), help="End after so many seconds; run again to go on.")
@click.option(
    "--assets", metavar="URL", envvar=["SEEDSPEC_ASSETS", "SEEDSPEC_RUN_ASSETS"], show_envvar=True,
    help="Local files go to this bucket (s3://BUCKET/PREFIX, gs://, az://), not to the service.",
)  # fmt: skip
@click.option("--in-flight", type=click.IntRange(1, 1000), help="Tasks at the service at one time.")
@click.option("--poll-interval", type=Number(0.1, DAY), help="Seconds between two reads of a task, at first.")
@click.option("--submit-rate", type=Number(0.001, 1000), help="Paid requests a second, at most.")
@_run_options
@click.option("--emulator-seconds", type=Number(0, DAY), default=2.0, show_default=True,
              help="How long an emulated task takes.")  # fmt: skip
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

    Before anything is bought you are asked, with the count and the price, when standard input and standard error are
    a terminal. Otherwise --yes is needed, and without it nothing is bought: exit code 2.

    \b
    Examples:
      seedspec run --emulator
      seedspec run --max-usd 15 --yes
      seedspec run --select take=1 --format jsonl > events.jsonl
      seedspec run --profile final --picked-from draft
      seedspec run --assets s3://our-bucket/storyboards
    """
    if given["emulated"] and given["assets"] is not None:
        _leave_bucket(given)
    faking = {"seconds": emulator_seconds, "seed": seed, "faults": fault}
    _run(storyboard, given, form, junit, faking, plain=plain, yes=yes)


def _leave_bucket(given: dict[str, Any]) -> None:
    """The emulator's run goes without the bucket of the environment, and says so. Exit for a bucket asked for."""
    source = click.get_current_context().get_parameter_source("assets")
    if source is not ParameterSource.ENVIRONMENT:
        raise Exit(2, "--assets and --emulator exclude each other: a run of the emulator puts nothing into a bucket")
    given["assets"] = None
    shared.note(["SEEDSPEC_ASSETS is left alone: a run of the emulator puts nothing into a bucket"])


@click.command("fetch")
@_plan_options
@click.option("--timeout", type=Number(0, YEAR), help="End after so many seconds; fetch again to go on.")
@_run_options
def fetch_command(storyboard: str, form: str, junit: str | None, *, plain: bool, **given: Any) -> None:
    """Follow and save what was bought, also what the storyboard no longer asks for; buy nothing.

    \b
    Examples:
      seedspec fetch
      seedspec fetch --select open
    """
    _run(storyboard, {**given, "submit": False}, form, junit, {}, plain=plain, yes=False)


@click.command("status")
@_plan_options
@click.option("--watch", "watching", is_flag=True, help="Look at the lock again and again, until Ctrl-C.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def status_command(storyboard: str, form: str, *, watching: bool, **given: Any) -> None:
    """Show where every entry stands, from the lock. Touches no network, changes nothing.

    What is made and not saved shows how many hours the service keeps it.

    \b
    Examples:
      seedspec status
      seedspec status --watch
      seedspec status --select state:doubt --format json
    """
    if watching and form != "text":
        raise Exit(2, "--watch is for people; leave --format out")
    from seedspec.cli.commands.buying import show_status

    show_status(storyboard, given, form, watching=watching)


def _run(
    storyboard: str, given: dict[str, Any], form: str, junit: str | None, faking: Mapping[str, Any],
    *, plain: bool, yes: bool,
) -> None:  # fmt: skip
    from seedspec.cli.commands.buying import go
    from seedspec.cli.run_view import reported

    with reported(storyboard, junit):
        go(storyboard, given, form, junit, faking, plain=plain, yes=yes)
