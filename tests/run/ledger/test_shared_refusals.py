"""What a command says of a shared lock whose ledger is unknown, another one, silent, or has nothing to do with it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from bucket import Store
from clones import URL, Clone, attached, share
from helpers import CANARY, SMALL, Make, Service

from seedspec import api
from seedspec.cli.main import start
from seedspec.lock.lock import Lock, parse
from seedspec.project.credentials import BadSettings
from seedspec.run.store.ledger.opened import unknown


@pytest.fixture
def clone(project: Make, mine: Service, bucket: Store, monkeypatch: pytest.MonkeyPatch) -> Clone:
    """A shared lock, and this process in its folder with the environment of its user, who does not name the ledger."""
    found = attached(project, bucket, SMALL, at=mine)
    monkeypatch.chdir(found.folder)
    monkeypatch.setenv("XDG_STATE_HOME", str(found.folder / "state"))
    monkeypatch.setenv("EVOLINK_API_KEY", CANARY)
    monkeypatch.setenv("EVOLINK_BASE_URL", mine.addresses.api)
    monkeypatch.setenv("EVOLINK_FILES_URL", mine.addresses.files)
    return found


def told(capfd: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    capfd.readouterr()
    code = start(words)
    out, err = capfd.readouterr()
    return code, out, err


def bought(clone: Clone) -> int:
    return sum(clone.service.bought(clone.name).values())


WRITES = [
    ("run", "--yes"),
    ("fetch",),
    ("settle",),
    ("settle", "one/1", "--not-billed"),
    ("adopt", "one/1", "--task", "task-unified-1774857405-abc123"),
    ("lock", "prune", "--yes"),
]


@pytest.mark.parametrize("words", WRITES, ids=" ".join)
def test_what_changes_a_shared_lock_is_refused_where_nobody_says_where_its_ledger_is(
    clone: Clone, words: tuple[str, ...], capfd: pytest.CaptureFixture[str]
) -> None:
    before = clone.lock_path.read_bytes()
    code, _, err = told(capfd, *words)
    board = clone.lock().header["ledger"]
    assert code == 6 and board in err
    assert ("--ledger" in err and URL in err) or words[0] == "lock"
    assert clone.lock_path.read_bytes() == before and bought(clone) == 0


def test_the_address_in_the_lock_is_never_asked(clone: Clone, bucket: Store, capfd: pytest.CaptureFixture[str]) -> None:
    """A cloned repository may name any address there."""
    bucket.seen.clear()
    told(capfd, "run", "--yes")
    told(capfd, "plan")
    assert bucket.seen == []


@pytest.mark.parametrize("words", [("plan",), ("status",), ("why", "one/1")], ids=" ".join)
def test_what_looks_goes_on_from_git_and_says_of_when_that_is(
    clone: Clone, words: tuple[str, ...], capfd: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = told(capfd, *words)
    assert code == 0 and "as of serial 0 of the ledger" in out.splitlines()[0]
    code, out, _ = told(capfd, *words, "--format", "json")
    said = json.loads(out)["ledger"]
    assert code == 0 and said["board"] == clone.lock().header["ledger"] and said["asked"] is False and said["why"]
    code, out, _ = told(capfd, *words, "--format", "json", "--ledger", URL)
    assert json.loads(out)["ledger"]["asked"] is True


def test_a_ledger_that_the_lock_does_not_name_is_refused_with_the_command(
    clone: Clone, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    clone.lock_path.unlink()
    code, _, err = told(capfd, "run", "--yes", "--ledger", URL)
    assert code == 6 and f"seedspec ledger attach {URL}" in err and bought(clone) == 0
    monkeypatch.setenv("SEEDSPEC_LEDGER", URL)
    assert told(capfd, "run", "--yes")[0] == 6
    assert told(capfd, "plan")[0] == 0, "who only looks is not kept from it by a variable"


@pytest.mark.slow
def test_another_lineage_is_refused_with_both(
    clone: Clone, bucket: Store, capfd: pytest.CaptureFixture[str], project: Make
) -> None:
    lock = clone.lock_path.read_bytes()
    board = clone.lock().header["ledger"]
    for key in bucket.keys("team"):
        bucket.client().delete_object(Bucket="team", Key=key)
    code, _, err = told(capfd, "run", "--yes", "--ledger", URL)
    assert code == 6 and board in err and "nothing was sent" in err
    share(clone, bucket)
    clone.lock_path.write_bytes(lock)
    code, _, err = told(capfd, "run", "--yes", "--ledger", URL)
    team = json.loads(bucket.client().get_object(Bucket="team", Key="ledger/team.json")["Body"].read())["uuid"]
    assert code == 6 and board in err and team in err and bought(clone) == 0


def test_no_credentials_are_told_as_such(
    clone: Clone, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another-secret")
    code, _, err = told(capfd, "run", "--yes", "--ledger", URL)
    assert code == 5 and bought(clone) == 0, err


@pytest.mark.slow
def test_a_ledger_that_does_not_answer_stops_a_run_that_would_buy(
    clone: Clone, bucket: Store, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setattr("seedspec.run.store.ledger.bucket.TRYING", 0.1, raising=False)
    code, out, _ = told(capfd, "plan", "--ledger", URL)
    assert code == 0 and "as of serial" in out
    code, _, err = told(capfd, "run", "--yes", "--ledger", URL)
    assert code == 7 and "nothing was sent" in err and bought(clone) == 0


def test_where_a_ledger_was_found_is_remembered_and_no_password_is(
    clone: Clone, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from seedspec.run.store.ledger.opened import forget, recall, remember

    assert told(capfd, "run", "--yes", "--ledger", URL, "--poll-interval", "0.1", "--submit-rate", "1000")[0] == 0
    assert bought(clone) == 2 and told(capfd, "fetch")[0] == 0
    board = clone.lock().header["ledger"]
    assert recall(board) == URL
    remember(board, "postgresql://me:secret-word@db.example.com/x")
    assert recall(board) == "postgresql://me@db.example.com/x"
    forget(board)
    assert recall(board) == ""
    remember("../../x", URL)
    assert not (clone.folder / "state" / "x").exists() and recall("../../x") == ""


def test_the_emulator_leaves_the_teams_ledger_alone(
    clone: Clone, bucket: Store, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket.seen.clear()
    code, _, err = told(capfd, "plan", "--emulator", "--ledger", URL)
    assert code == 2 and "exclude each other" in err
    monkeypatch.setenv("SEEDSPEC_LEDGER", URL)
    code, _, err = told(capfd, "plan", "--emulator")
    assert code == 0 and err.count("SEEDSPEC_LEDGER is left alone") == 1 and bucket.seen == []
    with pytest.raises(BadSettings):
        list(api.run("storyboard.yaml", api.Options(emulated=True, ledger=URL)))


def test_an_older_seedspec_does_not_read_a_lock_that_names_a_ledger(clone: Clone) -> None:
    assert clone.lock_path.read_bytes().startswith(b'{"seedspec_lock":2,')
    assert parse(clone.lock_path.read_bytes()).version == 2


@pytest.mark.slow
def test_a_stale_clone_gets_what_the_others_have_bought_before_it_plans(
    clone: Clone, capfd: pytest.CaptureFixture[str]
) -> None:
    late: Any = replace(clone.another("late"))
    assert told(capfd, "run", "--yes", "--ledger", URL, "--poll-interval", "0.1", "--submit-rate", "1000")[0] == 0
    assert late.do("run", "--yes", "--poll-interval", "0.1").code == 0
    assert bought(clone) == 2 and len(list((late.folder / "renders").glob("*.mp4"))) == 2


@pytest.mark.parametrize(
    ("at", "shown"),
    [
        ("s3://team/film", True),
        ("postgresql", True),
        ("", False),
        ("postgresql://team:secret@catch.example.com/db", False),
        ("http://catch.example.com", False),
        ("s3://team/\x1b[31m\nfilm", False),
        ("s3://key:secret@catch.example.com", False),
    ],
)
def test_a_hint_in_a_lock_is_shown_where_it_is_a_plain_address(at: str, shown: bool) -> None:
    said = unknown(Path("film.lock"), Lock(header={"ledger": "0000-1", "at": at}))
    assert (f"({at})" in said) is shown and "0000-1" in said
    assert shown or ((at not in said or not at) and "(" not in said)
