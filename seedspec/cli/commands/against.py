"""What a storyboard was at a git revision, for the plan of a pull request: what was not there is simply new."""

from __future__ import annotations

from seedspec.api import Planned
from seedspec.cli.console import print_notes
from seedspec.cli.main import Exit
from seedspec.compiler.entry import Entry
from seedspec.compiler.storyboard.profile import NoProfile
from seedspec.plan.compare import Comparison, compare
from seedspec.project.compile import compile_revision
from seedspec.project.git import NoRevision, revision_of
from seedspec.report.diagnostics import tally
from seedspec.text.value import valueclass


@valueclass(frozen=True, slots=True)
class Since:
    """What has changed since a revision: as it was asked for, its commit, and the comparison."""

    revision: str
    commit: str
    found: Comparison


def since(storyboard: str, planned: Planned, revision: str, *, whole: bool, emulated: bool) -> Since:
    """The changes that a plan's entries bring; with those that are gone when the plan is of the `whole` storyboard.

    A storyboard that was not there, or was no storyboard then, had no entries. Ends the command with code 2 for a
    revision that git does not know.
    """
    made = planned.compiled
    try:
        then = revision_of(made.path.parent, revision)
    except NoRevision as error:
        raise Exit(2, str(error)) from None
    old: tuple[Entry, ...] = ()
    try:
        before = compile_revision(storyboard, then, profile=planned.plan.profile, emulated=emulated)
    except NoProfile as error:
        print_notes([f"in {revision}: {error}: everything is new"])
    except NoRevision as error:
        print_notes([f"{error}: everything is new"])
    else:
        old = before.entries
        if wrong := [d for d in before.diagnostics if d.severity == "error"]:
            print_notes([f"in {revision} the storyboard had {tally(wrong)}; entries with errors count as not there"])
    if then.unknown:
        named = ", ".join(f"`{made.path.parent / name}`" for name in sorted(then.unknown))
        print_notes([f"not in {revision}, so taken as they are now: {named}"])
    found = compare(old, made.entries, planned.plan.lock)
    if not whole:
        chosen = {s.address for s in planned.plan.steps if s.entry is not None}
        found = found.within(chosen, chosen)
    return Since(revision, then.commit, found)
