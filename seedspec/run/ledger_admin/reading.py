"""All that a shared ledger holds, read from its store; what cannot be read is told, and stops nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from typing import TypeVar

from seedspec.run.store.ledger import layout
from seedspec.run.store.ledger.layout import BadDocument, Board, Team
from seedspec.run.store.ledger.purchase import Purchase, read_purchase
from seedspec.run.store.ledger.store import Listed, Store
from seedspec.text.value import valueclass

T = TypeVar("T")


@valueclass(frozen=True, slots=True)
class Fault:
    """An object that is not what seedspec writes there. `board` is "" for one of the whole team."""

    key: str
    said: str
    board: str = ""


@valueclass(frozen=False, slots=True)
class Contents:
    """What a ledger holds: its team, its boards by id, and their purchases by board and name."""

    team: Team | None = None
    boards: dict[str, Board] = field(default_factory=dict)
    purchases: dict[str, dict[tuple[str, int], Purchase]] = field(default_factory=dict)
    serials: dict[str, int] = field(default_factory=dict)
    listed: dict[str, Listed] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)


def read_contents(store: Store, board: str | None = None) -> Contents:
    """Everything, or of the purchases those of one board alone. Raises Unreachable and StoreRefuses."""
    found = Contents()
    if (data := store.get(layout.TEAM)) is not None:
        found.team = _try(found, layout.TEAM, "", lambda: layout.read_team(data[0]))
    for one in store.list(layout.BOARDS):
        found.listed[one.key] = one
    wanted = []
    for key in found.listed:
        own = board_in(key)
        if serial := layout.serial_of(key):
            found.serials[own] = max(serial, found.serials.get(own, 0))
        elif key == layout.board(own) or (layout.purchase_named(key) and board in (None, own)):
            wanted.append(key)
    for key, data_of, tag in store.get_all(wanted):
        _take(found, key, data_of, tag)
    return found


def board_in(key: str) -> str:
    """The id of the board that an object belongs to, by its name."""
    return key.removeprefix(layout.BOARDS).partition("/")[0]


def _take(found: Contents, key: str, data: bytes, tag: str) -> None:
    own, name = board_in(key), layout.purchase_named(key)
    if name is None:
        board = _try(found, key, own, lambda: layout.read_board(key, data))
        if board is not None and board.uuid != own:
            found.faults.append(Fault(key, f"`{key}` says that it is of the board {board.uuid}", own))
        elif board is not None:
            found.boards[own] = board
        return
    purchase = _try(found, key, own, lambda: read_purchase(key, name, data, tag))
    if purchase is not None:
        found.purchases.setdefault(own, {})[name] = purchase


def _try(found: Contents, key: str, board: str, read: Callable[[], T]) -> T | None:
    try:
        return read()
    except BadDocument as error:
        found.faults.append(Fault(key, str(error), board))
        return None
