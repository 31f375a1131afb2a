"""What the work of a run's bar is done against, each in a process of its own: the emulator, or one large video."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from work import Work

from seedspec.emulator.process import Addresses, child

NEVER = 36_000.0


@contextmanager
def emulator(work: Work) -> Iterator[Addresses]:
    taking = NEVER if work.what == "flight" else work.seconds
    given = ["--folder", str(Path(work.folder) / "emulator"), "--seconds", str(taking), "--credits", "100000000"]
    with child([*given, *(part for fault in work.faults for part in ("--fault", fault))]) as found:
        yield found


@contextmanager
def clips(work: Work) -> Iterator[str]:
    """The address of the video."""
    command = [sys.executable, Path(__file__).with_name("clips.py"), work.folder, str(work.megabytes)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield server.stdout.readline().strip()
        finally:
            server.kill()
