"""The files in schemas/: valid by their own metaschemas, complete, and in step with one another."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from seedspec.project import sources

SCHEMAS = Path(__file__).parents[2] / "schemas"
FOUND = sources.schemas()
STORYBOARD = FOUND["storyboard.json"]
DIALECT = "https://json-schema.org/draft/2020-12/schema"
OWN_SCHEMAS = sorted(n for n, d in FOUND.items() if d.get("$schema") == DIALECT)
MODELS = sorted(n for n in OWN_SCHEMAS if "/" in n and not n.startswith("meta/"))
PRICES = sorted(n for n in FOUND if n.endswith("/prices.json") and not n.startswith("meta/"))
PROVIDERS = sorted(n for n in FOUND if n.endswith("/provider.json") and not n.startswith("meta/"))


def test_the_installed_files_are_those_of_the_checkout() -> None:
    there = {p.relative_to(SCHEMAS).as_posix() for p in SCHEMAS.rglob("*.json")}
    assert set(FOUND) == {name for name in there if not name.startswith("output/")}


@pytest.mark.parametrize("name", OWN_SCHEMAS)
def test_schemas_are_valid(name: str) -> None:
    Draft202012Validator.check_schema(FOUND[name])


@pytest.mark.parametrize("name", MODELS)
def test_models_are_as_the_metaschema_wants(name: str) -> None:
    Draft202012Validator(FOUND["meta/model.json"]).validate(FOUND[name])


@pytest.mark.parametrize("name", PROVIDERS)
def test_providers_are_as_the_metaschema_wants(name: str) -> None:
    document = FOUND[name]
    Draft202012Validator(FOUND["meta/provider.json"]).validate(document)
    assert document["id"] == name.split("/")[0]
    assert {e["origin"] for e in document["calls"].values()} <= document["origins"].keys()


@pytest.mark.parametrize("name", PRICES)
def test_prices_are_of_the_day_that_their_source_names(name: str) -> None:
    document = FOUND[name]
    Draft202012Validator(FOUND["meta/prices.json"]).validate(document)
    assert document["provider"] == name.split("/")[0]
    for rows in document["models"].values():
        days = [row["from"] for row in rows]
        assert days == sorted(set(days)) and all(date.fromisoformat(d).isoformat() == d for d in days)
        for row in rows:
            assert set(re.findall(r"\d{4}-\d\d-\d\d", row["source"])) == {row["from"]}


@pytest.mark.parametrize("name", MODELS)
def test_a_model_fits_its_neighbours(name: str) -> None:
    model, folder = FOUND[name], name.split("/")[0]
    own = model["x-seedspec"]
    assert f"{own['model']}.json" == name.split("/")[1]
    assert model["properties"]["model"]["const"] == own["model"]
    assert own["provider"] == FOUND[f"{folder}/provider.json"]["id"]
    assert own["model"] in FOUND[f"{folder}/prices.json"]["models"]
    fields = model["properties"]
    assert {own["prompt"]["field"], *own["volatile"]} <= fields.keys()
    assert {rule["field"] for rule in own["slots"].values()} <= fields.keys()
    sizes_by_quality = own.get("output", {}).get("pixels", {})
    quality, ratio = (own["means"][word] for word in ("quality", "aspect_ratio")) if sizes_by_quality else ({}, {})
    assert not sizes_by_quality or set(sizes_by_quality) == set(fields[quality["field"]]["enum"])
    for sizes in sizes_by_quality.values():
        left_open = ratio.get("values", {}).get("adaptive", "adaptive")
        assert {*sizes, left_open} == set(fields[ratio["field"]]["enum"])
    for path in own.get("sure", {}):
        here = model
        for step in path.split("/"):
            here = here[step]
    needed = {rule["field"]: rule.get("single", False) for rule in own["slots"].values() if rule.get("least")}
    url = "https://cdn.example.com/a.png"
    defaults = {k: v["default"] for k, v in fields.items() if "default" in v}
    media = {field: url if single else [url] for field, single in needed.items()}
    Draft202012Validator(model).validate({"model": own["model"], "prompt": "x", **defaults, **media})


def properties(schema: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every property rule of a schema by its place; a property may itself be called `properties`."""
    if isinstance(schema, dict):
        for key, part in schema.items():
            if key == "properties" and isinstance(part, dict):
                for name, rule in part.items():
                    yield f"{path}/{name}", rule
                    yield from properties(rule, f"{path}/{name}")
            else:
                yield from properties(part, f"{path}/{key}")
    elif isinstance(schema, list):
        for number, part in enumerate(schema):
            yield from properties(part, f"{path}/{number}")


def followed(schema: Any, reference: str) -> Any:
    for part in reference.removeprefix("#/").split("/"):
        schema = schema[part]
    return schema


@pytest.mark.parametrize("name", ["storyboard.json", "meta/model.json", "meta/provider.json", "meta/prices.json"])
def test_every_property_is_described(name: str) -> None:
    for path, rule in properties(FOUND[name]):
        if "$ref" in rule and "description" not in rule:
            rule = followed(FOUND[name], rule["$ref"])
        assert rule.get("description"), f"{name}: {path} has no description"


def test_the_limits_are_those_of_the_vendor() -> None:
    """The numbers of the API reference, once more and by hand: a change of the data must be meant."""
    model = FOUND["evolink/seedance-2.0-reference-to-video.json"]
    fields, own = model["properties"], model["x-seedspec"]
    assert [fields[f"{kind}_urls"]["maxItems"] for kind in ("image", "video", "audio")] == [9, 3, 3]
    assert (fields["duration"]["minimum"], fields["duration"]["maximum"], fields["duration"]["default"]) == (4, 15, 5)
    assert (fields["quality"]["enum"], fields["quality"]["default"]) == (["480p", "720p"], "720p")
    ratios = ["16:9", "9:16", "1:1", "4:3", "3:4", "21:9", "adaptive"]
    assert (fields["aspect_ratio"]["enum"], fields["aspect_ratio"]["default"]) == (ratios, "16:9")
    assert fields["generate_audio"]["default"] is True
    assert fields["callback_url"]["maxLength"] == 2048
    assert own["prompt"] == {"field": "prompt", "chinese_characters": 500, "english_words": 1000}
    image, video, audio = (own["slots"][kind] for kind in ("image", "video", "audio"))
    assert [m["bytes"] for m in (image, video, audio)] == [30_000_000, 50_000_000, 15_000_000]
    assert image["ratio"] == video["ratio"] == [0.4, 2.5]
    assert image["side"] == video["side"] == [300, 6000]
    assert (video["pixels"], video["fps"]) == ([409_600, 927_408], [24, 60])
    assert [m["seconds"] + [m["seconds_together"]] for m in (video, audio)] == [[2, 15, 15]] * 2
    assert [m["extensions"] for m in (image, video, audio)] == [
        [".jpeg", ".jpg", ".png", ".webp"], [".mp4", ".mov"], [".wav", ".mp3"],
    ]  # fmt: skip
    assert own["body_bytes"] == 64_000_000
    assert own["output"]["pixels"] == {
        "480p": {"16:9": [864, 496], "4:3": [752, 560], "1:1": [640, 640],
                 "3:4": [560, 752], "9:16": [496, 864], "21:9": [992, 432]},
        "720p": {"16:9": [1280, 720], "4:3": [1112, 834], "1:1": [960, 960],
                 "3:4": [834, 1112], "9:16": [720, 1280], "21:9": [1470, 630]},
    }  # fmt: skip
