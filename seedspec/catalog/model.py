"""What providers and models there are, as values built from the files in schemas/."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from typing import Any

from seedspec.catalog.field_rules import extend_schema, own_rules
from seedspec.catalog.field_words import WORDS, FieldWords, words_of
from seedspec.catalog.price import Asked, Cost, Price, Rate, Seconds, estimate, reference_seconds
from seedspec.catalog.price_file import PriceBook, layer_prices, price_book, price_faults, with_beside
from seedspec.catalog.schema import Schema, Violation, shorten
from seedspec.catalog.slot import KINDS, Kind, Slot, slots_of
from seedspec.catalog.template import fields_of
from seedspec.catalog.user_files import NONE, PRICES, PROVIDER, FileFault, UserFiles, fault_in, id_of
from seedspec.text.node import Path
from seedspec.text.value import valueclass


@valueclass(frozen=True, slots=True)
class Dates:
    """The days of a model, as `2026-10-01`; "" where the vendor names none.

    A file holds `since` the first of them, `until` the last on which the model can be bought; it is `retired` from the
    third on.
    """

    since: str = ""
    until: str = ""
    retired: str = ""

    def end(self) -> str:
        """The first day on which nothing can be bought any more; "" where none is known."""
        after = str(date.fromisoformat(self.until) + timedelta(days=1)) if self.until else ""
        return min((day for day in (after, self.retired) if day), default="")

    def are_over(self, today: str) -> bool:
        """Whether nothing can be bought any more on a day; without a day ("") nothing is judged."""
        end = self.end()
        return bool(today and end) and end <= today


@valueclass(frozen=True, slots=True)
class Model:
    """A model: the schema of its request body and the rules that JSON Schema cannot say.

    `fields` are the request fields that a storyboard may set, with their defaults in `defaults`; `means` says which of
    them the storyboard's own words are. `volatile` ones are sent but are no part of a request's identity. `slots` are
    the places for media by name, and `media` has of each kind the one for what names no slot.
    `pixels[quality][aspect_ratio]` is the output size, empty where the vendor does not promise one, and `fps` 0.

    `family` are models to be compared with each other. `called` is the name by which requests tell the service this
    one, and `aka` are further ones by which it calls it.
    """

    id: str
    provider: Provider
    schema: Schema
    fields: tuple[str, ...]
    defaults: Mapping[str, Any]
    means: FieldWords
    volatile: frozenset[str]
    slots: Mapping[str, Slot]
    media: Mapping[Kind, Slot]
    body_bytes: int
    chinese_characters: int
    english_words: int
    pixels: Mapping[str, Mapping[str, tuple[int, int]]]
    fps: float
    rate: Rate
    source: str
    family: str = ""
    aka: frozenset[str] = frozenset()
    called: str = ""
    dates: Dates = Dates()

    def read(self, request: Mapping[str, Any], word: str) -> Any:
        """What a request says by one of the storyboard's own words; None where nothing is known of it."""
        return self.means.read(request, word)

    def said(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """All that a request says by these words."""
        found = {word: self.means.read(request, word) for word in WORDS if word in self.means}
        return {word: value for word, value in found.items() if value is not None}

    @property
    def qualities(self) -> tuple[str, ...]:
        """The qualities that can be asked for, in the storyboard's own words; none where there is nothing to choose."""
        field = self.means.field("quality")
        found = self.schema.document["properties"].get(field, {}).get("enum", ())
        return tuple(str(self.means.read({field: value}, "quality")) for value in found)

    def is_called(self, name: str) -> bool:
        """Whether the service may mean this model by a name."""
        return name in (self.id, self.called) or name in self.aka

    @property
    def template(self) -> Any:
        """What the bodies of its requests are made by."""
        return self.provider.document["calls"]["create"]["body"]

    @property
    def single_fields(self) -> frozenset[str]:
        """The fields that hold one address."""
        return frozenset(slot.field for slot in self.slots.values() if slot.single)

    def video_seconds(self, lengths: Iterable[float | None]) -> Seconds | None:
        """The least and the most that reference videos last together, as far as their lengths are known."""
        rule = self.media.get("video")
        return reference_seconds(lengths, rule.seconds, rule.seconds_together) if rule is not None else None


NO_ADVICE = 1_000_000
"""The length of a prompt where the vendor advises none: more than any body holds."""


def price_of(model: Model) -> Price:
    """The prices of a model's requests, each worked out once for what they depend on."""
    read = model.rate.reads

    @cache
    def price(asked: Asked, lengths: tuple[float | None, ...]) -> Cost:
        return estimate(model.rate, asked, model.video_seconds(lengths))

    return lambda asked, lengths: price(asked.only(read), lengths)


LAST_DAY = "9999-12-31"
"""The day for whom the newest prices are in force, and nothing is retired."""


@valueclass(frozen=True, slots=True)
class Provider:
    """A service: where it is, how it is asked, what its answers mean. `document` is its whole file."""

    id: str
    document: Mapping[str, Any]


@valueclass(frozen=True, slots=True)
class Catalog:
    """The models by id, and the schema of the storyboard format. `broken` says of other models why they are not used.

    The key there is the model's id, or the path of a file that has none. `prices` are those of each provider.
    `today` is the day by which it is judged what can still be bought; "" judges nothing.
    """

    models: Mapping[str, Model]
    storyboard: Schema
    broken: Mapping[str, str]
    prices: Mapping[str, PriceBook]
    today: str = ""
    files: UserFiles = NONE
    """What users' own files give, and what is wrong with them."""

    def why_broken(self, name: str) -> str:
        """Why the file of a model, or a file by its path, cannot be used; "" where it can, or there is none."""
        model = self.models.get(name)
        return model.schema.fault if model is not None else self.broken.get(name, "")

    def siblings(self, model: Model) -> tuple[str, ...]:
        """Models of the same family that can be bought today, those nearest in name first."""
        same = [m for m in self.models.values() if m.id != model.id and m.family and m.family == model.family]
        fit = [m for m in same if not m.dates.are_over(self.today)]
        return tuple(m.id for m in sorted(fit, key=lambda m: (m.slots.keys() != model.slots.keys(), m.id)))

    @property
    def usual(self) -> Model | None:
        """The model to judge by where none can be told: the one that the format's own examples name."""
        examples = self.storyboard.document["properties"]["model"]["examples"]
        return self.models.get(examples[0]) or next(iter(self.models.values()), None)

    def storyboard_for(self, text: str) -> Schema:
        """The schema of a storyboard's text: a model that it names lends the names of its own fields."""
        known = self.storyboard.document["$defs"]["shot"]["properties"]
        named = [m for m in self.models.values() if not m.means.names.keys() <= known.keys() and m.id in text]
        rules = {k: r for m in named for k, r in own_rules(m.schema.document).items() if k not in known}
        return Schema(extend_schema(self.storyboard.document, rules)) if rules else self.storyboard

    @property
    def field_names(self) -> frozenset[str]:
        """Every name of a request field that a storyboard for one of the models may use."""
        return frozenset(WORDS).union(*[m.means.names for m in self.models.values()])


def catalog_of(
    documents: Mapping[str, Any],
    day: str = LAST_DAY,
    own: Mapping[str, tuple[str, Any]] | None = None,
    files: UserFiles = NONE,
) -> Catalog:
    """The catalog from the files' contents by their path below schemas/, with the prices that are in force on a day.

    `own` are the user's own price files by provider, each with its path, and `files` users' other files. A file that
    is not as it must be is named in `broken`, and the models of all others can be used. One without a known price has
    a rate that says so.
    """
    models: dict[str, Model] = {}
    broken: dict[str, str] = {}
    form = form_of(documents["meta/model.json"])
    books, left = _books_of(documents, own or {}, files)
    own_files = {file.shown: file for file in files.models}
    for path, folder, document in _model_files(documents, files):
        provider = files.providers.get(folder, documents.get(f"{folder}/{PROVIDER}"))
        found = _read_model(document, provider, form, books.get(folder), day)
        if isinstance(found, Model) and found.id not in models:
            models[found.id] = found
            continue
        why = "another file has this model already" if isinstance(found, Model) else str(found)
        broken[id_of(document) or path] = f"`{path}`: {why}"
        if isinstance(found, Violation) and path in own_files:
            left.append(fault_in(own_files[path], found, models=(id_of(document),)))
    for fault in files.faults:
        broken |= {name: str(fault) for name in (fault.models or (fault.shown,)) if name not in models}
    known = {name: book for name, book in books.items() if isinstance(book, PriceBook)}
    today = "" if day == LAST_DAY else day
    faults = (*files.faults, *left)
    return Catalog(models, Schema(documents["storyboard.json"]), broken, known, today, replace(files, faults=faults))


def _model_files(documents: Mapping[str, Any], files: UserFiles) -> Iterator[tuple[str, str, Any]]:
    """Each model file: its path, the folder of its provider, its content; those that ship first."""
    for path in sorted(documents):
        folder, _, name = path.rpartition("/")
        if folder and folder != "meta" and name not in (PROVIDER, PRICES):
            yield path, folder, documents[path]
    yield from ((file.shown, file.folder, file.document) for file in files.models)


def _books_of(
    documents: Mapping[str, Any], own: Mapping[str, tuple[str, Any]], files: UserFiles
) -> tuple[dict[str, PriceBook | str], list[FileFault]]:
    """The prices of each provider, by its folder; a sentence where its file cannot be used; and what is left out."""
    form, books, left = Schema(documents["meta/prices.json"]), dict[str, PriceBook | str](), list[FileFault]()
    for path in documents:
        folder, _, name = path.rpartition("/")
        if name == PRICES and folder and folder != "meta":
            book = price_book(path, documents[path], form)
            if isinstance(book, PriceBook) and folder in own:
                book = layer_prices(book, *own[folder], form)
            books[folder] = book
    for folder in files.providers:
        if folder in own:
            books[folder] = _of(folder, price_book(*own[folder], form))
    for folder, file in files.prices.items():
        known = books.get(folder)
        if isinstance(known, str):
            continue
        book, why = with_beside(known, file.shown, file.document, form)
        books[folder] = _of(folder, book)
        wrong = [fault_in(file, v) for v in price_faults(file.document, form)]
        left += wrong or [FileFault(file.shown, one.removeprefix(f"`{file.shown}`: "), beside=True) for one in why]
    return books, left


def _of(folder: str, book: PriceBook | str) -> PriceBook | str:
    other = isinstance(book, PriceBook) and book.provider != folder
    return "its `prices.json` is of another provider" if other else book


def form_of(meta: Mapping[str, Any]) -> Schema:
    """What a model file must have. That it is a JSON Schema is told when it is made one, at a tenth of the time."""
    return Schema({k: v for k, v in meta.items() if k != "allOf"})


def _read_model(
    document: Any, provider: Any, form: Schema, book: PriceBook | str | None, day: str
) -> Model | Violation:
    """A model, or the first thing that is wrong with its file."""
    if (wrong := next(model_faults(document, provider, form), None)) is not None:
        return wrong
    if not isinstance(provider, Mapping) or book is None:
        return _fault((), "beside it `provider.json` or `prices.json` is missing")
    if isinstance(book, str):
        return _fault((), f"its prices cannot be used: {book}")
    rate = book.rate(document["x-seedspec"]["model"], day)
    try:
        return _model(document, Provider(str(provider.get("id")), provider), rate)
    except (KeyError, TypeError, ValueError) as error:
        return _fault((), shorten(str(error), 200))


def model_faults(document: Any, provider: Any, form: Schema) -> Iterator[Violation]:
    """What is wrong with a model file by its meta schema, and which fields the provider's requests would not hold."""
    if not form.is_valid(document):
        yield from form.violations(document)
        return
    body = provider.get("calls", {}).get("create", {}).get("body") if isinstance(provider, Mapping) else None
    if body is None or body == {"$flat": True}:
        return
    sent = {"model", *fields_of(body)}
    for name in document["properties"]:
        if name not in sent:
            what = f'no part of the body of `create` in `{PROVIDER}` sends it; expected `{{"$get": "{name}"}}` there'
            yield _fault(("properties", name), what)


def _fault(place: Path, what: str) -> Violation:
    return Violation(place, "model-file", what)


def _model(document: Mapping[str, Any], provider: Provider, rate: Rate) -> Model:
    own, properties = document["x-seedspec"], document["properties"]
    slots = slots_of(own["slots"], properties)
    taken = {"model", own["prompt"]["field"], *(slot.field for slot in slots.values())}
    fields = {k: v for k, v in properties.items() if k not in taken}
    schema, output, dates = Schema(document), own.get("output", {}), own.get("dates", {})
    return Model(
        id=own["model"],
        provider=provider,
        schema=schema,
        fields=tuple(fields),
        defaults={k: v["default"] for k, v in fields.items() if "default" in v},
        means=words_of(own["means"], fields),
        volatile=frozenset(own["volatile"]),
        slots=slots,
        media={kind: found[0] for kind in KINDS if (found := [s for s in slots.values() if s.kind == kind])},
        body_bytes=own["body_bytes"],
        chinese_characters=own["prompt"].get("chinese_characters", NO_ADVICE),
        english_words=own["prompt"].get("english_words", NO_ADVICE),
        pixels={q: {r: (w, h) for r, (w, h) in t.items()} for q, t in output.get("pixels", {}).items()},
        fps=output.get("fps", 0),
        rate=rate,
        source=own["source"],
        family=own.get("family", ""),
        aka=frozenset(own.get("aka", ())),
        called=own.get("called", own["model"]),
        dates=_dates(dates),
    )


def _dates(given: Mapping[str, str]) -> Dates:
    """ValueError for what is no day."""
    for day in given.values():
        date.fromisoformat(day)
    return Dates(given.get("from", ""), given.get("until", ""), given.get("retired", ""))
