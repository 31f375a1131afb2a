"""Bodies, templates and schemas: whole sentences of each place where something leaves them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from seedspec.catalog.schema import Schema
from seedspec.catalog.template import NotOfTemplate, faults, fields_of, parse, path_of, render
from seedspec.text.diagnostic import Problems
from seedspec.text.source import Source
from seedspec.text.yaml import parse as parse_yaml

HERE = Path(__file__).parent / "expected"
Expect = Callable[[Path, str], None]
ITEM = {"$item": True}
TEMPLATE = {
    "name": {"$model": True}, "n": 1, "on": True, "none": None,
    "content": [
        {"type": "text", "text": {"$get": "prompt"}},
        {"$each": "first", "as": {"url": ITEM, "role": "first"}},
        {"$each": "more", "as": {"url": ITEM, "role": "more", "deep": {"kind": "x"}}},
        "end",
    ],
    "seconds": {"$get": "seconds", "as": "text"}, "seed": {"$get": "seed"}, "plain": [{"$each": "plain", "as": ITEM}],
}  # fmt: skip
TEXT, END = {"type": "text", "text": "p"}, "end"
FIRST, MORE = {"url": "u", "role": "first"}, {"url": "v", "role": "more", "deep": {"kind": "x"}}
GOOD = {"name": "m", "n": 1, "on": True, "none": None, "content": [TEXT, END], "plain": []}


def test_a_request_is_rendered_by_its_template() -> None:
    flat = {"prompt": "p", "first": "u", "more": ["v", "w"], "seconds": 5, "seed": 0, "plain": ["z"]}
    body = {
        **GOOD,
        "content": [TEXT, FIRST, MORE, {**MORE, "url": "w"}, END],
        "seconds": "5",
        "seed": 0,
        "plain": ["z"],
    }
    assert render(TEMPLATE, flat, "m") == body
    found = parse(TEMPLATE, body, frozenset(("first",)))
    assert (found.fields, found.model) == (flat, "m")
    assert parse(TEMPLATE, body).fields["first"] == ["u"]
    assert render(TEMPLATE, {"prompt": "p", "first": [], "seed": []}, "m") == GOOD
    assert parse(TEMPLATE, GOOD).fields == {"prompt": "p"}
    assert render({"$flat": True}, flat, "m") == flat and render({"$flat": True}, flat, "m") is not flat
    whole = parse({"$flat": True}, {"model": "m", "prompt": "p"})
    assert (whole.fields, whole.model) == ({"model": "m", "prompt": "p"}, "m")
    assert parse({"$flat": True}, {"model": 7}).model == ""
    assert [*fields_of(TEMPLATE)] == ["prompt", "first", "more", "seconds", "seed", "plain"]
    assert [*fields_of({"$flat": True})] == [] == [*fields_of("text")]


def test_a_path_is_filled_in() -> None:
    path = "/{app}/x/{task}/{own}/{model}"
    assert path_of(path, task="t-1", model="a/b/c", own="o-1") == "/a/b/x/t-1/o-1/a/b/c"
    assert path_of(path) == "//x///" and path_of("/v1", task="t") == "/v1"


BODIES: dict[str, Any] = {
    "a list": [], "a text": "x",
    **{name: {**GOOD, **change} for name, change in {
        "no name": {"name": ""}, "a name that is a number": {"name": 7}, "another number": {"n": 2},
        "true for one": {"n": True},
        "one for true": {"on": 1}, "a text for nothing": {"none": ""}, "two keys more": {"z": 1, "a": 1},
        "no list": {"content": {}},
        "no item": {"content": []}, "no end": {"content": [TEXT]}, "an item that is a text": {"content": ["x", END]},
        "items in another order": {"content": [TEXT, MORE, FIRST, END]}, "an item more": {"content": [TEXT, END, END]},
        "an item with another word in it": {"content": [TEXT, {**MORE, "deep": {"kind": "y"}}, END]},
        "an item with a word less": {"content": [TEXT, {"role": "first"}, END]},
        "an address that is a number": {"content": [TEXT, {"url": 7, "role": "first"}, END]},
        "one address twice": {"content": [TEXT, FIRST, FIRST, END]}, "seconds as a number": {"seconds": 5},
        "seconds with a nought": {"seconds": "05"}, "seconds below": {"seconds": "-5"},
        "no seconds at all": {"seconds": "-0"},
        "many seconds": {"seconds": "1" * 16}, "more seconds": {"seconds": "1" * 17},
        "a seed that is nothing": {"seed": None},
        "a seed that is empty": {"seed": []}, "a plain item": {"plain": [7]}, "a long text": {"n": "x" * 80},
        "a list for a number": {"n": [1]},
    }.items()},
    "a key less": {key: value for key, value in GOOD.items() if key != "n"},
    "no model": {key: value for key, value in GOOD.items() if key != "name"},
}  # fmt: skip


def read(body: Any) -> str:
    try:
        return str(dict(parse(TEMPLATE, body, frozenset(("first",))).fields))
    except NotOfTemplate as error:
        return str(error)


def deep(levels: int) -> Any:
    made: Any = 1
    for _ in range(levels):
        made = {"k": made}
    return made


EACH = {"$each": "x", "as": ITEM}
TEMPLATES: list[Any] = [
    TEMPLATE, {"$flat": True}, deep(20), deep(21), {"$env": 1}, {"a": {"$flat": True}}, {"$flat": 1},
    {"$flat": True, "a": 1},
    {"a": {"$model": False}}, {"a": {"$get": "x", "as": "text"}}, {"a": {"$get": "x", "as": "base64"}},
    {"a": {"$get": "x", "b": 1}}, {"a": {"$get": 7}}, {"a": {"$get": ""}}, {"a": {"$each": "x"}}, {"a": EACH},
    {"a": [EACH]},
    {"a": [{"$each": "", "as": ITEM}]}, {"a": [{"$each": "x", "as": {"k": 1}}]}, {"a": [{"$each": "x", "as": [ITEM]}]},
    {"a": [{"$each": "x", "as": {"k": [EACH, ITEM]}}]}, {"a": [{"$each": "x", "as": {"k": {"$get": "y"}, "u": ITEM}}]},
    {"a": [{"$each": "x", "as": {"k": [{"$get": "y"}], "u": ITEM}}]}, {"a": ITEM}, {"a": [ITEM]},
    {"a": [{"$get": "x"}]},
    {"a": [{"$each": "x", "as": {"$item": 1}}]}, {"a": [{"$each": "x", "as": {"u": ITEM, "v": {"$item": 7}}}]},
    {"a": [{"$each": "x", "as": {"$get": "y"}}]},
    {"a": {"$get": "x"}, "b": [{"$each": "x", "as": ITEM}]}, {"a": [EACH, {"$each": "y", "as": ITEM}]},
    {"a": [EACH, "end"]}, {"a": ["start", EACH]}, {"a": [{"$each": "x", "as": {"u": ITEM}}, {"u": "end"}]},
    {"a": [{"$each": "x", "as": {"u": ITEM, "k": 1}}, {"u": "end", "k": 2}]},
    {"a": [{"$each": "x", "as": {"u": ITEM, "k": 1}}, {"u": "end", "k": True}]},
    {"a": [{"$each": "x", "as": {"u": ITEM, "k": [1]}}, {"u": "end", "k": [2]}]},
    {"a": [{"$each": "x", "as": {"u": ITEM}}, {"u": "end", "k": 1}]}, {"a": [{"$each": "x", "as": {"u": ITEM}}, 7]},
    {"a": [{"$each": "x", "as": {"u": ITEM}}, 7, {"$each": "y", "as": {"u": ITEM}}]}, {1: {"$get": "x"}},
    [{"a": {"$model": True}}], "text",
]  # fmt: skip


def test_what_is_told_of_each_body_and_template(expect: Expect) -> None:
    lines = [f"{case}: {read(body)}" for case, body in BODIES.items()]
    for template in TEMPLATES:
        lines += [json.dumps(template)[:200], *(f"  {place}: {why}" for place, why in faults(template))]
    expect(HERE / "bodies.txt", "\n".join(lines) + "\n")


# --- schemas ---------------------------------------------------------------------------------------------------------

SCHEMA = {
    "type": "object", "additionalProperties": False, "required": ["version", "shots"],
    "x-seedspec": {"place": "at the top", "missing": {"shots": "write some"}, "everywhere": []},
    "properties": {
        "version": {"const": 1}, "name": {"$ref": "#/$defs/name"},
        "shots": {"type": "array", "items": {"$ref": "#/$defs/shot"}},
        "size": {"anyOf": [{"type": "integer", "minimum": 3}, {"type": "string", "maxLength": 2}],
                 "x-seedspec": {"expected": "a number or two letters"}},
        "one": {"oneOf": [{"type": "object", "required": ["a", "b"]}, {"type": "object", "required": ["c"]}]},
        "names": {"type": "object", "propertyNames": {"pattern": "^[a-z]+$", "title": "small letters"},
                  "patternProperties": {"^x": {}}, "additionalProperties": {"type": "integer"}},
        "words": {"patternProperties": {"^x": {}}, "additionalProperties": False,
        "properties": {"seed": {"type": "integer"}}},
        "said": {"type": "string", "x-seedspec": {"message": "say it otherwise", "code": "bad-form"}},
        "both": {"allOf": [{"required": ["q"],
        "x-seedspec": {"message": "q is needed", "code": "missing-q", "at": ["q"]}}]},
    },
    "$defs": {
        "name": {"type": "string", "pattern": "^[a-z]+$", "x-seedspec": {"proposes": True}},
        "shot": {"type": "object", "additionalProperties": False, "required": ["id"],
                 "x-seedspec": {"place": "in a shot", "meant": [["text", "prompt"], ["time length", "duration"]]},
                 "properties": {"id": {"type": "string"}, "prompt": {"type": "string"},
                 "duration": {"type": "integer"}}},
    },
}  # fmt: skip
TEXTS = """\
version: 1\nshots: []
---
shots: []
---
{shots: []}
---
version: 2
---
version: 1\nshots: [{id: a, text: words}]
---
version: 1\nshots: [{id: a, text: 7}]
---
version: 1\nshots: [{id: a, text: words, prompt: more}]
---
version: 1\nshots: [{text: words}]
---
version: 1\nshots: [{intro: {prompt: words, duration: 5}}]
---
version: 1\nshots: [{id: a, intro: {prompt: words}}]
---
version: 1\nshots: [{id: a, intro: {duration: 5}, outro: {id: x}}]
---
version: 1\nshots: [{id: a, one: 1, two: 2}]
---
version: 1\nshots: [{id: a, time: 5, length: 6}]
---
version: 1\nshots: [{id: a, duration: 5s}]
---
version: 1\nshots: []\nname: Big Name
---
version: 1\nshots: []\nname: 7
---
version: 1\nshots: []\nsize: 2
---
version: 1\nshots: []\nsize: abc
---
version: 1\nshots: []\nsize: []
---
version: 1\nshots: []\none: {}
---
version: 1\nshots: []\none: {a: 1}
---
version: 1\nshots: []\none: x
---
version: 1\nshots: []\nnames: {Bad: 1, good: x, xx: y}
---
version: 1\nshots: []\nwords: {xa: 1, sed: 2, seed: x}
---
version: 1\nshots: []\nsaid: 7
---
version: 1\nshots: []\nboth: {}
---
[1]
"""


def test_what_is_told_of_each_value_and_where(expect: Expect) -> None:
    lines, schema = [], Schema(SCHEMA)
    for text in TEXTS.split("---\n"):
        problems = Problems()
        node = parse_yaml(Source("s.yaml", text), problems)
        assert node is not None, text
        good = schema.check(node, problems)
        lines += [text.rstrip().replace("\n", " | "), *(["  good"] if good else [])]
        for found in problems:
            edits = "".join(f" <{e.span.text!r} becomes {e.text!r}>" for e in found.edits)
            notes = "; ".join(note.message for note in found.notes)
            lines += [f"  {found.span} [{found.code}] {found.message} ({notes}){edits}"]
    expect(HERE / "schema_problems.txt", "\n".join(lines) + "\n")


@pytest.mark.parametrize(
    ("rule", "tied"),
    [
        ({}, False), ({"required": ["a", "b"], "title": "x", "x-own": {"a": 1}, "additionalProperties": False}, False),
        ({"allOf": [{"required": ["b"]}, {"properties": {"b": {}}}]}, False),
        ({"allOf": [{"properties": {"a": {}}}]}, True),
        ({"anyOf": [{"properties": {"a": {}}}]}, True), ({"oneOf": [{}, {"not": {"properties": {"a": {}}}}]}, True),
        ({"if": {"properties": {"a": {}}}}, True), ({"then": {"properties": {"b": {}}}}, False),
        ({"else": True}, False),
        ({"not": {"properties": {"a": {}}}}, True), ({"allOf": [{"additionalProperties": False}]}, True),
        ({"propertyNames": {}}, True), ({"patternProperties": {}}, True), ({"then": {"enum": []}}, True),
    ],
)  # fmt: skip
def test_a_property_is_judged_by_itself_unless_a_rule_of_the_whole_may_tie_it(rule: dict[str, Any], tied: bool) -> None:
    schema = Schema({**rule, "properties": {"a": {"$ref": "#/$defs/n"}}, "$defs": {"n": {"type": "integer"}}})
    gate = schema.gate_of("a")
    assert (gate is None) is tied and schema.gate_of("b") is None
    assert gate is None or ([gate(1), gate("x")] == [True, False] and schema.gate_of("a") is gate)


def test_a_document_that_is_no_schema_says_so() -> None:
    assert Schema({"type": "integer"}).fault == "" and Schema({"type": "int"}).fault.startswith('"int" is not valid')
    assert len(Schema({"type": "int" * 200}).fault) <= 200
