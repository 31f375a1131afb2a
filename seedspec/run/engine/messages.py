"""What the run asks of the world and what comes back, as values: calls go out of the machine, replies go in."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import field
from typing import Any, Literal, Protocol

from seedspec.lock.purchase_events import Submitting
from seedspec.text.value import valueclass


@valueclass(frozen=True, slots=True)
class Create:
    """The paid request. It may start only when `intent` is durable; it is sent once.

    `provider` is the service that a call is for, "" for the only one; `model` the name by which it knows the model.
    """

    job: str
    body: bytes
    intent: Submitting
    provider: str = ""
    model: str = ""


@valueclass(frozen=True, slots=True)
class Read:
    """Asks for a task's state; free, may be repeated."""

    job: str
    task: str
    provider: str = ""
    model: str = ""


@valueclass(frozen=True, slots=True)
class ReadMany:
    """Asks for the state of many tasks at once; free, may be repeated. `tasks` are the ids by the name of the job."""

    tasks: Mapping[str, str]
    provider: str = ""


LARGEST_RATE = 8_000_000
"""Bytes that a second of a video may have: 64 Mbit/s, some ten times what the service's largest size is sent with."""
LARGEST_REST = 32_000_000
"""Bytes that a video may have beside its seconds, so that a short one of an unusual kind is not refused."""
LONGEST = 60.0
"""Seconds that count for a video whose length was not asked for."""


def most_bytes(seconds: object) -> int:
    """The most bytes that the video of a purchase can have, by the duration that was asked for. More is no result."""
    known = isinstance(seconds, (int, float)) and not isinstance(seconds, bool) and 0 < seconds <= 3600
    return LARGEST_REST + int(LARGEST_RATE * (float(seconds) if known else LONGEST))  # type: ignore[arg-type]


@valueclass(frozen=True, slots=True)
class Download:
    """Fetches a result to a file beside `file` and moves it there when it is whole; the key does not go along.

    More than `most` bytes are not taken.
    """

    job: str
    url: str
    file: str
    most: int = most_bytes(None)


@valueclass(frozen=True, slots=True)
class Upload:
    """Gives a local file an address that the service can read; free, may be repeated.

    `path` is relative to the storyboard or the lock. An address of an earlier run will do, unless `again` is set.
    """

    sha256: str
    path: str
    again: bool = False
    provider: str = ""


@valueclass(frozen=True, slots=True)
class Cut:
    """Cuts a picture out of a saved video of this digest: `first`, `last`, or at so many milliseconds. Costs nothing,
    may be repeated, and gives the same bytes each time. `file` is the video, relative to the lock.
    """

    video: str
    file: str
    frame: str

    @property
    def name(self) -> str:
        """What it is known by in a run."""
        return f"{self.frame} {self.video}"


@valueclass(frozen=True, slots=True)
class Archive:
    """Puts a saved video into the bucket of the renders, unless it is there; free, may be repeated.

    `path` is relative to the lock; `entry` and `fp` say whose video it is.
    """

    sha256: str
    path: str
    entry: str
    fp: str


@valueclass(frozen=True, slots=True)
class Recall:
    """Fetches a saved video from the bucket of the renders to `file`; free, may be repeated.

    What does not have the digest `sha256` is not taken, nor more than `most` bytes.
    """

    job: str
    sha256: str
    file: str
    most: int


@valueclass(frozen=True, slots=True)
class Balance:
    """Asks for the credits that are left; free."""

    provider: str = ""


@valueclass(frozen=True, slots=True)
class List:
    """Asks for the newest tasks of the account that a model made; free. `jobs` are the purchases that it is for."""

    model: str
    provider: str = ""
    jobs: tuple[str, ...] = ()


@valueclass(frozen=True, slots=True)
class Find:
    """Asks for the task of a request by the id of ours that it carried; free, may be repeated."""

    job: str
    own: str
    provider: str = ""
    model: str = ""


@valueclass(frozen=True, slots=True)
class Cancel:
    """Asks the service to end a task. It costs nothing; what the task costs is the service's to say."""

    task: str
    provider: str = ""
    model: str = ""


@valueclass(frozen=True, slots=True)
class Look:
    """Asks the shared ledger how purchases of other runners stand, and which of the `wanted` others have; free. Each is
    a fingerprint and an attempt, by the name of the job.
    """

    purchases: Mapping[str, tuple[str, int]]
    wanted: Mapping[str, tuple[str, int]] = field(default_factory=dict)


Call = Create | Read | ReadMany | Download | Recall | Archive | Upload | Cut | Balance | List | Find | Cancel | Look


@valueclass(frozen=True, slots=True)
class Accepted:
    """The service took the request and gave a good id; `replayed` when it says that it had taken it before."""

    task: str
    credits: float | None = None
    estimated_seconds: float | None = None
    replayed: bool = False


@valueclass(frozen=True, slots=True)
class Refused:
    """The request was certainly not taken. `then`: later, failed (this request), or stop (every request)."""

    then: Literal["later", "failed", "stop"]
    code: str
    message: str
    retry_after: float | None = None


@valueclass(frozen=True, slots=True)
class Unknown:
    """Whether the paid request was taken is not known; `reason` is what was seen."""

    reason: str


@valueclass(frozen=True, slots=True)
class Task:
    """A task as it was read. `links` only when completed, `code` and `message` only when failed.

    `credits` is what it cost, as far as that is settled, `reserved` what the service held for it. `model` and
    `created`, a Unix time, are what the service says of it, where it does. `word` is its status in the service's own
    words, which `strange` says are not known here; `estimated_seconds` how long it is to take in all.
    """

    state: Literal["running", "completed", "failed"]
    percent: int | None = None
    links: tuple[str, ...] = ()
    code: str = ""
    message: str = ""
    credits: float | None = None
    reserved: float | None = None
    remaining_seconds: float | None = None
    model: str | None = None
    created: float | None = None
    word: str = ""
    strange: bool = False
    estimated_seconds: float | None = None


@valueclass(frozen=True, slots=True)
class Tasks:
    """What was clear in an answer about many tasks, by their ids; about the others nothing was learned."""

    found: Mapping[str, Task]


@valueclass(frozen=True, slots=True)
class NotOffered:
    """The service has no such endpoint; another way has to do for the rest of the run."""


@valueclass(frozen=True, slots=True)
class Listed:
    """A task as the service shows it: when it was made, a Unix time, and how it stands.

    `seed`, `own`, an id of ours, and `body` are what it shows of its request, where the provider's file says where.
    """

    task: str
    created: float | None
    state: str
    seed: Any = None
    own: Any = None
    body: Any = None


@valueclass(frozen=True, slots=True)
class Listing:
    tasks: tuple[Listed, ...]


@valueclass(frozen=True, slots=True)
class Asked:
    """The service took a question that has no answer of its own, such as to end a task."""


@valueclass(frozen=True, slots=True)
class Kept:
    """The video is whole, under its final name, and safe on disk."""

    file: str
    sha256: str
    bytes: int
    width: int | None = None
    height: int | None = None
    seconds: float | None = None
    fps: float | None = None
    audio: bool | None = None


@valueclass(frozen=True, slots=True)
class Picture:
    """A picture that was cut: a PNG file, by its path beside the lock, with its digest and its size."""

    path: str
    sha256: str
    bytes: int
    width: int
    height: int


@valueclass(frozen=True, slots=True)
class InBucket:
    """The video is in the bucket of the renders; `reused` says that it was there already."""

    bytes: int
    reused: bool = False


@valueclass(frozen=True, slots=True)
class Stored:
    """An uploaded file's address, good for `seconds`; given to tasks for `usable` of them, when that is less.

    `reused` says that the file was there already and nothing was sent.
    """

    url: str
    bytes: int
    seconds: float
    usable: float | None = None
    reused: bool = False


@valueclass(frozen=True, slots=True)
class Full:
    """The account may have no more files at the service; `reason` says how many, and what to do."""

    reason: str


@valueclass(frozen=True, slots=True)
class Credits:
    remaining: float | None


@valueclass(frozen=True, slots=True)
class Theirs:
    """A purchase as the shared ledger has it: its record, who sent it in words, and whether that runner lives."""

    values: Mapping[str, Any]
    runner: str
    lives: bool


@valueclass(frozen=True, slots=True)
class Looked:
    """How the purchases of others stand, by the name of the job, and the names of those wanted that others have or
    may have."""

    found: Mapping[str, Theirs]
    taken: Collection[str] = ()


@valueclass(frozen=True, slots=True)
class Expired:
    """The result link is no longer good; reading the task gives another while the service keeps the result."""

    reason: str


@valueclass(frozen=True, slots=True)
class Trouble:
    """A free call did not succeed. `stop` says that no call with this key will; `final` that this one never will.

    `away` says that the service as a whole does not answer, `missing` that it does not know what was asked for.
    """

    reason: str
    retry_after: float | None = None
    stop: bool = False
    final: bool = False
    away: bool = False
    missing: bool = False


Reply = (
    Accepted
    | Refused
    | Unknown
    | Task
    | Tasks
    | NotOffered
    | Listing
    | Asked
    | Kept
    | Picture
    | Stored
    | InBucket
    | Full
    | Credits
    | Looked
    | Expired
    | Trouble
)


class Wire(Protocol):
    """What carries calls. `wait` gives the replies that are there within the given seconds."""

    def start(self, call: Call) -> None: ...
    def wait(self, seconds: float | None) -> list[tuple[Call, Reply]]: ...
