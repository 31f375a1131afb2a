"""What shots and rows have in common: a record's texts, fields and media, and the names that its prompt may use."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from functools import cached_property
from typing import NamedTuple

from seedspec.catalog.slot import Kind
from seedspec.compiler.prompt.mentions import Certainty, Mention
from seedspec.project.importing.board import Board, Entry, Scalar
from seedspec.project.importing.cells import Fields
from seedspec.project.importing.decode import without_controls
from seedspec.project.importing.labels import Names, label, name
from seedspec.project.importing.media import Media
from seedspec.project.importing.prompts import Template, mentions_of
from seedspec.project.importing.roles import Roles, addresses, is_address, kind_of_address, kind_word
from seedspec.project.importing.values import Cell, Material, Record
from seedspec.text.near import fold, shorten
from seedspec.text.value import valueclass

_TAKEN = ("label", "shot", "take", "ref", "loop", "self", "range", "dict", "namespace", "cycler", "joiner", "lipsum")
_GUARD = re.compile("(^|[;\\n])([ \"]*)'(?=[-=+@\uff1d\uff0b\uff0d\uff20\\t\\r])")
"""The apostrophe that an export puts before what a spreadsheet would run as a formula."""


_SUFFIX: dict[Kind, str] = {"image": ".png", "video": ".mp4", "audio": ".mp3"}


class Requested(NamedTuple):
    """A medium of a record: its kind and address, the cell that has it, and the column."""

    kind: Kind
    target: str
    cell: Cell
    notes: str = ""
    column: str = ""


@valueclass(frozen=True, slots=True)
class FieldValues:
    """The values of request fields: `shared` by all records, or of each by its place."""

    shared: list[Entry]
    each: dict[str, list[Entry]]

    def own(self, record: Record) -> list[Entry]:
        return self.each.get(record.place, [])


class Common:
    """A source that is understood, on its way to a board. `used` are the columns that a prompt names."""

    def __init__(self, material: Material, roles: Roles, fields: Fields, media: Media, board: Board) -> None:
        self.material, self.roles, self.media, self.board = material, roles, media, board
        self._fields = fields
        self.used: set[str] = set()
        self._variables: dict[str, str | None] = {}
        self._variable_names = Names(*_TAKEN, *fields.model.fields)
        self._labels_told: set[str] = set()

    @cached_property
    def names(self) -> list[str]:
        """Every column, and what stands beside the records."""
        return [*self.material.columns, *(n for n in self.material.shared if n not in self.material.columns)]

    def cell(self, record: Record, column: str) -> Cell | None:
        """A record's cell in a column, or the one that holds for all; None for an empty one."""
        found = record.cells.get(column) or self.material.shared.get(column)
        return None if found is None or found.empty else found

    def cell_text(self, record: Record, column: str) -> str:
        cell = self.cell(record, column)
        if cell is None:
            return ""
        text = _GUARD.sub(r"\1\2", cell.text) if self.material.exported else cell.text.strip()
        return without_controls(text)

    def first(self, column: str) -> Cell | None:
        """The first cell of a column that holds anything."""
        return next((c for r in self.material.records if (c := self.cell(r, column)) is not None), None)

    def prompt(self, record: Record) -> Cell | None:
        """The cell of a record's prompt; a record without one is left out, and told."""
        cell = record.cells.get(self.roles.prompt)
        if cell is None or not without_controls(cell.text).strip():
            self.material.remark(record.place, "left out: the row has no prompt")
            return None
        if without_controls(cell.text) != re.sub("\r\n?", "\n", cell.text):
            self.material.remark(
                cell.place, "left out: characters of the prompt that steer a terminal, or that no YAML holds"
            )
        if re.match(r"[=+@-](?:cmd|[A-Za-z]+[(|])", cell.text.strip()):
            self.material.remark(
                cell.place, "the prompt begins like a formula of a spreadsheet; it is kept as text, and nothing runs it"
            )
        return Cell(self.cell_text(record, self.roles.prompt), cell.place)

    def id_text(self, record: Record) -> str:
        texts = (self.cell_text(record, column) for column in self.roles.ids)
        return "-".join(re.sub(r"(?<=\d)\.0$", "", t) if self._whole_ids else t for t in texts if t)

    @cached_property
    def _whole_ids(self) -> bool:
        """Whether all ids are the floats that Excel makes of whole numbers: `1.0`."""
        texts = [t for r in self.material.records for column in self.roles.ids if (t := self.cell_text(r, column))]
        return all(re.fullmatch(r"\d+\.0", t) for t in texts)

    def renamed(self, record: Record, made: str) -> None:
        """Tells of an id that is not what the source has."""
        cell = self.cell(record, self.roles.ids[0])
        if cell is not None and not self.material.exported:
            self.material.remark(cell.place, f"changed: id `{shorten(self.id_text(record), 40)}` is `{made}`")

    def title(self, record: Record, *, lost: bool) -> str:
        """A record's title; where it has none, an id whose letters a label cannot hold."""
        text = self.cell_text(record, self.roles.title)
        return " ".join((text or (self.id_text(record) if lost else "")).split())

    def notes(self, record: Record) -> str:
        found = [(n, t) for n in self.roles.notes if n in self.material.columns and (t := self.cell_text(record, n))]
        return "\n".join(t if len(found) == 1 else f"{n}: {t}" for n, t in found)

    def tags(self, record: Record) -> list[str]:
        texts = [
            part
            for n in self.roles.tags
            for part in re.split(r"[,;|、，；\n]+", self.cell_text(record, n))
            if part.strip()
        ]
        return list(dict.fromkeys(label(t, "tag", i)[0] for i, t in enumerate(texts, 1)))

    def fields(self, records: list[Record]) -> FieldValues:
        """The request fields of some records: those that all have alike are shared, the others each has its own."""
        each: dict[str, list[Entry]] = {r.place: [] for r in records}
        shared: list[Entry] = []
        for field in self._fields.model.fields:
            if (column := self.roles.fields.get(field)) is None:
                continue
            found = {r.place: e for r in records if (e := self._field(field, r, column)) is not None}
            values = {e.value for e in found.values()}
            if len(found) == len(records) and len(values) == 1 and (len(records) > 1 or column in self.material.shared):
                changed = next((e.comment for e in found.values() if e.comment), "")
                shared.append(Entry(field, next(iter(found.values())).value, changed))
            else:
                for place, entry in found.items():
                    each[place].append(entry)
        return FieldValues(shared, each)

    def _field(self, field: str, record: Record, column: str) -> Entry | None:
        cell = self.cell(record, column)
        if cell is None:
            return None
        value, changed = self._fields.read(field, cell)
        if value is None:
            self.material.remark(cell.place, f"left out: {changed}")
            return None
        if changed:
            said = f"changed: `{field}` is {_show(value)}, not `{shorten(changed, 40)}`, which the model does not take"
            self.material.remark(cell.place, said)
        return Entry(field, value, f"{changed} in the source, which the model does not take" if changed else "")

    def media_of(self, record: Record) -> list[Requested]:
        """The media in a record's own columns, and in those that hold for all."""
        found = []
        for column, kind in self.roles.media.items():
            cell = self.cell(record, column) if column not in self.material.named else None
            for address in addresses(cell.text) if cell is not None else ():
                assert cell is not None
                if not is_address(address):
                    self.material.remark(
                        cell.place, f"left out: `{shorten(address, 40)}` is no path or address of a medium"
                    )
                    continue
                known = kind_of_address(address) or kind or kind_word(column) or "image"
                found.append(Requested(known, without_controls(address), cell, "", column))
        return found

    def column(self, wanted: str) -> str:
        """The column that a name in brackets means: by its name, or what is shared under that name; "" for none."""
        others = [n for n in self.names if n != self.roles.prompt]
        found = next((n for n in others if fold(n) == fold(wanted)), "")
        media = (
            n for n in self.roles.media if n in self.material.named and n.casefold().startswith(f"{wanted.casefold()} ")
        )
        return found or next(media, "")

    def named_medium(self, column: str) -> list[Requested]:
        """The media that are shared under a name of their own."""
        cell = self.material.shared.get(column)
        kind = self.roles.media.get(column) or kind_word(column) or "image"
        found = addresses(cell.text) if cell is not None and column in self.material.named else []
        return [
            Requested(kind_of_address(a) or kind, without_controls(a), cell, "", column)
            for a in found
            if cell is not None
        ]

    def add(self, one: Requested) -> str:
        """The name of a medium in the catalogue."""
        return self.media.add(one.kind, one.target, one.cell, notes=one.notes)

    def lacking(self, mention: Mention, prompt: Cell) -> str:
        """A place to fill in, for a medium that a prompt surely names and the source does not have."""
        if mention.certainty < Certainty.CERTAIN:
            return ""
        named = f"{mention.kind} {mention.number}"
        target = f"{named.replace(' ', '-')}{_SUFFIX[mention.kind]}"
        self.material.remark(
            prompt.place,
            f"the prompt names {named}, and the source has none; write the real one in place of `{target}`",
        )
        return self.media.add(mention.kind, target, prompt, comment="not in the source: write the real one")

    def variable(self, column: str) -> str | None:
        """The name of a variable, for a column that holds the same in all records; None for another one."""
        if column in self._variables:
            return self._variables[column]
        texts = {self.cell_text(r, column) for r in self.material.records}
        self._variables[column] = None
        if len(texts) > 1 or (len(self.material.records) < 2 and column in self.material.columns):
            return None
        if any(map(mentions_of, texts)):
            return None  # a variable is data, in which a number of a medium stays what it is
        made = self._variables[column] = self._variable_names.unique(
            name(column, "words", len(self._variables) + 1), "_"
        )
        self.board.variables.append(Entry(made, texts.pop()))
        return made

    @property
    def reserved(self) -> tuple[str, ...]:
        """Names that no axis may have."""
        return (*_TAKEN, *self._fields.model.fields, *(e.key for e in self.board.variables))

    @property
    def board_fields(self) -> tuple[str, ...]:
        return self._fields.model.fields

    def template(self, prompt: Cell, make: Callable[[str], Template]) -> str:
        """A prompt's template; what is odd in it is told."""
        text = prompt.text
        if "prompt" in self.roles.mapped and re.search(r"\{\{|\{%", text):
            self.material.remark(prompt.place, "kept: the prompt is a template; `--map` names its column")
            return text
        made = make(text)
        for one in made.unknown:
            self.unknown(prompt, one)
        if made.escaped:
            self.left_as_text(prompt)
        return made.text

    def sent_unnamed(self, place: str, reference: str, column: str) -> None:
        where = f"write `{{{{ ref('{reference}') }}}}` where it belongs"
        said = f"the prompt does not name `{reference}`, the `{shorten(column)}`: it is sent by `attach`; {where}"
        self.material.remark(place, said)

    def written(self, mention: Mention) -> str:
        """How `ref()` writes a medium of this number."""
        form = self._fields.model.media[mention.kind].words[self.board.reference_words or "en"]
        return form.replace("{n}", str(mention.number))

    def unknown(self, prompt: Cell, written: str) -> None:
        self.material.remark(prompt.place, f"kept: `{shorten(written)}` names no column; it is in the prompt as it is")

    def left_as_text(self, prompt: Cell) -> None:
        what = "marks of a template in the prompt, such as `{{`; nothing is put in their place"
        self.material.remark(prompt.place, f"kept as text: {what}")

    def described(self, record: Record, text: str, make: Callable[[str], str] | None = None) -> str:
        """Columns such as `camera` and `mood`, as sentences; those that the prompt names or says are in it already.

        `make` makes a template of a text; without it they are data.
        """
        said = []
        for column in self.roles.words:
            cell = self.cell(record, column)
            if cell is None or column in self.used or cell.text.strip() in text:
                continue
            words = " ".join(self.cell_text(record, column).split()).rstrip(".。")
            if make is not None:
                variable = self.variable(column)
                words = f"{{{{ {variable} }}}}" if variable is not None else make(words)
            said.append(f"{spoken(column)}: {words}.")
            self.material.remark(cell.place, f"changed: `{shorten(column)}` is said in the prompt")
        return f"\n{' '.join(said)}" if said else ""


def spoken(column: str) -> str:
    """The name of a column as a sentence begins: `camera_motion` is `Camera motion`."""
    words = " ".join(re.split(r"[\s_-]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", column.strip())))
    return words[:1].upper() + words[1:].lower() if words.isascii() else words


def remark_lines(material: Material) -> list[str]:
    """The remarks as lines: those of one wording are one line, at the first of their places, with a count."""
    first: dict[str, str] = {}
    material.remarks.sort(key=lambda remark: _order(remark.place))
    count = Counter(remark.text for remark in material.remarks)
    for remark in material.remarks:
        first.setdefault(remark.text, remark.place)
    return [
        f"{place}: {text}{f' (in {count[text]} places)' if count[text] > 1 else ''}" for text, place in first.items()
    ]


def _order(place: str) -> tuple[int, int, str]:
    """Places in the order of the source: by line and column, or by row and letters of a sheet; no place goes first."""
    if m := re.search(r":(\d+):(\d+)$", place):
        return int(m[1]), int(m[2]), ""
    if m := re.search(r"[:!]([A-Z]{1,3})(\d+)$", place):
        return int(m[2]), len(m[1]), m[1]
    return 0, 0, ""


def _show(value: Scalar) -> str:
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else f"`{value}`"
