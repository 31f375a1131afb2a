"""The codes of errors, warnings and hints: what each means, what to do, and a storyboard that shows it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping
from importlib.resources import files
from typing import Any

import orjson

from seedspec.report.table import columns

_COLOR = {"error": "31", "warning": "33", "hint": "36"}

Codes = Mapping[str, Mapping[str, Any]]
"""By code: `severity`, `means`, `do`; for most of them `storyboard`, the files `beside` it, and what check `says`."""


def codes() -> Codes:
    """All codes in the order of the alphabet, as docs/make_errors.py has written them."""
    found: Codes = orjson.loads(files("seedspec.report").joinpath("codes.json").read_bytes())
    return found


def page(code: str, about: Mapping[str, Any], *, width: int, color: bool = False) -> list[str]:
    """All that is known of a code. Prose is broken at a width; the example and its output stay as they are."""

    def paint(text: str, with_: str) -> str:
        return f"\x1b[{with_}m{text}\x1b[0m" if color else text

    lines = [f"{paint(code, '1')}  {paint(about['severity'], _COLOR[about['severity']])}", ""]
    lines += _wrap(about["means"], width)
    lines += ["", paint("What to do", "1"), *_wrap(about["do"], width, "  ")]
    if "storyboard" in about:
        lines += ["", paint("Example", "1"), *_indent(about["storyboard"])]
        if about["beside"]:
            lines += _wrap(f"Beside it: {', '.join(about['beside'])}", width, "  ")
        lines += ["", paint("What check says", "1"), *_indent(about["says"])]
    return lines


def list_codes(found: Codes, *, width: int | None, color: bool = False) -> list[str]:
    """One line for each code: its name, how severe it is, and the first sentence on it, cut at a width."""
    rows = [(code, str(about["severity"]), about["means"].split(". ")[0].rstrip(".")) for code, about in found.items()]
    lines = columns(rows)
    if width is not None:
        lines = [line if len(line) <= width else f"{line[: width - 1].rstrip()}…" for line in lines]
    return [_paint(line, row, color) for line, row in zip(lines, rows, strict=True)]


def as_json(found: Codes, wanted: Iterable[str]) -> list[dict[str, Any]]:
    """The same as data, one object for each code."""
    return [{"code": code, **found[code]} for code in wanted]


def _paint(line: str, row: tuple[str, str, str], color: bool) -> str:
    code, severity, _ = row
    if not color:
        return line
    rest = line.removeprefix(code).replace(severity, f"\x1b[{_COLOR[severity]}m{severity}\x1b[0m", 1)
    return f"\x1b[1m{code}\x1b[0m{rest}"


def _wrap(text: str, width: int, indent: str = "") -> list[str]:
    return textwrap.wrap(
        text, max(20, width), initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False,
        break_long_words=False,
    )  # fmt: skip


def _indent(text: str) -> list[str]:
    return [f"  {line}".rstrip() for line in text.split("\n")]
