"""What the services of a run are like: how each is asked, and what its failures and its results allow."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Literal

from seedspec.run.engine.proof import Lookup
from seedspec.text.value import valueclass

Then = Callable[[str], Literal["again", "asked", "change"]]


@valueclass(frozen=True, slots=True)
class Terms:
    """One service: what a failure with a code allows (`then`), and up to how many `attempts`; how long it keeps a
    result; by which codes it says that a medium is `unreachable`; how many tasks it tells `together`; whether its
    balance can be asked for. `called` has the names by which it knows models that have others, and `lookup`
    says what it can be asked about a request whose answer was lost.
    """

    then: Then
    attempts: int
    result_seconds: float
    unreachable: Collection[str] = ()
    together: int = 1
    balance: bool = True
    called: Mapping[str, str] = {}
    lookup: Lookup = Lookup()
