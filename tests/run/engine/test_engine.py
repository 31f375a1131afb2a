"""The machine and the driver against a model of the world: in whatever order things come, nothing is bought twice."""

from __future__ import annotations

import gc
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any
from weakref import ref

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from world import PACE, Choose, World

from seedspec import api
from seedspec.compiler.entry import Entry
from seedspec.run.engine import engine
from seedspec.run.engine.messages import (
    Call,
    Create,
    Download,
    Expired,
    NotOffered,
    Read,
    ReadMany,
    Refused,
    Reply,
    Task,
    Trouble,
    Upload,
)
from seedspec.run.engine.purchase import Limits
from seedspec.run.engine.queue import Queue

BASE = """\
seedspec: 1
model: seedance-2.0-reference-to-video
defaults: {duration: 4, quality: 480p}
references: {hero: {image: hero.png}}
shots:
  - {id: a, takes: 2, prompt: "one"}
  - {id: b, prompt: "two {{ ref('hero') }}"}
  - {id: c, prompt: "on {{ ref('p') }}", references: {p: {shot: a}}}
"""
EDITS = (
    lambda text: text,
    lambda text: text.replace('"one"', '"another"'),
    lambda text: text.replace("takes: 2", "takes: 1").replace("{id: b", "{id: renamed"),
    lambda text: text + '  - {id: d, prompt: "four"}\n',
    lambda text: (
        text.replace("{shot: a}", "{shot: a, frame: last}")
        + "  - {id: e, prompt: \"{{ ref('p') }}\", references: {p: {shot: c, frame: 1.5}}}\n"
    ),
    lambda text: text.replace(", quality: 480p", "").replace("{id: a", "{id: a, model: ark-seedance-2.0"),
    lambda text: text.replace(", quality: 480p", "").replace("{id: c", "{id: c, model: ark-seedance-2.0"),
)


@pytest.fixture(scope="module")
def variants(tmp_path_factory: pytest.TempPathFactory, hero: Path) -> list[Sequence[Entry]]:
    """The storyboard as people edit it, and edit it back."""
    folder = tmp_path_factory.mktemp("variants")
    (folder / "hero.png").write_bytes(hero.read_bytes())
    found = []
    for number, edit in enumerate(EDITS):
        (folder / f"{number}.yaml").write_text(edit(BASE), encoding="utf-8")
        compiled = api.compile(folder / f"{number}.yaml")
        assert compiled.ok, compiled.diagnostics
        found.append(compiled.entries)
    return found


def scenario(choose: Choose, variants: Sequence[Sequence[Entry]], counts: Counter[str]) -> None:
    """Some runs of a storyboard that is edited between them, with people who settle doubts and files that get lost."""
    world = World(lambda n: choose(n) if n > 1 else 0, counts)
    counts["scenarios"] += 1
    for _ in range(1 + world.choose(6)):
        entries = variants[world.choose(len(variants))]
        limits = Limits(
            units=(None, 600_000)[world.choose(6) == 5],
            entries=(None, 2)[world.choose(6) == 5],
            submit=world.choose(6) != 5,
            wait=world.choose(8) != 7,
            fast=world.choose(6) == 5,
            orphans=world.choose(2) == 0,
        )
        cut = world.choose(len(entries)) if world.choose(5) == 4 else 0
        ended = world.run(entries[cut:], limits=limits, retry=world.choose(3) == 2, others=entries[:cut])
        counts[f"runs that {ended}"] += 1
        world.check()
        for entry in entries:
            if world.choose(2):
                world.settle(entry)
        if world.choose(4) == 3:
            world.lose_file()
        world.check()


@pytest.mark.slow
def test_nothing_is_bought_twice_or_lost(variants: list[Sequence[Entry]], tally: Counter[str], long: bool) -> None:
    counts: Counter[str] = Counter()

    @settings(
        max_examples=5_000 if long else 150, derandomize=not long, database=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(st.data())
    def check(data: st.DataObject) -> None:
        scenario(lambda n: data.draw(st.integers(0, n - 1)), variants, counts)

    check()
    told(counts, tally)


@pytest.mark.slow
def test_nothing_is_bought_twice_in_many_random_scenarios(
    variants: list[Sequence[Entry]], tally: Counter[str], long: bool
) -> None:
    counts: Counter[str] = Counter()
    for seed in range(100_000 if long else 1_000):
        try:
            scenario(random.Random(seed).randrange, variants, counts)
        except AssertionError as error:
            raise AssertionError(f"with seed {seed}: {error}") from error
    told(counts, tally)


def told(counts: Counter[str], tally: Counter[str]) -> None:
    """The model asserts at every acceptance that nothing is bought twice, so what is told here is zero of it."""
    for word, n in counts.items():
        if word != "keys":
            tally[f"model: {word}"] += n
    tally["model: bought twice"] += 0


@dataclass
class Slow(World):
    """A service whose tasks take long, and which says nothing of how long; the clock at which each was read."""

    read_at: dict[str, list[float]] = field(default_factory=dict)

    def _answer(self, call: Call) -> Reply:
        if isinstance(call, Read):
            times = self.read_at.setdefault(call.task, [])
            times.append(self.clock)
            return Task("running") if len(times) < 12 else Task("completed", 100, ("https://media.example.com/x.mp4",))
        return super()._answer(call)


def test_a_task_that_takes_long_is_read_ever_more_seldom(variants: list[Sequence[Entry]]) -> None:
    world = Slow(lambda n: 0, Counter())
    assert world.run(variants[0], limits=Limits(), retry=False) == "ended"
    assert world.read_at
    for times in world.read_at.values():
        gaps = [after - before for before, after in pairwise(times)]
        grown = [PACE.poll * 1.3**n for n in range(len(gaps))]
        assert all(gap >= min(least, PACE.poll_most) - 1e-6 for gap, least in zip(gaps, grown, strict=True)), gaps
        assert gaps[-1] < 2 * PACE.poll_most, "it is read all the same"


def test_the_purchases_of_a_run_are_let_go_of_at_its_end_without_the_collector(
    variants: list[Sequence[Entry]], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []

    class Known(Queue):
        def __init__(self, *given: Any, **named: Any) -> None:
            super().__init__(*given, **named)
            made.append(ref(self))

    monkeypatch.setattr(engine, "Queue", Known)
    gc.disable()
    try:
        World(lambda n: 0, Counter()).run(variants[0], limits=Limits(), retry=False)
        assert made[0]() is None
    finally:
        gc.enable()


@dataclass
class Endless(World):
    """A service whose tasks have no end; then it makes them after all, gives no good link, and is away."""

    ended: bool = False
    reads: Counter[str] = field(default_factory=Counter)

    def _answer(self, call: Call) -> Reply:
        if isinstance(call, Read) and not self.ended:
            return Task("running", word="processing")
        if isinstance(call, Read):
            self.reads[call.task] += 1
            if self.reads[call.task] > 1:
                return Trouble("HTTP 503", away=True)
            return Task("completed", 100, ("https://media.example.com/x.mp4",))
        if isinstance(call, ReadMany):
            return NotOffered()
        if isinstance(call, Download):
            return Expired("HTTP 403")
        return super()._answer(call)


def stuck(variants: list[Sequence[Entry]]) -> tuple[Endless, Sequence[Entry]]:
    """A service, and the one entry whose task it never ends."""
    world, (entry, *_) = Endless(lambda n: 0, Counter()), variants[0]
    assert world.run([entry], limits=Limits(), retry=False) == "ended"
    assert world.finished is not None and (world.finished.exit, world.finished.doubt) == (8, 1)
    return world, [entry]


def test_a_task_without_an_end_stays_in_doubt_when_the_next_run_is_stopped_at_once(
    variants: list[Sequence[Entry]],
) -> None:
    world, entries = stuck(variants)
    world.run(entries, limits=Limits(), retry=False, stop_after=-1)
    assert world.finished is not None and (world.finished.exit, world.finished.running) == (8, 0), world.finished


def test_a_task_that_has_ended_is_in_doubt_no_more_when_its_link_cannot_be_read_again(
    variants: list[Sequence[Entry]],
) -> None:
    world, entries = stuck(variants)
    world.ended = True
    world.run(entries, limits=Limits(), retry=False)
    assert world.finished is not None and (world.finished.exit, world.finished.doubt) == (7, 0), world.finished


@dataclass
class Refusing(World):
    """A service that refuses every paid request for good, each with the same code; how many it was sent."""

    sent: int = 0

    def _answer(self, call: Call) -> Reply:
        if isinstance(call, Create):
            self.sent += 1
            return Refused("failed", "invalid_parameters", "the prompt is refused")
        return super()._answer(call)


def test_after_so_many_refusals_alike_no_more_is_sent(tmp_path: Path) -> None:
    """Neither after one fewer, so that an odd request stops no run, nor after one more."""
    shots = "".join(f"  - {{id: s{n}, prompt: A hill at {n} o'clock.}}\n" for n in range(PACE.breaker + 3))
    head = "seedspec: 1\nmodel: seedance-2.0-reference-to-video\nshots:\n"
    (tmp_path / "storyboard.yaml").write_text(head + shots, encoding="utf-8")
    world = Refusing(lambda n: 0, Counter())
    world.run(api.compile(tmp_path / "storyboard.yaml").entries, limits=Limits(), retry=False)
    assert world.sent == PACE.breaker


@dataclass
class Unreaching(World):
    """A service that cannot get an upstream video by its first two addresses; the requests and uploads that it saw."""

    bodies: list[bytes] = field(default_factory=list)
    uploads: list[Upload] = field(default_factory=list)

    def _answer(self, call: Call) -> Reply:
        if isinstance(call, Upload):
            self.uploads.append(call)
        if isinstance(call, Create) and b"video_urls" in call.body:
            self.bodies.append(call.body)
            if len(self.bodies) < 3:
                return Refused("failed", "invalid_media_url", "gone")
        return super()._answer(call)


def test_a_saved_video_of_another_shot_goes_up_anew_when_its_address_is_dead(variants: list[Sequence[Entry]]) -> None:
    world = Unreaching(lambda n: 0, Counter())
    world.run([e for e in variants[0] if e.shot in ("a", "c")], limits=Limits(), retry=False)
    assert world.finished is not None and world.finished.exit == 0, world.finished
    assert len(set(world.bodies)) == 3, "its link, its file, and its file once more: three addresses"
    assert [(u.sha256 != "", u.again) for u in world.uploads] == [(True, False), (True, True)]
