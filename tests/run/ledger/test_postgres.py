"""PostgreSQL: the URL alone says where it is; no password goes out in clear; a crash or a standstill is told."""

from __future__ import annotations

import subprocess
import sys
from contextlib import suppress

import pytest
from database import Server
from purchases import Team, fp, intent

from seedspec.project.credentials import BadSettings
from seedspec.run.store.ledger.connect import connect
from seedspec.run.store.ledger.postgres_url import read_url
from seedspec.run.store.ledger.store import StoreRefuses, Unreachable


@pytest.mark.parametrize(
    ("url", "found"),
    [
        (
            "postgresql://ann:s3cr%40t@db.example.com/team",
            {"host": "db.example.com", "user": "ann", "password": "s3cr@t"},
        ),
        ("postgres://ann@127.0.0.1:5433/team", {"port": 5433, "sslmode": "prefer", "hostaddr": ""}),
        ("postgresql:///team?host=/run/postgresql", {"host": "/run/postgresql", "dbname": "team"}),
        ("postgresql://[::1]/team", {"host": "::1", "sslmode": "prefer"}),
        ("postgresql://db.example.com/team", {"sslmode": "verify-full", "sslrootcert": "system"}),
        ("postgresql://db.example.com/team?sslmode=require", {"sslmode": "require"}),
        ("postgresql://db.example.com/team?sslrootcert=/ca.pem", {"sslmode": "verify-full", "sslrootcert": "/ca.pem"}),
    ],
)
def test_a_url_says_where(url: str, found: dict[str, object]) -> None:
    where, settings = read_url(url, "--ledger", {})
    assert found.items() <= settings.items() and "s3cr" not in where


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://", "postgresql://host", "postgresql:///team", "postgresql://a,b/team", "postgresql://h:x/team",
        "postgresql://db.example.com/team?sslmode=disable", "postgresql://db.example.com/team?sslmode=prefer",
        "postgresql://h/team?hostaddr=10.0.0.1", "postgresql://h/team?options=-csynchronous_commit%3Doff",
        "postgresql://h/team?service=x", "postgresql://h/team?password=x", "postgresql://h/team#x", "postgresql://h/a?b",
    ],
)  # fmt: skip
def test_a_url_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(BadSettings, match="--ledger"):
        read_url(url, "--ledger", {})


def test_no_password_stands_in_a_refusal() -> None:
    for url in (
        "postgresql://a:hunter2@/x",
        "postgresql://a:hunter2@h,i/x",
        "postgresqI://a:hunter2@h/x",
        "s3:/a:hunter2@",
    ):
        with pytest.raises(BadSettings) as refused:
            connect(url, "--ledger", local=False)
        assert "hunter2" not in str(refused.value)


def test_variables_of_libpq_name_no_other_server(database: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    others = {
        "PGHOST": "db.invalid", "PGHOSTADDR": "203.0.113.9", "PGPORT": "1", "PGDATABASE": "other",
        "PGOPTIONS": "-c synchronous_commit=off", "PGTARGETSESSIONATTRS": "standby",
    }  # fmt: skip
    for name, value in others.items():
        monkeypatch.setenv(name, value)
    store = connect(database.url, "--ledger", local=True)
    assert store.create("name", b"here") is not None
    store.close()
    monkeypatch.setenv("PGSERVICE", "elsewhere")
    with pytest.raises(BadSettings, match="unset PGSERVICE"):
        connect(database.url, "--ledger", local=True)


def test_a_database_that_may_forget_is_refused(database: Server) -> None:
    database.run("alter role seedspec set synchronous_commit = off")
    try:
        with pytest.raises(StoreRefuses, match="synchronous_commit"):
            connect(database.url, "--ledger", local=True)
    finally:
        database.run("alter role seedspec reset synchronous_commit")


def test_what_is_lacking_is_named(database: Server) -> None:
    with pytest.raises(StoreRefuses, match="database in the URL") as refused:
        connect(database.url.replace("/postgres", "/nothing"), "--ledger", local=True)
    assert refused.value.code == 5
    with pytest.raises(StoreRefuses, match="PGPASSWORD"):
        connect(database.url.replace("seedspec@", "nobody@"), "--ledger", local=True)
    with pytest.raises(Unreachable, match="refused"):
        connect("postgresql://seedspec@127.0.0.1:1/postgres", "--ledger", local=True)
    with pytest.raises(StoreRefuses, match="certificate"):
        connect(f"{database.url}?sslmode=require", "--ledger", local=True)


def test_who_may_only_read_is_told_what_right_is_lacking(database: Server) -> None:
    connect(database.url, "--ledger", local=True).create("name", b"1")
    with suppress(subprocess.CalledProcessError):
        database.run("create role reader login")
    database.run("grant select on seedspec_object to reader")
    store = connect(database.url.replace("seedspec@", "reader@"), "--ledger", local=True)
    assert store.get("name") is not None
    with pytest.raises(StoreRefuses, match="seedspec_object"):
        store.create("other", b"1")
    store.close()
    database.run("drop table seedspec_object; drop role reader")


@pytest.mark.long
def test_a_server_that_stands_still_is_waited_for_ten_seconds_and_what_it_did_is_known_after(database: Server) -> None:
    team = Team(lambda: connect(database.url, "--ledger", local=True))
    one, two = team.run(), team.run()
    one.beat(), two.beat()
    with database.frozen(), pytest.raises(Unreachable, match="no answer"):
        one.grant(intent(1))
    assert one.grant(intent(1)) is None and two.grant(intent(2)) is None
    assert [(r.fp, r.attempt) for r in two.refresh()[0]] == [(fp(1), 1), (fp(2), 1)]


def test_a_server_that_crashed_is_connected_to_again(database: Server) -> None:
    team = Team(lambda: connect(database.url, "--ledger", local=True))
    one = team.run()
    assert one.grant(intent(1)) is None
    database.stop(immediate=True)
    with pytest.raises(Unreachable):
        one.grant(intent(2))
    database.start()
    assert one.grant(intent(2)) is None and sorted(one.refresh()[0].attempts) == [fp(1), fp(2)]


def test_the_library_is_loaded_by_who_needs_it_alone() -> None:
    rooms = "seedspec.run.store.ledger"
    said = f"import sys, {rooms}.ledger, {rooms}.connect; print('psycopg' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", said], capture_output=True, text=True).stdout.strip() == "False"
