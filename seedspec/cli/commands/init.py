"""The command that begins a project."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from seedspec.cli.console import print_lines, print_next, print_notes
from seedspec.project.files import read_file
from seedspec.project.scaffold import FILL_IN, TEMPLATES, project, write


@click.command("init")
@click.argument("folder", default=".", type=click.Path(file_okay=False))
@click.option("--template", type=click.Choice(TEMPLATES), default="minimal", show_default=True,
              help="minimal: one video. storyboard: three shots. ab-ads: variants of an advertisement.")  # fmt: skip
@click.option("--ci", type=click.Choice(["github"]), help="Also a workflow, which checks and plans and never buys.")
@click.option("--no-schema", is_flag=True, help="No copy of the schema, and no line that points editors to it.")
def init_command(folder: str, template: str, ci: str | None, *, no_schema: bool) -> None:
    """Begin a project: a storyboard without mistakes, and what git should know. Files that are there are not changed.

    The storyboard's first line tells editors where its schema is: in schemas/, or in a folder above that has a copy
    already. The schema is a file of the project, so completion works for everybody and without a network.

    \b
    Examples:
      seedspec init
      seedspec init ads/spring --template ab-ads --ci github
    """
    place = Path(folder)
    written = False
    for path, left in write(project(place, template, schema=not no_schema, ci=ci is not None)):
        shown = _relative_path(path)
        written |= not left
        if left:
            print_notes([f"left alone: {shown} {left}"])
        else:
            print_lines([shown])
            if FILL_IN.encode() in read_file(path):
                print_notes([f"fill in HOST and OWNER in {shown}: where you install seedspec from"])
    board = _relative_path(place / "storyboard.yaml")
    named = "" if board == "storyboard.yaml" else f" {shlex.quote(board)}"
    if written:
        print_next(f"seedspec check{named} && seedspec run{named} --emulator")
    else:
        print_notes(["nothing to do"])


def _relative_path(path: Path) -> str:
    here = Path.cwd()
    whole = here / path
    return str(whole.relative_to(here)) if whole.is_relative_to(here) else str(path)
