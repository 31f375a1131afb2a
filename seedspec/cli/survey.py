"""Commands that look around: what all of it costs, which models there are, whether this machine is fit for a run."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import click
import orjson

from seedspec.api import Options, plan
from seedspec.cli import shared
from seedspec.cli.app import Exit, echo
from seedspec.plan import cost
from seedspec.plan.thrift import hints
from seedspec.report.table import columns
from seedspec.run import files
from seedspec.text.diagnostic import did_you_mean, listed

_COLORS = {"ok": "32", "warning": "33", "bad": "31"}


@click.command("cost")
@shared.storyboard
@shared.selectors
@shared.profiled
@click.option("--by", multiple=True, metavar="NAME", help="shot (when not given), take, state, profile, or an axis.")
@click.option("--emulator", is_flag=True, help="With the emulator's lock, not the paid one.")
@click.option("--format", "form", type=click.Choice(["text", "json", "csv"]), default="text", show_default=True)
def cost_command(
    storyboard: str, select: tuple[str, ...], exclude: tuple[str, ...], profile: str, by: tuple[str, ...], form: str, *,
    emulator: bool,
) -> None:  # fmt: skip
    """Show what the videos cost: estimated, reserved by the service, charged in the end. Touches no network.

    --by may be repeated. A request that several entries share is one purchase. Without a selection, what was bought
    and left the storyboard counts too, and by profile what was bought with each of them. Estimates are ranges where a
    reference video's length is not known.

    \b
    Examples:
      seedspec cost
      seedspec cost --by look --by take
      seedspec cost --by state --select shot --format csv > cost.csv
    """
    from seedspec.report import cost as shown

    made = shared.compiled(storyboard, profile)
    model = shared.board(made).model
    options = Options(select=select, exclude=exclude, emulated=emulator, profile=profile)
    found = plan(storyboard, options, made).plan
    names = list(dict.fromkeys(by or ("shot",)))
    axes = list(dict.fromkeys(axis for entry in made.entries for axis, _ in entry.labels))
    known = tuple(dict.fromkeys((*cost.KEYS, *axes)))
    for name in names:
        if name not in known:
            near = did_you_mean(name, known)
            raise Exit(2, f"no `{name}` to tell costs apart by; " + (near[0] if near else f"expected {listed(known)}"))
    whole = not (select or exclude)
    lines, told = cost.lines(found, names, model.rate, whole=whole), hints(found, model)
    if form == "json":
        document = shown.as_json(lines, names, found, model.rate, told)
        echo(orjson.dumps(document, option=orjson.OPT_INDENT_2))
    elif form == "csv":
        from seedspec.report.export.spreadsheet import as_csv

        columns_of = [f"axis:{name}" if name in axes else name for name in names]
        click.echo(as_csv(shown.rows(lines, columns_of, model.rate)), nl=False)
    else:
        color = shared.colored()
        shared.out([shared.titled(made), "", *shown.table(lines, names, model.rate, color=color), ""])
        shared.out(shown.notes(lines, model.rate))
        if whole and "profile" not in names:
            others = {k: v for k, v in cost.by_profile(found, model.rate).items() if k != found.profile}
            shared.out(shown.elsewhere(others, model.rate))
        shared.out(shown.hints(told, found.cost, model.rate, color=color))


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

    known = files.catalog().models
    if model is not None and model not in known:
        raise Exit(2, "; ".join((f"no model `{model}`; expected {listed(known)}", *did_you_mean(model, known))))
    chosen = [known[model]] if model is not None else list(known.values())
    if form == "json":
        document = {"seedspec_models": 1, "models": [shown.as_json(m) for m in chosen]}
        click.echo(orjson.dumps(document, option=orjson.OPT_INDENT_2))
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
    from seedspec.run.health import findings, reach

    catalog = files.catalog()
    first = next(iter(catalog.models.values()))
    provider = first.provider.document
    found = list(findings(provider, Path(storyboard), os.environ, first.rate.as_of, datetime.now(UTC)))
    if online:
        found.append(reach(provider, os.environ))
    if form == "json":
        rows = [{"name": f.name, "verdict": f.verdict, "said": f.said} for f in found]
        click.echo(orjson.dumps({"seedspec_doctor": 1, "findings": rows}, option=orjson.OPT_INDENT_2))
    else:
        lines = columns((f.verdict, f.name, f.said) for f in found)
        if shared.colored(sys.stdout):
            lines = [f"\x1b[{_COLORS[f.verdict]}m{line}\x1b[0m" for f, line in zip(found, lines, strict=True)]
        shared.out(lines)
    if any(f.verdict == "bad" for f in found):
        raise Exit(2)
