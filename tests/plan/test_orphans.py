"""What the lock knows and no entry stands for: which of it is of a profile, and where its videos go."""

from __future__ import annotations

from typing import Any

import pytest

from seedspec.lock.lock import lock_from
from seedspec.lock.record import Record, record_of
from seedspec.plan.orphans import Orphan, orphans, usual_name

A, B, C = "a" * 64, "b" * 64, "c" * 64


def record(fp: str, n: int = 1, state: str = "running", entry: str = "open/1", **more: Any) -> Record:
    return record_of(fp, n, {"state": state, "entry": entry, **more})


NONE: frozenset[str] = frozenset()


def found(
    *records: Record, known: frozenset[str] = NONE, profile: str = "", others: frozenset[str] = NONE,
    files: tuple[str, ...] = (), lost: bool = False,
) -> list[tuple[str, int, str, str]]:  # fmt: skip
    def place(name: str) -> str:
        return f"renders/{name}" if name else "renders"

    some: list[Orphan] = [*orphans(lock_from(records), known, profile, others, place, files, lambda r: lost)]
    return [(o.record.fp[0], o.record.attempt, o.kind, o.file) for o in some]


@pytest.mark.parametrize(
    ("state", "kind"),
    [("queued", ""), ("submitting", "left"), ("doubt", "left"), ("running", "left"), ("completed", "left"),
     ("saved", "left"), ("failed", "left")],
)  # fmt: skip
def test_what_was_bought_and_is_asked_for_no_more_has_left(state: str, kind: str) -> None:
    assert found(record(A, state=state)) == ([("a", 1, kind, "renders/open_take1.mp4")] if kind else [])
    assert found(record(A, state=state), known=frozenset({A})) == []


@pytest.mark.parametrize(
    ("state", "open_"), [("submitting", True), ("doubt", True), ("running", True), ("completed", True),
                         ("saved", False), ("failed", False), ("queued", False)],
)  # fmt: skip
def test_of_other_profiles_what_has_not_ended_is_followed(state: str, open_: bool) -> None:
    draft = record(A, state=state, profile="draft")
    elsewhere = [("a", 1, "elsewhere", "renders/draft/open_take1.mp4")] if open_ else []
    assert found(draft, others=frozenset({"draft"})) == elsewhere
    left = [] if state == "queued" else [("a", 1, "left", "renders/draft/open_take1.mp4")]
    assert found(draft) == left == found(draft, profile="draft", others=frozenset({"draft"})), "no profile has it now"


def test_a_second_purchase_that_has_not_ended_goes_under_a_name_of_its_own() -> None:
    two = [record(A, 1, "saved", file="renders/x.mp4"), record(A, 2, "running")]
    assert found(*two, known=frozenset({A})) == [("a", 2, "second", "renders/open_take1.aaaaaaaa.2.mp4")]
    assert found(*two) == [("a", 1, "left", "renders/x.mp4"), ("a", 2, "second", "renders/open_take1.aaaaaaaa.2.mp4")]
    assert found(record(A, 1, "saved"), record(A, 2, "failed"), known=frozenset({A})) == []


def test_a_video_that_another_clone_saved_is_fetched_here() -> None:
    parted = [
        record(A, 1, "saved", file="r/x.aaaaaaaa.cccccccc.mp4", sha256=C),
        record(A, 2, "saved", file="r/x.mp4", sha256=B),
    ]  # fmt: skip
    assert found(*parted, known=frozenset({A}), lost=True) == [("a", 1, "lost", "r/x.aaaaaaaa.cccccccc.mp4")]
    assert found(*parted, known=frozenset({A})) == [], "it is here, or not to be had"
    whole = [record(A, n, "saved", file=f"r/{n}.mp4", sha256=B) for n in (1, 2)]
    assert found(*whole, known=frozenset({A}), lost=True) == [], "no merge has put them apart"


def test_no_two_go_under_one_name() -> None:
    both = found(record(A), record(B, entry="OPEN/1"), record(C, entry="other/1"), files=("Renders/Other_take1.mp4",))
    assert both == [
        ("a", 1, "left", "renders/open_take1.mp4"), ("b", 1, "left", "renders/OPEN_take1.bbbbbbbb.mp4"),
        ("c", 1, "left", "renders/other_take1.cccccccc.mp4"),
    ]  # fmt: skip
    assert found(record(A, entry="../up/1")) == [("a", 1, "left", f"renders/{'a' * 16}.mp4")]


@pytest.mark.parametrize(
    ("entry", "name"),
    [
        ("open/1", "open_take1"), ("open@look=noir,hook=a/12", "open@look=noir,hook=a_take12"), ("", ""), ("open", ""),
        ("con.x/1", ""), ("../x/1", ""), ("x@y=16:9/1", "x@y=16x9_take1"),
        ("a" * 60 + "@x=" + "b" * 132 + "/1", "long"),
        ("a" * 60 + "@x=" + "b" * 133 + "/1", ""),
    ],
)  # fmt: skip
def test_a_usual_name_is_that_of_an_address_which_a_storyboard_gives(entry: str, name: str) -> None:
    got = usual_name(record(A, entry=entry))
    assert got == name or (name == "long" and len(got) == 201)
