"""Callbacks to a real server on loopback."""

from __future__ import annotations

import asyncio
import json
import queue
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest

from seedspec.emulator import callbacks

if TYPE_CHECKING:
    from tests.emulator.conftest import Start

Arrival = tuple[str, str, dict[str, Any]]


class Hook:
    """A server that answers each POST with the next status of a list, then with 200."""

    def __init__(self) -> None:
        self.arrived: queue.Queue[Arrival] = queue.Queue()
        self.statuses: list[int] = []
        hook = self

        class Answers(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                hook.arrived.put((self.path, self.headers["Content-Type"], body))  # before the answer, which is counted
                status = hook.statuses.pop(0) if hook.statuses else 204
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook?ref=1"


@pytest.fixture
def hook() -> Iterator[Hook]:
    made = Hook()
    thread = Thread(target=made.server.serve_forever, args=(0.02,))
    thread.start()
    yield made
    made.server.shutdown()
    thread.join()
    made.server.server_close()


QUICK = {"local_callbacks": True, "callback_waits": (0, 0, 0)}


@pytest.mark.parametrize("faults", [(), ("failed=unknown_error",)])
def test_a_callback_is_what_a_read_gives_and_comes_after_the_bill(start: Start, hook: Hook, faults: tuple[str]) -> None:
    emulator = start(*faults, **QUICK)
    task = emulator.create(callback_url=hook.url)["id"]
    path, kind, body = hook.arrived.get(timeout=20)
    assert (path, kind) == ("/hook?ref=1", "application/json")
    read = emulator.read(task)
    for shown in (body, read):
        if "results" in shown:
            shown["results"] = [url.partition("?")[0] for url in shown["results"]]
    assert body == read
    assert body["status"] == ("failed" if faults else "completed")
    [line] = emulator.until(lambda: emulator.ledger("callback"), bool)
    assert (line["task"], line["delivered"], line["outcomes"]) == (task, True, [204])
    events = [line["event"] for line in emulator.ledger()]
    assert events.index("refunded" if faults else "charged") < events.index("callback")


@pytest.mark.parametrize(
    ("statuses", "outcomes"),
    [
        ([500], [500, 204]), ([404, 302, 500], [404, 302, 500, 204]), ([500, 500, 500, 500], [500, 500, 500, 500]),
        ([299], [299]), ([199 + 101], [300, 204]),
    ],
)  # fmt: skip
def test_anything_but_2xx_is_tried_again_three_times(
    start: Start, hook: Hook, statuses: list[int], outcomes: list[int]
) -> None:
    hook.statuses = statuses
    emulator = start(**QUICK)
    emulator.create(callback_url=hook.url)
    [line] = emulator.until(lambda: emulator.ledger("callback"), bool)
    assert line["outcomes"] == outcomes
    assert line["delivered"] is (200 <= outcomes[-1] < 300)
    assert hook.arrived.qsize() == len(outcomes)


@pytest.mark.slow
def test_a_host_that_does_not_answer(start: Start, hook: Hook) -> None:
    emulator = start(**QUICK, callback_timeout=0.2)
    hook.server.shutdown()
    emulator.create(callback_url=hook.url)
    [line] = emulator.until(lambda: emulator.ledger("callback"), bool)
    assert len(line["outcomes"]) == 4 and not line["delivered"]


def test_a_callback_is_delivered_after_a_restart_and_only_once(run: Any, hook: Hook) -> None:
    with run("slow-task=0.5", **QUICK) as emulator:
        task = emulator.create(callback_url=hook.url)["id"]
    for _ in range(2):
        with run(**QUICK) as emulator:
            emulator.finish(task)
            emulator.until(lambda: emulator.ledger("callback"), bool)
    assert hook.arrived.qsize() == 1


def test_a_public_callback_never_leaves_this_machine(start: Start) -> None:
    emulator = start(**QUICK)
    emulator.create(callback_url="https://hooks.example.com/x")
    [line] = emulator.until(lambda: emulator.ledger("callback"), bool)
    assert (line["delivered"], line["outcomes"]) == (False, ["not sent"])


def test_a_callback_is_delivered_by_a_status_of_success_alone() -> None:
    assert [callbacks.is_delivered(outcome) for outcome in (199, 200, 299, 300, "timed out")] == [
        False, True, True, False, False,
    ]  # fmt: skip


def test_why_there_was_no_answer_is_said_in_words(hook: Hook) -> None:
    assert callbacks.post("nonsense", b"{}", timeout=5) == "unknown url type: 'nonsense'"
    assert "refused" in str(callbacks.post("http://127.0.0.1:1/hook", b"{}", timeout=5))
    hook.statuses = [302, 500, 201]
    assert [callbacks.post(hook.url, b'{"a": 1}', timeout=20) for _ in range(4)] == [302, 500, 201, 204]
    assert [hook.arrived.get(timeout=20) for _ in range(4)] == [("/hook?ref=1", "application/json", {"a": 1})] * 4


def test_it_is_tried_again_until_it_is_delivered(hook: Hook) -> None:
    def outcomes(*waits: float) -> list[int | str]:
        with ThreadPoolExecutor(1) as executor:
            return asyncio.run(callbacks.deliver(hook.url, b"{}", waits=waits, timeout=20, executor=executor))

    hook.statuses = [500, 404, 200, 200]
    assert outcomes(0, 0.001, 0) == [500, 404, 200] and hook.statuses == [200]
    hook.statuses = [500, 500, 500]
    assert outcomes(0) == [500, 500] and hook.statuses == [500]
