"""Connections of an exchange, counted at the other end: how many at one time, which are used again, and when not."""

from __future__ import annotations

import asyncio
import signal
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import orjson
import pytest

from seedspec.lock.purchase_events import Intent, Submitting
from seedspec.project.credentials import BadSettings, Key, Origins
from seedspec.project.sources import schemas
from seedspec.run.engine.messages import Accepted, Create, Read, Reply, Task
from seedspec.run.service.client import Client
from seedspec.run.service.lanes import CONNECTIONS
from seedspec.run.service.loop_thread import LoopThread
from seedspec.run.service.public_web import environment
from seedspec.run.store.downloads import Downloads

PROVIDER = schemas()["evolink/provider.json"]
TASK = "task-unified-1757165031-seedance2"
ANSWER = orjson.dumps({"id": TASK, "status": "processing", "progress": 10})


@dataclass
class Door:
    """A server's side of the connections: which request came over which, and how many were answered at one time."""

    at_once: int
    before: Callable[[], object] = lambda: None
    requests: list[tuple[int, str]] = field(default_factory=list)
    opened: int = 0
    waiting: int = 0
    most: int = 0

    async def met(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        number, self.opened = self.opened, self.opened + 1
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                for line in head.lower().split(b"\r\n"):
                    if line.startswith(b"content-length:"):
                        await reader.readexactly(int(line[15:]))
                self.requests.append((number, head.split(b" ")[0].decode()))
                self.waiting += 1
                self.most = max(self.most, self.waiting)
                for _ in range(200):  # answers when so many wait, or nobody else comes
                    if self.most >= self.at_once:
                        break
                    await asyncio.sleep(0.01)
                self.waiting -= 1
                self.before()
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(ANSWER), ANSWER))
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()


@contextmanager
def serving(at_once: int = 1, before: Callable[[], object] = lambda: None) -> Iterator[tuple[str, Door]]:
    door, loop = Door(at_once, before), asyncio.new_event_loop()
    server = loop.run_until_complete(asyncio.start_server(door.met, "127.0.0.1", 0))
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", door
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        server.close()
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def exchange(origin: str, folder: Path, *, emulated: bool = False) -> Client:
    origins, key = Origins(origin, origin), Key("sk-canary-7Jq2vXz9LmT4wRb8")
    return Client(PROVIDER, origins, key, Downloads(folder), folder, emulated=emulated)


def answers(one: Client, many: int) -> list[Reply]:
    found: list[Reply] = []
    for _ in range(1000):
        if len(found) == many:
            return found
        found += [reply for _, reply in one.wait(1.0)]
    raise AssertionError(f"{len(found)} of {many} answers")


def test_many_calls_have_sixteen_connections_and_the_rest_waits_its_turn(folder: Path) -> None:
    with serving(at_once=CONNECTIONS) as (origin, door):
        one = exchange(origin, folder)
        for number in range(3 * CONNECTIONS):
            one.start(Read(f"{number:064x}", TASK))
        found = answers(one, 3 * CONNECTIONS)
        one.close()
    assert all(isinstance(reply, Task) for reply in found)
    assert door.most == door.opened == CONNECTIONS


def test_calls_one_after_another_keep_to_one_connection(folder: Path) -> None:
    with serving() as (origin, door):
        one = exchange(origin, folder)
        for number in range(10):
            one.start(Read(f"{number:064x}", TASK))
            answers(one, 1)
        one.close()
    assert door.opened == 1 and len(door.requests) == 10


def test_a_paid_request_has_a_connection_of_its_own(folder: Path) -> None:
    intent = Submitting("a/1", "f" * 64, 1, 1, {}, Intent("seedspec-0123456789abcdef", "0" * 64, ""), 1, "")
    with serving() as (origin, door):
        one = exchange(origin, folder)
        for _ in range(2):
            one.start(Read("f" * 64, TASK))
            assert isinstance(answers(one, 1)[0], Task)
            one.start(Create("f" * 64, b"{}", intent))
            assert isinstance(answers(one, 1)[0], Accepted)
        one.close()
    by = {method: {number for number, m in door.requests if m == method} for method in ("GET", "POST")}
    assert len(by["GET"]) == 1 and len(by["POST"]) == 2 and not by["GET"] & by["POST"]


def test_waiting_for_nothing_ends_at_once_or_in_time(folder: Path) -> None:
    with serving() as (origin, _):
        one = exchange(origin, folder)
        assert one.wait(None) == [] and one.wait(0) == [] and one.wait(0.01) == []
        one.start(Read("f" * 64, TASK))
        assert isinstance(answers(one, 1)[0], Task)
        assert one.wait(None) == []
        one.close()


def test_certificates_are_loaded_when_something_is_to_be_asked(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(folder / "none.pem"))
    idle = exchange("http://127.0.0.1:9", folder)
    assert idle.wait(0) == []
    for begin in (idle.ready, lambda: idle.start(Read("f" * 64, TASK))):
        with pytest.raises(BadSettings, match="certificates"):
            begin()
    idle.close()


def test_an_emulator_that_is_asked_over_plain_http_needs_none(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(folder / "none.pem"))
    plain = exchange("http://127.0.0.1:9", folder, emulated=True)
    plain.ready()
    plain.close()
    with pytest.raises(BadSettings, match="certificates"):
        exchange("https://127.0.0.1:9", folder, emulated=True).ready()


def test_without_certificates_nobody_is_trusted() -> None:
    with environment(tls=False) as trust:
        assert trust.verify_mode is ssl.CERT_REQUIRED and trust.check_hostname and not trust.get_ca_certs()


@pytest.mark.slow
def test_it_can_be_closed_at_any_moment(folder: Path) -> None:
    """Also while answers are there that nobody has taken yet: more of them than one come in at the same time."""
    for round in range(20):
        with serving(at_once=CONNECTIONS) as (origin, _):
            one = exchange(origin, folder)
            for number in range(CONNECTIONS):
                one.start(Read(f"{number:064x}", TASK))
            for _ in range(1 + round % 3):
                one.wait(1.0)
            one.close()


@pytest.fixture
def interruptible() -> Iterator[None]:
    """SIGINT is a KeyboardInterrupt, also where whoever started the tests had it ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def interrupt() -> None:
    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)


def test_a_reply_that_a_broken_wait_did_not_give_is_given_by_the_next(folder: Path, interruptible: None) -> None:
    """The wait is broken off by Ctrl-C, which the server sends before it answers."""
    with serving(before=interrupt) as (origin, door):
        one = exchange(origin, folder)
        with pytest.raises(KeyboardInterrupt):
            one.start(Read("f" * 64, TASK))
            while True:
                assert one.wait(10.0) == []
        assert [type(reply) for _, reply in one.wait(None)] == [Task]
        one.close()
    assert len(door.requests) == 1


def test_it_works_while_a_loop_runs_in_the_thread_of_its_caller_and_leaves_no_thread(folder: Path) -> None:
    async def main(origin: str) -> list[Reply]:
        one = exchange(origin, folder)
        one.start(Read("f" * 64, TASK))
        try:
            return answers(one, 1)
        finally:
            one.close()

    before = set(threading.enumerate())
    with serving() as (origin, _):
        assert [type(reply) for reply in asyncio.run(main(origin))] == [Task]
    assert set(threading.enumerate()) == before


def test_a_generator_that_is_collected_on_the_thread_of_the_network_stops_nothing(folder: Path) -> None:
    """The collector may close an abandoned run on any thread, so on the one that the run would wait for."""
    thread, ended = LoopThread(), threading.Event()

    async def nothing() -> None: ...

    def close() -> None:
        with pytest.raises(RuntimeError, match="cannot wait for itself"):
            thread.result(nothing())
        thread.close()
        ended.set()

    thread.begin(close)
    assert ended.wait(10)
