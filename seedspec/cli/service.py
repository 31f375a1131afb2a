"""Where a command finds its service: the addresses and the key of the environment, or an emulator's."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from seedspec.cli.app import Exit
from seedspec.run.secret import seal


@contextmanager
def environment(
    provider: Mapping[str, Any], lock: Path, arguments: Sequence[str] | None, *, emulated: bool
) -> Iterator[Mapping[str, str]]:
    """The process's environment; or, when emulated, with the key and the addresses of an emulator of its own.

    The emulator is started with the given arguments and ends with the block; with None there is nothing to ask it.
    Its key is nobody else's, and the same at each time, for what was uploaded is known by it.
    """
    if not emulated:
        yield os.environ
        return
    own_key = seal(f"emulator {os.path.abspath(lock)}".encode("utf-8", "surrogateescape")) or secrets.token_hex(32)
    key = {provider["auth"]["variable"]: own_key}
    origins = provider["origins"]
    if arguments is None:  # whatever is asked all the same never reaches the paid service
        yield {**os.environ, **key, **{o["variable"]: "http://127.0.0.1:9" for o in origins.values()}}
        return
    try:
        from seedspec.emulator.process import EmulatorError, child
    except ImportError:
        raise Exit(2, "the emulator needs more packages: pip install 'seedspec[emulator]'") from None
    from seedspec.run.disk import state_folder

    folder = state_folder(lock.parent) / lock.stem
    try:
        with child(["--folder", str(folder), *arguments], key=own_key) as addresses:
            own = {origins["api"]["variable"]: addresses.api, origins["files"]["variable"]: addresses.files}
            yield {**os.environ, **key, **own}
    except EmulatorError as error:
        raise Exit(2, str(error)) from None
