"""What the tests of the run use: small projects, an emulator in a process of its own, and a canary for a key."""

from __future__ import annotations

import base64
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import forks
from emulated import booked, emulated
from outputs import check_output

from seedspec import api
from seedspec.catalog.model import Model
from seedspec.emulator.process import child
from seedspec.emulator.settings import Addresses, Settings, parse_fault
from seedspec.lock.lock import Lock, encode, parse
from seedspec.lock.version import HEADER
from seedspec.project import sources
from seedspec.run.engine.purchase import Pace

CANARY = "sk-canary-7Jq2vXz9LmT4wRb8"
"""The key of every run in these tests. It, or eight letters of it in a row, may stand in no file and no output."""

LONGEST = 60.0

OWN = "f126947d"
"""In the names of the parts of `storyboard.lock` in `renders`: how the SHA-256 of `../storyboard.lock` begins."""

BOARD = """\
seedspec: 1
name: {name}
model: seedance-2.0-reference-to-video
defaults: {{duration: 4, quality: 480p}}
references:
  hero: {{image: hero.png}}
shots:
  - {{id: open, prompt: "{name} open"}}
  - {{id: hold, prompt: "{name} hold {{{{ ref('hero') }}}}"}}
  - {{id: next, prompt: "{name} next {{{{ ref('prev') }}}}", references: {{prev: {{shot: open}}}}}}
  - {{id: last, prompt: "{name} last"}}
"""
SMALL = """\
seedspec: 1
name: {name}
model: seedance-2.0-reference-to-video
defaults: {{duration: 4, quality: 480p}}
shots:
  - {{id: one, prompt: "{name} one"}}
  - {{id: two, prompt: "{name} two"}}
"""
HERO = """\
seedspec: 1
name: {name}
model: seedance-2.0-reference-to-video
defaults: {{duration: 4, quality: 480p}}
references:
  hero: {{image: hero.png}}
shots:
  - {{id: one, prompt: "{name} one {{{{ ref('hero') }}}}"}}
"""


@dataclass(frozen=True)
class Ended:
    """A process that has ended: its exit code and what it said."""

    code: int
    out: str
    err: str

    @property
    def events(self) -> list[dict[str, Any]]:
        return [v for line in self.out.splitlines() if "event" in (v := json.loads(line))]


@dataclass(frozen=True)
class Service:
    """An emulator on loopback, and what it has in its books."""

    addresses: Addresses
    folder: Path

    def ledger(self, event: str, prompt: str = "") -> list[Mapping[str, Any]]:
        return [v for v in booked(self.folder) if v["event"] == event and str(v.get("prompt", "")).startswith(prompt)]

    def bought(self, name: str) -> Counter[str]:
        """How often each prompt of a project was taken and not refunded."""
        refunded = {v["task"] for v in self.ledger("refunded")}
        return Counter(v["prompt"] for v in self.ledger("reserved", f"{name} ") if v["task"] not in refunded)


@dataclass(frozen=True)
class Project:
    """A storyboard in a folder of its own, with the service that it buys from."""

    folder: Path
    name: str
    service: Service

    @property
    def lock_path(self) -> Path:
        return self.folder / "storyboard.lock"

    def lock(self) -> Lock:
        return parse(self.lock_path.read_bytes()) if self.lock_path.exists() else Lock()

    def rewrite(self, entry: str, **changes: Any) -> None:
        """What time, or another hand, does to a record."""
        lines = [encode({**r.values, **(changes if r.entry == entry else {})}) for r in self.lock()]
        self.lock_path.write_bytes(HEADER + b"".join(lines))

    def states(self) -> dict[str, str]:
        lock = self.lock()
        return {r.entry: str(r.state) for fp in lock.attempts if (r := lock.last(fp))}

    def environ(self, **more: str) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("EVOLINK", "SEEDSPEC", "COV"))}
        own = {
            "EVOLINK_API_KEY": CANARY,
            "EVOLINK_BASE_URL": self.service.addresses.api,
            "EVOLINK_FILES_URL": self.service.addresses.files,
            "XDG_STATE_HOME": str(self.folder / "state"),
            "PYTHONUNBUFFERED": "1",
        }
        return {**kept, **own, **more}

    @property
    def is_plain(self) -> bool:
        """Whether its commands are the program as users have it."""
        return True

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "seedspec", *arguments]

    def start(self, *arguments: str, before: Sequence[str] = (), **more: Any) -> subprocess.Popen[bytes]:
        environ = self.environ(**more.pop("environ", {}))
        given = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **more}
        return subprocess.Popen([*before, *self.command(*arguments)], cwd=self.folder, env=environ, **given)

    def do(self, *arguments: str, before: Sequence[str] = (), **more: Any) -> Ended:
        """Runs a command to its end."""
        if not before and not more.keys() - {"environ"} and self.is_plain:
            done = forks.run_text(arguments, self.folder, self.environ(**more.get("environ", {})), LONGEST)
            assert done.returncode != -signal.SIGKILL, f"{arguments} did not end: {(done.stdout + done.stderr)[-4000:]}"
            check_output(arguments, done.stdout)
            return Ended(done.returncode, done.stdout, done.stderr)
        process = self.start(*arguments, before=before, **more)
        try:
            out, err = process.communicate(timeout=LONGEST)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            raise AssertionError(f"{arguments} did not end: {out.decode()[-2000:]}{err.decode()[-2000:]}") from None
        return Ended(process.returncode, out.decode(), err.decode())

    def run(self, *arguments: str, **more: Any) -> Ended:
        """A run at full speed, its events as JSON Lines."""
        return self.do("run", "--yes", "--format", "jsonl", *PACE, *arguments, **more)

    def here(self, **options: Any) -> list[Any]:
        """A run in this process, with waits that are next to nothing; its events."""
        given = api.Options(**{"pace": QUICK, **options})
        return list(api.run(self.folder / "storyboard.yaml", given, consent=api.Yes(), environ=self.environ()))


QUICK = Pace(
    submit_every=0, poll=0.05, poll_most=0.1, announced=0, wait=0.05, wait_most=0.2, again_after=0.05, outage=0
)
PACE = ("--poll-interval", "0.1", "--submit-rate", "1000")


@dataclass
class Listener:
    """A port of this machine that takes one connection and says nothing."""

    port: int
    thread: threading.Thread
    content: list[bytes]

    def received(self) -> bytes:
        """What the one connection sent, at most 100 bytes, once it has ended."""
        self.thread.join()
        [content] = self.content
        return content


@contextmanager
def listening() -> Iterator[Listener]:
    """A listener; a connection that does not come is waited for 10 s."""
    content: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(10)

        def accept() -> None:
            connection, _ = server.accept()
            with connection:
                connection.settimeout(5)
                content.append(connection.recv(100))

        thread = threading.Thread(target=accept)
        thread.start()
        yield Listener(server.getsockname()[1], thread, content)
        thread.join()


@contextmanager
def http_server(handler: type[BaseHTTPRequestHandler], tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """The port of a server on this machine that answers by a handler, each request in a thread of its own."""

    class Quiet(handler):  # type: ignore[misc, valid-type]
        def log_message(self, *arguments: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Quiet)
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # who has read enough goes away
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def emulator(folder: Path, *arguments: str) -> Iterator[Service]:
    """An emulator in a process of its own, whose tasks take next to no time."""
    with child(["--folder", str(folder), "--seconds", "0.05", *arguments]) as addresses:
        yield Service(addresses, folder)


@contextmanager
def nearby(folder: Path, *faults: str, models: Mapping[str, Model] | None = None, **settings: Any) -> Iterator[Service]:
    """An emulator in a thread of this process, for tests that start many; of all models if none are given."""
    given = Settings(**{"folder": folder, "seconds": 0.05, "faults": tuple(map(parse_fault, faults)), **settings})
    with emulated(given, models or sources.catalog().models) as found:
        yield Service(found, folder)


def wait_for(true: Callable[[], object], what: str) -> None:
    """Looks for something until it is so, and fails when that takes too long."""
    end = time.monotonic() + LONGEST
    while not true():
        assert time.monotonic() < end, f"{what} did not come"
        time.sleep(0.02)


Make = Callable[..., Project]


def leaked(content: bytes) -> bool:
    """Whether eight letters of the key, or its base64, stand in some bytes."""
    pieces = {CANARY[i : i + 8].encode() for i in range(len(CANARY) - 7)} - {b"sk-canar"}
    encoded = base64.b64encode(CANARY.encode()).rstrip(b"=")[:-2]
    return any(piece in content for piece in pieces) or encoded in content
