"""Emulators in threads of this process, with one studio: what clips of one shape share is encoded once for all."""

from __future__ import annotations

import functools
import json
import queue
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from seedspec.catalog.model import Model
from seedspec.emulator import provider
from seedspec.emulator.server import serve
from seedspec.emulator.settings import Addresses, Settings

LONGEST = 60.0

provider.Studio = functools.cache(provider.Studio)  # type: ignore[misc]


@contextmanager
def emulated(settings: Settings, models: Mapping[str, Model]) -> Iterator[Addresses]:
    """The addresses of an emulator that listens until the block ends; raises what keeps it from it."""
    ready: queue.Queue[Addresses | BaseException] = queue.Queue()
    stop = threading.Event()

    def work() -> None:
        try:
            serve(settings, models=models, ready=ready.put, stop=stop)
        except BaseException as error:
            ready.put(error)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        found = ready.get(timeout=LONGEST)
        if isinstance(found, BaseException):
            raise found
        yield found
    finally:
        stop.set()
        thread.join(LONGEST)
        assert not thread.is_alive()


def booked(folder: Path) -> list[dict[str, Any]]:
    """What an emulator has in its books. It may be writing: a last line without its line end is not there yet."""
    lines = (folder / "ledger.jsonl").read_bytes().splitlines(keepends=True)
    return [json.loads(line) for line in lines if line.endswith(b"\n")]
