"""Remedies and what they are for, as lines of an expected file."""

from __future__ import annotations

import json
from collections.abc import Iterable

from seedspec.catalog.choice import Remedy


def shown(remedy: Remedy | None) -> str:
    if remedy is None:
        return "nothing"
    more = "".join(f"; {name} {part!r}" for name, part in (("write", remedy.write), ("near", remedy.near)) if part)
    return remedy.note + more


def table(rows: Iterable[tuple[object, str]]) -> str:
    return "".join(f"{json.dumps(value, ensure_ascii=False)}: {said}\n" for value, said in rows)
