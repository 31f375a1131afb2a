"""A lock's purchases become entries where the storyboard cannot say what it asks for: to be seen and saved, not bought.

An entry that is made so has the address, the labels and the request of its record, and no place in a storyboard. What
the lock has under no usual address is left to the plan, which shows it as in the lock only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from seedspec.catalog.field_words import WORDS, words_of
from seedspec.catalog.model import LAST_DAY, NO_ADVICE, Catalog, Model, Provider
from seedspec.catalog.price import Cost
from seedspec.catalog.schema import Schema
from seedspec.compiler.address import Address, parse
from seedspec.compiler.entry import MODEL, Entry, RequestBase, around
from seedspec.compiler.filename import is_folder, same
from seedspec.compiler.storyboard.types import Axis, Profile, Storyboard
from seedspec.lock.age import asked_at
from seedspec.lock.lock import Lock
from seedspec.lock.record import Record
from seedspec.lock.state import State
from seedspec.plan.orphans import usual_name
from seedspec.text.node import Scalar
from seedspec.text.source import Source

UNKNOWN = {"failures": {"by_code": {}, "attempts": 0}}
"""The document of a provider of which there is no file: nothing can be asked of it."""

ModelOf = Callable[[Record], Model | None]


def models_of(catalog: Catalog) -> ModelOf:
    """The model of a record: the one that is known, else one that is no more than its name, its provider and what a
    credit is worth there. None where no prices of that provider are known either."""
    made: dict[tuple[str, str], Model] = {}
    known = {m.provider.id: m.provider for m in catalog.models.values()}

    def model(record: Record) -> Model | None:
        manifest = record.manifest or {}
        id_, at = str(manifest.get(MODEL)), str(manifest.get("provider"))
        found = catalog.models.get(id_)
        if found is not None and found.provider.id == at:
            return found
        if (id_, at) not in made and at in catalog.prices:
            provider = known.get(at, Provider(at, UNKNOWN))
            rate = catalog.prices[at].rate(id_, catalog.today or LAST_DAY)
            made[id_, at] = Model(
                id=id_, provider=provider, schema=Schema({"properties": {}}), fields=(), defaults={},
                means=words_of({}, {}), volatile=frozenset(), slots={}, media={}, body_bytes=0,
                chinese_characters=NO_ADVICE, english_words=NO_ADVICE, pixels={}, fps=0, rate=rate, source="",
            )  # fmt: skip
        return made.get((id_, at))

    return model


def entries_of(lock: Lock, profile: str, model_of: ModelOf) -> tuple[Entry, ...]:
    """An entry for each address that a profile's purchases have, in the lock's order: the one that was asked for last.

    Two whose videos would have one file name are not both made: the later one in the lock is left out.
    """
    latest: dict[str, Record] = {}
    for fp in lock.attempts:
        record = lock.last(fp)
        if record is None or record.state is State.QUEUED or record.profile != profile or not usual_name(record):
            continue
        before = latest.get(record.entry)
        if before is None or asked_at(before) <= asked_at(record):
            latest[record.entry] = record
    kept, files = {r.fp for r in latest.values()}, set[str]()
    entries = []
    for fp in lock.attempts:
        record = lock.last(fp) if fp in kept else None
        model = model_of(record) if record is not None else None
        entry = _entry(record, model) if record is not None and model is not None else None
        if entry is not None and same(entry.file) not in files:
            files.add(same(entry.file))
            entries.append(entry)
    return tuple(entries)


def _entry(record: Record, model: Model) -> Entry | None:
    """None for a record that does not say what was asked for; a lock may come from anybody."""
    manifest: Mapping[str, Any] = record.manifest or {}
    request = manifest.get("request")
    if not isinstance(request, Mapping) or not isinstance(request.get("prompt"), str):
        return None
    named: Address = parse(record.entry)
    identity = {**{k: v for k, v in request.items() if k != "prompt"}, MODEL: model.id}
    units = record.get("units")
    base = RequestBase(
        shot=named.shot,
        axes=tuple(axis for axis, _ in named.labels),
        tags=(),
        model=model,
        fields={k: v for k, v in identity.items() if k != MODEL},
        media=(),
        cost=Cost(unpriced=1) if units is None else Cost(units, units),
        origins={},
        around=around(model.provider.id, identity),
        said=model.said(request) or {word: request[word] for word in WORDS if word in request},
    )
    return Entry(
        record.entry, tuple(label for _, label in named.labels), named.take, (request["prompt"],), record.fp, base
    )


def board_of_lock(
    name: str, lock: Lock, profile: str, entries: tuple[Entry, ...], catalog: Catalog, board: Storyboard | None
) -> Storyboard | None:
    """A storyboard with the axes and the models of the entries; of the one that was read what stands beside them.

    `name` and `profile` are for a file of which nothing could be read. None where nothing is known of what the lock's
    purchases were made with.
    """
    model_of = models_of(catalog)
    models = {m.id: m for record in lock if (m := model_of(record)) is not None}
    models = {entry.model.id: entry.model for entry in entries} | models
    if not models:
        return None
    span = (Source("", "") if board is None else board.source).span(0)
    labels: dict[str, dict[str, Scalar]] = {}
    for entry in entries:
        for axis, label in entry.labels:
            labels.setdefault(axis, {})[label] = Scalar(label, span)
    names = dict.fromkeys(record.profile for record in lock if record.profile)
    profiles = {one: Profile(one, span, {}, {}, None) for one in names} if board is None else board.profiles
    output = board.output if board is not None and board.output and is_folder(board.output.text) else None
    return Storyboard(
        source=span.source,
        name=name if board is None else board.name,
        model=Scalar(next(iter(models)), span),
        catalog=replace(catalog, models={**catalog.models, **models}),
        fields={}, field_keys={}, takes=1, variables={}, variable_keys={},
        budget_usd=None, budget_credits=None, budget_span=None,
        output=output,
        words="en", references=(),
        axes=tuple(Axis(axis, span, dict(values), False) for axis, values in labels.items()),
        exclude=(), include=(), max_entries=None, strategy=None, overrides=(), shots=(), tags=(),
        profiles=profiles,
        profile=profiles.get(profile) if board is None else board.profile,
    )  # fmt: skip
