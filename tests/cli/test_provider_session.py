"""Files of providers: judged, shown, read by, trusted and left out; `provider`, `trust`, `models`, `doctor`, whole."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest
from looks import LOOKS
from sessions import Session

sys.path.insert(0, str(Path(__file__).parents[1] / "security"))
from provider_folder import BOARD, model, put, write

FILE = "providers/acme/provider.json"
CREATED = {"id": "task-unified-1-a", "status": "pending", "created": 1795000000, "usage": {"credits_reserved": 1.5}}


@pytest.fixture
def home(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a storyboard of a provider of its own; nothing of the user's settings is known."""
    for name in ("CONFIG", "STATE", "DATA"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / "home" / name))
    for name in ("SEEDSPEC_TRUST", "EVOLINK_API_KEY", "ACME_API_KEY", "CI", "GITHUB_ACTIONS"):
        monkeypatch.delenv(name, raising=False)
    (folder / "storyboard.yaml").write_text(BOARD.format(model="acme-1.0"), encoding="utf-8")
    return folder


@pytest.mark.slow
def test_files_are_judged_and_answers_read(home: Path, session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    put(home / "providers")
    Path("empty").mkdir()
    Path("created.json").write_text(json.dumps(CREATED), encoding="utf-8")
    Path("refused.json").write_text(
        '{"error": {"code": "content_policy_violation", "message": "no"}}', encoding="utf-8"
    )
    Path("strange.json").write_text("[1]", encoding="utf-8")
    Path("text.json").write_text("no JSON", encoding="utf-8")
    session(
        "provider check providers/acme", "provider check acme", f"provider check {FILE} --format json",
        "provider check empty", "provider check none.json", "provider check a/b", "provider check evolnk",
        "provider check nobody", "provider answer acme create created.json", f"provider answer {FILE} crate x",
        "provider answer acme nothing created.json", "provider answer acme create created.json --format json",
        "provider answer acme create refused.json --status 400", "provider answer acme create strange.json",
        "provider answer acme create text.json", "provider answer acme create none.json",
        "provider answer providers/acme/prices.json create created.json",
    )  # fmt: skip
    for text in (json.dumps(CREATED), "x" * (4 * 1024 * 1024 + 1)):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode()), encoding="utf-8"))
        session("provider answer acme create")
    put(home / "providers", change=lambda made: made["calls"]["create"].pop("body"))
    session("provider check acme", "provider answer acme create created.json", "provider check acme --format json")
    session.is_as("provider")


def test_a_request_is_shown(looks: Path, home: Path, session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    session("provider preview", "provider preview close@prompt=slow")
    looks.write_text(LOOKS, encoding="utf-8")
    monkeypatch.setenv("EVOLINK_API_KEY", "sk-never-shown-0000")
    session("provider preview", "provider preview close@prompt=slow",
            "provider preview storyboard.yaml open@look=soft/1",
            "provider preview storyboard.yaml open --format json", "provider preview nothing")  # fmt: skip
    session.is_as("provider-preview")


def test_a_file_is_trusted_by_a_person(home: Path, session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    file = put(home / "providers")
    monkeypatch.setenv("TERM", "dumb")
    session("trust", "trust --list x", "trust --list --remove", "trust --list", "trust --list --format json", "plan",
            "models acme-1.0", "trust providers/acme/prices.json", "trust none/provider.json", f"trust {FILE}",
    )  # fmt: skip
    session.typing("\n", "trust", FILE)
    session.typing("Y\n", "trust", "providers/acme")
    session("trust --list", "trust --list --format json", f"trust {FILE}", "plan",
            "provider check acme")  # fmt: skip
    monkeypatch.setenv("CI", "1")
    put(home / "providers", change=lambda made: made.update(title="Acme Film"))
    session.typing("y\n", "trust", FILE)
    monkeypatch.setenv("CI", "0")
    session("trust --list", "trust --remove nobody", "trust --remove 0123456789", "trust --remove acme", "trust --list")
    session.typing("yes\n", "trust", FILE)
    link = home / "providers" / "link"
    link.symlink_to("acme")
    session("trust providers/link/provider.json")
    write(home / "providers" / "acme" / "acme-1.0.json", model("acme-1.0") | {"properties": 1})
    session.typing("y\n", "trust", FILE)
    put(home / "providers", change=lambda made: made.update(id="evolink"))
    session(f"trust {FILE}", "models", f"trust --remove {FILE}")
    assert file.exists()
    session.is_as("trust")
