"""The video of another entry, or a picture of it, as a reference: what it will be and came back as, judged by rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from seedspec.catalog.media_facts import MediaFacts
from seedspec.catalog.model import Model
from seedspec.catalog.price import sum_of
from seedspec.catalog.slot import Kind, Slot
from seedspec.compiler.entry import Entry, Medium, frame_words
from seedspec.compiler.references.limits import breaches, check_medium, within_tolerance
from seedspec.compiler.storyboard.types import Reference
from seedspec.text.diagnostic import Problems, list_words

JUDGED_BY = ("duration", "quality", "aspect_ratio")
"""The words by which `check_upstream` judges a video that is not made yet, beside the models of both requests."""


def check_upstream(reference: Reference, model: Model, upstream: Entry, problems: Problems, entry: str) -> MediaFacts:
    """Judges the video that an entry will be, or a picture of it: its size is that of the table of its own model, the
    limits are those of the `model` that takes it. Gives what is known of it.

    The size of `adaptive` is one of the table that only the service knows: it is an error when none of them may be
    a reference, and a warning when some may not.
    """
    maker = upstream.model
    facts, format = MediaFacts(seconds=upstream.says("duration"), fps=maker.fps or None), None
    if reference.frame:
        _check_moment(reference, maker, upstream, problems, entry)
        facts, format = MediaFacts(), "png"
    rule = reference.slot_in(model)
    assert rule is not None, "what no slot takes was told before"
    sizes = maker.pixels.get(upstream.says("quality") or "", {})
    size = sizes.get(upstream.says("aspect_ratio") or "")
    if size is not None or not sizes:
        facts = _facts_of_size(size).completed_by(facts) if size else facts
        check_medium(reference, rule, "", facts, format, problems, entry)
        return facts
    check_medium(reference, rule, "", facts, format, problems, entry)
    outside = {
        ratio: b for ratio, wh in sizes.items() if (b := next(breaches(rule, _facts_of_size(wh)), None)) is not None
    }
    if not outside:
        return facts
    ratio, breach = next(iter(outside.items()))
    at, quality = reference.target.span, upstream.says("quality")
    is_of = f"is the {frame_words(reference.frame)} of" if reference.frame else "continues"
    said = f"`{reference.name}` {is_of} `{upstream.address}`, whose ratio is `adaptive`: as {ratio} it {breach.message}"
    if len(outside) == len(sizes):
        problems.error(breach.code, said, at, f"no ratio of {quality} may be a reference", entry=entry)
    else:
        fine = [name for name in sizes if name not in outside]
        hint = f"fix `aspect_ratio` of shot `{upstream.shot}`; in {quality} these do: {list_words(fine)}"
        problems.warning("upstream-size-unknown", said, at, hint, entry=entry)
    return facts


def _check_moment(reference: Reference, model: Model, upstream: Entry, problems: Problems, entry: str) -> None:
    """A picture at so many seconds is one of the video: before its end."""
    if reference.frame in ("first", "last"):
        return
    at, length = int(reference.frame) / 1000, upstream.says("duration")
    if at < length:
        return
    message = (
        f"the video of `{upstream.shot}` lasts {length:g} s; expected an earlier time, or `last` for its last picture"
    )
    number = at.is_integer() and model.fps / 2 <= at < length * model.fps
    notes = [f"`frame` counts seconds: picture {at:g} is shown at {round(at / model.fps, 3):g} s"] if number else []
    problems.error("frame-past-end", message, reference.frame_span or reference.target.span, *notes, entry=entry)


def unusable_upstream(
    media: tuple[Medium, ...], rules: Mapping[Kind, Slot], was: Callable[[str], MediaFacts | None]
) -> tuple[str, str] | None:
    """Why a request cannot use the upstream videos that came back, or pictures of them: an upstream's address and the
    reason; or None.

    `was` gives the facts of an upstream's saved video by its fingerprint, None while there is none. What nobody has
    measured is not judged.
    """
    for medium in (m for m in media if m.frame):
        facts, rule = was(medium.key), rules.get(medium.kind)
        if facts is not None and (why := next(_broken_by_picture(rule, facts, medium.frame), None)) is not None:
            return medium.where, f"its {frame_words(medium.frame)} {why}"
    whole = [m for m in media if m.source == "shot" and not m.frame]
    upstream = {m.key: facts for m in whole if (facts := was(m.key)) is not None}
    rule = rules.get("video")
    if not upstream or rule is None:
        return None
    for medium in whole:
        facts = upstream.get(medium.key)
        if facts is not None and (found := next(_find_broken(rule, facts), None)) is not None:
            return medium.where, f"its video {found}"
    measured = {key: facts.seconds for key, facts in upstream.items() if facts.seconds is not None}
    lengths = [measured.get(m.key, m.seconds) for m in media if m.kind == "video"]
    known = [s for s in lengths if s is not None]
    most = rule.seconds_together
    total = sum_of(known)
    if most is None or len(known) < 2 or total <= most:
        return None
    if within_tolerance(rule, "seconds_together", float(total), (0, most)) is None:
        parts = " + ".join(f"{s:g}" for s in known)
        where = next(m.where for m in whole if m.key in upstream)
        return where, f"the videos last {float(total):g} s together ({parts}); expected at most {most:g} s"
    return None


def _find_broken(rule: Slot, facts: MediaFacts) -> Iterator[str]:
    """What a finished video breaks, in a sentence without its subject. A value just over an edge is within it.

    The service keeps its own length by frames, so that a video of `duration: 5` may last 5.04 s.
    """
    return (breach.message for breach in breaches(rule, facts) if breach.tolerated is None)


def _broken_by_picture(rule: Slot | None, video: MediaFacts, frame: str) -> Iterator[str]:
    """What a picture of a finished video will break, as far as the video's facts tell."""
    if frame not in ("first", "last") and video.seconds is not None and int(frame) / 1000 > video.seconds + _HELD:
        yield f"is past its end: it lasts {video.seconds:g} s"
    if rule is not None:
        yield from (breach.message for breach in breaches(rule, MediaFacts(width=video.width, height=video.height)))


_HELD = 0.1
"""Seconds for which a player shows the last picture on: readers differ by as much in where a video ends."""


def _facts_of_size(size: tuple[int, int]) -> MediaFacts:
    return MediaFacts(width=size[0], height=size[1])
