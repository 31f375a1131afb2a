"""The GitHub action and the guide's recipe: their shell is run, and their form checked by GitHub's schemas."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from stage import Stage

ROOT = Path(__file__).parents[2]
ACTION = ROOT / "action.yml"
WORKFLOWS = re.findall(r"```yml\n(.*?)```", (ROOT / "docs" / "ci.md").read_text(encoding="utf-8"), re.DOTALL)
STEPS = yaml.safe_load(ACTION.read_text(encoding="utf-8"))["runs"]["steps"]
SCRIPT = next(step["run"] for step in STEPS if step.get("id") == "seedspec")
FAILING = """\
#!/bin/sh
# Stands in for seedspec: notes what it was asked, and ends with the next of the given codes.
printf '%s\\n' "$*" >> "$RUNNER_TEMP/asked"
code=$(head -n 1 "$RUNNER_TEMP/codes"); sed -i 1d "$RUNNER_TEMP/codes"; exit "$code"
"""


@pytest.fixture
def runner(tmp_path: Path) -> Path:
    """A folder that stands for a runner's: temporary files, and seedspec in the path."""
    temp = tmp_path / "runner"
    (temp / "bin").mkdir(parents=True)
    tool = temp / "bin" / "seedspec"
    tool.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m seedspec "$@"\n')
    tool.chmod(0o755)
    return temp


def act(runner: Path, folder: Path, command: str, **given: str) -> tuple[int, str, dict[str, str]]:
    """Runs the action's script; gives its code, all that it says, and its outputs."""
    output, summary = runner / "output", runner / "summary"
    environ = {k: v for k, v in os.environ.items() if not k.startswith(("GITHUB_", "SEEDSPEC_"))} | {
        "PATH": f"{runner / 'bin'}{os.pathsep}{os.environ['PATH']}", "RUNNER_TEMP": str(runner), "NO_COLOR": "1",
        "GITHUB_OUTPUT": str(output), "GITHUB_STEP_SUMMARY": str(summary), "COMMAND": command,
        "STORYBOARDS": "storyboard.yaml", "AGAINST": "", "OPTIONS": "", "ATTEMPTS": "3", **given,
    }  # fmt: skip
    bash = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", SCRIPT]
    done = subprocess.run(bash, cwd=folder, env=environ, capture_output=True, text=True, timeout=60)
    said = dict(line.split("=", 1) for line in output.read_text().splitlines())
    return done.returncode, done.stdout + done.stderr, said


def test_check(stage: Stage, runner: Path, tmp_path: Path) -> None:
    code, said, outputs = act(runner, tmp_path, "check", OPTIONS="--strict")
    assert (code, said, outputs) == (0, "", {"exit-code": "0"})
    stage.path.write_text(stage.path.read_text(encoding="utf-8").replace("hour.words", "hour.word"))
    code, said, outputs = act(runner, tmp_path, "check")
    assert code == 3 and "::error file=storyboard.yaml,line=16" in said


def test_plan_makes_a_comment_and_a_summary(stage: Stage, runner: Path, tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "storyboard.yaml")
    git(tmp_path, "-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-qm", "x")
    stage.path.write_text(stage.path.read_text(encoding="utf-8").replace("takes: 2", "takes: 3"))
    code, _, outputs = act(runner, tmp_path, "plan", STORYBOARDS="storyboard.yaml\n\nstoryboard.yaml\n", AGAINST="HEAD")
    comment = Path(outputs["comment"]).read_text(encoding="utf-8")
    assert code == 0 and comment.count("### `tea-house`: 8 videos to buy") == 2
    assert "**Since `HEAD`**: 2 added, 6 as before" in comment
    assert (runner / "summary").read_text(encoding="utf-8") == comment


def test_a_plan_that_cannot_be_made_fails(stage: Stage, runner: Path, tmp_path: Path) -> None:
    code, _, outputs = act(runner, tmp_path, "plan", STORYBOARDS="no.yaml\nstoryboard.yaml")
    assert code == 3 and outputs["exit-code"] == "3"
    assert "tea-house" in Path(outputs["comment"]).read_text(encoding="utf-8")


def test_run(stage: Stage, runner: Path, tmp_path: Path) -> None:
    options = "--emulator\n--emulator-seconds=0.2\n--select=lane\n"
    code, said, outputs = act(runner, tmp_path, "run", OPTIONS=options)
    assert code == 0, said
    assert (Path(outputs["junit"]) / "1.xml").read_bytes().count(b"<testcase ") == 4


@pytest.mark.parametrize(
    ("codes", "asked", "code"),
    [("7 7 0", 3, 0), ("7 7 7 0", 3, 7), ("1 0", 1, 1), ("8", 1, 8), ("7 8", 2, 8), ("0", 1, 0)],
)
def test_what_is_not_finished_is_begun_again(runner: Path, tmp_path: Path, codes: str, asked: int, code: int) -> None:
    stand_in(runner, codes)
    found, _, outputs = act(runner, tmp_path, "run", OPTIONS="--max-usd=5")
    assert (found, outputs["exit-code"]) == (code, str(code))
    lines = (runner / "asked").read_text().splitlines()
    assert lines == [f"run storyboard.yaml --junit {runner}/seedspec-junit/1.xml --max-usd=5 --yes"] * asked


def test_of_several_codes_the_one_that_matters_most(runner: Path, tmp_path: Path) -> None:
    stand_in(runner, "1 8 0 4")
    code, _, _ = act(runner, tmp_path, "fetch", STORYBOARDS="a.yaml\nb.yaml\nc.yaml\nd.yaml", ATTEMPTS="1")
    assert code == 8
    assert [line.split()[1] for line in (runner / "asked").read_text().splitlines()] == [f"{c}.yaml" for c in "abcd"]


def test_what_is_given_is_never_a_command(runner: Path, tmp_path: Path) -> None:
    stand_in(runner, "0")
    act(runner, tmp_path, "run", STORYBOARDS="$(touch gone) `touch gone` '; touch gone", OPTIONS="--x=$(touch gone)")
    assert not (tmp_path / "gone").exists()
    assert (runner / "asked").read_text().startswith("run $(touch gone) `touch gone` '; touch gone --junit ")
    code, said, _ = act(runner, tmp_path, "run::%0A; touch gone")
    assert code == 2 and not (tmp_path / "gone").exists()
    assert re.fullmatch(r"::error title=seedspec::command is 'run[a-z?]+'; expected check, plan, run or fetch\n", said)
    assert "${{" not in SCRIPT


def stand_in(runner: Path, codes: str) -> None:
    (runner / "bin" / "seedspec").write_text(FAILING)
    (runner / "codes").write_text("\n".join(codes.split()) + "\n")


def git(folder: Path, *arguments: str) -> None:
    environ = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")} | {"GIT_CONFIG_GLOBAL": os.devnull}
    subprocess.run(["git", *arguments], cwd=folder, check=True, env=environ)


def test_the_recipe_keeps_its_promises() -> None:
    look, buy = (yaml.safe_load(text) for text in WORKFLOWS)
    assert "secrets." not in WORKFLOWS[0] and look["permissions"]["contents"] == "read"
    assert list(look[True]) == ["pull_request"]  # YAML 1.1 reads `on` as true
    assert buy["concurrency"] == {"group": "seedspec", "cancel-in-progress": False}
    steps = buy["jobs"]["run"]["steps"]
    bought = next(i for i, step in enumerate(steps) if step.get("uses", "").startswith("your-org/"))
    assert all(step.get("if") == "always()" for step in steps[bought + 1 :])
    for step in (s for w in (look, buy) for job in w["jobs"].values() for s in job["steps"]):
        if step.get("uses", "").startswith("your-org/"):
            assert set(step["with"]) <= set(yaml.safe_load(ACTION.read_text(encoding="utf-8"))["inputs"])


def test_the_schemas_of_github_take_them(tmp_path: Path) -> None:
    """By the workflow and action schemas that check-jsonschema brings, and by actionlint where it is installed."""
    folder = tmp_path / ".github" / "workflows"
    folder.mkdir(parents=True)
    files = [folder / f"{i}.yml" for i in range(len(WORKFLOWS))]
    for file, text in zip(files, WORKFLOWS, strict=True):
        file.write_text(text, encoding="utf-8")
    judge = [sys.executable, "-m", "check_jsonschema", "--builtin-schema"]
    for schema, checked in (("github-workflows", files), ("github-actions", [ACTION])):
        subprocess.run([*judge, f"vendor.{schema}", *checked], check=True)
    broken = tmp_path / "broken.yml"
    broken.write_text(WORKFLOWS[0].replace("runs-on:", "run-on:"), encoding="utf-8")
    assert subprocess.run([*judge, "vendor.github-workflows", broken], capture_output=True).returncode == 1
    if shutil.which("actionlint"):
        subprocess.run(["actionlint", *files], check=True, cwd=tmp_path)
