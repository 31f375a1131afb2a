"""The request of an entry as it would leave this machine, for people and programs; the key is never in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from seedspec.catalog.schemes import headers_of, headers_of_create
from seedspec.catalog.signed_url import bare_request
from seedspec.catalog.template import render
from seedspec.compiler.entry import Entry
from seedspec.project.credentials import Origins, url_of
from seedspec.text.value import valueclass

HIDDEN, EACH_TIME = "***", "(another one for each attempt)"


@valueclass(frozen=True, slots=True)
class Preview:
    """A request that is not sent: of which entry, where to, with which headers, and its body."""

    entry: str
    provider: str
    method: str
    url: str
    headers: Mapping[str, str]
    body: Any


def request_of(entry: Entry, origins: Origins) -> Preview:
    """The paid request of an entry, with `sha256:…` and `entry:…` where a run puts addresses of media. Signatures of
    addresses are left out.
    """
    provider, called = entry.model.provider, entry.model.called
    headers = {**headers_of(provider.document, HIDDEN), **headers_of_create(provider.document, EACH_TIME)}
    body = render(entry.model.template, bare_request(entry.request), called)
    url = url_of(provider.document, origins, "create", model=called)
    return Preview(entry.address, provider.id, provider.document["calls"]["create"]["method"], url, headers, body)


def as_text(found: Preview) -> Iterator[str]:
    """As it stands on the wire, the body indented."""
    yield f"{found.method} {found.url}"
    yield from (f"{name}: {value}" for name, value in found.headers.items())
    yield ""
    yield orjson.dumps(found.body, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS).decode()


def as_json(found: Preview) -> dict[str, Any]:
    """The same for programs."""
    return {
        "seedspec_preview": 1, "entry": found.entry, "provider": found.provider, "method": found.method,
        "url": found.url, "headers": dict(found.headers), "body": found.body,
    }  # fmt: skip
