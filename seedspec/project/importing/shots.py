"""Each record becomes a shot, with its prompt as a template, its media as references, and its fields."""

from __future__ import annotations

import re
from collections.abc import Mapping

from seedspec.catalog.model import KINDS, Kind
from seedspec.compiler.prompt.mentions import Mention
from seedspec.project.importing.board import Board, Reference, Shot
from seedspec.project.importing.cells import whole
from seedspec.project.importing.common import Common, Requested
from seedspec.project.importing.labels import Names, label
from seedspec.project.importing.prompts import escape, template_of
from seedspec.project.importing.values import Cell, Record
from seedspec.text.near import folded, shorten

_EXPORTED = re.compile(r"(?:^|, )(image|video|audio) (.*?)(?=, (?:image|video|audio) |$)", re.DOTALL)
_SHOT_MEDIUM = re.compile(r"(?:the video of |shot )?([A-Za-z0-9][^\s/]*(?:@[^/]*)?/\d+)$")


def shots_of(common: Common, board: Board) -> None:
    """The shots of a board, in the order of the records."""
    ids, made = Names(), []
    for number, record in enumerate(common.material.records, 1):
        if (prompt := common.prompt(record)) is None:
            continue
        text, lost = label(common.id_text(record), "s", number)
        made.append((record, prompt, Shot(ids.unique(text), ""), lost))
        if common.id_text(record) and made[-1][2].id != common.id_text(record):
            common.renamed(record, made[-1][2].id)
    by_entry = {common.cell_text(record, "entry"): shot for record, _, shot, _ in made}
    seen: dict[tuple[object, ...], Shot] = {}
    fields = common.fields([record for record, *_ in made])
    board.defaults = fields.shared
    for record, prompt, shot, lost in made:
        shot.title = common.title(record, lost=lost)
        shot.notes, shot.tags = common.notes(record), common.tags(record)
        shot.fields = fields.own(record)
        _set_takes(common, record, shot)
        media = _media(common, record, shot, by_entry)
        _write_prompt(common, record, shot, prompt, media)
        key = _request(shot)
        if common.material.exported and (first := seen.get(key)) is not None:
            first.takes += 1  # a further take of the same request
            continue
        seen[key] = shot
        board.shots.append(shot)
    if common.material.exported:
        _take_numbers(board)
    for name in common.roles.own:
        if name not in common.used and (cell := common.first(name)) is not None:
            reason = "a shot has no place for it" if name in common.material.columns else "nothing takes it"
            common.material.remark(cell.place, f"left out: `{shorten(name)}`: {reason}")


def _request(shot: Shot) -> tuple[object, ...]:
    references = tuple((r.name, r.kind, r.target, r.take) for r in shot.references)
    return (
        shot.prompt,
        tuple((e.key, e.value) for e in shot.fields),
        references,
        tuple(shot.attach),
        tuple(shot.tags),
        shot.id.rsplit("-", 1)[0],
    )


def _take_numbers(board: Board) -> None:
    """References to shots that are further takes of another one lead to that one."""
    known = {s.id for s in board.shots}
    for shot in board.shots:
        shot.references = [r for r in shot.references if r.kind != "shot" or r.target in known]


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
            upstream = _SHOT_MEDIUM.search(where)
            if upstream is not None and (other := by_entry.get(upstream[1])) is not None:
                name = f"before_{len(shot.references) + 1}" if shot.references else "before"
                shot.references.append(Reference(name, "shot", other.id))
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
        column = next((n for n in common.names if folded(n) == folded(name) and n != common.roles.prompt), "")
        cell = common.cell(record, column)
        if not column or column in common.roles.ids or cell is None or common.material.exported:
            return ""
        common.used.add(column)
        if column in common.roles.media:
            names = [common.add(one) for one in common.media_of(record) if one.column == column]
            used.extend(names)
            return " and ".join(f"{{{{ ref('{n}') }}}}" for n in names)
        if (variable := common.variable(column)) is not None:
            return f"{{{{ {variable} }}}}"
        common.material.remark(
            prompt.place, f"changed: `{shorten(name)}` in brackets is filled in with the cell of that name"
        )
        return escape(cell.text.strip(), open_behind=True)

    shot.prompt = common.template(prompt, lambda text: template_of(text, medium, said))
    shot.prompt += common.described(record, prompt.text)
    common.media.use(list(dict.fromkeys(used)))
    shot.attach = [n for names in media.values() for n in names if n not in used]
    if shot.attach and not common.material.exported:
        common.sent_unnamed(prompt.place, shot.attach[0])
