"""A command that finds everything done says what it said the last time, without compiling the storyboard again."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seedspec.cli import shared
from seedspec.cli.app import echo, taped, untaped
from seedspec.run.again import Answer, Shelf
from seedspec.run.beside import held_by, lock_of
from seedspec.run.settings import BadSettings, key_of, origins_of
from seedspec.run.witness import watching

if TYPE_CHECKING:
    from seedspec.api import Planned


class Anew:
    """A command that is carried out. `planned` is what its answer rests on, when that may be given again."""

    planned: Planned | None = None

    def rests_on(self, planned: Planned) -> Planned:
        """The plan is known; unless everything is done, nothing more of what is said is kept."""
        if _settled(planned):
            self.planned = planned
        else:
            untaped()
        return planned


@contextmanager
def again(
    command: str, storyboard: str, given: Mapping[str, Any], rest: Sequence[Any], *, fit: bool, buying: bool = False
) -> Iterator[Anew | None]:
    """Says an earlier answer and gives None, where it is certain that the same would be said; else gives what the
    command is to note its plan in.

    `given` and `rest` are all options that shape the answer. An answer that is not `fit` depends on more than what is
    watched. `buying` commands want a key, and a lock that no other run holds, also when there is nothing to buy; the
    answer is of a lock that is whole and has everything done, so it needs no hold of its own.
    """
    if not fit:
        yield Anew()
        return
    shelf = Shelf(lock_of(Path(storyboard), emulated=given["emulator"]))
    colors = (shared.colored(), shared.colored(sys.stderr))
    question = {"command": command, "storyboard": storyboard, "given": given, "rest": rest, "colors": colors}
    if _said(shelf, question, buying=buying, emulated=given["emulator"]):
        yield None
        return
    began, anew = time.time_ns(), Anew()
    with watching() as watch, taped() as tape:
        yield anew
    if anew.planned is None or watch.spoiled:
        return
    board = shared.board(anew.planned.compiled)
    document = board.model.provider.document
    pieces = tuple((err, type(said) is bytes, said if isinstance(said, str) else said.decode()) for err, said in tape)
    shelf.keep(
        question,
        Answer(pieces, {name: document[name] for name in ("origins", "auth")}),
        seen=watch.seen.values(),
        lock=anew.planned.plan.lock.digest,
        files={s.file for s in anew.planned.plan.steps},
        began=began,
    )


def _said(shelf: Shelf, question: Mapping[str, Any], *, buying: bool, emulated: bool) -> bool:
    if not shelf.has(question):
        return False
    if not buying:
        return _echoed(shelf.ask(question))
    if held_by(shelf.lock).exists():  # perhaps by a run that was killed: the whole way finds out
        return False
    try:
        answer = shelf.ask(question)
        if answer is not None and not emulated:
            origins_of(answer.service, os.environ)
            key_of(answer.service, os.environ, Path.cwd())
        return _echoed(answer)
    except BadSettings:  # the whole way says it, after whatever it says before
        return False


def _echoed(answer: Answer | None) -> bool:
    if answer is None:
        return False
    for err, as_bytes, said in answer.pieces:
        echo(said.encode() if as_bytes else said, err=err)
    return True


def _settled(planned: Planned) -> bool:
    """Whether every entry has its video here: then neither the time nor anything that is not there plays a part."""
    from seedspec.plan.plan import Action
    from seedspec.plan.reason import Done, Twin

    return all(
        s.action is Action.DONE and (isinstance(s.reason, Twin) or (isinstance(s.reason, Done) and s.reason.here))
        for s in planned.plan.steps
    )
