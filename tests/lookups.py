"""Providers of one's own, one for each way in which a service can be asked for a request whose answer was lost."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from seedspec.project import sources

TASKS = "/acme/v1/jobs"
BOARD = """\
seedspec: 1
name: doubt
model: acme-1.0
defaults: {duration: 1}
shots:
  - {id: one, prompt: Tea steams., takes: TAKES}
"""
DOUBTS: Mapping[str, Mapping[str, Any]] = {
    "own-id": {"lookup": "own-id", "own": {"name": "client_id"}},
    "own-in-list": {"lookup": "echo", "own": {"name": "client_id"}, "echo": {"own": "meta.client_id"}},
    "seed-in-list": {"lookup": "echo", "echo": {"seed": "input.seed"}},
    "body": {"lookup": "body", "body": "input"},
    "candidates": {"lookup": "candidates"},
    "none": {"lookup": "none"},
}


def provider(kind: str, **more: Any) -> dict[str, Any]:
    """The file of `acme`, which is asked in one of these ways. `more` replaces keys of it."""
    made = copy.deepcopy(sources.schemas()["ark/provider.json"])
    made |= {
        "id": "acme", "title": "Acme Video", "source": "made up for a test",
        "origins": {"api": {"url": "https://api.acme.example.com", "variable": "ACME_BASE_URL"}},
        "auth": {"scheme": "bearer", "variable": "ACME_API_KEY"},
        "doubt": {"key": None, "after_seconds": 0, **DOUBTS[kind]},
        "cancel": {"queued": "stops", "running": "stops", "ended": "refused"},
    }  # fmt: skip
    for key in ("unproven", "sure"):
        made.pop(key, None)
    calls = made["calls"]
    for name, path in (
        ("create", TASKS),
        ("read", f"{TASKS}/{{task}}"),
        ("list", TASKS),
        ("cancel", f"{TASKS}/{{task}}"),
    ):
        calls[name]["path"] = path
    calls["create"]["body"] = {
        "model": {"$model": True}, "prompt": {"$get": "prompt"}, "seconds": {"$get": "duration"},
        "seed": {"$get": "seed"},
    }  # fmt: skip
    calls["list"]["take"] = {"rows": "items[*]", "task": "id", "created": "created_at", "state": "status"}
    calls["find"] = {
        "origin": "api", "method": "GET", "path": "/acme/v1/own/{own}",
        "take": {"task": "id", "created": "created_at", "state": "status"},
    }  # fmt: skip
    if kind == "none":
        del calls["list"]
    return made | more


def model() -> dict[str, Any]:
    """The file of `acme-1.0`, which takes a seed of 32 bits."""
    made = copy.deepcopy(sources.schemas()["evolink/seedance-2.0-text-to-video.json"])
    own = made["x-seedspec"]
    own |= {"provider": "acme", "model": "acme-1.0", "called": "acme-video-1", "aka": [], "volatile": []}
    own.pop("sure", None)
    own["means"] = {
        "duration": {"field": "duration"}, "seed": {"field": "seed"},
        "quality": {"always": "480p"}, "aspect_ratio": {"always": "16:9"},
    }  # fmt: skip
    own["output"] = {"kind": "video", "fps": 24, "pixels": {"480p": {"16:9": [256, 144]}}}
    kept = {key: made["properties"][key] for key in ("model", "prompt", "duration")}
    kept["model"]["const"] = "acme-1.0"
    kept["duration"]["minimum"] = 1
    kept["seed"] = {"description": "Makes like videos alike.", "type": "integer", "minimum": 0, "maximum": 2**32 - 1}
    made["properties"] = kept
    made.pop("allOf", None)
    return made


def write(folder: Path, kind: str, *, drop: tuple[str, ...] = (), **more: Any) -> None:
    """The files of `acme` in a folder of user settings; `drop` names keys of the provider's that are left out."""
    at = folder / "seedspec" / "providers" / "acme"
    at.mkdir(parents=True, exist_ok=True)
    made = {key: value for key, value in provider(kind, **more).items() if key not in drop}
    (at / "provider.json").write_text(json.dumps(made))
    (at / "acme-1.0.json").write_text(json.dumps(model()))
    prices = copy.deepcopy(sources.schemas()["evolink/prices.json"])
    (*_, row) = prices["models"]["seedance-2.0-text-to-video"]
    (at / "prices.json").write_text(json.dumps({**prices, "provider": "acme", "models": {"acme-1.0": [row]}}))
