"""How a team's ledger stands, as text for people and as JSON for programs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from typing import Any

from seedspec.plan.command_hint import CommandHint
from seedspec.report.table import columns
from seedspec.run.ledger_admin.attach import Attached
from seedspec.run.ledger_admin.detach import Detached
from seedspec.run.ledger_admin.rebuild import Rebuilt
from seedspec.run.ledger_admin.runners import Active
from seedspec.run.ledger_admin.standings import Ceiling, Spending, Standings
from seedspec.run.store.ledger.budget import MICRO
from seedspec.run.store.ledger.budget import dollars as exact
from seedspec.run.store.ledger.types import Runner


def lines(found: Standings) -> list[str]:
    """What `ledger status` shows."""
    return [*_head(found), "", *_runners(found), *_pending(found), "", *_spending(found), "", *_ceiling(found)]


def as_json(found: Standings) -> dict[str, Any]:
    """The same for programs; amounts are dollars as text, exact to the sixth place."""
    ceiling = found.ceiling
    return {
        "seedspec_ledger_status": 1,
        "where": found.where,
        "team": found.team,
        "board": found.board,
        "serial": found.serial,
        "boards": [
            {"board": b.id, "name": b.name, "purchases": b.purchases, "sealed": b.sealed} for b in found.boards
        ],
        "runners": [_run_json(run) for run in found.runners],
        "pending": [
            {"board": p.board, "entry": p.entry, "state": "sending" if p.sending else "doubt", "at": p.at,
             "runner": _runner(p.runner)}
            for p in found.pending
        ],
        "spending": [
            {"board": s.board, "host": s.runner, "month": s.month, "purchases": s.purchases, "usd": exact(s.micro)}
            for s in found.spending
        ],
        "ceiling": ceiling_json(ceiling),
    }  # fmt: skip


def attachment_json(done: Attached) -> dict[str, Any]:
    """What became of a lock that was attached, for programs."""
    return {"seedspec_ledger_attach": 1, **asdict(done)}


def rebuilt_json(done: Rebuilt, before: str, where: str, commands: CommandHint) -> dict[str, Any]:
    """The ledger that was made again in the place of `before`, for programs."""
    return {
        "seedspec_ledger_rebuild": 1,
        "board": done.board,
        "before": before,
        "where": where,
        "purchases": done.purchases,
        "read": done.read,
        "doubts": [{"entry": entry, "settle": commands.on("settle", entry).strip("`")} for entry in done.doubts],
        "unreadable": list(done.unreadable),
        "ceiling_lost": done.new_budget,
        "following": [_run_json(run) for run in done.following],
    }


def detachment_json(done: Detached, board: str) -> dict[str, Any]:
    """What became of a lock that was taken out of its ledger, for programs."""
    following = [_run_json(run) for run in done.following]
    return {"seedspec_ledger_detach": 1, "board": board, "purchases": done.purchases, "following": following}


def _run_json(run: Active) -> dict[str, Any]:
    own = {"board": run.board, "since": run.since or None, "lives": run.lives, "age": round(run.age)}
    return {**_runner(run.runner), **own}


def ceiling_json(ceiling: Ceiling) -> dict[str, Any]:
    """The team's ceiling for programs, in dollars; null where there is none."""
    return {
        "usd": None if ceiling.micro is None else exact(ceiling.micro),
        "month": ceiling.month or None,
        "spent": exact(ceiling.spent),
        "held": [{"runner": h.runner, "usd": exact(h.micro)} for h in ceiling.held],
        "left": None if ceiling.left is None else exact(ceiling.left),
    }


def dollars(micro: int) -> str:
    """Millionths of a dollar for people: `$1,234.50`."""
    return f"{'-' * (micro < 0)}${abs(micro) / MICRO:,.2f}"


def ceiling_words(micro: int | None, *, monthly: bool) -> str:
    """A ceiling in words: `$500.00 a month`, `none`."""
    return "none" if micro is None else dollars(micro) + (" a month" if monthly else "")


def _runner(runner: Runner) -> dict[str, str]:
    return {"id": runner.id, "host": runner.host, "job": runner.job}


def _head(found: Standings) -> list[str]:
    others = [b for b in found.boards if b.id != found.board and not b.sealed]
    own = next(b for b in found.boards if b.id == found.board)
    many = "purchases that cannot be read" if own.purchases is None else f"{own.purchases:,} purchases"
    shut = "  shut: nobody buys here any more" if own.sealed else ""
    rows = [
        ("team", f"{found.team} at {found.where}"),
        ("storyboard", f"{found.name or '?'}  {found.board}, serial {found.serial}, {many}{shut}"),
    ]
    if others:
        rows.append(("others", ", ".join(f"{b.name or b.id} ({_count(b.purchases)})" for b in others)))
    return columns(rows)


def _count(purchases: int | None) -> str:
    return "cannot be read" if purchases is None else f"{purchases:,}"


def _runners(found: Standings) -> list[str]:
    names = {b.id: b.name for b in found.boards}
    if not found.runners:
        return ["nobody runs"]
    return ["runs", *columns([_run(run, names.get(run.board, run.board)) for run in found.runners], indent="  ")]


def _run(run: Active, board: str) -> tuple[str, ...]:
    since = f"since {run.since}" if run.since else ""
    sign = f"last sign of life {run.age:.0f} s ago"
    word = {True: sign, False: f"dead: {sign}", None: f"{sign}, or longer"}[run.lives]
    return str(run.runner), board, since, word


def _pending(found: Standings) -> Iterator[str]:
    if found.pending:
        yield ""
        words = {True: (">", "sent"), False: ("?", "in doubt, sent")}
        rows = [
            (words[p.sending][0], p.entry, p.board, f"{words[p.sending][1]} {p.at}", p.runner) for p in found.pending
        ]
        yield from columns([(*row[:-1], str(row[-1])) for row in rows])


def _spending(found: Standings) -> Iterator[str]:
    if not found.spending:
        yield "nothing was spent"
        return
    many = sum(s.purchases for s in found.spending)
    yield f"spent {dollars(sum(s.micro for s in found.spending))} for {many:,} purchase{'s' * (many != 1)}"
    for title, key in _SUMS:
        yield f"by {title}"
        yield from columns(_sums(found.spending, key), right=(1, 2), indent="  ")


_SUMS: tuple[tuple[str, Callable[[Spending], str]], ...] = (
    ("storyboard", lambda s: s.board),
    ("machine", lambda s: s.runner or "?"),
    ("month (UTC)", lambda s: s.month or "?"),
)


def _sums(spending: Iterable[Spending], key: Callable[[Spending], str]) -> list[tuple[str, str, str]]:
    found: dict[str, tuple[int, int]] = {}
    for s in spending:
        many, micro = found.get(key(s), (0, 0))
        found[key(s)] = many + s.purchases, micro + s.micro
    return [(name, f"{many:,}", dollars(micro)) for name, (many, micro) in sorted(found.items())]


def _ceiling(found: Standings) -> Iterator[str]:
    ceiling = found.ceiling
    if ceiling.micro is None:
        yield "ceiling none"
        return
    month = f" in {ceiling.month}" if ceiling.month else ""
    left = max(ceiling.left or 0, 0)
    yield f"ceiling {dollars(ceiling.micro)}{month}: {dollars(ceiling.spent)} of it spent, {dollars(left)} left"
    yield from columns([(h.runner, dollars(h.micro)) for h in ceiling.held], right=(1,), indent="  held by ")
