"""What a source holds when it is read, before any of it is understood: cells, records, numbered media, remarks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from seedspec.catalog.slot import Kind
from seedspec.text.value import valueclass

MOST_BYTES = 16 * 1024 * 1024
"""Bytes of a source. The storyboard that is made of it may have eight million."""
MOST_COLUMNS = 400
MOST_CELLS = 500_000
MOST_RECORDS = 20_000


class ImportFault(Exception):
    """A source of which no storyboard can be made: one line for people, with the place in the source before it."""


@valueclass(frozen=True, slots=True)
class Cell:
    """A value of a source and its place, as a message shows it: `shots.csv:4:23`, `shots.xlsx:B7`."""

    value: str | int | float | bool
    place: str

    @property
    def text(self) -> str:
        """The value as people write it: `5` for 5.0, `yes` for true."""
        if isinstance(self.value, bool):
            return "yes" if self.value else "no"
        if isinstance(self.value, float) and self.value.is_integer():
            return str(int(self.value))
        return str(self.value)

    @property
    def empty(self) -> bool:
        return isinstance(self.value, str) and not self.value.strip()


@valueclass(frozen=True, slots=True)
class Record:
    """A row of a table, an object of a list, a section of a document: its cells by the names of their columns."""

    place: str
    cells: Mapping[str, Cell]


@valueclass(frozen=True, slots=True)
class Numbered:
    """A medium that a document has under a number, as its prompts name it: `@Image 2` is `sheet.png`."""

    kind: Kind
    number: int
    target: Cell
    notes: str = ""


@valueclass(frozen=True, slots=True)
class Remark:
    """What was left out, changed or guessed, and why; its place is that in the source."""

    place: str
    text: str


@valueclass(frozen=False, slots=True)
class Material:
    """All that was read of one source. `shared` holds for every record that has no such cell of its own.

    `columns` are the names of the records' cells in their order, each with its place. `list_name` is what the source
    calls its records, "" where it gives them no name. `media` are named by number in all prompts. A `sparse` source
    has no cells where they are empty. `named` are the shared cells with a name of their own, which prompts write in
    brackets.
    """

    path: str
    columns: dict[str, str] = field(default_factory=dict)
    records: list[Record] = field(default_factory=list)
    shared: dict[str, Cell] = field(default_factory=dict)
    media: list[Numbered] = field(default_factory=list)
    title: str = ""
    list_name: str = ""
    named: set[str] = field(default_factory=set)
    exported: bool = False
    sparse: bool = False
    remarks: list[Remark] = field(default_factory=list)

    def remark(self, place: str, text: str) -> None:
        self.remarks.append(Remark(place, text))
