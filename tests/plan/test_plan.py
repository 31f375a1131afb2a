"""Entries meet the lock: for each state that the lock can know, what a run would do, and the reason as data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest

from seedspec import api
from seedspec.compiler.entry import Entry
from seedspec.lock.lock import Lock, LockFault, encode, parse
from seedspec.lock.record import record_of
from seedspec.lock.staleness import link_lives
from seedspec.lock.state import State
from seedspec.lock.version import HEADER
from seedspec.plan.plan import Action, Plan
from seedspec.plan.planner import make_plan
from seedspec.plan.reason import (
    Changed,
    Done,
    Failure,
    Held,
    InDoubt,
    InFlight,
    New,
    NotInStoryboard,
    Occupied,
    Second,
    Twin,
    Unsaved,
)
from seedspec.plan.rules import Rules
from seedspec.plan.select import NothingSelected, choose, within

BOARD = """\
seedspec: 1
model: seedance-2.0-reference-to-video
defaults: {duration: 4, quality: 480p}
matrix: {axes: {look: {noir: {words: dark}, pastel: {words: soft}}}}
shots:
  - {id: open, tags: [first], prompt: "{{ look.words }}"}
  - {id: next, prompt: "on {{ ref('p') }} {{ look.words }}", references: {p: {shot: open}}}
  - {id: card, prompt: "a card"}
"""
GONE = "its saved video is not on this disk, and the service keeps it no longer"
NOW = "2026-11-23T07:00:00Z"
THEN = {"service_error": "again", "content_policy_violation": "change"}


@pytest.fixture(scope="module")
def entries(tmp_path_factory: pytest.TempPathFactory) -> tuple[Entry, ...]:
    path = tmp_path_factory.mktemp("plan") / "storyboard.yaml"
    path.write_text(BOARD)
    compiled = api.compile(path)
    assert compiled.ok, compiled.diagnostics
    return compiled.entries


def line(entry: Entry, state: str, attempt: int = 1, /, **more: Any) -> bytes:
    values = {
        "fp": entry.fingerprint, "entry": entry.address, "take": entry.take, "attempt": attempt, "state": state,
        "at": NOW, "manifest": orjson.loads(entry.manifest), "task": f"task-unified-{entry.fingerprint[:4]}-{attempt}",
    }  # fmt: skip
    if state == "saved":
        values |= {"file": f"renders/{entry.file}", "sha256": "c" * 64}
    return encode({**values, **more})


def locked(*lines: bytes) -> Lock:
    return parse(HEADER + b"".join(lines))


def planned(
    entries: tuple[Entry, ...], *lines: bytes, files: frozenset[str] = frozenset(), others: tuple[Entry, ...] = (),
    **rules: Any,
) -> Plan:  # fmt: skip
    given = Rules("renders", lambda c: THEN.get(c, "asked"), lambda f, size=None: f in files, NOW, **rules)  # type: ignore[arg-type,return-value]
    return make_plan(entries, locked(*lines) if lines else Lock(), given, others)


def test_everything_is_new_and_twins_cost_nothing(entries: tuple[Entry, ...]) -> None:
    plan = planned(entries)
    assert [(s.address, s.action) for s in plan.steps] == [
        ("open@look=noir/1", Action.SUBMIT),
        ("open@look=pastel/1", Action.SUBMIT),
        ("next@look=noir/1", Action.SUBMIT),
        ("next@look=pastel/1", Action.SUBMIT),
        ("card@look=noir/1", Action.SUBMIT),
        ("card@look=pastel/1", Action.SHARED),
    ]
    assert plan.steps[-1].reason == Twin("card@look=noir/1")
    assert plan.steps[-1].cost.high == 0
    assert all(s.reason == New() for s in plan.buys)
    assert plan.cost.high == sum(s.cost.high for s in plan.steps) > 0


def test_nothing_is_bought_anew_of_which_nothing_is_expected(entries: tuple[Entry, ...]) -> None:
    assert planned(entries, retakes=2).retakes == 0
    expected = planned(entries, retakes=2, expects=lambda entry: entry.shot == "next")
    assert {s.address: s.retakes for s in expected.steps if s.retakes} == {
        "next@look=noir/1": 2, "next@look=pastel/1": 2,
    }  # fmt: skip


FAILED = {"failure": {"code": "service_error", "message": "m"}}
STATES: dict[str, tuple[Mapping[str, Any], Action, Callable[[Entry], Any]]] = {
    "queued": ({"state": "queued", "task": None}, Action.SUBMIT, lambda e: New()),
    "submitting": (
        {"state": "submitting", "task": None}, Action.DOUBT,
        lambda e: InDoubt("a run ended between the request and its answer"),
    ),
    "doubt": ({"state": "doubt", "task": None, "doubt": "cut"}, Action.DOUBT, lambda e: InDoubt("cut")),
    "running": ({"state": "running"}, Action.RESUME, lambda e: InFlight(f"task-unified-{e.fingerprint[:4]}-1", NOW)),
    "completed": ({"state": "completed"}, Action.FETCH, lambda e: Unsaved(f"task-unified-{e.fingerprint[:4]}-1")),
    "saved": ({"state": "saved"}, Action.DONE, lambda e: Done(f"renders/{e.file}", None, True)),
    "saved elsewhere": (
        {"state": "saved", "file": "renders/else.mp4"}, Action.DONE, lambda e: Done("renders/else.mp4", None, False),
    ),
    "saved, gone, and its link lives": (
        {"state": "saved", "file": "renders/else.mp4", "results_until": "2026-11-24T00:00:00Z"}, Action.FETCH,
        lambda e: Unsaved(f"task-unified-{e.fingerprint[:4]}-1", gone="renders/else.mp4"),
    ),
    "saved, gone, and its link is dead": (
        {"state": "saved", "file": "renders/else.mp4", "results_until": "2026-11-22T00:00:00Z"}, Action.DONE,
        lambda e: Done("renders/else.mp4", None, False),
    ),
    "bought as another": (
        {"state": "saved", "entry": "older/1"}, Action.DONE, lambda e: Done(f"renders/{e.file}", "older/1", True),
    ),
    "failed by the service": ({"state": "failed", **FAILED}, Action.SUBMIT, lambda e: New(2)),
    "failed too often": (
        {"state": "failed", "attempt": 3, **FAILED}, Action.FAILED, lambda e: Failure("service_error", "m", "again"),
    ),
    "failed for ever": (
        {"state": "failed", "failure": {"code": "content_policy_violation", "message": "m"}}, Action.FAILED,
        lambda e: Failure("content_policy_violation", "m", "change"),
    ),
    "failed oddly": (
        {"state": "failed", "failure": {"code": "odd", "message": "m"}}, Action.FAILED,
        lambda e: Failure("odd", "m", "asked"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", STATES)
def test_what_is_done_follows_from_the_state(name: str, entries: tuple[Entry, ...]) -> None:
    values, action, reason = STATES[name]
    one = entries[0]
    given = {**values}
    plan = planned((one,), line(one, given.pop("state"), **given), files=frozenset({f"renders/{one.file}"} - (
        {f"renders/{one.file}"} if action is Action.SUBMIT else set()
    )))  # fmt: skip
    assert [(s.action, s.reason) for s in plan.steps] == [(action, reason(one))]
    assert bool(plan.steps[0].cost.high) == (action is Action.SUBMIT)


def test_what_is_asked_for_is_tried_again_but_never_unchanged(entries: tuple[Entry, ...]) -> None:
    one, two = entries[:2]
    policy = {"failure": {"code": "content_policy_violation", "message": ""}}
    lines = [line(one, "failed", failure={"code": "odd", "message": ""}), line(two, "failed", **policy)]
    plan = planned((one, two), *lines, retry=True)
    assert [s.action for s in plan.steps] == [Action.SUBMIT, Action.FAILED]
    assert plan.steps[0].reason == New(2)


def test_an_edit_shows_the_first_difference(entries: tuple[Entry, ...]) -> None:
    one = entries[0]
    old = orjson.loads(one.manifest)
    old["request"]["prompt"] = "earlier"
    plan = planned((one,), line(one, "saved", fp="d" * 64, manifest=old))
    assert plan.steps[0].action is Action.CHANGE
    assert plan.steps[0].reason == Changed("prompt", "earlier", "dark")
    assert plan.steps[0].file == f"renders/{one.file.removesuffix('.mp4')}.{one.fingerprint[:8]}.mp4"
    assert (plan.steps[1].action, plan.steps[1].reason) == (Action.ORPHAN, NotInStoryboard(State.SAVED))


def test_a_file_that_the_lock_does_not_know_stops_its_entry(entries: tuple[Entry, ...]) -> None:
    file = f"renders/{entries[0].file}"
    plan = planned(entries[:1], files=frozenset({file}))
    assert (plan.steps[0].action, plan.steps[0].reason) == (Action.FAILED, Occupied(file))


def test_dependants_are_held_with_the_reason(entries: tuple[Entry, ...]) -> None:
    one, nxt = entries[0], entries[2]
    policy = {"failure": {"code": "content_policy_violation", "message": ""}}
    for lines, why in [
        ((line(one, "doubt", task=None),), "it is in doubt"),
        ((line(one, "failed", **policy),), "it has no video"),
    ]:
        plan = planned((one, nxt), *lines)
        assert plan.steps[1].reason == Held(one.address, why)
        assert not plan.buys
    plan = planned((nxt,), others=(one,))
    assert plan.steps[0].reason == Held(one.address, "it is not selected, and its video is not here")
    plan = planned((nxt,), line(one, "saved"), others=(one,))
    assert plan.steps[0].reason == Held(one.address, GONE)
    plan = planned((nxt,), line(one, "saved"), others=(one,), files=frozenset({f"renders/{one.file}"}))
    assert plan.steps[0].reason == New()


def test_of_several_attempts_the_one_nearest_to_a_video_stands(entries: tuple[Entry, ...]) -> None:
    """Also where a merge has put a failure behind a video, or a doubt before a failure."""
    one = entries[0]
    failed = {"failure": {"code": "service_error", "message": ""}}
    here = frozenset({f"renders/{one.file}"})
    plan = planned((one,), line(one, "saved"), line(one, "failed", 2, **failed), files=here)
    assert [s.action for s in plan.steps] == [Action.DONE]
    plan = planned((one,), line(one, "doubt", task=None), line(one, "failed", 2, **failed))
    assert [s.action for s in plan.steps] == [Action.DOUBT]
    plan = planned((one,), line(one, "failed", **failed), line(one, "submitting", 2, task=None))
    assert [s.action for s in plan.steps] == [Action.DOUBT]
    plan = planned((one,), line(one, "saved"), line(one, "running", 2), files=here)
    assert [(s.action, s.reason) for s in plan.steps][1:] == [(Action.ORPHAN, Second(State.RUNNING))]
    assert plan.steps[1].file != plan.steps[0].file


def test_names_of_the_lock_are_not_believed(entries: tuple[Entry, ...]) -> None:
    with pytest.raises(LockFault, match=r"`entry` is `\.\./\.\./etc/cron\.d/x/1`; expected the address of an entry"):
        planned((), line(entries[0], "running", entry="../../etc/cron.d/x/1"))
    plan = planned((), line(entries[0], "running"))
    assert plan.steps[0].file == f"renders/{entries[0].file}"


@pytest.mark.parametrize(
    ("select", "exclude", "expected"),
    [
        ([], [], "open.noir open.pastel next.noir next.pastel card.noir card.pastel"),
        (["open"], [], "open.noir open.pastel"),
        (["open@look=noir"], [], "open.noir"),
        (["look=noir"], ["next"], "open.noir card.noir"),
        (["open,look=pastel"], [], "open.pastel"),
        (["tag:first", "card"], [], "open.noir open.pastel card.noir card.pastel"),
        (["take=1"], ["look=pastel"], "open.noir next.noir card.noir"),
        (["state:saved"], [], "open.noir"),
        (["state:doubt"], [], "open.pastel"),
        (["state:new"], [], "next.noir next.pastel card.noir card.pastel"),
        (["state:failed"], [], ""),
        (["card, state:failed"], [], ""),
        ([], ["state:saved,open"], "open.pastel next.noir next.pastel card.noir card.pastel"),
    ],
)
def test_selection(select: list[str], exclude: list[str], expected: str, entries: tuple[Entry, ...]) -> None:
    lock = locked(line(entries[0], "saved"), line(entries[1], "submitting", task=None))
    found = choose(entries, lock, select, exclude)
    assert " ".join(f"{e.shot}.{dict(e.labels)['look']}" for e in found.chosen) == expected
    assert len(found.chosen) + len(found.others) == len(entries)


@pytest.mark.parametrize(
    ("term", "said"),
    [
        ("opne", "`opne` fits no entry; did you mean `open`?"),
        ("look=noire", "`look=noire` fits no entry; did you mean `look=noir`?"),
        ("tag:frist", "`tag:frist` fits no entry; did you mean `tag:first`?"),
        ("take=2", "`take=2` fits no entry; `seedspec compile STORYBOARD` lists the addresses"),
        ("ope", "`ope` fits no entry; did you mean `open`?"),
        ("xyzzy", "`xyzzy` fits no entry; `seedspec compile STORYBOARD` lists the addresses"),
    ],
)
def test_a_term_that_fits_nothing_is_an_error(term: str, said: str, entries: tuple[Entry, ...]) -> None:
    for select, exclude in (([term], []), ([], [term])):
        with pytest.raises(NothingSelected) as caught:
            choose(entries, Lock(), select, exclude)
        assert str(caught.value) == said
    assert choose((), Lock(), [term], []).chosen == (), "nothing fits where nothing is"


@pytest.mark.parametrize(
    ("term", "said"),
    [
        ("state:faield", "`state:faield` is no state; did you mean `failed`?"),
        ("card, state:faield", "`state:faield` is no state; did you mean `failed`?"),
        ("state:xyz", "expected `new`, `stale`, `doubt`, `running`, `completed`, `saved` or `failed`"),
        ("state:failed,look=noire", "`look=noire` fits no entry; did you mean `look=noir`?"),
    ],
)
def test_a_state_that_is_none_excludes_nothing_silently(term: str, said: str, entries: tuple[Entry, ...]) -> None:
    for select, exclude in (([term], []), ([], [term])):
        with pytest.raises(NothingSelected) as caught:
            choose(entries, Lock(), select, exclude)
        assert said in str(caught.value)


def test_stale_is_what_was_made_from_another_video_than_stands(entries: tuple[Entry, ...]) -> None:
    one, _, nxt, *_ = entries
    for state, stands, found in (("saved", "c", []), ("saved", "d", [nxt.address]), ("running", "d", [])):
        lock = locked(line(one, "saved", sha256=stands * 64), line(nxt, state, used={one.fingerprint: "c" * 64}))
        assert [e.address for e in choose(entries, lock, ["state:stale"], []).chosen] == found


def test_a_selection_is_narrowed_to_variants(entries: tuple[Entry, ...]) -> None:
    found = choose(entries, Lock(), ["open", "card"], [])
    inside = within(found, {"card@look=noir", "open@look=pastel"})
    assert [e.address for e in inside.chosen] == ["open@look=pastel/1", "card@look=noir/1"]
    assert [e.address for e in inside.others] == [
        "next@look=noir/1", "next@look=pastel/1", "open@look=noir/1", "card@look=pastel/1",
    ]  # fmt: skip


def test_takes_are_told_apart(entries: tuple[Entry, ...]) -> None:
    second = entries[0]._replace(take=2, fingerprint="e" * 64, address="open@look=noir/2")
    found = choose([entries[0], second], Lock(), ["take=2"], [])
    assert [e.take for e in found.chosen] == [2]


def test_the_lock_is_read_where_the_storyboard_is(tmp_path: Path) -> None:
    (tmp_path / "storyboard.yaml").write_text(BOARD)
    before = sorted(tmp_path.iterdir())
    assert len(api.plan(tmp_path / "storyboard.yaml").plan.buys) == 5
    assert sorted(tmp_path.iterdir()) == before, "a plan writes nothing"


def test_a_link_lives_until_its_last_second_has_begun() -> None:
    record = record_of("a" * 64, 1, {"state": "saved", "task": "task-unified-1-a", "results_until": NOW})
    assert link_lives(record, "2026-11-23T06:59:59Z")
    assert not link_lives(record, NOW), "asked for now, it comes too late"
    assert not link_lives(record_of("a" * 64, 1, {"state": "saved", "results_until": NOW}), "2026-11-23T06:59:59Z")
    assert not link_lives(None, NOW)


def test_what_is_saved_and_not_here_is_counted(entries: tuple[Entry, ...]) -> None:
    """Of the saved ones alone: what is to be bought is missing in another sense."""
    first, second, *_ = entries
    lines = [line(e, "saved", bytes=9) for e in (first, second)]
    plan = planned(entries, *lines, files=frozenset({f"renders/{first.file}"}))
    assert [s.address for s in plan.missing] == [second.address]
    assert planned(entries).missing == ()
