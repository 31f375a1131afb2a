"""Results through a proxy and past it: a private address is the proxy's own, or it is refused."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from helpers import CANARY, LONGEST, SMALL, Make, http_server
from test_wire import PROVIDER, SHORT, said, serving

from seedspec.project.credentials import Key, Origins
from seedspec.run.engine.messages import Download, Kept, Reply, Trouble
from seedspec.run.service.client import Client
from seedspec.run.settle import ask
from seedspec.run.store.downloads import Downloads

HIDDEN = "0x7f000001"
"""A name to look at, and 127.0.0.1 to whoever resolves it."""


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a certificate for two names, and the authority that signed it."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    folder = tmp_path_factory.mktemp("authority")
    (folder / "names").write_text(f"subjectAltName=DNS:media.example.com,DNS:{HIDDEN}")
    for words in (
        "req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 2 -subj /CN=authority",
        "req -newkey rsa:2048 -nodes -keyout own.key -out own.csr -subj /CN=media.example.com",
        "x509 -req -in own.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out own.pem -days 2 -extfile names",
    ):
        subprocess.run(["openssl", *words.split()], cwd=folder, check=True, capture_output=True)
    return folder


@contextmanager
def tunnel(target: int) -> Iterator[tuple[int, list[str]]]:
    """A proxy that leads every CONNECT to one port of this machine; what it was told, headers and all."""
    told: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_CONNECT(self) -> None:
            told.append(f"{self.path} {self.headers}")
            with socket.create_connection(("127.0.0.1", target), LONGEST) as far:
                self.send_response(200)
                self.end_headers()
                back = threading.Thread(target=pump, args=(far, self.connection))
                back.start()
                pump(self.connection, far)
                back.join(LONGEST)
            self.close_connection = True

    def pump(source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
        with suppress(OSError):
            sink.shutdown(socket.SHUT_WR)

    with http_server(Handler) as port:
        yield port, told


def fetched(url: str, folder: Path) -> Reply:
    """A result of a service that is not on this machine."""
    origins = Origins("https://api.example.com", "https://files.example.com")
    exchange = Client(PROVIDER, origins, Key(CANARY), Downloads(folder), folder, SHORT)
    try:
        return ask(exchange, Download("f" * 64, url, "renders/x.mp4"))
    finally:
        exchange.close()


@pytest.fixture
def environ(monkeypatch: pytest.MonkeyPatch, authority: Path) -> pytest.MonkeyPatch:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority / "ca.pem"))
    return monkeypatch


@pytest.fixture
def context(authority: Path) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(authority / "own.pem", authority / "own.key")
    return made


@pytest.mark.slow
def test_a_result_comes_through_a_proxy_on_a_private_address(
    environ: pytest.MonkeyPatch,
    context: ssl.SSLContext,
    clip: bytes,
    tmp_path: Path,
) -> None:
    with (
        serving(said(200, clip, Content_Type="video/mp4"), context) as (origin, seen),
        tunnel(int(origin.rsplit(":", 1)[1])) as (port, told),
    ):
        environ.setenv("HTTPS_PROXY", f"http://localhost:{port}")
        reply = fetched("https://media.example.com/x.mp4", tmp_path)
    assert isinstance(reply, Kept), reply
    assert len(told) == 1 and told[0].startswith("media.example.com:443 ") and CANARY not in told[0]
    assert [key for _, _, key in seen] == [None]


@pytest.mark.parametrize("proxied", [False, True], ids=["no proxy", "past the proxy"])
def test_a_name_that_leads_to_this_machine_is_refused(
    environ: pytest.MonkeyPatch,
    context: ssl.SSLContext,
    clip: bytes,
    tmp_path: Path,
    *,
    proxied: bool,
) -> None:
    """Also where a proxy is configured, and this host is not asked for through it."""
    with serving(said(200, clip, Content_Type="video/mp4"), context) as (origin, seen):
        port = int(origin.rsplit(":", 1)[1])
        if proxied:
            environ.setenv("HTTPS_PROXY", "http://localhost:9")
            environ.setenv("NO_PROXY", HIDDEN)
        reply = fetched(f"https://{HIDDEN}:{port}/x.mp4", tmp_path)
    assert seen == [], "the address is looked at before anything is asked of it"
    assert isinstance(reply, Trouble) and "private network" in reply.reason, reply
    assert not list(tmp_path.rglob("*.mp4*"))


def test_a_proxy_that_is_none_hides_nothing(
    environ: pytest.MonkeyPatch,
    context: ssl.SSLContext,
    clip: bytes,
    tmp_path: Path,
) -> None:
    """Names that lead nowhere, and the list of exceptions, are no addresses that a result may come from."""
    with serving(said(200, clip, Content_Type="video/mp4"), context) as (origin, _):
        port = int(origin.rsplit(":", 1)[1])
        environ.setenv("HTTP_PROXY", "http://")
        environ.setenv("NO_PROXY", f"{HIDDEN},127.0.0.1:{port}")
        reply = fetched(f"https://{HIDDEN}:{port}/x.mp4", tmp_path)
    assert isinstance(reply, Trouble), reply


@pytest.mark.slow
def test_certificates_that_cannot_be_loaded_end_a_run_before_it_begins(project: Make) -> None:
    found = project(SMALL)
    missing = {"SSL_CERT_FILE": str(found.folder / "none.pem")}
    done = found.run(environ=missing)
    assert done.code == 2 and not done.events and "certificates" in done.err
    assert not found.lock_path.exists() and not found.service.bought(found.name)
    assert found.run().code == 0
    # with nothing to do, nothing is asked for, and nothing is needed to ask it with
    before = found.lock_path.read_bytes()
    assert found.run(environ=missing).code == 0
    assert found.lock_path.read_bytes() == before
