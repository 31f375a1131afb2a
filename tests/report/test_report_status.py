"""Where everything stands, from the lock: whole outputs, hours left, and the watch on it."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from stage import LANE, POUR, Stage

from seedspec.cli.commands.status import watch
from seedspec.cli.main import start
from seedspec.report import status

EXPECTED = Path(__file__).parent / "expected"
NOW = datetime(2026, 11, 23, 9, 36, tzinfo=UTC)


@pytest.fixture
def bought(stage: Stage) -> Stage:
    """One entry of each kind."""
    (stage.planned.place.base / "renders").mkdir()
    (stage.planned.place.base / "renders" / "a.mp4").touch()
    stage.keep(LANE[0], "saved", file="renders/a.mp4", sha256="0" * 64, task="t1", credits=31.3875, units=313_875)
    stage.keep(LANE[1], "completed", task="t2", units=313_875, results_until="2026-11-24T07:00:00Z")
    stage.keep(LANE[2], "completed", task="t3", units=313_875, results_until="2026-11-23T07:06:00Z")
    stage.keep(LANE[3], "running", task="t4", units=313_875)
    stage.keep(POUR[0], "doubt", doubt="the answer was cut off", units=383_400)
    return stage.again()


def test_every_line(bought: Stage, expect: Callable[[Path, str], None]) -> None:
    plan = bought.planned.plan
    strange = status.surprises(plan, bought.models)
    shown = [*status.rows(plan, strange, NOW), "", *status.sums(plan, strange, bought.rate, NOW)]
    expect(EXPECTED / "status.txt", "\n".join(shown) + "\n")


def test_on_a_low_screen_what_somebody_waits_for_comes_first(bought: Stage) -> None:
    plan = bought.planned.plan
    strange = status.surprises(plan, bought.models)
    rows = status.rows(plan, strange, NOW, most=4)
    assert [row.split()[:2] for row in rows] == [["?", POUR[0]], ["v", LANE[1]], ["v", LANE[2]], ["…", "and"]]
    assert rows[-1] == "… and 3 more"
    assert len(status.rows(plan, strange, NOW, most=6)) == 6


def test_json_has_the_hours_left(bought: Stage) -> None:
    plan = bought.planned.plan
    found = status.as_json(plan, status.surprises(plan, bought.models), bought.rate, NOW)
    left = {s["entry"]: (s["results_until"], s["hours_left"]) for s in found["steps"]}
    assert left[LANE[1]] == ("2026-11-24T07:00:00Z", 21.4)
    assert left[LANE[2]] == ("2026-11-23T07:06:00Z", -2.5)
    assert left[LANE[0]] == (None, None)


def test_the_command(bought: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    assert start(["status"]) == 8
    assert capsys.readouterr().out.startswith("tea-house  seedance-2.0-reference-to-video\n\n?  pour@hour=dawn/1")
    assert start(["status", "--format", "json"]) == 8
    assert json.loads(capsys.readouterr().out)["steps"][1]["results_until"] == "2026-11-24T07:00:00Z"
    assert start(["status", "--watch", "--format", "json"]) == 2


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


def pauses(count: int) -> Callable[[], None]:
    """As many pauses as given; the last one ends as Ctrl-C does."""
    left: Iterator[int] = iter(range(count - 1))

    def pause() -> None:
        if next(left, None) is None:
            raise KeyboardInterrupt

    return pause


def test_watching_without_a_terminal_shows_what_is_new(capsys: pytest.CaptureFixture[str]) -> None:
    frames = iter([["a"], ["a"], ["b"]])
    with pytest.raises(KeyboardInterrupt):
        watch(lambda most: next(frames), io.StringIO(), pauses(3))
    assert capsys.readouterr().out == "a\n\nb\n\n"


def test_watching_a_terminal_draws_in_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("LINES", "10")
    screen, asked = Screen(), list[int]()

    def frame(most: int) -> list[str]:
        asked.append(most)
        return [f"frame {len(asked)}", "x" * 60]

    with pytest.raises(KeyboardInterrupt):
        watch(frame, screen, pauses(2))
    assert asked == [9, 9]
    written = screen.getvalue()
    assert "frame 1" in written and "frame 2" in written and "x" * 41 not in written
    assert written.count("\x1b[?25l") == written.count("\x1b[?25h") == 1


def test_a_lock_that_grows_is_seen(stage: Stage) -> None:
    assert status.sums(stage.planned.plan, {}, stage.rate, NOW)[0] == (
        "0 saved, 0 running, 0 in doubt, 0 failed or held, 6 not bought"
    )
    stage.keep(LANE[0], "running", task="t1", units=1)
    assert status.sums(stage.again().planned.plan, {}, stage.rate, NOW)[0].startswith("0 saved, 1 running, ")
