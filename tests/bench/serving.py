"""What the work of a run's bar is done against, each in a process of its own: services, videos, a bucket."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from work import Work

from seedspec.emulator.process import Addresses, child


@contextmanager
def emulator(work: Work) -> Iterator[Addresses]:
    given = ["--folder", str(Path(work.folder) / "emulator"), "--seconds", str(work.seconds), "--credits", "100000000"]
    with child([*given, *(part for fault in work.faults for part in ("--fault", fault))]) as found:
        yield found


@contextmanager
def clips(work: Work) -> Iterator[str]:
    """The address of the video."""
    with _served("clips.py", work.folder, str(work.megabytes)) as url:
        yield url


@contextmanager
def ending(work: Work) -> Iterator[Addresses]:
    """A service that ends as many tasks as the work says, at its rate."""
    given = (*work.faults, *(["hard"] if work.hard else []))
    with _served("ending.py", f"{work.folder}/service", str(work.ending), str(work.rate), *given) as url:
        yield Addresses(url, url, url)


@contextmanager
def bucket(seconds: float) -> Iterator[str]:
    """A bucket whose answers take so many seconds."""
    with _served("bucket.py", str(seconds)) as url:
        yield url


@contextmanager
def _served(program: str, *arguments: str) -> Iterator[str]:
    """The address that a server's process prints."""
    command = [sys.executable, Path(__file__).with_name(program), *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield server.stdout.readline().strip()
        finally:
            server.kill()
