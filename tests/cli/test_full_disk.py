"""Output on a full disk: whatever a command does it does, and then says that what it showed is not complete."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is full")]

SPOKEN = (
    "plan", "plan --format json", "plan --format markdown", "plan --emulator", "status", "check",
    "status --format json", "check --format json", "compile", "compile --format json", "compile --format jsonl",
    "cost", "cost --format csv", "compile --format jsonl --select open", "compile --origins open/1",
    "why open/1", "why open/1 --format json", "export csv", "export json", "models", "completion bash", "run",
    "fetch", "run --format jsonl", "stats", "lock verify", "review", "export otio",
)  # fmt: skip
"""Commands that have something to say on standard output in a project where everything is done."""


def full(*command: str, output: str = "/dev/full") -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "seedspec", *command]
    with open(output, "wb") as out:
        return subprocess.run(line, stdout=out, stderr=subprocess.PIPE, text=True, timeout=120)


@pytest.mark.parametrize("command", SPOKEN)
@pytest.mark.sampled(3)
def test_what_a_disk_did_not_take_ends_in_an_exit_code(project: Path, command: str) -> None:
    code = full(*command.split(), output=os.devnull).returncode
    said = full(*command.split())
    assert said.returncode == (code or 2), said.stderr
    assert "standard output: no space left on device; what was said there is not complete" in said.stderr
    assert "Traceback" not in said.stderr


def test_a_run_goes_on(looks: Path) -> None:
    run = ("run", "--emulator", "--emulator-seconds", "0.1", "--select", "open", "--format", "jsonl")
    said = full(*run)
    assert said.returncode == 2 and "standard output: no space left" in said.stderr
    assert len(list((looks.parent / "renders.emulator").glob("*.mp4"))) == 2
    failing = ("--fault", "failed=content_policy_violation", "--select", "close")
    said = full(*run[:4], *failing)
    assert said.returncode == 1 and "standard output: no space left" in said.stderr


def test_the_help_of_a_command_is_no_other_case(folder: Path) -> None:
    said = full("--help")
    assert said.returncode == 2 and "Traceback" not in said.stderr
