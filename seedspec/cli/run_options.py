"""The options of `plan`, `run`, `fetch` and `status`, and the one place where words become `api.Options`."""

from __future__ import annotations

from dataclasses import replace

import click

from seedspec.api import Agreed, Options, Pace
from seedspec.cli.options import F, emulator_option, profile_option, select_options, storyboard_argument
from seedspec.plan.agreed import AGE


def plan_options(function: F) -> F:
    """What a plan depends on: the storyboard, what is selected of it, and what is bought again."""
    return _plan_options(
        function,
        retry="Buy again what failed, where the failure allows it.",
        redo="Buy again each video that continues another shot's video which was replaced since.",
    )


def look_options(function: F) -> F:
    """The same for a command that buys nothing."""
    seen = "See the entries as a run with {} would. This command buys nothing."
    return _plan_options(function, retry=seen.format("--retry-failed"), redo=seen.format("--redo-stale"))


def _plan_options(function: F, *, retry: str, redo: str) -> F:
    retry_failed = click.option("--retry-failed", is_flag=True, help=retry)
    redo_stale = click.option("--redo-stale", is_flag=True, help=redo)
    emulator = emulator_option("With the emulator's lock and folder, not the paid ones.")
    return storyboard_argument(select_options(profile_option(retry_failed(redo_stale(emulator(function))))))


def picked_option(function: F) -> F:
    text = "Only the variants with a pick in this profile; `default` means the storyboard without a profile."
    return click.option("--picked-from", metavar="PROFILE", help=text)(function)


def strict_option(function: F) -> F:
    """Whether a take that is not measured counts as one that is not as expected."""
    text = "Exit code 9 also where something is expected of a saved video and not measured."
    return click.option("--strict-expect", is_flag=True, help=text)(function)


def view_options(function: F) -> F:
    """How a run is shown, alike for `run` and `fetch`."""
    form = click.option(
        "--format", "form", type=click.Choice(["text", "json", "jsonl"]), default="text", show_default=True,
        help="jsonl has each event when it has happened, json all of them at the end.",
    )  # fmt: skip
    plain = click.option("--plain", is_flag=True, help="Plain lines instead of a live view.")
    junit = click.option("--junit", metavar="FILE", type=click.Path(dir_okay=False), help="JUnit XML, for CI servers.")
    return form(plain(junit(function)))


def options_of(
    select: tuple[str, ...], exclude: tuple[str, ...], profile: str,
    *, retry_failed: bool, redo_stale: bool, emulator: bool, picked_from: str | None = None, submit: bool = True,
    max_usd: float | None = None, max_credits: float | None = None, max_entries: int | None = None,
    timeout: float | None = None, no_wait: bool = False, fail_fast: bool = False, locked: bool = False,
    assets: str | None = None, renders: str | None = None, ledger: str | None = None,
    in_flight: int | None = None, poll_interval: float | None = None,
    submit_rate: float | None = None, agreed: Agreed | None = None, agreed_days: float = AGE, unpriced: bool = False,
    strict_expect: bool = False, retake_unmet: bool = False, max_retakes: int = 1,
) -> Options:  # fmt: skip
    """The options of a plan or a run, by the names that they have on the command line."""

    pace = Pace()
    if emulator:
        pace = Pace(submit_every=0.0, poll=0.5, poll_most=5.0, wait=0.2, wait_most=5.0, again_after=0.5, outage=10.0)
    if in_flight is not None:
        pace = replace(pace, in_flight=in_flight)
    if poll_interval is not None:
        pace = replace(pace, poll=poll_interval, poll_most=max(poll_interval, pace.poll_most), announced=0.0)
    if submit_rate is not None:
        pace = replace(pace, submit_every=1 / submit_rate)
    return Options(
        select=select, exclude=exclude, retry_failed=retry_failed, redo_stale=redo_stale, emulated=emulator,
        submit=submit, max_usd=max_usd, max_credits=max_credits, max_entries=max_entries, timeout=timeout,
        wait=not no_wait, fail_fast=fail_fast, locked=locked, profile=profile, picked_from=picked_from,
        assets=assets, renders=renders, ledger=ledger, pace=pace, agreed=agreed, agreed_days=agreed_days,
        unpriced=unpriced, strict_expect=strict_expect, retake_unmet=retake_unmet,
        max_retakes=max_retakes,
    )  # fmt: skip
