"""What the commands about choices have in common: whose takes, which votes, and how mistakes in them end."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import click

from seedspec.api import Planned
from seedspec.choices import standings
from seedspec.choices.reviews import Entries
from seedspec.choices.standings import Standings
from seedspec.cli.compiled import board_of, show_findings
from seedspec.cli.main import Exit
from seedspec.cli.options import F, emulator_option, profile_option
from seedspec.project.choice_files import Choices, choices_of, read_reviews
from seedspec.project.names import lock_of
from seedspec.text.diagnostic import Problems, did_you_mean, listed


def takes_options(function: F) -> F:
    option = emulator_option("The emulator's takes, not the paid ones.")
    return profile_option(option(function))


votes_option = click.option(
    "--votes", multiple=True, metavar="PATH", type=click.Path(exists=True),
    help="Review files, or folders of them.",
)  # fmt: skip


def choices_in(planned: Planned) -> Choices:
    path, board = planned.compiled.path, board_of(planned.compiled)
    return choices_of(path, board, emulated=planned.place.lock == lock_of(path, emulated=True))


def end_on_errors(problems: Problems, *, code: int = 3) -> None:
    """Shows what was found in the files of reviewers; errors end the command."""
    show_findings(problems)
    if problems.failed:
        raise Exit(code)


def standings_of(
    planned: Planned, votes: Collection[str], problems: Problems, only: Sequence[str]
) -> tuple[list[Standings], list[Standings]]:
    """By each axis that was voted on, or by those asked for alone, and by take."""
    reviews = read_reviews(choices_in(planned), votes, problems)
    ballots = standings.ballots(reviews, Entries(planned.compiled.entries), problems)
    names = list(dict.fromkeys(name for e in planned.compiled.entries for name, _ in e.labels))
    for name in only:
        check_axis(name, names)
    axes = [standings.by_axis(ballots, name) for name in only or names]
    return [s for s in axes if only or s.votes or s.bad], [] if only else standings.by_take(ballots)


def check_axis(name: str, known: Sequence[str]) -> None:
    if name not in known:
        near = did_you_mean(name, known)
        raise Exit(2, f"no axis `{name}`; {near[0] if near else 'the storyboard has ' + listed(known)}")
