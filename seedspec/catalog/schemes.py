"""The ways to sign a call: a closed set, of which a provider file names one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from seedspec import __version__

_WORDS = {"bearer": "Bearer", "key": "Key"}
HEADER = "Authorization"


def authorization(provider: Mapping[str, Any], key: str) -> dict[str, str]:
    """The header that carries a key to a provider."""
    return {HEADER: f"{_WORDS[provider['auth']['scheme']]} {key}"}


def headers_of(provider: Mapping[str, Any], key: str) -> dict[str, str]:
    """The headers of every call to a provider."""
    return {
        "User-Agent": f"seedspec/{__version__}",
        "Accept-Encoding": "identity",
        **authorization(provider, key),
    }


def headers_of_create(provider: Mapping[str, Any], attempt: str) -> dict[str, str]:
    """What the paid request has beside these; `attempt` is the name that tells it from others."""
    named = provider["doubt"]["key"]
    return {"Content-Type": "application/json", **({} if named is None else {named["header"]: attempt})}


def key_in(provider: Mapping[str, Any], header: str) -> str | None:
    """The key in such a header, for who plays the service; None for what a provider does not take."""
    word, _, key = header.partition(" ")
    return key if word.lower() == _WORDS[provider["auth"]["scheme"]].lower() else None
