"""Exchanges with a server that does as each test says: what becomes of the answer, and of the connection after it."""

from __future__ import annotations

import asyncio
import shutil
import ssl
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
import pytest

from seedspec.run.service import direct
from seedspec.run.service.public_web import describe_final

Does = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Server:
    """Answers each request by `does`; counts its connections."""

    def __init__(self, *does: Does, tls: ssl.SSLContext | None = None) -> None:
        self.does, self.tls, self.opened, self.heads = list(does), tls, 0, list[bytes]()

    async def __aenter__(self) -> Server:
        self._server = await asyncio.start_server(self._met, "127.0.0.1", 0, ssl=self.tls)
        self.port = self._server.sockets[0].getsockname()[1]
        self.url = f"{'https' if self.tls else 'http'}://localhost:{self.port}/x?y=1"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    async def _met(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.opened += 1
        try:
            while self.does:
                head = await reader.readuntil(b"\r\n\r\n")
                self.heads.append(head)
                await self.does.pop(0)(reader, writer)
            await reader.read()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


def says(*parts: bytes, end: bool = False) -> Does:
    async def does(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for part in parts:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(0.01)
        if end:
            writer.close()

    return does


def trust() -> ssl.SSLContext:
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def client(*, keep: bool = True, seconds: float | None = 5.0, tls: ssl.SSLContext | None = None) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=direct.transport(tls or trust(), keep=keep, env=False), timeout=seconds)


def asked(*does: Does, times: int = 1, keep: bool = True, pause: float = 0.0) -> tuple[list[bytes], int]:
    """The bodies of so many answers, one after another, and over how many connections they came."""

    async def ask() -> tuple[list[bytes], int]:
        found = []
        async with Server(*does) as server, client(keep=keep) as one:
            for _ in range(times):
                found.append((await one.post(server.url, content=b"{}")).content)
                await asyncio.sleep(pause)
        return found, server.opened

    return asyncio.run(ask())


def test_a_connection_is_kept_where_that_is_wanted() -> None:
    assert asked(says(OK), says(OK), says(OK), times=3) == ([b"ok"] * 3, 1)
    assert asked(says(OK), says(OK), times=2, keep=False) == ([b"ok"] * 2, 2)


@pytest.mark.parametrize(
    "first",
    [
        says(OK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")),
        says(OK, end=True),
        says(OK + OK),
        says(OK, OK),
        says(b"HTTP/1.0 200 OK\r\n\r\nok", end=True),
    ],
    ids=["it says so", "it is closed", "more with it", "more after it", "a body to its end"],
)
def test_a_connection_is_not_used_again_whose_exchange_has_not_ended_well(first: Does) -> None:
    assert asked(first, says(OK), times=2, pause=0.05) == ([b"ok"] * 2, 2)


def test_nor_one_that_was_idle_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(direct, "_IDLE", 0.02)
    assert asked(says(OK), says(OK), times=2, pause=0.05) == ([b"ok"] * 2, 2)


def test_nor_one_whose_answer_was_not_read() -> None:
    async def ask() -> int:
        async with Server(says(OK), says(OK)) as server, client() as one:
            for _ in range(2):
                async with one.stream("GET", server.url):
                    pass
        return server.opened

    assert asyncio.run(ask()) == 2


def test_an_answer_may_come_in_pieces_and_after_a_word_before_it() -> None:
    chunks = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\no\r\n", b"1\r\nk\r\n0\r\n\r\n"
    assert asked(says(b"HTTP/1.1 103 Early Hints\r\n\r\n", *chunks), says(OK), times=2) == ([b"ok"] * 2, 1)


def test_a_request_is_sent_as_it_is() -> None:
    async def ask() -> bytes:
        async with Server(says(OK)) as server, client() as one:
            await one.post(server.url, content=b"{}", headers={"X-Own": "a"})
        return server.heads[0]

    head = asyncio.run(ask())
    assert head.startswith(b"POST /x?y=1 HTTP/1.1\r\n") and b"\r\nX-Own: a\r\n" in head
    assert b"\r\nContent-Length: 2\r\n" in head


def raised(does: Does | None, *, seconds: float | None = 5.0, tls: ssl.SSLContext | None = None) -> Exception:
    async def ask() -> None:
        async with Server(*([does] if does else ()), tls=tls) as server:
            url = server.url if does else "http://127.0.0.1:1/"
            async with client(seconds=seconds) as one:
                await one.post(url, content=b"{}")

    with pytest.raises(httpx.HTTPError) as found:
        asyncio.run(ask())
    return found.value


async def breaks(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


async def waits(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    await reader.read()


@pytest.mark.parametrize(
    ("does", "kind"),
    [
        (None, httpx.ConnectError),
        (says(end=True), httpx.RemoteProtocolError),
        (says(OK[:-1], end=True), httpx.RemoteProtocolError),
        (says(b"no HTTP\r\n\r\n"), httpx.RemoteProtocolError),
        (breaks, (httpx.ReadError, httpx.RemoteProtocolError)),
    ],
    ids=["nobody", "no answer", "cut short", "none of HTTP", "broken"],
)
def test_only_what_was_not_sent_is_told_as_such(does: Does | None, kind: type[Exception]) -> None:
    assert isinstance(raised(does), kind)


def test_a_name_that_no_server_can_have_is_asked_for_nothing() -> None:
    async def ask() -> None:
        async with client() as one:
            await one.get(f"http://{'x' * 70}.example/")

    with pytest.raises(httpx.ConnectError):
        asyncio.run(ask())


def test_a_silent_server_is_given_up() -> None:
    async def ask() -> None:
        async with Server(waits) as server, client(seconds=0.1) as one:
            await one.get(server.url)

    with pytest.raises(httpx.ReadTimeout):
        asyncio.run(ask())


def test_no_more_is_taken_than_somebody_reads() -> None:
    many = 32 * 1024 * 1024
    sent = 0

    async def much(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % many)
        while sent < many:
            writer.write(bytes(64 * 1024))
            await writer.drain()
            sent += 64 * 1024

    async def ask() -> tuple[int, int, int]:
        async with Server(much, says(OK)) as server, client() as one:
            async with one.stream("GET", server.url) as response:
                await asyncio.sleep(0.2)
                before, size = sent, 0
                async for piece in response.aiter_raw():
                    size += len(piece)
            assert (await one.get(server.url)).content == b"ok"
        return before, size, server.opened

    before, size, opened = asyncio.run(ask())
    assert before < many / 2 and size == many and opened == 1


def test_a_connection_is_read_again_after_an_answer_that_was_all_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n"
    monkeypatch.setattr(direct, "_AHEAD", len(head) + 899)
    assert asked(says(head + bytes(900)), says(OK), times=2) == ([bytes(900), b"ok"], 1)


def test_an_answer_counts_that_comes_before_all_is_sent() -> None:
    async def full(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno")
        await writer.drain()
        await reader.readexactly(16 * 1024 * 1024)

    async def ask() -> httpx.Response:
        async with Server(full) as server, client() as one:
            return await one.post(server.url, content=bytes(16 * 1024 * 1024))

    answer = asyncio.run(ask())
    assert (answer.status_code, answer.reason_phrase, answer.content) == (413, "Too Large", b"no")


def test_certificates_are_judged_by_the_name(tmp_path: Path) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    words = "req -x509 -newkey rsa:2048 -nodes -keyout key -out pem -days 2 -subj /CN=x -addext subjectAltName=DNS:"
    subprocess.run(["openssl", *f"{words}localhost".split()], cwd=tmp_path, check=True, capture_output=True)
    own, known = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), trust()
    own.load_cert_chain(tmp_path / "pem", tmp_path / "key")
    known.load_verify_locations(tmp_path / "pem")

    async def ask() -> int:
        async with Server(says(OK), says(OK), tls=own) as server, client(tls=known) as one:
            for _ in range(2):
                assert (await one.get(server.url)).content == b"ok"
            with pytest.raises(httpx.ConnectError) as found:
                await one.get(server.url.replace("localhost", "127.0.0.1"))
            assert "certificate" in describe_final(found.value)
        return server.opened

    assert asyncio.run(ask()) == 1
    assert "certificate" in describe_final(raised(says(OK), tls=own))


def test_through_a_proxy_httpx_leads(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    assert direct.transport(trust(), keep=True, env=True) is not None
    monkeypatch.setenv("HTTPS_PROXY", "http://localhost:9")
    assert direct.transport(trust(), keep=True, env=True) is None
    assert direct.transport(trust(), keep=True, env=False) is not None
