"""The storyboard of a command: compiled, its findings shown; errors end the command."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from seedspec.cli.console import echo, print_notes, wants_color
from seedspec.cli.main import Exit

if TYPE_CHECKING:
    from seedspec.compiler.storyboard.types import Storyboard
    from seedspec.project.compile import Compiled
    from seedspec.text.diagnostic import Diagnostic


def compile_or_exit(path: str, profile: str, *, emulated: bool, left_out: Collection[str] = ()) -> Compiled:
    """The storyboard's entries with a profile; its findings are shown, and errors end the command with code 3.

    A reference that follows a pick follows those of the emulator's takes when `emulated`. Findings of the codes that
    are `left_out` are for the caller to show.
    """
    from seedspec.project.compile import compile

    return exit_on_errors(compile(path, profile=profile, emulated=emulated), left_out)


def bought_or_exit(path: str, profile: str, *, emulated: bool) -> Compiled:
    """The same for commands that look at what was bought, or finish it. They go on from the lock alone where the
    storyboard has errors, which are shown."""
    from seedspec.project.compile import compile

    made = compile(path, profile=profile, emulated=emulated)
    if not made.ok:
        from seedspec.project.names import lock_of
        from seedspec.run.lock_alone import lock_alone

        found = lock_alone(made, profile, emulated=emulated)
        if found is not None:
            show_findings(made.diagnostics)
            lock = lock_of(made.path, emulated=emulated)
            print_notes([f"the storyboard cannot be compiled: what was bought is taken from `{lock}` alone"])
            return found
    return exit_on_errors(made)


class Mistaken(Exit):
    """A storyboard with errors, which were shown: they are in `errors`, and `summary` is as `1 mistake, line 7`."""

    def __init__(self, found: Iterable[Diagnostic]) -> None:
        super().__init__(3)
        self.errors = errors = tuple(d for d in found if d.severity == "error")
        first = next((d.span for d in errors if d.span is not None), None)
        where = f", {'first in ' if len(errors) > 1 else ''}line {first.place[0]}" if first is not None else ""
        self.summary = f"{len(errors)} mistake{'s' if len(errors) != 1 else ''}{where}"


def exit_on_errors(made: Compiled, left_out: Collection[str] = ()) -> Compiled:
    """What was compiled, when its findings, which are shown, let it stand. Raises Mistaken."""
    show_findings(d for d in made.diagnostics if not (made.ok and d.code in left_out))
    if not made.ok:
        raise Mistaken(made.diagnostics)
    return made


def board_of(made: Compiled) -> Storyboard:
    """The storyboard of a compile that ended well."""
    assert made.board is not None
    return made.board


def heading(made: Compiled) -> str:
    """What stands above an answer: the storyboard, the models that make its videos, and the profile."""
    whole = board_of(made)
    models = dict.fromkeys(e.model.id for e in made.entries) or [m.id for m in whole.models]
    return f"{whole.name}  {', '.join(models)}" + (f"  profile {whole.profile.name}" if whole.profile else "")


def report_name(made: Compiled) -> str:
    """What a report is called: the storyboard's name, and its profile."""
    whole = board_of(made)
    return f"{whole.name} ({whole.profile.name})" if whole.profile is not None else whole.name


def show_findings(found: Iterable[Diagnostic]) -> None:
    listed = list(found)
    if listed:
        from seedspec.report import diagnostics as shown

        echo(shown.as_text(listed, color=wants_color(sys.stderr)), err=True)
