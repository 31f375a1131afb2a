"""Plans, reasons and changes as people and programs read them, whole: each kind of reason, each sum, each word."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import orjson
import pytest
from stage import Stage

from seedspec.catalog.price import Cost, Part, Rate
from seedspec.compiler.matrix.grid import Arithmetic
from seedspec.compiler.request.ceiling import Count
from seedspec.compiler.storyboard.types import Strategy
from seedspec.lock.lock import Lock
from seedspec.lock.lock import parse as lock_of
from seedspec.lock.run_events import Bound, Compared
from seedspec.lock.staleness import Stale
from seedspec.lock.state import State
from seedspec.plan.agreed import Agreed, Dearer, Drift, Purchase
from seedspec.plan.by_model import by_model
from seedspec.plan.command_hint import CommandHint
from seedspec.plan.compare import Change, Comparison
from seedspec.plan.cost import Spending, Stated
from seedspec.plan.difference import Difference
from seedspec.plan.plan import Action, Plan, Step
from seedspec.plan.reason import (
    Changed,
    Done,
    Elsewhere,
    Failure,
    Held,
    InBucket,
    InDoubt,
    InFlight,
    New,
    NotInStoryboard,
    Occupied,
    Picked,
    Reason,
    Second,
    Sending,
    Stuck,
    Twin,
    Unmet,
    Unpicked,
    Unsaved,
)
from seedspec.plan.why import Why
from seedspec.project.full_matrix import FullMatrix
from seedspec.report import agreed, compare, money, plan, rows, usable, why
from seedspec.report import by_model as models
from seedspec.text.source import Source

EXPECTED = Path(__file__).parent / "expected"
Expect = Callable[[Path, str], None]
RATE = Rate("2026-01-02", "a page", "stated", (Part("a", Fraction(1), None),), Decimal(68))  # type: ignore[arg-type]
UNKNOWN = replace(RATE, parts=(), why="no price of it is known")
HINT = CommandHint("films/tea.yaml", True, "draft")
NOW = datetime(2026, 1, 2, 5, 4, 5, tzinfo=UTC)
ASKED = "2026-01-02T03:04:05Z"
LONG = "a long prompt about tea that steams in a cup on a table by the window"
STALE = Stale("open/1", "a" * 64, "b" * 64)

REASONS: list[tuple[Action, Reason]] = [
    (Action.SUBMIT, New()),
    (Action.SUBMIT, New(3)),
    (Action.CHANGE, Changed("prompt", LONG, LONG.replace("window", "door"))),
    (Action.CHANGE, Changed("generate_audio", None, True)),
    (Action.CHANGE, Changed("image_urls[0]", "sha256:" + "a" * 64, "entry:" + "b" * 64)),
    (Action.CHANGE, Changed("prompt", "a" * 30, "b" * 31)),
    (Action.CHANGE, Changed("prompt", "short\x1b", 5)),
    (Action.RESUME, InFlight("t-1", ASKED)),
    (Action.RESUME, Stuck("t-2", ASKED, "2026-01-02T04:00:00Z", "queued\x1b[1m " + "x" * 70)),
    (Action.RESUME, Sending("host-1")),
    (Action.FETCH, Unsaved("t-3")),
    (Action.FETCH, Unsaved("t-4", "renders/a.mp4")),
    (Action.FETCH, Unsaved("t-5", "renders/a.mp4", True)),
    (Action.FETCH, InBucket("renders/b.mp4")),
    (Action.FETCH, InBucket("renders/b.mp4", True)),
    (Action.DONE, Done("renders/c.mp4", None, True)),
    (Action.DONE, Done("renders/c.mp4", "old/1", False)),
    (Action.DONE, Done("renders/c.mp4", "old/1", False, "", None, True)),
    (Action.DONE, Done("renders/c.mp4", None, True, "final", STALE)),
    (Action.DONE, Done("renders/c.mp4", None, True, None, replace(STALE, now="", kept="picked"))),
    (Action.DONE, Done("renders/c.mp4", None, True, None, replace(STALE, kept="under way"))),
    (Action.SHARED, Twin("open/1")),
    (Action.FAILED, Failure("bad", "No\x1b people | " + "y" * 70, "change")),
    (Action.FAILED, Failure("busy", "later", "asked")),
    (Action.DOUBT, InDoubt("the answer was lost.")),
    (Action.FAILED, Held("open/1", "it failed")),
    (Action.FAILED, Unpicked(("open@look=a", "open@look=b"))),
    (Action.FAILED, Unpicked(("open",))),
    (Action.FAILED, Occupied("renders/d e.mp4")),
    (Action.FAILED, Picked(True)),
    (Action.FAILED, Picked(False)),
    (Action.SUBMIT, Unmet(("black", "loudness"))),
    (Action.SUBMIT, replace(STALE, now="")),
    (Action.ORPHAN, NotInStoryboard(State.SAVED)),
    (Action.RESUME, Elsewhere("", State.RUNNING)),
    (Action.RESUME, Second(State.QUEUED)),
]


def as_file(found: Any) -> str:
    return orjson.dumps(found, default=str, option=orjson.OPT_INDENT_2).decode() + "\n"


def cost_of(number: int) -> Cost:
    costs = (Cost(6_750_000, 6_750_000), Cost(9_866_000, 17_265_000), Cost(unpriced=1), Cost(5, 5, guessed=True))
    return costs[number % 4]


def planned(reasons: Iterable[tuple[Action, Reason]] = REASONS) -> Plan:
    steps = []
    for number, (action, one) in enumerate(reasons):
        cost = cost_of(number) if action in (Action.SUBMIT, Action.CHANGE) else Cost()
        steps.append(Step(f"s{number}@hook=a b/1", f"{number:064}", action, one, cost, f"renders/s{number}.mp4"))
    return Plan(tuple(steps), Lock(), "draft")


def record(state: str = "saved", **values: Any) -> Any:
    line = {
        "fp": "1" * 64,
        "entry": "open/1",
        "take": 1,
        "attempt": 2,
        "state": state,
        "at": ASKED,
        "manifest": {},
        **values,
    }
    return next(iter(lock_of(b'{"seedspec_lock":1}\n' + orjson.dumps(line) + b"\n")))


SAVED = {"task": "t-9", "file": "renders/x.mp4", "sha256": "c" * 64, "bytes": 5}


def test_each_step_is_a_line(expect: Expect) -> None:
    made = planned()
    blocks = [
        plan.steps(made, RATE),
        plan.steps(made, RATE, color=True, most=12, commands=HINT, now=NOW),
        plan.totals(made, RATE, None),
        plan.totals(made, RATE, 10_000),
        plan.totals(planned(REASONS[:2]), RATE, 24_015_000),
        plan.totals(planned(REASONS[:2]), RATE, 24_014_999),
        plan.totals(planned([]), RATE, 5),
        plan.totals(planned([REASONS[18], REASONS[27]]), UNKNOWN, 5),
        plan.advise_lost(made),
        plan.advise_lost(planned([REASONS[16]]), HINT),
        plan.advise_lost(planned([REASONS[15]])),
        [repr(made), *(s.address for s in plan.doubts(made))],
    ]
    expect(EXPECTED / "plan.txt", "\n\n".join("\n".join(block) for block in blocks) + "\n")


def test_each_step_for_programs(expect: Expect) -> None:
    found = plan.as_json(planned(), RATE, HINT)
    expect(EXPECTED / "plan.json", as_file(found))


def sums(*rows: Arithmetic) -> list[Count]:
    return [Count(f"shot{n}", one, n + 1) for n, one in enumerate(rows)]


@pytest.mark.parametrize(
    ("whole", "counts", "said"),
    [
        (None, sums(Arithmetic(1, 0, 0)), ["shot0  1 row  × 1 take  = 1", "                        = 1 entry"]),
        (Arithmetic(1, 0, 0), sums(Arithmetic(2, 0, 0), Arithmetic(1200, 100, 3)), [
            "shot0  2 rows                                          × 1 take   = 2",
            "shot1  1,200 rows − 100 excluded + 3 included = 1,103  × 2 takes  = 2,206",
            "                                                                  = 2,208 entries",
        ]),
        (Arithmetic(2, 0, 0), [], ["2 rows of the storyboard", "      = 0 entries"]),
        (Arithmetic(1, 1, 0), [], ["1 row − 1 excluded = 0 of the storyboard", "      = 0 entries"]),
        (Arithmetic(1, 0, 1), [], ["1 row + 1 included = 2 of the storyboard", "      = 0 entries"]),
        (Arithmetic(9, None, 0, 3), [], ["9 rows − those excluded; 3 chosen of the storyboard", "      = 0 entries"]),
        (Arithmetic(1, 0, 0, 1), [], ["1 row; 1 chosen of the storyboard", "      = 0 entries"]),
        (Arithmetic(2000, 500, 2, 1000), [],
         ["2,000 rows − 500 excluded = 1,500; 1,000 chosen + 2 included = 1,002 of the storyboard",
          "      = 0 entries"]),
    ],
)  # fmt: skip
def test_the_rows_of_a_matrix_are_summed(whole: Arithmetic | None, counts: list[Count], said: list[str]) -> None:
    assert plan.count_entries(whole, counts) == said


def whys() -> Iterator[Why]:
    records = {
        7: record("running", task="t-1", units=1),
        10: record("completed", task="t-3", results_until="2026-01-03T00:00:00Z"),
        11: record(**SAVED), 13: record(**SAVED), 15: record(**SAVED), 33: record(**SAVED),
    }  # fmt: skip
    for number, step in enumerate(planned().steps):
        yield Why(replace(step, record=records.get(number)))
    steps = planned().steps
    changed = (Difference("prompt", "old words", "new words"), Difference("duration", 4, None))
    yield Why(replace(steps[2], entry=None), record(**SAVED), changed)
    yield Why(steps[25], record("failed", failure={"code": "x", "message": "y"}))
    yield Why(steps[21], None, (), steps[0])


def places() -> dict[str, Any]:
    return {"prompt": Source("films/tea.yaml", "one\n  prompt: new words\n").span(14, 17), "duration": None}


def test_each_reason_in_sentences(expect: Expect) -> None:
    blocks = [why.as_text(found, places(), RATE, HINT, NOW) for found in whys()]
    blocks += [why.as_text(found, {}, RATE) for found in list(whys())[:12]]
    expect(EXPECTED / "why.txt", "\n\n".join("\n".join(block) for block in blocks) + "\n")


def test_each_reason_for_programs(expect: Expect) -> None:
    found = [why.as_json(one, places(), RATE, HINT, NOW) for one in list(whys())[-3:]]
    expect(EXPECTED / "why.json", as_file(found))


def test_changes_are_lines_and_sums(stage: Stage, expect: Expect) -> None:
    entries = stage.planned.compiled.entries
    changes = (
        Change("added", None, entries[0], cost_of(0)),
        Change(
            "changed", entries[1], entries[2], cost_of(1), (Difference("prompt", "a", "b"), Difference("seed", 1, None))
        ),
        Change("moved", entries[2], entries[3]),
        Change("changed", entries[2], entries[3], cost_of(2)),
        Change("gone", entries[4], None),
    )
    found = Comparison(changes, ("a/1", "b/1"))
    said = [*compare.as_text(found, RATE), "", *compare.as_text(found, RATE, color=True), ""]
    said += compare.as_text(Comparison((), ("a/1",)), RATE)
    said.append(as_file(compare.as_json(found, RATE, "c0ffee")))
    text = "\n".join(said) + "\n"
    for number, entry in enumerate(entries):
        text = text.replace(entry.fingerprint, f"<fingerprint {number}>")
    expect(EXPECTED / "compare.txt", text)


COSTS = [
    Cost(),
    cost_of(0),
    cost_of(1),
    cost_of(2),
    cost_of(3),
    Cost(5_000, 6_000, 1_002, True),
    Cost(1_234_567_890, 1_234_567_890),
]


def test_money_is_read_in_credits_and_dollars(expect: Expect) -> None:
    said = [
        f"{money.is_anything(c)} | {money.credits(c, RATE)} | {money.dollars(c, RATE)} | {money.both(c, RATE)} | "
        f"{json.dumps(money.range_json(c, RATE))}"
        for c in COSTS
    ]
    rates = [RATE, replace(RATE, sure="guessed"), replace(RATE, beside=True), UNKNOWN]
    said += [money.say_prices(rate) for rate in rates]
    said += [repr(money.cost_of_bought(units, rate, 3)) for rate in rates for units in (0, 7)]
    said += [money.to_the_unit(units, RATE) for units in (0, 1, 337_392, 12_345_678_901)]
    expect(EXPECTED / "money.txt", "\n".join(said) + "\n")


@pytest.mark.parametrize(
    ("full", "said"),
    [
        (FullMatrix(None, None, False), "the full matrix has too many rows to be counted"),
        (FullMatrix(1, None, False), "the full matrix has too many rows to be counted"),
        (FullMatrix(1, cost_of(0), True), "the full matrix: 1 entry, 675.00 credits ($9.93)"),
        (FullMatrix(1200, cost_of(0), False),
         "the full matrix: 1,200 entries, about 675.00 credits ($9.93) at the average of the chosen ones"),
    ],
)  # fmt: skip
def test_chosen_rows_stand_beside_the_full_matrix(full: FullMatrix, said: str) -> None:
    assert rows.beside(2, cost_of(0), full, RATE) == f"chosen: 2 entries, 675.00 credits ($9.93) in all; {said}"
    assert rows.full_json(full, RATE) == {
        "entries": full.entries, "exact": full.exact, "cost": full.cost and money.range_json(full.cost, RATE),
    }  # fmt: skip


def test_chosen_rows_say_their_strategy() -> None:
    span = Source("a", "").span(0)
    sample, pairwise = Strategy("sample", span, 5, 7), Strategy("pairwise", span)
    assert rows.show_choice(pairwise, Arithmetic(12, 2, 0, 4)) == "rows: 4 of 10 rows chosen by `pairwise`"
    assert (
        rows.show_choice(sample, Arithmetic(12, 0, 1, None))
        == "rows: 0 of 12 rows chosen by `sample: 5`, and 1 included"
    )
    assert rows.as_json(pairwise, Arithmetic(12, 2, 0, 4)) == {
        "strategy": "pairwise", "chosen": 4, "included": 0, "full": 10,
    }  # fmt: skip
    assert rows.as_json(sample, Arithmetic(12, None, 1, 4)) == {
        "strategy": "sample", "sample": 5, "seed": 7, "chosen": 4, "included": 1, "full": None,
    }  # fmt: skip


def test_what_has_changed_since_an_agreed_plan() -> None:
    bought = tuple(Purchase(f"s{n}/1", f"{n:064}", 1, 337_392) for n in range(22))
    made = Agreed(*("x",) * 3, False, "2026-01-02", "r", *[False] * 2, *[None] * (len(Agreed.__slots__) - 8))  # type: ignore[arg-type]
    made = replace(made, purchases=bought, usd=Decimal("1234.5"))
    head = "by the plan of 2026-01-02: 22 purchases, at most $1,234.50"
    assert agreed.drift(Drift(), made, RATE, HINT) == [head, "the storyboard makes the same requests as then"]
    found = Drift(bought[:21], (Dearer(bought[0], 337_393),), 1, ("n/1",), False)
    gone = [f"  s{n}/1: the storyboard no longer makes this request" for n in range(20)]
    plain = "`seedspec plan --out FILE films/tea.yaml --emulator --profile draft`"
    assert agreed.drift(found, made, RATE, HINT) == [
        head, *gone, "  … and 1 more", "  s0/1: 33.7393 credits now, agreed were 33.7392; it is not bought",
        "1 purchase of it is made already", "1 entry is not in the plan and is not bought, first `n/1`",
        *([f"for these a new plan is needed: {plain}"] if found.short else []),
    ]  # fmt: skip
    more = agreed.drift(
        Drift(bought[:20], (), 2, ("n/1", "m/1"), False), replace(made, purchases=bought[:1]), RATE, HINT
    )
    assert more[0] == "by the plan of 2026-01-02: 1 purchase, at most $1,234.50" and "… and" not in " ".join(more)
    assert more[21:23] == [
        "2 purchases of it are made already", "2 entries are not in the plan and are not bought, first `n/1`",
    ]  # fmt: skip


def take(fp: str, *verdicts: str) -> Compared:
    bounds = tuple(Bound("black", verdict, "1 s", "at most 0.5 s", "a.yaml", 1, 2) for verdict in verdicts)
    return Compared("open/1", fp, 1, bounds, "now")


def test_a_usable_take_costs_all_that_was_spent() -> None:
    spending = Spending(9, 5, Cost(1, 1), Cost(300_000, 400_000, 1, True), Stated(), Stated(150_000, 2), 100_000)
    takes = [
        take("a", "met"),
        take("a", "met"),
        take("b", "unmet", "not measured"),
        take("c", "not measured"),
        take("d"),
    ]
    found = usable.usable_of(spending, takes)
    assert found == usable.Usable(2, 4, 1, 5, Cost(450_000, 450_000, 1, True))
    assert usable.as_text(found, RATE) == (
        "a usable take costs ~22.50 credits (~$0.33) + 1 unpriced: ~45.00 credits (~$0.66) + 1 unpriced for 5 videos, "
        "2 of them as expected, 1 not measured"
    )
    none = usable.usable_of(replace(spending, bought=1, judged=900_000), takes[2:3])
    assert usable.as_text(none, RATE) == (
        "no take is usable yet: ~15.00 credits (~$0.22) + 1 unpriced for 1 video, none of them as expected"
    )
    assert usable.as_json(found, RATE) == {
        "takes": 2, "saved": 4, "not_measured": 1, "spent": money.range_json(found.spent, RATE),
        "each": money.range_json(Cost(225_000, 225_000, 1, True), RATE),
    }  # fmt: skip
    assert usable.as_json(none, RATE)["each"] is None


def test_a_plan_by_model(stage: Stage) -> None:
    one = by_model(stage.planned.plan)
    assert (models.as_text(one), models.as_json(one), models.plan_rows(one)) == ([], [], [])
    two = [one[0], replace(one[0], name="other", videos=1, cost=Cost(10_000, 10_000), left_out=("a", "b"))]
    rate = one[0].model.rate
    text = [f"  {one[0].name}  6 videos  {money.both(one[0].cost, rate)}", "  other".ljust(2 + len(one[0].name))]
    said = models.as_text(two)
    assert said[0] == "by model:" and said[1] == text[0] and said[2].startswith(f"{text[1]}   1 video  1.00 credits (")
    assert said[3:] == ["left out for other: a, b"] == models.as_text([two[1]])
    assert models.plan_rows(two)[1] == ("other", "1", "1.00", money.dollars(two[1].cost, rate))
    found = models.as_json(two)
    assert found[1] | {"model": one[0].model.id, "name": "other", "videos": 1, "left_out": ["a", "b"]} == found[1]
    assert models.as_json([two[1]]) == [found[1]] and found[0]["left_out"] == []
