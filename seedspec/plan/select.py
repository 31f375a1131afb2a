"""Which entries a command is about: the terms of --select and --exclude."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from seedspec.compiler.entry import Entry, labels_of, matches
from seedspec.plan.chain import stale, video_of
from seedspec.plan.lock import Lock
from seedspec.plan.state import word
from seedspec.text.diagnostic import did_you_mean
from seedspec.text.values import valueclass


class NothingSelected(Exception):
    """A term that no entry of the storyboard meets; the message proposes a near one."""


@valueclass(frozen=True, slots=True)
class Selection:
    """`chosen` in the storyboard's order, and the `others`."""

    chosen: tuple[Entry, ...]
    others: tuple[Entry, ...]


def choose(entries: Sequence[Entry], lock: Lock, select: Iterable[str], exclude: Iterable[str]) -> Selection:
    """Entries that meet any of `select` (all, when there is none) and none of `exclude`.

    A term is an address or a prefix of one, `axis=label`, `take=N`, `state:WORD` or `tag:WORD`; terms joined by a
    comma must all hold. `state:new` is what was never bought, `state:stale` what was made from a video of another
    shot that has been replaced since. Raises NothingSelected for a term that fits nothing.
    """
    wanted, unwanted = list(select), list(exclude)
    for text in (*wanted, *unwanted):
        if entries and not text.startswith("state:") and not any(_meets(text, e, lock) for e in entries):
            raise NothingSelected(_missing(text, entries))
    chosen: list[Entry] = []
    others: list[Entry] = []
    for entry in entries:
        inside = not wanted or any(_meets(text, entry, lock) for text in wanted)
        out = any(_meets(text, entry, lock) for text in unwanted)
        (chosen if inside and not out else others).append(entry)
    return Selection(tuple(chosen), tuple(others))


def within(found: Selection, variants: Collection[str]) -> Selection:
    """Of a selection what belongs to some variants (`shot@axis=label,…`), every take; the rest is with the others."""
    inside = {id(e) for e in found.chosen if e.shot + labels_of(e.labels) in variants}
    left = tuple(e for e in found.chosen if id(e) not in inside)
    return Selection(tuple(e for e in found.chosen if id(e) in inside), (*found.others, *left))


def _meets(text: str, entry: Entry, lock: Lock) -> bool:
    return matches(text, entry.address) or all(_term(term.strip(), entry, lock) for term in text.split(","))


def _term(term: str, entry: Entry, lock: Lock) -> bool:
    if term.startswith("state:"):
        record = lock.last(entry.fingerprint)
        if term == "state:stale":
            return record is not None and video_of(record) != "" and stale(entry, record, lock) is not None
        return word(record.state if record is not None else None) == term.removeprefix("state:")
    if term.startswith("tag:"):
        return term.removeprefix("tag:") in entry.tags
    name, equals, value = term.partition("=")
    if equals and name == "take":
        return value == str(entry.take)
    if equals and "@" not in name and (name, value) in entry.labels:
        return True
    return matches(term, entry.address)


def _missing(text: str, entries: Sequence[Entry]) -> str:
    known = {e.address for e in entries} | {e.shot for e in entries}
    known |= {f"{axis}={label}" for e in entries for axis, label in e.labels} | {
        f"tag:{t}" for e in entries for t in e.tags
    }
    near = did_you_mean(text, known)
    return f"`{text}` fits no entry" + (f"; {near[0]}" if near else "; `seedspec compile` lists the addresses")
