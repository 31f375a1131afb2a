"""Whether a shared ledger is what seedspec wrote there, and whether a lock has nothing that it lacks."""

from __future__ import annotations

from collections.abc import Iterator

from seedspec.lock.lock import BadLine, Fold, Lock
from seedspec.lock.record import Record
from seedspec.lock.state import MOVES, IllegalMove, State
from seedspec.plan.command_hint import CommandHint
from seedspec.run.ledger_admin.reading import Contents, read_contents
from seedspec.run.store.ledger import layout
from seedspec.run.store.ledger.budget import read_budget
from seedspec.run.store.ledger.layout import BadDocument
from seedspec.run.store.ledger.purchase import Purchase, join, same
from seedspec.run.store.ledger.snapshot import read_snapshot
from seedspec.run.store.ledger.store import Store, same_tag
from seedspec.text.value import valueclass


@valueclass(frozen=True, slots=True)
class Finding:
    """An object of the ledger, or a purchase of the lock, that is not as it should be: which, why, and what to do."""

    name: str
    said: str
    remedy: str


@valueclass(frozen=True, slots=True)
class Verified:
    """What was looked at, and what was found."""

    boards: int
    purchases: int
    findings: tuple[Finding, ...]


def verify(store: Store, board: str, lock: Lock, commands: CommandHint) -> Verified:
    """Reads every object of the ledger, and compares the lock with its board. Writes nothing.

    Raises Unreachable and StoreRefuses.
    """
    contents = _without_shut(read_contents(store), board)
    rebuild = commands.line("ledger rebuild")
    found = [Finding(f.key, f.said, _where(f.board, board, contents, rebuild)) for f in contents.faults]
    found += _documents(store, board, contents, rebuild)
    for uuid, purchases in contents.purchases.items():
        remedy = _where(uuid, board, contents, rebuild)
        found += [
            Finding(layout.purchase(uuid, *p.name), said, remedy) for p in purchases.values() if (said := _illegal(p))
        ]
        found += (Finding(key, said, remedy) for key, said in _against_snapshot(store, uuid, contents))
    found += _missing(lock, contents.purchases.get(board, {}), commands)
    return Verified(len(contents.boards), sum(map(len, contents.purchases.values())), tuple(found))


def _without_shut(contents: Contents, own: str) -> Contents:
    """What a ledger holds without the boards that were shut: what is bought there stands elsewhere by now."""
    for shut in [b.uuid for b in contents.boards.values() if b.sealed and b.uuid != own]:
        contents.boards.pop(shut)
        contents.purchases.pop(shut, None)
        contents.faults = [f for f in contents.faults if f.board != shut]
    return contents


def _where(of: str, own: str, contents: Contents, rebuild: str) -> str:
    """The remedy for an object of a board: it is rebuilt where its lock is."""
    if not of or of == own:
        return rebuild
    known = contents.boards.get(of)
    return f"in the clone of `{known.name if known else of}`: {rebuild}"


def _documents(store: Store, board: str, contents: Contents, rebuild: str) -> Iterator[Finding]:
    """The objects of the whole team, and the one that says what this board is."""
    damaged = {f.key for f in contents.faults}
    if contents.team is None and layout.TEAM not in damaged:
        yield Finding(layout.TEAM, "it is gone: this ledger was deleted", rebuild)
    key, own = layout.board(board), contents.boards.get(board)
    if own is None and key not in damaged:
        yield Finding(key, "the ledger that the lock names is not there", rebuild)
    elif own is not None and own.sealed:
        yield Finding(key, "this ledger was shut: nobody buys through it any more", "pull the lock of now with git")
    for one in contents.boards.values():
        if contents.team is not None and one.team != contents.team.uuid:
            yield Finding(layout.board(one.uuid), f"it is of the team {one.team}, not {contents.team.uuid}", rebuild)
    for key, data in _small(store):
        try:
            read_budget(data) if key == layout.BUDGET else layout.read_document(key, data)
        except BadDocument as error:
            yield Finding(key, str(error), rebuild)


def _small(store: Store) -> Iterator[tuple[str, bytes]]:
    if (budget := store.get(layout.BUDGET)) is not None:
        yield layout.BUDGET, budget[0]
    for key, data, _ in store.get_all([one.key for one in store.list(layout.RUNS)]):
        yield key, data


def _illegal(purchase: Purchase) -> str:
    """Why a lock could not hold a purchase; "" where it could."""
    try:
        Fold(version=2).take(dict(purchase.values))
    except (BadLine, IllegalMove) as error:
        return str(error)
    return ""


def _against_snapshot(store: Store, board: str, contents: Contents) -> Iterator[tuple[str, str]]:
    """What the newest snapshot of a board knows better than its objects: those that are gone, or went back."""
    if not (serial := contents.serials.get(board, 0)):
        return
    key = layout.snapshot(board, serial)
    try:
        kept = read_snapshot(store, board, serial)
    except BadDocument as error:
        yield key, str(error)
        return
    for was in kept:
        name = layout.purchase(board, *was.name)
        now = contents.purchases.get(board, {}).get(was.name)
        if name not in contents.listed:
            yield name, f"it is gone; the snapshot {serial} has it, as {was.state}"
        elif now is not None and same_tag(contents.listed[name].tag, was.tag) and now.values != was.values:
            yield name, f"it is not what the snapshot {serial} has of it, though nobody has changed it"
        elif now is not None and now.state not in _find_reachable(was.state):
            yield name, f"it went back: the snapshot {serial} has it as {was.state}, it is {now.state}"


def _find_reachable(state: State) -> set[State]:
    """A state, and all that a purchase can still come to from it."""
    found = {state}
    while more := {to for known in found for to in MOVES[known]} - found:
        found |= more
    return found


def _missing(lock: Lock, there: dict[tuple[str, int], Purchase], commands: CommandHint) -> Iterator[Finding]:
    """What the lock knows and the ledger does not."""
    by_request: dict[str, list[Purchase]] = {}
    for purchase in there.values():
        by_request.setdefault(purchase.name[0], []).append(purchase)
    for record in lock:
        same_one = _counterpart(record, by_request.get(record.fp, []))
        name = record.entry or record.fp[:16]
        if same_one is None:
            yield Finding(name, f"the lock has it as {record.state}, the ledger has it not", commands.line("fetch"))
        elif _knows_more(record, same_one):
            said = (
                f"the lock has it as {record.state}, and knows more of it than the ledger, which has {same_one.state}"
            )
            yield Finding(name, said, commands.line("fetch"))


def _knows_more(record: Record, there: Purchase) -> bool:
    """Whether the ledger would learn something of a record that matters: moments alone are each machine's own."""
    joined = join(there.values, {**record.values, "attempt": there.name[1]})
    return joined["state"] != there.values["state"] or bool(joined.keys() - there.values.keys())


def _counterpart(record: Record, purchases: list[Purchase]) -> Purchase | None:
    """The purchase that a record of the lock is of: by its task, key or file, else by its number."""
    found = [(same(p.values, record.values), p) for p in purchases]
    sure = next((p for is_same, p in found if is_same), None)
    return sure or next((p for is_same, p in found if is_same is None and p.name[1] == record.attempt), None)
