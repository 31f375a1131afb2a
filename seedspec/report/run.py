"""A run as lines of text: one steady line an event, and at the end a table of what there is and what it cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from seedspec.compiler.price import Cost, Rate
from seedspec.plan.event import (
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
    Submitted,
    Submitting,
    Uploaded,
)
from seedspec.report.money import both, credits, dollars
from seedspec.report.table import columns, cut

_EXIT_WORDS = {
    0: "",
    1: "some entries failed",
    4: "stopped by the budget",
    5: "stopped: key, permission or balance",
    7: "not finished: run again",
    8: "at least one purchase is in doubt: nothing of it is sent again before it is settled",
    130: "interrupted: run again to go on, nothing is bought twice",
}


def line(event: Event) -> str | None:
    """One line for an event, or None for one that deserves none."""
    match event:
        case Uploaded():
            return f"  ↑ {event.path}  at the service until {event.until}"
        case Submitting():
            return f"  + {event.entry}" + (f"  attempt {event.attempt}" if event.attempt > 1 else "")
        case Submitted():
            return f"  > {event.entry}  {event.task}"
        case Deferred():
            wait = f", again in {_seconds(event.wait)}" if event.wait else ""
            return f"  ~ {event.entry}  not taken ({event.code}: {cut(event.message, 80)}){wait}"
        case Completed():
            return f"  v {event.entry}  made; kept there until {event.results_until}"
        case Saved():
            return f"  = {event.entry}  {event.file}"
        case Failed():
            hint = {"again": "tried again by itself", "change": "the request must change"}.get(event.then, "")
            return f"  ! {event.entry}  failed, {event.code}: {cut(event.message, 100)}" + (
                f" ({hint})" if hint else ""
            )
        case Doubted():
            return f"  ? {event.entry}  in doubt: {cut(event.reason, 120)}"
        case Delayed():
            wait = f"again in {_seconds(event.wait)}" if event.wait is not None else "given up for this run"
            return f"  … {event.entry}  {event.step}: {cut(event.reason, 100)}; {wait}"
        case Held():
            return f"  ! {event.entry}  held: {event.upstream}: {event.reason}"
        case Stopped():
            return f"  ■ nothing more is submitted: {cut(event.message, 160)}"
        case Skipped(reason="doubt"):
            return f"  ? {event.entry}  in doubt since an earlier run"
        case Skipped(reason="occupied"):
            return f"  ! {event.entry}  a file the lock does not know stands in the way"
        case RunStarted() | Skipped() | Progressed() | RunFinished():
            return None


def _seconds(wait: float) -> str:
    return f"{wait:.0f} s" if wait >= 10 else f"{wait:.1f} s"


@dataclass(slots=True)
class Summary:
    """Folds the events of a run into the table at its end, in the given order of fingerprints."""

    rate: Rate
    emulated: bool
    order: Mapping[str, int]
    _saved: list[Saved] = field(default_factory=list)
    _cost: dict[str, int] = field(default_factory=dict)
    _charged: dict[str, float] = field(default_factory=dict)
    _finished: RunFinished | None = None

    def take(self, event: Event) -> None:
        match event:
            case Submitting():
                self._cost[event.fp] = event.units
            case Submitted() | Completed():
                if event.credits is not None:
                    self._charged[event.fp] = event.credits
            case Saved():
                self._saved.append(event)
            case RunFinished():
                self._finished = event
            case _:
                pass

    def lines(self, most: int = 60) -> list[str]:
        """The saved videos with their facts and their cost, the sums, and what the exit code means."""
        self._saved.sort(key=lambda e: self.order.get(e.fp, 0))
        out = columns(
            [("video", "size", "length", "credits", ""), *map(self._row, self._saved[:most])], right=(2, 3, 4)
        ) if self._saved else []  # fmt: skip
        if len(self._saved) > most:
            out.append(f"… and {len(self._saved) - most} more")
        done = self._finished
        if done is None:
            return out
        words = {
            "bought": done.bought,
            "saved": done.saved,
            "reused": done.reused,
            "failed": done.failed,
            "held": done.held,
            "running": done.running,
            "waiting": done.waiting,
            "in doubt": done.doubt,
        }
        always = ("bought", "saved", "reused", "failed", "in doubt")
        out.append(", ".join(f"{n} {word}" for word, n in words.items() if n or word in always))
        if done.bought:
            estimate = both(Cost(done.units, done.units), self.rate)
            if self.emulated:
                out.append(f"would have cost {estimate} at most; the emulator charges nothing")
            else:
                out.append(f"estimate {estimate} at most; the service stated {done.credits:,.2f} credits")
        if meaning := _EXIT_WORDS.get(done.exit, ""):
            out.append(meaning)
        return out

    def _row(self, event: Saved) -> tuple[str, ...]:
        size = f"{event.width}×{event.height}" if event.width else ""
        length = f"{event.seconds:.1f} s" if event.seconds else f"{event.bytes / 1e6:.1f} MB"
        units = self._cost.get(event.fp)
        cost = Cost(units, units) if units is not None else None
        money = (credits(cost, self.rate), dollars(cost, self.rate)) if cost else ("", "")
        return event.file, size, length, *money
