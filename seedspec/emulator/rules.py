"""What the vendor's reference forbids in a create body: the schema, callback hosts, and facts of hosted media."""

from __future__ import annotations

import ipaddress
import json
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from seedspec.catalog.model import Model
from seedspec.catalog.slot import Slot
from seedspec.emulator.refusal import Refusal
from seedspec.media.facts import Facts, MediaError

_PRIVATE_NAMES = ("localhost", "local", "internal", "home.arpa")


def read_body(raw: bytes) -> dict[str, Any]:
    """The object in a request body; Refusal when it is none, or names a field twice."""
    try:
        body = json.loads(raw, object_pairs_hook=_refuse_repeats, parse_constant=_no_constant, parse_float=_finite)
        if b"\\u" in raw:  # half a pair of surrogates can be escaped, and is no character
            json.dumps(body, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise Refusal(400, "invalid_request", f"The body is not JSON: {error}") from error
    if not isinstance(body, dict):
        raise Refusal(400, "invalid_request", "The body must be a JSON object.")
    return body


class Rules:
    """The rules of one model, by its model file. `hosted` gives the file behind a URL of this emulator, None
    for a URL elsewhere, and raises Refusal for one that is its own and gone; `examine` gives the facts of a file."""

    def __init__(
        self,
        model: Model,
        *,
        hosted: Callable[[str], Path | None],
        examine: Callable[[Path], Facts],
        local_callbacks: bool,
    ) -> None:
        self._model = model
        self._callback = model.means.field("callback_url")
        self._hosted = hosted
        self._examine = examine
        self._local_callbacks = local_callbacks

    def judge(self, body: Mapping[str, Any]) -> None:
        """Refusal when a body breaks the model's schema, or fills its slots as the model does not take it."""
        judged = dict(body)
        callback = self._callback
        if self._local_callbacks and _loopback(judged.get(callback)):
            del judged[callback]
        if not self._model.schema.is_valid(judged):
            first = self._model.schema.violations(judged)[0]
            name = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in first.path).lstrip(".")
            raise Refusal(400, "invalid_request", f"{name or 'body'}: {first.message}", name or None)
        for name, value in judged.items():
            if isinstance(value, float):  # JSON Schema takes 5.0 for an integer; the service is not known to
                raise Refusal(400, "invalid_request", f"{name}: found {value}; expected a whole number", name)
        if callback in judged and private_host(judged[callback]):
            message = f"{callback}: expected a public host: private addresses are not called"
            raise Refusal(400, "invalid_request", message, callback)
        filled = {slot.name for slot, urls in self._fill_slots(body) if urls}
        for slot in (self._model.slots[name] for name in filled):
            if slot.needs and filled.isdisjoint(slot.needs):
                raise Refusal(400, "invalid_parameters", f"{slot.field}: needs {' or '.join(slot.needs)}", slot.field)
            if not filled.isdisjoint(slot.not_with):
                said = f"{slot.field}: not together with {' or '.join(slot.not_with)}"
                raise Refusal(400, "invalid_parameters", said, slot.field)

    def check_media(self, body: Mapping[str, Any]) -> dict[str, list[Facts]]:
        """The facts of the body's media that this emulator hosts, by kind; Refusal when one breaks a limit.

        Reads files; run it off the event loop.
        """
        found: dict[str, list[Facts]] = {}
        for slot, urls in self._fill_slots(body):
            together = 0.0
            for param, url in urls:
                path = self._hosted(url)
                if path is None:
                    continue
                try:
                    facts = self._examine(path)
                except MediaError as error:
                    raise Refusal(400, "invalid_parameters", f"{param}: {error}", param) from error
                for problem in broken(slot, facts):
                    raise Refusal(400, "invalid_parameters", f"{param}: {problem}", param)
                found.setdefault(slot.kind, []).append(facts)
                together += facts.seconds or 0
            if slot.seconds_together is not None and together > slot.seconds_together:
                message = f"{slot.field}: {together:g} s together; expected at most {slot.seconds_together} s"
                raise Refusal(400, "invalid_parameters", message, slot.field)
        return found

    def _fill_slots(self, body: Mapping[str, Any]) -> Iterator[tuple[Slot, list[tuple[str, str]]]]:
        """Each slot with its addresses, and the name of each; slots of one list have them in their order."""
        taken: dict[str, int] = {}
        for slot in self._model.slots.values():
            given = body.get(slot.field)
            if slot.single:
                yield slot, [] if given is None else [(slot.field, given)]
                continue
            named = [(f"{slot.field}[{number}]", url) for number, url in enumerate(given or ())]
            first = taken.get(slot.field, 0)
            shared = sum(s.field == slot.field for s in self._model.slots.values()) > 1
            own = named[first : first + slot.most] if shared and slot.most is not None else named[first:]
            taken[slot.field] = first + len(own)
            yield slot, own


def broken(slot: Slot, facts: Facts) -> list[str]:
    """What a medium breaks of its slot's limits, each as a sentence."""
    problems: list[str] = []
    if facts.format not in slot.formats:
        problems.append(f"found {facts.format}; expected {' or '.join(slot.formats)}")
    if slot.bytes is not None and facts.bytes > slot.bytes:
        problems.append(f"found {facts.bytes} bytes; expected at most {slot.bytes}")
    if facts.width and facts.height:
        problems += _outside("side", (facts.width, facts.height), slot.side)
        problems += _outside("ratio", (facts.width / facts.height,), slot.ratio)
        problems += _outside("pixels", (facts.width * facts.height,), slot.pixels)
    for name, value, bounds in (("fps", facts.fps, slot.fps), ("seconds", facts.seconds, slot.seconds)):
        if value is not None:
            problems += _outside(name, (value,), bounds)
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


def _refuse_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
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
