"""A run of the command line, with everything that it tells CI servers; and readers that go away."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import forks
import pytest
from junitparser import Failure, JUnitXml
from stage import Stage

from seedspec.cli.run_view import Steady

pytestmark = pytest.mark.slow

WORDS = ("run", "--emulator", "--emulator-seconds", "0.2", "--select", "lane")
RUN = [sys.executable, "-m", "seedspec", *WORDS]


def seedspec(folder: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return forks.run_text((*WORDS, *arguments), folder, {**os.environ, "NO_COLOR": "1", **environ})


def test_a_run_with_a_failure_in_ci(stage: Stage, tmp_path: Path) -> None:
    told = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
            "GITHUB_WORKSPACE": str(tmp_path.parent)}  # fmt: skip
    (tmp_path / "summary.md").write_text("before\n")
    fault = ("--fault", "failed=content_policy_violation@2")
    done = seedspec(tmp_path, "--junit", "out/junit.xml", "--format", "jsonl", *fault, **told)
    assert done.returncode == 1
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert lines[0] == {"seedspec_events": 1} and lines[-1]["event"] == "RunFinished"
    (suite,) = JUnitXml.fromstring((tmp_path / "out" / "junit.xml").read_bytes())
    assert (suite.tests, suite.failures, suite.errors, suite.skipped) == (4, 1, 0, 0)
    assert sum(isinstance(r, Failure) for case in suite for r in case.result) == 1
    (said,) = [line for line in done.stderr.splitlines() if line.startswith("::")]
    assert said.startswith(f"::error file={tmp_path.name}/storyboard.yaml,line=16,title=failed%3A content_policy_")
    summary = (tmp_path / "summary.md").read_text()
    assert summary.startswith("before\n### `storyboard.yaml`: 4 bought, ") and "Failed (1)" in summary


def test_a_report_that_cannot_be_written_is_said_before_anything_is_bought(stage: Stage, tmp_path: Path) -> None:
    done = seedspec(tmp_path, "--junit", ".")
    assert done.returncode == 2 and "directory" in done.stderr
    (tmp_path / "file").touch()
    done = seedspec(tmp_path, "--junit", "file/junit.xml")
    assert done.returncode == 2
    assert not (tmp_path / "storyboard.emulator.lock").exists()


def test_a_summary_that_cannot_be_written_changes_no_exit_code(stage: Stage, tmp_path: Path) -> None:
    done = seedspec(tmp_path, GITHUB_STEP_SUMMARY=str(tmp_path / "no" / "such.md"))
    assert done.returncode == 0 and "such.md: no such file or directory" in done.stderr


def test_a_reader_that_has_gone_away_costs_nothing(stage: Stage, tmp_path: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [*RUN, "--format", "jsonl", "--junit", "junit.xml"], cwd=tmp_path, stdout=write, stderr=write, timeout=60
    )
    os.close(write)
    assert done.returncode == 0
    assert b'"saved"' in (tmp_path / "storyboard.emulator.lock").read_bytes()
    assert (tmp_path / "junit.xml").read_bytes().count(b"<testcase ") == 4


def test_a_terminal_that_is_gone_leads_nowhere(tmp_path: Path) -> None:
    read, write = os.pipe()
    with os.fdopen(write, "w") as stream:
        steady = Steady(stream)
        os.close(read)
        assert steady.write("a") == 1
        steady.flush()
        steady.write("b")
        steady.flush()
        assert not steady.isatty()


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="no terminals here")
def test_on_a_terminal_the_view_is_live_and_leaves_lines(stage: Stage, tmp_path: Path) -> None:
    import pty

    keeper, terminal = pty.openpty()
    environ = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "CI")}
    environ |= {"TERM": "xterm", "COLUMNS": "100", "LINES": "30"}
    process = subprocess.Popen(RUN, cwd=tmp_path, stdout=terminal, stderr=terminal, env=environ)
    os.close(terminal)
    written = b""
    try:
        while part := os.read(keeper, 65536):
            written += part
    except OSError:  # the end of a terminal
        pass
    assert process.wait(30) == 0
    text = written.decode()
    assert text.count("\x1b[?25l") == text.count("\x1b[?25h") == 1
    assert " 0 of 4" in text and "would cost" in text
    assert text.endswith("at most; the emulator charges nothing\r\nnext: seedspec review --emulator\r\n")
