"""A doubt settled as a reader of the guide would: with `--emulator`, which starts a service for every command."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import forks
import pytest
from emulated import booked

from seedspec import api
from seedspec.project.credentials import BadSettings

pytestmark = pytest.mark.slow

MINIMAL = Path(__file__).parents[2] / "examples" / "minimal" / "storyboard.yaml"


def seedspec(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return forks.run_text(arguments, folder)


def test_a_lost_answer_is_settled_by_its_task(tmp_path: Path) -> None:
    shutil.copy(MINIMAL, tmp_path)
    lost = seedspec(tmp_path, "run", "--emulator", "--emulator-seconds", "0.2", "--fault", "lost-reply@1")
    assert lost.returncode == 8, lost.stderr
    books = tmp_path / ".seedspec" / "storyboard.emulator"
    task = next(t for v in booked(books) if (t := v.get("task")))
    evidence = seedspec(tmp_path, "settle", "steam/1", "--emulator")
    assert evidence.returncode == 8 and task in evidence.stdout, evidence.stderr
    settled = seedspec(tmp_path, "settle", "steam/1", "--emulator", "--task", task)
    assert settled.returncode == 0, settled.stderr
    fetched = seedspec(tmp_path, "fetch", "--emulator")
    assert fetched.returncode == 0, fetched.stderr
    assert (tmp_path / "renders.emulator" / "steam_take1.mp4").is_file()
    assert sum(v["event"] == "reserved" for v in booked(books)) == 1
    assert seedspec(tmp_path, "lock", "verify", "--emulator").returncode == 0


def test_no_variable_of_the_environment_settles_a_doubt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copy(MINIMAL, tmp_path)
    seedspec(tmp_path, "run", "--emulator", "--emulator-seconds", "0.2", "--fault", "lost-reply@1")
    lock = tmp_path / "storyboard.emulator.lock"
    before = lock.read_bytes()
    for name, value in (("NOT_BILLED", "1"), ("RESEND", "1"), ("AGAIN", "1"), ("LOST", "1"), ("TASK", "task-1")):
        with monkeypatch.context() as environment:
            environment.setenv(f"SEEDSPEC_SETTLE_{name}", value)
            shown = seedspec(tmp_path, "settle", "steam/1", "--emulator")
        assert shown.returncode == 8 and "say what happened" in shown.stdout, (name, shown.stderr)
        assert lock.read_bytes() == before


def test_the_emulator_never_meets_a_bucket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copy(MINIMAL, tmp_path)
    asked = seedspec(tmp_path, "run", "--emulator", "--assets", "s3://our-bucket/films")
    assert asked.returncode == 2 and "--assets and --emulator exclude each other" in asked.stderr
    assert not (tmp_path / "storyboard.emulator.lock").exists()
    with pytest.raises(BadSettings, match="leave `assets` out"):
        list(api.run(str(tmp_path / MINIMAL.name), api.Options(emulated=True, assets="s3://our-bucket/films")))
    monkeypatch.setenv("SEEDSPEC_ASSETS", "s3://our-bucket/films")
    done = seedspec(tmp_path, "run", "--emulator", "--emulator-seconds", "0.2")
    assert done.returncode == 0 and done.stderr.count("SEEDSPEC_ASSETS is left alone") == 1, done.stderr
