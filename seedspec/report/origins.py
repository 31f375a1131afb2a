"""An entry explained, as text and as JSON: each field with the layer that set it, and what that overrode."""

from __future__ import annotations

from typing import Any

from seedspec.catalog.price import Rate
from seedspec.compiler.entry import Medium, frame_words
from seedspec.compiler.request.explain import Explained, Explanation, Layer
from seedspec.plan.command_hint import CommandHint
from seedspec.report.money import both, range_json, say_prices
from seedspec.report.plan import BARE, as_yaml
from seedspec.report.table import columns, cut
from seedspec.text.source import Span
from seedspec.text.visible import visible

_LAYERS = {"model": "model default", "override": "override"}


def as_text(found: Explanation, rate: Rate, commands: CommandHint = BARE) -> list[str]:
    """The entry's facts, its fields each with what it overrode, its prompt whole, and its media."""
    entry = found.entry
    waits = f"none yet: it waits for a pick of {', '.join(entry.waits)}" if entry.waits else entry.fingerprint
    facts = [("fingerprint", waits), ("cost", f"{both(entry.cost, rate)}; {say_prices(rate)}")]
    facts += [("labels" if i == 0 else "", f"{k}  {v}") for i, (k, v) in enumerate(found.labels.items())]
    rows = [("field", "value", "set by", "at", "")]
    for field in found.fields:
        if field.field != "prompt":
            rows += _rows(field)
    prompt = next(f for f in found.fields if f.field == "prompt")
    lines = [entry.address, *columns(facts, indent="  "), "", *columns(rows), ""]
    lines += [f"prompt, set by {_layer(prompt.winner)} at {prompt.winner.span}"]
    lines += [f"  | {visible(line)}" for line in str(prompt.value).splitlines()]
    if entry.media:
        media = [(m.place, m.name, _source(m, commands), _seconds(m), str(m.span)) for m in entry.media]
        lines += ["", *columns([("media", "reference", "source", "length", "at"), *media])]
    return lines


def as_json(found: Explanation, rate: Rate) -> dict[str, Any]:
    """The same for programs; `overrode` is from the strongest layer down."""
    entry = found.entry
    return {
        "seedspec_explain": 1,
        "entry": entry.address,
        "fingerprint": None if entry.waits else entry.fingerprint,
        **({"waits_for_picks": list(entry.waits)} if entry.waits else {}),
        "labels": [{"label": k, **place(v)} for k, v in found.labels.items()],
        "fields": [
            {
                "field": f.field,
                "value": f.value,
                "layer": f.winner.name,
                "written": f.winner.value,
                **place(f.winner.span),
                "overrode": [{"layer": o.name, "written": o.value, **place(o.span)} for o in f.overridden],
            }
            for f in found.fields
        ],
        "media": [_medium(m) for m in entry.media],
        **range_json(entry.cost, rate),
    }


def place(span: Span | None) -> dict[str, str | int | None]:
    """A place as JSON has it: file, line and column, null where there is none."""
    line, column = span.place if span else (None, None)
    return {"file": span.source.path if span else None, "line": line, "column": column}


def _rows(field: Explained) -> list[tuple[str, str, str, str, str]]:
    won, value = field.winner, as_yaml(field.value)
    written = as_yaml(won.value)
    from_template = f"from {cut(written, 40)}" if written != value else ""
    rows = [(field.field, cut(value, 60), _layer(won), str(won.span or ""), from_template)]
    rows += [("", cut(as_yaml(o.value), 60), _layer(o), str(o.span or ""), "overridden") for o in field.overridden]
    return rows


def _layer(layer: Layer) -> str:
    return _LAYERS.get(layer.name, layer.name)


def _source(medium: Medium, commands: CommandHint) -> str:
    if medium.source == "url":
        return f"url {cut(medium.where, 60)}"
    if medium.source == "file":
        return f"file {commands.path(medium.where)}  sha256 {medium.key[:12]}"
    what = f"{frame_words(medium.frame)} of shot" if medium.frame else "shot"
    if medium.key == f"pick:{medium.where}":
        return f"{what} {medium.where}  not picked yet"
    return f"{what} {medium.where}  {medium.key[:12]}"


def _seconds(medium: Medium) -> str:
    return "" if medium.seconds is None else f"{medium.seconds:g} s"


def _medium(m: Medium) -> dict[str, Any]:
    named = {"field": m.field, "index": m.index, "reference": m.name, "kind": m.kind}
    frame = {"frame": m.frame} if m.frame else {}
    return {**named, "source": m.source, "where": m.where, "key": m.key, **frame, "seconds": m.seconds, **place(m.span)}
