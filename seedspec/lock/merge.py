"""Two histories of one lock become one: what either side bought is kept, whatever git made of the file."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from orjson import dumps

from seedspec.compiler.filename import LONGEST, same
from seedspec.lock.lock import MARKERS, Lock, encode, merge_values
from seedspec.lock.record import Record, record_of
from seedspec.lock.state import RANKS, State
from seedspec.text.value import valueclass


@valueclass(frozen=True, slots=True)
class Union:
    """The lock of both sides; `doubles` are the requests that were, or may have been, paid for more than once."""

    lock: Lock
    doubles: tuple[Record, ...]


def sides(data: bytes) -> list[bytes]:
    """The texts that a git merge wove into one: ours and theirs, each as it was; the text itself without markers."""
    ours: list[bytes] = []
    theirs: list[bytes] = []
    takes = (ours, theirs)
    into: tuple[list[bytes], ...] = takes
    conflict = False
    for line in data.splitlines(keepends=True):
        if line.startswith(MARKERS):
            conflict = True
            into = {b"<": (ours,), b"|": (), b"=": (theirs,), b">": takes}[line[:1]]
            continue
        for side in into:
            side.append(line)
    return [b"".join(side) for side in takes] if conflict else [data]


def union(one: Lock, other: Lock) -> Union:
    """All purchases of both (rule 7): of one the furthest state, of two for one request both. No receipt is dropped.

    Two videos that both sides saved under one name are in no clone under that name both: the one that was asked for
    first keeps it, and each other one gets a name of its own, under which it is looked for and fetched.

    The order of the sides does not matter, and a union with itself changes nothing.
    """
    attempts: dict[str, tuple[Record, ...]] = {}
    for fp in sorted(one.attempts.keys() | other.attempts.keys()):
        ours, theirs = one.attempts.get(fp, ()), other.attempts.get(fp, ())
        if len(ours) < 2 and len(theirs) < 2 and (not ours or not theirs or ours == theirs):
            attempts[fp] = ours or theirs  # nearly every one, and there may be many
        else:
            attempts[fp] = _renumber(_join_purchases((*ours, *theirs)))
    attempts = _rename_clashes(attempts)
    doubles: list[Record] = []
    for records in attempts.values():
        paid = [r for r in records if r.state not in (State.QUEUED, State.FAILED)]
        if len(paid) > 1:
            doubles += paid
    lines, version = 1 + sum(map(len, attempts.values())), max(one.version, other.version)
    return Union(Lock(attempts, lines=lines, version=version, header=_header(one, other)), tuple(doubles))


def _header(one: Lock, other: Lock) -> dict[str, Any]:
    """What both headers say; of two values for one key the later one's."""
    first, last = sorted((one.header, other.header), key=lambda h: (h.get("serial", 0), h.get("at", ""), dumps(h)))
    return {**first, **last}


def _join_purchases(records: Iterable[Record]) -> list[Record]:
    """The records of one request, those of the same purchase as one."""
    found, marks, places = list[Record](), list[_Marks](), defaultdict[object, list[int]](list)
    for record in sorted(records, key=_sort_key):
        own = _marks_of(record)
        near = (i for place in own.meets for i in places.get(place, ()))
        same = min((i for i in near if own.same(marks[i])), default=len(found))
        if same == len(found):
            found.append(record)
            marks.append(own)
        else:
            found[same] = _merge_records(found[same], record)
            marks[same] = own = _marks_of(found[same])
        for place in own.stands:
            places[place].append(same)
    # an intent that was taken back cost nothing: it gives way to any other of its number
    others = {r.attempt for r in found if r.state is not State.QUEUED}
    queued: dict[int, Record] = {r.attempt: r for r in found if r.state is State.QUEUED and r.attempt not in others}
    return sorted([*(r for r in found if r.state is not State.QUEUED), *queued.values()], key=_sort_key)


class _Marks(NamedTuple):
    """What tells the purchase of a record from others at the same request."""

    task: str | None
    key: str | None
    saved: tuple[int, str | None]

    def same(self, other: _Marks) -> bool:
        if self.task is not None and other.task is not None:  # rule 4
            return self.task == other.task
        if self.key is not None and other.key is not None:
            return self.key == other.key
        return self.saved == other.saved

    @property
    def stands(self) -> list[object]:
        """Where it is found again: at one of the places that a record of the same purchase `meets`."""
        return [(said, self.task is not None) for said in self if said is not None]

    @property
    def meets(self) -> list[object]:
        if self.task is not None:  # of those with a task only that of its own is the same
            return [(self.task, True), (self.key, False), (self.saved, False)]
        return [(said, with_task) for said in (self.key, self.saved) if said is not None for with_task in (False, True)]


def _marks_of(record: Record) -> _Marks:
    values = record.values
    key = (values.get("intent") or {}).get("key")
    return _Marks(values.get("task"), key, (record.attempt, values.get("sha256")))


def _merge_records(one: Record, other: Record) -> Record:
    first, last = sorted((one, other), key=lambda r: (RANKS[r.state].merge, str(r.get("at")), encode(r.values)))
    return record_of(one.fp, max(one.attempt, other.attempt), merge_values(first.values, last.values))


def _renumber(records: Iterable[Record]) -> tuple[Record, ...]:
    out: list[Record] = []
    for record in records:
        number = max(record.attempt, out[-1].attempt + 1 if out else 1)
        out.append(record_of(record.fp, number, {**record.values, "attempt": number}))
    return tuple(out)


def _rename_clashes(attempts: Mapping[str, tuple[Record, ...]]) -> dict[str, tuple[Record, ...]]:
    """No two videos keep one name (rule 7); which of them has it depends on nothing but the records."""
    by_name: dict[str, list[Record]] = {}
    for records in attempts.values():
        for r in records:
            if r.file and r.get("sha256"):
                by_name.setdefault(same(r.file), []).append(r)
    renamed: dict[tuple[str, int], str] = {}
    for found in by_name.values():
        first = min(found, key=_claim_order)
        others = (r for r in found if r.get("sha256") != first.get("sha256"))
        renamed |= {(r.fp, r.attempt): merged_name(r) for r in others}
    if not renamed:
        return dict(attempts)
    return {fp: tuple(_with_file(r, renamed.get((fp, r.attempt))) for r in records) for fp, records in attempts.items()}


def _with_file(record: Record, file: str | None) -> Record:
    return record if file is None else record_of(record.fp, record.attempt, {**record.values, "file": file})


def _claim_order(record: Record) -> tuple[str, str, str, str]:
    return str((record.get("intent") or {}).get("at", "")), str(record.task), record.fp, str(record.get("sha256"))


def merged_name(record: Record) -> str:
    """The name of a saved video that stands under another one's: by its request and its bytes, so that it is the same
    whoever merges what, in which order."""
    folder, slash, name = str(record.file).rpartition("/")
    stem = name.removesuffix(".mp4")
    if len(stem.encode()) > LONGEST:
        stem = record.fp[:16]
    return f"{folder}{slash}{stem}{_merged_ending(record)}"


def original_name(record: Record) -> str:
    """The name that a video had before a merge gave it one of its own; "" for one that has the name it was saved as."""
    file = record.file
    if not file or record.fp[:8] not in file or not record.get("sha256"):  # nearly every one, and there may be many
        return ""
    ending = _merged_ending(record)
    return f"{file.removesuffix(ending)}.mp4" if file.endswith(ending) else ""


def _merged_ending(record: Record) -> str:
    return f".{record.fp[:8]}.{str(record.get('sha256'))[:8]}.mp4"


def is_split(records: Iterable[Record]) -> bool:
    """Whether a merge has put the videos of one request apart: each of them is to be had, not one alone."""
    found = tuple(records)
    return len(found) > 1 and any(map(original_name, found))


def _sort_key(record: Record) -> tuple[int, str, bytes]:
    return record.attempt, str((record.get("intent") or {}).get("at", "")), encode(record.values)
