"""Which ledger a command about it means: the one that the lock names, at the address that a person has given."""

from __future__ import annotations

from pathlib import Path

from seedspec.lock.lock import Lock, LockFault
from seedspec.project.credentials import BadSettings
from seedspec.project.paths import commands_of
from seedspec.run.ledger_admin.runners import LOOKING
from seedspec.run.store.ledger import layout
from seedspec.run.store.ledger.connect import connect
from seedspec.run.store.ledger.layout import BadDocument
from seedspec.run.store.ledger.ledger import open_ledger
from seedspec.run.store.ledger.opened import recall, unknown
from seedspec.run.store.ledger.store import Store
from seedspec.run.store.ledger.types import Sealed
from seedspec.run.store.lock_file import read_lock
from seedspec.text.value import valueclass


@valueclass(frozen=True, slots=True)
class Opened:
    """A lock, and the store at `url` in which the ledger is that it names. `board` is the id of that ledger."""

    path: Path
    lock: Lock
    store: Store
    board: str
    url: str

    def close(self) -> None:
        self.store.close()


def open_named(path: Path, given: str) -> Opened:
    """The ledger that a lock names, at the address `given`, or where this machine has found it before.

    What the lock says of its address is never contacted, and nothing is asked of the store yet. Raises LockFault,
    BadSettings where the lock names no ledger (2) or its address is not known (6), and what `connect` raises.
    """
    lock = read_lock(path)
    board, attach = check_header(lock, path), commands_of(path).line("ledger attach", "URL")
    if not board:
        raise BadSettings(f"`{path}` names no ledger: {attach} shares it through one")
    if not (url := given or recall(board)):
        raise BadSettings(unknown(path, lock), 6)
    return Opened(path, lock, connect(url, "--ledger", local=True), board, url)


def check_lineage(store: Store, board: str) -> None:
    """Raises WrongLineage where another ledger is in a store, or none, and BadDocument for one that is damaged.

    One that was shut is still the one."""
    try:
        open_ledger(store, board, LOOKING)
    except BadDocument:
        raise
    except Sealed:
        return


def check_header(lock: Lock, path: Path) -> str:
    """The id of the ledger that a lock names, "" for none. Raises LockFault for what can be no id."""
    named = lock.header.get("ledger")
    if named is None:
        return ""
    if not layout.is_id(named):
        said = f"`{path}` names a ledger by what is no id of one: restore its first line from git"
        raise LockFault("lock-damaged", said)
    return str(named)
