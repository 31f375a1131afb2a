"""What happens to a purchase, as frozen values: each changes its record in the lock before anybody sees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from seedspec.text.value import valueclass


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
class Submitting:
    """The intent to buy, with the profile it is bought with. It is in the lock, on disk, before the request leaves.

    `used` are the sha256 of the upstream videos that go with it, by the fingerprints of their entries, and of the
    pictures of them that do, by what the manifest has. `made` is what was sent beside what was asked for: a `seed`.
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
    made: Mapping[str, Any] | None = None


@valueclass(frozen=True, slots=True)
class Submitted:
    """The service took the request: `task` is the only receipt there is, `reserved` the credits held for it.

    `found` says of one whose answer was lost how the task was found (`by`) and `what` it shows of the request.
    """

    entry: str
    fp: str
    attempt: int
    task: str
    reserved: float | None
    estimated_seconds: float | None
    at: str
    found: Mapping[str, str] | None = None


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


PurchaseEvent = Submitting | Submitted | Deferred | Completed | Saved | Failed | Doubted | Stuck | Weighed | Adopted
