"""The columns of axes, which are the keys of their values: `ad.hook`, and the labels that have a value in one."""

from __future__ import annotations

from collections.abc import Collection, Iterable, KeysView, Mapping, Sequence
from typing import NamedTuple

from seedspec.compiler.storyboard.types import LABEL, Axis, Pattern
from seedspec.text.diagnostic import Note, Problems, did_you_mean, list_words
from seedspec.text.near import shorten
from seedspec.text.node import Map, Node, Scalar
from seedspec.text.source import Span


class _Column(NamedTuple):
    """The labels by what is written in a column, and the cells of it that are no labels."""

    labels: Mapping[str, frozenset[str]]
    others: tuple[Node, ...]


Conditions = frozenset[tuple[str, frozenset[str]]]
"""Columns of an axis, "" for its labels, each with the texts of which one must stand there."""


class Columns:
    """The columns of axes, several of one name together; axes that these are not are asked of `above`.

    A cell counts as it is written, so that `5` is the label `5`. Each column is looked through once.
    """

    def __init__(self, axes: Iterable[Axis], above: Columns | None = None) -> None:
        self._axes: dict[str, list[Axis]] = {}
        for axis in axes:
            self._axes.setdefault(axis.name, []).append(axis)
        self._above = above
        self._names: dict[str, Mapping[str, None]] = {}
        self._read: dict[tuple[str, str], _Column] = {}
        self._matched: dict[tuple[str, Conditions], frozenset[str]] = {}

    def names(self, axis: str) -> Collection[str]:
        """The columns of an axis, in the order in which they first occur."""
        if axis not in self._axes:
            return self._above.names(axis) if self._above is not None else ()
        if axis not in self._names:
            values = (value for one in self._axes[axis] for value in one.values.values())
            self._names[axis] = dict.fromkeys(key for row in values if isinstance(row, Map) for key in row.pairs)
        return self._names[axis]

    def column(self, axis: str, column: str) -> _Column:
        """What stands in a column; nothing in one that no row has."""
        if axis not in self._axes and self._above is not None:
            return self._above.column(axis, column)
        if (axis, column) not in self._read:
            self._read[axis, column] = self._look_through(axis, column)
        return self._read[axis, column]

    def matching(self, axis: str, wanted: Conditions) -> frozenset[str]:
        """The labels of an axis that meet all conditions."""
        if axis not in self._axes and self._above is not None:
            return self._above.matching(axis, wanted)
        key = axis, wanted
        if key not in self._matched:
            self._matched[key] = frozenset.intersection(*[self._meeting(axis, *one) for one in wanted])
        return self._matched[key]

    def _meeting(self, axis: str, column: str, texts: frozenset[str]) -> frozenset[str]:
        if not column:
            return texts
        found = [own for text, own in self.column(axis, column).labels.items() if text in texts]
        return found[0] if len(found) == 1 else frozenset[str]().union(*found)

    def size(self, axis: str) -> int:
        """How many labels an axis has, which is the most that a column of it can match."""
        if axis not in self._axes:
            return self._above.size(axis) if self._above is not None else 0
        return sum(len(a.values) for a in self._axes[axis])

    def _look_through(self, axis: str, column: str) -> _Column:
        labels: dict[str, set[str]] = {}
        others: list[Node] = []
        for one in self._axes.get(axis, ()):
            for label, value in one.values.items():
                cell = value.get(column) if isinstance(value, Map) else None
                if (text := text_of(cell)) is not None:
                    labels.setdefault(text, set()).add(label)
                elif cell is not None:
                    others.append(cell)
        return _Column({text: frozenset(own) for text, own in labels.items()}, tuple(others))


def text_of(cell: Node | None) -> str | None:
    """A cell as the label that it is; None for one that is no label."""
    if isinstance(cell, Scalar) and cell.value is not None and LABEL.fullmatch(cell.text):
        return cell.text
    return None


def cells_of(axis: Axis) -> Mapping[str, Mapping[str, str | None]]:
    """What stands in the columns of an axis, by label: a label, or None for what is none."""
    rows = ((label, value) for label, value in axis.values.items() if isinstance(value, Map) and value.pairs)
    return {label: {column: text_of(pair.value) for column, pair in row.items()} for label, row in rows}


def part(name: str) -> tuple[str, str]:
    """The axis and the column of `axis.column`; no column in the name of an axis."""
    axis, _, column = name.partition(".")
    return (axis, column) if column else (name, "")


def axes_of(pattern: Pattern) -> KeysView[str]:
    """The axes that a pattern names, by themselves or by a column, in the order of the file."""
    return dict.fromkeys(part(name)[0] for name in pattern.wanted).keys()


def labels_wanted(pattern: Pattern, columns: Columns) -> Mapping[str, frozenset[str]]:
    """The labels that a pattern matches, by axis; what it says of one axis in several places must all hold."""
    by_axis: dict[str, list[tuple[str, frozenset[str]]]] = {}
    for name, wanted in pattern.wanted.items():
        axis, column = part(name)
        by_axis.setdefault(axis, []).append((column, frozenset(label.text for label in wanted)))
    return {
        axis: found[0][1] if found == [("", found[0][1])] else columns.matching(axis, frozenset(found))
        for axis, found in by_axis.items()
    }


def check_column(name: str, pattern: Pattern, axis: Axis, columns: Columns, problems: Problems) -> bool:
    """Whether the axis has the column that a pattern names and its cells have what is wanted; else it is reported."""
    key, (_, column) = pattern.keys[name], part(name)
    known = columns.names(axis.name)
    here = Note("the axis is here", axis.span)
    if column not in known:
        if not (problems.is_set_aside(column) or problems.is_set_aside(axis.name)):
            said = f"`{shorten(column)}` is no column of axis `{axis.name}`"
            message = f"{said}; expected {list_words(known)}" if known else f"{said}, whose labels have no columns"
            problems.error("unknown-column", message, key, *did_you_mean(column, known), here)
        return False
    found = columns.column(axis.name, column)
    if found.others:
        _no_label(found.others, axis.name, column, key, problems)
        return False
    fine = True
    for label in pattern.wanted[name]:
        if label.text not in found.labels:
            fine = False
            if not problems.is_set_aside(label.text):
                message = f"no row has `{shorten(label.text)}` in column `{name}`; expected {list_words(found.labels)}"
                near = did_you_mean(label.text, found.labels)
                problems.error("unknown-label", message, label.node.span, *near, here)
    return fine


def _no_label(cells: Sequence[Node], axis: str, column: str, named: Span, problems: Problems) -> None:
    first = cells[0]
    shown = f"`{shorten(first.text, 40)}`" if isinstance(first, Scalar) and first.value is not None else "what it holds"
    more = len(cells) - 1
    rest = f", nor {'is' if more == 1 else 'are'} {more} more cell{'' if more == 1 else 's'}" if more else ""
    message = f"{shown} is no label{rest}; `{axis}.{column}` is used like an axis, so its cells must be labels"
    hint = "give the rows a column of short values, and name that column"
    problems.error("not-a-label", message, first.span, Note("it is used here", named), hint)


def refuse_column(name: str, span: Span, columns: Columns, wanted: str, problems: Problems) -> None:
    """Reports a column where only the axis itself can be named; `wanted` says what is written there."""
    axis, column = part(name)
    message = f"`{shorten(name)}` is a column of axis `{axis}`; expected the axis itself"
    known = columns.names(axis)
    near = did_you_mean(column, known) if known and column not in known else ()
    problems.error("column-not-here", message, span, wanted, *near)
