"""The stores that the ledger is tried on: memory, a bucket on a real S3 server, and PostgreSQL."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from bucket import Store as Bucket
from bucket import serving as serving_bucket
from database import Server
from database import serving as serving_database
from film_team import World
from memory import Memory, Open

from seedspec.run.store.ledger.connect import connect
from seedspec.run.store.ledger.store import Store

_NUMBERS = count(1)


@pytest.fixture(scope="session")
def servers() -> Iterator[Bucket]:
    with serving_bucket("team") as found:
        yield found


@pytest.fixture
def bucket(servers: Bucket, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    """A real S3 server without faults, with a user's environment set for it."""
    for name in list(os.environ):
        if name.startswith(("AWS_", "AZURE_", "GOOGLE_")):
            monkeypatch.delenv(name)
    for name, value in servers.environ.items():
        monkeypatch.setenv(name, value)
    servers.faults.clear()
    servers.thaw.clear()
    servers.chance = lambda method, path: ""
    yield servers
    servers.faults.clear()
    servers.thaw.set()


@pytest.fixture(scope="session")
def database_server() -> Iterator[Server]:
    with serving_database() as found:
        yield found


@pytest.fixture
def database(database_server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A real PostgreSQL server with nothing in it."""
    for name in list(os.environ):
        if name.startswith("PG"):
            monkeypatch.delenv(name)
    database_server.empty()
    yield database_server


@pytest.fixture(params=["memory", "bucket", "postgres"])
def opened(request: pytest.FixtureRequest) -> Iterator[Open]:
    """Opens one and the same empty store, as often as a test has runs."""
    made: list[Store] = []

    def keep(store: Store) -> Store:
        made.append(store)
        return store

    if request.param == "memory":
        memory = Memory()
        yield lambda: keep(memory)
    elif request.param == "bucket":
        request.getfixturevalue("bucket")
        url = f"s3://team/ledger-{next(_NUMBERS)}"
        yield lambda: keep(connect(url, "--ledger", local=True))
    else:
        url = request.getfixturevalue("database").url
        yield lambda: keep(connect(url, "--ledger", local=True))
    for store in made:
        store.close()


@pytest.fixture
def store(opened: Open) -> Store:
    return opened()


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> World:
    """A team in memory, and a user's folder for states of its own."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "user"))
    return World()
