"""A model file becomes a model: its slots, words, and rules in a storyboard; and what is told of one that is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from acme import model, prices, provider, told

from seedspec.catalog.field_rules import extend_schema, field_rules, or_null, own_rules
from seedspec.catalog.field_words import FieldWords, words_of
from seedspec.catalog.media_facts import MediaFacts, common_facts
from seedspec.catalog.model import Catalog, Dates, Model, catalog_of, form_of, model_faults, price_of
from seedspec.catalog.price import Asked, Cost
from seedspec.catalog.slot import a_kind, plural
from seedspec.catalog.user_files import FileFault, UserFile, UserFiles
from seedspec.project import sources

HERE = Path(__file__).parent / "expected"
Expect = Callable[[Path, str], None]
META = {name: document for name, document in sources.schemas().items() if name.startswith("meta/")}
STORYBOARD = sources.schemas()["storyboard.json"]
OWN = "x-seedspec/"
FORM = form_of(META["meta/model.json"])


def catalog(*changes: tuple[str, Any], day: str = "2026-11-29", **more: Any) -> Catalog:
    return catalog_of({**META, "storyboard.json": STORYBOARD, **files(*changes)}, day, **more)


def files(*changes: tuple[str, Any]) -> dict[str, Any]:
    return {"acme/provider.json": provider(), "acme/prices.json": prices(), "acme/acme-1.0.json": model(*changes)}


def acme(*changes: tuple[str, Any]) -> Model:
    return catalog(*changes).models["acme-1.0"]


SLOTS, MEANS = f"{OWN}slots", f"{OWN}means"
CASES: dict[str, tuple[tuple[str, Any], ...]] = {
    "as it is": (),
    "without its own words": (("x-seedspec", None),),
    "a key that is missing": ((f"{OWN}source", None),),
    "a slot of a field that is not there": ((f"{SLOTS}/image/field", "pictures"),),
    "a slot of one address that is a list": ((f"{SLOTS}/image/single", True),),
    "a slot of a list that is one address": ((f"{SLOTS}/clip/single", None),),
    "two slots of one address": ((f"{SLOTS}/last", {**model()["x-seedspec"]["slots"]["clip"]}),),
    "two slots of one list": ((f"{SLOTS}/last", {**model()["x-seedspec"]["slots"]["image"]}),),
    "a slot that needs itself": ((f"{SLOTS}/image/needs", ["image"]),),
    "a slot that needs none that is there": ((f"{SLOTS}/image/needs", ["clip", "sound"]),),
    "a slot that goes with none that is there": ((f"{SLOTS}/clip/not_with", ["image", "sound"]),),
    "a word of a field that is not there": ((f"{MEANS}/seed/field", "chance"),),
    "two words of one field": ((f"{MEANS}/seed/field", "duration"),),
    "a word that is a field, and means another": (
        (f"{MEANS}/duration/field", "length"),
        ("properties/length", {"description": "x", "type": "integer", "default": 5}),
    ),
    **{f"{word} that a request may leave unsaid": ((f"properties/{field}/default", None),) for word, field in
       (("duration", "duration"), ("quality", "resolution"), ("generate_audio", "sound"))},
    "a day that is none": ((f"{OWN}dates", {"until": "2026-02-30"}),),
    "a rule that is no rule": (("properties/seed/type", "int"),),
}  # fmt: skip


def test_what_is_told_of_a_model_file(expect: Expect) -> None:
    said = []
    for case, changes in CASES.items():
        found = catalog(*changes)
        broken = [f"  {name}: {why}" for name, why in found.broken.items()]
        unfit = [f"  {m.id}: {found.why_broken(m.id)}" for m in found.models.values() if found.why_broken(m.id)]
        said += [case, *(broken or unfit or [f"  {', '.join(found.models)} can be used"])]
    expect(HERE / "model_files.txt", "\n".join(said) + "\n")


BODY = {"model": {"$model": True}, "text": {"$get": "prompt"}, "d": {"$get": "duration"}}


def test_a_field_that_no_request_would_hold_is_told() -> None:
    made = provider(("calls/create/body", BODY))
    found = told("", model_faults(model(), made, FORM)).split("\n")[1:]
    assert found == [
        f"  properties/{name}: no part of the body of `create` in `provider.json` sends it; "
        f'expected `{{"$get": "{name}"}}` there  [model-file]'
        for name in ("resolution", "sound", "seed", "images", "clip")
    ]
    for other in (provider(), provider(("calls/create/body", None)), None, {}, {"calls": {}}):
        assert [*model_faults(model(), other, FORM)] == []
    assert "key `x-seedspec` is missing" in [v.message for v in model_faults({}, made, FORM)]


def test_neighbours_that_are_missing_or_broken_are_told() -> None:
    whole = {**META, "storyboard.json": STORYBOARD, **files()}
    beside = "`acme/acme-1.0.json`: beside it `provider.json` or `prices.json` is missing"
    for gone in ("acme/provider.json", "acme/prices.json"):
        found = catalog_of({name: document for name, document in whole.items() if name != gone})
        assert found.broken == {"acme-1.0": beside}
    found = catalog_of({**whole, "acme/prices.json": prices(("seedspec_prices", 1))})
    why = "`acme/prices.json`, seedspec_prices: found the number 1; expected `2`"
    assert found.broken == {"acme-1.0": f"`acme/acme-1.0.json`: its prices cannot be used: {why}"}
    found = catalog_of({**whole, "acme/b.json": model(), "acme/c.json": []})
    assert found.broken["acme-1.0"] == "`acme/b.json`: another file has this model already"
    assert found.broken["acme/c.json"] == "`acme/c.json`: found a list; expected a mapping" and list(found.models) == [
        "acme-1.0"
    ]


def user_file(folder: str, name: str, document: Any) -> UserFile:
    return UserFile(folder, name, f"providers/{folder}/{name}", beside=True, document=document)


def test_files_of_users_stand_beside_those_that_ship() -> None:
    other = model(("x-seedspec/provider", "other"), ("x-seedspec/model", "o-1"), ("properties/model/const", "o-1"))
    broken = model(("x-seedspec/model", "o-2"), ("properties/model/const", "o-2"), (f"{OWN}source", None))
    rows = [{**prices()["models"]["acme-1.0"][0], "source": "near"}]
    near = prices(("provider", "other"), ("models", {"o-1": rows}))
    twice = prices(("models", {"acme-1.0": rows}))
    fault = FileFault("providers/x/provider.json", "nobody knows", beside=True, models=("x-1", "acme-1.0"))
    given = UserFiles(
        {"other": provider(("id", "other"))},
        (user_file("other", "o.json", other), user_file("acme", "o2.json", broken)),
        {"other": user_file("other", "prices.json", near), "acme": user_file("acme", "prices.json", twice)},
        (fault, FileFault("providers/y.json", "unread", beside=True)), {}, (),
    )  # fmt: skip
    found = catalog(files=given)
    assert list(found.models) == ["acme-1.0", "o-1"]
    one = found.models["o-1"]
    assert (one.provider.id, one.rate.source, one.rate.sure, one.rate.beside) == ("other", "near", "guessed", True)
    assert found.broken == {
        "o-2": "`providers/acme/o2.json`: at `x-seedspec`: key `source` is missing",
        "x-1": "`providers/x/provider.json`: nobody knows",
        "providers/y.json": "`providers/y.json`: unread",
    }
    told_of = [(f.shown, f.why, f.models) for f in found.files.faults[2:]]
    assert told_of[0] == (
        "providers/acme/prices.json", "a price of `acme-1.0` is known already, so this one is left out", ()
    )  # fmt: skip
    assert told_of[1][0::2] == ("providers/acme/o2.json", ("o-2",)) and len(told_of) == 2
    assert found.why_broken("x-1") == str(fault) and found.why_broken("o-1") == found.why_broken("nobody") == ""


def test_own_prices_count_for_their_provider() -> None:
    later = [{**prices()["models"]["acme-1.0"][0], "from": "2026-11-01", "source": "own"}]
    own = prices(("models", {"acme-1.0": later}))
    assert catalog(own={"acme": ("own.json", own)}).models["acme-1.0"].rate.source == "own"
    assert catalog(own={"other": ("own.json", own)}).models["acme-1.0"].rate.as_of == "2026-10-10"
    given = UserFiles({"other": provider(("id", "other"))}, (), {}, (), {}, ())
    assert catalog(own={"other": ("own.json", own)}, files=given).prices.keys() == {"acme"}
    mine = prices(("provider", "other"))
    assert catalog(own={"other": ("own.json", mine)}, files=given).prices["other"].provider == "other"


def test_a_model_is_as_its_file_says() -> None:
    made = acme((f"{OWN}called", "vendor/acme"), (f"{OWN}aka", ["acme-one"]), (f"{OWN}family", "acme"),
                (f"{OWN}output", {"kind": "video", "fps": 24, "pixels": {"sd": {"16:9": [864, 496]}}}),
                (f"{OWN}dates", {"from": "2026-01-01", "until": "2026-12-31", "retired": "2027-06-01"}))  # fmt: skip
    assert made.fields == ("duration", "resolution", "sound", "seed")
    assert made.defaults == {"duration": 5, "resolution": "hd", "sound": "off"}
    assert (made.volatile, made.body_bytes, made.fps, made.source) == ({"seed"}, 1_000_000, 24, "nobody's page")
    assert (
        made.pixels == {"sd": {"16:9": (864, 496)}}
        and (made.chinese_characters, made.english_words) == (1_000_000,) * 2
    )
    assert (made.family, made.aka, made.called) == ("acme", {"acme-one"}, "vendor/acme")
    assert [made.is_called(n) for n in ("acme-1.0", "vendor/acme", "acme-one", "acme")] == [True, True, True, False]
    assert (made.qualities, made.template, made.single_fields) == (("480p", "720p"), {"$flat": True}, {"clip"})
    assert made.dates == Dates("2026-01-01", "2026-12-31", "2027-06-01")
    assert {kind: slot.name for kind, slot in made.media.items()} == {"image": "image", "video": "clip"}
    request = {"duration": 6, "resolution": "sd", "sound": "on"}
    assert made.said(request) == {"duration": 6, "quality": "480p", "aspect_ratio": "16:9", "generate_audio": True}
    assert made.read(request, "seed") is None and made.read(request, "negative_prompt") is None
    plain = acme((f"{OWN}prompt", {"field": "prompt", "chinese_characters": 5, "english_words": 9}))
    assert (plain.chinese_characters, plain.english_words, plain.called, plain.fps) == (5, 9, "acme-1.0", 0)
    assert (plain.family, plain.aka, plain.dates, plain.pixels) == ("", frozenset(), Dates(), {})


def test_the_first_slot_of_a_kind_is_the_one_for_what_names_none() -> None:
    first = {"kind": "image", "field": "images", "formats": ["png"], "extensions": [".png"]}
    clip = model()["x-seedspec"]["slots"]["clip"]
    made = acme((SLOTS, {"first": {**first, "least": 1, "most": 2, "needs": ["clip"]}, "last": first, "clip": clip}))
    assert made.media["image"].name == "first" and list(made.slots) == ["first", "last", "clip"]
    assert [(s.single, s.least, s.most, s.needs) for s in made.slots.values()] == [
        (False, 1, 2, ("clip",)), (False, 0, None, ()), (True, 0, 1, ()),
    ]  # fmt: skip


def test_a_slot_has_the_limits_of_its_file() -> None:
    rule = {"kind": "video", "field": "clip", "single": True, "formats": ["mp4"], "extensions": [".mp4"], "bytes": 7,
            "ratio": [0.4, 2.5], "side": [300, 6000], "pixels": [1, 2], "fps": [24, 60], "seconds": [2, 15],
            "seconds_together": 15, "words": {"en": "video {n}", "zh": "视频{n}", "at": "@v{n}"},
            "description": "A clip.", "not_with": ["image"],
            "near": {"seconds": {"below": 0.1, "above": 0.2, "why": "readers differ"}}}  # fmt: skip
    slot = acme((f"{SLOTS}/clip", rule)).slots["clip"]
    assert (slot.bytes, slot.ratio, slot.side, slot.pixels) == (7, (0.4, 2.5), (300, 6000), (1, 2))
    assert (slot.fps, slot.seconds, slot.seconds_together, slot.words) == ((24, 60), (2, 15), 15, rule["words"])
    assert (slot.formats, slot.extensions, slot.not_with, slot.description) == (
        ("mp4",),
        (".mp4",),
        ("image",),
        "A clip.",
    )
    near = slot.tolerances["seconds"]
    assert (near.below, near.above, near.why) == (0.1, 0.2, "readers differ")
    plain = acme().slots["clip"]
    assert (plain.bytes, plain.ratio, plain.side, plain.pixels, plain.fps) == (None,) * 5
    assert (plain.seconds, plain.seconds_together, plain.words, plain.tolerances, plain.description) == (
        None,
        None,
        {},
        {},
        "",
    )


def test_kinds_are_named_in_messages() -> None:
    assert [a_kind(kind) for kind in ("image", "video", "audio")] == ["an image", "a video", "an audio clip"]
    assert [plural("audio"), plural("audio", 1), plural("video", 2), plural("image", 0), plural("image", 1)] == [
        "audio clips", "audio clip", "videos", "images", "image",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("until", "retired", "end"),
    [
        ("", "", ""), ("2026-12-31", "", "2027-01-01"), ("", "2026-12-31", "2026-12-31"),
        ("2026-12-31", "2026-12-01", "2026-12-01"), ("2026-12-31", "2027-12-01", "2027-01-01"),
    ],
)  # fmt: skip
def test_a_model_can_be_bought_until_its_end(until: str, retired: str, end: str) -> None:
    dates = Dates("2026-01-01", until, retired)
    assert dates.end() == end
    assert [dates.are_over(day) for day in ("", "2026-11-30", "2027-12-31")] == [False, False, bool(end)]
    assert not end or dates.are_over(end)


def test_siblings_are_those_of_the_family_that_can_be_bought() -> None:
    made = files((f"{OWN}family", "acme"))
    for name, changes in {
        "d": [], "c": [(f"{SLOTS}/clip", None)], "b": [(f"{OWN}family", "other")],
        "a": [(f"{OWN}dates", {"retired": "2026-11-29"})], "e": [(f"{OWN}dates", {"retired": "2026-11-30"})],
    }.items():  # fmt: skip
        made[f"acme/{name}.json"] = model(
            (f"{OWN}model", name), ("properties/model/const", name), (f"{OWN}family", "acme"), *changes
        )
    documents = {**META, "storyboard.json": STORYBOARD, **made}
    found = catalog_of(documents, "2026-11-29")
    assert found.siblings(found.models["acme-1.0"]) == ("d", "e", "c") and found.siblings(found.models["b"]) == ()
    assert catalog_of(documents).today == "" and found.today == "2026-11-29"
    assert catalog_of(documents).siblings(found.models["acme-1.0"]) == ("a", "d", "e", "c")
    assert found.usual is found.models["a"] and catalog_of({**META, "storyboard.json": STORYBOARD}).usual is None
    named = {**STORYBOARD, "properties": {**STORYBOARD["properties"], "model": {"examples": ["d"]}}}
    usual = catalog_of({**documents, "storyboard.json": named}).usual
    assert usual is not None and usual.id == "d"


def test_a_storyboard_that_names_a_model_may_use_its_own_fields() -> None:
    found = catalog(("properties/mood", {"description": "Mood.", "enum": ["calm", "wild"]}))
    assert found.storyboard_for("model: other") is found.storyboard
    shot = found.storyboard_for("model: acme-1.0").document["$defs"]["shot"]["properties"]
    known = STORYBOARD["$defs"]["shot"]["properties"].keys()
    assert shot.keys() - known == {"mood", "resolution", "sound", "seed"} - known
    assert shot["mood"] == {
        "description": "Mood.", "type": ["string", "number"], "examples": ["calm", "wild"],
        "x-seedspec": {"expected": "text", "instead": shot["mood"]["x-seedspec"]["instead"]},
    }  # fmt: skip
    assert {"mood", "duration", "callback_url", "resolution"} <= found.field_names and "clip" not in found.field_names


def test_a_price_is_worked_out_by_what_it_depends_on() -> None:
    price = price_of(acme((f"{SLOTS}/clip/seconds", [2, 15])))
    assert price(Asked(5), ()) == price(Asked(5, "720p", images=3), ()) == Cost(500_000, 500_000)
    assert acme((f"{SLOTS}/clip/seconds", [2, 15])).video_seconds([None]) == (2, 15)
    assert acme((f"{SLOTS}/clip", None)).video_seconds([None]) is None


def test_the_words_of_a_model() -> None:
    rules = model()["properties"]
    words = words_of(model()["x-seedspec"]["means"], rules)
    assert isinstance(words, FieldWords) and "quality" in words and "callback_url" not in words
    assert [words.field(w) for w in ("quality", "aspect_ratio", "callback_url")] == ["resolution", "", ""]
    assert [words.always(w) for w in ("aspect_ratio", "quality", "callback_url")] == ["16:9", None, None]
    assert [words.word_of(f) for f in ("resolution", "clip")] == ["quality", "clip"]
    assert [words.own_value("resolution", v) for v in ("720p", "4k")] == ["hd", "4k"]
    assert [words.own_value("sound", v) for v in (True, False, "on")] == ["on", "off", "on"] and words.own_value(
        "clip", 1
    ) == 1
    assert words.values("sound") == {"true": "on", "false": "off"} and words.values("clip") == {} == words.values(
        "duration"
    )
    request = {"resolution": "sd", "sound": "off", "duration": 7}
    assert [words.read(request, w) for w in ("quality", "generate_audio", "duration", "aspect_ratio", "seed", "x")] == [
        "480p", False, 7, "16:9", None, None,
    ]  # fmt: skip
    assert words.names["aspect_ratio"] == "" and words.names["quality"] == words.names["resolution"] == "resolution"
    numbers = words_of({"generate_audio": {"field": "a", "values": {"true": 1, "false": 0}}}, {"a": {"default": 1}})
    assert [numbers.read({"a": v}, "generate_audio") for v in (1, 0, True, 2)] == [True, False, True, 2]


def test_the_fields_of_models_are_rules_of_the_storyboard(expect: Expect) -> None:
    second = model(("properties/duration/maximum", 20), ("properties/duration/minimum", 5),
                   ("properties/weight", {"description": "Weight.", "type": "number", "minimum": 0, "default": 0.5}),
                   ("properties/tags", {"description": "Tags.", "type": "array"}),
                   ("properties/loop", {"description": "Loop.", "type": "boolean"}),
                   ("properties/resolution/enum", ["sd", "hd", "uhd"]))  # fmt: skip
    rules = field_rules([model(), second])
    extended = extend_schema(STORYBOARD, {"mood": {"description": "Mood.", "type": "string"}})["$defs"]
    places = {
        "fields": extended["fields"], "profile_fields": extended["profile_fields"],
        "overrides": extended["overrides"]["items"], "shot": extended["shot"],
    }  # fmt: skip
    shown = {
        "together": rules, "own": own_rules(second), "or nothing": or_null({k: rules[k] for k in ("duration", "loop")}),
        "extended": {name: place["properties"]["mood"] for name, place in places.items()},
    }  # fmt: skip
    expect(HERE / "field_rules.json", json.dumps(shown, indent=1, ensure_ascii=False) + "\n")


def test_facts_are_completed_and_compared() -> None:
    one, two = MediaFacts(bytes=1, seconds=2.0, fps=24), MediaFacts(bytes=9, seconds=2.0, width=640, behind=0)
    assert dict(one.known()) == {"seconds": 2.0, "fps": 24, "bytes": 1}
    assert one.completed_by(two) == MediaFacts(bytes=1, seconds=2.0, fps=24, width=640, behind=0)
    assert common_facts([one, two]) == MediaFacts(seconds=2.0) and common_facts([two]) == two
    every = MediaFacts(1, 2, 3, 4, 5, 6, 7, 8)
    assert [name for name, _ in every.known()] == [
        "seconds", "width", "height", "fps", "bytes", "fps_least", "fps_most", "behind",
    ]  # fmt: skip
