"""What is told of a key that a place does not know, and of a value that breaks a rule: whole sentences."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sentences import shown, table

from seedspec.catalog.meant import Meaning, column_of, meaning_of
from seedspec.catalog.remedy import name_advice, remedy_for
from seedspec.catalog.wording import kind_of, sentence, type_of

HERE = Path(__file__).parent / "expected"
Expect = Callable[[Path, str], None]

DOCUMENT: dict[str, Any] = {
    "x-seedspec": {
        "place": "at the top",
        "everywhere": [
            ["fade transition", "a cut is made by hand"], ["speed", "tempo"], ["size", ["tempo", "ratio"]],
            ["clips", "take clips as references", "", "media"], ["lens", "say it in the prompt", "prompt", "words"],
        ],
    },
    "properties": {
        "model": {}, "seedspec": {"const": 1}, "notes": {}, "tempo": {},
        "shots": {
            "items": {
                "x-seedspec": {
                    "place": "in a shot", "under": "shots",
                    "meant": [
                        ["text description", "prompt"], ["length time", "duration"], ["cast", ["hero", "villain"]],
                        ["camera", "the camera is part of the prompt"], ["scenes", "no scenes here"], ["scene", "id"],
                        ["wait", "it waits for nobody", "duration"],
                    ],
                },
                "properties": {"id": {}, "prompt": {}, "duration": {}, "hero": {}, "villain": {}, "notes": {}},
            }
        },
        "defaults": {"x-seedspec": {"place": "in the defaults"}, "properties": {"duration": {}, "fps": {}}},
        "labels": {
            "x-seedspec": {"place": "in the labels", "otherwise": "`{key}` may be a label",
            "meant": [["for", "of each"]]},
            "properties": {"of": {}},
        },
    },
    "examples": [{"x-seedspec": {"place": "nowhere"}, "properties": {"odd": {}}}],
}  # fmt: skip
WORDS = "four words of text"
KEYS: list[tuple[str, dict[str, Any]]] = [
    ("shots", {"text": 1}), ("shots", {"Descriptions": 1}), ("shots", {"time": 1}), ("shots", {"Lengths": 1}),
    ("shots", {"cast": 1}), ("shots", {"cast": 1, "hero": 2}), ("shots", {"cast": 1, "hero": 2, "villain": 3}),
    ("shots", {"camera": 1}), ("shots", {"camera": WORDS}), ("shots", {"camera": WORDS, "prompt": "x"}),
    ("shots", {"camera": "three words only"}), ("shots", {"scenes": 1}), ("shots", {"scene": 1}),
    ("shots", {"wait": 1}),
    ("shots", {"wait": WORDS}), ("shots", {"Duration": 1}), ("shots", {"durations": 1}), ("shots", {"fade": 1}),
    ("shots", {"transitions": 1}), ("shots", {"speed": 1}), ("shots", {"size": 1}), ("shots", {"model": 1}),
    ("shots", {"fps": 1}), ("shots", {"seedspec": 1}), ("shots", {"duratoin": 1}), ("shots", {"whatever": WORDS}),
    ("shots", {"whatever": 1}), ("shots", {"camera_control": 1}), ("shots", {"cameraControl": 1}),
    ("shots", {"my-fade.thing": 1}), ("shots", {"thing fade": 1}), ("shots", {"speed_thing": 1}),
    ("shots", {"7": None}),
    ("shots", {"7": 1}), ("shots", {"id:a": None}), ("shots", {"id:a": 1}), ("shots", {"zzz:a": None}),
    ("shots", {"odd": 1}),
    ("shots", {"lens": 1}), ("shots", {"lens": WORDS}), ("shots", {"a" * 60: 1}), ("", {"version": 1}), ("", {"id": 1}),
    ("", {"duration": 1}), ("", {"seedspecs": 1}), ("", {"whatever": 1}), ("", {"prompt": 1}), ("labels", {"for": 1}),
    ("labels", {"look": 1}), ("labels", {"l" * 60: 1}), ("labels", {"off": 1}), ("labels", {"fade": 1}),
    ("labels", {"duration": 1}), ("labels", {"look": WORDS}), ("defaults", {"hero": 1}), ("defaults", {"villain_x": 1}),
]  # fmt: skip


def place(name: str) -> Any:
    found = DOCUMENT if not name else DOCUMENT["properties"][name]
    return found.get("items", found)


def key_shown(meaning: Meaning) -> str:
    return meaning.note + (f"; key {meaning.key!r}" if meaning.key else "") + "; the same" * meaning.same


def test_what_is_told_of_a_key(expect: Expect) -> None:
    rows = (
        ([name, given], key_shown(meaning_of(next(iter(given)), given, place(name), DOCUMENT))) for name, given in KEYS
    )
    bare = ({"properties": {"a": {}, "notes": {}}}, {"properties": {"abcde": {}, "fghij": {}}})
    plain = ((["", one], key_shown(meaning_of("whatever", {"whatever": 1}, one, {}))) for one in bare)
    expect(HERE / "keys.txt", table(rows) + table(plain))


COLUMNS = [
    "text",
    "scene",
    "cast",
    "camera",
    "Clip",
    "lens",
    "speed",
    "size",
    "prompt",
    "promt",
    "fade",
    "wait",
    "nothing",
]


def test_what_a_column_is(expect: Expect) -> None:
    rows = ((name, str(tuple(column_of(name, place("shots"), DOCUMENT)))) for name in COLUMNS)
    expect(HERE / "columns.txt", table(rows))


INSTEAD = {
    "array": "one of {value}: `{key}: x`",
    "string": "no `{value}`",
    "null": "leave it out",
    "any": "as you like",
}
CHOSEN = {"string": [["^a", "begins with a", "b"], ["c$", "ends with c"]], "number": "no number"}
REMEDIES: list[tuple[str, str, tuple[Any, ...], object, Any, dict[str, Any]]] = [
    *(("type", "wrong-type", ("defaults", "look", 0), value, "integer", {"x-seedspec": {"instead": INSTEAD}})
      for value in (["a", 1, True, ["b"], {"c": 1}], list(range(13)), "x" * 70, "【a；b、 c】", None, {}, 5.5, True)),
    *((rule, "wrong-count", ("k",), [1, 2], 1, {"x-seedspec": {"instead": {"any": "as you like"}}})
      for rule in ("maxItems", "minItems", "maxProperties")),
    *(("enum", "bad-choice", ("k",), value, ["axx", "d"], {"x-seedspec": {"instead": CHOSEN}})
      for value in ("ab", "xC", "xd", 7)),
    ("enum", "bad-choice", ("k",), "D", ["axx", "d"], {}),
    ("const", "bad-choice", ("k",), "D", "d", {}), ("const", "bad-choice", ("k",), "D", ["d"], {}),
    ("type", "wrong-type", ("k",), "5s", "integer", {"x-seedspec": {"unit": "seconds"}}),
    ("type", "wrong-type", ("k",), "5s", ["integer", "null"], {"x-seedspec": {"unit": "seconds"}}),
    ("anyOf", "wrong-type", ("k",), "5", [{"type": "integer"}, {"type": ["string"]}, {}], {}),
    ("oneOf", "wrong-type", ("k",), 5, [{"type": "string"}, {"const": 1}], {}),
    ("minItems", "wrong-count", ("k",), [], 1, {}), ("pattern", "bad-form", ("k",), "5", "x", {}),
    ("type", "wrong-type", (0, 1), ["a"], "string", {"x-seedspec": {"instead": INSTEAD}}),
    ("type", "wrong-type", ("k" * 50,), ["a"], "string", {"x-seedspec": {"instead": INSTEAD}}),
]  # fmt: skip


def test_what_to_do_instead(expect: Expect) -> None:
    rows = (([r, c, [*p], v], shown(remedy_for(r, c, p, v, limit, schema))) for r, c, p, v, limit, schema in REMEDIES)
    expect(HERE / "remedies.txt", table(rows))


NAMED_BY = {"pattern": "^[a-z][a-z0-9-]*$", "x-seedspec": {"proposes": True}}
BOARD = {
    "shots": [{"id": "A"}, {"id": "B b"}],
    "matrix": {"axes": {"x": 1, "Look!": 2}},
    "name": "镜头",
    "tags": ["a,b"],
}


@pytest.mark.parametrize(
    ("path", "text", "advice"),
    [
        (("shots", 1, "id"), "镜头", ("did you mean `shot-2`?",)),
        (("shots", 0, "id"), "B b", ("did you mean `b-b`?",)),
        (("matrix", "axes", "Look!"), "Look!", ("did you mean `look`?",)),
        (("matrix", "axes", "镜头"), "镜头", ("did you mean `axis-1`?",)),
        (("name",), "镜头", ("did you mean `storyboard-1`?",)),
        (("tags", 0), "a, b", ("write each item by itself: `[a, b]`",)),
        (("tags", 0), "镜", ("did you mean `tag-1`?",)),
        (("tags", 1), "镜", ("did you mean `tag-2`?",)),
    ],
)
def test_a_name_is_proposed(path: tuple[Any, ...], text: str, advice: tuple[str, ...]) -> None:
    assert name_advice(path, text, NAMED_BY, BOARD) == advice
    assert name_advice(path, text, {"pattern": "^[a-z]$"}, BOARD) == ()
    assert name_advice(path, text, {"x-seedspec": {"proposes": True}}, BOARD) == ()
    assert name_advice(path, text, {**NAMED_BY, "pattern": "^[0-9]$"}, BOARD) == (
        advice if "[a, b]" in advice[0] else ()
    )


def test_an_axis_is_named_by_its_number() -> None:
    assert name_advice(("matrix", "axes", "三"), "三", NAMED_BY, {"matrix": {"axes": {"x": 1, "三": 2}}}) == (
        "did you mean `axis-2`?",
    )


VALUES: list[object] = ["a", " ", "x" * 70, 5, 5.5, True, False, None, [], {}]
SENTENCES: list[tuple[str, object, Any, dict[str, Any]]] = [
    *(("type", value, "string", {}) for value in VALUES),
    *(("type", 5, kind, {}) for kind in ("integer", "number", "boolean", "object", "array", "null",
    ["string", "null"])),
    ("anyOf", 5, [{}], {"x-seedspec": {"expected": "this or that"}}), 
    ("enum", "c", ["a", "b", "d"], {}), ("enum", "c", ["a"], {}), ("const", 2, 1, {}),
    ("minimum", 3, 4, {"minimum": 4, "maximum": 9}), ("maximum", 10, 9, {"minimum": 4, "maximum": 9}),
    ("minimum", 3, 4, {"minimum": 4}), ("maximum", 10, 9, {"maximum": 9}),
    ("minimum", -1, 0, {"minimum": 0, "maximum": 0}),
    ("exclusiveMinimum", 0, 0, {}),
    *((rule, value, 2, {}) for rule in ("minItems", "maxItems") for value in ([], [1], [1, 2, 3])),
    *((rule, value, 2, {}) for rule in ("minProperties", "maxProperties") for value in ({}, {"a": 1},
    {"a": 1, "b": 2})),
    ("uniqueItems", [1, 1], True, {}), ("maxLength", "abc", 2, {}), ("pattern", " ", r"\S", {}),
    ("pattern", "b", "^a$", {}),
    ("pattern", "b", "^a$", {"title": "an a"}), ("pattern", "a, b", "^a$", {}), ("pattern", "a ; b", "^a$", {}),
    ("pattern", "а, b", "^a$", {}), ("multipleOf", 3, 2, {}), ("type", "a\u200bb", "integer", {}),
    ("maxLength", "a\u200bb", 2, {}), ("enum", "\u0430", ["a"], {}),
]  # fmt: skip


def test_what_a_rule_says(expect: Expect) -> None:
    rows = (([r, v, limit], "; ".join(sentence(r, v, limit, s, "otherwise " * 30))) for r, v, limit, s in SENTENCES)
    kinds = ((value, f"{kind_of(value)}, {type_of(value)}") for value in VALUES)
    expect(HERE / "sentences.txt", table(rows) + table(kinds))
