"""The lock as a value: JSON Lines become Records by purchase and attempt, and go back to lines; no disk here.

Reading is strict: what cannot be understood stops the reader, except for a last line that a crash has torn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from seedspec.plan.event import Completed, Deferred, Doubted, Event, Failed, Saved, Submitted, Submitting
from seedspec.plan.state import IllegalMove, State, advance

VERSION = 1
HEADER = b'{"seedspec_lock":1}\n'
_MARKERS = (b"<<<<<<<", b"=======", b">>>>>>>", b"|||||||")


class LockFault(Exception):
    """The lock cannot be relied on. `code` is stable; the message says where and what to do."""

    def __init__(self, code: str, message: str, line: int = 0) -> None:
        super().__init__(message)
        self.code = code
        self.line = line


@dataclass(frozen=True, slots=True)
class Record:
    """One attempt at a purchase, as the lock knows it. Keys are those of schemas/lock.json."""

    fp: str
    attempt: int
    values: Mapping[str, Any]

    @property
    def state(self) -> State:
        return State(self.values["state"])

    @property
    def entry(self) -> str:
        return str(self.values.get("entry", ""))

    @property
    def task(self) -> str | None:
        return self.values.get("task")

    @property
    def file(self) -> str | None:
        return self.values.get("file")

    @property
    def manifest(self) -> Mapping[str, Any] | None:
        return self.values.get("manifest")

    def get(self, key: str) -> Any:
        return self.values.get(key)


@dataclass(frozen=True, slots=True)
class Lock:
    """What was bought: for each fingerprint its attempts in order.

    `good` is how many bytes of the file are whole; `ended` says that they end in a line end.
    """

    attempts: Mapping[str, tuple[Record, ...]] = field(default_factory=dict)
    good: int = 0
    lines: int = 0
    ended: bool = True

    def last(self, fp: str) -> Record | None:
        found = self.attempts.get(fp)
        return found[-1] if found else None

    def __iter__(self) -> Iterator[Record]:
        for records in self.attempts.values():
            yield from records


def parse(data: bytes) -> Lock:
    """The lock of a file's bytes. Raises LockFault for everything but a torn last line, which is left out."""
    if not data.strip():
        raise LockFault("lock-empty", "the lock is empty; a lock never is: restore it from git", 1)
    whole = data.rfind(b"\n") + 1
    good, found = 0, _Fold()
    for number, line in enumerate(data.splitlines(keepends=True), 1):
        torn = good + len(line) > whole
        if line.startswith(_MARKERS):
            message = "conflict markers of a git merge; keep the lines of both sides and delete the marker lines"
            raise LockFault("lock-conflict", message, number)
        try:
            values = orjson.loads(line)
            if number == 1:
                _header(values)
            else:
                found.take(values)
        except orjson.JSONDecodeError as error:
            if torn and number > 1:
                break
            raise LockFault("lock-damaged", f"not JSON: {error.msg}", number) from None
        except IllegalMove as error:
            raise LockFault("lock-damaged", f"a move that cannot be: {error}", number) from None
        except _Bad as error:
            raise LockFault("lock-damaged", str(error), number) from None
        good += len(line)
    # a last line that reads whole and lacks its line end alone is kept: it may hold a task's id
    return Lock(found.lock(), good, found.lines + 1, ended=data[good - 1 : good] == b"\n")


def line_of(event: Event) -> bytes | None:
    """What the lock keeps of an event, as one line; None for an event that changes no record."""
    values = _values(event)
    return None if values is None else encode(values)


def encode(values: Mapping[str, Any]) -> bytes:
    return orjson.dumps({k: values[k] for k in KEYS if values.get(k) is not None}) + b"\n"


def serialise(lock: Lock, order: Iterable[str]) -> bytes:
    """The whole file: the header, then one line an attempt, in the given order of fingerprints, the rest by entry."""
    rank = {fp: i for i, fp in enumerate(order)}
    rest = sorted((fp for fp in lock.attempts if fp not in rank), key=lambda fp: (lock.attempts[fp][-1].entry, fp))
    ordered = [*sorted((fp for fp in lock.attempts if fp in rank), key=rank.__getitem__), *rest]
    kept = [encode({**r.values, "fp": fp, "attempt": r.attempt}) for fp in ordered for r in lock.attempts[fp]]
    return HEADER + b"".join(kept)


def apply(lock: Lock, events: Iterable[Event]) -> Lock:
    """The lock after further events; raises IllegalMove for one that its record cannot have."""
    found = _Fold()
    found.records = {(r.fp, r.attempt): dict(r.values) for r in lock}
    for event in events:
        if (values := _values(event)) is not None:
            found.take({k: v for k, v in values.items() if v is not None})
    return Lock(found.lock(), lock.good, lock.lines)


KEYS: dict[str, type | tuple[type, ...]] = {
    "fp": str,
    "entry": str,
    "take": int,
    "attempt": int,
    "state": str,
    "at": str,
    "manifest": dict,
    "intent": dict,
    "task": str,
    "credits": (int, float),
    "units": int,
    "doubt": str,
    "failure": dict,
    "results_until": str,
    "file": str,
    "sha256": str,
    "bytes": int,
    "width": int,
    "height": int,
    "seconds": (int, float),
}
"""The keys of a line in the order that they are written in, with their types."""


class _Bad(Exception):
    pass


@dataclass(slots=True)
class _Fold:
    """Later lines of a fingerprint and attempt update earlier ones."""

    records: dict[tuple[str, int], dict[str, Any]] = field(default_factory=dict)
    lines: int = 0

    def take(self, values: Any) -> None:
        if not isinstance(values, dict):
            raise _Bad("a line that is no JSON object")
        for key, value in values.items():
            if not isinstance(value, KEYS.get(key, ())) or isinstance(value, bool):
                raise _Bad(
                    f"key `{key}` is not one of a lock of version {VERSION}"
                    if key not in KEYS
                    else f"`{key}` is {value!r}"
                )
        fp, attempt, state = values.get("fp"), values.get("attempt"), values.get("state")
        if not (fp and attempt and state in set(State)):
            raise _Bad("a line without `fp`, `attempt` or a known `state`")
        known = self.records.get((fp, attempt))
        if known is None:
            self.records[fp, attempt] = values
        else:
            if "task" in values and known.get("task") not in (None, values["task"]):
                raise _Bad(f"two tasks, `{known['task']}` and `{values['task']}`, for one attempt")
            before = State(known["state"])
            if state != before:
                advance(before, State(state))
            known.update(values)
        self.lines += 1

    def lock(self) -> dict[str, tuple[Record, ...]]:
        out: dict[str, list[Record]] = {}
        for (fp, attempt), values in self.records.items():
            out.setdefault(fp, []).append(Record(fp, attempt, values))
        return {fp: tuple(sorted(rs, key=lambda r: r.attempt)) for fp, rs in out.items()}


def _header(values: Any) -> None:
    version = values.get("seedspec_lock") if isinstance(values, dict) else None
    if version != VERSION:
        if isinstance(version, int) and version > VERSION:
            message = f"version {version} is newer than this seedspec reads ({VERSION}); upgrade seedspec"
            raise LockFault("lock-version", message, 1)
        raise LockFault("lock-damaged", "the first line is no header of a seedspec lock", 1)


_STATE_OF: dict[type[Any], State] = {
    Submitting: State.SUBMITTING,
    Submitted: State.RUNNING,
    Deferred: State.QUEUED,
    Completed: State.COMPLETED,
    Saved: State.SAVED,
    Failed: State.FAILED,
    Doubted: State.DOUBT,
}
_FIELDS: dict[type[Any], Callable[[Any], dict[str, Any]]] = {
    Submitting: lambda e: {
        "entry": e.entry,
        "take": e.take,
        "manifest": e.manifest,
        "intent": {"key": e.intent.key, "body_sha256": e.intent.body_sha256, "at": e.intent.at},
        "units": e.units,
    },
    Submitted: lambda e: {"task": e.task, "credits": e.credits},
    Deferred: lambda e: {},
    Completed: lambda e: {"task": e.task, "credits": e.credits, "results_until": e.results_until},
    Saved: lambda e: {k: getattr(e, k) for k in ("file", "sha256", "bytes", "width", "height", "seconds")},
    Failed: lambda e: {"failure": {"code": e.code, "message": e.message}},
    Doubted: lambda e: {"doubt": e.reason},
}


def _values(event: Event) -> dict[str, Any] | None:
    state = _STATE_OF.get(type(event))
    if state is None:
        return None
    own = _FIELDS[type(event)](event)
    return {"fp": event.fp, "attempt": event.attempt, "state": state.value, "at": event.at, **own}  # type: ignore[union-attr]
