"""Where values stand in a service's answers: readings of a provider file, and the answer in which they would be found.

A path is `a.b`, `a[0].b` or `a[*].b`. A reading is a path, or a mapping with a `path` or a `value`, and with `when` and
`unless`, which name paths and the values that they must have and must not have; `less` is a path whose number is taken
off. A list of readings gives the first that is there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from seedspec.text import later

PATH = r"^[\w-]+(\[(\d{1,3}|\*)\])*(\.[\w-]+(\[(\d{1,3}|\*)\])*)*$"
_STEP = later.pattern(r"([\w-]+)|\[(\d+|\*)\]")
_ALL = "*"


def values_at(path: str, said: Any) -> list[Any]:
    """Every value to which a path leads, in the order of the answer; null is no value."""
    found = [said]
    for name, index in _steps(path):
        if index == _ALL:
            found = [item for value in found if isinstance(value, list) for item in value]
        elif index:
            found = [value[int(index)] for value in found if isinstance(value, list) and int(index) < len(value)]
        else:
            found = [value[name] for value in found if isinstance(value, Mapping) and name in value]
    return [value for value in found if value is not None]


@lru_cache(1000)
def _steps(path: str) -> Sequence[tuple[str, str]]:
    return tuple(_STEP.findall(path))


def every(readings: Any, said: Any) -> Iterator[Any]:
    """What each of some readings gives, in their order."""
    for reading in readings if isinstance(readings, list) else [] if readings is None else [readings]:
        if isinstance(reading, str):
            yield from values_at(reading, said)
            continue
        if not holds(reading.get("when", {}), said) or any(
            holds({path: value}, said) for path, value in reading.get("unless", {}).items()
        ):
            continue
        for value in [reading["value"]] if "value" in reading else values_at(reading["path"], said):
            off = next(iter(values_at(reading["less"], said)), 0) if "less" in reading else 0
            yield max(0, value - off) if is_number(value) and is_number(off) and off else value


def first(readings: Any, said: Any, kinds: tuple[type, ...] = (str,)) -> Any:
    """The first value of one of these types that the readings give; None without any. True is no number."""
    for value in every(readings, said):
        if isinstance(value, kinds) and (bool in kinds or not isinstance(value, bool)):
            return value
    return None


def write(path: str, value: Any, into: dict[str, Any]) -> None:
    """Makes a path lead to a value in an answer, for who plays the service; `[*]` is the first item."""
    steps = _steps(path)
    here: Any = into
    for n, (name, index) in enumerate(steps):
        last = n + 1 == len(steps)
        fresh: Any = value if last else ([] if steps[n + 1][1] else {})
        if isinstance(here, list):
            at = 0 if index == _ALL else int(index)
            while len(here) <= at:
                here.append(None)
            if last or here[at] is None:
                here[at] = fresh
            here = here[at]
        else:
            if last or name not in here:
                here[name] = fresh
            here = here[name]


def writable(readings: Any) -> str:
    """The path by which a value is written so that the readings give it: the first that asks for nothing else."""
    for reading in readings if isinstance(readings, list) else [] if readings is None else [readings]:
        path = reading if isinstance(reading, str) else reading.get("path", "") if not reading.get("when") else ""
        if path:
            return str(path)
    return ""


def holds(wanted: Mapping[str, Any], said: Any) -> bool:
    """Whether each of these paths leads to its value."""
    return all(any(_equal(found, value) for found in values_at(path, said)) for path, value in wanted.items())


def _equal(found: Any, wanted: Any) -> bool:
    return bool(found == wanted) and isinstance(found, bool) is isinstance(wanted, bool)


def is_number(value: Any) -> bool:
    """Whether a value is a number; true is none."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)
