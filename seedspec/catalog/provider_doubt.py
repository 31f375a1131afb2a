"""What a provider file must have so that a request whose answer was lost can be looked for in the way that it says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from seedspec.catalog.schema import Violation

_BY_LIST = ("echo", "body", "candidates")


def doubt_faults(document: Mapping[str, Any]) -> Iterator[Violation]:
    """What lacks of that by which a doubt is to be settled, in a file that its meta schema has nothing against."""
    doubt, calls = document["doubt"], document["calls"]
    lookup, echo = doubt["lookup"], doubt.get("echo", {})
    needed = "find" if lookup == "own-id" else "list" if lookup in _BY_LIST else ""
    if needed and needed not in calls:
        yield _fault(("doubt", "lookup"), f"`{lookup}` needs the call `{needed}`, which is not there")
    if (lookup == "own-id" or "own" in echo) and "own" not in doubt:
        yield _fault(("doubt",), "expected `own`: the key of the body that carries an id of ours")
    if lookup in ("echo", "body") and lookup not in doubt:
        yield _fault(("doubt",), f"expected `{lookup}`: where a task in the list shows it")
    for key in ("echo", "body"):
        if key in doubt and lookup != key:
            yield _fault(("doubt", key), f"it is not read, as `lookup` is `{lookup}`")
    body = calls["create"].get("body")
    if isinstance(body, Mapping) and doubt.get("own", {}).get("name") in body:
        yield _fault(("doubt", "own", "name"), "the body of `create` has that key already")


def _fault(place: tuple[str, ...], what: str) -> Violation:
    return Violation(place, "provider-file", what)
