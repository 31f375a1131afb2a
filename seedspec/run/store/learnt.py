"""A lock's records with those of a run, which are made when they are asked for: there may be very many of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from operator import attrgetter

from seedspec.lock.press import Kept, Press
from seedspec.lock.record import Record, name_of, pressed_record


class Learnt(Mapping[str, tuple[Record, ...]]):
    """The attempts of each request, by its fingerprint: those that were `read`, and in their places those of a run."""

    def __init__(
        self, read: Mapping[str, tuple[Record, ...]], own: Mapping[tuple[str, int], Kept], press: Press
    ) -> None:
        self._read, self._own, self._press = read, own, press
        self._later: dict[str, tuple[int, ...]] = {}  # most requests have one attempt, the first
        for fp, attempt in own:
            if attempt != 1:
                self._later[fp] = (*self._later.get(fp, ()), attempt)

    def _numbers(self, fp: str) -> tuple[int, ...]:
        """The attempts of a request that the run knows."""
        later = self._later.get(fp, ())
        return (1, *later) if (fp, 1) in self._own else later

    def __getitem__(self, fp: str) -> tuple[Record, ...]:
        if not (numbers := self._numbers(fp)):
            return self._read[fp]
        others = (r for r in self._read.get(fp, ()) if r.attempt not in numbers)
        own = (pressed_record(fp, n, self._own[name_of(fp, n)], self._press) for n in numbers)
        return tuple(sorted((*others, *own), key=attrgetter("attempt")))

    def __iter__(self) -> Iterator[str]:
        yield from self._read
        yield from (fp for fp, n in self._own if fp not in self._read and n == self._numbers(fp)[0])

    def __len__(self) -> int:
        return sum(1 for _ in self)
