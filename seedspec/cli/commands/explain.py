"""`explain`: what a code means and what to do, without a network; all codes, when none is given."""

from __future__ import annotations

import shutil
import sys

import click

from seedspec.cli.console import print_json, print_lines, wants_color
from seedspec.cli.main import Exit
from seedspec.report import codes
from seedspec.text.diagnostic import did_you_mean
from seedspec.text.visible import visible

_WIDEST = 100


@click.command("explain")
@click.argument("words", nargs=-1, metavar="[CODE]...")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def explain_command(words: tuple[str, ...], form: str) -> None:
    """Say what a code means and what to do, with an example. Without CODE all codes are listed.

    A CODE stands in brackets at the end of an error, a warning or a hint.

    \b
    Examples:
      seedspec explain undefined-name
      seedspec explain
      seedspec explain undefined-name --format json
    """
    known = codes.codes()
    wanted = [_code(word, known) for word in words]
    if form == "json":
        print_json(codes.as_json(known, wanted or known))
        return
    width = shutil.get_terminal_size().columns
    if not wanted:
        print_lines(codes.list_codes(known, width=width if sys.stdout.isatty() else None, color=wants_color()))
    for number, code in enumerate(dict.fromkeys(wanted)):
        before = ["", ""] if number else []
        print_lines([*before, *codes.page(code, known[code], width=min(width, _WIDEST), color=wants_color())])


def _code(word: str, known: codes.Codes) -> str:
    """The code that is meant, also in the brackets in which messages have it. Ends the command for any other word."""
    code = word.strip().strip("[]").lower().replace("_", "-").replace(" ", "-")
    if code in known:
        return code
    near = "".join(f"; {note}" for note in did_you_mean(code, known))
    raise Exit(2, f"no code `{visible(word)}`{near or '; `seedspec explain` lists all codes'}")
