"""Why a step of a plan is what it is, as data: the closed set of reasons."""

from __future__ import annotations

from typing import Any, Literal

from seedspec.lock.staleness import Stale
from seedspec.lock.state import State
from seedspec.text.value import valueclass


@valueclass(frozen=True, slots=True)
class New:
    """Nothing like it was ever bought; or, from `attempt` 2, an earlier attempt failed and is repeated."""

    attempt: int = 1


@valueclass(frozen=True, slots=True)
class Changed:
    """The address was bought before with another request; the first field that differs, old and new.

    An item of a list is a field `name[index]`; another entry's video stands there by its address.
    """

    field: str
    old: Any
    new: Any


@valueclass(frozen=True, slots=True)
class InFlight:
    """The service took it, when it was `asked` for, and has not ended it."""

    task: str
    asked: str = ""


@valueclass(frozen=True, slots=True)
class Stuck:
    """The service took it, when it was `asked` for, and has not ended it for too long, which was found `since`.

    `word` is the last that the service said of it.
    """

    task: str
    asked: str
    since: str
    word: str


@valueclass(frozen=True, slots=True)
class Sending:
    """Its request is on its way, sent by a run that is alive; `by` says which."""

    by: str


@valueclass(frozen=True, slots=True)
class Unsaved:
    """Made and paid for, not on disk. `gone` names a file that was saved and is not here, or `differs` from what was
    saved.
    """

    task: str
    gone: str | None = None
    differs: bool = False


@valueclass(frozen=True, slots=True)
class InBucket:
    """Saved as `file`, which is not on this disk, or `differs` from what was saved: it comes from the bucket of the
    renders.
    """

    file: str
    differs: bool = False


@valueclass(frozen=True, slots=True)
class Done:
    """Saved under `file`, which `here` says is on this disk. `moved_from` is the address it was bought as.

    `profile` is the one it was bought with, "" for none, where that is not the one of the plan: one purchase serves
    both. `stale` says that it was made from another video of its upstream than the one that stands now. `differs` says
    why it is not here: another file has its name, or one that was cut short.
    """

    file: str
    moved_from: str | None
    here: bool
    profile: str | None = None
    stale: Stale | None = None
    differs: bool = False


@valueclass(frozen=True, slots=True)
class Twin:
    """The same request as `of`: one purchase serves both."""

    of: str


@valueclass(frozen=True, slots=True)
class Failure:
    """The last attempt failed. `then`: asked (--retry-failed tries again) or change (never unchanged)."""

    code: str
    message: str
    then: Literal["again", "asked", "change"]


@valueclass(frozen=True, slots=True)
class InDoubt:
    """It is not known whether the service took the request."""

    why: str


@valueclass(frozen=True, slots=True)
class Held:
    """It continues an entry that is not to be had."""

    upstream: str
    why: str


@valueclass(frozen=True, slots=True)
class Unpicked:
    """It continues the takes that people choose of these variants, and they have not chosen yet."""

    variants: tuple[str, ...]


@valueclass(frozen=True, slots=True)
class Occupied:
    """A file that the lock does not know stands where the video would be saved."""

    file: str


@valueclass(frozen=True, slots=True)
class Picked:
    """People chose this take: it is never bought again. `changed` says that its request is another one since."""

    changed: bool


@valueclass(frozen=True, slots=True)
class Unmet:
    """Saved, and not what the storyboard expects by these measures: it is asked for anew."""

    measures: tuple[str, ...]


@valueclass(frozen=True, slots=True)
class NotInStoryboard:
    state: State


@valueclass(frozen=True, slots=True)
class Elsewhere:
    """Bought with another profile ("" for none) and not in hand yet: a run follows it too."""

    profile: str
    state: State


@valueclass(frozen=True, slots=True)
class Second:
    """Another purchase of a request that is bought already, as two branches can make it; it is followed too."""

    state: State


Reason = (
    New
    | Changed
    | Stale
    | InFlight
    | Stuck
    | Sending
    | Unsaved
    | InBucket
    | Done
    | Twin
    | Failure
    | InDoubt
    | Held
    | Unpicked
    | Occupied
    | Picked
    | Unmet
    | NotInStoryboard
    | Elsewhere
    | Second
)
