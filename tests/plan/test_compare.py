"""Two compiles side by side, two manifests side by side, and why an entry stands where it does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from seedspec import api
from seedspec.catalog.price import Cost
from seedspec.compiler.entry import Entry
from seedspec.lock.lock import Lock, lock_from
from seedspec.lock.record import record_of
from seedspec.plan.compare import KINDS, Comparison, compare
from seedspec.plan.difference import Difference, differences
from seedspec.plan.plan import Action, Plan
from seedspec.plan.planner import make_plan
from seedspec.plan.rules import Rules
from seedspec.plan.why import Why, bought_as, why

BOARD = """\
seedspec: 1
model: seedance-2.0-reference-to-video
defaults: {duration: 4, quality: 480p}
matrix: {axes: {look: [noir, pastel]}}
shots:
  - {id: open, prompt: "{{ look }}"}
  - {id: card, prompt: "a card"}
  - {id: last, prompt: "an end", matrix: {only: []}}
"""
NOW = "2026-11-23T07:00:00Z"


def made(folder: Path, *changes: tuple[str, str]) -> tuple[Entry, ...]:
    text = BOARD
    for change in changes:
        text = text.replace(*change)
    path = folder / "storyboard.yaml"
    path.write_text(text)
    found = api.compile(path)
    assert found.ok, found.diagnostics
    return found.entries


def shown(found: Comparison) -> list[tuple[str, str, str | None, bool]]:
    return [(c.kind, c.address, c.old.address if c.old else None, bool(c.cost.high)) for c in found.changes]


def bought(of: Entry, state: str = "saved", n: int = 1, **more: Any) -> Any:
    values = {
        "state": state, "entry": of.address, "manifest": orjson.loads(of.manifest), "task": f"task-{n}",
        "file": f"renders/{of.file}", "sha256": "c" * 64, **more,
    }  # fmt: skip
    return record_of(more.get("fp", of.fingerprint), n, values)


def test_an_edit_adds_changes_moves_and_takes_away(tmp_path: Path) -> None:
    old = made(tmp_path)
    new = made(
        tmp_path, ("{id: card,", "{id: sign,"), ("{{ look }}", "in {{ look }}"), ("id: last", "id: next, duration: 5"),
    )  # fmt: skip
    found = compare(old, new, Lock())
    assert shown(found) == [
        ("changed", "open@look=noir/1", "open@look=noir/1", True),
        ("changed", "open@look=pastel/1", "open@look=pastel/1", True),
        ("moved", "sign@look=noir/1", "card@look=noir/1", True),
        ("moved", "sign@look=pastel/1", "card@look=pastel/1", False),
        ("added", "next/1", None, True),
        ("gone", "last/1", "last/1", False),
    ]
    assert found.changes[0].differences == (Difference("prompt", "noir", "in noir"),)
    assert [c.differences for c in found.changes[2:]] == [()] * 4
    assert {kind: found.count(kind) for kind in KINDS} == {"added": 1, "changed": 2, "moved": 2, "gone": 1}
    assert found.same == () and found.cost == sum((c.cost for c in found.changes), Cost())
    assert found.cost == Cost(3 * 251_100 + 313_875, 3 * 251_100 + 313_875)
    part = found.within({"last/1", "card@look=noir/1"}, {"open@look=noir/1"})
    assert [c.address for c in part.changes] == ["open@look=noir/1", "sign@look=noir/1", "last/1"]


def test_what_is_bought_or_stands_already_costs_nothing(tmp_path: Path) -> None:
    old = made(tmp_path)
    new = made(tmp_path, ("{{ look }}", "in {{ look }}"), ("an end", "a card"))
    lock = lock_from([bought(new[0]), bought(new[1], "queued")])
    found = compare(old, new, lock)
    assert shown(found) == [
        ("changed", "open@look=noir/1", "open@look=noir/1", False),
        ("changed", "open@look=pastel/1", "open@look=pastel/1", True),  # what was taken back is not bought
        ("changed", "last/1", "last/1", False),  # the card's request brings it
    ]
    assert found.same == ("card@look=noir/1", "card@look=pastel/1")
    assert found.within(set(), {"card@look=noir/1"}) == Comparison((), ("card@look=noir/1",))
    assert compare(old, old, Lock()) == Comparison((), tuple(e.address for e in old))


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ({}, {}, []),
        ({"request": {"prompt": "a", "b": 1, "a": 1}, "take": 1, "provider": "x", "model": "m"},
         {"request": {"prompt": "b", "b": 2, "a": 2}, "take": 2, "provider": "y", "model": "n"},
         [("prompt", "a", "b"), ("a", 1, 2), ("b", 1, 2), ("model", "m", "n"), ("take", 1, 2), ("provider", "x", "y")]),
        ({"request": {"urls": ["a", "b"]}}, {"request": {"urls": ["a", "c", "d"]}},
         [("urls[1]", "b", "c"), ("urls[2]", None, "d")]),
        ({"request": {"urls": [f"entry:{'e' * 64}"], "x": 1}}, {"request": {}},
         [("urls[0]", "open/1", None), ("x", 1, None)]),
        ({"request": {"x": 1}}, {"request": {"x": 1}, "take": 1}, [("take", None, 1)]),
    ],
)  # fmt: skip
def test_manifests_differ_in_the_order_that_people_ask_about(
    old: dict[str, Any], new: dict[str, Any], found: list[tuple[str, Any, Any]]
) -> None:
    assert differences(old, new, {"e" * 64: "open/1"}.get) == tuple(Difference(*row) for row in found)


def planned(entries: tuple[Entry, ...], *records: Any, files: tuple[str, ...] = (), profile: str = "") -> Plan:
    rules = Rules("renders", lambda c: "asked", lambda f, size=None: f in files, NOW, profile=profile)  # type: ignore[arg-type]
    return make_plan(entries, lock_from(records), rules)


def test_why_an_entry_stands_where_it_does(tmp_path: Path) -> None:
    old, new = made(tmp_path), made(tmp_path, ("{{ look }}", "in {{ look }}"), ("duration: 4", "duration: 5"))
    record = bought(old[0])
    plan = planned(new, record, bought(old[4], "failed"))
    first, second, card, twin, last, *strays = plan.steps
    assert why(plan, new[0].address) == Why(
        first, record, (Difference("prompt", "noir", "in noir"), Difference("duration", 4, 5))
    )
    assert why(plan, new[1].address) == Why(second) and why(plan, card.address) == Why(card)
    assert why(plan, twin.address) == Why(twin, twin=card)
    assert why(plan, last.address).before == bought(old[4], "failed")
    assert {s.address for s in strays} == {old[0].address, old[4].address}
    with pytest.raises(KeyError, match="gone/1"):
        why(plan, "gone/1")
    alone = planned((), record)
    assert why(alone, old[0].address) == Why(alone.steps[0])


def test_a_file_in_the_way_is_told_with_what_was_bought_before(tmp_path: Path) -> None:
    old, new = made(tmp_path), made(tmp_path, ("{{ look }}", "in {{ look }}"))
    record = bought(old[0], file="renders/else.mp4")
    plan = planned(new[:1], record, files=(f"renders/{new[0].file}",))
    assert plan.steps[0].action is Action.FAILED
    assert why(plan, new[0].address) == Why(plan.steps[0], record, (Difference("prompt", "noir", "in noir"),))
    stopped = planned(new[:1], files=(f"renders/{new[0].file}",))
    assert why(stopped, new[0].address) == Why(stopped.steps[0]), "nothing was bought before"
    both = planned(new[:1], record, bought(new[0]), files=(f"renders/{new[0].file}",))
    assert why(both, new[0].address) == Why(both.steps[0]), "what is bought as it is has no other request"
    bare = record_of("d" * 64, 1, {"state": "saved", "entry": new[0].address})
    assert why(planned(new[:1], bare), new[0].address) == Why(planned(new[:1], bare).steps[0])


def test_what_an_address_was_bought_as_is_the_last_that_no_entry_asks_for(tmp_path: Path) -> None:
    old, new = made(tmp_path), made(tmp_path, ("{{ look }}", "in {{ look }}"))
    first, later = bought(old[0]), bought(old[0], fp="f" * 64)
    assert bought_as(planned(new, first, later), new[0]) == max(first, later, key=lambda r: r.fp)
    for other in (
        bought(old[0], "queued"), bought(old[0], profile="draft"), bought(old[0], entry="else/1"), bought(new[0]),
    ):  # fmt: skip
        assert bought_as(planned(new, other), new[0]) is None
