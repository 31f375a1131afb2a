"""A run as lines of text: one steady line an event, and at the end a table of what there is and what it cost."""

from __future__ import annotations

from typing import assert_never

from seedspec.catalog.price import Cost, Rate
from seedspec.lock.event import Event
from seedspec.lock.purchase_events import (
    Adopted,
    Completed,
    Deferred,
    Doubted,
    Failed,
    Saved,
    Stuck,
    Submitted,
    Submitting,
    Weighed,
)
from seedspec.lock.run_events import (
    Archived,
    BoughtElsewhere,
    Compared,
    Delayed,
    Held,
    Progressed,
    RunFinished,
    RunStarted,
    Skipped,
    Stopped,
    Unrecorded,
    Uploaded,
)
from seedspec.plan.command_hint import CommandHint
from seedspec.report import expected
from seedspec.report.money import both, cost_of_bought, credits, dollars
from seedspec.report.outcome import End, Outcome, Outcomes
from seedspec.report.plan import BARE
from seedspec.report.table import columns, cut

_ALWAYS = ("bought", "saved", "reused", "failed", "running", "in doubt")
_MOST_LOST = 20
_SIGNS = {End.DOUBT: "?", End.FAILED: "!", End.HELD: "!"}
_EXIT_WORDS = {
    0: "",
    1: "some entries failed",
    4: "stopped by the budget",
    5: "stopped: key, permission or balance",
    6: "the lock could not be written: nothing more was bought",
    7: "not finished: run again",
    8: "at least one purchase is in doubt: nothing of it is sent again before it is settled",
    9: "a saved video is not what the storyboard expects; whoever wants it all the same picks it",
    130: "interrupted: run again to go on, nothing is bought twice",
}


_SKIPPED = {
    "doubt": "  ? {}  in doubt since an earlier run",
    "stuck": "  ? {}  without an end in sight since an earlier run; it is looked at once",
    "occupied": "  ! {}  a file the lock does not know stands in the way",
}


def line(event: Event, commands: CommandHint = BARE) -> str | None:
    """One line for an event, or None for one that deserves none; its files are as `commands` shows them."""
    match event:
        case Skipped():  # a run with nothing to do has one for each entry
            return _SKIPPED[event.reason].format(event.entry) if event.reason in _SKIPPED else None
        case Uploaded():
            done = "there already" if event.reused else "uploaded"
            return f"  ↑ {commands.path(event.path)}  {done}, good until {event.until}"
        case Archived():
            return f"  ↑ {event.entry}  {commands.path(event.path)} is in the bucket"
        case Submitting():
            return f"  + {event.entry}" + (f"  attempt {event.attempt}" if event.attempt > 1 else "")
        case Submitted():
            found = f"  found: it shows {event.found['what']}" if event.found else ""
            return f"  > {event.entry}  {event.task}{found}"
        case Deferred():
            wait = f", again in {_seconds(event.wait)}" if event.wait else ""
            return f"  ~ {event.entry}  not taken ({event.code}: {cut(event.message, 80)}){wait}"
        case Completed():
            return f"  v {event.entry}  made; kept there until {event.results_until}"
        case Saved():
            return f"  = {event.entry}  {commands.path(event.file)}"
        case Failed():
            hint = {"again": "tried again by itself", "change": "the request must change"}.get(event.then, "")
            return f"  ! {event.entry}  failed, {event.code}: {cut(event.message, 100)}" + (
                f" ({hint})" if hint else ""
            )
        case Doubted():
            return f"  ? {event.entry}  in doubt: {cut(event.reason, 120)}"
        case Stuck():
            return f"  ? {event.entry}  {event.task} has no end in sight; the service says: {cut(event.word, 100)}"
        case Delayed():
            wait = f"again in {_seconds(event.wait)}" if event.wait is not None else "given up for this run"
            return f"  … {event.entry}  {event.step}: {cut(event.reason, 100)}; {wait}"
        case Held():
            return f"  ! {event.entry}  held: {event.upstream}: {event.reason}"
        case BoughtElsewhere(gone=True):
            return f"  ? {event.entry}  in doubt: sent by {event.runner}, which has ended without an answer"
        case BoughtElsewhere():
            return f"  > {event.entry}  {_elsewhere(event)} by {event.runner}"
        case Compared():
            return f"  ! {event.entry}  {said}" if (said := expected.short(event)) else None
        case Stopped():
            return f"  ■ {event.lead}: {cut(event.message, 160)}"
        case Unrecorded():
            return f"  ■ {event.message}" if event.message else "  ■ the disk takes the lock again; it lacks nothing"
        case RunStarted() | Progressed() | RunFinished() | Weighed() | Adopted():
            return None
        case _:
            assert_never(event)


def _elsewhere(event: BoughtElsewhere) -> str:
    words = {"submitting": "being sent", "queued": "not taken, asked for", "doubt": "in doubt, sent"}
    return words.get(event.state, "bought")


def _seconds(wait: float) -> str:
    return f"{wait:.0f} s" if wait >= 10 else f"{wait:.1f} s"


def summary(found: Outcomes, rate: Rate, *, emulated: bool, most: int = 60) -> list[str]:
    """What was saved, each with its facts and its cost; what was not, and why; the sums, always all of them.

    The file's name stands last, where it may be long: on a narrow terminal the figures before it stay in columns.
    """
    saved = found.of(End.SAVED)
    rows = (_row(o, rate, found.commands) for o in saved[:most])
    out = columns([("size", "length", "credits", "", "video"), *rows], right=(1, 2, 3)) if saved else []
    if len(saved) > most:
        out.append(f"… and {len(saved) - most} more")
    mismatches = [(o, s) for o in saved for s in o.mismatches]
    out += [f"warning: {o.address}: {s}" for o, s in mismatches[:_MOST_LOST]]
    if len(mismatches) > _MOST_LOST:
        out.append(f"… and {len(mismatches) - _MOST_LOST} more warnings; {found.commands.line('status')} has them all")
    out += expected.lines(found.compared, found.commands, _MOST_LOST)
    lost = found.of(End.DOUBT, End.FAILED, End.HELD)
    out += [f"{_SIGNS[o.end]} {o.address}  {o.end}: {cut(_why(o), 120)}{_remedy(o, found)}" for o in lost[:_MOST_LOST]]
    if len(lost) > _MOST_LOST:
        out.append(f"… and {len(lost) - _MOST_LOST} more without a video")
    done = found.finished
    if done is None:
        return out
    words = {
        "bought": done.bought,
        "saved": done.saved,
        "reused": done.reused,
        "of them not on this disk": done.missing,
        "failed": done.failed,
        "held": done.held,
        "running": done.running,
        "waiting": done.waiting,
        "bought and to be fetched": done.to_fetch,
        "in doubt": done.doubt,
        "not as expected": done.unmet,
        "not measured": done.not_measured,
    }
    out.append(", ".join(f"{n} {word}" for word, n in words.items() if n or word in _ALWAYS))
    if done.missing:
        which = found.commands.line("status")
        out.append(f"the service keeps no copy of those any more: {which} says what to do")
    estimate = both(cost_of_bought(done.units, rate, done.bought), rate)
    if emulated:
        out.append(f"would have cost {estimate} at most; the emulator charges nothing")
    else:
        stated = round(done.credits * rate.units_per_credit)
        out.append(f"estimate {estimate} at most; the service stated {both(Cost(stated, stated), rate)}")
    if meaning := _meaning(found, done):
        out.append(meaning + (f"; {found.commands.line('settle')} lists the commands" if done.doubt else ""))
    return out


def _meaning(found: Outcomes, done: RunFinished) -> str:
    """What an exit code says in words."""
    if done.exit == 6 and any(why.code == "ledger" for why in found.stops.values()):
        return "the shared ledger lacks what this run knows, or is no more what it was: nothing more was bought"
    return _EXIT_WORDS.get(done.exit, "")


def _remedy(outcome: Outcome, found: Outcomes) -> str:
    return f"; {found.commands.on('settle', outcome.address)}" if outcome.end is End.DOUBT else ""


def _row(outcome: Outcome, rate: Rate, commands: CommandHint) -> tuple[str, ...]:
    video = outcome.video
    assert video is not None  # it is saved
    cost = cost_of_bought(outcome.units, rate) if outcome.units is not None else None
    money = (credits(cost, rate), dollars(cost, rate)) if cost else ("", "")
    return video.size, video.length or f"{video.bytes / 1e6:.1f} MB", *money, commands.path(outcome.file)


def _why(outcome: Outcome) -> str:
    code = "" if outcome.end in (End.HELD, End.DOUBT) else f"{outcome.why.code}: "
    return code + outcome.why.message
