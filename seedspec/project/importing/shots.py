"""Each record becomes a shot, with its prompt as a template, its media as references, and its fields."""

from __future__ import annotations

import re
from collections.abc import Mapping

from seedspec.catalog.slot import KINDS, Kind
from seedspec.compiler.prompt.mentions import Mention
from seedspec.project.importing.board import Board, Reference, Shot
from seedspec.project.importing.cells import whole
from seedspec.project.importing.common import Common, Requested
from seedspec.project.importing.labels import MOST_ID, Names, label
from seedspec.project.importing.prompts import template_of
from seedspec.project.importing.values import Cell, Record
from seedspec.text.near import shorten

_EXPORTED = re.compile(r"(?:^|, )(image|video|audio) (.*?)(?=, (?:image|video|audio) |$)", re.DOTALL)
_SHOT_MEDIUM = re.compile(r"([A-Za-z0-9][^\s/]*)/(\d+)")
_EXPORTED_LABEL = re.compile(r"[@,][A-Za-z0-9_]+=")


def shots_of(common: Common, board: Board) -> None:
    """The shots of a board, in the order of the records."""
    ids, made = Names(most=MOST_ID), []
    takes: dict[str, Shot] = {}
    for number, record in enumerate(common.material.records, 1):
        if (prompt := common.prompt(record)) is None:
            continue
        entry = common.cell_text(record, "entry").rpartition("/")[0] if common.material.exported else ""
        if entry in takes:
            takes[entry].takes += 1
            continue
        text, lost = label(_EXPORTED_LABEL.sub("-", entry) or common.id_text(record), "s", number, MOST_ID)
        made.append((record, prompt, Shot(ids.unique(text), ""), lost))
        if entry:
            takes[entry] = made[-1][2]
        elif common.id_text(record) and made[-1][2].id != common.id_text(record):
            common.renamed(record, made[-1][2].id)
    fields = common.fields([record for record, *_ in made])
    board.defaults = fields.shared
    for record, prompt, shot, lost in made:
        shot.title = common.title(record, lost=lost)
        shot.notes, shot.tags = common.notes(record), common.tags(record)
        shot.fields = fields.own(record)
        _set_takes(common, record, shot)
        _write_prompt(common, record, shot, prompt, _media(common, record, shot, takes))
        board.shots.append(shot)
    for name in (*common.roles.own, *(n for n in common.roles.media if n in common.material.named)):
        if name not in common.used and (cell := common.first(name)) is not None:
            reason = "a shot has no place for it" if name in common.material.columns else "nothing takes it"
            common.material.remark(cell.place, f"left out: `{shorten(name)}`: {reason}")


def _nothing(_: str) -> str:
    return ""


def _set_takes(common: Common, record: Record, shot: Shot) -> None:
    cell = common.cell(record, common.roles.takes)
    if cell is None or common.material.exported:
        return
    takes = whole(cell)
    if takes is None or takes > 1000:
        common.material.remark(cell.place, f"left out: `{shorten(cell.text, 40)}` is no count of takes")
    else:
        shot.takes = takes


def _media(common: Common, record: Record, shot: Shot, by_entry: Mapping[str, Shot]) -> dict[Kind, list[str]]:
    """The names of a record's media by kind, in the order of their numbers."""
    found: dict[Kind, list[str]] = {kind: [] for kind in KINDS}
    if common.material.exported:
        cell = record.cells.get("references")
        for kind_text, where in _EXPORTED.findall(cell.text) if cell is not None else ():
            kind: Kind = next(k for k in KINDS if k == kind_text)
            upstream = _SHOT_MEDIUM.fullmatch(where)
            if upstream is not None and (other := by_entry.get(upstream[1])) is not None:
                name = f"before_{len(shot.references) + 1}" if shot.references else "before"
                shot.references.append(
                    Reference(name, "shot", other.id, take=int(upstream[2]) if upstream[2] != "1" else 0)
                )
            else:
                assert cell is not None
                name = common.media.add(kind, where, cell)
            found[kind].append(name)
    else:
        for one in common.media_of(record):
            found[one.kind].append(common.add(one))
    common.media.use([n for names in found.values() for n in names])
    return found


def _write_prompt(common: Common, record: Record, shot: Shot, prompt: Cell, media: dict[Kind, list[str]]) -> None:
    used: list[str] = []
    numbered = {(m.kind, m.number): m for m in common.material.media}

    def medium(mention: Mention) -> str:
        names = media[mention.kind]
        if common.material.exported and prompt.text[mention.start : mention.end] != common.written(mention):
            return ""  # its own words, which `ref()` would write otherwise; the medium keeps its number
        if (one := numbered.get((mention.kind, mention.number))) is not None:
            name = common.add(Requested(one.kind, one.target.text, one.target, one.notes))
        elif numbered and not names:
            name = common.lacking(mention, prompt)
        elif 0 < mention.number <= len(names):
            name = names[mention.number - 1]
        else:
            name = common.lacking(mention, prompt)
        if name:
            used.append(name)
        return f"{{{{ ref('{name}') }}}}" if name else ""

    def said(name: str) -> str:
        column = common.column(name)
        cell = common.cell(record, column)
        if not column or cell is None or common.material.exported:
            return ""
        common.used.add(column)
        if column in common.roles.media:
            own = [one for one in common.media_of(record) if one.column == column]
            names = [common.add(one) for one in own or common.named_medium(column)]
            used.extend(names)
            return " and ".join(f"{{{{ ref('{n}') }}}}" for n in names)
        if (variable := common.variable(column)) is not None:
            return f"{{{{ {variable} }}}}"
        common.material.remark(
            prompt.place, f"changed: `{shorten(name)}` in brackets is filled in with the cell of that name"
        )
        return template_of(cell.text.strip(), medium, _nothing).text

    shot.prompt = common.template(prompt, lambda text: template_of(text, medium, said))
    shot.prompt += common.described(record, prompt.text, lambda text: template_of(text, medium, _nothing).text)
    common.media.use(list(dict.fromkeys(used)))
    shot.attach = list(dict.fromkeys(n for names in media.values() for n in names if n not in used))
    if shot.attach and not common.material.exported:
        column = next((o.column for o in common.media_of(record) if common.add(o) == shot.attach[0]), "medium")
        common.sent_unnamed(prompt.place, shot.attach[0], column)
