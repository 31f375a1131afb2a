"""The commands about the lock itself: verify, fix and prune."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import click

from seedspec.cli.compiled import compile_or_exit, show_findings
from seedspec.cli.console import print_json, print_lines, print_next, print_notes
from seedspec.cli.main import Exit
from seedspec.cli.options import (
    check_bucket,
    emulator_option,
    json_option,
    ledger_option,
    storyboard_argument,
    yes_option,
)
from seedspec.cli.shared_lock import tell_ledger
from seedspec.lock.lock import LockFault
from seedspec.lock.record import Record
from seedspec.lock.recover import Unreadable
from seedspec.plan.command_hint import CommandHint
from seedspec.project.atomic import write_output
from seedspec.project.compile import Compiled, compile
from seedspec.project.files import MOST_LOCK, read_file
from seedspec.project.names import lock_of
from seedspec.project.paths import commands_of
from seedspec.run.store import repair
from seedspec.run.store.lock_file import hold, read_lock
from seedspec.run.store.rescue import describe_foreign, foreign, rescues


@click.group("lock")
def lock_command() -> None:
    """Look after the lock: the record of what was bought, beside the storyboard and in git.

    \b
    Examples:
      seedspec lock verify
      seedspec lock fix
      seedspec lock prune --yes
    """


_emulator = emulator_option("The emulator's lock, not the paid one.")


def _every(made: Compiled, *, emulated: bool) -> Iterator[Compiled]:
    """A storyboard as written, and with each of its profiles."""
    yield made
    for name in made.board.profiles if made.board is not None else ():
        yield compile(made.path, profile=name, emulated=emulated)


def _order(every: Iterable[Compiled]) -> list[str]:
    """What is asked for, in the order of the storyboard."""
    return [e.fingerprint for made in every for e in made.entries]


def _exit_on_errors(made: Compiled) -> Compiled:
    """Ends the command with code 3 for errors: what is not compiled would count as not asked for."""
    if not made.ok:
        show_findings(made.diagnostics)
        raise Exit(3)
    return made


def _lock(storyboard: str, *, emulated: bool) -> Path:
    """The lock, which may outlive its storyboard; where there is neither, the command ends as every other one does."""
    path = lock_of(Path(storyboard), emulated=emulated)
    if not (path.exists() or rescues(path) or Path(storyboard).exists()):
        _exit_on_errors(compile(storyboard, emulated=emulated))
    return path


@lock_command.command("verify")
@storyboard_argument
@_emulator
@json_option
def verify_command(storyboard: str, form: str, *, emulator: bool) -> None:
    """Check the lock, and every saved video against its hash. Exit 1 when a video is missing or altered.

    \b
    Example:
      seedspec lock verify
    """
    path = _lock(storyboard, emulated=emulator)
    _tell_foreign(path)
    lock, found = read_lock(path), repair.verify(path)
    bad, saved = sum(f.bad for f in found), sum(r.state == "saved" for r in lock)
    many = sum(1 for _ in lock)
    if form == "json":
        rows = [{"entry": f.record.entry, "fingerprint": f.record.fp, "said": f.said, "bad": f.bad} for f in found]
        print_json({"seedspec_lock_verify": 1, "purchases": many, "saved": saved, "bad": bad, "findings": rows})
        raise Exit(1 if bad else 0)
    print_lines(f"{f.record.entry or f.record.fp[:16]}  {f.said}" for f in found)
    said = f"{bad} missing or altered" if bad else "no problems found"
    print_notes([f"{many} purchase{'s' * (many != 1)}, {saved} saved: {said}"])
    if bad:
        raise Exit(1)


@lock_command.command("fix")
@storyboard_argument
@_emulator
@ledger_option()
@click.option(
    "--rescue",
    multiple=True,
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Use this rescue file too, whoever wrote it.",
)
@json_option
def fix_command(storyboard: str, rescue: tuple[Path, ...], ledger: str | None, form: str, *, emulator: bool) -> None:
    """Mend the lock: join both sides of a git merge, add records that a full disk refused, and keep what can be read
    of a damaged file.

    Nothing that either side bought is dropped. A request that both sides bought is reported. Lines that cannot be
    relied on are shown, and kept in a `.damaged` file beside the lock. The old lock is kept in `.seedspec`. A rescue
    file that came with a repository is not used, unless --rescue names it.

    \b
    Example:
      seedspec lock fix && git add storyboard.lock
    """
    path, url = _lock(storyboard, emulated=emulator), check_bucket("ledger", ledger, emulator=emulator)
    with hold(path):
        order = _order(_every(compile(storyboard, emulated=emulator), emulated=emulator))
        fixed = repair.fix(path, order, rescue)
        told = tell_ledger(path, url, order, emulated=emulator)
    print_notes(told)
    _tell_foreign(path)
    if form == "json":
        print_json(_repair_json(fixed))
        return
    for record in fixed.doubles:
        print_lines([f"{record.entry}  bought more than once: attempt {record.attempt}, {record.state}, {record.task}"])
    for line in fixed.unreadable:
        print_lines([f"line {line.number}  {_aside(line, commands_of(path))}"])
    if fixed.backup is None:
        print_notes(["nothing to fix"])
        return
    said = [*(["both sides of the merge"] if fixed.merged else []), *(str(p) for p in fixed.rescued)]
    said += ["a name of its own for each video"] if fixed.parted else []
    taken = " and ".join(said) or ("what could be read" if fixed.unreadable else "the whole lines before a torn one")
    where = f"; {len(fixed.unreadable)} lines are set aside in {fixed.damaged}" if fixed.damaged else ""
    print_notes([f"{path} now holds {taken}{where}; the old file is {fixed.backup}"])
    print_next(commands_of(path).plain("plan"))


def _repair_json(fixed: repair.Fixed) -> dict[str, Any]:
    """What was mended, for programs; without a `backup` there was nothing to mend."""
    return {
        "seedspec_lock_fix": 1,
        "backup": str(fixed.backup) if fixed.backup is not None else None,
        "merged": bool(fixed.merged),
        "rescued": [str(path) for path in fixed.rescued],
        "bought_twice": [_record_json(record) for record in fixed.doubles],
        "unreadable": [
            {"line": line.number, "why": line.why, "taken": bool(line.taken), "task": line.task or None}
            for line in fixed.unreadable
        ],
        "damaged": str(fixed.damaged) if fixed.damaged else None,
    }


def _record_json(record: Record) -> dict[str, Any]:
    """A purchase of the lock, for programs."""
    named = {"entry": record.entry, "fingerprint": record.fp, "attempt": record.attempt, "state": str(record.state)}
    return {**named, "task": record.task or None, "file": record.file or None}


def _tell_foreign(path: Path) -> None:
    if (found := foreign(path)) is not None:
        print_notes([f"seedspec: {describe_foreign(found, path)}"])


def _aside(line: Unreadable, commands: CommandHint) -> str:
    """What became of a line that cannot be relied on, and the receipt that it seems to hold."""
    if line.taken:
        return f"taken as it stands, look at it: {line.why}"
    if not line.task:
        return f"set aside: {line.why}"
    adopt = commands.on("adopt", line.entry or "ENTRY", f"--task {line.task}")
    return f"set aside: {line.why}; it names a task: {adopt}"


@lock_command.command("merge")
@click.argument("base", type=click.Path(dir_okay=False, exists=True, path_type=Path))
@click.argument("ours", type=click.Path(dir_okay=False, exists=True, path_type=Path))
@click.argument("theirs", type=click.Path(dir_okay=False, exists=True, path_type=Path))
def merge_command(base: Path, ours: Path, theirs: Path) -> None:
    """Merge two versions of a lock, as git asks: the union of what both bought is written over OURS.

    Exit 1, with both sides between conflict markers, when one of them cannot be read: `seedspec lock fix` goes on from
    there. A request that both sides bought is reported, and both purchases are kept.

    \b
    Once for a clone, so that git asks it:
      git config merge.seedspec.driver "seedspec lock merge %O %A %B"
      echo "storyboard.lock merge=seedspec" >> .git/info/attributes
    """
    one, other, before = (read_file(side, MOST_LOCK) for side in (ours, theirs, base))
    try:
        data, doubles = repair.merge(before, one, other)
    except LockFault as fault:
        write_output(ours, repair.weave(one, other))
        goes_on = "" if fault.fix else f"; `{fault.command}`"
        raise Exit(1, f"the lock is left in conflict: {fault} [{fault.code}]{goes_on}") from None
    write_output(ours, data)
    for record in doubles:
        print_notes([f"{record.entry}  bought more than once: attempt {record.attempt}, {record.state}, {record.task}"])


@lock_command.command("prune")
@storyboard_argument
@_emulator
@yes_option("Do not ask.")
@json_option
def prune_command(storyboard: str, form: str, *, emulator: bool, yes: bool) -> None:
    """Forget purchases that the storyboard no longer asks for. Their files stay; undoing an edit would buy again.

    What any profile asks for is kept. What is running, in doubt or not saved yet is never forgotten.

    \b
    Example:
      seedspec lock prune
    """
    path = lock_of(Path(storyboard), emulated=emulator)
    made = compile_or_exit(storyboard, "", emulated=emulator)
    every = [_exit_on_errors(one) for one in _every(made, emulated=emulator)]
    order, waiting = _order(every), {e.address for one in every for e in one.entries if e.waits}
    with hold(path):
        lock = read_lock(path)
        if board := lock.header.get("ledger"):
            kept = f"`{path}` is shared through the ledger {board}, which keeps what this would forget"
            raise Exit(6, f"{kept}; {commands_of(path).line('ledger detach')} takes the lock out of it")
        # what waits for a pick may turn out to be what was bought before under its address
        gone = [r for r in repair.forgettable(lock, order) if r.entry not in waiting]
        rows = [f"{r.entry}  {r.state}  {path.parent / r.file if r.file else r.task or ''}" for r in gone]
        if form == "text":
            print_lines(rows)
        elif not yes:  # whoever is asked reads them first
            print_notes(rows)
        if gone and not yes:
            if not sys.stdin or not sys.stdin.isatty():
                raise Exit(2, "nobody to ask: say --yes to forget these purchases")
            click.confirm("Forget them? Asking for them again would buy them again.", abort=True, err=True)
        if gone:
            repair.prune(path, lock, gone, order)
    if form == "json":
        print_json({"seedspec_lock_prune": 1, "forgotten": [_record_json(r) for r in gone]})
    print_notes([f"{len(gone)} forgotten; the files stay" if gone else "nothing to forget"])
