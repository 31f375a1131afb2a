"""Values on their way out of a template: what may stand in a text, and what a single expression may yield."""

from __future__ import annotations

import math
from typing import Any

import jinja2

from seedspec.compiler.prompt.errors import TemplateFault
from seedspec.compiler.prompt.meter import Meter


def plain_of(value: Any, meter: Meter) -> Any:
    """A rendered value as text, numbers, lists and mappings alone; what else a template can make is a fault."""
    meter.admit(value)
    if isinstance(value, jinja2.Undefined):
        str(value)  # says what is undefined
    if isinstance(value, str):
        return str(value)
    if value is None or isinstance(value, (bool, int)) or (isinstance(value, float) and math.isfinite(value)):
        return value
    if isinstance(value, (list, tuple)):
        return [plain_of(v, meter) for v in value]
    if isinstance(value, dict):
        return {str(k): plain_of(v, meter) for k, v in value.items()}
    raise TemplateFault(f"the template yields {_named(value)}; expected text or a plain value")


def shown(value: Any, meter: Meter) -> Any:
    """A value on its way into a text. Python would write `None`, `{'words': 'wet'}` or an address in memory."""
    if isinstance(value, (str, int, jinja2.Undefined)) or (isinstance(value, float) and math.isfinite(value)):
        return meter.admit(value)
    wanted = "text or a number"
    if isinstance(value, dict):
        keys = " or ".join(f"its `{k}`" for k in list(value)[:3])
        wanted += f", such as {keys}" if keys else ""
    elif isinstance(value, (list, tuple)):
        wanted += " (`| join(', ')` makes text of a list)"
    fault = TemplateFault(f"found {_named(value)}; expected {wanted}")
    fault.value = value
    raise fault


def _named(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, (dict, list, tuple)):
        return "a mapping" if isinstance(value, dict) else "a list"
    if isinstance(value, float):
        return f"the number {value}"
    return "a function" if callable(value) else f"a {type(value).__name__.strip('_').lower()}"
