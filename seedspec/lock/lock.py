"""The lock as a value: JSON Lines become Records by purchase and attempt, and go back to lines; no disk here.

The rules by number are those of `seedspec/lock/__init__.py`.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from io import BytesIO
from operator import attrgetter
from typing import Any

import orjson

from seedspec.lock.keys import DEEPEST, KEYS, depth, fault
from seedspec.lock.press import Press, lasting
from seedspec.lock.record import STATES, Packer, Record, pressed_record, record_of
from seedspec.lock.state import FOLLOWED, RANKS, IllegalMove, State, advance
from seedspec.lock.unsigned import may_be_signed, without_signatures
from seedspec.lock.usual import usual_record
from seedspec.lock.version import NEWEST, extra_values, header_of, version_needed, version_of
from seedspec.text.value import valueclass

MARKERS = (b"<<<<<<<", b"|||||||", b"=======", b">>>>>>>")
"""What begins the lines that a git merge leaves: ours, the common base, theirs, the end."""


_SETS_ASIDE = "keeps what can be read and sets the line aside"


class LockFault(Exception):
    """The lock cannot be relied on. `code` is stable; the message says what was found and what to do about it.

    `line` is the line at fault, 0 for none. `fix` says what `seedspec lock fix` would do about it, "" where it cannot.
    Whoever read the lock from a disk gives its name in `file`, and in `command` the command that means this lock.
    """

    def __init__(self, code: str, message: str, line: int = 0, fix: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.line = line
        self.fix = fix
        self.file = ""
        self.command = "seedspec lock fix"

    def __str__(self) -> str:
        return f"{self.args[0]}; `{self.command}` {self.fix}" if self.fix else str(self.args[0])


@valueclass(frozen=True, slots=True)
class Lock:
    """What was bought: for each fingerprint its attempts in order.

    `good` is how many bytes of the file are whole, `ended` says that they end in a line end, and `digest` is the
    sha256 of all its bytes: empty when there is no file. `version` is that of the file, `header` what its first line
    says besides.
    """

    attempts: Mapping[str, tuple[Record, ...]] = field(default_factory=dict, repr=False)
    good: int = 0
    lines: int = 0
    ended: bool = True
    digest: str = ""
    version: int = 1
    header: Mapping[str, Any] = field(default_factory=dict)

    def last(self, fp: str) -> Record | None:
        """The record that stands for a purchase: of several attempts the one nearest to a video (rule 6)."""
        found = self.attempts.get(fp)
        if found is not None and len(found) == 1:
            return found[0]
        return max(found, key=lambda r: (RANKS[r.state].attempt, r.attempt)) if found else None

    def record(self, fp: str, attempt: int) -> Record | None:
        found = self.attempts.get(fp, ())
        return next(iter(found[_place(found, attempt)]), None)

    def next_attempt(self, fp: str) -> int:
        """The number that a new attempt gets: one that was only queued was never used (rule 1)."""
        found = self.attempts.get(fp, ())
        return max((r.attempt + (r.state is not State.QUEUED) for r in found), default=1)

    def __iter__(self) -> Iterator[Record]:
        for records in self.attempts.values():
            yield from records


def lock_from(records: Iterable[Record], version: int = 1) -> Lock:
    """Records as a lock, by fingerprint and attempt; of a lock that is no file yet."""
    attempts: dict[str, tuple[Record, ...]] = {}
    for record in sorted(records, key=lambda r: (r.fp, r.attempt)):
        attempts[record.fp] = (*attempts.get(record.fp, ()), record)
    return Lock(attempts, lines=1 + sum(map(len, attempts.values())), version=version)


def parse(data: bytes) -> Lock:
    """The lock of a file's bytes. Raises LockFault for all but a torn last line (rule 8)."""
    return parse_lines(BytesIO(data))


def parse_lines(lines: Iterable[bytes], texts: Iterable[str] = ()) -> Lock:
    """The lock of a file's lines, each with its line end; none is needed any more once the next one is asked for.

    `texts` are fingerprints and addresses that others keep too, asked for once there is a record: the records have the
    very same ones.

    Raises LockFault for all but a torn last line (rule 8), and what the lines raise.
    """
    good, found, header, seen = 0, Fold(Packer(texts), Press()), dict[str, Any](), hashlib.sha256()
    each, number, line, signed, ended = _lines(lines), 0, b"", False, True
    for number, line in enumerate(each, 1):
        seen.update(line)
        if line.startswith(MARKERS):
            fix = "keeps what both sides bought"
            raise LockFault("lock-conflict", "conflict markers of a git merge", number, fix)
        try:
            if number == 1:
                found.version, header = _header(read_line(line))
            elif not found.take_usual(line):
                found.take(read_line(line), line)
        except BadLine as error:
            rest = list(each)
            if number == 1 and not line.strip() and not any(map(bytes.strip, rest)):
                break
            if error.torn and number > 1 and not rest and (line[-1:] != b"\n" or b"\0" in line):
                break
            raise LockFault("lock-damaged", str(error), number, _SETS_ASIDE) from None
        except IllegalMove as error:
            raise LockFault("lock-damaged", f"a move that cannot be: {error}", number, _SETS_ASIDE) from None
        good += len(line)
        signed = signed or may_be_signed(line)
        # a last line that reads whole and lacks its line end alone is kept: it may hold a task's id
        ended = line[-1:] == b"\n"
    if not good:
        raise LockFault("lock-empty", "the lock is empty; a lock never is: restore it from git", 1)
    if signed:
        found.replace(without_signatures(found.values(), update_record))
    return Lock(found.attempts, good, found.lines + 1, ended, seen.hexdigest(), found.version, header)


def _lines(lines: Iterable[bytes]) -> Iterator[bytes]:
    """The lines as any editor counts them: a carriage return alone ends one too."""
    for line in lines:
        if b"\r" in line:
            yield from line.splitlines(keepends=True)
        else:
            yield line


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
    text = line.rstrip()
    if crc is not None and text[-18:-10] == b',"crc":"' and crc == _crc(text[:-18], b"}"):
        return values  # its very bytes are what was written
    written = orjson.dumps(values)
    if crc is None and written == text:
        return values
    json.loads(line, object_pairs_hook=_refuse_duplicates)  # written by another hand: then a key may stand twice
    if whole and crc is not None and crc != _crc(written):
        raise BadLine("the line is not what was written, its `crc` says; if you edited it, take `crc` out of it")
    return values


def _crc(line: bytes, end: bytes = b"") -> str:
    """CRC-32 of a line's JSON without its `crc`, in 8 hex digits: it tells a damaged line, and hinders nobody."""
    return f"{zlib.crc32(end, zlib.crc32(line)):08x}"


def _seal(line: bytes) -> bytes:
    return b'%b,"crc":"%b"}' % (line[:-1], _crc(line).encode())


def _refuse_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    out = dict(pairs)
    if len(out) != len(pairs):
        counts = Counter(key for key, _ in pairs)
        raise BadLine(f"`{next(key for key, many in counts.items() if many > 1)}` stands twice")
    return out


def encode(values: Mapping[str, Any]) -> bytes:
    """A record's values as one line without those that are None: keys in their order, unknown ones last (rule 10)."""
    known = {k: v for k in KEYS if (v := values.get(k)) is not None}
    others = {k: values[k] for k in sorted(values.keys() - KEYS.keys()) if values[k] is not None}
    return _seal(orjson.dumps({**known, **others})) + b"\n"


def serialise(lock: Lock, order: Iterable[str], profile: str | None = None) -> bytes:
    """The whole file (rule 11), as `lines_of` has it."""
    return b"".join(lines_of(lock, order, profile))


def lines_of(lock: Lock, order: Iterable[str], profile: str | None = None) -> Iterator[bytes]:
    """The lines of the file (rule 11): the header, one line an attempt, in the given order of fingerprints, the rest by
    entry.

    What was bought without a profile comes first, then each profile's, by name. An order that is of one `profile`
    leaves the others' as they stand in the lock: taking turns with profiles moves no line.
    """
    order, of_profile = list(order), dict[str, list[str]]()
    for fp, records in lock.attempts.items():
        of_profile.setdefault(records[-1].profile, []).append(fp)
    yield header_of(_version_needed(lock), lock.header)
    for name, own in sorted(of_profile.items()):
        for fp in own if profile is not None and name != profile else _in_order(own, order, lock):
            for record in lock.attempts[fp]:
                yield encode(final_values(record))


def _in_order(fps: Iterable[str], order: Sequence[str], lock: Lock) -> list[str]:
    """Fingerprints in the given order, the rest by entry; one that stands there twice has its last place.

    There may be very many: none is given a key to sort it by.
    """
    left, found = set(fps), list[str]()
    for fp in reversed(order):
        if fp in left:
            left.remove(fp)
            found.append(fp)
    return [*reversed(found), *sorted(left, key=lambda fp: (lock.attempts[fp][-1].entry, fp))]


def _version_needed(lock: Lock) -> int:
    """The version that a lock is to be written in, by its header, or else by what outlives the run of its records."""
    return version_needed(() if lock.header else map(final_values, lock), KEYS.keys(), lock.header)


def final_record(record: Record) -> Record:
    """A record as it outlives a run."""
    return record_of(record.fp, record.attempt, final_values(record))


def final_values(record: Record) -> dict[str, Any]:
    """What outlives a run of a record."""
    return {**lasting(record.values), "fp": record.fp, "attempt": record.attempt}


def update_record(known: Mapping[str, Any] | None, values: Mapping[str, Any]) -> dict[str, Any]:
    """A record with a further line of it. Raises IllegalMove for a state (rule 3), or a second task (rule 4)."""
    if known is None:
        return dict(values)
    if values.get("task") is not None and known.get("task") not in (None, values["task"]):
        raise IllegalMove(f"two tasks, `{known['task']}` and `{values['task']}`, for one attempt")
    before, after = STATES[known["state"]], STATES[values["state"]]
    if after is not before:
        advance(before, after)
    return merge_values(known, values)


def merge_values(known: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """A record with what was learnt later; asking again moves no end (rule 5)."""
    ends = [end for of in (known, values) if (end := of.get("results_until")) is not None]
    return {**known, **values, **({"results_until": min(ends)} if ends else {})}


class BadLine(Exception):
    """A line that cannot be relied on; `torn` says that a crash can make it."""

    def __init__(self, message: str, *, torn: bool = False) -> None:
        super().__init__(message)
        self.torn = torn


@valueclass(frozen=False, slots=True)
class Fold:
    """Lines become records: a later one of a fingerprint and attempt updates the earlier ones (rule 2).

    With a `packer` and a `press` the records take little memory.
    """

    packer: Packer | None = None
    press: Press | None = None
    attempts: dict[str, tuple[Record, ...]] = field(default_factory=dict)
    lines: int = 0
    version: int = 1

    def take_usual(self, line: bytes) -> bool:
        """Takes a line up that is of the usual form, and the first of its fingerprint; whether it was."""
        if self.packer is None:
            return False
        record = usual_record(line, self.version, self.attempts, self.packer)
        if record is None:
            return False
        self.attempts[record.fp] = (record,)
        self.lines += 1
        return True

    def take(self, values: Any, line: bytes | None = None) -> None:
        """Takes the values of a line up; `line` has its bytes, where they are at hand."""
        if not isinstance(values, dict):
            raise BadLine("a line that is no JSON object")
        if said := fault(values, self.version):
            raise BadLine(said)
        fp, attempt, state = values.get("fp"), values.get("attempt"), values.get("state")
        if fp is None or attempt is None or state is None:
            raise BadLine("a line without `fp`, `attempt` or `state`")
        found = self.attempts.get(fp, ())
        known = next(iter(found[_place(found, attempt)]), None)
        record = update_record(None if known is None else known.values, values)
        for key in _NEEDED.get(state, ()):
            if key not in record:
                raise BadLine(f"`{state}` without `{key}`")
        self._put(fp, attempt, record, line if known is None else None)
        self.lines += 1

    def values(self) -> dict[tuple[str, int], dict[str, Any]]:
        """The values of each record, by its fingerprint and attempt."""
        return {(r.fp, r.attempt): dict(r.values) for of_one in self.attempts.values() for r in of_one}

    def replace(self, records: Mapping[tuple[str, int], dict[str, Any]]) -> None:
        """Puts records in the place of those that were taken."""
        self.attempts = {}
        for (fp, attempt), values in records.items():
            self._put(fp, attempt, values)

    def _put(self, fp: str, attempt: int, values: dict[str, Any], line: bytes | None = None) -> None:
        if self.press is not None and values["state"] in FOLLOWED:  # more is learnt of it, maybe in quite another order
            made = pressed_record(fp, attempt, values, self.press)
        else:
            made = record_of(fp, attempt, values, self.packer if values["state"] in _SETTLED else None, line)
        found = self.attempts.get(fp, ())
        place = _place(found, attempt)
        self.attempts[fp] = (*found[: place.start], made, *found[place.stop :]) if found else (made,)


_attempt = attrgetter("attempt")


def _place(records: Sequence[Record], attempt: int) -> slice:
    """Where an attempt stands among those of its request, by number; empty, where it belongs."""
    at = bisect_left(records, attempt, key=_attempt)
    return slice(at, at + (at < len(records) and records[at].attempt == attempt))


_SETTLED = frozenset({State.SAVED, State.FAILED})
_NEEDED = {"running": ("task",), "completed": ("task",), "saved": ("file", "sha256")}


def _header(values: Any) -> tuple[int, dict[str, Any]]:
    """The version of a lock, and what its header says besides."""
    version = version_of(values)
    if version > NEWEST:
        message = f"version {version} is newer than this seedspec reads ({NEWEST}); upgrade seedspec"
        raise LockFault("lock-version", message, 1)
    if not version:
        raise LockFault("lock-damaged", "the first line is no header of a seedspec lock", 1)
    return version, extra_values(values, version)
