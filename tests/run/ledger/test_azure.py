"""The ledger in a container of Azure, by Microsoft's own stand-in; tried with --long alone."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from azurite import ACCOUNT, KEY
from purchases import intent

from seedspec.run.store.ledger.connect import connect
from seedspec.run.store.ledger.ledger import Ledger, Runner, open_ledger
from seedspec.run.store.ledger.store import keeps_conditions
from seedspec.run.store.ledger.team import make_board


@pytest.mark.long
def test_a_ledger_in_a_container_of_azure(azure: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both conditions are kept, and of many that ask for one purchase at the same time one gets it."""
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_NAME", ACCOUNT)
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_KEY", KEY)
    monkeypatch.setenv("AZURE_STORAGE_ENDPOINT", azure)
    stores = [connect("az://team/ledger", "--ledger", local=True) for _ in range(6)]
    assert keeps_conditions(stores[0]) == ""
    tag = stores[0].create("one", b"1")
    assert tag is not None and stores[1].create("one", b"2") is None
    second = stores[1].replace("one", b"2", tag)
    assert second is not None and stores[0].replace("one", b"3", tag) is None
    board = make_board(stores[0], "tea")
    runs = [open_ledger(store, board, Runner(f"run-{n}", "here", f"pid {n}")) for n, store in enumerate(stores)]
    for run in runs:
        run.beat()

    def ask(run: Ledger) -> list[int]:
        intents = [(n, intent(n, key=f"key-{run.runner.id}-{n}")) for n in range(1, 9)]
        return [n for n, asked in intents if run.grant(asked) is None]

    with ThreadPoolExecutor(len(runs)) as pool:
        granted = [n for found in pool.map(ask, runs) for n in found]
    assert sorted(granted) == list(range(1, 9))
    lock, serial = runs[0].close([])
    assert len(lock.attempts) == 8 and serial == 1 and runs[1].refresh()[1] == 1
