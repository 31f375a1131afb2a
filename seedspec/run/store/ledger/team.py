"""The team and its boards, as documents of the store: made, listed, looked at, sealed."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

from seedspec.run.store.ledger import layout
from seedspec.run.store.ledger.store import Store, Unreachable
from seedspec.run.store.ledger.types import Sealed, WrongLineage

_TRIES = 100


def check_documents(store: Store, opened: layout.Board) -> None:
    """Raises Sealed where the team or the board is another one than was opened, or is gone (rule 6)."""
    key = layout.board(opened.uuid)
    team, board = store.get(layout.TEAM), store.get(key)
    if team is None or board is None:
        gone = layout.TEAM if team is None else key
        raise Sealed(f"`{gone}` is gone from `{store.where}`: this ledger was deleted")
    if (found := layout.read_team(team[0]).uuid) != opened.team:
        raise Sealed(f"the ledger at `{store.where}` is {found}; this board is of {opened.team}")
    if (now := layout.read_board(key, board[0])).sealed or now.uuid != opened.uuid or now.team != opened.team:
        raise Sealed(f"board {opened.uuid} at `{store.where}` was detached: nothing is bought through it any more")


def make_team(store: Store) -> str:
    """The uuid of the team whose ledger is in a store; a new one where there is none."""
    for _ in range(_TRIES):
        if (found := store.get(layout.TEAM)) is not None:
            return layout.read_team(found[0]).uuid
        store.create(layout.TEAM, layout.team_document(layout.Team(str(uuid4()))))
    raise Unreachable(f"`{store.where}` gave no clear answer")


def make_board(store: Store, name: str) -> str:
    """The uuid of a new board of the team; `name` is for people."""
    team = make_team(store)
    board = layout.Board(str(uuid4()), team, name)
    key, data = layout.board(board.uuid), layout.board_document(board)
    for _ in range(_TRIES):
        if store.create(key, data) is not None or store.get(key) is not None:
            return board.uuid
    raise Unreachable(f"`{store.where}` gave no clear answer")


def boards(store: Store) -> list[layout.Board]:
    """All boards of the team, by name."""
    names = [f.key for f in store.list(layout.BOARDS) if f.key.endswith("/board.json")]
    found = [layout.read_board(key, data) for key, data, _ in store.get_all(names)]
    return sorted(found, key=lambda board: (board.name, board.uuid))


def seal(store: Store, board: str) -> None:
    """Detaches a board: runs that use it buy no more after their next look, within a lease. Raises WrongLineage."""
    key = layout.board(board)
    for _ in range(_TRIES):
        if (found := store.get(key)) is None:
            raise WrongLineage(f"there is no board {board} at `{store.where}`", "", board)
        document = layout.read_board(key, found[0])
        if document.sealed or store.replace(key, layout.board_document(replace(document, sealed=True)), found[1]):
            return
    raise Unreachable(f"`{store.where}` gave no clear answer")
