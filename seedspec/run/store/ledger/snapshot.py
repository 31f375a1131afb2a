"""A board as it stands, read with few requests: the newest snapshot, a listing, and what has changed since."""

from __future__ import annotations

import threading
import zlib
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

import orjson

from seedspec.run.store.ledger import layout
from seedspec.run.store.ledger.layout import BadDocument
from seedspec.run.store.ledger.purchase import Purchase, purchase_of, read_purchase
from seedspec.run.store.ledger.store import AT_ONCE, Store, same_tag
from seedspec.run.store.ledger.types import Runner, Sealed

Name = tuple[str, int]
_MOST = 1 << 30
"""Bytes of a snapshot when it is unpacked; 400,000 purchases have less."""


class Board:
    """The purchases of a board as this program last saw them. May be used by several threads.

    Methods that ask the store raise Unreachable and StoreRefuses, and Sealed where something of the board is gone or is
    not what seedspec writes.
    """

    def __init__(self, store: Store, uuid: str) -> None:
        self._store, self.uuid = store, uuid
        self._guard = threading.Lock()
        self._seen: dict[Name, Purchase] = {}
        self._kept: dict[Name, str] = {}
        self._runners: dict[Runner, Runner] = {}
        self.serial = 0

    def __len__(self) -> int:
        return len(self._seen)

    def get(self, name: Name) -> Purchase | None:
        """A purchase as it was last seen."""
        return self._seen.get(name)

    def all(self) -> dict[Name, Purchase]:
        """All purchases as they were last seen, by fingerprint and attempt."""
        with self._guard:
            return dict(sorted(self._seen.items()))

    def saw(self, purchase: Purchase) -> None:
        """Keeps what is known to stand."""
        runner = self._runners.setdefault(purchase.runner, purchase.runner)
        if runner is not purchase.runner:
            purchase = Purchase(runner, purchase.values, purchase.usd, purchase.month, purchase.tag)
        with self._guard:
            self._seen[purchase.name] = purchase

    def forget(self, name: Name) -> None:
        with self._guard:
            self._seen.pop(name, None)

    def look(self, names: Collection[Name]) -> list[Purchase]:
        """Some purchases as they stand now; those that are not there are left out.

        For many the whole board is read: a listing takes fewer questions than one for each.
        """
        if len(names) <= AT_ONCE:
            return self._read(names)
        self.refresh()
        return [found for name in names if (found := self._seen.get(name)) is not None]

    def _read(self, names: Collection[Name]) -> list[Purchase]:
        keys = {layout.purchase(self.uuid, *name): name for name in names}
        found: dict[Name, Purchase] = {}
        for key, data, tag in self._store.get_all(list(keys)):
            found[keys[key]] = read_purchase(key, keys[key], data, tag)
            self.saw(found[keys[key]])
        return [found[name] for name in names if name in found]

    def attempts(self, fp: str) -> list[Purchase]:
        """All attempts at a request as they stand now."""
        listed = self._store.list(layout.attempts(self.uuid, fp))
        return self.look([name for f in listed if (name := layout.purchase_named(f.key)) is not None])

    def refresh(self) -> None:
        """Sees the whole board as it stands now."""
        self._take_snapshot()
        with self._guard:
            known = set(self._seen)
        there, stale = set[Name](), list[Name]()
        for listed in self._store.list(layout.purchases(self.uuid)):
            name = layout.purchase_named(listed.key)
            if name is None:
                continue
            there.add(name)
            found = self._seen.get(name)
            if found is None or not same_tag(listed.tag, found.tag):
                stale.append(name)
        if gone := known - there:
            key = layout.purchase(self.uuid, *min(gone))
            raise Sealed(f"{len(gone)} purchases of this ledger are gone, such as `{key}`: it was damaged or deleted")
        self._read(stale)

    def _take_snapshot(self) -> None:
        """Reads the newest snapshot, where nothing of it is known yet."""
        newest = max((layout.serial_of(f.key) for f in self._store.list(layout.snapshots(self.uuid))), default=0)
        if newest <= self.serial:
            return
        if (found := self._store.get(key := layout.snapshot(self.uuid, newest))) is None:
            raise Sealed(f"`{key}` is gone: this ledger was damaged or deleted")
        kept = dict[Name, str]()
        for purchase in _unpack(key, self.uuid, found[0]):
            kept[purchase.name] = purchase.tag
            if purchase.name not in self._seen:
                self.saw(purchase)
        self._kept, self.serial = kept, newest

    def save(self) -> int:
        """Writes a snapshot if the newest one lacks something; the serial of the one that has all that is known."""
        for _ in range(50):
            seen = self.all()
            if {name: p.tag for name, p in seen.items()} == self._kept:
                return self.serial
            serial = self.serial + 1
            data = _pack(self.uuid, serial, seen)
            key = layout.snapshot(self.uuid, serial)
            if self._store.create(key, data) is None:
                there = self._store.get(key)
                if there is not None and there[0] != data:  # somebody else's, with perhaps more in it
                    self.refresh()
                if there is None or there[0] != data:
                    continue
            self._kept, self.serial = {name: p.tag for name, p in seen.items()}, serial
        return self.serial


def read_snapshot(store: Store, uuid: str, serial: int) -> list[Purchase]:
    """The purchases of a snapshot. Raises BadDocument for one that is gone or damaged, Unreachable and StoreRefuses."""
    key = layout.snapshot(uuid, serial)
    if (found := store.get(key)) is None:
        raise BadDocument(f"`{key}` is gone")
    return list(_unpack(key, uuid, found[0]))


def _pack(uuid: str, serial: int, seen: Mapping[Name, Purchase]) -> bytes:
    lines = [{"seedspec_snapshot": layout.FORMAT, "board": uuid, "serial": serial, "purchases": len(seen)}]
    lines += map(_line, seen.values())
    return zlib.compress(b"".join(orjson.dumps(line) + b"\n" for line in lines), 1)


def _line(purchase: Purchase) -> dict[str, Any]:
    runner = {"id": purchase.runner.id, "host": purchase.runner.host, "job": purchase.runner.job}
    values = {"runner": runner, "usd": purchase.usd, "month": purchase.month}
    return {"tag": purchase.tag, **values, "record": purchase.values}


def _unpack(key: str, uuid: str, data: bytes) -> Iterator[Purchase]:
    """Raises BadDocument for what is no whole snapshot of this board."""
    unpack = zlib.decompressobj()
    try:
        text = unpack.decompress(data, _MOST)
        lines = [orjson.loads(line) for line in text.splitlines()]
        header, rest = lines[0], lines[1:]
        whole = unpack.eof and header["board"] == uuid and header["purchases"] == len(rest)
        if not whole or header["seedspec_snapshot"] != layout.FORMAT:
            raise BadDocument(f"`{key}` is no whole snapshot of this board")
        for line in rest:
            name = line["record"]["fp"], line["record"]["attempt"]
            yield purchase_of(key, name, line, str(line["tag"]))
    except (zlib.error, orjson.JSONDecodeError, KeyError, TypeError, IndexError) as error:
        raise BadDocument(f"`{key}` is no snapshot: {error}") from None


Reader = Callable[[str], Board]
"""Gives a board of the team by its uuid, refreshed."""
