"""What is asked of a service and what becomes of its answers: each call over real HTTP, its requests and its reply."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import lookups
import orjson
import pytest
from spelled import shown
from test_client import CANARY, QUICK, TASK, create, said, server

from seedspec.compiler.entry import digest
from seedspec.project.credentials import Key, Origins
from seedspec.project.sources import schemas
from seedspec.run.engine.messages import (
    Archive,
    Balance,
    Call,
    Cancel,
    Create,
    Cut,
    Download,
    Find,
    List,
    Look,
    Read,
    ReadMany,
    Recall,
    Upload,
)
from seedspec.run.service.caller import Caller
from seedspec.run.service.client import Client
from seedspec.run.store.downloads import Downloads

HERE = Path(__file__).parent
JOB, CGT, REQUEST = "f" * 64, "cgt-2026-a", "01234567-89ab-cdef-0123-456789abcdef"
SEED, FAL = "seedance-2.0-reference-to-video", "bytedance/seedance-2.0/reference-to-video"
FILE = b"a picture"
UP = Upload(digest(FILE), "hero.png")
NO = {"error": {"code": "odd", "message": f"no, {CANARY}"}}
DROP = b""


def ok(body: Any, status: str = "200 OK", *headers: str) -> bytes:
    return said(status, body if isinstance(body, bytes) else orjson.dumps(body), *headers)


def bought(provider: str, model: str) -> Create:
    made = create()
    return Create(made.job, made.body, made.intent, provider, model)


CASES: dict[str, tuple[str, Call, Sequence[bytes]]] = {
    "a paid request": ("evolink", create(), [ok({"id": TASK}, "200 OK", "Idempotency-Replayed: true")]),
    "a paid request by its model": ("fal", bought("fal", FAL), [ok({"request_id": REQUEST})]),
    "a paid request that is dropped": ("evolink", create(), [DROP]),
    "a paid request that is refused": ("evolink", create(), [ok(NO, "400 Bad Request")]),
    "a task": ("evolink", Read(JOB, TASK), [ok({"status": "running", "progress": 5})]),
    "a task with a strange id": ("evolink", Read(JOB, "../x"), []),
    "a task that is dropped": ("evolink", Read(JOB, TASK), [DROP]),
    "a task that has ended": (
        "fal", Read(JOB, REQUEST, "fal", FAL),
        [ok({"status": "COMPLETED"}), ok({"video": {"url": "https://media.example.com/a.mp4"}})],
    ),
    "a task that has not ended": ("fal", Read(JOB, REQUEST, "fal", FAL), [ok({"status": "IN_QUEUE"}, "202 Accepted")]),
    "many tasks": (
        "evolink", ReadMany({"a": TASK, "b": "strange", "c": f"{TASK}c"}),
        [ok({"data": [{"id": TASK, "status": "running"}]})],
    ),
    "the newest tasks": ("evolink", List(SEED), [ok({"data": [{"id": TASK, "created_at": 5}]})]),
    "the newest tasks of any model": ("ark", List("m"), [ok({"items": []})]),
    "the newest tasks, which are not told": ("fal", List("m"), []),
    "a task by our id": ("acme", Find("j", "our-id", "acme", "m"), [ok({"id": CGT, "status": "running"})]),
    "a task by our id, which is not offered": ("ark", Find("j", "our-id"), []),
    "the end of a task": ("ark", Cancel(CGT), [ok({})]),
    "the end of a task that is refused": ("ark", Cancel(CGT), [ok(NO, "409 Conflict")]),
    "the end of a task with another success": ("fal", Cancel(REQUEST, "fal", FAL), [ok({}, "202 Accepted")]),
    "the end of a strange task": ("ark", Cancel("../x"), []),
    "the end of a task, which is not offered": ("evolink", Cancel(TASK), []),
    "the balance": ("evolink", Balance(), [ok({"data": {"user": {"remaining_credits": 5}}})]),
    "the balance with a key that is none": ("evolink", Balance(), [ok(NO, "401 Unauthorized")]),
    "a file": ("evolink", UP, [ok({"success": True, "data": {"file_url": "http://127.0.0.1:9/f", "file_size": 9}})]),
    "a file of another digest": ("evolink", Upload("0" * 64, "hero.png"), []),
    "a file that is not there": ("evolink", Upload("0" * 64, "none.png"), []),
    "a file for which there is no room": (
        "evolink", UP,
        [ok({"success": False, "code": 400, "msg": "no"}), ok({"data": {"remain_files": 0, "max_files": 9}})],
    ),
    "a file that is refused though there is room": (
        "evolink", UP, [ok({"success": False, "code": 400, "msg": "no"}), ok({"data": {"remain_files": 1}})],
    ),
    "a file for a key that is none": ("evolink", UP, [ok(NO, "401 Unauthorized")]),
    "a file for a service that takes none": ("ark", UP, []),
    "a paid request for nobody": ("evolink", bought("nobody\x1b", SEED), []),
    "a question for nobody": ("evolink", Balance("nobody"), []),
    "a look at a ledger": ("evolink", Look({}), []),
    "a video for no bucket": ("evolink", Archive("0" * 64, "renders/a.mp4", "a/1", JOB), []),
    "a video from no bucket": ("evolink", Recall(JOB, "0" * 64, "renders/a.mp4", 9), []),
    "a picture of a video that is not there": ("evolink", Cut("0" * 64, "renders/a.mp4", "last"), []),
}  # fmt: skip

STATUSES = (
    "204 No Content",
    "206 Partial",
    "400 Bad Request",
    "401 No",
    "402 No",
    "403 No",
    "404 No",
    "410 Gone",
    "503 No",
)
VIDEOS: dict[str, tuple[bytes, str]] = {
    **{f"a result with {status}": (ok(b"", status), "renders/a.mp4") for status in STATUSES},
    "a page": (ok(b"<html>", "200 OK", "Content-Type: Text/HTML; charset=utf-8"), "renders/a.mp4"),
    "json": (ok(b"{}", "200 OK", "Content-Type: application/json"), "renders/a.mp4"),
    "xml": (ok(b"<a/>", "200 OK", "Content-Type: application/xml"), "renders/a.mp4"),
    "no video": (ok(b"x" * 100, "200 OK", "Content-Type: video/mp4"), "renders/a.mp4"),
    "too large by one": (ok(b"x" * 101), "renders/a.mp4"),
    "too large and not announced": (b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + b"x" * 101, "renders/a.mp4"),
    "cut short": (b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\nConnection: close\r\n\r\nx", "renders/a.mp4"),
    "dropped": (DROP, "renders/a.mp4"),
    "elsewhere": (ok(b"", "302 Found", "Location: http://10.0.0.1/x"), "renders/a.mp4"),
    "to a place that is no folder": (ok(b"x"), "hero.png/a.mp4"),
    "out of the folder": (ok(b"x"), "../a.mp4"),
}  # fmt: skip


@contextmanager
def opened(folder: Path, name: str) -> Iterator[Callable[[Call, Sequence[bytes]], list[str]]]:
    """A service that is asked something: gives the requests of a call and the reply, in lines, for its answers."""
    folder.mkdir()
    (folder / "hero.png").write_bytes(FILE)
    file = lookups.provider("own-id") if name == "acme" else schemas()[f"{name}/provider.json"]
    left: list[bytes] = []
    with server(lambda c, _: c.sendall(left.pop(0)), 99) as (origin, seen):

        def ask(call: Call, answers: Sequence[bytes]) -> list[str]:
            left[:], before = answers, len(seen)
            if isinstance(call, Download):
                call = replace(call, url=f"{origin}{call.url}")
            one.start(call)
            while not (found := one.wait(10.0)):
                pass
            assert not left, "it was not asked for all of this"
            lines = [line for request in seen[before:] for line in told(request)]
            return [re.sub(r"127\.0\.0\.1:\d{2,}", "HOST", line) for line in [*lines, f"  {shown(found[0][1])}"]]

        where = Origins(origin, f"{origin}/files")
        one = Client(file, where, Key(CANARY), Downloads(folder), folder, QUICK)
        try:
            yield ask
        finally:
            one.close()


def told(request: bytes) -> list[str]:
    """A request as lines, without what every one has, and without the key and the border of a form."""
    head, _, body = request.partition(b"\r\n\r\n")
    first, *headers = head.decode().split("\r\n")
    known = ("authorization", "content-type", "idempotency-key", "accept-encoding", "user-agent", "content-length")
    kept = sorted(h.replace(CANARY, "KEY") for h in headers if h.split(":")[0].lower() in known)
    kept = [re.sub("boundary=.*", "boundary=…", re.sub("seedspec/.*", "seedspec/…", h)) for h in kept]
    kept = [h for h in kept if not h.lower().startswith(("user-agent: python", "accept-encoding: gzip"))]
    said = re.sub(r"--[0-9a-f]{32}", "--…", body.decode()).replace("\r\n", "⏎")
    return [f"  > {first} [{'; '.join(kept)}]" + (f" {said}" if said else "")]


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


def test_each_call_and_its_reply(tmp_path: Path, expect: Callable[[Path, str], None]) -> None:
    found: dict[str, list[str]] = {}
    for name in dict.fromkeys(name for name, *_ in CASES.values()):
        with opened(tmp_path / name, name) as ask:
            found |= {what: ask(call, answers) for what, (of, call, answers) in CASES.items() if of == name}
    expect(
        HERE / "expected" / "exchanges.txt", "\n".join(line for what in CASES for line in (what, *found[what])) + "\n"
    )


def test_each_result_that_is_none(tmp_path: Path, expect: Callable[[Path, str], None]) -> None:
    lines, folder = [], tmp_path / "film"
    with opened(folder, "evolink") as ask:
        for what, (answer, file) in VIDEOS.items():
            goes = [answer] if file.startswith("renders/") else []
            lines += [what, *ask(Download(JOB, "/a.mp4?token=s", file, 100), goes)]
            assert [p.name for p in folder.rglob("*") if p.is_file()] == ["hero.png"], "a part was left behind"
    expect(HERE / "expected" / "results.txt", "\n".join(lines) + "\n")


def test_a_call_goes_to_the_service_that_it_is_for(tmp_path: Path) -> None:
    answer = ok({"status": "running"})
    with (
        server(lambda c, _: c.sendall(answer)) as (first, seen),
        server(lambda c, _: c.sendall(answer)) as (other, seen_there),
    ):
        second = Caller(schemas()["ark/provider.json"], Origins(other, other), Key("another-key-of-another"), QUICK)
        where, saves = Origins(first, first), Downloads(tmp_path)
        one = Client(
            schemas()["evolink/provider.json"], where, Key(CANARY), saves, tmp_path, QUICK, others=[second]
        )  # fmt: skip
        for call in (Read(JOB, CGT, "ark"), Read(JOB, TASK, "evolink"), Read(JOB, TASK)):
            one.start(call)
            while not one.wait(10.0):
                pass
        one.close()
    assert [request.split(b" ")[1] for request in seen] == [f"/v1/tasks/{TASK}".encode()] * 2
    assert [request.split(b" ")[1] for request in seen_there] == [f"/api/v3/contents/generations/tasks/{CGT}".encode()]
    assert b"another-key-of-another" in seen_there[0] and CANARY.encode() not in seen_there[0]
