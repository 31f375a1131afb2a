"""The live view: what is drawn at given moments of a run, at two widths, and for hundreds of entries."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text
from stage import LANE, POUR, Stage, everything, staged

from seedspec.lock.event import Event
from seedspec.lock.purchase_events import Deferred, Failed, Submitted
from seedspec.lock.run_events import Delayed, Progressed, RunStarted, Stopped
from seedspec.report.live import Monitor, length, live
from seedspec.report.outcome import End, Outcomes
from seedspec.report.table import shorten_to_cells

EXPECTED = Path(__file__).parent / "expected"


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Watched(Monitor):
    """A monitor of a stage with its outcomes, which have each event first."""

    def __init__(self, stage: Stage, clock: Clock, **given: object) -> None:
        options: dict[str, object] = {"budget": 1_360_000, "slots": 8, "emulated": False, **given}
        self.outcomes = Outcomes(stage.planned.plan.steps, stage.models)
        super().__init__(self.outcomes, stage.rate, clock=clock, **options)  # type: ignore[arg-type]

    def take(self, event: Event) -> None:
        self.outcomes.take(event)
        super().take(event)


def drawn(view: Monitor, width: int, height: int = 40) -> str:
    console = Console(file=io.StringIO(), width=width, height=height, force_terminal=True, no_color=True)
    with console.capture() as found:
        console.print(view, end="")
    text = "\n".join(line.rstrip() for line in _plain(found.get()).split("\n"))
    assert all(cell_len(line) <= width for line in text.split("\n"))
    return text


def _plain(text: str) -> str:
    return Text.from_ansi(text).plain


def play(view: Monitor, clock: Clock, events: Iterable[Event], until: int) -> None:
    """Takes events up to a second of the run."""
    for event in events:
        minutes, seconds = event.at[14:19].split(":")
        second = 60 * int(minutes) + int(seconds)
        if second > until:
            break
        clock.now = 1000.0 + second
        view.take(event)
    clock.now = 1000.0 + until


@pytest.mark.parametrize("second", [0, 40, 66, 95])
def test_what_is_drawn(stage: Stage, expect: Callable[[Path, str], None], second: int) -> None:
    clock = Clock()
    view = Watched(stage, clock)
    play(view, clock, everything(stage), second)
    shown = "\n".join(f"--- {width} columns\n{drawn(view, width)}" for width in (80, 160))
    expect(EXPECTED / f"live-{second}.txt", shown)


def test_counts_are_colored_by_what_they_mean(stage: Stage) -> None:
    """Of the whole run: saved is green, a doubt magenta, what failed or is held red; all others are plain."""
    clock = Clock()
    view = Watched(stage, clock)
    play(view, clock, everything(stage), 95)
    console = Console(file=io.StringIO(), width=160, height=40, force_terminal=True, color_system="standard")
    with console.capture() as found:
        console.print(view, end="")
    said = {f"\x1b[{color}m": word for color, word in (("31", "red"), ("32", "green"), ("35", "magenta"))}
    shown = re.findall(r"(\x1b\[3\dm)  \d+ (saved|failed|held|in doubt|running|waiting|reused)", found.get())
    assert {(word, said[color]) for color, word in shown} == {
        ("saved", "green"), ("failed", "red"), ("held", "red"), ("in doubt", "magenta"),
    }  # fmt: skip


def test_of_hundreds_only_what_is_under_way_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    labels = ", ".join(f"v{i:03d}" for i in range(400))
    stage = staged(
        tmp_path,
        "seedspec: 1\nname: many\nmodel: seedance-2.0-reference-to-video\n"
        "references: {cup: {image: https://cdn.example.com/cup.webp}}\n"
        f"matrix: {{axes: {{variant: [{labels}]}}}}\n"
        "shots: [{id: open, prompt: \"{{ ref('cup') }} {{ variant }}\"}]\n",
    )
    clock = Clock()
    view = Watched(stage, clock, budget=None, emulated=True)
    view.take(RunStarted("many", 400, 400, 0, 0, "2026-11-23T07:00:00Z"))
    for number in range(200):
        address = f"open@variant=v{number:03d}/1"
        view.take(stage.submitting(address, 0))
        view.take(stage.submitted(address, 0))
        if number < 150:
            view.take(stage.saved(address, 0))
    clock.now += 15
    lines = drawn(view, 80, height=24).split("\n")
    assert lines[:2] == ["", "  > open@variant=v150/1  ━━━─────────        0:45 to go"]
    assert lines[-5:] == [
        "  … and 35 more under way",
        "  ━━━━──────── 150 of 400  150 saved  50 running  200 waiting",
        "  would cost 13,500.00 credits ($198.53)",
        "  0:15 gone, about 29:41 to go by the service's estimates",
        "",
    ]
    assert len(lines) <= 22


def test_long_addresses_keep_what_tells_them_apart() -> None:
    long = "open@look=noir,hook=question,season=monsoon,aspect_ratio=9:16/1"
    assert shorten_to_cells(long, 38) == "open@look=no…nsoon,aspect_ratio=9:16/1"
    assert shorten_to_cells(long, 63) == long
    assert cell_len(shorten_to_cells("开场" * 30, 21)) <= 21


def test_lines_of_what_goes_well_fit_the_terminal(stage: Stage) -> None:
    for width, whole in ((40, False), (160, True)):
        stream, clock = io.StringIO(), Clock()
        console = Console(file=stream, width=width, height=30, force_terminal=True, no_color=True)
        with live(console, Watched(stage, clock)) as show:
            for event in everything(stage):
                show(event)
        lines = [line for line in _plain(stream.getvalue()).splitlines() if line.startswith(("  + ", "  > ", "  = "))]
        assert lines and all(cell_len(line) <= width for line in lines)
        assert any("renders/lane@hour=dawn_take1.mp4" in line for line in lines) is whole


def test_what_an_earlier_run_bought_counts(stage: Stage) -> None:
    stage.keep(LANE[0], "saved", file="renders/a.mp4", sha256="0" * 64, units=300000, task="t1")
    stage.keep(LANE[1], "running", task="t2", units=310000)
    clock = Clock()
    view = Watched(stage.again(), clock)
    view.take(RunStarted("x", 6, 4, 1, 0, "2026-11-23T07:00:00Z"))
    view.take(Progressed(LANE[1], stage.fp(LANE[1]), "t2", 55, "2026-11-23T07:00:01Z"))
    assert drawn(view, 80) == (
        "\n"
        "  > lane@hour=dawn/2  ━━━━━━━─────  55 %                  image 1，清晨薄雾，冷…\n"
        "  ━━────────── 1 of 6  1 reused  1 running  4 waiting\n"
        "  spent 31.00 of the budget's 136.00 credits ($0.46 of $2.00)\n"
        "  0:00 gone\n"
    )


def test_a_request_that_was_not_taken_is_not_spent(stage: Stage) -> None:
    clock = Clock()
    view = Watched(stage, clock)
    view.take(stage.submitting(LANE[0], 0))
    assert "+ lane@hour=dawn/1" in drawn(view, 80) and "spent 31.39 of" in drawn(view, 80)
    view.take(Deferred(LANE[0], stage.fp(LANE[0]), 1, "throttled", "slow down", 5.0, "2026-11-23T07:00:00Z"))
    assert "lane@" not in drawn(view, 80) and "spent 0.00 of" in drawn(view, 80)


def test_what_this_run_gives_up_or_will_not_buy_is_not_finished(stage: Stage) -> None:
    view = Watched(stage, Clock())
    view.take(stage.submitting(LANE[0], 0))
    view.take(stage.submitted(LANE[0], 1))
    view.take(stage.submitting(LANE[1], 1))
    view.take(Delayed(LANE[0], stage.fp(LANE[0]), "poll", "no answer", None, "2026-11-23T07:00:02Z"))
    view.take(Stopped("key", "the key is refused", 5, "2026-11-23T07:00:03Z"))
    view.take(Deferred(LANE[1], stage.fp(LANE[1]), 1, "refused", "no", 5.0, "2026-11-23T07:00:04Z"))
    text = drawn(view, 80)
    assert "0 of 6  6 not finished" in text and "lane@" not in text


def test_the_view_and_the_reports_tell_the_same(stage: Stage) -> None:
    """A request without an answer is under way while the run goes on, and in doubt once it is over."""
    view = Watched(stage, Clock())
    view.take(stage.submitting(LANE[0], 0))
    assert "sending" in drawn(view, 80) and "1 running" in drawn(view, 80)
    assert [o.address for o in view.outcomes.of(End.DOUBT)] == [LANE[0]]
    view.take(stage.submitted(LANE[0], 1))
    assert "1 running" in drawn(view, 80) and [o.address for o in view.outcomes.of(End.RUNNING)] == [LANE[0]]


def test_an_end_that_was_asked_for_is_said(stage: Stage) -> None:
    view = Watched(stage, Clock(), ending=lambda: True)
    assert drawn(view, 80).endswith("  ending: nothing new is submitted, the answer under way is awaited\n")


def test_letters_alone_where_the_terminal_has_no_others(stage: Stage) -> None:
    clock = Clock()
    view = Watched(stage, clock)
    play(view, clock, everything(stage), 40)
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii", errors="replace")
    console = Console(file=stream, width=100, height=30, force_terminal=True, no_color=True)
    console.print(view)
    stream.flush()
    shown = stream.buffer.getvalue().decode()  # type: ignore[attr-defined]
    assert "#####-------  40 %" in _plain(shown)


def test_lines_stand_above_and_the_view_leaves_no_trace(stage: Stage) -> None:
    stream, clock = io.StringIO(), Clock()
    console = Console(file=stream, width=100, height=30, force_terminal=True)
    with live(console, Watched(stage, clock)) as show:
        for event in everything(stage):
            show(event)
    written = stream.getvalue()
    assert written.count("\x1b[?25l") == written.count("\x1b[?25h") == 1
    assert _screen(written, 30)[:4] == [
        "  + lane@hour=dawn/1",
        "  > lane@hour=dawn/1  task-lane-hour-dawn-1",
        "  + lane@hour=dusk/1",
        "  > lane@hour=dusk/1  task-lane-hour-dusk-1",
    ]
    assert _screen(written, 30)[-1].startswith("  ■ nothing more is submitted: `lane@hour=dusk/2` may cost 31")
    assert "\x1b[31m ‮" not in written  # what the service says steers no terminal


def _screen(written: str, height: int) -> list[str]:
    """What a terminal shows of lines, cursor-ups and erased lines."""
    lines, row = [""], 0
    for part in re.findall(r"\x1b\[[?0-9;]*[A-Za-z]|[\r\n]|[^\x1b\r\n]+", written):
        if part == "\n":
            row += 1
            lines += [""] * (row + 1 - len(lines))
        elif part.endswith("A") and part[0] == "\x1b":
            row -= int(part[2:-1])
        elif part.endswith("K") and part[0] == "\x1b":
            lines[row] = ""
        elif part[0] not in "\x1b\r":
            lines[row] += part
    return [line.rstrip() for line in lines if line.strip()]


@pytest.mark.parametrize(
    ("seconds", "said"), [(0, "0:00"), (-3, "0:00"), (38.2, "0:38"), (725, "12:05"), (3753, "1:02:33")]
)
def test_lengths_of_time(seconds: float, said: str) -> None:
    assert length(seconds) == said


def test_what_is_over_its_estimate_says_so(stage: Stage) -> None:
    clock = Clock()
    view = Watched(stage, clock)
    view.take(stage.submitting(POUR[0], 0))
    view.take(stage.submitted(POUR[0], 0, 20.0))
    clock.now += 20.4
    assert "due" in drawn(view, 80)
    clock.now += 12
    assert "0:12 over" in drawn(view, 80)


def test_nothing_that_is_shown_steers_the_terminal(stage: Stage) -> None:
    """A name or a word from elsewhere stands as its escapes, in the rows and in the lines above them."""
    out = io.StringIO()
    console = Console(file=out, width=120, height=40, force_terminal=True, no_color=True)
    view = Watched(stage, Clock())
    evil = "x\x1b]0;PWN\x07\x9b31m\u202ey"
    with live(console, view) as show:
        show(Failed(evil, stage.fp(LANE[0]), 1, None, evil, evil, "asked", "2026-11-23T07:00:00Z"))
        show(stage.submitting(LANE[1], 1))
        show(Submitted(evil, stage.fp(LANE[1]), 1, "task-1", 1.0, 60.0, "2026-11-23T07:00:00Z"))
        show(Stopped(evil, evil, 7, "2026-11-23T07:00:00Z"))
        text = out.getvalue() + drawn(view, 120)
    assert "\\u001b" in text and not {"\x07", "\x9b", "\u202e"} & set(text) and "\x1b]0" not in text
