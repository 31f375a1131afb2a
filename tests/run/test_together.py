"""Many tasks are read at once where the service offers it, and the agenda finds what looking at every job would."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
import pytest
from helpers import Make, nearby

from seedspec import api
from seedspec.compiler.entry import Entry
from seedspec.lock.lock import Lock
from seedspec.plan.planner import make_plan
from seedspec.plan.rules import Rules
from seedspec.project.sources import schemas
from seedspec.run.engine.admission import admit
from seedspec.run.engine.messages import NotOffered, Reply, Task, Tasks, Trouble
from seedspec.run.engine.purchase import Limits, Moment, Pace, Phase, Purchase
from seedspec.run.engine.queue import FETCH, HAD, READ, Queue
from seedspec.run.engine.sums import sums
from seedspec.run.service.responses import HttpResponse
from seedspec.run.service.responses import Rules as Meaning

pytestmark = pytest.mark.slow

MEANING = Meaning(schemas()["evolink/provider.json"], local=False)
MANY = """\
seedspec: 1
model: seedance-2.0-reference-to-video
defaults: {{duration: 4, quality: 480p}}
matrix: {{axes: {{n: [LABELS]}}}}
shots:
  - {{id: one, prompt: "{name} {{{{ n }}}}"}}
"""
PACE = Pace(
    submit_every=0, poll=0.3, poll_most=0.4, announced=0, wait=0.05, wait_most=0.2, reads=2, in_flight=64, outage=0
)


def answer(status: int, body: Any) -> HttpResponse:
    return HttpResponse(status, {}, body if isinstance(body, bytes) else orjson.dumps(body))


ROW = {"id": "a", "status": "processing", "progress": 10}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (answer(200, {"data": []}), Tasks({})),
        (answer(200, {"data": [ROW]}), Tasks({"a": Task("running", 10, word="processing")})),
        (
            answer(200, {"data": [None, 3, {"id": 7}, {"id": "b"}, ROW]}),
            Tasks({"a": Task("running", 10, word="processing")}),
        ),
        # what is completed and has no link here may have one when it is read alone
        (answer(200, {"data": [{"id": "a", "status": "completed"}]}), Tasks({})),
        (
            answer(200, {"data": [{"id": "a", "status": "completed", "results": ["https://m.example.com/x.mp4"]}]}),
            Tasks({"a": Task("completed", 100, ("https://m.example.com/x.mp4",))}),
        ),
        (answer(404, {"error": {"code": "not_found", "message": "no"}}), NotOffered()),
        (answer(405, b""), NotOffered()),
    ],
)
def test_an_answer_about_many(given: HttpResponse, expected: Reply) -> None:
    assert MEANING.read_many(given) == expected


@pytest.mark.parametrize("given", [answer(503, b""), answer(200, b"[]"), answer(200, {"data": {}}), answer(429, b"{}")])
def test_anything_else_is_trouble(given: HttpResponse) -> None:
    assert isinstance(MEANING.read_many(given), Trouble)


@pytest.mark.parametrize("faults", [(), ("no-batch",), ("poll-error=403@1",), ("poll-error=503@1,2",)], ids=str)
def test_tasks_are_read_together(faults: tuple[str, ...], project: Make, tmp_path: Path) -> None:
    """However the endpoint for many behaves, every video is had, and nothing stops the buying."""
    board = MANY.replace("LABELS", ", ".join(f"l{i}" for i in range(40)))
    with nearby(tmp_path / "service", *faults, seconds=0.8) as service:
        found = project(board, at=service)
        last = found.here(pace=PACE)[-1]
        assert (last.exit, last.saved) == (0, 40)
        assert len(service.ledger("reserved")) == 40


def entries(folder: Path) -> tuple[Entry, ...]:
    board = folder / "storyboard.yaml"
    board.write_text(
        "seedspec: 1\nmodel: seedance-2.0-reference-to-video\nmatrix: {axes: {n: [a, b, c]}}\nshots:\n"
        '  - {id: one, takes: 2, prompt: "one {{ n }}"}\n'
        "  - {id: two, prompt: \"two {{ n }} {{ ref('p') }}\", references: {p: {shot: one}}}\n"
        "  - {id: three, takes: 3, prompt: \"three {{ ref('p') }}\", references: {p: {shot: two}}}\n"
        '  - {id: four, takes: 2, prompt: "four {{ n }}"}\n',
        encoding="utf-8",
    )
    made = api.compile(board)
    assert made.ok, made.diagnostics
    return made.entries


def open_jobs(jobs: Mapping[str, Purchase], *, in_order: bool) -> list[Purchase]:
    """By looking at every job: those that wait for no other video, and whose turn it is."""
    waiting = [j for j in jobs.values() if j.phase is Phase.WAITING]
    first = min((j.turn for j in waiting), default=0)
    ups = {j.name: [jobs[m.key] for m in j.entry_to_buy.upstream if m.key in jobs] for j in waiting}
    free = [j for j in waiting if all(u.phase in HAD for u in ups[j.name])]
    return [j for j in free if not in_order or j.turn <= first]


@pytest.mark.parametrize("in_order", [True, False])
def test_the_agenda_finds_what_looking_at_every_job_finds(tmp_path: Path, in_order: bool) -> None:
    rules = Rules("renders", lambda code: "asked", lambda file: False, "2026-11-23T07:05:00Z")
    plan = make_plan(entries(tmp_path), Lock(), rules)
    lack = "f" * 64
    for seed in range(300):
        rng = random.Random(seed)
        jobs = admit(plan, Limits(), Pace(), Moment(1.0, datetime(2026, 11, 23, tzinfo=UTC))).jobs
        agenda, clock = Queue(jobs, in_order=in_order), 1.0
        lane = agenda.lane("")
        lacking: set[str] = {n for n in jobs if rng.random() < 0.2}

        def lacks(job: Purchase, lacking: set[str] = lacking) -> str:
            return lack if job.name in lacking else ""

        for _ in range(60):
            clock += rng.random()
            job = rng.choice([j for j in jobs.values() if j.phase not in HAD])  # a video that is had stays so
            job.phase, job.due = rng.choice(list(Phase)), clock + rng.choice((0, 0, 1, 2))
            agenda.update(job)
            if rng.random() < 0.1 and lacking:
                lacking.clear()
                agenda.release(lack)
            lane.sort(lacks)
            ready = [j for j in open_jobs(jobs, in_order=in_order) if j.name not in lacking]
            now = [j for j in ready if j.due <= clock]
            assert lane.turn(clock, lacks) is (now[0] if now else None), f"seed {seed}"
            assert lane.any_turn == bool(open_jobs(jobs, in_order=in_order)), f"seed {seed}"
            for phases, first in ((READ, lane.next_read), (FETCH, agenda.next_download)):
                assert first == min((j.due for j in jobs.values() if j.phase in phases), default=None), f"seed {seed}"
            assert {p: n for p, n in agenda.counts.items() if n} == {
                p: n for p in Phase if (n := sum(j.phase is p for j in jobs.values()))
            }
        due = sorted((j.due, j.index) for j in jobs.values() if j.phase in READ and j.due <= clock + 1)
        assert [j.index for j in lane.reads(clock + 1)] == [i for _, i in due]


def test_what_may_be_bought_of_one_service_is_no_turn_of_another(tmp_path: Path) -> None:
    rules = Rules("renders", lambda code: "asked", lambda file: False, "2026-11-23T07:05:00Z")
    moment = Moment(1.0, datetime(2026, 11, 23, tzinfo=UTC))
    jobs = admit(make_plan(entries(tmp_path), Lock(), rules), Limits(), Pace(), moment).jobs
    agenda = Queue(jobs, lambda job: "later" if job.entry_to_buy.upstream else "first", in_order=False)
    assert [agenda.lane(name).any_turn for name in ("first", "later")] == [True, False]


def test_what_is_past_is_let_go_of_and_counted_unless_another_purchase_continues_it(tmp_path: Path) -> None:
    rules = Rules("renders", lambda code: "asked", lambda file: False, "2026-11-23T07:05:00Z")
    moment = Moment(1.0, datetime(2026, 11, 23, tzinfo=UTC))
    jobs = admit(make_plan(entries(tmp_path), Lock(), rules), Limits(), Pace(), moment).jobs
    own, agenda = dict(jobs), Queue(jobs, last=Phase.SAVED, in_order=True)
    continued = {m.key for j in own.values() for m in j.entry_to_buy.upstream}
    for job in own.values():
        job.phase, job.accepted, job.credits = Phase.SAVED, 1, 2.1
        agenda.update(job)
    assert {name for name, job in jobs.items() if job is own[name]} == continued
    assert len({id(job) for name, job in jobs.items() if name not in continued}) == 1
    found = sums(jobs.values(), (), 0, moment, past=agenda.past)
    assert (found.bought, found.saved, found.exit) == (len(own), len(own), 0)
    assert (found.units, found.credits) == (sum(j.units for j in own.values()), float(Decimal("2.1") * len(own)))
