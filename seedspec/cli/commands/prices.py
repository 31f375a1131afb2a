"""`prices`: the prices in force, with their day and source; `prices refresh` reads the vendor's newer ones."""

from __future__ import annotations

import os
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import click

from seedspec.cli.console import print_json, print_lines, print_notes
from seedspec.cli.main import Exit
from seedspec.cli.options import json_option, yes_option
from seedspec.project import sources
from seedspec.project.user_prices import own_prices, path_of, write_prices
from seedspec.report import prices as shown
from seedspec.text.diagnostic import did_you_mean, list_words


@click.group("prices", invoke_without_command=True)
@click.option("-f", "--file", "storyboard", metavar="STORYBOARD", help="The prices of this storyboard's model.")
@click.option("--model", metavar="MODEL", help="The prices of this model.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.pass_context
def prices_command(context: click.Context, storyboard: str | None, model: str | None, form: str) -> None:
    """Show the prices that are in force: since when, how sure they are, and where they were read. Uses no network.

    Without --file and --model all models that have prices are shown.

    \b
    Examples:
      seedspec prices
      seedspec prices --model seedance-1.5-pro --format json
      seedspec prices refresh evolink
    """
    if context.invoked_subcommand is not None:
        context.default_map = {"refresh": {"form": form}}
        return
    catalog, day = sources.catalog(Path(storyboard or "").parent), sources.today()
    print_notes([fault for book in catalog.prices.values() for fault in book.all_faults()])
    rates = {name: book.rate(name, day) for book in catalog.prices.values() for name in book.rows}
    rates |= {name: one.rate for name, one in catalog.models.items()}
    names = _models_of(storyboard) if storyboard is not None else [model] if model is not None else list(rates)
    for name in names:
        if name not in rates:
            raise Exit(
                2, "; ".join((f"no prices of `{name}`; expected {list_words(rates)}", *did_you_mean(name, rates)))
            )
    rates = {name: rates[name] for name in names}
    if form == "json":
        print_json(shown.as_json(rates, day))
    else:
        print_lines(shown.as_text(rates, day))


def _models_of(storyboard: str) -> list[str]:
    from seedspec.cli.compiled import board_of, compile_or_exit

    return [model.id for model in board_of(compile_or_exit(storyboard, "", emulated=False)).models]


@prices_command.command("refresh")
@click.argument("provider")
@yes_option("Take the prices up without asking. Without a terminal nothing is written unless this is given.")
@json_option
def refresh_command(provider: str, form: str, *, yes: bool) -> None:
    """Read the vendor's public prices, without the key, and show what they change. Nothing is written without a yes.

    They are kept in the folder of your settings, as rows that hold from today on; the prices that come with seedspec
    stay as they are. A document that is not understood changes nothing.

    With --format json the changes are in the document, also where nothing was written: `written` is null then.

    \b
    Examples:
      seedspec prices refresh evolink
    """
    from seedspec.catalog.price_file import price_book
    from seedspec.catalog.price_rules import FORM, NotUnderstood, rows_of
    from seedspec.catalog.schema import Schema
    from seedspec.project.credentials import origins_of
    from seedspec.run.service.price_page import read_document
    from seedspec.run.service.public_web import Unreachable

    catalog, day = sources.catalog(), sources.today()
    document = sources.schemas().get(f"{provider}/provider.json")
    book = catalog.prices.get(provider)
    if book is None or document is None or document.get("prices", {}).get("form") != FORM:
        raise Exit(2, f"no public prices of `{provider}` are known; expected {list_words(catalog.prices)}")
    url = origins_of(document, os.environ).api + document["prices"]["path"]
    try:
        found = read_document(url)
        rows, why = rows_of(found, dict.fromkeys((*book.rows, *catalog.models)), day, Fraction(book.credits_per_usd))
    except (Unreachable, NotUnderstood) as error:
        raise Exit(7, f"{url}: {error}; nothing was changed") from None
    written = None
    try:
        if form == "text":
            print_lines(shown.changes(book, rows, why, day))
        if not rows:
            raise Exit(7, "none of the prices is understood; nothing was changed")
        made = _with(provider, rows, book.as_of, str(book.credits_per_usd), day)
        judged = price_book(str(path_of(provider)), made, Schema(sources.schemas()["meta/prices.json"]))
        if isinstance(judged, str) or judged.all_faults():
            fault = judged if isinstance(judged, str) else judged.all_faults()[0]
            raise Exit(7, f"{fault}; nothing was changed")
        if form == "json" and not yes:  # whoever is asked reads the changes first
            print_notes(shown.changes(book, rows, why, day))
        _ask(yes=yes)
        written = write_prices(provider, made)
    finally:
        if form == "json":
            print_json(shown.changes_as_json(book, rows, why, day) | {"written": str(written) if written else None})
    if form == "text":
        print_notes([f"wrote {written}"])


def _with(provider: str, rows: dict[str, Any], as_of: str, per_usd: str, day: str) -> dict[str, Any]:
    """The user's file with these rows in the place of those of the same day; one that is broken is made anew."""
    kept = own_prices().get(provider, ("", None))[1]
    known = kept.get("models") if isinstance(kept, dict) else None
    models: dict[str, Any] = dict(known) if isinstance(known, dict) else {}
    for model, row in rows.items():
        before = models.get(model)
        earlier = (
            [r for r in before if isinstance(r, dict) and r.get("from") != day] if isinstance(before, list) else []
        )
        models[model] = [*earlier, row]
    unit = {"name": "credit", "per_usd": per_usd, "as_of": as_of}
    return {"seedspec_prices": 2, "provider": provider, "unit": unit, "models": models}


def _ask(*, yes: bool) -> None:
    """Ends the command unless somebody says yes."""
    if yes:
        return
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise Exit(2, "nothing is written without a yes; add --yes")
    sys.stderr.write("Take these prices up from today on? [y/N] ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        print_notes(["nothing was changed"])
        raise Exit(0)
