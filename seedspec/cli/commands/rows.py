"""`rows`: the rows that a storyboard's strategy chooses, written beside it and extended."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from seedspec.cli.compiled import show_findings
from seedspec.cli.console import print_json, print_lines, print_next, print_notes
from seedspec.cli.main import Exit
from seedspec.cli.options import emulator_option, storyboard_argument, yes_option
from seedspec.compiler.matrix.chosen import has_effect, report_without_effect
from seedspec.compiler.matrix.extend import Chosen, choose_rows
from seedspec.compiler.matrix.product import TooMuch
from seedspec.compiler.storyboard.profile import with_profile
from seedspec.compiler.storyboard.types import RowsFile, Storyboard
from seedspec.lock.state import BOUGHT
from seedspec.plan.command_hint import CommandHint
from seedspec.project.choice_files import schema_beside
from seedspec.project.compile import Compiled, ceiling, expand_board, read_board
from seedspec.project.full_matrix import cost_of, full_matrix
from seedspec.project.names import lock_of, rows_of
from seedspec.project.paths import name_in_commands
from seedspec.project.rows_file import rows_beside, rows_of_bytes, serialise, write
from seedspec.report import rows as shown
from seedspec.run.store.lock_file import hold, read_lock
from seedspec.text.diagnostic import Problems

_PATIENCE = 10.0
"""Seconds to wait for another command that writes the same file."""


@click.command("rows")
@storyboard_argument
@click.option("--anew", is_flag=True, help="Throw the chosen rows away, and choose afresh.")
@click.option("--check", "checking", is_flag=True, help="Write nothing; exit 3 when rows are lacking, or too many.")
@emulator_option("With --anew: ask about the emulator's videos, not the paid ones.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@yes_option("Do not ask when --anew leaves bought videos out.")
def rows_command(
    storyboard: str, form: str, *, anew: bool, checking: bool, emulator: bool, yes: bool
) -> None:  # fmt: skip
    """Choose the rows that `strategy` asks for, in STEM.rows.yaml beside the storyboard; commit it to git.

    Rows that are there and still allowed are kept, so that what was bought is kept, and few are added. Buys nothing.

    \b
    Examples:
      seedspec rows
      seedspec rows --check
      seedspec rows --anew
    """
    if anew and checking:
        raise Exit(2, "--anew and --check exclude each other")
    path = Path(storyboard)
    board = _board_of(storyboard)
    assert board.strategy is not None
    if checking:
        file, chosen = _choose(path, board, anew=False)
        _tell(path, board, chosen, form, written=False)
        if not file.rows or chosen.added or chosen.left_out or chosen.completed:
            raise Exit(3, f"`{file.name}` is not what `{board.strategy.word}` asks for; `{file.command}` extends it")
        return
    with hold(rows_of(path), wait=_PATIENCE):
        file, chosen = _choose(path, board, anew=anew)
        data = serialise(chosen.axes, chosen.rows, schema_beside(path, "rows"))
        if anew and file.rows:
            _check_loss(path, board, file, rows_of_bytes(path, data), emulated=emulator, yes=yes)
        if anew or not file.rows or set(_texts(file)) != set(_texts(rows_of_bytes(path, data))):
            write(path, data)
    _tell(path, board, chosen, form, written=True)
    if form == "text":
        print_next(CommandHint(name_in_commands(path)).plain("plan"))


def _board_of(storyboard: str) -> Storyboard:
    """The storyboard, whose strategy chooses rows. Ends the command for any other."""
    problems = Problems()
    board = read_board(storyboard, problems, None)
    _end_on_errors(problems)
    if board is None:
        raise Exit(3)
    if board.strategy is None:
        raise Exit(
            2, "the storyboard has no strategy, so that every row is made; `matrix: {strategy: pairwise}` is one"
        )
    if not has_effect(board):
        report_without_effect(board, problems)
        show_findings(problems)
        raise Exit(0)
    return board


def _choose(path: Path, board: Storyboard, *, anew: bool) -> tuple[RowsFile, Chosen]:
    """The file as it is, and what it should hold. Errors in either end the command: then nothing is written."""
    problems, most = Problems(), ceiling()
    file = rows_beside(path, board, problems)
    _end_on_errors(problems)
    try:
        chosen = choose_rows(board, file, problems, most.work, anew=anew)
    except TooMuch:
        raise Exit(
            3, f"to choose the rows takes more than {most.work.most:,} steps: name fewer axes and labels in `exclude`, "
            f"or raise the bound with `--ceiling {2 * most.most}`",
        ) from None  # fmt: skip
    show_findings(problems)
    if chosen is None:
        raise Exit(3)
    if not chosen.rows:
        raise Exit(3, "`exclude` removes every row, so that none can be chosen")
    return file, chosen


def _texts(file: RowsFile) -> Iterator[frozenset[tuple[str, str]]]:
    for pattern in file.rows or ():
        yield frozenset((name, labels[0].text) for name, labels in pattern.wanted.items())


def _end_on_errors(problems: Problems) -> None:
    if problems.failed:
        show_findings(problems)
        raise Exit(3)


def _check_loss(path: Path, board: Storyboard, before: RowsFile, after: RowsFile, *, emulated: bool, yes: bool) -> None:
    """Asks before bought videos leave the storyboard. Ends the command without a yes."""
    lock = read_lock(lock_of(path, emulated=emulated))
    bought = {fp for fp, records in lock.attempts.items() if any(r.state in BOUGHT for r in records)}
    lost: set[str] = set()
    for profile in ("", *board.profiles) if bought else ():
        own = with_profile(board, profile)
        now, then = (
            {e.fingerprint for e in expand_board(path, own, Problems(), emulated=emulated, rows=rows).entries}
            for rows in (before, after)
        )
        lost |= (now - then) & bought
    if not lost:
        return
    gone = len(set(_texts(before)) - set(_texts(after)))
    videos = "1 bought video" if len(lost) == 1 else f"{len(lost):,} bought videos"
    message = f"{gone:,} row{'s' * (gone != 1)} with {videos} would no longer be in the storyboard; the files stay"
    if yes:
        print_notes([message.replace("would no longer be", "are no longer")])
    elif not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise Exit(2, f"{message}: nothing is thrown away without a yes; add --yes")
    else:
        print_notes([message])
        click.confirm("Choose the rows anew?", abort=True, err=True)


def _tell(path: Path, board: Storyboard, chosen: Chosen, form: str, *, written: bool) -> None:
    made = expand_board(path, board, Problems())
    if form == "json":
        print_json(_as_json(path, board, chosen, made))
        return
    assert board.strategy is not None
    verb = "" if written else "would be "
    parts = [f"{chosen.kept:,} kept", f"{chosen.added:,} {verb}added"]
    parts += [f"{chosen.completed:,} of them with other axes than before"] if chosen.completed else []
    parts += [f"{chosen.left_out:,} {verb}left out"] if chosen.left_out else []
    many = f"{len(chosen.rows):,} row{'s' * (len(chosen.rows) != 1)}"
    print_lines([f"{rows_of(path)}: {many}: {', '.join(parts)}"])
    least = f"no fewer than {chosen.least:,} can be all that `{board.strategy.word}` asks for"
    print_lines([f"the full product has {chosen.of}; {least}"])
    extra = f"{chosen.included:,} further row{'s' * (chosen.included != 1)} of `include` beside them"
    print_lines([extra] if chosen.included else [])
    for shot in board.shots:
        if shot.axes:
            axes = ", ".join(f"`{a.name}` × {len(a.values)}" for a in shot.axes)
            print_lines([f"shot `{shot.id}` multiplies them by axes of its own, which are in no pair: {axes}"])
    full = full_matrix(made) if made.ok else None
    if full is not None and made.board is not None:
        rate = made.board.rate
        print_lines([shown.beside(len(made.entries), cost_of(made.entries), full, rate)])


def _as_json(path: Path, board: Storyboard, chosen: Chosen, made: Compiled) -> dict[str, object]:
    assert board.strategy is not None
    rate, full = board.rate, full_matrix(made) if made.ok else None
    return {
        "seedspec_rows_chosen": 1,
        "file": rows_of(path).name,
        "strategy": board.strategy.kind,
        "rows": [dict(zip(chosen.axes, row, strict=True)) for row in chosen.rows],
        "kept": chosen.kept,
        "added": chosen.added,
        "completed": chosen.completed,
        "left_out": chosen.left_out,
        "least": chosen.least,
        "full": shown.full_json(full, rate) if full is not None else None,
    }
