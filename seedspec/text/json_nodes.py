"""JSON text into its value and positioned nodes: the reader of JSON judges it, and the YAML parser finds its places."""

from __future__ import annotations

import json
from typing import Any

import orjson

from seedspec.text import later
from seedspec.text.diagnostic import Note, Problems
from seedspec.text.node import Node
from seedspec.text.source import Source
from seedspec.text.yaml import parse, source_of
from seedspec.text.yaml_characters import UNPRINTABLE

_SURROGATE = later.pattern(r"\\u[dD][89A-Fa-f][0-9A-Fa-f]{2}")
_HABITS = (
    ("//", "JSON has no comments: take it out"),
    ("/*", "JSON has no comments: take it out"),
    ("#", "JSON has no comments: take it out"),
    ("'", "texts stand in double quotes"),
    ("NaN", "JSON has no such number"),
    ("Infinity", "JSON has no such number"),
    ("True", "write `true`"),
    ("False", "write `false`"),
    ("None", "write `null`"),
    ("\u201c", "texts stand in straight double quotes"),
    ("}", "take out the comma before it, or write the value that is missing"),
    ("]", "take out the comma before it, or write the value that is missing"),
)
"""What people of other formats write, and what to do about it."""


def json_source(path: str, raw: bytes, problems: Problems, code: str) -> tuple[Source, Any] | None:
    """A file's bytes as a source, with what it holds; None for what is no JSON, an error of this code with its place.

    A key that stands twice in an object is an error too: the last one would count, and people read the first.
    """
    source = source_of(path, raw, problems)
    if source is None:
        return None
    try:
        value = orjson.loads(source.text)
    except orjson.JSONDecodeError as error:
        at = min(error.pos, len(source.text))
        rest = source.text[at : at + 10]
        habit = next((said for word, said in _HABITS if rest.startswith(word)), "")
        end = "" if source.text.strip() else "the file is empty"
        problems.error(code, f"it is no JSON: {end or error.msg}", source.span(at), *([habit] if habit else ()))
        return None
    if _has_twins(source.text):
        nodes_of(source, problems)
    return source, value


def _has_twins(text: str) -> bool:
    def keep(pairs: list[tuple[str, Any]]) -> None:
        if len({key for key, _ in pairs}) < len(pairs):
            raise KeyError

    try:
        json.loads(text, object_pairs_hook=keep)
    except KeyError:
        return True
    except RecursionError:  # deeper than anything that is judged further
        return False
    return False


def nodes_of(source: Source, problems: Problems) -> Node | None:
    """The nodes of a text that is known to be JSON; None where places cannot be told. Twin keys go to `problems`."""
    found = Problems()
    # the YAML parser takes no halves of a character and none that cannot be seen; only the places are asked of it
    plain = Source(source.path, UNPRINTABLE.sub(".", _SURROGATE.sub(r"\\u002e", source.text)))
    root = parse(plain, found)
    for one in found:
        if one.code == "duplicate-key" and one.span is not None:
            notes = [Note(n.message, n.span) for n in one.notes if n.span is not None]
            problems.error("duplicate-key", one.message, source.span(one.span.start, one.span.end), *notes)
    return root
