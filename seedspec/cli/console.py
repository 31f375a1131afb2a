"""How a command speaks, on standard output and standard error."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from itertools import islice
from typing import TextIO

import click

_TOGETHER = 1000
"""Lines that are shown at once."""

_lost: list[str] = []


def wants_color(stream: TextIO | None = None) -> bool:
    """Whether a stream may be coloured: a terminal, and NO_COLOR not set (no-color.org), or FORCE_COLOR set."""
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (stream or sys.stdout).isatty()


def echo(text: str | bytes, *, err: bool = False) -> None:
    """Shows text for people, or, as bytes, what a program reads: JSON, or commands of our own for a CI server.

    Nothing in it steers a terminal, or a CI server that reads along, whoever wrote the names and words in it; only
    the colours of reports stay, where `colored` allows them.

    A reader that has gone away, or a full disk behind it, never stops what is being done; `kept_back` knows the latter.
    """
    if isinstance(text, str):
        _say(steady_text(text, painted=wants_color(sys.stderr if err else sys.stdout)), "\n", err=err)
    else:
        _say(steady_json(text), "\n", err=err)


def pour(text: bytes) -> None:
    """Data as it is, on standard output, in any number of pieces: whoever gives it has made it steady."""
    _say(text, "", err=False)


def steady_text(text: str, *, painted: bool) -> str:
    """Text for people as `echo` shows it; colours stay where it is `painted`."""
    log = _in_log()
    if text.replace("\n", "").isprintable() and not log:
        return text
    from seedspec.text.visible import make_printable

    return make_printable(text, painted=painted, log=log)


def steady_json(data: bytes) -> bytes:
    """JSON, or lines of it, as `echo` shows it: it means the same."""
    log = _in_log()
    if data.isascii() and b"\x7f" not in data and not log:
        return data
    from seedspec.text.visible import shown_json

    return shown_json(data, log=log)


def steady_csv(text: str) -> bytes:
    """A table as standard output gets it; its cells have no character that steers. No line of it is a command."""
    if _in_log():
        from seedspec.text.visible import strip_workflow_commands

        text = strip_workflow_commands(text)
    return text.encode()


def _in_log() -> bool:
    return os.environ.get("GITHUB_ACTIONS") == "true"


def output_fault() -> str:
    """Why standard output did not take all that was said since this was last asked; "" when it did.

    A reader that has gone away has wanted no more, as in `seedspec plan | head`; that is no fault.
    """
    why = "; ".join(_lost)
    _lost.clear()
    return why


def _say(text: str | bytes, end: str, *, err: bool) -> None:
    stream = sys.stderr if err else sys.stdout
    try:
        _write(text, end, stream, err=err)
    except OSError as error:
        if not err and not isinstance(error, ConnectionError):
            _lost.append((error.strerror or str(error)).lower())
        with suppress(OSError, ValueError):  # what is still in its buffer goes nowhere, too
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _write(text: str | bytes, end: str, stream: TextIO, *, err: bool) -> None:
    if os.name == "nt" or (stream.encoding or "").lower() != "utf-8" or not hasattr(stream, "buffer"):
        # click knows consoles, and what to do where no language is set
        click.echo(text, err=err, nl=bool(end), color=True)
    elif isinstance(text, str):
        stream.write(text + end)
        stream.flush()
    else:
        stream.flush()
        stream.buffer.write(text + end.encode())
        stream.buffer.flush()


def complain(message: str) -> None:
    if message:
        echo(f"seedspec: {message}", err=True)


def open_streams() -> None:
    """A stream that was closed by the caller leads nowhere; else its number would be the next file's: the lock's."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115


def print_lines(lines: Iterable[str]) -> None:
    """Data, on standard output, many lines at a time."""
    each = iter(lines)
    while listed := list(islice(each, _TOGETHER)):
        echo("\n".join(listed))


def print_notes(lines: Iterable[str]) -> None:
    """Everything else, on standard error."""
    if listed := list(lines):
        echo("\n".join(listed), err=True)


def print_json(document: object) -> None:
    """A JSON document for programs, on standard output."""
    echo(json_of(document))


def json_of(document: object) -> bytes:
    """A document as JSON, indented. A name that is no Unicode, as a file may have, is escaped in it."""
    import orjson  # `--help` shows no JSON, and loads nothing for it

    try:
        return orjson.dumps(document, option=orjson.OPT_INDENT_2)
    except TypeError:
        import json

        return json.dumps(document, indent=2).encode()


def print_next(line: str) -> None:
    """The step that follows, for a person: on standard error, and not in the log of a CI server."""
    if not os.environ.get("GITHUB_ACTIONS") and os.environ.get("CI", "").lower() in ("", "0", "false"):
        print_notes([f"next: {line}"])
