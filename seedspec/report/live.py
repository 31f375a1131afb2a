"""A run as it is watched on a terminal: a fold over events that draws what is under way, the sums and the money."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import assert_never

from rich.console import Console, ConsoleOptions, RenderResult
from rich.live import Live
from rich.text import Text

from seedspec.catalog.price import Cost, Rate
from seedspec.lock.event import (
    Adopted,
    Completed,
    Deferred,
    Delayed,
    Doubted,
    Event,
    Failed,
    Held,
    Progressed,
    RunFinished,
    RunStarted,
    Saved,
    Skipped,
    Stopped,
    Stuck,
    Submitted,
    Submitting,
    Unrecorded,
    Uploaded,
    Weighed,
)
from seedspec.lock.state import BOUGHT, FOLLOWED
from seedspec.plan.plan import BUYS, Action, Step
from seedspec.plan.reason import Twin
from seedspec.report.money import credits, dollars
from seedspec.report.run import line
from seedspec.report.table import cut, shortened
from seedspec.text.visible import visible

_MOST_ROWS = 24
_FEWEST_ROWS = 3
_ORDER = ("saved", "reused", "in doubt", "failed", "held", "running", "waiting", "not finished")
_STYLES = {"failed": "red", "held": "red", "in doubt": "magenta", "saved": "green"}
_ROUTINE = (Submitting, Submitted, Completed, Saved)
_LINES: dict[type, str] = {
    Saved: "green",
    Failed: "red",
    Held: "red",
    Doubted: "magenta",
    Stuck: "magenta",
    Stopped: "red",
    Unrecorded: "red",
}
_SIGNS = {"sending": "+", "running": ">", "saving": "v"}
_BEGINS = {
    Action.RESUME: "running", Action.FETCH: "running", Action.DONE: "reused",
    Action.FAILED: "failed", Action.DOUBT: "in doubt",
}  # fmt: skip


@dataclass(slots=True)
class _Row:
    """A purchase under way: what is known of it, and the clock at which the service took it."""

    address: str
    prompt: str
    word: str
    percent: int | None = None
    since: float | None = None
    estimate: float | None = None


class Monitor:
    """Folds the events of a run into a picture of it; drawing it changes nothing, and may come from another thread.

    `budget` is in 1/10,000 credit; `slots` are the tasks that may be at the service at one time; `clock` gives
    seconds that never go back; `ending` tells whether the run was asked to end.
    """

    def __init__(
        self,
        steps: Sequence[Step],
        rate: Rate,
        *,
        budget: int | None,
        slots: int,
        emulated: bool,
        clock: Callable[[], float],
        ending: Callable[[], bool] = lambda: False,
    ) -> None:
        self._rate, self._budget, self._slots, self._emulated = rate, budget, slots, emulated
        self._clock, self._ending = clock, ending
        self._begun = clock()
        self._lock = threading.Lock()
        self._states: dict[str, str] = {}
        self._rows: dict[str, _Row] = {}
        self._strays: dict[tuple[str, int], str] = {}
        self._prompts: dict[str, str] = {}
        self._tasks: dict[str, str] = {}
        self._reserved: dict[str, int] = {}
        self._estimates: list[float] = []
        self._stopped = ""
        for step in steps:
            self._admit(step)

    def take(self, event: Event) -> None:
        with self._lock:
            self._take(event)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        with self._lock:
            yield from self._drawn(options.max_width, console.height, plain=options.ascii_only)

    # --- what has happened ---

    def _admit(self, step: Step) -> None:
        record, name = step.record, step.fp
        if isinstance(step.reason, Twin):
            return
        if step.entry is None:
            if record is None or record.state not in FOLLOWED:
                return
            name = self._strays[step.fp, record.attempt] = f"{step.fp}/{record.attempt}"
        self._prompts[name] = str(step.entry.request.get("prompt", "")) if step.entry is not None else ""
        self._states[name] = "waiting" if step.action in BUYS else _BEGINS.get(step.action, "running")
        if self._states[name] == "running":
            self._rows[name] = _Row(visible(step.address), self._prompts[name], "running")
            if record is not None and record.task:
                self._tasks[record.task] = name
        if record is not None and record.state in BOUGHT and step.action not in (Action.DONE, *BUYS):
            self._reserved[name] = record.get("units") or (step.entry.cost.high if step.entry else 0)

    def _take(self, event: Event) -> None:
        match event:
            case RunStarted(to_buy=0):
                self._states = {k: "not finished" if v == "waiting" else v for k, v in self._states.items()}
            case Skipped(reason="occupied"):
                self._states[event.fp] = "held"
            case Submitting():
                name = self._move(event.fp, event.attempt, "sending", event.entry)
                self._reserved[name] = event.units
            case Submitted():
                name = self._move(event.fp, event.attempt, "running", event.entry)
                row = self._rows[name]
                row.since, row.estimate = self._clock(), event.estimated_seconds
                if event.estimated_seconds:
                    self._estimates.append(event.estimated_seconds)
            case Progressed():
                if (found := self._rows.get(self._tasks.get(event.task, event.fp))) is not None:
                    found.percent = event.percent
            case Completed():
                self._move(event.fp, event.attempt, "saving", event.entry)
            case Saved():
                self._move(event.fp, event.attempt, "saved")
            case Failed():
                self._reserved.pop(self._move(event.fp, event.attempt, "failed"), None)
            case Deferred():
                self._reserved.pop(self._move(event.fp, event.attempt, "waiting"), None)
            case Doubted() | Stuck():
                self._move(event.fp, event.attempt, "in doubt")
            case Held():
                self._states[event.fp] = "held"
            case Delayed(wait=None):
                if event.fp in self._rows:
                    self._move(event.fp, 0, "not finished")
            case Stopped():
                self._stopped = self._stopped or event.message
                self._states = {k: "not finished" if v == "waiting" else v for k, v in self._states.items()}
            case (
                Delayed() | Skipped() | Uploaded() | Weighed() | Adopted() | Unrecorded() | RunStarted() | RunFinished()
            ):
                pass  # the picture of no entry changes
            case _:
                assert_never(event)

    def _move(self, fp: str, attempt: int, word: str, address: str = "") -> str:
        name = self._strays.get((fp, attempt), fp)
        self._states[name] = word
        if not address:
            self._rows.pop(name, None)
        elif name in self._rows:
            self._rows[name].word = word
        else:
            self._rows[name] = _Row(visible(address), self._prompts.get(name, ""), word)
        return name

    # --- what is to be seen of it ---

    def _drawn(self, width: int, height: int, *, plain: bool) -> Iterator[Text]:
        now = self._clock()
        rows = list(self._rows.values())
        room = max(_FEWEST_ROWS, min(height - 8, _MOST_ROWS))
        shown = rows if len(rows) <= room else rows[: room - 1]
        wide = max((len(r.address) for r in shown), default=0)
        wide = min(wide, max(20, width - 42), width // 2)
        bar = 12 if width < 120 else 24
        yield Text("")
        for row in shown:
            yield self._line(row, now, width, address=wide, bar=bar, plain=plain)
        if len(rows) > len(shown):
            yield Text(f"  … and {len(rows) - len(shown)} more under way", style="dim")
        yield self._counts(width, bar=bar, plain=plain)
        yield _said(self._money(), width)
        yield _said(self._times(now), width, style="dim")
        if self._ending():
            yield _said("ending: nothing new is submitted, the answer under way is awaited", width, style="yellow")
        elif self._stopped:
            yield _said(f"nothing more is submitted: {self._stopped}", width, style="red")

    def _line(self, row: _Row, now: float, width: int, *, address: int, bar: int, plain: bool) -> Text:
        text = Text(no_wrap=True, overflow="crop")
        text.append(f"  {_SIGNS[row.word]} ", style="cyan")
        text.append(shortened(row.address, address).ljust(address))
        text.append("  ")
        _bar(text, _share(row, now), bar, plain=plain)
        said = f"{row.percent:3d} %" if row.percent is not None and row.word == "running" else "     "
        text.append(f" {said}  {_left(row, now):<14}")
        if (room := width - text.cell_len - 2) >= 20:
            text.append("  " + cut(row.prompt, room), style="dim")
        text.rstrip()
        return text

    def _counts(self, width: int, *, bar: int, plain: bool) -> Text:
        found = Counter("running" if v in ("sending", "saving") else v for v in self._states.values())
        total, done = len(self._states), found["saved"] + found["reused"]
        text = Text("  ", no_wrap=True, overflow="crop")
        _bar(text, done / total if total else 1.0, bar, plain=plain)
        text.append(f" {done} of {total}", style="bold")
        for word in _ORDER:
            if found[word]:
                text.append(f"  {found[word]} {word}", style=_STYLES.get(word, ""))
        text.truncate(width, overflow="ellipsis")
        return text

    def _money(self) -> str:
        units = sum(self._reserved.values())
        spent = Cost(units, units)
        sums = (credits(spent, self._rate), dollars(spent, self._rate))
        verb = "would cost" if self._emulated else "spent"
        if self._budget is None:
            return f"{verb} {sums[0]} credits ({sums[1]})"
        ceiling = Cost(self._budget, self._budget)
        of = (credits(ceiling, self._rate), dollars(ceiling, self._rate))
        return f"{verb} {sums[0]} of the budget's {of[0]} credits ({sums[1]} of {of[1]})"

    def _times(self, now: float) -> str:
        gone = f"{length(now - self._begun)} gone"
        if not self._estimates:
            return gone
        found = Counter(self._states.values())
        usual = sum(self._estimates) / len(self._estimates)
        running = [_remaining(r, now) for r in self._rows.values() if r.word != "saving"]
        left = [usual if seconds is None else max(seconds, 0.0) for seconds in running]
        together = max(1, min(self._slots, len(left) + found["waiting"]))
        whole = max([(sum(left) + usual * found["waiting"]) / together, *left])
        return f"{gone}, about {length(whole)} to go by the service's estimates" if whole >= 1 else gone


class _Picture:
    """The monitor as it is drawn: a fault of it is kept, since the thread that draws could tell nobody."""

    def __init__(self, monitor: Monitor) -> None:
        self._monitor = monitor
        self.fault: Exception | None = None

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        if self.fault is None:
            try:
                yield from self._monitor.__rich_console__(console, options)
            except Exception as error:
                self.fault = error


@contextmanager
def live(console: Console, monitor: Monitor) -> Iterator[Callable[[Event], None]]:
    """The monitor at the foot of a terminal, with a steady line an event above it; gone without a trace at the end.

    What goes well takes one line of the terminal, cut where it must be; what does not is said in full. The function
    it gives takes each event, also into the monitor; it raises what the monitor raised when it was drawn.
    """
    picture = _Picture(monitor)

    def show(event: Event) -> None:
        if picture.fault is not None:
            raise picture.fault
        monitor.take(event)
        if (said := line(event)) is not None:
            text = Text(visible(said), style=_LINES.get(type(event), ""))
            if isinstance(event, _ROUTINE):
                text.truncate(console.width, overflow="ellipsis")
            console.print(text, soft_wrap=True, highlight=False)

    # The streams are not redirected: what others write to them is theirs.
    with Live(
        picture, console=console, transient=True, refresh_per_second=4, redirect_stdout=False, redirect_stderr=False
    ):
        yield show


def length(seconds: float) -> str:
    """A length of time as people read it: `0:38`, `12:05`, `1:02:33`."""
    whole = max(0, round(seconds))
    hours, rest = divmod(whole, 3600)
    return f"{hours}:{rest // 60:02d}:{rest % 60:02d}" if hours else f"{rest // 60}:{rest % 60:02d}"


def _said(text: str, width: int, style: str = "") -> Text:
    return Text("  " + cut(text, width - 2), style=style)


def _left(row: _Row, now: float) -> str:
    if row.word != "running":
        return row.word
    seconds = _remaining(row, now)
    if seconds is None:
        return ""
    return f"{length(seconds)} to go" if seconds > 0 else f"{length(-seconds)} over" if seconds <= -1 else "due"


def _share(row: _Row, now: float) -> float:
    """How full a purchase's bar is: by what the service says, or by its estimate as long as it says nothing."""
    if row.word != "running":
        return float(row.word == "saving")
    left = _remaining(row, now)
    if row.percent is not None or left is None or not row.estimate:
        return (row.percent or 0) / 100
    return min(1 - left / row.estimate, 0.95)


def _remaining(row: _Row, now: float) -> float | None:
    """Seconds to go by the service's estimate, below zero when that has passed; None without one."""
    if row.since is None or not row.estimate:
        return None
    return row.estimate - (now - row.since)


def _bar(text: Text, share: float, cells: int, *, plain: bool) -> None:
    full = round(min(max(share, 0.0), 1.0) * cells)
    text.append(("#" if plain else "━") * full, style="cyan")
    text.append(("-" if plain else "─") * (cells - full), style="dim")
