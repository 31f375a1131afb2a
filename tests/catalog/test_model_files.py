"""A model file that is not as it must be is named, and every other model can be used."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from documents import changed
from PIL import Image

from seedspec import api
from seedspec.catalog.model import Catalog, catalog_of
from seedspec.project import sources

PATH = "evolink/seedance-2.0-reference-to-video.json"
BESIDE = ("provider.json", "prices.json")
SHIPPED = {
    path: found
    for path, found in sources.schemas().items()
    if path == PATH
    or path.partition("/")[0] in (path, "meta")
    or (path.startswith("evolink/") and path.endswith(BESIDE))
}
MODEL = SHIPPED[PATH]["x-seedspec"]["model"]
SHIPPED["evolink/prices.json"] = {
    **SHIPPED["evolink/prices.json"],
    "models": {MODEL: SHIPPED["evolink/prices.json"]["models"][MODEL]},
}
"""One model alone with its prices, so that each change of it is tried in a small catalog."""
EVERY = sorted(p for p in sources.schemas() if p.startswith("evolink/") and not p.endswith(BESIDE))
OTHER = "other-1.0"
BOARD = """\
seedspec: 1
model: other-1.0
references: {hero: {image: hero.png}}
shots: [{id: a, prompt: "{{ ref('hero') }} walks"}]
"""


def sibling(model: Any, prices: dict[str, Any] | None = None) -> Catalog:
    """The catalog with a second model file beside the one that ships."""
    found = copy.deepcopy(SHIPPED)
    own = found["evolink/prices.json"]["models"]
    own[OTHER] = copy.deepcopy(own[SHIPPED[PATH]["x-seedspec"]["model"]])
    return catalog_of({**found, f"evolink/{OTHER}.json": model, **(prices or {})})


def document() -> dict[str, Any]:
    made = copy.deepcopy(SHIPPED[PATH])
    made["x-seedspec"]["model"] = made["properties"]["model"]["const"] = OTHER
    return made


def parts(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, (dict, list)):
        for key in value if isinstance(value, dict) else range(len(value)):
            yield (*path, key)
            yield from parts(value[key], (*path, key))


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("board")
    Image.new("RGB", (640, 360)).save(folder / "hero.png")
    (folder / "storyboard.yaml").write_text(BOARD, encoding="utf-8")
    return folder / "storyboard.yaml"


def test_a_sibling_is_a_file(board: Path) -> None:
    catalog = sibling(document())
    assert not catalog.broken and len(catalog.models) == 2
    assert not api.check(board, catalog)


@pytest.mark.parametrize("to", [None, 7, "text", [], {}])
@pytest.mark.slow
def test_a_part_that_is_missing_or_other_ends_in_no_traceback(board: Path, to: Any) -> None:
    shipped = SHIPPED[PATH]["x-seedspec"]["model"]
    for path in list(parts(document()))[:: 1 if to is None else 9]:
        catalog = sibling(changed(document(), path, to))
        assert shipped in catalog.models, path
        found = api.check(board, catalog)
        if OTHER not in catalog.models:
            assert catalog.broken, path
            assert {d.code for d in found} <= {"model-file", "unknown-model"} and found, path


@pytest.mark.parametrize("name", ["evolink/prices.json", "evolink/provider.json"])
@pytest.mark.parametrize("to", [None, 7, "text", [], {}])
@pytest.mark.slow
def test_a_broken_neighbour_of_the_models_is_named(board: Path, name: str, to: Any) -> None:
    for path in parts(SHIPPED[name]):
        if name.endswith("provider.json") and path != ("id",):
            continue  # what a run needs of it is judged by its own metaschema
        catalog = catalog_of({**SHIPPED, name: changed(copy.deepcopy(SHIPPED[name]), path, to)})
        assert catalog.models or catalog.broken, path
        api.check(board, catalog)


@pytest.mark.parametrize("model", [None, [], "x", 3, {}])
def test_a_file_that_holds_no_model_is_named_by_its_path(model: Any) -> None:
    catalog = sibling(model)
    assert list(catalog.broken) == [f"evolink/{OTHER}.json"]


def test_a_model_without_a_price_can_be_used(board: Path) -> None:
    catalog = catalog_of({**SHIPPED, f"evolink/{OTHER}.json": document()})
    assert not api.check(board, catalog)
    (entry,) = api.compile(board, catalog).entries
    assert (entry.cost.high, entry.cost.unpriced) == (0, 1)
    assert OTHER in catalog.models[OTHER].rate.why


def test_two_files_of_one_model_are_named() -> None:
    catalog = catalog_of({**SHIPPED, "evolink/z.json": SHIPPED[PATH]})
    ((name, why),) = catalog.broken.items()
    assert name in catalog.models and "evolink/z.json" in why and "another file" in why


WRONG: dict[str, tuple[Any, ...]] = {
    "single": (7, "text", [], {}),
    "least": (0, -1, 1.5, "text", [], {}),
    "needs": (7, "text", [], {}, [""], [7], ["nowhere"]),
    "not_with": (7, "text", [], {}, [""], [7], ["nowhere"]),
    "values": (7, "text", [], {}, {"true": []}, {"true": {}}),
    "always": ([], {}),
}
"""Of each key of a slot or of a meaning what it never is."""


def test_each_key_has_its_place_in_a_file_that_ships() -> None:
    """Else a key would be tried nowhere but where it is added."""
    there = {str(path[-1]) for name in EVERY for path in parts(sources.schemas()[name]["x-seedspec"])}
    assert WRONG.keys() - there <= {"not_with", "always"}


@pytest.mark.parametrize("path", EVERY)
@pytest.mark.sampled(3)
@pytest.mark.slow
def test_what_a_slot_or_a_meaning_never_says_is_named(path: str) -> None:
    """Each key in each place of each file that ships, whether the file has it there or not."""
    own = sources.schemas()[path]["x-seedspec"]
    places = [
        ("x-seedspec", "slots", name, key) for name in own["slots"] for key in ("single", "least", "needs", "not_with")
    ]
    places += [("x-seedspec", "means", word, key) for word in own["means"] for key in ("values", "always")]
    for place in places:
        its_own = ([[place[2]]] if place[-1] in ("needs", "not_with") else []) + (
            [True] if place[-1] == "always" else []
        )
        for to in (*WRONG[place[-1]], *its_own):
            made = changed(copy.deepcopy(sources.schemas()[path]), place, to)
            catalog = catalog_of({**SHIPPED, "evolink/tried.json": made} if path != PATH else {**SHIPPED, PATH: made})
            assert own["model"] in catalog.broken, (place, to)


@pytest.mark.parametrize("path", EVERY)
@pytest.mark.slow
def test_a_file_without_one_of_its_keys_or_with_another_value_ends_in_no_traceback(path: str, tmp_path: Path) -> None:
    shipped = sources.schemas()[path]
    own = shipped["x-seedspec"]
    board = tmp_path / "storyboard.yaml"
    board.write_text(
        f"seedspec: 1\nmodel: {own['model']}\ndefaults: {{generate_audio: true, quality: 720p}}\n"
        "shots: [{id: a, prompt: A door opens.}]\n"
    )
    tried = [(where, None) for where in parts(own) if where[0] in ("slots", "means") and where[-1] in WRONG]
    tried += [(("slots", name, "least"), 5) for name in own["slots"]]
    tried += [
        (("slots", name, k), [o])
        for name in own["slots"]
        for k in ("needs", "not_with")
        for o in own["slots"]
        if o != name
    ]
    tried += [(("means", word), {"always": 7}) for word in own["means"]]
    tried += [
        (("means", word, "values"), {"true": "on", "720p": 3}) for word in own["means"] if "field" in own["means"][word]
    ]
    for where, to in tried:
        made = changed(copy.deepcopy(shipped), ("x-seedspec", *where), to)
        catalog = catalog_of({**SHIPPED, "evolink/tried.json": made} if path != PATH else {**SHIPPED, PATH: made})
        found = api.check(board, catalog)
        if own["model"] in catalog.broken:
            assert [d.code for d in found] == ["model-file"], (where, to)
        else:
            api.compile(board, catalog)
