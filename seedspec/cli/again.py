"""What a command that finds everything done says is kept, with all that it rests on: `begin.py` says it again."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from seedspec.cli import shared
from seedspec.cli.saying import taped, untaped
from seedspec.plan.merge import parted
from seedspec.run.again import Answer, keep
from seedspec.run.beside import held_by
from seedspec.run.rescue import places, rescues
from seedspec.run.seen import Seen
from seedspec.run.witness import watching

if TYPE_CHECKING:
    from seedspec.api import Planned
    from seedspec.cli.saying import Tape


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
def again(storyboard: str, *, fit: bool, buying: bool = False, emulated: bool = False) -> Iterator[Anew]:
    """Keeps what is said inside the block when the plan that it rests on has everything done.

    An answer that is not `fit` depends on more than what is watched. `buying` commands want a key, unless `emulated`,
    and a lock that no other run holds, also when there is nothing to buy; the answer is of a lock that is whole and
    has everything done, so it needs no hold of its own.
    """
    question, anew = click.get_current_context().find_object(str), Anew()
    if not question or not fit:
        yield anew
        return
    began = time.time_ns()
    try:
        with watching() as watch:
            tape = taped()
            yield anew
    finally:
        untaped()
    if anew.planned is None or watch.spoiled or rescues(lock := anew.planned.place.lock):
        return
    here = os.getcwd()
    rests_on = [
        *watch.seen.values(),
        Seen("bytes", os.path.join(here, lock), sha256=anew.planned.plan.lock.digest),
        *(Seen("none", os.path.join(here, place)) for place in places(lock)),
    ]
    if buying:
        rests_on.append(Seen("none", os.path.join(here, held_by(lock))))
    answer = _answer(tape, anew.planned, wants_key=buying and not emulated)
    files = {s.file for s in anew.planned.plan.steps}
    # what a merge gave a second video of: each of them is fetched when it is gone, also the one that no step shows
    files |= {str(r.file) for rs in anew.planned.plan.lock.attempts.values() if parted(rs) for r in rs if r.file}
    keep(storyboard, question, answer, rests_on, files, began)


def _answer(tape: Tape, planned: Planned, *, wants_key: bool) -> Answer:
    pieces = tuple((err, type(said) is bytes, said if isinstance(said, str) else said.decode()) for err, said in tape)
    if not wants_key:
        return Answer(pieces)
    provider = shared.board(planned.compiled).model.provider.document
    variables = sorted(origin["variable"] for origin in provider["origins"].values())
    return Answer(pieces, provider["auth"]["variable"], tuple((v, os.environ.get(v, "")) for v in variables))


def _settled(planned: Planned) -> bool:
    """Whether every entry has its video here: then neither the time nor anything that is not there plays a part."""
    from seedspec.plan.plan import Action
    from seedspec.plan.reason import Done, Twin

    return all(
        s.action is Action.DONE and (isinstance(s.reason, Twin) or (isinstance(s.reason, Done) and s.reason.here))
        for s in planned.plan.steps
    )
