"""States of a purchase: what people call them, how far each is, and the moves that there are."""

from __future__ import annotations

import pytest

from seedspec.lock.state import BOUGHT, FOLLOWED, MOVES, OPEN, RANKS, UNANSWERED, IllegalMove, State, advance, word

WORDS = {
    None: "new",
    State.QUEUED: "new",
    State.SUBMITTING: "doubt",
    State.DOUBT: "doubt",
    State.RUNNING: "running",
    State.COMPLETED: "completed",
    State.SAVED: "saved",
    State.FAILED: "failed",
}


def test_a_state_has_the_word_that_people_select_it_by() -> None:
    assert {state: word(state) for state in (None, *State)} == WORDS
    assert [str(s) for s in State] == ["queued", "submitting", "doubt", "running", "completed", "saved", "failed"]


def test_states_are_ranked_by_how_near_they_are_to_a_video() -> None:
    by_merge = sorted(State, key=lambda s: RANKS[s].merge)
    by_attempt = sorted(State, key=lambda s: RANKS[s].attempt)
    assert " ".join(by_merge) == "queued submitting failed doubt running completed saved"
    assert " ".join(by_attempt) == "queued failed submitting doubt running completed saved"
    assert [RANKS[s].merge for s in by_merge] == [RANKS[s].attempt for s in by_attempt] == [*range(7)]


def test_money_may_have_been_spent_on_what_is_open_or_saved() -> None:
    assert {"submitting", "doubt"} == UNANSWERED and {"running", "completed"} == FOLLOWED
    assert UNANSWERED | FOLLOWED == OPEN and {*OPEN, "saved"} == BOUGHT


@pytest.mark.parametrize("state", MOVES, ids=str)
def test_a_move_is_made_where_the_table_has_it_and_told_where_not(state: State | None) -> None:
    for to in State:
        if to in MOVES[state]:
            assert advance(state, to) is to
            continue
        with pytest.raises(IllegalMove) as told:
            advance(state, to)
        assert str(told.value) == f"{state or 'nothing'} → {to}"


def test_what_has_ended_begins_again_nowhere() -> None:
    assert {s: "".join(sorted(t.value[0] for t in MOVES[s])) for s in (State.SAVED, State.COMPLETED, State.FAILED)} == {
        State.SAVED: "cs",
        State.COMPLETED: "cfs",
        State.FAILED: "",
    }
