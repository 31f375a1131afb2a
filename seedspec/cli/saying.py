"""How a command speaks, on standard output and standard error."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TextIO

import click

_lost: list[str] = []


def echo(text: str | bytes, *, err: bool = False) -> None:
    """Shows something, colours as they were put in: whoever paints has asked `shared.colored` before.

    A reader that has gone away, or a full disk behind it, never stops what is being done; `kept_back` knows the latter.
    """
    _say(text, "\n", err=err)


def pour(text: str | bytes) -> None:
    """Data as it is, on standard output, in any number of pieces."""
    _say(text, "", err=False)


def kept_back() -> str:
    """Why standard output did not take all that was said since this was last asked; "" when it did.

    A reader that has gone away has wanted no more, as in `seedspec plan | head`; that is no fault.
    """
    why = "; ".join(_lost)
    _lost.clear()
    return why


def _say(text: str | bytes, end: str, *, err: bool) -> None:
    stream = sys.stderr if err else sys.stdout
    try:
        _shown(text, end, stream, err=err)
    except OSError as error:
        if not err and not isinstance(error, ConnectionError):
            _lost.append((error.strerror or str(error)).lower())
        with suppress(OSError, ValueError):  # what is still in its buffer goes nowhere, too
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _shown(text: str | bytes, end: str, stream: TextIO, *, err: bool) -> None:
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
