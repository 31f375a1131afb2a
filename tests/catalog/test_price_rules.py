"""A vendor's public rules of prices become rows of ours, or it is said what of them is not understood."""

from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from acme import with_changes

from seedspec.catalog.price_rules import NotUnderstood, number_text, rows_of

HERE = Path(__file__).parent / "expected"
Expect = Callable[[Path, str], None]
Changes = tuple[tuple[str, Any], ...]


def variable(name: str) -> Any:
    return {"op": "variable", "name": name}


def constant(value: str) -> Any:
    return {"op": "constant", "value": value}


def money(uc: str, credits: str, usd: str) -> Any:
    return {"uc": uc, "credits": credits, "usd": usd}


SECONDS = variable("duration_seconds")
PART = {
    "id": "video",
    "rate": money("135000", "13.5", "0.19852941"),
    "minimum_charge": money("0", "0", "0"),
    "pricing_status": "available",
    "quantity_rule": SECONDS,
    "rounding": {"point": "per_component_subtotal", "mode": "half_up"},
    "tiers": [],
}
RULES = {
    "meta": {"schema_version": "2", "price_scope": "public_default"},
    "models": [
        {"model_id": "one", "policy_source": "published", "pricing_status": "available", "components": [PART]},
    ],
}
QUANTITY, CONDITION = "models/0/components/0/quantity_rule", "models/0/components/0/condition"
RATE, LEAST = "models/0/components/0/rate", "models/0/components/0/minimum_charge"


def op(name: str, *args: Any) -> Any:
    return {"op": name, "args": list(args)}


def sound(compared: str, *args: Any) -> Changes:
    return ((CONDITION, op(compared, *args)),)


SOUND, SEARCHES = variable("sound"), variable("search_count")
CASES: dict[str, Changes] = {
    "as it is": (),
    "it is a list": (("", []),),
    "it is too large": (("models", [0] * 200_001),),
    "no meta": (("meta", []),),
    "models by name": (("models", {}),),
    "another version": (("meta/schema_version", "3"),),
    "prices of an account": (("meta/price_scope", "account"),),
    "models that are none": (("models", [7, {"model_id": 7}, {}]),),
    "a model that is not published": (("models/0/policy_source", "draft"),),
    "a model that is not to be had": (("models/0/pricing_status", "soon"),),
    "no part": (("models/0/components", []),),
    "no parts": (("models/0/components", None),),
    "a part of what is counted afterwards": (("models/0/components", [PART, {**PART, "quantity_rule": SEARCHES}]),),
    "only what is counted afterwards": ((QUANTITY, op("add", SECONDS, op("multiply", constant("2"), SEARCHES))),),
    "a lookup by what is counted afterwards": ((QUANTITY, {"op": "lookup", "key": SEARCHES, "values": {"1": "2"}}),),
    "a part without a price": (("models/0/components/0/pricing_status", "soon"),),
    "a part with tiers": (("models/0/components/0/tiers", [1]),),
    "another rounding": (("models/0/components/0/rounding/mode", "up"),),
    "a number that is none": ((f"{RATE}/credits", 13.5),),
    "a minimum": ((LEAST, money("250020", "25.002", "0.36767647")),),
    "units of another value": ((f"{RATE}/uc", "135001"),),
    "units of another value for the least": ((f"{LEAST}/uc", "1"),),
    **{f"the variable {name}": ((QUANTITY, op("add", variable(name), constant("1"))),) for name in
       ("duration_seconds", "input_seconds", "image_count", "quality", "other", "x" * 50)},
    **{f"a condition of {name}": ((CONDITION, op("eq", variable(name), constant(word))),) for name, word in
       (("quality", "720p"), ("aspect_ratio", "16:9"), ("generate_audio", "on"), ("duration_seconds", "5"))},
    "a condition that is one alone": ((CONDITION, variable("generate_audio")),),
    "a condition that is a number": ((CONDITION, SECONDS),),
    "a quantity that is a condition": ((QUANTITY, op("gt", SECONDS, constant("1"))),),
    "a lookup": ((QUANTITY, {"op": "lookup", "key": variable("quality"), "values": {"720p": "1", "480p": "0.5"}}),),
    "a lookup by more": ((QUANTITY, {"op": "lookup", "key": constant("1"), "values": {"720p": "1"}}),),
    "a clamp": ((QUANTITY, op("clamp", SECONDS, constant("4"), constant("12"))),),
    "a clamp of two": ((QUANTITY, op("clamp", SECONDS, constant("4"))),),
    "an operation of its own": ((QUANTITY, op("power", SECONDS)),),
    "an operation with a long name": ((QUANTITY, op("p" * 50, SECONDS)),),
    "an operation without arguments": ((QUANTITY, {"op": "add"}),),
    "operations in one another": (
        (QUANTITY, op("ceil", op("divide", op("max", SECONDS, constant("-2.5")), constant("2")))),
        (CONDITION, op("and", op("gte", SECONDS, constant("1")), op("not", op("lt", SECONDS, constant("2"))))),
    ),
    "sound that is on": sound("eq", SOUND, constant("on")),
    "sound that is not off": sound("neq", constant("off"), SOUND),
    "sound that is off": sound("eq", SOUND, constant("off")),
    "sound that is not on": sound("neq", constant("on"), SOUND),
    "sound that is loud": sound("eq", SOUND, constant("loud")),
    "sound by itself": sound("eq", SOUND, SOUND),
    "sound that is more": sound("gt", SOUND, constant("on")),
    "sound that is one of three": sound("eq", SOUND, constant("on"), constant("off")),
    "a quantity that is no rule": ((QUANTITY, 7),),
    "an id that is a number": (("models/0/components/0/id", 7),),
}  # fmt: skip


def said(changed: Changes) -> str:
    try:
        rows, why = rows_of(with_changes(RULES, changed), ["one", "two"], "2026-11-29", Fraction(68))
    except NotUnderstood as error:
        return f"  nothing of it: {error}"
    assert why.pop("two") == "the document does not have it"
    if why:
        return f"  {why['one']}"
    row = dict(rows["one"])
    assert (
        row.pop("source") == "the vendor's public price rules of 2026-11-29; public prices, without account discounts"
    )
    assert (row.pop("from"), row.pop("sure")) == ("2026-11-29", "stated")
    return "\n".join(f"  {json.dumps(part)}" for part in row.pop("parts")) + "".join(row)


def test_what_each_rule_becomes(expect: Expect) -> None:
    expect(HERE / "price_rules.txt", "".join(f"{case}\n{said(changed)}\n" for case, changed in CASES.items()))


@pytest.mark.parametrize(
    ("usd", "taken"), [("0.27", 1), ("0.270002", 1), ("0.269998", 1), ("0.27000201", 0), ("0.26999799", 0)]
)
def test_dollars_may_differ_by_the_unit_to_which_they_are_rounded(usd: str, taken: int) -> None:
    rows, why = rows_of(with_changes(RULES, [(f"{RATE}/usd", usd)]), ["one"], "2026-11-29", Fraction(50))
    assert (len(rows), len(why)) == (taken, 1 - taken)


def test_a_number_is_a_text() -> None:
    assert number_text("-13.50") == Fraction("-13.5")
    with pytest.raises(NotUnderstood, match=r'^expected a number as text, like `"13\.5"`, with at most 12 digits'):
        number_text(13.5)
