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
        self._numbers: dict[str, tuple[int, ...]] = {}
        alike: dict[tuple[int, ...], tuple[int, ...]] = {}  # most requests have one attempt, the first
        for fp, attempt in own:
            numbers = (*self._numbers.get(fp, ()), attempt)
            self._numbers[fp] = alike.setdefault(numbers, numbers)

    def __getitem__(self, fp: str) -> tuple[Record, ...]:
        numbers = self._numbers.get(fp)
        if numbers is None:
            return self._read[fp]
        others = (r for r in self._read.get(fp, ()) if r.attempt not in numbers)
        own = (pressed_record(fp, n, self._own[name_of(fp, n)], self._press) for n in numbers)
        return tuple(sorted((*others, *own), key=attrgetter("attempt")))

    def __iter__(self) -> Iterator[str]:
        yield from self._read
        yield from (fp for fp in self._numbers if fp not in self._read)

    def __len__(self) -> int:
        return sum(1 for _ in self)
