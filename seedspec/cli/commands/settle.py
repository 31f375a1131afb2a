"""The command that settles purchases in doubt, each by a person's word."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import click
import orjson

from seedspec.api import Compiled
from seedspec.cli.compiled import board_of, bought_or_exit, compile_or_exit
from seedspec.cli.console import print_json, print_lines, print_notes
from seedspec.cli.doubts import PurchasesToSettle, describe_purchase, is_lost, purchase_json, settlement_json
from seedspec.cli.main import Exit
from seedspec.cli.options import check_bucket, emulator_option, json_option, ledger_option, profile_option, word_option
from seedspec.cli.shared_lock import Shared, shared_lock
from seedspec.lock.event import Event
from seedspec.lock.lock import Lock
from seedspec.lock.purchase_events import Adopted, Deferred, Failed, Submitted, Weighed
from seedspec.lock.record import Record
from seedspec.lock.state import UNANSWERED
from seedspec.plan.command_hint import CommandHint
from seedspec.project.paths import Place, name_in_commands, place_of
from seedspec.run.engine.messages import Balance, Credits, Wire
from seedspec.run.lock_alone import check_known
from seedspec.run.loop import now
from seedspec.run.prepare import lookup_of, providers_of
from seedspec.run.settle import (
    Evidence,
    Service,
    ask,
    evidence,
    intent_to_resend,
    proved,
    resend,
    sent_body,
    verify_task,
)
from seedspec.run.store.lock_file import hold, read_lock
from seedspec.run.store.sent_requests import read_body
from seedspec.text.visible import visible


@click.command("settle")
@click.argument("words", nargs=-1, metavar="[ENTRY]... [STORYBOARD]")
@profile_option
@word_option("--task", metavar="ID", help="The service took the request: this is its task. It is followed from now on.")
@word_option(
    "--not-billed", is_flag=True, help="The service did not take the request, or never ends its task: buy it again."
)
@word_option("--resend", "again", is_flag=True, help="Send the same bytes under the same key again; may cost twice.")
@word_option("--lost", is_flag=True, help="The service took the request and no longer has the video: give it up.")
@word_option("--purchase", metavar="ID", help="Which purchase, where an entry has several; without it they are listed.")
@ledger_option()
@emulator_option("With the emulator and its lock.")
@json_option
def settle_command(
    words: tuple[str, ...], profile: str, task: str | None, purchase: str | None, ledger: str | None, form: str,
    *, not_billed: bool, again: bool, lost: bool, emulator: bool,
) -> None:  # fmt: skip
    """Settle purchases in doubt: a request was sent and its answer was lost, so it may or may not have been bought.
    A task that the service never ends is settled here too.

    Without an option it shows what is known: what came back, tasks of the account from that time that belong to no
    entry, and the credits that are gone. It also shows the commands to say what you found; copy one. Without an ENTRY
    it shows all purchases that wait. An ENTRY may be the beginning of several addresses.

    --not-billed and --lost take several entries, each by its whole address. Only --resend may buy: the service does
    not promise to recognise the same request, so it may cost twice.

    A `callback_url` that names the entry, such as ?entry=open, leaves another trace: the service calls it when the
    task ends.

    \b
    Examples:
      seedspec settle
      seedspec settle open@look=noir/1
      seedspec settle open@look=noir/1 --task task-unified-1774857405-abc123
      seedspec settle open@look=noir/1 open@look=noir/2 --not-billed
      seedspec settle open@look=noir/1 --resend
      seedspec settle open@look=noir/1 --purchase 5d3bce06 --not-billed
    """
    if (task is not None) + not_billed + again + lost > 1:
        raise Exit(2, "--task, --not-billed, --resend and --lost exclude each other")
    entries, storyboard = split_words(words)
    click.get_current_context().params["storyboard"] = storyboard
    said_what = task is not None or not_billed or again or lost
    if said_what and not entries:
        listing = CommandHint(name_in_commands(Path(storyboard)), emulator, profile).line("settle")
        raise Exit(2, f"name the entry that is meant; {listing} lists those that wait for it")
    if len(entries) > 1 and (task is not None or again or purchase is not None):
        raise Exit(2, "--task, --resend and --purchase are about one purchase; name one entry")
    made = (compile_or_exit if again else bought_or_exit)(storyboard, profile, emulated=emulator)
    place = place_of(made.path, board_of(made), emulated=emulator)
    url = check_bucket("ledger", ledger, emulator=emulator)
    with hold(place.lock), shared_lock(place, read_lock(place.lock), url, made.entries) as shared:
        lock = shared.lock
        purchases = PurchasesToSettle(
            made, lock, is_lost if lost else _needs_settling, "running or made" if lost else "in doubt"
        )
        if not said_what:
            shown = purchases.select(entries, purchase, many=True) if entries else purchases.every
            _show(made, place, shared, purchases, shown, form)
            return
        records = purchases.select(entries, purchase, many=False)
        for record in records if again else ():
            if record.task is not None:
                raise Exit(2, f"{record.entry}: its task is {record.task}: sent again, it would be bought twice")
        for record in records if again or not_billed else ():
            shared.check_settled(record)
        if again:
            taken, message = _resend(made, place, shared, records[0])
            settled = [settlement_json(records[0], "resent", message, taken)]
        elif task is not None:
            shared.keep(made, _events_of_task(made, place, lock, records[0], task))
            message = f"it is followed from now on: {place.commands.line('fetch')}"
            settled = [settlement_json(records[0], "task", message, task)]
        else:
            outcome = "lost" if lost else "not-billed"
            events = [_give_up(r, outcome) for r in records]
            shared.keep(made, events)
            ends = zip(records, events, strict=True)
            settled = [settlement_json(r, outcome, _next(e, place), r.task) for r, e in ends]
    if form == "json":
        print_json({"seedspec_settle": 1, "settled": settled, "waiting": []})
    else:
        print_notes([f"{one['entry']}: {one['message']}" for one in settled])


def split_words(words: Sequence[str]) -> tuple[tuple[str, ...], str]:
    """The entries and the storyboard, which stands last where it is named; no entry ends as its name does."""
    if words and words[-1].endswith((".yaml", ".yml", ".json")):
        return tuple(words[:-1]), words[-1]
    return tuple(words), "storyboard.yaml"


def _needs_settling(record: Record) -> bool:
    return record.state in UNANSWERED or record.stuck is not None


def _give_up(record: Record, code: str) -> Event:
    """What a person's word makes of a purchase: an intent that was taken back, or a failure where there was a task."""
    named, at = (record.entry, record.fp, record.attempt), now().text()
    if code == "not-billed" and record.task is None:
        return Deferred(*named, code, "", 0, at)
    if code == "not-billed":
        word = (record.stuck or {}).get("word", "")
        return Failed(*named, record.task, "abandoned", f"given up; the service said: {word}", "asked", at)
    return Failed(*named, record.task, "lost", "given up", "asked", at)


def _next(event: Event, place: Place) -> str:
    if isinstance(event, Deferred):
        return "the next run buys it again, if the storyboard still asks for it"
    return f"given up: {place.commands.line('run', '--retry-failed')} buys it again"


def _show(
    made: Compiled, place: Place, shared: Shared, purchases: PurchasesToSettle, records: Sequence[Record], form: str
) -> None:
    """Settles what the service proves, and shows the evidence and the commands for each of the rest, in the
    storyboard's order. Ends the command with code 8 where there is a rest."""
    if not records and form == "text":
        print_notes(["nothing is in doubt"])
    doubts = [r for r in records if r.state in UNANSWERED]
    seen: dict[int, Evidence] = {}
    if doubts:
        with asking(made, place) as wire:
            found = evidence(wire, shared.lock, doubts, lambda record: _service_of(made, place, record))
            seen = dict(zip(map(id, doubts), found, strict=True))
    settled = [(r, proof) for r in doubts if (proof := seen[id(r)].proof) is not None and shared.is_settled(r)]
    if settled:
        shared.keep(made, [proved(r, proof, now()) for r, proof in settled])
        gone = {id(r) for r, _ in settled}
        records = [r for r in records if id(r) not in gone]
    follow = f"{place.commands.line('fetch')} follows it"
    found_out = [
        settlement_json(r, "found", f"its task is {p.task}, which shows {p.what}: {follow}", p.task) for r, p in settled
    ]
    known = [(r, seen.get(id(r)), purchases.words(r), read_body(place.lock, _digest(r)) is not None) for r in records]
    if form == "json":
        rows = [purchase_json(r, evident, words, place.commands, sent=sent) for r, evident, words, sent in known]
        print_json({"seedspec_settle": 1, "settled": found_out, "waiting": rows})
        if rows:
            raise Exit(8)
        return
    print_notes([f"{one['entry']}: {one['message']}" for one in found_out])
    if not records:
        return
    lines: list[str] = []
    for record, evident, words, sent in known:
        block = describe_purchase(record, evident, words, place.commands, sent=sent, now=now().utc)
        lines += [*([""] if lines else []), *block]
    plain = [r for r in records if not purchases.several(r)]
    if len(plain) > 1:
        names = " ".join(shlex.quote(purchases.address(r)) for r in plain)
        command = place.commands.line("settle", names, "--not-billed").strip("`")
        lines += ["", "if the service took none of them:", f"  {command}"]
    print_lines(lines)
    raise Exit(8)


def _service_of(made: Compiled, place: Place, record: Record) -> Service:
    """What is asked of the service that a purchase was made at."""
    manifest = record.manifest or {}
    provider, model = _provider_of(made, manifest), board_of(made).catalog.models.get(str(manifest.get("model")))
    called = model.called if model is not None else str(manifest.get("model", ""))
    body: Any = None
    if (sent := read_body(place.lock, _digest(record))) is not None:
        body = orjson.loads(sent)
    elif model is not None:
        body = sent_body(manifest, model.template, called)
    return Service(_provider_name(made, manifest), called, lookup_of(provider), body)


def _provider_name(made: Compiled, manifest: Mapping[str, Any]) -> str:
    """The provider that a request is for; that of the storyboard's model where the lock does not say it."""
    return str(manifest.get("provider", board_of(made).provider.id))


def _provider_of(made: Compiled, manifest: Mapping[str, Any]) -> Mapping[str, Any]:
    """Its file, as far as the storyboard asks anything of it; {} otherwise."""
    name = _provider_name(made, manifest)
    return next((p for p in providers_of(made) if p.get("id") == name), {})


def provider_of(made: Compiled, manifest: Mapping[str, Any]) -> Mapping[str, Any]:
    """Its file. Ends the command where the storyboard asks nothing of that provider."""
    check_known(made)
    if not (provider := _provider_of(made, manifest)):
        name = _provider_name(made, manifest)
        raise Exit(
            3, f"it was asked of `{name}`, and the storyboard has no model of that provider: nothing can be read"
        )
    return provider


@contextmanager
def asking(made: Compiled, place: Place) -> Iterator[Wire]:
    """The service, for questions. Raises BadSettings without a key."""
    from seedspec.emulator.session import own
    from seedspec.run.service.service import service_of

    check_known(made)
    first, *others = providers_of(made)
    with own(place) if place.emulated else nullcontext(service_of(first, place, os.environ, others)) as service:
        exchange = service.exchange(first, others=others)
        try:
            yield exchange
        finally:
            exchange.close()


def _events_of_task(made: Compiled, place: Place, lock: Lock, record: Record, task: str) -> Sequence[Event]:
    """The task that a person found; one that never ended gives way to it, and its id stays in the lock."""
    manifest = record.manifest or {}
    check_task(made, lock, manifest, task)
    with asking(made, place) as wire:
        seen = verify_task(wire, record, manifest, task, *names_of(made, manifest))
        of = _service_of(made, place, record)
        shows = of.lookup.by in ("own-id", "echo", "body") and record.state in UNANSWERED
        evident = evidence(wire, lock, [record], lambda _: of)[0] if shows and not isinstance(seen, str) else None
    if isinstance(seen, str):
        raise Exit(7, seen)
    found = None if evident is None else evident.kept(task)
    named, at = (record.entry, record.fp), now().text()
    if record.task is None:
        return [Submitted(*named, record.attempt, task, seen.reserved, None, at, found)]
    failed = Failed(*named, record.attempt, record.task, "abandoned", f"its task is {task}", "asked", at)
    attempt = lock.next_attempt(record.fp)
    other = Adopted(*named, record.get("take") or 1, attempt, manifest, at, task, profile=record.profile or None)
    return [failed, other]


def names_of(made: Compiled, manifest: Mapping[str, Any]) -> tuple[Collection[str], str]:
    """The names by which the service may call the model of a request, and the one by which requests tell it."""
    model = board_of(made).catalog.models.get(str(manifest.get("model")))
    return ((model.called, *model.aka), model.called) if model is not None else ((), "")


def check_task(made: Compiled, lock: Lock, manifest: Mapping[str, Any], task: str) -> None:
    """Ends the command when a task id is none of the service that a request is for, or another purchase's."""
    check_known(made)
    if not (provider := _provider_of(made, manifest)):
        name = _provider_name(made, manifest)
        raise Exit(
            3, f"it was asked of `{name}`, and the storyboard has no model of that provider: nothing can be read"
        )
    if not re.fullmatch(provider["task_id"], task):
        shown, example = visible(task), _example(lock, str(provider["id"]))
        raise Exit(2, f"`{shown}` is no task id of {provider['title']}; expected {example or provider['task_id']}")
    if (other := next((r for r in lock if r.task == task), None)) is not None:
        raise Exit(2, f"`{task}` belongs to `{other.entry}` already")


def _example(lock: Lock, provider: str) -> str:
    """What ids of a service look like: one that the lock has."""
    own = (r.task for r in lock if r.task and (r.manifest or {}).get("provider") == provider)
    return f"one like {found}" if (found := next(own, "")) else ""


def _resend(made: Compiled, place: Place, shared: Shared, record: Record) -> tuple[str, str]:
    """The task that the service took it as, and what to tell a person. Ends the command with code 8 otherwise."""
    body = read_body(place.lock, _digest(record))
    if body is None:
        raise Exit(2, "the bytes that were sent are not on this machine; settle it with --task or --not-billed")
    with asking(made, place) as wire, shared.record(made) as journal:
        intent = intent_to_resend(record, now())
        journal.intend(intent, body)
        event, said = resend(wire, intent, body, now(), names_of(made, intent.manifest)[1])
        journal.keep(event)
        credits = (
            ask(wire, Balance(str(intent.manifest.get("provider", "")))) if not isinstance(event, Submitted) else None
        )
        if isinstance(credits, Credits) and credits.remaining is not None:
            journal.keep(Weighed(record.entry, record.fp, record.attempt, credits.remaining, now().text()))
    if not isinstance(event, Submitted):
        raise Exit(8, f"{record.entry}: {said}")
    return event.task, said


def _digest(record: Record) -> str:
    return str((record.get("intent") or {}).get("body_sha256", ""))
