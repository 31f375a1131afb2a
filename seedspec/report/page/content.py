"""What the review page knows of each take, as JSON values made from a plan: no path of this machine, no signed link."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Literal

from seedspec.catalog.price import Rate
from seedspec.choices.picks import Picks
from seedspec.compiler.entry import Entry
from seedspec.compiler.named import columns_of
from seedspec.compiler.storyboard.types import Storyboard
from seedspec.lock.record import Record
from seedspec.lock.run_events import Compared
from seedspec.lock.state import State
from seedspec.measures.judged import NOBODY, Judged
from seedspec.measures.values import MEASURES, Value
from seedspec.plan.command_hint import CommandHint
from seedspec.plan.plan import Action, Plan, Step
from seedspec.plan.reason import Failure, Held, Occupied, Unpicked
from seedspec.report.expected import for_page
from seedspec.report.measures import line
from seedspec.report.plan import BARE, reason
from seedspec.text.value import valueclass

Media = Literal["link", "inline", "proxy", "signed"]

_FPS = 24
"""Frames in a second of a video of which nobody knows it: by them the page steps through it."""
_QUERY = re.compile(r"(https?://[^\s?#]+)[?#]\S*")
WORDS = {
    "saved": "saved",
    "gone": "file missing",
    "other": "another file",
    "unsaved": "not fetched",
    "running": "running",
    "doubt": "in doubt",
    "failed": "failed",
    "held": "held",
    "new": "not bought",
}
"""The states that the page shows, in words."""


@valueclass(frozen=True, slots=True)
class Seen:
    """What was found in a saved video: a poster (a WebP file, b"" without one), pictures a second, sound."""

    poster: bytes
    fps: float | None
    audio: bool | None


@valueclass(frozen=True, slots=True)
class Take:
    """An entry with where it stands. `video` says that there is a saved file to watch."""

    entry: Entry
    record: Record | None
    state: str
    reason: str

    @property
    def video(self) -> bool:
        return self.state == "saved"


def takes(plan: Plan, size: Callable[[str], int | None], commands: CommandHint = BARE) -> list[Take]:
    """The plan's entries in order. `size` tells the bytes of a lock's file, None when it is not there, and
    -1 for what is not read, being no video."""
    first: dict[str, Step] = {}
    for step in plan.steps:
        first.setdefault(step.fp, step)
    found = []
    for step in plan.steps:
        if step.entry is not None:
            decides, record = first[step.fp], plan.lock.last(step.fp)
            state = _state(decides, record, size)
            said = reason(
                step.reason if decides is step or state == "saved" else decides.reason, commands, decides.address
            )
            found.append(Take(step.entry, record, state, without_query(said)))
    return found


def _state(step: Step, record: Record | None, size: Callable[[str], int | None]) -> str:
    if record is not None and record.state is State.SAVED:
        found = size(record.file or "")
        return "gone" if found is None else "saved" if found >= 0 and record.get("bytes") in (None, found) else "other"
    if isinstance(step.reason, (Held, Occupied, Unpicked)):
        return "held"
    by_action = {Action.RESUME: "running", Action.FETCH: "unsaved", Action.DOUBT: "doubt", Action.FAILED: "failed"}
    return "failed" if isinstance(step.reason, Failure) else by_action.get(step.action, "new")


def without_query(text: str) -> str:
    """A text without what addresses in it ask for: a signature may stand there."""
    return _QUERY.sub(r"\1", text)


def digest(name: str, found: Sequence[Take], *, emulated: bool, profile: str = "") -> str:
    """What a review is of: the takes and their videos. Two pages of the same takes have the same digest."""
    listed = [[t.entry.address, t.entry.fingerprint, _video(t)] for t in found]
    of = [name, emulated, listed, profile] if profile else [name, emulated, listed]
    said = json.dumps(of, ensure_ascii=False, separators=(",", ":"))
    return f"sha256:{hashlib.sha256(said.encode()).hexdigest()}"


def axes(board: Storyboard, found: Iterable[Take]) -> list[dict[str, Any]]:
    """Every axis that an entry has, with the labels that are used, in the storyboard's order."""
    declared: dict[str, list[str]] = {}
    for axis in (*board.axes, *(a for shot in board.shots for a in shot.axes)):
        declared.setdefault(axis.name, []).extend(axis.values)
    used: dict[str, dict[str, None]] = {}
    for take in found:
        for name, label in take.entry.labels:
            used.setdefault(name, {})[label] = None
    order = [n for n in declared if n in used]
    return [
        {"name": n, "labels": list(dict.fromkeys((*(x for x in declared[n] if x in used[n]), *used[n])))} for n in order
    ]


def columns(found: Sequence[Take], asked: Iterable[str | None] = ()) -> list[dict[str, Any]]:
    """The columns by which takes can be shown: those of tables, and those that are `asked` for."""
    entries = [take.entry for take in found]
    names = dict.fromkeys((*columns_of(entries, tables_only=True), *(n for n in asked if n and "." in n)))
    values = {name: dict.fromkeys(v for e in entries if (v := e.value_of(name)) is not None) for name in names}
    return [{"name": name, "labels": list(labels)} for name, labels in values.items()]


def content(
    board: Storyboard,
    found: Sequence[Take],
    picks: Picks,
    sources: Mapping[str, str],
    seen: Mapping[str, Seen],
    settings: Mapping[str, Any],
    measures: Mapping[str, Mapping[str, Value]] = MappingProxyType({}),
    judged: Judged = NOBODY,
    compared: Mapping[str, Compared] = MappingProxyType({}),
) -> dict[str, Any]:
    """All of the page. `sources`, `seen` and `measures` by fingerprint: a relative URL or a block's name, what is in
    it, and the measures of those that are measured. `judged` is what judges say of them, with their reasons.
    `compared` are those of which something is expected, by address: a row has what is `unmet` and `not_measured`."""
    texts: dict[str, int] = {}
    rows = []
    several = len({take.entry.model.id for take in found}) > 1
    shown = columns(found, (settings.get("x"), settings.get("y")))
    for take in found:
        prompt = texts.setdefault(str(take.entry.request["prompt"]), len(texts))
        fp = take.entry.fingerprint
        row = _row(take, board, picks, prompt, several=several) | _watch(take, sources.get(fp, ""), seen.get(fp))
        there = {c["name"]: value for c in shown if (value := take.entry.value_of(c["name"])) is not None}
        if take.video and fp in measures:
            row |= {"measures": dict(measures[fp]), "measured": line(measures[fp], judged.of(_video(take)))}
        if take.video and (held := compared.get(take.entry.address)) is not None:
            row |= for_page(held)
        rows.append(row | ({"columns": there} if there else {}))
    return {
        "format": 1,
        "name": board.name,
        "model": ", ".join(dict.fromkeys(take.entry.model.id for take in found)),
        "axes": axes(board, found),
        **({"columns": shown} if shown else {}),
        "texts": list(texts),
        "words": WORDS,
        **({"units": {m.name: m.unit for m in MEASURES}} if measures else {}),
        "takes": rows,
        **settings,
    }


def _row(take: Take, board: Storyboard, picks: Picks, prompt: int, *, several: bool) -> dict[str, Any]:
    e, rate = take.entry, board.rate
    pick = picks.of(e)
    apart = {"prompt", *(m.field for m in e.media)} | (set() if several else {"model"})
    fields = {k: v for k, v in e.request.items() if k not in apart}
    return {
        "address": e.address,
        "shot": e.shot,
        "labels": dict(e.labels),
        "take": e.take,
        "fp": e.fingerprint[:16],
        "state": take.state,
        "reason": take.reason,
        "prompt": prompt,
        "fields": {k: without_query(v) if isinstance(v, str) else v for k, v in sorted(fields.items())},
        "media": [{"name": m.name, "kind": m.kind} for m in e.media],
        "picked": pick is not None and pick.fp == e.fingerprint,
        **_cost(take, rate),
    }


def _cost(take: Take, rate: Rate) -> dict[str, Any]:
    """What the service stated, or the estimate at most where it has stated nothing."""
    stated = take.record.stated if take.record is not None else None
    credits = take.entry.cost.high / rate.units_per_credit if stated is None else float(stated)
    return {
        "credits": round(credits, 2),
        "usd": round(credits / float(rate.credits_per_usd), 4),
        "estimated": stated is None,
    }


def _watch(take: Take, source: str, seen: Seen | None) -> dict[str, Any]:
    record = take.record
    if not take.video or record is None:
        return {"seconds": take.entry.says("duration"), "width": None, "height": None, "bytes": None}
    known = {k: record.get(k) for k in ("seconds", "width", "height", "bytes")}
    return {
        **known,
        "fps": (seen.fps if seen else None) or take.entry.model.fps or _FPS,
        "audio": seen.audio if seen is not None and seen.audio is not None else True,
        "video": _video(take)[:16],
        "source": source,
    }


def _video(take: Take) -> str:
    return str(take.record.get("sha256") or "") if take.record is not None and take.video else ""
