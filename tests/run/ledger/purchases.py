"""Purchases for tests of the ledger: the lines that a run would record of them."""

from __future__ import annotations

import secrets
from typing import Any

from seedspec.run.store.ledger.lease import elapsed_seconds
from seedspec.run.store.ledger.ledger import Ledger, Runner, open_ledger
from seedspec.run.store.ledger.store import Store
from seedspec.run.store.ledger.team import make_board, make_team

AT = "2026-11-29T00:00:00Z"
PRICE = 680_000
"""Units of one dollar."""


def fp(number: int) -> str:
    return f"{number:064x}"


def intent(number: int, *, attempt: int = 1, key: str = "", units: int = PRICE) -> dict[str, Any]:
    manifest = {"provider": "evolink", "model": "seedance-2.0-reference-to-video", "request": {}, "take": 1}
    sent = {"key": key or secrets.token_hex(8), "body_sha256": "0" * 64, "at": AT}
    name = {"fp": fp(number), "entry": f"shot-{number}/1", "take": 1, "attempt": attempt}
    return {**name, "state": "submitting", "at": AT, "manifest": manifest, "intent": sent, "units": units}


def line(number: int, state: str, *, attempt: int = 1, **values: Any) -> dict[str, Any]:
    return {"fp": fp(number), "attempt": attempt, "state": state, "at": AT, **values}


def saved(number: int, **values: Any) -> dict[str, Any]:
    return line(number, "saved", file=f"renders/{number}.mp4", sha256=f"{number:064x}", bytes=1, **values)


class Team:
    """A team with one board, in a store; each run gets a store of its own where `open` makes one."""

    def __init__(self, open_store: Any, name: str = "film") -> None:
        self._open = open_store
        self.team, self.board = make_team(open_store()), make_board(open_store(), name)
        self._count = 0

    def run(
        self, *, name: str = "", clock: Any = elapsed_seconds, board: str = "", store: Store | None = None
    ) -> Ledger:
        self._count += 1
        name = name or f"run-{self._count}"
        return open_ledger(
            store or self._open(), board or self.board, Runner(name, f"host-{name}", "pid 1"), clock=clock
        )
