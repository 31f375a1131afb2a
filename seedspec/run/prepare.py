"""A storyboard on disk, its lock and what is asked for become the plan of a run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field, replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from seedspec.catalog.price import exact, units_within
from seedspec.choices.picks import Picks, follow_addresses, variants
from seedspec.choices.reviews import Entries
from seedspec.compiler.entry import Entry
from seedspec.compiler.storyboard.profile import name_of, say_profile, with_profile
from seedspec.compiler.storyboard.types import Storyboard
from seedspec.lock.lock import Lock
from seedspec.lock.run_events import Compared
from seedspec.lock.state import UNANSWERED, State
from seedspec.plan.agreed import AGE, Agreed, Drift, NotThisPlan, narrow
from seedspec.plan.command_hint import CommandHint
from seedspec.plan.plan import Action, Plan
from seedspec.plan.planner import make_plan
from seedspec.plan.rules import Rules
from seedspec.plan.select import NothingSelected, choose, within
from seedspec.project.choice_files import choices_of, read_picks
from seedspec.project.compile import Compiled, compile, expand_board
from seedspec.project.credentials import BadSettings
from seedspec.project.paths import Place, name_in_commands, place_of
from seedspec.project.presence import presence
from seedspec.run.engine.messages import Archive
from seedspec.run.engine.proof import Lookup, trace_of
from seedspec.run.engine.purchase import Pace
from seedspec.run.engine.renders import Renders
from seedspec.run.engine.terms import Terms
from seedspec.run.loop import now
from seedspec.run.store.left_behind import check_not_left
from seedspec.text.diagnostic import Diagnostic, Problems, Severity
from seedspec.text.value import valueclass

if TYPE_CHECKING:
    from seedspec.project.expectations import Expectations


@valueclass(frozen=True, slots=True)
class Options:
    """How a plan or a run is wanted. `emulated` asks an emulator alone, with a lock and a folder of its own.

    `profile` is the one to compile with, where no compiled storyboard is given. `picked_from` keeps to the variants
    that have a pick in that profile, "default" for the picks of the storyboard as written: each take of them.

    `max_usd` and `max_credits` bound a run further than the storyboard does, `max_entries` the purchases in it,
    `timeout` its seconds. `redo_stale` buys again what was made from a video of another entry that has been replaced
    since. `submit` False finishes what was bought and buys nothing; `wait` False buys and does not wait
    for the videos; `fail_fast` buys no more after the first failure; `locked` refuses when anything would be bought.
    `assets` is a bucket's URL, `s3://bucket/prefix`, where local files go instead of to the service; `renders` is
    one where each saved video is put by its digest, and from which it comes where it is not on this disk. `ledger` is
    the URL of the ledger that the lock names, where the environment and this machine do not know it.

    `strict_expect` counts a take that is not measured for all that is expected of it as one that is not as expected.

    `retake_unmet` buys a take anew whose video is measured and not as expected, unless people picked it; a take has at
    most `max_retakes` videos more than one. What may be bought so is a part of what a yes is needed for.

    `unpriced` buys what has no known price also where a budget, or a yes up to a price, cannot bound it.

    `agreed` is a plan that people agreed to, at most `agreed_days` old: it says what is bought, at what price at most,
    and goes with no `select`, `exclude`, `picked_from`, `retry_failed` or `redo_stale`, which stand in it.
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
    renders: str | None = None
    ledger: str | None = None
    agreed: Agreed | None = None
    agreed_days: float = AGE
    unpriced: bool = False
    strict_expect: bool = False
    retake_unmet: bool = False
    max_retakes: int = 1
    pace: Pace = field(default_factory=Pace)


class Invalid(Exception):
    """The storyboard has errors, so that there is nothing to plan or run; they are in `compiled.diagnostics`."""

    def __init__(self, compiled: Compiled) -> None:
        super().__init__(f"{compiled.path} has errors")
        self.compiled = compiled


@valueclass(frozen=True, slots=True)
class Planned:
    """A plan with what it was made from, and what was found about the picks that it keeps to.

    `drift` is what has changed since people agreed to it, where they did. `away` says why the shared ledger was not
    asked, where the lock has one.
    """

    compiled: Compiled
    place: Place
    plan: Plan
    findings: tuple[Diagnostic, ...] = ()
    drift: Drift | None = None
    away: str = ""

    def __repr__(self) -> str:
        return f"Planned({str(self.compiled.path)!r}, {self.plan!r})"

    def _repr_html_(self) -> str:
        """What notebooks show."""
        return self.plan._repr_html_()


def ready(path: str | Path, options: Options, compiled: Compiled | None) -> tuple[Compiled, Place]:
    made = compiled or compile(path, profile=options.profile, emulated=options.emulated)
    if not made.ok or made.board is None:
        raise Invalid(made)
    own = name_of(made.board)
    if options.profile and name_of(with_profile(made.board, options.profile)) != own:
        raise BadSettings(f"compiled {say_profile(own)}; asked for is a plan {say_profile(options.profile)}")
    place = place_of(made.path, made.board, emulated=options.emulated)
    check_not_left(place.lock, (e.fingerprint for e in made.entries))
    return made, place


def plan_of(
    made: Compiled,
    place: Place,
    options: Options,
    lock: Lock,
    problems: Problems,
    sender: str = "",
    senders: Mapping[tuple[str, int], str] | None = None,
    before: Plan | None = None,
) -> tuple[Plan, Drift | None]:
    assert made.board is not None
    provider = made.board.provider.document
    asked, drift = choose(made.entries, lock, options.select, options.exclude), None
    chosen, unwanted = asked, {}
    if (agreed := options.agreed) is not None:
        options = _by_agreement(made, place, options, agreed)
        chosen, drift = narrow(asked, agreed, lock)
        unwanted = dict.fromkeys((e.fingerprint for e in chosen.others), "the agreed plan does not have it")
    if options.picked_from is not None:
        source = with_profile(made.board, options.picked_from)
        chosen = within(asked, _picked_variants(made, source, options, problems))
        unwanted = {e.fingerprint: _why_left_out(e, made.path, source, options) for e in asked.chosen}
    rules = Rules(
        folder=place.output,
        then=failure_rule(provider),
        exists=presence(place.base),
        now=now().text(),
        attempts=0 if made.lock_alone else provider["failures"]["attempts"],
        retry=options.retry_failed and not made.lock_alone,
        redo=options.redo_stale,
        picked=_find_pick(made, options),
        profile=place.profile,
        others=frozenset({"", *made.board.profiles} - {place.profile}),
        unwanted=unwanted,
        sender=sender,
        senders=senders or {},
        renders=bool(options.renders),
    )
    if options.retake_unmet and (expected := expectations(made, place, options)) is not None:
        rules = replace(
            rules,
            retakes=options.max_retakes,
            # a run that shares its lock lets go of it after one round
            retakes_now=options.wait and not (lock.header.get("ledger") or options.ledger),
            expects=lambda entry: bool(expected.of(entry)),
            unmet=lambda entry: expected.unmet(entry, lock, rules.now),
        )
    return make_plan(chosen.chosen, lock, rules, chosen.others, before), drift


def has_ledger(place: Place, lock: Lock, options: Options, environ: Mapping[str, str]) -> bool:
    """Whether a lock is shared, or is to be by what is given. What is emulated never is."""
    return not place.emulated and bool(options.ledger or environ.get("SEEDSPEC_LEDGER") or lock.header.get("ledger"))


def renders_of(place: Place, options: Options, lock: Lock) -> Renders:
    """The bucket of a run's videos, with those of the lock that are on this disk; none without `renders`."""
    if not options.renders:
        return Renders()
    exists = presence(place.base)
    saved = {
        str(r.get("sha256")): Archive(str(r.get("sha256")), str(r.file), r.entry, r.fp)
        for r in lock
        if r.state is State.SAVED and r.get("sha256") and r.file and exists(r.file, r.get("bytes"))
    }
    return Renders(options.renders, saved.values(), insists=not options.submit)


def _by_agreement(made: Compiled, place: Place, options: Options, agreed: Agreed) -> Options:
    """The options of a run by an agreed plan. Raises BadSettings where the two do not go together."""
    given = {
        "select": bool(options.select),
        "exclude": bool(options.exclude),
        "picked_from": options.picked_from is not None,
        "retry_failed": options.retry_failed,
        "redo_stale": options.redo_stale,
        "retake_unmet": options.retake_unmet,
    }
    if said := [name for name, is_given in given.items() if is_given]:
        raise BadSettings(f"an agreed plan says what is bought; leave out {', '.join(said)}")
    assert made.board is not None
    try:
        agreed.check_fits(
            made.board.name, made.path.name, place.profile,
            emulated=place.emulated, now=now().text(), days=options.agreed_days,
        )  # fmt: skip
    except NotThisPlan as error:
        raise BadSettings(str(error)) from None
    return replace(options, retry_failed=agreed.retry, redo_stale=agreed.redo)


def _picked_variants(made: Compiled, board: Storyboard, options: Options, problems: Problems) -> frozenset[str]:
    """The variants that have a pick, of the storyboard with another profile. Raises NothingSelected without any."""
    picks = _picks(made.path, board, options)
    if not picks.by_variant:
        picking = _commands(made.path, board, options).line("pick", "ENTRY")
        raise NothingSelected(f"no take is picked {say_profile(name_of(board))}; {picking} chooses one")
    upstream = expand_board(made.path, board, Problems(), emulated=options.emulated)
    return variants(picks, Entries(upstream.entries), problems)


def _why_left_out(entry: Entry, path: Path, board: Storyboard, options: Options) -> str:
    """Why an entry is left out that another one continues, and what takes it in."""
    picking = _commands(path, board, options).on("pick", entry.variant, "TAKE")
    return f"it has no pick {say_profile(name_of(board))}: {picking} gives it one"


def _commands(path: Path, board: Storyboard, options: Options) -> CommandHint:
    return CommandHint(name_in_commands(path), options.emulated, name_of(board))


def _picks(path: Path, board: Storyboard, options: Options) -> Picks:
    """What people chose. A broken file of picks protects nothing: it ends the command."""
    problems = Problems()
    picks = read_picks(choices_of(path, board, emulated=options.emulated), problems)
    if problems.failed:
        first = next(d for d in problems if d.severity is Severity.ERROR)
        where = f"{first.span}: " if first.span is not None else ""
        raise BadSettings(f"{where}{first.message} [{first.code}]", 3)
    return picks


def _find_pick(made: Compiled, options: Options) -> Callable[[Entry], str | None]:
    """The fingerprint of the choice that an entry is, by its request or its address; such a take is never bought."""
    assert made.board is not None
    picks = _picks(made.path, made.board, options)
    return (follow_addresses(picks, Entries(made.entries)) if picks.by_variant else picks).forbids


def expectations(made: Compiled, place: Place, options: Options, *, judges: bool = True) -> Expectations | None:
    """What the storyboard expects of its takes, with the scores of judges or without; None where that is nothing.

    Nothing is loaded or read for a storyboard without expectations.
    """
    board = made.board
    assert board is not None
    if not any(board.expected_of(shot) for shot in board.shots):
        return None
    from seedspec.measures.judged import NOBODY, PREFIX
    from seedspec.project.expectations import Expectations, expected_by_shot
    from seedspec.project.judged_file import read_judged
    from seedspec.project.saved_measures import MeasuresFolder

    expected = expected_by_shot(board, judges=judges)
    asks = any(one.measure.startswith(PREFIX) for bounds in expected.values() for one in bounds)
    judged = read_judged(place.lock, Problems()) if asks else NOBODY
    return Expectations(expected, MeasuresFolder(place.base), _find_pick(made, options), judged.scores)


def compare_takes(planned: Planned, options: Options, *, judges: bool = True) -> dict[str, Compared]:
    """The saved takes of a plan of which something is expected, by address, held against their measures."""
    found = expectations(planned.compiled, planned.place, options, judges=judges)
    if found is None:
        return {}
    return found.standing((s.entry for s in planned.plan.steps), planned.plan.lock, now().text())


def check_pictures(plan: Plan) -> None:
    """Raises BadSettings where a picture of a video would have to be cut for what is to be bought, and cannot be."""
    from seedspec.media.reader import cuts_pictures

    needs = next((s for s in plan.buys if s.entry is not None and any(m.frame for m in s.entry.upstream)), None)
    if needs is not None and not cuts_pictures():
        why = f"`{needs.address}` needs a picture of another shot's video, and cutting it takes more packages"
        raise BadSettings(f"{why}: pip install 'seedspec[media]'")


def providers_of(made: Compiled) -> list[Mapping[str, Any]]:
    """The files of the services that the entries of a storyboard are bought from, the first the one of most of it."""
    assert made.board is not None
    models = {id(e.base.model): e.base.model for e in made.entries}.values()
    own, asked = made.board.provider, {m.provider.id: m.provider.document for m in models}
    found = {name: document for name, document in asked.items() if "calls" in document}
    first = {own.id: own.document} if own.id in found or not found else {}
    return list({**first, **found}.values())


def terms_of(made: Compiled, provider: Mapping[str, Any]) -> Terms:
    """What a run has to know of a service."""
    assert made.board is not None
    models = made.board.catalog.models.values()
    return Terms(
        failure_rule(provider),
        provider["failures"]["attempts"],
        3600.0 * provider.get("results", {}).get("hours", 24),
        tuple(provider["failures"].get("unreachable", ())),
        provider.get("calls", {}).get("batch", {}).get("most", 1),
        "balance" in provider.get("calls", {}),
        {m.id: m.called for m in models if m.provider.document is provider},
        lookup_of(provider),
    )


def lookup_of(provider: Mapping[str, Any]) -> Lookup:
    """What a service can be asked about a request whose answer was lost."""
    doubt = provider.get("doubt", {})
    own = doubt.get("own", {}).get("name", "")
    return Lookup(doubt.get("lookup", "none"), tuple(doubt.get("echo", ())), own, doubt.get("after_seconds", 0))


def seeks(made: Compiled, plan: Plan) -> bool:
    """Whether a run asks a service for the task of a request whose answer was lost."""
    lookups = {str(one["id"]): lookup_of(one) for one in providers_of(made)}
    doubts = (s.record for s in plan.steps if s.action is Action.DOUBT and s.record is not None)
    return any(
        r.state in UNANSWERED
        and lookups.get(str((r.manifest or {}).get("provider")), Lookup()).proves(trace_of(r.values))
        for r in doubts
    )


def check_services(made: Compiled, plan: Plan, assets: str | None) -> None:
    """Raises BadSettings where the services of a plan cannot be bought from together, or cannot take its files."""
    _check_one_credit(made)
    _check_uploads(plan, assets)


def _check_one_credit(made: Compiled) -> None:
    """Raises BadSettings where the prices of two services are in different credits, which no sum or budget can hold."""
    found = {e.model.rate.credits_per_usd: e.model.provider.id for e in made.entries}
    if len(found) > 1:
        many = " and ".join(f"{name} has {per:f} to the dollar" for per, name in found.items())
        raise BadSettings(f"the prices of this storyboard's services are in different credits: {many}; make them one")


def _check_uploads(plan: Plan, assets: str | None) -> None:
    """Raises BadSettings where a file would have to go up to a service that takes none."""
    for entry in (s.entry for s in plan.buys if s.entry is not None and not assets):
        provider = entry.model.provider.document
        medium = next((m for m in entry.media if m.source == "file" or m.frame), None)
        if medium is not None and "upload" not in provider["calls"]:
            why = f"`{entry.address}` sends the file `{medium.where}`, and {provider['title']} takes no files"
            raise BadSettings(f"{why}: give its URL in the storyboard, or a bucket of your own with `--assets`")


def failure_rule(provider: Mapping[str, Any]) -> Callable[[str], Literal["again", "asked", "change"]]:
    table: Mapping[str, Literal["again", "asked", "change"]] = provider["failures"]["by_code"]
    return lambda code: table.get(code, "asked")


def budget_of(board: Storyboard, options: Options) -> int | None:
    """The least of the ceilings that are given, in 1/10,000 credit."""
    rate = board.rate
    credits = [exact(c) for c in (board.budget_credits, options.max_credits) if c is not None]
    credits += [exact(u) * rate.credits_per_usd for u in (board.budget_usd, options.max_usd) if u is not None]
    return min((units_within(c, rate) for c in credits), default=None)
