"""The stages as functions, for programs: check, compile, plan and run, and the emulator, on what the rooms make."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from seedspec.catalog.model import Catalog
from seedspec.catalog.price import Cost
from seedspec.compiler.entry import Entry
from seedspec.compiler.storyboard.profile import NoProfile
from seedspec.lock.event import Event
from seedspec.lock.lock import Lock, LockFault
from seedspec.lock.merge import original_name
from seedspec.lock.record import Record
from seedspec.lock.run_events import RunFinished
from seedspec.lock.state import State
from seedspec.plan.agreed import Agreed, Drift, agreed_of
from seedspec.plan.plan import BUYS, Action, Plan, Step
from seedspec.plan.reason import Stuck, Unmet
from seedspec.project.agreed_file import read_agreed
from seedspec.project.compile import Compiled, compile, no_collector
from seedspec.project.compile import check as check_file
from seedspec.project.credentials import BadSettings
from seedspec.project.paths import Place
from seedspec.run.consent import (
    ConsentNeeded,
    Quote,
    Retired,
    Unpriced,
    Yes,
    check_consent,
    check_not_retired,
    check_priced,
    quote_of,
    retired_steps,
)
from seedspec.run.engine.purchase import Pace
from seedspec.run.lock_alone import check_providers
from seedspec.run.loop import drive, now
from seedspec.run.prepare import (
    Invalid,
    Options,
    Planned,
    budget_of,
    check_pictures,
    check_services,
    expectations,
    has_ledger,
    plan_of,
    providers_of,
    ready,
    seeks,
)  # fmt: skip
from seedspec.run.service.service import Emulator, LateClient, Service, service_of
from seedspec.run.store.journal import Journal
from seedspec.run.store.lock_file import hold, holder, read_lock
from seedspec.run.store.rescue import describe_foreign, foreign
from seedspec.text.diagnostic import Diagnostic, Note, Problems, Severity
from seedspec.text.source import Source, Span
from seedspec.text.value import valueclass

if TYPE_CHECKING:
    from seedspec.run.service.client import Client
    from seedspec.run.store.ledger.opened import Opened

__all__ = [
    "Action", "Agreed", "Compiled", "ConsentNeeded", "Cost", "Diagnostic", "Drift", "Emulator", "Entry", "Event",
    "Invalid", "Lock", "LockFault", "NoProfile", "Note", "Options", "Pace", "Plan", "Planned", "Quote", "Record",
    "Retired", "RunFinished", "Severity", "Source", "Span", "Step", "Unpriced", "Yes", "agree", "check", "compile",
    "emulator", "plan", "read_agreed", "run",
]  # fmt: skip


class Locked(BadSettings):
    """Something would be bought, and the run was told to buy nothing."""


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
    made, place = ready(path, options, compiled)
    lock, sender = read_lock(place.lock, texts=_texts(made)), ""
    if any(r.state is State.SUBMITTING for r in lock):
        sender = holder(place.lock)
        lock = lock if sender else read_lock(place.lock, lock, _texts(made))  # that run may have ended between the two
    away = ""
    senders: Mapping[tuple[str, int], str] = {}
    if has_ledger(place, lock, options, {}):
        from seedspec.run.store.ledger.opened import look

        seen = look(place, lock, options.ledger, os.environ)
        lock, away, senders = seen.lock, seen.away, seen.senders
        sender = sender if away else ""  # whoever holds the lock here has its lease too
    if (rescue := foreign(place.lock)) is not None:
        problems.warning("rescue-not-taken", describe_foreign(rescue, place.lock), None)
    with no_collector():
        found, drift = plan_of(made, place, options, lock, problems, sender, senders)
    return Planned(made, place, found, tuple(problems), drift, away)


def agree(planned: Planned, options: Options | None = None) -> Agreed:
    """What a plan would buy, as a value that people can agree to: `run` buys exactly that with it as its consent.

    `options` are those of the plan. Raises BadSettings for a plan that was itself made by an agreed one.
    """
    options = options or Options()
    board = planned.compiled.board
    assert board is not None
    if options.retake_unmet:
        raise BadSettings("an agreed plan says what is bought, and retakes are not known before; leave them out")
    if options.agreed is not None:
        raise BadSettings("the plan is made by an agreed one; leave `agreed` out to make another")
    return agreed_of(
        planned.plan, planned.compiled.entries, board.rate,
        name=board.name, file=planned.compiled.path.name, emulated=options.emulated, made=now().text(),
        retry=options.retry_failed, redo=options.redo_stale,
    )  # fmt: skip


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
    consent: Yes | Agreed | None = None,
    environ: Mapping[str, str] | None = None,
    compiled: Compiled | None = None,
    emulator: Emulator | None = None,
    stopping: Callable[[], bool] = lambda: False,
    known: Lock | Plan | None = None,
) -> Generator[Event, None, None]:
    """Buys what is new, follows what is running, saves what is finished; yields each event after it is recorded.

    What is bought needs a `consent` to at least its price, else ConsentNeeded is raised before anything is sent. An
    agreed plan is one, and says what is bought, as it does in `options`. What was bought before is followed and saved
    without one, and the emulator needs none.

    The key and the addresses come from `environ` (the process's own, when not given) and `.env`. With
    `Options(emulated=True)` neither is looked at: `emulator` is asked, or one that is started for this run.
    `known` is a plan that was made before, or its lock: that is taken for the file where it still has these very bytes.

    Raises what `plan` raises, and HoldTaken, Locked, Retired where a model has ended, Unpriced where a budget would
    have to bound what has no known price, and NotRecorded when the lock lacks at the end what this run knows; that ends
    a run at once only where another program has changed the lock, else what was bought is followed and saved first. A
    KeyboardInterrupt, or closing the generator, waits for the answer to a paid request.
    """
    options = options or Options()
    if isinstance(consent, Agreed):
        options, consent = replace(options, agreed=consent), None
    made, place = ready(path, options, compiled)
    assert made.board is not None
    if made.lock_alone and options.submit:
        raise Invalid(made)
    with ExitStack() as ends:
        for name in ("assets", "renders", "ledger") if options.emulated else ():
            if getattr(options, name) is not None:
                raise BadSettings(f"a run of the emulator has nothing to do with a bucket; leave `{name}` out")
        environment = os.environ if environ is None else environ
        given = _service_for(made, place, environment, emulator)
        ends.enter_context(hold(place.lock))
        lock = read_lock(place.lock, known.lock if isinstance(known, Plan) else known, _texts(made))
        shared: Opened | None = None
        if has_ledger(place, lock, options, environment):
            from seedspec.run.store.ledger.opened import open_with_lock

            shared = ends.enter_context(open_with_lock(place, lock, options.ledger, environment, _order(made)))
            lock = shared.lock
        if any(map(original_name, lock)):
            from seedspec.run.store.downloads import Downloads

            Downloads(place.base, place.lock.name).claim(lock)
        with no_collector():
            before, senders = known if isinstance(known, Plan) else None, shared.senders if shared else {}
            plan, drift = plan_of(made, place, options, lock, Problems(), senders=senders, before=before)
            plan = plan.sharing(before)
        if made.lock_alone:
            check_providers(made, plan)
        if shared is not None and shared.ledger is not None and options.unpriced:
            shared.ledger.allow_unpriced()
        if shared is not None and shared.away and options.submit and plan.buys:
            raise BadSettings(f"the ledger does not answer: {shared.away}; nothing was sent", 7)
        if shared is not None and shared.away:
            options = replace(options, submit=False)  # nor is a failed attempt repeated
        if options.locked and plan.buys:
            many = f"{len(plan.buys)} entr{'ies' if len(plan.buys) > 1 else 'y'}"
            raise Locked(f"{many} would be bought, first `{plan.buys[0].address}`", 4)
        if options.submit:
            check_not_retired(plan, made.board.catalog)
            check_pictures(plan)
            check_services(made, plan, options.assets)
            check_priced(plan, budget_of(made.board, options), unpriced=options.unpriced)
        consent = consent or consent_of(options.agreed)
        if consent is not None and options.unpriced:
            consent = replace(consent, unpriced=True)
        whole = consent is not None and consent.whole
        check_consent(quote(Planned(made, place, plan), options, whole=whole), consent)
        if given is None:
            from seedspec.emulator.session import own

            given = ends.enter_context(own(place, needed=asks_service(made, plan, options)))
        events = _run(made, options, plan, drift, given, stopping, shared)
        rounds = _Rounds(made, place, options, given, stopping, {s.fp: s.retakes for s in plan.steps if s.retakes})
        if (expected := expectations(made, place, options)) is None:
            yield from events
            return
        from seedspec.run.comparing import Takes, with_comparisons

        entries = tuple(step.entry for step in plan.steps if step.entry is not None)
        end = None if options.timeout is None else now().clock + options.timeout
        takes = Takes(expected, entries, place.base, place.commands, options.strict_expect, end)
        yield from with_comparisons(events, takes, plan.lock, stopping, rounds.next)


@valueclass(frozen=False, slots=True)
class _Rounds:
    """Further rounds of a run: what it has saved and found not as expected is bought anew, in the way of any purchase.

    `left` is how often each request may be, by fingerprint; it was counted in the price that the run got a yes for.
    """

    made: Compiled
    place: Place
    options: Options
    service: Service
    stopping: Callable[[], bool]
    left: dict[str, int]

    def next(self, sums: RunFinished) -> Generator[Event, None, None] | None:
        """The events of the next round; None where there is none, as after a run that did not come to its end."""
        assert self.made.board is not None
        if not any(self.left.values()) or sums.exit not in (0, 1):
            return None
        lock, catalog = read_lock(self.place.lock), self.made.board.catalog
        with no_collector():
            plan, _ = plan_of(self.made, self.place, self.options, lock, Problems())
        over = {s.fp for s in retired_steps(plan, catalog)}
        anew = [s for s in plan.buys if isinstance(s.reason, Unmet) and self.left.get(s.fp) and s.fp not in over]
        if not anew:
            return None
        for step in anew:
            self.left[step.fp] -= 1
        orphans = [s for s in plan.steps if s.entry is None]  # a budget counts what they may cost
        plan = Plan((*anew, *orphans), lock, plan.profile)
        return _run(self.made, self.options, plan, None, self.service, self.stopping, None, before=sums)


def quote(planned: Planned, options: Options, *, whole: bool = False) -> Quote | None:
    """What a run would buy at most, and so needs a yes for; None when that is nothing, or free.

    With `whole` it is all that the plan would buy, whatever the budget and the bound of entries are.
    """
    board = planned.compiled.board
    assert board is not None
    if options.emulated or options.locked or not options.submit:
        return None
    budget, entries = (None, None) if whole else (budget_of(board, options), options.max_entries)
    return quote_of(planned.plan, board.rate, budget, entries)


def consent_of(agreed: Agreed | None) -> Yes | None:
    """The yes that an agreed plan is: to its sum."""
    return None if agreed is None else Yes(agreed.usd, agreed.credits)


def asks_service(made: Compiled, plan: Plan, options: Options) -> bool:
    """Whether a run of a plan has anything to ask the service for."""
    asked = {Action.RESUME, Action.FETCH, Action.ORPHAN} | (BUYS if options.submit else frozenset())
    return any(s.action in asked or isinstance(s.reason, Stuck) for s in plan.steps) or (
        options.wait and seeks(made, plan)
    )


def _service_for(made: Compiled, place: Place, environ: Mapping[str, str], emulator: Emulator | None) -> Service | None:
    """The service that a run is given; None for the emulator's place without an emulator."""
    assert made.board is not None
    if emulator is not None:
        return emulator.service(place)
    first, *others = providers_of(made)
    return None if place.emulated else service_of(first, place, environ, others)


def _run(
    made: Compiled,
    options: Options,
    plan: Plan,
    drift: Drift | None,
    service: Service,
    stopping: Callable[[], bool],
    shared: Opened | None,
    before: RunFinished | None = None,
) -> Generator[Event, None, None]:
    from seedspec.run.machine import machine_of

    place = service.place
    provider, *others = providers_of(made)
    ledger = None if shared is None else shared.ledger
    runner = "" if ledger is None else ledger.runner.id
    machine = partial(machine_of, made, options, plan, drift, place, runner, before)
    sends = any(m.source != "url" for s in plan.buys if s.entry is not None for m in s.entry.media)
    saved = (str(r.get("sha256")) for r in plan.lock if r.state is State.SAVED)
    make = partial(service.exchange, provider, options.assets if sends else None, options.renders, saved, others)
    journal = Journal(place.lock, plan.lock, place.words, None if ledger is None else ledger.press)
    idle = (Action.DONE, Action.SHARED, Action.FAILED, Action.DOUBT)
    asks = any(s.action not in idle or isinstance(s.reason, Stuck) for s in plan.steps) or seeks(made, plan)
    exchange = LateClient(make)
    try:
        if asks or options.renders:  # what is wrong with a bucket is told also where nothing is asked
            client = exchange.open()
            if asks:
                _make_ready(client, place)
        if ledger is None:
            yield from drive(machine(), exchange, journal, stopping=stopping, seconds=options.timeout)
            journal.close(_order(made), place.profile)
        else:
            from seedspec.run.store.ledger.shared import sharing

            with sharing(ledger, journal, leased=asks) as record:
                wire = record.wire(exchange)
                yield from drive(machine(), wire, record, stopping=stopping, seconds=options.timeout, team=record)
                record.close(_order(made), place.profile)
    finally:
        journal.abandon()
        exchange.close()


def _make_ready(client: Client, place: Place) -> None:
    """Raises BadSettings for what keeps videos from being saved, or the service from being asked."""
    from seedspec.run.store.downloads import BadPlace

    try:
        client.saves.ready(place.folder)
    except BadPlace as error:
        raise BadSettings(str(error)) from None
    client.ready()


def _texts(made: Compiled) -> Iterator[str]:
    """What the entries of a storyboard and the records of its lock have in common."""
    return (text for entry in made.entries for text in (entry.fingerprint, entry.address))


def _order(made: Compiled) -> list[str]:
    return list(dict.fromkeys(e.fingerprint for e in made.entries))
