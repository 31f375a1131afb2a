"""`check`: every mistake in storyboards, with its line."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from seedspec.cli.console import colored, echo, print_lines, print_notes
from seedspec.cli.main import Exit
from seedspec.cli.options import ceiling_option
from seedspec.project.files import read_start

if TYPE_CHECKING:
    pass


@click.command("check")
@click.argument("paths", nargs=-1, type=click.Path())
@click.option("--format", "form", type=click.Choice(["text", "json", "github"]), default="text", show_default=True)
@click.option("--strict", is_flag=True, help="Warnings fail too.")
@click.option(
    "--profile", metavar="NAME",
    help="With this profile alone; `default` for none. All are checked when not given.",
)  # fmt: skip
@ceiling_option
@click.option("--probe-urls", is_flag=True, help="Look at remote media too: over https, without the key.")
def check_command(paths: tuple[str, ...], form: str, *, strict: bool, profile: str | None, probe_urls: bool) -> None:
    """Find every mistake in storyboards, with its line. Needs no key, and the network with --probe-urls alone.

    PATHS are storyboards, or folders whose *.yaml files with a `seedspec:` key are checked (hidden folders are left
    out); storyboard.yaml when none is given. Exits 3 when any file has an error.

    \b
    Examples:
      seedspec check
      seedspec check storyboards/ --strict
      seedspec check storyboard.yaml --format github
      seedspec check --probe-urls
    """
    from seedspec.project.compile import check

    look_behind = None
    if probe_urls:
        from seedspec.run.service.probe import probe_of_environment

        look_behind = probe_of_environment
    from seedspec.project.sources import catalog
    from seedspec.report import diagnostics as shown

    files, known = _files(paths or ("storyboard.yaml",)), catalog()
    found = [d for file in files for d in check(file, known, profile, look_behind)]
    failed = any(d.severity == "error" or (strict and d.severity == "warning") for d in found)
    if form == "text":
        if found:
            print_lines([shown.as_text(found, color=colored()).removesuffix("\n")])
        many = f"{len(files)} storyboard{'s' if len(files) != 1 else ''}"
        print_notes([f"{many}: {shown.tally(found)}" if found else f"{many}: nothing to mend"])
    else:
        text = shown.as_json(found) if form == "json" else shown.as_github(found)
        if text:
            echo(text.removesuffix("\n").encode())
    if failed:
        raise Exit(3)


def _files(paths: tuple[str, ...]) -> list[str]:
    """Files as given; a folder gives the YAML files below it that say they are storyboards, hidden folders left out."""
    found: list[str] = []
    for path in paths:
        if not Path(path).is_dir():
            found.append(path)
            continue
        below: list[Path] = []
        for place, folders, names in os.walk(path):
            folders[:] = [f for f in folders if not f.startswith(".")]
            below += [Path(place, n) for n in names if n.endswith((".yaml", ".yml"))]
        found += [str(p) for p in sorted(below) if _is_storyboard(p)]
    return list(dict.fromkeys(found))


def _is_storyboard(path: Path) -> bool:
    try:
        return any(line.startswith(b"seedspec:") for line in read_start(path, 65536).splitlines())
    except OSError:
        return False
