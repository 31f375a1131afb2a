"""Which task of a service is that of a request whose answer was lost: what the request carried, and what tasks show.

A doubt is settled without a person by a value of our own alone that nobody else sends: an id, or a seed of 32 bits
together with the time of the request. That a task shows the same words is no proof: takes of one request have equal
bodies, and so have the requests of a colleague. A task that is known already is no match.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from seedspec.catalog.answer_paths import is_number
from seedspec.catalog.model import Model
from seedspec.run.engine.messages import Listed
from seedspec.text import later
from seedspec.text.value import valueclass

BEFORE, AFTER = 120.0, 900.0
"""Seconds around the sending of a request in which a task may be the one that it made: clocks differ, queues wait."""

MOST_SEED = 2**32 - 1
_OWN = later.pattern(r"[A-Za-z0-9][A-Za-z0-9_-]{19,99}")
_ADDRESS = later.pattern(r"(?:https?|file|entry|frame|upload|asset|sha256|data|oss|tos)[:/]")


@valueclass(frozen=True, slots=True)
class Lookup:
    """What a service can be asked about such a request: `doubt` of its file.

    `by` is `own-id`, `echo`, `body`, `candidates` or `none`. `echo` says which of `seed` and `own` its list shows,
    `own` is the key of the body that carries an id of ours, "" for none, and `after` the seconds that a task may take
    to be shown.
    """

    by: str = "none"
    echo: Collection[str] = ()
    own: str = ""
    after: float = 0.0

    def proves(self, trace: Trace) -> bool:
        """Whether a task may be proved to be that of a request which carried this."""
        return bool(self._list_signs(trace))

    def _list_signs(self, trace: Trace) -> list[str]:
        own = f"our id {trace.own}" if trace.own and (self.by == "own-id" or "own" in self.echo) else ""
        seed = f"our seed {trace.seed}" if trace.seed is not None and "seed" in self.echo else ""
        return [said for said in (own, seed if trace.sent is not None else "") if said]

    def says(self, trace: Trace) -> str:
        """What the request carried, in words."""
        return " or ".join(self._list_signs(trace))


@valueclass(frozen=True, slots=True)
class Trace:
    """What a request carried by which its task can be known: an id and a seed of ours; `sent` is a Unix time."""

    own: str = ""
    seed: int | None = None
    sent: float | None = None


_NOTHING = Trace()


@valueclass(frozen=True, slots=True)
class Proof:
    """A task that shows something of a request. `by` is how it was found, `what` it shows, in words."""

    task: str
    by: str
    what: str

    @property
    def kept(self) -> dict[str, str]:
        """What the lock keeps of it."""
        return {"by": self.by, "what": self.what}


@valueclass(frozen=True, slots=True)
class Verdict:
    """The tasks that show what a request carried. `claimed` are those of them that another purchase has, or shows too.

    `sole` is the one that settles the doubt; None where there is none, or more than one.
    """

    proofs: tuple[Proof, ...] = ()
    claimed: tuple[str, ...] = ()

    @property
    def sole(self) -> Proof | None:
        return self.proofs[0] if len(self.proofs) == 1 and not self.claimed else None

    def say(self, carried: str) -> str:
        """What was seen, where nothing is settled by it."""
        if self.claimed:
            return f"the task that shows {carried} is another purchase's: {', '.join(self.claimed)}"
        if not self.proofs:
            return f"the service shows no task with {carried}"
        return f"{len(self.proofs)} tasks show {carried}: {', '.join(p.task for p in self.proofs)}"


def trace_of(values: Mapping[str, Any]) -> Trace:
    """What the request of a record carried, by the lock."""
    intent, made = values.get("intent") or {}, values.get("made") or {}
    key, seed = str(intent.get("key", "")), made.get("seed")
    drawn = seed if isinstance(seed, int) and not isinstance(seed, bool) else None
    return Trace(key if _OWN.fullmatch(key) else "", drawn, unix_of(intent.get("at")))


@valueclass(frozen=True, slots=True)
class Marks:
    """What goes with a request so that its task can be known: `fields` of the request, `own` keys of the body."""

    fields: Mapping[str, Any] = {}
    own: Mapping[str, str] = {}

    @property
    def made(self) -> dict[str, Any] | None:
        """What the lock keeps of it, beside the key of the attempt."""
        return {"seed": seed} if (seed := next(iter(self.fields.values()), None)) is not None else None

    def trace(self, key: str, sent: float) -> Trace:
        if not (self.own or self.fields):
            return _NOTHING
        return Trace(key if self.own else "", next(iter(self.fields.values()), None), sent)


def marks_of(model: Model, request: Mapping[str, Any], lookup: Lookup, key: str) -> Marks:
    """What goes with a request, where its service shows it again."""
    drawn = _drawn_seed(model, request, key) if "seed" in lookup.echo else None
    return Marks(dict([drawn] if drawn else ()), {lookup.own: key} if lookup.own else {})


def _drawn_seed(model: Model, request: Mapping[str, Any], key: str) -> tuple[str, int] | None:
    """The seed that a request gets which says none: the model's field, and a value of 32 bits, by the attempt's key.

    It is another one for each attempt, so that no two requests show the same, and is no part of what is bought: the
    service would take one by chance. None where the model has no seed, or none of 32 bits.
    """
    field = model.means.field("seed")
    rule = model.schema.document["properties"].get(field, {})
    if not field or field in request or rule.get("type") != "integer":
        return None
    if rule.get("maximum", 0) < MOST_SEED or rule.get("minimum", 0) > 1:
        return None
    return field, int.from_bytes(hashlib.sha256(f"seed {key}".encode()).digest()[:8], "big") % MOST_SEED + 1


def judge(
    traces: Mapping[str, Trace], tasks: Iterable[Listed], known: Collection[str], lookup: Lookup
) -> dict[str, Verdict]:
    """What tasks prove of the requests that carried these, by their names. `known` are the tasks of other purchases.

    A task proves at most one.
    """
    found: dict[str, dict[str, Proof]] = {name: {} for name in traces}
    for task in {t.task: t for t in tasks}.values():
        for name, trace in traces.items():
            if what := _show_match(task, trace, lookup):
                found[name][task.task] = Proof(task.task, lookup.by, what)
    times: dict[str, int] = {}
    for own in found.values():
        for shown in own:
            times[shown] = times.get(shown, 0) + 1
    return {
        name: Verdict(
            tuple(p for t, p in own.items() if t not in known),
            tuple(t for t in own if times[t] > 1 or t in known),
        )
        for name, own in found.items()
    }


def _show_match(task: Listed, trace: Trace, lookup: Lookup) -> str:
    """What a task shows of a request that no other request carried; "" for nothing."""
    made = "" if task.created is None else f"; made at {_text(task.created)}"
    if trace.own and lookup.by == "own-id":
        return f"our id {trace.own}{made}"
    if trace.own and "own" in lookup.echo and task.own == trace.own:
        return f"our id {trace.own}{made}"
    if trace.seed is None or "seed" not in lookup.echo or not near(task.created, trace.sent, unknown=False):
        return ""
    same = task.seed == (trace.seed if is_number(task.seed) else str(trace.seed))
    return f"our seed {trace.seed}{made}" if same else ""


def near(created: float | None, sent: float | None, *, unknown: bool) -> bool:
    """Whether a task was made about when a request was sent; `unknown` where one of the two is not known."""
    return unknown if created is None or sent is None else -BEFORE <= created - sent <= AFTER


def alike(sent: Any, shown: Any) -> bool:
    """Whether what a service shows of a request holds all that was sent. An address may be another: each upload has
    its own. What the service adds counts for nothing."""
    if isinstance(sent, Mapping):
        return isinstance(shown, Mapping) and all(k in shown and alike(v, shown[k]) for k, v in sent.items())
    if isinstance(sent, list):
        return isinstance(shown, list) and len(sent) == len(shown) and all(map(alike, sent, shown))
    if isinstance(sent, str) and _ADDRESS.match(sent):
        return isinstance(shown, str)
    return bool(sent == shown) and isinstance(sent, bool) is isinstance(shown, bool)


def unix_of(at: object) -> float | None:
    """A time of the lock as a Unix time; None for what is none."""
    try:
        return datetime.strptime(str(at or ""), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp()
    except ValueError:
        return None


def _text(created: float) -> str:
    return datetime.fromtimestamp(created, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
