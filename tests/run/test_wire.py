"""The wire against servers that misbehave on real sockets: deadlines, caps, redirects, certificates, and the key."""

from __future__ import annotations

import json
import shutil
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from helpers import CANARY, Listener, http_server, leaked

from seedspec.compiler.entry import digest
from seedspec.lock.purchase_events import Intent, Submitting
from seedspec.media.facts import MediaMissing
from seedspec.project import sources
from seedspec.project.credentials import BadSettings, Key, Origins, origins_of
from seedspec.run.engine.messages import (
    Balance,
    Call,
    Create,
    Credits,
    Download,
    Kept,
    Read,
    Refused,
    Reply,
    Stored,
    Trouble,
    Unknown,
    Upload,
)
from seedspec.run.service.client import Client
from seedspec.run.service.public_web import Deadlines
from seedspec.run.settle import ask
from seedspec.run.store import downloads
from seedspec.run.store.downloads import Downloads

pytestmark = pytest.mark.slow

PROVIDER = sources.schemas()["evolink/provider.json"]
BODY = b'{"prompt":"x"}'
INTENT = Submitting(
    "a/1", "f" * 64, 1, 1, {}, Intent("seedspec-0123456789", digest(BODY), "2026-11-23T07:00:00Z"), 1, ""
)
CREATE = Create("f" * 64, BODY, INTENT)
SHORT = Deadlines(create=1.0, read=1.0, upload=1.0, download=1.0, connect=1.0, silence=1.0)

Answer = Callable[[BaseHTTPRequestHandler], None]


class Seen(list[tuple[str, str, str | None]]):
    """Requests that a server saw: method, path, and the key that came with them."""


@contextmanager
def serving(answer: Answer, context: ssl.SSLContext | None = None) -> Iterator[tuple[str, Seen]]:
    seen = Seen()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            seen.append((self.command, self.path, self.headers.get("Authorization")))
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            answer(self)
            self.close_connection = True

        do_POST = do_GET

    with http_server(Handler, context) as port:
        yield f"{'https' if context else 'http'}://localhost:{port}", seen


def said(status: int, body: bytes = b"{}", **headers: str) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in {
            "Content-Length": str(len(body)),
            **{k.replace("_", "-"): v for k, v in headers.items()},
        }.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def asked(origin: str, call: Call, folder: Path, deadlines: Deadlines = SHORT) -> Reply:
    origins = origins_of(PROVIDER, {"EVOLINK_BASE_URL": origin, "EVOLINK_FILES_URL": origin})
    exchange = Client(PROVIDER, origins, Key(CANARY), Downloads(folder), folder, deadlines)
    try:
        return ask(exchange, call)
    finally:
        exchange.close()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_paid_request_follows_no_redirect(status: int, tmp_path: Path) -> None:
    with serving(said(200, b'{"id":"task-unified-1-a"}')) as (other, elsewhere), serving(
        said(status, Location=f"{other}/v1/videos/generations")
    ) as (origin, _):  # fmt: skip
        reply = asked(origin, CREATE, tmp_path)
    assert isinstance(reply, Refused) and reply.then == "stop"
    assert not elsewhere


def dribble(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "1000000")
    handler.end_headers()
    wait = threading.Event()
    try:
        for _ in range(100):
            handler.wfile.write(b" ")
            wait.wait(0.1)
    except OSError:
        pass


def cut(handler: BaseHTTPRequestHandler) -> None:
    handler.connection.close()


def endless(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    try:
        for _ in range(100):
            handler.wfile.write(b"x" * 100_000)
    except OSError:
        pass


@pytest.mark.parametrize("answer", [dribble, cut, endless, said(200, b""), said(500), said(200, b"[" * 100_000)])
def test_an_answer_that_is_none_leaves_a_doubt_within_its_deadline(answer: Answer, tmp_path: Path) -> None:
    with serving(answer) as (origin, seen):
        assert isinstance(asked(origin, CREATE, tmp_path), Unknown)
        assert isinstance(asked(origin, Read("", "task-unified-1-a"), tmp_path), Trouble)
        assert isinstance(asked(origin, Balance(), tmp_path), (Trouble, Credits))
        got = asked(origin, Download("f" * 64, f"{origin}/x.mp4?s=1", "renders/x.mp4"), tmp_path)
        (tmp_path / "hero.png").write_bytes(b"picture")
        up = asked(origin, Upload(digest(b"picture"), "hero.png"), tmp_path)
    assert isinstance(got, Trouble), got
    assert isinstance(up, Trouble) and not up.final, "an upload is tried again: it costs nothing"
    assert [s[1] for s in seen if s[0] == "POST"].count("/v1/videos/generations") == 1, "a paid request is sent once"
    assert not list(tmp_path.rglob("*.mp4*"))


def test_a_request_that_never_left_is_no_doubt(tmp_path: Path) -> None:
    with serving(said(200)) as (origin, _):
        pass
    reply = asked(origin, CREATE, tmp_path)
    assert isinstance(reply, Refused) and reply.then == "later", reply


def test_a_strange_task_id_is_in_no_address(tmp_path: Path) -> None:
    with serving(said(200)) as (origin, seen):
        for task in ("../credits", "task-unified-1/../../x", "task-unified-1?x=1", "x" * 2000, ""):
            assert isinstance(asked(origin, Read("", task), tmp_path), Trouble)
    assert not seen


def test_the_key_goes_to_the_api_alone_and_is_never_quoted(tmp_path: Path) -> None:
    echo = json.dumps({"error": {"code": "unauthorized", "message": f"bad key {CANARY}", "type": "x"}}).encode()
    with serving(said(401, echo)) as (origin, seen):
        reply = asked(origin, CREATE, tmp_path)
        asked(origin, Download("f" * 64, f"{origin}/r.mp4", "renders/x.mp4"), tmp_path)
    assert isinstance(reply, Refused) and not leaked(repr(reply).encode())
    assert [(m, key) for m, _, key in seen] == [("POST", f"Bearer {CANARY}"), ("GET", None)]
    assert CANARY not in repr(Key(CANARY))


def test_results_follow_a_few_redirects_and_no_more(tmp_path: Path) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        step = int(handler.path.rpartition("/")[2])
        if step:
            said(302, Location=f"/r/{step - 1}")(handler)
        else:
            said(404)(handler)

    with serving(answer) as (origin, seen):
        few = asked(origin, Download("f" * 64, f"{origin}/r/3", "renders/x.mp4"), tmp_path)
        many = asked(origin, Download("f" * 64, f"{origin}/r/4", "renders/x.mp4"), tmp_path)
    assert "404" in getattr(few, "reason", "")
    assert isinstance(many, Trouble) and "redirects" in many.reason
    assert len(seen) == 8
    with serving(said(302, Location="http://192.168.1.1/x.mp4")) as (origin, _):
        reply = asked(origin, Download("f" * 64, f"{origin}/r", "renders/x.mp4"), tmp_path)
    assert isinstance(reply, Trouble) and "not followed" in reply.reason


@pytest.mark.parametrize("host", ["127.1", "2130706433"])
def test_an_address_that_was_connected_to_is_looked_at(host: str, tmp_path: Path, listener: Listener) -> None:
    """A link whose name is no private address by its letters and leads to this machine: nothing is sent to it."""
    link = f"https://{host}:{listener.port}/x.mp4"
    reply = asked("http://127.0.0.1:1", Download("f" * 64, link, "renders/x.mp4"), tmp_path)
    assert isinstance(reply, Trouble) and "private network" in reply.reason
    assert listener.received() == b""


def test_an_upload_is_what_its_digest_says(tmp_path: Path) -> None:
    (tmp_path / "hero.png").write_bytes(b"picture")
    stored = {"success": True, "data": {"file_url": "https://files.example.com/x.png", "file_size": 7}}
    with serving(said(200, json.dumps(stored).encode())) as (origin, seen):
        good = asked(origin, Upload(digest(b"picture"), "hero.png"), tmp_path)
        (tmp_path / "hero.png").write_bytes(b"another")
        bad = asked(origin, Upload(digest(b"picture"), "hero.png"), tmp_path)
        gone = asked(origin, Upload(digest(b"picture"), "none.png"), tmp_path)
    assert isinstance(good, Stored)
    assert all(isinstance(r, Trouble) and r.final for r in (bad, gone))
    assert len(seen) == 1


@pytest.fixture(scope="module")
def certified(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a certificate for localhost and the authority that signed it."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    folder = tmp_path_factory.mktemp("tls")
    made = [
        "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=authority -keyout ca.key -out ca.pem",
        "req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout own.key -out own.csr",
        "x509 -req -in own.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names -out own.pem",
    ]
    (folder / "names").write_text("subjectAltName=DNS:localhost")
    for words in made:
        subprocess.run(["openssl", *words.split()], cwd=folder, check=True, capture_output=True)
    return folder


def test_certificates_are_verified_and_a_private_authority_can_be_named(
    certified: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certified / "own.pem", certified / "own.key")
    credits = b'{"data":{"user":{"remaining_credits":5},"token":{"unlimited_credits":true}}}'
    with serving(said(200, credits), context) as (origin, seen):
        monkeypatch.delenv("SSL_CERT_FILE", raising=False)
        refused = asked(origin, CREATE, tmp_path)
        assert isinstance(refused, Refused) and refused.then == "later", "nothing left: there is no doubt"
        assert isinstance(asked(origin, Balance(), tmp_path), Trouble)
        assert not seen
        monkeypatch.setenv("SSL_CERT_FILE", str(certified / "ca.pem"))
        assert asked(origin, Balance(), tmp_path) == Credits(5)
        monkeypatch.setenv("SSL_CERT_FILE", str(certified / "none.pem"))
        with pytest.raises(BadSettings):
            asked(origin, Balance(), tmp_path)


@pytest.mark.parametrize(
    "address",
    ["http://api.example.com", "ftp://localhost", "https://user:pass@api.example.com", "https://x/path", "nonsense", "http://[",
     "https://api.example.com?x=1"],
)  # fmt: skip
def test_the_key_is_sent_to_no_strange_address(address: str) -> None:
    with pytest.raises(BadSettings) as error:
        origins_of(PROVIDER, {"EVOLINK_BASE_URL": address})
    assert error.value.exit == 2


@pytest.mark.parametrize("media", [True, False], ids=["with the media extra", "without it"])
def test_a_video_is_saved_whole_or_not_at_all(
    media: bool, tmp_path: Path, clip: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(path: Path, width: int) -> None:
        raise MediaMissing

    if not media:
        monkeypatch.setattr(downloads, "examine_with_poster", missing)
    box = b"\0\0\0\x10ftypisom\0\0\0\0"
    other = [b"\0\0\0\x08moov", b"\0\0\0\x08mdat"]
    torn = [b"", b"<html>", box, box + other[0], box + b"\0\0\0\x09mdat", other[0] + box, box + b"\0\0\0\x01mdat"]
    torn += [clip[:-9], clip + b"\0\0\0\x20free", clip + b"\n<!-- -->"]
    for content in torn:
        with serving(said(200, content, Content_Type="video/mp4")) as (origin, _):
            reply = asked(origin, Download("f" * 64, f"{origin}/x", "renders/x.mp4"), tmp_path)
        assert isinstance(reply, Trouble), content
    assert not [p for p in tmp_path.rglob("*") if p.is_file()]


def test_a_file_in_the_way_is_never_written_over(tmp_path: Path, clip: bytes) -> None:
    target = tmp_path / "renders" / "x.mp4"
    target.parent.mkdir()
    target.write_bytes(b"a person's own")
    with serving(said(200, clip, Content_Type="video/mp4")) as (origin, _):
        call = Download("f" * 64, f"{origin}/x", "renders/x.mp4")
        first = asked(origin, call, tmp_path)
        again = asked(origin, call, tmp_path)
        outside = asked(origin, replace(call, file="../x.mp4"), tmp_path)
        (tmp_path / "elsewhere").symlink_to(tmp_path.parent)
        through = asked(origin, replace(call, file="elsewhere/new/x.mp4"), tmp_path)
    assert isinstance(first, Kept) and first.file == "renders/x.ffffffff.mp4"
    assert again == first, "the same bytes are taken as this video"
    assert target.read_bytes() == b"a person's own"
    assert isinstance(outside, Trouble) and isinstance(through, Trouble)
    assert not (tmp_path.parent / "new").exists()


def test_origins_are_local_by_their_host() -> None:
    assert Origins("http://127.0.0.1:1", "http://127.0.0.1:2").local
    assert not Origins("https://127.example.com", "https://x").local
