"""The file of an agreed plan on disk: what `plan --out` writes and `run --plan` reads."""

from __future__ import annotations

import os
from pathlib import Path

from seedspec.catalog.schema import Schema
from seedspec.plan.agreed import Agreed, NotThisPlan, read
from seedspec.project import sources
from seedspec.project.credentials import BadSettings
from seedspec.text.diagnostic import Problems, Severity
from seedspec.text.yaml import parse


def read_agreed(file: str | Path) -> Agreed:
    """The agreed plan of a file. Raises BadSettings for one that cannot be read, or is none."""
    problems = Problems()
    source = sources.read_source(Path(file), os.path.relpath(file), problems)
    node = parse(source, problems) if source is not None and source.text.strip() else None
    try:
        found = read(node, Schema(sources.schemas()["plan.json"]), problems) if node is not None else None
    except NotThisPlan as error:
        raise BadSettings(str(error)) from None
    if found is not None:
        return found
    first = next((d for d in problems if d.severity is Severity.ERROR), None)
    if first is None:
        raise BadSettings(f"{file}: the file is empty; `seedspec plan --out FILE` writes an agreed plan")
    where = f"{first.span}: " if first.span is not None else ""
    raise BadSettings(f"{where}{first.message}; expected a file that `seedspec plan --out FILE` wrote")
