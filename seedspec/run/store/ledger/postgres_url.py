"""The URL of a database: where to connect is read from it alone, and a password goes to no other machine in clear."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from seedspec.project.credentials import BadSettings, is_loopback
from seedspec.text.visible import one_line

_CONNECT = 5
"""Seconds for a connection."""

_NAMED = frozenset({"host", "user", "sslmode", "sslrootcert", "sslcert", "sslkey", "passfile", "application_name"})
"""What a URL may say after its `?`."""

_ENCRYPTED = ("require", "verify-ca", "verify-full")
_EXPECTED = "postgresql://USER@HOST/DATABASE"
_ELSEWHERE = ("PGSERVICE", "PGSERVICEFILE")


def read_url(url: str, option: str, environ: Mapping[str, str] = os.environ) -> tuple[str, dict[str, Any]]:
    """The URL without its password, for messages, and the settings for a connection.

    libpq's variables say who connects and by which certificate, never where to. Raises BadSettings.
    """
    try:
        parts = urlsplit(url)
        port = parts.port or 5432
        query = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query)))
    except ValueError:
        raise BadSettings(f"`{option}` is no URL of a database; expected {_EXPECTED}") from None
    host = query.get("host") or unquote(parts.hostname or "")
    name = unquote(parts.path.removeprefix("/"))
    where = _show(parts, host, name)
    if not host or not name or "," in host or parts.fragment or not url.isprintable():
        raise BadSettings(f"`{option}` is `{where}`; expected {_EXPECTED}, of one server")
    if unknown := sorted(query.keys() - _NAMED):
        known = ", ".join(sorted(_NAMED))
        raise BadSettings(f"`{option}`: `{one_line(unknown[0], 40)}` in `{where}`; expected one of {known}")
    if found := next((name for name in _ELSEWHERE if environ.get(name)), None):
        raise BadSettings(f"{found} is set; where the ledger is, `{option}` alone may say: unset {found}")
    settings: dict[str, Any] = {k: v for k, v in query.items() if k != "host"}
    for key, given in (("user", parts.username), ("password", parts.password)):
        if given:
            settings[key] = unquote(given)
    settings |= {"host": host, "hostaddr": "", "port": port, "dbname": name, "options": "", "connect_timeout": _CONNECT}
    settings |= {"target_session_attrs": "any", "load_balance_hosts": "disable", "application_name": "seedspec"}
    return where, settings | _encryption(host, query, where, option, environ)


def _encryption(
    host: str, query: Mapping[str, str], where: str, option: str, environ: Mapping[str, str]
) -> dict[str, str]:
    """To another machine the connection is encrypted, and its certificate looked at unless the URL says otherwise."""
    mode = query.get("sslmode")
    if is_loopback(host) or host.startswith("/"):
        return {"sslmode": mode or "prefer"}
    if mode is not None and mode not in _ENCRYPTED:
        expected = ", ".join(_ENCRYPTED)
        said = f"`sslmode={one_line(mode, 20)}` in `{where}` sends a password in clear"
        raise BadSettings(f"`{option}`: {said}; expected one of {expected}")
    if mode is not None:
        return {"sslmode": mode}
    own = query.get("sslrootcert") or environ.get("PGSSLROOTCERT")
    if not own and not os.path.exists(os.path.expanduser("~/.postgresql/root.crt")):
        return {"sslmode": "verify-full", "sslrootcert": "system"}
    return {"sslmode": "verify-full"}


def _show(parts: SplitResult, host: str, name: str) -> str:
    """The URL without a password and without settings."""
    user = f"{one_line(unquote(parts.username), 60)}@" if parts.username else ""
    at = f":{parts.port}" if parts.port else ""
    return f"postgresql://{user}{one_line(host, 200)}{at}/{one_line(name, 60)}"
