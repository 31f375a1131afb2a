"""`fetch`: finish what was bought; buy nothing."""

from __future__ import annotations

import click

from seedspec.cli.carry_out import carry_out
from seedspec.cli.number import YEAR, Number
from seedspec.cli.options import check_bucket, ledger_option, renders_option
from seedspec.cli.run_options import look_options, options_of, strict_option, view_options
from seedspec.cli.run_reports import report_unstarted
from seedspec.cli.run_view import view_of


@click.command("fetch")
@look_options
@click.option("--timeout", type=Number(0, YEAR), help="End after so many seconds; fetch again to go on.")
@renders_option()
@ledger_option()
@strict_option
@view_options
def fetch_command(
    storyboard: str, select: tuple[str, ...], exclude: tuple[str, ...], profile: str, timeout: float | None,
    renders: str | None, ledger: str | None,
    form: str, junit: str | None,
    *, strict_expect: bool, retry_failed: bool, redo_stale: bool, emulator: bool, plain: bool,
) -> None:  # fmt: skip
    """Follow and save what was bought, also what the storyboard no longer asks for. It buys nothing.

    With --renders a saved video that is not on this disk comes from the bucket, and else from the service while that
    keeps it; what is saved here and not there goes up.

    \b
    Examples:
      seedspec fetch
      seedspec fetch --select open
      seedspec fetch --renders s3://our-bucket/renders
    """

    with report_unstarted(storyboard, junit):
        options = options_of(
            select, exclude, profile, retry_failed=retry_failed, redo_stale=redo_stale, emulator=emulator,
            timeout=timeout, submit=False, renders=check_bucket("renders", renders, emulator=emulator),
            ledger=check_bucket("ledger", ledger, emulator=emulator), strict_expect=strict_expect,
        )  # fmt: skip
        carry_out(storyboard, options, view_of(form, junit, plain=plain))
