"""A ledger's store in PostgreSQL: one table of names and bytes; the door to psycopg.

Each statement is a transaction of its own. Of one whose answer was lost nobody knows whether it was carried out.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import suppress
from typing import Any

from seedspec.project.credentials import BadSettings
from seedspec.run.store.ledger.postgres_url import read_url
from seedspec.run.store.ledger.store import Listed, StoreRefuses, Unreachable
from seedspec.text.visible import one_line

_ANSWER = 10.0
"""Seconds for one answer."""

_SOME = 1000
"""Objects that are read with one answer."""

_TABLE = """
create table if not exists seedspec_object (
  key text collate "C" primary key, data bytea not null, tag bigint not null, written timestamptz not null)
"""
_GET = "select key, data, tag from seedspec_object where key = any(%s)"
_LIST = """
select key, tag, extract(epoch from written)::float8 from seedspec_object
where key >= %s and key < %s order by key
"""
_CREATE = """
insert into seedspec_object values (%s, %s, txid_current(), clock_timestamp()) on conflict do nothing returning tag
"""
_REPLACE = """
update seedspec_object set data = %s, tag = txid_current(), written = clock_timestamp()
where key = %s and tag = %s returning tag
"""
_ABOUT = "select current_setting('synchronous_commit'), pg_is_in_recovery()"

_REFUSALS = {
    "28": "set PGPASSWORD, or see that user and password in the URL are right",
    "3D": "see that the database in the URL is right",
    "42": "give this user the right to use, and at first to create, the table `seedspec_object`",
    "25": "this database takes no writes",
}
"""What to do about what a database refuses, by the class of its SQLSTATE; other classes say nothing for certain."""

_LOGIN = ("password", "authentication", "no pg_hba.conf entry", "role ")
_TLS = ("certificate", "SSL")


_Rows = list[Any]


class PostgresStore:
    """A database, by a URL such as `postgresql://user@host/name`. It has one connection, made anew when it is lost.

    Raises BadSettings for what is no such URL, and without the extra that this needs; Unreachable, and StoreRefuses,
    also for a database that may forget what it has confirmed.
    """

    def __init__(self, url: str, option: str) -> None:
        self.where, self._settings = read_url(url, option)
        try:
            import psycopg
        except ImportError:
            raise BadSettings(f"`{option}` needs one more package: pip install 'seedspec[postgres]'") from None
        self._door: Any = psycopg
        self._guard = threading.Lock()
        self._link: Any = None
        self._do(lambda link: None)

    def get(self, key: str) -> tuple[bytes, str] | None:
        return next(((data, tag) for _, data, tag in self.get_all([key])), None)

    def get_all(self, keys: Sequence[str]) -> Iterator[tuple[str, bytes, str]]:
        for start in range(0, len(keys), _SOME):
            for key, data, tag in self._read(_GET, [list(keys[start : start + _SOME])]):
                yield key, bytes(data), str(tag)

    def create(self, key: str, *data: bytes) -> str | None:
        return self._write(_CREATE, [key, b"".join(data)])

    def replace(self, key: str, data: bytes, tag: str) -> str | None:
        return self._write(_REPLACE, [data, key, int(tag)])

    def list(self, prefix: str) -> Iterator[Listed]:
        after = prefix[:-1] + chr(ord(prefix[-1]) + 1)
        return (Listed(key, str(tag), written) for key, tag, written in self._read(_LIST, [prefix, after]))

    def close(self) -> None:
        with self._guard:
            self._drop()

    def _read(self, query: str, values: Sequence[Any]) -> _Rows:
        try:
            found: _Rows = self._do(lambda link: link.execute(query, values, binary=True).fetchall())
        except self._door.errors.UndefinedTable:  # nothing was ever written
            return []
        return found

    def _write(self, query: str, values: Sequence[Any]) -> str | None:
        try:
            found = self._do(lambda link: link.execute(query, values).fetchone())
        except self._door.errors.UndefinedTable:
            with suppress(*_made_at_once(self._door)):
                self._do(lambda link: link.execute(_TABLE))
            found = self._do(lambda link: link.execute(query, values).fetchone())
        return None if found is None else str(found[0])

    def _do(self, work: Callable[[Any], Any]) -> Any:
        """Does something over the connection. What the database refuses was not done; anything else says nothing: it
        may have been done, and the answer lost."""
        with self._guard:
            try:
                if self._link is None:
                    self._link = self._connect()
                return work(self._link)
            except (self._door.errors.UndefinedTable, *_made_at_once(self._door)):
                raise
            except (self._door.Error, OSError) as error:
                self._drop()
                raise self._trouble(error) from error
            except BaseException:
                self._drop()
                raise

    def _connect(self) -> Any:
        link = _impatient(self._door).connect(**self._settings, autocommit=True)
        try:
            kept, reading = link.execute(_ABOUT).fetchone()
            if kept == "off":
                said = "may forget what it has confirmed, for `synchronous_commit` is off: set it to on for this user"
                raise StoreRefuses(f"`{self.where}` {said}")
            if reading:
                raise StoreRefuses(f"`{self.where}` is a standby, which takes no writes: give the URL of the primary")
        except BaseException:
            link.close()
            raise
        return link

    def _drop(self) -> None:
        link, self._link = self._link, None
        if link is not None:
            link.close()

    def _trouble(self, error: Exception) -> Exception:
        said = one_line(str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__, 300)
        state = getattr(error, "sqlstate", None) or self._state_of_connecting(str(error))
        what = f"`{self.where}`: {said}"
        if state == "ssl":
            return StoreRefuses(f"{what}; `?sslmode=require` in the URL encrypts without a look at the certificate")
        advice = _REFUSALS.get(state[:2])
        return StoreRefuses(f"{what}; {advice}") if advice is not None else Unreachable(what)

    @staticmethod
    def _state_of_connecting(said: str) -> str:
        """What kind of refusal it is that has no SQLSTATE: libpq gives none for a connection that was not made."""
        if "FATAL" in said:
            if "database" in said and "does not exist" in said:
                return "3D"
            return "28" if any(word in said for word in _LOGIN) else ""
        if "no password supplied" in said:
            return "28"
        return "ssl" if any(word in said for word in _TLS) and "closed" not in said else ""


def _made_at_once(door: Any) -> tuple[type[Exception], ...]:
    """What the database says to one of two that make the table at the same time."""
    return door.errors.UniqueViolation, door.errors.DuplicateTable, door.errors.DuplicateObject


def _impatient(door: Any) -> Any:
    """psycopg's connection, with a bound on each wait: a server that stands still closes no connection."""

    class Impatient(door.Connection):  # type: ignore[misc]
        def wait(self, gen: Any, *given: Any, **named: Any) -> Any:
            return super().wait(_until(time.monotonic() + _ANSWER, gen, door), *given, **named)

    return Impatient


def _until(end: float, gen: Generator[Any, Any, Any], door: Any) -> Generator[Any, Any, Any]:
    """A generator as it is, which ends in an error when it takes too long."""
    try:
        wanted = next(gen)
        while True:
            ready = yield wanted
            if time.monotonic() > end:
                raise door.OperationalError(f"no answer within {_ANSWER:.0f} s")
            wanted = gen.send(ready)
    except StopIteration as done:
        return done.value
