"""Decisions of a plan that depend on more than a state: choices, other runs, buckets, stale and unmet videos, names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from seedspec import api
from seedspec.compiler.entry import Entry
from seedspec.lock.lock import Lock, lock_from
from seedspec.lock.record import Record, record_of
from seedspec.lock.staleness import Stale
from seedspec.lock.state import State
from seedspec.plan.plan import Action, Plan
from seedspec.plan.planner import make_plan
from seedspec.plan.reason import (
    Done,
    Elsewhere,
    Held,
    InBucket,
    InDoubt,
    InFlight,
    New,
    NotInStoryboard,
    Picked,
    Second,
    Sending,
    Stuck,
    Unmet,
    Unsaved,
)
from seedspec.plan.rules import Rules

BOARD = """\
seedspec: 1
model: seedance-2.0-reference-to-video
defaults: {duration: 4, quality: 480p}
references: {cup: {image: https://cdn.example.com/cup.webp}}
shots:
  - {id: open, prompt: "{{ ref('cup') }}"}
  - {id: next, prompt: "on {{ ref('p') }}", references: {p: {shot: open}}}
  - {id: look, prompt: "at {{ ref('p') }}", references: {p: {shot: open, frame: last}}}
"""
NOW, LATER, EARLIER = "2026-11-23T07:00:00Z", "2026-11-24T07:00:00Z", "2026-11-22T07:00:00Z"
S1, S2, S3 = "1" * 64, "2" * 64, "3" * 64
SHORT = "its video lasts 0.5 s; expected 2 to 15 s"
LOST = "its saved video is not on this disk, and the service keeps it no longer"


@pytest.fixture(scope="module")
def entries(tmp_path_factory: pytest.TempPathFactory) -> tuple[Entry, ...]:
    path: Path = tmp_path_factory.mktemp("planner") / "storyboard.yaml"
    path.write_text(BOARD)
    found = api.compile(path)
    assert found.ok, found.diagnostics
    return found.entries


def record(of: Entry, state: str = "saved", n: int = 1, **more: Any) -> Record:
    values = {
        "state": state, "entry": of.address, "attempt": n, "at": NOW, "task": f"task-{of.shot}-{n}", "bytes": 9,
        "manifest": orjson.loads(of.manifest),
        **({"file": f"renders/{of.file}", "sha256": S1} if state == "saved" else {}), **more,
    }  # fmt: skip
    return record_of(str(more.get("fp", of.fingerprint)), n, {k: v for k, v in values.items() if v is not None})


def planned(
    chosen: tuple[Entry, ...], *records: Record, files: tuple[str, ...] = (), sizes: int = 9,
    others: tuple[Entry, ...] = (), **rules: Any,
) -> Plan:  # fmt: skip
    def exists(file: str, size: int | None = None) -> bool:
        return file in files and size in (None, sizes)

    lock = lock_from(records) if records else Lock()
    return make_plan(chosen, lock, Rules("renders", lambda c: "asked", exists, NOW, **rules), others)


def shown(plan: Plan) -> list[tuple[str, Any]]:
    return [(s.action.value, s.reason) for s in plan.steps]


def here(*entries: Entry) -> tuple[str, ...]:
    return tuple(f"renders/{e.file}" for e in entries)


def test_what_was_picked_is_never_bought(entries: tuple[Entry, ...]) -> None:
    one, nxt, _ = entries
    assert shown(planned((one,), picked=lambda e: e.fingerprint)) == [("=", Picked(changed=False))]
    plan = planned((one, nxt), picked=lambda e: S2 if e is one else None)
    why = "its take is picked, and the lock has no video of the request as it is now"
    assert shown(plan) == [("=", Picked(changed=True)), ("!", Held("open/1", why))]
    assert not plan.cost.high


def test_a_second_plan_takes_what_is_done_from_the_first_as_long_as_its_file_and_its_record_stand(
    entries: tuple[Entry, ...],
) -> None:
    one, nxt, _ = entries
    lock = lock_from([record(one), record(nxt)])

    def again(files: tuple[str, ...], before: Plan | None = None, lock: Lock = lock) -> Plan:
        rules = Rules("renders", lambda c: "asked", lambda file, size=None: file in files, NOW)
        return make_plan((one, nxt), lock, rules, before=before)

    first = again(here(one, nxt))
    second = again(here(one, nxt), first)
    assert second == first and second.steps[0] is first.steps[0]
    assert again(here(nxt), first) == again(here(nxt)) != first
    failed = lock_from([record(one, "failed"), record(nxt)])
    assert shown(again(here(one, nxt), first, failed)) == shown(again(here(one, nxt), None, failed))


def test_what_another_run_sends_is_followed(entries: tuple[Entry, ...]) -> None:
    one = entries[0]
    sending = record(one, "submitting", task=None)
    assert shown(planned((one,), sending, sender="a run of mia")) == [(">", Sending("a run of mia"))]
    senders = {(one.fingerprint, 1): "a run on ci"}
    assert shown(planned((one,), sending, senders=senders)) == [(">", Sending("a run on ci"))]
    assert shown(planned((), sending, senders=senders)) == [(">", Sending("a run on ci"))]
    doubt = InDoubt("a run ended between the request and its answer")
    assert shown(planned((one,), sending, senders={(one.fingerprint, 2): "x"})) == [("?", doubt)]
    assert shown(planned((one,), record(one, "running"), sender="x")) == [(">", InFlight("task-open-1", NOW))]
    assert shown(planned((one,), record(one, "doubt"))) == [("?", InDoubt("the answer was not understood"))]


def test_what_is_stuck_waits_for_a_person(entries: tuple[Entry, ...]) -> None:
    one = entries[0]
    asked = {"intent": {"key": "k", "body_sha256": S1, "at": EARLIER}, "stuck": {"since": LATER, "word": "queued"}}
    stuck = Stuck("task-open-1", EARLIER, LATER, "queued")
    assert shown(planned((one,), record(one, "running", **asked))) == [("?", stuck)]
    assert shown(planned((), record(one, "running", **asked))) == [("?", stuck)]


@pytest.mark.parametrize("size", [9, 8])
def test_a_saved_video_that_is_not_here_comes_from_where_it_is_kept(entries: tuple[Entry, ...], size: int) -> None:
    one = entries[0]
    file, differs = f"renders/{one.file}", size != 9
    files, kept = (here(one) if differs else ()), record(one, results_until=LATER)
    for rules, said in (
        ({}, [("v", Unsaved("task-open-1", file, differs))]), ({"renders": True}, [("v", InBucket(file, differs))]),
    ):  # fmt: skip
        assert shown(planned((one,), kept, files=files, sizes=size, **rules)) == said
    gone = [("=", Done(file, None, here=False, differs=differs))]
    assert shown(planned((one,), record(one, results_until=EARLIER), files=files, sizes=size)) == gone
    assert shown(planned((one,), record(one, results_until=LATER, task=None), files=files, sizes=size)) == gone
    bare = record(one, sha256=None)
    assert shown(planned((one,), bare, files=files, sizes=size, renders=True)) == gone, (
        "without a digest nobody asks for it"
    )
    assert shown(planned((one,), kept, files=here(one), renders=True)) == [("=", Done(file, None, here=True))]


def test_a_purchase_of_another_address_or_profile_serves(entries: tuple[Entry, ...]) -> None:
    one = entries[0]
    file = f"renders/{one.file}"
    moved = record(one, entry="old/1", profile="draft")
    assert shown(planned((one,), moved, files=here(one))) == [("=", Done(file, "old/1", here=True, profile="draft"))]
    plan = planned((one,), moved, files=here(one), profile="draft")
    assert shown(plan) == [("=", Done(file, "old/1", here=True))] and plan.profile == "draft"


def chain(entries: tuple[Entry, ...], now: str = S2, **more: Any) -> tuple[Record, Record]:
    one, nxt, _ = entries
    return record(one, sha256=now), record(nxt, used={one.fingerprint: S1}, sha256=S3, **more)


def test_a_stale_video_is_told_and_made_again_where_that_is_asked_for(entries: tuple[Entry, ...]) -> None:
    one, nxt, _ = entries
    files, stale = here(one, nxt), Stale("open/1", S1, S2)
    first = ("=", Done(files[0], None, here=True))
    assert shown(planned((one, nxt), *chain(entries), files=files)) == [
        first, ("=", Done(files[1], None, here=True, stale=stale)),
    ]  # fmt: skip
    plan = planned((one, nxt), *chain(entries), files=files, redo=True)
    assert shown(plan) == [first, ("~", stale)]
    assert (plan.steps[1].file, plan.steps[1].cost) == (f"renders/{nxt.file.removesuffix('.mp4')}.2.mp4", nxt.cost)
    for kept, rules, more in (
        ("picked", {"picked": lambda e: e.fingerprint if e is nxt else None}, ()),
        ("under way", {}, (record(nxt, "running", 2),)),
    ):
        step = planned((one, nxt), *chain(entries), *more, files=files, redo=True, **rules).steps[1]
        assert (step.action, step.reason) == (
            Action.DONE, Done(files[1], None, here=True, stale=Stale("open/1", S1, S2, kept)),  # type: ignore[arg-type]
        )  # fmt: skip
    assert shown(planned((one, nxt), *chain(entries, S1), files=files, redo=True))[1][0] == "="


def test_what_continues_a_video_that_is_about_to_be_made_anew_is_stale_too(entries: tuple[Entry, ...]) -> None:
    one, nxt, _ = entries
    files = here(one, nxt)
    unmet = {"retakes": 1, "unmet": lambda e: ("black",) if e is one else ()}
    plan = planned((one, nxt), *chain(entries, S1), files=files, **unmet)
    assert shown(plan) == [
        ("~", Unmet(("black",))), ("=", Done(files[1], None, here=True, stale=Stale("open/1", S1, ""))),
    ]  # fmt: skip
    unknown = record(one, sha256=S1), record(nxt, sha256=S3)
    assert shown(planned((one, nxt), *unknown, files=files, **unmet))[1] == ("=", Done(files[1], None, here=True))


@pytest.mark.parametrize(
    ("rules", "more", "files", "said"),
    [
        ({"retakes": 1}, [], True, "~"),
        ({"retakes": 0}, [], True, "="),
        ({"retakes": 1}, [], False, "="),
        ({"retakes": 1, "picked": lambda e: e.fingerprint}, [], True, "="),
        ({"retakes": 1}, ["saved"], True, "="),  # two videos are one more than one already
        ({"retakes": 2}, ["saved"], True, "~"),
        ({"retakes": 1}, ["running"], True, "="),
        ({"retakes": 1}, ["failed"], True, "~"),
    ],
)
def test_a_video_that_is_not_as_expected_is_bought_anew_so_often(
    entries: tuple[Entry, ...], rules: dict[str, Any], more: list[str], files: bool, said: str
) -> None:
    one = entries[0]
    others = [
        record(one, state, n, **({"file": "x.mp4"} if state == "saved" else {})) for n, state in enumerate(more, 2)
    ]
    plan = planned(
        (one,), record(one), *others, files=(*here(one), "x.mp4") if files else (), unmet=lambda e: ("cuts",), **rules
    )
    step = plan.steps[0]
    assert step.action.value == said and (step.reason == Unmet(("cuts",))) is (said == "~")
    if said == "~":
        assert step.file == f"renders/{one.file.removesuffix('.mp4')}.{2 + len(more)}.mp4"
    assert shown(planned((one,), record(one), files=here(one), **rules))[0][0] == "=", "as expected"


@pytest.mark.parametrize(
    ("records", "rules", "retakes"),
    [
        ([], {}, 2), ([], {"retakes": 0}, 0), ([], {"retakes_now": False}, 0), ([], {"expects": lambda e: False}, 0),
        ([], {"picked": lambda e: e.fingerprint}, 0), (["running"], {}, 2), (["completed"], {}, 2), (["doubt"], {}, 0),
        (["saved"], {}, 0), (["saved", "failed"], {"unmet": lambda e: ("x",)}, 1),
        (["saved", "saved", "failed"], {"unmet": lambda e: ("x",)}, 0),
    ],
)  # fmt: skip
def test_how_often_a_run_may_buy_anew_besides(
    entries: tuple[Entry, ...], records: list[str], rules: dict[str, Any], retakes: int
) -> None:
    one = entries[0]
    files = {"file": "x.mp4"}
    made = [record(one, state, n, **(files if state == "saved" else {})) for n, state in enumerate(records, 1)]
    plan = planned((one,), *made, files=("x.mp4",), **{"retakes": 2, "expects": lambda e: True, **rules})
    assert plan.steps[0].retakes == plan.retakes == retakes


def test_a_fetched_video_may_be_bought_anew_as_often_as_one_that_is_here(entries: tuple[Entry, ...]) -> None:
    one = entries[0]
    plan = planned((one,), record(one, results_until=LATER), retakes=2, expects=lambda e: True)
    assert (plan.steps[0].action, plan.steps[0].retakes) == (Action.FETCH, 2)


@pytest.mark.parametrize(
    ("which", "upstream", "files", "rules", "why"),
    [
        (1, {}, True, {}, None),
        (2, {}, True, {}, None),
        (1, {}, False, {}, LOST),
        (1, {"results_until": LATER}, False, {}, None),
        (1, {"results_until": EARLIER}, False, {}, LOST),
        (1, {}, False, {"renders": True}, None),
        (2, {"results_until": LATER}, False, {}, "its saved video is not on this disk: `seedspec fetch` brings it"),
        (2, {}, False, {"renders": True}, "its saved video is not on this disk: `seedspec fetch` brings it"),
        (1, {"state": "running"}, False, {}, "it is not selected, and its video is not here"),
        (1, None, False, {}, "it is not selected, and its video is not here"),
        (1, None, False, {"unwanted": True}, "it was left out"),
    ],
)
def test_what_continues_another_shot_that_is_not_selected_needs_its_video(
    entries: tuple[Entry, ...], which: int, upstream: dict[str, Any] | None, files: bool, rules: dict[str, Any],
    why: str | None,
) -> None:  # fmt: skip
    one, entry = entries[0], entries[which]
    given = {"unwanted": {one.fingerprint: "it was left out"}} if "unwanted" in rules else rules
    made = [] if upstream is None else [record(one, **upstream)]  # type: ignore[arg-type]
    plan = planned((entry,), *made, files=here(one) if files else (), others=(one,), **given)
    assert plan.steps[0].reason == (New() if why is None else Held("open/1", why)) and len(plan.steps) == 1


def test_a_picture_of_a_video_that_is_gone_is_not_to_be_had(entries: tuple[Entry, ...]) -> None:
    one, nxt, look = entries
    assert shown(planned(entries, record(one)))[1:] == [("+", New()), ("!", Held("open/1", LOST))]
    assert shown(planned(entries, record(one), files=here(one)))[1:] == [("+", New())] * 2
    assert [s.address for s in planned((look, nxt, one)).steps] == ["look/1", "next/1", "open/1"]


def test_a_new_video_goes_over_no_other(entries: tuple[Entry, ...]) -> None:
    one = entries[0]
    file = f"renders/{one.file}"
    other = record(one, fp=S2, file=file.upper().replace(".MP4", ".mp4"), entry="else/1")
    renamed = f"renders/{one.file.removesuffix('.mp4')}.{one.fingerprint[:8]}.mp4"
    assert planned((one,), other).steps[0].file == renamed
    assert planned((one,), record(one, fp=S2, file="renders/y.mp4", entry="else/1")).steps[0].file == file
    assert planned((one,), profile="draft").steps[0].file == f"renders/draft/{one.file}"
    failed = record(one, "failed", failure={"code": "x", "message": ""})
    assert planned((one,), failed, other, retry=True).steps[0].file == renamed


def test_names_are_free_for_each_of_several_new_videos(entries: tuple[Entry, ...]) -> None:
    one, nxt, _ = entries
    other = record(one, fp=S2, file=f"renders/{nxt.file}", entry="else/1")
    names = [s.file for s in planned((one, nxt), other).steps][:2]
    assert names == [f"renders/{one.file}", f"renders/{nxt.file.removesuffix('.mp4')}.{nxt.fingerprint[:8]}.mp4"]
    again = record(nxt, "failed", failure={"code": "x", "message": ""}, file=None)
    assert [s.file for s in planned((one, nxt), other, again, retry=True).steps][:2] == names


def test_a_video_that_no_model_takes_is_continued_by_none(entries: tuple[Entry, ...]) -> None:
    one, nxt, _ = entries
    short = record(one, seconds=0.5, width=864, height=496, fps=24.0)
    for plan, number in ((planned((one, nxt), short, files=here(one)), 1),
                         (planned((nxt,), short, files=here(one), others=(one,)), 0)):  # fmt: skip
        reason = plan.steps[number].reason
        assert isinstance(reason, Held) and (reason.upstream, plan.steps[number].action) == ("open/1", Action.FAILED)
        assert reason.why == SHORT
    fine = record(one, seconds=5.0, width=864, height=496, fps=24.0)
    assert planned((one, nxt), fine, files=here(one)).steps[1].reason == New()
    anew = planned((one, nxt), short, files=here(one), retakes=1, unmet=lambda e: ("cuts",) if e is one else ())
    assert anew.steps[1].reason == New(), "what is yet to be made is not judged by what was"


def test_orphans_are_steps_behind_the_others(entries: tuple[Entry, ...]) -> None:
    one, nxt, _ = entries
    draft = {"profile": "draft", "fp": S2}
    others = frozenset({"draft"})
    assert shown(planned((), record(one))) == [("-", NotInStoryboard(State.SAVED))]
    assert shown(planned((), record(one), others=(one,))) == [], "it is only not selected"
    rules = Rules("renders", lambda c: "asked", lambda f, size=None: False, NOW, others=others)

    def orphan(*records: Record) -> list[tuple[str, Any]]:
        return shown(make_plan((), lock_from(records), rules))

    assert orphan(record(one, "running", **draft)) == [("-", Elsewhere("draft", State.RUNNING))]
    assert orphan(record(one, "doubt", doubt="cut", **draft)) == [("?", InDoubt("sent with profile `draft`; cut"))]
    assert orphan(record(nxt, "doubt", doubt="cut")) == [("?", InDoubt("cut"))]
    records = [record(one), record(one, "completed", 2)]
    second = make_plan((), lock_from(records), rules)
    assert shown(second)[1] == ("-", Second(State.COMPLETED))
    assert [(s.cost.high, s.entry, s.record) for s in second.steps] == [
        (0, None, record(one)),
        (0, None, record(one, "completed", 2)),
    ]


def test_a_video_that_a_merge_put_apart_is_fetched(entries: tuple[Entry, ...]) -> None:
    one = entries[0]
    apart = f"renders/x.{one.fingerprint[:8]}.{S2[:8]}.mp4"
    first, second = record(one, results_until=LATER, file=apart, sha256=S2), record(one, n=2)
    plan = planned((one,), first, second, files=here(one))
    assert shown(plan)[1] == ("v", Unsaved("task-open-1", apart))
    assert shown(planned((one,), first, second, files=here(one), renders=True))[1] == ("v", InBucket(apart))
    assert len(planned((one,), first, second, files=(*here(one), apart)).steps) == 1
