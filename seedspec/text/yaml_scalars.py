"""What a plain scalar is by the core schema of YAML 1.2: `16:9` and `no` are text, `010` is ten."""

from __future__ import annotations

import math
import re

from seedspec.text.diagnostic import Problems
from seedspec.text.source import Span

_NULL = re.compile(r"~|null|Null|NULL|")
_BOOL = re.compile(r"true|True|TRUE|false|False|FALSE")
_INT = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_INF_NAN = re.compile(r"[-+]?(?:\.inf|\.Inf|\.INF)|\.nan|\.NaN|\.NAN")


def core(text: str, span: Span, problems: Problems) -> str | int | float | bool | None:
    """A plain scalar by YAML 1.2 section 10.3.2: `16:9` and `no` are text, `010` is ten."""
    if _NULL.fullmatch(text):
        return None
    if _BOOL.fullmatch(text):
        return text[0] in "tT"
    if _INT.fullmatch(text):
        if len(text) > 300:
            problems.error("number-range", "a number of more than 300 digits", span, "quote it to keep it as text")
            return text
        if len(text) > 1 and text.lstrip("+-")[0] == "0" and text.lstrip("+-").isdecimal() and int(text):
            problems.warning(
                "leading-zero",
                f"`{text}` is the number {int(text)}",
                span,
                "write it without the zero, or quote it if it is text",
            )
        return int(text, 0) if text[:2] in ("0o", "0x") else int(text)
    if _FLOAT.fullmatch(text):
        if math.isfinite(number := float(text)):
            return number
        problems.error("number-range", f"`{text[:40]}` is too large a number", span)
    elif _INF_NAN.fullmatch(text):
        problems.error("number-range", f"`{text}` is no number that a request can hold", span)
    return text
