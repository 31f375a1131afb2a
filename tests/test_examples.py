"""The examples as their readers meet them: no problem found, the plan as it is beside them, and videos at the end."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import forks
import orjson
import pytest

pytestmark = pytest.mark.slow

EXAMPLES = Path(__file__).parents[1] / "examples"
NAMES = sorted(p.parent.name for p in EXAMPLES.glob("*/storyboard.yaml"))


@pytest.fixture
def example(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A copy of an example without anything that a run has left."""
    left = shutil.ignore_patterns("renders*", ".seedspec", "*.lock")
    return Path(shutil.copytree(EXAMPLES / request.param, tmp_path / request.param, ignore=left))


def seedspec(folder: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    return forks.run(arguments, folder, seconds=300)


@pytest.mark.parametrize("example", NAMES, indirect=True)
def test_nothing_to_mend(example: Path) -> None:
    done = seedspec(example, "check", "--strict")
    assert (done.returncode, done.stdout) == (0, b""), done.stdout.decode()


@pytest.mark.parametrize("example", NAMES, indirect=True)
def test_the_plan_is_as_printed(example: Path, request: pytest.FixtureRequest) -> None:
    done = seedspec(example, "plan")
    assert done.returncode == 0, done.stderr.decode()
    expected = EXAMPLES / example.name / "plan.txt"
    if request.config.getoption("--update"):
        expected.write_bytes(done.stdout)
    assert done.stdout == expected.read_bytes()


@pytest.mark.parametrize("example", NAMES, indirect=True)
def test_the_emulator_makes_every_video_once(example: Path) -> None:
    done = seedspec(example, "run", "--emulator", "--format", "jsonl", "--emulator-seconds", "0.5")
    assert done.returncode == 0, done.stderr.decode()
    events = [orjson.loads(line) for line in done.stdout.splitlines()]
    saved = [e for e in events if e.get("event") == "Saved"]
    entries = [orjson.loads(line) for line in seedspec(example, "compile", "--format", "jsonl").stdout.splitlines()]
    assert {e["entry"] for e in saved} == {e["entry"] for e in entries} and len(saved) == len(entries)
    for event in saved:
        request = next(e["request"] for e in entries if e["entry"] == event["entry"])
        assert (example / event["file"]).stat().st_size == event["bytes"]
        assert abs(event["seconds"] - request["duration"]) < 0.05
    ledger = (example / ".seedspec" / "storyboard.emulator" / "ledger.jsonl").read_bytes().splitlines()
    assert sum(orjson.loads(line)["event"] == "reserved" for line in ledger) == len(entries)
    lock = (example / "storyboard.emulator.lock").read_bytes()
    again = seedspec(example, "run", "--emulator", "--format", "jsonl")
    assert again.returncode == 0
    assert (example / "storyboard.emulator.lock").read_bytes() == lock
    assert (example / ".seedspec" / "storyboard.emulator" / "ledger.jsonl").read_bytes().splitlines() == ledger
