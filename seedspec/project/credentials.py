"""The key and the addresses of a run: from the environment or flags, checked before any client exists."""

from __future__ import annotations

import os
import re
from types import MappingProxyType
from typing import TYPE_CHECKING

from seedspec.catalog.template import path_of
from seedspec.text.value import valueclass

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import Any


SHORTEST = 8
"""Letters of an API key. A shorter one is a part of many words: it could not be kept out of any message."""


class BadSettings(Exception):
    """A key or an address that cannot be used; the message never holds the key. `exit` is the code to end with."""

    def __init__(self, message: str, exit_code: int = 2) -> None:
        super().__init__(message)
        self.exit = exit_code


class Key:
    """The API key, of SHORTEST letters at least.

    It shows itself to `reveal` alone: never in a repr, a message or a comparison.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        stripped = text.strip()
        if not stripped or not all("!" <= c <= "~" for c in stripped):
            raise BadSettings("the API key holds characters that no key has (spaces or line ends inside it?)", 5)
        if len(stripped) < SHORTEST:
            short = f"the API key is too short; expected at least {SHORTEST} characters"
            raise BadSettings(f"{short}: copy it whole from the service's page of keys", 5)
        self._text = stripped

    def reveal(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return "Key(***)"


@valueclass(frozen=True, slots=True)
class Origins:
    """Where the key may go, and nowhere else: scheme, host and port of the API, of the files API, and any others."""

    api: str
    files: str
    more: Mapping[str, str] = MappingProxyType({})

    def of(self, name: str) -> str:
        """The address of an origin of the provider file."""
        return self.files if name == "files" else self.more.get(name, self.api)

    @property
    def local(self) -> bool:
        """Whether the API is on this machine, where plain http is good enough."""
        return is_local(self.api)

    @property
    def plain(self) -> bool:
        """Whether nothing of it is asked over TLS."""
        return all(url.startswith("http://") for url in (self.api, self.files, *self.more.values()))


def origins_of(provider: Mapping[str, Any], environ: Mapping[str, str]) -> Origins:
    """The provider's addresses, or those of the environment. Raises BadSettings."""
    found = {}
    for name, origin in provider["origins"].items():
        given = environ.get(origin["variable"], "").strip()
        found[name] = _origin(given, origin["variable"]) if given else origin["url"]
    more = {name: url for name, url in found.items() if name not in ("api", "files")}
    return Origins(found["api"], found.get("files", found["api"]), MappingProxyType(more))


def url_of(
    provider: Mapping[str, Any], origins: Origins, name: str, *, task: str = "", model: str = "", own: str = ""
) -> str:
    """Where a call is asked: by the file and these origins alone, whatever an answer says."""
    call = provider["calls"][name]
    return origins.of(call["origin"]) + path_of(call["path"], task=task, model=model, own=own)


def key_of(provider: Mapping[str, Any], environ: Mapping[str, str], folder: Path) -> Key:
    """The key from the environment, else from `.env` in `folder`; addresses are never read from a file."""
    return key_in(provider["auth"]["variable"], environ, str(folder))


def key_in(variable: str, environ: Mapping[str, str], folder: str) -> Key:
    """The key in a variable of the environment, else of `.env` in `folder`. Raises BadSettings."""
    text = environ.get(variable, "")
    if not text.strip():
        from dotenv import dotenv_values

        file = os.path.join(folder, ".env")
        try:
            text = (dotenv_values(file, interpolate=False).get(variable) or "") if os.path.isfile(file) else ""
        except (OSError, UnicodeDecodeError) as error:
            raise BadSettings(f"`{file}` cannot be read: {error}") from None
    if not text.strip():
        message = f"no API key: set {variable} in the environment or in `.env`; or try `--emulator`, which needs none"
        raise BadSettings(message, 5)
    return Key(text)


def is_local(url: str) -> bool:
    """Whether a URL names this machine."""
    from urllib.parse import urlsplit

    return is_loopback(urlsplit(url).hostname or "")


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    import ipaddress

    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


_HOST = r"(?:[\w-]+\.)*[\w-]+\.?|[0-9A-Fa-f.]*:[0-9A-Fa-f:.]+(?:%[\w.-]+)?"
"""A name, also one with letters of any script, or an address as it stands between brackets."""


def _origin(given: str, variable: str) -> str:
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(given)
        port = parts.port
    except ValueError:
        raise BadSettings(f"{variable} is no address: `{given}`") from None
    host = parts.hostname or ""
    whole = (
        parts.scheme in ("https", "http")
        and re.fullmatch(_HOST, host)
        and "@" not in parts.netloc
        and given.isprintable()
    )
    if not whole or parts.query or parts.fragment:
        raise BadSettings(f"{variable} is `{given}`; expected an address like https://api.example.com")
    if parts.path not in ("", "/"):
        raise BadSettings(f"{variable} is `{given}`; expected scheme, host and port alone")
    if parts.scheme == "http" and not is_loopback(host):
        raise BadSettings(f"{variable} is `{given}`; the key travels over https alone (http only to this machine)")
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown}" + (f":{port}" if port else "")
