"""A plan as a value: its sums, what it shows of itself, and what it is by the models that it buys with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from siblings import FAST, MINI, SHIPPED, siblings

from seedspec import api
from seedspec.catalog.price import Cost
from seedspec.compiler.entry import Entry
from seedspec.lock.lock import Lock
from seedspec.lock.staleness import Stale
from seedspec.plan.by_model import ByModel, by_model, names_of
from seedspec.plan.html import MOST
from seedspec.plan.plan import Action, Plan, Step
from seedspec.plan.planner import make_plan
from seedspec.plan.reason import Done, New, Picked
from seedspec.plan.rules import Rules
from seedspec.plan.savings import Saving, savings
from seedspec.project.compile import compile

BOARD = """\
seedspec: 1
model: seedance-2.0-reference-to-video
defaults: {duration: 4, quality: 480p}
matrix: {axes: {look: [noir, pastel]}}
shots: [{id: open, prompt: "{{ look }}"}, {id: card, prompt: "a card"}]
"""


def compiled(folder: Path, text: str = BOARD) -> tuple[Entry, ...]:
    path = folder / "storyboard.yaml"
    path.write_text(text)
    found = api.compile(path)
    assert found.ok, found.diagnostics
    return found.entries


def planned(entries: tuple[Entry, ...], **rules: Any) -> Plan:
    given = Rules("renders", lambda c: "asked", lambda f, size=None: False, "2026-11-23T07:00:00Z", **rules)
    return make_plan(entries, Lock(), given)


def step(entry: Entry | None, action: Action, reason: Any, high: int = 0, **more: Any) -> Step:
    cost = more.pop("cost", Cost(high, high))
    return Step(more.pop("address", "a/1"), "f" * 64, action, reason, cost, "renders/a.mp4", entry, None, **more)


def test_a_plan_is_what_its_steps_are(tmp_path: Path) -> None:
    entry = compiled(tmp_path)[0]
    price = entry.cost.high
    stale, kept = Stale("b/1", "1", "2"), Stale("b/1", "1", "2", "picked")
    steps = (
        step(entry, Action.SUBMIT, New(), 5, retakes=2),
        step(entry, Action.CHANGE, New(), 7),
        step(None, Action.FETCH, New(), retakes=1),
        step(entry, Action.DONE, Done("x.mp4", None, here=True, stale=stale)),
        step(entry, Action.DONE, Done("x.mp4", None, here=False, stale=kept)),
        step(None, Action.DONE, Done("x.mp4", None, here=False, stale=stale)),
        step(entry, Action.DONE, Picked(changed=False)),
    )
    plan = Plan(steps, Lock())
    assert plan.buys == steps[:2] and plan.cost == Cost(12, 12)
    assert (plan.retakes, plan.retake_cost) == (3, Cost(2 * price, 2 * price))
    assert plan.stale == (steps[3], steps[5]) and plan.stale_cost == Cost(price, price)
    assert plan.missing == steps[4:6]
    assert {a.value: plan.count(a) for a in Action} == {
        "+": 1, "~": 1, ">": 0, "v": 1, "=": 4, "&": 0, "!": 0, "?": 0, "-": 0,
    }  # fmt: skip
    assert repr(plan) == "Plan(1 submit, 1 change, 1 fetch, 4 done)" and repr(Plan((), Lock())) == "Plan(no steps)"
    assert repr(steps[0]) == "Step(+ a/1, New(attempt=1))"


def test_a_notebook_shows_a_plan_as_a_table(expect: Callable[[Path, str], None]) -> None:
    steps = [
        step(None, Action.SUBMIT, New(), 251_100, address="a@look=<b>/1"),
        step(None, Action.CHANGE, New(), cost=Cost(1, 12_345_678, guessed=True)),
        step(None, Action.SUBMIT, New(), cost=Cost(unpriced=1)),
        step(None, Action.DONE, Done("x.mp4", None, here=True)),
    ]
    html = Plan(tuple(steps), Lock())._repr_html_()
    expect(Path(__file__).with_name("table.html.txt"), html.replace("</tr>", "</tr>\n") + "\n")


@pytest.mark.parametrize(("count", "rows", "more"), [(1, 1, ""), (MOST, MOST, ""), (MOST + 1, MOST, "1 more; ")])
def test_a_table_has_the_first_rows_and_counts_the_others(count: int, rows: int, more: str) -> None:
    html = Plan(tuple(step(None, Action.SUBMIT, New(), 10_000) for _ in range(count)), Lock())._repr_html_()
    assert html.count("<tr>") == rows + 1
    assert html.endswith(f"<p>{more}{count} to buy, at most {count}.00 credits</p>")


MODELS = f"""\
seedspec: 1
defaults: {{duration: 4, quality: 480p, generate_audio: false}}
references: {{cup: {{image: https://cdn.example.com/cup.webp}}}}
matrix: {{axes: {{model: {{a: {SHIPPED}, b: {FAST}, c: {FAST}}}}}}}
shots:
  - {{id: open, takes: 2, prompt: "{{{{ ref('cup') }}}}"}}
  - {{id: card, prompt: "a card", model: {MINI}, matrix: {{only: []}}}}
"""


def test_a_plan_is_told_apart_by_the_models_of_its_entries(tmp_path: Path) -> None:
    path = tmp_path / "storyboard.yaml"
    path.write_text(MODELS)
    catalog = siblings()
    found = compile(path, catalog=catalog)
    assert found.ok, found.diagnostics
    plan = planned(found.entries)
    assert names_of(found.entries) == {SHIPPED: "a", FAST: FAST, MINI: MINI}
    cost = {
        id_: sum((s.cost for s in plan.buys if s.entry and s.entry.model.id == id_), Cost())
        for id_ in (SHIPPED, FAST, MINI)
    }
    assert by_model(plan) == [
        ByModel(catalog.models[SHIPPED], "a", 2, cost[SHIPPED], ()),
        ByModel(catalog.models[FAST], FAST, 2, cost[FAST], ("generate_audio",)),
        ByModel(catalog.models[MINI], MINI, 1, cost[MINI], ()),
    ]
    assert all(c.high for c in cost.values())


def test_a_draft_is_cheaper_unless_all_is_at_the_lowest_quality(tmp_path: Path) -> None:
    plan = planned(compiled(tmp_path, BOARD.replace("quality: 480p", "quality: 720p")))
    assert savings(plan) == [Saving("draft", 3, ("480p",), Cost(3 * 251_100, 3 * 251_100))]
    assert savings(planned(compiled(tmp_path))) == []
    unpriced = replace(plan.steps[0], cost=Cost(unpriced=1))
    assert savings(Plan((unpriced, *plan.steps[1:]), Lock())) == [], "where a price is not known nothing is said"
