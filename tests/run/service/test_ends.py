"""Results that cannot be had, packed answers, a service that repeats the key: each ends in one line."""

from __future__ import annotations

import base64
import gzip
import socket
import ssl
import tracemalloc
from pathlib import Path
from urllib.parse import quote

import httpx
import orjson
import pytest
from test_client import CANARY, TASK, ask, create, said, server

from seedspec.catalog.addresses import is_private
from seedspec.project.credentials import BadSettings, Key, origins_of
from seedspec.run.engine.messages import (
    Accepted,
    Balance,
    Credits,
    Download,
    Kept,
    Read,
    Refused,
    Reply,
    Task,
    Trouble,
    Unknown,
    most_bytes,
)
from seedspec.run.service.public_web import describe_final
from seedspec.run.service.redaction import Redaction
from seedspec.run.service.responses import safe_url

pytestmark = pytest.mark.slow

NOWHERE = "http://127.0.0.1:9"
SPELLINGS = {
    "plain": CANARY,
    "a part": CANARY[3:14],
    "escapes": "".join(f"\\u{ord(c):04x}" for c in CANARY),
    "escaped twice": "".join(f"\\\\u{ord(c):04x}" for c in CANARY),
    "percent": "".join(f"%{ord(c):02x}" for c in CANARY),
    "percent twice": quote("".join(f"%{ord(c):02x}" for c in CANARY)),
    "entities": "".join(f"&#{ord(c)};" for c in CANARY),
    "base64": base64.b64encode(CANARY.encode()).decode(),
    "base64 of the header": base64.b64encode(f"Bearer {CANARY}".encode()).decode(),
    "base64 for addresses": base64.urlsafe_b64encode(f"x:{CANARY}".encode()).decode().rstrip("="),
    "hex": CANARY.encode().hex(),
    "reversed": CANARY[::-1],
    "spaced": " ".join(CANARY),
    "capitals": CANARY.upper(),
}


def fetched(origin: str, folder: Path, most: int = 100_000) -> Reply:
    reply = ask(NOWHERE, Download("f" * 64, f"{origin}/a.mp4", "renders/a.mp4", most), folder)
    assert [p for p in folder.rglob("*") if p.is_file()] == [], "a part was left behind"
    return reply


def endless(connection: socket.socket, _: bytes) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\n\r\n\0\0\0\x18ftypisom")
    while True:
        connection.sendall(bytes(65536))


def test_a_result_that_never_ends_is_cut(tmp_path: Path) -> None:
    with server(endless) as (origin, seen):
        reply = fetched(origin, tmp_path)
    assert isinstance(reply, Trouble) and reply.final and len(seen) == 1
    assert "more than 100,000 bytes" in reply.reason and "the next run or fetch tries again" in reply.reason


def test_a_result_that_announces_too_much_is_not_begun(tmp_path: Path) -> None:
    with server(lambda c, _: c.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100001\r\n\r\n")) as (origin, _):
        reply = fetched(origin, tmp_path)
    assert isinstance(reply, Trouble) and reply.final and "more than 100,000 bytes" in reply.reason


def test_a_longer_video_may_be_larger() -> None:
    assert most_bytes(4) < most_bytes(15) < most_bytes(None) == most_bytes("auto") == most_bytes(-1) == most_bytes(True)
    assert most_bytes(15) == 152_000_000


def test_a_result_that_drips_ends_with_its_deadline(tmp_path: Path) -> None:
    def drip(connection: socket.socket, _: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 90000\r\n\r\n")
        connection.settimeout(0.3)
        while True:
            connection.sendall(b"x")
            try:
                if connection.recv(1) == b"":
                    return
            except TimeoutError:
                continue

    with server(drip) as (origin, _):
        reply = fetched(origin, tmp_path)
    assert isinstance(reply, Trouble) and reply.final and "not there within 2 s" in reply.reason


@pytest.mark.parametrize(
    "location",
    [
        "http://[", "https://[x/y", "http://h:port/", "gopher://127.0.0.1/", "file:///etc/passwd", "javascript:1", "http://10.0.0.1/",
        "https://169.254.169.254/", "https://u:p@example.com/", "https://:p@example.com/", "https://@example.com/",
        "https://[::ffff:10.0.0.1]/", "https://[64:ff9b::a00:1]/", "https://[2002:a00:1::]/", "https://[::a00:1]/",
        "https://\uff11\uff10.0.0.1/", "https://[2001:0:a00:1::f5ff:fffe]/", "https://localhost./", "\x00", "/again",
    ],
)  # fmt: skip
def test_a_redirect_that_leads_nowhere_ends_in_one_line(location: str, tmp_path: Path) -> None:
    header = b"Location: " + location.encode()
    answer = b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nConnection: close\r\n" + header + b"\r\n\r\n"
    with server(lambda c, _: c.sendall(answer)) as (origin, seen):
        reply = fetched(origin, tmp_path)
    assert isinstance(reply, Trouble) and "unforeseen" not in reply.reason and "\n" not in reply.reason
    if location != "\x00":  # which is no HTTP at all
        assert reply.final and "the next run or fetch tries again" in reply.reason
    assert len(seen) == (4 if location == "/again" else 1)


def test_a_certificate_that_is_not_trusted_is_not_asked_for_again() -> None:
    broken = httpx.ConnectError("x")
    broken.__cause__ = ssl.SSLCertVerificationError(1, "[SSL: CERTIFICATE_VERIFY_FAILED] self-signed")
    broken.__cause__.verify_message = "self-signed certificate"
    assert "self-signed certificate" in describe_final(broken) and "SSL_CERT_FILE" in describe_final(broken)
    assert describe_final(httpx.ConnectError("connection refused")) == describe_final(httpx.ReadTimeout("")) == ""


@pytest.mark.parametrize(
    "host",
    ["10.0.0.1", "127.0.0.1", "::1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "64:ff9b:1::1", "2002:a00:1::1",
     "2001:0:808:808::1",
     "::7f00:1", "fe80::1%25en0", "ff02::1", "239.1.1.1", "100.64.0.1",
     "\uff11\uff12\uff17.0.0.1", "localhost.", "a.internal.",
     "LOCALHOST", ""],
)  # fmt: skip
def test_what_leads_inward_is_private(host: str) -> None:
    assert is_private(host)


@pytest.mark.parametrize(
    "host", ["93.184.216.34", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1", "h.io"]
)
def test_what_is_public_stays_so(host: str) -> None:
    assert not is_private(host)


@pytest.mark.parametrize(
    "url", ["https://:pw@host/", "https://@host/", "https://u@host/", "https://host:port/", "https://h\\x/"]
)
def test_odd_addresses_are_not_safe(url: str) -> None:
    assert not safe_url(url, local=False)
    with pytest.raises(BadSettings):
        origins_of({"origins": {n: {"variable": n, "url": ""} for n in ("api", "files")}}, {"api": url, "files": url})


def test_a_result_at_an_address_that_is_not_followed_is_not_waited_for(tmp_path: Path) -> None:
    body = orjson.dumps({"id": TASK, "status": "completed", "results": ["http://10.0.0.1/a.mp4"]})
    with server(lambda c, _: c.sendall(said("200 OK", body))) as (origin, _):
        reply = ask(origin, Read("f" * 64, TASK), tmp_path)
    assert isinstance(reply, Trouble) and reply.final and "not followed" in reply.reason


# --- packed answers ---


def test_nothing_packed_is_asked_for_and_what_comes_packed_is_read(tmp_path: Path) -> None:
    body = gzip.compress(orjson.dumps({"data": {"user": {"remaining_credits": 5}}}))
    with server(lambda c, _: c.sendall(said("200 OK", body, "Content-Encoding: gzip"))) as (origin, seen):
        assert ask(origin, Balance(), tmp_path) == Credits(5)
    assert b"accept-encoding: identity" in seen[0].lower() and b"gzip" not in seen[0]


def test_a_packed_answer_costs_no_more_than_its_cap(tmp_path: Path) -> None:
    bomb = gzip.compress(bytes(300 * 1024 * 1024), 9)
    with server(lambda c, _: c.sendall(said("200 OK", bomb, "Content-Encoding: gzip"))) as (origin, _):
        tracemalloc.start()
        try:
            reply = ask(origin, Balance(), tmp_path)
            most = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert isinstance(reply, Trouble) and "a body of more than" in reply.reason
    assert most < 30_000_000


def test_a_body_that_is_packed_wrongly_is_trouble(tmp_path: Path) -> None:
    with server(lambda c, _: c.sendall(said("200 OK", b"no gzip", "Content-Encoding: gzip"))) as (origin, _):
        assert isinstance(ask(origin, Balance(), tmp_path), Trouble)
    with server(lambda c, _: c.sendall(said("200 OK", b"no gzip", "Content-Encoding: gzip"))) as (origin, _):
        assert isinstance(ask(origin, create(), tmp_path), Unknown)


# --- a service that repeats the key ---


@pytest.mark.parametrize("how", SPELLINGS)
def test_the_key_is_in_no_word_in_any_spelling(how: str, tmp_path: Path) -> None:
    words = SPELLINGS[how]
    message = f"bad key {words} of yours"
    bodies = [b'{"error": {"code": "unauthorized", "message": "%b"}}' % message.encode(), orjson.dumps({"x": message})]
    for status in ("401 Unauthorized", "200 OK", "500 Oops"):
        for body in bodies:
            answer = said(status, body)
            with server(lambda c, _, a=answer: c.sendall(a)) as (origin, _):  # type: ignore[misc]
                reply = ask(origin, create(), tmp_path)
            assert isinstance(reply, (Refused, Unknown))
            shown = reply.reason if isinstance(reply, Unknown) else f"{reply.code} {reply.message}"
            assert words not in shown and CANARY[:8] not in shown and "***" in shown


def test_data_that_holds_the_key_is_not_taken(tmp_path: Path) -> None:
    task = f"task-unified-1-{CANARY.replace('-', '')}"
    with server(lambda c, _: c.sendall(said("200 OK", orjson.dumps({"id": task})))) as (origin, _):
        key = CANARY.replace("-", "")
        reply = Redaction(key).reply(Accepted(task))
        assert isinstance(reply, Unknown) and key not in reply.reason
        assert isinstance(ask(origin, create(), tmp_path), (Accepted, Unknown))
    body = orjson.dumps(
        {"id": TASK, "status": "completed", "results": [f"https://h.example.com/{quote(CANARY)}/a.mp4"]}
    )
    with server(lambda c, _: c.sendall(said("200 OK", body))) as (origin, _):
        reply = ask(origin, Read("f" * 64, TASK), tmp_path)
    assert isinstance(reply, Trouble) and reply.final and CANARY not in reply.reason


def test_data_is_never_changed(tmp_path: Path) -> None:
    """Eight letters of the key in a link are no key: the link is followed as it is."""
    link = f"https://h.example.com/{CANARY[:10]}/a.mp4?s={CANARY[4:15]}"
    body = orjson.dumps({"id": TASK, "status": "completed", "results": [link]})
    with server(lambda c, _: c.sendall(said("200 OK", body))) as (origin, _):
        reply = ask(origin, Read("f" * 64, TASK), tmp_path)
    assert isinstance(reply, Task) and reply.links == (link,)
    assert Redaction(CANARY).reply(Kept(f"{CANARY}.mp4", "0" * 64, 5)) == Kept(f"{CANARY}.mp4", "0" * 64, 5)
    assert Redaction("emulator").reply(Accepted("task-emulator-1")) == Accepted("task-emulator-1")


def test_plain_words_stay_as_they_are() -> None:
    words = "the image at https://cdn.example.com/a-very-long-name_of_a_file.png is 864x496; 100% sure & done \\ 茶"
    assert Redaction(CANARY).words(words) == words


@pytest.mark.parametrize("short", ["x", "1", "sk-1234"])
def test_a_key_that_is_too_short_is_refused(short: str) -> None:
    with pytest.raises(BadSettings, match="expected at least 8") as refused:
        Key(short)
    assert refused.value.exit == 5 and f"`{short}`" not in str(refused.value)
    assert Key("emulator").reveal() == "emulator"
