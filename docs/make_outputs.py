"""Makes the schemas of what commands print as JSON: schemas/output/, one file a document.

python docs/make_outputs.py

The reasons of steps and the events of runs are taken from their classes, by msgspec; the rest stands here. A new key is
written here first; a test holds what commands print against these files.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import msgspec
from output_parts import (
    ACTIVE,
    ADDRESS,
    ANY,
    CEILING,
    CHANGES,
    COST,
    DAY,
    DIFFERENCE,
    EXPORTED,
    FINGERPRINT,
    FOLLOWING,
    FULL,
    HINTS,
    LABELS,
    LEDGER,
    MEASURES,
    MODEL,
    MONEY,
    MONEY_SOMETIMES,
    PLACE,
    PLACES,
    PLAN,
    RECORD,
    ROWS,
    RUNNER,
    SETTLED,
    SPENDING,
    STANDING,
    STEP,
    STEP_SOMETIMES,
    SURPRISES,
    TEXTS,
    VERDICTS,
    WAITING,
    Json,
    by_name,
    flag,
    maybe,
    obj,
    ref,
    several,
    text,
    whole,
)

from seedspec.lock.event import Event
from seedspec.lock.purchase_events import Doubted, Saved, Stuck
from seedspec.lock.run_events import Stopped
from seedspec.plan.reason import Reason
from seedspec.report.page.content import Media

FOLDER = Path(__file__).parents[1] / "schemas" / "output"


def documents() -> Iterator[tuple[str, str, Json]]:
    """Name, title and schema of each document."""
    findings = several(
        obj(
            {
                "severity": {"enum": ["error", "warning", "hint"]},
                "code": text("Kebab-case; `seedspec explain CODE` says what it means."),
                "message": text(), **PLACES,
                "notes": several(obj({"message": text("What to do, or what else is there to see."), **PLACES})),
                "entries": several(text(), "The entries that it is about; empty for the whole storyboard."),
                "edits": several(obj({"text": text(), **PLACES}), "What --fix would write."),
            }
        ),
        "The findings, in the order of the lines; empty where there is none. Columns count characters from 1.",
    )  # fmt: skip
    yield "check", "seedspec check", findings
    yield "explain", "seedspec explain", several(obj(
        {"code": text(), "severity": text(), "means": text(), "do": text()},
        {"storyboard": text("One that has it."), "beside": TEXTS, "says": text("What check says of that.")},
    ))  # fmt: skip
    entry = obj(
        {"entry": ADDRESS, "shot": text(), "variant": LABELS, "take": whole(), "fingerprint": FINGERPRINT,
         "request": {"type": "object", "required": ["model", "prompt"], "description": "The body as it is sent."}},
        {"columns": by_name(text()), "waits_for_picks": TEXTS, "strategy": text()},
    )  # fmt: skip
    yield "compile", "seedspec compile", several(entry, "With --format jsonl: one of these a line.")
    yield "compile-preview", "seedspec compile --preview", obj(
        {"seedspec_preview_page": {"const": 1}, "page": text(), "bytes": whole(), "entries": whole(),
         "variants": whole(), "cost": COST, "to_buy": whole(), "cost_to_buy": COST}
    )  # fmt: skip
    layer = {"layer": text(), "written": ANY, **PLACE}
    yield "compile-origins", "seedspec compile --origins", obj(
        {
            "seedspec_explain": {"const": 1}, "entry": ADDRESS, "fingerprint": FINGERPRINT,
            "labels": several(obj({"label": text(), **PLACE})),
            "fields": several(obj({"field": text(), "value": ANY, **layer, "overrode": several(obj(layer))})),
            "media": several({"type": "object"}), **MONEY,
        },
        {"waits_for_picks": TEXTS} | MONEY_SOMETIMES,
    )  # fmt: skip
    step = obj(STEP, STEP_SOMETIMES)
    yield "why", "seedspec why", obj(
        {
            "seedspec_why": {"const": 1}, **STEP, "sentences": TEXTS,
            "before": maybe(
                obj({"attempt": whole(), "state": text(), "task": maybe("string"), "file": maybe("string")})
            ),
            "differences": several(obj(DIFFERENCE | PLACE)), "twin": maybe(step),
        },
        STEP_SOMETIMES | {"ledger": LEDGER},
    )  # fmt: skip
    yield "diff", "seedspec diff", obj(CHANGES, MONEY_SOMETIMES)
    models = several(
        obj({"model": text(), "name": text(), "videos": whole(), **MONEY, "left_out": TEXTS}, MONEY_SOMETIMES)
    )
    yield (
        "plan",
        "seedspec plan",
        obj(
            PLAN | {"hints": HINTS},
            MONEY_SOMETIMES
            | {"ledger": LEDGER, "models": models, "rows": ROWS, "against": obj(CHANGES, MONEY_SOMETIMES)},
        )
        | {"$defs": {"step": step}},
    )
    facts = maybe({"type": "object", "description": "Width, height, seconds, fps and sound of a saved video."})
    yield "status", "seedspec status", obj(
        PLAN | {"spent": obj(SPENDING, {"in_doubt": obj({"videos": whole(), **MONEY}, MONEY_SOMETIMES)})},
        MONEY_SOMETIMES | {"ledger": LEDGER, "unmet": whole(), "not_measured": whole()},
    ) | {"$defs": {"step": obj(
        STEP | {"results_until": maybe("string"), "hours_left": maybe("number"), "reserved": maybe("number"),
                "charged": maybe("number"), "facts": facts, "surprises": SURPRISES},
        STEP_SOMETIMES | {"expect": VERDICTS, "measures": MEASURES},
    )}}  # fmt: skip
    events = {"events": several(ref("event"), "In the order in which they happened.")}
    yield (
        "run",
        "seedspec run, seedspec fetch",
        obj({"seedspec_events": {"const": 1}, **events})
        | {
            "description": 'With --format jsonl: a line {"seedspec_events": 1}, then one event of $defs/event a line.',
            "$defs": {"event": {"anyOf": [_event(kind) for kind in get_args(Event)]}},
        },
    )
    yield "cost", "seedspec cost", obj(
        {
            "seedspec_cost": {"const": 1}, "profile": maybe("string"), "by": TEXTS,
            "rows": several(obj({"labels": by_name({"type": ["string", "integer", "null"]}), **SPENDING})),
            "total": obj(SPENDING), "hints": HINTS, "prices_as_of": DAY, "prices_source": maybe("string"),
        },
        {
            "prices_sure": text(),
            "prices": several(obj({"model": text(), "as_of": DAY, "source": maybe("string"), "sure": text()})),
            "usable": obj(
                {"takes": whole(), "saved": whole(), "not_measured": whole(), "spent": COST, "each": maybe(COST)}
            ),
        },
    )  # fmt: skip
    judge = obj({"score": maybe("number"), "pass": maybe("boolean"), "why": maybe("string"), "at": text()})
    yield "measure", "seedspec measure", obj(
        {
            "seedspec_measure": {"const": 1}, "method": text(), "version": ANY, "units": by_name(maybe("string")),
            "videos": several(obj({
                "entries": TEXTS, "file": text(), "sha256": text(), "measures": maybe(MEASURES),
                "judges": by_name(judge), "trouble": maybe(obj({"found": text(), "remedy": text()})),
            })),
        },
        {"unmet": whole(), "not_measured": whole(), "expect": by_name(VERDICTS)},
    )  # fmt: skip
    share = obj({
        "name": maybe("string"), "videos": whole(), "mean": maybe("number"), "low": maybe("number"),
        "high": maybe("number"), "not_measured": whole(), "not_applicable": whole(), "expected": whole(),
        "unmet": whole(), "share_unmet": maybe("number"),
    })  # fmt: skip
    table = obj({"measure": text(), "unit": maybe("string"), "by": maybe("string"), "rows": several(share)})
    yield "stats", "seedspec stats", {"anyOf": [
        obj({"seedspec_stats": {"const": 1}, "axes": several(STANDING), "shots": several(STANDING)}, {"rows": ROWS}),
        obj({"seedspec_stats": {"const": 1}, "films": STANDING, "axes": several(STANDING)}),
        obj({"seedspec_stats": {"const": 1}, "interval": text(), "measures": several(table)}),
    ]}  # fmt: skip
    yield "rows", "seedspec rows", obj(
        {"seedspec_rows_chosen": {"const": 1}, "file": text(), "strategy": text(), "rows": several(LABELS),
         "kept": whole(), "added": whole(), "completed": whole(), "left_out": whole(),
         "least": maybe("integer"), "full": FULL}
    )  # fmt: skip
    yield "doctor", "seedspec doctor", obj({"seedspec_doctor": {"const": 1}, "findings": several(
        obj({"name": text(), "verdict": {"enum": ["ok", "warning", "bad"]}, "said": text()})
    )})  # fmt: skip
    yield "models", "seedspec models", obj({"seedspec_models": {"const": 1}, "models": several(MODEL)})
    yield "prices", "seedspec prices", obj({"seedspec_prices": {"const": 1}, "models": by_name(obj({
        "as_of": DAY, "until": maybe("string"), "days": maybe("integer"), "sure": text(), "source": maybe("string"),
        "why": maybe("string"),
    }))})  # fmt: skip
    part = maybe({"type": "object"}, "As price files have it: schemas/meta/prices.json.")
    yield "prices-refresh", "seedspec prices refresh", obj({
        "seedspec_prices_refresh": {"const": 1}, "from": text("The day since which they hold, YYYY-MM-DD."),
        "models": by_name(obj({
            "before": maybe("string", "Since when the known prices hold; null where none are known."),
            "parts": several(obj({"name": text(), "old": part, "new": part}), "The parts of the price that differ."),
        })),
        "not_understood": by_name(text(), "Models whose prices stay as they are, and why."),
        "written": maybe("string", "The file that has them now; null where nothing was written."),
    })  # fmt: skip
    yield "provider-check", "seedspec provider check", findings
    yield "provider-preview", "seedspec provider preview", obj({
        "seedspec_preview": {"const": 1}, "entry": ADDRESS, "provider": text(), "method": text(), "url": text(),
        "headers": by_name(text()), "body": ANY,
    })  # fmt: skip
    yield "provider-answer", "seedspec provider answer", obj({
        "seedspec_answer": {"const": 1}, "provider": text(), "call": text(), "status": whole(), "understood": flag(),
        "meaning": text(), "facts": several(obj({"name": text(), "value": text()})), "read": by_name(ANY),
        "not_found": TEXTS, "not_read": by_name(ANY),
    })  # fmt: skip
    yield "trust", "seedspec trust", obj({"seedspec_trust": {"const": 1}, "trusted": several(obj(
        {"sha256": text(), "by": text()}, {"provider": text(), "hosts": TEXTS, "file": text(), "at": text()},
    ))})  # fmt: skip
    yield "ledger-status", "seedspec ledger status", obj({
        "seedspec_ledger_status": {"const": 1}, "where": text(), "team": text(), "board": text(), "serial": whole(),
        "boards": several(obj({
            "board": text(), "name": text(), "sealed": flag(),
            "purchases": maybe("integer", "Null where they stand elsewhere, or cannot be read."),
        })),
        "runners": several(ACTIVE), "pending": several(obj({
            "board": text(), "entry": text(), "state": {"enum": ["sending", "doubt"]}, "at": text(), "runner": RUNNER,
        })),
        "spending": several(obj({
            "board": text(), "host": text(), "month": text(), "purchases": whole(), "usd": text("Exact, as text."),
        })),
        "ceiling": CEILING,
    })  # fmt: skip
    yield (
        "ledger-budget",
        "seedspec ledger budget",
        obj({"seedspec_ledger_budget": {"const": 1}, "ceiling": CEILING, "before": CEILING}),
    )
    yield "ledger-verify", "seedspec ledger verify", obj({
        "seedspec_ledger_verify": {"const": 1}, "purchases": whole(), "storyboards": whole(),
        "findings": several(obj({"object": text(), "said": text(), "remedy": text()})),
    })  # fmt: skip
    yield "ledger-attach", "seedspec ledger attach", obj({
        "seedspec_ledger_attach": {"const": 1},
        "outcome": {"enum": ["attached", "joined", "already"], "description": "`already`: nothing was new anywhere."},
        "board": text(), "where": text(), "purchases": whole(),
        "pushed": whole("How many of them the ledger got from this lock."),
        "changed": flag("Whether the lock's file has changed: commit it."),
    })  # fmt: skip
    yield "ledger-rebuild", "seedspec ledger rebuild", obj({
        "seedspec_ledger_rebuild": {"const": 1}, "board": text(), "before": text("The ledger that is shut now."),
        "where": text(), "purchases": whole(), "read": whole("How many of them the old ledger still had."),
        "doubts": several(obj({"entry": text(), "settle": text("The command that settles it.")})),
        "unreadable": several(text(), "Objects of the old ledger of which nothing could be taken."),
        "ceiling_lost": flag("A ceiling that the team had is lost, and is to be set again."),
        "following": FOLLOWING,
    })  # fmt: skip
    yield "ledger-detach", "seedspec ledger detach", obj({
        "seedspec_ledger_detach": {"const": 1}, "board": text(), "purchases": whole(), "following": FOLLOWING,
    })  # fmt: skip
    yield "lock-verify", "seedspec lock verify", obj({
        "seedspec_lock_verify": {"const": 1}, "purchases": whole(), "saved": whole(), "bad": whole(),
        "findings": several(obj({"entry": maybe("string"), "fingerprint": text(), "said": text(), "bad": flag()})),
    })  # fmt: skip
    yield "lock-fix", "seedspec lock fix", obj({
        "seedspec_lock_fix": {"const": 1}, "backup": maybe("string", "Null where there was nothing to mend."),
        "merged": flag(), "rescued": TEXTS, "bought_twice": several(RECORD), "damaged": maybe("string"),
        "unreadable": several(obj({"line": whole(), "why": text(), "taken": flag(), "task": maybe("string")})),
    })  # fmt: skip
    yield "lock-prune", "seedspec lock prune", obj({"seedspec_lock_prune": {"const": 1}, "forgotten": several(RECORD)})
    cancelled = obj({
        "entry": ADDRESS, "fingerprint": text(), "task": text(),
        "outcome": {"enum": ["cancelled", "failed", "made", "going", "unread"]},
        "message": text("What became of it, in words."),
        "charged": maybe("number", "Credits that it cost, where the service says it."),
    })  # fmt: skip
    yield "settle", "seedspec settle", obj({
        "seedspec_settle": {"const": 1}, "settled": several(SETTLED), "waiting": several(WAITING),
    })  # fmt: skip
    yield "cancel", "seedspec cancel", obj({"seedspec_cancel": {"const": 1}, "tasks": several(cancelled)})
    yield "adopt", "seedspec adopt", obj({
        "seedspec_adopt": {"const": 1}, "entry": ADDRESS, "fingerprint": text(), "task": maybe("string"),
        "file": maybe("string"),
    })  # fmt: skip
    yield "pick", "seedspec pick", obj({
        "seedspec_pick": {"const": 1}, "file": text(), "changed": TEXTS, "dropped": TEXTS,
        "picks": several(obj({"entry": ADDRESS, "fingerprint": text(), "video": text(), "by": TEXTS})),
    })  # fmt: skip
    yield "review", "seedspec review", obj({
        "seedspec_review_page": {"const": 1}, "page": text(), "bytes": whole(), "takes": whole(), "videos": whole(),
        "media": {"enum": list(get_args(Media))}, "guest": flag(), "blind": flag(), "films": whole(),
        "until": maybe("string"),
    })  # fmt: skip
    yield "init", "seedspec init", obj({"seedspec_init": {"const": 1}, "written": TEXTS, "left_alone": TEXTS})
    yield (
        "export",
        "seedspec export otio, animatic, sheet",
        obj(
            {
                "seedspec_export_files": {"const": 1},
                "files": several(obj({"file": text(), "film": maybe("string"), "takes": TEXTS})),
                "missing": several(text(), "Entries left out because no video of theirs is here."),
                "unpicked": several(text(), "Variants left out because nobody has picked a take of theirs."),
            }
        ),
    )
    yield "export-json", "seedspec export json", obj({
        "seedspec_export": {"const": 1}, "storyboard": text(), "prices_as_of": DAY,
        "entries": several(EXPORTED),
    })  # fmt: skip


def made() -> Iterator[tuple[Path, str]]:
    """Each file with its text."""
    reasons = _reasons()
    for name, title, schema in documents():
        head = {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$id": f"urn:seedspec:output:{name}:1",
            "title": f"{title} --format json",
        }
        defs = dict(schema.pop("$defs", {}))
        if ref("reason") in _refs(schema | {"$defs": defs}):
            defs |= reasons
        document = head | schema | ({"$defs": defs} if defs else {})
        yield FOLDER / f"{name}.json", json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _reasons() -> Json:
    """The reasons of steps, each known by its `kind`."""
    found = [_of_class(kind, {"kind": {"const": kind.__name__}}) for kind in get_args(Reason)]
    return {"reason": {"anyOf": found}}


def _event(kind: type) -> Json:
    more = {"surprises": SURPRISES} if kind is Saved else {"settle": text()} if kind in (Doubted, Stuck) else {}
    made = _of_class(kind, {"event": {"const": kind.__name__}}, more, without=("manifest",))
    if kind is Stopped:  # its service is told where the run has several
        made["required"] = [name for name in made["required"] if name != "provider"]
    return made


def _of_class(kind: type, first: Json, last: Json | None = None, without: tuple[str, ...] = ()) -> Json:
    """A class as the object that it becomes: all of its fields are there, and no others."""
    _, parts = msgspec.json.schema_components([kind])
    every = {name: _closed(part) for name, part in parts.items()}
    own = every[kind.__name__]
    fields = {k: v for k, v in own["properties"].items() if k not in without}
    return obj(first | _inlined(fields, every) | (last or {}), said=str(own.get("description", "")))


def _closed(part: Json) -> Json:
    if part.get("type") != "object" or "properties" not in part:
        return part
    fields = {k: {n: v for n, v in field.items() if n != "default"} for k, field in part["properties"].items()}
    return part | {"properties": fields, "required": list(fields), "additionalProperties": False}


def _inlined(value: Any, parts: Json) -> Any:
    """With what is named elsewhere in its place: none of the classes holds itself."""
    if isinstance(value, dict):
        if isinstance(name := value.get("$ref"), str):
            return _inlined({k: v for k, v in parts[name.rpartition("/")[2]].items() if k != "title"}, parts)
        return {k: _inlined(v, parts) for k, v in value.items()}
    return [_inlined(v, parts) for v in value] if isinstance(value, list) else value


def _refs(value: Any) -> list[Json]:
    if isinstance(value, dict):
        own = [value] if "$ref" in value else []
        return own + [found for part in value.values() for found in _refs(part)]
    return [found for part in value for found in _refs(part)] if isinstance(value, list) else []


if __name__ == "__main__":
    for path, made_text in made():
        path.write_text(made_text, encoding="utf-8")
