"""The takes that people chose: `<storyboard>.picks.yaml` as a value, and what a choice forbids and fixes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from seedspec.catalog.schema import Schema
from seedspec.choices.reviews import Entries, Mention, Review
from seedspec.compiler.address import Labels, parse, variant_of
from seedspec.compiler.entry import Entry
from seedspec.compiler.references.context import ChosenTake
from seedspec.text.diagnostic import Note, Problems
from seedspec.text.node import Map, Node, Sequence, plain
from seedspec.text.source import Span
from seedspec.text.value import valueclass


@valueclass(frozen=True, slots=True)
class Pick:
    """The chosen take of a variant. `video` is the sha256 of the file that was looked at, "" where none was.

    `span` is its place in the file that says it; None for one that a command line says. `profile` is the one whose
    take it is, "" for none.
    """

    address: str
    fp: str
    video: str = ""
    by: tuple[str, ...] = ()
    span: Span | None = None
    profile: str = ""

    @property
    def variant(self) -> str:
        return parse(self.address).variant

    @property
    def take(self) -> int:
        return parse(self.address).take


@dataclass(frozen=True, slots=True)
class Picks:
    """One pick a variant (`shot@axis=label,…`) of one profile; `others` are those of the other profiles in the file."""

    by_variant: Mapping[str, Pick] = field(default_factory=dict)
    others: tuple[Pick, ...] = ()
    _by_fp: Mapping[str, Pick] = field(init=False, repr=False, compare=False)
    _elsewhere: Mapping[str, Pick] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_fp", {p.fp: p for p in reversed(tuple(self.by_variant.values()))})
        object.__setattr__(self, "_elsewhere", {p.fp: p for p in reversed(self.others)})

    def take_of(self, shot: str, labels: Labels) -> int | None:
        """The chosen take of a shot's variant; None when nobody has chosen."""
        pick = self.by_variant.get(variant_of(shot, labels))
        return pick.take if pick is not None else None

    def of(self, entry: Entry) -> Pick | None:
        """The pick that an entry is, by its request or else by its address.

        Such an entry is never bought, whatever the lock says: the chosen video exists and was looked at. The request
        may have changed since: then `pick.fp` is not the entry's fingerprint, and the pick has to go first.
        """
        pick = self.by_variant.get(entry.variant)
        here = pick if pick is not None and pick.take == entry.take else None
        if here is not None and here.fp == entry.fingerprint:
            return here
        return self._by_fp.get(entry.fingerprint) or here

    def forbids(self, entry: Entry) -> str | None:
        """The fingerprint of the choice that forbids to buy an entry: its pick, or one of its request elsewhere."""
        pick = self.of(entry) or self._elsewhere.get(entry.fingerprint)
        return pick.fp if pick is not None else None


def chosen_take(picks: Picks) -> ChosenTake:
    """Which of a variant's takes people chose: by its request first, whatever address it has now, and by its address
    where that request is asked for no more."""
    requests = {p.fp for p in picks.by_variant.values()}
    asked: dict[str, frozenset[str]] = {}

    def among(takes: tuple[Entry, ...], every: Callable[[], Iterable[Entry]]) -> int | None:
        shot, labels = takes[0].shot, takes[0].labels
        own = picks.by_variant.get(variant_of(shot, labels))
        found = [e for e in takes if e.fingerprint in requests]
        if found:
            return next((e.take for e in found if own is not None and own.fp == e.fingerprint), found[0].take)
        if own is None:
            return None
        if shot not in asked:
            asked[shot] = frozenset(e.fingerprint for e in every())
        return own.take if own.fp not in asked[shot] else None  # what was chosen is another variant's take today

    return among


def picks_of(node: Node, schema: Schema, problems: Problems, profile: str = "") -> Picks:
    """A file's picks, as a profile has them ("" for none). Two for one variant are an error, and the first stands."""
    if not schema.check(node, problems):
        return Picks()
    assert isinstance(node, Map)
    found: dict[tuple[str, str], Pick] = {}
    rows = node.get("picks")
    for row in rows if isinstance(rows, Sequence) else ():
        assert isinstance(row, Map)
        values = plain(row)
        span = row.pairs["entry"].value.span
        by, of = tuple(values.get("by", ())), values.get("profile", "")
        pick = Pick(values["entry"], values["fp"], values.get("video", ""), by, span, of)
        known = found.setdefault((of, pick.variant), pick)
        if known is not pick:
            message = f"`{pick.variant}` has two picks, take {known.take} and take {pick.take}; expected one"
            problems.error("two-picks", message, span, Note("the first is here", known.span))
    own = {variant: pick for (of, variant), pick in found.items() if of == profile}
    return Picks(own, tuple(pick for (of, _), pick in found.items() if of != profile))


def serialise(picks: Picks, modeline: str) -> str:
    """The whole file, one line a pick, by profile and address: the same picks are the same bytes."""
    lines = [f"# yaml-language-server: $schema={modeline}"] if modeline else []
    lines += ["# the chosen takes; `seedspec pick` writes this file", "seedspec_picks: 1"]
    ordered = sorted((*picks.by_variant.values(), *picks.others), key=lambda p: (p.profile, p.variant))
    lines += ["picks:", *(f"  - {_line(p)}" for p in ordered)] if ordered else ["picks: []"]
    return "\n".join(lines) + "\n"


def _line(pick: Pick) -> str:
    values: dict[str, object] = {"profile": pick.profile} if pick.profile else {}
    values |= {"entry": pick.address, "fp": pick.fp}
    values |= {"video": pick.video} if pick.video else {}
    values |= {"by": list(pick.by)} if pick.by else {}
    return json.dumps(values)


def picks_of_reviews(
    reviews: Iterable[Review], entries: Entries, videos: Mapping[str, str], problems: Problems, profile: str = ""
) -> list[Pick]:
    """What reviewers picked, one pick a take, by all who chose it; of several takes of a variant, each.

    `videos` are the sha256 of the saved files by fingerprint. What is not of this storyboard, or was made from
    another video than the one that is here, is left out, with a warning.
    """
    found: dict[str, Pick] = {}
    for review in reviews:
        for choice in review.picks:
            entry = entries.find_or_warn(choice.take, problems, lost="the pick is left out")
            if entry is None:
                continue
            here = videos.get(entry.fingerprint, "")
            if choice.video and not here.startswith(choice.video):
                message = f"`{entry.address}` was looked at as another video than the lock has; the pick is left out"
                problems.warning("another-video", message, choice.take.span)
                continue
            new = Pick(entry.address, entry.fingerprint, here, (), choice.take.span, profile)
            known = found.get(entry.address, new)
            found[entry.address] = replace(known, by=tuple(dict.fromkeys((*known.by, review.reviewer))))
    return list(found.values())


def add_picks(known: Picks, new: Iterable[Pick], problems: Problems, *, force: bool = False) -> Picks:
    """The picks with further ones. A variant on which they differ keeps what it has, and that is an error.

    With `force` the last one wins.
    """
    by_variant, asked = dict(known.by_variant), list(new)
    contested = set() if force else {v for v in {p.variant for p in asked} if len(_takes(v, asked)) > 1}
    for pick in asked:
        had = by_variant.get(pick.variant)
        if pick.variant in contested:
            others = [p for p in asked if p.variant == pick.variant and p is not pick]
            notes = [Note(f"{_who(p)} picked take {p.take}", p.span) for p in others]
            message = f"`{pick.variant}`: {_who(pick)} picked take {pick.take}, and others another; nothing is picked"
            if pick is next(p for p in asked if p.variant == pick.variant):
                problems.error("contested-pick", message, pick.span, *notes, "--force takes the last one")
        elif had is None or had.fp == pick.fp or force:
            by = pick.by if had is None or had.fp != pick.fp else tuple(dict.fromkeys((*had.by, *pick.by)))
            by_variant[pick.variant] = replace(pick, by=tuple(sorted(by)))
        else:
            message = f"`{pick.variant}` has take {had.take} picked already; take {pick.take} is not taken over"
            problems.error("picked-already", message, had.span, "--force changes the pick")
    return replace(known, by_variant=by_variant)


def variants(picks: Picks, entries: Entries, problems: Problems) -> frozenset[str]:
    """The variants that have a pick, by the addresses of today; `entries` are those of the picks' own profile.

    One whose request has changed since counts too, with a warning: what is bought of it now was not looked at.
    """
    found = set()
    for pick in picks.by_variant.values():
        assert pick.span is not None
        mention = Mention(pick.address, pick.fp, pick.span)
        entry = entries.find_or_warn(mention, problems, lost="what it stands for now is not what was picked")
        found.add(pick.variant if entry is None else entry.variant)
    return frozenset(found)


def _takes(variant: str, picks: Iterable[Pick]) -> set[str]:
    return {p.fp for p in picks if p.variant == variant}


def _who(pick: Pick) -> str:
    return " and ".join(pick.by) or "the command line"


def follow_addresses(picks: Picks, entries: Entries) -> Picks:
    """The picks under the addresses that their requests have today; what left the storyboard stays as it was."""
    out: dict[str, Pick] = {}
    changed: list[Pick] = []
    for pick in picks.by_variant.values():
        entry = entries.find(Mention(pick.address, pick.fp, pick.span)) if pick.span is not None else None
        if entry is None:
            changed.append(pick)
        else:
            now = replace(pick, address=entry.address)
            out.setdefault(now.variant, now)
    for pick in changed:  # what was looked at goes before what has its address now
        out.setdefault(pick.variant, pick)
    return replace(picks, by_variant=out)
