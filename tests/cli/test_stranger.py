"""A project that a stranger wrote: whatever its files and names hold, nothing steers what shows it, and all is said."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import av
import orjson
import pytest
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from looks import Run, Said

from seedspec import api
from seedspec.lock.version import HEADER

pytestmark = pytest.mark.slow

BOARD = """\
seedspec: 1
name: stranger
model: seedance-2.0-reference-to-video
defaults: {duration: 4, quality: 480p}
references: {cup: {image: "https://cdn.example.com/cup.webp"}}
shots:
  - {id: one, takes: 2, prompt: "one {{ ref('cup') }}"}
  - {id: two, prompt: "two {{ ref('before') }}", references: {before: {shot: one}}}
"""
COMMANDS = [
    ("check",), ("compile",), ("plan",), ("plan", "--format", "json"), ("status",), ("status", "--format", "json"),
    ("cost",), ("cost", "--format", "csv"), ("why", "one/1"), ("run", "--yes", "--junit", "junit.xml"), ("fetch",),
    ("settle", "one/1"), ("adopt", "one/1", "--task", "task-unified-9-zz"), ("lock", "verify"), ("review",), ("pick",),
    ("stats",), ("stats", "--format", "json"), ("export", "csv"), ("export", "json"), ("export", "sheet"),
    ("export", "otio"), ("lock", "prune", "--yes"), ("doctor",),
]  # fmt: skip
CODES = {0, 1, 2, 3, 4, 5, 6, 7, 8, 10}
STEERS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
TAKEN_BY_GITHUB = re.compile(r"^\s*::(?!(?:error|warning|notice) (?:file|title)=)|##\[", re.MULTILINE)
"""What the runner of GitHub's actions looks for in a line (ActionCommand.cs: `TrimStart`, `StartsWith`, `IndexOf`), but
for the commands that seedspec itself writes."""
EVIL = {
    "escape": "x\x1b]0;PWN\x07\x1b[2J", "line": "x\n::error::pwned", "space": " ::error::pwned", "bidi": "x\u202ey",
    "old form": "##[error]pwned", "c1": "x\x9b31m", "return": "x\r::error::pwned", "above": "../../../x",
    "kind": ["x"], "number": 7, "long": "x" * 50_000,
}  # fmt: skip


def steady(said: Said, *, log: bool = True) -> None:
    text = said.out.replace("\r\n", "\n") + said.err
    assert not STEERS.search(text), repr(text[max(0, STEERS.search(text).start() - 80) :][:200])  # type: ignore[union-attr]
    assert "Traceback" not in text and "an error of seedspec itself" not in text, text[-600:]
    assert not (log and TAKEN_BY_GITHUB.search(text)), text[-600:]


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands run as in a job of GitHub's."""
    monkeypatch.setenv("GITHUB_ACTIONS", "true")


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A video of half a second."""
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    with av.open(str(path), "w", format="mp4", options={"movflags": "faststart"}) as out:
        stream = out.add_stream("libx264", rate=24, options={"preset": "ultrafast"})
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        for number in range(12):
            frame = VideoFrame(64, 64, "yuv420p")
            for plane in frame.planes:
                plane.update(b"\x80" * plane.buffer_size)
            frame.pts, frame.time_base = number, Fraction(1, 24)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path.read_bytes()


def records(board: Path) -> list[dict[str, Any]]:
    """A lock of today: one video saved, one failed, one in doubt."""
    made = []
    for entry in api.compile(board).entries:
        made.append({
            "fp": entry.fingerprint, "entry": entry.address, "take": entry.take, "attempt": 1, "state": "saved",
            "at": "2026-11-23T07:05:00Z", "manifest": orjson.loads(entry.manifest), "task": f"task-unified-{len(made)}",
            "intent": {"key": f"key-{len(made)}", "body_sha256": "0" * 64, "at": "2026-11-23T07:05:00Z"},
        })  # fmt: skip
    made[0] |= {"file": "renders/one_take1.mp4", "sha256": "1" * 64, "seconds": 0.5}
    made[1] |= {"state": "failed", "failure": {"code": "policy", "message": "not allowed"}}
    made[2] |= {"state": "doubt", "doubt": "the answer was lost", "task": None}
    return [{k: v for k, v in record.items() if v is not None} for record in made]


def write(lock: Path, lines: list[dict[str, Any]]) -> None:
    lock.write_bytes(HEADER + b"".join(orjson.dumps(r) + b"\n" for r in lines))


@pytest.fixture
def board(folder: Path, clip: bytes) -> Path:
    path = folder / "storyboard.yaml"
    path.write_text(BOARD, encoding="utf-8")
    (folder / "renders").mkdir()
    (folder / "renders" / "one_take1.mp4").write_bytes(clip)
    write(folder / "storyboard.lock", records(path))
    return path


def places(record: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    for key, value in record.items():
        yield (key,)
        if isinstance(value, dict) and key != "manifest":
            yield from ((key, inner) for inner in value)


@pytest.mark.parametrize("number", range(3))
@pytest.mark.sampled(2)
def test_a_hostile_value_of_any_key_of_a_lock(number: int, board: Path, seedspec: Run, log: None) -> None:
    good, lock = records(board), board.with_suffix(".lock")
    evil = list(EVIL.items())
    for at, place in enumerate(places(good[number])):
        name, value = evil[(at + number) % len(evil)]
        bad = json.loads(json.dumps(good[number]))
        holder = bad if len(place) == 1 else bad[place[0]]
        holder[place[-1]] = value
        write(lock, [bad if i == number else r for i, r in enumerate(good)])
        before = lock.read_bytes()
        for command in (COMMANDS[(at + number) % len(COMMANDS)], ("plan",)):
            said = seedspec(*command)
            steady(said)
            assert said.code in CODES and lock.read_bytes() == before, (place, name, command, said)
            if command == ("plan",) and said.code != 0:
                assert said.code == 6 and said.out == ""
                assert re.match(rf"seedspec: storyboard\.lock:{number + 2}: `{place[0]}` is ", said.err), said.err
                assert "; expected " in said.err and "`seedspec lock fix`" in said.err
                assert said.err.count("\n") == 1 + said.err.count("\n::error title=seedspec::")
        fixed = seedspec("lock", "fix")
        steady(fixed)
        assert fixed.code == 0, (place, name, fixed)
        said = seedspec("plan")
        steady(said)
        assert said.code == 0
        for left in (*board.parent.glob("*.damaged"), *board.parent.glob(".seedspec/*fix*")):
            left.unlink()


@pytest.mark.parametrize(
    "line",
    [b"[" * 254 + b"]" * 254, b'{"fp":"\\ud800"}', b'{"fp":1e400}', b'{"fp":"\x1b[2J"}'],
    ids=["nested", "surrogate", "infinite", "raw escape"],
)
def test_a_hostile_line_of_a_lock(line: bytes, board: Path, seedspec: Run, log: None) -> None:
    lock = board.with_suffix(".lock")
    deep = orjson.dumps(records(board)[0]).replace(
        b'"manifest":{', b'"manifest":{"x":' + b"[" * 254 + b"]" * 254 + b","
    )
    for bad in (line,) if line[:1] != b"[" else (line, deep):
        lock.write_bytes(HEADER + bad + b"\n" + orjson.dumps(records(board)[1]) + b"\n")
        for command in COMMANDS if bad is deep else COMMANDS[1::7]:
            said = seedspec(*command)
            steady(said)
            assert said.code in CODES
        fixed = seedspec("lock", "fix")
        steady(fixed)
        assert fixed.code == 0 and seedspec("plan").code == 0


def test_words_that_a_lock_may_hold_steer_nothing(
    board: Path, seedspec: Run, log: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What no rule forbids is cleaned where it leaves, and a JUnit file stays XML."""
    monkeypatch.setenv("EVOLINK_API_KEY", "sk-stranger")
    monkeypatch.setenv("EVOLINK_BASE_URL", "http://127.0.0.1:9")  # nobody answers there
    monkeypatch.setenv("EVOLINK_FILES_URL", "http://127.0.0.1:9")
    found = records(board)
    odd = "::stop-commands::x ##[error]y \u200d\ue000\ufffe\u2060\xad <b> ]]> & | `x` =1+1"
    found[1]["failure"] = {"code": odd, "message": odd}
    found[2]["doubt"] = odd
    write(board.with_suffix(".lock"), found)
    for command in COMMANDS:
        said = seedspec(*command)
        steady(said)
        assert said.code in CODES, (command, said)
        assert "\ufffe" not in said.out + said.err
    assert ET.parse("junit.xml").getroot().tag == "testsuites"


@pytest.mark.parametrize(
    "key", ["reviewer", "text", "entry", "fp", "a", "storyboard", "profile", "digest", "criterion"]
)
def test_a_hostile_value_of_any_key_of_a_review(key: str, board: Path, seedspec: Run, log: None) -> None:
    entry = api.compile(board).entries[0]
    reviews = board.parent / "reviews"
    reviews.mkdir()
    file = reviews / "storyboard.mia.review.yaml"
    for name, value in EVIL.items():
        said: dict[str, Any] = {
            "seedspec_review": 1, "page": {"storyboard": "stranger", "digest": "sha256:" + "0" * 64}, "reviewer": "mia",
            "picks": [{"entry": "one/1", "fp": entry.fingerprint}],
            "votes": [{"a": "one/1", "a_fp": entry.fingerprint, "b": "one/2", "b_fp": "0" * 64, "winner": "a"}],
            "notes": [{"entry": "one/1", "fp": entry.fingerprint, "text": "good"}],
        }  # fmt: skip
        for holder in (said, said["page"], *said["picks"], *said["votes"], *said["notes"]):
            if key in holder or (key, holder) in (("profile", said["page"]), ("criterion", said["votes"][0])):
                holder[key] = value
        file.write_text(json.dumps(said), encoding="utf-8")
        for command in (("pick", "--from", "reviews"), ("export", "csv")):
            told = seedspec(*command)
            steady(told)
            assert told.code in {0, 1, 3}, (name, told)
            if key == "reviewer" and name in ("escape", "line", "bidi", "c1", "return") and command != ("pick",):
                assert told.code == 3 and "a name without control characters" in told.err, told


@pytest.mark.parametrize("key", ["entry", "fp", "video", "by", "profile"])
def test_a_hostile_value_of_any_key_of_the_picks(key: str, board: Path, seedspec: Run, log: None) -> None:
    entry = api.compile(board).entries[0]
    file = board.with_name("storyboard.picks.yaml")
    for name, value in EVIL.items():
        row: dict[str, Any] = {"entry": "one/1", "fp": entry.fingerprint, "by": ["mia"]}
        row[key] = [value] if key == "by" else value
        file.write_text("seedspec_picks: 1\npicks: " + json.dumps([row]) + "\n", encoding="utf-8")
        before = file.read_bytes()
        for command in (("pick",), ("pick", "one/1")):
            told = seedspec(*command)
            steady(told)
            assert told.code in {0, 1, 3, 5, 7, 8}, (name, command, told)
            if told.code == 3:
                assert file.read_bytes() == before


@pytest.mark.parametrize("state", ["storyboard.lock.by", "schemas", "uploads", "x.said"])
def test_a_hostile_state_folder(state: str, board: Path, seedspec: Run, log: None) -> None:
    side = board.parent / ".seedspec"
    side.mkdir()
    deep = b"[" * 100_000
    odd = json.dumps({"pid": os.getpid(), "host": "x\x1b[2J\n::error::x", "since": ["y"], "command": 5}).encode()
    for data in (deep, odd, b"\xff", b"null"):
        if state == "schemas":
            (board.parent / "schemas").mkdir(exist_ok=True)
            (board.parent / "schemas" / "storyboard.json").write_bytes(data)
        elif state == "uploads":
            (side / "uploads" / ("0" * 32)).mkdir(parents=True, exist_ok=True)
            (side / "uploads" / "clock").write_bytes(data)
            (side / "uploads" / ("0" * 32) / f"{'0' * 64}.json").write_bytes(data)
        else:
            for file in ("storyboard.lock.by", "storyboard.lock.hold", "storyboard.said"):
                (side / file).write_bytes(data)
        for command in (("plan",), ("status",), ("doctor",), ("run", "--yes"), ("lock", "prune", "--yes"), ("init",)):
            told = seedspec(*command)
            steady(told)
            assert told.code in CODES, (data[:20], command, told)


NAMES = [
    "x\x1b]0;PWN\x07.storyboard.yaml", "::error::x.storyboard.yaml", "a\n::error::b.storyboard.yaml", "##[error]x.yaml",
    "\u202ex.yaml", "x\udcff.yaml",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
@pytest.mark.sampled(2)
def test_a_file_with_a_hostile_name(name: str, folder: Path, seedspec: Run, log: None) -> None:
    try:
        (folder / name).write_text(BOARD + "unknown: 1\n", encoding="utf-8")
    except OSError:
        pytest.skip("this file system does not take such a name")
    steady(seedspec("check"))
    for broken in (True, False):
        (folder / name).write_text(BOARD + "unknown: 1\n" * broken, encoding="utf-8")
        lock = (folder / name).with_suffix(".lock")
        if not broken:
            write(lock, records(folder / name)[1:])
        for command in COMMANDS:
            if command[0] in ("pick", "lock", "settle", "adopt", "why", "doctor"):
                named = [*command, "--storyboard", name] if command[0] in ("pick",) else [*command, name]
            else:
                named = [*command, name]
            told = seedspec(*named)
            steady(told)
            assert told.code in CODES, (command, told)
    told = seedspec("check", "--format", "github", name)
    assert not STEERS.search(told.out)


def test_a_folder_with_a_hostile_name(board: Path, seedspec: Run, log: None, monkeypatch: pytest.MonkeyPatch) -> None:
    here = board.parent / "x\x1b[2J\n::error::y"
    here.mkdir()
    (here / "storyboard.yaml").write_text(BOARD, encoding="utf-8")
    monkeypatch.chdir(here)
    for command in COMMANDS:
        steady(seedspec(*command))
    monkeypatch.chdir(board.parent)
    for command in (
        ("check", "."),
        ("plan", f"{here.name}/storyboard.yaml"),
        ("doctor", f"{here.name}/storyboard.yaml"),
    ):
        steady(seedspec(*command))
    steady(seedspec("plan", "\x1b[2J\n::error::z.yaml"))
    steady(seedspec("\x1b[2J\n::error::z"))
    steady(seedspec("plan", "--\x1b[2J\n::error::z"))


def test_colours_are_those_that_reports_put_in(board: Path, seedspec: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("FORCE_COLOR", "1")
    path = board.with_name("x\x1b]0;PWN\x07\x1b[8m\x1b[2Jy.yaml")
    path.write_text(BOARD + "unknown: 1\n", encoding="utf-8")
    for command in (("check", path.name), ("plan", path.name), ("plan",)):
        told = seedspec(*command)
        rest = re.sub("\x1b\\[(0|1|2|3[0-9])m", "", told.out + told.err)
        assert not STEERS.search(rest) and "\x1b[" in told.out + told.err


def test_a_workflow_command_of_our_own_stays_one(board: Path, seedspec: Run, log: None) -> None:
    board.write_text(BOARD + "unknown: 1\n", encoding="utf-8")
    assert seedspec("check", "--format", "github").out.startswith("::error file=storyboard.yaml,line=9,")
