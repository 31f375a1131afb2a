"""What was bought elsewhere is taken up, and what runs is ended: `adopt` and `cancel`, whole, over real HTTP."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from looks import MP4, Acme, edit, keep
from sessions import Session
from test_settle_session import RUN

LOCK = Path("storyboard.lock")


def tasks() -> list[str]:
    return list(dict.fromkeys(re.findall(r'"task":"([^"]+)"', LOCK.read_text(encoding="utf-8"))))


@pytest.mark.slow
def test_a_task_and_a_video_are_taken_up(acme: Acme, session: Session) -> None:
    with acme("none", takes=3) as board:
        session("run --yes --submit-rate 1000 --in-flight 1 --poll-interval 0.1 --select take=1,one --select take=2")
        one, two = tasks()
        LOCK.unlink()
        Path("renders/one_take2.mp4").rename("elsewhere.mp4")
        Path("broken.mp4").write_bytes(b"<html>no video</html>")
        Path("text.mp4").write_bytes(MP4)
        session(
            "adopt one/1", f"adopt one/1 --task {one} --file elsewhere.mp4", "adopt one/1 --task x",
            "adopt one/1 --task cgt-20260101000000-aaaaa", f"adopt one/1 --task {one} --format json",
            f"adopt one/2 --task {one}", f"adopt one/1 --task {two}", "status",
            "adopt one/2 --file broken.mp4", "adopt one/2 --file text.mp4", "adopt one/2 --file none.mp4",
            "adopt one/2 --file elsewhere.mp4 --format json", "adopt one/2 --file elsewhere.mp4",
            "adopt one/1 --file renders/one_take1.mp4", "adopt one/1 --file elsewhere.mp4",
            "adopt one/4 --file elsewhere.mp4",
        )  # fmt: skip
        keep(board, "one/3", "doubt", doubt="cut off")
        session(f"adopt one/3 --task {two}", "adopt one/3 --file elsewhere.mp4", "status", "lock verify")
        Path("renders/one_take2.mp4").unlink()
        session("adopt one/2 --file elsewhere.mp4", "lock verify")
    session.is_as("adopt")


def test_running_tasks_are_ended(acme: Acme, session: Session) -> None:
    with acme("none", takes=4, seconds=600):
        session(
            RUN,
            "cancel one/1",
            "cancel one/1",
            "cancel one/2 one/3 --format json",
            "cancel one",
            "cancel two",
            "cancel storyboard.yaml",
            "cancel one/1 one/2 --purchase x",
            "cancel one/4 storyboard.yaml",
            "status",
        )
    session.is_as("cancel")


def test_a_task_that_is_made_already_is_followed(acme: Acme, session: Session) -> None:
    with acme("none", takes=1, seconds=0):
        session(RUN, "cancel one/1", "cancel one/1 --format json", "fetch")
    session.is_as("cancel-made")


def test_a_service_that_would_lose_the_video_is_not_asked(looks: Path, session: Session) -> None:
    keep(looks, "open@look=noir/1", "running", task="task-unified-1-a")
    session("cancel open@look=noir/1")
    session.is_as("cancel-lossy")


def test_what_waits_for_a_pick_takes_no_video(looks: Path, session: Session) -> None:
    edit(looks, "references:\n", "references:\n  it: {shot: close, at: {prompt: slow}, take: pick}\n")
    looks.write_text(looks.read_text(encoding="utf-8") + "  - {id: next, prompt: \"{{ ref('it') }} goes on.\"}\n")
    session("adopt next@look=noir --task x")
    session.is_as("adopt-waits")
