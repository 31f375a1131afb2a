"""Programs that seedspec starts: none of them runs a file of the repository, and none is given a key."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from strangers import CANARY, Command

from seedspec.emulator.process import child
from seedspec.project.child_environment import environment_of_child
from seedspec.project.git import NoRevision, revision_of

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
SHADOW = """\
import os, sys
open({mark!r}, "a").write(f"{{__file__}} {{sys.argv}} {{os.environ.get('EVOLINK_API_KEY')}}\\n")
"""
ALONE = {"-P", "-I"}


def shadows(folder: Path, mark: Path, *names: str) -> None:
    """Modules that tell when somebody imports or runs them."""
    for name in names:
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(SHADOW.format(mark=str(mark)))


def test_the_emulators_child_imports_nothing_of_the_repository(project: Path, tmp_path: Path, started: Command) -> None:
    mark = tmp_path / "ran"
    names = (
        "seedspec/__init__.py",
        "seedspec/__main__.py",
        "uvicorn.py",
        "starlette.py",
        "sitecustomize.py",
        "json.py",
    )
    shadows(project, mark, *names)
    done = started(project, "run", "--emulator", "--yes")
    assert done.code == 0 and "1 bought, 1 saved" in done.all, done
    assert not mark.exists(), mark.read_text()


def test_it_gets_no_key(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = tmp_path / "environment"
    program = (
        "import os, sys\n"
        f"open({str(told)!r}, 'w').write(repr(dict(os.environ)) + repr(sys.argv) + sys.stdin.readline())\n"
        "sys.exit(3)\n"
    )
    for name in ("EVOLINK_API_KEY", "AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN", "ANOTHER_KEY"):
        monkeypatch.setenv(name, CANARY)
    with (
        pytest.raises(Exception, match="code 3"),
        child([], start=(sys.executable, "-c", program), key="sk-of-its-own"),
    ):
        raise AssertionError("it started")
    said = told.read_text()
    assert CANARY not in said and said.endswith("['-c', '--key-from-input']sk-of-its-own\n")
    assert "PATH" in environment_of_child() and CANARY not in environment_of_child("GIT_").values()


def starts(text: str) -> list[list[str]]:
    """The words behind each `sys.executable` in a list or a tuple."""
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.List | ast.Tuple):
            words = [ast.unparse(part).strip("'") for part in node.elts]
            found += [words[at + 1 :] for at, word in enumerate(words) if word == "sys.executable"]
    return found


def test_every_python_that_is_started_leaves_the_working_folder_out() -> None:
    said = 0
    for path in sorted((ROOT / "seedspec").rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        found = starts(text)
        assert text.count("sys.executable") == len(found), f"{path}: a Python that is started in another way"
        for words in found:
            assert words and words[0] in ALONE, f"{path}: {words}"
            said += 1
    assert said, "the emulator is started by none of them?"
    action = (ROOT / "action.yml").read_text(encoding="utf-8")
    for line in action.splitlines():
        for found in re.finditer(r"(\S+) -m ", line):
            assert found[1] in ALONE, f"action.yml: {line.strip()}"
    assert starts("x = [sys.executable, '-m', 'x']") == [["-m", "x"]]


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_the_install_step_of_the_action_runs_nothing_of_the_checkout(tmp_path: Path) -> None:
    steps = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))["runs"]["steps"]
    (script,) = (step["run"] for step in steps if step.get("name") == "Install seedspec")
    workspace, temp, empty = (tmp_path / name for name in ("workspace", "temp", "package"))
    for folder in (workspace, temp, empty):
        folder.mkdir()
    mark = tmp_path / "ran"
    names = [f"{name}/{file}" for name in ("venv", "pip", "ensurepip") for file in ("__init__.py", "__main__.py")]
    shadows(workspace, mark, *names, "sitecustomize.py", "subprocess.py", "logging.py")
    # what pip would fetch is none of this test's: the package is not one, and pip says so
    environ = {
        "PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHON": sys.executable, "RUNNER_TEMP": str(temp),
        "GITHUB_PATH": str(tmp_path / "path"), "GITHUB_ACTION_PATH": str(empty), "PIP_NO_INDEX": "1",
    }  # fmt: skip
    bash = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
    done = subprocess.run(bash, cwd=workspace, env=environ, capture_output=True, text=True, timeout=600)
    assert not mark.exists(), mark.read_text()
    assert (temp / "seedspec" / "bin" / "python").exists(), done
    assert done.returncode != 0 and str(empty) in done.stderr, done


def git(folder: Path, *words: str, **environ: str) -> str:
    own = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, **environ}
    return subprocess.run(["git", *words], cwd=folder, env=own, capture_output=True, text=True, check=True).stdout


needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="needs git")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    folder = tmp_path / "checkout"
    folder.mkdir()
    (folder / "storyboard.yaml").write_text("seedspec: 1\n")
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "-A")
    git(folder, "-c", "user.name=A", "-c", "user.email=a@example.com", "commit", "-q", "-m", "x")
    return folder


@needs_git
def test_a_folder_that_pretends_to_be_a_repository_is_none(checkout: Path, tmp_path: Path) -> None:
    """git takes a folder that looks like a bare repository for one, with the configuration that it brings."""
    assert revision_of(checkout, "main").top.samefile(checkout)
    bare = checkout / "assets"
    git(checkout, "clone", "-q", "--bare", ".", "assets")
    ran = tmp_path / "ran"
    with (bare / "config").open("a") as file:
        file.write(f'[core]\n\tworktree = {checkout}\n\tfsmonitor = "touch {ran}; false"\n\tbare = false\n')
    with pytest.raises(NoRevision, match="not in a git repository"):
        revision_of(bare, "main")
    assert not ran.exists()


@needs_git
def test_git_fetches_nothing(checkout: Path, tmp_path: Path) -> None:
    """What a partial clone lacks is not asked for: the remote's command would be the repository's."""
    ran = tmp_path / "ran"
    git(checkout, "config", "remote.origin.url", str(tmp_path / "nowhere"))
    git(checkout, "config", "remote.origin.promisor", "true")
    git(checkout, "config", "extensions.partialClone", "origin")
    git(checkout, "config", "remote.origin.uploadpack", f"touch {ran};")
    git(checkout, "config", "core.fsmonitor", f"touch {ran}; false")
    revision = revision_of(checkout, "main")
    blob = git(checkout, "rev-parse", "main:storyboard.yaml").strip()
    (checkout / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    with pytest.raises(NoRevision):
        revision.source("storyboard.yaml", "storyboard.yaml", None)  # type: ignore[arg-type]
    assert not ran.exists()


@needs_git
def test_a_git_of_the_project_is_not_used(checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran = tmp_path / "ran"
    for folder in (checkout, checkout / "bin"):
        folder.mkdir(exist_ok=True)
        (folder / "git").write_text(f"#!/bin/sh\ntouch {ran}\n")
        (folder / "git").chmod(0o755)
    monkeypatch.chdir(checkout)
    path = os.environ["PATH"]
    for first in (".", "", str(checkout / "bin"), "bin"):
        monkeypatch.setenv("PATH", f"{first}{os.pathsep}{path}")
        assert revision_of(checkout, "main").asked == "main"
    monkeypatch.setenv("PATH", str(checkout / "bin"))
    with pytest.raises(NoRevision, match="only inside the project"):
        revision_of(checkout, "main")
    assert not ran.exists()
