"""Signals to real runs: what is ignored stays ignored, a closed terminal ends no `nohup`, a doubt is told first."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest
from helpers import LONGEST, PACE, SMALL, Make, Project, nearby

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no such signals here")

RUN = ("run", "--yes", "--format", "jsonl", *PACE)
IGNORING = ("sh", "-c", 'trap "" INT TERM HUP; exec "$@"', "sh")


def events(stream: IO[bytes], until: str = "") -> Iterator[dict[str, object]]:
    """The events of a run as they come, to its end or to the first of a kind."""
    for line in stream:
        event = json.loads(line)
        yield event
        if until and event.get("event") == until:
            return


def slow(project: Make, folder: Path, *faults: str) -> Iterator[Project]:
    with nearby(folder, *faults, seconds=0.5) as service:
        yield project(SMALL, at=service)


@pytest.mark.slow
def test_signals_that_are_ignored_stay_ignored(project: Make, tmp_path: Path) -> None:
    for found in slow(project, tmp_path / "books"):
        process = found.start(*RUN, before=IGNORING)
        assert process.stdout is not None
        list(events(process.stdout, until="Submitted"))
        for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGINT):
            process.send_signal(number)
        *_, last = events(process.stdout)
        _, said = process.communicate(timeout=LONGEST)
        assert (process.returncode, last["saved"]) == (0, 2) and b"ending" not in said


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda s: s.name)
@pytest.mark.slow
def test_a_signal_that_is_not_ignored_ends_in_order(number: signal.Signals, project: Make, tmp_path: Path) -> None:
    for found in slow(project, tmp_path / "books"):
        process = found.start(*RUN)
        assert process.stdout is not None
        list(events(process.stdout, until="Submitted"))
        process.send_signal(number)
        *_, last = events(process.stdout)
        process.communicate(timeout=LONGEST)
        assert process.returncode == last["exit"] == 130
        assert "submitting" not in found.states().values()


@pytest.mark.slow
def test_a_terminal_that_closes_does_not_end_a_run_under_nohup(project: Make, tmp_path: Path) -> None:
    for found in slow(project, tmp_path / "books"):
        os.mkfifo(tmp_path / "events")
        inside = ("sh", "-c", 'nohup "$@" > "$0" 2> nohup.out & wait', str(tmp_path / "events"))
        terminal = (sys.executable, "-c", "import pty, sys; pty.spawn(sys.argv[1:])", *inside)
        with subprocess.Popen(
            [*terminal, *found.command(*RUN)], cwd=found.folder, env=found.environ(),
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, start_new_session=True,
        ) as process, (tmp_path / "events").open("rb") as stream:  # fmt: skip
            list(events(stream, until="Submitted"))
            process.kill()  # whoever has the other end of the terminal: it hangs up
            *_, last = events(stream)
            assert (last["exit"], last["saved"]) == (0, 2)


@pytest.mark.slow
def test_a_doubt_is_told_before_an_interruption(project: Make, tmp_path: Path) -> None:
    for found in slow(project, tmp_path / "books", "lost-reply@1"):
        process = found.start(*RUN)
        assert process.stdout is not None
        list(events(process.stdout, until="Submitted"))
        process.send_signal(signal.SIGINT)
        *_, last = events(process.stdout)
        process.communicate(timeout=LONGEST)
        assert process.returncode == last["exit"] == 8
        assert sorted(found.states().values()) == ["doubt", "running"]
