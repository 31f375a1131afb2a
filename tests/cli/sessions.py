"""A session at a shell: command lines, all that they say on both streams, and how they end, as one text."""

from __future__ import annotations

import os
import re
import select
import sys
import termios
from collections.abc import Callable
from itertools import groupby
from pathlib import Path

from looks import Run, Said

from seedspec import __version__

EXPECTED = Path(__file__).parent / "expected"
CHANGING = (
    (r"\b20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)?", "<time>"),
    (r"\b\d\d:\d\d:\d\d\b", "<clock>"),
    (r"\bin flight as (\S+) for \d+ (days?|hours?|weeks?|months?|years?)\b", r"in flight as \1 for <age>"),
    (r'"video":( ?)"(?!0{64})[0-9a-f]{64}"', r'"video":\1"<digest>"'),
    (r'"bytes":( ?)\d{4,}', r'"bytes":\1<many>'),
    (r'"commit": "[0-9a-f]{40}"', '"commit": "<commit>"'),
    (r'"sha256":( ?)"[0-9a-f]{64}"', r'"sha256":\1"<digest>"'),
    (r"\b\d+(\.\d+)? (s|min|h|days?|hours?|minutes?|seconds?) ago\b", "<age> ago"),
    (r"\b20\d\d-\d\d-\d\d(?=  /project/providers/)", "<day>"),
    (r"\bthat was trusted on 20\d\d-\d\d-\d\d\b", "that was trusted on <day>"),
)
"""What is another each time, and what stands for it."""
_NUMBERED = (
    ("id", r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"),
    ("task", r"\b(?:cgt-[\w-]*\d[\w-]*|task-unified-\d{6,}-\w+)"),
    ("key", r"\bseedspec-[0-9a-f]{32}\b"),
)
"""Names that are drawn at random; each is told apart from the others of its kind."""


class Session:
    """Runs command lines in a folder and writes down what happens. Lines of standard error begin with `! `."""

    def __init__(self, run: Run, folder: Path, expect: Callable[[Path, str], None]) -> None:
        self._run, self._folder, self._expect = run, folder, expect
        self._lines: list[str] = []

    def __call__(self, *lines: str) -> Said:
        """Runs each line, its words divided at blanks; gives what the last one said."""
        for line in lines:
            said = self.run(*line.split())
        return said

    def run(self, *words: str) -> Said:
        said = self._run(*words)
        self._lines += [f"$ seedspec {_shown(words)}", *said.out.splitlines()]
        self._lines += _ordered([f"! {line}".rstrip() for line in said.err.splitlines()])
        self._lines += [f"exit {said.code}"] if said.code else []
        self._lines.append("")
        return said

    def typing(self, answer: str, *words: str) -> str:
        """The same for a person in front of a terminal, who has typed the answer already; gives what is shown there."""
        near, far = os.openpty()
        modes = termios.tcgetattr(far)
        modes[1] &= ~termios.OPOST
        modes[3] &= ~termios.ECHO
        termios.tcsetattr(far, termios.TCSANOW, modes)
        os.write(near, f"{answer}\4\4".encode())  # a further question meets the end of the input
        before = sys.stdin, sys.stderr
        sys.stdin, sys.stderr = os.fdopen(far, encoding="utf-8"), os.fdopen(os.dup(far), "w", encoding="utf-8")
        try:
            said = self._run(*words)
            sys.stderr.flush()
        finally:
            sys.stdin.close()
            shown = _drained(near)
            sys.stderr.close()
            sys.stdin, sys.stderr = before
            os.close(near)
        self._lines += [f"$ seedspec {_shown(words)}    (typed: {answer!r})"]
        self._lines += [*said.out.splitlines(), *_ordered([f"! {line}".rstrip() for line in shown.splitlines()])]
        self._lines += [*([f"exit {said.code}"] if said.code else []), ""]
        return shown

    def note(self, text: str) -> None:
        """Writes down what has happened between two commands."""
        self._lines += [f"# {text}", ""]

    def is_as(self, name: str) -> None:
        """Holds the whole session against a file of expected/."""
        text = (
            "\n".join(self._lines)
            .replace(str(self._folder.resolve()), "/project")
            .replace(f"seedspec/{__version__}", "seedspec/<version>")
        )
        text = text.replace(sys.executable, "python")
        for pattern, word in CHANGING:
            text = re.sub(pattern, word, text)
        for kind, pattern in _NUMBERED:
            words = {one: f"<{kind} {n}>" for n, one in enumerate(dict.fromkeys(re.findall(pattern, text)), 1)}
            for one, word in words.items():
                text = text.replace(one, word)
        self._expect(EXPECTED / f"{name}.txt", text.rstrip("\n") + "\n")


def _shown(words: tuple[str, ...]) -> str:
    return " ".join(words).replace("\n", "\\n").replace("\r", "\\r")


def _drained(near: int) -> str:
    """All that was shown at a terminal."""
    data = b""
    while select.select([near], [], [], 0)[0]:
        data += os.read(near, 65536)
    return data.decode()


def _ordered(lines: list[str]) -> list[str]:
    """Lines as they came, but those of a run's events by what they say: a video is saved while others are made."""
    found: list[str] = []
    for is_event, some in groupby(lines, key=lambda line: re.match(r"!   (v|[^\w ]) ", line) is not None):
        listed = list(some)
        found += sorted(listed) if is_event else listed
    return found
