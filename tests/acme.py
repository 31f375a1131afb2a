"""A small provider of nobody's, its model and its prices, as values: what tests of files of users start from."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any

from seedspec.catalog.schema import Violation

PROVIDER: dict[str, Any] = {
    "seedspec_provider": 2,
    "id": "acme",
    "title": "Acme Video",
    "source": "nobody's page, read on 2026-11-29",
    "origins": {
        "api": {"url": "https://api.acme.example.com", "variable": "ACME_BASE_URL"},
        "files": {"url": "https://files.acme.example.com", "variable": "ACME_FILES_URL"},
    },
    "auth": {"scheme": "bearer", "variable": "ACME_API_KEY"},
    "calls": {
        "create": {
            "origin": "api", "method": "POST", "path": "/v1/videos", "body": {"$flat": True}, "take": {"task": "id"},
        },
        "read": {
            "origin": "api", "method": "GET", "path": "/v1/videos/{task}",
            "take": {"state": "status", "links": "url", "code": "error.code"},
        },
        "list": {
            "origin": "api", "method": "GET", "path": "/v1/videos", "query": {"most": 50},
            "take": {"rows": "data[*]", "task": "id", "created": "at"},
        },
    },
    "task_id": "^[a-z0-9-]{1,64}$",
    "states": {"waiting": "queued", "working": "running", "done": "completed", "broken": "failed"},
    "errors": [{"code": "error.code", "message": "error.message"}],
    "refusals": {"by_status": {"400": "failed"}, "by_code": {}},
    "failures": {"attempts": 2, "by_code": {}},
    "doubt": {"key": {"header": "Idempotency-Key", "trust": "sent"}, "lookup": "candidates"},
    "results": {"hours": 24},
}  # fmt: skip

MODEL: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": "urn:acme:1.0",
    "title": "Acme 1.0",
    "type": "object",
    "additionalProperties": False,
    "required": ["model", "prompt"],
    "properties": {
        "model": {"description": "The model.", "const": "acme-1.0"},
        "prompt": {"description": "What is seen.", "type": "string", "minLength": 1},
        "duration": {"description": "Seconds.", "type": "integer", "minimum": 4, "maximum": 12, "default": 5},
        "resolution": {"description": "Lines.", "enum": ["sd", "hd"], "default": "hd"},
        "sound": {"description": "Sound.", "enum": ["on", "off"], "default": "off"},
        "seed": {"description": "Chance.", "type": "integer"},
        "images": {"description": "Pictures.", "type": "array", "items": {"type": "string"}, "maxItems": 2},
        "clip": {"description": "A video.", "type": "string"},
    },
    "x-seedspec": {
        "provider": "acme",
        "model": "acme-1.0",
        "source": "nobody's page",
        "prompt": {"field": "prompt"},
        "means": {
            "duration": {"field": "duration"},
            "quality": {"field": "resolution", "values": {"480p": "sd", "720p": "hd"}},
            "generate_audio": {"field": "sound", "values": {"true": "on", "false": "off"}},
            "aspect_ratio": {"always": "16:9"},
            "seed": {"field": "seed"},
        },
        "volatile": ["seed"],
        "slots": {
            "image": {"kind": "image", "field": "images", "formats": ["png"], "extensions": [".png"]},
            "clip": {"kind": "video", "field": "clip", "single": True, "formats": ["mp4"], "extensions": [".mp4"]},
        },
        "body_bytes": 1_000_000,
    },
}

PRICES: dict[str, Any] = {
    "seedspec_prices": 2,
    "provider": "acme",
    "unit": {"name": "credit", "per_usd": "68", "as_of": "2026-10-10"},
    "models": {
        "acme-1.0": [
            {
                "from": "2026-10-10",
                "source": "nobody's page of 2026-10-10",
                "sure": "stated",
                "parts": [{"name": "video", "rate": "10", "quantity": {"var": "seconds"}}],
            }
        ]
    },
}


def provider(*changes: tuple[str, Any]) -> Any:
    """The provider file, with something else at places like `origins/api/url`; without them where that is None."""
    return with_changes(PROVIDER, changes)


def model(*changes: tuple[str, Any]) -> Any:
    """The model file, changed in the same way."""
    return with_changes(MODEL, changes)


def prices(*changes: tuple[str, Any]) -> Any:
    """The price file, changed in the same way."""
    return with_changes(PRICES, changes)


def with_changes(document: Any, changes: Iterable[tuple[str, Any]]) -> Any:
    """A copy of a document with these changes."""
    made = copy.deepcopy(document)
    for place, to in changes:
        *above, last = [int(step) if step.isdigit() else step for step in place.split("/")]
        here = made
        for step in above:
            here = here[step]
        if place == "":
            made = to
        elif to is None:
            del here[last]
        else:
            here[last] = to
    return made


def told(case: str, found: Iterable[Violation]) -> str:
    """What was found in a case, as paragraphs of an expected file: each with its code where that is another one."""
    lines = [f"  {'/'.join(map(str, v.path)) or '.'}: {v.message}  [{v.code}]" for v in found]
    return "\n".join([case, *(lines or ["  nothing"])])
