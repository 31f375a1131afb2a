"""The command that begins a project."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

import click

from seedspec.cli.console import print_json, print_lines, print_next, print_notes
from seedspec.cli.main import Exit
from seedspec.project.files import read_file
from seedspec.project.scaffold import CI, FILL_IN, TEMPLATES, agents_page, project, write

FORMS = ("shots", "rows")


@click.command("init")
@click.argument("folder", default=".", type=click.Path(file_okay=False))
@click.option("--template", type=click.Choice(TEMPLATES), default="minimal", show_default=True,
              help="minimal: one video. storyboard: three shots. ab-ads: variants of an advertisement.")  # fmt: skip
@click.option("--from", "source", metavar="FILE", type=click.Path(dir_okay=False),
              help="Make the storyboard of a table or document: .csv, .xlsx, .md, .json.")  # fmt: skip
@click.option("--as", "form", type=click.Choice(FORMS), help="With --from: what a row is; else it is told by a rule.")
@click.option("--map", "mapped", metavar="KEY=COLUMN", multiple=True,
              help="With --from: which column is the prompt, the id, an image; may be repeated.")  # fmt: skip
@click.option(
    "--sheet", metavar="NAME", default="", help="With --from: the sheet of a workbook; else the first with data."
)
@click.option(
    "--encoding", metavar="NAME", default="", help="With --from: of a text that is not UTF-8, such as cp1252, gbk."
)
@click.option("--ci", type=click.Choice(list(CI)),
              help="Also workflows: a plan for each pull request, on merge a run of what was agreed to.")  # fmt: skip
@click.option("--format", "answer", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--agents", is_flag=True, help="Also AGENTS.md: how a coding agent works here, and what it has to ask.")
@click.option("--no-schema", is_flag=True, help="No copy of the schema, and no line that points editors to it.")
def init_command(
    folder: str, template: str, source: str | None, form: str | None, mapped: tuple[str, ...], sheet: str,
    encoding: str, ci: str | None, answer: str, *, agents: bool, no_schema: bool,
) -> None:  # fmt: skip
    """Begin a project: a storyboard without mistakes, and what git should know. Files that are there are not changed.

    With --from the storyboard is made of a table or a document that you have. What was left out, changed or guessed on
    the way is told, each with its place in the source.

    The storyboard's first line tells editors where its schema is: in schemas/, or in a folder above that has a copy
    already. The schema is a file of the project, so completion works for everybody and without a network.

    \b
    Examples:
      seedspec init
      seedspec init ads/spring --template ab-ads --ci github
      seedspec init ads/summer --from shots.csv
      seedspec init --agents
      seedspec init --from shots.xlsx --sheet Ads --map prompt="Text (EN)"
    """
    place = Path(folder)
    if agents:
        _check_no_other_page(place)
    told: dict[str, list[str]] = {"written": [], "left_alone": []}
    made = _import_source(place, source, form, mapped, sheet, encoding, schema=not no_schema)
    written = False
    for path, left in write(project(place, template, schema=not no_schema, ci=ci, board=made, agents=agents)):
        shown = _relative_path(path)
        written |= not left
        if answer == "json":
            told["left_alone" if left else "written"].append(shown)
            continue
        if left:
            print_notes([f"left alone: {shown} {left}"])
        else:
            print_lines([shown])
            if FILL_IN in (data := read_file(path).decode(errors="replace")):
                words = "HOST and OWNER" if f"HOST/{FILL_IN}" in data else "OWNER"
                print_notes([f"fill in {words} in {shown}: where you install seedspec from"])
    if answer == "json":
        print_json({"seedspec_init": 1, **told})
        return
    board = _relative_path(place / "storyboard.yaml")
    named = "" if board == "storyboard.yaml" else f" {shlex.quote(board)}"
    if written:
        print_next(f"seedspec check{named} && seedspec run{named} --emulator")
    else:
        print_notes(["nothing to do"])


def _check_no_other_page(place: Path) -> None:
    """Ends the command, before anything is written, where somebody's own page for agents is."""
    page = agents_page(place)
    if not os.path.lexists(page.path):
        return
    shown = _relative_path(page.path)
    try:
        same = read_file(page.path) == page.data
    except OSError:
        same = False
    if not same:
        raise Exit(
            2, f"`{shown}` is there, and is not overwritten; rename it, run this again, and put the two together"
        )


def _import_source(
    place: Path,
    source: str | None,
    form: str | None,
    mapped: tuple[str, ...],
    sheet: str,
    encoding: str,
    *,
    schema: bool,
) -> str | None:
    """The text of a storyboard that is made of a source; None where none is named."""
    if source is None:
        given = [o for o, v in (("--as", form), ("--map", mapped), ("--sheet", sheet), ("--encoding", encoding)) if v]
        if given:
            raise Exit(2, f"{given[0]} is for a table or a document; name it: `--from FILE`")
        return None
    chosen = click.get_current_context().get_parameter_source("template")
    if chosen is not None and chosen.name == "COMMANDLINE":
        raise Exit(2, "--from and --template both say what the storyboard is; give one of them")
    if os.path.lexists(place / "storyboard.yaml"):
        board = _relative_path(place / "storyboard.yaml")
        raise Exit(
            2, f"`{board}` is there, and is not overwritten; name another folder: `seedspec init FOLDER --from …`"
        )
    from seedspec.project.importing.reading import Wish, import_from
    from seedspec.project.importing.values import ImportFault

    try:
        wish = Wish(mapped, "rows" if form == "rows" else "shots" if form == "shots" else "", sheet, encoding)
        made = import_from(source, place, wish)
    except ImportFault as fault:
        raise Exit(3, str(fault)) from None
    print_notes(made.remarks)
    return made.text


def _relative_path(path: Path) -> str:
    here = Path.cwd()
    whole = here / path
    return str(whole.relative_to(here)) if whole.is_relative_to(here) else str(path)
