"""Entries as JSON objects, for `compile` and for whoever reads what would be sent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from orjson import dumps

from seedspec.compiler.entry import Entry, RequestBase
from seedspec.report.table import columns, cut

_MOST_KNOWN = 1000


def as_json(entry: Entry) -> dict[str, Any]:
    """One entry: its address, what it was made from, its fingerprint and its request. Ready for a JSON encoder.

    One whose row a strategy has chosen says which `strategy`. One that waits for picks has no fingerprint yet, and the
    variants under `waits_for_picks`. One with a row of a table has what stands there under `columns`, by
    `axis.column`, where it is a label.
    """
    there = {n: v for n, v in entry.columns if (axis := n.partition(".")[0]) in entry.base.tables and n != f"{axis}.id"}
    return {
        "entry": entry.address,
        "shot": entry.shot,
        "variant": dict(entry.labels),
        **({"columns": there} if there else {}),
        "take": entry.take,
        "fingerprint": None if entry.waits else entry.fingerprint,
        **({"waits_for_picks": list(entry.waits)} if entry.waits else {}),
        **({"strategy": entry.base.strategy} if entry.base.strategy else {}),
        "request": dict(entry.request),
    }


def as_lines(entries: Iterable[Entry]) -> Iterator[bytes]:
    """Entries as JSON Lines, each with its line end: the objects of `as_json`, written without making them."""
    base: RequestBase | None = None
    head, tail = "", b""
    known: dict[int, tuple[RequestBase, str, bytes]] = {}  # by the fields, which bases share
    for entry in entries:
        if entry.base is not base:
            if base is None or entry.base.shot != base.shot or len(known) > _MOST_KNOWN:
                known.clear()
            base = entry.base
            if (found := known.get(id(base.fields))) is None:
                found = known[id(base.fields)] = (base, *_around(base))
            _, head, tail = found
        if base.waits or base.tables:
            yield dumps(as_json(entry)) + b"\n"
            continue
        yield (head % (entry.address, *entry.row, entry.take, entry.fingerprint)).encode() + dumps(entry.prompt) + tail


def _around(base: RequestBase) -> tuple[str, bytes]:
    """What stands before the prompts in the lines of a request, as a pattern, and behind them.

    Addresses, labels and fingerprints are made of characters that JSON takes as they are.
    """
    variant = ",".join(_quote(axis) + ':"%s"' for axis in base.axes)
    strategy = f'"strategy":{_quote(base.strategy)},' if base.strategy else ""
    request = f'{{"model":{_quote(base.model.id)},"prompt":'
    rest = dumps(base.fields)[1:]
    head = f'{{"entry":"%s","shot":{_quote(base.shot)},"variant":{{{variant}}},"take":%s,"fingerprint":"%s",'
    head += strategy + '"request":'
    return head + request, (b"," if len(rest) > 1 else b"") + rest + b"}\n"


def _quote(text: str) -> str:
    """A text as JSON, inside of a pattern."""
    return dumps(text).decode().replace("%", "%%")


def as_table(entries: Iterable[Entry]) -> list[str]:
    """Entries as aligned columns: the address, what stands out of the request, and the beginning of the prompt."""
    head = ("entry", "s", "quality", "ratio", "audio", "media", "fingerprint", "prompt")
    rows = [head]
    for e in entries:
        r = e.request
        media = " ".join(f"{n}×{kind}" for kind in ("image", "video", "audio") if (n := _count(e, kind)))
        sound = {True: "on", False: "off"}.get(e.says("generate_audio"), "-")
        length, quality, ratio = (str(e.says(word) or "-") for word in ("duration", "quality", "aspect_ratio"))
        shape = (length, quality, ratio, sound, media)
        rows.append((e.address, *shape, "waits" if e.waits else e.fingerprint[:12], cut(str(r["prompt"]), 60)))
    return columns(rows, right=(1,)) if len(rows) > 1 else []


def _count(entry: Entry, kind: str) -> int:
    return sum(m.kind == kind for m in entry.media)
