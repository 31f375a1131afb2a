"""A plan as text and as JSON: each step with its sign, its reason and its cost, and the sums."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from seedspec.catalog.price import Cost, Rate
from seedspec.compiler.matrix.grid import Arithmetic
from seedspec.compiler.request.ceiling import Count
from seedspec.compiler.storyboard.profile import say_profile
from seedspec.lock.age import age
from seedspec.lock.staleness import Stale
from seedspec.plan.command_hint import CommandHint
from seedspec.plan.plan import Action, Plan, Step
from seedspec.plan.reason import (
    Changed,
    Done,
    Elsewhere,
    Failure,
    Held,
    InBucket,
    InDoubt,
    InFlight,
    New,
    NotInStoryboard,
    Occupied,
    Picked,
    Reason,
    Second,
    Sending,
    Stuck,
    Twin,
    Unmet,
    Unpicked,
    Unsaved,
)
from seedspec.report.money import both, credits, dollars, is_anything, range_json, say_prices, to_the_unit
from seedspec.report.table import columns, cut, stream_columns
from seedspec.text import later

BARE = CommandHint()
"""The storyboard that commands take by themselves, as written, and its paid lock."""
_DIGEST = later.pattern(r"^((?:sha256|entry):[0-9a-f]{12})[0-9a-f]{52}$")
_COLORS = {
    Action.SUBMIT: "32", Action.CHANGE: "33", Action.RESUME: "36", Action.FETCH: "36",
    Action.DONE: "2", Action.SHARED: "2", Action.FAILED: "31", Action.DOUBT: "35", Action.ORPHAN: "2",
}  # fmt: skip
_WORDS = {
    Action.SUBMIT: "to buy",
    Action.CHANGE: "to buy again, changed",
    Action.RESUME: "in flight",
    Action.FETCH: "to fetch",
    Action.DONE: "done",
    Action.SHARED: "shared",
    Action.FAILED: "failed or held",
    Action.DOUBT: "in doubt",
    Action.ORPHAN: "in the lock only",
}


def count_entries(rows: Arithmetic | None, counts: Sequence[Count]) -> list[str]:
    """How the matrix came to its number of entries."""
    lines = []
    if rows is not None and rows.chosen is not None:
        lines.append(f"{_show_choice(rows)} of the storyboard")
    elif rows is not None and (rows.candidates > 1 or rows.excluded or rows.included):
        lines.append(f"{_sum(rows)} of the storyboard")
    table = []
    for c in counts:
        takes = f"× {c.takes} take{'s' if c.takes > 1 else ''}"
        table.append((c.shot, _sum(c.rows), takes, f"= {c.entries:,}"))
    total = sum(c.entries for c in counts)
    table.append(("", "", "", f"= {total:,} {'entry' if total == 1 else 'entries'}"))
    return [*lines, *columns(table)]


def steps(
    plan: Plan, rate: Rate, *, color: bool = False, most: int | None = None, commands: CommandHint = BARE,
    now: datetime | None = None,
) -> Iterator[str]:  # fmt: skip
    """A line a step; doubts first, because they need a person."""
    ordered = sorted(plan.steps, key=lambda s: s.action is not Action.DOUBT)
    shown = ordered if most is None else ordered[:most]

    def rows() -> Iterator[Sequence[str]]:
        for s in shown:
            yield s.action.value, s.address, reason(s.reason, commands, s.address, now), _cost(s.cost, rate)

    for line, step in zip(stream_columns(rows, right=(3,)), shown, strict=True):
        yield paint(line, step.action) if color else line
    if left := len(ordered) - len(shown):
        yield f"… and {left} more"


def paint(line: str, action: Action) -> str:
    """A line in the colour of what a run does."""
    return f"\x1b[{_COLORS[action]}m{line}\x1b[0m"


def totals(plan: Plan, rate: Rate, budget: int | None) -> list[str]:
    """The sums: how many steps of each kind, what a run would cost at most, and the budget it has."""
    counts = plan.counts
    found = [f"{n} {_WORDS[a]}" + count_missing(plan, a) for a in Action if (n := counts[a])]
    lines = [", ".join(found) or "nothing"]
    if plan.buys:
        ceiling = "" if budget is None else f"; budget {both(Cost(budget, budget), rate)}"
        lines.append(f"estimate: {both(plan.cost, rate)}{ceiling}; {say_prices(rate)}")
        if budget is not None and plan.cost.unpriced:
            lines.append("a run with a budget refuses what has no known price: `--unpriced` lets it be bought")
        if budget is not None and plan.cost.high > budget:
            cost, most = to_the_unit(plan.cost.high, rate), to_the_unit(budget, rate)
            stops = f"the budget of {most} credits stops the run before everything is bought, at most {cost}"
            lines.append(f"{stops}; take 1 of everything comes first")
    if plan.retakes:
        most = f"{plan.retakes} retake{'s' * (plan.retakes != 1)}"
        lines.append(f"and at most {most} of what is not as expected, for {both(plan.retake_cost, rate)}")
    if waiting := [s.reason for s in plan.steps if isinstance(s.reason, Unpicked)]:
        variants = len({v for reason in waiting for v in reason.variants})
        lines.append(f"{len(waiting)} wait{'s' * (len(waiting) == 1)} for {variants} pick{'s' * (variants != 1)}")
    if plan.stale:
        what = (
            "was made from a video that has been replaced"
            if len(plan.stale) == 1
            else "were made from videos that have been replaced"
        )
        lines.append(f"{len(plan.stale)} {what}: `--redo-stale` buys again for {both(plan.stale_cost, rate)}")
    return lines


def count_missing(plan: Plan, action: Action) -> str:
    """What is to be added to the count of the videos that are saved, where some of them are not here."""
    return f", {len(plan.missing)} of them not on this disk" if action is Action.DONE and plan.missing else ""


def advise_lost(plan: Plan, commands: CommandHint = BARE) -> list[str]:
    """What to do about saved videos that are not here, in a line; nothing where all are."""
    if not plan.missing:
        return []
    first, many = plan.missing[0], len(plan.missing)
    adopt = commands.on("adopt", first.address, "--file FILE")
    said = (
        f"{many} saved video{' is' if many == 1 else 's are'} not on this disk, and the service keeps no copy any more"
    )
    return [f"{said}: copy {commands.file(first.file)} from where it was saved, or take up any copy of it: {adopt}"]


def reason(why: Reason, commands: CommandHint = BARE, entry: str = "ENTRY", now: datetime | None = None) -> str:
    """A reason in a few words. The commands in it are about what is `meant`, and the entry of that address.

    With `now` it says how long a task has been in flight.
    """
    match why:
        case Done():  # most of a plan, so it stands first
            return _done(why, commands)
        case New(attempt=1):
            return "new"
        case New(attempt=n):
            return f"attempt {n}, the last one failed"
        case Changed(field=name, old=old, new=new):
            return f"{name}: {show_change(old, new)}"
        case InFlight(task=task, asked=asked):
            return f"in flight as {task}{_for(asked, now)}"
        case Stuck(task=task, asked=asked, word=word):
            on = commands.on("settle", entry)
            return f"{task} has no end in sight{_for(asked, now)}; the service says: {cut(word, 60)}; {on}"
        case Sending(by=who):
            return f"being sent by {who}"
        case Unsaved(gone=None):
            return "made, not saved yet"
        case Unsaved(gone=file, differs=differs):
            gone = "is not the video that was saved" if differs else "is not here"
            return f"{commands.path(file or '')} {gone}; it is fetched again"
        case InBucket(file=file, differs=differs):
            gone = "is not the video that was saved" if differs else "is not here"
            return f"{commands.path(file)} {gone}; it comes from the bucket"
        case Twin(of=of):
            return f"the same request as {of}"
        case Failure(code=code, message=message, then=then):
            hint = "change the request" if then == "change" else "try again with --retry-failed"
            return f"failed, {code}: {cut(message, 60)} ({hint})"
        case InDoubt(why=text):
            return f"in doubt: {cut(text, 80)}; {commands.on('settle', entry)}"
        case Held(upstream=upstream, why=text):
            return f"held: continues {upstream}, and {text}"
        case Unpicked():
            return say_unpicked(why, commands)
        case Stale():
            return say_stale(why)
        case Unmet(measures=measures):
            return f"not as expected ({', '.join(measures)}); it is bought anew"
        case Occupied(file=file):
            return f"{commands.path(file)} exists and the lock does not know it; {advise_taken(entry, file, commands)}"
        case Picked(changed=True):
            drop = commands.on("pick", entry, "--drop")
            return f"picked, and its request has changed since; {drop} lets it be bought"
        case Picked():
            adopt = commands.on("adopt", entry, "--file FILE")
            return f"picked; the lock has lost its video, {adopt} takes it up"
        case NotInStoryboard(state=state):
            return f"{state}, no longer in the storyboard"
        case Elsewhere(profile=profile, state=state):
            return f"{state}, bought {say_profile(profile)}; a run follows it too"
        case Second(state=state):
            return f"{state}, a second purchase of the same request"


def _done(why: Done, commands: CommandHint) -> str:
    said = f"done: {commands.path(why.file)}"
    if not why.here:
        said += f" ({'not the video that was saved' if why.differs else 'not on this disk'})"
    if why.moved_from or why.profile is not None:
        as_what = f" as {why.moved_from}" if why.moved_from else ""
        said += f", bought{as_what}" + (f" {say_profile(why.profile)}" if why.profile is not None else "")
    return f"{said}; stale: {say_stale(why.stale)}" if why.stale else said


def _for(asked: str, now: datetime | None) -> str:
    words = age(asked, now)
    return f" for {words}" if words else ""


def say_unpicked(why: Unpicked, commands: CommandHint = BARE) -> str:
    """What an entry waits for that continues the takes of variants which people choose."""
    more = f"{len(why.variants)} picks, the first" if len(why.variants) > 1 else "a pick"
    return f"waits for {more}: {commands.on('pick', why.variants[0], 'TAKE')}"


def advise_taken(entry: str, file: str, commands: CommandHint) -> str:
    """What to do about a file in the way. To move it away and buy again would pay twice where the lock was lost."""
    adopt = commands.on("adopt", entry, f"--file {commands.file(file)}")
    return f"if it is this entry's, {adopt} takes it up; if another storyboard's, this one wants another `output:`"


def say_stale(stale: Stale) -> str:
    """Why a video is stale, and why it is left so even when it is asked for anew."""
    up = stale.upstream
    said = f"{up} has another video since" if stale.now else f"{up} is to get another video"
    kept = {"picked": "; it is picked, so it stays", "under way": "; its next attempt is under way"}
    return said + kept.get(stale.kept, "")


def as_json(plan: Plan, rate: Rate, commands: CommandHint = BARE) -> dict[str, Any]:
    """The plan for programs: costs in credits and dollars, low and high; a doubt has the command that settles it."""
    counts = plan.counts
    return {
        "seedspec_plan": 1,
        "profile": plan.profile or None,
        "steps": [step_json(s, rate, commands) for s in plan.steps],
        "counts": {a.name.lower(): counts[a] for a in Action},
        "missing": len(plan.missing),
        **range_json(plan.cost, rate),
        "stale": {"entries": len(plan.stale), **range_json(plan.stale_cost, rate)},
        "prices_as_of": rate.as_of,
    }


def step_json(s: Step, rate: Rate, commands: CommandHint = BARE) -> dict[str, Any]:
    """One step for programs."""
    return {
        "entry": s.address,
        "fingerprint": None if s.entry is not None and s.entry.waits else s.fp,
        "action": s.action.name.lower(),
        "sign": s.action.value,
        "reason": {"kind": type(s.reason).__name__, **_fields(s.reason)},
        "file": s.file,
        **({"settle": commands.on("settle", s.address).strip("`")} if s.action is Action.DOUBT else {}),
        **range_json(s.cost, rate),
    }


def doubts(plan: Plan) -> Iterator[Step]:
    """The steps that a person has to settle."""
    return (s for s in plan.steps if s.action is Action.DOUBT)


def _sum(a: Arithmetic) -> str:
    parts = f"{a.candidates:,} row{'s' if a.candidates != 1 else ''}"
    if a.excluded or a.included:
        parts += f" − {a.excluded:,} excluded" if a.excluded else ""
        parts += f" + {a.included:,} included" if a.included else ""
        parts += f" = {a.rows:,}"
    return parts


def _show_choice(a: Arithmetic) -> str:
    """The sum where a strategy has chosen; what `exclude` leaves of a large matrix has not been counted."""
    whole = f"{a.candidates:,} row{'s' if a.candidates != 1 else ''}"
    if a.excluded is None:
        whole += " − those excluded"
    elif a.excluded:
        whole += f" − {a.excluded:,} excluded = {a.candidates - a.excluded:,}"
    included = f" + {a.included:,} included = {a.rows:,}" if a.included else ""
    return f"{whole}; {a.chosen:,} chosen{included}"


def _cost(cost: Cost, rate: Rate) -> str:
    if not cost.high:
        return credits(cost, rate) if is_anything(cost) else ""
    return f"{credits(cost, rate)} cr  {dollars(cost, rate)}"


def show_change(old: Any, new: Any) -> str:
    """Old and new, cut to where they begin to differ; of a digest its beginning."""
    before, after = (_DIGEST.sub(r"\1", as_yaml(value)) for value in (old, new))
    if isinstance(old, str) and isinstance(new, str) and len(before) + len(after) > 60:
        same = next((i for i, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), 0)
        start = max(0, same - 12)
        before, after = ("…" if start else "") + before[start:], ("…" if start else "") + after[start:]
    return f"{cut(before, 40)} → {cut(after, 40)}"


def as_yaml(value: Any) -> str:
    """A value as a storyboard writes it: `true`, not `True`; what is not there is a dash."""
    return "-" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _fields(why: Reason) -> dict[str, Any]:
    return {name: getattr(why, name) for name in type(why).__slots__}
