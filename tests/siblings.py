"""A catalog with two further models, made of the one that ships: what a storyboard of several models is tested with."""

from __future__ import annotations

import copy
from typing import Any

from seedspec.catalog.model import Catalog, catalog_of
from seedspec.project import sources

SHIPPED = "seedance-2.0-reference-to-video"
FAST, MINI = "test-fast-video", "test-mini-video"


def siblings() -> Catalog:
    """The shipped models, FAST, which has no sound and 480p alone, and MINI, which takes no videos, in other words."""
    found = copy.deepcopy(sources.schemas())
    shipped = found[f"evolink/{SHIPPED}.json"]
    found["evolink/test-fast.json"] = _fast(copy.deepcopy(shipped))
    found["evolink/test-mini.json"] = _mini(copy.deepcopy(shipped))
    models = found["evolink/prices.json"]["models"]
    for name in (FAST, MINI):
        models[name] = copy.deepcopy(models[SHIPPED])
    return catalog_of(found)


def _named(document: Any, name: str) -> Any:
    document["x-seedspec"]["model"] = document["properties"]["model"]["const"] = name
    return document


def _fast(document: Any) -> Any:
    del document["properties"]["generate_audio"], document["x-seedspec"]["means"]["generate_audio"]
    document["properties"]["quality"] = {"description": "Resolution.", "enum": ["480p"], "default": "480p"}
    output = document["x-seedspec"]["output"]
    output["pixels"] = {"480p": output["pixels"]["480p"]}
    return _named(document, FAST)


def _mini(document: Any) -> Any:
    own = document["x-seedspec"]
    del document["properties"][own["slots"].pop("video")["field"]]
    own["slots"]["image"]["words"] = {"en": "picture {n}", "zh": "图{n}", "at": "@pic{n}"}
    del document["allOf"]
    document["required"] = [*document["required"], "quality"]
    return _named(document, MINI)
