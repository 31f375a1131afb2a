"""Writes the tables in storyboard.md and cost.md anew, from schemas/storyboard.json, the model's file and its prices.

python docs/make_tables.py
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from seedspec.catalog.price import Asked, charge
from seedspec.catalog.price_file import PriceBook, price_book
from seedspec.catalog.schema import Schema

HERE = Path(__file__).parent
PAGES = (HERE / "storyboard.md", HERE / "cost.md")
SCHEMAS = HERE.parent / "schemas"
MARKS = re.compile(r"(<!-- table: ([a-z ]+) -->\n).*?(<!-- end -->)", re.DOTALL)
BOUGHT = shutil.ignore_patterns("renders*", "*.lock", ".seedspec")
TYPES = {
    "string": "text", "integer": "whole number", "number": "number", "boolean": "true or false", "object": "mapping",
    "array": "list", "null": "nothing",
}  # fmt: skip


def made(text: str) -> str:
    """A guide's text with each table between its marks as the schemas have it now."""
    schema = json.loads((SCHEMAS / "storyboard.json").read_text(encoding="utf-8"))
    tables = {
        "storyboard": lambda: keys(schema, schema),
        "shot": lambda: keys(schema, schema["$defs"]["shot"]),
        "reference": lambda: keys(schema, schema["$defs"]["reference"]),
        "matrix": lambda: keys(schema, schema["properties"]["matrix"]),
        "shot matrix": lambda: keys(schema, schema["$defs"]["shot"]["properties"]["matrix"]),
        "request fields": fields,
        "prices": prices,
        "cost of the fruit tea": cost,
    }
    return MARKS.sub(lambda m: f"{m[1]}{tables[m[2]]()}{m[3]}", text)


def keys(schema: Mapping[str, Any], part: Mapping[str, Any]) -> str:
    """The keys of a mapping; what a request field may be stands in a table of its own."""
    fields = set(model()["properties"])
    rows = []
    for name, found in part["properties"].items():
        if name in fields and name not in ("prompt", "model"):
            continue
        whole = {**resolved(schema, found), **{k: v for k, v in found.items() if k != "$ref"}}
        said = whole["description"]
        if "default" in whole:
            said += f" Default: `{whole['default']}`."
        need = "yes" if name in part.get("required", ()) else ""
        rows.append((f"`{name}`", kind(schema, whole), need, said))
    return table(("key", "value", "needed", "meaning"), rows)


def fields() -> str:
    """The request fields that a storyboard may set, by the model's own file."""
    document = model()
    own = document["x-seedspec"]
    taken = {"model", own["prompt"]["field"], *(rule["field"] for rule in own["slots"].values())}
    rows = []
    for name, found in document["properties"].items():
        if name in taken:
            continue
        values = ", ".join(f"`{v}`" for v in found["enum"]) if "enum" in found else TYPES[found["type"]]
        if "minimum" in found:
            values += f", {found['minimum']} to {found['maximum']}"
        default = json.dumps(found["default"]).strip('"') if "default" in found else ""
        rows.append((f"`{name}`", values, f"`{default}`" if default else "", found["description"]))
    return table(("field", "values", "default", "meaning"), rows)


def prices() -> str:
    """What a second costs, by the price file of the model's provider alone."""
    document, own = model(), model()["x-seedspec"]
    files = {f"{p.parent.name}/{p.name}": json.loads(p.read_text(encoding="utf-8")) for p in SCHEMAS.glob("*/*.json")}
    book = price_book("prices.json", files[f"{own['provider']}/prices.json"], Schema(files["meta/prices.json"]))
    assert isinstance(book, PriceBook), book
    rate = book.rate(own["model"], "9999-12-31")
    rows = []
    for quality in document["properties"]["quality"]["enum"]:
        plain, referred = charge(rate, Asked(10, quality)), charge(rate, Asked(10, quality, videos=1), 10)
        rows.append(
            (quality, *(f"{Decimal(u) / n / rate.units_per_credit:f}" for u, n in ((plain, 10), (referred, 20))))
        )
    said = f"(Prices of {rate.as_of}; `seedspec models` shows those that are in force here.)\n"
    return table(("quality", "credits a second", "with a reference video"), rows) + "\n" + said


def cost() -> str:
    """What the tool says that the example costs, before anything is bought."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(HERE.parent / "examples" / "fruit-tea", folder, dirs_exist_ok=True, ignore=BOUGHT)
        environ = {**os.environ, "PYTHONPATH": str(HERE.parent), "NO_COLOR": "1", "COLUMNS": "120"}
        command = [sys.executable, "-m", "seedspec", "cost"]
        done = subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, check=True)
    said = "\n".join(line.rstrip() for line in done.stdout.splitlines())
    return f"```text\n$ seedspec cost\n{said}\n```\n"


MODEL = SCHEMAS / "evolink" / "seedance-2.0-reference-to-video.json"
"""The model whose fields and prices the pages show."""


def model() -> dict[str, Any]:
    return dict(json.loads(MODEL.read_text(encoding="utf-8")))


def kind(schema: Mapping[str, Any], found: Mapping[str, Any]) -> str:
    """What a value is, in a few words."""
    if "const" in found:
        return f"`{found['const']}`"
    if "enum" in found:
        return ", ".join(f"`{v}`" for v in found["enum"])
    if "anyOf" in found:
        return " or ".join(dict.fromkeys(kind(schema, resolved(schema, one)) for one in found["anyOf"]))
    types = found["type"] if isinstance(found["type"], list) else [found["type"]]
    words = " or ".join(TYPES[t] for t in types)
    if "items" in found:
        inner = resolved(schema, found["items"])
        words += f" of {TYPES[inner['type']]}s" if inner.get("type") in ("string", "object") else ""
    return words


def resolved(schema: Mapping[str, Any], found: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" not in found:
        return found
    target: Any = schema
    for step in found["$ref"].removeprefix("#/").split("/"):
        target = target[step]
    return resolved(schema, target)


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


if __name__ == "__main__":
    for page in PAGES:
        page.write_text(made(page.read_text(encoding="utf-8")), encoding="utf-8")
