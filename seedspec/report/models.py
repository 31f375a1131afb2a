"""What models there are, as text and as JSON: fields, media limits, output sizes and dated prices, from their files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from seedspec.catalog.expression import NoValue
from seedspec.catalog.model import Model
from seedspec.catalog.price import Asked, Rate, charge
from seedspec.catalog.slot import KINDS, Slot
from seedspec.report.money import say_prices
from seedspec.report.plan import as_yaml
from seedspec.report.table import columns

_TYPES = {"string": "text", "integer": "whole number", "boolean": "true or false", "array": "list"}


def as_text(model: Model) -> list[str]:
    """One model as tables."""
    document = model.schema.document
    fields = [("field", "type", "range", "default"), *(_field(n, document["properties"][n]) for n in model.fields)]
    prompt = ("prompt", "text", f"advised: {model.chinese_characters} Chinese characters or "
              f"{model.english_words:,} English words", "")  # fmt: skip
    fields.insert(1, prompt)
    rules = [(rule, document["properties"][rule.field].get("maxItems")) for rule in _rules(model)]
    media: list[tuple[str, ...]] = [
        ("media", "most", "formats", "bytes", "sides", "ratio", "pixels", "fps", "seconds", "together")
    ]
    media += [_medium(rule, most) for rule, most in rules]
    ratios = list(next(iter(model.pixels.values())))
    sizes = [("output", *ratios)]
    sizes += [(q, *(_size(table.get(r)) for r in ratios)) for q, table in model.pixels.items()]
    return [
        f"{model.id}  ({model.provider.document['title']})",
        "",
        *columns(fields),
        "",
        *columns(media),
        *(f"{rule.kind}: {document['properties'][rule.field]['description']}" for rule, _ in rules),
        f"the whole request at most {model.body_bytes / 1e6:g} MB, no Base64",
        "",
        *columns(sizes),
        f"{model.fps} frames per second; a ratio of `adaptive` is chosen by the service",
        "",
        *_prices(model),
    ]


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


def _medium(rule: Slot, most: int | None) -> tuple[str, ...]:
    spans = (rule.side, rule.ratio, rule.pixels, rule.fps, rule.seconds)
    shown = [f"{s[0]:,}–{s[1]:,}" if s else "-" for s in spans]
    size = f"{rule.bytes / 1e6:g} MB" if rule.bytes else "-"
    together = f"{rule.seconds_together:g} s" if rule.seconds_together else "-"
    return rule.kind, f"{most}" if most else "-", " ".join(rule.formats), size, *shown, together


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
