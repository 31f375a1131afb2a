"""A PostgreSQL server of the tests' own, on loopback: Debian's, in a folder that goes with it."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tools import lacking

_START = 30.0
_USER = "seedspec"


class Server:
    """A running server. It may be stopped as a crash stops it, frozen, and started again: its data stay."""

    def __init__(self, folder: Path, binaries: Path, port: int) -> None:
        self._folder, self._binaries, self.port = folder, binaries, port
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def url(self) -> str:
        return f"postgresql://{_USER}@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        """Returns when it answers."""
        settings = {
            "listen_addresses": "127.0.0.1", "unix_socket_directories": str(self._folder), "fsync": "off",
            "max_connections": "60", "shared_buffers": "16MB",
        }  # fmt: skip
        given = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        command = [
            *as_postgres(),
            str(self._binaries / "postgres"),
            "-D",
            str(self._folder / "data"),
            "-p",
            str(self.port),
        ]
        with open(self._folder / "log", "ab") as log:
            self._process = subprocess.Popen([*command, *given], stdout=log, stderr=log, cwd="/")
        end = time.monotonic() + _START
        ready = [str(self._binaries / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        while subprocess.run(ready).returncode != 0:
            assert self._process.poll() is None and time.monotonic() < end, (self._folder / "log").read_text()

    def stop(self, *, immediate: bool = False) -> None:
        """`immediate` is as a crash: what was not committed is lost, and every connection."""
        assert self._process is not None
        self._process.send_signal(signal.SIGQUIT if immediate else signal.SIGINT)
        self._process.wait(_START)

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Every process of the server stands still: connections stay open, and nobody answers."""
        assert self._process is not None
        own = [self._process.pid, *_children(self._process.pid)]
        for pid in own:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in own:
                os.kill(pid, signal.SIGCONT)

    def run(self, statement: str) -> None:
        """Does something as a person would, with psql."""
        command = [str(self._binaries / "psql"), "-q", "-v", "ON_ERROR_STOP=1", "-d", self.url, "-c", statement]
        subprocess.run(command, check=True, capture_output=True, timeout=_START)

    def empty(self) -> None:
        self.run("drop table if exists seedspec_object")

    def end(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self.stop(immediate=True)


def _children(pid: int) -> list[int]:
    said = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(word) for word in said.split()]


def as_postgres() -> list[str]:
    """What makes a command run as the user postgres: root may not run a server."""
    if os.geteuid() != 0:
        return []
    try:
        pwd.getpwnam("postgres")
    except KeyError:
        lacking("postgres", "there is no user postgres, and root may not run PostgreSQL")
    return ["setpriv", "--reuid", "postgres", "--regid", "postgres", "--clear-groups"]


def binaries() -> Path:
    """The folder of PostgreSQL's programs; Debian has them outside of PATH."""
    found = [p.parent for p in sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))]
    if (on_path := shutil.which("initdb")) is not None:
        found.append(Path(on_path).resolve().parent)
    return found[-1] if found else lacking("postgres", "PostgreSQL is not installed")


@contextmanager
def serving() -> Iterator[Server]:
    """A server for as long as the block lasts."""
    programs, prefix = binaries(), as_postgres()
    folder = Path(tempfile.mkdtemp(prefix="seedspec-postgres-"))
    server = None
    try:
        if prefix:
            shutil.chown(folder, "postgres", "postgres")
        data = folder / "data"
        command = [*prefix, str(programs / "initdb"), "-D", str(data), "-A", "trust", "-U", _USER, "-E", "UTF8", "-N"]
        subprocess.run([*command, "--locale", "C"], check=True, stdout=subprocess.DEVNULL, cwd="/", timeout=_START)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        server = Server(folder, programs, port)
        yield server
    finally:
        if server is not None:
            server.end()
        shutil.rmtree(folder, ignore_errors=True)
