"""What a request will cost, by the prices in force for its model; in units of 1/10,000 credit, exact."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from decimal import ROUND_FLOOR, Decimal
from fractions import Fraction
from typing import Any, Literal, NamedTuple

from seedspec.catalog.expression import Expression, NoValue, Quantities
from seedspec.text.value import valueclass

UNITS = 10_000
"""Units of a credit."""
_HALF = Fraction(1, 2)

Certainty = Literal["stated", "derived", "guessed", "unpriced"]
"""How well a price is known: the vendor states it, it follows from what the vendor states, or it is a guess."""


@valueclass(frozen=True, slots=True)
class Part:
    """One part of a bill: so many credits for each of a quantity, if its condition holds, and never below a minimum."""

    name: str
    rate: Fraction
    quantity: Expression
    when: Expression | None = None
    minimum: Fraction = Fraction()


@valueclass(frozen=True, slots=True)
class Rate:
    """The prices of one model that are in force, from the day `as_of` on.

    `margin` is how far a bill may differ from them, as a part of one. Without `parts` the price is not known, and `why`
    says why; the dollars of a credit are known all the same.
    """

    as_of: str
    source: str
    sure: Certainty
    parts: tuple[Part, ...]
    credits_per_usd: Decimal
    margin: Fraction = Fraction()
    until: str = ""
    why: str = ""
    units_per_credit: int = UNITS
    beside: bool = False
    """They stand beside a storyboard, where whoever wrote it says what it will cost."""

    @property
    def reads(self) -> frozenset[str]:
        """The variables that the price depends on."""
        tests = [p.when for p in self.parts if p.when is not None]
        return frozenset().union(*(e.reads for e in (*(p.quantity for p in self.parts), *tests)))

    @property
    def known(self) -> bool:
        return bool(self.parts)


@valueclass(frozen=True, slots=True)
class Cost:
    """An estimate in units, as a range where the length of a reference video is not known.

    It may be a sum. `unpriced` counts the requests in it without a known price, which add nothing; `guessed` says that
    a price in it is a guess.
    """

    low: int = 0
    high: int = 0
    unpriced: int = 0
    guessed: bool = False

    def __add__(self, other: Cost) -> Cost:
        return Cost(
            self.low + other.low,
            self.high + other.high,
            self.unpriced + other.unpriced,
            self.guessed or other.guessed,
        )

    def times(self, count: int) -> Cost:
        """The cost of so many such requests."""
        return Cost(self.low * count, self.high * count, self.unpriced * count, self.guessed and count > 0)


class Asked(NamedTuple):
    """What of a request a price may depend on, in words that are the same for every model; None for what it has not.

    The seconds of its reference videos are given apart: they may be a range.
    """

    seconds: int | Decimal | None = None
    quality: str | None = None
    ratio: str | None = None
    sound: bool | None = None
    images: int = 0
    videos: int = 0
    audios: int = 0

    def only(self, read: Collection[str]) -> Asked:
        """Without what is no variable of these; the length and the number of videos stay."""
        return Asked(
            self.seconds if "seconds" in read else None,
            self.quality if "quality" in read else None,
            self.ratio if "ratio" in read else None,
            self.sound if "sound" in read else None,
            self.images if "input_images" in read else 0,
            self.videos,
            self.audios if "input_audios" in read else 0,
        )


Seconds = tuple[Decimal, Decimal]
"""The least and the most seconds that reference videos can last together."""

Price = Callable[[Asked, tuple[float | None, ...]], Cost]
"""What a request will cost, with reference videos of these lengths."""

PRICED_BY = ("duration", "quality", "aspect_ratio", "generate_audio")
"""The words of the storyboard format for fields that a price may depend on."""


def asked_of(said: Mapping[str, Any], kinds: Sequence[str] = ()) -> Asked:
    """What a price may depend on, of what a request says by these words, and of the kinds of its reference media."""
    duration, quality, ratio, sound = map(said.get, PRICED_BY)
    return Asked(duration, quality, ratio, sound, *map(kinds.count, ("image", "video", "audio")))


def exact(number: float | Decimal) -> Decimal:
    """A number as it is written: 2.1 is twenty-one tenths, not the binary fraction nearest to it."""
    return number if isinstance(number, Decimal) else Decimal(str(number))


def sum_of(numbers: Iterable[float | Decimal]) -> Decimal:
    """The exact sum of seconds or credits: 2.1 and 2.2 make 4.3. Nothing else adds them."""
    return sum(map(exact, numbers), Decimal())


def units_within(credits: float | Decimal, rate: Rate) -> int:
    """The whole units that an amount of credits holds: never more than it, and all of it to its fourth place."""
    return int((exact(credits) * rate.units_per_credit).to_integral_value(ROUND_FLOOR))


def usd_of(units: int, rate: Rate) -> Fraction:
    """Units as dollars, exactly, by the dated credits to the dollar of the price file; for sums across models."""
    return Fraction(units, rate.units_per_credit) / Fraction(rate.credits_per_usd)


def charge(rate: Rate, asked: Asked, video_seconds: float | Decimal = 0) -> int:
    """Units for one request, by the formula alone; each part of the bill is rounded half up by itself.

    `video_seconds` are those of the reference videos together. Raises NoValue where the price is not known, or does
    not cover the request.
    """
    if not rate.parts:
        raise NoValue(rate.why)
    quantities, total = quantities_of(asked, video_seconds), 0
    for part in rate.parts:
        if part.when is None or part.when.work_out(quantities):
            credits = max(part.quantity.number(quantities) * part.rate, part.minimum)
            if credits < 0:
                raise NoValue(f"the price of `{part.name}` is below zero")
            total += math.floor(credits * rate.units_per_credit + _HALF)
    return total


def quantities_of(asked: Asked, video_seconds: float | Decimal) -> Quantities:
    """A request in the variables of price expressions; what it does not say is left out."""
    found = {
        "seconds": None if asked.seconds is None else Fraction(asked.seconds),
        "quality": asked.quality,
        "ratio": asked.ratio,
        "sound": asked.sound,
        "input_images": Fraction(asked.images),
        "input_videos": Fraction(asked.videos),
        "input_video_seconds": Fraction(exact(video_seconds)),
        "input_audios": Fraction(asked.audios),
    }
    return {name: value for name, value in found.items() if value is not None}


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


def estimate(rate: Rate, asked: Asked, videos: Seconds | None) -> Cost:
    """The cost as far as it is known. `videos`: the least and the most that reference videos last together.

    A margin of the prices makes it a range, and what has no known price is counted.
    """
    ends = videos or (Decimal(), Decimal())
    try:
        found = [charge(rate, asked, seconds) for seconds in dict.fromkeys(ends)]
    except NoValue:
        return Cost(unpriced=1)
    low, high = min(found), max(found)
    if rate.margin:
        low, high = math.floor(low * (1 - rate.margin)), math.ceil(high * (1 + rate.margin))
    return Cost(low, high, guessed=rate.sure == "guessed")
