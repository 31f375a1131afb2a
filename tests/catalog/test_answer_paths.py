"""Values are read at paths of answers, whatever stands there instead, and written so that they are read again."""

from __future__ import annotations

from typing import Any

import pytest

from seedspec.catalog.answer_paths import every, first, values_at, writable, write

SAID = {
    "a": {"b": [{"c": 1}, {"c": None}, {"c": 3}, "x"]},
    "free": False,
    "bill": {"state": "charged", "sum": 10, "back": 2.5},
    "null": None,
}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("a.b[*].c", [1, 3]),
        ("a.b[2].c", [3]),
        ("a.b[9].c", []),
        ("a.b.c", []),
        ("null", []),
        ("free", [False]),
        ("a[*]", []),
    ],
)
def test_a_path_leads_to_what_is_there(path: str, found: list[Any]) -> None:
    assert values_at(path, SAID) == found
    assert values_at(path, "no object") == values_at(path, [SAID]) == []


def test_readings_give_the_first_of_a_kind() -> None:
    assert first(["null", "a.b[*].c"], SAID, (int, float)) == 1
    assert first("free", SAID, (int,)) is None
    assert first([{"when": {"free": False}, "value": 0}], SAID, (int,)) == 0
    assert first([{"when": {"free": 0}, "value": 0}], SAID, (int,)) is None
    assert first([{"path": "bill.sum", "unless": {"bill.state": "charged"}}], SAID, (int,)) is None
    assert first([{"path": "bill.sum", "less": "bill.back"}], SAID, (int, float)) == 7.5
    assert first(None, SAID) is None
    assert list(every(["a.b[*].c", "bill.sum"], SAID)) == [1, 3, 10]


@pytest.mark.parametrize("path", ["a", "a.b", "a[0].b", "a[*].b.c", "a[2]", "a-b.c_d[1][0]"])
def test_what_is_written_is_read(path: str) -> None:
    made: dict[str, Any] = {}
    write(path, "v", made)
    assert values_at(path, made) == ["v"]
    assert writable([{"when": {"x": 1}, "path": "y"}, path]) == path
