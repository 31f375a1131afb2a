"""Purchases in doubt, as `settle` tells of them and people settle them; whole, over real HTTP."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from looks import Acme, edit, keep
from sessions import Session

RUN = "run --yes --no-wait --submit-rate 1000 --in-flight 1 --poll-interval 0.1"


def newer(board: Path) -> None:
    """Makes the lock one of version 2, which has more keys."""
    lock = board.with_suffix(".lock")
    lock.write_bytes(lock.read_bytes().replace(b'"seedspec_lock":1', b'"seedspec_lock":2'))


@pytest.mark.slow
def test_a_task_is_found_by_its_request(acme: Acme, session: Session) -> None:
    with acme("body", "lost-reply@1", "server-error=502@2,3", takes=4, seconds=600):
        session(RUN, "status", "settle one/2 --format json", "settle")
        task = re.findall(r"--task (\S+)", session("settle one/1").out)[0]
        session(
            "settle one/1 --task x", "settle one/1 --task cgt-20260101000000-aaaaa", f"settle one/1 --task {task}",
            f"settle one/3 --task {task}", "settle one/3 --task x", "settle one/1 --not-billed", "settle one/4 --lost",
            "settle one/2 one/3 --not-billed --format json", "settle", "settle one/2", "settle two", "settle one/9",
            "settle one --lost", "settle --lost", "settle --task x --resend one/1", "settle one/1 one/2 --resend",
            "settle one/1 one/2 --purchase x", "settle one/1 one/2 --task x",
            "settle --not-billed other.yaml --emulator --profile draft", "settle other.yaml",
            "status",
        )  # fmt: skip
    session.is_as("settle")


def test_what_is_named_twice_is_settled_once(acme: Acme, session: Session) -> None:
    with acme("none", "lost-reply@1,2", takes=2, seconds=600):
        session(RUN, "settle one/1 one one/1", "settle one/2 one/1 one/2 --not-billed", "status", "lock verify")
    session.is_as("settle-twice")


def test_a_service_proves_what_it_took(acme: Acme, session: Session) -> None:
    with acme("own-id", "lost-reply@1", "server-error=502@2", takes=2, seconds=600):
        session(RUN, "settle one/1 one/2", "settle --format json", "settle one/2 --resend", "settle")
    session.is_as("settle-proved")


@pytest.mark.slow
def test_a_request_is_sent_again(acme: Acme, session: Session) -> None:
    with acme("none", "server-error=502@1,2,3", "server-error=502@2", takes=2, seconds=600) as board:
        session(f"{RUN} --max-entries 1", "settle")
        lock = board.with_suffix(".lock")
        text = re.sub(r',"crc":"[0-9a-f]+"', "", lock.read_text())
        lock.write_text(re.sub(r'("intent":\{[^}]*"at":)"[^"]+"', r'\1"2026-11-23T07:05:00Z"', text))
        session("settle one --resend")
        assert "2026-11-23T07:05:00Z" not in lock.read_text(), "it was sent again, and that is kept"
        session("settle one --resend", "settle --resend one")
        edit(board, "Tea steams", "Tea cools")
        session("status", "settle one/1 --resend", "settle one/2 --lost", "settle one/1 --task x")
        for sent in (board.parent / ".seedspec").rglob("*.json*"):
            sent.unlink()
        session("settle one/2")
    session.is_as("settle-resend")


@pytest.mark.slow
def test_several_purchases_of_one_address(acme: Acme, session: Session) -> None:
    with acme("candidates", "lost-reply@1,2", "list-error=503", takes=2, seconds=600) as board:
        session(f"{RUN} --max-entries 1")
        edit(board, "Tea steams", "Tea cools")
        session(f"{RUN} --max-entries 1", "settle one/1", "settle", "settle one/1 --not-billed")
        ids = re.findall(r"--purchase (\S+)", session("settle one/1 --purchase ffff").err)
        session(
            f"settle one/1 --purchase {ids[1]} --format json", f"settle one/1 --purchase {ids[1]} --not-billed",
            "settle", f"settle one/1 --purchase {ids[-1]}/2 --not-billed", "settle one/1 --not-billed", "settle",
        )  # fmt: skip
    session.is_as("settle-several")


def test_the_credits_that_are_gone(acme: Acme, session: Session) -> None:
    """A task that never ends, purchases of another profile, and what a request is known by, from the lock."""
    with acme("none", takes=3) as board:
        intent = {"key": "key-1", "body_sha256": "0" * 64, "at": "2026-11-23T07:05:00Z", "left": 500}
        stuck = {"word": "processing", "since": "2026-11-23T08:05:00Z"}
        keep(board, "one/1", "running", task="cgt-1-a", intent=intent, stuck=stuck)
        keep(board, "one/2", "doubt", doubt="cut off", intent=intent, left=475, units=2500, unit="credits")
        keep(board, "one/3", "submitting", profile="old")
        newer(board)
        edit(board, "defaults:", "profiles: {draft: {duration: 2}, old: {duration: 3}}\ndefaults:")
        session(
            "settle --format json", "settle", "settle one/1", "settle --profile old", "settle one/3",
            "settle --profile draft", "settle one/1 --not-billed", "settle one/1 --lost",
        )  # fmt: skip
    session.is_as("settle-stuck")


def test_another_task_takes_the_place_of_one_without_end(acme: Acme, session: Session) -> None:
    with acme("none", takes=1, seconds=600) as board:
        session(RUN)
        task = re.findall(r'"task":"([^"]+)"', Path("storyboard.lock").read_text(encoding="utf-8"))[-1]
        Path("storyboard.lock").unlink()
        keep(board, "one/1", "running", task="cgt-1-a", stuck={"word": "processing", "since": "2026-11-23T08:05:00Z"})
        newer(board)
        session("settle", f"settle one --task {task}", "settle", "status")
    session.is_as("settle-other-task")
