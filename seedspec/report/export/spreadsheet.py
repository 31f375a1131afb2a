"""Everything about every entry as rows: CSV that a spreadsheet opens without running anything in it, and JSON."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from seedspec.catalog.price import Rate
from seedspec.choices.picks import Picks
from seedspec.compiler.named import axes_of, columns_of
from seedspec.lock.state import word
from seedspec.measures.judged import PREFIX
from seedspec.measures.values import NAMES, NOT_MEASURED, Value
from seedspec.plan.command_hint import CommandHint
from seedspec.plan.plan import Plan, Step
from seedspec.report.export.cut import Remark, strip_signature
from seedspec.report.plan import BARE, reason
from seedspec.text.visible import visible

_FIELDS = ("duration", "quality", "aspect_ratio", "generate_audio")
_RECORD = ("task", "file", "width", "height", "seconds", "fps", "audio", "bytes", "sha256", "results_until")
_FORMULA = re.compile('(^|[;\\n])([ "]*)(?=[-=+@\uff1d\uff0b\uff0d\uff20\\t\\r])')
"""Where a spreadsheet may take a formula to begin: in a field, and, where semicolons part fields and quotes behind a
comma mean nothing, behind any semicolon or line end (OWASP, "CSV Injection")."""


def rows(
    plan: Plan,
    picks: Picks,
    remarks: Mapping[str, tuple[Remark, ...]],
    rate: Rate,
    commands: CommandHint = BARE,
    measures: Mapping[str, Mapping[str, Value]] = MappingProxyType({}),
) -> list[dict[str, Any]]:
    """One row an entry, all with the same keys in the same order: each axis has a column, `axis:` before its name.

    So has each column of an axis whose values are labels, as `axis:look.mood`. `measures` are those of videos that are
    measured, by fingerprint; each measure has a column of its name, empty where nobody has measured, and so has each
    judge that has said something.
    """
    entries = [s.entry for s in plan.steps if s.entry is not None]
    axes = [*axes_of(entries), *columns_of(entries)]
    scores = sorted({name for values in measures.values() for name in values if name.startswith(PREFIX)})
    names, asked = (*NAMES, *scores), [s for s in plan.steps if s.entry is not None]
    return [_row(step, plan, axes, picks, remarks, rate, commands, names, measures) for step in asked]


def as_csv(found: Sequence[Mapping[str, Any]]) -> str:
    """RFC 4180, with a head. A text that a spreadsheet would run as a formula has an apostrophe before it.

    Every field stands in quotes. Control characters are spelt out, but for the line ends of a text.
    """
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL)
    if found:
        writer.writerow([_cell(key) for key in found[0]])
    writer.writerows([_cell(value) for value in row.values()] for row in found)
    return out.getvalue()


def as_json(found: Sequence[Mapping[str, Any]], name: str, rate: Rate) -> dict[str, Any]:
    """The same for programs."""
    return {"seedspec_export": 1, "storyboard": name, "prices_as_of": rate.as_of, "entries": list(found)}


def _row(
    step: Step,
    plan: Plan,
    axes: Sequence[str],
    picks: Picks,
    remarks: Mapping[str, tuple[Remark, ...]],
    rate: Rate,
    commands: CommandHint,
    names: Sequence[str],
    measures: Mapping[str, Mapping[str, Value]],
) -> dict[str, Any]:
    entry = step.entry
    assert entry is not None
    record = plan.lock.last(entry.fingerprint)
    failure = (record.get("failure") if record is not None else None) or {}
    estimate = entry.cost.high / rate.units_per_credit
    return {
        "entry": entry.address,
        "shot": entry.shot,
        **{f"axis:{axis}": entry.value_of(axis) for axis in axes},
        "take": entry.take,
        "model": entry.model.id,
        "state": word(record.state if record is not None else None),
        "stands": reason(step.reason, commands, step.address),
        "picked": picks.take_of(entry.shot, entry.labels) == entry.take,
        **{name: entry.says(name) for name in _FIELDS},
        "references": ", ".join(f"{m.kind} {strip_signature(m.where)}" for m in entry.media),
        "estimate_credits": None if entry.cost.unpriced else round(estimate, 4),
        "estimate_usd": None if entry.cost.unpriced else round(estimate / float(rate.credits_per_usd), 4),
        "reserved_credits": record.reserved if record is not None else None,
        "charged_credits": record.charged if record is not None else None,
        **{key: record.get(key) if record is not None else None for key in _RECORD},
        **dict.fromkeys(names),
        **_keep_measured(measures.get(entry.fingerprint, {})),
        "failure_code": failure.get("code"),
        "failure_message": failure.get("message"),
        "attempts": len(plan.lock.attempts.get(entry.fingerprint, ())),
        "at": record.get("at") if record is not None else None,
        "tags": ", ".join(entry.tags),
        "notes": "\n".join(_write_remark(r) for r in remarks.get(entry.address, ())),
        "prompt": strip_signature(entry.request.get("prompt")),
        "fingerprint": entry.fingerprint,
    }


def _keep_measured(values: Mapping[str, Value]) -> dict[str, Value]:
    return {name: value for name, value in values.items() if value != NOT_MEASURED}


def _write_remark(remark: Remark) -> str:
    return f"{remark.by}{'' if remark.at is None else f' at {remark.at:.2f} s'}: {remark.text}"


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        return "\n".join(map(visible, _FORMULA.sub(r"\1\2'", value).split("\n")))
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else value
