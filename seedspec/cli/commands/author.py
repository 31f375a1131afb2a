"""Commands for those who write storyboards: check and compile."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING

import click
import orjson

from seedspec.cli import shared
from seedspec.cli.console import echo, pour, steady_json
from seedspec.cli.main import Exit
from seedspec.project.files import read_start

if TYPE_CHECKING:
    from seedspec.compiler.entry import Entry
    from seedspec.project.compile import Compiled

_IN_MEMORY = 1 << 20
"""As many bytes of output as are held in memory before a file takes them."""


@click.command("check")
@click.argument("paths", nargs=-1, type=click.Path())
@click.option("--format", "form", type=click.Choice(["text", "json", "github"]), default="text", show_default=True)
@click.option("--strict", is_flag=True, help="Warnings fail too.")
@click.option(
    "--profile", metavar="NAME",
    help="With this profile alone; `default` for none. All are checked when not given.",
)  # fmt: skip
@shared.ceiling
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
            shared.out([shown.as_text(found, color=shared.colored()).removesuffix("\n")])
        many = f"{len(files)} storyboard{'s' if len(files) != 1 else ''}"
        shared.note([f"{many}: {shown.tally(found)}" if found else f"{many}: nothing to mend"])
    else:
        text = shown.as_json(found) if form == "json" else shown.as_github(found)
        if text:
            echo(text.removesuffix("\n").encode())
    if failed:
        raise Exit(3)


@click.command("compile")
@shared.storyboard
@shared.selectors
@click.option(
    "--format", "form", type=click.Choice(["table", "json", "jsonl"]), default="table", show_default=True,
    help="json and jsonl hold the whole request bodies.",
)  # fmt: skip
@shared.profiled
@click.option("--explain", metavar="ENTRY", help="One entry: where each field came from, and what it overrode.")
def compile_command(
    storyboard: str, select: tuple[str, ...], exclude: tuple[str, ...], profile: str, form: str, explain: str | None
) -> None:
    """Show the requests exactly as they would be sent, every default written out.

    A local file stands as `sha256:…`, another shot's video as `entry:…`; a run replaces both by addresses.

    \b
    Examples:
      seedspec compile
      seedspec compile ads.yaml --format jsonl | jq .request.prompt
      seedspec compile --select open,look=noir --format json
      seedspec compile --explain open@look=noir/1 --profile draft
    """
    if explain is not None and (select or exclude):
        raise Exit(2, "--explain names its entry by itself; leave --select and --exclude out")
    if form == "jsonl" and not (select or exclude or explain):
        _stream(storyboard, profile)
        return
    from seedspec.lock.lock import Lock
    from seedspec.plan.select import choose
    from seedspec.report.entries import as_json, as_lines, as_table

    made = shared.compiled(storyboard, profile, emulated=False)
    if explain is not None:
        _explain(made, explain, form)
        return
    chosen = choose(made.entries, Lock(), select, exclude).chosen
    if form == "jsonl":
        pour(steady_json(b"".join(as_lines(chosen))))
    elif form == "json":
        echo(orjson.dumps([as_json(e) for e in chosen], option=orjson.OPT_INDENT_2))
    else:
        shared.out(as_table(chosen))


def _stream(storyboard: str, profile: str) -> None:
    """All entries as JSON Lines. They wait in a file without a name until it is known that none has an error."""
    from seedspec.project.compile import stream
    from seedspec.report.entries import as_lines

    with SpooledTemporaryFile(max_size=_IN_MEMORY) as spool:

        def keep(entries: Iterator[Entry]) -> None:
            lines = as_lines(entries)
            while some := b"".join(islice(lines, 1000)):
                spool.write(steady_json(some))

        shared.judged(stream(storyboard, keep, profile=profile))
        spool.seek(0)
        while some := spool.read(_IN_MEMORY):
            pour(some)


def _explain(made: Compiled, address: str, form: str) -> None:
    from seedspec.cli.entry_argument import the_entry
    from seedspec.compiler.request.explain import explain
    from seedspec.report import explain as shown

    assert made.board is not None
    found, rate = explain(made.board, the_entry(address, made.entries)), made.board.model.rate
    if form == "table":
        shared.out(shown.as_text(found, rate))
    else:
        echo(orjson.dumps(shown.as_json(found, rate), option=orjson.OPT_INDENT_2 if form == "json" else None))


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
