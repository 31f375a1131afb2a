"""What providers and models there are, as values built from the files in schemas/."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any, Literal

from seedspec.catalog.price import Cost, Price, Rate, Seconds, estimate, rate_of, reference_seconds
from seedspec.catalog.schema import Schema, shorten
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

    def video_seconds(self, lengths: Iterable[float | None]) -> Seconds | None:
        """The least and the most that reference videos last together, as far as their lengths are known."""
        rule = self.media.get("video")
        return reference_seconds(lengths, rule.seconds, rule.seconds_together) if rule is not None else None


def price_of(model: Model) -> Price:
    """The prices of a model's requests, each worked out once."""

    @cache
    def price(quality: str, duration: int, lengths: tuple[float | None, ...]) -> Cost:
        videos = model.video_seconds(lengths)
        return estimate(model.rate, quality=quality, duration=duration, videos=videos)

    return price


@valueclass(frozen=True, slots=True)
class Provider:
    """A service: where it is, how it is asked, what its answers mean. `document` is its whole file."""

    id: str
    document: Mapping[str, Any]


@valueclass(frozen=True, slots=True)
class Catalog:
    """The models by id, and the schema of the storyboard format. `broken` says of other models why they are not used.

    The key there is the model's id, or the path of a file that has none.
    """

    models: Mapping[str, Model]
    storyboard: Schema
    broken: Mapping[str, str]


def catalog_of(documents: Mapping[str, Any]) -> Catalog:
    """The catalog from the files' contents by their path below schemas/. A file that is not as it must be is named in
    `broken`, and the models of all others can be used."""
    models: dict[str, Model] = {}
    broken: dict[str, str] = {}
    form = _form_of(documents["meta/model.json"])
    for path in sorted(documents):
        folder, _, name = path.rpartition("/")
        if not folder or folder == "meta" or name in ("provider.json", "prices.json"):
            continue
        found = _read_model(path, documents, form)
        if isinstance(found, Model) and found.id not in models:
            models[found.id] = found
            continue
        why = f"`{path}`: another file has this model already" if isinstance(found, Model) else f"`{path}`: {found}"
        broken[_id_of(documents[path]) or path] = why
    return Catalog(models, Schema(documents["storyboard.json"]), broken)


def _form_of(meta: Mapping[str, Any]) -> Schema:
    """What a model file must have. That it is a JSON Schema is told when it is made one, at a tenth of the time."""
    return Schema({k: v for k, v in meta.items() if k != "allOf"})


def _read_model(path: str, documents: Mapping[str, Any], form: Schema) -> Model | str:
    """A model, or what is wrong with its file."""
    folder, document = path.rpartition("/")[0], documents[path]
    if not form.is_valid(document):
        first = form.violations(document)[0]
        where = "/".join(map(str, first.path))
        return f"{first.message}, at `{where}`" if where else first.message
    provider, prices = documents.get(f"{folder}/provider.json"), documents.get(f"{folder}/prices.json")
    if not isinstance(provider, Mapping) or not isinstance(prices, Mapping):
        return "beside it `provider.json` or `prices.json` is missing"
    model = document["x-seedspec"]["model"]
    try:
        rate = rate_of(prices, model)
    except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError):
        return f"`prices.json` beside it has no price of `{model}`, or not in the form of the others"
    try:
        return _model(document, Provider(str(provider.get("id")), provider), rate)
    except (KeyError, TypeError, ValueError) as error:
        return shorten(str(error), 200)


def _id_of(document: Any) -> str:
    own = document.get("x-seedspec") if isinstance(document, Mapping) else None
    found = own.get("model") if isinstance(own, Mapping) else None
    return found if isinstance(found, str) else ""


def _model(document: Mapping[str, Any], provider: Provider, rate: Rate) -> Model:
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
        rate=rate,
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
