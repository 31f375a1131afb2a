"""`cancel`: tasks are ended at their service, where nothing that was paid for can be lost by it."""

from __future__ import annotations

import click

from seedspec.cli.commands.settle import asking, names_of, provider_of, split_words
from seedspec.cli.compiled import board_of, bought_or_exit
from seedspec.cli.console import print_json, print_notes
from seedspec.cli.doubts import PurchasesToSettle
from seedspec.cli.main import Exit
from seedspec.cli.options import check_bucket, emulator_option, ledger_option, profile_option, word_option
from seedspec.cli.shared_lock import shared_lock
from seedspec.lock.record import Record
from seedspec.lock.state import State
from seedspec.project.paths import place_of
from seedspec.run.cancelling import Cancelled, cancel_task, why_not
from seedspec.run.loop import now
from seedspec.run.store.lock_file import hold, read_lock


@click.command("cancel")
@click.argument("words", nargs=-1, required=True, metavar="ENTRY... [STORYBOARD]")
@profile_option
@word_option("--purchase", metavar="ID", help="Which purchase, where an entry has several; without it they are listed.")
@ledger_option()
@emulator_option("With the emulator and its lock.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def cancel_command(
    words: tuple[str, ...], profile: str, purchase: str | None, ledger: str | None, form: str, *, emulator: bool
) -> None:
    """End tasks at the service that are running, so that they need not be waited for. It buys nothing.

    Each ENTRY is a whole address. A service that deletes a task which has ended, with its video, is not asked: the task
    may end while the request is on its way, and what was paid for would be lost. The provider file says so, under
    `cancel`. Nor is one asked that bills what it cancels.

    A task that was cancelled has failed: `run` does not buy it again, `run --retry-failed` does. What it cost is what
    the service says. A run holds the lock: end it with Ctrl-C first, which loses nothing.

    Exits 0 when all were cancelled, 7 when one was not, because it has a video already or goes on.

    \b
    Examples:
      seedspec cancel open@look=noir/1
      seedspec cancel open/1 open/2 storyboards/ad.yaml --format json
    """
    entries, storyboard = split_words(words)
    if not entries:
        raise Exit(2, "name the entries whose tasks are to be cancelled; `seedspec status` lists those that run")
    click.get_current_context().params["storyboard"] = storyboard
    if len(entries) > 1 and purchase is not None:
        raise Exit(2, "--purchase is about one purchase; name one entry")
    made = bought_or_exit(storyboard, profile, emulated=emulator)
    place = place_of(made.path, board_of(made), emulated=emulator)
    url = check_bucket("ledger", ledger, emulator=emulator)
    with hold(place.lock), shared_lock(place, read_lock(place.lock), url, made.entries) as shared:
        running = PurchasesToSettle(made, shared.lock, lambda r: r.state is State.RUNNING, "running")
        records = running.select(entries, purchase, many=False)
        providers = [provider_of(made, r.manifest or {}) for r in records]
        for record, provider in zip(records, providers, strict=True):
            if why := why_not(provider):
                raise Exit(2, f"`{record.entry}` is not cancelled, and nothing was asked: {why}")
        found: list[tuple[Record, Cancelled]] = []
        with asking(made, place) as wire, shared.record(made) as kept:
            for record, provider in zip(records, providers, strict=True):
                done = cancel_task(wire, record, provider, names_of(made, record.manifest or {})[1], now)
                if done.event is not None:  # at once: what the service said is not lost by a Ctrl-C
                    kept.keep(done.event)
                found.append((record, done))
    if form == "json":
        print_json({"seedspec_cancel": 1, "tasks": [_json(record, done) for record, done in found]})
    else:
        print_notes([f"{r.entry}: {_word(done)}: {done.said}" for r, done in found])
    if any(done.outcome != "cancelled" for _, done in found):
        if form == "text":
            print_notes([f"next: {place.commands.line('fetch')} follows what was not cancelled"])
        raise Exit(7)


def _word(done: Cancelled) -> str:
    return "cancelled" if done.outcome == "cancelled" else "not cancelled"


def _json(record: Record, done: Cancelled) -> dict[str, object]:
    charged = done.event.charged if done.event is not None else None
    return {
        "entry": record.entry, "fingerprint": record.fp, "task": record.task,
        "outcome": done.outcome, "message": done.said, "charged": charged,
    }  # fmt: skip
