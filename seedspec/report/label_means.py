"""A measure by label: its mean over the saved videos of each label, how sure that is, and how many do not meet it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from seedspec.compiler.entry import Entry
from seedspec.measures.judged import PREFIX
from seedspec.measures.means import METHOD, Mean, mean_of
from seedspec.measures.values import MEASURES, NOT_APPLICABLE, NOT_MEASURED, Value
from seedspec.report.table import columns, cut

SHOT = "shot"
_UNITS = {measure.name: measure.unit for measure in MEASURES}
_LONGEST = 40


class Take(NamedTuple):
    """A saved video: an entry that it is for, its measures, and the verdict on each measure of which something is
    expected: `met`, `unmet` or another word."""

    entry: Entry
    values: Mapping[str, Value]
    verdicts: Mapping[str, str] = {}


class Row(NamedTuple):
    """The saved videos of a label. Of `expected` videos something is expected and known, and `unmet` do not meet it."""

    name: str
    mean: Mean | None
    not_measured: int
    not_applicable: int
    expected: int
    unmet: int


class Table(NamedTuple):
    """A measure by the labels of an axis, by the values of `axis.column`, or by shot; "" is all videos together."""

    measure: str
    of: str
    rows: tuple[Row, ...]


def tables(takes: Sequence[Take], measures: Sequence[str], by: Sequence[str]) -> list[Table]:
    """Each measure by each name, the labels in the order in which they come; a take without the axis is left out."""
    return [Table(measure, name, tuple(_rows(takes, measure, name))) for measure in measures for name in by]


def _rows(takes: Sequence[Take], measure: str, name: str) -> list[Row]:
    groups: dict[str, list[Take]] = {}
    for take in takes:
        label = "" if not name else take.entry.shot if name == SHOT else take.entry.value_of(name)
        if label is not None:
            groups.setdefault(label, []).append(take)
    return [_row(label, group, measure) for label, group in groups.items()]


def _row(label: str, group: Sequence[Take], measure: str) -> Row:
    found = [take.values.get(measure, NOT_MEASURED) for take in group]
    verdicts = [take.verdicts.get(measure) for take in group]
    return Row(
        label,
        mean_of([value for value in found if not isinstance(value, str)]),
        found.count(NOT_MEASURED),
        found.count(NOT_APPLICABLE),
        sum(verdict in ("met", "unmet") for verdict in verdicts),
        verdicts.count("unmet"),
    )


def as_text(found: Sequence[Table]) -> list[str]:
    """A block for each table, the intervals in a column of their own."""
    lines: list[str] = []
    for table in found:
        lines += ([""] if lines else []) + _block(table)
    if any(row.mean for table in found for row in table.rows):
        lines += ["", "95 %: where the mean of many more such takes would be, by Student's t, from two videos on"]
    return lines


def _block(table: Table) -> list[str]:
    unit, expected = unit_of(table.measure), any(row.expected for row in table.rows)
    head = f"{table.measure.replace('_', ' ')}{f' ({unit})' if unit else ''} by {table.of or 'all videos'}"
    if not any(row.mean or row.expected for row in table.rows):
        return [head, f"  {_missing(table.rows) or 'no video is saved yet'}"]
    rows: list[tuple[str, ...]] = [("", "videos", "mean", "95 %", *(["unmet"] if expected else []), "")]
    for row in table.rows:
        cells = (cut(row.name, _LONGEST) or "all", str(row.mean.n if row.mean else 0), *_mean(row.mean))
        unmet = [f"{row.unmet} of {row.expected}" if row.expected else "–"] if expected else []
        rows.append((*cells, *unmet, _missing([row])))
    return [head, *columns(rows, right=(1, 2, 3, 4) if expected else (1, 2, 3), indent="  ")]


def _mean(found: Mean | None) -> tuple[str, str]:
    if found is None:
        return "–", "–"
    between = f"{found.low:.4g} to {found.high:.4g}" if found.low is not None and found.high is not None else "–"
    return f"{found.mean:.4g}", between


def _missing(rows: Sequence[Row]) -> str:
    unknown, without = sum(row.not_measured for row in rows), sum(row.not_applicable for row in rows)
    said = [f"{unknown} not measured"] if unknown else []
    return ", ".join([*said, *([f"{without} not applicable"] if without else [])])


def unit_of(measure: str) -> str:
    """The unit of a measure; "" of a judge's score, and of a likeness, which is a share."""
    return "" if measure.startswith(PREFIX) or measure == "likeness" else _UNITS[measure]


def as_json(found: Sequence[Table]) -> dict[str, Any]:
    """The same for programs; null where there is no number."""
    return {
        "seedspec_stats": 1,
        "interval": METHOD,
        "measures": [
            {
                "measure": table.measure,
                "unit": unit_of(table.measure) or None,
                "by": table.of or None,
                "rows": [_object(row) for row in table.rows],
            }
            for table in found
        ],
    }


def _object(row: Row) -> dict[str, Any]:
    mean = row.mean
    return {
        "name": row.name or None,
        "videos": mean.n if mean is not None else 0,
        **{key: _round(getattr(mean, key, None)) for key in ("mean", "low", "high")},
        "not_measured": row.not_measured,
        "not_applicable": row.not_applicable,
        "expected": row.expected,
        "unmet": row.unmet,
        "share_unmet": round(row.unmet / row.expected, 4) if row.expected else None,
    }


def _round(number: float | None) -> float | None:
    return None if number is None else round(number, 6)
