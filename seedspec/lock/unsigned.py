"""Purchases of before signatures were left out of an address stand under today's fingerprints (rule 12 of lock)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from seedspec.catalog.signed_url import bare_request
from seedspec.compiler.entry import canonical, digest, identity_of, upstream_in
from seedspec.lock.state import IllegalMove

Values = dict[str, Any]
Records = dict[tuple[str, int], Values]

_MARKS = (b"ignature=", b"IGNATURE=", b"sig=", b"SIG=")
"""Some of these stands in every lock that holds a signed address; so most locks are looked through no further."""


def may_be_signed(line: bytes) -> bool:
    """Whether a line of a lock may hold a signed address: behind a question mark, which may be written as an escape."""
    return (b"?" in line or b"\\" in line) and any(mark in line for mark in _MARKS)


def without_signatures(records: Records, update: Callable[[Values, Values], Values]) -> Records:
    """The records of a lock, those whose manifest holds a signed address under the fingerprint without it.

    What continues such a purchase has another fingerprint thereby, too. Two purchases that are of one request now,
    because their signatures alone differed, are two attempts at it: no receipt is lost.
    """
    manifests = _manifests_of_today(records)
    prints = {fp: digest(canonical(manifest)) for fp, manifest in manifests.items()}
    if all(fp == now for fp, now in prints.items()):
        return records
    out: Records = {}
    for (fp, attempt), values in records.items():
        now = prints.get(fp, fp)
        found = {**values, "fp": now}
        if "manifest" in values and fp in manifests:
            found["manifest"] = manifests[fp]
        if "used" in values:
            found["used"] = {_rename(prints.get(up, up), prints): sha256 for up, sha256 in values["used"].items()}
        known = out.get((now, attempt))
        if known is None:
            out[now, attempt] = found
        elif _is_one(known, found, later=fp == now):
            out[now, attempt] = _join(known, found, update)
        else:
            number = 1 + max(n for of, n in out if of == now)
            out[now, number] = {**found, "attempt": number}
    return out


def _manifests_of_today(records: Records) -> dict[str, Mapping[str, Any]]:
    """The manifests that are what their fingerprints say, as they would be written today; upstream ones first."""
    then = {fp: v["manifest"] for (fp, _), v in records.items() if "manifest" in v and _is_of(fp, v["manifest"])}
    out: dict[str, Mapping[str, Any]] = {}
    for first in then:
        path = [first]
        while path:
            fp = path[-1]
            before = [up for up in _upstream_of(then[fp]) if up in then and up not in out and up not in path]
            if before:
                path += before
                continue
            path.pop()
            if fp not in out:
                now = {up: digest(canonical(out[up])) for up in _upstream_of(then[fp]) if up in out}
                out[fp] = {**then[fp], "request": _with_fingerprints(bare_request(then[fp]["request"]), now)}
    return out


def _is_of(fp: str, manifest: Mapping[str, Any]) -> bool:
    try:
        return isinstance(manifest.get("request"), dict) and digest(canonical(manifest)) == fp
    except TypeError:  # nested deeper than anything that was written here
        return False


def _upstream_of(manifest: Mapping[str, Any]) -> Iterator[str]:
    """The fingerprints of the videos that a request continues."""
    for value in manifest["request"].values():
        items = value if isinstance(value, list) else [value]
        yield from (up[0] for i in items if (up := upstream_in(i)) is not None)


def _with_fingerprints(request: Mapping[str, Any], now: Mapping[str, str]) -> Mapping[str, Any]:
    return {k: [_rename(i, now) for i in v] if isinstance(v, list) else _rename(v, now) for k, v in request.items()}


def _rename(item: Any, now: Mapping[str, str]) -> Any:
    """A medium with the fingerprint of now in it, where it names another entry's video."""
    up = upstream_in(item)
    return item if up is None or up[0] not in now else identity_of(now[up[0]], up[1])


def _is_one(known: Values, found: Values, *, later: bool) -> bool:
    """Whether two records are of one purchase: by their tasks, else by their keys. Two tasks are two purchases.

    `later` says that the second may be what became of the first, where neither tells.
    """
    pairs = [
        (known.get("task"), found.get("task")),
        (known.get("intent", {}).get("key"), found.get("intent", {}).get("key")),
    ]
    return next((one == other for one, other in pairs if one is not None and other is not None), later)


def _join(known: Values, found: Values, update: Callable[[Values, Values], Values]) -> Values:
    try:
        return update(known, found)
    except IllegalMove:  # a git merge has put the later line first
        return {**found, **known}
