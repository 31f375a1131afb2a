"""The states of a purchase and the table of legal moves between them (rule 3 of lock); all about states is here.

A purchase is one attempt at one fingerprint. It begins with no record at all. `queued` is an intent withdrawn:
the request was certainly not taken. `doubt` leaves only by a person's word or by evidence.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class State(StrEnum):
    QUEUED = "queued"
    SUBMITTING = "submitting"
    DOUBT = "doubt"
    RUNNING = "running"
    COMPLETED = "completed"
    SAVED = "saved"
    FAILED = "failed"


MOVES: dict[State | None, frozenset[State]] = {
    # no record: an intent begins it; a file or a task id that a person vouches for may begin it too
    None: frozenset({State.SUBMITTING, State.RUNNING, State.SAVED}),
    State.QUEUED: frozenset({State.SUBMITTING, State.RUNNING, State.SAVED, State.FAILED}),
    State.SUBMITTING: frozenset({State.QUEUED, State.RUNNING, State.FAILED, State.DOUBT, State.SAVED}),
    State.DOUBT: frozenset({State.QUEUED, State.SUBMITTING, State.RUNNING, State.FAILED, State.SAVED}),
    State.RUNNING: frozenset({State.COMPLETED, State.FAILED, State.SAVED}),
    # the link of a completed task may be read again; a task that the service has dropped is failed
    State.COMPLETED: frozenset({State.COMPLETED, State.SAVED, State.FAILED}),
    # a saved file that is gone may be fetched again while its link lives
    State.SAVED: frozenset({State.COMPLETED, State.SAVED}),
    State.FAILED: frozenset(),
}


class Rank(NamedTuple):
    """How far a state is, by two questions.

    `merge`: of two histories of one purchase the further state is kept (rule 7 of lock); what is nearer to a paid video
    in hand is further. `attempt`: which of several attempts stands for a purchase (rule 6); one that may have been
    billed hides no later failure, and a video in hand makes every other question idle.
    """

    merge: int
    attempt: int


RANKS = {
    State.QUEUED: Rank(merge=0, attempt=0),
    State.SUBMITTING: Rank(merge=1, attempt=2),
    State.FAILED: Rank(merge=2, attempt=1),
    State.DOUBT: Rank(merge=3, attempt=3),
    State.RUNNING: Rank(merge=4, attempt=4),
    State.COMPLETED: Rank(merge=5, attempt=5),
    State.SAVED: Rank(merge=6, attempt=6),
}

UNANSWERED = frozenset({State.SUBMITTING, State.DOUBT})
"""A request was sent, or was about to be, and what became of it is not known."""

FOLLOWED = frozenset({State.RUNNING, State.COMPLETED})
"""The task is known, and its video is not here yet."""

OPEN = UNANSWERED | FOLLOWED
"""Something is left to be done about the purchase, and money may have been spent on it."""

BOUGHT = OPEN | {State.SAVED}
"""Money was spent, or may have been."""


def word(state: State | None) -> str:
    """A state as people name and select it: `new` for what was never bought, `doubt` also without an answer."""
    if state is None or state is State.QUEUED:
        return "new"
    return "doubt" if state in UNANSWERED else state.value


class IllegalMove(Exception):
    """A record would go from a state to one that the table does not allow; the record is unchanged."""


def advance(state: State | None, to: State) -> State:
    """The new state, or IllegalMove."""
    if to not in MOVES[state]:
        raise IllegalMove(f"{state or 'nothing'} → {to}")
    return to
