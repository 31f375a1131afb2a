"""How a command speaks, on standard output and standard error; what was said is kept too, where that is asked for."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # what is said again is said before anything is loaded: see `begin.py`
if TYPE_CHECKING:
    from typing import TextIO

    Tape = list[tuple[bool, str | bytes]]

_tape: Tape | None = None


def taped() -> Tape:
    """Whatever is shown from now on is kept in this list too: whether on standard error, and what."""
    global _tape
    _tape = []
    return _tape


def untaped() -> None:
    """Nothing more is kept of what is shown."""
    global _tape
    _tape = None


def echo(text: str | bytes, *, err: bool = False) -> None:
    """Shows something, colours as they were put in: whoever paints has asked `shared.colored` before.

    A reader that has gone away, or a full disk behind it, never stops what is being done.
    """
    if _tape is not None:
        _tape.append((err, text))
    stream = sys.stderr if err else sys.stdout
    try:
        _shown(text, stream, err=err)
    except OSError:
        from contextlib import suppress

        with suppress(OSError, ValueError):  # what is still in its buffer goes nowhere, too
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _shown(text: str | bytes, stream: TextIO, *, err: bool) -> None:
    if os.name == "nt" or (stream.encoding or "").lower() != "utf-8" or not hasattr(stream, "buffer"):
        import click  # knows consoles, and what to do where no language is set

        click.echo(text, err=err, color=True)
    elif isinstance(text, str):
        stream.write(text + "\n")
        stream.flush()
    else:
        stream.flush()
        stream.buffer.write(text + b"\n")
        stream.buffer.flush()


def complain(message: str) -> None:
    if message:
        echo(f"seedspec: {message}", err=True)


def open_streams() -> None:
    """A stream that was closed by the caller leads nowhere; else its number would be the next file's: the lock's."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115
