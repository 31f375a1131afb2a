"""The folder, the environment and the streams that a command runs with, and what they change of what it says."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from looks import Run, edit

from seedspec.cli.main import start

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]


def test_a_profile_of_the_environment_is_noticed(project: Path, seedspec: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert seedspec("plan").code == 0
    monkeypatch.setenv("SEEDSPEC_PROFILE", "final")
    assert seedspec("plan").code == 2


def test_another_folder_means_another_storyboard(project: Path, seedspec: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    before = seedspec("plan")
    (project / "below").mkdir()
    monkeypatch.chdir(project / "below")
    assert seedspec("plan").code == 3, "there is no storyboard here"
    assert "../storyboard.yaml" in seedspec("plan", "../storyboard.yaml").err
    monkeypatch.chdir(project)
    assert seedspec("plan") == before


def test_two_names_of_one_storyboard_are_told_apart(project: Path, seedspec: Run) -> None:
    seedspec("plan")
    (project / "link.yaml").symlink_to("storyboard.yaml")
    shutil.copyfile(project / "storyboard.lock", project / "link.lock")
    names = ("storyboard.yaml", "./storyboard.yaml", str(project / "storyboard.yaml"), "link.yaml")
    for name in names:
        said = seedspec("plan", name)
        assert f"{name}:" in said.err
        assert seedspec("plan", name) == said
    (project / "link.lock").unlink()
    assert seedspec("plan", "link.yaml").out != seedspec("plan").out


def test_other_words_are_another_command(project: Path, seedspec: Run) -> None:
    before = seedspec("plan")
    assert "Usage" in seedspec("plan", "--help").out
    assert "Usage" in seedspec("plan", "storyboard.yaml", "--help").out
    assert seedspec("plan", "--no-such-option").code == 2
    assert seedspec("plan", "storyboard.yaml", "other.yaml").code == 2
    assert seedspec("plan", "--select", "open").out != before.out
    assert seedspec("plan") == before


def test_records_in_the_folder_for_states_are_noticed(
    project: Path, seedspec: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(project / "states"))
    before = seedspec("plan")
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
def test_text_is_shown_in_the_encoding_of_the_stream(project: Path, seedspec: Run, encoding: str) -> None:
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
