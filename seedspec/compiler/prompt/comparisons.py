"""What a template compares an axis with: a text that none of its values is makes a condition that never holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from jinja2 import nodes

from seedspec.compiler.storyboard.types import Axis
from seedspec.text.diagnostic import did_you_mean, list_words
from seedspec.text.near import shorten
from seedspec.text.node import Map, Scalar

_EQUAL = ("eq", "ne", "in", "notin")


class Comparison(NamedTuple):
    """Two expressions whose equality a template asks for, or the second one has several that the first may equal."""

    one: nodes.Expr
    other: nodes.Expr


class NeverEqual(NamedTuple):
    """A comparison that has one outcome for every row, at the text that is compared."""

    text: nodes.Const
    message: str
    notes: tuple[str, ...]


def comparisons(every: Iterable[nodes.Node]) -> tuple[Comparison, ...]:
    """Those among the nodes of a template."""
    alone = (n for n in every if isinstance(n, nodes.Compare) and len(n.ops) == 1)
    return tuple(Comparison(n.expr, n.ops[0].expr) for n in alone if n.ops[0].op in _EQUAL)


def never_equal(found: Iterable[Comparison], axes: Mapping[str, Axis]) -> Iterator[NeverEqual]:
    """The texts that axes are compared with and never are."""
    for one, other in found:
        name, of_label = _axis_of(one)
        column = _column_of(one, axes)
        if name not in axes and column is None:
            continue
        for const in other.items if isinstance(other, (nodes.List, nodes.Tuple)) else [other]:
            if isinstance(const, nodes.Const) and isinstance(const.value, str):
                if column is not None:
                    said = _judge_column(*column, const.value)
                else:
                    said = _judge(axes[name], const.value, of_label=of_label)
                if said is not None:
                    yield NeverEqual(const, *said)


def _axis_of(node: nodes.Expr) -> tuple[str, bool]:
    """The axis whose value an expression is, or whose label it is."""
    if isinstance(node, nodes.Name):
        return node.name, False
    if isinstance(node, nodes.Getattr) and isinstance(node.node, nodes.Name) and node.node.name == "label":
        return node.attr, True
    return "", False


def _column_of(node: nodes.Expr, axes: Mapping[str, Axis]) -> tuple[Axis, str] | None:
    """The table and the column that an expression reads."""
    if isinstance(node, nodes.Getattr) and isinstance(node.node, nodes.Name):
        axis = axes.get(node.node.name)
        return (axis, node.attr) if axis is not None and axis.table else None
    return None


def _judge_column(axis: Axis, column: str, said: str) -> tuple[str, tuple[str, ...]] | None:
    cells = [cell for row in axis.values.values() if isinstance(row, Map) and (cell := row.get(column)) is not None]
    texts = dict.fromkeys(c.value for c in cells if isinstance(c, Scalar) and isinstance(c.value, str))
    if not cells or said in texts:
        return None  # that the column is not there is told where it is read
    written = next((c for c in cells if isinstance(c, Scalar) and c.text == said), None)
    if written is not None:
        return f"`{axis.name}.{column}` is never the text `{said}`", (f"it is no text: compare it with {said}",)
    shown = [shorten(c.text, 40) for c in cells if isinstance(c, Scalar)]
    message = f"`{axis.name}.{column}` is never `{shorten(said, 40)}`; its cells are "
    return message + list_words(dict.fromkeys(shown)).replace(" or ", " and "), did_you_mean(said, shown)


def _judge(axis: Axis, said: str, *, of_label: bool) -> tuple[str, tuple[str, ...]] | None:
    values, labels = list(axis.values.values()), list(axis.values)
    if of_label or axis.open:
        texts = labels
    elif all(isinstance(v, Map) for v in values):
        message = f"`{axis.name}` is a mapping, which is never the text `{shorten(said, 40)}`"
        known = (f"compare its label: `label.{axis.name} == '{said}'`",) if said in labels else ()
        return message, known or (f"compare its label, `label.{axis.name}`, or one of its keys",)
    elif all(isinstance(v, Scalar) and isinstance(v.value, str) for v in values):
        texts = [str(v.value) for v in values if isinstance(v, Scalar)]
    else:
        return None
    if said in texts:
        return None
    shown = [shorten(t, 40) for t in texts]
    by_label = (f"compare its label: `label.{axis.name} == '{said}'`",) if said in labels else ()
    message = f"`{axis.name}` is never `{shorten(said, 40)}`; its {'labels' if texts is labels else 'values'} are "
    return message + list_words(shown).replace(" or ", " and "), by_label or did_you_mean(said, texts)
