"""A runner of GitHub's workflows: it does the steps of a recipe one after the other, each as GitHub would."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import yaml
from expressions import Expressions
from forge import KEY, OWN, Books, Done, Forge, Pull, git, program, runner_environ, seedspec_in

ROOT = Path(__file__).parents[2]
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
SHELL = ("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c")
GH = """\
#!{python}
import json, os, subprocess, sys
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
folder = Path({folder!r})
known = json.loads((folder / "state.json").read_text())
said = sys.argv[1:]
assert os.environ["GH_TOKEN"] and os.environ["GH_REPO"] == "org/ads"
def repository(name):
    return {{"full_name": name}} if name else None
def answer(path):
    url = urlsplit(path)
    words = url.path.split("/")
    assert words[:3] == ["repos", "org", "ads"], path
    if words[3] == "commits" and words[5] == "pulls":
        return [{{"number": p["number"], "merged_at": "2026-01-01" if p["commits"] else None, "base": {{"ref": "main"}},
                 "head": {{"sha": p["head"], "repo": repository(p["repository"])}}}}
                for p in known["pulls"] if words[4] in (*p["commits"], p["head"])]
    assert words[3:] == ["actions", "workflows", "storyboards.yml", "runs"], path
    query = parse_qs(url.query)
    assert query["event"] == ["pull_request"]
    return {{"workflow_runs": [
        {{"id": r["id"], "head_sha": r["head"], "head_repository": repository(r["repository"]),
          "conclusion": "success" if r["good"] else "failure"}}
        for r in reversed(known["runs"]) if query["head_sha"] == [r["head"]]]}}
match said:
    case ["api", path, "--jq", rule]:
        done = subprocess.run(["jq", "-r", rule], input=json.dumps(answer(path)), text=True)
        sys.exit(done.returncode)
    case ["run", "download", run, "--name", name, "--dir", place]:
        found = folder / "artifacts" / run / name
        if not found.is_dir():
            sys.exit("no valid artifacts found to download")
        import shutil
        shutil.copytree(found, place, symlinks=True)
    case ["pr", "comment", number, "--edit-last", "--create-if-none", "--body-file", file]:
        (folder / f"comment-{{number}}.md").write_text(Path(file).read_text())
    case _:
        sys.exit(f"not known: {{said}}")
"""
Cancel = Callable[[subprocess.Popen[str]], None]


class Job:
    """One job of a workflow. `done` has the exit code of each step that was carried out, by its name."""

    def __init__(self, forge: Forge, books: Books, recipe: str, event: str, folder: Path, *, sha: str,
                 pull: Pull | None = None, inputs: Mapping[str, str] | None = None) -> None:  # fmt: skip
        workflow = yaml.safe_load(recipe)
        assert event in workflow[True], f"the recipe is not started by {event}"  # YAML 1.1 reads `on` as true
        [(_, self._job)] = workflow["jobs"].items()
        self._forge, self._books, self._sha, self._pull = forge, books, sha, pull
        self._space, self._temp = folder / "space", folder / "temp"
        self._temp.mkdir(parents=True)
        self.steps = list(self._job["steps"])
        self.done: dict[str, int] = {}
        self.said = ""
        self.cancelled = False
        self._failed = False
        self.artifacts = folder / "artifacts"
        self._steps: dict[str, Any] = {s["id"]: {"outputs": {}} for s in self.steps if "id" in s}
        for found in self._steps.values():
            found["outputs"] = dict.fromkeys(ACTION["outputs"], "")
        merged = {"repo": {"full_name": pull.repository}} if pull else {}
        contexts = {
            "github": {
                "event_name": event, "token": "token", "repository": OWN, "base_ref": "main", "ref_name": "main",
                "event": {"pull_request": {"number": pull.number, "head": merged} if pull else {}},
            },
            "runner": {"temp": str(self._temp)}, "inputs": inputs or {}, "steps": self._steps, "vars": {}, "env": {},
            # a pull request from a fork has no secrets, and no job of a pull request has those of the environment
            "secrets": {"EVOLINK_API_KEY": KEY} if self._job.get("environment") == "videos" else {},
        }  # fmt: skip
        states = {
            "always": lambda: True, "cancelled": lambda: self.cancelled,
            "success": lambda: not self._failed and not self.cancelled,
        }  # fmt: skip
        self._expressions = Expressions(contexts, states)
        program(folder, "gh", GH.format(python=sys.executable, folder=str(forge.folder)))
        seedspec_in(folder)
        self.environ = runner_environ(folder, books) | {
            "GITHUB_ACTIONS": "true", "GITHUB_REPOSITORY": OWN, "GITHUB_SHA": sha, "GITHUB_REF_NAME": "main",
            "GITHUB_EVENT_NAME": event, "GITHUB_WORKSPACE": str(self._space), "RUNNER_TEMP": str(self._temp),
            "GITHUB_STEP_SUMMARY": str(self._temp / "summary.md"),
        }  # fmt: skip
        for level in (workflow, self._job):
            given = {k: self._expressions.text(v) for k, v in level.get("env", {}).items()}
            contexts["env"] |= given  # type: ignore[operator]
            self.environ |= given

    @property
    def good(self) -> bool:
        return not self._failed and not self.cancelled

    def run(self, *, until: str = "", without: tuple[str, ...] = (), cancel: Cancel | None = None) -> Job:
        """Does the steps that are left, up to the one named `until`; `cancel` is asked in the first of seedspec."""
        while self.steps and (not until or name_of(self.steps[0]) != until):
            step = self.steps.pop(0)
            if name_of(step) in without or not self._expressions.condition(step.get("if", "success()")):
                continue
            code = self._do(step, cancel)
            self.done[name_of(step)] = code
            self._failed |= code != 0 and not self.cancelled
        return self

    def _do(self, step: dict[str, Any], cancel: Cancel | None) -> int:
        given = {k: self._expressions.text(v) for k, v in step.get("with", {}).items()}
        environ = {k: self._expressions.text(v) for k, v in step.get("env", {}).items()}
        match step.get("uses", "").split("@")[0]:
            case "":
                return self._shell(self._expressions.text(step["run"]), environ)
            case "actions/checkout":
                return self._checkout(given)
            case "actions/upload-artifact":
                return self._upload(given)
            case "your-org/seedspec":
                return self._action(step, given, environ, cancel)
        raise AssertionError(f"a step that this runner does not know: {step}")

    def _action(
        self, step: dict[str, Any], given: dict[str, str], environ: dict[str, str], cancel: Cancel | None
    ) -> int:
        assert set(given) <= set(ACTION["inputs"]), given
        inputs = {name: given.get(name, value["default"]) for name, value in ACTION["inputs"].items()}
        inner = Expressions({"inputs": inputs}, {})
        [does] = [s for s in ACTION["runs"]["steps"] if s.get("id") == "seedspec"]
        own = {k: inner.text(v) for k, v in does["env"].items()}
        output = self._temp / f"output-{len(self.done)}"
        code = self._shell(does["run"], environ | own | {"GITHUB_OUTPUT": str(output)}, cancel)
        lines = output.read_text().splitlines() if output.exists() else []
        if "id" in step:
            self._steps[step["id"]]["outputs"].update(line.split("=", 1) for line in lines)
        return code

    def _shell(self, script: str, environ: dict[str, str], cancel: Cancel | None = None) -> int:
        said, code = carry_out(script, self._space, self.environ | environ, cancel)
        self.said += said
        self.cancelled = self.cancelled or cancel is not None
        return code

    def _checkout(self, given: dict[str, str]) -> int:
        git(self._temp, "clone", "-q", str(self._forge.origin), str(self._space))
        if self._pull is not None:
            git(self._space, "fetch", "-q", "origin", self._sha)
            git(self._space, "checkout", "-q", "--detach", self._sha)
        else:
            git(self._space, "checkout", "-q", given["ref"])
        return 0

    def _upload(self, given: dict[str, str]) -> int:
        place = self.artifacts / given["name"]
        for written in given["path"].splitlines():
            for path in sorted(self._space.glob(written) if not written.startswith("/") else [Path(written)]):
                if path.is_dir():
                    shutil.copytree(path, place, dirs_exist_ok=True)
                elif path.exists():
                    place.mkdir(parents=True, exist_ok=True)
                    shutil.copy(path, place)
        return 0 if place.exists() else 1


def carry_out(script: str, folder: Path, environ: Mapping[str, str], cancel: Cancel | None) -> tuple[str, int]:
    """What a script printed, and its exit code. Nothing of it goes on when this has ended."""
    process = subprocess.Popen(
        [*SHELL, script], cwd=folder, env=environ, text=True, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
    )  # fmt: skip
    try:
        if cancel is not None:
            cancel(process)
        return process.communicate(timeout=60)[0], process.returncode
    except BaseException:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # it would buy on, into the books of the next test
        process.communicate()
        raise


def name_of(step: dict[str, Any]) -> str:
    return str(step.get("name") or step.get("id") or step["uses"].split("@")[0])


def plan_pull(forge: Forge, books: Books, recipe: str, pull: Pull, folder: Path) -> Job:
    """The workflow of a pull request: what it has come to is known to the forge afterwards."""
    job = Job(forge, books, recipe, "pull_request", folder, sha=forge.test_merge(pull), pull=pull).run()
    done = Done(len(forge.runs) + 1, pull.head, pull.repository, job.good)
    if job.artifacts.exists():
        shutil.copytree(job.artifacts, forge.artifacts(done.id))
    forge.runs.append(done)
    forge.keep()
    return job


def after(books: Books, count: int, *signals: signal.Signals) -> Cancel:
    """Cancels once so many videos are sold, by a signal to the step's process alone, and further ones once it ends."""

    def cancel(process: subprocess.Popen[str]) -> None:
        while len(books.sold) < count:
            assert process.poll() is None, process.communicate()[0]
            time.sleep(0.02)
        for number in signals:
            process.send_signal(number)
            if number is signal.SIGINT and len(signals) > 1:
                assert process.stdout is not None
                assert any("seedspec: ending" in line for line in process.stdout)

    return cancel
