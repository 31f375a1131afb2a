"""Saved videos that are not what a storyboard expects, as people and programs read them; alike in every report."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from seedspec.lock.run_events import Bound, Compared
from seedspec.plan.command_hint import CommandHint

CODE = "expect-unmet"
"""What `seedspec explain` knows it by."""


def say(address: str, bound: Bound) -> str:
    """One unmet expectation in words, without its place: `open/1`: black: found 1.2 s; expected at most 0.5 s."""
    return f"`{address}`: {_words(bound.measure)}: found {bound.found}; expected {bound.expected}"


def short(found: Compared) -> str:
    """What is unmet of a take, for the end of a line about it; "" where nothing is."""
    said = ", ".join(f"{_words(b.measure)} {b.found}, expected {b.expected}" for b in found.unmet)
    return f"unmet: {said}" + (" (picked all the same)" if found.picked else "") if said else ""


def lines(found: Iterable[Compared], commands: CommandHint, most: int) -> list[str]:
    """The unmet expectations of takes that nobody picked, each at its place; and how many are not measured, and why."""
    takes = list(found)
    said = [f"{b.place}: unmet: {say(take.entry, b)} [{CODE}]" for take in takes if not take.picked for b in take.unmet]
    out = said[:most]
    if len(said) > most:
        out.append(f"… and {len(said) - most} more unmet; {commands.line('status')} has them all")
    unknown = [take for take in takes if take.not_measured]
    if unknown:
        why = next((f": {take.why}" for take in unknown if take.why), f"; {commands.line('measure')} measures them")
        videos = "1 video is" if len(unknown) == 1 else f"{len(unknown):,} videos are"
        out.append(f"{videos} not measured for all that is expected{why}")
    return out


def count(found: Iterable[Compared]) -> tuple[int, int]:
    """How many takes are unmet and not picked, and of how many something is not measured."""
    takes = list(found)
    return sum(take.counts(strict=False) for take in takes), sum(bool(take.not_measured) for take in takes)


def as_json(found: Compared) -> dict[str, Any]:
    """What is expected of a take, and what became of it."""
    return {
        "unmet": bool(found.unmet),
        "picked": found.picked,
        "bounds": [asdict(bound) for bound in found.bounds],
    }


def for_page(found: Compared) -> dict[str, Any]:
    """The same for the review page, each unmet expectation with its words; nothing where all is met."""
    unmet = [
        {
            "measure": bound.measure,
            "found": bound.found,
            "expected": bound.expected,
            "said": f"{_words(bound.measure)} {bound.found}, expected {bound.expected}",
            "line": bound.line,
        }
        for bound in found.unmet
    ]
    unknown = [bound.measure for bound in found.not_measured]
    return ({"unmet": unmet} if unmet else {}) | ({"not_measured": unknown} if unknown else {})


def _words(measure: str) -> str:
    return measure if measure.startswith("judge.") else measure.replace("_", " ")
