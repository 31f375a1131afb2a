"""Chains against the lock: whether a video was made from the one that stands now, and how people read of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from seedspec import api
from seedspec.catalog.media_facts import MediaFacts
from seedspec.compiler.entry import Entry
from seedspec.lock.lock import Lock, lock_from
from seedspec.lock.record import Record, record_of
from seedspec.lock.staleness import (
    Stale,
    address_in,
    facts_of,
    link_lives,
    readable_values,
    stale,
    under_way,
    video_of,
)
from seedspec.lock.state import OPEN, State

BOARD = """\
seedspec: 1
model: seedance-2.0-reference-to-video
defaults: {duration: 4, quality: 480p}
references: {cup: {image: https://cdn.example.com/cup.webp}, a: {shot: open}, b: {shot: pour}}
shots:
  - {id: open, prompt: "{{ ref('cup') }}"}
  - {id: pour, prompt: "{{ ref('cup') }} is filled"}
  - {id: next, prompt: "{{ ref('a') }} and {{ ref('b') }} go on"}
"""
FP, UP = "f" * 64, "e" * 64


@pytest.fixture(scope="module")
def entries(tmp_path_factory: pytest.TempPathFactory) -> tuple[Entry, ...]:
    path: Path = tmp_path_factory.mktemp("stale") / "storyboard.yaml"
    path.write_text(BOARD)
    return api.compile(path).entries


def saved(fp: str, sha256: str | None, state: str = "saved", attempt: int = 1, **more: Any) -> Record:
    return record_of(fp, attempt, {"state": state, "sha256": sha256, "entry": "old/1", **more})


@pytest.mark.parametrize(
    ("used", "stands", "found"),
    [
        (("1", "2"), ("1", "2"), None),
        (("1", "2"), ("9", "8"), ("open/1", "1", "9")),
        (("1", "2"), ("1", "8"), ("pour/1", "2", "8")),
        ((None, "2"), ("9", "2"), None),  # what the record does not say is as it should be
        (("1", "2"), (None, "2"), None),  # and what has no video yet is waited for
    ],
)
def test_a_video_is_stale_where_another_one_of_its_upstream_stands(
    entries: tuple[Entry, ...], used: tuple[str | None, ...], stands: tuple[str | None, ...],
    found: tuple[str, str, str] | None,
) -> None:  # fmt: skip
    *upstream, entry = entries
    lock = lock_from(saved(e.fingerprint, sha) for e, sha in zip(upstream, stands, strict=True) if sha)
    said = {e.fingerprint: sha for e, sha in zip(upstream, used, strict=True) if sha}
    assert stale(entry, saved(entry.fingerprint, "3", used=said), lock) == (found and Stale(*found))


def test_nothing_is_stale_that_continues_nothing_or_says_nothing(entries: tuple[Entry, ...]) -> None:
    first, _, entry = entries
    lock = lock_from([saved(first.fingerprint, "9")])
    assert stale(first, saved(first.fingerprint, "1", used={first.fingerprint: "1"}), lock) is None
    assert stale(entry, saved(entry.fingerprint, "1"), lock) is None


def of(fp: str, frame: str = "") -> str:
    return f"frame:{frame}:entry:{fp}" if frame else f"entry:{fp}"


@pytest.mark.parametrize(
    ("field", "old", "new", "shown"),
    [
        ("duration", 4, 5, (4, 5)),
        ("video_urls[0]", of(FP), of(UP), ("open/1", "pour/1")),
        ("video_urls[0]", of(FP), None, ("open/1", None)),
        ("video_urls[0]", "https://x/1.mp4", of(UP), ("https://x/1.mp4", "pour/1")),
        ("video_urls[0]", of("d" * 64), of(UP), (of("d" * 64), "pour/1")),
        ("video_urls[0]", of("d" * 64), of("c" * 64), (of("d" * 64), of("c" * 64))),
        ("image_urls[0]", of(FP, "last"), of(UP, "1500"), ("last frame of open/1", "frame at 1.5 s of pour/1")),
        ("image_urls[0]", of(FP, "last"), of(FP), ("last frame of open/1", "open/1")),
        ("video_urls[0]", of(FP), of("b" * 64), ("open/1 ffffffffffff", "open/1 bbbbbbbbbbbb")),
        ("image_urls[0]", of(FP, "first"), of("b" * 64, "first"),
         ("first frame of open/1 ffffffffffff", "first frame of open/1 bbbbbbbbbbbb")),
        ("prompt", of(FP), of(UP), (of(FP), of(UP))),
    ],
)  # fmt: skip
def test_a_continued_entry_is_read_by_its_address(field: str, old: Any, new: Any, shown: tuple[Any, Any]) -> None:
    known = {FP: "open/1", UP: "pour/1", "b" * 64: "open/1"}
    assert readable_values(field, old, new, known.get) == shown


def test_a_video_and_its_facts_are_known_once_it_is_saved() -> None:
    facts = {"bytes": 9, "width": 8, "height": 7, "seconds": 6.5, "fps": 24.0}
    assert [video_of(r) for r in (None, saved(FP, "1"), saved(FP, None), saved(FP, "1", "completed"))] == [
        "", "1", "", "",
    ]  # fmt: skip
    assert facts_of(None) is None is facts_of(saved(FP, "1", "completed", **facts))
    assert facts_of(saved(FP, "1", **facts)) == MediaFacts(9, 8, 7, 6.5, 24.0)
    assert facts_of(saved(FP, "1")) == MediaFacts()


@pytest.mark.parametrize("state", State)
def test_another_attempt_that_has_not_ended_is_under_way(state: State) -> None:
    first = saved(FP, "1")
    assert not under_way(first, lock_from([first]))
    assert under_way(first, lock_from([first, saved(FP, None, state, 2)])) is (state in OPEN)
    open_one = saved(FP, None, "running")
    assert not under_way(open_one, lock_from([open_one])), "its own attempt is no other"


def test_a_link_needs_a_task_and_an_end_that_is_to_come() -> None:
    at, later = "2026-11-23T07:00:00Z", "2026-11-23T07:00:01Z"
    assert link_lives(saved(FP, "1", task="task-1", results_until=later), at)
    assert not link_lives(saved(FP, "1", task="task-1", results_until=at), at)
    assert not link_lives(saved(FP, "1", task="task-1"), at)
    assert not link_lives(saved(FP, "1", results_until=later), at)
    assert not link_lives(None, at)


def test_an_address_is_that_of_today_or_else_the_last_in_the_lock(entries: tuple[Entry, ...]) -> None:
    first, _, entry = entries
    lock = lock_from([saved(first.fingerprint, "1"), saved(FP, "1"), saved(FP, "2", attempt=2, entry="new/1")])
    address = address_in(lock, entry)
    assert (address(first.fingerprint), address(FP), address(UP)) == ("open/1", "new/1", None)
    assert address_in(lock)(first.fingerprint) == "old/1"
    assert address_in(Lock())(FP) is None
