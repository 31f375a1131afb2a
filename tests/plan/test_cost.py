"""The fold of costs: every purchase once, whatever it is told apart by; bought twice, failed, shared, or gone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest
from boards import CATALOG, MODEL
from hypothesis import given
from hypothesis import strategies as st

from seedspec import api
from seedspec.catalog.price import Cost
from seedspec.compiler.entry import Entry
from seedspec.lock.lock import Lock, encode, parse
from seedspec.lock.version import HEADER
from seedspec.plan.cost import KEYS, Line, Spending, Stated, by_profile, lines, price_of_videos, total
from seedspec.plan.plan import Plan
from seedspec.plan.planner import make_plan
from seedspec.plan.rules import Rules
from seedspec.plan.savings import Saving, savings
from seedspec.plan.select import choose

KNOWN = CATALOG.models[MODEL]
RATE = KNOWN.rate
BOARD = """\
seedspec: 1
model: seedance-2.0-reference-to-video
defaults: {duration: 4, quality: 480p}
references:
  cup: {image: https://cdn.example.com/cup.webp}
  walk: {video: https://cdn.example.com/walk.mp4}
  long: {video: https://cdn.example.com/long.mp4, seconds: 12}
matrix: {axes: {look: {noir: {words: dark}, soft: {words: light}}}}
shots:
  - {id: open, takes: 2, prompt: "{{ ref('cup') }}, {{ look.words }}"}
  - {id: follow, prompt: "{{ ref('walk') }}, {{ look.words }}"}
  - {id: card, prompt: "{{ ref('cup') }}, a card"}
"""
FOUR = 251_100  # 4 s at 480p: 4 × 13.5 × 0.465 = 25.11 credits
LOW, HIGH = 306_720, 728_460  # with 2 to 15 s of video: 8 and 19 s × 13.5 × 0.284


def entries_of(folder: Path, board: str = BOARD) -> tuple[Entry, ...]:
    path = folder / "storyboard.yaml"
    path.write_text(board)
    compiled = api.compile(path)
    assert compiled.ok, compiled.diagnostics
    return compiled.entries


@pytest.fixture(scope="module")
def entries(tmp_path_factory: pytest.TempPathFactory) -> tuple[Entry, ...]:
    return entries_of(tmp_path_factory.mktemp("cost"))


def line(entry: Entry, state: str, attempt: int = 1, /, **more: Any) -> bytes:
    values = {
        "fp": entry.fingerprint, "entry": entry.address, "take": entry.take, "attempt": attempt, "state": state,
        "at": "2026-11-23T07:00:00Z", "manifest": orjson.loads(entry.manifest), "units": entry.cost.high,
    }  # fmt: skip
    if state in ("running", "completed", "saved"):
        values["task"] = f"task-unified-{entry.fingerprint[:4]}-{attempt}"
    if state == "saved":
        values |= {"file": f"renders/{entry.file}", "sha256": "c" * 64}
    return encode({**values, **more})


def planned(chosen: tuple[Entry, ...], *lock: bytes, others: tuple[Entry, ...] = ()) -> Plan:
    rules = Rules("renders", lambda code: "asked", lambda file, size=None: False, "2026-11-23T08:00:00Z")
    return make_plan(chosen, parse(HEADER + b"".join(lock)) if lock else Lock(), rules, others)


def table(plan: Plan, *by: str, whole: bool = True) -> dict[tuple[str, ...], Spending]:
    return {x.labels: x.spending for x in lines(plan, by, RATE, whole=whole)}


def test_before_anything_is_bought(entries: tuple[Entry, ...]) -> None:
    found = table(planned(entries), "shot")
    assert found == {
        ("open",): Spending(4, 0, Cost(4 * FOUR, 4 * FOUR)),
        ("follow",): Spending(2, 0, Cost(2 * LOW, 2 * HIGH)),
        ("card",): Spending(1, 0, Cost(FOUR, FOUR)),  # both looks ask for the same: one purchase
    }
    assert planned(entries).cost == total([Line((), s) for s in found.values()]).estimate


@given(
    st.lists(st.sampled_from(["shot", "take", "state", "look", "hook"]), max_size=4, unique=True),
    st.lists(st.tuples(st.integers(0, 7), st.sampled_from(["running", "saved", "failed", "doubt"])), max_size=6),
)
def test_the_total_is_the_same_whatever_it_is_told_apart_by(
    entries: tuple[Entry, ...], by: list[str], bought: list[tuple[int, str]]
) -> None:
    lock = {entries[n].fingerprint: line(entries[n], s, reserved=20.5, charged=10.25) for n, s in bought}
    plan = planned(entries, *lock.values())
    assert total(lines(plan, by, RATE)) == total(lines(plan, (), RATE))
    assert total(lines(plan, by, RATE)).videos == 7


def test_what_the_service_stated_stands_beside_the_estimate(entries: tuple[Entry, ...]) -> None:
    first, second, third, fourth, follow, *_ = entries
    plan = planned(
        entries,
        line(first, "saved", reserved=25.11, charged=24.0),
        line(second, "running", reserved=25.11),
        line(third, "doubt"),
        line(fourth, "saved", credits=25.11),  # a lock of before reserved and charged were told apart
        line(follow, "completed", reserved=40.0, charged=38.34),
    )
    found = table(plan, "state")
    assert found["saved",] == Spending(
        2, 2, Cost(2 * FOUR, 2 * FOUR), Cost(2 * FOUR, 2 * FOUR), Stated(502_200, 2), Stated(240_000, 1), FOUR
    )
    assert found["running",].reserved == Stated(251_100, 1) and found["running",].charged == Stated()
    assert found["doubt",] == Spending(1, 1, Cost(FOUR, FOUR), Cost(FOUR, FOUR))
    assert found["completed",].estimate == Cost(LOW, HIGH), "the range stays, so that the bill can be held against it"
    assert (found["new",].videos, found["new",].bought) == (2, 0)


def test_attempts_that_failed(entries: tuple[Entry, ...]) -> None:
    first, second, third, *_ = entries
    plan = planned(
        entries,
        line(first, "failed", reserved=25.11, charged=0),
        line(first, "saved", 2, reserved=25.11, charged=25.11),
        line(second, "failed", reserved=25.11, charged=5.0),  # the service kept some of it
        line(third, "failed", reserved=25.11),
    )
    found = table(plan, "shot", "take", "look")
    assert found["open", "1", "noir"] == Spending(
        1, 1, Cost(FOUR, FOUR), Cost(FOUR, FOUR), Stated(251_100, 1), Stated(251_100, 1), FOUR
    )
    assert found["open", "2", "noir"] == Spending(1, 0, Cost(FOUR, FOUR), charged=Stated(50_000, 0))
    assert found["open", "1", "soft"] == Spending(1, 0, Cost(FOUR, FOUR))


def test_two_purchases_of_one_request_are_two(entries: tuple[Entry, ...]) -> None:
    plan = planned(entries, line(entries[0], "saved", reserved=25.11), line(entries[0], "running", 2, reserved=25.11))
    found = table(plan, "shot")["open",]
    assert (found.videos, found.bought, found.reserved) == (5, 2, Stated(502_200, 2))


def test_an_estimate_is_that_of_the_time_of_purchase(entries: tuple[Entry, ...]) -> None:
    plan = planned(entries, line(entries[4], "saved", units=500_000), line(entries[0], "saved", units=None))
    found = table(plan, "shot", "state")
    assert found["follow", "saved"].estimate == Cost(500_000, 500_000)
    assert found["open", "saved"].estimate == Cost(FOUR, FOUR)


def test_what_left_the_storyboard_counts_where_it_was_bought(tmp_path: Path, entries: tuple[Entry, ...]) -> None:
    was = entries_of(tmp_path, BOARD.replace("light", "bright"))
    gone = next(e for e in was if e.address == "open@look=soft/2")
    lost = next(e for e in was if e.address == "follow@look=soft/1")
    plan = planned(entries, line(gone, "saved", charged=25.11), line(lost, "failed", charged=0))
    assert table(plan, "shot", "look", "take")["open", "soft", "2"].videos == 2
    assert total(lines(plan, (), RATE)).videos == 8
    chosen = choose(entries, plan.lock, ["look=noir"], [])
    some = planned(chosen.chosen, line(gone, "saved", charged=25.11), others=chosen.others)
    assert set(table(some, "look", whole=False)) == {("noir",)}
    assert total(lines(some, (), RATE, whole=False)).bought == 0


def test_hints_of_what_is_still_to_be_bought(tmp_path: Path, entries: tuple[Entry, ...]) -> None:
    assert savings(planned(entries)) == [], "the lowest quality, and no length is known to be too long"
    other = entries_of(tmp_path, BOARD.replace("480p", "720p").replace("ref('walk')", "ref('long')"))
    long = Cost(2 * (16 - 8) * 82_215, 2 * (16 - 8) * 82_215)  # 12 s where 4 s are billed anyway
    whole = 4 * 540_000 + 540_000 + 2 * 16 * 82_215
    draft = 4 * FOUR + FOUR + 2 * 16 * 38_340
    plan = planned(other)
    assert plan.cost == Cost(whole, whole)
    assert savings(plan) == [
        Saving("long-reference", 2, ("long",), Cost(2 * 16 * 82_215, 2 * 16 * 82_215), long),
        Saving("draft", 7, ("480p",), Cost(draft, draft)),
    ]
    bought = [line(e, "saved") for e in {e.fingerprint: e for e in other}.values()]
    assert savings(planned(other, *bought)) == []


def test_each_profile_has_its_own_sums(tmp_path: Path) -> None:
    path = tmp_path / "storyboard.yaml"
    path.write_text(BOARD.replace("shots:", "profiles: {final: {quality: 720p}, gone: {}}\nshots:"))
    draft, final = (api.compile(path, profile=name).entries for name in ("", "final"))
    lock = [
        line(draft[0], "saved", charged=25.11),
        line(draft[1], "running"),
        line(final[0], "saved", profile="final", charged=54.0),
        line(final[1], "running", profile="final"),
        line(final[2], "saved", profile="dropped"),
    ]
    rules = Rules("renders", lambda code: "asked", lambda file, size=None: False, "2026-11-23T08:00:00Z",
                  profile="final", others=frozenset({"", "gone"}))  # fmt: skip
    plan = make_plan(final, parse(HEADER + b"".join(lock)), rules)
    own = total(lines(plan, ("shot",), RATE))
    assert (own.videos, own.bought, own.charged) == (7, 3, Stated(540_000, 1)), "what is asked for is its own"
    found = table(plan, "profile")
    assert {k: (s.videos, s.bought) for k, s in found.items()} == {("final",): (7, 3), ("default",): (2, 2)}
    assert by_profile(plan, RATE) == {"final": own, "": found["default",]}
    assert table(plan, "profile", whole=False).keys() == {("final",)}


SHOTS = """\
seedspec: 1
model: seedance-2.0-reference-to-video
defaults: {duration: 4, quality: 480p}
references:
  cup: {image: https://cdn.example.com/cup.webp}
  first: {shot: open}
  long: {video: https://cdn.example.com/long.mp4, seconds: 5}
shots:
  - {id: open, duration: 10, prompt: "{{ ref('cup') }}"}
  - {id: next, prompt: "{{ ref('first') }} goes on"}
"""


def test_a_video_of_another_shot_is_no_reference_that_could_be_cut(tmp_path: Path) -> None:
    assert savings(planned(entries_of(tmp_path, SHOTS))) == []
    both = entries_of(tmp_path, SHOTS.replace("ref('first') }}", "ref('first') }} {{ ref('long') }}"))
    (hint,) = savings(planned(both))
    # of 4 + 10 + 5 seconds, the 5 can go
    added = 5 * 38_340
    assert (hint.videos, hint.about, hint.adds) == (1, ("long",), Cost(added, added))


REFERRED = """\
seedspec: 1
model: seedance-2.0-reference-to-video
defaults: {duration: 4, quality: 480p}
references: {walk: {video: https://cdn.example.com/walk.mp4, seconds: 4}}
shots: [{id: open, prompt: "as {{ ref('walk') }}"}]
"""


def test_a_reference_as_long_as_its_video_is_not_called_too_long(tmp_path: Path) -> None:
    assert savings(planned(entries_of(tmp_path, REFERRED))) == []
    (hint,) = savings(planned(entries_of(tmp_path, REFERRED.replace("seconds: 4}", "seconds: 5}"))))
    assert (hint.code, hint.about, hint.adds) == ("long-reference", ("walk",), Cost(38_340, 38_340))


def test_a_video_costs_what_was_stated_or_else_what_was_estimated(entries: tuple[Entry, ...]) -> None:
    first, second, third, fourth, *_ = entries
    plan = planned(
        entries, line(first, "saved", charged=24.0, reserved=25.0), line(second, "running", reserved=30.0),
        line(third, "saved", units=500_000),
    )  # fmt: skip
    usd = price_of_videos(plan)
    per = float(RATE.credits_per_usd)
    assert [usd(e) for e in (first, second, third, fourth)] == [24 / per, 30 / per, 50 / per, FOUR / 10_000 / per]


def test_a_column_of_an_axis_and_a_model_tell_costs_apart(entries: tuple[Entry, ...]) -> None:
    found = table(planned(entries), "look.words", "model")
    assert {labels: s.videos for labels, s in found.items()} == {
        ("dark", MODEL): 4, ("light", MODEL): 3,
    }  # fmt: skip
    assert table(planned(entries), "look.other").keys() == {("",)}
    assert [x.labels for x in lines(planned(entries), ("state", "profile"), RATE)] == [("new", "default")]


def test_what_a_lock_says_of_an_odd_purchase_is_taken_as_far_as_it_goes(entries: tuple[Entry, ...]) -> None:
    odd = {"fp": "d" * 64, "entry": "old.x@look=oil,hook=ask/3", "manifest": {"model": "old-1.0"}, "units": 7}
    strange = {"fp": "e" * 64, "entry": "x@a/1", "manifest": None, "units": 5}
    plan = planned((), line(entries[0], "saved", **odd), line(entries[0], "saved", **strange))
    found = table(plan, "shot", "take", "model", "look", "state")
    assert {k: s.paid for k, s in found.items()} == {
        ("old.x", "3", "old-1.0", "oil", "saved"): Cost(7, 7), ("x", "", "", "", "saved"): Cost(5, 5),
    }  # fmt: skip
    assert table(planned((), line(entries[0], "failed", charged=0)), "shot") == {}, "what cost nothing is no line"


def test_sums_are_nothing_until_something_is_stated() -> None:
    assert not Stated() and Stated(1) and Stated(0, 1)
    one = Spending(1, 2, Cost(3, 3), Cost(4, 4), Stated(5, 1), Stated(6, 2), 7)
    assert one + one == Spending(2, 4, Cost(6, 6), Cost(8, 8), Stated(10, 2), Stated(12, 4), 14)
    assert total([]) == Spending() and KEYS == ("shot", "take", "model", "state", "profile")
