"""What one reviewer saved from the review page, as a value, and the entries of today that it speaks of."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any, Literal

from seedspec.catalog.schema import Schema
from seedspec.compiler.entry import Entry
from seedspec.compiler.storyboard.profile import AS_WRITTEN, say_profile
from seedspec.text.diagnostic import Problems, did_you_mean
from seedspec.text.node import Map, Node, Sequence, plain
from seedspec.text.source import Span
from seedspec.text.value import valueclass

Winner = Literal["a", "b", "tie", "bad", "skip"]


@valueclass(frozen=True, slots=True)
class Mention:
    """A take as a file names it: its address then, its fingerprint or the beginning of it, and the place."""

    address: str
    fp: str
    span: Span


@valueclass(frozen=True, slots=True)
class Choice:
    """A take that a reviewer picked; `video` is the sha256 of the file that was looked at, or its beginning."""

    take: Mention
    video: str


@valueclass(frozen=True, slots=True)
class Vote:
    """Two takes, or two films, side by side and which was better; `bad` says neither is any good, `skip` says nothing.

    A film is mentioned by its name and its fingerprint, as a take is by its address and that of its request.
    """

    a: Mention
    b: Mention
    winner: Winner
    criterion: str
    blind: bool


@valueclass(frozen=True, slots=True)
class Note:
    """A remark on a take, at a time in it when one is given."""

    take: Mention
    at: float | None
    text: str


@valueclass(frozen=True, slots=True)
class Review:
    """A reviewer's whole file."""

    reviewer: str
    picks: tuple[Choice, ...]
    votes: tuple[Vote, ...]
    notes: tuple[Note, ...]
    film_votes: tuple[Vote, ...] = ()


def review_of(
    node: Node,
    schema: Schema,
    storyboard: str,
    problems: Problems,
    *,
    emulated: bool,
    profile: str = "",
    named: bool = True,
) -> Review | None:
    """The review in a file; None, with the reasons in `problems`, when it has errors or is of another storyboard.

    One of another profile's takes is an error only when the file was `named`: such reviews lie side by side.
    """
    if not schema.check(node, problems):
        return None
    assert isinstance(node, Map)
    page, values = node.get("page"), plain(node)
    assert isinstance(page, Map)
    of, of_emulator = values["page"]["storyboard"], values["page"].get("emulator", False)
    if of != storyboard:
        message = f"a review of `{of}`; expected one of `{storyboard}`"
        problems.error("other-storyboard", message, page.pairs["storyboard"].value.span)
        return None
    if of_emulator is not emulated:
        found, wanted = ("the emulator's", "the paid") if of_emulator else ("the paid", "the emulator's")
        hint = "leave --emulator out" if emulated else "add --emulator to mean the emulator's"
        problems.error("other-takes", f"a review of {found} takes; expected one of {wanted} takes", page.span, hint)
        return None
    if (of_profile := values["page"].get("profile", "")) != profile:
        if named:
            message = f"a review of takes {say_profile(of_profile)}; expected one of takes {say_profile(profile)}"
            hint = f"`--profile {of_profile or AS_WRITTEN}` means those"
            problems.error("other-takes", message, page.span, hint)
        return None
    return Review(
        reviewer=values["reviewer"],
        picks=tuple(Choice(_mention(m, v, "entry", "fp"), v.get("video", "")) for m, v in _rows(node, "picks")),
        votes=tuple(_vote(m, v) for m, v in _rows(node, "votes")),
        notes=tuple(Note(_mention(m, v, "entry", "fp"), v.get("at"), v["text"]) for m, v in _rows(node, "notes")),
        film_votes=tuple(_vote(m, v) for m, v in _rows(node, "film_votes")),
    )


def _rows(node: Map, key: str) -> Iterator[tuple[Map, dict[str, Any]]]:
    rows = node.get(key)
    for row in rows if isinstance(rows, Sequence) else ():
        assert isinstance(row, Map)
        yield row, plain(row)


def _vote(row: Map, values: Mapping[str, Any]) -> Vote:
    a, b = (_mention(row, values, side, f"{side}_fp") for side in ("a", "b"))
    return Vote(a, b, values["winner"], values.get("criterion", "overall"), values.get("blind", False))


def _mention(row: Map, values: Mapping[str, Any], key: str, fp: str) -> Mention:
    return Mention(values[key], values[fp], row.pairs[key].value.span)


def guest_name(fingerprint: str) -> str:
    """What a take is called on a page for guests: it tells nothing of the request, and `Entries` finds it again."""
    return hashlib.sha256(f"seedspec guest\n{fingerprint}".encode()).hexdigest()[:16]


class Entries:
    """The entries of today, found by what a file says of a take: its request first, its address second."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._by_address = {e.address: e for e in entries}
        self._by_fp: dict[str, Entry] = {}
        for entry in self._by_address.values():
            self._by_fp.setdefault(entry.fingerprint, entry)

    def find(self, take: Mention) -> Entry | None:
        """The entry with that request: under that address, or else under the one that it has now."""
        here = self._by_address.get(take.address)
        if here is not None and here.fingerprint.startswith(take.fp):
            return here
        if (whole := self._by_fp.get(take.fp)) is not None:
            return whole
        begun = next((e for fp, e in self._by_fp.items() if fp.startswith(take.fp)), None)
        return begun or self._by_guest_name.get(take.fp)

    @cached_property
    def _by_guest_name(self) -> dict[str, Entry]:
        return {guest_name(fp): entry for fp, entry in self._by_fp.items()}

    def find_or_warn(self, take: Mention, problems: Problems, *, lost: str) -> Entry | None:
        """The same; what is not to be found is a warning that ends with `lost`, the consequence."""
        entry = self.find(take)
        if entry is None and take.address in self._by_address:
            problems.warning("changed-since", f"`{take.address}` asks for something else now; {lost}", take.span)
        elif entry is None:
            message = f"`{take.address}` is no entry of the storyboard; {lost}"
            problems.warning("unknown-entry", message, take.span, *did_you_mean(take.address, self._by_address))
        return entry
