"""The picture of a shot's video that `frame` names: its first, its last, or the one at so many seconds."""

from __future__ import annotations

import math
import re
from decimal import Decimal
from fractions import Fraction

from seedspec.catalog.form import amount_of
from seedspec.catalog.schema import edits_of, kind_of
from seedspec.text.diagnostic import Edit, Problems
from seedspec.text.lookalike import odd_in
from seedspec.text.near import fold, nearest
from seedspec.text.node import Node, Scalar

EXPECTED = "expected `first`, `last`, or seconds from the start of the video with at most three decimals"
_WORDS = ("first", "last")
_MEANT = {
    **dict.fromkeys(("start", "begin", "beginning", "opening", "initial", "head", "1st", "firstframe"), "first"),
    **dict.fromkeys(("end", "ending", "final", "tail", "lastframe", "latest"), "last"),
    **dict.fromkeys(("首帧", "第一帧", "最初"), "first"),
    **dict.fromkeys(("尾帧", "末帧", "最后一帧", "最後"), "last"),
}
"""What others call the first and the last picture, without what `folded` takes away."""
_SECONDS = "a time is written in seconds: `frame: 2.5`"


def frame_of(node: Node, problems: Problems) -> str | None:
    """`first`, `last`, or whole milliseconds, which are one however a number is spelt (`1`, `1.0`).

    None for anything else, which is reported with what to write instead.
    """
    value = node.value if isinstance(node, Scalar) else None
    if value in _WORDS:
        return str(value)
    if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value):
        milliseconds = Decimal(repr(value)) * 1000
        if milliseconds >= 0 and milliseconds == milliseconds.to_integral_value():
            return str(int(milliseconds))
    found = kind_of(value) if isinstance(node, Scalar) else "no text and no number"
    odd = odd_in(value) if isinstance(value, str) else ()
    problems.error("bad-frame", "; ".join((f"found {found}", *odd, EXPECTED)), node.span, *_remedy(node, value))
    return None


def without_shot(kind: str) -> str:
    """What to do about `frame` in a reference of another kind."""
    if kind == "image":
        return "an image is one picture already: leave `frame` out"
    if kind == "video":
        return "`frame` is for shots; save the picture of a file yourself, and name it: `{image: …}`"
    return "leave it out"


def _remedy(node: Node, value: object) -> tuple[str | Edit, ...]:
    if isinstance(value, str):
        return _remedy_for_text(node, value.strip().strip("'\"").strip())
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        if value < 0:
            return ("the last picture is `frame: last`; a time is counted from the start of the video",)
        return (f"write `{float(value):.3f}`",) if math.isfinite(value) else (_SECONDS,)
    return (_SECONDS,)


def _remedy_for_text(node: Node, text: str) -> tuple[str | Edit, ...]:
    word = fold(text)
    if word in _WORDS:
        return f"write `{word}`", *edits_of(node.span, word)
    if (meant := _MEANT.get(word)) is not None:
        return (f"did you mean `{meant}`?",)
    if re.fullmatch(r"-\s*[0-9.]+", text):
        return ("the last picture is `frame: last`; a time is counted from the start of the video",)
    if (seconds := amount_of(text, "seconds")) is not None and (shown := _show(seconds)):
        return f"write the seconds as a number alone: `{shown}`", *edits_of(node.span, shown)
    if re.search(r"[0-9]\s*%|mid|cent|half|中间", word):
        return (f"`frame` takes no share of the length; {_SECONDS}",)
    near = nearest(text, _WORDS)
    return (f"did you mean `{near}`?",) if near is not None else (_SECONDS,)


def _show(seconds: Fraction) -> str:
    """A time as it may be written; "" for one that may not."""
    return f"{float(seconds):g}" if seconds >= 0 and (1000 * seconds).denominator == 1 and seconds < 1000 else ""
