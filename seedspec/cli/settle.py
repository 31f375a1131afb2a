"""The command that settles a purchase in doubt; one entry at a time, by a person's word."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime

import click

from seedspec.api import Compiled
from seedspec.cli import shared
from seedspec.cli.app import Exit
from seedspec.cli.naming import the_address, the_ids
from seedspec.compiler.profile import AS_WRITTEN, name_of
from seedspec.plan.event import Deferred, Event, Failed, Submitted, Weighed
from seedspec.plan.lock import Lock, Record
from seedspec.plan.state import FOLLOWED, UNANSWERED, State
from seedspec.report.table import cut
from seedspec.run.call import Balance, Credits
from seedspec.run.disk import hold, read_lock
from seedspec.run.driver import Wire, now
from seedspec.run.inquiry import Evidence, ask, evidence, resend, resent, verified
from seedspec.run.journal import Journal
from seedspec.run.place import Place, place_of
from seedspec.run.sent import body_kept


@click.command("settle")
@click.argument("entry")
@shared.storyboard
@shared.profiled
@click.option("--task", metavar="ID", help="The service did take it: this is its task. It is followed from now on.")
@click.option("--not-billed", is_flag=True, help="The service did not take it: it may be bought again.")
@click.option("--resend", "again", is_flag=True, help="Send the same bytes under the same key again; may cost twice.")
@click.option("--lost", is_flag=True, help="It was taken, and the service no longer has it: give it up.")
@click.option("--purchase", metavar="ID", help="Which one, where an entry names several; without it they are listed.")
@click.option("--emulator", is_flag=True, help="With the emulator and its lock.")
def settle_command(
    entry: str, storyboard: str, profile: str, task: str | None, purchase: str | None,
    *, not_billed: bool, again: bool, lost: bool, emulator: bool,
) -> None:  # fmt: skip
    """Settle a purchase in doubt: a request was sent and its answer was lost, so it may or may not have been bought.

    Without an option it shows the evidence: what was seen, the tasks of the account that no entry knows and that
    were made about then, and the credits that are gone. Then say what you found. Nothing is bought by this command
    but by --resend, which the service may take for a new request: it does not promise to know it again.

    A `callback_url` with the entry in its query, such as ?entry=open, leaves another trace: it is called when the
    task ends, and names it.

    \b
    Examples:
      seedspec settle open@look=noir/1
      seedspec settle open@look=noir/1 --task task-unified-1774857405-abc123
      seedspec settle open@look=noir/1 --not-billed
      seedspec settle open@look=noir/1 --resend
      seedspec settle open@look=noir/1 --purchase 5d3bce06 --not-billed
    """
    if (task is not None) + not_billed + again + lost > 1:
        raise Exit(2, "--task, --not-billed, --resend and --lost exclude each other")
    made = shared.compiled(storyboard, profile, emulated=emulator)
    place = place_of(made.path, shared.board(made), emulated=emulator)
    with hold(place.lock):
        lock = read_lock(place.lock)
        record = _meant(entry, purchase, made, lock, FOLLOWED if lost else UNANSWERED)
        at = now().text()
        named = (record.entry, record.fp, record.attempt)
        if task is not None:
            _record(place, lock, made, _found(made, place, lock, record, task))
            said = f"it is followed from now on: {place.meant.command('fetch')}"
        elif not_billed:
            _record(place, lock, made, Deferred(*named, "not-billed", "", 0, at))
            said = "the next run buys it again, if the storyboard still asks for it"
        elif lost:
            _record(place, lock, made, Failed(*named, record.task, "lost", "given up", "asked", at))
            said = f"given up: {place.meant.command('run', '--retry-failed')} buys it again"
        elif again:
            said = _resend(made, place, lock, record)
        else:
            with asking(made, place) as wire:
                shared.out(_shown(record, evidence(wire, lock, record), body_kept(place.lock, _digest(record))))
            raise Exit(8)
    shared.note([f"{record.entry}: {said}"])


@contextmanager
def asking(made: Compiled, place: Place) -> Iterator[Wire]:
    """The service, for questions. Raises BadSettings without a key."""
    from seedspec.emulator.session import own
    from seedspec.run.service import service_of

    provider = shared.board(made).model.provider.document
    with own(place) if place.emulated else nullcontext(service_of(provider, place, os.environ)) as service:
        exchange = service.exchange(provider)
        try:
            yield exchange
        finally:
            exchange.close()


def _meant(text: str, purchase: str | None, made: Compiled, lock: Lock, states: frozenset[State]) -> Record:
    """The record that an address names: an entry's, or one of the lock alone, under the address it was bought as.

    An edit, or two branches, can leave several under one address; then `purchase` tells them apart.
    """
    now_called = {e.fingerprint: e.address for e in made.entries}
    waiting: dict[str, list[Record]] = {}
    elsewhere: dict[str, str] = {}
    for record in lock:
        if record.state not in states:
            continue
        if record.fp in now_called or _of(made, record):
            waiting.setdefault(now_called.get(record.fp, record.entry), []).append(record)
        else:
            elsewhere[record.entry] = record.profile or AS_WRITTEN
    known = {e.address for e in made.entries} | waiting.keys() | elsewhere.keys()
    address = the_address(text, known)
    found = waiting.get(address)
    if not found:
        if address in elsewhere:
            raise Exit(2, f"`{address}` is {_words(states)} with another profile: `--profile {elsewhere[address]}`")
        held = next((lock.last(fp) for fp, a in now_called.items() if a == address), None)
        raise Exit(2, f"`{address}` is not {_words(states)}" + (f": it is {held.state}" if held else ": it is new"))
    ids = the_ids(found)
    if purchase is None and len(found) == 1:
        return found[0]
    begins, _, attempt = (purchase or "").partition("/")
    chosen = [r for r in found if begins and r.fp.startswith(begins) and attempt in ("", str(r.attempt))]
    if len(chosen) == 1:
        return chosen[0]
    said = f"`{address}` names {len(found)} purchases {_words(states)}"
    asked = f"{said}; say which:" if purchase is None else f"{said}, `--purchase {purchase}` is {len(chosen)} of them:"
    raise Exit(2, "\n".join((asked, *(f"  --purchase {id}  {_told(r, now_called)}" for r, id in ids))))


def _told(record: Record, now_called: Mapping[str, str]) -> str:
    """What tells a purchase from others of its entry: when it was sent, with which prompt, and what came of it."""
    request = (record.manifest or {}).get("request") or {}
    prompt = " ".join(str(request.get("prompt", "")).split())
    when = (record.get("intent") or {}).get("at") or record.get("at") or "unknown"
    still = "asked for now" if record.fp in now_called else "no longer asked for"
    return f"sent at {when}, attempt {record.attempt}, {still}: {cut(prompt, 60)}"


def _of(made: Compiled, record: Record) -> bool:
    """Whether a purchase is this profile's own, or of one that the storyboard no longer has."""
    board = shared.board(made)
    return record.profile == name_of(board) or (record.profile != "" and record.profile not in board.profiles)


def _words(states: frozenset[State]) -> str:
    return "in doubt" if states is UNANSWERED else "running or made"


def _found(made: Compiled, place: Place, lock: Lock, record: Record, task: str) -> Event:
    check_task(made, lock, task)
    with asking(made, place) as wire:
        seen = verified(wire, record, record.manifest or {}, task)
    if isinstance(seen, str):
        raise Exit(7, seen)
    return Submitted(record.entry, record.fp, record.attempt, task, seen.reserved, None, now().text())


def check_task(made: Compiled, lock: Lock, task: str) -> None:
    """Ends the command when a task id is none, or another purchase's."""
    form = shared.board(made).model.provider.document["task_id"]
    if not re.fullmatch(form, task):
        raise Exit(2, f"`{task}` is no task id of this service; expected one like task-unified-1774857405-abc123")
    if (other := next((r for r in lock if r.task == task), None)) is not None:
        raise Exit(2, f"`{task}` belongs to `{other.entry}` already")


def _resend(made: Compiled, place: Place, lock: Lock, record: Record) -> str:
    body = body_kept(place.lock, _digest(record))
    if body is None:
        raise Exit(2, "the bytes that were sent are not on this machine; settle it with --task or --not-billed")
    with asking(made, place) as wire:
        journal = Journal(place.lock, lock, place.words)
        try:
            intent = resent(record, now())
            journal.intend(intent, body)
            event, said = resend(wire, intent, body, now())
            journal.keep(event)
            credits = ask(wire, Balance()) if not isinstance(event, Submitted) else None
            if isinstance(credits, Credits) and credits.remaining is not None:
                journal.keep(Weighed(record.entry, record.fp, record.attempt, credits.remaining, now().text()))
            journal.close([e.fingerprint for e in made.entries], place.profile)
        finally:
            journal.abandon()
    if not isinstance(event, Submitted):
        raise Exit(8, f"{record.entry}: {said}")
    return said


def _record(place: Place, lock: Lock, made: Compiled, event: Event) -> None:
    journal = Journal(place.lock, lock, place.words)
    try:
        journal.keep(event)
        journal.close([e.fingerprint for e in made.entries], place.profile)
    finally:
        journal.abandon()


def _digest(record: Record) -> str:
    return str((record.get("intent") or {}).get("body_sha256", ""))


def _shown(record: Record, seen: Evidence, body: bytes | None) -> list[str]:
    intent = record.get("intent") or {}
    why = record.get("doubt") or "a run ended between the request and its answer"
    lines = [
        f"{record.entry}: in doubt",
        f"  sent at     {intent.get('at', 'unknown')}",
        f"  what we saw {why}",
        f"  key         {intent.get('key', 'unknown')} (Idempotency-Key)",
    ]
    if seen.before is not None and seen.after is not None and seen.missing is not None:
        estimate = f"; the request was estimated at {seen.estimate:g}" if seen.estimate is not None else ""
        lines.append(
            f"  credits     {seen.before:g} before it, {seen.after:g} after; {seen.missing:g} gone that no other entry"
            f" explains{estimate}"
        )
    if seen.candidates is None:
        lines.append(f"  candidates  the service could not be asked: {seen.why_not}")
    elif not seen.candidates:
        lines.append("  candidates  none: the account lists no task of then that no entry knows (which proves nothing)")
    for found in seen.candidates or ():
        made_at = datetime.fromtimestamp(found.created, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        lines.append(f"  candidate   {found.task}  made at {made_at}, {found.state}")
    choices = ["--task ID", "--not-billed", *(["--resend"] if body is not None else [])]
    return [*lines, f"say what happened: {', '.join(choices)}"]
