"""Which ledger a lock has, and where it is: by what is given, or by what this machine remembers, never by the lock.

A lock that names a ledger says also where it is. That is a hint for people: a cloned repository could name an address
of its own, and credentials would go there.
"""

from __future__ import annotations

import os
import re
import secrets
import socket
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import field, replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from seedspec.lock.lock import Lock
from seedspec.lock.merge import union
from seedspec.lock.record import Record
from seedspec.lock.state import UNANSWERED
from seedspec.project.atomic import atomic_write
from seedspec.project.credentials import BadSettings
from seedspec.project.files import read_file
from seedspec.project.paths import Place, commands_of
from seedspec.project.user_folders import user_state
from seedspec.run.store.ledger.lease import FRESH, LEASE
from seedspec.run.store.ledger.store import StoreRefuses, Unreachable
from seedspec.run.store.ledger.types import Runner, Sealed, WrongLineage
from seedspec.text.value import valueclass

if TYPE_CHECKING:
    from seedspec.run.store.ledger.ledger import Ledger

VARIABLE = "SEEDSPEC_LEDGER"
ANSWER = 90.0
"""Seconds that the answer to a paid request is waited for."""

SETTLED = LEASE + FRESH + ANSWER
"""Seconds after its last sign of life in which a run may still send, or get an answer."""

_MOST_URL = 4096
_HINT = re.compile(r"postgresql|(?:s3|gs|az)://[A-Za-z0-9._/=+-]{1,200}")


@valueclass(frozen=True, slots=True)
class Opened:
    """A ledger that answered, and the lock with what it has. `ledger` is None where the lock has none, or where it
    gave no answer, which `away` says.
    """

    lock: Lock
    ledger: Ledger | None = None
    away: str = ""
    senders: Mapping[tuple[str, int], str] = field(default_factory=dict)


@contextmanager
def open_with_lock(
    place: Place, lock: Lock, option: str | None, environ: Mapping[str, str], order: Iterable[str]
) -> Iterator[Opened]:
    """The ledger for a command that changes something, with the lock as it is after both have what the other had.

    Use it under the hold. Raises BadSettings where the ledger is not known (6), not the lock's (6), or refuses (5).
    """
    url = _url_of(place, lock, option, environ)
    if not url:
        yield Opened(lock)
        return
    from seedspec.run.store.ledger.shared import take_up

    with ExitStack() as ends:
        with _refusals(place):
            try:
                ledger = ends.enter_context(_connect(url, str(lock.header["ledger"]), environ))
                lock = take_up(ledger, place.lock, order, place.profile)
                found = Opened(lock, ledger, senders=senders(ledger))
            except Unreachable as error:
                found = Opened(lock, away=str(error))
        if found.ledger is not None:
            remember(found.ledger.board, url)
        yield found


def look(place: Place, lock: Lock, option: str | None, environ: Mapping[str, str]) -> Opened:
    """The ledger for a command that changes nothing: the lock with what everybody has bought, which is written nowhere.

    Without an answer, and where nobody says where the ledger is, the lock is as git has it, and `away` says why.
    Raises BadSettings where a ledger that was asked for is not the lock's (6), or refuses (5).
    """
    board, given = lock.header.get("ledger"), (option or environ.get(VARIABLE, "")).strip()
    if not board and not _by_option(option, environ):
        return Opened(lock)
    if board and not (given or recall(str(board))):
        return Opened(lock, away="where it is was not said on this machine")
    url = _url_of(place, lock, option, environ)
    try:
        with _refusals(place), _connect(url, str(board), environ) as ledger:
            theirs, serial = ledger.refresh()
            made = replace(union(lock, theirs).lock, header={**lock.header, "serial": serial})
            return Opened(made, senders=senders_seen(ledger, time.time()))
    except Unreachable as error:
        return Opened(lock, away=str(error))
    except BadSettings as error:
        if given:
            raise
        return Opened(lock, away=str(error))


def tell(path: Path, lock: Lock, option: str | None, environ: Mapping[str, str], order: Iterable[str]) -> list[str]:
    """A lock that was mended, and its ledger, get what the other has; what a person is told where they cannot.

    Raises BadSettings as `opened` does.
    """
    place = Place(path.parent, path, "renders", commands=commands_of(path))
    with open_with_lock(place, lock, option, environ, order) as found:
        return [f"the ledger does not answer: {found.away}; the next run tells it"] if found.away else []


def wait_to_settle(ledger: Ledger, record: Record) -> tuple[float, str]:
    """Seconds until a person may say that a request was not taken, by the store's clock, and who was sending it.

    Its sender may use its leave for some seconds after its lease, and then waits for the answer.
    """
    standing = ledger.standing().get((record.fp, record.attempt))
    if standing is None or standing.values["state"] not in UNANSWERED:
        return 0.0, ""
    silent = ledger.silence(standing.runner.id)
    return (0.0 if silent is None else max(0.0, SETTLED - silent)), str(standing.runner)


@contextmanager
def _refusals(place: Place) -> Iterator[None]:
    """What a ledger answers to being opened, as faults of the settings."""
    try:
        yield
    except WrongLineage as error:
        said = f"`{place.lock}` is shared through the ledger {error.expected}, and {error}"
        hint = "name the URL that it was attached to; `seedspec ledger rebuild` makes a lost one again"
        raise BadSettings(f"{said}: {hint}; nothing was sent", 6) from None
    except Sealed as error:
        raise BadSettings(f"{error}; nothing was sent", 6) from None
    except StoreRefuses as error:
        raise BadSettings(f"{error}; nothing was sent", error.code) from None


@contextmanager
def _connect(url: str, board: str, environ: Mapping[str, str]) -> Iterator[Ledger]:
    from seedspec.run.store.ledger.connect import connect
    from seedspec.run.store.ledger.ledger import open_ledger

    store = connect(url, VARIABLE, local=True)
    try:
        yield open_ledger(store, board, runner_of(environ))
    finally:
        store.close()


def _url_of(place: Place, lock: Lock, option: str | None, environ: Mapping[str, str]) -> str:
    """The URL of a lock's ledger; "" for a lock that has none and is given none."""
    board, given = lock.header.get("ledger"), (option or environ.get(VARIABLE, "")).strip()
    if board and not (url := given or recall(str(board))):
        raise BadSettings(unknown(place.lock, lock), 6)
    if not board and given:
        how = "--ledger" if _by_option(option, environ) else VARIABLE
        attach = place.commands.plain("ledger attach", given if urlsplit(given).password is None else "URL")
        raise BadSettings(f"`{place.lock}` names no ledger, and {how} gives one: `{attach}` shares it", 6)
    return url if board else ""


def _by_option(option: str | None, environ: Mapping[str, str]) -> bool:
    """Whether a ledger was given for this command alone, and not for all of them by a variable."""
    return bool(option) and option != environ.get(VARIABLE)


def unknown(path: Path, lock: Lock) -> str:
    """What is said where a lock names a ledger and nobody says where it is. A hint that is no plain address of a bucket
    is not shown: a repository of anybody may hold it."""
    at = str(lock.header.get("at", ""))
    where = f" ({at})" if _HINT.fullmatch(at) else ""
    said = f"`{path}` is shared through the ledger {lock.header.get('ledger')}{where}"
    return f"{said}, and where that is was not said on this machine: give --ledger URL, or set {VARIABLE}"


def senders(ledger: Ledger) -> Mapping[tuple[str, int], str]:
    """The runs of others that are alive, in words, by the purchases that they are sending."""
    return {name: str(s.runner) for name, s in ledger.sending().items()}


def senders_seen(ledger: Ledger, now: float) -> Mapping[tuple[str, int], str]:
    """The same for a command that writes nothing. It has no lease by which it could ask what the store's time is, so a
    run that was silent for long by this machine's time `now` may be over: that is said, and judged by the next run."""
    found = {}
    for name, standing in ledger.sending().items():
        silent = ledger.silent_here(standing.runner.id, now)
        long = f", silent for {silent / 60:.0f} min: the next run sees whether it is over" if silent > 2 * LEASE else ""
        found[name] = f"{standing.runner}{long}"
    return found


def runner_of(environ: Mapping[str, str]) -> Runner:
    """This run, as others are told of it: the machine, and its CI job or its process."""
    job = _job(environ) or f"pid {os.getpid()}"
    return Runner(secrets.token_hex(8), socket.gethostname(), job)


def _job(environ: Mapping[str, str]) -> str:
    if environ.get("GITHUB_RUN_ID"):
        server, project = environ.get("GITHUB_SERVER_URL", ""), environ.get("GITHUB_REPOSITORY", "")
        return f"{server}/{project}/actions/runs/{environ['GITHUB_RUN_ID']}"
    return _public(environ.get("CI_JOB_URL") or environ.get("BUILD_URL") or "")


def _public(url: str) -> str:
    """A URL without the name and the password that it may hold."""
    try:
        parts = urlsplit(url)
        return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
    except ValueError:
        return ""


# --- what this machine remembers ---


def remember(board: str, url: str) -> None:
    """Keeps where a board's ledger is, for this user's next commands; without a password. No home takes it: no harm."""
    with suppress(OSError, RuntimeError, ValueError):
        if (kept := _without_password(url)) == recall(board) or not _is_name(board):
            return
        path = user_state() / "ledgers" / board
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        atomic_write(path, kept.encode(), mode=0o600)


def recall(board: str) -> str:
    """Where this user found the ledger of a board before; "" where that is not known."""
    with suppress(OSError, RuntimeError, ValueError):
        if _is_name(board):
            return read_file(user_state() / "ledgers" / board, _MOST_URL).decode().strip()
    return ""


def forget(board: str) -> None:
    """A board that is detached is not looked for any more."""
    with suppress(OSError, RuntimeError):
        if _is_name(board):
            (user_state() / "ledgers" / board).unlink()


def _is_name(board: str) -> bool:
    return re.fullmatch(r"[0-9A-Za-z-]{1,64}", board) is not None


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    if parts.password is None:
        return url
    who, _, host = parts.netloc.rpartition("@")
    return urlunsplit(parts._replace(netloc=f"{who.partition(':')[0]}@{host}"))
