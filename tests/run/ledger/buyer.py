"""A buyer of the chaos tests: it takes every purchase that it is granted to a service, which is a file of lines.

The file is appended to, one line a paid request; it knows nothing of the ledger, and is what duplicates are counted in.
As a program: `python buyer.py URL BOARD RUN COUNT SERVICE [CONTROL]`.
"""

from __future__ import annotations

import os
import random
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from purchases import intent, line, saved

from seedspec.run.store.ledger import layout
from seedspec.run.store.ledger.connect import connect
from seedspec.run.store.ledger.ledger import Ledger, Runner, Spent, Taken, open_ledger
from seedspec.run.store.ledger.purchase import Purchase, write_purchase
from seedspec.run.store.ledger.store import Store, Unreachable

Grant = Callable[[dict[str, Any]], "Taken | Spent | None"]


class Service:
    """What is paid, one line a request, by whoever is alive to write it."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        self.path = path

    def take(self, values: dict[str, Any], run: str) -> str:
        task = f"T-{values['intent']['key']}"
        os.write(self._file, f"{values['fp']}/{values['attempt']} {values['intent']['key']} {run}\n".encode())
        return task

    def taken(self) -> list[tuple[str, str, str]]:
        """What was paid: purchase, key and run of each."""
        return [tuple(row.split()) for row in self.path.read_text().splitlines()]  # type: ignore[misc]

    def doubles(self) -> int:
        """How many requests were paid for more than once."""
        return sum(n - 1 for n in Counter(name for name, _, _ in self.taken()).values())


def until(work: Callable[..., Any], *given: Any) -> Any:
    """Repeats what got no answer."""
    while True:
        try:
            return work(*given)
        except Unreachable:
            threading.Event().wait(0.02)


def buy(
    ledger: Ledger,
    numbers: Iterable[int],
    service: Service,
    *,
    grant: Grant | None = None,
    lives: Callable[[], bool] = lambda: True,
) -> str:
    """Buys what it gets, and follows it to its end; "spent" where the ceiling ended it."""
    for number in numbers:
        if not lives():
            return "dead"
        values = intent(number)
        answer = until(grant or ledger.grant, values)
        if isinstance(answer, Spent):
            return "spent"
        if answer is None:
            if not lives():
                return "dead"  # between the grant and the request: a doubt stays
            task = service.take(values, ledger.runner.id)
            if not lives():
                return "dead"
            until(ledger.record, line(number, "running", task=task))
            until(ledger.record, saved(number))
    return "done"


def look_then_write(store: Store, board: str, runner: Runner, both: Callable[[], object] = lambda: None) -> Grant:
    """The control: a ledger that looks whether a purchase is free, and then takes it."""

    def grant(values: dict[str, Any]) -> Taken | None:
        key = layout.purchase(board, values["fp"], values["attempt"])
        found = store.get(key)
        both()
        if found is not None:
            return Taken(None)  # type: ignore[arg-type]
        mine = write_purchase(Purchase(runner, values))
        while store.create(key, mine) is None and (there := store.get(key)) is not None:
            if store.replace(key, mine, there[1]) is not None:
                break
        return None

    return grant


def main(url: str, board: str, run: str, count: str, service: str) -> None:
    runner = Runner(run, "here", f"pid {os.getpid()}")
    ledger = until(lambda: open_ledger(connect(url, "--ledger", local=True), board, runner))
    numbers = list(range(int(count)))
    random.Random(run).shuffle(numbers)
    buy(ledger, numbers, Service(Path(service)))
    until(ledger.close, [])


if __name__ == "__main__":
    main(*sys.argv[1:])
