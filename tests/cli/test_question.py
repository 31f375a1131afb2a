"""Whatever may shape an answer is part of its question, as it is put: words, folder, environment, streams."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from looks import Run, edit, kept, plainly

from seedspec.cli.begin import start

ROOT = Path(__file__).parents[2]


def same_way(seedspec: Run, project: Path, *command: str) -> bool:
    """Whether a command was answered without being carried out: nothing was kept anew."""
    before = [(a, a.stat().st_mtime_ns) for a in kept(project)]
    assert seedspec(*command).code == 0
    return [(a, a.stat().st_mtime_ns) for a in kept(project)] == before


@pytest.mark.parametrize(
    "name", ["SEEDSPEC_PLAN_SELECT", "SEEDSPEC_ANYTHING", "NO_COLOR", "FORCE_COLOR", "GITHUB_ACTIONS",
             "GITHUB_STEP_SUMMARY", "HOME", "XDG_STATE_HOME"],
)  # fmt: skip
def test_another_environment_is_another_question(
    project: Path, seedspec: Run, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    before = seedspec("plan")
    assert same_way(seedspec, project, "plan")
    monkeypatch.setenv(name, "open" if name.endswith("SELECT") else str(project / "other"))
    after = seedspec("plan")
    assert len(kept(project)) == 2
    assert (after != before) == name.endswith("SELECT")
    assert plainly(seedspec, project, "plan") == after


def test_a_profile_of_the_environment_is_noticed(project: Path, seedspec: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert seedspec("plan").code == 0
    monkeypatch.setenv("SEEDSPEC_PROFILE", "final")
    assert seedspec("plan").code == 2


def test_what_else_is_in_the_environment_plays_no_part(
    project: Path, seedspec: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert seedspec("run").code == 0
    monkeypatch.setenv("EVOLINK_API_KEY", "sk-another")
    monkeypatch.setenv("OTHER", "x")
    assert same_way(seedspec, project, "run")
    monkeypatch.setenv("EVOLINK_API_KEY", "sk with spaces")
    assert seedspec("run").code == 5


def test_a_key_is_never_in_an_answer(project: Path, seedspec: Run) -> None:
    assert seedspec("run").code == 0
    key = "sk-again"
    for answer in kept(project):
        for secret in (key, hashlib.sha256(key.encode()).hexdigest(), hashlib.sha256(key.encode()).hexdigest()[:32]):
            assert secret.encode() not in answer.read_bytes() and secret not in answer.name


def test_another_address_is_noticed(project: Path, seedspec: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert seedspec("run").code == 0
    monkeypatch.setenv("EVOLINK_BASE_URL", "https://api.example.com")
    assert not same_way(seedspec, project, "run")
    assert same_way(seedspec, project, "run")
    monkeypatch.setenv("EVOLINK_BASE_URL", "https://api.example.com/v1")
    assert seedspec("run").code == 2
    monkeypatch.delenv("EVOLINK_BASE_URL")
    assert not same_way(seedspec, project, "run")


def test_another_folder_is_another_question(project: Path, seedspec: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    before = seedspec("plan")
    (project / "below").mkdir()
    monkeypatch.chdir(project / "below")
    assert seedspec("plan").code == 3, "there is no storyboard here"
    assert "../storyboard.yaml" in seedspec("plan", "../storyboard.yaml").err
    assert same_way(seedspec, project, "plan", "../storyboard.yaml")
    monkeypatch.chdir(project)
    assert seedspec("plan") == before


def test_two_names_of_one_storyboard_are_two_questions(project: Path, seedspec: Run) -> None:
    seedspec("plan")
    (project / "link.yaml").symlink_to("storyboard.yaml")
    shutil.copyfile(project / "storyboard.lock", project / "link.lock")
    names = ("storyboard.yaml", "./storyboard.yaml", str(project / "storyboard.yaml"), "link.yaml")
    for name in names:
        said = seedspec("plan", name)
        assert f"{name}:" in said.err
        assert same_way(seedspec, project, "plan", name)
        assert seedspec("plan", name) == said
    (project / "link.lock").unlink()
    assert seedspec("plan", "link.yaml").out != seedspec("plan").out


def test_other_words_are_another_question(project: Path, seedspec: Run) -> None:
    before = seedspec("plan")
    assert "Usage" in seedspec("plan", "--help").out
    assert "Usage" in seedspec("plan", "storyboard.yaml", "--help").out
    assert seedspec("plan", "--no-such-option").code == 2
    assert seedspec("plan", "storyboard.yaml", "other.yaml").code == 2
    assert seedspec("plan", "--select", "open").out != before.out
    assert seedspec("plan") == before


def test_a_terminal_is_another_question(project: Path, seedspec: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR")
    before = seedspec("plan")
    assert same_way(seedspec, project, "plan")
    for stream in (sys.stdout, sys.stderr):
        with monkeypatch.context() as on_a_terminal:
            on_a_terminal.setattr(stream, "isatty", lambda: True, raising=False)
            painted = seedspec("plan")
            assert "\x1b[" in painted.out + painted.err
            assert same_way(seedspec, project, "plan")
            assert seedspec("plan") == painted
        assert seedspec("plan") == before


def test_records_in_the_folder_for_states_are_noticed(
    project: Path, seedspec: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(project / "states"))
    before = seedspec("plan")
    assert same_way(seedspec, project, "plan")
    whole = hashlib.sha256(os.fsencode(project / "storyboard.lock")).hexdigest()[:12]
    (project / "states" / "seedspec").mkdir(parents=True, exist_ok=True)
    (project / "states" / "seedspec" / f"storyboard.lock.{whole}.rescue").write_bytes(b"{}\n")
    assert seedspec("plan") != before


def test_a_folder_that_is_gone_is_no_fault(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = project / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert start(("plan", "storyboard.yaml")) in (2, 3)


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
@pytest.mark.parametrize("how", [">&-", "> /dev/full"])
def test_a_stream_that_takes_nothing_stops_nothing(project: Path, seedspec: Run, stream: str, how: str) -> None:
    """Whether the command is carried out or its answer said again."""
    command = f"{sys.executable} -m seedspec plan {'2' if stream == 'stderr' else ''}{how}"
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    said = [
        subprocess.run(command, shell=True, capture_output=True, text=True, env=environ, timeout=60) for _ in range(2)
    ]
    code = 2 if (stream, how) == ("stdout", "> /dev/full") else 0  # what a file was to take, and did not
    assert [(s.returncode, s.stdout, s.stderr) for s in said] == [(code, said[0].stdout, said[0].stderr)] * 2
    assert ("standard output: no space left on device" in said[0].stderr) == (code == 2)


def test_a_reader_that_goes_away_is_no_fault(project: Path, seedspec: Run) -> None:
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    for _ in range(2):
        reading, writing = os.pipe()
        os.close(reading)
        command = [sys.executable, "-m", "seedspec", "plan"]
        said = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, text=True, env=environ, timeout=60)
        os.close(writing)
        assert said.returncode == 0 and "Traceback" not in said.stderr and "BrokenPipe" not in said.stderr


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_another_encoding_is_another_question(project: Path, seedspec: Run, encoding: str) -> None:
    edit(project / "storyboard.yaml", "{{ '{{' }}\"", "{{ '{{' }}\"  # sch\u00f6n")
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}

    def told(**more: str) -> bytes:
        command = [sys.executable, "-m", "seedspec", "plan"]
        return subprocess.run(command, capture_output=True, env={**environ, **more}, timeout=60).stderr

    first = told()
    other = told(PYTHONIOENCODING=encoding)
    assert other == told(PYTHONIOENCODING=encoding)
    assert "# sch\u00f6n".encode("latin-1" if encoding == "latin-1" else "utf-8") in other
    assert told() == first
