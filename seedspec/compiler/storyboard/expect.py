"""What a storyboard expects of the videos that come back, as values with their places; it is no part of a request."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from seedspec.text.diagnostic import Note, Problems
from seedspec.text.node import Map, Node, Scalar
from seedspec.text.source import Span
from seedspec.text.value import valueclass


@valueclass(frozen=True, slots=True)
class Expectation:
    """Bounds for one measure, or for the score of a judge (`judge.NAME`); `span` is its name where it is written."""

    measure: str
    span: Span
    least: float | None = None
    most: float | None = None

    def __str__(self) -> str:
        if self.least is not None and self.most is not None:
            return f"{self.least:g} to {self.most:g}"
        return f"at least {self.least:g}" if self.least is not None else f"at most {self.most:g}"


@valueclass(frozen=True, slots=True)
class Expected:
    """What one layer of a storyboard writes: bounds by measure, and where it switches a measure `off`."""

    bounds: Mapping[str, Expectation] = MappingProxyType({})
    off: Mapping[str, Span] = MappingProxyType({})


NOTHING = Expected()


def expected_of(node: Node | None, problems: Problems) -> Expected:
    """What stands below an `expect` whose form is sound."""
    bounds, off = dict[str, Expectation](), dict[str, Span]()
    for name, pair in node.items() if isinstance(node, Map) else ():
        if not isinstance(pair.value, Map):
            off[name] = pair.key.span
            continue
        least, most = _number(pair.value, "min"), _number(pair.value, "max")
        if least is not None and most is not None and least > most:
            message = f"`min` of `{name}` is {least:g}, above its `max` of {most:g}; expected at most that"
            place = pair.value.pairs["max"].value.span
            note = Note("`max` is here; exchange the two, or leave one out", place)
            problems.error("expect-min-above-max", message, pair.value.pairs["min"].value.span, note)
            continue
        bounds[name] = Expectation(name, pair.key.span, least, most)
    return Expected(bounds, off)


def merge_expected(layers: Iterable[Expected]) -> tuple[Expectation, ...]:
    """What layers expect together, the nearest last: of each measure the nearest word counts, as a whole."""
    found = dict[str, Expectation]()
    for layer in layers:
        found |= layer.bounds
        for name in layer.off:
            found.pop(name, None)
    return tuple(found.values())


def check_off(top: Expected, shots: Iterable[Expected], profiles: Iterable[Expected], problems: Problems) -> None:
    """A measure that is switched off where nothing expects it: whoever wrote that meant something else."""
    shots = list(shots)
    anywhere = top.bounds.keys() | {name for shot in shots for name in shot.bounds}
    layers = [(top, set[str]()), *((s, set(top.bounds)) for s in shots), *((p, anywhere) for p in profiles)]
    for layer, known in layers:
        for name, span in layer.off.items():
            if name not in known:
                message = f"`{name}` is switched off, and nothing expects it here"
                hint = "delete the line, or write the bounds that you mean"
                problems.warning("expect-off-unused", message, span, hint)


def _number(node: Map, key: str) -> float | None:
    found = node.get(key)
    value = found.value if isinstance(found, Scalar) else None
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None
