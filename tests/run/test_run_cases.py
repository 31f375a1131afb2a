"""Runs as data: a storyboard, the faults of the service, and all that happens to each entry in a row of runs."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from helpers import Project, nearby

from seedspec.lock.run_events import Held, RunFinished, RunStarted

CASES = Path(__file__).parents[1] / "cases" / "run"
TELLING = ("attempt", "code", "then", "reason", "upstream", "step", "file")


def said(event: Any) -> str:
    """An event without what differs from run to run."""
    shown = [
        f"{k}={getattr(event, k)}" for k in TELLING if hasattr(event, k) and not (k == "attempt" and event.attempt == 1)
    ]
    return " ".join((type(event).__name__, *shown))


def told(number: int, events: list[Any]) -> list[str]:
    """What happened in one run, entry by entry: entries go their ways at the same time, each in its order."""
    finished = events[-1]
    assert isinstance(finished, RunFinished)
    counts = {
        k: v
        for k in ("bought", "saved", "reused", "failed", "held", "running", "doubt", "waiting")
        if (v := getattr(finished, k))
    }
    lines = [f"run {number}: exit {finished.exit}, " + ", ".join(f"{v} {k}" for k, v in counts.items())]
    by_entry: dict[str, list[str]] = {}
    for event in events[:-1]:
        if not isinstance(event, RunStarted) and type(event).__name__ != "Progressed":
            name = getattr(event, "entry", "") or getattr(event, "path", "") or "the run"
            name = re.sub("/[0-9a-f]{16}-", "/VIDEO-", name)  # a picture is called by the video that it is cut from
            by_entry.setdefault(name, []).append(said(event))
    for entry in sorted(by_entry):
        lines += [f"  {entry}", *(f"    {line}" for line in by_entry[entry])]
    return lines


@pytest.mark.parametrize("case", sorted(CASES.iterdir()), ids=lambda p: p.name)
@pytest.mark.slow
def test_run(case: Path, tmp_path: Path, hero: Path, expect: Callable[[Path, str], None]) -> None:
    """`case.json`: the faults, and for each run its options and the words of the storyboard that are edited before."""
    here = shutil.copytree(case, tmp_path / "project")
    shutil.copy(hero, here / "hero.png")
    given = json.loads((case / "case.json").read_text(encoding="utf-8"))
    board = here / "storyboard.yaml"
    lines: list[str] = []
    with nearby(tmp_path / "service", *given["faults"]) as service:
        project = Project(here, "case", service)
        for number, run in enumerate(given["runs"], 1):
            for old, new in run.pop("edit", {}).items():
                text = board.read_text(encoding="utf-8")
                assert old in text
                board.write_text(text.replace(old, new), encoding="utf-8")
            lines += told(number, project.here(**run))
        lock = project.lock()
        lines += ["lock", *(f"  {r.entry} attempt {r.attempt}: {r.state}, {r.file or '-'}" for r in lock)]
        lines += [f"taken by the service: {len(service.ledger('reserved'))}"]
    expect(case / "expected.txt", "\n".join(lines) + "\n")


def test_held_is_an_event_with_its_reason() -> None:
    assert {"upstream", "reason"} <= set(Held.__slots__)
