"""What happens in a run, as a closed set of frozen values; everything a person sees or keeps is a fold over these.

Times are UTC, `2026-11-23T07:05:00Z`. Credits are as the service states them. No event holds a URL or a secret.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from seedspec.text.value import brief, valueclass


@valueclass(frozen=True, slots=True)
class Intent:
    """What is durable before a paid request leaves: its idempotency key, the sha256 of its body, and when.

    `left` are the credits that were left then, as far as they are known: evidence in a doubt.
    """

    key: str
    body_sha256: str
    at: str
    left: float | None = None


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


@dataclass(frozen=True, slots=True, repr=False)
class Submitting:
    """The intent to buy, with the profile it is bought with. It is in the lock, on disk, before the request leaves.

    `used` are the sha256 of the upstream videos that go with it, by the fingerprints of their entries.
    """

    entry: str
    fp: str
    take: int
    attempt: int
    manifest: Mapping[str, Any]
    intent: Intent
    units: int
    at: str
    profile: str | None = None
    used: Mapping[str, str] = field(default_factory=dict)

    __repr__ = brief


@valueclass(frozen=True, slots=True)
class Submitted:
    """The service took the request: `task` is the only receipt there is, `reserved` the credits held for it."""

    entry: str
    fp: str
    attempt: int
    task: str
    reserved: float | None
    estimated_seconds: float | None
    at: str


@valueclass(frozen=True, slots=True)
class Deferred:
    """The request was not taken and nothing was made; it waits `wait` seconds for another try."""

    entry: str
    fp: str
    attempt: int
    code: str
    message: str
    wait: float
    at: str


@valueclass(frozen=True, slots=True)
class Progressed:
    entry: str
    fp: str
    task: str
    percent: int
    at: str


@valueclass(frozen=True, slots=True)
class Completed:
    """The video is made and waits at the service until `results_until`; `charged` is what it cost, if that is said."""

    entry: str
    fp: str
    attempt: int
    task: str
    charged: float | None
    results_until: str
    at: str


@valueclass(frozen=True, slots=True)
class Saved:
    """The video is whole on disk under `file`, relative to the lock; its facts are None where nothing could tell.

    `results_until` is given where the file is a person's word: whatever the service keeps is another video then, of
    which nothing is to be had any more.
    """

    entry: str
    fp: str
    attempt: int
    file: str
    sha256: str
    bytes: int
    width: int | None
    height: int | None
    seconds: float | None
    at: str
    fps: float | None = None
    audio: bool | None = None
    results_until: str | None = None


@valueclass(frozen=True, slots=True)
class Failed:
    """An attempt ended without a video. `then`: again, asked, or change (never unchanged).

    `charged` is what the service says it cost all the same, usually nothing; None where it says nothing of it.
    """

    entry: str
    fp: str
    attempt: int
    task: str | None
    code: str
    message: str
    then: str
    at: str
    charged: float | None = None


@valueclass(frozen=True, slots=True)
class Doubted:
    """Whether the service took the request is not known; it is never sent again unasked."""

    entry: str
    fp: str
    attempt: int
    reason: str
    at: str


@valueclass(frozen=True, slots=True)
class Stuck:
    """A task has no end in sight, long after it should have had one: it is no longer waited for, a person settles it.

    `word` is what the service says of it, `since` when that was too much. Its purchase stays running.
    """

    entry: str
    fp: str
    attempt: int
    task: str
    since: str
    word: str
    at: str


@valueclass(frozen=True, slots=True)
class Weighed:
    """The credits that were left after a doubt arose: with those before it, evidence of whether it was billed."""

    entry: str
    fp: str
    attempt: int
    left: float
    at: str


@valueclass(frozen=True, slots=True)
class Adopted:
    """A person vouches that a task, or a file that is whole on disk, is this entry's; one of the two is given."""

    entry: str
    fp: str
    take: int
    attempt: int
    manifest: Mapping[str, Any]
    at: str
    task: str | None = None
    file: str | None = None
    sha256: str | None = None
    bytes: int | None = None
    width: int | None = None
    height: int | None = None
    seconds: float | None = None
    fps: float | None = None
    audio: bool | None = None
    profile: str | None = None


@valueclass(frozen=True, slots=True)
class Delayed:
    """A step that costs nothing (a poll, a download, an upload) did not succeed and is tried again, or given up."""

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
class Stopped:
    """Nothing more is submitted; what is running is still followed. `exit` is the code this alone would give."""

    code: str
    message: str
    exit: int
    at: str


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
    Of the `reused` so many are `missing`: not on this disk, and no longer kept by the service.
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


Event = (
    RunStarted
    | Skipped
    | Uploaded
    | Submitting
    | Submitted
    | Deferred
    | Progressed
    | Completed
    | Saved
    | Failed
    | Doubted
    | Weighed
    | Stuck
    | Adopted
    | Delayed
    | Held
    | Stopped
    | Unrecorded
    | RunFinished
)


def as_json(event: Event) -> dict[str, Any]:
    """The event as JSON holds it: its name under `event`, then its fields; a manifest is left to the lock."""
    fields = asdict(event)
    fields.pop("manifest", None)
    return {"event": type(event).__name__, **fields}
