"""Arguments and options that several commands have in common."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click
from click.core import ParameterSource

F = TypeVar("F", bound=Callable[..., Any])


def storyboard_argument(function: F) -> F:
    """The storyboard that a command is about, and the bound on the work that it may cause."""
    return click.argument("storyboard", default="storyboard.yaml", type=click.Path(dir_okay=False))(
        ceiling_option(function)
    )


def ceiling_option(function: F) -> F:
    """--ceiling, on every command that compiles; it holds until the command has ended."""

    def raise_it(ctx: click.Context, _: click.Parameter, most: int | None) -> None:
        if most is not None:
            from seedspec.project.compile import ceiling_override

            before = ceiling_override.set(most)
            ctx.call_on_close(lambda: ceiling_override.reset(before))

    return click.option(
        "--ceiling", type=click.IntRange(min=1), metavar="ENTRIES", envvar="SEEDSPEC_CEILING", show_envvar=True,
        expose_value=False, callback=raise_it,
        help="The most entries to compile, whatever the storyboard allows; 200,000 when not given.",
    )(function)  # fmt: skip


def select_options(function: F) -> F:
    """--select and --exclude, on every command that takes entries."""
    term = "TERM: an address or its beginning, axis=label, axis.column=value, take=1, state:failed, tag:x; "
    term += "a comma means and."
    select = click.option("--select", "-s", multiple=True, metavar="TERM", help=f"Only these entries. {term}")
    exclude = click.option(
        "--exclude", "-x", multiple=True, metavar="TERM", help="All entries but these; TERM as in --select."
    )
    return select(exclude(function))


def json_option(function: F) -> F:
    """--format, on a command whose answer is for people or for programs."""
    return click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)(
        function
    )


def profile_option(function: F) -> F:
    """--profile, on every command whose answer depends on it."""
    return click.option(
        "--profile", metavar="NAME", default="", envvar="SEEDSPEC_PROFILE",
        help="Use this profile of the storyboard.",
    )(function)  # fmt: skip


def assets_option(text: str) -> Callable[[F], F]:
    """--assets, the bucket of local files."""
    return _bucket_option("assets", ["SEEDSPEC_ASSETS", "SEEDSPEC_RUN_ASSETS"], text)


def renders_option(
    text: str = "Saved videos go to this bucket by their SHA-256, and come from there.",
) -> Callable[[F], F]:
    """--renders, the bucket of saved videos, on every command whose answer depends on it."""
    return _bucket_option("renders", ["SEEDSPEC_RENDERS"], text)


def ledger_option(
    text: str = "The ledger that this lock is shared through, where this machine does not know it yet.",
) -> Callable[[F], F]:
    """--ledger, on every command that reads what a team has bought, or writes it."""
    return _bucket_option("ledger", ["SEEDSPEC_LEDGER"], text)


def _bucket_option(name: str, variables: list[str], text: str) -> Callable[[F], F]:
    return click.option(f"--{name}", metavar="URL", envvar=variables, show_envvar=True, help=text)


def check_bucket(name: str, url: str | None, *, emulator: bool) -> str | None:
    """The bucket of an option, or the ledger. The emulator goes without one of the environment, and says so; one
    asked for is an error.
    """
    if url is None or not emulator:
        return url or None
    from seedspec.cli.console import print_notes
    from seedspec.cli.main import Exit

    what = "a ledger" if name == "ledger" else "a bucket"
    if click.get_current_context().get_parameter_source(name) is not ParameterSource.ENVIRONMENT:
        raise Exit(2, f"--{name} and --emulator exclude each other: what is emulated has nothing to do with {what}")
    print_notes([f"SEEDSPEC_{name.upper()} is left alone: what is emulated has nothing to do with {what}"])
    return None


def yes_option(text: str) -> Callable[[F], F]:
    """--yes, which has no variable in the environment."""
    return word_option("--yes", "-y", is_flag=True, help=text)


def word_option(
    *names: str, help: str, metavar: str | None = None, is_flag: bool = False, type: click.ParamType[Any] | None = None
) -> Callable[[F], F]:
    """An option that is a person's word about one purchase. No variable in the environment gives it: a word that was
    said for another purchase, or in another shell, says nothing about this one."""
    flag: dict[str, Any] = (
        {"is_flag": True} if is_flag else {}
    )  # said of an option with a value, it would make the value optional
    return click.option(*names, help=help, metavar=metavar, type=type, allow_from_autoenv=False, **flag)


def emulator_option(text: str) -> Callable[[F], F]:
    """--emulator, on every command that reads a lock or picks; SEEDSPEC_EMULATOR sets it for all of them.

    A command that looked at a paid lock without any video says at its end where those of the emulator are.
    """

    def see_end(ctx: click.Context, _: click.Parameter, emulated: bool) -> bool:
        if not emulated and not ctx.resilient_parsing:
            ctx.call_on_close(lambda: _tell_of_emulator(ctx))
        return emulated

    return click.option(
        "--emulator", is_flag=True, help=text, envvar="SEEDSPEC_EMULATOR", show_envvar=True, callback=see_end
    )


def _tell_of_emulator(ctx: click.Context) -> None:
    """The way to the emulator's takes, where the paid lock has none; not beside what a program reads."""
    from seedspec.cli.console import print_notes
    from seedspec.project.names import lock_of

    if ctx.params.get("form", "text") not in ("text", "table") or ctx.info_name == "json":
        return
    board = Path(ctx.params.get("storyboard") or "storyboard.yaml")
    made = _videos_in(lock_of(board, emulated=True))
    if made and not _videos_in(lock_of(board, emulated=False)):
        takes = f"{made:,} take{'s' * (made > 1)} of the emulator {'are' if made > 1 else 'is'} here"
        print_notes([f"{takes}: add --emulator, or set SEEDSPEC_EMULATOR=1 for all commands"])


def _videos_in(lock: Path) -> int:
    """How many videos a lock has, as far as that can be seen in its text: whether it is sound is not asked here."""
    from seedspec.lock.lock import LockFault
    from seedspec.project.files import read_lock_file

    try:
        return len(re.findall(rb'"state": ?"saved"', read_lock_file(lock)))
    except (OSError, LockFault):
        return 0
