"""What a provider file of a user may say: where requests and the key go, by which variables, and how that is shown."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from seedspec.catalog.addresses import unreachable
from seedspec.catalog.pattern import is_steady
from seedspec.catalog.price_file import is_small
from seedspec.catalog.provider_calls import call_faults
from seedspec.catalog.provider_doubt import doubt_faults
from seedspec.catalog.schema import Schema, Violation, shorten
from seedspec.text import later
from seedspec.text.node import Path
from seedspec.text.value import valueclass
from seedspec.text.visible import STEERING

MOST_TITLE, MOST_TEXT = 80, 4000
_ID = later.pattern(r"[a-z][a-z0-9]{0,29}(?:-[a-z0-9]{1,30}){0,3}")
_ORIGIN = later.pattern(r"https://([a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})+)(?::([1-9][0-9]{0,4}))?")
_HEADER = later.pattern(r"[A-Za-z][A-Za-z0-9-]{0,63}")
_KEY_ENDS, _ADDRESS_ENDS = ("KEY", "TOKEN", "SECRET"), ("URL",)
_STEERS = later.pattern(f"[{STEERING}]")
_NOT_TASKS = ("a/b", "..", "../a", "a?b", "a#b", "a%2fb", "a b", "a\nb", "a\\b", "a@b", "a:b", "{task}")
"""Texts that no id of a task is like: each would be more than one part of a path."""

RESERVED = frozenset((
    "seedspec", "meta", "aws", "azure", "gcp", "google", "gcloud", "github", "gh", "gitlab", "git", "bitbucket", "ci",
    "circleci", "npm", "node", "pypi", "pip", "uv", "twine", "docker", "kube", "vault", "ssh", "gpg", "pg", "pgp",
    "database", "mysql", "postgres", "redis", "sentry", "slack", "stripe", "twilio", "sendgrid", "cloudflare", "cf",
    "heroku", "vercel", "netlify", "digitalocean", "hf", "huggingface", "hugging", "openai", "anthropic", "claude",
    "xdg", "python", "ld", "dyld", "http", "https", "ssl", "path", "home", "secret", "api", "access", "session", "jwt",
))  # fmt: skip
"""First words of ids that no provider has: variables that begin so hold the keys of other services on many machines."""

_NO_HEADERS = frozenset((
    "accept-encoding", "authorization", "connection", "content-encoding", "content-length", "content-type", "cookie",
    "expect", "host", "location", "proxy-authorization", "te", "trailer", "transfer-encoding", "upgrade", "user-agent",
))  # fmt: skip


@valueclass(frozen=True, slots=True)
class Sending:
    """What a provider file asks for: each call as `POST https://host/path` by name, and the variables that it reads."""

    calls: tuple[tuple[str, str], ...]
    hosts: tuple[str, ...]
    keys: tuple[str, ...]
    addresses: tuple[str, ...]
    header: str


def sending_of(document: Mapping[str, Any]) -> Sending:
    """What a file that `faults` has nothing against asks for."""
    origins = {name: origin["url"] for name, origin in document["origins"].items()}
    calls = [
        (name, f"{call['method']} {origins.get(call['origin'], '?')}{call['path']}")
        for name, call in document["calls"].items()
    ]
    return Sending(
        tuple(calls),
        tuple(dict.fromkeys(origins.values())),
        key_variables(document),
        tuple(origin["variable"] for origin in document["origins"].values()),
        f"Authorization: {document['auth']['scheme'].title()} …",
    )


def key_variables(document: Mapping[str, Any]) -> tuple[str, ...]:
    """The variables that hold the provider's secrets."""
    return (document["auth"]["variable"],)


def variables_of(document: Mapping[str, Any]) -> tuple[str, ...]:
    """Every variable that the file reads; what can be told of a file that is not as it must be."""
    try:
        return (*key_variables(document), *(origin["variable"] for origin in document["origins"].values()))
    except (KeyError, TypeError, AttributeError):
        return ()


def place_of_variable(document: Mapping[str, Any], variable: str) -> Path:
    """Where a file that `variables_of` can read names a variable."""
    origins = document["origins"].items()
    return next((("origins", n, "variable") for n, o in origins if o["variable"] == variable), ("auth", "variable"))


def faults(document: Any, folder: str, form: Schema) -> Iterator[Violation]:
    """Why a user's provider file cannot be used, each with its place. `form` is the meta schema of provider files."""
    if not is_small(document):
        yield Violation((), "provider-file", "it is no provider file: more than one has, or nested too deeply")
    elif form.is_valid(document):
        yield from _faults(document, folder)
    else:
        yield from (found := form.violations(document))
        told = {violation.path for violation in found}
        with suppress(KeyError, TypeError, AttributeError):  # as far as the rest has its form
            yield from (violation for violation in _faults(document, folder) if violation.path not in told)


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Each place in which two files differ, and what stands there in each; "" where nothing does."""
    old, new = dict(_leaves(before)), dict(_leaves(after))
    return [
        (place, old.get(place, ""), new.get(place, "")) for place in {**old, **new} if old.get(place) != new.get(place)
    ]


def _faults(document: Mapping[str, Any], folder: str) -> Iterator[Violation]:
    yield from odd_texts(document)
    own = document["id"]
    if own != folder:
        yield _fault(("id",), f"it is `{own}`, and its folder is `{folder}`; expected the same name")
    if not _ID.fullmatch(own) or own.split("-")[0] in RESERVED:
        what = "expected letters, digits and `-`, and no word by which keys of other services are named"
        yield _fault(("id",), f"`{own}` cannot be the id of a provider; {what}")
    if len(document["title"]) > MOST_TITLE:
        yield _fault(("title",), f"it is longer than {MOST_TITLE} characters")
    for name, origin in document["origins"].items():
        if why := origin_fault(origin["url"]):
            yield _fault(("origins", name, "url"), why)
        if why := _variable_fault(origin["variable"], own, _ADDRESS_ENDS):
            yield _fault(("origins", name, "variable"), why)
    for variable in key_variables(document):
        if why := _variable_fault(variable, own, _KEY_ENDS):
            yield _fault(("auth", "variable"), why)
    header = (document["doubt"].get("key") or {}).get("header", "Idempotency-Key")
    if not _HEADER.fullmatch(header) or header.lower() in _NO_HEADERS:
        yield _fault(("doubt", "key", "header"), f"`{header}` is no header that a file may set")
    yield from call_faults(document)
    yield from _task_faults(document["task_id"])
    yield from doubt_faults(document)


def origin_fault(url: str) -> str:
    """Why an address is no origin that a user's file may name; "" where it is one.

    That is https, a public name in ASCII and a port: no user, no path, no number, no name of a private network.
    """
    expected = "expected https:// and the public name of a host, without a path"
    if not url.isascii():
        return f"the name of its host is not in ASCII; write it as it is looked up: `{_in_ascii(url)}`"
    found = _ORIGIN.fullmatch(url)
    if found is None:
        return f"it is `{shorten(url)}`; {expected}"
    labels = found[1].split(".")
    if any(label.startswith("-") or label.endswith("-") for label in labels) or not re.search("[a-z]", labels[-1]):
        return f"it is `{shorten(url)}`; {expected}"
    if int(found[2] or 443) > 65535:
        return f"it is `{shorten(url)}`; a port is 65535 at most"
    why = unreachable(url)
    return f"it is `{shorten(url)}`, which {why}; {expected}" if why else ""


def odd_texts(document: Any) -> Iterator[Violation]:
    """Where a document has a text that would steer a terminal, or one that is longer than anybody reads."""
    for path, text in _texts(document, ()):
        if _STEERS.search(text.replace("\n", "")):
            yield _fault(path, "it holds characters that cannot be seen")
        elif len(text) > MOST_TEXT:
            yield _fault(path, f"it is longer than {MOST_TEXT:,} characters")


def _task_faults(pattern: str) -> Iterator[Violation]:
    if not is_steady(pattern) or not pattern.endswith("$"):
        yield _fault(("task_id",), "expected a plain pattern from `^` to `$`, without a quantifier around another one")
    elif let := next((text for text in _NOT_TASKS if re.search(pattern, text)), None):
        yield _fault(
            ("task_id",), f"it takes `{let!r:.20}` for an id; expected a pattern of letters, digits, `-`, `_` and `.`"
        )


def _variable_fault(variable: str, own: str, ends: tuple[str, ...]) -> str:
    begin = own.upper().replace("-", "_") + "_"
    if re.fullmatch(rf"{re.escape(begin)}(?:[A-Z0-9]+_)*(?:{'|'.join(ends)})", variable) and len(variable) <= 100:
        return ""
    listed = " or ".join(f"`{begin}…{end}`" for end in ends)
    return f"`{shorten(variable)}` is no variable of `{own}`; expected {listed}"


def _in_ascii(url: str) -> str:
    try:
        host = urlsplit(url).hostname or ""
        return "https://" + host.encode("idna").decode()
    except (UnicodeError, ValueError):
        return ascii(url)[1:-1]


def _texts(value: Any, place: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, Mapping):
        for key, part in value.items():
            yield place, key
            yield from _texts(part, (*place, key))
    elif isinstance(value, list):
        for number, part in enumerate(value):
            yield from _texts(part, (*place, number))


def _leaves(value: Any, place: str = "") -> Iterator[tuple[str, str]]:
    parts = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    if not isinstance(value, (Mapping, list)):
        yield place, str(value)
    for key, part in parts:
        yield from _leaves(part, f"{place}/{key}" if place else str(key))


def _fault(place: Path, what: str) -> Violation:
    return Violation(place, "provider-file", shorten(what, 300))
