"""A team with two storyboards in a store in memory, and what its runs have bought, for tests of the ledger."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import orjson
from memory import Clock, Memory
from purchases import Team, fp, intent, line, saved

from seedspec.run.store.ledger import layout
from seedspec.run.store.ledger.lease import LEASE
from seedspec.run.store.ledger.team import make_board


class World:
    """A team with two storyboards in a store whose clock goes when a test says so."""

    def __init__(self) -> None:
        self.time = Clock()
        self.store = Memory(clock=self.time)
        self.team = Team(lambda: self.store, "film")
        self.board, self.other = self.team.board, make_board(self.store, "short")

    def run(self, name: str, board: str = "") -> Any:
        return self.team.run(name=name, clock=self.time, board=board)

    def named(self, text: object) -> str:
        """A text with names for the ids that are made at random."""
        known = {self.board: "FILM", self.other: "SHORT", self.team.team: "TEAM"}
        return re.sub("|".join(known), lambda found: known[found[0]], str(text))

    def key(self, number: int, board: str = "") -> str:
        """The name of a purchase."""
        return layout.purchase(board or self.board, fp(number), 1)

    def put(self, key: str, change: Callable[[Any], Any]) -> None:
        """Somebody writes over an object."""
        data, tag, written = self.store._held[key]
        made = change(orjson.loads(data))
        self.store._held[key] = (made if isinstance(made, bytes) else orjson.dumps(made), f"{tag}!", written)


def history(world: World) -> None:
    """Two runs of one storyboard, one of another; of the first one some time has passed."""
    old, new, far = world.run("old"), world.run("new"), world.run("far", world.other)
    for number, state in enumerate(["running", "saved", "failed", "doubt", "submitting"]):
        assert old.grant(intent(number)) is None
        if state not in ("submitting",):
            old.record(line(number, "running" if state == "saved" else state, **EXTRA.get(state, {})))
        if state == "saved":
            old.record(saved(number, charged=50.0))
    world.time.at += LEASE + 5
    for number in (10, 11):
        assert new.grant(intent(number)) is None
    new.record(line(11, "doubt"))
    assert far.grant(intent(20)) is None
    world.time.at += 3


EXTRA: dict[str, dict[str, Any]] = {
    "running": {"task": "task-12345678"}, "saved": {"task": "task-87654321"},
    "failed": {"failure": {"code": "x", "message": "no"}},
}  # fmt: skip
