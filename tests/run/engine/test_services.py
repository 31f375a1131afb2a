"""A run over two services: each has its own pace, balance and end, and what is bought of the other goes on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import pairwise

import pytest
from world import PACE, World

from seedspec import api
from seedspec.compiler.entry import Entry
from seedspec.lock.event import Event
from seedspec.lock.purchase_events import Saved, Submitting
from seedspec.lock.run_events import Delayed, Held, RunFinished, Stopped
from seedspec.run.engine.engine import Engine
from seedspec.run.engine.messages import (
    Balance,
    Call,
    Create,
    Credits,
    Read,
    Refused,
    Reply,
    Task,
    Trouble,
    Unknown,
)
from seedspec.run.engine.purchase import Limits, Pace
from seedspec.run.engine.terms import Terms
from seedspec.run.loop import drive

OWN, OTHER = "evolink", "ark"
BOTH = """\
seedspec: 1
defaults: {duration: 4}
matrix: {axes: {model: {evo: seedance-2.0-reference-to-video, ark: ark-seedance-2.0}}}
shots:
"""
FOUR = BOTH + "".join(f'  - {{id: s{n}, prompt: "{n}"}}\n' for n in range(4))
TAKES = BOTH + '  - {id: s, takes: 3, prompt: "s"}\n'
CHAIN = """\
seedspec: 1
model: seedance-2.0-reference-to-video
defaults: {duration: 4}
shots:
  - {id: a, model: ark-seedance-2.0, prompt: "a"}
  - {id: b, prompt: "b {{ ref('p') }}", references: {p: {shot: a}}}
  - {id: c, prompt: "c {{ ref('p') }}", references: {p: {shot: b}}}
  - {id: d, takes: 2, prompt: "d"}
"""
Says = Callable[[Call, int], Reply | None]


@dataclass
class Services(World):
    """Two services; `ark` answers what `says` gives for a call and how many of its kind went before, else as usual."""

    says: Says = lambda call, before: None
    asked: list[tuple[float, Call]] = field(default_factory=list)

    def _answer(self, call: Call) -> Reply:
        of = _provider(call)
        before = sum(type(c) is type(call) and _provider(c) == of for _, c in self.asked)
        self.asked.append((self.clock, call))
        said = self.says(call, before) if of == OTHER else None
        return super()._answer(call) if said is None else said

    def go(self, entries: Sequence[Entry], limits: Limits, pace: Pace) -> list[Event]:
        terms = Terms(lambda code: "again" if code == "service_error" else "asked", 3, 86400)
        machine = Engine(
            name="model",
            plan=self.plan(entries, self.lock(), retry=False, others=()),
            pace=pace,
            limits=limits,
            key=lambda: f"key-{self._count('keys')}",
            terms=terms,
            services={OTHER: terms},
        )
        return list(drive(machine, self, self, clock=self.moment, stopping=lambda: self.steps > 250))

    def sent(self, provider: str) -> list[float]:
        """The clocks of the paid requests to a service."""
        return [clock for clock, call in self.asked if isinstance(call, Create) and call.provider == provider]


Run = Callable[..., tuple[Services, list[Event]]]


def _provider(call: Call) -> str:
    return str(getattr(call, "provider", ""))


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Runs a storyboard in which `ark` answers in some way."""

    @cache
    def entries(text: str) -> Sequence[Entry]:
        board = tmp_path_factory.mktemp("services") / "storyboard.yaml"
        board.write_text(text, encoding="utf-8")
        made = api.compile(board)
        assert made.ok, made.diagnostics
        return made.entries

    def go(text: str, says: Says, limits: Limits | None = None, pace: Pace = PACE) -> tuple[Services, list[Event]]:
        world = Services(lambda n: 0, Counter(), says=says)
        return world, world.go(entries(text), limits or Limits(), pace)

    return go


def ended(events: list[Event]) -> RunFinished:
    assert isinstance(events[-1], RunFinished)
    return events[-1]


def saved(events: list[Event]) -> Counter[str]:
    """How many videos of each service were saved, by the label of its model."""
    return Counter("ark" if "ark" in e.entry else "evo" for e in events if isinstance(e, Saved))


def plainly(call: Call, before: int) -> Reply | None:
    return None


def test_both_are_bought_of_at_once_and_each_keeps_its_own_rate(run: Run) -> None:
    world, events = run(FOUR, plainly, None, replace(PACE, submit_every=10.0))
    assert (ended(events).exit, saved(events)) == (0, {"evo": 4, "ark": 4})
    for provider in (OWN, OTHER):
        times = world.sent(provider)
        assert all(after - before >= 10 for before, after in pairwise(times)), times
        assert times[-1] < 40, "one does not wait for the pace of the other"
    assert [c.provider for _, c in world.asked if isinstance(c, Balance)] == [OWN, OTHER]


def test_one_that_refuses_for_now_slows_itself_alone(run: Run) -> None:
    def slow(call: Call, before: int) -> Reply | None:
        return Refused("later", "rate_limit_exceeded", "slow down") if isinstance(call, Create) and before < 3 else None

    for text, limits in ((FOUR, None), (FOUR, Limits(entries=100)), (TAKES, None)):
        world, events = run(text, slow, limits)
        alone, _ = run(text, plainly, limits)
        assert ended(events).exit == 0 and ended(events).saved == len(world.tasks)
        assert world.sent(OWN)[-1] <= alone.sent(OWN)[-1], "the pace of the other is as it was"
        assert world.sent(OTHER)[-1] > max(alone.sent(OTHER)[-1], world.sent(OWN)[-1])


def test_a_bounded_run_keeps_the_order_of_the_takes_over_all_its_services(run: Run) -> None:
    """Otherwise the takes 2 of one service would use up the budget of takes 1 of another."""

    def slow(call: Call, before: int) -> Reply | None:
        return Refused("later", "rate_limit_exceeded", "slow down") if isinstance(call, Create) and before < 2 else None

    world, events = run(TAKES, slow, Limits(entries=2))
    assert (ended(events).exit, saved(events)) == (4, {"evo": 1, "ark": 1})
    assert [e.provider for e in events if isinstance(e, Stopped)] == [""], "a bound is the whole run's"
    assert len(world.tasks) == 2


ENDS: list[tuple[str, type[Call], Reply, int, str]] = [
    ("an empty balance", Balance, Credits(0), 5, "the account has no credits left"),
    ("a bad key", Balance, Trouble("HTTP 401", stop=True), 5, "HTTP 401"),
    ("out of reach", Balance, Trouble("no answer"), 7, "no answer"),
    ("a refusal of all", Create, Refused("stop", "quota", "pay first"), 5, "pay first"),
    ("doubts", Create, Unknown("cut"), 8, "3 paid requests in a row had no clear answer"),
    ("busy for good", Create, Refused("later", "429", "busy"), 7, "refused 4 times in a row: busy"),
]


@pytest.mark.parametrize("text", [FOUR, TAKES])
@pytest.mark.parametrize(("kind", "reply", "exit", "why"), [e[1:] for e in ENDS], ids=[e[0] for e in ENDS])
def test_what_ends_the_buying_at_one_lets_the_other_go_on(
    run: Run, kind: type[Call], reply: Reply, exit: int, why: str, text: str
) -> None:
    for limits in (Limits(), Limits(units=10**9)):
        _, events = run(text, lambda call, before: reply if isinstance(call, kind) else None, limits)
        assert saved(events) == {"evo": 4 if text == FOUR else 3}
        assert ended(events).exit == exit
        (stopped,) = [e for e in events if isinstance(e, Stopped)]
        assert (stopped.provider, stopped.message.startswith("`ark`: ")) == (OTHER, True)
        assert why in stopped.message


def test_requests_refused_alike_in_a_row_are_counted_at_each_service(run: Run) -> None:
    def refuses(call: Call, before: int) -> Reply | None:
        return Refused("failed", "policy", "no") if isinstance(call, Create) else None

    world, events = run(FOUR.replace("id: s0", "id: s0, takes: 3"), refuses, Limits(retry=True))
    assert saved(events) == {"evo": 6}
    (stopped,) = [e for e in events if isinstance(e, Stopped)]
    assert "5 requests in a row" in stopped.message and len(world.sent(OTHER)) == 5
    assert (ended(events).exit, ended(events).failed) == (1, 5)


def test_what_is_under_way_at_a_service_that_ends_the_buying_is_saved(run: Run) -> None:
    def second(call: Call, before: int) -> Reply | None:
        return Refused("stop", "quota", "pay first") if isinstance(call, Create) and before == 1 else None

    world, events = run(FOUR, second)
    assert saved(events) == {"evo": 4, "ark": 1} and len(world.sent(OTHER)) == 2
    assert (ended(events).exit, ended(events).waiting) == (5, 3)


def test_each_service_has_its_own_room(run: Run) -> None:
    """Tasks without an end at one take no slot of the other."""

    def endless(call: Call, before: int) -> Reply | None:
        return Task("running", 10, word="processing") if isinstance(call, Read) else None

    world, events = run(FOUR.replace("id: s0", "id: s0, takes: 3"), endless)
    assert saved(events) == {"evo": 6}
    running = len(world.sent(OTHER))
    assert ended(events).exit == 8 and running >= PACE.in_flight


def test_one_that_does_not_answer_reads_leaves_the_reads_of_the_other_alone(run: Run) -> None:
    def away(call: Call, before: int) -> Reply | None:
        return Trouble("HTTP 503", away=True) if isinstance(call, Read) else None

    _, events = run(FOUR, away)
    assert saved(events) == {"evo": 4}
    told = [e.reason for e in events if isinstance(e, Delayed) and e.step == "poll" and not e.fp]
    assert told and all(reason.startswith("`ark` cannot be reached") for reason in told), told
    assert ended(events).exit == 7 and ended(events).to_fetch > 0


def test_what_continues_a_video_that_is_not_bought_is_left_and_the_next_run_buys_it(run: Run) -> None:
    world, events = run(CHAIN, lambda call, n: Credits(0) if isinstance(call, Balance) else None)
    assert {e.entry for e in events if isinstance(e, Saved)} == {"d/1", "d/2"}
    assert [(e.entry, e.upstream, e.reason) for e in events if isinstance(e, Held)] == [
        ("b/1", "a/1", "it is not bought"),
        ("c/1", "b/1", "it is not finished"),
    ]
    assert (ended(events).exit, ended(events).waiting, ended(events).held) == (5, 3, 0)
    assert world.clock < 60, "it does not wait for what cannot come"


def test_the_balance_of_one_is_evidence_for_its_own_requests_alone(run: Run) -> None:
    _, events = run(FOUR, lambda call, n: Credits(7) if isinstance(call, Balance) else None)
    left = {e.entry: e.intent.left for e in events if isinstance(e, Submitting)}
    assert all(value is not None and (value <= 7) == ("ark" in entry) for entry, value in left.items()), left
