"""What to do about a value that a schema refuses, and the edit that does it where it is certain."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from seedspec.catalog.choice import Remedy, remedy_for_choice
from seedspec.catalog.form import WRITTEN, items_of, name_for, remedy_for_type
from seedspec.catalog.wording import type_of
from seedspec.text.diagnostic import Edit
from seedspec.text.near import shorten
from seedspec.text.node import Path
from seedspec.text.source import Span


def edits_of(span: Span, write: str | None) -> tuple[Edit, ...]:
    """The edit that puts a text in place of a key or value: in its quotes, where it is a text and had some.

    None for a value in a block, and for one with a tag or an anchor.
    """
    there = span.text
    if write is None or not there or there[0] in "|>!&*":
        return ()
    if there[0] in "'\"" and write[0] not in "'\"[{" and not re.fullmatch(r"-?[0-9.]+|true|false", write):
        write = f"{there[0]}{write}{there[0]}"
    return (Edit(span, write.replace(WRITTEN, there)),)


def remedy_for(rule: str, code: str, path: Path, value: Any, limit: Any, schema: Mapping[str, Any]) -> Remedy | None:
    """What to write instead of a value that breaks a rule of a schema, where that can be told."""
    own = schema.get("x-seedspec", {})
    if code not in ("wrong-type", "wrong-count", "bad-choice"):
        return None
    instead = own.get("instead", {})
    told = instead.get(type_of(value), instead.get("any") if rule != "maxItems" else None)
    if code == "bad-choice" and not isinstance(told, list):
        told = None  # which is about values of another type
    if isinstance(told, list):
        told = next((rest for pattern, *rest in told if re.search(pattern, str(value), re.IGNORECASE)), None)
    if told:
        said, write = (told, None) if isinstance(told, str) else (told[0], told[1] if len(told) > 1 else None)
        key = next((str(p) for p in reversed(path) if isinstance(p, str)), "")
        return Remedy(said.replace("{key}", shorten(key, 40)).replace("{value}", _flow(value)), write)
    if code == "bad-choice":
        return remedy_for_choice(value, limit if rule == "enum" else [limit])
    if rule in ("anyOf", "oneOf"):
        types = [one["type"] for one in limit if isinstance(one.get("type"), str)]
    elif rule == "type":
        types = [limit] if isinstance(limit, str) else limit
    else:
        return None
    return remedy_for_type(value, types, schema, own.get("unit", ""))


def _flow(value: Any) -> str:
    """A value as YAML writes it on one line, not longer than a message may show it."""
    if isinstance(value, list):
        return shorten(f"[{', '.join(_flow(v) for v in value[:12])}]")
    if isinstance(value, dict):
        return "{…}"
    if isinstance(value, str):  # as it would be written with plain signs
        plain = unicodedata.normalize("NFKC", value).translate(_PLAIN).strip("[] ")
        return shorten(re.sub(r"\s*[,;]\s*", ", ", plain))
    return shorten(str(value).lower() if isinstance(value, bool) else str(value))


_PLAIN = str.maketrans("、【】", ",[]")


_STEMS = {"axes": "axis", "name": "storyboard"}


def name_advice(path: Path, text: str, schema: Mapping[str, Any], whole: Any) -> tuple[str, ...]:
    """A name that could stand there, made of the one that cannot."""
    pattern = schema.get("pattern")
    if pattern is None or not schema.get("x-seedspec", {}).get("proposes"):
        return ()
    if path and isinstance(path[-1], int) and (items := items_of(text)):
        return (f"write each item by itself: `[{', '.join(items)}]`",)
    words = [str(p) for p in path[:-1] if isinstance(p, str)] or [str(path[-1])]
    stem = _STEMS.get(words[-1], words[-1].removesuffix("s"))
    here = whole
    for step in path[:-1]:
        here = here[step]
    number = next((p for p in reversed(path) if isinstance(p, int)), -1) + 1
    if isinstance(here, dict) and text in here:
        number = list(here).index(text) + 1
    name = name_for(text, pattern.removeprefix("^").removesuffix("$"), stem, max(number, 1))
    return (f"did you mean `{name}`?",) if name else ()
