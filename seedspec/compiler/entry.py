"""One request of the matrix: its address, what it asks for, and the manifest that is its identity."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import orjson

from seedspec.compiler.catalog import Kind
from seedspec.compiler.price import Cost
from seedspec.text.source import Span

Labels = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a field's value came from: the layer's name and the place; no place for the model's own default."""

    layer: str
    span: Span | None


@dataclass(frozen=True, slots=True)
class Medium:
    """A reference as a request uses it: the item `index` of the list `field`.

    `key` is its URL, the sha256 of a local file's bytes, or the fingerprint of the upstream entry; `where` is the
    URL, the file's path, or the upstream's address. `seconds` is None where the length is not known.
    """

    name: str
    kind: Kind
    field: str
    index: int
    source: Literal["url", "file", "shot"]
    key: str
    where: str
    seconds: float | None
    span: Span


@dataclass(frozen=True, slots=True)
class Entry:
    """One video to buy.

    `request` is the body with `sha256:…` for a local file and `entry:…` for an upstream video; `manifest` is the
    canonical JSON that `fingerprint` is the sha256 of. `file` is the name its video is saved under.
    """

    address: str
    shot: str
    labels: Labels
    take: int
    fingerprint: str
    manifest: bytes
    request: Mapping[str, Any]
    media: tuple[Medium, ...]
    cost: Cost
    file: str
    tags: tuple[str, ...]
    origins: Mapping[str, Origin]

    @property
    def upstream(self) -> tuple[Medium, ...]:
        """The videos of other entries that this one needs first."""
        return tuple(m for m in self.media if m.source == "shot")


def address_of(shot: str, labels: Labels, take: int) -> str:
    """`shot@axis=label,axis=label/take`; no `@…` where there is no axis."""
    return f"{shot}{labels_of(labels)}/{take}"


def labels_of(labels: Labels) -> str:
    return "@" + ",".join(f"{axis}={label}" for axis, label in labels) if labels else ""


def file_of(shot: str, labels: Labels, take: int) -> str:
    """The address as a file name that every file system takes."""
    return f"{shot}{labels_of(labels)}_take{take}.mp4".replace(":", "x")


def matches(prefix: str, address: str) -> bool:
    """Whether an address is meant by a prefix of it: the whole, or one that ends where `@`, `,` or `/` begins."""
    return address.startswith(prefix) and (len(prefix) == len(address) or address[len(prefix)] in "@,/")


def find(prefix: str, addresses: Mapping[str, Entry]) -> list[Entry]:
    """The entries that an address or a prefix of one names; a whole match wins over prefixes."""
    if prefix in addresses:
        return [addresses[prefix]]
    return [entry for address, entry in addresses.items() if matches(prefix, address)]


def canonical(value: Any) -> bytes:
    """RFC 8785 canonical JSON for what a manifest may hold: text, whole numbers, booleans, lists and mappings.

    Raises TypeError for text with a lone surrogate and for whole numbers of more than 64 bits.
    """
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def body_of(entry: Entry, urls: Mapping[str, str]) -> bytes:
    """The body as it is sent, with the address of each file and upstream video by its key; KeyError without one."""
    request = dict(entry.request)
    for medium in entry.media:
        if medium.source != "url":
            request[medium.field] = list(request[medium.field])
            request[medium.field][medium.index] = urls[medium.key]
    return canonical(request)
