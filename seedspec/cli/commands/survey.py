"""Commands that look around: which models there are, and whether this machine is fit for a run."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import click
import orjson

from seedspec.cli import shared
from seedspec.cli.console import echo
from seedspec.cli.main import Exit
from seedspec.project import sources
from seedspec.report.table import columns
from seedspec.text.diagnostic import did_you_mean, listed
from seedspec.text.visible import visible

_COLORS = {"ok": "32", "warning": "33", "bad": "31"}


@click.command("models")
@click.argument("model", required=False)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def models_command(model: str | None, form: str) -> None:
    """List the models with their fields, limits, output sizes and prices, as their files have them.

    \b
    Examples:
      seedspec models
      seedspec models seedance-2.0-reference-to-video --format json
    """
    from seedspec.report import models as shown

    known = sources.catalog().models
    if model is not None and model not in known:
        raise Exit(2, "; ".join((f"no model `{model}`; expected {listed(known)}", *did_you_mean(model, known))))
    chosen = [known[model]] if model is not None else list(known.values())
    if form == "json":
        document = {"seedspec_models": 1, "models": [shown.as_json(m) for m in chosen]}
        echo(orjson.dumps(document, option=orjson.OPT_INDENT_2))
        return
    for number, one in enumerate(chosen):
        shared.out([*([""] if number else []), *shown.as_text(one)])


@click.command("doctor")
@shared.storyboard
@click.option("--online", is_flag=True, help="Ask the service for the credits that are left: free, and proves the key.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def doctor_command(storyboard: str, form: str, *, online: bool) -> None:
    """Look whether this machine and folder are fit for a run. The key is never shown. Exits 2 when something is bad.

    \b
    Examples:
      seedspec doctor
      seedspec doctor --online
    """
    from seedspec.run.doctor import findings, reach

    catalog = sources.catalog()
    first = next(iter(catalog.models.values()))
    provider = first.provider.document
    found = list(findings(provider, Path(storyboard), os.environ, first.rate.as_of, datetime.now(UTC)))
    if online:
        found.append(reach(provider, os.environ))
    if form == "json":
        rows = [{"name": f.name, "verdict": f.verdict, "said": f.said} for f in found]
        echo(orjson.dumps({"seedspec_doctor": 1, "findings": rows}, option=orjson.OPT_INDENT_2))
    else:
        lines = columns((f.verdict, f.name, visible(f.said)) for f in found)
        if shared.colored(sys.stdout):
            lines = [f"\x1b[{_COLORS[f.verdict]}m{line}\x1b[0m" for f, line in zip(found, lines, strict=True)]
        shared.out(lines)
    if any(f.verdict == "bad" for f in found):
        raise Exit(2)
