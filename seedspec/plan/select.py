"""Which entries a command is about: the terms of --select and --exclude."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from seedspec.compiler.address import matches
from seedspec.compiler.entry import Entry
from seedspec.compiler.named import axes_of, fault_of
from seedspec.lock.lock import Lock
from seedspec.lock.staleness import stale, video_of
from seedspec.lock.state import State, word
from seedspec.text.diagnostic import did_you_mean, list_words
from seedspec.text.value import valueclass

_STATES = ("new", "stale", *dict.fromkeys(w for state in State if (w := word(state)) != "new"))
"""The words of `state:` terms."""


class NothingSelected(Exception):
    """A term that no entry of the storyboard meets; the message proposes a near one."""


@valueclass(frozen=True, slots=True)
class Selection:
    """`chosen` in the storyboard's order, and the `others`."""

    chosen: tuple[Entry, ...]
    others: tuple[Entry, ...]


def choose(entries: Sequence[Entry], lock: Lock, select: Iterable[str], exclude: Iterable[str]) -> Selection:
    """Entries that meet any of `select` (all, when there is none) and none of `exclude`.

    A term is an address or a prefix of one, `axis=label`, `axis.column=value`, `take=N`, `state:WORD` or `tag:WORD`;
    terms joined by a comma must all hold. `state:new` is what was never bought, `state:stale` what was made from a
    video of another shot that has been replaced since. Raises NothingSelected for a term that fits nothing.
    """
    wanted, unwanted = list(select), list(exclude)
    for text in (*wanted, *unwanted):
        rest = _stateless(text)
        if entries and rest and not any(_meets(rest, e, lock) for e in entries):
            raise NothingSelected(_missing(rest, entries))
    if not (wanted or unwanted):
        return Selection(tuple(entries), ())
    chosen: list[Entry] = []
    others: list[Entry] = []
    for entry in entries:
        inside = not wanted or any(_meets(text, entry, lock) for text in wanted)
        out = any(_meets(text, entry, lock) for text in unwanted)
        (chosen if inside and not out else others).append(entry)
    return Selection(tuple(chosen), tuple(others))


def within(found: Selection, variants: Collection[str]) -> Selection:
    """Of a selection what belongs to some variants (`shot@axis=label,…`), every take; the rest is with the others."""
    inside = {id(e) for e in found.chosen if e.variant in variants}
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
    if equals and "@" not in name and entry.value_of(name) == value:
        return True
    return matches(term, entry.address)


def _stateless(text: str) -> str:
    """What is left of a term without states, which no entry need have at the moment. A word that is no state raises
    NothingSelected: it would keep in what was to be left out."""
    terms = text.split(",")
    states = [term.strip() for term in terms if term.strip().startswith("state:")]
    for term in states:
        if (said := term.removeprefix("state:")) not in _STATES:
            near = did_you_mean(said, _STATES)
            raise NothingSelected(f"`{term}` is no state; {near[0] if near else f'expected {list_words(_STATES)}'}")
    return ",".join(term for term in terms if term.strip() not in states) if states else text


def _missing(text: str, entries: Sequence[Entry]) -> str:
    for term in text.split(","):
        name, equals, _ = term.strip().partition("=")
        if equals and name.partition(".")[0] in axes_of(entries) and (fault := fault_of(name, entries)):
            return f"`{text}` fits no entry: {fault}"
    known = {e.address for e in entries} | {e.shot for e in entries}
    known |= {f"{axis}={label}" for e in entries for axis, label in (*e.labels, *e.columns)}
    known |= {f"tag:{t}" for e in entries for t in e.tags}
    near = did_you_mean(text, known)
    return f"`{text}` fits no entry" + (
        f"; {near[0]}" if near else "; `seedspec compile STORYBOARD` lists the addresses"
    )
