"""Signed addresses from a storyboard to its lock: sent as they are, known without the signature, bought once."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest
from looks import Run, Said, edit

from seedspec import api
from seedspec.compiler.entry import body_of, canonical, digest
from seedspec.lock.lock import encode, parse

OBJECT = "https://b.example.com/hero.png"
FIRST = f"{OBJECT}?versionId=3&X-Amz-Credential=AKIAEXAMPLE&X-Amz-Signature=aaaaaaaa&X-Amz-Date=20260101T000000Z"
RENEWED = FIRST.replace("aaaaaaaa", "bbbbbbbb").replace("20260101", "20260301")
BARE = f"{OBJECT}?versionId=3"
BOARD = f"""\
seedspec: 1
name: signed
model: seedance-2.0-reference-to-video
defaults: {{duration: 4, quality: 480p}}
references:
  hero: {{image: "{FIRST}"}}
shots:
  - {{id: next, prompt: "{{{{ ref('prev') }}}}", references: {{prev: {{shot: open}}}}}}
  - {{id: open, prompt: "{{{{ ref('hero') }}}} walks"}}
  - {{id: last, prompt: "{{{{ ref('prev') }}}} goes", references: {{prev: {{shot: next}}}}}}
"""
FAST = ("--emulator", "--emulator-seconds", "0", "--poll-interval", "0.1", "--yes")


@pytest.fixture
def board(folder: Path) -> Path:
    path = folder / "storyboard.yaml"
    path.write_text(BOARD, encoding="utf-8")
    return path


def record(board: Path, address: str, signed: str, before: Mapping[str, str], **values: object) -> tuple[str, bytes]:
    """A saved purchase as it was recorded when a medium was its whole address, and its fingerprint of then.

    `before` are the fingerprints of then of what it continues.
    """
    entry = next(e for e in api.compile(board).entries if e.address == address)
    manifest: dict[str, Any] = orjson.loads(entry.manifest)
    request = manifest["request"]
    for name, value in request.items():
        if isinstance(value, list):
            request[name] = [signed if i == BARE else i for i in value]
    used = {}
    for medium in entry.upstream:
        request[medium.field][medium.index] = f"entry:{before[medium.where]}"
        used[before[medium.where]] = "1" * 64
    fp = digest(canonical(manifest))
    assert fp != entry.fingerprint
    name = address.replace("/", "_take")
    line = {
        "fp": fp, "entry": address, "take": 1, "attempt": 1, "state": "saved", "at": "2026-01-01T07:05:00Z",
        "manifest": manifest, "used": used or None, "task": f"task-{name}", "file": f"renders/{name}.mp4",
        "sha256": "1" * 64, "bytes": 3, **values,
    }  # fmt: skip
    return fp, encode(line)


def bought_before(board: Path, signed: str = FIRST) -> bytes:
    """The lock of all three shots, in the storyboard's order, each file in its place."""
    prints: dict[str, str] = {}
    lines = {}
    for address in ("open/1", "next/1", "last/1"):
        prints[address], lines[address] = record(board, address, signed, prints)
        file = board.parent / "renders" / f"{address.replace('/', '_take')}.mp4"
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(b"mp4")
    return b'{"seedspec_lock":1}\n' + b"".join(lines[a] for a in ("next/1", "open/1", "last/1"))


def signs(said: Said) -> list[str]:
    return [line.split()[0] for line in said.out.splitlines() if line[:1] in "+~>v=!?-" and line[1:2] == " "]


@pytest.mark.slow
def test_the_whole_address_is_in_the_request_alone(board: Path, seedspec: Run) -> None:
    made = api.compile(board)
    entry = next(e for e in made.entries if e.shot == "open")
    assert orjson.loads(body_of(entry, {}))["image_urls"] == [FIRST]
    assert orjson.loads(entry.manifest)["request"]["image_urls"] == [BARE]
    ran = seedspec("run", *FAST, "--junit", "junit.xml", "--format", "jsonl")
    assert ran.code == 0, ran.err
    said = ran.out + ran.err
    for words in (
        ("plan", "--emulator"), ("plan", "--emulator", "--format", "json"), ("status", "--emulator"),
        ("status", "--emulator", "--format", "json"), ("why", "open/1", "--emulator"),
        ("compile", "--origins", "open/1"), ("check", "--format", "json"),
        ("check", "--format", "github"), ("review", "--emulator"), ("lock", "verify", "--emulator"),
    ):  # fmt: skip
        found = seedspec(*words)
        assert found.code == 0, (words, found.err)
        said += found.out + found.err
    assert "aaaaaaaa" not in said
    files = [p for p in board.parent.rglob("*") if p.is_file() and ".seedspec" not in p.parts and p != board]
    assert {"storyboard.emulator.lock", "junit.xml", "storyboard.emulator.review.html"} <= {p.name for p in files}
    assert [p.name for p in files if b"aaaaaaaa" in p.read_bytes() or b"AKIAEXAMPLE" in p.read_bytes()] == []


@pytest.mark.slow
def test_a_new_signature_buys_nothing_again(board: Path, seedspec: Run) -> None:
    assert seedspec("run", *FAST).code == 0
    lock = board.with_name("storyboard.emulator.lock")
    before = lock.read_bytes()
    edit(board, FIRST, RENEWED)
    assert signs(seedspec("plan", "--emulator")) == ["=", "=", "="]
    assert seedspec("run", *FAST, "--locked").code == 0
    assert lock.read_bytes() == before
    edit(board, "versionId=3", "versionId=4")
    assert signs(seedspec("plan", "--emulator"))[1] == "~"


@pytest.mark.parametrize("now", [FIRST, RENEWED, OBJECT + "?versionId=3"])
def test_a_lock_of_before_buys_nothing_again(board: Path, seedspec: Run, now: str) -> None:
    lock = board.with_suffix(".lock")
    lock.write_bytes(bought_before(board))
    before = lock.read_bytes()
    edit(board, FIRST, now)
    planned = seedspec("plan")
    assert signs(planned) == ["=", "=", "="], planned.out
    assert lock.read_bytes() == before  # a plan writes nothing
    status = orjson.loads(seedspec("status", "--format", "json").out)
    assert orjson.dumps(status).count(b"aaaaaaaa") == 0


@pytest.mark.slow
def test_what_was_found_so_is_rewritten_at_the_next_change(board: Path, seedspec: Run) -> None:
    lock = board.with_suffix(".lock")
    lock.write_bytes(bought_before(board))
    other = (board.parent / "other.mp4", "renders/open_take1.mp4")
    other[0].write_bytes(b"other")
    lock.rename(board.with_name("storyboard.emulator.lock"))
    edit(board, "  - {id: last", "  - {id: more, prompt: \"{{ ref('hero') }} runs\"}\n  - {id: last")
    ran = seedspec("run", *FAST)
    assert ran.code == 0, ran.err
    assert "1 bought" in ran.out
    data = board.with_name("storyboard.emulator.lock").read_bytes()
    assert b"aaaaaaaa" not in data
    made = {e.address: e for e in api.compile(board).entries}
    found = parse(data)
    for address, task in (("open/1", "task-open_take1"), ("next/1", "task-next_take1"), ("last/1", "task-last_take1")):
        kept = found.last(made[address].fingerprint)
        assert kept is not None
        assert kept.task == task
        assert canonical(kept.manifest) == made[address].manifest
    used = found.last(made["next/1"].fingerprint)
    assert used is not None
    assert used.get("used") == {made["open/1"].fingerprint: "1" * 64}
    assert signs(seedspec("plan", "--emulator")) == ["="] * 4


def test_two_purchases_that_their_signatures_told_apart_are_both_kept(board: Path, seedspec: Run) -> None:
    lock = board.with_suffix(".lock")
    _, second = record(board, "open/1", RENEWED, {}, task="task-second", sha256="2" * 64, file="renders/second.mp4")
    lock.write_bytes(bought_before(board) + second)
    (board.parent / "renders" / "second.mp4").write_bytes(b"mp4")
    assert "+" not in signs(seedspec("plan"))
    fp = next(e.fingerprint for e in api.compile(board).entries if e.shot == "open")
    found = parse(lock.read_bytes())
    assert [(r.attempt, r.task) for r in found.attempts[fp]] == [(1, "task-open_take1"), (2, "task-second")]
    assert seedspec("lock", "verify").err.count("Traceback") == 0


def test_lines_of_a_run_that_follow_those_of_before(board: Path) -> None:
    fp, running = record(board, "open/1", FIRST, {}, state="running", file=None, sha256=None, bytes=None)
    now = next(e.fingerprint for e in api.compile(board).entries if e.shot == "open")
    assert fp != now
    head = b'{"seedspec_lock":1}\n'
    name = {"fp": now, "attempt": 1, "at": "2026-01-01T08:00:00Z"}
    later = encode({**name, "state": "completed", "task": "task-open_take1"})
    saved = encode({**name, "state": "saved", "file": "a.mp4", "sha256": "3" * 64})
    for lines in (running, running + later, later + running, running + later + saved):
        found = parse(head + lines)
        assert [(r.attempt, r.task) for r in found.attempts[now]] == [(1, "task-open_take1")], lines
        assert fp not in found.attempts
    assert found.attempts[now][0].state == "saved"


def test_a_manifest_that_is_not_what_its_fingerprint_says_is_left_alone(board: Path) -> None:
    fp, line = record(board, "open/1", FIRST, {})
    values = orjson.loads(line)
    values.pop("crc")
    head, other = b'{"seedspec_lock":1}\n', "a" * 64
    circle = {**values, "fp": other, "manifest": {"request": {"video_urls": [f"entry:{other}"]}}}
    found = parse(head + line + encode(circle))
    assert other in found.attempts
    assert fp not in found.attempts
