"""A model file that is not as it must be is named, and every other model can be used."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from seedspec import api
from seedspec.catalog.model import Catalog, catalog_of
from seedspec.project import sources

PATH = "evolink/seedance-2.0-reference-to-video.json"
BESIDE = ("provider.json", "prices.json")
SHIPPED = {
    path: found
    for path, found in sources.schemas().items()
    if path == PATH or not path.startswith("evolink/") or path.endswith(BESIDE)
}
"""One model alone, so that each change of it is tried in a small catalog."""
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


def changed(made: Any, path: tuple[Any, ...], to: Any) -> Any:
    *above, last = path
    here: Any = made
    for step in above:
        here = here[step]
    if to is None:
        del here[last]
    else:
        here[last] = to
    return made


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
