"""What a request will cost, from its fields and a dated price file; in units of 1/10,000 credit, exact."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from typing import Any

from seedspec.text.value import valueclass


@valueclass(frozen=True, slots=True)
class Rate:
    """The price of one model. Multipliers by quality, apart for requests with and without a reference video."""

    credits_per_second: Decimal
    step_seconds: Decimal
    without_video: Mapping[str, Decimal]
    with_video: Mapping[str, Decimal]
    units_per_credit: int
    credits_per_usd: Decimal
    as_of: str
    source: str


@valueclass(frozen=True, slots=True)
class Cost:
    """An estimate in units, as a range where the length of a reference video is not known."""

    low: int = 0
    high: int = 0

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.low + other.low, self.high + other.high)


Seconds = tuple[Decimal, Decimal]
"""The least and the most seconds that reference videos can last together."""

Price = Callable[[str, int, tuple[float | None, ...]], Cost]
"""What a request of a quality and a duration will cost, with reference videos of these lengths."""


def rate_of(prices: Mapping[str, Any], model: str) -> Rate:
    """The rate of a model in a price file (its `models` key); KeyError when the file does not price it."""
    found = prices["models"][model]
    return Rate(
        Decimal(found["credits_per_second"]),
        Decimal(found["round_seconds_up_to"]),
        {k: Decimal(v) for k, v in found["without_video"].items()},
        {k: Decimal(v) for k, v in found["with_video"].items()},
        prices["units_per_credit"],
        Decimal(prices["credits_per_usd"]),
        prices["as_of"],
        prices["source"],
    )


def exact(number: float | Decimal) -> Decimal:
    """A number as it is written: 2.1 is twenty-one tenths, not the binary fraction nearest to it."""
    return number if isinstance(number, Decimal) else Decimal(str(number))


def sum_of(numbers: Iterable[float | Decimal]) -> Decimal:
    """The exact sum of seconds or credits: 2.1 and 2.2 make 4.3. Nothing else adds them."""
    return sum(map(exact, numbers), Decimal())


def units_within(credits: float | Decimal, rate: Rate) -> int:
    """The whole units that an amount of credits holds: never more than it, and all of it to its fourth place."""
    return int((exact(credits) * rate.units_per_credit).to_integral_value(ROUND_FLOOR))


def charge(rate: Rate, *, quality: str, duration: int, video_seconds: float | Decimal | None) -> int:
    """Units for one request. `video_seconds`: the reference videos' seconds together, None without any.

    The vendor's formula: with a reference video its seconds are billed too, and never fewer than the output's.
    """
    seconds = Decimal(duration)
    multiplier = rate.without_video[quality]
    if video_seconds is not None:
        seconds += max(exact(video_seconds), Decimal(duration))
        multiplier = rate.with_video[quality]
    steps = (seconds / rate.step_seconds).to_integral_value(ROUND_CEILING)
    units = steps * rate.step_seconds * rate.credits_per_second * multiplier * rate.units_per_credit
    return int(units.to_integral_value(ROUND_HALF_UP))


def reference_seconds(
    lengths: Iterable[float | None], each: tuple[float, float] | None, most: float | None
) -> Seconds | None:
    """The least and the most seconds that reference videos can last together; None without any.

    One of unknown length (None) lasts what `each` allows, and all of them no more than `most` where that is given.
    """
    found = list(lengths)
    if not found:
        return None
    known, unknown = sum_of(s for s in found if s is not None), sum(s is None for s in found)
    least, longest = each or (0, most or 0)
    low, high = known + unknown * exact(least), known + unknown * exact(longest)
    return low, high if most is None or not unknown else max(low, min(high, exact(most)))


def estimate(rate: Rate, *, quality: str, duration: int, videos: Seconds | None) -> Cost:
    """The cost as far as it is known. `videos`: the least and the most that reference videos last together."""
    if videos is None:
        known = charge(rate, quality=quality, duration=duration, video_seconds=None)
        return Cost(known, known)
    low = charge(rate, quality=quality, duration=duration, video_seconds=videos[0])
    if videos[1] == videos[0]:
        return Cost(low, low)
    return Cost(low, charge(rate, quality=quality, duration=duration, video_seconds=videos[1]))
