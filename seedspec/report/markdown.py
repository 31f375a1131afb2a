"""A plan and a run as Markdown, for pull requests and CI summaries: counts and cost first, never longer than asked."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import field

from seedspec.catalog.price import Cost, Rate
from seedspec.lock.run_events import Compared
from seedspec.plan.by_model import by_model
from seedspec.plan.command_hint import CommandHint
from seedspec.plan.compare import KINDS, Change, Comparison
from seedspec.plan.plan import BUYS, Action, Plan, Step
from seedspec.report.by_model import plan_rows, run_rows
from seedspec.report.limits import COMMENT, SUMMARY
from seedspec.report.money import both, cost_of_bought, credits, dollars, is_anything, say_prices, to_the_unit
from seedspec.report.outcome import End, Outcome, Outcomes
from seedspec.report.plan import BARE, reason, show_change
from seedspec.text import later
from seedspec.text.diagnostic import Diagnostic
from seedspec.text.value import valueclass
from seedspec.text.visible import visible

_WORDS = {
    Action.SUBMIT: "to buy",
    Action.CHANGE: "to buy again, changed",
    Action.RESUME: "in flight",
    Action.FETCH: "to fetch",
    Action.DONE: "done",
    Action.SHARED: "shared: the same request as another entry",
    Action.FAILED: "failed or held",
    Action.DOUBT: "in doubt",
    Action.ORPHAN: "in the lock only",
}
_URGENT = frozenset({Action.DOUBT, Action.FAILED})
_COMMIT = later.pattern("[0-9a-f]{8,64}")
_TAIL = 200
"""Room that is kept for what ends a table and says how much was left out."""


def utf8(text: str) -> int:
    """The length of a text in bytes, as files have it."""
    return len(text.encode())


def plan(
    found: Plan, name: str, rate: Rate, *, budget: int | None = None, since: tuple[str, Comparison] | None = None,
    most: int = COMMENT, measure: Callable[[str], int] = len, commands: CommandHint = BARE,
) -> str:  # fmt: skip
    """What a run would do. `since` names a revision with what has changed after it."""
    buys = found.buys
    page = _Page(most, measure)
    page.add(f"### {_code(name)}: {_many(len(buys), 'video')} to buy, {both(found.cost, rate)}", "")
    rows = [_count(found, action, rate) for action in Action if found.count(action)]
    page.table(("", "", "entries", "credits", "USD"), rows, right=(2, 3, 4))
    ceiling = f" Budget {both(Cost(budget, budget), rate)}." if budget is not None else ""
    page.add("", f"{_estimate(rate)}{ceiling}")
    if budget is not None and found.cost.high > budget:
        cost, ceiling = to_the_unit(found.cost.high, rate), to_the_unit(budget, rate)
        stops = f"**The budget of {ceiling} credits stops the run before everything is bought**, at most {cost}"
        page.add("", f"{stops}; take 1 of everything comes first.")
    _by_model(page, ("model", "videos", "credits", "USD"), plan_rows(by_model(found)))
    urgent = [s for s in found.steps if s.action in _URGENT]
    page.section(
        "In doubt, failed or held", _STEPS, (_step(s, rate, commands) for s in urgent), right=(3, 4), open=True
    )
    if since is not None:
        _since(page, *since, rate)
    page.section("To buy", _STEPS, (_step(s, rate, commands) for s in buys), right=(3, 4), open=since is None)
    rest = [s for s in found.steps if s.action not in _URGENT | BUYS]
    page.section("Everything else", _STEPS, (_step(s, rate, commands) for s in rest), right=(3, 4))
    return page.text()


def nothing(
    name: str, what: str, why: str, findings: Sequence[Diagnostic] = (), *, most: int = COMMENT,
    measure: Callable[[str], int] = len,
) -> str:  # fmt: skip
    """What stands in the place of a plan or a run that could not be made: `what` it lacks, why, and the mistakes."""
    page = _Page(most, measure)
    page.add(f"### {_code(name)}: {what}: {_bare(why)}")
    rows = (("", _code(str(d.span or "")), _code(d.message), _code(d.code)) for d in findings)
    page.section("Mistakes", ("", "where", "what", "code"), rows, open=True)
    return page.text()


def run(
    found: Outcomes, name: str, rate: Rate, *, emulated: bool, most: int = SUMMARY,
    measure: Callable[[str], int] = utf8, trouble: str = "",
) -> str:  # fmt: skip
    """What a run came to. Without a RunFinished it says that the run ended in trouble, and in which."""
    page = _Page(most, measure)
    done = found.finished
    if done is None:
        page.add(f"### {_code(name)}: the run ended in trouble", "", "What it bought is in the lock; run again.")
    else:
        cost = both(cost_of_bought(done.units, rate, done.bought), rate)
        page.add(f"### {_code(name)}: {done.bought} bought, {cost}", "")
        sums = {
            "bought": done.bought, "saved": done.saved, "reused": done.reused, "failed": done.failed,
            "held": done.held, "running": done.running, "to be fetched": done.to_fetch, "waiting": done.waiting,
            "in doubt": done.doubt,
            **({"not as expected": done.unmet, "not measured": done.not_measured} if found.compared else {}),
        }  # fmt: skip
        page.table(tuple(sums), [tuple(map(str, sums.values()))], right=range(len(sums)))
        stated = "The emulator charges nothing." if emulated else f"The service stated {done.credits:,.2f} credits."
        page.add("", f"{_estimate(rate)} {stated}")
        if done.missing:
            page.add(
                "", f"**{done.missing} of the reused videos are not on this disk**; the service keeps no copy any more."
            )
    if trouble:
        page.add("", f"**It ended in trouble**: {_code(trouble)}")
    for why in found.stops.values():
        lead = "One service was sent nothing more" if why.provider else "Nothing more was submitted"
        page.add("", f"**{lead}**: {_code(why.message)}")
    _by_model(page, ("model", "saved", "failed", "other", "credits", "USD"), run_rows(found))
    for title, end in (("In doubt", End.DOUBT), ("Failed", End.FAILED), ("Held", End.HELD)):
        rows = (
            ("", _code(o.address), _code(o.why.code), _code(o.why.message) + _settle(o, found)) for o in found.of(end)
        )
        page.section(title, ("", "entry", "code", "why"), rows, open=True)
    rows = (
        ("", _code(o.address), _code(s.code), f"found {_code(s.found)}, expected {_code(s.expected)}")
        for o in found.of(End.SAVED)
        for s in o.mismatches
    )
    page.section("Not as asked for", ("", "entry", "code", "what"), rows, open=True)
    rows = (
        ("", _code(o.address), _code(b.place), f"{_code(b.measure)} is {_code(b.found)}, expected {_code(b.expected)}")
        for o in found
        for b in o.unmet
    )
    page.section("Not as expected", ("", "entry", "where", "what"), rows, open=True)
    unknown = (take for take in found.compared if take.not_measured)
    page.section("Not measured", ("", "entry", "what", "why"), (_unknown(take) for take in unknown))
    rows = (
        ("", _code(o.address), _code(o.task), _code(o.why.message))
        for o in found.of(End.RUNNING, End.FETCH, End.WAITING)
    )
    page.section("Not finished", ("", "entry", "task", "why"), rows)
    page.section("Saved", _VIDEOS, (_video(o, rate, found.commands) for o in found.of(End.SAVED)), right=(1, 2, 3, 4))
    return page.text()


def _by_model(page: _Page, head: Sequence[str], rows: Sequence[tuple[str, ...]]) -> None:
    """The sums of each model, where there are several."""
    if rows:
        page.add("")
        page.table(head, [(_code(name), *rest) for name, *rest in rows], right=range(1, len(head)))


def _unknown(take: Compared) -> tuple[str, ...]:
    """What is expected of a take and not measured, and why, where that is known."""
    return "", _code(take.entry), ", ".join(_code(b.measure) for b in take.not_measured), _code(take.why)


def _settle(outcome: Outcome, found: Outcomes) -> str:
    if outcome.end is not End.DOUBT:
        return ""
    return f"; {_code(found.commands.on('settle', outcome.address).strip('`'))} settles it"


_STEPS = ("", "entry", "why", "credits", "USD")
_VIDEOS = ("video", "size", "length", "credits", "USD")


@valueclass(frozen=False, slots=True)
class _Page:
    """Lines that never come to more than `most`; what does not fit is counted where it is missing."""

    most: int
    measure: Callable[[str], int]
    _lines: list[str] = field(default_factory=list)
    _used: int = 0

    def add(self, *lines: str) -> None:
        for line in lines:
            self._lines.append(line)
            self._used += self.measure(line) + 1

    def fits(self, line: str) -> bool:
        return self._used + self.measure(line) + 1 + _TAIL <= self.most

    def table(self, head: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> None:
        self.add(_row(head), _row(["---:" if i in right else "---" for i in range(len(head))]))
        for number, row in enumerate(rows):
            if not self.fits(line := _row(row)):
                self.add("", f"… and {len(rows) - number:,} more.")
                return
            self.add(line)

    def section(
        self,
        title: str,
        head: Sequence[str],
        rows: Iterator[Sequence[str]],
        *,
        right: Sequence[int] = (),
        open: bool = False,
    ) -> None:
        """A table under its title and its count; folded away unless `open`. Nothing, when there is no row."""
        listed = list(rows)
        opening = f"<details{' open' if open else ''}><summary>{title} ({len(listed):,})</summary>"
        if not listed:
            return
        if not self.fits(opening * 2):
            self.add("", f"{title}: {len(listed):,}.") if self.fits("") else None
            return
        self.add("", opening, "")
        self.table(head, listed, right)
        self.add("", "</details>")

    def text(self) -> str:
        return "\n".join(self._lines) + "\n"


def _since(page: _Page, revision: str, found: Comparison, rate: Rate) -> None:
    counts = [f"{n:,} {kind}" for kind in KINDS if (n := found.count(kind))]
    sums = ", ".join([*counts, f"{len(found.same):,} as before"])
    short = revision[:7] if _COMMIT.fullmatch(revision) else revision
    page.add("", f"**Since {_code(short)}**: {sums}; {both(found.cost, rate)} of it to buy.")
    rows = (_change(c, rate) for c in found.changes)
    page.section("Changes", ("", "entry", "what", "credits", "USD"), rows, right=(3, 4), open=True)


def _change(change: Change, rate: Rate) -> tuple[str, ...]:
    if change.kind == "moved" and change.old is not None:
        said = f"from {_code(change.old.address)}"
    else:
        said = "<br>".join(_code(f"{d.field}: {show_change(d.old, d.new)}") for d in change.differences)
    return change.kind, _code(change.address), said, *_money(change.cost, rate)


def _count(found: Plan, action: Action, rate: Rate) -> tuple[str, ...]:
    cost = sum((s.cost for s in found.steps if s.action is action), Cost())
    return _code(action.value), _WORDS[action], f"{found.count(action):,}", *_money(cost, rate)


def _step(step: Step, rate: Rate, commands: CommandHint) -> tuple[str, ...]:
    return (
        _code(step.action.value),
        _code(step.address),
        _code(reason(step.reason, commands, step.address)),
        *_money(step.cost, rate),
    )


def _video(outcome: Outcome, rate: Rate, commands: CommandHint) -> tuple[str, ...]:
    video, units = outcome.video, outcome.units
    assert video is not None  # it is saved
    money = _money(cost_of_bought(units, rate), rate) if units is not None else ("", "")
    return _code(commands.path(outcome.file)), video.size, video.length, *money


def _money(cost: Cost, rate: Rate) -> tuple[str, str]:
    return (credits(cost, rate), dollars(cost, rate)) if is_anything(cost) else ("", "")


def _estimate(rate: Rate) -> str:
    return f"An upper estimate, by the {say_prices(rate)}." if rate.known else f"No estimate: {_code(rate.why)}."


def _many(count: int, thing: str) -> str:
    return f"{count:,} {thing}{'' if count == 1 else 's'}"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _bare(text: str) -> str:
    """Our own words as they are; what holds marks of Markdown or HTML as code."""
    return text if re.fullmatch(r"[A-Za-z0-9 ,.:;()-]*", text) else _code(text)


def _code(text: str) -> str:
    """Anybody's text, shown as it is: in a code span there are no links, mentions, pictures or tags."""
    line = " ".join(visible(text).split())
    if not line:
        return ""
    fence = "`" * (max((len(run) for run in re.findall("`+", line)), default=0) + 1)
    pad = " " if line[0] == "`" or line[-1] == "`" else ""
    return f"{fence}{pad}{line}{pad}{fence}".replace("|", "\\|")
