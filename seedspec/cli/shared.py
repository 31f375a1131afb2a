"""What several commands have in common: the storyboard argument, selectors, and how findings are shown."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from seedspec.cli.console import colored as colored
from seedspec.cli.console import echo
from seedspec.cli.main import Exit

if TYPE_CHECKING:
    from seedspec.api import Options
    from seedspec.compiler.storyboard.types import Storyboard
    from seedspec.project.compile import Compiled
    from seedspec.text.diagnostic import Diagnostic

F = TypeVar("F", bound=Callable[..., Any])


def storyboard(function: F) -> F:
    """The storyboard that a command is about, and the bound on the work that it may cause."""
    return click.argument("storyboard", default="storyboard.yaml", type=click.Path(dir_okay=False))(ceiling(function))


def ceiling(function: F) -> F:
    """--ceiling, on every command that compiles; it holds until the command has ended."""

    def raise_it(ctx: click.Context, _: click.Parameter, most: int | None) -> None:
        if most is not None:
            from seedspec.project.compile import raised

            before = raised.set(most)
            ctx.call_on_close(lambda: raised.reset(before))

    return click.option(
        "--ceiling", type=click.IntRange(min=1), metavar="ENTRIES", envvar="SEEDSPEC_CEILING", show_envvar=True,
        expose_value=False, callback=raise_it,
        help="Compile up to so many entries, whatever the storyboard allows; 200,000 when not given.",
    )(function)  # fmt: skip


def selectors(function: F) -> F:
    """--select and --exclude, on every command that takes entries."""
    term = "An address or a prefix of one, axis=label, take=1, state:failed, tag:x (comma = and)."
    select = click.option("--select", "-s", multiple=True, metavar="TERM", help=f"Only these entries. {term}")
    exclude = click.option("--exclude", "-x", multiple=True, metavar="TERM", help="All but these; terms as --select.")
    return select(exclude(function))


def profiled(function: F) -> F:
    """--profile, on every command whose answer depends on it."""
    return click.option(
        "--profile", metavar="NAME", default="", envvar="SEEDSPEC_PROFILE",
        help="With this profile of the storyboard laid over it.",
    )(function)  # fmt: skip


def yes(said: str) -> Callable[[F], F]:
    """--yes, which has no variable in the environment."""
    return word("--yes", "-y", is_flag=True, help=said)


def word(*names: str, **given: Any) -> Callable[[F], F]:
    """An option that is a person's word about one purchase. No variable in the environment gives it: a word that was
    said for another purchase, or in another shell, says nothing about this one."""
    return click.option(*names, allow_from_autoenv=False, **given)


def out(lines: Iterable[str]) -> None:
    """Data, on standard output."""
    if listed := list(lines):
        echo("\n".join(listed))


def note(lines: Iterable[str]) -> None:
    """Everything else, on standard error."""
    if listed := list(lines):
        echo("\n".join(listed), err=True)


def compiled(path: str, profile: str, *, emulated: bool) -> Compiled:
    """The storyboard's entries with a profile; its findings are shown, and errors end the command with code 3.

    A reference that follows a pick follows those of the emulator's takes when `emulated`.
    """
    from seedspec.project.compile import compile

    return judged(compile(path, profile=profile, emulated=emulated))


class Mistaken(Exit):
    """A storyboard with errors, which were shown: they are in `wrong`, and `said` is as `1 mistake, line 7`."""

    def __init__(self, found: Iterable[Diagnostic]) -> None:
        super().__init__(3)
        self.wrong = wrong = tuple(d for d in found if d.severity == "error")
        first = next((d.span for d in wrong if d.span is not None), None)
        where = f", {'first in ' if len(wrong) > 1 else ''}line {first.place[0]}" if first is not None else ""
        self.said = f"{len(wrong)} mistake{'s' if len(wrong) != 1 else ''}{where}"


def judged(made: Compiled) -> Compiled:
    """What was compiled, when its findings, which are shown, let it stand. Raises Mistaken."""
    tell(made.diagnostics)
    if not made.ok:
        raise Mistaken(made.diagnostics)
    return made


def board(made: Compiled) -> Storyboard:
    """The storyboard of a compile that ended well."""
    assert made.board is not None
    return made.board


def titled(made: Compiled) -> str:
    """What stands above an answer: the storyboard, its model, and the profile."""
    whole = board(made)
    return f"{whole.name}  {whole.model.id}" + (f"  profile {whole.profile.name}" if whole.profile else "")


def named(made: Compiled) -> str:
    """What a report is called: the storyboard's name, and its profile."""
    whole = board(made)
    return f"{whole.name} ({whole.profile.name})" if whole.profile is not None else whole.name


def tell(found: Iterable[Diagnostic]) -> None:
    listed = list(found)
    if listed:
        from seedspec.report import diagnostics as shown

        echo(shown.as_text(listed, color=colored(sys.stderr)), err=True)


def options(**given: Any) -> Options:
    from seedspec.api import Options

    return Options(**{k: v for k, v in given.items() if v is not None})
