"""What commands say about a storyboard, whole: before anything is bought, and with purchases in every state."""

from __future__ import annotations

from pathlib import Path

import pytest
from looks import LOOKS, MP4, edit, keep
from sessions import Session

FACTS = {"sha256": "0" * 64, "bytes": len(MP4), "width": 640, "height": 360, "seconds": 4.0}
ONE = """\
seedspec: 1
name: one
model: seedance-2.0-reference-to-video
defaults: {duration: 4, quality: 480p}
references: {cup: {image: https://cdn.example.com/cup.webp}}
shots:
  - {id: tea, prompt: "{{ ref('cup') }} steams."}
"""


@pytest.mark.slow
def test_before_anything_is_bought(looks: Path, session: Session) -> None:
    session(
        "check", "plan", "plan --format markdown", "status",
        "cost", "cost --by look --by take --format csv", "cost --by nothing", "cost --by stat", "cost --by look.words",
        "cost --by look.nothing", "compile",
        "compile -s open,look=noir --format jsonl",
        "compile --origins open@look=noir/1 -s open", "compile --preview p.html --format jsonl",
        "compile --preview p.txt", "compile --preview p.html -s close", "why open@look=noir/1",
        "why close@prompt=slow --format json", "why open", "why clsoe", "why nothing", "stats --format json",
        "pick", "pick --format json", "pick open@look=noir/1", "review", "review --format json", "lock verify",
        "lock fix", "lock prune", "lock verify --format json", "lock fix --format json", "lock prune --format json",
            "settle --format json", "measure --format json", "export otio", "rows", "run", "cancel open",
            "adopt open --task x", "review -s nothing",
    )  # fmt: skip
    session.is_as("before")


def test_one_purchase_as_programs_read_it(folder: Path, session: Session) -> None:
    board = folder / "storyboard.yaml"
    board.write_text(ONE, encoding="utf-8")
    session(*(f"{word} --format json" for word in ("plan", "status", "cost", "compile")), "compile --format jsonl")
    session("export json", "export csv")
    session.is_as("programs")


@pytest.mark.slow
def test_purchases_in_every_state(looks: Path, session: Session) -> None:
    with looks.open("a", encoding="utf-8") as file:
        file.write("profiles: {draft: {quality: 720p}}\n")
    (looks.parent / "renders").mkdir()
    (looks.parent / "renders" / "a.mp4").write_bytes(MP4)
    keep(looks, "open@look=noir/1", "saved", file="renders/a.mp4", credits=20.5, task="task-unified-1-a", **FACTS)
    keep(looks, "open@look=soft/1", "doubt", doubt="the answer was lost")
    keep(looks, "close@prompt=slow/1", "failed", failure={"code": "content_policy_violation", "message": "refused"})
    keep(looks, "close@prompt=fast/1", "running", task="task-unified-2-b")
    session(
        "plan", "status", "cost --by state", "why open@look=noir", "why open@look=soft",
        "why close@prompt=slow", "why close@prompt=fast --format json", "lock verify", "lock verify --format json",
        "lock prune", "pick open@look=noir 1", "pick", "pick --format json",
        "pick open@look=noir/1 --format json", "pick open 2", "pick open@look=noir one", "pick a b c", "pick --drop",
        "pick --drop --from storyboard.yaml open", "pick --drop open@look=noir 1", "pick --from storyboard.yaml none",
        "pick --profile draft", "pick --drop open@look=noir --format json", "pick --drop open@look=noir",
        "pick open@look=soft/1", "export otio", "export otio --format json", "export sheet", "export csv -o rows.csv",
        "export json -o rows.json", "export animatic --size 1x1", "export animatic --size 101x200",
        "export animatic --size 8194x64", "export animatic --size wide", "export animatic -o /dev/null",
        "export otio --film", "export otio --by look", "export otio --gaps", "export otio --film --all", "measure",
            "fetch", "cancel close@prompt=fast",
    )  # fmt: skip
    edit(looks, "hard shadows", "other shadows")
    session("plan", "status", "why open@look=noir/1", "diff HEAD", "lock prune", "lock prune --format json",
            "lock prune --yes", "lock prune --yes --format json", "plan --profile draft")  # fmt: skip
    session.is_as("states")


def test_errors_end_each_command(looks: Path, session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    edit(looks, "look.words", "lok.words")
    session("check", "plan", "compile", "why open", "status", "run", "review", "lock prune", "lock fix",
            "lock verify", "check --format github", "diff HEAD", "export otio --film", "plan none.yaml",
            "lock verify none.yaml")  # fmt: skip
    looks.write_text(LOOKS, encoding="utf-8")
    keep(looks, "open@look=noir/1", "running", task="task-unified-2-b")
    edit(looks, "look.words", "lok.words")
    session("status", "export otio --film", "plan --format markdown")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    session("why nothing", "cost --by nothing", "run --wrong", "status")
    session.is_as("errors")
