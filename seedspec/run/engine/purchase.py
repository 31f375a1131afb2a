"""The values a run is made of: the moment, the pace, the limits, and one purchase on its way."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import Enum
from functools import lru_cache
from typing import Any

from seedspec.catalog.media_facts import MediaFacts
from seedspec.compiler.entry import Entry
from seedspec.lock.state import State
from seedspec.plan.plan import Step
from seedspec.run.engine.proof import Trace
from seedspec.text.value import valueclass


@valueclass(frozen=True, slots=True)
class Moment:
    """Now, twice: seconds of a clock that never goes back, and the time of day in UTC for the record."""

    clock: float
    utc: datetime

    def text(self, seconds: float = 0) -> str:
        """The time of day, `seconds` from now, as records and events write it."""
        return _text((self.utc + timedelta(seconds=seconds)).replace(microsecond=0))


@lru_cache(maxsize=16)
def _text(second: datetime) -> str:
    """One text for all that happens in a second: a run keeps it of each purchase."""
    return second.strftime("%Y-%m-%dT%H:%M:%SZ")


@valueclass(frozen=True, slots=True)
class Pace:
    """How fast a run goes; all in seconds but the counts.

    `in_flight` bounds the tasks at the service, `submit_every` is the least time between two paid requests, `poll`
    the first interval between two reads of one task, which grows to `poll_most`; no read comes before the share
    `announced` of the time that the service says a task will take. `patience` is how often a free call or a refused
    request is tried again at least before the run ends without it, with waits that double from `wait`; what was bought
    is read and fetched again for `outage` seconds. A task that has no end after `stuck` seconds, and ten times as long
    as the service announced, is no longer waited for. `breaker` is how many
    requests in a row may be refused for good with the same code before the run asks no more, `doubts` how many may
    have no clear answer.
    """

    in_flight: int = 8
    submit_every: float = 1.0
    poll: float = 5.0
    poll_most: float = 30.0
    announced: float = 0.7
    reads: int = 8
    downloads: int = 4
    uploads: int = 2
    wait: float = 2.0
    wait_most: float = 60.0
    patience: int = 6
    breaker: int = 5
    doubts: int = 3
    again_after: float = 30.0
    outage: float = 600.0
    stuck: float = 3600.0

    def pause(self, tries: int, asked: float | None = None, chance: float = 1.0) -> float:
        """The wait after the given number of tries; what the service asks for is honoured within the same bound.

        `chance`, from 0 to 1, shortens a wait of our own to no less than half, so that many runs do not come at once.
        """
        own = min(self.wait * 2.0 ** min(tries - 1, 16), self.wait_most)
        return own * (0.5 + chance / 2) if asked is None else min(max(asked, 0.0), self.wait_most)


@valueclass(frozen=True, slots=True)
class Limits:
    """What a run may do.

    `units` is a budget in 1/10,000 credit, `entries` bounds the purchases; without `submit` it only finishes what was
    bought, without `wait` it only buys; `fast` ends the buying with the first failure; `orphans` are purchases of the
    lock that no selected entry stands for: they are followed too; `short` says that a part of what people agreed to is
    not bought any more; `retry` sends again what was refused, also with media that every refusal has in common.
    """

    units: int | None = None
    entries: int | None = None
    submit: bool = True
    wait: bool = True
    fast: bool = False
    orphans: bool = False
    short: bool = False
    retry: bool = False

    @property
    def bounded(self) -> bool:
        """Whether the run may have to leave something out for its cost or its count."""
        return self.units is not None or self.entries is not None


class Phase(Enum):
    """Where a purchase stands inside a run. What outlives the run are the states of the lock."""

    WAITING = "waiting"  # to be bought: for its upstream videos, its uploads, its turn
    POSTING = "posting"
    TAKEN = "taken"  # the shared ledger has one of another runner; how it stands is not known yet
    ELSEWHERE = "elsewhere"  # another runner of the shared ledger is sending it; the ledger is looked at
    SEEKING = "seeking"  # in doubt; its service is asked for a task that shows what the request carried
    RUNNING = "running"
    FETCHING = "fetching"
    SAVED = "saved"
    LINKING = "linking"  # saved by an earlier run; its task is read, for the link that another purchase needs
    KEPT = "kept"  # saved by an earlier run, with a link when its task gave one
    FAILED = "failed"
    DOUBT = "doubt"
    HELD = "held"
    LEFT = "left"  # given up for this run; the next one goes on with it


_COMMITTED = frozenset((
    Phase.POSTING, Phase.TAKEN, Phase.ELSEWHERE, Phase.SEEKING, Phase.RUNNING, Phase.FETCHING, Phase.SAVED, Phase.DOUBT,
))  # fmt: skip


_NO_FACTS, _NO_TRACE = MediaFacts(), Trace()


@valueclass(frozen=False, slots=True)
class Purchase:
    """One purchase of a run. `due` is the clock at which it may be gone on with, `index` its place in the run.

    `entry` is None for one that the storyboard no longer asks for; `made` tells how far it had come at the service,
    `facts` what was measured of its video. What has a lower `turn` is bought before anything of a higher one.
    `recorded` are the units of an attempt that an earlier run began, as its record has them.

    `begun` is the clock at which the service took it, `estimate` how many seconds it said that it will take, `looks`
    how often it has said in this run that there is no end yet. `stuck` is what the lock has of a task without one.
    `troubled` is the clock of the first of `tries` that did not succeed. `recall` is the digest of a video that is to
    come from the bucket of the renders. `share` is what the budget counts of it. `trace` is what its last request
    carried, by which its task can be known.
    """

    step: Step
    entry: Entry | None
    phase: Phase
    attempt: int
    file: str
    task: str = ""
    link: str = ""
    link_until: float = 0.0
    sha256: str = ""
    due: float = 0.0
    interval: float = 0.0
    tries: int = 0
    links: int = 0
    percent: int = -1
    busy: bool = False
    accepted: int = 0
    credits: float | None = None
    made: State | None = None
    facts: MediaFacts = _NO_FACTS
    turn: int = 1
    recorded: int | None = None
    begun: float = 0.0
    estimate: float = 0.0
    looks: int = 0
    stuck: Mapping[str, str] | None = None
    troubled: float = 0.0
    recall: str = ""
    trace: Trace = _NO_TRACE
    alone: bool = False  # the service's answer about many tasks was none about this one
    share: int = 0
    index: int = 0
    name: str = ""

    @property
    def units(self) -> int:
        """What the attempt may cost at most, in 1/10,000 credit: by its record, or by the prices of now."""
        if self.recorded is not None:
            return self.recorded
        return self.entry.cost.high if self.entry is not None else 0

    @property
    def provider(self) -> str:
        """The service that it is bought from; "" where nothing says it."""
        if self.entry is not None:
            return self.entry.model.provider.id
        return str(self._manifest.get("provider", ""))

    @property
    def model(self) -> str:
        """The id of its model; "" where nothing says it."""
        return self.entry.model.id if self.entry is not None else str(self._manifest.get("model", ""))

    @property
    def _manifest(self) -> Mapping[str, Any]:
        record = self.step.record
        return (record.manifest if record is not None else None) or {}

    @property
    def seconds(self) -> object:
        """The length of video that was asked for, where the storyboard or the lock says it."""
        if self.entry is not None:
            return self.entry.says("duration")
        record = self.step.record
        told = (record.manifest or {}).get("request") if record is not None else None
        return told.get("duration") if isinstance(told, Mapping) else None

    @property
    def committed(self) -> bool:
        """Whether a budget must count it: it may be billed, or was bought in this run.

        What an earlier run saved was paid for then; what failed, was refused or is still to be bought costs nothing.
        """
        if self.made is State.SAVED:
            return False
        return self.phase in _COMMITTED or (self.phase is Phase.LEFT and bool(self.task))

    @property
    def entry_to_buy(self) -> Entry:
        """The entry of a purchase that is still to be made."""
        assert self.entry is not None
        return self.entry
