"""What the vendor's reference forbids in a create body: the schema, callback hosts, and facts of hosted media."""

from __future__ import annotations

import ipaddress
import json
import socket
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from seedspec.catalog.schema import Schema
from seedspec.emulator.refusal import Refusal
from seedspec.media.facts import Facts, MediaError

_PRIVATE_NAMES = ("localhost", "local", "internal", "home.arpa")


class Rules:
    """The rules of one model, read from its model file. `hosted` gives the file behind a URL of this emulator, None
    for a URL elsewhere, and raises Refusal for one that is its own and gone; `examine` gives the facts of a file."""

    def __init__(
        self,
        model: Mapping[str, Any],
        *,
        hosted: Callable[[str], Path | None],
        examine: Callable[[Path], Facts],
        local_callbacks: bool,
    ) -> None:
        self._schema = Schema(model)
        self._limits: Mapping[str, Any] = model["x-seedspec"]
        self._hosted = hosted
        self._examine = examine
        self._local_callbacks = local_callbacks

    @property
    def body_bytes(self) -> int:
        return int(self._limits["body_bytes"])

    def parse(self, raw: bytes) -> dict[str, Any]:
        """The object in a request body; Refusal when it is none, names a field twice, or breaks the schema."""
        try:
            body = json.loads(raw, object_pairs_hook=_unrepeated, parse_constant=_no_constant, parse_float=_finite)
            if b"\\u" in raw:  # half a pair of surrogates can be escaped, and is no character
                json.dumps(body, ensure_ascii=False).encode()
        except (ValueError, RecursionError) as error:
            raise Refusal(400, "invalid_request", f"The body is not JSON: {error}") from error
        if not isinstance(body, dict):
            raise Refusal(400, "invalid_request", "The body must be a JSON object.")
        judged = dict(body)
        if self._local_callbacks and _loopback(judged.get("callback_url")):
            del judged["callback_url"]
        if not self._schema.is_valid(judged):
            first = self._schema.violations(judged)[0]
            name = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in first.path).lstrip(".")
            raise Refusal(400, "invalid_request", f"{name or 'body'}: {first.message}", name or None)
        for name, value in judged.items():
            if isinstance(value, float):  # JSON Schema takes 5.0 for an integer; the service is not known to
                raise Refusal(400, "invalid_request", f"{name}: found {value}; expected a whole number", name)
        if "callback_url" in judged and private_host(judged["callback_url"]):
            message = "callback_url: expected a public host: private addresses are not called"
            raise Refusal(400, "invalid_request", message, "callback_url")
        return body

    def check_media(self, body: Mapping[str, Any]) -> dict[str, list[Facts]]:
        """The facts of the body's media that this emulator hosts, by kind; Refusal when one breaks a limit.

        Reads files; run it off the event loop.
        """
        found: dict[str, list[Facts]] = {}
        for limits in self._limits["slots"].values():
            together = 0.0
            for number, url in enumerate(body.get(limits["field"], ())):
                param = f"{limits['field']}[{number}]"
                path = self._hosted(url)
                if path is None:
                    continue
                try:
                    facts = self._examine(path)
                except MediaError as error:
                    raise Refusal(400, "invalid_parameters", f"{param}: {error}", param) from error
                for problem in broken(limits, facts):
                    raise Refusal(400, "invalid_parameters", f"{param}: {problem}", param)
                found.setdefault(limits["kind"], []).append(facts)
                together += facts.seconds or 0
            if "seconds_together" in limits and together > limits["seconds_together"]:
                message = f"{limits['field']}: {together:g} s together; expected at most {limits['seconds_together']} s"
                raise Refusal(400, "invalid_parameters", message, limits["field"])
        return found


def broken(limits: Mapping[str, Any], facts: Facts) -> list[str]:
    """What a medium breaks of its kind's limits, each as a sentence."""
    problems: list[str] = []
    if facts.format not in limits["formats"]:
        problems.append(f"found {facts.format}; expected {' or '.join(limits['formats'])}")
    if facts.bytes > limits["bytes"]:
        problems.append(f"found {facts.bytes} bytes; expected at most {limits['bytes']}")
    if facts.width and facts.height:
        ratio = facts.width / facts.height
        measured = {"side": (facts.width, facts.height), "ratio": (ratio,), "pixels": (facts.width * facts.height,)}
        for name, values in measured.items():
            problems += _outside(name, values, limits.get(name))
    for name, value in (("fps", facts.fps), ("seconds", facts.seconds)):
        if value is not None:
            problems += _outside(name, (value,), limits.get(name))
    return problems


def _outside(name: str, values: Sequence[float], bounds: Sequence[float] | None) -> list[str]:
    if bounds is None or all(bounds[0] <= value <= bounds[1] for value in values):
        return []
    shown = " x ".join(f"{value:g}" for value in values)
    return [f"{name} is {shown}; expected {bounds[0]:g} to {bounds[1]:g}"]


def private_host(url: str) -> bool:
    """Whether a URL names a private, loopback or otherwise unroutable host, in any of the ways to write one."""
    try:
        host = (urlsplit(url).hostname or "").rstrip(".").lower()
    except ValueError:
        return True
    if not host or any(host == name or host.endswith(f".{name}") for name in _PRIVATE_NAMES):
        return True
    try:
        address: ipaddress.IPv4Address | ipaddress.IPv6Address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        try:
            address = ipaddress.IPv4Address(socket.inet_aton(host))  # 127.1, 0x7f000001, 2130706433
        except OSError:
            return False
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return not address.is_global or address.is_multicast


def _loopback(url: object) -> bool:
    if not isinstance(url, str) or len(url) > 2048:
        return False
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme == "http" and parts.hostname == "127.0.0.1"


def _unrepeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a field is given twice")
    return found


def _finite(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise ValueError(f"{text} is no number")
    return value


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")
