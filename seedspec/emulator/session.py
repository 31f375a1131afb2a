"""An emulator for the runs of one storyboard: started beside it, asked with the emulator's lock alone, ended after."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from seedspec.emulator.process import EmulatorError, child
from seedspec.project.credentials import BadSettings, Key
from seedspec.project.names import lock_of
from seedspec.project.paths import Place
from seedspec.project.secret import seal
from seedspec.project.state_folder import state_folder
from seedspec.run.service.service import Emulator, Service

_NOBODY = "http://127.0.0.1:9"
"""An address of this machine at which nothing listens."""


@contextmanager
def emulator(
    storyboard: Path, *, seconds: float = 2.0, faults: Sequence[str] = (), seed: int = 0
) -> Iterator[Emulator]:
    """An emulator with the tasks of earlier runs of a storyboard; it ends with the block.

    Each task takes `seconds`; `faults` are written as for `--fault`, and `seed` decides which of those with a
    probability strike. Raises BadSettings when it does not start: for what is no fault, or without the extra that it
    needs, or while another one serves this storyboard.
    """
    with _start(lock_of(storyboard, emulated=True), seconds, faults, seed) as found:
        yield found


@contextmanager
def _start(lock: Path, seconds: float = 2.0, faults: Sequence[str] = (), seed: int = 0) -> Iterator[Emulator]:
    folder, key = state_folder(lock.parent) / lock.stem, _key(lock)
    arguments = ["--folder", str(folder), "--beside", str(lock.parent), "--seconds", str(seconds), "--seed", str(seed)]
    for fault in faults:
        arguments += ["--fault", fault]
    try:
        with child(arguments, key=key) as found:
            yield Emulator(found.api, found.files, found.results, Key(key))
    except EmulatorError as error:
        raise BadSettings(str(error).removeprefix("seedspec: ")) from None


def _key(lock: Path) -> str:
    """The key that this emulator alone takes: nobody else's, and the same at each time, for what was uploaded is known
    by it."""
    return seal(f"emulator {os.path.abspath(lock)}".encode("utf-8", "surrogateescape")) or secrets.token_hex(32)


@contextmanager
def own(place: Place, *, needed: bool = True) -> Iterator[Service]:
    """An emulator as the service of its place, started only where it is `needed`. Raises BadSettings as `emulator`."""
    if not needed:  # whatever is asked all the same reaches nobody
        yield Emulator(_NOBODY, _NOBODY, _NOBODY, Key("emulator")).service(place)
        return
    with _start(place.lock) as found:
        yield found.service(place)
