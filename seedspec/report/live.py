"""A run as it is watched on a terminal: it draws what the outcomes say is under way, the sums and the money."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console, ConsoleOptions, RenderResult
from rich.live import Live
from rich.text import Text

from seedspec.catalog.price import Cost, Rate
from seedspec.lock.event import Event
from seedspec.lock.purchase_events import Completed, Doubted, Failed, Saved, Stuck, Submitted, Submitting
from seedspec.lock.run_events import Held, Stopped, Unrecorded
from seedspec.report.money import cost_of_bought, credits, dollars
from seedspec.report.outcome import End, Outcome, Outcomes
from seedspec.report.run import line
from seedspec.report.table import cut, shorten_to_cells
from seedspec.text.visible import visible

_MOST_ROWS = 24
_FEWEST_ROWS = 3
_NOT_FINISHED = "not finished"
_WORDS = {
    End.SENDING: "running",
    End.SAVED: "saved",
    End.REUSED: "reused",
    End.FAILED: "failed",
    End.HELD: "held",
    End.DOUBT: "in doubt",
    End.RUNNING: "running",
    End.FETCH: "running",
    End.WAITING: "waiting",
}
_ORDER = ("saved", "reused", "in doubt", "failed", "held", "running", "waiting", _NOT_FINISHED)
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
_SIGNS = {End.SENDING: ("+", "sending"), End.RUNNING: (">", "running"), End.FETCH: ("v", "saving")}


class Monitor:
    """A picture of a run from its outcomes; of its own it has the times alone. Another thread may draw it.

    `budget` is in 1/10,000 credit; `slots` are the tasks that may be at the services at one time; `clock` gives
    seconds that never go back; `ending` tells whether the run was asked to end.
    """

    def __init__(
        self,
        outcomes: Outcomes,
        rate: Rate,
        *,
        budget: int | None,
        slots: int,
        emulated: bool,
        clock: Callable[[], float],
        ending: Callable[[], bool] = lambda: False,
    ) -> None:
        self._outcomes = outcomes
        self._rate, self._budget, self._slots, self._emulated = rate, budget, slots, emulated
        self._clock, self._ending = clock, ending
        self._begun = clock()
        self._estimates: dict[str, tuple[float, float]] = {}
        """When the service took a task, by the clock, and how many seconds it expected then."""

    def take(self, event: Event) -> None:
        """Notes how long the service expects a task to take; the outcomes have the event already."""
        if isinstance(event, Submitted) and event.estimated_seconds:
            self._estimates[event.task] = self._clock(), event.estimated_seconds

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield from self._draw(options.max_width, console.height, plain=options.ascii_only)

    def _draw(self, width: int, height: int, *, plain: bool) -> Iterator[Text]:
        now, standing = self._clock(), self._outcomes.standing
        # what was sent last stands last; what an earlier run has sent stands first
        rows = sorted((o for o in standing if o.under_way), key=lambda o: o.begun)
        room = max(_FEWEST_ROWS, min(height - 8, _MOST_ROWS))
        shown = rows if len(rows) <= room else rows[: room - 1]
        wide = max((len(visible(o.address)) for o in shown), default=0)
        wide = min(wide, max(20, width - 42), width // 2)
        bar = 12 if width < 120 else 24
        yield Text("")
        for row in shown:
            yield self._line(row, now, width, address=wide, bar=bar, plain=plain)
        if len(rows) > len(shown):
            yield Text(f"  … and {len(rows) - len(shown)} more under way", style="dim")
        counts = Counter(self._word(o) for o in standing)
        yield _sums(counts, width, bar=bar, plain=plain)
        yield _line_of(self._money(sum(o.spent for o in standing)), width)
        yield _line_of(self._times(standing, rows, counts["waiting"], now), width, style="dim")
        if self._ending():
            yield _line_of("ending: nothing new is submitted, the answer under way is awaited", width, style="yellow")
        else:
            for why in self._outcomes.stops.values():
                yield _line_of(f"{why.lead}: {why.message}", width, style="red")

    def _word(self, outcome: Outcome) -> str:
        waits = outcome.end is End.WAITING and not self._outcomes.may_buy(outcome)
        return _NOT_FINISHED if waits or outcome.given_up else _WORDS[outcome.end]

    def _line(self, row: Outcome, now: float, width: int, *, address: int, bar: int, plain: bool) -> Text:
        text = Text(no_wrap=True, overflow="crop")
        sign, word = _SIGNS[row.end]
        left = self._remaining(row, now)
        text.append(f"  {sign} ", style="cyan")
        text.append(shorten_to_cells(visible(row.address), address).ljust(address))
        text.append("  ")
        _bar(text, self._share(row, left), bar, plain=plain)
        percent = f"{row.percent:3d} %" if row.percent is not None and row.end is End.RUNNING else "     "
        text.append(f" {percent}  {_time_left(left) if row.end is End.RUNNING else word:<14}")
        if (room := width - text.cell_len - 2) >= 20 and row.step.entry is not None:
            text.append("  " + cut(str(row.step.entry.request.get("prompt", "")), room), style="dim")
        text.rstrip()
        return text

    def _money(self, units: int) -> str:
        spent = cost_of_bought(units, self._rate)
        sums = (credits(spent, self._rate), dollars(spent, self._rate))
        verb = "would cost" if self._emulated else "spent"
        if self._budget is None:
            return f"{verb} {sums[0]} credits ({sums[1]})"
        ceiling = Cost(self._budget, self._budget)
        of = (credits(ceiling, self._rate), dollars(ceiling, self._rate))
        return f"{verb} {sums[0]} of the budget's {of[0]} credits ({sums[1]} of {of[1]})"

    def _times(self, standing: list[Outcome], rows: list[Outcome], waiting: int, now: float) -> str:
        gone = f"{length(now - self._begun)} gone"
        estimates = [found[1] for o in standing if (found := self._estimates.get(o.task))]
        if not estimates:
            return gone
        usual = sum(estimates) / len(estimates)
        running = [self._remaining(o, now) for o in rows if o.end is not End.FETCH]
        left = [usual if seconds is None else max(seconds, 0.0) for seconds in running]
        together = max(1, min(self._slots, len(left) + waiting))
        whole = max([(sum(left) + usual * waiting) / together, *left])
        return f"{gone}, about {length(whole)} to go by the service's estimates" if whole >= 1 else gone

    def _remaining(self, row: Outcome, now: float) -> float | None:
        """Seconds to go by the service's estimate, below zero when that has passed; None without one."""
        if (known := self._estimates.get(row.task)) is None:
            return None
        since, seconds = known
        return seconds - (now - since)

    def _share(self, row: Outcome, left: float | None) -> float:
        """How full a purchase's bar is: by what the service says, or by its estimate as long as it says nothing."""
        if row.end is not End.RUNNING:
            return float(row.end is End.FETCH)
        if row.percent is not None or left is None:
            return (row.percent or 0) / 100
        return min(1 - left / self._estimates[row.task][1], 0.95)


def _sums(counts: Counter[str], width: int, *, bar: int, plain: bool) -> Text:
    """How many stand in which way, with a bar of those whose video is here."""
    total, done = counts.total(), counts["saved"] + counts["reused"]
    text = Text("  ", no_wrap=True, overflow="crop")
    _bar(text, done / total if total else 1.0, bar, plain=plain)
    text.append(f" {done} of {total}", style="bold")
    for word in _ORDER:
        if counts[word]:
            text.append(f"  {counts[word]} {word}", style=_STYLES.get(word, ""))
    text.truncate(width, overflow="ellipsis")
    return text


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
    it gives takes each event that the outcomes have taken; it raises what the monitor raised when it was drawn.
    """
    picture = _Picture(monitor)

    def show(event: Event) -> None:
        if picture.fault is not None:
            raise picture.fault
        monitor.take(event)
        if (event_line := line(event)) is not None:
            text = Text(visible(event_line), style=_LINES.get(type(event), ""))
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


def _line_of(text: str, width: int, style: str = "") -> Text:
    return Text("  " + cut(text, width - 2), style=style)


def _time_left(seconds: float | None) -> str:
    if seconds is None:
        return ""
    return f"{length(seconds)} to go" if seconds > 0 else f"{length(-seconds)} over" if seconds <= -1 else "due"


def _bar(text: Text, share: float, cells: int, *, plain: bool) -> None:
    full = round(min(max(share, 0.0), 1.0) * cells)
    text.append(("#" if plain else "━") * full, style="cyan")
    text.append(("-" if plain else "─") * (cells - full), style="dim")
