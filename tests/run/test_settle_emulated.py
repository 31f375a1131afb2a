"""A doubt settled as a reader of the guide would: with `--emulator`, which starts a service for every command."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import orjson

MINIMAL = Path(__file__).parents[2] / "examples" / "minimal" / "storyboard.yaml"


def seedspec(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "seedspec", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=120)


def test_a_lost_answer_is_settled_by_its_task(tmp_path: Path) -> None:
    shutil.copy(MINIMAL, tmp_path)
    lost = seedspec(tmp_path, "run", "--emulator", "--emulator-seconds", "0.2", "--fault", "lost-reply@1")
    assert lost.returncode == 8, lost.stderr
    ledger = tmp_path / ".seedspec" / "storyboard.emulator" / "ledger.jsonl"
    task = next(t for line in ledger.read_bytes().splitlines() if (t := orjson.loads(line).get("task")))
    evidence = seedspec(tmp_path, "settle", "steam/1", "--emulator")
    assert evidence.returncode == 8 and task in evidence.stdout, evidence.stderr
    settled = seedspec(tmp_path, "settle", "steam/1", "--emulator", "--task", task)
    assert settled.returncode == 0, settled.stderr
    fetched = seedspec(tmp_path, "fetch", "--emulator")
    assert fetched.returncode == 0, fetched.stderr
    assert (tmp_path / "renders.emulator" / "steam_take1.mp4").is_file()
    assert sum(orjson.loads(line)["event"] == "reserved" for line in ledger.read_bytes().splitlines()) == 1
    assert seedspec(tmp_path, "lock", "verify", "--emulator").returncode == 0
