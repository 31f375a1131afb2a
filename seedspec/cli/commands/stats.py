"""`stats`: which labels and takes win the votes, and how sure that is."""

from __future__ import annotations

import click

from seedspec.api import Options, plan
from seedspec.cli.compiled import compile_or_exit
from seedspec.cli.console import print_json, print_lines, print_next
from seedspec.cli.options import storyboard_argument
from seedspec.cli.votes import end_on_errors, standings_of, takes_options, votes_option
from seedspec.report.page import results
from seedspec.text.diagnostic import Problems


@click.command("stats")
@storyboard_argument
@click.option("--axis", multiple=True, metavar="AXIS", help="Only this axis.")
@votes_option
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@takes_options
def stats_command(
    storyboard: str, axis: tuple[str, ...], votes: tuple[str, ...], profile: str, form: str, *, emulator: bool
) -> None:
    """Say which labels and takes win the reviewers' votes, how often, and how sure that is.

    Reads the review files beside the storyboard and in reviews/, or those that --votes names.

    \b
    Examples:
      seedspec stats
      seedspec stats --axis hook --format json
    """
    planned = plan(storyboard, Options(emulated=emulator), compile_or_exit(storyboard, profile, emulated=emulator))
    problems = Problems()
    axes, shots = standings_of(planned, votes, problems, axis)
    if form == "json":
        print_json(results.as_json(axes, shots))
    else:
        print_lines(results.as_text(axes, shots))
    end_on_errors(problems, code=3)
    if form == "text" and not shots:
        print_next(f"{planned.place.commands.plain('review', '--blind')}, then vote on the page")
