"""The hook of .pre-commit-hooks.yaml in a real run of pre-commit, in a repository of its own; with --long alone."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from looks import LOOKS

ROOT = Path(__file__).parents[2]
(HOOK,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))


def test_the_hook_takes_storyboards_by_their_names() -> None:
    taken = [
        "storyboard.yaml",
        "ads/storyboard.yml",
        "spring.storyboard.yaml",
        "a/ad-storyboard.yaml",
        "x.seedspec.yml",
    ]
    left = ["storyboards.yaml", "docker-compose.yml", "storyboard.yaml.bak", "mystoryboard.yaml", "storyboard.lock"]
    assert [n for n in (*taken, *left) if re.search(HOOK["files"], n)] == taken


def run(folder: Path, *command: str | Path, check: bool = True, **environ: str) -> subprocess.CompletedProcess[str]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    own = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@example.com"}
    own |= {"GIT_COMMITTER_NAME": "A", "GIT_COMMITTER_EMAIL": "a@example.com", **environ}
    return subprocess.run(
        list(map(str, command)), cwd=folder, env=clean | own, capture_output=True, text=True, check=check, timeout=600
    )


def commit_all(folder: Path) -> str:
    run(folder, "git", "init", "-q")
    run(folder, "git", "add", "-A")
    run(folder, "git", "commit", "-q", "-m", "x")
    return run(folder, "git", "rev-parse", "HEAD").stdout.strip()


def test_a_real_run(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    if not request.config.getoption("--long"):
        pytest.skip("installs pre-commit and the hook: --long")
    source = tmp_path / "seedspec"
    source.mkdir()
    for name in ("seedspec", "schemas"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE", ".pre-commit-hooks.yaml"):
        shutil.copy(ROOT / name, source / name)
    revision = commit_all(source)
    run(tmp_path, sys.executable, "-m", "venv", "tools")
    tools = tmp_path / "tools" / "bin"
    run(tmp_path, tools / "pip", "install", "-q", "pre-commit")

    project = tmp_path / "project"
    project.mkdir()
    hooks = {
        "repos": [{"repo": str(source), "rev": revision, "hooks": [{"id": "seedspec-check", "args": ["--strict"]}]}]
    }
    (project / ".pre-commit-config.yaml").write_text(yaml.safe_dump(hooks))
    (project / "storyboard.yaml").write_text(LOOKS)
    (project / "compose.yaml").write_text("services: {a: 1, a: 2}\n")
    commit_all(project)

    def hook(name: str, text: str) -> subprocess.CompletedProcess[str]:
        (project / name).write_text(text)
        run(project, "git", "add", "-A")
        command = (tools / "pre-commit", "run", "--all-files", "--color", "never")
        return run(project, *command, check=False, PRE_COMMIT_HOME=str(tmp_path / "home"))

    done = hook("compose.yaml", "services: {a: 1, a: 3}\n")
    assert done.returncode == 0 and re.search(r"seedspec check\.+Passed", done.stdout), done.stdout + done.stderr
    done = hook("ad.storyboard.yaml", LOOKS.replace("look.words", "lok.words"))
    assert done.returncode == 1 and "- exit code: 3" in done.stdout, done.stdout + done.stderr
    assert "ad.storyboard.yaml:18:" in done.stdout and "[undefined-name]" in done.stdout
    assert "did you mean `look`" in done.stdout and "compose.yaml" not in done.stdout
    # the media libraries are there: a file is looked at, not only found
    (project / "cup.png").write_bytes((ROOT / "examples" / "fruit-tea" / "assets" / "theme.mp3").read_bytes())
    done = hook("ad.storyboard.yaml", LOOKS.replace("https://cdn.example.com/cup.webp", "cup.png"))
    assert done.returncode == 1 and "[media-file]" in done.stdout and "sound" in done.stdout, done.stdout
    # and a commit is stopped
    run(project, tools / "pre-commit", "install", PRE_COMMIT_HOME=str(tmp_path / "home"))
    done = run(project, "git", "commit", "-m", "bad", check=False, PRE_COMMIT_HOME=str(tmp_path / "home"))
    assert done.returncode == 1 and "[media-file]" in done.stderr + done.stdout
