"""The user's own price files, in the folder of their settings: newer rows than those that come with seedspec."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson

from seedspec.project.atomic import atomic_write
from seedspec.project.files import read_file
from seedspec.project.user_folders import user_config

MOST = 4 * 1024 * 1024
"""Bytes of a price file."""


def own_prices() -> dict[str, tuple[str, Any]]:
    """The user's price files by provider, each with its path; None for the content of one that holds no JSON."""
    found = {}
    with suppress(OSError, RuntimeError):
        for folder in sorted((user_config() / "providers").iterdir()):
            path = folder / "prices.json"
            if path.exists():
                found[folder.name] = (str(path), _read(path))
    return found


def path_of(provider: str) -> Path:
    """Where the user's prices of a provider stand. Raises RuntimeError where there is no home."""
    return user_config() / "providers" / provider / "prices.json"


def write_prices(provider: str, document: Mapping[str, Any]) -> Path:
    """Keeps the user's prices of a provider; the path. Raises OSError and RuntimeError."""
    path = path_of(provider)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    atomic_write(path, orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
    return path


def _read(path: Path) -> Any:
    try:
        return orjson.loads(read_file(path, MOST))
    except (OSError, ValueError):
        return None
