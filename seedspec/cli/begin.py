"""Where every command line begins: an answer that holds still is said again, before anything else is even loaded."""

from __future__ import annotations

import os
import sys

from seedspec.cli.saying import complain, echo, kept_back, open_streams

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

ANSWERING = frozenset(("plan", "run", "status", "fetch"))
"""The commands whose answers are kept."""

_OURS = ("SEEDSPEC_", "_SEEDSPEC_")
_OTHERS = (
    "NO_COLOR", "FORCE_COLOR", "GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY",
    "HOME", "XDG_STATE_HOME", "USERPROFILE", "HOMEDRIVE", "HOMEPATH",
)  # fmt: skip
"""What else of the environment shapes an answer: colours, what CI servers are told, where states of a user are kept."""


def start(arguments: Sequence[str]) -> int:
    """Runs a command line and gives its exit code. Nothing that a user, disk, server or network does is a traceback.

    Output that a full disk did not take is said at the end, and is the exit code where that would be 0.
    """
    open_streams()
    kept_back()
    code = _gone(arguments)
    if why := kept_back():
        complain(f"standard output: {why}; what was said there is not complete")
    return code or (2 if why else 0)


def _gone(arguments: Sequence[str]) -> int:
    try:
        question = _question(arguments)
        if question and _answered(arguments, question):
            return 0
    except KeyboardInterrupt:
        complain("interrupted")
        return 130
    from seedspec.cli import app

    return app.start(arguments, question)


def _question(arguments: Sequence[str]) -> str:
    """A name for all that an answer depends on, but for the disk, the key and the addresses; "" for none to be had.

    The words as they were typed, the folder, and the environment decide what is asked for, without being understood.
    """
    if not arguments or arguments[0] not in ANSWERING:
        return ""
    try:
        folder = os.getcwd()
    except OSError:
        return ""
    from hashlib import sha256

    environ = sorted(item for item in os.environ.items() if item[0].startswith(_OURS) or item[0] in _OTHERS)
    streams = [(s.isatty(), s.encoding, s.errors) for s in (sys.stdout, sys.stderr)]
    return sha256(repr((tuple(arguments), folder, environ, streams)).encode()).hexdigest()[:32]


def _answered(arguments: Sequence[str], question: str) -> bool:
    """Says an earlier answer, where it is certain that the same would be said."""
    from seedspec.run.again import ask

    # which of the words is the storyboard need not be known: its shelf alone has the answer to all of them
    for storyboard in (*(word for word in arguments[1:] if not word.startswith("-")), "storyboard.yaml"):
        answer = ask(storyboard, question)
        if answer is not None and _still_wanted(answer.key, answer.origins):
            for err, as_bytes, said in answer.pieces:
                echo(said.encode() if as_bytes else said, err=err)
            return True
    return False


def _still_wanted(key: str, origins: tuple[tuple[str, str], ...]) -> bool:
    """Whether there is a key, where one is wanted, and the addresses are those that the answer was given with."""
    if any(os.environ.get(variable, "") != held for variable, held in origins):
        return False
    if not key:
        return True
    from seedspec.run.settings import BadSettings, key_in

    try:
        key_in(key, os.environ, os.getcwd())
    except (BadSettings, OSError):  # the whole way says it, after whatever it says before
        return False
    return True
