"""Each record becomes a row of an axis that is a table, and one shot has a video of each."""

from __future__ import annotations

import re
from typing import NamedTuple

from seedspec.catalog.slot import KINDS, Kind
from seedspec.compiler.prompt.mentions import Certainty, Mention
from seedspec.compiler.storyboard.types import LABEL
from seedspec.project.importing.board import Board, Entry, Reference, Shot
from seedspec.project.importing.cells import whole
from seedspec.project.importing.common import Common, Requested, spoken
from seedspec.project.importing.labels import Names, label, name
from seedspec.project.importing.prompts import NAMES, mentions_of, template_of
from seedspec.project.importing.values import Cell, Record
from seedspec.text.near import fold, shorten


class _Row(NamedTuple):
    record: Record
    prompt: Cell
    entries: list[Entry]


class Rows:
    """The rows of a board. `obstacle` says why they cannot be rows, with the place; "" when they can."""

    def __init__(self, common: Common) -> None:
        self.common = common
        self.records = [
            r for r in common.material.records if (c := r.cells.get(common.roles.prompt)) is not None and not c.empty
        ]
        texts = {common.cell_text(r, common.roles.prompt) for r in self.records}
        self.template = len(texts) == 1 and len(self.records) > 1
        self.at = {record.place: number for number, record in enumerate(self.records)}
        self.media = self._media()
        self.obstacle = self._obstacle()

    def _media(self) -> dict[str, list[list[Requested]]]:
        """What each row has of media, by column."""
        found: dict[str, list[list[Requested]]] = {column: [] for column in self.common.roles.media}
        before = len(self.common.material.remarks)
        for record in self.records:
            media = self.common.media_of(record)
            for column, each in found.items():
                each.append([m for m in media if m.column == column])
        del self.common.material.remarks[before:]  # told once, where they are taken
        return {column: each for column, each in found.items() if any(each)}

    def _obstacle(self) -> str:
        common = self.common
        if any(c in common.material.named for c in common.roles.media):
            return f"{common.material.path}: its media have names, which a row's text cannot do"
        if common.material.media:
            return f"{common.material.path}: its media are named by number, which a row's text cannot do"
        for column, each in self.media.items():
            odd = next((r for r, media in zip(self.records, each, strict=True) if len(media) != 1), None)
            if odd is not None:
                return f"{odd.place}: the row has not exactly one `{shorten(column)}`, as the others have"
            if len({m[0].kind for m in each}) > 1:
                return f"{self.records[0].place}: `{shorten(column)}` holds media of several kinds"
        takes = {common.cell_text(r, common.roles.takes) for r in self.records}
        if len(takes) > 1:
            return f"{self.records[0].place}: the rows have different `{shorten(common.roles.takes)}`"
        count = {kind: sum(each[0][0].kind == kind for each in self.media.values()) for kind in KINDS}
        for record in self.records:
            columns = (common.roles.prompt, *common.roles.words, *common.roles.own)
            text = "\n".join(common.cell_text(record, column) for column in columns)
            for m in mentions_of(text):
                if m.certainty is Certainty.CERTAIN and not 0 < m.number <= count[m.kind]:
                    return f"{record.place}: the prompt names {m.kind} {m.number}, which the row does not have"
        return ""


def rows_of(rows: Rows, board: Board) -> None:
    """The axis of a board with its rows, and the shot that they are rows of."""
    common = rows.common
    columns = _columns(rows)
    board.axis = axis = _axis_name(common)
    shot = Shot("video", "")
    labels, made = Names(), []
    for number, record in enumerate(common.material.records, 1):
        if (prompt := common.prompt(record)) is None:
            continue
        text, lost = label(common.id_text(record), "r", number)
        unique = labels.unique(text)
        if common.id_text(record) and unique != common.id_text(record):
            common.renamed(record, unique)
        entries = [Entry("id", unique)]
        if title := common.title(record, lost=lost):
            entries.append(Entry("x-title", title))
        made.append(_Row(record, prompt, entries))
    if rows.template:
        _read_ids(rows, columns, made)
    fields = common.fields([row.record for row in made])
    board.defaults = fields.shared
    attach = _catalogue(rows, shot, board, axis, columns)
    if rows.template:
        shot.prompt = _shot_prompt(rows, made[0], axis, columns, attach)
    else:
        shot.prompt = f"{{{{ {axis}.text }}}}"
    for row in made:
        row.entries.extend(fields.own(row.record))
        for column, key in columns.items():
            cell = common.cell(row.record, column)
            if key == "id":
                continue
            if cell is not None:
                value = (
                    common.media.path_of(_one(rows, column, row.record).target, cell)
                    if column in rows.media
                    else common.cell_text(row.record, column)
                )
                row.entries.append(Entry(key, value))
            elif column in common.used:
                row.entries.append(Entry(key, ""))
                common.material.remark(
                    row.record.place, f"the row has no `{shorten(column)}`, which its prompt names; it is empty there"
                )
        for extra, text in (("x-notes", common.notes(row.record)), ("x-tags", ", ".join(common.tags(row.record)))):
            if text:
                row.entries.append(Entry(extra, text))
        if not rows.template:
            row.entries.append(Entry("text", _row_text(rows, row)))
        board.rows.append(row.entries)
    _finish(rows, shot, attach, made)
    board.shots = [shot]


def _columns(rows: Rows) -> dict[str, str]:
    """The columns that stay columns, with the names by which templates read them."""
    common, found = rows.common, {}
    taken = ("id", "prompt", "takes", "text", "title", "notes", "tags", *common.board_fields)
    names = Names(*taken)
    named = _names_in_prompt(rows)
    for number, column in enumerate([*common.roles.own, *common.roles.words, *rows.media], 1):
        if column not in common.material.columns:
            continue
        texts = {common.cell_text(r, column) for r in rows.records}
        if len(texts) > 1 or fold(column) in named:
            found[column] = names.unique(name(column, "column", number), "_")
            read = column in rows.media or fold(column) in named or (rows.template and column in common.roles.words)
            if not read and not all(LABEL.fullmatch(t) for t in texts if t):
                found[column] = f"x-{found[column]}"  # it can choose no rows, so it is for people alone
        elif column in common.roles.own and (cell := common.first(column)) is not None:
            common.material.remark(
                cell.place,
                f"left out: `{shorten(column)}`: it is `{shorten(cell.text, 40)}` in all rows, and no prompt names it",
            )
    return found


def _read_ids(rows: Rows, columns: dict[str, str], made: list[_Row]) -> None:
    """How a prompt reads the ids that it names: as the label, where that is what the source has."""
    same = all(row.entries[0].value == rows.common.id_text(row.record) for row in made)
    for column in rows.common.roles.ids:
        columns[column] = "id" if same else name(f"{column} text", "id", 1)
        if not same and fold(column) not in _names_in_prompt(rows):
            del columns[column]


def _names_in_prompt(rows: Rows) -> set[str]:
    """The names in brackets of the one prompt that all rows have."""
    text = rows.common.cell_text(rows.records[0], rows.common.roles.prompt) if rows.template else ""
    return {fold(m[1] or m[2] or m[3]) for m in NAMES.finditer(text)}


def _axis_name(common: Common) -> str:
    """The id column's own word: `ad` for `ad_id`; `row` where that is none."""
    first = common.roles.ids[0] if common.roles.ids else ""
    stem = name(re.sub(r"(?i)[\s_-]*(?:id|no|nr|number|key|slug|name)\.?$", "", first), "row", 1).lower()
    usable = re.fullmatch("[a-z][a-z0-9_]*", stem) and stem not in (*common.reserved, "row_1")
    return stem if usable else "row"


def _one(rows: Rows, column: str, record: Record) -> Requested:
    return rows.media[column][rows.at[record.place]][0]


def _catalogue(rows: Rows, shot: Shot, board: Board, axis: str, columns: dict[str, str]) -> dict[str, str]:
    """The references of the rows' media by column: an address that all have, or a template of the column."""
    found, names = {}, Names()
    for column, each in rows.media.items():
        first = each[0][0]
        if column in columns:
            made = names.unique(columns[column], "_")
            board.references.append(Reference(made, first.kind, f"{{{{ {axis}.{columns[column]} }}}}"))
        else:
            made = rows.common.add(first)
        found[column] = made
    return found


def _of_kind(rows: Rows, attach: dict[str, str], kind: Kind) -> list[str]:
    return [attach[column] for column, each in rows.media.items() if each[0][0].kind == kind]


def _shot_prompt(rows: Rows, row: _Row, axis: str, columns: dict[str, str], attach: dict[str, str]) -> str:
    common = rows.common

    def medium(mention: Mention) -> str:
        names = _of_kind(rows, attach, mention.kind)
        return f"{{{{ ref('{names[mention.number - 1]}') }}}}" if 0 < mention.number <= len(names) else ""

    def said(wanted: str) -> str:
        column = common.column(wanted)
        if column in attach:
            return f"{{{{ ref('{attach[column]}') }}}}"
        if column in columns:
            common.used.add(column)
            return f"{{{{ {axis}.{columns[column]} }}}}"
        if column and common.cell(row.record, column) and (variable := common.variable(column)):
            common.used.add(column)
            return f"{{{{ {variable} }}}}"
        return ""

    made = common.template(row.prompt, lambda text: template_of(text, medium, said))
    lines = [
        f"{spoken(column)}: {{{{ {axis}.{key} }}}}."
        for column, key in columns.items()
        if column in common.roles.words and column not in common.used
    ]
    common.used.update(column for column in columns if column in common.roles.words)
    return "\n".join([made, " ".join(lines)]) if lines else made


def _row_text(rows: Rows, row: _Row) -> str:
    """The text of a row's prompt: data, in which names in brackets are filled in."""
    common = rows.common

    def fill(m: re.Match[str]) -> str:
        wanted = (m[1] or m[2] or m[3]).strip()
        column = common.column(wanted)
        cell = common.cell(row.record, column) if column and column not in rows.media else None
        if cell is None:
            if re.fullmatch(r"[A-Za-z_][\w .-]{0,40}", wanted) and not mentions_of(wanted):
                common.unknown(row.prompt, m[0])
            return m[0]
        common.used.add(column)
        common.material.remark(
            row.prompt.place, f"changed: `{shorten(wanted)}` in brackets is filled in with the cell of that name"
        )
        return common.cell_text(row.record, column)

    text = NAMES.sub(fill, row.prompt.text)
    if re.search(r"\{\{|\{%|\{#", text):
        common.left_as_text(row.prompt)
    return text + common.described(row.record, row.prompt.text)


def _finish(rows: Rows, shot: Shot, attach: dict[str, str], made: list[_Row]) -> None:
    common = rows.common
    shot.attach = [n for n in attach.values() if f"ref('{n}')" not in shot.prompt]
    shot.references = []
    takes = common.cell(made[0].record, common.roles.takes) if made else None
    if takes is not None:
        shot.takes = whole(takes) or 1
    if shot.attach:
        column = next(iter(attach))
        cell = common.first(column)
        silent = [r for r in made if not mentions_of(r.prompt.text)]
        if silent and cell is not None:
            common.sent_unnamed(cell.place, shot.attach[0], column)
