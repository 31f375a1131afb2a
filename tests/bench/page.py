"""The tables of results, and their place in a page of docs, where each row stays until it is measured again.

Between the page's two marks stand blocks: a line that names machine and versions, and below it the rows that were
measured there. Two cells are a row's key. The page is all that is kept; nothing else remembers a result.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from frame import Bar, Curve, Growth, Row

BARS = ("bar", "against", "product", "limit", "ratio", "spread", "pass", "aim", "rounds", "verdict")
CURVES = ("how it grows", "of", "sizes", "found", "of one", "exponents", "rounds", "verdict")
SKIPPED = ("not measured", "against", "why")
TABLES = (BARS, CURVES, SKIPPED)
_MARKS = re.compile(r"(<!-- bars -->\n).*?(<!-- end -->)", re.DOTALL)


class NoPlace(Exception):
    """A page without the two marks that the tables stand between."""


@dataclass(frozen=True, slots=True)
class Line:
    """A row of one of the tables, and the head of the block that it stands in."""

    head: str
    table: tuple[str, ...]
    cells: tuple[str, ...]

    @property
    def key(self) -> tuple[str, ...]:
        return self.cells[:2]


def line(head: str, result: Row | Curve) -> Line:
    return Line(head, *((BARS, _bar(result)) if isinstance(result, Row) else (CURVES, _curve(result))))


def skipped(head: str, one: Bar | Growth, why: str) -> list[Line]:
    plain = " ".join(why.replace("|", "/").split())
    return [Line(head, SKIPPED, (*key, plain)) for key in one.keys]


def merged(before: Iterable[Line], now: Iterable[Line], order: Collection[tuple[str, ...]]) -> list[Line]:
    """All lines, each key's latest, as `order` has them; what it does not have is a bar that is no more.

    That something could not be measured now says nothing against what was measured before.
    """
    lines = {one.key: one for one in before}
    for one in now:
        if one.table != SKIPPED or one.key not in lines or lines[one.key].table == SKIPPED:
            lines[one.key] = one
    return [lines[key] for key in order if key in lines]


def text(lines: Iterable[Line]) -> str:
    """The blocks in Markdown, each with its tables, in the order in which their heads first come."""
    blocks: dict[str, list[Line]] = {}
    for one in lines:
        blocks.setdefault(one.head, []).append(one)
    parts = []
    for head, block in blocks.items():
        parts.append(f"{head}\n")
        for columns in TABLES:
            rows = [one.cells for one in block if one.table == columns]
            if rows:
                shape = [columns, ("---",) * len(columns), *rows]
                parts.append("".join(f"| {' | '.join(row)} |\n" for row in shape))
    return "\n".join(parts)


def read(page: str) -> list[Line]:
    """What stands between the marks, as `text` wrote it. Raises NoPlace."""
    found = _MARKS.search(page)
    if not found:
        raise NoPlace
    lines: list[Line] = []
    head, columns = "", BARS
    for row in found[0].splitlines()[1:-1]:
        if not row.startswith("| "):
            head = row.strip() or head
            continue
        cells = tuple(row.strip().removeprefix("| ").removesuffix(" |").split(" | "))
        if cells in TABLES:
            columns = cells
        elif set(cells) != {"---"}:
            lines.append(Line(head, columns, cells))
    return lines


def written(page: str, now: Sequence[Line], order: Collection[tuple[str, ...]]) -> str:
    """The page with these results in their places, and every other row as it was. Raises NoPlace."""
    tables = text(merged(read(page), now, order))
    return _MARKS.sub(lambda m: f"{m[1]}{tables}\n{m[2]}", page)


def shown(value: float, unit: str) -> str:
    if unit.startswith("s"):
        return f"{value:.2f} s" if value >= 1 else f"{value * 1e3:.1f} ms" if value >= 1e-3 else f"{value * 1e6:.1f} µs"
    if unit == "×":
        return f"{value:.2f}×"
    return f"{value:.2g} %" if unit == "%" else f"{value:,.1f} {unit}"


def _bar(row: Row) -> tuple[str, ...]:
    bar = row.bar
    bounds = ["-" if x is None else f"{x:g}×" for x in (bar.passes, bar.aim)]
    if bar.most:
        bounds = [f"{b}, {m:g} {bar.unit}" for b, m in zip(bounds, bar.most, strict=True)]
    limit = shown(row.limit, bar.unit) + (f" ({version})" if (version := bar.version()) else "")
    product = shown(row.product, bar.unit)
    ratio = f"{row.ratio:.2f}×"
    spread = f"{min(row.ratios):.2f} to {max(row.ratios):.2f}" if row.rounds > 1 else "-"
    return (bar.name, bar.against, product, limit, ratio, spread, *bounds, str(row.rounds), row.verdict)


def _curve(curve: Curve) -> tuple[str, ...]:
    growth, figure = curve.growth, curve.figure
    if figure.flat:
        ones = "-"
    elif figure.unit == "MB":  # what a process weighs before its first entry is no cost of entries
        sizes = itertools.pairwise(zip(growth.sizes, curve.found, strict=True))
        ones = " · ".join(f"{(y - x) * 2**20 / (b - a):,.0f}" for (a, x), (b, y) in sizes)
        ones += f" more bytes per {growth.per}"
    else:
        ones = " · ".join(shown(f / s, figure.unit) for s, f in zip(growth.sizes, curve.found, strict=True))
        ones += f" per {growth.per}"
    return (
        growth.name,
        figure.name,
        " · ".join(f"{s:,}" for s in growth.sizes),
        " · ".join(shown(f, figure.unit) for f in curve.found),
        ones,
        " · ".join(f"{e:.2f}" for e in curve.exponents),
        str(curve.rounds),
        curve.verdict,
    )
