"""The command that takes up what was bought elsewhere: a task, or a video that is already here."""

from __future__ import annotations

from pathlib import Path

import click
import orjson

from seedspec.api import Options, plan
from seedspec.cli.commands.settle import asking, check_task, names_of
from seedspec.cli.compiled import compile_or_exit
from seedspec.cli.console import print_json, print_notes
from seedspec.cli.entry_argument import the_entry
from seedspec.cli.main import Exit
from seedspec.cli.options import (
    check_bucket,
    emulator_option,
    json_option,
    ledger_option,
    profile_option,
    storyboard_argument,
    word_option,
)
from seedspec.cli.shared_lock import shared_lock
from seedspec.compiler.entry import Entry
from seedspec.lock.event import Event
from seedspec.lock.lock import Lock
from seedspec.lock.purchase_events import Adopted, Saved, Submitted
from seedspec.lock.state import OPEN, UNANSWERED, State
from seedspec.media.facts import MediaError
from seedspec.media.reader import open_regular
from seedspec.project.paths import Place
from seedspec.project.presence import presence
from seedspec.run.engine.messages import Kept
from seedspec.run.loop import now
from seedspec.run.settle import verify_task
from seedspec.run.store.downloads import BadPlace, Downloads, NotWhole
from seedspec.run.store.lock_file import hold, read_lock


@click.command("adopt")
@click.argument("entry")
@storyboard_argument
@profile_option
@word_option("--task", metavar="ID", help="A task of the service that is this entry's; it is followed from now on.")
@word_option("--file", "video", type=click.Path(dir_okay=False, exists=True), help="A finished video of this entry.")
@ledger_option()
@emulator_option("With the emulator and its lock.")
@json_option
def adopt_command(
    entry: str,
    storyboard: str,
    profile: str,
    task: str | None,
    video: str | None,
    ledger: str | None,
    form: str,
    *,
    emulator: bool,
) -> None:
    """Take up what was bought elsewhere, so that it is not bought again.

    A task is read first; it must be of the entry's model. A video must be a whole MP4. It is copied to the place of the
    entry's video, unless it is there already.

    \b
    Examples:
      seedspec adopt open@look=noir/1 --task task-unified-1774857405-abc123
      seedspec adopt open@look=noir/1 --file renders/open@look=noir_take1.mp4
    """
    if (task is None) == (video is None):
        raise Exit(2, "say what is to be adopted: --task ID or --file FILE")
    made = compile_or_exit(storyboard, profile, emulated=emulator)
    chosen = the_entry(entry, made.entries)
    if chosen.waits:
        raise Exit(
            2, f"`{chosen.address}` waits for a pick of `{chosen.waits[0]}`: it is not known yet what it asks for"
        )
    url = check_bucket("ledger", ledger, emulator=emulator)
    planned = plan(storyboard, Options(emulated=emulator, ledger=url), made)
    place = planned.place
    step = next(s for s in planned.plan.steps if s.fp == chosen.fingerprint)
    with hold(place.lock), shared_lock(place, read_lock(place.lock), url, made.entries) as shared:
        lock = shared.lock
        if task is not None:
            manifest = orjson.loads(chosen.manifest)
            check_task(made, lock, manifest, task)
            _check(chosen, lock, place, allowed=UNANSWERED)
            with asking(made, place) as wire:
                seen = verify_task(wire, None, manifest, task, *names_of(made, manifest))
            if isinstance(seen, str):
                raise Exit(7, seen)
            event = _task(chosen, lock, task, seen.reserved, place.profile)
            said = f"it is followed from now on: {place.commands.line('fetch')}"
        else:
            assert video is not None
            size = step.record.get("bytes") if step.record is not None else None
            gone = State.SAVED if not presence(place.base)(step.file, size) else State.RUNNING
            _check(chosen, lock, place, allowed=OPEN | {gone})
            kept = _save_video(Downloads(place.base, place.lock.name), Path(video), step.file, chosen.fingerprint)
            event, said = _file(chosen, lock, kept, place.profile), f"saved as {place.commands.path(kept.file)}"
        shared.keep(made, [event])
    if form == "json":
        named = {"entry": chosen.address, "fingerprint": chosen.fingerprint}
        file = event.file if isinstance(event, (Saved, Adopted)) else None
        print_json({"seedspec_adopt": 1, **named, "task": task, "file": file})
    else:
        print_notes([f"{chosen.address}: {said}"])


def _check(entry: Entry, lock: Lock, place: Place, *, allowed: frozenset[State]) -> None:
    record = lock.last(entry.fingerprint)
    if record is not None and record.state not in {*allowed, State.QUEUED, State.FAILED}:
        where = place.commands.path(record.file) if record.file else record.task or ""
        raise Exit(2, f"`{entry.address}` is {record.state} already: {where}")


def _task(entry: Entry, lock: Lock, task: str, reserved: float | None, profile: str) -> Event:
    record = lock.last(entry.fingerprint)
    if record is not None and record.state in UNANSWERED:
        return Submitted(entry.address, entry.fingerprint, record.attempt, task, reserved, None, now().text())
    attempt = lock.next_attempt(entry.fingerprint)
    manifest = orjson.loads(entry.manifest)
    named = (entry.address, entry.fingerprint, entry.take, attempt, manifest, now().text())
    return Adopted(*named, task=task, profile=profile or None)


def _file(entry: Entry, lock: Lock, kept: Kept, profile: str) -> Event:
    record, at = lock.last(entry.fingerprint), now().text()
    facts = (kept.file, kept.sha256, kept.bytes, kept.width, kept.height, kept.seconds)
    if record is not None and record.state not in (State.QUEUED, State.FAILED):
        fp, seen = entry.fingerprint, (kept.fps, kept.audio)
        return Saved(entry.address, fp, record.attempt, *facts, at, *seen, results_until=at)
    attempt = lock.next_attempt(entry.fingerprint)
    manifest = orjson.loads(entry.manifest)
    named = (entry.address, entry.fingerprint, entry.take, attempt, manifest, at)
    return Adopted(*named, None, *facts, kept.fps, kept.audio, profile=profile or None)


def _save_video(saves: Downloads, video: Path, wanted: str, fp: str) -> Kept:
    try:
        if (here := saves.here(video, wanted)) is not None:
            return here
        part = saves.part(wanted)
        try:
            source, _ = open_regular(video)
            with source:
                while chunk := source.read(1 << 20):
                    part.write(chunk)
            return saves.keep(part, fp)
        finally:
            part.drop()
    except (NotWhole, BadPlace, MediaError) as error:
        raise Exit(2, f"`{video}`: {error}") from None
