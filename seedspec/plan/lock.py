"""The lock as a value: JSON Lines become Records by purchase and attempt, and go back to lines; no disk here."""

from __future__ import annotations

import hashlib
import json
import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from seedspec.plan.event import (
    Adopted,
    Completed,
    Deferred,
    Doubted,
    Event,
    Failed,
    Saved,
    Submitted,
    Submitting,
    Weighed,
)
from seedspec.plan.keys import DEEPEST, KEYS, LONGEST_CODE, LONGEST_MESSAGE, depth, fault
from seedspec.plan.state import RANKS, UNANSWERED, IllegalMove, State, advance
from seedspec.plan.unsigned import unsigned
from seedspec.text.visible import one_line

VERSION = 1
HEADER = b'{"seedspec_lock":1}\n'
MARKERS = (b"<<<<<<<", b"|||||||", b"=======", b">>>>>>>")
"""What begins the lines that a git merge leaves: ours, the common base, theirs, the end."""


_REMEDY = "; `seedspec lock fix` keeps what can be read and sets the line aside"


class LockFault(Exception):
    """The lock cannot be relied on. `code` is stable; the message says what was found and what to do about it.

    `line` is the line at fault, 0 for none; `file` is the lock as whoever read it from a disk names it.
    """

    def __init__(self, code: str, message: str, line: int = 0) -> None:
        super().__init__(message)
        self.code = code
        self.line = line
        self.file = ""


@dataclass(frozen=True, slots=True)
class Record:
    """One attempt at a purchase, as the lock knows it. Keys are those of schemas/lock.json."""

    fp: str
    attempt: int
    values: Mapping[str, Any] = field(repr=False)

    @property
    def state(self) -> State:
        return _STATES[self.values["state"]]

    @property
    def entry(self) -> str:
        return str(self.values.get("entry", ""))

    @property
    def profile(self) -> str:
        """The profile that it was bought with; "" for the storyboard as written."""
        return str(self.values.get("profile", ""))

    @property
    def task(self) -> str | None:
        return self.values.get("task")

    @property
    def file(self) -> str | None:
        return self.values.get("file")

    @property
    def manifest(self) -> Mapping[str, Any] | None:
        return self.values.get("manifest")

    @property
    def reserved(self) -> float | None:
        """The credits that the service held for it; in a lock of before they were told apart, what it stated."""
        reserved: float | None = self.values.get("reserved", self.values.get("credits"))
        return reserved

    @property
    def charged(self) -> float | None:
        """The credits that it cost in the end, where the service said so."""
        return self.values.get("charged")

    @property
    def stated(self) -> float | None:
        """The last that the service said of its cost, in credits."""
        return self.reserved if self.charged is None else self.charged

    def get(self, key: str) -> Any:
        return self.values.get(key)


@dataclass(frozen=True, slots=True)
class Lock:
    """What was bought: for each fingerprint its attempts in order.

    `good` is how many bytes of the file are whole, `ended` says that they end in a line end, and `digest` is the
    sha256 of all its bytes: empty when there is no file.
    """

    attempts: Mapping[str, tuple[Record, ...]] = field(default_factory=dict, repr=False)
    good: int = 0
    lines: int = 0
    ended: bool = True
    digest: str = ""

    def last(self, fp: str) -> Record | None:
        """The record that stands for a purchase: of several attempts the one nearest to a video, then the latest."""
        found = self.attempts.get(fp)
        return max(found, key=lambda r: (RANKS[r.state].attempt, r.attempt)) if found else None

    def record(self, fp: str, attempt: int) -> Record | None:
        return next((r for r in self.attempts.get(fp, ()) if r.attempt == attempt), None)

    def next_attempt(self, fp: str) -> int:
        """The number that a new attempt gets: one that was only queued was never used."""
        found = self.attempts.get(fp, ())
        return max((r.attempt + (r.state is not State.QUEUED) for r in found), default=1)

    def __iter__(self) -> Iterator[Record]:
        for records in self.attempts.values():
            yield from records


def parse(data: bytes) -> Lock:
    """The lock of a file's bytes. Raises LockFault for everything but a torn last line, which is left out."""
    if not data.strip():
        raise LockFault("lock-empty", "the lock is empty; a lock never is: restore it from git", 1)
    good, found = 0, Fold()
    for number, line in enumerate(data.splitlines(keepends=True), 1):
        if line.startswith(MARKERS):
            message = "conflict markers of a git merge; `seedspec lock fix` keeps what both sides bought"
            raise LockFault("lock-conflict", message, number)
        try:
            values = read_line(line)
            if number == 1:
                _header(values)
            else:
                found.take(values)
        except BadLine as error:
            if error.torn and number > 1 and good + len(line) == len(data) and (line[-1:] != b"\n" or b"\0" in line):
                break
            raise LockFault("lock-damaged", f"{error}{_REMEDY}", number) from None
        except IllegalMove as error:
            raise LockFault("lock-damaged", f"a move that cannot be: {error}{_REMEDY}", number) from None
        good += len(line)
    # a last line that reads whole and lacks its line end alone is kept: it may hold a task's id
    ended = data[good - 1 : good] == b"\n"
    found.records = unsigned(data, found.records, merged)
    return Lock(found.lock(), good, found.lines + 1, ended=ended, digest=hashlib.sha256(data).hexdigest())


def read_line(line: bytes, *, whole: bool = True) -> Any:
    """The values of one line. Raises BadLine for what is no JSON, for a key that stands twice, and, unless `whole` is
    False, for a line that is not what its own `crc` says. A line without `crc`, as people write them, needs none."""
    try:
        values = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise BadLine(f"not JSON: {error.msg}", torn=True) from None
    if line.count(b"[") + line.count(b"{") > DEEPEST and depth(values) > DEEPEST:
        raise BadLine(f"more than {DEEPEST} levels of lists and mappings")
    crc = values.pop("crc", None) if isinstance(values, dict) else None
    sealed = _SEALED.fullmatch(line)
    if sealed is not None and crc == _crc(sealed[1] + b"}"):  # its very bytes are what was written
        return values
    written = orjson.dumps(values)
    if crc is None and written == line.rstrip():
        return values
    json.loads(line, object_pairs_hook=_once)  # written by another hand: then a key may stand twice
    if whole and crc is not None and crc != _crc(written):
        raise BadLine("the line is not what was written, its `crc` says; if you edited it, take `crc` out of it")
    return values


_SEALED = re.compile(rb'(.*),"crc":"[0-9a-f]{8}"\}\s*', re.DOTALL)


def _crc(line: bytes) -> str:
    """CRC-32 of a line's JSON without its `crc`, in 8 hex digits: it tells a damaged line, and hinders nobody."""
    return f"{zlib.crc32(line):08x}"


def _sealed(line: bytes) -> bytes:
    return b'%b,"crc":"%b"}' % (line[:-1], _crc(line).encode())


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    out = dict(pairs)
    if len(out) != len(pairs):
        names = [k for k, _ in pairs]
        raise BadLine(f"`{next(k for k in names if names.count(k) > 1)}` stands twice")
    return out


def encode(values: Mapping[str, Any]) -> bytes:
    """A record's values as one line, keys in their order, without those that are None."""
    line = orjson.dumps({k: values[k] for k in KEYS if values.get(k) is not None})
    return _sealed(line) + b"\n"


def serialise(lock: Lock, order: Iterable[str], profile: str | None = None) -> bytes:
    """The whole file: the header, then one line an attempt, in the given order of fingerprints, the rest by entry.

    What was bought without a profile comes first, then each profile's, by name. An order that is of one `profile`
    leaves the others' as they stand in the lock: taking turns with profiles moves no line.
    """
    rank = {fp: i for i, fp in enumerate(order)}
    stands = {fp: i for i, fp in enumerate(lock.attempts)}

    def key(fp: str) -> tuple[str, int, str, str]:
        last = lock.attempts[fp][-1]
        if profile is not None and last.profile != profile:
            return last.profile, stands[fp], "", ""
        return last.profile, rank.get(fp, len(rank)), "" if fp in rank else last.entry, fp

    return HEADER + b"".join(encode(_settled(r)) for fp in sorted(lock.attempts, key=key) for r in lock.attempts[fp])


def _settled(record: Record) -> dict[str, Any]:
    """What outlives a run: the balances that are evidence in a doubt go when there is none."""
    values = {**record.values, "fp": record.fp, "attempt": record.attempt}
    if record.state not in UNANSWERED:
        values["left"] = None
        if intent := values.get("intent"):
            values["intent"] = {k: v for k, v in intent.items() if k != "left"}
    return values


def apply(lock: Lock, events: Iterable[Event]) -> Lock:
    """The lock after further events; raises IllegalMove for one that its record cannot have."""
    found = Fold({(r.fp, r.attempt): dict(r.values) for r in lock})
    for event in events:
        if (values := values_of(event)) is not None:
            found.take(values)
    return Lock(found.lock(), lock.good, lock.lines, digest=lock.digest)


def merged(known: Mapping[str, Any] | None, values: Mapping[str, Any]) -> dict[str, Any]:
    """A record with a further line of it. Raises IllegalMove for a state, or a second task, that it cannot have."""
    if known is None:
        return dict(values)
    if values.get("task") is not None and known.get("task") not in (None, values["task"]):
        raise IllegalMove(f"two tasks, `{known['task']}` and `{values['task']}`, for one attempt")
    before, after = _STATES[known["state"]], _STATES[values["state"]]
    if after is not before:
        advance(before, after)
    return further(known, values)


def further(known: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """A record with what was learnt later. How long the service keeps a video is what it was: asking moves no end."""
    ends = [end for of in (known, values) if (end := of.get("results_until")) is not None]
    return {**known, **values, **({"results_until": min(ends)} if ends else {})}


class BadLine(Exception):
    """A line that cannot be relied on; `torn` says that a crash can make it."""

    def __init__(self, message: str, *, torn: bool = False) -> None:
        super().__init__(message)
        self.torn = torn


@dataclass(slots=True)
class Fold:
    """Later lines of a fingerprint and attempt update earlier ones."""

    records: dict[tuple[str, int], dict[str, Any]] = field(default_factory=dict)
    lines: int = 0

    def take(self, values: Any) -> None:
        if not isinstance(values, dict):
            raise BadLine("a line that is no JSON object")
        if said := fault(values):
            raise BadLine(said)
        fp, attempt, state = values.get("fp"), values.get("attempt"), values.get("state")
        if fp is None or attempt is None or state is None:
            raise BadLine("a line without `fp`, `attempt` or `state`")
        record = merged(self.records.get((fp, attempt)), values)
        for needed in _NEEDED.get(state, ()):
            if needed not in record:
                raise BadLine(f"`{state}` without `{needed}`")
        self.records[fp, attempt] = record
        self.lines += 1

    def lock(self) -> dict[str, tuple[Record, ...]]:
        out: dict[str, list[Record]] = {}
        for (fp, attempt), values in self.records.items():
            out.setdefault(fp, []).append(Record(fp, attempt, values))
        return {fp: tuple(sorted(rs, key=lambda r: r.attempt) if len(rs) > 1 else rs) for fp, rs in out.items()}


_STATES: dict[str, State] = {str(s): s for s in State}
_NEEDED = {"running": ("task",), "completed": ("task",), "saved": ("file", "sha256")}


def _header(values: Any) -> None:
    version = values.get("seedspec_lock") if isinstance(values, dict) else None
    if version != VERSION:
        if isinstance(version, int) and version > VERSION:
            message = f"version {version} is newer than this seedspec reads ({VERSION}); upgrade seedspec"
            raise LockFault("lock-version", message, 1)
        raise LockFault("lock-damaged", "the first line is no header of a seedspec lock", 1)


_FACTS = ("file", "sha256", "bytes", "width", "height", "seconds", "fps", "audio")
_STATE_OF: dict[type[Any], State] = {
    Submitting: State.SUBMITTING,
    Submitted: State.RUNNING,
    Deferred: State.QUEUED,
    Completed: State.COMPLETED,
    Saved: State.SAVED,
    Failed: State.FAILED,
    Doubted: State.DOUBT,
    Weighed: State.DOUBT,
}
_FIELDS: dict[type[Any], Callable[[Any], dict[str, Any]]] = {
    Submitting: lambda e: {
        "entry": e.entry,
        "take": e.take,
        "manifest": e.manifest,
        "intent": {k: v for k in ("key", "body_sha256", "at", "left") if (v := getattr(e.intent, k)) is not None},
        "units": e.units,
        "profile": e.profile,
        "used": dict(e.used) or None,
    },
    Submitted: lambda e: {"task": e.task, "reserved": e.reserved},
    Deferred: lambda e: {},
    Completed: lambda e: {"task": e.task, "charged": e.charged, "results_until": e.results_until},
    Saved: lambda e: {**{k: getattr(e, k) for k in _FACTS}, "results_until": e.results_until},
    Failed: lambda e: {"charged": e.charged, "failure": _failure(e)},
    Doubted: lambda e: {"doubt": one_line(e.reason, LONGEST_MESSAGE)},
    Weighed: lambda e: {"left": e.left},
    Adopted: lambda e: {k: getattr(e, k) for k in ("entry", "profile", "take", "manifest", "task", *_FACTS)},
}


def _failure(event: Failed) -> dict[str, str]:
    return {"code": one_line(event.code, LONGEST_CODE), "message": one_line(event.message, LONGEST_MESSAGE)}


def values_of(event: Event) -> dict[str, Any] | None:
    """What the lock keeps of an event; None for one that changes no record."""
    if isinstance(event, Adopted):
        state = State.RUNNING if event.file is None else State.SAVED
    elif (found := _STATE_OF.get(type(event))) is not None:
        state = found
    else:
        return None
    own = _FIELDS[type(event)](event)
    values = {"fp": event.fp, "attempt": event.attempt, "state": state.value, "at": event.at, **own}  # type: ignore[union-attr]
    return {k: v for k, v in values.items() if v is not None}
