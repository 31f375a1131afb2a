"""`check`: every mistake in storyboards, with its line; fixed, or looked for again after each change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from seedspec.cli.console import echo, print_notes
from seedspec.cli.main import Exit
from seedspec.cli.options import ceiling_option

if TYPE_CHECKING:
    from seedspec.text.diagnostic import Diagnostic


@click.command("check")
@click.argument("paths", nargs=-1, type=click.Path())
@click.option("--format", "form", type=click.Choice(["text", "json", "github"]), default="text", show_default=True)
@click.option("--strict", is_flag=True, help="Warnings fail too.")
@click.option(
    "--profile", metavar="NAME",
    help="Check this profile alone; `default` means none. Without the option all are checked.",
)  # fmt: skip
@ceiling_option
@click.option("--probe-urls", is_flag=True, help="Look at remote media too, over https and without the key.")
@click.option("--fix", is_flag=True, help="Write the fixes that are certain, show them, and check again.")
@click.option("--diff", is_flag=True, help="Show what --fix would write, and write nothing.")
@click.option("--watch", "watching", is_flag=True, help="Check again whenever something changes, until Ctrl-C.")
def check_command(
    paths: tuple[str, ...], form: str, profile: str | None,
    *, strict: bool, probe_urls: bool, fix: bool, diff: bool, watching: bool,
) -> None:  # fmt: skip
    """Find every mistake in storyboards, with its line. Needs no key. Only --probe-urls uses the network.

    PATHS are storyboards or folders; without one it is storyboard.yaml. In a folder every *.yaml file with a
    `seedspec:` key is checked, but not in hidden folders; a folder without one ends the command with 2. Exits 3 when a
    file has an error; with --fix, when an error is left.

    \b
    Examples:
      seedspec check
      seedspec check storyboards/ --strict
      seedspec check --fix
      seedspec check --watch
      seedspec check storyboard.yaml --format github
      seedspec check --probe-urls
    """
    from seedspec.cli.checking import Check, count_of, storyboards

    given = paths or ("storyboard.yaml",)
    check = Check(profile, probe_urls)
    if watching:
        _refuse("--watch", {"--format": form != "text", "--fix": fix, "--diff": diff, "--probe-urls": probe_urls})
        from seedspec.cli.check_watch import watch

        watch(given, check)
        return
    files = storyboards(given)
    for path in given:
        if Path(path).is_dir() and not any(Path(file).is_relative_to(path) for file in files):
            raise Exit(2, f"no storyboard is in `{path}`; expected a *.yaml file with a `seedspec:` key")
    if diff and not fix:
        from seedspec.cli.check_fix import show_fixes

        _refuse("--diff", {"--format": form != "text"})
        found, complete = show_fixes(files, check), True
        print_notes([count_of(files, found)])
    elif fix:
        from seedspec.cli.check_fix import fix_all

        found, complete = fix_all(files, check, shown=form == "text")
        _tell(found, files, form, fixing=True)
    else:
        found, complete = [d for file in files for d in check.all(file)], True
        _tell(found, files, form)
    if not complete:
        raise Exit(2)
    if any(d.severity == "error" or (strict and d.severity == "warning") for d in found):
        raise Exit(3)


def _tell(found: Sequence[Diagnostic], files: Sequence[str], form: str, *, fixing: bool = False) -> None:
    from seedspec.cli.checking import show
    from seedspec.report import diagnostics

    if form == "text":
        show(found, files, fixing=fixing)
    elif text := diagnostics.as_json(found) if form == "json" else diagnostics.as_github(found):
        echo(text.removesuffix("\n").encode())


def _refuse(option: str, others: Mapping[str, bool]) -> None:
    """Ends the command for options that have no meaning beside another one."""
    for other, given in others.items():
        if given:
            raise Exit(2, f"{option} and {other} exclude each other")
