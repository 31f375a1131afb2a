"""What the action for GitHub does by `ci`: the log, its outputs, the summary and the comment, whole."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from looks import Acme
from sessions import Session

from seedspec.cli import agreed_folder

PACE = "--submit-rate=1000\n--poll-interval=0.1"


@pytest.fixture
def seconds() -> float:
    """How long a task takes."""
    return 0.05


@pytest.fixture
def job(folder: Path, acme: Acme, seconds: float, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A job of GitHub with two storyboards of one name."""
    monkeypatch.setenv("RUNNER_TEMP", str(folder))
    monkeypatch.setenv("GITHUB_OUTPUT", str(folder / "output.txt"))
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(folder / "summary.md"))
    with acme("none", takes=1, seconds=seconds) as board:
        for name in ("a", "b"):
            (folder / name).mkdir()
            text = board.read_text(encoding="utf-8").replace("Tea", f"Tea {name}")
            (folder / name / "storyboard.yaml").write_text(text, encoding="utf-8")
        board.unlink()
        yield folder


A, B = "a/storyboard.yaml", "b/storyboard.yaml"


def ci(session: Session, command: str, *boards: str, **given: str) -> None:
    words = [w for name, value in given.items() for w in (f"--{name}", value)]
    session.run("ci", "--command", command, "--storyboards", "\n".join(boards) + "\r\n \n", *words)


def files(session: Session, folder: Path) -> None:
    """Writes down what the job has been left, and takes it away."""
    for path in sorted(folder.glob("*.*")):
        session.note(f"{path.name}\n{path.read_text(encoding='utf-8')}".rstrip())
        path.unlink()
    session.note("files: " + ", ".join(str(p.relative_to(folder)) for p in sorted(folder.glob("*/*.json"))))


@pytest.mark.slow
def test_plans_are_shown_and_bought_by(job: Path, session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    ci(session, "check", A, B)
    ci(session, "plan", A, B)
    files(session, job)
    ci(session, "plan", A, options="--select\nnothing", plans="plans")
    ci(session, "plan", A, plans="plans", against="HEAD~1")
    ci(session, "plan", A, plans="plans")
    files(session, job)
    ci(session, "run", A, B, plans="plans", options=PACE)
    files(session, job)
    ci(session, "run", A, B, shown="shown")
    ci(session, "run", B, plans="plans", shown="plans")
    ci(session, "plan", B, plans="plans")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    ci(session, "run", B, shown="none", plans="none")
    ci(session, "run", B, shown="plans", options=PACE)
    session.is_as("ci")


@pytest.mark.parametrize("seconds", [600])
def test_what_a_job_may_not_ask_for(job: Path, session: Session) -> None:
    session("ci", "ci --command plan", "ci --command check --storyboards a --attempts 0",
            "ci --storyboards a --attempts x",
            "ci --command buy --storyboards a", "ci --command run --storyboards a --plans p --options --yes",
            "ci --command run --storyboards a --shown p --options -y", "ci --storyboards a --attempts 1000000",
            "ci --command run --storyboards a --shown p --options --yes-up-to=3",
            "ci --command run --storyboards a --plans p --options --plan",
            "ci --command plan --storyboards a --options --out=x",
            "ci --command fetch --storyboards a/storyboard.yaml")  # fmt: skip
    ci(session, "run", A, options=f"{PACE}\n--no-wait", attempts="2")
    files(session, job)
    session.is_as("ci-refused")


def test_a_plan_is_found_by_the_path_of_its_storyboard(job: Path) -> None:
    assert agreed_folder.plan_name("./a//story board.yaml") == "a-story-board-yaml-4341bfdbd36ae775.json"
    assert len(agreed_folder.plan_name("x" * 400)) == 60 + 1 + 16 + len(".json")


def test_a_folder_of_plans_holds_no_links_and_no_others(job: Path) -> None:
    name, place = agreed_folder.plan_name(A), agreed_folder.empty_place(Path("plans/new"), A)
    assert place == Path("plans/new") / name and place.parent.is_dir()
    place.write_text("{}", encoding="utf-8")
    assert agreed_folder.empty_place(Path("plans/new"), A) == place and not place.exists()
    nothing = ("--max-entries", "0")
    for make, why in (
        (lambda: None, "no agreed plan of `a/storyboard.yaml` is in `plans/new` nor `shown`; nothing is bought"),
        (
            lambda: place.mkdir(),
            f"`{job}/plans/new/{name}` is no regular file; expected an agreed plan; nothing is bought",
        ),
    ):
        make()
        assert agreed_folder.allowed(A, "plans/new", "shown") == agreed_folder.Allowed(nothing, why)
    place.rmdir()
    place.symlink_to(job / "a" / "storyboard.yaml")
    assert agreed_folder.allowed(A, "plans/new", "").options == nothing
    assert agreed_folder.allowed(A, "", "").why == "no agreed plan of `a/storyboard.yaml` is in ; nothing is bought"
    place.unlink()
    place.write_text("{}", encoding="utf-8")
    assert agreed_folder.allowed(A, "plans/new", "") == agreed_folder.Allowed(("--plan", f"{job}/plans/new/{name}"))
    (place.parent / "b.json").touch()
    assert agreed_folder.strangers([A], "", "none", "plans/new") == ["plans/new/b.json"]
