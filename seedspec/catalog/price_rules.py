"""A vendor's public document of price rules, in the form `evolink-rules-2`, becomes rows of our own price file.

The vendor's expressions are as ours, with names of its own. What has no counterpart here is not guessed at: its model
is left as it was, and the reason is said.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

from seedspec.catalog.expression import OPERATIONS, VARIABLES, BadExpression, number_of, parse, plain
from seedspec.catalog.price import UNITS
from seedspec.catalog.price_file import is_small

FORM = "evolink-rules-2"
_NAMES = {
    "duration_seconds": "seconds",
    "quality": "quality",
    "aspect_ratio": "ratio",
    "generate_audio": "sound",
    "input_seconds": "input_video_seconds",
    "image_count": "input_images",
}
"""The vendor's variables, and ours."""
_AFTERWARDS = {"search_count"}
"""Variables that are counted while the video is made: no estimate can have the parts that depend on them."""
_SAME = frozenset(OPERATIONS)


class NotUnderstood(ValueError):
    """A document, or the rules of one model, that are not in the known form; the message says where and why."""


def rows_of(document: Any, models: Iterable[str], day: str, per_usd: Fraction) -> tuple[dict[str, Any], dict[str, str]]:
    """A row of each of these models, in force from a day on; and why others have none. Raises NotUnderstood."""
    known = _models_of(document)
    rows, why = {}, {}
    for model in models:
        if model not in known:
            why[model] = "the document does not have it"
            continue
        try:
            rows[model] = _row(known[model], day, per_usd)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            why[model] = f"its rules are not understood: {error}"
    return rows, why


def _models_of(document: Any) -> dict[str, Any]:
    if not is_small(document) or not isinstance(document, Mapping):
        raise NotUnderstood("the document is not JSON, or too large")
    meta, models = document.get("meta"), document.get("models")
    if not isinstance(meta, Mapping) or not isinstance(models, list):
        raise NotUnderstood("expected `meta` and a list `models`")
    if meta.get("schema_version") != "2" or meta.get("price_scope") != "public_default":
        raise NotUnderstood("expected version 2 of the rules, and public prices")
    return {m["model_id"]: m for m in models if isinstance(m, Mapping) and isinstance(m.get("model_id"), str)}


def number_text(text: Any) -> Fraction:
    """A number of the document. Raises NotUnderstood."""
    try:
        return number_of(text)
    except BadExpression as error:
        raise NotUnderstood(str(error)) from None


def _row(model: Mapping[str, Any], day: str, per_usd: Fraction) -> dict[str, Any]:
    if model.get("policy_source") != "published" or model.get("pricing_status") != "available":
        raise NotUnderstood("it has no available published price")
    parts = [made for part in model["components"] if (made := _part(part, per_usd)) is not None]
    if not parts:
        raise NotUnderstood("it has no part that can be estimated")
    source = f"the vendor's public price rules of {day}; public prices, without account discounts"
    return {"from": day, "source": source, "sure": "stated", "parts": parts}


def _part(part: Mapping[str, Any], per_usd: Fraction) -> dict[str, Any] | None:
    """A part of a bill; None for one that is counted afterwards."""
    name = str(part["id"])
    if _reads(part["quantity_rule"]) & _AFTERWARDS:
        return None
    if part["pricing_status"] != "available" or part["tiers"]:
        raise NotUnderstood(f"`{name}` has tiers, or no price")
    if part["rounding"] != {"point": "per_component_subtotal", "mode": "half_up"}:
        raise NotUnderstood(f"`{name}` is rounded in another way")
    made = {
        "name": name,
        "rate": plain(_credits(part["rate"], name, per_usd)),
        "minimum": plain(_credits(part["minimum_charge"], name, per_usd)),
        "quantity": _tree(part["quantity_rule"]),
    }
    parse(made["quantity"], "number")
    if "condition" in part:
        made["when"] = _tree(part["condition"])
        parse(made["when"], "truth")
    return made


def _credits(money: Mapping[str, Any], name: str, per_usd: Fraction) -> Fraction:
    """An amount in credits, of which units and dollars must be what they are here."""
    units, credits, usd = (number_text(money[key]) for key in ("uc", "credits", "usd"))
    if units != credits * UNITS or abs(usd * per_usd * UNITS - units) > 1:
        raise NotUnderstood(f"the credits of `{name}` are of another value in units or dollars than before")
    return credits


def _reads(node: Any) -> frozenset[str]:
    if not isinstance(node, Mapping):
        return frozenset()
    own = {str(node.get("name"))} if node.get("op") == "variable" else set()
    return frozenset(own).union(*(_reads(n) for n in (*(node.get("args") or ()), node.get("key"))))


def _tree(node: Mapping[str, Any]) -> dict[str, Any]:
    op, args = node["op"], node.get("args") or []
    if op == "constant":
        return _constant(node["value"])
    if op == "variable":
        return {"var": _name(node["name"])}
    if op == "lookup":
        key = node["key"]
        if key.get("op") != "variable":
            raise NotUnderstood("a lookup by more than a variable")
        return {"lookup": _name(key["name"]), "values": dict(node["values"])}
    if op == "clamp":
        value, low, high = map(_tree, args)
        return {"op": "min", "args": [{"op": "max", "args": [value, low]}, high]}
    if (sound := _sound(node)) is not None:
        return sound
    if op not in _SAME:
        raise NotUnderstood(f"the operation `{str(op)[:40]}`")
    return {"op": op, "args": [_tree(a) for a in args]}


def _sound(node: Mapping[str, Any]) -> dict[str, Any] | None:
    """`sound` is a word, `on` or `off`, with some models; here it is true or false."""
    args = node.get("args") or []
    if node["op"] not in ("eq", "neq") or {"op": "variable", "name": "sound"} not in args or len(args) != 2:
        return None
    word = next((a.get("value") for a in args if a.get("op") == "constant"), None)
    if word not in ("on", "off"):
        raise NotUnderstood("`sound` is compared with another word than `on` or `off`")
    plainly = (word == "on") is (node["op"] == "eq")
    return {"var": "sound"} if plainly else {"op": "not", "args": [{"var": "sound"}]}


def _constant(value: Any) -> dict[str, Any]:
    try:
        number_of(value)
    except BadExpression:
        return {"word": value}
    return {"const": value}


def _name(name: str) -> str:
    if name not in _NAMES:
        raise NotUnderstood(f"the variable `{str(name)[:40]}`")
    assert _NAMES[name] in VARIABLES
    return _NAMES[name]
