"""The command that settles a purchase in doubt; one entry at a time, by a person's word."""

from __future__ import annotations

import re

import click

from seedspec.api import Options, plan
from seedspec.cli import shared
from seedspec.cli.app import Exit
from seedspec.compiler.entry import find
from seedspec.plan.event import Deferred, Event, Submitted
from seedspec.plan.state import State
from seedspec.run.disk import Journal, hold, read_lock
from seedspec.run.driver import now


@click.command("settle")
@click.argument("entry")
@click.argument("storyboard", default="storyboard.yaml", type=click.Path(dir_okay=False))
@click.option("--task", metavar="ID", help="The service did take it: this is its task. It is followed from now on.")
@click.option("--not-billed", is_flag=True, help="The service did not take it: it may be bought again.")
@click.option("--emulator", is_flag=True, help="With the emulator's lock.")
def settle_command(entry: str, storyboard: str, task: str | None, *, not_billed: bool, emulator: bool) -> None:
    """Settle a purchase in doubt: a request was sent and its answer was lost, so it may or may not have been bought.

    Look at the service's task list or dashboard for a task made at the time shown, then say what you found.
    Nothing is sent and nothing is bought by this command.

    \b
    Examples:
      seedspec settle open@look=noir/1
      seedspec settle open@look=noir/1 --task task-unified-1774857405-abc123
      seedspec settle open@look=noir/1 --not-billed
    """
    if task is not None and not_billed:
        raise Exit(2, "--task and --not-billed exclude each other")
    made = shared.compiled(storyboard)
    named = find(entry, {e.address: e for e in made.entries})
    if len(named) != 1:
        many = f"fits {len(named)} entries; give the whole address" if named else "fits no entry"
        raise Exit(2, f"`{entry}` {many}")
    chosen = named[0]
    place = plan(storyboard, Options(emulated=emulator), made).place
    with hold(place.lock):
        lock = read_lock(place.lock)
        record = lock.last(chosen.fingerprint)
        if record is None or record.state not in (State.DOUBT, State.SUBMITTING):
            raise Exit(2, f"`{chosen.address}` is not in doubt" + (f": it is {record.state}" if record else ""))
        if task is None and not not_billed:
            intent = record.get("intent") or {}
            why = record.get("doubt") or "a run ended between the request and its answer"
            shared.out([
                f"{chosen.address}: in doubt",
                f"  sent at     {intent.get('at', 'unknown')}",
                f"  what we saw {why}",
                f"  key         {intent.get('key', 'unknown')} (Idempotency-Key)",
                "say what happened: --task ID, or --not-billed",
            ])  # fmt: skip
            raise Exit(8)
        at = now().text()
        event: Event
        if task is not None:
            assert made.board is not None
            form = made.board.model.provider.document["task_id"]
            if not re.fullmatch(form, task):
                raise Exit(
                    2, f"`{task}` is no task id of this service; expected one like task-unified-1774857405-abc123"
                )
            if any(r.task == task for r in lock):
                raise Exit(2, f"`{task}` belongs to another entry of the lock already")
            event = Submitted(chosen.address, chosen.fingerprint, record.attempt, task, None, None, at)
        else:
            event = Deferred(chosen.address, chosen.fingerprint, record.attempt, "not-billed", "", 0, at)
        journal = Journal(place.lock, lock)
        try:
            journal.keep(event)
            journal.close([e.fingerprint for e in made.entries])
        finally:
            journal.abandon()
    followed = "it is followed from now on: `seedspec fetch`" if task else "the next run buys it again"
    shared.note([f"{chosen.address}: settled; {followed}"])
