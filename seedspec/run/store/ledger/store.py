"""What the ledger stands on: names and bytes with two conditions, kept by a bucket or by a database."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from typing import Protocol

from seedspec.text.value import valueclass

AT_ONCE = 32
"""Requests that are made at the same time where many objects are read or written."""


class Unreachable(Exception):
    """There was no answer, or one that says nothing. Whether a write was applied is not known."""


class StoreRefuses(Exception):
    """The store answered, and will not do it: no credentials, no leave, no bucket, no database. Nothing was written.

    The message says what is lacking, and which variable gives it. `code` is what a command ends with.
    """

    code = 5


@valueclass(frozen=True, slots=True)
class Listed:
    """A name, the tag of what stands there, and when it was written: seconds since 1970 by the store's clock."""

    key: str
    tag: str
    written: float


class Store(Protocol):
    """A map of names to bytes. All of these may be called from several threads, and raise Unreachable or StoreRefuses.

    A tag is text that changes whenever the bytes do. `where` is the store's URL without secrets, for messages.
    """

    where: str

    def get(self, key: str) -> tuple[bytes, str] | None:
        """The bytes under a name, with their tag; None where nothing stands."""
        ...

    def get_all(self, keys: Sequence[str]) -> Iterator[tuple[str, bytes, str]]:
        """`get` of many names, each with its name, in any order; a name where nothing stands is left out."""
        ...

    def create(self, key: str, *data: bytes) -> str | None:
        """Puts bytes under a name where nothing stands; their tag. Many may be given in pieces.

        None says that the name is taken: maybe by this very call, whose first answer was lost, and maybe by nobody.
        Whoever needs to know looks.
        """
        ...

    def replace(self, key: str, data: bytes, tag: str) -> str | None:
        """Puts bytes in the place of those that have the tag; the new tag.

        None says that what stands there has another tag, or is gone: maybe by this very call, as for `create`.
        """
        ...

    def list(self, prefix: str) -> Iterator[Listed]:
        """All names below a prefix that ends in `/`, in the order of names, as buckets list them. Its tags are compared
        by `same_tag`."""
        ...

    def close(self) -> None: ...


def same_tag(listed: str, tag: str) -> bool:
    """Whether a tag of a listing is that of a read or a write: buckets write them with and without quotes, and some
    have a version besides that no listing has."""
    return _bare(listed) == _bare(tag)


def _bare(tag: str) -> str:
    return tag.partition(" ")[0].removeprefix("W/").strip('"')


_PROBE = "conditions"


def keeps_conditions(store: Store) -> str:
    """What a store ignores that the ledger relies on; "" for one that keeps both conditions.

    It writes a small file, `conditions`, which stays. Raises Unreachable and StoreRefuses.
    """
    first, second, third = (f"seedspec looks what this store keeps: {secrets.token_hex(8)}\n".encode() for _ in "123")
    store.create(_PROBE, first)
    for _ in range(5):
        found = store.get(_PROBE)
        if found is None:
            return "what was written: a file that was just put there is not there"
        if store.create(_PROBE, second) is not None:
            return "the condition that a name is free (If-None-Match): it wrote over a file"
        tag = store.replace(_PROBE, second, found[1])
        if tag is None:
            continue  # another look at the same time, or a lost answer
        if store.replace(_PROBE, third, found[1]) is not None:
            return "the condition that a file is as it was read (If-Match): it wrote over one that had changed"
        if (now := store.get(_PROBE)) is None or now[0] == third:
            return "the condition that a file is as it was read (If-Match): it refused and wrote all the same"
        return ""
    return "the tag of a file as it was just read (If-Match): it refuses to replace one that nobody has changed"
