"""`stats`: which labels and takes win the votes, what a measure is by label, and how sure that is."""

from __future__ import annotations

from collections.abc import Sequence

import click

from seedspec.api import Options, Planned
from seedspec.cli.compiled import board_of, show_findings
from seedspec.cli.console import print_json, print_lines, print_next
from seedspec.cli.film_exports import by_option, check_film_words
from seedspec.cli.main import Exit
from seedspec.cli.options import check_bucket, ledger_option, storyboard_argument
from seedspec.cli.plan_view import seen_of
from seedspec.cli.votes import (
    check_axis,
    end_on_errors,
    film_standings_of,
    standings_of,
    takes_options,
    votes_option,
)
from seedspec.compiler.entry import MODEL
from seedspec.compiler.named import swept_by
from seedspec.lock.state import State
from seedspec.measures.judged import Judged
from seedspec.measures.values import NAMES
from seedspec.project.judged_file import read_judged
from seedspec.project.saved_measures import values_by_fingerprint
from seedspec.report import label_means as means
from seedspec.report import rows as chosen
from seedspec.report.page import results
from seedspec.run.prepare import compare_takes
from seedspec.text.diagnostic import Problems, did_you_mean, list_words


@click.command("stats")
@storyboard_argument
@click.option("--axis", multiple=True, metavar="AXIS", help="Only this axis, or this column of one: axis.column.")
@click.option("--measure", "measures", multiple=True, metavar="NAME", help="A measure by label, not the votes.")
@click.option("--film", is_flag=True, help="The votes between films: which film wins, and what a win costs.")
@by_option
@votes_option
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@takes_options
@ledger_option()
def stats_command(
    storyboard: str, axis: tuple[str, ...], measures: tuple[str, ...], by: str, votes: tuple[str, ...], profile: str,
    form: str, ledger: str | None, *, film: bool, emulator: bool,
) -> None:  # fmt: skip
    """Say which labels and takes win the reviewers' votes, how often, and how sure that is.

    Reads the review files beside the storyboard and in reviews/, or those that --votes names. With --measure the mean
    of a measure over the saved videos of each label, with its 95 % interval by Student's t, and how many videos do not
    meet what the storyboard expects of it. `judge.NAME` is the score of a judge. Measures come from `seedspec measure`.

    \b
    Examples:
      seedspec stats
      seedspec stats --axis hook --format json
      seedspec stats --measure frozen --measure judge.bright
      seedspec stats --film
    """
    check_film_words(film=film, by=by)
    if film and measures:
        raise Exit(2, "--film and --measure exclude each other: films are voted on, takes are measured")
    options = Options(emulated=emulator, profile=profile, ledger=check_bucket("ledger", ledger, emulator=emulator))
    planned = seen_of(storyboard, options)
    if measures:
        _show_measures(planned, options, measures, axis, votes, form)
        return
    problems = Problems()
    if film:
        _tell_films(planned, votes, problems, by, axis, form)
        return
    axes, shots = standings_of(planned, votes, problems, axis)
    board, rows = board_of(planned.compiled), planned.compiled.rows
    strategy = board.strategy if rows is not None and rows.chosen is not None else None
    if form == "json":
        own = {"rows": chosen.as_json(strategy, rows)} if strategy is not None and rows is not None else {}
        print_json(results.as_json(axes, shots) | own)
    else:
        print_lines(results.as_text(axes, shots))
        if strategy is not None and rows is not None:
            print_lines(["", chosen.show_choice(strategy, rows)])
    end_on_errors(problems, code=3)
    if form == "text" and not shots:
        print_next(f"{planned.place.commands.plain('review', '--blind')}, then vote on the page")


def _show_measures(
    planned: Planned, options: Options, measures: Sequence[str], axes: Sequence[str], votes: Sequence[str], form: str
) -> None:
    """The means of measures by label. Ends the command for a name that is no measure."""
    if votes:
        raise Exit(2, "--votes and --measure exclude each other: measures are no votes")
    problems, entries = Problems(), planned.compiled.entries
    judged = read_judged(planned.place.lock, problems)
    show_findings(problems)
    known = [*NAMES, *sorted({name for video in judged.by_video for name in judged.scores(video)})]
    for name in measures:
        if name not in known:
            near = did_you_mean(name, known)
            raise Exit(2, f"no measure `{name}`; " + (near[0] if near else f"expected {list_words(known)}"))
    for axis in axes:
        check_axis(axis, entries, [n for n in swept_by(entries) if n == MODEL])
    shots = [means.SHOT] if len({entry.shot for entry in entries}) > 1 else []
    by = list(dict.fromkeys(axes)) or [*shots, *swept_by(entries)] or [""]
    found = means.tables(_takes(planned, options, judged), list(dict.fromkeys(measures)), by)
    if form == "json":
        print_json(means.as_json(found))
    else:
        print_lines(means.as_text(found))
        if any(row.not_measured for table in found for row in table.rows):
            print_next(planned.place.commands.plain("measure"))


def _takes(planned: Planned, options: Options, judged: Judged) -> list[means.Take]:
    """The saved videos of the storyboard, each request once."""
    values = values_by_fingerprint(planned.plan, planned.place.base, judged)
    held, found = compare_takes(planned, options), dict[str, means.Take]()
    for step in planned.plan.steps:
        record = planned.plan.lock.last(step.fp)
        if step.entry is not None and record is not None and record.state is State.SAVED:
            bounds = held[step.address].bounds if step.address in held else ()
            verdicts = {bound.measure: bound.verdict for bound in bounds}
            found.setdefault(step.fp, means.Take(step.entry, values.get(step.fp, {}), verdicts))
    return list(found.values())


def _tell_films(
    planned: Planned, votes: Sequence[str], problems: Problems, by: str, axis: Sequence[str], form: str
) -> None:
    found, axes, films = film_standings_of(planned, votes, problems, by, axis)
    if form == "json":
        print_json(results.films_as_json(found, axes, {film.name: film.labels for film in films}))
    else:
        print_lines(results.films_as_text(found, axes))
    end_on_errors(problems, code=3)
