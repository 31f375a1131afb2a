"""What all shots of one storyboard share while their references are resolved and their requests are made."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, NamedTuple

from seedspec.catalog.media_facts import MediaFacts
from seedspec.catalog.price import Price
from seedspec.compiler.entry import Entry
from seedspec.compiler.matrix.fields import Layers
from seedspec.compiler.matrix.grid import Grid
from seedspec.compiler.matrix.product import Row
from seedspec.compiler.prompt.template import Templates
from seedspec.compiler.references.limits import MediaReader, RemoteProbe, probe_nothing
from seedspec.compiler.references.missing import NearbyFiles, no_files
from seedspec.compiler.storyboard.types import RowsFile, Storyboard
from seedspec.text.diagnostic import Problems
from seedspec.text.source import Span
from seedspec.text.value import valueclass

FindEntry = Callable[[str, Row, int, Span], Entry | None]
"""Gives the entry of a shot, a row and a take to the reference at a place; None for an entry with errors of its own."""

ChosenTake = Callable[[tuple[Entry, ...], Callable[[], Iterable[Entry]]], int | None]
"""The take that people chose of the takes of one variant; None when nobody has chosen. The second argument gives all
entries of that shot: what was chosen under this variant's address may be another variant's take today."""


def none_chosen(takes: tuple[Entry, ...], every: Callable[[], Iterable[Entry]]) -> None:
    """Nobody has chosen anything."""


def nowhere() -> bool:
    """The API is not on this machine."""
    return False


class Resolved(NamedTuple):
    """What a reference stands for: the item of the request, its part of the manifest, and the key to follow it by.

    The signature of an address is in `item` alone.
    """

    source: Literal["url", "file", "shot"]
    item: str
    identity: str
    key: str
    where: str
    facts: MediaFacts
    waits: tuple[str, ...] = ()
    frame: str = ""


class RenderedFields(NamedTuple):
    """A request's own fields as they are sent and as they are identified, and what they say by the storyboard's words.

    `whole` is False where a field could not be rendered.
    """

    values: Mapping[str, Any]
    identities: Mapping[str, Any]
    said: Mapping[str, Any]
    whole: bool


ResolutionCache = dict[tuple[int, str, str], Resolved | None]
"""What each reference of a storyboard, by its identity, was resolved to for each target and each model."""


@valueclass(frozen=True, slots=True)
class Inputs:
    """What a compile is told beside the storyboard: local media, included files, remote media, and choices of people.

    `templates` gives the text of an included file, or None when there is none. `local` says whether the API itself is
    on this machine, so that it reaches the addresses of it; it is asked where that matters alone. `rows` is the file of
    the rows that a strategy has chosen, None where nobody has looked for it.
    """

    media: MediaReader
    templates: Callable[[str], str | None]
    remote: RemoteProbe = probe_nothing
    chosen: ChosenTake = none_chosen
    local: Callable[[], bool] = nowhere
    files: NearbyFiles = no_files
    rows: RowsFile | None = None


@valueclass(frozen=True, slots=True)
class Context:
    """What the shots of one storyboard share while requests are made of them. Every finding goes to `problems`.

    `prices` are by the id of a model. `upstream` makes the entry that a `{shot: id}` reference continues; `resolved`
    keeps what each target was found to be, and `rendered` the fields of which none is a template, by their values.
    """

    board: Storyboard
    grids: Mapping[str, Grid]
    takes: Mapping[str, int]
    layers: Layers
    prices: Mapping[str, Price]
    templates: Templates
    inputs: Inputs
    problems: Problems
    upstream: FindEntry
    resolved: ResolutionCache
    rendered: dict[Any, RenderedFields]
