"""`check --fix` and `check --diff`: the edits of findings shown as a difference, and written when that is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial

from seedspec.cli.checking import Check
from seedspec.cli.console import complain, print_lines, print_notes, wants_color
from seedspec.project.fixes import Change, Fixes, fixes, write
from seedspec.report.patch import unified_diff
from seedspec.text.diagnostic import Diagnostic


def fix_all(files: Iterable[str], check: Check, *, shown: bool) -> tuple[list[Diagnostic], bool]:
    """Fixes storyboards. Gives the findings that remain, and whether all that was to be written is.

    The differences are `shown` on standard output; what was fixed is said on standard error in any case.
    """
    found: list[Diagnostic] = []
    complete = True
    for file in files:
        made = fixes(file, partial(check.read, file))
        _say_left(made)
        try:
            write(made.changes)
        except OSError as error:
            complete = False
            complain(f"{error.filename}: {(error.strerror or str(error)).lower()}; what is below is as it was")
        else:
            if shown:
                print_lines(_differences(made.changes))
            _say_fixed(made)
        found += check.all(file)
    return found, complete


def show_fixes(files: Iterable[str], check: Check) -> list[Diagnostic]:
    """Shows what fixing storyboards would write. Gives the findings as they are, for nothing is written."""
    found: list[Diagnostic] = []
    known: set[Change] = set()
    for file in files:
        made = fixes(file, partial(check.read, file))
        _say_left(made)
        print_lines(_differences(c for c in made.changes if c not in known))
        known.update(made.changes)  # storyboards may have templates in common
        found += made.found
    return found


def _differences(changes: Iterable[Change]) -> Iterator[str]:
    for change in changes:
        yield from unified_diff(str(change.path), change.before, change.after, color=wants_color())


def _say_fixed(made: Fixes) -> None:
    if made.fixed:
        where = ", ".join(str(change.path) for change in made.changes)
        print_notes([f"fixed: {len(made.fixed)} in {where}"])


def _say_left(made: Fixes) -> None:
    print_notes(f"not fixed, for its edit would do harm: {d.span or ''} [{d.code}]" for d in made.left)
