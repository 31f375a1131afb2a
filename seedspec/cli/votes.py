"""What the commands about choices have in common: whose takes, which votes, and how mistakes in them end."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import click

from seedspec.api import Planned
from seedspec.choices import film_votes, standings
from seedspec.choices.films import Film
from seedspec.choices.picks import follow_addresses
from seedspec.choices.reviews import Entries
from seedspec.choices.standings import Standings
from seedspec.cli.compiled import board_of, show_findings
from seedspec.cli.film_exports import films_by
from seedspec.cli.main import Exit
from seedspec.cli.options import F, emulator_option, profile_option
from seedspec.compiler.entry import MODEL, Entry
from seedspec.compiler.named import fault_of, swept_by
from seedspec.plan.cost import price_of_videos
from seedspec.project.choice_files import Choices, choices_of, read_picks, read_reviews
from seedspec.project.names import lock_of
from seedspec.text.diagnostic import Problems, did_you_mean, list_words


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
    """By each axis that was voted on, or by those asked for alone, and by take; models with what a win costs."""
    reviews = read_reviews(choices_in(planned), votes, problems)
    ballots = standings.ballots(reviews, Entries(planned.compiled.entries), problems)
    names = swept_by(planned.compiled.entries)
    for name in only:
        check_axis(name, planned.compiled.entries, [n for n in names if n == MODEL])
    board, price = board_of(planned.compiled), price_of_videos(planned.plan)
    axes = [standings.by_axis(ballots, name) for name in only or names]
    of_models = board.model_axes | {MODEL}
    axes = [standings.with_prices(s, ballots, price) if s.of in of_models else s for s in axes]
    return [s for s in axes if only or s.votes or s.bad], [] if only else standings.by_take(ballots)


def film_standings_of(
    planned: Planned, votes: Collection[str], problems: Problems, by: str, only: Sequence[str]
) -> tuple[Standings, list[Standings], list[Film]]:
    """The films that were voted on, with what a win costs, and the labels that tell them apart; and all films."""
    choices = choices_in(planned)
    picks = follow_addresses(read_picks(choices, problems), Entries(planned.compiled.entries))
    films = list(films_by(planned, picks, by).films)
    ballots = film_votes.film_ballots(read_reviews(choices, votes, problems), films, problems)
    names = list(dict.fromkeys(axis for film in films for axis, _ in film.labels))
    for name in only:
        if name not in names:
            near = did_you_mean(name, names)
            raise Exit(2, f"no axis `{name}` of films; {near[0] if near else f'expected {list_words(names)}'}")
    axes = [film_votes.films_by_axis(ballots, name) for name in only or names]
    whole = film_votes.by_film(ballots, price_of_videos(planned.plan))
    return whole, [s for s in axes if only or s.votes or s.bad], films


def check_axis(name: str, entries: Sequence[Entry], further: Sequence[str] = ()) -> None:
    """Ends the command for a name that is no axis of these entries, no column of one and none of some further names."""
    if fault := fault_of(name, entries, further):
        raise Exit(2, fault)
