"""A ledger's store in a bucket: conditional writes of small objects, through the door to obstore."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

from seedspec.run.store.ledger.store import AT_ONCE, Listed, StoreRefuses, Unreachable
from seedspec.run.store.objects import Objects

T = TypeVar("T")
_SOME = 1000

_SECONDS, _TRYING = 10, 10
"""Seconds for one answer, and those after which a lost one is not asked for again."""


class BucketStore:
    """A bucket, by a URL such as `s3://bucket/prefix`. Raises what `Objects` raises."""

    def __init__(self, url: str, option: str, *, local: bool) -> None:
        self._objects = Objects(url, option, local=local, extra="ledger", seconds=_SECONDS, trying=_TRYING)
        self.where = url

    def get(self, key: str) -> tuple[bytes, str] | None:
        return self._ask(lambda: self._objects.read_tagged(key))

    def get_all(self, keys: Sequence[str]) -> Iterator[tuple[str, bytes, str]]:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for key, found in zip(keys, pool.map(self.get, keys), strict=True):
                if found is not None:
                    yield key, *found

    def create(self, key: str, *data: bytes) -> str | None:
        return self._ask(lambda: self._objects.create_tagged(key, *data))

    def replace(self, key: str, data: bytes, tag: str) -> str | None:
        return self._ask(lambda: self._objects.replace_tagged(key, data, tag))

    def list(self, prefix: str) -> Iterator[Listed]:
        found = self._objects.list_tagged(prefix)
        while some := self._ask(lambda: list(islice(found, _SOME))):
            yield from (Listed(name, tag, written.timestamp()) for name, tag, written in some)

    def close(self) -> None:
        """A bucket holds nothing open."""

    def _ask(self, work: Callable[[], T]) -> T:
        """What the bucket answers. A refusal says that nothing was written, anything else says nothing."""
        try:
            return work()
        except Exception as error:
            trouble = self._objects.trouble(error)
            if not (trouble.stop or trouble.final):
                raise Unreachable(trouble.reason) from error
            named = self._objects.variables
            hint = "" if named in trouble.reason else f"; the credentials are those of {named}"
            raise StoreRefuses(trouble.reason + hint) from error
