"""Runs and what they leave: plain lines, events, reports for CI servers; what stops one before anything is bought."""

from __future__ import annotations

import copy
import re
from pathlib import Path

import pytest
from looks import Acme, edit, keep
from sessions import Session

from seedspec.catalog.model import catalog_of
from seedspec.project import sources

PACE = "--submit-rate 1000 --in-flight 1 --poll-interval 0.1"


def report(session: Session, *files: str) -> None:
    """Writes down what stands in files, without what is another each time."""
    for file in files:
        text = Path(file).read_text(encoding="utf-8")
        session.note(f"{file}\n" + re.sub(r'time="[0-9.]+"', 'time="<seconds>"', text).rstrip())


@pytest.mark.slow
def test_a_run_is_told_as_lines_as_events_and_in_reports(
    acme: Acme, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    with acme("none", "failed@2", takes=3) as board:
        session(
            f"run {PACE}", f"run {PACE} --locked", f"run {PACE} --yes-up-to 0.10", f"run {PACE} --max-usd 0.10 --yes"
        )
        session("fetch --junit out/fetch.xml")
        monkeypatch.setenv("GITHUB_STEP_SUMMARY", "summary.md")
        session(f"run {PACE} --yes --max-entries 2 --junit out/run.xml")
        report(session, "summary.md", "out/run.xml")
        monkeypatch.setenv("GITHUB_ACTIONS", "true")
        monkeypatch.delenv("GITHUB_STEP_SUMMARY")
        session(f"run {PACE} --yes-up-to 1 --format jsonl --retry-failed -s take=2", "fetch --format json")
        edit(board, "Tea", "{{ tea }}")
        monkeypatch.setenv("GITHUB_STEP_SUMMARY", "summary2.md")
        session(f"run {PACE} --yes --junit out/run.xml", "fetch", "plan --format markdown", "run --profile draft")
        report(session, "summary2.md", "out/run.xml")
    session.is_as("run")


@pytest.mark.slow
def test_words_that_contradict_each_other(acme: Acme, session: Session) -> None:
    with acme("none", takes=2) as board:
        session(
            "plan --out agreed.json", "run --plan agreed.json --yes-up-to 1", "run --yes --yes-up-to 1",
            "run --max-retakes 2", "run --retake-unmet --plan agreed.json", "run --plan none.json",
            "run --emulator --assets s3://a/b", "run --emulator --renders s3://a/b",
            "plan --emulator --renders s3://a/b",
            "run --junit text.txt", "run -s nothing --yes",
            "run --profile draft --yes", "status --watch --format json", "plan --out storyboard.lock",
            "plan --out no/folder.json", "plan --exit-code",
        )  # fmt: skip
        edit(board, "Tea steams", "Tea cools")
        session(f"run {PACE} --plan agreed.json", "plan")
        keep(board, "one/1", "saved", task="cgt-1-a", file="renders/one_take1.mp4", sha256="0" * 64, bytes=1)
        session("plan", "plan --exit-code -s take=1", "run -s take=1 --emulator --locked")
    session.is_as("run-refused")


@pytest.mark.slow
def test_a_person_is_asked(acme: Acme, session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    with acme("none", takes=2):
        for answer in ("\n", "no\n", "what\nN\n", "\x04", "y\n"):
            session.typing(answer, "run", "--no-wait", "--max-entries", "1", *PACE.split())
        session.typing(" YES \n", "run", "--plain", *PACE.split())
        session("status")
    session.is_as("run-asked")


def test_nothing_is_bought_of_a_model_that_has_ended(
    looks: Path, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = copy.deepcopy(sources.schemas())
    found["evolink/seedance-2.0-reference-to-video.json"]["x-seedspec"]["dates"] = {"retired": "2026-01-31"}
    models = catalog_of(found, "2026-11-29")
    monkeypatch.setattr(sources, "catalog", lambda *_: models)
    monkeypatch.setenv("EVOLINK_API_KEY", "sk-never-asked-0000")
    session("plan -s close,prompt=slow", "run --yes -s close,prompt=slow", "check")
    keep(looks, "close@prompt=slow/1", "failed", failure={"code": "content_policy_violation", "message": "no"})
    session("run --yes -s close,prompt=slow", "fetch -s close,prompt=slow")
    session.is_as("run-ended-model")
