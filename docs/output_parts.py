"""Parts of the schemas of what commands print: how a schema is written in short, and what several documents share."""

from __future__ import annotations

from typing import Any

from seedspec.lock.state import State
from seedspec.plan.compare import KINDS
from seedspec.plan.plan import Action

Json = dict[str, Any]


def text(said: str = "", **more: Any) -> Json:
    return {"type": "string", **({"description": said} if said else {}), **more}


def maybe(kind: str | Json, said: str = "") -> Json:
    """A value that may be null."""
    if isinstance(kind, str):
        return {"type": [kind, "null"], **({"description": said} if said else {})}
    return {"anyOf": [kind, {"type": "null"}], **({"description": said} if said else {})}


def whole(said: str = "") -> Json:
    return {"type": "integer", "minimum": 0, **({"description": said} if said else {})}


def number(said: str = "") -> Json:
    return {"type": "number", **({"description": said} if said else {})}


def flag(said: str = "") -> Json:
    return {"type": "boolean", **({"description": said} if said else {})}


def several(item: Json, said: str = "") -> Json:
    return {"type": "array", "items": item, **({"description": said} if said else {})}


def by_name(value: Json, said: str = "") -> Json:
    return {"type": "object", "additionalProperties": value, **({"description": said} if said else {})}


def obj(always: Json, sometimes: Json | None = None, said: str = "") -> Json:
    """An object with these keys and no others."""
    return {
        "type": "object",
        **({"description": said} if said else {}),
        "required": list(always),
        "additionalProperties": False,
        "properties": always | (sometimes or {}),
    }


def ref(name: str) -> Json:
    return {"$ref": f"#/$defs/{name}"}


TEXTS, LABELS, ANY = several(text()), by_name(text(), "The label on each axis."), {}
ADDRESS = text("The entry's address, `shot@axis=label,…/take`.")
FINGERPRINT = maybe("string", "What its purchase is known by; null while it waits for a pick.")
RANGE = obj({"low": number(), "high": number()})
MONEY = {"credits": RANGE, "usd": RANGE}
MONEY_SOMETIMES = {
    "guessed": {"const": True, "description": "The price is a guess."},
    "unpriced": whole("How many have no known price; they are in no sum."),
}
COST = obj(MONEY, MONEY_SOMETIMES, "At least and at most, in credits and in US dollars.")
STATED = maybe(
    obj({"credits": number(), "usd": number()}), "What the service stated; null where it has stated nothing."
)
PLACE = {"file": maybe("string"), "line": maybe("integer"), "column": maybe("integer")}
PLACES = PLACE | {"end_line": maybe("integer"), "end_column": maybe("integer")}
DAY = maybe("string", "The day since which the prices hold, YYYY-MM-DD; null where none is known.")
SPENDING = {
    "videos": whole(), "bought": whole(), "estimate": COST, "reserved": STATED, "charged": STATED,
}  # fmt: skip
STEP = {
    "entry": ADDRESS,
    "fingerprint": FINGERPRINT,
    "action": {"enum": [a.name.lower() for a in Action], "description": "What a run does with it."},
    "sign": {"enum": [a.value for a in Action]},
    "reason": ref("reason"),
    "file": text("Where its video is or will be, from the storyboard's folder."),
    **MONEY,
}
STEP_SOMETIMES = {"settle": text("The command that settles it, where it is in doubt.")} | MONEY_SOMETIMES
LEDGER = obj(
    {"board": text(), "serial": whole(), "asked": flag(), "why": maybe("string", "Why the ledger was not asked.")},
    said="The ledger that the lock is shared through.",
)
VERDICTS = obj(
    {
        "unmet": flag(),
        "picked": flag(),
        "bounds": several(
            {
                "type": "object",
                "required": ["measure", "verdict"],
                "properties": {"measure": text(), "verdict": text()},
                "additionalProperties": True,
            }
        ),
    },
    said="What is expected of a take, and what became of it.",
)
SURPRISES = several(
    obj({"code": text(), "found": text(), "expected": text()}), "How a saved video is not as asked for."
)
MEASURES = by_name({"type": ["number", "string", "null"]}, "By measure; `judge.NAME` is a judge's score.")
HINTS = several(obj({"code": text(), "videos": whole(), "about": TEXTS, "cost": COST, "saves": COST}))
FULL = maybe(
    obj({"entries": maybe("integer"), "exact": flag(), "cost": maybe(COST)}),
    "The full matrix, where it can be counted.",
)
ROWS = obj(
    {
        "strategy": text(),
        "chosen": maybe("integer"),
        "included": maybe("integer"),
        "full": maybe("integer"),
    },
    {"sample": maybe("integer"), "seed": maybe("integer"), "full_matrix": FULL},
)
DIFFERENCE = {"field": text(), "old": ANY, "new": ANY}
CHANGES = {
    "seedspec_diff": {"const": 1},
    "commit": text("The revision that was compared with."),
    "changes": several(
        obj(
            {
                "kind": {"enum": list(KINDS)},
                "entry": ADDRESS,
                "was": maybe("string"),
                "fingerprint": maybe("string"),
                "old_fingerprint": maybe("string"),
                "differences": several(obj(DIFFERENCE)),
                **MONEY,
            },
            MONEY_SOMETIMES,
        )
    ),
    "counts": obj({kind: whole() for kind in (*KINDS, "same")}),
    **MONEY,
    "prices_as_of": DAY,
}
PLAN = {
    "seedspec_plan": {"const": 1},
    "profile": maybe("string"),
    "steps": several(ref("step"), "The entries in the storyboard's order, then what the lock alone knows."),
    "counts": obj({a.name.lower(): whole() for a in Action}),
    "missing": whole("How many saved videos are not on this disk."),
    **MONEY,
    "stale": obj({"entries": whole(), **MONEY}, MONEY_SOMETIMES),
    "prices_as_of": DAY,
}
RECORD = obj(
    {
        "entry": text(), "fingerprint": text(), "attempt": whole(), "state": {"enum": [str(s) for s in State]},
        "task": maybe("string"), "file": maybe("string"),
    }
)  # fmt: skip
CEILING = obj(
    {
        "usd": maybe("string"), "month": maybe("string"), "spent": text(),
        "held": several(obj({"runner": text(), "usd": text()})), "left": maybe("string"),
    },
    said="In dollars, as text and exact; `usd` is null where there is no ceiling.",
)  # fmt: skip
RUNNER = {"type": "object", "description": "Which machine, and who on it."}
STANDING = obj(
    {
        "of": text(),
        "said": text(),
        "rows": several({"type": "object", "required": ["name"], "properties": {"name": text()}}),
    }
)
STANDING |= {"additionalProperties": True, "required": ["of", "said", "rows"]}
