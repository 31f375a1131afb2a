"""Uploads over several runs: reused while they live, renewed when they do not, and never part of what is bought."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import httpx
import pytest
from helpers import CANARY, HERO, Make, Project, Service, http_server, nearby

from seedspec import api
from seedspec.compiler.entry import digest
from seedspec.lock.run_events import Held, RunFinished, RunStarted, Uploaded
from seedspec.project.credentials import Key, origins_of
from seedspec.project.sources import schemas
from seedspec.run.engine.messages import Refused, Stored, Trouble, Unknown, Upload
from seedspec.run.service.client import Client
from seedspec.run.service.file_stream import PIECE, NotSent, sending
from seedspec.run.service.responses import HttpResponse, Rules
from seedspec.run.service.upload_cache import UploadCache
from seedspec.run.settle import ask
from seedspec.run.store.downloads import Downloads

pytestmark = pytest.mark.slow

CHAIN = """\
seedspec: 1
name: {name}
model: seedance-2.0-reference-to-video
defaults: {{duration: 4, quality: 480p}}
shots:
  - {{id: first, prompt: "{name} first"}}
  - {{id: next, prompt: "{name} next {{{{ ref('prev') }}}}", references: {{prev: {{shot: first}}}}}}
"""


def records(found: Project) -> list[Path]:
    return sorted((found.folder / ".seedspec" / "uploads").glob("*/*.json"))


def edit(found: Project, old: str, new: str) -> None:
    """Other words of a prompt."""
    old, new = f"{found.name} {old}", f"{found.name} {new}"
    path = found.folder / "storyboard.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def again(found: Project, number: int, **options: Any) -> list[Any]:
    """Buys the hero's shot once more, with other words."""
    edit(found, f"one{'!' * (number - 1)} ", f"one{'!' * number} ")
    events = found.here(**options)
    assert events[-1].exit == 0 and events[-1].bought == 1, events
    return events


def test_a_file_goes_up_once_while_it_lives(project: Make, mine: Service) -> None:
    found = project(HERO, at=mine)
    first = found.here()
    assert [e.reused for e in first if isinstance(e, Uploaded)] == [False]
    before = api.compile(found.folder / "storyboard.yaml").entries[0].fingerprint
    second = again(found, 1)
    assert [e.reused for e in second if isinstance(e, Uploaded)] == [True]
    assert len(mine.ledger("uploaded")) == 1
    edit(found, "one! ", "one ")
    assert api.compile(found.folder / "storyboard.yaml").entries[0].fingerprint == before
    assert found.here()[-1].reused == 1, "where a file is says nothing about what is bought"


def test_what_is_remembered_is_private_and_stands_nowhere_else(project: Make, mine: Service) -> None:
    found = project(HERO, at=mine)
    done = found.run()
    assert done.code == 0
    [record] = records(found)
    url = json.loads(record.read_bytes())["url"]
    assert stat.S_IMODE(record.stat().st_mode) == 0o600
    assert stat.S_IMODE(record.parent.stat().st_mode) == stat.S_IMODE(record.parents[1].stat().st_mode) == 0o700
    token = url.split("/f/")[1].split("/")[0]
    elsewhere = [p for p in found.folder.rglob("*") if p.is_file() and p != record]
    assert not [p for p in elsewhere if token.encode() in p.read_bytes()]
    assert token not in done.out + done.err
    assert (found.folder / ".seedspec" / ".gitignore").read_text() == "*\n"


def test_a_refusal_does_not_tell_the_address(project: Make, tmp_path: Path) -> None:
    with nearby(tmp_path / "service", "upload-gone") as service:
        found = project(HERO, at=service)
        done = found.run()
        assert done.code == 1
        assert "`hero.png`: there is no such file" in done.out
        assert "/f/file_" not in done.out + done.err + found.lock_path.read_text()


def spoil(found: Project, mine: Service, how: str) -> None:
    [record] = records(found)
    said = json.loads(record.read_bytes())
    hour, now = timedelta(hours=1), datetime.now(UTC)
    if how == "expired":
        said |= {"at": (now - 72 * hour).isoformat(), "until": (now - hour).isoformat()}
    elif how == "nearly expired":
        said |= {"at": (now - 70 * hour).isoformat(), "until": (now + 2 * hour).isoformat()}
    elif how == "made tomorrow":
        said |= {"at": (now + 24 * hour).isoformat(), "until": (now + 96 * hour).isoformat()}
    elif how == "for ever":
        said |= {"until": "9999-12-31T00:00:00+00:00"}
    elif how == "elsewhere":
        said["url"] = "http://169.254.169.254/latest/meta-data"
    elif how == "a script":
        said["url"] = "javascript:alert(1)"
    elif how == "no times":
        said |= {"at": 1, "until": None}
    elif how == "a list":
        said = []
    text = json.dumps(said).encode()
    if how == "cut":
        text = text[:-20]
    elif how == "zeros":
        text = bytes(200)
    elif how == "endless":
        text = b"[" * 200_000
    elif how == "empty":
        text = b""
    if how == "deleted":
        shutil.rmtree(record.parents[1])
    elif how == "a folder":
        record.unlink()
        record.mkdir()
    elif how == "a file":
        shutil.rmtree(record.parents[1])
        record.parents[1].write_text("in the way")
    elif how == "clock back":
        (record.parents[1] / "clock").write_text(json.dumps({"at": (now + 24 * hour).isoformat()}))
    else:
        record.write_bytes(text)


SPOILT = ["expired", "nearly expired", "made tomorrow", "for ever", "elsewhere", "a script", "no times", "a list",
          "cut", "zeros", "endless", "empty", "deleted", "a folder", "a file", "clock back"]  # fmt: skip


@pytest.mark.parametrize("how", SPOILT)
@pytest.mark.sampled(2)
def test_damage_costs_another_upload_and_nothing_else(how: str, project: Make, mine: Service) -> None:
    found = project(HERO, at=mine)
    assert found.here()[-1].exit == 0
    spoil(found, mine, how)
    again(found, 1)
    assert len(mine.ledger("uploaded")) == 2
    again(found, 2)
    assert len(mine.ledger("uploaded")) == (3 if how in ("a folder", "a file") else 2)


def test_a_dead_address_is_forgotten_and_the_purchase_goes_on(project: Make, mine: Service) -> None:
    found = project(HERO, at=mine)
    found.here()
    [upload] = mine.ledger("uploaded")
    address = f"{mine.addresses.files}/api/v1/files/{upload['file']['file_id']}"
    assert httpx.delete(address, headers={"Authorization": f"Bearer {CANARY}"}, trust_env=False).status_code == 200
    events = again(found, 1)
    assert [e.reused for e in events if isinstance(e, Uploaded)] == [True, False]
    assert [v["code"] for v in mine.ledger("refused")] == ["invalid_media_url"]
    again(found, 2)
    assert len(mine.ledger("uploaded")) == 2, "the new one is remembered"
    assert set(mine.bought(found.name).values()) == {1}


def test_a_dead_address_is_forgotten_for_good(project: Make, tmp_path: Path) -> None:
    """Also when its file cannot go up again in that run: the next one does not begin with it."""
    with nearby(tmp_path / "service", "upload-gone@1", "upload-error=413@2") as service:
        found = project(HERO, at=service)
        assert found.here()[-1].exit == 7
        assert not records(found)
        assert found.here()[-1].exit == 0
        assert len(service.ledger("refused")) == 1 and len(service.ledger("uploaded")) == 2


@pytest.mark.parametrize(("status", "certain"), [(400, True), (422, True), (500, False), (502, False), (409, False)])
def test_only_a_certain_refusal_is_followed_by_another_request(status: int, certain: bool) -> None:
    said = json.dumps({"error": {"code": "invalid_media_url", "message": "gone", "type": "x"}}).encode()
    reply = Rules(schemas()["evolink/provider.json"], local=False).created(HttpResponse(status, {}, said))
    assert isinstance(reply, Refused if certain else Unknown)


def test_what_failed_for_a_medium_is_tried_again_with_a_fresh_upload(project: Make, tmp_path: Path) -> None:
    with nearby(tmp_path / "service", "failed=image_processing_error@1") as service:
        found = project(HERO, at=service)
        assert found.here()[-1].exit == 1
        assert found.here(retry_failed=True)[-1].exit == 0
        assert len(service.ledger("uploaded")) == 2


def test_an_upstream_video_goes_up_once_too(project: Make, mine: Service) -> None:
    found = project(CHAIN, at=mine)
    assert found.here()[-1].exit == 0
    assert not mine.ledger("uploaded"), "the service has its own link of what it has just made"
    edit(found, "next", "then")
    assert found.here()[-1].exit == 0
    assert not mine.ledger("uploaded"), "nor of what an earlier run has made, as long as its link lives"
    found.rewrite("first/1", results_until="2026-01-01T00:00:00Z")
    for before, after in (("then", "after"), ("after", "last")):
        edit(found, before, after)
        assert found.here()[-1].exit == 0
    assert len(mine.ledger("uploaded")) == 1


def test_another_key_or_service_gets_nothing_that_was_remembered(tmp_path: Path) -> None:
    def memory(service: str, key: str) -> UploadCache:
        return UploadCache(tmp_path, service, Key(key), local=False)

    sha256 = "a" * 64
    memory("https://one", CANARY).keep(sha256, Stored("https://files.example.com/x", 7, 3600))
    assert memory("https://one", CANARY).find(sha256) is not None
    assert memory("https://two", CANARY).find(sha256) is None
    assert memory("https://one", CANARY + "x").find(sha256) is None
    assert memory("https://one", CANARY).find("b" * 64) is None


def test_a_clock_that_was_moved_lets_no_dead_address_live(tmp_path: Path) -> None:
    start, day = datetime(2026, 11, 23, tzinfo=UTC), timedelta(days=1)
    url = "https://files.example.com/x"

    def at(when: datetime) -> UploadCache:
        return UploadCache(tmp_path, "https://one", Key(CANARY), local=False, clock=lambda: when)

    at(start).keep("a" * 64, Stored(url, 7, 72 * 3600))
    found = at(start + 2 * day).find("a" * 64)
    assert found == Stored(url, 7, 86400, reused=True), "what is left of its life"
    assert at(start + 2.8 * day).find("a" * 64) is None, "the last tenth is a margin"
    at(start).keep("a" * 64, Stored(url, 7, 72 * 3600))
    at(start + 2 * day).find("a" * 64)
    assert at(start + day).find("a" * 64) is None, "a day back: nobody knows how old it is"
    assert at(start + 2 * day).find("a" * 64) is None, "and it stays forgotten"
    at(start).keep("b" * 64, Stored(url, 7, 72 * 3600))
    assert at(start - timedelta(minutes=1)).find("b" * 64) is not None, "a clock that is set right by a minute"


def test_the_dead_are_cleared_away_and_nothing_else_is(tmp_path: Path) -> None:
    start = datetime(2026, 11, 23, tzinfo=UTC)
    first = UploadCache(tmp_path, "https://one", Key(CANARY), local=False, clock=lambda: start)
    for letter in "abc":
        first.keep(letter * 64, Stored("https://files.example.com/x", 7, 3600 if letter == "a" else 72 * 3600))
    top = tmp_path / ".seedspec" / "uploads"
    folder = next(p for p in top.iterdir() if p.is_dir())
    (folder / ".half.1-2.new").write_bytes(b"{")
    (folder / "notes.txt").write_text("a person's own")
    UploadCache(tmp_path, "https://two", Key(CANARY), local=False, clock=lambda: start + timedelta(hours=2)).find(
        "a" * 64
    )
    assert sorted(p.name[0] for p in folder.iterdir()) == ["b", "c", "n"]


def test_a_disk_that_takes_nothing_is_no_obstacle(project: Make, mine: Service) -> None:
    found = project(HERO, at=mine)
    (found.folder / ".seedspec").mkdir()
    (found.folder / ".seedspec" / "uploads").write_text("no folder")
    assert found.here()[-1].exit == 0
    again(found, 1)
    assert len(mine.ledger("uploaded")) == 2


def test_a_file_that_changes_after_the_plan_is_not_bought_with(project: Make, mine: Service) -> None:
    found = project(HERO, at=mine)
    events = []
    for event in api.run(found.folder / "storyboard.yaml", api.Options(), consent=api.Yes(), environ=found.environ()):
        if isinstance(event, RunStarted):
            (found.folder / "hero.png").write_bytes((found.folder / "hero.png").read_bytes() + b"more")
        events.append(event)
    [held] = [e for e in events if isinstance(e, Held)]
    assert "`hero.png` is not what it was when this run began; run again" in held.reason
    assert isinstance(events[-1], RunFinished) and events[-1].exit == 7
    assert not mine.ledger("reserved") and not mine.ledger("uploaded")


# --- on the way up ---


class Counting(BaseHTTPRequestHandler):
    """Reads what comes and answers as the files API does; `between` happens once, after the first megabyte."""

    protocol_version = "HTTP/1.1"
    between: Callable[[], None] = staticmethod(lambda: None)
    came: list[int]

    def do_POST(self) -> None:
        left, done = int(self.headers["Content-Length"]), 0
        while left > done and (piece := self.rfile.read(min(left - done, PIECE))):
            done += len(piece)
            if done == len(piece):
                type(self).between()
        self.came.append(left - done)
        said = json.dumps({"success": True, "data": {"file_url": "https://files.example.com/x", "file_size": done}})
        self.send_response(200)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said.encode())


def sent(folder: Path, path: Path, sha256: str, between: Callable[[], None]) -> tuple[Any, list[int]]:
    """The reply to an upload, and how many announced bytes were missing at the server, for each request."""
    handler = type("Handler", (Counting,), {"between": staticmethod(between), "came": []})
    provider = schemas()["evolink/provider.json"]
    with http_server(handler) as port:
        origin = f"http://127.0.0.1:{port}"
        origins = origins_of(provider, {"EVOLINK_BASE_URL": origin, "EVOLINK_FILES_URL": origin})
        exchange = Client(provider, origins, Key(CANARY), Downloads(folder), folder)
        try:
            return ask(exchange, Upload(sha256, path.name)), handler.came  # type: ignore[attr-defined]
        finally:
            exchange.close()


def test_a_file_that_changes_on_the_way_up_never_arrives(tmp_path: Path) -> None:
    path = tmp_path / "walk.mp4"
    content = bytes(range(256)) * (64 * 1024)
    path.write_bytes(content)

    def change() -> None:
        with path.open("r+b") as file:
            file.seek(len(content) - 9)
            file.write(b"different")

    reply, missing = sent(tmp_path, path, digest(content), change)
    assert isinstance(reply, Trouble) and reply.final
    assert "`walk.mp4` was changed while it was sent" in reply.reason
    assert missing[0] > 0, "the last piece of it was never sent"
    path.write_bytes(content)
    reply, missing = sent(tmp_path, path, digest(content), lambda: None)
    assert isinstance(reply, Stored) and missing == [0] and reply.bytes > len(content)


@pytest.mark.parametrize("change", ["shorter", "another"])
def test_no_last_piece_without_the_digest(change: str, tmp_path: Path) -> None:
    path = tmp_path / "walk.mp4"
    content = os.urandom(3 * PIECE + 5)
    path.write_bytes(content)
    pieces = []
    with pytest.raises(NotSent, match="changed while it was sent"), sending(path, "walk.mp4", digest(content)) as file:
        for piece in file.pieces():
            pieces.append(piece)
            os.truncate(path, 2 * PIECE) if change == "shorter" else path.write_bytes(content[:-1] + b"x")
    assert sum(map(len, pieces)) < len(content)


def test_what_is_no_file_is_not_sent(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "none", tmp_path, tmp_path / "pipe"):
        with pytest.raises(NotSent), sending(path, path.name, "a" * 64):
            pass


MEASURE = """
import sys
from pathlib import Path
sys.path[:0] = [sys.argv[3], str(Path(sys.argv[3]).parent)]
from test_uploads import sent

def peak():
    return int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0])

path = Path(sys.argv[1])
sent(path.parent, Path(sys.argv[3]) / "conftest.py", "0" * 64, lambda: None)  # all that is loaded is loaded
before = peak()
reply, missing = sent(path.parent, path, sys.argv[2], lambda: None)
print(type(reply).__name__, peak() - before, peak())
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="tells no peak of memory here")
def test_memory_is_bounded_whatever_the_size(tmp_path: Path, tally: Any) -> None:
    """Client and server together, in one process: an upload of 50 MB needs a few pieces of memory."""
    path = tmp_path / "walk.mp4"
    with path.open("wb") as file:
        for _ in range(50):
            file.write(os.urandom(1_000_000))
    with path.open("rb") as file:
        sha256 = digest(file.read())
    command = [sys.executable, "-c", MEASURE, str(path), sha256, str(Path(__file__).parent)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    kind, more, peak = done.stdout.split()
    tally["kB at the peak of an upload of 50 MB"] += int(peak)
    tally["kB of it for the upload"] += int(more)
    assert kind == "Stored"
    assert int(more) < 20_000
