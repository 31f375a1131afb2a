"""A storyboard of six entries, and the events of a run of it in which everything happens that can."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import orjson

from seedspec import api
from seedspec.catalog.model import Model
from seedspec.catalog.price import Rate
from seedspec.lock import purchase_events, run_events
from seedspec.lock.event import Event

BOARD = """\
seedspec: 1
name: tea-house
model: seedance-2.0-reference-to-video
defaults: {duration: 5, quality: 480p}
budget: {usd: 2}
references:
  cup: {image: https://cdn.example.com/cup.webp}
matrix:
  axes:
    hour:
      dawn: {words: 清晨薄雾，冷色天光}
      dusk: {words: "dusk | lamps `lit` <b @you"}
shots:
  - id: lane
    takes: 2
    prompt: "{{ ref('cup') }}，{{ hour.words }}。"
  - id: pour
    references:
      before: {shot: lane}
    prompt: "Continue {{ ref('before') }}, tea is poured into {{ ref('cup') }}. {{ hour.words }}"
"""
LANE = ("lane@hour=dawn/1", "lane@hour=dawn/2", "lane@hour=dusk/1", "lane@hour=dusk/2")
POUR = ("pour@hour=dawn/1", "pour@hour=dusk/1")


@dataclass(frozen=True)
class Stage:
    """A storyboard on disk, and its entries by address."""

    path: Path
    planned: api.Planned

    @property
    def models(self) -> Mapping[str, Model]:
        board = self.planned.compiled.board
        assert board is not None
        return board.catalog.models

    @property
    def rate(self) -> Rate:
        board = self.planned.compiled.board
        assert board is not None
        return board.rate

    def fp(self, address: str) -> str:
        return next(e.fingerprint for e in self.planned.compiled.entries if e.address == address)

    def keep(self, address: str, state: str, **values: object) -> None:
        """Adds a purchase to the lock."""
        entry = next(e for e in self.planned.compiled.entries if e.address == address)
        lock = self.planned.place.lock
        before = lock.read_bytes() if lock.exists() else b'{"seedspec_lock":1}\n'
        record = {
            "fp": entry.fingerprint, "entry": address, "take": entry.take, "attempt": 1, "state": state,
            "at": at(0), "manifest": orjson.loads(entry.manifest), **values,
        }  # fmt: skip
        lock.write_bytes(before + orjson.dumps(record) + b"\n")

    def again(self) -> Stage:
        return Stage(self.path, api.plan(self.path))

    # --- events of an entry ---

    def submitting(self, address: str, second: int, attempt: int = 1) -> Event:
        entry = next(e for e in self.planned.compiled.entries if e.address == address)
        intent = purchase_events.Intent("key", "0" * 64, at(second))
        units, manifest = entry.cost.high, orjson.loads(entry.manifest)
        return purchase_events.Submitting(
            address, entry.fingerprint, entry.take, attempt, manifest, intent, units, at(second)
        )

    def submitted(self, address: str, second: int, estimate: float | None = 60.0) -> Event:
        return purchase_events.Submitted(address, self.fp(address), 1, task_of(address), 31.3875, estimate, at(second))

    def progressed(self, address: str, percent: int, second: int) -> Event:
        return run_events.Progressed(address, self.fp(address), task_of(address), percent, at(second))

    def completed(self, address: str, second: int) -> Event:
        task = task_of(address)
        return purchase_events.Completed(
            address, self.fp(address), 1, task, 31.3875, "2026-11-24T07:00:00Z", at(second)
        )

    def saved(self, address: str, second: int) -> Event:
        file = "renders/" + address.replace("/", "_take") + ".mp4"
        return purchase_events.Saved(address, self.fp(address), 1, file, "0" * 64, 1_234_567, 864, 496, 5.0, at(second))

    def failed(self, address: str, message: str, second: int, then: str = "change") -> Event:
        task = task_of(address)
        return purchase_events.Failed(
            address, self.fp(address), 1, task, "content_policy_violation", message, then, at(second)
        )

    def doubted(self, address: str, second: int) -> Event:
        return purchase_events.Doubted(address, self.fp(address), 1, "the answer was cut off", at(second))

    def held(self, address: str, upstream: str, second: int) -> Event:
        return run_events.Held(address, self.fp(address), upstream, "it failed", at(second))


def task_of(address: str) -> str:
    return "task-" + address.translate(str.maketrans("@=/", "---"))


def at(second: int) -> str:
    return f"2026-11-23T07:{second // 60:02d}:{second % 60:02d}Z"


def staged(folder: Path, text: str = BOARD) -> Stage:
    path = folder / "storyboard.yaml"
    path.write_text(text, encoding="utf-8")
    return Stage(path, api.plan(path))


def everything(stage: Stage) -> Iterator[Event]:
    """One saved, one failed with an entry held by it, one in doubt, one running, one never bought."""
    dawn, second, dusk = LANE[:3]
    yield run_events.RunStarted("tea-house", 6, 6, 0, 1_883_250, at(0))
    yield stage.submitting(dawn, 1)
    yield stage.submitted(dawn, 2)
    yield stage.submitting(dusk, 3)
    yield stage.submitted(dusk, 4)
    yield stage.progressed(dawn, 40, 30)
    yield stage.failed(dusk, "Real people | are `not` allowed\x1b[31m ‮ ::error::<b>", 50)
    yield stage.held(POUR[1], dusk, 50)
    yield stage.completed(dawn, 58)
    yield stage.saved(dawn, 61)
    yield stage.submitting(POUR[0], 62)
    yield stage.submitted(POUR[0], 63, None)
    yield stage.submitting(second, 64)
    yield stage.doubted(second, 70)
    yield run_events.Stopped("budget", "`lane@hour=dusk/2` may cost 31 credits; 120 of the budget are taken", 4, at(71))
    yield stage.progressed(POUR[0], 10, 90)
    yield run_events.RunFinished(
        bought=3, saved=1, reused=0, failed=1, held=1, running=1, doubt=1, waiting=1, units=860_000, credits=62.775,
        exit=8, at=at(95),
    )  # fmt: skip
