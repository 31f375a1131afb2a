"""The GitHub action and the guide's recipe: their shell is run, and their form checked by GitHub's schemas."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from emulated import booked
from junitparser import JUnitXml
from stage import Stage

from seedspec.emulator.process import child
from seedspec.lock.lock import parse
from seedspec.project.scaffold import CI, workflow
from seedspec.run.engine.sums import WORST_FIRST, worst

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
ACTION = ROOT / "action.yml"
GUIDE = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
*WORKFLOWS, GITLAB = re.findall(r"```yml\n(.*?)```", GUIDE, re.DOTALL)
STEPS = yaml.safe_load(ACTION.read_text(encoding="utf-8"))["runs"]["steps"]
STEP = next(step for step in STEPS if step.get("id") == "seedspec")


@pytest.fixture
def runner(tmp_path: Path) -> Path:
    """A folder that stands for a runner's: temporary files, and seedspec in the path."""
    temp = tmp_path / "runner"
    (temp / "bin").mkdir(parents=True)
    tool = temp / "bin" / "seedspec"
    tool.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m seedspec "$@"\n')
    tool.chmod(0o755)
    return temp


def job(runner: Path, command: str, **given: str) -> tuple[list[str], dict[str, str]]:
    """The action's step as GitHub runs it: the words of its shell, and the environment."""
    step = dict.fromkeys(STEP["env"], "") | {"SEEDSPEC_CI_STORYBOARDS": "storyboard.yaml"}
    environ = {k: v for k, v in os.environ.items() if not k.startswith(("GITHUB_", "SEEDSPEC_", "EVOLINK_"))} | {
        "PATH": f"{runner / 'bin'}{os.pathsep}{os.environ['PATH']}", "RUNNER_TEMP": str(runner), "NO_COLOR": "1",
        "GITHUB_ACTIONS": "true", "GITHUB_OUTPUT": str(runner / "output"),
        "GITHUB_STEP_SUMMARY": str(runner / "summary"), **step, "SEEDSPEC_CI_COMMAND": command,
        **{k if k.isupper() and "_" in k else f"SEEDSPEC_CI_{k.upper()}": v for k, v in given.items()},
    }  # fmt: skip
    return ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", STEP["run"]], environ


def act(runner: Path, folder: Path, command: str, **given: str) -> tuple[int, str, dict[str, str]]:
    """Runs the action's step; gives its code, all that it says, and its outputs."""
    bash, environ = job(runner, command, **given)
    done = subprocess.run(bash, cwd=folder, env=environ, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout + done.stderr, outputs_of(runner)


def outputs_of(runner: Path) -> dict[str, str]:
    output = runner / "output"
    return dict(line.split("=", 1) for line in output.read_text().splitlines()) if output.exists() else {}


def test_check(stage: Stage, runner: Path, tmp_path: Path) -> None:
    code, said, outputs = act(runner, tmp_path, "check", options="--strict")
    assert (code, said, outputs) == (0, "", {"exit-code": "0"})
    stage.path.write_text(stage.path.read_text(encoding="utf-8").replace("hour.words", "hour.word"))
    code, said, outputs = act(runner, tmp_path, "check")
    assert code == 3 and "::error file=storyboard.yaml,line=16" in said


def test_plan_makes_a_comment_and_a_summary(stage: Stage, runner: Path, tmp_path: Path) -> None:
    (tmp_path / "ads").mkdir()
    shutil.copy(stage.path, tmp_path / "ads" / "storyboard.yaml")
    git(tmp_path, "init", "-q", "-b", "trunk")
    git(tmp_path, "add", "storyboard.yaml", "ads")
    git(tmp_path, "-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-qm", "x")
    stage.path.write_text(stage.path.read_text(encoding="utf-8").replace("takes: 2", "takes: 3"))
    boards = "storyboard.yaml\n\nads/storyboard.yaml\n"
    code, _, outputs = act(runner, tmp_path, "plan", storyboards=boards, against="trunk")
    comment = Path(outputs["comment"]).read_text(encoding="utf-8")
    assert code == 0 and outputs["exit-code"] == "0"
    assert "### `storyboard.yaml`: 8 videos to buy" in comment and "### `ads/storyboard.yaml`: 6 videos" in comment
    assert "**Since `trunk`**: 2 added, 6 as before" in comment
    assert (runner / "summary").read_text(encoding="utf-8") == comment
    commit = subprocess.check_output(["git", "rev-parse", "HEAD"], cwd=tmp_path, text=True).strip()
    _, _, outputs = act(runner, tmp_path, "plan", against=commit)
    assert f"**Since `{commit[:7]}`**" in Path(outputs["comment"]).read_text(encoding="utf-8")


def test_a_plan_that_cannot_be_made_takes_the_place_of_an_earlier_one(
    stage: Stage, runner: Path, tmp_path: Path
) -> None:
    _, _, outputs = act(runner, tmp_path, "plan")
    assert "8.89" not in (earlier := Path(outputs["comment"]).read_text(encoding="utf-8")) and "6 videos" in earlier
    (tmp_path / "bad.yaml").write_text(stage.path.read_text(encoding="utf-8").replace("duration: 5", "duration: 99"))
    code, said, outputs = act(runner, tmp_path, "plan", storyboards="no.yaml\nbad.yaml\nstoryboard.yaml")
    assert code == 3 and outputs["exit-code"] == "3"
    comment = Path(outputs["comment"]).read_text(encoding="utf-8")
    assert (
        "### `no.yaml`: no plan: 1 mistake\n" in comment and "### `bad.yaml`: no plan: 1 mistake, line 4\n" in comment
    )
    assert "`bad.yaml:4:22`" in comment and "### `storyboard.yaml`: 6 videos to buy" in comment
    assert "::error file=bad.yaml,line=4" in said and (runner / "summary").read_text(encoding="utf-8").endswith(comment)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"against": "no-such"}, "git"),
        ({"options": "--profile=final"}, "final"),
        ({"options": "--select=nothing"}, "nothing"),
        ({"options": "--no-such"}, "exit code 2"),
    ],
)
def test_a_plan_that_is_asked_for_wrongly_says_so_everywhere(
    given: dict[str, str], why: str, stage: Stage, runner: Path, tmp_path: Path
) -> None:
    git(tmp_path, "init", "-q")
    code, said, outputs = act(runner, tmp_path, "plan", **given)
    assert (code, outputs["exit-code"]) == (2, "2") and "\n::error title=seedspec::" in said
    first = Path(outputs["comment"]).read_text(encoding="utf-8").splitlines()[0]
    assert first.startswith("### `storyboard.yaml`: no plan: ") and why in first


def test_many_storyboards_fit_one_comment(stage: Stage, runner: Path, tmp_path: Path) -> None:
    wide = ", ".join(f"l{i}" for i in range(60))
    text = stage.path.read_text(encoding="utf-8").replace("takes: 2", "takes: 1")
    text = text.replace("  axes:\n", f"  axes:\n    n: [{wide}]\n").replace("<b @you", "x" * 1000)
    stage.path.write_text(text, encoding="utf-8")
    code, said, outputs = act(runner, tmp_path, "plan", storyboards="storyboard.yaml\n" * 40)
    comment = Path(outputs["comment"]).read_text(encoding="utf-8")
    assert code == 0, said
    shown = comment.count("### `storyboard.yaml`: ")
    assert len(comment) <= 65_000 and f"… and {40 - shown} more storyboards" in comment and shown > 20
    assert (runner / "summary").read_text(encoding="utf-8").count("### `storyboard.yaml`: ") == 40


EMULATED = "--emulator\n--emulator-seconds=0.2\n--submit-rate=1000\n--poll-interval=0.1"


def test_run(stage: Stage, runner: Path, tmp_path: Path) -> None:
    code, said, outputs = act(runner, tmp_path, "run", options=f"{EMULATED}\n--select=lane\n")
    assert code == 0, said
    assert (Path(outputs["junit"]) / "1.xml").read_bytes().count(b"<testcase ") == 4
    code, said, outputs = act(runner, tmp_path, "fetch", options="--emulator")
    assert code == 0, said


@pytest.mark.parametrize(
    ("code", "more", "annotation"),
    [
        (1, "--fault=failed=content_policy_violation@1", "title=failed"),
        (2, "--select=nothing", "title=seedspec::"),
        (4, "--max-entries=1", "title=nothing more was submitted::"),
        (4, "--locked", "title=seedspec::"),
        (5, "--fault=unauthorized@1", "title=nothing more was submitted::"),
        (7, "--no-wait", "title=not finished::"),
        (8, "--fault=lost-reply@1", "title=in doubt::"),
    ],
)
def test_the_exit_code_of_a_run_is_that_of_the_step(
    code: int, more: str, annotation: str, stage: Stage, runner: Path, tmp_path: Path
) -> None:
    options = f"{EMULATED}\n--select=take=1,shot:lane\n{more}".replace("take=1,shot:lane", "lane@hour=dawn")
    found, said, outputs = act(runner, tmp_path, "run", options=options, attempts="1")
    assert (found, outputs["exit-code"]) == (code, str(code)), said
    assert annotation in said


def test_no_key_a_broken_lock_and_a_mistake_are_annotations_and_reports(
    stage: Stage, runner: Path, tmp_path: Path
) -> None:
    code, said, outputs = act(runner, tmp_path, "run")
    assert code == 5 and "::error title=seedspec::no API key: set EVOLINK_API_KEY" in said
    (suite,) = JUnitXml.fromstring((Path(outputs["junit"]) / "1.xml").read_bytes())
    assert (suite.tests, suite.errors) == (1, 1)
    (tmp_path / "storyboard.emulator.lock").write_text("<<<<<<< HEAD\n")
    bad = tmp_path / "bad.yaml"
    bad.write_text(stage.path.read_text(encoding="utf-8").replace("duration: 5", "duration: 99"))
    code, said, _ = act(runner, tmp_path, "run", storyboards="bad.yaml\nstoryboard.yaml", options="--emulator")
    assert code == 6 and "::error title=seedspec::" in said and "::error file=bad.yaml,line=4" in said
    summary = (runner / "summary").read_text(encoding="utf-8")
    assert "### `bad.yaml`: not run: 1 mistake, line 4\n" in summary
    assert summary.count("### `storyboard.yaml`: not run: ") == 2


def test_what_is_not_finished_is_begun_again(stage: Stage, runner: Path, tmp_path: Path) -> None:
    options = f"{EMULATED}\n--select=lane@hour=dawn/1\n--no-wait"
    code, said, _ = act(runner, tmp_path, "run", options=options, attempts="2")
    assert code == 7 and said.count("not finished: run again") == 2, said
    assert said.count("1 bought") == said.count("0 bought") == 1


MANY = """\
seedspec: 1
name: {name}
model: seedance-2.0-reference-to-video
defaults: {{duration: 4, quality: 480p}}
shots:
  - {{id: one, takes: 60, prompt: "{name}"}}
"""


class Job:
    """The action's step with two storyboards of 60 videos, at five purchases a second, and the service's books."""

    def __init__(self, runner: Path, folder: Path, *faults: str) -> None:
        self.runner, self.books = runner, folder / "books"
        for name in ("first", "second"):
            (folder / f"{name}.yaml").write_text(MANY.format(name=name), encoding="utf-8")
        self.service = child(["--folder", str(self.books), "--seconds", "600", *faults])
        self.folder = folder

    def __enter__(self) -> Job:
        addresses = self.service.__enter__()
        bash, environ = job(
            self.runner, "run", storyboards="first.yaml\nsecond.yaml", options="--submit-rate=5\n--in-flight=100",
            EVOLINK_API_KEY="key-of-this-test", EVOLINK_BASE_URL=addresses.api, EVOLINK_FILES_URL=addresses.files,
        )  # fmt: skip
        self.process = subprocess.Popen(
            bash, cwd=self.folder, env=environ, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()
        self.service.__exit__(None, None, None)

    @property
    def bought(self) -> list[str]:
        """The prompts of what the service has taken."""
        return [v["prompt"] for v in booked(self.books) if v["event"] == "reserved"]

    def wait_for(self, count: int) -> None:
        while len(self.bought) < count:
            assert self.process.poll() is None, self.process.communicate()[0].decode()

    def states(self) -> list[str]:
        return sorted(str(r.state) for r in parse((self.folder / "first.lock").read_bytes()))


@pytest.mark.skipif(sys.platform == "win32", reason="no such signals here")
def test_a_cancelled_job_stops_buying_and_ends_in_order(runner: Path, tmp_path: Path) -> None:
    """GitHub sends SIGINT to the shell alone; what comes within two seconds is ten purchases here."""
    with Job(runner, tmp_path) as cancelled:
        cancelled.wait_for(5)
        before = len(cancelled.bought)
        cancelled.process.send_signal(signal.SIGINT)
        said = cancelled.process.communicate(timeout=60)[0].decode()
        assert cancelled.process.returncode == 130 and outputs_of(runner)["exit-code"] == "130", said
        assert len(cancelled.bought) - before <= 10 and set(cancelled.bought) == {"first"}
        assert cancelled.states() == ["running"] * len(cancelled.bought)
        assert (runner / "seedspec-junit" / "1.xml").exists() and "interrupted: run again to go on" in said


@pytest.mark.skipif(sys.platform == "win32", reason="no such signals here")
def test_a_cancelled_job_whose_answer_is_slow_ends_with_the_second_signal(runner: Path, tmp_path: Path) -> None:
    with Job(runner, tmp_path, "--fault", "slow=60@3") as cancelled:
        cancelled.wait_for(3)
        cancelled.process.send_signal(signal.SIGINT)
        assert cancelled.process.stdout is not None
        assert any(b"seedspec: ending" in line for line in cancelled.process.stdout)
        cancelled.process.send_signal(signal.SIGTERM)
        said = cancelled.process.communicate(timeout=60)[0].decode()
        assert cancelled.process.returncode == 8 and outputs_of(runner)["exit-code"] == "8", said
        assert cancelled.bought == ["first"] * 3 and cancelled.states() == ["running", "running", "submitting"]
        assert "::error" in said and "title=in doubt::" in said


@pytest.mark.parametrize("code", [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 70, 99, 126, 127, 130, 137, 143])
@pytest.mark.sampled(2)
def test_whatever_code_the_tool_ends_with_is_that_of_the_step(code: int, runner: Path, tmp_path: Path) -> None:
    (runner / "bin" / "seedspec").write_text(f"#!/bin/sh\nexit {code}\n")
    for command in ("check", "plan", "run"):
        assert act(runner, tmp_path, command)[0] == code


@pytest.mark.skipif(sys.platform == "win32", reason="no such signals here")
def test_a_tool_that_is_not_there_or_is_killed_is_no_success(stage: Stage, runner: Path, tmp_path: Path) -> None:
    tool = runner / "bin" / "seedspec"
    tool.write_text("#!/bin/sh\nkill -9 $$\n")
    assert act(runner, tmp_path, "run")[0] == -signal.SIGKILL
    tool.write_text("#!/no/such/python\n")
    assert act(runner, tmp_path, "run")[0] in (126, 127)


@pytest.mark.parametrize("given", ["", "  \n \n"])
@pytest.mark.parametrize("command", ["check", "plan", "run", "fetch"])
def test_no_storyboards_are_a_mistake(command: str, given: str, runner: Path, tmp_path: Path) -> None:
    code, said, outputs = act(runner, tmp_path, command, storyboards=given)
    assert (code, outputs) == (2, {"exit-code": "2"})
    assert "::error title=seedspec::no storyboard is given; expected one a line\n" in said


def test_what_is_given_is_never_a_command(runner: Path, tmp_path: Path) -> None:
    hostile = "$(touch gone) `touch gone` '; touch gone"
    code, said, _ = act(runner, tmp_path, "run", storyboards=f"{hostile}\n--help", options="--max-usd=$(touch gone)")
    assert code == 2 and "touch gone" in said and not (tmp_path / "gone").exists()
    code, said, _ = act(runner, tmp_path, "run::%0A; touch gone\n::error::x")
    assert code == 2 and not (tmp_path / "gone").exists() and "\n::error::x" not in said
    assert act(runner, tmp_path, "run", attempts="x")[0] == 2
    assert "${{" not in STEP["run"]


def test_the_worst_of_several_codes() -> None:
    """One order for a run, for several storyboards, and for what nobody has foreseen."""
    assert worst([]) == worst([0, 0]) == 0
    assert [worst([code, 0]) for code in WORST_FIRST] == list(WORST_FIRST)
    named = [70, 6, 8, 5, 4, 1, 7, 9]
    assert sorted(named, key=WORST_FIRST.index) == named
    assert worst([7, 130]) == worst([5, 130]) == 130 and worst([8, 130]) == 8 and worst([6, 130, 8]) == 6
    assert all(worst([*WORST_FIRST, unknown]) == unknown for unknown in (9 + 2, 99, 127, 137, 143, 255))


def git(folder: Path, *arguments: str) -> None:
    environ = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")} | {"GIT_CONFIG_GLOBAL": os.devnull}
    subprocess.run(["git", *arguments], cwd=folder, check=True, env=environ)


def test_the_recipes_of_the_guide_are_those_that_init_writes() -> None:
    for (server, file), text in zip(
        ((s, f) for s, files in CI.items() for f in files), (*WORKFLOWS, GITLAB), strict=True
    ):
        host = "https://github.com" if server == "github" else "https://gitlab.example.com"
        assert text == f"# {file}\n" + workflow(server, file, "ads", f"{host}/your-org/seedspec", "main")


def test_the_recipe_keeps_its_promises() -> None:
    look, buy = (yaml.safe_load(text) for text in WORKFLOWS)
    assert "secrets." not in WORKFLOWS[0] and look["permissions"]["contents"] == "read"
    assert list(look[True]) == ["pull_request"]  # YAML 1.1 reads `on` as true
    assert buy["concurrency"] == {"group": "seedspec", "cancel-in-progress": False, "queue": "max"}
    steps = buy["jobs"]["run"]["steps"]
    *_, plan, comment, artifact = look["jobs"]["plan"]["steps"]
    assert "!cancelled()" in plan["if"] and "!cancelled()" in comment["if"]  # an earlier comment does not stay
    assert "if" not in artifact  # a mistake leaves no plan to agree to
    *_, bought = (i for i, step in enumerate(steps) if step.get("uses", "").startswith("your-org/"))
    assert [step["if"].split("'")[1] for step in steps[bought - 1 : bought + 1]] == ["push", "workflow_dispatch"]
    assert steps[bought - 1]["with"]["plans"] and steps[bought - 1]["with"]["shown"]
    assert all(step.get("if") == "always()" for step in steps[bought + 1 :])
    for step in (s for w in (look, buy) for job in w["jobs"].values() for s in job["steps"]):
        if step.get("uses", "").startswith("your-org/"):
            assert set(step["with"]) <= set(yaml.safe_load(ACTION.read_text(encoding="utf-8"))["inputs"])


@pytest.mark.parametrize(("lock", "commits"), [("", 0), ("storyboard.emulator.lock", 0), ("storyboard.lock", 1)])
@pytest.mark.parametrize("recipe", ["github", "gitlab"])
def test_the_lock_is_kept_and_there_may_be_none(recipe: str, lock: str, commits: int, tmp_path: Path) -> None:
    origin, here = tmp_path / "origin.git", tmp_path / "here"
    git(tmp_path, "init", "-q", "--bare", "-b", "main", str(origin))
    git(tmp_path, "clone", "-q", str(origin), str(here))
    (here / "ads").mkdir()
    (here / "ads" / ".gitignore").write_text("*.emulator.lock\n")
    git(here, "checkout", "-q", "-b", "main")
    git(here, "add", "-A")
    git(here, "-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-qm", "x")
    git(here, "push", "-q", "-u", "origin", "main")
    if lock:
        (here / "ads" / lock).write_text("{}\n")
    if recipe == "github":
        steps = yaml.safe_load(WORKFLOWS[1])["jobs"]["run"]["steps"]
        script = next(step["run"] for step in steps if step.get("name") == "Keep the lock")
    else:
        script = "\n".join(yaml.safe_load(GITLAB)[".buy"]["after_script"][:2])
    url = "https://seedspec:token@gitlab.example.com/org/ads.git"
    (here / ".git" / "config").open("a").write(f'[url "{origin}"]\n\tinsteadOf = {url}\n')
    environ = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")} | {
        "GIT_CONFIG_GLOBAL": os.devnull, "LOCK_TOKEN": "token", "CI_SERVER_HOST": "gitlab.example.com",
        "CI_PROJECT_PATH": "org/ads", "CI_COMMIT_BRANCH": "main", "FOLDER": "ads",
    }  # fmt: skip
    subprocess.run(["bash", "-eo", "pipefail", "-c", script], cwd=here, env=environ, check=True, capture_output=True)
    count = subprocess.check_output(["git", "rev-list", "--count", "main"], cwd=origin, text=True)
    assert int(count) == 1 + commits


def test_the_plan_of_gitlab_says_why_there_is_none(stage: Stage, runner: Path, tmp_path: Path) -> None:
    (tmp_path / "ads").mkdir()
    text = stage.path.read_text(encoding="utf-8")
    (tmp_path / "ads" / "storyboard.yaml").write_text(text, encoding="utf-8")
    git(tmp_path, "init", "-q", "-b", "main")
    git(tmp_path, "add", "ads")
    git(tmp_path, "-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-qm", "x")
    git(tmp_path, "remote", "add", "origin", str(tmp_path))
    script = "\n".join(yaml.safe_load(GITLAB)["plan"]["script"])
    _, environ = job(runner, "plan", CI_MERGE_REQUEST_TARGET_BRANCH_NAME="main")
    environ |= {"FOLDER": "ads", "RUNNER_TEMP": str(tmp_path)}
    for written, code, said in ((text, 0, "6 videos to buy"), (text.replace("n: 5", "n: 99"), 3, "no plan: 1 mistake")):
        (tmp_path / "ads" / "storyboard.yaml").write_text(written, encoding="utf-8")
        done = subprocess.run(["bash", "-eo", "pipefail", "-c", script], cwd=tmp_path, env=environ, capture_output=True)
        assert done.returncode == code, done.stderr.decode()
        assert f"### `ads/storyboard.yaml`: {said}" in (tmp_path / "seedspec-plan.md").read_text(encoding="utf-8")


def test_the_schemas_of_github_take_them(tmp_path: Path) -> None:
    """By the workflow and action schemas that check-jsonschema brings, and by actionlint where it is installed."""
    folder = tmp_path / ".github" / "workflows"
    folder.mkdir(parents=True)
    files = [folder / f"{i}.yml" for i in range(len(WORKFLOWS))]
    for file, text in zip(files, WORKFLOWS, strict=True):
        file.write_text(text, encoding="utf-8")
    judge = [sys.executable, "-m", "check_jsonschema", "--builtin-schema"]
    (tmp_path / ".gitlab-ci.yml").write_text(GITLAB, encoding="utf-8")
    judged = (("github-workflows", files), ("github-actions", [ACTION]), ("gitlab-ci", [tmp_path / ".gitlab-ci.yml"]))
    for schema, checked in judged:
        subprocess.run([*judge, f"vendor.{schema}", *checked], check=True)
    broken = tmp_path / "broken.yml"
    broken.write_text(WORKFLOWS[0].replace("runs-on:", "run-on:"), encoding="utf-8")
    assert subprocess.run([*judge, "vendor.github-workflows", broken], capture_output=True).returncode == 1
    if shutil.which("actionlint"):
        subprocess.run(["actionlint", *files], check=True, cwd=tmp_path)
