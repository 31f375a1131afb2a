"""The formula of prices as it was before price files had expressions: what the expressions are held against."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal

SECOND = Decimal("13.5")
STEP = Decimal("0.1")
WITHOUT_VIDEO = {"480p": Decimal("0.465"), "720p": Decimal(1)}
WITH_VIDEO = {"480p": Decimal("0.284"), "720p": Decimal("0.609")}


def old_charge(quality: str, duration: int, video_seconds: Decimal | None) -> int:
    """Units for one request of the reference model; None without a reference video."""
    seconds, factor = Decimal(duration), WITHOUT_VIDEO[quality]
    if video_seconds is not None:
        seconds, factor = seconds + max(video_seconds, Decimal(duration)), WITH_VIDEO[quality]
    steps = (seconds / STEP).to_integral_value(ROUND_CEILING)
    return int((steps * STEP * SECOND * factor * 10_000).to_integral_value(ROUND_HALF_UP))
