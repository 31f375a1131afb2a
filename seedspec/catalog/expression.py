"""The expressions of price files: a small closed tree of JSON becomes a checked value that is worked out exactly.

A node is one of these. Numbers are texts, so that no reader makes a binary fraction of them.

- `{"const": "2.5"}` a number, `{"word": "on"}` a word
- `{"var": "seconds"}` one of VARIABLES
- `{"lookup": "quality", "values": {"720p": "1"}}` a number by a variable
- `{"op": "ceil", "args": [...], "step": "0.1"}` an operation of OPERATIONS; `step` is for `ceil` and `floor` alone

A price file may be of anybody: a tree is bounded in depth, nodes and digits, and each of its parts has a kind, which is
checked before anything is worked out.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Mapping
from fractions import Fraction
from functools import reduce
from typing import Any, Literal

from seedspec.text.diagnostic import list_words
from seedspec.text.value import valueclass

Kind = Literal["number", "word", "truth"]
Value = Fraction | str | bool
Quantities = Mapping[str, Value]
"""What a request has of VARIABLES; one that a model has not is left out."""

VARIABLES: Mapping[str, Kind] = {
    "seconds": "number",
    "quality": "word",
    "ratio": "word",
    "sound": "truth",
    "input_images": "number",
    "input_videos": "number",
    "input_video_seconds": "number",
    "input_audios": "number",
}
"""What a price may depend on, in words that are the same for every model, and what each of them is."""

MOST_DEPTH, MOST_NODES, MOST_ARGS, MOST_VALUES = 32, 400, 16, 100
_NUMBER = re.compile(r"-?[0-9]{1,12}(?:\.[0-9]{1,12})?")
_NUMBER_KIND: Kind = "number"
_TRUTH_KIND: Kind = "truth"
_NUMBERS, _TRUTHS = (_NUMBER_KIND,) * MOST_ARGS, (_TRUTH_KIND,) * MOST_ARGS
OPERATIONS: Mapping[str, tuple[Kind, int, tuple[Kind, ...]]] = {
    "add": ("number", 2, _NUMBERS),
    "multiply": ("number", 2, _NUMBERS),
    "max": ("number", 2, _NUMBERS),
    "min": ("number", 2, _NUMBERS),
    "subtract": ("number", 2, ("number", "number")),
    "divide": ("number", 2, ("number", "number")),
    "ceil": ("number", 1, ("number",)),
    "floor": ("number", 1, ("number",)),
    "if": ("number", 3, ("truth", "number", "number")),
    "gt": ("truth", 2, ("number", "number")),
    "gte": ("truth", 2, ("number", "number")),
    "lt": ("truth", 2, ("number", "number")),
    "lte": ("truth", 2, ("number", "number")),
    "eq": ("truth", 2, ()),
    "neq": ("truth", 2, ()),
    "and": ("truth", 2, _TRUTHS),
    "or": ("truth", 2, _TRUTHS),
    "not": ("truth", 1, ("truth",)),
}
"""What each operation gives, the fewest arguments, and their kinds in order; `eq` and `neq` take two of one kind."""


class BadExpression(ValueError):
    """A tree that is no expression; `path` leads to the part at fault."""

    def __init__(self, path: tuple[str | int, ...], message: str) -> None:
        super().__init__(message)
        self.path = path


class NoValue(LookupError):
    """An expression has no value for a request; the message says what it has no number for."""


@valueclass(frozen=True, slots=True)
class Expression:
    """A checked expression. `value` is that of a constant, or the name of a variable; `reads` are all its variables."""

    kind: Kind
    op: str
    value: Value = ""
    args: tuple[Expression, ...] = ()
    values: tuple[tuple[str, Fraction], ...] = ()
    reads: frozenset[str] = frozenset()

    def work_out(self, quantities: Quantities) -> Value:
        """The exact value for a request. Raises NoValue where the expression does not cover it."""
        match self.op:
            case "const":
                return self.value
            case "var":
                return _quantity(str(self.value), quantities)
            case "lookup":
                return self._look_up(quantities)
            case "if":
                return self.args[1 if self.args[0].work_out(quantities) else 2].work_out(quantities)
            case "and":
                return all(a.work_out(quantities) for a in self.args)
            case "or":
                return any(a.work_out(quantities) for a in self.args)
            case "not":
                return not self.args[0].work_out(quantities)
            case "eq" | "neq":
                first, second = (a.work_out(quantities) for a in self.args)
                return (first == second) is (self.op == "eq")
        return self._calculate([a.number(quantities) for a in self.args])

    def number(self, quantities: Quantities) -> Fraction:
        """The same of an expression whose kind is a number."""
        found = self.work_out(quantities)
        assert isinstance(found, Fraction)
        return found

    def _look_up(self, quantities: Quantities) -> Fraction:
        name = str(self.value)
        word = _as_word(_quantity(name, quantities))
        for known, number in self.values:
            if known == word:
                return number
        raise NoValue(f"no price for {name} `{word}`")

    def _calculate(self, n: list[Fraction]) -> Value:
        match self.op:
            case "add":
                return reduce(operator.add, n)
            case "multiply":
                return reduce(operator.mul, n)
            case "max":
                return max(n)
            case "min":
                return min(n)
            case "subtract":
                return n[0] - n[1]
            case "divide":
                if not n[1]:
                    raise NoValue("the price divides by zero")
                return n[0] / n[1]
            case "ceil" | "floor":
                assert isinstance(self.value, Fraction)
                to = math.ceil if self.op == "ceil" else math.floor
                return to(n[0] / self.value) * self.value
            case "gt":
                return n[0] > n[1]
            case "gte":
                return n[0] >= n[1]
            case "lt":
                return n[0] < n[1]
        return n[0] <= n[1]


def parse(tree: Any, kind: Kind) -> Expression:
    """The expression of a tree, which gives a value of that kind. Raises BadExpression."""
    return _Parser().read(tree, kind, (), 1)


def number_of(text: Any, path: tuple[str | int, ...] = ()) -> Fraction:
    """A number as a price file writes it. Raises BadExpression."""
    if not isinstance(text, str) or not _NUMBER.fullmatch(text):
        raise BadExpression(path, 'expected a number as text, like `"13.5"`, with at most 12 digits on each side')
    return Fraction(text)


def plain(number: Fraction) -> str:
    """A number in digits, `13.5`; as a fraction where digits have no end."""
    rest, places = number, 0
    while rest.denominator != 1 and places < 24:
        rest, places = rest * 10, places + 1
    if rest.denominator != 1:
        return str(number)
    sign, digits = "-" * (rest < 0), str(abs(rest.numerator)).rjust(places + 1, "0")
    return sign + (f"{digits[:-places]}.{digits[-places:]}" if places else digits)


class _Parser:
    """Reads one tree, and counts its nodes."""

    def __init__(self) -> None:
        self._nodes = 0

    def read(self, tree: Any, kind: Kind, path: tuple[str | int, ...], depth: int) -> Expression:
        made = self._any(tree, path, depth)
        if made.kind != kind:
            raise BadExpression(path, f"found {_A[made.kind]}; expected {_A[kind]}")
        return made

    def _any(self, tree: Any, path: tuple[str | int, ...], depth: int) -> Expression:
        self._nodes += 1
        if depth > MOST_DEPTH or self._nodes > MOST_NODES:
            raise BadExpression(
                path, f"the expression is too large; at most {MOST_DEPTH} levels and {MOST_NODES} parts"
            )
        if not isinstance(tree, Mapping):
            raise BadExpression(path, "expected a mapping with `const`, `word`, `var`, `lookup` or `op`")
        keys = frozenset(tree)
        if keys == {"const"}:
            return Expression("number", "const", number_of(tree["const"], (*path, "const")))
        if keys == {"word"}:
            return Expression("word", "const", _word(tree["word"], (*path, "word")))
        if keys == {"var"}:
            name = _variable(tree["var"], (*path, "var"))
            return Expression(VARIABLES[name], "var", name, reads=frozenset((name,)))
        if keys == {"lookup", "values"}:
            return _lookup(tree, path)
        if keys == {"op", "args"} or keys == {"op", "args", "step"}:
            return self._operation(tree, path, depth)
        raise BadExpression(path, "expected `const`, `word`, `var`, `lookup` with `values`, or `op` with `args`")

    def _operation(self, tree: Mapping[str, Any], path: tuple[str | int, ...], depth: int) -> Expression:
        op, given = tree["op"], tree["args"]
        if not isinstance(op, str) or op not in OPERATIONS:
            raise BadExpression((*path, "op"), f"expected {list_words(OPERATIONS)}")
        kind, least, kinds = OPERATIONS[op]
        most = len(kinds) or 2
        if not isinstance(given, list) or not least <= len(given) <= most:
            count = f"{least}" if least == most else f"{least} to {most}"
            raise BadExpression((*path, "args"), f"expected a list of {count} for `{op}`")
        places = [(*path, "args", n) for n in range(len(given))]
        if op in ("eq", "neq"):
            first = self._any(given[0], places[0], depth + 1)
            args: tuple[Expression, ...] = (first, self.read(given[1], first.kind, places[1], depth + 1))
        else:
            args = tuple(self.read(a, k, p, depth + 1) for a, k, p in zip(given, kinds, places, strict=False))
        step: Value = ""
        if op in ("ceil", "floor"):
            step = number_of(tree.get("step", "1"), (*path, "step"))
            if step <= 0:
                raise BadExpression((*path, "step"), "expected a number above 0")
        elif "step" in tree:
            raise BadExpression((*path, "step"), f"`{op}` has no step; `ceil` and `floor` have one")
        return Expression(kind, op, step, args, reads=frozenset().union(*(a.reads for a in args)))


_A: Mapping[Kind, str] = {"number": "a number", "word": "a word", "truth": "a condition, which is true or false"}


def _quantity(name: str, quantities: Quantities) -> Value:
    if name not in quantities:
        raise NoValue(f"the price depends on {name}, which the request does not say")
    return quantities[name]


def _as_word(found: Value) -> str:
    """How a table of a lookup writes a value."""
    return plain(found) if isinstance(found, Fraction) else found if isinstance(found, str) else str(found).lower()


def _lookup(tree: Mapping[str, Any], path: tuple[str | int, ...]) -> Expression:
    name, values = _variable(tree["lookup"], (*path, "lookup")), tree["values"]
    if not isinstance(values, Mapping) or not 1 <= len(values) <= MOST_VALUES:
        raise BadExpression((*path, "values"), f"expected a mapping of 1 to {MOST_VALUES} words to numbers")
    found = tuple((_word(k, (*path, "values", k)), number_of(v, (*path, "values", k))) for k, v in values.items())
    return Expression("number", "lookup", name, values=found, reads=frozenset((name,)))


def _variable(name: Any, path: tuple[str | int, ...]) -> str:
    if not isinstance(name, str) or name not in VARIABLES:
        raise BadExpression(path, f"expected {list_words(VARIABLES)}")
    return name


def _word(text: Any, path: tuple[str | int, ...]) -> str:
    if not isinstance(text, str) or not 1 <= len(text) <= 100:
        raise BadExpression(path, "expected a word of 1 to 100 characters")
    return text
