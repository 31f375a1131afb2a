"""Storyboards that are begun, checked and compared with a revision, and their rows: `init`, `check`, `rows`, `diff`."""

from __future__ import annotations

from pathlib import Path

import pytest
from looks import Acme, edit, keep
from sessions import Session
from test_cli_diff import commit, git

SWEPT = """\
seedspec: 1
name: swept
model: seedance-2.0-reference-to-video
defaults: {duration: 4, quality: 480p}
references: {cup: {image: https://cdn.example.com/cup.webp}}
matrix:
  strategy: pairwise
  axes: {look: [noir, soft, dawn], hook: [ask, tell], place: [in, out]}
shots:
  - {id: tea, prompt: "{{ ref('cup') }} {{ look }} {{ hook }} {{ place }}"}
"""


def test_a_project_is_begun(folder: Path, session: Session) -> None:
    Path("shots.csv").write_text("id,prompt\none,A cup.\n,A pot.\n", encoding="utf-8")
    session(
        "init my-film", "init my-film --format json", "init film --ci github --agents", "init lab --ci gitlab",
        "init --from shots.csv --template minimal", "init --as rows", "init --map a=b", "init --sheet x",
        "init --encoding gbk", "init my-film --from shots.csv", "init new --from none.csv", "init new --from shots.csv",
        "init other --from shots.csv --as rows --map prompt=prompt --format json",
            "init ads --template ab-ads --no-schema",
    )  # fmt: skip
    Path("mine").mkdir()
    Path("mine/AGENTS.md").write_text("mine", encoding="utf-8")
    session("init mine --agents")
    Path("mine/AGENTS.md").unlink()
    Path("mine/AGENTS.md").symlink_to("nowhere")
    session("init mine --agents", "init film --agents")
    session.is_as("init")


def test_mistakes_are_found_shown_and_fixed(looks: Path, session: Session) -> None:
    with looks.open("a", encoding="utf-8") as file:
        file.write("profiles: {draft: {quality: 720p}}\n")
    Path("two").mkdir()
    Path("two/other.yml").write_text(SWEPT.replace("duration: 4", "duration: 40"), encoding="utf-8")
    Path("two/none.yaml").write_text("a: 1\n", encoding="utf-8")
    Path("two/.hidden").mkdir()
    Path("two/.hidden/storyboard.yaml").write_text(SWEPT, encoding="utf-8")
    session(
        "check",
        "check two",
        "check two storyboard.yaml two/other.yml",
        "check none.yaml",
        "check empty two/.hidden",
        "check --profile draft",
        "check --profile final",
        "check --watch --fix",
        "check --watch --format json",
        "check --watch --diff",
        "check --watch --probe-urls",
        "check --diff --format github",
        "check two/none.yaml",
    )
    edit(looks, "quality: 480p", "qualty: 480p")
    edit(looks, "{{ brand }}", "{{ brand}} ")
    session(
        "check",
        "check --diff",
        "check two . --format json --profile default",
        "check --format github --strict",
        "check --fix",
        "check --fix --format json",
        "check --strict",
    )
    session.is_as("check")


@pytest.mark.slow
def test_rows_are_chosen_and_kept(folder: Path, session: Session) -> None:
    board = folder / "storyboard.yaml"
    board.write_text(SWEPT, encoding="utf-8")
    session("rows --check", "plan", "rows", "rows", "rows --check", "plan", "rows --anew --check", "stats")
    edit(board, "dawn]", "dawn, dusk]")
    session("rows --check", "rows --check --format json", "rows", "rows --format json", "compile -s look=dusk")
    edit(board, "shots:\n", "  exclude: [{look: dawn}]\n  include: [{look: noir, hook: ask, place: under}]\nshots:\n")
    session("rows")
    edit(board, "  include: [{look: noir, hook: ask, place: under}]\n", "")
    edit(board, '"}\n', '", matrix: {axes: {time: [day, night]}}}\n')
    session("rows", "rows")
    keep(board, "tea@look=noir,hook=ask,place=in,time=day/1", "saved", file="a.mp4", sha256="0" * 64, bytes=1)
    edit(board, "strategy: pairwise", "strategy: {sample: 2, seed: 7}")
    session("rows --anew", "rows --anew --yes")
    edit(board, "[noir, soft, dawn, dusk]", "[noir]")
    session("rows", "rows --ceiling 1")
    session.is_as("rows")


@pytest.mark.slow
def test_a_storyboard_is_compared_with_a_revision(looks: Path, session: Session) -> None:
    commit(looks.parent, first=True)
    text = looks.read_text(encoding="utf-8")
    edit(looks, "hard shadows", "wet shadows")
    edit(looks, "      soft:", "      calm:")
    keep(looks, "open@look=calm/1", "running", task="task-unified-1-a")
    session(
        "diff HEAD",
        "diff HEAD -s open",
        "diff HEAD --format json -s close",
        "diff nowhere",
        "plan --against HEAD",
        "plan --against HEAD -s close",
        "plan --against nowhere",
        "plan --against HEAD --format markdown -s open",
        "plan --against HEAD --format json -s close,prompt=slow",
        "diff HEAD -s nothing",
    )
    looks.write_text(text + "profiles: {draft: {quality: 720p}}\n", encoding="utf-8")
    session("diff HEAD --profile draft -s open", "plan --against HEAD --profile draft -s open")
    looks.write_text(text.replace("look.words", "lok.words"), encoding="utf-8")
    commit(looks.parent)
    looks.write_text(text, encoding="utf-8")
    session("diff HEAD", "plan --against HEAD")
    looks.write_text("[", encoding="utf-8")
    commit(looks.parent)
    looks.write_text(text, encoding="utf-8")
    session("diff HEAD", "plan --against HEAD")
    git(looks.parent, "rm", "-q", "--cached", "storyboard.yaml")
    git(looks.parent, "commit", "-q", "-m", "x")
    session("diff HEAD", "plan --against HEAD -s close")
    session.is_as("diff-session")


def test_prices_models_and_codes_are_shown(looks: Path, session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(looks.parent / "settings"))
    session(
        "prices --model seedance-1.5-pro",
        "prices --model seedance-1.5-pr",
        "prices --model none",
        "models none",
        "models seedance-2.0-refrence-to-video",
        "prices refresh nobody",
        "prices refresh ark",
        "explain nothing",
        "explain undefined_nam",
        "explain [missing-key] MISSING-KEY",
        "completion tcsh",
        "compile --profile draft",
        "compile --origins nothing",
        "compile --origins open@look=noir --format jsonl",
        "compile -s nothing",
        "prices -f none.yaml",
        "prices refresh",
    )
    edit(looks, "seedance-2.0-reference-to-video", "seedance-1.5-pro")
    session("prices -f storyboard.yaml --format json")
    session.is_as("prices")


@pytest.mark.slow
def test_a_take_that_is_not_as_expected_is_bought_anew(acme: Acme, session: Session) -> None:
    with acme("none", "black@1", takes=1) as board:
        edit(board, "shots:", "expect: {black: {max: 0.5}}\nshots:")
        pace = "--submit-rate 1000 --poll-interval 0.1 --yes"
        session(f"run {pace} --max-usd 0.5 --retake-unmet", "status --strict-expect")
        session(f"run {pace} --retake-unmet --max-usd 0.9", "status", "cost")
    session.is_as("run-retake")
