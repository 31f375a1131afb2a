"""Starts an emulator as a child process that never outlives its parent."""

from __future__ import annotations

import contextlib
import queue
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from typing import IO

from seedspec.emulator.settings import Addresses
from seedspec.project.child_environment import environment_of_child

_START_SECONDS = 30
_END_SECONDS = 5


class EmulatorError(Exception):
    """The child did not start; the message is what it said, or that it said nothing."""


def command() -> tuple[str, ...]:
    """How a child is started; it announces itself on standard output and ends when its standard input does.

    With `-P` Python looks for no module in the working folder, which may be of a repository that somebody cloned.
    """
    return (sys.executable, "-P", "-m", "seedspec", "emulator", "--stdio")


@contextlib.contextmanager
def child(
    arguments: Sequence[str], *, start: Sequence[str] | None = None, key: str | None = None
) -> Iterator[Addresses]:
    """An emulator in a process of its own, for as long as the block lasts. EmulatorError when it does not start.

    It takes `key` alone, which it is told where no other user of the machine can read it; without one it takes any. No
    key of this process's environment reaches it.

    It has a session of its own, so that Ctrl-C on the terminal reaches the parent alone; it ends when its standard
    input is closed, which also happens when the parent is killed.
    """
    if sys.platform == "win32":
        flags = subprocess.CREATE_NEW_PROCESS_GROUP
    else:
        flags = 0
    with tempfile.TemporaryFile() as complaints:
        process = subprocess.Popen(
            [*(start or command()), *(("--key-from-input",) if key is not None else ()), *arguments],
            env=environment_of_child(
                "SEEDSPEC_EMULATOR_", "SEEDSPEC_TRACEBACK", "SEEDSPEC_TRUST", without=("SEEDSPEC_EMULATOR_KEY",)
            ),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=complaints,
            start_new_session=sys.platform != "win32",
            creationflags=flags,
        )
        try:
            if key is not None:
                _tell(process, key)
            yield _addresses(process, complaints)
        finally:
            _end(process)


def _tell(process: subprocess.Popen[bytes], key: str) -> None:
    assert process.stdin is not None
    with contextlib.suppress(OSError):  # it has ended already, and what it said is read next
        process.stdin.write(key.encode() + b"\n")
        process.stdin.flush()


def _addresses(process: subprocess.Popen[bytes], complaints: IO[bytes]) -> Addresses:
    lines: queue.Queue[bytes] = queue.Queue()
    output = process.stdout
    assert output is not None
    threading.Thread(target=lambda: lines.put(output.readline(65536)), daemon=True).start()
    try:
        line = lines.get(timeout=_START_SECONDS)
    except queue.Empty as error:
        raise EmulatorError(f"the emulator did not start within {_START_SECONDS} s") from error
    try:
        return Addresses.read(line.decode())
    except ValueError as error:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_END_SECONDS)
        complaints.seek(0)
        said = complaints.read()[-2000:].decode(errors="replace").strip()
        raise EmulatorError(said or f"the emulator ended with code {process.poll()} and said nothing") from error


def _end(process: subprocess.Popen[bytes]) -> None:
    """Close its input; if that does not end it, terminate it; if that does not either, kill it."""
    assert process.stdin is not None and process.stdout is not None
    with contextlib.suppress(OSError):
        process.stdin.close()
    for step in (process.terminate, process.kill):
        try:
            process.wait(_END_SECONDS)
            break
        except subprocess.TimeoutExpired:
            step()
    process.wait(_END_SECONDS)
    process.stdout.close()
