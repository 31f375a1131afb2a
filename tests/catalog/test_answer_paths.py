"""Values are read at paths of answers, whatever stands there instead, and written so that they are read again."""

from __future__ import annotations

from typing import Any

import pytest

from seedspec.catalog.answer_paths import every, first, is_number, values_at, writable, write

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


READINGS: list[tuple[Any, list[Any]]] = [
    (None, []), ([], []), ("bill.sum", [10]), ("gone", []), ({"value": 5}, [5]), ({"value": None}, [None]),
    ({"path": "bill.sum", "when": {"bill.state": "charged"}}, [10]),
    ({"path": "bill.sum", "when": {"bill.state": "x"}}, []),
    ({"path": "bill.sum", "when": {"bill.state": "charged", "free": True}}, []),
    ({"path": "bill.sum", "unless": {"bill.state": "x"}}, [10]), ({"path": "bill.sum", "unless": {"gone": 1}}, [10]),
    ({"path": "bill.sum", "unless": {"gone": 1, "free": False}}, []), ({"path": "bill.sum", "less": "gone"}, [10]),
    ({"path": "bill.back", "less": "bill.sum"}, [0]), ({"path": "bill.state", "less": "bill.sum"}, ["charged"]),
    ({"path": "bill.sum", "less": "bill.state"}, [10]), ({"path": "free", "less": "bill.sum"}, [False]),
    ({"path": "bill.sum", "less": "free"}, [10]), ({"value": 20, "less": "bill.sum"}, [10]),
    ({"path": "a.b[*].c", "when": {"a.b[*].c": 3}}, [1, 3]), ({"path": "a.b[*].c", "when": {"a.b[*].c": 4}}, []),
]  # fmt: skip


@pytest.mark.parametrize(("readings", "found"), READINGS, ids=str)
def test_a_reading_gives_what_its_conditions_let_through(readings: Any, found: list[Any]) -> None:
    assert list(every(readings, SAID)) == found
    assert list(every([readings, "bill.sum"], SAID)) == [*found, 10] if isinstance(readings, (str, dict)) else True


def test_a_value_is_of_one_of_the_kinds_that_are_asked_for() -> None:
    kinds: list[tuple[Any, ...]] = [(str,), (int,), (int, float), (bool,), (dict,), (list,)]
    everything = ["free", "bill.back", "bill.sum", "bill.state", "bill", "a.b"]
    assert [first(everything, SAID, one) for one in kinds] == [
        "charged", 10, 2.5, False, SAID["bill"], SAID["a"]["b"],
    ]  # fmt: skip
    assert first("bill.state", SAID) == "charged" and first("bill.sum", SAID) is None


def test_an_answer_is_written_step_by_step() -> None:
    made: dict[str, Any] = {"a": {"x": 1}}
    for path, value in (("a.b[1].c", 5), ("a.b[*].d", 6), ("a.b[1].e", 7), ("list[2]", 8), ("plain", 9), ("plain", 10)):
        write(path, value, made)
    assert made == {"a": {"x": 1, "b": [{"d": 6}, {"c": 5, "e": 7}]}, "list": [None, None, 8], "plain": 10}


@pytest.mark.parametrize(
    ("readings", "path"),
    [
        (None, ""), ([], ""), ("a", "a"), ({"path": "a"}, "a"), ({"path": "a", "when": {"b": 1}}, ""),
        ({"value": 1}, ""),
        ([{"value": 1}, {"path": "b"}], "b"), ({"path": "a", "unless": {"b": 1}}, "a"),
        ({"path": "a", "when": {}}, "a"),
    ],
)  # fmt: skip
def test_a_path_by_which_is_written_asks_for_nothing_else(readings: Any, path: str) -> None:
    assert writable(readings) == path


def test_true_is_no_number() -> None:
    assert [is_number(value) for value in (0, 1.5, True, "1", None)] == [True, True, False, False, False]
