"""What a plan needs besides entries and lock: what is asked for, and what is handed in of files and of the time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Literal, Protocol

from seedspec.compiler.entry import Entry
from seedspec.lock.record import Record
from seedspec.lock.state import State
from seedspec.text.value import valueclass


class Exists(Protocol):
    """Whether a path is taken; with a size, whether a file of so many bytes has it."""

    def __call__(self, file: str, size: int | None = None, /) -> bool: ...


@valueclass(frozen=True, slots=True)
class Rules:
    """What a plan needs besides entries and lock.

    `retry` asks for failed purchases again, `redo` for stale ones; `then` tells what a failure's code allows;
    `attempts` bounds tries by themselves; `exists` tells whether a path relative to the lock is taken, or by a file of
    so many bytes; `now` is the time as events state it.

    `picked` gives the fingerprint of the choice that an entry is, by its request or its address; it is not bought.

    `profile` is the one that the entries were compiled with, "" for none, and `others` are the storyboard's other
    ones. `unwanted` says by fingerprint why an entry was left out that another one may continue.

    `renders` says that saved videos stand in a bucket by their digests: one that is not here comes from there.

    `retakes` is how often a take that is not as expected may be bought anew, 0 for never: a take has at most so many
    videos more than one. `expects` tells of which entries something is expected, `unmet` by which measures a saved
    video is not so. `retakes_now` says that a run buys anew also what it has itself found so.

    `sender` is the run that holds the lock, in words, "" for none: what it is sending is in no doubt yet. `senders` are
    other machines' runs that live, in words, by the fingerprint and attempt that they are sending.
    """

    folder: str
    then: Callable[[str], Literal["again", "asked", "change"]]
    exists: Exists
    now: str
    attempts: int = 3
    retry: bool = False
    redo: bool = False
    picked: Callable[[Entry], str | None] = lambda entry: None
    profile: str = ""
    others: frozenset[str] = frozenset()
    unwanted: Mapping[str, str] = field(default_factory=dict)
    sender: str = ""
    senders: Mapping[tuple[str, int], str] = field(default_factory=dict)
    renders: bool = False
    retakes: int = 0
    retakes_now: bool = True
    expects: Callable[[Entry], bool] = lambda entry: False
    unmet: Callable[[Entry], tuple[str, ...]] = lambda entry: ()

    def here(self, record: Record) -> bool:
        """Whether a saved video is on this disk, as whole as it was."""
        return self.exists(record.file or "", record.size)

    def in_bucket(self, record: Record) -> bool:
        """Whether a saved video can be asked for in the bucket of the renders."""
        return self.renders and bool(record.get("sha256"))

    def sending(self, record: Record) -> str:
        """The run that is sending a purchase, in words; "" for none."""
        if record.state is not State.SUBMITTING:
            return ""
        return self.sender or self.senders.get((record.fp, record.attempt), "")

    def place(self, profile: str) -> str:
        """Where the videos of a profile are saved: each has a folder of its own."""
        return f"{self.folder}/{profile}" if profile else self.folder
