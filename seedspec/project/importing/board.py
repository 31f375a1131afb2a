"""The storyboard that is made, as values: what stands in it, with the comments beside it."""

from __future__ import annotations

from dataclasses import field

from seedspec.text.value import valueclass

Scalar = str | int | float | bool


@valueclass(frozen=True, slots=True)
class Entry:
    """A key and its value, and what stands in a comment behind it."""

    key: str
    value: Scalar
    comment: str = ""


@valueclass(frozen=False, slots=True)
class Reference:
    """A medium by its name: its kind, or `shot`, and its address; `take` is that of a shot."""

    name: str
    kind: str
    target: str
    notes: str = ""
    comment: str = ""
    take: int = 0


@valueclass(frozen=False, slots=True)
class Shot:
    id: str
    prompt: str
    title: str = ""
    notes: str = ""
    tags: list[str] = field(default_factory=list)
    fields: list[Entry] = field(default_factory=list)
    takes: int = 1
    references: list[Reference] = field(default_factory=list)
    attach: list[str] = field(default_factory=list)


@valueclass(frozen=False, slots=True)
class Board:
    """A storyboard. `rows` are those of its one axis, named `axis`, each with its label under `id`."""

    source: str
    model: str
    name: str = ""
    title: str = ""
    notes: str = ""
    defaults: list[Entry] = field(default_factory=list)
    variables: list[Entry] = field(default_factory=list)
    reference_words: str = ""
    references: list[Reference] = field(default_factory=list)
    axis: str = ""
    rows: list[list[Entry]] = field(default_factory=list)
    shots: list[Shot] = field(default_factory=list)
    most_entries: int = 0
