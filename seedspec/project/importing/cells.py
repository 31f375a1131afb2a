"""The text of a cell as the value of a request field: with its unit, its words for yes and no, the nearest allowed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import cache
from math import floor
from typing import Any, NamedTuple

from seedspec.catalog.choice import remedy_for_choice
from seedspec.catalog.form import amount_of, remedy_for_type
from seedspec.catalog.model import Model
from seedspec.project.importing.values import Cell
from seedspec.text.near import fold, shorten

_LONGEST = 200


class Value(NamedTuple):
    """A field's value; `None` where the cell holds none. `changed` says what the source has in place of it."""

    value: str | int | float | bool | None
    changed: str = ""


class Fields:
    """Reads the cells of a model's request fields."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.gate = cache(model.schema.gate_of)

    def read(self, name: str, cell: Cell) -> Value:
        """The value that a cell gives a field. What is out of the field's range is the nearest in it."""
        rule = self.model.schema.document["properties"][name]
        found = _read(rule, cell)
        gate: Callable[[Any], bool] | None = self.gate(name)
        if found.value is None or (gate is not None and not gate(found.value)):
            return Value(None, f"`{shorten(cell.text, 40)}` is no value of `{name}`")
        return found


def whole(cell: Cell, unit: str = "", least: int = 1) -> int | None:
    """A whole number that a cell holds, such as a count of takes; None where it holds none."""
    amount = amount_of(cell.text[:_LONGEST], unit)
    return int(amount) if amount is not None and amount.denominator == 1 and amount >= least else None


def _read(rule: Mapping[str, Any], cell: Cell) -> Value:
    text = cell.text.strip()
    if len(text) > _LONGEST and rule.get("type") != "string":
        return Value(None)
    if "enum" in rule:
        return _choice(rule["enum"], text)
    if rule.get("type") == "boolean":
        if isinstance(cell.value, bool):
            return Value(cell.value)
        remedy = remedy_for_type(text, ["boolean"], rule, "")
        return Value(remedy.write == "true" if remedy is not None and remedy.write else None)
    if rule.get("type") in ("integer", "number"):
        return _number(rule, text)
    return Value(text)


def _choice(allowed: list[Any], text: str) -> Value:
    same = next((a for a in allowed if isinstance(a, str) and fold(a) == fold(text)), None)
    if same is not None:
        return Value(same)
    remedy = remedy_for_choice(text, allowed)
    near = (remedy.write or remedy.near) if remedy is not None else None
    return Value(near, "" if near is not None and remedy is not None and remedy.write == near else text)


def _number(rule: Mapping[str, Any], text: str) -> Value:
    amount = amount_of(text, rule.get("x-seedspec", {}).get("unit", ""))
    if amount is None:
        return Value(None)
    value = amount if rule["type"] == "number" else Fraction(floor(amount + Fraction(1, 2)))
    value = max(value, Fraction(rule.get("minimum", value)))
    value = min(value, Fraction(rule.get("maximum", value)))
    shown = int(value) if value.denominator == 1 else float(value)
    return Value(shown, "" if value == amount else text)
