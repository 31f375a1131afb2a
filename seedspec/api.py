"""The stages as functions, for programs: check, compile, plan and run, and the emulator, on what the rooms make."""

from __future__ import annotations

import os
import random
import secrets
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from seedspec.catalog.model import Catalog
from seedspec.catalog.price import Cost, exact, units_within
from seedspec.choices.picks import Picks, follow_addresses, variants
from seedspec.choices.reviews import Entries
from seedspec.compiler.entry import Entry
from seedspec.compiler.storyboard.profile import NoProfile, name_of, said, with_profile
from seedspec.compiler.storyboard.types import Storyboard
from seedspec.lock.event import Event
from seedspec.lock.lock import Lock, LockFault, Record
from seedspec.lock.merge import original_name
from seedspec.lock.run_events import RunFinished
from seedspec.lock.state import State
from seedspec.plan.command_hint import CommandHint
from seedspec.plan.plan import BUYS, Action, Plan, Step
from seedspec.plan.planner import make_plan
from seedspec.plan.reason import Stuck
from seedspec.plan.rules import Rules
from seedspec.plan.select import NothingSelected, choose, within
from seedspec.project.choice_files import choices_of, read_picks
from seedspec.project.compile import Compiled, compile, expand_board, no_collector
from seedspec.project.compile import check as check_file
from seedspec.project.credentials import BadSettings
from seedspec.project.paths import Place, named, place_of
from seedspec.project.presence import presence
from seedspec.run.consent import ConsentNeeded, Quote, Yes, check_consent, quote_of
from seedspec.run.engine.engine import Engine
from seedspec.run.engine.purchase import Limits, Pace
from seedspec.run.loop import drive, now
from seedspec.run.service.service import Emulator, Service, service_of
from seedspec.run.store.journal import Journal
from seedspec.run.store.left_behind import check_not_left
from seedspec.run.store.lock_file import hold, holder, read_lock
from seedspec.run.store.rescue import describe_foreign, foreign
from seedspec.text.diagnostic import Diagnostic, Note, Problems, Severity
from seedspec.text.source import Source, Span
from seedspec.text.value import brief

__all__ = [
    "Action", "Compiled", "ConsentNeeded", "Cost", "Diagnostic", "Emulator", "Entry", "Event", "Invalid", "Lock",
    "LockFault", "NoProfile", "Note", "Options", "Pace", "Plan", "Planned", "Quote", "Record", "RunFinished",
    "Severity", "Source", "Span", "Step", "Yes", "check", "compile", "emulator", "plan", "run",
]  # fmt: skip


@dataclass(frozen=True, slots=True, repr=False)
class Options:
    """How a plan or a run is wanted. `emulated` asks an emulator alone, with a lock and a folder of its own.

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
    max_usd: float | Decimal | None = None
    max_credits: float | Decimal | None = None
    max_entries: int | None = None
    timeout: float | None = None
    wait: bool = True
    fail_fast: bool = False
    locked: bool = False
    profile: str = ""
    picked_from: str | None = None
    assets: str | None = None
    pace: Pace = field(default_factory=Pace)

    __repr__ = brief


class Locked(BadSettings):
    """Something would be bought, and the run was told to buy nothing."""


class Invalid(Exception):
    """The storyboard has errors, so that there is nothing to plan or run; they are in `compiled.diagnostics`."""

    def __init__(self, compiled: Compiled) -> None:
        super().__init__(f"{compiled.path} has errors")
        self.compiled = compiled


@dataclass(frozen=True, slots=True, repr=False)
class Planned:
    """A plan with what it was made from, and what was found about the picks that it keeps to."""

    compiled: Compiled
    place: Place
    plan: Plan
    findings: tuple[Diagnostic, ...] = ()

    def __repr__(self) -> str:
        return f"Planned({str(self.compiled.path)!r}, {self.plan!r})"

    def _repr_html_(self) -> str:
        """What notebooks show."""
        return self.plan._repr_html_()


def check(
    path: str | Path, catalog: Catalog | None = None, profile: str | None = None, *, probe_urls: bool = False
) -> tuple[Diagnostic, ...]:
    """Every finding about a storyboard file, in the order of its lines: as written and with each of its profiles.

    With a `profile` named, with that one alone. With `probe_urls` remote media are looked at too, without the key:
    their facts against the limits and against what the storyboard declares, and the whole of those that have a
    `sha256`. Raises NoProfile, and BadSettings for a SEEDSPEC_CEILING that is no number, or an environment in which
    nothing can be probed.
    """
    if not probe_urls:
        return check_file(path, catalog, profile)
    from seedspec.run.service.probe import probe_of_environment

    return check_file(path, catalog, profile, probe_of_environment)


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
        problems.warning("rescue-not-taken", describe_foreign(rescue), None)
    with no_collector():
        found = _plan(made, place, options, lock, problems, sender)
    return Planned(made, place, found, tuple(problems))


@contextmanager
def emulator(
    storyboard: str | Path, *, seconds: float = 2.0, faults: Sequence[str] = (), seed: int = 0
) -> Iterator[Emulator]:
    """An emulator for the runs of a storyboard, in a process of its own that ends with the block.

    It is given to `run` with `Options(emulated=True)`, which starts one for itself otherwise. Each task takes
    `seconds`; `faults` are written as for `seedspec emulator --fault`, and `seed` decides which of those with a
    probability strike. It knows the tasks of earlier ones of that storyboard. Raises BadSettings when it does not
    start.
    """
    from seedspec.emulator import session

    with session.emulator(Path(storyboard), seconds=seconds, faults=faults, seed=seed) as started:
        yield started


def run(
    path: str | Path,
    options: Options | None = None,
    *,
    consent: Yes | None = None,
    environ: Mapping[str, str] | None = None,
    compiled: Compiled | None = None,
    emulator: Emulator | None = None,
    stopping: Callable[[], bool] = lambda: False,
) -> Generator[Event, None, None]:
    """Buys what is new, follows what is running, saves what is finished; yields each event after it is recorded.

    What is bought needs a `consent` to at least its price, else ConsentNeeded is raised before anything is sent. What
    was bought before is followed and saved without one, and the emulator needs none.

    The key and the addresses come from `environ` (the process's own, when not given) and `.env`. With
    `Options(emulated=True)` neither is looked at: `emulator` is asked, or one that is started for this run.

    Raises what `plan` raises, and HoldTaken, Locked, and NotRecorded when the lock lacks at the end what this run
    knows; that ends a run at once only where another program has changed the lock, else what was bought is followed
    and saved first. A KeyboardInterrupt, or closing the generator, waits for the answer to a paid request.
    """
    options = options or Options()
    made, place = _ready(path, options, compiled)
    assert made.board is not None
    with ExitStack() as ends:
        if options.emulated and options.assets is not None:
            raise BadSettings("a run of the emulator puts nothing into a bucket; leave `assets` out")
        environment = os.environ if environ is None else environ
        given = _service_for(made, place, environment, emulator)
        ends.enter_context(hold(place.lock))
        lock = read_lock(place.lock)
        if any(map(original_name, lock)):
            from seedspec.run.store.downloads import Downloads

            Downloads(place.base, place.lock.name).claim(lock)
        with no_collector():
            plan = _plan(made, place, options, lock, Problems())
        if options.locked and plan.buys:
            raise Locked(f"{len(plan.buys)} entries would be bought, first `{plan.buys[0].address}`", 4)
        check_consent(quote(Planned(made, place, plan), options), consent)
        if given is None:
            from seedspec.emulator.session import own

            given = ends.enter_context(own(place, needed=asks_service(plan, options)))
        yield from _run(made, options, plan, given, stopping)


def quote(planned: Planned, options: Options) -> Quote | None:
    """What a run would buy at most, and so needs a yes for; None when that is nothing, or free."""
    board = planned.compiled.board
    assert board is not None
    if options.emulated or options.locked or not options.submit:
        return None
    return quote_of(planned.plan, board.model.rate, budget_of(board, options), options.max_entries)


def asks_service(plan: Plan, options: Options) -> bool:
    """Whether a run of a plan has anything to ask the service for."""
    asked = {Action.RESUME, Action.FETCH, Action.ORPHAN} | (BUYS if options.submit else frozenset())
    return any(s.action in asked or isinstance(s.reason, Stuck) for s in plan.steps)


def _service_for(made: Compiled, place: Place, environ: Mapping[str, str], emulator: Emulator | None) -> Service | None:
    """The service that a run is given; None for the emulator's place without an emulator."""
    assert made.board is not None
    if emulator is not None:
        return emulator.service(place)
    return None if place.emulated else service_of(made.board.model.provider.document, place, environ)


def _run(
    made: Compiled, options: Options, plan: Plan, service: Service, stopping: Callable[[], bool]
) -> Generator[Event, None, None]:
    from seedspec.run.store.downloads import BadPlace

    place = service.place
    assert made.board is not None
    provider = made.board.model.provider.document
    machine = Engine(
        name=made.board.name,
        plan=plan,
        pace=replace(options.pace, outage=max(options.pace.outage, options.timeout or 0.0)),
        limits=Limits(
            units=budget_of(made.board, options),
            entries=options.max_entries,
            submit=options.submit and not options.locked,
            wait=options.wait,
            fast=options.fail_fast,
            retry=options.retry_failed,
            strays=not (options.select or options.exclude or options.picked_from is not None),
        ),
        key=lambda: f"seedspec-{secrets.token_hex(16)}",
        then=_failure_rule(provider),
        attempts=provider["failures"]["attempts"],
        result_seconds=3600.0 * provider["result_hours"],
        chance=random.random,
        unreachable=provider["unreachable"],
        media=made.board.model.media,
        together=provider["endpoints"].get("batch", {}).get("most", 1),
    )
    sends = any(m.source != "url" for s in plan.buys if s.entry is not None for m in s.entry.media)
    exchange = service.exchange(provider, options.assets if sends else None)
    journal = Journal(place.lock, plan.lock, place.words)
    idle = (Action.DONE, Action.SHARED, Action.FAILED, Action.DOUBT)
    asks = any(s.action not in idle or isinstance(s.reason, Stuck) for s in plan.steps)
    if asks:
        try:
            exchange.saves.ready(place.folder)
        except BadPlace as error:
            raise BadSettings(str(error)) from None
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
        chosen = within(asked, _picked_variants(made, source, options, problems))
        unwanted = {e.fingerprint: _why_left_out(e, made.path, source, options) for e in asked.chosen}
    picks = _picks(made.path, made.board, options)
    rules = Rules(
        folder=place.output,
        then=_failure_rule(provider),
        exists=presence(place.base),
        now=now().text(),
        attempts=provider["failures"]["attempts"],
        retry=options.retry_failed,
        redo=options.redo_stale,
        media=made.board.model.media,
        picked=(follow_addresses(picks, Entries(made.entries)) if picks.by_variant else picks).forbids,
        profile=place.profile,
        others=frozenset({"", *made.board.profiles} - {place.profile}),
        unwanted=unwanted,
        sender=sender,
    )
    return make_plan(chosen.chosen, lock, rules, chosen.others)


def _picked_variants(made: Compiled, board: Storyboard, options: Options, problems: Problems) -> frozenset[str]:
    """The variants that have a pick, of the storyboard with another profile. Raises NothingSelected without any."""
    picks = _picks(made.path, board, options)
    if not picks.by_variant:
        picking = _commands(made.path, board, options).line("pick", "ENTRY")
        raise NothingSelected(f"no take is picked {said(name_of(board))}; {picking} chooses one")
    upstream = expand_board(made.path, board, Problems(), emulated=options.emulated)
    return variants(picks, Entries(upstream.entries), problems)


def _why_left_out(entry: Entry, path: Path, board: Storyboard, options: Options) -> str:
    """Why an entry is left out that another one continues, and what takes it in."""
    picking = _commands(path, board, options).on("pick", entry.variant, "TAKE")
    return f"it has no pick {said(name_of(board))}: {picking} gives it one"


def _commands(path: Path, board: Storyboard, options: Options) -> CommandHint:
    return CommandHint(named(path), options.emulated, name_of(board))


def _picks(path: Path, board: Storyboard, options: Options) -> Picks:
    """What people chose. A broken file of picks protects nothing: it ends the command."""
    problems = Problems()
    picks = read_picks(choices_of(path, board, emulated=options.emulated), problems)
    if problems.failed:
        first = next(d for d in problems if d.severity is Severity.ERROR)
        where = f"{first.span}: " if first.span is not None else ""
        raise BadSettings(f"{where}{first.message} [{first.code}]", 3)
    return picks


def _failure_rule(provider: Mapping[str, Any]) -> Callable[[str], Literal["again", "asked", "change"]]:
    table: Mapping[str, Literal["again", "asked", "change"]] = provider["failures"]["by_code"]
    return lambda code: table.get(code, "asked")


def budget_of(board: Storyboard, options: Options) -> int | None:
    """The least of the ceilings that are given, in 1/10,000 credit."""
    rate = board.model.rate
    credits = [exact(c) for c in (board.budget_credits, options.max_credits) if c is not None]
    credits += [exact(u) * rate.credits_per_usd for u in (board.budget_usd, options.max_usd) if u is not None]
    return min((units_within(c, rate) for c in credits), default=None)
