"""What happens in a run and changes no record of the lock, as frozen values."""

from __future__ import annotations

from seedspec.text.value import valueclass


@valueclass(frozen=True, slots=True)
class RunStarted:
    """`entries` are all that were selected, `to_buy` the purchases planned, `units` their estimate at most."""

    storyboard: str
    entries: int
    to_buy: int
    to_finish: int
    units: int
    at: str


@valueclass(frozen=True, slots=True)
class Skipped:
    """Nothing to do for an entry; `reason` says why in a word: done, twin, failed, doubt, occupied."""

    entry: str
    fp: str
    reason: str
    at: str


@valueclass(frozen=True, slots=True)
class Uploaded:
    """A local file or an upstream video has an address that is good until `until`; `reused`: it was there already."""

    sha256: str
    path: str
    bytes: int
    until: str
    at: str
    reused: bool = False


@valueclass(frozen=True, slots=True)
class Archived:
    """A saved video is in the bucket of the renders now; of one that was there already nothing is said."""

    entry: str
    fp: str
    sha256: str
    path: str
    bytes: int
    at: str


@valueclass(frozen=True, slots=True)
class Progressed:
    entry: str
    fp: str
    task: str
    percent: int
    at: str


@valueclass(frozen=True, slots=True)
class Delayed:
    """A step that costs nothing (a poll, a download, an upload, the bucket of the renders) did not succeed.

    It is tried again after `wait` seconds, or given up for this run (None).
    """

    entry: str
    fp: str
    step: str
    reason: str
    wait: float | None
    at: str


@valueclass(frozen=True, slots=True)
class Held:
    """An entry that cannot be bought because of another one."""

    entry: str
    fp: str
    upstream: str
    reason: str
    at: str


@valueclass(frozen=True, slots=True)
class BoughtElsewhere:
    """Another runner of the shared ledger has this purchase, in this `state`: it is followed here and not bought.

    `task` is None while it has none. `gone` says that it is being sent by a runner whose lease is over: it is in doubt.
    """

    entry: str
    fp: str
    attempt: int
    runner: str
    state: str
    task: str | None
    at: str
    gone: bool = False


@valueclass(frozen=True, slots=True)
class Bound:
    """One expectation of a video, where it is written, and what became of it.

    `verdict` is met, unmet, not applicable or not measured; `found` and `expected` are words with their unit.
    """

    measure: str
    verdict: str
    found: str
    expected: str
    file: str
    line: int
    column: int

    @property
    def place(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@valueclass(frozen=True, slots=True)
class Compared:
    """A saved video was held against what the storyboard expects of it, whichever run saved it.

    `picked`: people chose it, whatever it is like. `why` says why it could not be measured.
    """

    entry: str
    fp: str
    attempt: int
    bounds: tuple[Bound, ...]
    at: str
    picked: bool = False
    why: str = ""

    @property
    def unmet(self) -> tuple[Bound, ...]:
        return tuple(b for b in self.bounds if b.verdict == "unmet")

    @property
    def not_measured(self) -> tuple[Bound, ...]:
        return tuple(b for b in self.bounds if b.verdict == "not measured")

    def counts(self, *, strict: bool) -> bool:
        """Whether the take makes the exit code 9; with `strict` also where something is not measured."""
        return not self.picked and bool(self.unmet or (strict and self.not_measured))


@valueclass(frozen=True, slots=True)
class Stopped:
    """Nothing more is submitted; what is running is still followed. `exit` is the code this alone would give.

    `provider` is the service that this is about, where the others of the run go on.
    """

    code: str
    message: str
    exit: int
    at: str
    provider: str = ""

    @property
    def lead(self) -> str:
        """What is told before the message."""
        return "one service is sent nothing more" if self.provider else "nothing more is submitted"


@valueclass(frozen=True, slots=True)
class Unrecorded:
    """The disk refuses the lock: `message` says what is to be done should it stay so, and is empty once it does not.

    What is running is followed and saved all the same; nothing more is bought.
    """

    message: str
    at: str


@valueclass(frozen=True, slots=True)
class RunFinished:
    """The sums of a run. `units` is the estimate of what was bought in it, `credits` what the service stated.

    `waiting` was not bought; `to_fetch` was, and its video was not saved in this run, nor is it known to be still made.
    Of the `reused` so many are `missing`: not on this disk, and no longer kept by the service. Of all takes that are
    saved so many are `unmet`, being not what is expected and not picked, and of so many something is `not_measured`.
    """

    bought: int
    saved: int
    reused: int
    failed: int
    held: int
    running: int
    doubt: int
    waiting: int
    units: int
    credits: float
    exit: int
    at: str
    to_fetch: int = 0
    missing: int = 0
    unmet: int = 0
    not_measured: int = 0


RunEvent = (
    RunStarted
    | Skipped
    | Uploaded
    | Archived
    | Progressed
    | Delayed
    | Held
    | BoughtElsewhere
    | Compared
    | Stopped
    | Unrecorded
    | RunFinished
)
