"""Whatever may be named like an axis: the axes of entries, and the columns of these, as `axis.column`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from seedspec.compiler.entry import MODEL, Entry
from seedspec.text.diagnostic import did_you_mean, list_words


def axes_of(entries: Iterable[Entry]) -> list[str]:
    """The axes of entries, in the order in which they first occur."""
    return list(dict.fromkeys(name for shape in _shapes(entries) for name in shape.base.axes))


def swept_by(entries: Sequence[Entry]) -> list[str]:
    """What entries can be compared by: their axes, and `model` where they have several and no axis of that name."""
    axes = axes_of(entries)
    several = MODEL not in axes and len({entry.model.id for entry in entries}) > 1
    return [*axes, MODEL] if several else axes


def columns_of(entries: Iterable[Entry], *, tables_only: bool = False) -> list[str]:
    """The columns, as `axis.column`, whose values are labels in every row; without `id`, which is the axis itself."""
    found: dict[str, bool] = {}
    for shape in _shapes(entries):
        base = shape.base
        for axis in base.axes:
            for row in base.cells.get(axis, {}).values() if axis in base.tables or not tables_only else ():
                for column, text in row.items():
                    name = f"{axis}.{column}"
                    found[name] = found.get(name, True) and text is not None
            if axis in base.tables:
                found.pop(f"{axis}.id", None)
    return [name for name, fine in found.items() if fine]


def fault_of(name: str, entries: Sequence[Entry], further: Iterable[str] = ()) -> str:
    """Why a name is no axis, and no column that is named like one; "" where it is. `further` are other names."""
    axes = [*further, *axes_of(entries)]
    if name in axes:
        return ""
    axis, dot, column = name.partition(".")
    if dot and axis in axes:
        rows = [row for shape in _shapes(entries) for row in shape.base.cells.get(axis, {}).items()]
        labels = [label for label, row in rows if column in row and row[column] is None]
        if labels:
            return f"column `{name}` cannot be named like an axis: row `{labels[0]}` holds in it what is no label"
        known = list(dict.fromkeys(key for _, row in rows for key in row))
        if column in known:
            return ""
        near = did_you_mean(column, known)
        rest = near[0] if near else f"expected {list_words(known)}" if known else "its labels have no columns"
        return f"no column `{column}` of axis `{axis}`; {rest}"
    same = [known for known in columns_of(entries) if known.partition(".")[2] == name]
    near = (f"did you mean the column `{same[0]}`?",) if same else did_you_mean(name, axes) or did_you_mean(axis, axes)
    return f"no axis `{name}`; {near[0] if near else 'the storyboard has ' + list_words(axes)}"


def _shapes(entries: Iterable[Entry]) -> list[Entry]:
    """An entry of each shot: those of one shot have the same axes."""
    found: dict[str, Entry] = {}
    for entry in entries:
        found.setdefault(entry.shot, entry)
    return list(found.values())
