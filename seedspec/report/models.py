"""What models there are, as text and as JSON: fields, media limits, output sizes and dated prices, from their files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from seedspec.catalog.expression import NoValue
from seedspec.catalog.field_words import WORDS
from seedspec.catalog.model import NO_ADVICE, Model
from seedspec.catalog.price import Asked, Rate, charge
from seedspec.catalog.slot import KINDS, Slot, plural
from seedspec.report.money import say_prices
from seedspec.report.plan import as_yaml
from seedspec.report.table import columns
from seedspec.text.diagnostic import list_words

_TYPES = {"string": "text", "integer": "whole number", "boolean": "true or false", "array": "list"}


def as_text(model: Model) -> list[str]:
    """One model as tables."""
    document = model.schema.document
    fields = [("field", "type", "range", "default"), *(_field(n, document["properties"][n]) for n in model.fields)]
    fields.insert(1, ("prompt", "text", _show_advice(model), ""))
    slots = model.slots.values()
    media: list[tuple[str, ...]] = [
        ("slot", "most", "formats", "bytes", "sides", "ratio", "pixels", "fps", "seconds", "together")
    ]
    media += [_medium(slot) for slot in slots]
    said = {s.name: s.description or document["properties"][s.field]["description"] for s in slots}
    return [
        f"{model.id}  ({model.provider.document['title']})",
        *_days(model),
        "",
        *columns(fields),
        *_meanings(model),
        "",
        *(columns(media) if media[1:] else ["it takes no references"]),
        *(f"{slot.name}: {said[slot.name]}{_ties(slot)}" for slot in slots),
        f"the whole request at most {model.body_bytes / 1e6:g} MB, no Base64",
        "",
        *_sizes(model),
        "",
        *_prices(model),
    ]


def as_list(models: Iterable[Model], today: str = "") -> list[str]:
    """All models, a line each: what each may be given, how long and how large its videos are, and until when."""
    rows = [("model", "takes", "seconds", "quality", "sound", "until")]
    for model in models:
        rules, means = model.schema.document["properties"], model.means
        length, quality = (rules.get(means.field(word), {}) for word in ("duration", "quality"))
        takes = ", ".join(_takes(slot) for slot in model.slots.values()) or "words alone"
        seconds = f"{length['minimum']} to {length['maximum']}" if {"minimum", "maximum"} <= length.keys() else "-"
        sound = "a choice" if means.field("generate_audio") else "always" if means.always("generate_audio") else "none"
        end = model.dates.end()
        until = f"retired {end}" if today and end and end <= today else end
        rows.append((model.id, takes, seconds, " ".join(map(str, quality.get("enum", ()))) or "-", sound, until))
    return columns(rows)


def _takes(slot: Slot) -> str:
    if slot.most == 1:
        return slot.name.replace("_", " ") + ("" if slot.least else " if wanted")
    return f"{slot.most or 'any'} {plural(slot.kind, slot.most or 2)}"


def _show_advice(model: Model) -> str:
    if model.english_words == NO_ADVICE:
        most = model.schema.document["properties"]["prompt"].get("maxLength")
        return f"at most {most:,} characters" if most else ""
    return f"advised: {model.chinese_characters} Chinese characters or {model.english_words:,} English words"


def _days(model: Model) -> list[str]:
    days = model.dates
    if days.end():
        return [f"nothing can be bought from it from {days.end()} on"]
    return []


def _meanings(model: Model) -> list[str]:
    """The storyboard's words that are other fields here, or none."""
    lines = []
    for word in WORDS:
        if (field := model.means.field(word)) and field != word:
            values = ", ".join(f"{k} is {v}" for k, v in model.means.values(field).items())
            lines.append(f"`{word}` in a storyboard is `{field}`" + (f": {values}" if values else ""))
        elif (always := model.means.always(word)) is not None:
            lines.append(f"`{word}` is always {as_yaml(always)}")
    return lines


def _ties(slot: Slot) -> str:
    """What a slot has to do with the prompt and with other slots, as the end of a line."""
    parts = ["needed"] if slot.least else []
    parts += [] if slot.words else [f"`as: {slot.name}` sends it, the prompt does not name it"]
    parts += [f"with {list_words(slot.needs)} only"] if slot.needs else []
    parts += [f"not with {list_words(slot.not_with)}"] if slot.not_with else []
    return f" ({'; '.join(parts)})" if parts else ""


def _sizes(model: Model) -> list[str]:
    if not model.pixels:
        return ["output sizes are not promised"]
    ratios = list(next(iter(model.pixels.values())))
    sizes = [("output", *ratios)]
    sizes += [(q, *(_size(table.get(r)) for r in ratios)) for q, table in model.pixels.items()]
    rate = f"{model.fps} frames per second; " if model.fps else ""
    return [*columns(sizes), f"{rate}a ratio of `adaptive` is chosen by the service"]


def as_json(model: Model) -> dict[str, Any]:
    """The same for programs, with the schema of each field as the model's file has it."""
    properties = model.schema.document["properties"]
    return {
        "model": model.id,
        "provider": model.provider.id,
        "fields": {name: properties[name] for name in ("prompt", *model.fields)},
        "media": {
            rule.kind: {
                "field": rule.field,
                "most": properties[rule.field].get("maxItems"),
                **{_KEYS.get(n, n): getattr(rule, n) for n in Slot.__slots__ if n in _LIMITS},
            }
            for rule in _rules(model)
        },
        "family": model.family,
        "dates": {"from": model.dates.since, "until": model.dates.until, "retired": model.dates.retired},
        "means": {
            word: {"field": field, "values": dict(model.means.values(field))}
            if (field := model.means.field(word))
            else {"always": model.means.always(word)}
            for word in WORDS
            if word in model.means
        },
        "slots": {
            slot.name: {_KEYS.get(n, n): getattr(slot, n) for n in Slot.__slots__ if n != "name"}
            for slot in model.slots.values()
        },
        "body_bytes": model.body_bytes,
        "advised": {"chinese_characters": model.chinese_characters, "english_words": model.english_words},
        "output": {"fps": model.fps, "pixels": model.pixels},
        "prices": _prices_json(model),
    }


_LIMITS = (
    "words", "formats", "extensions", "bytes", "ratio", "side", "pixels", "fps", "seconds", "seconds_together",
    "tolerances",
)  # fmt: skip
_KEYS = {"tolerances": "near"}
"""Where a model file has another key than the rule."""


def _rules(model: Model) -> Iterator[Slot]:
    return (model.media[kind] for kind in KINDS if kind in model.media)


def _field(name: str, schema: Mapping[str, Any]) -> tuple[str, str, str, str]:
    if "enum" in schema:
        kind, limits = "choice", " ".join(map(str, schema["enum"]))
    else:
        kind, limits = _TYPES[schema["type"]], ""
        if "minimum" in schema:
            limits = f"{schema['minimum']} to {schema['maximum']}"
        elif "maxLength" in schema:
            limits = f"at most {schema['maxLength']:,} characters"
    return name, kind, limits, as_yaml(schema["default"]) if "default" in schema else ""


def field_limits(model: Model, field: str) -> tuple[str, str, str]:
    """Of a request field: its type, what it may be, and its default, in words; "" for what is not stated."""
    return _field(field, model.schema.document["properties"][field])[1:]


def _medium(rule: Slot) -> tuple[str, ...]:
    spans = (rule.side, rule.ratio, rule.pixels, rule.fps, rule.seconds)
    shown = [f"{s[0]:,}–{s[1]:,}" if s else "-" for s in spans]
    size = f"{rule.bytes / 1e6:g} MB" if rule.bytes else "-"
    together = f"{rule.seconds_together:g} s" if rule.seconds_together else "-"
    return rule.name, f"{rule.most}" if rule.most else "-", " ".join(rule.formats), size, *shown, together


def _size(size: tuple[int, int] | None) -> str:
    return f"{size[0]}×{size[1]}" if size else "-"


def _prices(model: Model) -> list[str]:
    rate = model.rate
    if not rate.known:
        return [f"price: not known, so it is bought only without a budget, or with --unpriced; {rate.why}"]
    kinds = _kinds_of_second(model)
    rows = [("price of a second", *(cell for name in kinds for cell in (name or "credits", "")))]
    for quality in model.qualities or (None,):
        seconds = [price_of_second(rate, quality, kind) for kind in kinds.values()]
        rows.append((quality or "", *(cell for found in seconds for cell in _money(found, rate))))
    with_video = ["with a reference video its seconds are billed too, and never fewer than the output's"]
    return [
        *columns(rows, right=range(1, len(rows[0]), 2)),
        *(with_video if _VIDEO in kinds else []),
        f"{say_prices(rate)}, {rate.credits_per_usd} credits to the dollar; an estimate, never a promise",
        f"from {rate.source}",
    ]


_VIDEO = "with a reference video"


def _kinds_of_second(model: Model) -> dict[str, Mapping[str, Any]]:
    """What the price of a second depends on beside the quality, by name."""
    if "sound" in model.rate.reads:
        return {"with sound": {"sound": True}, "silent": {"sound": False}}
    plain: dict[str, Mapping[str, Any]] = {"": {}}
    return {**plain, _VIDEO: {"videos": 1}} if model.rate.reads & {"input_videos", "input_video_seconds"} else plain


_SECONDS = 10


def price_of_second(rate: Rate, quality: str | None, kind: Mapping[str, Any]) -> Decimal | None:
    """What each billed second of a video of ten seconds costs, in credits; None where that is not known."""
    asked = Asked(seconds=_SECONDS, quality=quality, **kind)
    billed = 2 * _SECONDS if asked.videos else _SECONDS
    try:
        return Decimal(charge(rate, asked, _SECONDS if asked.videos else 0)) / (billed * rate.units_per_credit)
    except NoValue:
        return None


def _money(credits: Decimal | None, rate: Rate) -> tuple[str, str]:
    if credits is None:
        return "-", ""
    about = "~" * (rate.sure == "guessed")
    return f"{about}{credits:.4g}", f"{about}${credits / rate.credits_per_usd:.4f}"


def _prices_json(model: Model) -> dict[str, Any]:
    """The price of a second by quality, and of what else it depends on; null where it is not known."""
    rate = model.rate
    found = {
        _WORDS_OF_JSON[name]: {
            quality or "any": None if (second := price_of_second(rate, quality, kind)) is None else float(second)
            for quality in (model.qualities or (None,))
        }
        for name, kind in (_kinds_of_second(model) if rate.known else {}).items()
    }
    return {
        "as_of": rate.as_of,
        "source": rate.source or None,
        "sure": rate.sure,
        "credits_per_usd": float(rate.credits_per_usd),
        "credits_per_second": found or None,
    }


_WORDS_OF_JSON = {"": "plain", _VIDEO: "with_video", "with sound": "with_sound", "silent": "silent"}
