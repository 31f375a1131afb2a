"""Axes that are tables, as they are written: rows without a label, columns and cells that none may have are told."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

from seedspec.catalog.form import name_for
from seedspec.compiler.storyboard.types import LABEL, LABEL_FORM
from seedspec.text import later
from seedspec.text.diagnostic import Edit, Note, Problems
from seedspec.text.near import fold, shorten
from seedspec.text.node import Map, Node, Pair, Scalar, Sequence

COLUMN = later.pattern(r"[A-Za-z_][A-Za-z0-9_]{0,39}|x-[A-Za-z0-9_-]{1,38}")
"""The name of a column: as templates read it, or one for people alone."""

_ID = "id"
_OTHER_IDS = (_ID, "name", "key", "label", "slug", "number", "no", "nr", "#", "编号", "序号", "名称", "番号")
"""What other tables call the column with the label of a row, without case."""


def is_table(axis: Node) -> bool:
    """Whether the value of an axis is a list of rows."""
    return isinstance(axis, Sequence) and any(isinstance(item, Map) for item in axis)


def sound_tables(board: Map, fields: Collection[str], problems: Problems) -> Map:
    """The storyboard without what is wrong in its tables, which is reported and set aside."""
    reader = _Tables(fields, problems)
    board = reader.part(board)
    shots = board.get("shots")
    if not isinstance(shots, Sequence):
        return board
    kept = tuple(reader.part(shot) if isinstance(shot, Map) else shot for shot in shots)
    return board if kept == shots.items else _with(board, "shots", Sequence(kept, shots.span))


def _with(node: Map, key: str, value: Node) -> Map:
    return Map({**node.pairs, key: node.pairs[key]._replace(value=value)}, node.span)


class _Tables:
    def __init__(self, fields: Collection[str], problems: Problems) -> None:
        self._fields, self._problems = fields, problems

    def part(self, node: Map) -> Map:
        """A storyboard or a shot with the sound part of its tables."""
        matrix = node.get("matrix")
        axes = matrix.get("axes") if isinstance(matrix, Map) else None
        if not (isinstance(matrix, Map) and isinstance(axes, Map)):
            return node
        tables = {name: pair for name, pair in axes.items() if is_table(pair.value) and _has_rows(pair.value)}
        if not tables:
            return node
        kept = dict(axes.pairs)
        for name, pair in tables.items():
            assert isinstance(pair.value, Sequence)
            rows = () if self._is_refused(name, pair) else tuple(self._rows(name, pair.value))
            if rows:
                kept[name] = pair._replace(value=Sequence(rows, pair.value.span))
            else:
                self._problems.set_aside(name)
                del kept[name]
        return _with(node, "matrix", _with(matrix, "axes", Map(kept, axes.span)))

    def _is_refused(self, name: str, axis: Pair) -> bool:
        if name not in self._fields:
            return False
        message = f"axis `{name}` is named like a request field, and is a table; expected another name"
        hint = f"a column sets the field: `rows: [{{id: A1, {name}: …}}]`"
        self._problems.error("table-column", message, axis.key.span, hint)
        return True

    def _rows(self, axis: str, table: Sequence) -> Iterator[Map]:
        told: set[str] = set()
        first: dict[str, Scalar] = {}
        self._check_ids(axis, [row for row in table if isinstance(row, Map)])
        for number, row in enumerate(table, 1):
            if not isinstance(row, Map):
                self._no_row(axis, row)
                continue
            label = self._label(axis, row, number, first)
            cells = {k: p for k, p in row.items() if k == _ID or self._is_sound(axis, row, k, told)}
            if label is not None:
                yield Map({**cells, _ID: row.pairs[_ID]._replace(value=label)}, row.span)

    def _check_ids(self, axis: str, rows: Collection[Map]) -> None:
        """Reports rows without an `id`: once where all lack it, or have it under one other name."""
        lacking: dict[str, list[tuple[int, Map]]] = {}
        for number, row in enumerate(rows, 1):
            if _ID not in row.pairs:
                lacking.setdefault(_other_id(row), []).append((number, row))
        for other, found in lacking.items():
            for number, row in found if not other and len(found) < len(rows) else found[:1]:
                once = other or len(found) == len(rows)
                rest, has = (f" and {len(found) - 1} more", "have") if once and len(found) > 1 else ("", "has")
                message = f"row {number}{rest} of table `{axis}` {has} no `id`, which is the label of a row"
                if other:
                    certain = [Edit(r.pairs[other].key.span, _ID) for _, r in found if fold(other) == _ID]
                    hint = f"did you mean `id` in place of `{shorten(other)}`?"
                    self._problems.error("missing-key", message, row.pairs[other].key.span, hint, *certain)
                else:
                    place = next(iter(row.pairs.values())).key.span if row.pairs else row.span
                    self._problems.error("missing-key", message, place, f"write `id: {axis}-{number}` into it")

    def _no_row(self, axis: str, item: Node) -> None:
        """A label among rows, or nothing at all."""
        problems = self._problems
        if isinstance(item, Scalar) and item.value is not None:
            text = item.text
            write = f"`- {{id: {text}}}`" if LABEL.fullmatch(text) else "`- {id: …}`"
            message = f"`{shorten(text, 40)}` in table `{axis}` is no row; expected {write}"
            problems.set_aside(text)
        else:
            what = "an empty item" if isinstance(item, Scalar) else "a list"
            message = f"{what} in table `{axis}` is no row; expected a row such as `- {{id: A1}}`"
        problems.error("table-row", message, item.span, "an axis is a table of rows or a list of labels, not both")

    def _label(self, axis: str, row: Map, number: int, first: dict[str, Scalar]) -> Scalar | None:
        """The label of a row, as text; None, with the reason reported, where it has none."""
        found = row.get(_ID)
        if isinstance(found, Scalar) and found.value is not None and LABEL.fullmatch(found.text):
            known = first.setdefault(found.text, found)
            if known is found:
                return Scalar(found.text, found.span, found.style)
            message = f"label `{found.text}` is used here a second time"
            self._problems.error("duplicate-label", message, found.span, Note("the first is here", known.span))
            return None  # what it names is there
        if found is not None:
            text = found.text if isinstance(found, Scalar) and found.value is not None else ""
            what = f"`{shorten(text, 40)}` is no label" if text else f"`id` of row {number} is no label"
            hint = f"did you mean `{_label_for(text, axis, number)}`?"
            place = found.span if found.span.text else row.pairs[_ID].key.span
            self._problems.error("bad-label", f"{what}; expected {LABEL_FORM}", place, hint)
        self._problems.set_aside(*(p.value.text for _, p in row.items() if isinstance(p.value, Scalar)))
        return None

    def _is_sound(self, axis: str, row: Map, column: str, told: set[str]) -> bool:
        """Whether a row may have a cell; what is wrong with a column is told at the first one."""
        cell = row.pairs[column]
        if _ID not in row.pairs and column == _other_id(row):
            return True  # which is told
        if (wrong := _refused_column(axis, column)) is not None:
            if column not in told:
                told.add(column)
                code, message, *hints = wrong
                self._problems.error(code, message, cell.key.span, *hints)
                self._problems.set_aside(column)
            return False
        value = cell.value
        if isinstance(value, Scalar) and value.value is not None:
            return True
        if isinstance(value, Scalar):
            message = f"column `{column}` of this row is empty; expected a text, a number, `true` or `false`"
            hint = f"take `{column}` out of this row: then it is not set there"
        else:
            kind = "a mapping" if isinstance(value, Map) else "a list"
            message = f"found {kind} in column `{column}`; expected a text, a number, `true` or `false`"
            hint = "a cell is one value: give each part a column of its own"
        place = cell.key.span if isinstance(value, Scalar) and not value.span.text else value.span
        self._problems.error("table-cell", message, place, hint)
        self._problems.set_aside(column)
        return False


def _other_id(row: Map) -> str:
    """The column that holds the label of a row under another name; "" where none does."""
    return next((k for k in row.pairs if fold(k) in _OTHER_IDS), "")


def _has_rows(table: Node) -> bool:
    """Whether it is meant as a table: a list of `- noir: …` is a mapping whose labels got dashes."""
    rows = [item for item in table if isinstance(item, Map)] if isinstance(table, Sequence) else []
    return any(_ID in row.pairs or len(row.pairs) != 1 for row in rows)


def _label_for(text: str, axis: str, number: int) -> str:
    """A label for a text: its own letters and case where these can stand."""
    kept = re.sub(r"[^A-Za-z0-9._:-]+", "-", text).strip("-._:")
    letters = re.sub(r"[\W_]+", "", text)
    plain = letters.isascii() and LABEL.fullmatch(kept) is not None
    return kept if plain else name_for(" ".join(text.split()[:4]), LABEL.pattern, axis, number) or f"{axis}-{number}"


_WORDS: Mapping[str, tuple[str, str]] = {
    "takes": ("`takes` belongs to shots", "write `takes: 3` in the shot, or in `defaults` for all"),
}


def _refused_column(axis: str, column: str) -> tuple[str, ...] | None:
    """What is wrong with the name of a column, as code, message and hints."""
    if column == "prompt":
        hint = f'call the column `text`, and write `prompt: "{{{{ {axis}.text }}}}"` in the shot'
        return "prompt-in-axis", f"table `{axis}` has a column `prompt`; only a shot has one", hint
    if column in _WORDS:
        why, hint = _WORDS[column]
        return "table-column", f"table `{axis}` has a column `{column}`; {why}", hint
    if fold(column) == _ID:
        return "table-column", f"table `{axis}` has a column `{shorten(column)}` beside `id`; expected one of them"
    if not COLUMN.fullmatch(column):
        name = name_for(column, "[A-Za-z_][A-Za-z0-9_]{0,39}", "column", 1)
        message = f"`{shorten(column, 40)}` is no name of a column; expected letters a to z, digits and `_`"
        return "table-column", message, *((f"did you mean `{name}`?",) if name else ())
    return None
