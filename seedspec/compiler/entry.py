"""One request of the matrix: its address, what it asks for, and the manifest that is its identity."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

import orjson

from seedspec.catalog.model import Model
from seedspec.catalog.price import Cost
from seedspec.catalog.slot import Kind
from seedspec.catalog.template import render
from seedspec.compiler.address import Address, Labels, variant_of
from seedspec.text import later
from seedspec.text.source import Span
from seedspec.text.value import brief, valueclass

MODEL = "model"
"""The request field that says which model makes the video; it has a place of its own in the body."""

Cells = Mapping[str, Mapping[str, Mapping[str, str | None]]]
"""What stands in the columns of axes, by axis, label and column."""


class Origin(NamedTuple):
    """Where a field's value came from: the layer's name and the place; no place for the model's own default."""

    layer: str
    span: Span | None


@valueclass(frozen=True, slots=True)
class Medium:
    """A reference as a request uses it: the item `index` of the list `field`, or its one address where `index` is None.

    `key` is its URL without a signature, the sha256 of a local file's bytes, or the fingerprint of the upstream entry;
    `where` is that URL, the file's path, or the upstream's address. `seconds` is None where the length is not known.
    Of an upstream that waits for a pick, `key` is `pick:` and its variant, and `where` the variant.
    `slot` is the model's place for it. `frame` is set where a picture of an upstream's video is what is sent: `first`,
    `last`, or milliseconds.
    """

    name: str
    kind: Kind
    field: str
    index: int | None
    source: Literal["url", "file", "shot"]
    key: str
    where: str
    seconds: float | None
    span: Span
    frame: str = ""
    slot: str = ""

    @property
    def number(self) -> int:
        """Which medium of its slot it is, as a prompt counts: the first is 1."""
        return (self.index or 0) + 1

    @property
    def place(self) -> str:
        """Where it stands in the request, for people: `image_urls[0]`."""
        return self.field if self.index is None else f"{self.field}[{self.index}]"

    @property
    def item(self) -> str:
        """What its address is known by: its key, or for a picture of a video what the manifest has."""
        return identity_of(self.key, self.frame) if self.frame else self.key


class RequestBase(NamedTuple):
    """What entries of a shot share: everything of their requests but the prompt.

    `fields` are those of the request after its prompt, in order. `around` is the canonical JSON of the manifest before
    and behind its prompt, up to the take. `cells` has, by axis, label and column, what the values of axes hold: a text
    that is a label, or None for any other value. `tables` are the axes that are tables. `strategy` is the one that
    chose their rows, "" for none; it is no part of what is sent. `said` is what the request says by the storyboard's
    own words (`duration`, `quality`), whatever its model calls them; of what is not known it has nothing. `left_out`
    are the fields of `defaults` that the model lacks. `upstream` are those of `media` that are videos of other entries.
    """

    shot: str
    axes: tuple[str, ...]
    tags: tuple[str, ...]
    model: Model
    fields: Mapping[str, Any]
    media: tuple[Medium, ...]
    cost: Cost
    origins: Mapping[str, Origin]
    around: tuple[bytes, bytes]
    waits: tuple[str, ...] = ()
    cells: Cells = {}  # noqa: RUF012 -- nobody changes it
    tables: tuple[str, ...] = ()
    strategy: str = ""
    said: Mapping[str, Any] = {}
    left_out: tuple[str, ...] = ()
    upstream: tuple[Medium, ...] = ()

    def __repr__(self) -> str:
        return brief(self)

    def manifest(self, prompt: bytes, take: int) -> bytes:
        """The manifest of a prompt's canonical JSON and a take."""
        head, tail = self.around
        return b"%b%b%b%d}" % (head, prompt, tail, take)


class Entry(NamedTuple):
    """One video to buy.

    `row` has its label for each axis of its shot; `fingerprint` is the sha256 of `manifest`. `pieces` are what its
    prompt is made of: a pattern, which the entries of a shot share, and what stands in its places; or the prompt alone.

    `waits` are the variants (`shot@axis=label,…`) of which a take has to be picked before it is known what is asked
    for: its own, and those that its upstream entries wait for. Such an entry has no fingerprint yet: `fingerprint`
    is that of a manifest with `pick:…` in the place of a video, which tells equal requests from others inside one
    compile, is bought under never and shown to nobody.
    """

    address: str
    row: tuple[str, ...]
    take: int
    pieces: tuple[Any, ...]
    fingerprint: str
    base: RequestBase

    def __repr__(self) -> str:
        return f"Entry({self.address!r}, {self.fingerprint[:12]}…)"

    @property
    def prompt(self) -> str:
        pattern, *places = self.pieces
        prompt: str = (pattern % tuple(places)).rstrip("\r\n") if places else pattern
        return prompt

    @property
    def shot(self) -> str:
        return self.base.shot

    @property
    def model(self) -> Model:
        """The model that makes the video."""
        return self.base.model

    @property
    def labels(self) -> Labels:
        return tuple(zip(self.base.axes, self.row, strict=True))

    @property
    def columns(self) -> Labels:
        """The columns of its axes, as `axis.column`, with what this row has in each; what is no label is left out."""
        cells = self.base.cells
        return tuple(
            (f"{axis}.{column}", text)
            for axis, label in self.labels
            for column, text in cells.get(axis, {}).get(label, {}).items()
            if text is not None
        )

    def value_of(self, name: str) -> str | None:
        """Its label on an axis, or what it has in `axis.column`; None where it has neither.

        Without an axis of that name `model` is the id of its model.
        """
        axis, dot, column = name.partition(".")
        label = next((own for known, own in self.labels if known == axis), None)
        if label is None and name == MODEL:
            return self.model.id
        if not dot or label is None:
            return label
        return self.base.cells.get(axis, {}).get(label, {}).get(column)

    @property
    def variant(self) -> str:
        """The address without its take."""
        return variant_of(self.shot, self.labels)

    @property
    def request(self) -> Mapping[str, Any]:
        """The body, with `sha256:…` for a local file, `entry:…` for an upstream video, `frame:…` for its picture."""
        return {"model": self.base.model.id, "prompt": self.prompt, **self.base.fields}

    def says(self, word: str) -> Any:
        """What is asked for by one of the storyboard's own words, such as `duration`; None where nothing says it."""
        return self.base.said.get(word)

    @property
    def manifest(self) -> bytes:
        """The canonical JSON of everything that tells this purchase from others."""
        return self.base.manifest(canonical(self.prompt), self.take)

    @property
    def file(self) -> str:
        """The name that its video is saved under."""
        return Address(self.shot, self.labels, self.take).file

    @property
    def media(self) -> tuple[Medium, ...]:
        return self.base.media

    @property
    def upstream(self) -> tuple[Medium, ...]:
        """The videos of other entries that this one needs first, whole or for a picture of them."""
        return self.base.upstream

    @property
    def cost(self) -> Cost:
        return self.base.cost

    @property
    def tags(self) -> tuple[str, ...]:
        return self.base.tags

    @property
    def origins(self) -> Mapping[str, Origin]:
        return self.base.origins

    @property
    def waits(self) -> tuple[str, ...]:
        return self.base.waits


_UPSTREAM = later.pattern(r"(?:frame:(first|last|[0-9]+):)?entry:([0-9a-f]{64})")


def identity_of(fingerprint: str, frame: str = "") -> str:
    """What the video of an entry, or a picture of it, is in the manifest of what continues it."""
    return f"frame:{frame}:entry:{fingerprint}" if frame else f"entry:{fingerprint}"


def upstream_in(identity: object) -> tuple[str, str] | None:
    """The fingerprint and the picture ("" for the whole video) in such an identity; None for anything else."""
    found = _UPSTREAM.fullmatch(identity) if isinstance(identity, str) else None
    return None if found is None else (found[2], found[1] or "")


def frame_words(frame: str) -> str:
    """Which picture of a video is meant, for people: `last frame`, `frame at 1.5 s`."""
    return f"{frame} frame" if frame in ("first", "last") else f"frame at {int(frame) / 1000:g} s"


def canonical(value: Any) -> bytes:
    """RFC 8785 canonical JSON for what a manifest may hold: text, whole numbers, booleans, lists and mappings.

    Raises TypeError for text with a lone surrogate and for whole numbers of more than 64 bits.
    """
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def around(provider: str, identity: Mapping[str, Any]) -> tuple[bytes, bytes]:
    """The canonical JSON of a manifest before and behind its prompt; the take and a brace are all that is missing.

    `identity` is the request as it is identified, without its prompt. Keys sort by their bytes as by their characters.
    """
    before = canonical({k: v for k, v in identity.items() if k < "prompt"})[1:-1]
    behind = canonical({k: v for k, v in identity.items() if k > "prompt"})[1:-1]
    head = b'{"model":%b,"provider":%b,"request":{' % (canonical(identity["model"]), canonical(provider))
    return (
        b'%b%b"prompt":' % (head, before + b"," if before else b""),
        b'%b},"take":' % (b"," + behind if behind else b""),
    )


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def body_of(entry: Entry, urls: Mapping[str, str], more: Mapping[str, Any] = {}, own: Mapping[str, str] = {}) -> bytes:
    """The body as it is sent, with the address of each file and upstream video by its `item`; KeyError without one.

    `more` are fields beside those of the request, and `own` are keys of the body itself: neither is any part of what
    is bought.
    """
    request = {**entry.request, **more}
    for medium in entry.media:
        if medium.source != "url":
            put(request, medium, urls[medium.item])
    return canonical({**render(entry.model.template, request, entry.model.called), **own})


def taken_from(request: Mapping[str, Any], medium: Medium) -> Any:
    """What stands in a request in the place of a medium."""
    found = request[medium.field]
    return found if medium.index is None else found[medium.index]


def put(request: dict[str, Any], medium: Medium, url: str) -> None:
    """Puts the address of a medium in its place; a list is made anew."""
    if medium.index is None:
        request[medium.field] = url
        return
    request[medium.field] = list(request[medium.field])
    request[medium.field][medium.index] = url
