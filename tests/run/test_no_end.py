"""What must come to an end: buying without answers, waiting without a service, tasks without an end, a full budget."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from helpers import CANARY, HERO, LONGEST, QUICK, SMALL, Make, Project, Service, http_server, nearby

from seedspec.emulator.settings import Addresses
from seedspec.lock.purchase_events import Failed, Stuck
from seedspec.lock.record import Record
from seedspec.lock.run_events import Delayed, Held, Stopped

pytestmark = pytest.mark.slow

LONG_AGO = (datetime.now(UTC) - timedelta(hours=30)).strftime("%Y-%m-%dT%H:%M:%SZ")


def shots(many: int, more: str = "") -> str:
    rows = "".join(f'  - {{{{id: s{n}, prompt: "{{name}} {n}{more}"}}}}\n' for n in range(many))
    head = SMALL.partition("shots:")[0] if not more else HERO.partition("shots:")[0]
    return f"{head}shots:\n{rows}"


# --- unclear answers ---


def test_three_unclear_answers_in_a_row_end_the_buying(project: Make, tmp_path: Path) -> None:
    with nearby(tmp_path / "service", "server-error=502@2,3,4") as service:
        found = project(shots(7), at=service)
        events = found.here()
        assert events[-1].exit == 8 and (events[-1].doubt, events[-1].saved) == (3, 1), events[-1]
        (stopped,) = [e for e in events if isinstance(e, Stopped)]
        assert (stopped.code, stopped.exit) == ("doubt", 8)
        assert len(service.ledger("reserved")) == 1, "what runs is followed, and nothing more is sent"
        told = found.do("run", "--max-entries", "0")
        assert "seedspec settle s1/1" in told.out and "`seedspec settle` lists the commands" in told.out
        assert "`seedspec settle s2/1`" in found.do("plan").out
        status = found.do("status")
        assert "for 3 in doubt" in status.out and status.code == 8
        steps = json.loads(found.do("status", "--format", "json").out)["steps"]
        assert [s.get("settle") for s in steps][:3] == [None, "seedspec settle s1/1", "seedspec settle s2/1"]


def test_an_unclear_answer_now_and_then_ends_nothing(project: Make, tmp_path: Path) -> None:
    with nearby(tmp_path / "service", "server-error=502@1,2,4,5") as service:
        found = project(shots(6), at=service)
        events = found.here()
        assert (events[-1].doubt, events[-1].saved) == (4, 2)
        assert not any(isinstance(e, Stopped) for e in events)


def test_several_doubts_are_listed_in_order_and_settled_at_once(project: Make, tmp_path: Path) -> None:
    board = SMALL.replace("{{id: one,", "{{id: one, takes: 3,")
    with nearby(tmp_path / "service", "lost-reply@3", "server-error=502@1,4") as service:
        found = project(board, at=service)  # two/1 is the second request
        assert found.here()[-1].exit == 8
        taken = service.ledger("reserved")[1]["task"]
        for words in ((), ("one",)):
            shown = found.do("settle", *words)
            assert shown.code == 8
            assert f"    seedspec settle one/2 --task {taken}  # it was taken" in shown.out
            heads = [line for line in shown.out.splitlines() if line.endswith(": in doubt")]
            assert heads == ["one/1: in doubt", "one/2: in doubt", "one/3: in doubt"]
            assert shown.out.splitlines()[-1] == "  seedspec settle one/1 one/2 one/3 --not-billed"
        waiting = json.loads(found.do("settle", "--format", "json").out)["waiting"]
        credits = [w["evidence"]["credits"] for w in waiting]
        assert [w["entry"] for w in waiting] == ["one/1", "one/2", "one/3"]
        assert all(c["before"] > 0 and c["gone"] == round(c["gone"], 4) for c in credits)
        vague = found.do("settle", "one", "--not-billed")
        assert vague.code == 2 and "name each of them" in vague.err and "one/3" in vague.err
        assert found.do("settle", "one/1", "one/3", "--task", taken).code == 2
        assert found.do("settle", "--not-billed").code == 2
        assert found.do("settle", "one/1", "one/3", "storyboard.yaml", "--not-billed").code == 0
        assert found.do("settle", "one/2", "--task", taken).code == 0
        assert found.do("settle").code == 0
        assert found.here()[-1].exit == 0
        assert len(service.ledger("reserved")) == 4, "each of four videos once"


def test_the_bytes_of_a_doubt_outlive_a_take_that_was_taken(project: Make, tmp_path: Path) -> None:
    board = SMALL.replace("{{id: one,", "{{id: one, takes: 2,")
    with nearby(tmp_path / "service", "lost-reply@1", idempotency=True) as service:
        found = project(board, at=service)
        assert found.here()[-1].exit == 8
        assert found.states() == {"one/1": "doubt", "two/1": "saved", "one/2": "saved"}
        assert found.do("settle", "one/1", "--resend").code == 0
        assert found.here()[-1].exit == 0
        assert len(service.ledger("reserved")) == 3
        assert not list(found.folder.rglob("*.sent/*"))


# --- the budget ---


def test_a_budget_equal_to_the_price_buys(project: Make) -> None:
    found = project(SMALL)
    assert found.do("run", "--yes", "--max-credits", "25.1099").code == 4
    assert not found.service.ledger("reserved", found.name)
    assert found.do("run", "--yes", "--max-credits", "50.22").code == 0
    assert len(found.service.ledger("reserved", found.name)) == 2


@pytest.mark.parametrize("resumed", [False, True])
def test_a_task_that_failed_gives_its_share_back(project: Make, tmp_path: Path, resumed: bool) -> None:
    """The same in the run that bought it and in a later one: what failed leaves room for its next attempt."""
    with nearby(tmp_path / "service", "failed=service_error@1") as service:
        found = project(SMALL, at=service)
        if resumed:
            assert found.here(wait=False, max_entries=1)[-1].exit == 4
        events = found.here(max_credits=51)
        assert events[-1].exit == 0, events
        assert sum(isinstance(e, Failed) for e in events) == 1
        assert set(found.states().values()) == {"saved"}


# --- a service that is away, and a process that stands still ---


@contextmanager
def between(service: Service) -> Iterator[tuple[Service, Any]]:
    """A way to the service on which `way.answer` may change the status and the body of what reads of tasks are told."""
    from urllib.error import HTTPError
    from urllib.request import Request, urlopen

    class Way:
        reads = 0

        def answer(self, status: int, body: bytes) -> tuple[int, bytes]:
            return status, body

    way = Way()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            kept = {
                k: v
                for k, v in self.headers.items()
                if k.lower() in ("authorization", "content-type", "idempotency-key")
            }
            asked = Request(service.addresses.api + self.path, body or None, kept, method=self.command)
            try:
                with urlopen(asked, timeout=LONGEST) as found:
                    status, said = found.status, found.read()
            except HTTPError as error:
                status, said = error.code, error.read()
            if self.path.startswith("/v1/tasks"):
                way.reads += 1
                status, said = way.answer(status, said)
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        do_GET = do_POST = handle_any

    with http_server(Handler) as port:
        address = f"http://127.0.0.1:{port}"
        yield Service(Addresses(**{**_fields(service.addresses), "api": address}), service.folder), way


def _fields(addresses: Addresses) -> dict[str, Any]:
    return {name: getattr(addresses, name) for name in addresses.__slots__}


def test_a_service_that_is_away_is_one_line_and_all_goes_on(project: Make, tmp_path: Path) -> None:
    from dataclasses import replace

    with nearby(tmp_path / "service") as real, between(real) as (service, way):
        found = project(shots(7), at=service)
        assert found.here(wait=False)[-1].exit == 7
        way.answer = lambda status, body: (503, b"<html>away</html>") if way.reads < 12 else (status, body)
        events = found.here(pace=replace(QUICK, outage=60))
        assert events[-1].exit == 0 and events[-1].saved == 7, events[-1]
        lines = [e for e in events if isinstance(e, Delayed)]
        assert len(lines) == 1 and "the service cannot be reached: reading waits (7 tasks)" in lines[0].reason
        assert len(real.ledger("reserved")) == 7


def test_a_service_that_stays_away_leaves_all_to_the_next_run(project: Make, tmp_path: Path) -> None:
    with nearby(tmp_path / "service") as real, between(real) as (service, way):
        found = project(shots(3), at=service)
        way.answer = lambda status, body: (502, b"<html>away</html>")
        events = found.here()
        assert events[-1].exit == 7
        assert [e.wait is None for e in events if isinstance(e, Delayed)] == [False, True]
        way.answer = lambda status, body: (status, body)
        assert found.here()[-1].exit == 0
        assert len(real.ledger("reserved")) == 3


WAITER = """\
import sys
from pathlib import Path
from seedspec.compiler.entry import digest
from seedspec.lock.purchase_events import Intent, Submitting
from seedspec.project import sources
from seedspec.run.engine.messages import Create
from seedspec.run.settle import ask
from seedspec.run.store.downloads import Downloads
from seedspec.project.credentials import Key, origins_of
from seedspec.run.service.client import Client
from seedspec.run.service.public_web import Deadlines

provider, body, here = sources.schemas()["evolink/provider.json"], b'{"prompt":"x"}', Path(sys.argv[2])
intent = Submitting("a/1", "f" * 64, 1, 1, {}, Intent("seedspec-0123456789", digest(body), ""), 1, "")
origins = origins_of(provider, {"EVOLINK_BASE_URL": sys.argv[1], "EVOLINK_FILES_URL": sys.argv[1]})
wait = Deadlines(create=float(sys.argv[4]), silence=0.5)
exchange = Client(provider, origins, Key(sys.argv[3]), Downloads(here), here, wait)
print(type(ask(exchange, Create("f" * 64, body, intent))).__name__)
exchange.close()
"""


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="no such signal here")
@pytest.mark.parametrize(("stopped", "create"), [(True, 2.0), (False, 60.0)])
def test_an_answer_that_came_while_the_process_stood_still_is_read(
    tmp_path: Path, stopped: bool, create: float
) -> None:
    """It is stopped for longer than its deadline, with the paid request under way; or the answer takes longer than
    one silent moment of a free call may."""
    asked, gone = threading.Event(), threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            asked.set()
            gone.wait(LONGEST)
            said = b'{"id":"task-unified-1-a"}'
            self.send_response(200)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

    with http_server(Handler) as port, waiting_process(tmp_path, port, create) as waiter:
        assert asked.wait(LONGEST)
        if stopped:
            waiter.send_signal(signal.SIGSTOP)
        threading.Event().wait(create + 1 if stopped else 1.5)
        gone.set()
        threading.Event().wait(0.5)
        waiter.send_signal(signal.SIGCONT)
        out, _ = waiter.communicate(timeout=LONGEST)
    assert out.decode().strip() == "Accepted"


@contextmanager
def waiting_process(folder: Path, port: int, create: float) -> Iterator[subprocess.Popen[bytes]]:
    """A process that sends a paid request to a port of this machine and prints what the answer is."""
    command = [sys.executable, "-c", WAITER, f"http://127.0.0.1:{port}", str(folder), CANARY, str(create)]
    environ = {**os.environ, "NO_PROXY": "127.0.0.1"}
    waiter = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=folder, env=environ)
    try:
        yield waiter
    finally:
        waiter.kill()
        waiter.wait()


# --- tasks without an end ---


def endless(word: str) -> Any:
    def answer(status: int, body: bytes) -> tuple[int, bytes]:
        said = json.loads(body)
        for row in said.get("data", [said]) if isinstance(said.get("data", []), list) else [said]:
            row["status"] = word
            row.pop("results", None)
        return status, json.dumps(said).encode()

    return answer


def grow_old(found: Project, entry: str) -> None:
    record = the(found, entry)
    found.rewrite(entry, intent={**record.get("intent"), "at": LONG_AGO})


def the(found: Project, entry: str) -> Record:
    return next(r for r in found.lock() if r.entry == entry and r.state != "failed")


@pytest.fixture
def stuck(project: Make, tmp_path: Path) -> Iterator[tuple[Project, Any]]:
    """A project whose first task never ends and is given up waiting for; its second is saved."""
    with nearby(tmp_path / "service") as real, between(real) as (service, way):
        found = project(SMALL, at=service)
        assert found.here(wait=False, max_entries=1)[-1].exit == 4
        grow_old(found, "one/1")
        way.answer = endless("processing")
        plan = found.do("plan")
        assert "in flight as task-unified-" in plan.out and "for 30 h" in plan.out
        events = found.here(submit=False)
        assert events[-1].exit == 8 and sum(isinstance(e, Stuck) for e in events) == 1
        way.answer = lambda status, body: (status, body)
        yield found, way


def test_a_task_without_an_end_is_no_longer_waited_for(stuck: tuple[Project, Any]) -> None:
    found, way = stuck
    record = the(found, "one/1")
    assert record.state == "running" and record.stuck is not None and record.stuck["word"] == "processing"
    assert found.lock_path.read_bytes().startswith(b'{"seedspec_lock":2}\n')
    way.answer = endless("processing")
    before = found.lock_path.read_bytes()
    again = found.here(submit=False)
    assert again[-1].exit == 8 and found.lock_path.read_bytes() == before, "looked at once, nothing new is written"
    for command in ("plan", "status", "why"):
        shown = found.do(command, *(["one"] if command == "why" else []))
        assert "30 h" in shown.out and "processing" in shown.out and "`seedspec settle one/1`" in shown.out, shown
    assert found.here(max_credits=30)[-1].exit == 8, "its share of the budget stays reserved"
    assert len(found.service.ledger("reserved")) == 1
    way.answer = lambda status, body: (status, body)
    done = found.here()
    assert done[-1].exit == 0, "an end that comes later is found"
    assert found.lock_path.read_bytes().startswith(b'{"seedspec_lock":1}\n')
    assert set(found.states().values()) == {"saved"}


def test_a_task_without_an_end_is_given_up_by_a_word(stuck: tuple[Project, Any]) -> None:
    found, _ = stuck
    [waiting] = json.loads(found.do("settle", "--format", "json").out)["waiting"]
    assert (waiting["last_word"], waiting["evidence"], waiting["why"]) == ("processing", None, None)
    shown = found.do("settle")
    assert shown.code == 8 and "last word   processing" in shown.out and "--resend" not in shown.out
    assert found.do("settle", "one", "--resend").code == 2
    assert found.do("settle", "one", "--not-billed").code == 0
    (record,) = [r for r in found.lock() if r.entry == "one/1"]
    assert record.state == "failed" and record.get("failure")["code"] == "abandoned"
    assert found.here(submit=False)[-1].bought == 0
    assert found.here(retry_failed=True)[-1].exit == 0
    assert len(found.service.ledger("reserved")) == 3, "bought again by a person's word alone"


def test_another_task_takes_the_place_of_one_without_an_end(stuck: tuple[Project, Any]) -> None:
    found, _ = stuck
    first = the(found, "one/1").task
    found.here(wait=False)
    other = found.service.ledger("reserved")[-1]["task"]
    lines = [json.loads(line) for line in found.lock_path.read_bytes().splitlines()]
    kept = [{k: v for k, v in line.items() if k != "crc"} for line in lines if line.get("task") != other]
    found.lock_path.write_text("".join(json.dumps(line) + "\n" for line in kept))
    assert found.do("settle", "one", "--task", other).code == 0
    assert {r.task for r in found.lock() if r.entry == "one/1"} == {first, other}, "no receipt is dropped"
    assert the(found, "one/1").task == other


@pytest.mark.parametrize("word", ["expired", "timeout", "canceled"])
def test_a_word_that_says_it_is_over_is_an_end(word: str, project: Make, tmp_path: Path) -> None:
    with nearby(tmp_path / "service") as real, between(real) as (service, way):
        way.answer = endless(word)
        found = project(SMALL, at=service)
        assert found.here()[-1].exit == 1
        code = "request_cancelled" if word == "canceled" else word
        assert {r.get("failure")["code"] for r in found.lock()} == {code}


def test_a_word_that_is_not_known_is_warned_of_once(project: Make, tmp_path: Path) -> None:
    with nearby(tmp_path / "service") as real, between(real) as (service, way):
        strange = endless("frozen")
        way.answer = lambda status, body: strange(status, body) if way.reads < 8 else (status, body)
        found = project(SMALL, at=service)
        events = found.here()
        assert events[-1].exit == 0
        assert ["frozen" in e.reason for e in events if isinstance(e, Delayed)] == [True]


# --- refusals that share a medium ---


def test_a_medium_that_all_refusals_have_in_common_holds_the_rest(project: Make, tmp_path: Path) -> None:
    board = shots(5, " {{{{ ref('hero') }}}}") + '  - {{id: plain, prompt: "{name} plain"}}\n'
    with nearby(tmp_path / "service", "refused=content_policy_violation@2,3,4") as service:
        found = project(board, at=service)  # the first request is the one that waits for no upload
        events = found.here()
        held = [e for e in events if isinstance(e, Held)]
        assert [(e.entry, e.upstream) for e in held] == [("s3/1", "hero.png"), ("s4/1", "hero.png")]
        assert "--retry-failed" in held[0].reason
        assert events[-1].exit == 1 and found.states()["plain/1"] == "saved"
        again = [e for e in found.here() if isinstance(e, Held)]
        assert [e.entry for e in again] == ["s3/1", "s4/1"], "the next run knows it from the lock"
        assert len(service.ledger("reserved")) == 1
        assert found.here(retry_failed=True)[-1].saved == 2, "a person's word overrides it"
