"""Whether a ledger is fit for runs of this machine: reach, leave, conditions, clock, and whose it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path

from seedspec.lock.lock import LockFault
from seedspec.project.credentials import BadSettings
from seedspec.run.doctor import Finding
from seedspec.run.ledger_admin.opening import check_header
from seedspec.run.ledger_admin.runners import LOOKING, clock_of
from seedspec.run.store.ledger import layout
from seedspec.run.store.ledger.connect import connect
from seedspec.run.store.ledger.ledger import open_ledger
from seedspec.run.store.ledger.opened import recall
from seedspec.run.store.ledger.store import Store, StoreRefuses, Unreachable, keeps_conditions
from seedspec.run.store.ledger.types import Sealed, WrongLineage
from seedspec.run.store.lock_file import read_lock

_SKEW = 60.0
"""Seconds between two clocks that are worth a word. Nothing of the ledger depends on them."""


def ledger_findings(lock: Path, given: str, *, now: datetime) -> Iterator[Finding]:
    """Everything that is looked at of the ledger that is `given`, or that a lock names. Two small files stay there."""
    try:
        board = check_header(read_lock(lock), lock)
    except (LockFault, OSError):
        board = ""  # other findings, and other commands, tell of it
    url = given or recall(board)
    if not url:
        if board:
            said = f"`{lock}` is shared through {board}; give --ledger URL, or set SEEDSPEC_LEDGER, to look at it"
            yield Finding("ledger", "warning", said)
        return
    try:
        store = connect(url, "--ledger", local=True)
    except (BadSettings, StoreRefuses, Unreachable) as error:
        yield Finding("ledger", "bad", str(error))
        return
    with closing(store):
        yield from _findings(store, board, now)


def _findings(store: Store, board: str, now: datetime) -> Iterator[Finding]:
    ignored: list[str] = []
    write = _try(lambda: ignored.append(keeps_conditions(store)))
    yield Finding("ledger write", "bad" if write else "ok", write or f"`{store.where}` can be written")
    if ignored:
        said = f"`{store.where}` cannot say who may buy: it ignores {ignored[0]}"
        yield Finding("ledger conditions", "bad" if ignored[0] else "ok", said if ignored[0] else "it keeps them")
    listed = _try(lambda: list(store.list(layout.RUNS)))
    yield Finding("ledger list", "bad" if listed else "ok", listed or "runs can be listed")
    if not (write or listed):
        yield _clock(store, now)
    if board and not listed:
        yield _lineage(store, board)


def _try(ask: Callable[[], object]) -> str:
    """Why something could not be done; "" when it was."""
    try:
        ask()
    except (StoreRefuses, Unreachable) as error:
        return str(error)
    return ""


def _clock(store: Store, now: datetime) -> Finding:
    try:
        apart = abs(clock_of(store).now() - now.timestamp())
    except (StoreRefuses, Unreachable) as error:
        return Finding("ledger clock", "warning", f"not known: {error}")
    advice = "" if apart <= _SKEW else ": nothing of the ledger depends on it, but set this machine's clock right"
    return Finding(
        "ledger clock", "warning" if advice else "ok", f"{apart:.0f} s between its clock and this one{advice}"
    )


def _lineage(store: Store, board: str) -> Finding:
    try:
        open_ledger(store, board, LOOKING)
    except (Sealed, WrongLineage, StoreRefuses, Unreachable) as error:
        return Finding("ledger lineage", "bad", str(error))
    return Finding("ledger lineage", "ok", f"it has {board}, which the lock names")
