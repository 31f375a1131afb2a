"""A board as it stands, read with few requests: the newest snapshot, a listing, and what has changed since."""

from __future__ import annotations

import threading
import zlib
from collections.abc import Collection, Container, Iterable, Iterator
from itertools import chain, starmap
from typing import Any

import orjson

from seedspec.lock.press import LEVEL, STRATEGY, Kept, Press
from seedspec.lock.record import Record, pressed_record
from seedspec.lock.state import State
from seedspec.run.store.ledger import layout
from seedspec.run.store.ledger.layout import BadDocument
from seedspec.run.store.ledger.purchase import Purchase, purchase_of, read_purchase
from seedspec.run.store.ledger.store import AT_ONCE, Store, same_tag
from seedspec.run.store.ledger.types import Runner, Sealed

Name = tuple[str, int]
_MOST = 1 << 30
"""Bytes of a snapshot when it is unpacked; 400,000 purchases have less."""
_PIECE, _SOME = 1 << 18, 1024
"""Bytes of it that are unpacked at once, and purchases that are read at once."""

_Grant = tuple[Runner, int, str]
"""Who was granted a purchase, its price and its month: most have these in common."""
_Seen = tuple[_Grant, str, Kept]
"""What is kept of a purchase: its grant, its tag, its record."""


class Board:
    """The purchases of a board as this program last saw them. May be used by several threads.

    Methods that ask the store raise Unreachable and StoreRefuses, and Sealed where something of the board is gone or is
    not what seedspec writes.
    """

    def __init__(self, store: Store, uuid: str) -> None:
        self._store, self.uuid = store, uuid
        self._guard = threading.Lock()
        self._seen: dict[Name, _Seen] = {}
        self._changes = self._saved = 0
        """How often what is known has changed, and how often it had when the newest snapshot had all of it."""
        self._grants: dict[_Grant, _Grant] = {}
        self.press = Press()
        self.serial = 0

    def __len__(self) -> int:
        return len(self._seen)

    def get(self, name: Name) -> Purchase | None:
        """A purchase as it was last seen."""
        return None if (found := self._seen.get(name)) is None else self._purchase(name, found)

    def _purchase(self, name: Name, seen: _Seen) -> Purchase:
        (runner, usd, month), tag, kept = seen
        return Purchase(runner, self.press.read(kept, *name), usd, month, tag)

    def all(self) -> Iterator[Purchase]:
        """All purchases as they were last seen, by fingerprint and attempt."""
        with self._guard:
            seen = self._in_order()
        return starmap(self._purchase, seen)

    def _in_order(self) -> Iterator[tuple[Name, _Seen]]:
        """What is known at this moment. The guard is held."""
        names = sorted(self._seen)
        return zip(names, [self._seen[name] for name in names], strict=True)

    def unanswered(self) -> Iterator[Purchase]:
        """Those whose requests have no answer, in any order."""
        with self._guard:
            seen = [(name, found) for name, found in self._seen.items() if not isinstance(found[2], bytes)]
        return starmap(self._purchase, seen)

    def records(self) -> Iterator[Record]:
        """The records of all purchases, in the same order."""
        with self._guard:
            seen = self._in_order()
        return (pressed_record(*name, kept, self.press) for name, (_, _, kept) in seen)

    def saw(self, purchase: Purchase) -> None:
        """Keeps what is known to stand."""
        grant = (purchase.runner, purchase.usd, purchase.month)
        kept = self.press.keep(purchase.values)
        with self._guard:
            before = self._seen.get(purchase.name)
            self._seen[purchase.name] = self._grants.setdefault(grant, grant), purchase.tag, kept
            self._changes += before is None or before[1] != purchase.tag

    def forget(self, name: Name) -> None:
        with self._guard:
            self._changes += self._seen.pop(name, None) is not None

    def look(self, names: Collection[Name]) -> list[Purchase]:
        """Some purchases as they stand now; those that are not there are left out.

        For many the whole board is read: a listing takes fewer questions than one for each.
        """
        there: Container[Name] = self._seen
        if len(names) <= AT_ONCE:
            there = self._read(names)
        else:
            self.refresh()
        return [found for name in names if name in there and (found := self.get(name)) is not None]

    def _read(self, names: Collection[Name]) -> set[Name]:
        """Sees some purchases as they stand now; those that are there."""
        keys = {layout.purchase(self.uuid, *name): name for name in names}
        there = set[Name]()
        for key, data, tag in self._store.get_all(list(keys)):
            self.saw(read_purchase(key, keys[key], data, tag))
            there.add(keys[key])
        return there

    def attempts(self, fp: str) -> list[Purchase]:
        """All attempts at a request as they stand now."""
        listed = self._store.list(layout.attempts(self.uuid, fp))
        return self.look([name for f in listed if (name := layout.purchase_named(f.key)) is not None])

    def taken(self, names: Iterable[Name], runner: str) -> set[Name]:
        """Which of some purchases others than that runner have, or may have: of what has changed nothing is read."""
        changed = set(self.changed())
        return {name for name in names if name in changed or _is_of_another(self.get(name), runner)}

    def refresh(self) -> None:
        """Sees the whole board as it stands now."""
        self._take_snapshot()
        changed = self.changed()
        for begin in range(0, len(changed), _SOME):
            self._read(changed[begin : begin + _SOME])

    def changed(self) -> list[Name]:
        """The purchases that stand otherwise than they were last seen, new ones too, by a listing alone."""
        with self._guard:
            gone = set(self._seen)
        changed = list[Name]()
        for listed in self._store.list(layout.purchases(self.uuid)):
            name = layout.purchase_named(listed.key)
            if name is None:
                continue
            gone.discard(name)
            found = self._seen.get(name)
            if found is None or not same_tag(listed.tag, found[1]):
                changed.append(name)
        if gone:
            key = layout.purchase(self.uuid, *min(gone))
            raise Sealed(f"{len(gone)} purchases of this ledger are gone, such as `{key}`: it was damaged or deleted")
        return changed

    def _take_snapshot(self) -> None:
        """Reads the newest snapshot, where nothing of it is known yet."""
        newest = max((layout.serial_of(f.key) for f in self._store.list(layout.snapshots(self.uuid))), default=0)
        if newest <= self.serial:
            return
        if (found := self._store.get(key := layout.snapshot(self.uuid, newest))) is None:
            raise Sealed(f"`{key}` is gone: this ledger was damaged or deleted")
        changes, alike = self._changes, 0
        for purchase in _unpack(key, self.uuid, found[0]):
            if (seen := self._seen.get(purchase.name)) is None:
                self.saw(purchase)
                changes += 1
            alike += seen is None or seen[1] == purchase.tag
        with self._guard:  # what another thread has changed meanwhile is one change more
            self._saved, self.serial = changes if alike == len(self._seen) else -1, newest

    def save(self) -> int:
        """Writes a snapshot if the newest one lacks something; the serial of the one that has all that is known."""
        for _ in range(50):
            with self._guard:
                if self._changes == self._saved:
                    return self.serial
                changes, many, seen = self._changes, len(self._seen), self._in_order()
            serial = self.serial + 1
            pieces = _pack(self.uuid, serial, many, starmap(self._purchase, seen))
            key = layout.snapshot(self.uuid, serial)
            if self._store.create(key, *pieces) is None:
                there, data = self._store.get(key), b"".join(pieces)
                if there is not None and there[0] != data:  # somebody else's, with perhaps more in it
                    self.refresh()
                if there is None or there[0] != data:
                    continue
            self._saved, self.serial = changes, serial
        return self.serial


def read_board(store: Store, uuid: str) -> Board:
    """A board of the team as it stands now. Raises Sealed, Unreachable and StoreRefuses."""
    board = Board(store, uuid)
    board.refresh()
    return board


def read_snapshot(store: Store, uuid: str, serial: int) -> list[Purchase]:
    """The purchases of a snapshot. Raises BadDocument for one that is gone or damaged, Unreachable and StoreRefuses."""
    key = layout.snapshot(uuid, serial)
    if (found := store.get(key)) is None:
        raise BadDocument(f"`{key}` is gone")
    return list(_unpack(key, uuid, found[0]))


def _pack(uuid: str, serial: int, many: int, purchases: Iterable[Purchase]) -> list[bytes]:
    """A snapshot in pieces: for one that is large, memory has more room in many places than in one."""
    header = {"seedspec_snapshot": layout.FORMAT, "board": uuid, "serial": serial, "purchases": many}
    small = zlib.compressobj(LEVEL, strategy=STRATEGY)
    lines = (orjson.dumps(line) + b"\n" for line in chain([header], map(_line, purchases)))
    return [*filter(None, map(small.compress, lines)), small.flush()]


def _is_of_another(purchase: Purchase | None, runner: str) -> bool:
    return purchase is not None and purchase.runner.id != runner and purchase.state is not State.QUEUED


def _line(purchase: Purchase) -> dict[str, Any]:
    runner = {"id": purchase.runner.id, "host": purchase.runner.host, "job": purchase.runner.job}
    values = {"runner": runner, "usd": purchase.usd, "month": purchase.month}
    return {"tag": purchase.tag, **values, "record": purchase.values}


def _unpack(key: str, uuid: str, data: bytes) -> Iterator[Purchase]:
    """Raises BadDocument for what is no whole snapshot of this board."""
    try:
        lines = _lines(data)
        header, many = orjson.loads(next(lines, b"")), 0
        if header["board"] != uuid or header["seedspec_snapshot"] != layout.FORMAT:
            raise EOFError
        for line in map(orjson.loads, lines):
            many += 1
            name = line["record"]["fp"], line["record"]["attempt"]
            yield purchase_of(key, name, line, str(line["tag"]))
        if many != header["purchases"]:
            raise EOFError
    except EOFError:
        raise BadDocument(f"`{key}` is no whole snapshot of this board") from None
    except (zlib.error, orjson.JSONDecodeError, KeyError, TypeError, IndexError) as error:
        raise BadDocument(f"`{key}` is no snapshot: {error}") from None


def _lines(data: bytes) -> Iterator[bytes]:
    """The lines of a snapshot, unpacked as they are asked for. Raises EOFError for one that is not whole, or too large,
    and zlib.error."""
    unpack, left, rest = zlib.decompressobj(), _MOST, b""
    while left > 0 and (text := unpack.decompress(data, min(left, _PIECE))):
        data, left = unpack.unconsumed_tail, left - len(text)
        *lines, rest = (rest + text).split(b"\n")
        yield from lines
    if rest or left == _MOST:
        yield rest
    if not unpack.eof:
        raise EOFError
