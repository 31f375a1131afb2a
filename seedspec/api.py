"""The stages as functions, for programs: check, compile, plan and run, on what the rooms above them make."""

from __future__ import annotations

import os
import random
import secrets
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from seedspec.compiler.entry import Entry, labels_of
from seedspec.compiler.price import Cost
from seedspec.compiler.profile import NoProfile, name_of, said, with_profile
from seedspec.compiler.storyboard import Storyboard
from seedspec.plan.event import Event, RunFinished
from seedspec.plan.lock import Lock, LockFault, Record
from seedspec.plan.merge import first_name
from seedspec.plan.picks import Picks, moved, variants
from seedspec.plan.plan import Action, Plan, Rules, Step, make
from seedspec.plan.review import Entries
from seedspec.plan.select import NothingSelected, choose, within
from seedspec.plan.state import State
from seedspec.run.choices import choices_of, read_picks
from seedspec.run.compiling import Compiled, check, compile, expanded, no_collector
from seedspec.run.disk import hold, holder, presence, read_lock
from seedspec.run.driver import drive, now
from seedspec.run.job import Limits, Pace
from seedspec.run.journal import Journal
from seedspec.run.machine import Machine
from seedspec.run.moved import check_not_left
from seedspec.run.place import Meant, Place, meant, place_of
from seedspec.run.rescue import foreign, not_taken
from seedspec.run.settings import BadSettings, Key, Origins, key_of, origins_of
from seedspec.text.diagnostic import Diagnostic, Note, Problems, Severity
from seedspec.text.source import Source, Span

__all__ = [
    "Action", "Compiled", "Cost", "Diagnostic", "Entry", "Event", "Invalid", "Lock", "LockFault", "NoProfile", "Note",
    "Options", "Pace", "Plan", "Planned", "Record", "RunFinished", "Severity", "Source", "Span", "Step", "check",
    "compile", "plan", "run",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Options:
    """How a plan or a run is wanted. `emulated` uses the emulator's own lock and folder.

    `profile` is the one to compile with, where no compiled storyboard is given. `picked_from` keeps to the variants
    that have a pick in that profile, "default" for the picks of the storyboard as written: each take of them.

    `max_usd` and `max_credits` bound a run further than the storyboard does, `max_entries` the purchases in it,
    `timeout` its seconds. `redo_stale` buys again what was made from a video of another entry that has been replaced
    since. `submit` False finishes what was bought and buys nothing; `wait` False buys and does not wait
    for the videos; `fail_fast` buys no more after the first failure; `locked` refuses when anything would be bought.
    `assets` is a bucket's URL, `s3://bucket/prefix`, where local files go instead of to the service.
    """

    select: Sequence[str] = ()
    exclude: Sequence[str] = ()
    retry_failed: bool = False
    redo_stale: bool = False
    emulated: bool = False
    submit: bool = True
    max_usd: float | None = None
    max_credits: float | None = None
    max_entries: int | None = None
    timeout: float | None = None
    wait: bool = True
    fail_fast: bool = False
    locked: bool = False
    profile: str = ""
    picked_from: str | None = None
    assets: str | None = None
    pace: Pace = field(default_factory=Pace)


class Locked(BadSettings):
    """Something would be bought, and the run was told to buy nothing."""


class Invalid(Exception):
    """The storyboard has errors, so that there is nothing to plan or run; they are in `compiled.diagnostics`."""

    def __init__(self, compiled: Compiled) -> None:
        super().__init__(f"{compiled.path} has errors")
        self.compiled = compiled


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan with what it was made from, and what was found about the picks that it keeps to."""

    compiled: Compiled
    place: Place
    plan: Plan
    findings: tuple[Diagnostic, ...] = ()


def plan(path: str | Path, options: Options | None = None, compiled: Compiled | None = None) -> Planned:
    """What a run would do, and why; nothing is asked of the network and nothing is written.

    Raises Invalid, LockFault for a lock that cannot be relied on, NothingSelected, NoProfile, BadSettings and OSError.
    """
    options, problems = options or Options(), Problems()
    made, place = _ready(path, options, compiled)
    lock, sender = read_lock(place.lock), ""
    if any(r.values["state"] == State.SUBMITTING for r in lock):
        sender = holder(place.lock)
        lock = lock if sender else read_lock(place.lock)  # that run may have ended between the two
    if (rescue := foreign(place.lock)) is not None:
        problems.warning("rescue-not-taken", not_taken(rescue), None)
    with no_collector():
        found = _plan(made, place, options, lock, problems, sender)
    return Planned(made, place, found, tuple(problems))


def run(
    path: str | Path,
    options: Options | None = None,
    *,
    environ: Mapping[str, str] | None = None,
    compiled: Compiled | None = None,
    stopping: Callable[[], bool] = lambda: False,
) -> Generator[Event, None, None]:
    """Buys what is new, follows what is running, saves what is finished; yields each event after it is recorded.

    The key and the addresses come from `environ` (the process's own, when not given) and `.env`. Raises what `plan`
    raises, and HoldTaken, Locked, and NotRecorded when the lock lacks at the end what this run knows; that ends a run
    at once only where another program has changed the lock, else what was bought is followed and saved first.
    """
    options = options or Options()
    made, place = _ready(path, options, compiled)
    assert made.board is not None
    provider = made.board.model.provider.document
    environment = os.environ if environ is None else environ
    origins, key = origins_of(provider, environment), key_of(provider, environment, Path.cwd())
    with hold(place.lock):
        lock = read_lock(place.lock)
        if any(map(first_name, lock)):
            from seedspec.run.saves import Saves

            Saves(place.base, place.lock.name).claim(lock)
        with no_collector():
            plan = _plan(made, place, options, lock, Problems())
        if options.locked and plan.buys:
            raise Locked(f"{len(plan.buys)} entries would be bought, first `{plan.buys[0].address}`", 4)
        yield from _run(made, place, options, plan, origins, key, stopping)


def _run(
    made: Compiled,
    place: Place,
    options: Options,
    plan: Plan,
    origins: Origins,
    key: Key,
    stopping: Callable[[], bool],
) -> Generator[Event, None, None]:
    from seedspec.run.bucket import Bucket
    from seedspec.run.memory import memory_of
    from seedspec.run.saves import BadPlace, Saves
    from seedspec.run.uploads import Uploads
    from seedspec.run.wire import Exchange

    assert made.board is not None
    provider = made.board.model.provider.document
    machine = Machine(
        name=made.board.name,
        plan=plan,
        pace=options.pace,
        limits=Limits(
            units=budget_of(made.board, options),
            entries=options.max_entries,
            submit=options.submit and not options.locked,
            wait=options.wait,
            fast=options.fail_fast,
            strays=not (options.select or options.exclude or options.picked_from is not None),
        ),
        key=lambda: f"seedspec-{secrets.token_hex(16)}",
        then=_then(provider),
        attempts=provider["failures"]["attempts"],
        result_seconds=3600.0 * provider["result_hours"],
        chance=random.random,
        unreachable=provider["unreachable"],
        media=made.board.model.media,
        together=provider["endpoints"].get("batch", {}).get("most", 1),
    )
    sends = any(m.source != "url" for s in plan.buys if s.entry is not None for m in s.entry.media)
    bucket = Bucket(options.assets, local=origins.local) if options.assets and sends else None
    uploads = Uploads(memory_of(place, origins, key, emulated=options.emulated), bucket)
    journal = Journal(place.lock, plan.lock, place.words)
    saves = Saves(place.base, place.lock.name)
    asks = any(s.action not in (Action.DONE, Action.FAILED, Action.DOUBT) for s in plan.steps)
    if asks:
        try:
            saves.ready(place.folder)
        except BadPlace as error:
            raise BadSettings(str(error)) from None
    exchange = Exchange(provider, origins, key, saves, place.base, uploads=uploads)
    try:
        if asks:
            exchange.ready()
        yield from drive(machine, exchange, journal, stopping=stopping, seconds=options.timeout)
        journal.close(list(dict.fromkeys(e.fingerprint for e in made.entries)), place.profile)
    finally:
        journal.abandon()
        exchange.close()


def _ready(path: str | Path, options: Options, compiled: Compiled | None) -> tuple[Compiled, Place]:
    made = compiled or compile(path, profile=options.profile, emulated=options.emulated)
    if not made.ok or made.board is None:
        raise Invalid(made)
    own = name_of(made.board)
    if options.profile and name_of(with_profile(made.board, options.profile)) != own:
        raise BadSettings(f"compiled {said(own)}; asked for is a plan {said(options.profile)}")
    place = place_of(made.path, made.board, emulated=options.emulated)
    check_not_left(place.lock, (e.fingerprint for e in made.entries))
    return made, place


def _plan(made: Compiled, place: Place, options: Options, lock: Lock, problems: Problems, sender: str = "") -> Plan:
    assert made.board is not None
    provider = made.board.model.provider.document
    asked = choose(made.entries, lock, options.select, options.exclude)
    chosen, unwanted = asked, {}
    if options.picked_from is not None:
        source = with_profile(made.board, options.picked_from)
        chosen = within(asked, _favoured(made, source, options, problems))
        unwanted = {e.fingerprint: _unpicked(e, made.path, source, options) for e in asked.chosen}
    picks = _picks(made.path, made.board, options)
    rules = Rules(
        folder=place.output,
        then=_then(provider),
        exists=presence(place.base),
        now=now().text(),
        attempts=provider["failures"]["attempts"],
        retry=options.retry_failed,
        redo=options.redo_stale,
        media=made.board.model.media,
        picked=(moved(picks, Entries(made.entries)) if picks.by_variant else picks).forbids,
        profile=place.profile,
        others=frozenset({"", *made.board.profiles} - {place.profile}),
        unwanted=unwanted,
        sender=sender,
    )
    return make(chosen.chosen, lock, rules, chosen.others)


def _favoured(made: Compiled, board: Storyboard, options: Options, problems: Problems) -> frozenset[str]:
    """The variants that have a pick, of the storyboard with another profile. Raises NothingSelected without any."""
    picks = _picks(made.path, board, options)
    if not picks.by_variant:
        picking = _meant(made.path, board, options).command("pick", "ENTRY")
        raise NothingSelected(f"no take is picked {said(name_of(board))}; {picking} chooses one")
    upstream = expanded(made.path, board, Problems(), emulated=options.emulated)
    return variants(picks, Entries(upstream.entries), problems)


def _unpicked(entry: Entry, path: Path, board: Storyboard, options: Options) -> str:
    """Why an entry is left out that another one continues, and what takes it in."""
    picking = _meant(path, board, options).on("pick", f"{entry.shot}{labels_of(entry.labels)}", "TAKE")
    return f"it has no pick {said(name_of(board))}: {picking} gives it one"


def _meant(path: Path, board: Storyboard, options: Options) -> Meant:
    return meant(path, emulated=options.emulated, profile=name_of(board))


def _picks(path: Path, board: Storyboard, options: Options) -> Picks:
    """What people chose. A broken file of picks protects nothing: it ends the command."""
    problems = Problems()
    picks = read_picks(choices_of(path, board, emulated=options.emulated), problems)
    if problems.failed:
        first = next(d for d in problems if d.severity is Severity.ERROR)
        raise BadSettings(f"{first.span or ''}: {first.message} [{first.code}]", 3)
    return picks


def _then(provider: Mapping[str, Any]) -> Callable[[str], Literal["again", "asked", "change"]]:
    table: Mapping[str, Literal["again", "asked", "change"]] = provider["failures"]["by_code"]
    return lambda code: table.get(code, "asked")


def budget_of(board: Storyboard, options: Options) -> int | None:
    """The least of the ceilings that are given, in 1/10,000 credit."""
    rate = board.model.rate
    credits = [c for c in (board.budget_credits, options.max_credits) if c is not None]
    credits += [u * float(rate.credits_per_usd) for u in (board.budget_usd, options.max_usd) if u is not None]
    return min((int(c * rate.units_per_credit) for c in credits), default=None)
