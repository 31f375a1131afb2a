"""A ledger that is shared, bounded, looked at, damaged, made again and left: `ledger`, whole, on a store in memory."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from looks import keep
from sessions import Session

sys.path.insert(0, str(Path(__file__).parents[1] / "run" / "ledger"))
from memory import Memory

URL = "s3://team/film"
CONNECTS = ("store.ledger.connect", "ledger_admin.doctor", "ledger_admin.opening")


@pytest.fixture
def store(looks: Path, monkeypatch: pytest.MonkeyPatch) -> Memory:
    found = Memory(where=URL)
    for name in CONNECTS:
        monkeypatch.setattr(f"seedspec.run.{name}.connect", lambda *_, **__: found)
    monkeypatch.setenv("XDG_STATE_HOME", str(looks.parent / "state"))
    monkeypatch.setenv("EVOLINK_API_KEY", "sk-never-shown-0000")
    monkeypatch.setattr("socket.gethostname", lambda: "laptop")
    return found


def test_a_ledger_is_shared_and_left(looks: Path, store: Memory, session: Session) -> None:
    keep(looks, "open@look=noir/1", "saved", task="task-unified-1-a", file="renders/a.mp4", sha256="0" * 64, bytes=1)
    session("ledger attach", f"ledger attach {URL} {URL}", f"ledger attach {URL} a.yaml b.yaml", "ledger status",
            f"ledger attach {URL} none.yaml", f"ledger attach {URL}", f"ledger attach {URL}", "ledger status",
            f"ledger attach {URL} --format json", "plan", "ledger status --format json", "ledger budget",
            "ledger budget --usd 12.50", "ledger budget --usd $0.10 --month", "ledger budget --format json",
            "ledger budget --usd -1", "ledger budget --usd 1000000001", "ledger budget --usd much",
            "ledger budget --usd inf", "ledger budget --month", "ledger budget --none",
            "ledger budget --none --usd 1", "ledger verify",
            "ledger verify --format json", "settle", "ledger detach", "ledger detach --yes-detach x",
            "ledger rebuild", "ledger rebuild --yes-rebuild x")  # fmt: skip
    session.typing("no\n", "ledger", "detach")
    session.typing("\n", "ledger", "rebuild")
    board = Path("storyboard.lock").read_text(encoding="utf-8").split('"ledger":"')[1].split('"')[0]
    session(f"ledger rebuild --yes-rebuild {board}", "ledger status")
    board = Path("storyboard.lock").read_text(encoding="utf-8").split('"ledger":"')[1].split('"')[0]
    session.typing(f"{board}\n", "ledger", "detach")
    session("ledger status", "ledger detach")
    session.is_as("ledger")


def test_a_ledger_that_is_damaged_lost_or_away(looks: Path, store: Memory, session: Session) -> None:
    intent = {"key": "key-1", "body_sha256": "0" * 64, "at": "2026-11-18T09:00:00Z"}
    keep(looks, "open@look=noir/1", "saved", task="task-unified-1-a", file="renders/a.mp4", sha256="0" * 64, bytes=1)
    keep(looks, "open@look=soft/1", "doubt", doubt="cut off", intent=intent)
    keep(looks, "close@prompt=slow/1", "running", task="task-unified-1-b")
    session(f"ledger attach {URL}", "settle open@look=soft/1 --not-billed", "lock fix", "settle close --lost")
    session("ledger verify", "ledger status")
    whole = dict(store._held)
    for key, (_, tag, at) in whole.items():
        if "/buy/" in key:
            store._held[key] = (b"{", tag, at)
    session("ledger verify", "ledger verify --format json", "plan -s close")
    board = Path("storyboard.lock").read_text(encoding="utf-8").split('"ledger":"')[1].split('"')[0]
    lock = Path("storyboard.lock").read_bytes()
    session(f"ledger rebuild --yes-rebuild {board}", "ledger verify")
    Path("storyboard.lock").write_bytes(lock)
    store._held.clear()
    session("ledger status", "settle", "ledger verify", "plan -s close", "run -s close --yes")
    store._held.update(whole)
    store.deaf = True
    session("ledger status", "settle open@look=soft/1 --not-billed", "plan -s close", "run -s close --yes", "lock fix")
    store.deaf = False
    session("ledger budget --usd 0.10", "ledger status --format json")
    session.is_as("ledger-damaged")
