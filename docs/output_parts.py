"""Parts of the schemas of what commands print: how a schema is written in short, and what several documents share."""

from __future__ import annotations

import re
from typing import Any, get_args

from seedspec.catalog.slot import KINDS as MEDIA
from seedspec.choices.standings import Verdict
from seedspec.lock.state import State
from seedspec.measures.judged import PREFIX
from seedspec.measures.values import NAMES as MEASURED
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
            obj(
                {
                    "measure": text(),
                    "verdict": text(),
                    "found": text(),
                    "expected": text(),
                    "file": text(),
                    "line": whole(),
                    "column": whole(),
                }
            )
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
_WHO = {"id": text(), "host": text(), "job": text()}
RUNNER = obj(_WHO, said="Which machine, and which process or job on it.")
ACTIVE = obj(
    _WHO | {
        "board": text(), "since": maybe("string"), "age": whole("Seconds since its last sign of life."),
        "lives": maybe("boolean", "Null where the ledger cannot be written to, which is how one knows its time."),
    },
    said="A run that has not ended.",
)  # fmt: skip
FOLLOWING = several(ACTIVE, "Runs that buy no more and still follow what they have bought: merge their locks.")
STANDING = obj(
    {
        "of": text(),
        "said": text(),
        "verdict": {"enum": list(get_args(Verdict))},
        "votes": whole(),
        "neither": whole("Votes that found neither any good."),
        "alike": whole("Votes between two that differ in nothing else."),
        "more": maybe("integer", "About how many further votes would decide."),
        "rows": several(
            obj(
                {
                    "name": text(), "wins": whole(), "losses": whole(), "ties": whole(), "rate": number(),
                    "low": number(), "high": number(),
                },
                {"usd": number(), "usd_per_win": number(), "labels": LABELS},
            ),
            "The best first. `labels` are those of a film.",
        ),
    }
)  # fmt: skip
_SPAN = maybe({"type": "array", "items": number(), "minItems": 2, "maxItems": 2}, "Least and most, both allowed.")
_LIMITS = {
    "words": by_name(text(), "How a prompt names it, by language; empty where it need not be named."),
    "formats": TEXTS, "extensions": TEXTS, "bytes": maybe("integer"), "ratio": _SPAN, "side": _SPAN, "pixels": _SPAN,
    "fps": _SPAN, "seconds": _SPAN, "seconds_together": maybe("number"),
    "near": by_name(obj({"below": number(), "above": number(), "why": text()}), "Limits that are not kept exactly."),
}  # fmt: skip
MODEL = obj(
    {
        "model": text(), "provider": text(), "family": text(),
        "fields": by_name({"type": "object"}, "The JSON Schema of each request field."),
        "media": {
            "type": "object", "additionalProperties": False,
            "properties": {kind: obj({"field": text(), "most": maybe("integer"), **_LIMITS}) for kind in MEDIA},
        },
        "slots": by_name(obj({
            "kind": {"enum": list(MEDIA)}, "field": text(), "single": flag(), "least": whole(),
            "most": maybe("integer"), "needs": TEXTS, "not_with": TEXTS, "description": text(), **_LIMITS,
        })),
        "dates": obj({"from": text(), "until": text(), "retired": text()}, said="Empty where none is named."),
        "means": by_name({"anyOf": [obj({"field": text(), "values": by_name(ANY)}), obj({"always": ANY})]}),
        "body_bytes": maybe("integer"),
        "advised": obj({"chinese_characters": maybe("integer"), "english_words": maybe("integer")}),
        "output": obj({
            "fps": number("0 where it is not promised."),
            "pixels": by_name(by_name(several(whole())), "Width and height, by quality and ratio."),
        }),
        "prices": obj({
            "as_of": maybe("string"), "source": maybe("string"), "sure": text(), "credits_per_usd": number(),
            "credits_per_second": maybe(by_name(by_name(maybe("number")))),
        }),
    }
)  # fmt: skip
_CELLS = {name: maybe("string") for name in (
    "aspect_ratio", "task", "file", "sha256", "results_until", "failure_code", "failure_message", "at",
)}  # fmt: skip
_CELLS |= {name: maybe("number") for name in (
    "estimate_credits", "estimate_usd", "reserved_credits", "charged_credits", "width", "height", "seconds", "fps",
    "bytes",
)}  # fmt: skip
EXPORTED = obj(
    {
        "entry": ADDRESS, "shot": text(), "take": whole(), "model": text(), "state": text(), "stands": text(),
        "picked": flag(), "references": text(), "attempts": whole(), "tags": text(), "notes": text(),
        "prompt": maybe("string"), "fingerprint": text(), "duration": ANY, "quality": ANY, "generate_audio": ANY,
        "audio": maybe("boolean"), **_CELLS, **dict.fromkeys(MEASURED, MEASURES["additionalProperties"]),
    },
    said="One row, with a key a column. `axis:NAME` is the label on an axis, or a column of it.",
) | {"patternProperties": {"^axis:": ANY, f"^{re.escape(PREFIX)}": MEASURES["additionalProperties"]}}  # fmt: skip
_CREDITS = {name: maybe("number") for name in ("before", "after", "gone", "estimate")}
_EVIDENCE = obj(
    {
        "candidates": maybe(
            several(obj({
                "task": text(), "at": maybe("string", "When it was made."), "state": text(),
                "same_request": flag("It shows the very request; others may have sent the same."),
            })),
            "Tasks of the account from that time that belong to no entry; null where the service could not be asked.",
        ),
        "why_not_asked": maybe("string"),
        "credits": obj(_CREDITS, said="Of the account, before and after; `gone` is what no other entry explains."),
        "proof": obj(
            {"carried": maybe("string"), "shown_by": TEXTS, "of_others": TEXTS},
            said="What the request carried that is nobody else's, and the tasks that show it.",
        ),
    }
)  # fmt: skip
_PURCHASE = {"entry": ADDRESS, "fingerprint": text(), "attempt": whole()}
SETTLED = obj(
    _PURCHASE | {
        "outcome": {
            "enum": ["found", "task", "resent", "not-billed", "lost"],
            "description": "`found`: the service has proved whose the task is. The others are a person's word.",
        },
        "task": maybe("string"), "message": text(),
    }
)  # fmt: skip
WAITING = obj(
    _PURCHASE | {
        "state": {"enum": [str(s) for s in State]}, "task": maybe("string"), "sent_at": maybe("string"),
        "why": maybe("string", "Why it is in doubt; null for a task that the service never ended."),
        "key": maybe("string", "The Idempotency-Key that it was sent with."),
        "last_word": maybe("string", "What the service last said of a task that it never ended."),
        "last_word_at": maybe("string"),
        "evidence": maybe(_EVIDENCE, "Null for a task that the service never ended."),
        "commands": several(
            obj({"command": text(), "meaning": text()}), "What a person may say of it, with the command for each."
        ),
    }
)  # fmt: skip
