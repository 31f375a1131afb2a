"""Histories that are joined: names that a merge gives, which purchases are one, and what is said of a header."""

from __future__ import annotations

from typing import Any

import pytest

from seedspec.compiler.filename import LONGEST
from seedspec.lock.lock import Lock, lock_from
from seedspec.lock.merge import is_split, merged_name, original_name, sides, union
from seedspec.lock.record import Record, record_of

FP, OTHER = "0123456789abcdef" * 4, "fedcba9876543210" * 4
SHA, SHB = "aaaabbbb" * 8, "ccccdddd" * 8
AT = "2026-11-23T07:00:0{}Z"


def saved(
    file: str | None = "renders/x.mp4", sha256: str | None = SHA, fp: str = FP, n: int = 1, **more: Any
) -> Record:
    values = {"fp": fp, "attempt": n, "state": "saved", "file": file, "sha256": sha256, "entry": "x/1", **more}
    return record_of(fp, n, {k: v for k, v in values.items() if v is not None})


@pytest.mark.parametrize(
    ("file", "merged"),
    [
        ("renders/x.mp4", "renders/x.01234567.aaaabbbb.mp4"),
        ("x.mp4", "x.01234567.aaaabbbb.mp4"),
        ("a/b/x.y.mp4", "a/b/x.y.01234567.aaaabbbb.mp4"),
        (f"a/{'x' * LONGEST}.mp4", f"a/{'x' * LONGEST}.01234567.aaaabbbb.mp4"),
        (f"a/{'x' * (LONGEST + 1)}.mp4", "a/0123456789abcdef.01234567.aaaabbbb.mp4"),
        (f"a/{'é' * 116}.mp4", "a/0123456789abcdef.01234567.aaaabbbb.mp4"),
    ],
)
def test_a_video_under_anothers_name_gets_one_by_its_request_and_its_bytes(file: str, merged: str) -> None:
    assert merged_name(saved(file)) == merged


@pytest.mark.parametrize(
    ("record", "name"),
    [
        (saved("renders/x.01234567.aaaabbbb.mp4"), "renders/x.mp4"),
        (saved("renders/x.01234567.mp4"), ""),
        (saved("renders/x.01234567.ccccdddd.mp4"), ""),
        (saved("renders/x.01234567.aaaabbbb.mp4", None), ""),
        (saved("renders/x.mp4"), ""),
        (saved(None), ""),
    ],
)
def test_the_name_before_a_merge_is_known_by_its_ending(record: Record, name: str) -> None:
    assert original_name(record) == name


def test_a_request_is_split_where_a_merge_gave_one_of_its_videos_a_name() -> None:
    apart = saved("renders/x.01234567.ccccdddd.mp4", SHB, n=2)
    assert is_split([saved(), apart]) and is_split(iter([apart, saved()]))
    assert not is_split([apart]) and not is_split([saved(), saved("renders/y.mp4", SHB, n=2)])


def files(*locks: Lock) -> dict[tuple[str, int], str | None]:
    joined = union(*locks).lock
    assert [*joined] == [*union(*reversed(locks)).lock]
    return {(r.fp, r.attempt): r.file for r in joined}


def asked(at: int, key: str) -> dict[str, Any]:
    return {"intent": {"key": key, "body_sha256": SHA, "at": AT.format(at)}}


@pytest.mark.parametrize(
    ("one", "other", "names"),
    [
        # of one request, the video that was asked for first keeps the name
        (saved(**asked(1, "k1"), task="t1"), saved(sha256=SHB, **asked(2, "k2"), task="t2"),
         {(FP, 1): "renders/x.mp4", (FP, 2): "renders/x.01234567.ccccdddd.mp4"}),
        (saved(**asked(2, "k1"), task="t1"), saved(sha256=SHB, **asked(1, "k2"), task="t2"),
         {(FP, 1): "renders/x.mp4", (FP, 2): "renders/x.01234567.aaaabbbb.mp4"}),
        # of two requests as well, also where a disk alone takes the names for one
        (saved(**asked(1, "k1")), saved("renders/X.mp4", SHB, OTHER, **asked(2, "k2")),
         {(FP, 1): "renders/x.mp4", (OTHER, 1): "renders/X.fedcba98.ccccdddd.mp4"}),
        # the same bytes are one video
        (saved(**asked(1, "k1")), saved("renders/x.mp4", SHA, OTHER, **asked(2, "k2")),
         {(FP, 1): "renders/x.mp4", (OTHER, 1): "renders/x.mp4"}),
        (saved(), saved("renders/y.mp4", SHB, OTHER), {(FP, 1): "renders/x.mp4", (OTHER, 1): "renders/y.mp4"}),
        # without a time of request, the task decides, then the request
        (saved(task="t2"), saved("renders/x.mp4", SHB, OTHER, task="t1"),
         {(FP, 1): "renders/x.01234567.aaaabbbb.mp4", (OTHER, 1): "renders/x.mp4"}),
        (saved(), saved("renders/x.mp4", SHB, OTHER),
         {(FP, 1): "renders/x.mp4", (OTHER, 1): "renders/x.fedcba98.ccccdddd.mp4"}),
    ],
)  # fmt: skip
def test_no_two_videos_keep_one_name(one: Record, other: Record, names: dict[tuple[str, int], str]) -> None:
    assert files(lock_from([one]), lock_from([other])) == names


def running(n: int = 1, *, fp: str = FP, state: str = "running", **more: Any) -> Record:
    return record_of(fp, n, {"fp": fp, "attempt": n, "state": state, "entry": "x/1", **more})


@pytest.mark.parametrize(
    ("one", "other", "joined"),
    [
        (running(task="t1"), running(task="t1"), [(1, "t1")]),
        (running(task="t1"), running(task="t2"), [(1, "t1"), (2, "t2")]),
        (running(2, task="t1"), running(2, task="t2"), [(2, "t1"), (3, "t2")]),
        (running(1, task="t1"), running(3, task="t2"), [(1, "t1"), (3, "t2")]),
        (running(1, task="t1"), running(3, task="t1"), [(3, "t1")]),
        (running(task="t1", **asked(1, "k")), running(state="submitting", **asked(1, "k")), [(1, "t1")]),
        (running(task="t1", **asked(1, "k")), running(state="submitting", **asked(1, "l")), [(1, "t1"), (2, None)]),
        (running(task="t1"), running(state="submitting", **asked(1, "l")), [(1, "t1")]),
        (running(task="t1"), running(2, state="submitting"), [(1, "t1"), (2, None)]),
        (saved(), saved(sha256=SHB), [(1, None), (2, None)]),
        (saved(), saved(), [(1, None)]),
    ],
)
def test_a_purchase_is_known_by_its_task_its_key_or_its_number(
    one: Record, other: Record, joined: list[tuple[int, str | None]]
) -> None:
    for found in (union(lock_from([one]), lock_from([other])), union(lock_from([other]), lock_from([one]))):
        records = found.lock.attempts[FP]
        assert sorted((r.attempt, r.get("attempt"), r.task) for r in records) == [(n, n, t) for n, t in joined]
        assert found.doubles == (records if len(joined) > 1 else ())
        assert (found.lock.lines, found.lock.version) == (1 + len(joined), 1)


def test_what_failed_or_was_taken_back_is_no_double() -> None:
    lock = lock_from([running(task="t1"), running(2, state="failed"), running(3, state="queued")])
    assert union(lock, Lock()).doubles == ()
    lock = lock_from([running(task="t1"), running(2, state="doubt"), running(3, state="failed")])
    assert [r.attempt for r in union(lock, Lock()).doubles] == [1, 2]


def test_an_end_that_two_sides_state_is_the_sooner_one() -> None:
    sooner, later = (saved(task="t1", results_until=AT.format(n)) for n in (1, 2))
    for one, other in ((sooner, later), (later, sooner)):
        assert [r.get("results_until") for r in union(lock_from([one]), lock_from([other])).lock] == [AT.format(1)]


@pytest.mark.parametrize(
    ("one", "other", "said"),
    [
        ({}, {}, {}),
        ({"serial": 2, "x": 1}, {"serial": 1, "x": 2, "y": 3}, {"serial": 2, "x": 1, "y": 3}),
        ({"serial": 9}, {"serial": 10}, {"serial": 10}),
        ({"at": AT.format(2), "x": 1}, {"at": AT.format(1), "x": 2}, {"at": AT.format(2), "x": 1}),
        ({"serial": 1, "at": AT.format(1)}, {"at": AT.format(2)}, {"serial": 1, "at": AT.format(1)}),
        ({"x": 1}, {"x": 2}, {"x": 2}),
    ],
)
def test_of_two_headers_the_later_one_is_kept(one: dict[str, Any], other: dict[str, Any], said: dict[str, Any]) -> None:
    locks = Lock(header=one, version=2), Lock(header=other, version=1)
    assert union(*locks).lock.header == said == union(*reversed(locks)).lock.header
    assert union(*locks).lock.version == 2 == union(*reversed(locks)).lock.version


def test_two_conflicts_and_their_common_base_make_two_texts() -> None:
    woven = b"a\n<<<<<<< x\nb\n||||||| y\nc\n=======\nd\n>>>>>>> z\ne\n<<<<<<< x\n=======\nf\n>>>>>>> z\ng"
    assert sides(woven) == [b"a\nb\ne\ng", b"a\nd\ne\nf\ng"]
    assert sides(b"a\r\nb") == [b"a\r\nb"] and sides(b"") == [b""]
