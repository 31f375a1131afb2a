"""A purchase as an object of the ledger: who sent it, what is known of it, and how further news of it are joined."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import field
from decimal import ROUND_CEILING, Decimal
from typing import Any

import orjson

from seedspec.lock.keys import fault
from seedspec.lock.lock import merge_values, update_record
from seedspec.lock.press import lasting
from seedspec.lock.record import Record, name_of, record_of
from seedspec.lock.state import RANKS, IllegalMove, State
from seedspec.run.store.ledger.layout import BadDocument, read_document
from seedspec.run.store.ledger.types import Runner
from seedspec.text.value import valueclass

_NEWEST = 2
_NOTHING_PAID = (State.QUEUED, State.FAILED)
_OF_REQUEST = ("fp", "entry", "take", "attempt", "manifest", "intent", "units", "profile", "used", "made")


@valueclass(frozen=True, slots=True)
class Purchase:
    """What stands under the name of a purchase, with the tag that it had when it was seen.

    `usd` is its estimated price in millionths of a dollar, `month` the one in which it was granted, by the store's
    clock.
    """

    runner: Runner
    values: Mapping[str, Any] = field(repr=False)
    usd: int = 0
    month: str = ""
    tag: str = field(default="", compare=False)

    @property
    def name(self) -> tuple[str, int]:
        return name_of(self.values["fp"], self.values["attempt"])

    @property
    def record(self) -> Record:
        return record_of(*self.name, self.values)

    @property
    def state(self) -> State:
        return State(self.values["state"])

    @property
    def key(self) -> str | None:
        """The idempotency key of its intent, which is random."""
        found: str | None = (self.values.get("intent") or {}).get("key")
        return found

    @property
    def cost(self) -> int:
        """What it takes of a budget, in millionths of a dollar: nothing where it was certainly not billed."""
        charged, units = self.values.get("charged"), self.values.get("units")
        if self.state is State.QUEUED or (self.state is State.FAILED and not charged):
            return 0
        if charged is None or not units:
            return self.usd
        exact = self.usd * Decimal(str(charged)) * 10_000 / units
        return int(exact.to_integral_value(ROUND_CEILING))


def write_purchase(purchase: Purchase) -> bytes:
    """The bytes of a purchase. Each time they are others: so one who lost an answer knows its own writing again."""
    runner = {"id": purchase.runner.id, "host": purchase.runner.host, "job": purchase.runner.job}
    values = {"runner": runner, "usd": purchase.usd, "month": purchase.month, "record": dict(purchase.values)}
    return orjson.dumps({**values, "write": secrets.token_hex(8)}) + b"\n"


def read_purchase(key: str, name: tuple[str, int], data: bytes, tag: str) -> Purchase:
    """The purchase under a name. Raises BadDocument for what is none, or of another name."""
    return purchase_of(key, name, read_document(key, data), tag)


def purchase_of(key: str, name: tuple[str, int], values: dict[str, Any], tag: str) -> Purchase:
    """The purchase of an object's values. Raises BadDocument."""
    record, usd, month = values.get("record"), values.get("usd", 0), values.get("month", "")
    runner = values.get("runner")
    if not isinstance(record, dict) or not isinstance(runner, dict) or type(usd) is not int or type(month) is not str:
        raise BadDocument(f"`{key}` is no purchase")
    if said := fault(record, _NEWEST):
        raise BadDocument(f"`{key}` cannot be relied on: {said}")
    if (record.get("fp"), record.get("attempt")) != name or "state" not in record:
        raise BadDocument(f"`{key}` is of another purchase")
    who = Runner(*(str(runner.get(part, "")) for part in ("id", "host", "job")))
    return Purchase(who, record, usd, month, tag)


def same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool | None:
    """Whether two records of one request are of one purchase, by task, intent and file; None where they do not say."""
    marks = ((values.get("task"), _key(values), values.get("sha256")) for values in (one, other))
    both = (pair for pair in zip(*marks, strict=True) if None not in pair)
    return next((first == second for first, second in both), None)


def asked(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """A record without what came back: the request as it was granted."""
    return {**{key: values[key] for key in _OF_REQUEST if key in values}, "state": State.SUBMITTING.value}


def nothing_paid(values: Mapping[str, Any]) -> bool:
    """Whether a record tells of nothing that was paid for, or may have been."""
    return values["state"] in _NOTHING_PAID and not values.get("charged") and values.get("task") is None


def join(known: Mapping[str, Any], values: Mapping[str, Any]) -> Mapping[str, Any]:
    """A purchase with news of it, which may be old: the furthest state wins, and no receipt is dropped.

    What is evidence in a doubt alone goes with the answer, as in a lock.
    """
    return lasting(_join(known, values))


def _join(known: Mapping[str, Any], values: Mapping[str, Any]) -> Mapping[str, Any]:
    before, after = State(known["state"]), State(values["state"])
    if before is State.SAVED and after is State.COMPLETED:  # somebody else reads its link once more
        return merge_values(values, known)
    if before is State.QUEUED and after is State.SUBMITTING and _key(known) == _key(values):
        return known  # it was withdrawn after this intent; only a grant begins it again
    try:
        return update_record(known, values)
    except IllegalMove:
        pass
    if before is State.FAILED:
        brings = values.get("task") is not None and values.get("task") != known.get("task")
        further = brings or after in (State.COMPLETED, State.SAVED)
    else:
        further = RANKS[after].merge > RANKS[before].merge
    return merge_values(known, values) if further else merge_values(values, known)


def _key(values: Mapping[str, Any]) -> Any:
    return (values.get("intent") or {}).get("key")
