"""`diff`: what an edit has changed since a git revision, and what that costs."""

from __future__ import annotations

import click

from seedspec.api import Compiled
from seedspec.cli.compiled import compile_or_exit, show_findings
from seedspec.cli.console import print_json, print_lines, print_notes, wants_color
from seedspec.cli.main import Exit
from seedspec.cli.options import emulator_option, profile_option, select_options, storyboard_argument
from seedspec.compiler.entry import Entry
from seedspec.compiler.storyboard.profile import NoProfile
from seedspec.lock.lock import Lock
from seedspec.plan.compare import compare
from seedspec.plan.select import choose
from seedspec.project.compile import compile_revision
from seedspec.project.git import NoRevision, revision_of
from seedspec.project.paths import place_of
from seedspec.report import compare as compared
from seedspec.report.diagnostics import tally
from seedspec.run.store.lock_file import read_lock


@click.command("diff")
@click.argument("revision", metavar="REV")
@storyboard_argument
@select_options
@profile_option
@emulator_option("With the emulator's lock, not the paid one.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def diff_command(
    revision: str, storyboard: str, select: tuple[str, ...], exclude: tuple[str, ...], profile: str, form: str,
    *, emulator: bool,
) -> None:  # fmt: skip
    """Show which entries an edit added, changed, moved and took away since a git revision, and what they cost.

    REV is a branch, a tag, a commit, HEAD~1 and the like. The old storyboard, its templates and its media are read
    from git and compiled by the rules of today; nothing is checked out. What the lock knows costs nothing.

    \b
    Examples:
      seedspec diff HEAD
      seedspec diff main storyboards/ad.yaml --format json
      seedspec diff HEAD~3 --select look=noir
    """
    made = compile_or_exit(storyboard, profile, emulated=emulator)
    assert made.board is not None
    lock = read_lock(place_of(made.path, made.board, emulated=emulator).lock)
    try:
        then = revision_of(made.path.parent, revision)
        old = _earlier(storyboard, compile_revision(storyboard, then, profile=profile, emulated=emulator), revision)
    except NoProfile as error:
        old = ()
        print_notes([f"in {revision}: {error}: everything is new"])
    except NoRevision as error:
        raise Exit(2, str(error)) from None
    if then.unknown:
        named = ", ".join(f"`{made.path.parent / name}`" for name in sorted(then.unknown))
        print_notes([f"not in {revision}, so taken as they are now: {named}"])
    found = compare(old, made.entries, lock).within(*_select_addresses(old, made.entries, select, exclude))
    if form == "json":
        print_json(compared.as_json(found, made.board.rate, then.commit))
    else:
        print_lines(compared.as_text(found, made.board.rate, color=wants_color()))


def _earlier(storyboard: str, old: Compiled, revision: str) -> tuple[Entry, ...]:
    errors = [d for d in old.diagnostics if d.severity == "error"]
    if old.board is None:
        show_findings(errors)
        raise Exit(3, f"`{storyboard}` cannot be read as it was in {revision}")
    if errors:
        print_notes([f"in {revision} the storyboard had {tally(errors)}; entries with errors count as not there"])
    return old.entries


def _select_addresses(
    old: tuple[Entry, ...], new: tuple[Entry, ...], select: tuple[str, ...], exclude: tuple[str, ...]
) -> tuple[set[str], set[str]]:
    """The addresses of both sides that are meant; a term must fit an entry of one of them."""
    kept = {id(e) for e in choose((*old, *new), Lock(), select, exclude).chosen}
    return {e.address for e in old if id(e) in kept}, {e.address for e in new if id(e) in kept}
