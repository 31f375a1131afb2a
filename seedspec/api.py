"""The stages as functions, for programs: check, compile, plan and run, on what the rooms above them make."""

from __future__ import annotations

import gc
import os
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from seedspec.compiler.catalog import Catalog
from seedspec.compiler.entry import Entry
from seedspec.compiler.expand import Count, Expansion, expand
from seedspec.compiler.matrix import Arithmetic
from seedspec.compiler.price import Cost
from seedspec.compiler.storyboard import Storyboard, storyboard_of
from seedspec.plan.event import Event, RunFinished
from seedspec.plan.lock import Lock, LockFault, Record
from seedspec.plan.plan import Action, Plan, Rules, Step, make
from seedspec.plan.select import choose
from seedspec.run import files
from seedspec.run.disk import Journal, hold, read_lock
from seedspec.run.driver import drive, now
from seedspec.run.job import Limits, Pace
from seedspec.run.machine import Machine
from seedspec.run.place import Place, place_of
from seedspec.run.settings import Key, Origins, key_of, origins_of
from seedspec.text.diagnostic import Diagnostic, Note, Problems, Severity
from seedspec.text.source import Source, Span
from seedspec.text.syntax import parse

__all__ = [
    "Action", "Compiled", "Cost", "Diagnostic", "Entry", "Event", "Invalid", "Lock", "LockFault", "Note", "Options",
    "Pace", "Plan", "Planned", "Record", "RunFinished", "Severity", "Source", "Span", "Step", "check", "compile",
    "plan", "run",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Compiled:
    """A storyboard's entries in order, with every finding. `ok` says that nothing stands in the way of a run."""

    path: Path
    board: Storyboard | None
    entries: tuple[Entry, ...]
    rows: Arithmetic | None
    counts: tuple[Count, ...]
    diagnostics: tuple[Diagnostic, ...]

    @property
    def ok(self) -> bool:
        return self.board is not None and not any(d.severity == "error" for d in self.diagnostics)


def opened(path: str | Path, problems: Problems, catalog: Catalog | None = None) -> Expansion | None:
    """A storyboard file on its way to entries; None, with the reasons in `problems`, when its form is broken."""
    file = Path(path)
    source = files.read_source(file, str(path), problems)
    if source is None or (node := parse(source, problems)) is None:
        return None
    board = storyboard_of(node, catalog or files.catalog(), file.stem, problems)
    if board is None:
        return None
    return expand(board, files.looker(file.parent), files.templates_below(file.parent), problems)


def compile(path: str | Path, catalog: Catalog | None = None) -> Compiled:
    """All entries of a storyboard file, in order. Raises nothing for what the file or its neighbours may hold."""
    problems = Problems()
    with _no_collector():
        expansion = opened(path, problems, catalog)
        entries = tuple(expansion.entries()) if expansion else ()
    if expansion is None:
        return Compiled(Path(path), None, (), None, (), tuple(problems))
    return Compiled(Path(path), expansion.board, entries, expansion.rows, expansion.counts, tuple(problems))


def check(path: str | Path, catalog: Catalog | None = None) -> tuple[Diagnostic, ...]:
    """Every finding about a storyboard file, in the order of its lines."""
    return compile(path, catalog).diagnostics


@dataclass(frozen=True, slots=True)
class Options:
    """How a plan or a run is wanted. `emulated` uses the emulator's own lock and folder.

    `max_usd` and `max_credits` bound a run further than the storyboard does; `submit` False finishes what was bought
    and buys nothing.
    """

    select: Sequence[str] = ()
    exclude: Sequence[str] = ()
    retry_failed: bool = False
    emulated: bool = False
    submit: bool = True
    max_usd: float | None = None
    max_credits: float | None = None
    pace: Pace = field(default_factory=Pace)


class Invalid(Exception):
    """The storyboard has errors, so that there is nothing to plan or run; they are in `compiled.diagnostics`."""

    def __init__(self, compiled: Compiled) -> None:
        super().__init__(f"{compiled.path} has errors")
        self.compiled = compiled


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan with what it was made from."""

    compiled: Compiled
    place: Place
    plan: Plan


def plan(path: str | Path, options: Options | None = None, compiled: Compiled | None = None) -> Planned:
    """What a run would do, and why; nothing is asked of the network and nothing is written.

    Raises Invalid, LockFault for a lock that cannot be relied on, NothingSelected, BadSettings and OSError.
    """
    options = options or Options()
    made, place = _ready(path, options, compiled)
    return Planned(made, place, _plan(made, place, options, read_lock(place.lock)))


def run(
    path: str | Path,
    options: Options | None = None,
    *,
    environ: Mapping[str, str] | None = None,
    compiled: Compiled | None = None,
    stopping: Callable[[], bool] = lambda: False,
) -> Iterator[Event]:
    """Buys what is new, follows what is running, saves what is finished; yields each event after it is recorded.

    The key and the addresses come from `environ` (the process's own, when not given) and `.env`. Raises what `plan`
    raises, and HoldTaken, and NotRecorded when the lock cannot be written.
    """
    options = options or Options()
    made, place = _ready(path, options, compiled)
    assert made.board is not None
    provider = made.board.model.provider.document
    environment = os.environ if environ is None else environ
    origins, key = origins_of(provider, environment), key_of(provider, environment, Path.cwd())
    with hold(place.lock):
        lock = read_lock(place.lock)
        plan = _plan(made, place, options, lock)
        yield from _run(made, place, options, plan, origins, key, stopping)


def _run(
    made: Compiled,
    place: Place,
    options: Options,
    plan: Plan,
    origins: Origins,
    key: Key,
    stopping: Callable[[], bool],
) -> Iterator[Event]:
    from seedspec.run.saves import Saves
    from seedspec.run.wire import Exchange

    assert made.board is not None
    provider = made.board.model.provider.document
    machine = Machine(
        name=made.board.name,
        plan=plan,
        pace=options.pace,
        limits=Limits(budget_of(made.board, options), options.submit),
        key=lambda: f"seedspec-{secrets.token_hex(16)}",
        then=_then(provider),
        attempts=provider["failures"]["attempts"],
        result_seconds=3600.0 * provider["result_hours"],
    )
    journal = Journal(place.lock, plan.lock)
    exchange = Exchange(provider, origins, key, Saves(place.base), place.base)
    try:
        yield from drive(machine, exchange, journal, stopping=stopping)
        journal.close(list(dict.fromkeys(e.fingerprint for e in made.entries)))
    finally:
        journal.abandon()
        exchange.close()


def _ready(path: str | Path, options: Options, compiled: Compiled | None) -> tuple[Compiled, Place]:
    made = compiled or compile(path)
    if not made.ok or made.board is None:
        raise Invalid(made)
    return made, place_of(made.path, made.board, emulated=options.emulated)


def _plan(made: Compiled, place: Place, options: Options, lock: Lock) -> Plan:
    assert made.board is not None
    provider = made.board.model.provider.document
    chosen = choose(made.entries, lock, options.select, options.exclude)
    rules = Rules(
        folder=place.folder,
        then=_then(provider),
        exists=lambda file: os.path.lexists(place.base / file),
        now=now().text(),
        attempts=provider["failures"]["attempts"],
        retry=options.retry_failed,
    )
    return make(chosen.chosen, lock, rules, chosen.others)


def _then(provider: Mapping[str, Any]) -> Callable[[str], Literal["again", "asked", "change"]]:
    table: Mapping[str, Literal["again", "asked", "change"]] = provider["failures"]["by_code"]
    return lambda code: table.get(code, "asked")


def budget_of(board: Storyboard, options: Options) -> int | None:
    """The least of the ceilings that are given, in 1/10,000 credit."""
    rate = board.model.rate
    credits = [c for c in (board.budget_credits, options.max_credits) if c is not None]
    credits += [u * float(rate.credits_per_usd) for u in (board.budget_usd, options.max_usd) if u is not None]
    return min((int(c * rate.units_per_credit) for c in credits), default=None)


@contextmanager
def _no_collector() -> Iterator[None]:
    """A compile makes live objects only; the cyclic collector would walk them again and again."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
