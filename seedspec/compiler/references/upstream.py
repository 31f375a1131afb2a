"""The video of another entry as a reference: what it will be, what it came back as, and the model's rules for both."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from seedspec.catalog.media_facts import MediaFacts
from seedspec.catalog.model import Kind, MediaRule, Model
from seedspec.catalog.price import sum_of
from seedspec.compiler.entry import Entry, Medium
from seedspec.compiler.references.limits import breaches, check_medium, within_tolerance
from seedspec.compiler.storyboard.types import Reference
from seedspec.text.diagnostic import Problems, listed


def check_upstream(reference: Reference, model: Model, upstream: Entry, problems: Problems, entry: str) -> MediaFacts:
    """Judges the video that an entry will be, by its fields and the model's table of sizes; what is known of it.

    The size of `adaptive` is one of the table that only the service knows: it is an error when none of them may be
    a reference, and a warning when some may not.
    """
    facts = MediaFacts(seconds=upstream.request["duration"], fps=model.fps)
    rule, sizes = model.media["video"], model.pixels.get(upstream.request["quality"], {})
    size = sizes.get(upstream.request["aspect_ratio"])
    if size is not None or not sizes:
        facts = _sized(size).completed_by(facts) if size else facts
        check_medium(reference, rule, "", facts, None, problems, entry)
        return facts
    check_medium(reference, rule, "", facts, None, problems, entry)
    outside = {ratio: b for ratio, wh in sizes.items() if (b := next(breaches(rule, _sized(wh)), None)) is not None}
    if not outside:
        return facts
    ratio, breach = next(iter(outside.items()))
    at, quality = reference.target.span, upstream.request["quality"]
    said = (
        f"`{reference.name}` continues `{upstream.address}`, whose ratio is `adaptive`: as {ratio} it {breach.message}"
    )
    if len(outside) == len(sizes):
        problems.error(breach.code, said, at, f"no ratio of {quality} may be a reference", entry=entry)
    else:
        fine = [name for name in sizes if name not in outside]
        hint = f"fix `aspect_ratio` of shot `{upstream.shot}`; in {quality} these do: {listed(fine)}"
        problems.warning("upstream-size-unknown", said, at, hint, entry=entry)
    return facts


def unusable_upstream(
    media: tuple[Medium, ...], rules: Mapping[Kind, MediaRule], was: Callable[[str], MediaFacts | None]
) -> tuple[str, str] | None:
    """Why a request cannot use the upstream videos that came back: an upstream's address and the reason; or None.

    `was` gives the facts of an upstream's saved video by its fingerprint, None while there is none. What nobody has
    measured is not judged.
    """
    upstream = {m.key: facts for m in media if m.source == "shot" and (facts := was(m.key)) is not None}
    rule = rules.get("video")
    if not upstream or rule is None:
        return None
    for medium in media:
        facts = upstream.get(medium.key)
        if facts is not None and (found := next(_broken(rule, facts), None)) is not None:
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
        where = next(m.where for m in media if m.key in upstream)
        return where, f"the videos last {float(total):g} s together ({parts}); expected at most {most:g} s"
    return None


def _broken(rule: MediaRule, facts: MediaFacts) -> Iterator[str]:
    """What a finished video breaks, in a sentence without its subject. A value just over an edge is within it.

    The service keeps its own length by frames, so that a video of `duration: 5` may last 5.04 s.
    """
    return (breach.message for breach in breaches(rule, facts) if breach.tolerated is None)


def _sized(size: tuple[int, int]) -> MediaFacts:
    return MediaFacts(width=size[0], height=size[1])
