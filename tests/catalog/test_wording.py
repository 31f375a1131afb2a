"""What each rule of a schema says of a value that breaks it: the code, what was found, and what is expected."""

from __future__ import annotations

from typing import Any

import pytest

from seedspec.catalog.schema import Schema


def said(rule: dict[str, Any], value: Any) -> tuple[str, str]:
    """The one violation of a value that stands at a key."""
    document = {"type": "object", "properties": {"key": rule}}
    (found,) = Schema(document).violations({"key": value})
    assert found.path == ("key",)
    return found.code, found.message


@pytest.mark.parametrize(
    ("rule", "value", "code", "message"),
    [
        ({"type": "integer"}, "five", "wrong-type", "found the text `five`; expected a whole number"),
        ({"type": "string"}, True, "wrong-type", "found `true`; expected text"),
        ({"type": "string"}, None, "wrong-type", "found nothing; expected text"),
        ({"type": "object"}, [1], "wrong-type", "found a list; expected a mapping"),
        ({"type": ["string", "number"]}, {}, "wrong-type", "found a mapping; expected text or a number"),
        ({"enum": ["a", "b"]}, "c", "bad-choice", "found the text `c`; expected `a` or `b`"),
        ({"const": 1}, 2, "bad-choice", "found the number 2; expected `1`"),
        ({"minimum": 4, "maximum": 15}, 3, "out-of-range", "found 3; expected 4 to 15"),
        ({"minimum": 4}, 3, "out-of-range", "found 3; expected at least 4"),
        ({"maximum": 15}, 16, "out-of-range", "found 16; expected at most 15"),
        ({"exclusiveMinimum": 0}, 0, "out-of-range", "found 0; expected more than 0"),
        ({"minItems": 2}, ["x"], "wrong-count", "found 1 item; expected at least 2"),
        ({"minItems": 1}, [], "wrong-count", "found no items; expected at least 1"),
        ({"maxItems": 1}, ["x", "y"], "wrong-count", "found 2 items; expected at most 1"),
        ({"minProperties": 2}, {"x": 1}, "wrong-count", "found 1 key; expected at least 2"),
        ({"maxProperties": 1}, {"x": 1, "y": 2}, "wrong-count", "found 2 keys; expected at most 1"),
        ({"uniqueItems": True}, [1, 1], "repeated-item", "found the same item twice; expected each item once"),
        ({"maxLength": 2}, "abc", "too-long", "found 3 characters; expected at most 2"),
        ({"pattern": r"\S"}, "  ", "empty-text", "the text is empty; expected some words"),
        ({"pattern": "^a$", "title": "an a"}, "b", "bad-form", "found the text `b`; expected an a"),
    ],
)
def test_a_rule_says_what_was_found_and_what_is_expected(
    rule: dict[str, Any], value: Any, code: str, message: str
) -> None:
    assert said(rule, value) == (code, message)


def test_a_missing_key_is_told_and_no_other() -> None:
    found = Schema({"type": "object", "required": ["a", "b"]}).violations({"b": 1})
    assert [(v.code, v.message) for v in found] == [("missing-key", "key `a` is missing")]
