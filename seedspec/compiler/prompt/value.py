"""Values on their way out of a template: what may stand in a text, and what a single expression may yield."""

from __future__ import annotations

import math
from typing import Any

import jinja2

from seedspec.compiler.prompt.errors import TemplateFault, kind
from seedspec.compiler.prompt.meter import Meter

MOST_DEPTH = 100
MOST_DIGITS = 300
"""As of a value that is written in YAML (text/yaml.py)."""
_TOO_LARGE = 10**MOST_DIGITS


def plain_of(value: Any, meter: Meter, depth: int = 0) -> Any:
    """A rendered value as text, numbers, lists and mappings alone; what else a template can make is a fault."""
    meter.admit(value)
    if depth > MOST_DEPTH:
        raise TemplateFault(f"the value has more than {MOST_DEPTH} lists and mappings inside one another")
    if isinstance(value, jinja2.Undefined):
        str(value)  # says what is undefined
    if isinstance(value, str):
        return str(value)
    if value is None or isinstance(value, (bool, int, float)):
        return _bound(value)
    if isinstance(value, (list, tuple)):
        return [plain_of(v, meter, depth + 1) for v in value]
    if isinstance(value, dict):
        return {_key(k): plain_of(v, meter, depth + 1) for k, v in value.items()}
    raise TemplateFault(f"found {kind(value)}; expected text or a plain value", *_call(value))


def admit_to_text(value: Any, meter: Meter) -> Any:
    """A value on its way into a text. Python would write `None`, `{'words': 'wet'}` or an address in memory."""
    if isinstance(value, (str, int, float, jinja2.Undefined)):
        return _bound(meter.admit(value))
    wanted = "text or a number"
    if isinstance(value, dict):
        keys = " or ".join(f"its `{k}`" for k in list(value)[:3])
        wanted += f", such as {keys}" if keys else ""
    elif isinstance(value, (list, tuple)):
        wanted += " (`| join(', ')` makes text of a list)"
        axis = "for a video of each of its values, make it an axis: `matrix: {axes: {look: [noir, pastel]}}`"
        raise TemplateFault(f"found {kind(value)}; expected {wanted}", axis)
    raise TemplateFault(f"found {kind(value)}; expected {wanted}", *_call(value))


def as_text(value: Any, meter: Meter) -> str:
    """The text of a value that is all of a template: the same that it would be among other words."""
    return value if isinstance(value, str) else str(admit_to_text(value, meter))


def iterable(value: Any) -> Any:
    """What a `{% for %}` goes over."""
    try:
        iter(value)
    except TypeError:
        raise TemplateFault(f"found {kind(value)}; expected a list or a mapping to go over") from None
    return value


def _bound(value: Any) -> Any:
    if isinstance(value, int) and not -_TOO_LARGE < value < _TOO_LARGE:
        raise TemplateFault(f"a number of more than {MOST_DIGITS} digits")
    if isinstance(value, float) and not math.isfinite(value):
        raise TemplateFault("a number that is too large" if not math.isnan(value) else "a result that is no number")
    return value


def _key(key: Any) -> str:
    if isinstance(key, (str, int, float)):
        return str(_bound(key))
    raise TemplateFault(f"a key of a mapping is {kind(key)}; expected text")


def _call(value: Any) -> tuple[str, ...]:
    return ("a function is called with parentheses: `name()`",) if callable(value) else ()
