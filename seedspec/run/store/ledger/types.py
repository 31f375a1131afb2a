"""What the ledger says to those who ask it, as values and as refusals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from seedspec.text.value import valueclass


@valueclass(frozen=True, slots=True)
class Runner:
    """One run: its id, the machine's name, and the address of its CI job, or `pid 123`. Never a key."""

    id: str
    host: str
    job: str

    def __str__(self) -> str:
        return f"{self.host} ({self.job})" if self.job else self.host


@valueclass(frozen=True, slots=True)
class Standing:
    """A purchase as the ledger has it. `lives` says that the lease of its sender holds, by the store's clock."""

    values: Mapping[str, Any] = field(repr=False)
    runner: Runner
    lives: bool


@valueclass(frozen=True, slots=True)
class Taken:
    """This attempt is somebody else's, or is further than an intent."""

    standing: Standing


@valueclass(frozen=True, slots=True)
class Spent:
    """The team's ceiling does not reach for this purchase; the message says who holds how much."""

    message: str


class Sealed(Exception):
    """This ledger was detached, rebuilt, damaged or deleted since it was opened: nothing may be bought any more."""


class WrongLineage(Exception):
    """Another ledger is at this URL than the lock names. `found` is "" where none is."""

    def __init__(self, message: str, found: str, expected: str) -> None:
        super().__init__(message)
        self.found = found
        self.expected = expected
