"""The wire against servers that do what no server should: over real sockets, on loopback."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import orjson
import pytest

from seedspec.lock.purchase_events import Intent, Submitting
from seedspec.project.credentials import Key, Origins
from seedspec.project.sources import schemas
from seedspec.run.engine.messages import (
    Accepted,
    Balance,
    Call,
    Create,
    Download,
    Expired,
    Kept,
    Read,
    Refused,
    Reply,
    Trouble,
    Unknown,
)
from seedspec.run.service.client import Client
from seedspec.run.service.public_web import Deadlines
from seedspec.run.store.downloads import Downloads

CANARY = "sk-evo-canary-7c1d9a55e0"
PROVIDER = schemas()["evolink/provider.json"]
QUICK = Deadlines(create=1.0, read=1.0, upload=2.0, download=2.0, connect=1.0, silence=1.0)
TASK = "task-unified-1774857405-abc123"

Script = Callable[[socket.socket, bytes], None]


@contextmanager
def server(script: Script, most: int = 8) -> Iterator[tuple[str, list[bytes]]]:
    """A server that hands each connection, with the request it sent, to a script; bounded in connections and time."""
    seen: list[bytes] = []
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(10)

    def serve() -> None:
        for _ in range(most):
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(5)
                try:
                    seen.append(_request(connection))
                    script(connection, seen[-1])
                except OSError:
                    continue

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", seen
    finally:
        listener.shutdown(socket.SHUT_RDWR)  # wakes the thread out of `accept`
        listener.close()
        thread.join(12)


def _request(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        if not (chunk := connection.recv(65536)):
            return data
        data += chunk
    head, _, body = data.partition(b"\r\n\r\n")
    length = next(
        (
            int(v)
            for k, _, v in (line.partition(b":") for line in head.split(b"\r\n"))
            if k.lower() == b"content-length"
        ),
        0,
    )
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def said(status: str, body: bytes = b"", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def ask(origin: str, call: Call, folder: Path, files: str = "") -> Reply:
    exchange = Client(PROVIDER, Origins(origin, files or origin), Key(CANARY), Downloads(folder), folder, QUICK)
    try:
        exchange.start(call)
        for _ in range(20):
            if found := exchange.wait(1.0):
                return found[0][1]
        raise AssertionError("no reply")
    finally:
        exchange.close()


def create() -> Create:
    intent = Submitting("a/1", "f" * 64, 1, 1, {}, Intent("seedspec-0123456789abcdef", "0" * 64, ""), 1, "")
    return Create("f" * 64, b'{"prompt":"x"}', intent)


GOOD = orjson.dumps({"id": TASK, "status": "pending"})


def test_a_paid_request_carries_key_body_and_idempotency_key(tmp_path: Path) -> None:
    with server(lambda c, _: c.sendall(said("200 OK", GOOD))) as (origin, seen):
        assert ask(origin, create(), tmp_path) == Accepted(TASK)
    head, _, body = seen[0].partition(b"\r\n\r\n")
    assert body == b'{"prompt":"x"}' and len(seen) == 1
    assert f"authorization: bearer {CANARY}".encode() in head.lower()
    assert b"idempotency-key: seedspec-0123456789abcdef" in head.lower()


@pytest.mark.parametrize(
    "script",
    [
        lambda c, _: None,
        lambda c, _: c.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"),
        lambda c, _: c.sendall(b"nonsense\r\n\r\n"),
        lambda c, _: c.sendall(said("200 OK", b" " * (5 * 1024 * 1024))),
        lambda c, _: c.sendall(said("500 Internal Server Error", b"<html>")),
        lambda c, _: c.recv(1),
    ],
    ids=["cut", "half", "no-http", "five-megabytes", "html-500", "silent"],
)
@pytest.mark.slow
def test_a_lost_answer_is_doubt_and_sent_once(script: Script, tmp_path: Path) -> None:
    with server(script) as (origin, seen):
        assert isinstance(ask(origin, create(), tmp_path), Unknown)
    assert len(seen) == 1


@pytest.mark.slow
def test_an_answer_that_trickles_meets_the_total_deadline(tmp_path: Path) -> None:
    def trickle(connection: socket.socket, _: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        connection.settimeout(0.3)
        for _ in range(12):
            connection.sendall(b" ")
            try:
                connection.recv(1)
                return
            except TimeoutError:
                continue

    with server(trickle) as (origin, _):
        assert isinstance(ask(origin, create(), tmp_path), Unknown)


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"])
def test_a_redirect_of_a_paid_request_is_not_followed(status: str, tmp_path: Path) -> None:
    with server(lambda c, _: c.sendall(said("200 OK", GOOD))) as (other, seen_there):
        with server(lambda c, _: c.sendall(said(status, b"", f"Location: {other}/v1"))) as (origin, seen):
            reply = ask(origin, create(), tmp_path)
        assert isinstance(reply, Refused) and reply.then == "stop"
        assert len(seen) == 1 and seen_there == []


def test_no_connection_is_no_doubt(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    reply = ask(f"http://127.0.0.1:{port}", create(), tmp_path)
    assert isinstance(reply, Refused) and reply.then == "later"


@pytest.mark.parametrize("call", [Read("f" * 64, TASK), Balance()])
@pytest.mark.slow
def test_free_calls_only_ever_make_trouble(call: Call, tmp_path: Path) -> None:
    for body in (b"", b"[]", b"null", b'{"status": {"a": []}}', b"\xff\xfe", b'"text"', b"1e999"):
        with server(lambda c, _, body=body: c.sendall(said("200 OK", body))) as (origin, _):  # type: ignore[misc]
            assert not isinstance(ask(origin, call, tmp_path), (Accepted, Unknown))


def test_the_key_does_not_go_to_results_nor_along_redirects(tmp_path: Path) -> None:
    with (
        server(lambda c, _: c.sendall(said("404 Not Found"))) as (last, seen_last),
        server(lambda c, _: c.sendall(said("302 Found", b"", f"Location: {last}/x"))) as (first, seen_first),
    ):
        reply = ask("http://127.0.0.1:9", Download("f" * 64, f"{first}/a.mp4?s=1", "renders/a.mp4"), tmp_path)
    assert isinstance(reply, Expired)
    assert len(seen_first) == len(seen_last) == 1
    assert CANARY.encode() not in seen_first[0] + seen_last[0]
    assert b"accept-encoding: identity" in seen_last[0].lower()


@pytest.mark.parametrize(
    "answer",
    [
        said("200 OK", b"<html>", "Content-Type: text/html"),
        said("200 OK", b"\0\0\0\x10ftypisom0000"),
        said("200 OK", b""),
        b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n\0\0\0\x10ftyp",
        said("500 Oops"),
        said("302 Found", b"", "Location: http://10.0.0.1/secret"),
        said("302 Found", b"", "Location: file:///etc/passwd"),
    ],
)
def test_what_is_no_video_is_never_kept(answer: bytes, tmp_path: Path) -> None:
    with server(lambda c, _: c.sendall(answer)) as (origin, _):
        reply = ask("http://127.0.0.1:9", Download("f" * 64, f"{origin}/a.mp4", "renders/a.mp4"), tmp_path)
    assert isinstance(reply, Trouble)
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == []


def test_a_redirect_loop_ends(tmp_path: Path) -> None:
    with server(lambda c, _: c.sendall(said("302 Found", b"", "Location: /again"))) as (origin, seen):
        reply = ask("http://127.0.0.1:9", Download("f" * 64, f"{origin}/a.mp4", "renders/a.mp4"), tmp_path)
    assert isinstance(reply, Trouble) and len(seen) == 4


@pytest.mark.slow
def test_a_video_is_kept_under_its_name_and_nothing_is_written_over(tmp_path: Path) -> None:
    from seedspec.media.card import Card
    from seedspec.media.movie.takes import Studio

    clip = tmp_path / "clip.mp4"
    Studio().make(Card("task-unified-1-a", "p", 864, 496, 4, "480p", "16:9", False), clip)
    body = clip.read_bytes()
    (tmp_path / "renders").mkdir()
    (tmp_path / "renders" / "a.mp4").write_bytes(b"somebody's own")
    with server(lambda c, _: c.sendall(said("200 OK", body, "Content-Type: video/mp4"))) as (origin, _):
        reply = ask("http://127.0.0.1:9", Download("f" * 64, f"{origin}/a.mp4", "renders/a.mp4"), tmp_path)
    assert isinstance(reply, Kept) and (reply.width, reply.height, reply.bytes) == (864, 496, len(body))
    assert reply.file == "renders/a.ffffffff.mp4" and (tmp_path / reply.file).read_bytes() == body
    assert (tmp_path / "renders" / "a.mp4").read_bytes() == b"somebody's own"
