"""`models`: which models there are, with their fields, limits and prices."""

from __future__ import annotations

from pathlib import Path

import click

from seedspec.cli.console import print_json, print_lines, print_notes
from seedspec.cli.main import Exit
from seedspec.project import sources
from seedspec.text.diagnostic import did_you_mean, list_words


@click.command("models")
@click.argument("model", required=False)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def models_command(model: str | None, form: str) -> None:
    """List the models, or show one: its fields, slots, limits, output sizes, days and prices, as its file has them.

    Models of your own stand in `providers/` of your settings, or of this folder.

    \b
    Examples:
      seedspec models
      seedspec models seedance-2.0-reference-to-video --format json
    """
    from seedspec.report import models as shown

    catalog = sources.catalog(Path())
    faults = {name: why for name in (*catalog.models, *catalog.broken) if (why := catalog.why_broken(name))}
    known = {name: model for name, model in catalog.models.items() if name not in faults}
    waiting = catalog.files.waiting
    print_notes([f"{name} is left out: {why}" for name, why in faults.items()])
    print_notes([f"{name} is left out: nobody has trusted `{file}`" for name, file in waiting.items()])
    if model is not None and model not in known:
        raise Exit(2, "; ".join((f"no model `{model}`; expected {list_words(known)}", *did_you_mean(model, known))))
    chosen = [known[model]] if model is not None else list(known.values())
    if form == "json":
        document = {"seedspec_models": 1, "models": [shown.as_json(m) for m in chosen]}
        print_json(document)
        return
    if model is None:
        print_lines([*shown.as_list(chosen, catalog.today), "", "one of them in full: seedspec models MODEL"])
        return
    print_lines(shown.as_text(chosen[0]))
