"""Profiles: the last layer over the fields, and how purchases, plans and picks of several lie side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedspec import api
from seedspec.compiler.entry import Entry
from seedspec.compiler.storyboard.profile import with_profile
from seedspec.lock.lock import LockFault, encode, parse, serialise
from seedspec.lock.state import State
from seedspec.lock.version import HEADER
from seedspec.plan.reason import Changed, Done, Elsewhere, Held, InDoubt, New, NotInStoryboard, Second
from seedspec.plan.select import NothingSelected
from seedspec.project.credentials import BadSettings

BOARD = """\
seedspec: 1
model: seedance-2.0-reference-to-video
defaults: {duration: 8, quality: 720p, callback_url: "https://hooks.example.com/a"}
matrix: {axes: {look: {noir: {words: dark, duration: 6}, pastel: {words: soft}}}}
overrides: [{when: {look: pastel}, generate_audio: false}]
profiles:
  draft: {quality: 480p, duration: 4, takes: 2, generate_audio: true, callback_url: "https://hooks.example.com/b"}
  same: {}
  rough: {quality: "{{ '480p' }}", duration: "{{ 2 + 2 }}"}
shots:
  - {id: open, takes: 3, quality: 720p, prompt: "{{ look.words }}"}
  - {id: next, prompt: "on {{ ref('p') }} {{ look.words }}", references: {p: {shot: open}}}
"""
AT = "2026-11-23T07:00:00Z"


@pytest.fixture
def board(tmp_path: Path) -> Path:
    (tmp_path / "storyboard.yaml").write_text(BOARD, encoding="utf-8")
    return tmp_path / "storyboard.yaml"


def entries(board: Path, profile: str = "") -> dict[str, Entry]:
    compiled = api.compile(board, profile=profile)
    assert compiled.ok, compiled.diagnostics
    return {e.address: e for e in compiled.entries}


def line(entry: Entry, state: str, profile: str = "", attempt: int = 1, **more: Any) -> bytes:
    values: dict[str, Any] = {
        "fp": entry.fingerprint, "entry": entry.address, "profile": profile or None, "take": entry.take,
        "attempt": attempt, "state": state, "at": AT, "manifest": orjson.loads(entry.manifest),
        "task": f"task-unified-{entry.fingerprint[:6]}-{attempt}",
    }  # fmt: skip
    if state == "saved":
        values |= {"file": f"renders/{profile or 'plain'}/{entry.file}", "sha256": "c" * 64}
    return encode({**values, **more})


def locked(board: Path, *lines: bytes) -> None:
    board.with_suffix(".lock").write_bytes(HEADER + b"".join(lines))


def plan(board: Path, profile: str = "", **options: Any) -> api.Plan:
    return api.plan(board, api.Options(profile=profile, **options)).plan


def test_a_profile_wins_over_every_layer(board: Path) -> None:
    found = entries(board, "draft")
    assert list(found)[:4] == ["open@look=noir/1", "open@look=noir/2", "open@look=pastel/1", "open@look=pastel/2"]
    for entry in found.values():
        assert (entry.request["quality"], entry.request["duration"]) == ("480p", 4)
        assert entry.request["generate_audio"] is True and entry.request["callback_url"].endswith("/b")
        assert entry.origins["duration"].layer == "profile draft"
        span = entry.origins["duration"].span
        assert span is not None and (span.text, span.place[0]) == ("4", 7)
    assert [e.request["duration"] for e in entries(board).values()][:6] == [6, 6, 6, 8, 8, 8]


def test_a_profile_may_hold_templates_and_nothing_at_all(board: Path) -> None:
    assert {(e.request["quality"], e.request["duration"]) for e in entries(board, "rough").values()} == {("480p", 4)}
    assert [e.fingerprint for e in entries(board, "same").values()] == [e.fingerprint for e in entries(board).values()]
    assert [e.fingerprint for e in entries(board, "default").values()] == [
        e.fingerprint for e in entries(board).values()
    ]


def test_check_finds_what_no_run_has_met_yet_and_says_everything_once(board: Path) -> None:
    board.write_text(BOARD.replace("{{ 2 + 2 }}", "{{ 2 + 1 }}"), encoding="utf-8")
    found = api.check(board)
    assert [(d.code, len(d.entries)) for d in found if d.severity == "error"] == [("out-of-range", 4)]
    assert len([d for d in found if d.code == "no-reference"]) == 1
    assert api.compile(board).ok and api.compile(board, profile="draft").ok
    assert not any(d.severity == "error" for d in api.check(board, profile="draft"))
    assert any(d.severity == "error" for d in api.check(board, profile="rough"))


def test_an_unknown_profile_is_said_with_what_there_is(board: Path) -> None:
    with pytest.raises(api.NoProfile, match="no profile `drfat`; did you mean `draft`"):
        api.compile(board, profile="drfat")
    with pytest.raises(api.NoProfile, match="the storyboard has `draft`, `same`, `rough` or `default`"):
        api.check(board, profile="x")
    board.write_text("\n".join(x for x in BOARD.splitlines() if x[:2] != "  " or "id:" in x).replace("profiles:", ""))
    with pytest.raises(api.NoProfile, match="the storyboard has none"):
        api.plan(board, api.Options(picked_from="draft"))


def test_the_layers_can_be_taken_off_again(board: Path) -> None:
    made = api.compile(board, profile="draft").board
    assert made is not None and made.profile is not None
    assert with_profile(made, "").profile is None
    assert {made.takes_of(s) for s in made.shots} == {2}
    assert [with_profile(made, "default").takes_of(s) for s in made.shots] == [3, 1]


def test_one_profile_is_not_taken_for_a_change_or_a_rest_of_another(board: Path) -> None:
    draft, final = entries(board, "draft"), entries(board)
    locked(board, line(draft["open@look=noir/1"], "saved", "draft"), line(draft["open@look=noir/2"], "failed", "draft",
           failure={"code": "service_error", "message": "m"}))  # fmt: skip
    steps = plan(board).steps
    assert len(steps) == len(final) and {type(s.reason) for s in steps} == {New}
    assert all(not s.file.startswith("renders/draft") for s in steps)
    own = plan(board, "draft").steps
    assert isinstance(own[0].reason, Done) and own[0].reason.profile is None
    assert {s.file for s in own[2:]} == {f"renders/draft/{e.file}" for e in list(draft.values())[2:]}
    board.write_text(BOARD.replace("dark", "darker"), encoding="utf-8")
    edited = plan(board, "draft").steps
    assert isinstance(edited[0].reason, Changed) and edited[0].reason.field == "prompt"
    assert [s.reason for s in edited if s.entry is None] == [
        NotInStoryboard(State.SAVED), NotInStoryboard(State.FAILED),
    ]  # fmt: skip
    assert [s for s in plan(board).steps if s.entry is None] == []


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        ("running", Elsewhere("draft", State.RUNNING)),
        ("completed", Elsewhere("draft", State.COMPLETED)),
        ("doubt", InDoubt("sent with profile `draft`; the answer was not understood")),
        ("submitting", InDoubt("sent with profile `draft`; a run ended between the request and its answer")),
    ],
)
def test_what_another_profile_is_not_done_with_is_never_out_of_sight(board: Path, state: str, reason: object) -> None:
    one = entries(board, "draft")["open@look=noir/1"]
    locked(board, line(one, state, "draft"))
    for profile in ("", "same"):
        orphans = [s for s in plan(board, profile).steps if s.entry is None]
        assert [(s.reason, s.file) for s in orphans] == [(reason, f"renders/draft/{one.file}")]
    assert all(s.entry is not None for s in plan(board, "rough").steps), "it asks for the very same request"


def test_a_second_purchase_of_a_request_is_followed_whatever_profile_it_is_of(board: Path) -> None:
    one = entries(board)["open@look=noir/1"]
    locked(board, line(one, "saved"), line(one, "running", "same", 2))
    orphans = [s for s in plan(board).steps if s.entry is None]
    video = f"renders/same/open@look=noir_take1.{one.fingerprint[:8]}.2.mp4"
    assert [(s.reason, s.file) for s in orphans] == [(Second(State.RUNNING), video)]


def test_equal_requests_of_two_profiles_are_one_purchase(board: Path) -> None:
    one = entries(board)["open@look=noir/1"]
    locked(board, line(one, "saved", "same"))
    assert plan(board).steps[0].reason == Done(f"renders/same/{one.file}", None, False, "same")
    assert plan(board, "same").steps[0].reason == Done(f"renders/same/{one.file}", None, False)
    locked(board, line(one, "saved"))
    assert plan(board, "same").steps[0].reason == Done(f"renders/plain/{one.file}", None, False, "")


def test_what_a_profile_bought_that_is_gone_is_in_the_lock_only(board: Path) -> None:
    one = entries(board, "draft")["open@look=noir/1"]
    locked(board, line(one, "saved", "older"))
    assert plan(board, "draft").steps[0].reason == Done(f"renders/older/{one.file}", None, False, "older")
    assert [s.reason for s in plan(board).steps if s.entry is None] == [NotInStoryboard(State.SAVED)]


def test_a_lock_with_a_profile_that_is_no_name_is_damaged(board: Path) -> None:
    one = entries(board)["open@look=noir/1"]
    with pytest.raises(LockFault, match="expected a profile's name"):
        parse(HEADER + line(one, "running", "../../etc"))


@given(st.permutations(range(8)), st.permutations(range(8)))
def test_taking_turns_with_profiles_settles_the_order_of_the_lock(first: list[int], second: list[int]) -> None:
    """Each profile sorts its own lines and leaves the others' where they are, so that turns end in the same bytes."""

    def record(i: int) -> dict[str, Any]:
        profile = ("", "draft", "final")[i % 3]
        said = {"fp": f"{i:064x}", "entry": f"e{9 - i}/1", "profile": profile or None, "attempt": 1}
        return {**said, "state": "running", "at": AT, "task": f"task-unified-{i}"}

    order = [f"{i:064x}" for i in second]
    lock = parse(HEADER + b"".join(encode(record(i)) for i in first))
    for profile in ("final", "", "draft", "final", "draft"):
        own = [fp for fp in order if lock.attempts[fp][-1].profile == profile]
        lock = parse(serialise(lock, own, profile))
    assert list(lock.attempts) == [
        fp for p in ("", "draft", "final") for fp in order if lock.attempts[fp][-1].profile == p
    ]
    assert serialise(lock, order) == serialise(lock, [f for f in order if f in lock.attempts], None)


PICK = '  - {"profile": "draft", "entry": "%s", "fp": "%s"}\n'


def picked(board: Path, *takes: Entry, profile: str = "draft", **changes: str) -> None:
    rows = "".join(PICK % (e.address, changes.get("fp", e.fingerprint)) for e in takes)
    rows = rows.replace('"profile": "draft", ', f'"profile": "{profile}", ' if profile else "")
    board.with_suffix(".picks.yaml").write_text(f"seedspec_picks: 1\npicks:\n{rows}", encoding="utf-8")


def test_only_what_was_picked_in_the_other_profile_is_bought_each_take_of_it(board: Path) -> None:
    draft = entries(board, "draft")
    picked(board, draft["open@look=noir/2"])
    found = api.plan(board, api.Options(picked_from="draft"))
    assert [s.address for s in found.plan.steps] == [f"open@look=noir/{n}" for n in (1, 2, 3)]
    assert len(found.plan.buys) == 3 and found.findings == ()
    narrowed = plan(board, picked_from="draft", select=["take=1"])
    assert [s.address for s in narrowed.steps] == ["open@look=noir/1"]


def test_a_pick_without_a_profile_is_the_default_ones(board: Path) -> None:
    picked(board, entries(board)["open@look=pastel/3"], profile="")
    found = plan(board, "draft", picked_from="default").steps
    assert [s.address for s in found] == ["open@look=pastel/1", "open@look=pastel/2"]
    with pytest.raises(NothingSelected, match="no take is picked with profile `draft`; `seedspec pick ENTRY -f "):
        plan(board, picked_from="draft")


def test_what_continues_an_unpicked_shot_is_held_and_says_which_pick_is_missing(board: Path) -> None:
    draft, final = entries(board, "draft"), entries(board)
    picked(board, draft["next@look=noir/1"])
    (step,) = plan(board, picked_from="draft").steps
    pick = f"`seedspec pick open@look=noir TAKE -f {board} --profile draft`"
    assert step.cost.high == 0 and step.reason == Held(
        "open@look=noir/1", f"it has no pick with profile `draft`: {pick} gives it one"
    )
    upstream = final["open@look=noir/1"]
    locked(board, line(upstream, "saved"))
    (board.parent / "renders" / "plain").mkdir(parents=True)
    (board.parent / "renders" / "plain" / upstream.file).touch()
    assert [s.address for s in plan(board, picked_from="draft").buys] == ["next@look=noir/1"]


def test_a_pick_whose_request_has_changed_counts_with_a_warning(board: Path) -> None:
    picked(board, entries(board, "draft")["open@look=noir/2"], fp="0" * 64)
    found = api.plan(board, api.Options(picked_from="draft"))
    assert [d.code for d in found.findings] == ["changed-since"]
    assert found.findings[0].span is not None and found.findings[0].span.place[0] == 3
    assert [s.address for s in found.plan.buys] == [f"open@look=noir/{n}" for n in (1, 2, 3)]


def test_a_pick_that_was_renamed_since_is_found_by_its_request(board: Path) -> None:
    old = entries(board, "draft")["open@look=noir/2"]
    board.write_text(BOARD.replace("noir", "dark"), encoding="utf-8")
    picked(board, old)
    found = api.plan(board, api.Options(picked_from="draft"))
    assert found.findings == () and [s.address for s in found.plan.buys] == [f"open@look=dark/{n}" for n in (1, 2, 3)]


def test_a_picked_take_is_never_bought_again_whatever_the_profile(board: Path) -> None:
    one = entries(board)["open@look=noir/1"]
    picked(board, one, profile="same")
    assert [type(s.reason).__name__ for s in plan(board).steps[:2]] == ["Picked", "New"]
    assert [type(s.reason).__name__ for s in plan(board, "draft").steps[:2]] == ["New", "New"]


def test_a_storyboard_that_was_compiled_with_another_profile_is_not_bought(board: Path) -> None:
    made = api.compile(board, profile="draft")
    assert api.plan(board, compiled=made).plan.profile == "draft"
    assert api.plan(board, api.Options(profile="draft"), made).plan.profile == "draft"
    with pytest.raises(BadSettings, match="compiled with profile `draft`; asked for is a plan with profile `same`"):
        api.plan(board, api.Options(profile="same"), made)
    with pytest.raises(BadSettings, match="without a profile"):
        next(api.run(board, api.Options(profile="default"), compiled=made))
