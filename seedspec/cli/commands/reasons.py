"""Commands that answer a question: why an entry stands where it does, and what an edit has changed."""

from __future__ import annotations

from pathlib import Path

import click
import orjson

from seedspec.api import Compiled, Options, plan
from seedspec.cli import shared
from seedspec.cli.console import echo
from seedspec.cli.entry_argument import the_address
from seedspec.cli.main import Exit
from seedspec.compiler.entry import Entry
from seedspec.compiler.request.trace import trace
from seedspec.compiler.storyboard.profile import NoProfile
from seedspec.lock.lock import Lock
from seedspec.plan.compare import compare
from seedspec.plan.select import choose
from seedspec.plan.why import why
from seedspec.project.compile import earlier
from seedspec.project.git import NoRevision, revision_of
from seedspec.project.paths import place_of
from seedspec.report import compare as compared
from seedspec.report import why as shown
from seedspec.report.diagnostics import tally
from seedspec.run.loop import now
from seedspec.run.store.lock_file import read_lock


@click.command("why")
@click.argument("entry")
@shared.storyboard
@shared.profiled
@click.option("--retry-failed", is_flag=True, help="As a run with --retry-failed would see it.")
@click.option("--redo-stale", is_flag=True, help="As a run with --redo-stale would see it.")
@click.option("--emulator", is_flag=True, help="With the emulator's lock and folder, not the paid ones.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def why_command(
    entry: str, storyboard: str, profile: str, form: str, *, retry_failed: bool, redo_stale: bool, emulator: bool
) -> None:
    """Say what a run would do with an entry and why: what differs from what was bought, and which line says so.

    ENTRY is an address, or a prefix that fits one entry alone. Touches no network, writes nothing.

    \b
    Examples:
      seedspec why open@look=noir/1
      seedspec why endcard storyboards/ad.yaml --format json
    """
    made = shared.compiled(storyboard, profile, emulated=emulator)
    planned = plan(storyboard, Options(retry_failed=retry_failed, redo_stale=redo_stale, emulated=emulator), made)
    assert made.board is not None
    steps = planned.plan.steps
    found = why(planned.plan, the_address(entry, [s.address for s in steps]))
    step = found.step
    places = {
        d.field: trace(made.board, step.entry, d.field, d.old, d.new) if step.entry is not None else None
        for d in found.differences
    }
    said = (found, places, made.board.model.rate, planned.place.meant, now().utc)
    if form == "json":
        echo(orjson.dumps(shown.as_json(*said), option=orjson.OPT_INDENT_2))
    else:
        shared.out(shown.as_text(*said))


@click.command("diff")
@click.argument("revision", metavar="REV")
@shared.storyboard
@shared.selectors
@shared.profiled
@click.option("--emulator", is_flag=True, help="With the emulator's lock, not the paid one.")
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
    made = shared.compiled(storyboard, profile, emulated=emulator)
    assert made.board is not None
    lock = read_lock(place_of(made.path, made.board, emulated=emulator).lock)
    try:
        then = revision_of(made.path.parent, revision)
        old = _earlier(storyboard, earlier(storyboard, then, profile=profile, emulated=emulator), revision)
    except NoProfile as error:
        old = ()
        shared.note([f"in {revision}: {error}: everything is new"])
    except NoRevision as error:
        raise Exit(2, str(error)) from None
    if then.unknown:
        named = ", ".join(f"`{name}`" for name in sorted(then.unknown))
        shared.note([f"not in {revision}, so taken as they are now: {named}"])
    found = compare(old, made.entries, lock).within(*_chosen(old, made.entries, select, exclude))
    if form == "json":
        echo(orjson.dumps(compared.as_json(found, made.board.model.rate, then.commit), option=orjson.OPT_INDENT_2))
    else:
        shared.out(compared.as_text(found, made.board.model.rate, color=shared.colored()))


def _earlier(storyboard: str, old: Compiled, revision: str) -> tuple[Entry, ...]:
    errors = [d for d in old.diagnostics if d.severity == "error"]
    if old.board is None:
        shared.tell(errors)
        raise Exit(3, f"`{Path(storyboard).name}` cannot be read as it was in {revision}")
    if errors:
        shared.note([f"in {revision} the storyboard had {tally(errors)}; entries with errors count as not there"])
    return old.entries


def _chosen(
    old: tuple[Entry, ...], new: tuple[Entry, ...], select: tuple[str, ...], exclude: tuple[str, ...]
) -> tuple[set[str], set[str]]:
    """The addresses of both sides that are meant; a term must fit an entry of one of them."""
    kept = {id(e) for e in choose((*old, *new), Lock(), select, exclude).chosen}
    return {e.address for e in old if id(e) in kept}, {e.address for e in new if id(e) in kept}
