"""`compile`: the requests exactly as they would be sent."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING

import click
import orjson

from seedspec.cli.compiled import board_of, compile_or_exit, exit_on_errors
from seedspec.cli.console import echo, pour, print_json, print_lines, print_next, steady_json
from seedspec.cli.main import Exit
from seedspec.cli.options import emulator_option, profile_option, select_options, storyboard_argument

if TYPE_CHECKING:
    from seedspec.compiler.entry import Entry
    from seedspec.plan.command_hint import CommandHint
    from seedspec.project.compile import Compiled


_IN_MEMORY = 1 << 20
"""As many bytes of output as are held in memory before a file takes them."""


@click.command("compile")
@storyboard_argument
@select_options
@click.option(
    "--format", "form", type=click.Choice(["table", "json", "jsonl"]), default="table", show_default=True,
    help="json and jsonl hold the whole request bodies.",
)  # fmt: skip
@profile_option
@click.option(
    "--origins", "origins", metavar="ENTRY", help="One entry: where each field came from, and what it overrode."
)
@click.option(
    "--preview",
    "preview",
    metavar="FILE",
    type=click.Path(),
    help="A page of the prompts as they will be sent, with media, prices and sums, to read or print: one .html file.",
)
@emulator_option("With the picks of the emulator's takes, not of the paid ones.")
def compile_command(
    storyboard: str, select: tuple[str, ...], exclude: tuple[str, ...], profile: str, form: str, origins: str | None,
    preview: str | None, *, emulator: bool,
) -> None:  # fmt: skip
    """Show the requests exactly as they would be sent, with every default written out.

    A local file is shown as `sha256:…`, another shot's video as `entry:…`, a picture of that video as
    `frame:last:entry:…` (`first`, or milliseconds). A run puts addresses in their place.

    \b
    Examples:
      seedspec compile
      seedspec compile ads.yaml --format jsonl | jq .request.prompt
      seedspec compile --select open,look=noir --format json
      seedspec compile --origins open@look=noir/1 --profile draft
      seedspec compile --preview prompts.html
    """
    if preview is not None:
        if form == "jsonl" or origins is not None:
            raise Exit(2, "--preview makes a page: leave --origins and --format jsonl out")
        from seedspec.api import Options
        from seedspec.cli.preview_page import make_preview

        options = Options(select=select, exclude=exclude, profile=profile, emulated=emulator)
        make_preview(storyboard, options, preview, form)
        return
    if origins is not None and (select or exclude):
        raise Exit(2, "--origins names its entry by itself; leave --select and --exclude out")
    if form == "jsonl" and not (select or exclude or origins):
        _stream(storyboard, profile, emulated=emulator)
        return
    from seedspec.lock.lock import Lock
    from seedspec.plan.select import choose
    from seedspec.report.entries import as_json, as_lines, as_table

    made = compile_or_exit(storyboard, profile, emulated=emulator)
    if origins is not None:
        _show_origins(made, origins, form)
        return
    chosen = choose(made.entries, Lock(), select, exclude).chosen
    if form == "jsonl":
        pour(steady_json(b"".join(as_lines(chosen))))
    elif form == "json":
        print_json([as_json(e) for e in chosen])
    else:
        print_lines(as_table(chosen))
        print_next(_commands(made, emulated=emulator).plain("plan"))


def _stream(storyboard: str, profile: str, *, emulated: bool) -> None:
    """All entries as JSON Lines. They wait in a file without a name until it is known that none has an error."""
    from seedspec.project.compile import stream
    from seedspec.report.entries import as_lines

    with SpooledTemporaryFile(max_size=_IN_MEMORY) as spool:

        def keep(entries: Iterator[Entry]) -> None:
            lines = as_lines(entries)
            while some := b"".join(islice(lines, 1000)):
                spool.write(steady_json(some))

        exit_on_errors(stream(storyboard, keep, profile=profile, emulated=emulated))
        spool.seek(0)
        while some := spool.read(_IN_MEMORY):
            pour(some)


def _show_origins(made: Compiled, address: str, form: str) -> None:
    from seedspec.cli.entry_argument import the_entry
    from seedspec.compiler.request.explain import explain
    from seedspec.report import origins as shown

    assert made.board is not None
    found, rate = explain(made.board, the_entry(address, made.entries)), made.board.rate
    if form == "table":
        print_lines(shown.as_text(found, rate, _commands(made, emulated=False)))
    else:
        echo(orjson.dumps(shown.as_json(found, rate), option=orjson.OPT_INDENT_2 if form == "json" else None))


def _commands(made: Compiled, *, emulated: bool) -> CommandHint:
    """The commands about what was compiled; no lock and no key is looked for."""
    from seedspec.compiler.storyboard.profile import name_of
    from seedspec.plan.command_hint import CommandHint

    return CommandHint("" if str(made.path) == "storyboard.yaml" else str(made.path), emulated, name_of(board_of(made)))
