"""A command at a terminal of its own, with a person who answers its questions."""

from __future__ import annotations

import os
import pty
from collections.abc import Callable
from pathlib import Path


def at_terminal(
    folder: Path, answer: str, *command: str, meanwhile: Callable[[], object] = lambda: None
) -> tuple[int, str]:
    """How a command ends, and what it says. Each `[y/N]` is answered; `meanwhile` is done while a question stands."""
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(folder)
        os.execve(command[0], list(command), dict(os.environ))
    said, answered = b"", 0
    while True:
        try:
            piece = os.read(terminal, 65536)
        except OSError:
            break
        if not piece:
            break
        said += piece
        if said.count(b"[y/N]") > answered:
            answered += 1
            meanwhile()
            os.write(terminal, answer.encode() + b"\n")
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), said.decode()
