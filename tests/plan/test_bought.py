"""A lock whose storyboard cannot be read: its purchases as entries, and a storyboard that has their axes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from boards import CATALOG, MODEL

from seedspec import api
from seedspec.catalog.price import Cost
from seedspec.compiler.entry import Entry
from seedspec.lock.lock import Lock, lock_from
from seedspec.lock.record import Record, record_of
from seedspec.plan.bought import board_of_lock, entries_of, models_of

REQUEST = {"prompt": "a cup", "duration": 4, "quality": "480p"}
MANIFEST: Mapping[str, Any] = {"provider": "evolink", "model": MODEL, "request": {"model": MODEL, **REQUEST}, "take": 1}


def record(fp: str, entry: str, n: int = 1, **more: Any) -> Record:
    return record_of(fp * 64, n, {"state": "saved", "entry": entry, "manifest": MANIFEST, "units": 251_100, **more})


def manifest(**changes: Any) -> dict[str, Any]:
    return {**MANIFEST, **changes}


def addresses(*records: Record, profile: str = "") -> list[tuple[str, str]]:
    return [(e.address, e.fingerprint[0]) for e in entries_of(lock_from(records), profile, models_of(CATALOG))]


def test_the_model_of_a_record_is_the_one_that_is_known() -> None:
    model_of = models_of(CATALOG)
    assert model_of(record("a", "x/1")) is CATALOG.models[MODEL]
    other = model_of(record("a", "x/1", manifest=manifest(model="old-1.0")))
    assert other is not None and (other.id, other.provider) == ("old-1.0", CATALOG.models[MODEL].provider)
    assert other.rate == CATALOG.prices["evolink"].rate("old-1.0", "9999-12-31") and not other.rate.parts
    assert other is model_of(record("b", "y/1", manifest=manifest(model="old-1.0"))), "it is made once"
    assert (dict(other.schema.document), other.fields, other.defaults, other.slots, other.media, other.pixels) == (
        {"properties": {}}, (), {}, {}, {}, {},
    )  # fmt: skip
    assert (other.volatile, other.body_bytes, other.fps, other.source) == (frozenset(), 0, 0, "")
    assert model_of(record("a", "x/1", manifest=manifest(provider="nobody"))) is None
    assert model_of(record("a", "x/1", manifest=None)) is None
    here = model_of(record("a", "x/1", manifest=manifest(provider="ark")))
    assert here is not None and (here.id, here.provider.id) == (MODEL, "ark") and here is not CATALOG.models[MODEL]


def test_each_address_is_one_entry_the_one_that_was_asked_for_last() -> None:
    def at(time: str) -> dict[str, Any]:
        return {"at": f"2026-11-23T0{time}:00:00Z"}

    assert addresses(record("a", "x/1"), record("b", "y/1")) == [("x/1", "a"), ("y/1", "b")]
    assert addresses(record("a", "x/1", **at("2")), record("b", "x/1", **at("1"))) == [("x/1", "a")]
    assert addresses(record("a", "x/1", **at("1")), record("b", "x/1", **at("2"))) == [("x/1", "b")]
    assert addresses(record("a", "x/1", **at("1")), record("b", "x/1", **at("1"))) == [("x/1", "b")]
    assert addresses(record("a", "x/1"), record("b", "X/1")) == [("x/1", "a")], "one file name on many disks"
    assert addresses(record("a", "x/1", profile="d"), record("b", "y/1")) == [("y/1", "b")]
    assert addresses(record("a", "x/1", profile="d"), record("b", "y/1"), profile="d") == [("x/1", "a")]


@pytest.mark.parametrize(
    "values",
    [
        {"state": "queued"}, {"entry": "con.x/1"}, {"entry": "../x/1"}, {"manifest": None},
        {"manifest": manifest(provider="nobody")}, {"manifest": manifest(request=None)},
        {"manifest": manifest(request={"model": MODEL})}, {"manifest": manifest(request={"prompt": 7})},
    ],
)  # fmt: skip
def test_what_does_not_say_what_was_asked_for_is_no_entry(values: dict[str, Any]) -> None:
    other = {"state": "saved", "entry": "x/1", "manifest": MANIFEST, **values}
    assert addresses(record_of("a" * 64, 1, other), record("b", "y/1")) == [("y/1", "b")]


def test_an_entry_has_the_address_the_labels_and_the_request_of_its_record() -> None:
    (entry,) = entries_of(lock_from([record("a", "open@look=noir,hook=ask/3")]), "", models_of(CATALOG))
    assert (entry.address, entry.shot, entry.take, entry.fingerprint) == (
        "open@look=noir,hook=ask/3",
        "open",
        3,
        "a" * 64,
    )
    assert entry.labels == (("look", "noir"), ("hook", "ask")) and entry.variant == "open@look=noir,hook=ask"
    assert dict(entry.base.fields) == {"duration": 4, "quality": "480p"}
    assert (entry.prompt, entry.cost, entry.media, entry.tags, entry.origins) == (
        "a cup",
        Cost(251_100, 251_100),
        (),
        (),
        {},
    )
    assert (entry.says("duration"), entry.says("quality")) == (4, "480p")
    assert orjson.loads(entry.manifest)["request"] == {"model": MODEL, **REQUEST}
    (free,) = entries_of(lock_from([record("a", "x/1", units=None)]), "", models_of(CATALOG))
    assert free.cost == Cost(unpriced=1)
    (old,) = entries_of(lock_from([record("a", "x/1", manifest=manifest(model="old"))]), "", models_of(CATALOG))
    assert (old.says("duration"), old.says("quality"), old.says("sound"), old.model.id) == (4, "480p", None, "old")


def board(lock: Lock, profile: str = "", read: Any = None) -> Any:
    entries: tuple[Entry, ...] = entries_of(lock, profile, models_of(CATALOG))
    return board_of_lock("kite", lock, profile, entries, CATALOG, read)


def test_a_storyboard_of_a_lock_has_its_axes_models_and_profiles() -> None:
    found = board(lock_from([
        record("a", "x@look=noir/1"), record("b", "y@look=oil,hook=ask/1"), record("c", "z@look=noir/2"),
        record("d", "w/1", profile="draft"), record("e", "v/1", manifest=manifest(model="old")),
    ]))  # fmt: skip
    assert [(a.name, [*a.values], a.span.start) for a in found.axes] == [
        ("look", ["noir", "oil"], 0),
        ("hook", ["ask"], 0),
    ]
    assert (found.name, found.model.text, found.output, [*found.profiles], found.profile) == (
        "kite", MODEL, None, ["draft"], None,
    )  # fmt: skip
    assert {MODEL, "old"} <= found.catalog.models.keys() and found.catalog.models[MODEL] is CATALOG.models[MODEL]
    assert (found.takes, found.words, found.shots, found.source.path, found.source.text) == (1, "en", (), "", "")
    draft = board(lock_from([record("d", "w/1", profile="draft")]), "draft")
    assert draft.profile is draft.profiles["draft"] and draft.profile.name == "draft"
    assert board(Lock()) is None and board(lock_from([record("a", "x/1", manifest=None)])) is None


def test_what_was_read_of_a_storyboard_stands_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "storyboard.yaml"
    path.write_text(
        f"seedspec: 1\nname: mine\nmodel: {MODEL}\noutput: films\nprofiles: {{final: {{quality: 720p}}}}\n"
        'shots: [{id: a, prompt: "x"}]\n'
    )
    read = api.compile(path, profile="final").board
    assert read is not None
    lock = lock_from([record("a", "x/1", profile="draft")])
    found = board(lock, "final", read)
    assert (found.name, found.output, found.profiles, found.profile) == (
        "mine",
        read.output,
        read.profiles,
        read.profile,
    )
    assert found.source is read.source and found.output.text == "films"
    odd = replace(read, output=read.output._replace(value="../up"))
    assert board(lock, "final", odd).output is None, "a folder elsewhere is none"
    assert board(lock, "final", replace(read, output=None)).output is None
