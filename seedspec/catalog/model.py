"""What providers and models there are, as values built from the files in schemas/."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Literal

from seedspec.catalog.price import Cost, Price, Rate, estimate, rate_of, reference_seconds
from seedspec.catalog.schema import Schema
from seedspec.text.value import valueclass

Kind = Literal["image", "video", "audio"]
KINDS: tuple[Kind, ...] = ("image", "video", "audio")
Range = tuple[float, float]


def plural(kind: Kind, count: int = 2) -> str:
    """A kind of media as a message counts it."""
    noun = "audio clip" if kind == "audio" else kind
    return noun if count == 1 else f"{noun}s"


@valueclass(frozen=True, slots=True)
class Tolerance:
    """How far outside a limit a measured value may lie and only be warned about, and the measurement behind it."""

    below: float
    above: float
    why: str


@valueclass(frozen=True, slots=True)
class MediaRule:
    """What a model accepts as references of one kind; None where it states no limit. Sizes in bytes and seconds.

    `tolerances` are those of the limits that readers of media disagree about, by name.
    """

    kind: Kind
    field: str
    words: Mapping[str, str]
    formats: tuple[str, ...]
    extensions: tuple[str, ...]
    bytes: int | None
    ratio: Range | None
    side: Range | None
    pixels: Range | None
    fps: Range | None
    seconds: Range | None
    seconds_together: float | None
    tolerances: Mapping[str, Tolerance]


@valueclass(frozen=True, slots=True)
class Model:
    """A model: the schema of its request body and the rules that JSON Schema cannot say.

    `fields` are the request fields that a storyboard may set, with their defaults in `defaults`; `volatile` ones are
    sent but are no part of a request's identity. `pixels[quality][aspect_ratio]` is the output size.
    """

    id: str
    provider: Provider
    schema: Schema
    fields: tuple[str, ...]
    defaults: Mapping[str, Any]
    volatile: frozenset[str]
    media: Mapping[Kind, MediaRule]
    body_bytes: int
    chinese_characters: int
    english_words: int
    pixels: Mapping[str, Mapping[str, tuple[int, int]]]
    fps: int
    rate: Rate
    prompt_gate: Callable[[Any], bool] | None = None
    """Judges a prompt by itself, where the schema has no rule that ties it to other fields."""


def price_of(model: Model) -> Price:
    """The prices of a model's requests, each worked out once."""
    rule = model.media["video"]

    @cache
    def price(quality: str, duration: int, lengths: tuple[float | None, ...]) -> Cost:
        videos = reference_seconds(lengths, rule.seconds, rule.seconds_together)
        return estimate(model.rate, quality=quality, duration=duration, videos=videos)

    return price


@valueclass(frozen=True, slots=True)
class Provider:
    """A service: where it is, how it is asked, what its answers mean. `document` is its whole file."""

    id: str
    document: Mapping[str, Any]


@valueclass(frozen=True, slots=True)
class Catalog:
    """The models by id, and the schema of the storyboard format."""

    models: Mapping[str, Model]
    storyboard: Schema


def catalog_of(documents: Mapping[str, Any]) -> Catalog:
    """The catalog from the files' contents by their path below schemas/; KeyError or TypeError for a broken file."""
    models: dict[str, Model] = {}
    for path in sorted(documents):
        folder, _, name = path.rpartition("/")
        if not folder or folder == "meta" or name in ("provider.json", "prices.json"):
            continue
        provider = documents[f"{folder}/provider.json"]
        model = _model(documents[path], Provider(provider["id"], provider), documents[f"{folder}/prices.json"])
        models[model.id] = model
    return Catalog(models, Schema(documents["storyboard.json"]))


def _model(document: Mapping[str, Any], provider: Provider, prices: Mapping[str, Any]) -> Model:
    own = document["x-seedspec"]
    media = {kind: _media(kind, own["media"][kind]) for kind in KINDS if kind in own["media"]}
    taken = {"model", own["prompt"]["field"], *(rule.field for rule in media.values())}
    fields = {k: v for k, v in document["properties"].items() if k not in taken}
    schema = Schema(document)
    return Model(
        id=own["model"],
        provider=provider,
        schema=schema,
        fields=tuple(fields),
        defaults={k: v["default"] for k, v in fields.items() if "default" in v},
        volatile=frozenset(own["volatile"]),
        media=media,
        body_bytes=own["body_bytes"],
        chinese_characters=own["prompt"]["chinese_characters"],
        english_words=own["prompt"]["english_words"],
        pixels={q: {r: (w, h) for r, (w, h) in t.items()} for q, t in own["output"]["pixels"].items()},
        fps=own["output"]["fps"],
        rate=rate_of(prices, own["model"]),
        prompt_gate=schema.gate_of("prompt"),
    )


def _media(kind: Kind, rule: Mapping[str, Any]) -> MediaRule:
    def span(name: str) -> Range | None:
        return (rule[name][0], rule[name][1]) if name in rule else None

    return MediaRule(
        kind,
        rule["field"],
        rule["words"],
        tuple(rule["formats"]),
        tuple(rule["extensions"]),
        rule.get("bytes"),
        span("ratio"),
        span("side"),
        span("pixels"),
        span("fps"),
        span("seconds"),
        rule.get("seconds_together"),
        {name: Tolerance(**given) for name, given in rule.get("near", {}).items()},
    )
