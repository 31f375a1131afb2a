"""What a command prints as JSON, held against its schema in schemas/output/."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import jsonschema_rs

SCHEMAS = Path(__file__).parents[1] / "schemas" / "output"
GROUPS = ("ledger", "lock", "export", "provider")


def schema_name(arguments: Sequence[str]) -> str:
    """The schema of a command line's answer."""
    name = "-".join(arguments[: 2 if arguments[0] in GROUPS else 1])
    if name == "prices" and "refresh" in arguments:  # its group has options of its own, which may stand before it
        return "prices-refresh"
    for option in ("--origins", "--preview"):
        if name == "compile" and option in arguments:
            return f"compile-{option[2:]}"
    return {"fetch": "run", "export-otio": "export", "export-animatic": "export", "export-sheet": "export"}.get(
        name, name
    )


def check_output(arguments: Sequence[str], out: str) -> None:
    """Fails where a command was asked for JSON, and answered by anything else than its schema says.

    Nothing is an answer, too: then the exit code and standard error say why.
    """
    form = next((b for a, b in pairwise(arguments) if a == "--format"), "")
    if tuple(arguments[:2]) == ("export", "json") and not {"--out", "-o"} & set(arguments):
        form = "json"
    if not out.strip() or form not in ("json", "jsonl"):
        return
    name = schema_name(arguments)
    if form == "json":
        _check(name, json.loads(out))
        return
    lines = [json.loads(line) for line in out.splitlines()]
    if name == "compile":
        _check(name, lines)
    elif name == "run":
        assert lines[0] == {"seedspec_events": 1}
        _check(name, {"seedspec_events": 1, "events": lines[1:]})


def _check(name: str, document: Any) -> None:
    for error in validator(name).iter_errors(document):
        where = "/".join(map(str, error.instance_path))
        raise AssertionError(f"schemas/output/{name}.json: at `{where}`: {error.message[:600]}")


@cache
def validator(name: str) -> Any:
    return jsonschema_rs.validator_for(json.loads((SCHEMAS / f"{name}.json").read_text(encoding="utf-8")))
