"""What the stages refuse as functions, and what they say: nothing is sent, and no file changes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from looks import Acme, edit, keep

from seedspec import api
from seedspec.api import Lock, Options, Quote, Yes
from seedspec.project.credentials import BadSettings
from seedspec.project.paths import place_of
from seedspec.run.prepare import has_ledger

TOLD: list[tuple[Callable[[Path], object], int, str]] = [
    (lambda at: api.agree(api.plan(at), Options(retake_unmet=True)), 2,
     "an agreed plan says what is bought, and retakes are not known before; leave them out"),
    (lambda at: api.agree(api.plan(at), Options(agreed=api.agree(api.plan(at)))), 2,
     "the plan is made by an agreed one; leave `agreed` out to make another"),
    (lambda at: list(api.run(at, Options(emulated=True, assets="s3://a/b"))), 2,
     "a run of the emulator has nothing to do with a bucket; leave `assets` out"),
    (lambda at: list(api.run(at, Options(emulated=True, renders="s3://a/b"))), 2,
     "a run of the emulator has nothing to do with a bucket; leave `renders` out"),
    (lambda at: list(api.run(at, Options(emulated=True, ledger="s3://a/b"))), 2,
     "a run of the emulator has nothing to do with a bucket; leave `ledger` out"),
    (lambda at: list(api.run(at, Options(locked=True))), 4, "2 entries would be bought, first `one/1`"),
    (lambda at: list(api.run(at, Options(locked=True, select=("one/2",)))), 4,
     "1 entry would be bought, first `one/2`"),
    (lambda at: list(api.run(at)), 2, "2 videos, at most $0.74: nothing is bought without a yes"),
    (lambda at: list(api.run(at, consent=Yes(max_usd=0.5))), 4,
     "2 videos, at most $0.74: the yes is for at most $0.50"),
    (lambda at: list(api.run(at, environ={})), 5, "no API key: set ACME_API_KEY in the environment or in `.env`"),
]  # fmt: skip


@pytest.mark.parametrize(("ask", "code", "said"), TOLD, ids=range(len(TOLD)))
@pytest.mark.slow
def test_a_stage_refuses_and_says_why(acme: Acme, ask: Callable[[Path], object], code: int, said: str) -> None:
    with acme("none") as board:
        with pytest.raises(BadSettings) as raised:
            ask(board)
        assert raised.value.exit == code and str(raised.value).startswith(said), str(raised.value)
        assert not board.with_suffix(".lock").exists()


def test_what_cannot_be_compiled_is_followed_and_not_bought(acme: Acme) -> None:
    with acme("none") as board:
        keep(board, "one/1", "failed", failure={"code": "x", "message": "y"})
        edit(board, "Tea", "{{ tea }}")
        with pytest.raises(api.Invalid):
            list(api.run(board, consent=Yes()))


def test_a_yes_is_needed_for_what_is_bought_and_paid_for(acme: Acme) -> None:
    with acme("none") as board:
        planned = api.plan(board)
        found = api.quote(planned, Options())
        assert isinstance(found, Quote) and found.question == "Buy 2 videos for at most $0.74?"
        bounded = api.quote(planned, Options(max_entries=1))
        whole = api.quote(planned, Options(max_entries=1, max_usd=0.1), whole=True)
        assert bounded is not None and bounded.question == "Buy 1 video for at most $0.74?"
        assert whole is not None and whole.question == found.question
        for free in (Options(emulated=True), Options(locked=True), Options(submit=False)):
            assert api.quote(planned, free) is None
        agreed = api.agree(planned)
        assert api.consent_of(None) is None and api.consent_of(agreed) == Yes(agreed.usd, agreed.credits)
        assert api.asks_service(planned.compiled, planned.plan, Options())
        assert not api.asks_service(planned.compiled, planned.plan, Options(submit=False))
        keep(board, "one/1", "running", task="cgt-1-a")
        planned = api.plan(board)
        assert api.asks_service(planned.compiled, planned.plan, Options(submit=False))


def test_a_check_may_look_at_remote_media_too(looks: Path) -> None:
    edit(looks, "https://cdn.example.com/cup.webp", "https://127.0.0.1:9/cup.webp")
    codes = {d.code for d in api.check(looks)}
    assert {d.code for d in api.check(looks, probe_urls=True)} >= codes
    with pytest.raises(api.NoProfile):
        api.check(looks, profile="none", probe_urls=True)


def test_a_lock_is_shared_where_something_says_so(looks: Path) -> None:
    board = api.compile(looks).board
    assert board is not None
    named, none = Lock(header={"ledger": "x"}), Lock()
    for emulated in (False, True):
        place = place_of(looks, board, emulated=emulated)
        assert not has_ledger(place, none, Options(), {})
        for lock, options, environ in (
            (named, Options(), {}), (none, Options(ledger="s3://a"), {}), (none, Options(), {"SEEDSPEC_LEDGER": "s3://a"}),
        ):  # fmt: skip
            assert has_ledger(place, lock, options, environ) is not emulated
