"""Whether the records of a source are shots or rows of an axis, by a stated rule; then the whole storyboard."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from seedspec.catalog.meant import column_of
from seedspec.catalog.model import Catalog, Model
from seedspec.project.importing.board import Board
from seedspec.project.importing.cells import Fields
from seedspec.project.importing.common import Common
from seedspec.project.importing.labels import label
from seedspec.project.importing.media import Media
from seedspec.project.importing.prompts import reference_words
from seedspec.project.importing.roles import SHOT_WORDS, Roles, Words, is_export, roles_of
from seedspec.project.importing.rows import Rows, rows_of
from seedspec.project.importing.shots import shots_of
from seedspec.project.importing.values import ImportFault, Material
from seedspec.text.near import fold, shorten

Form = Literal["", "shots", "rows"]
MOST_ENTRIES = 1000
"""The bound that a storyboard has when it names none."""


def board_of(
    material: Material, catalog: Catalog, mapped: tuple[str, ...], form: Form, base: Path, folder: Path
) -> Board:
    """The storyboard of a source in a folder. What was done to it is in the material's remarks.

    Raises ImportFault where nothing holds prompts, and for rows that cannot be rows.
    """
    model = catalog.usual
    assert model is not None
    words = Words(catalog.storyboard.document, model)
    material.exported = is_export(material.columns)
    board = Board(Path(material.path).name, model.id)
    _set_top(material, board, words)
    roles = _roles_of_export(material, model) if material.exported else roles_of(material, words, mapped)
    _choose_model(material, roles, board, catalog)
    common = Common(material, roles, Fields(model), Media(material, base, folder), board)
    prompts = [common.cell_text(r, roles.prompt) for r in material.records]
    if not any(p.strip() for p in prompts):
        raise ImportFault(f"{material.path}: no row has a prompt in `{shorten(roles.prompt)}`")
    board.reference_words = reference_words(prompts)
    board.title = board.title or material.title
    rows = Rows(common)
    if _are_rows(rows, common, words, form):
        rows_of(rows, board)
    else:
        shots_of(common, board)
    board.references += common.media.references()
    count = max(1, len(board.rows)) * sum(s.takes for s in board.shots)
    if count > MOST_ENTRIES:
        board.most_entries = count
        material.remark(
            material.path, f"`max_entries: {count}` is written: {MOST_ENTRIES:,} videos is the bound without it"
        )
    return board


def _are_rows(rows: Rows, common: Common, words: Words, form: Form) -> bool:
    """The rule: what has one prompt, or columns of its own, are rows; what is called shots, and the rest, are shots."""
    material = common.material
    if material.exported or form == "shots":
        return False
    if form == "rows":
        if rows.obstacle:
            raise ImportFault(f"{rows.obstacle}; leave `--as rows` out: each row is then a shot")
        return True
    why = _reason(rows, common, words)
    if not why:
        return False
    if rows.obstacle:
        material.remark(*_split_place(f"{rows.obstacle}; so each row is a shot"))
        return False
    material.remark(
        material.path, f"guessed: the rows are variants of one shot, for {why}; `--as shots` makes each a shot"
    )
    return True


def _reason(rows: Rows, common: Common, words: Words) -> str:
    """Why records are rows of an axis; "" where they are shots."""
    material, roles = common.material, common.roles
    if len(rows.records) < 2:
        return ""
    if rows.template:
        return "they have the same prompt"
    if material.list_name or any(SHOT_WORDS.search(n) for n in roles.ids):
        return ""
    named = [n for n in (*roles.own, *roles.words) if n in material.columns and _varies(common, n)]
    if named:
        return f"they have a column of their own, `{shorten(named[0])}`"
    return ""


def _varies(common: Common, column: str) -> bool:
    return len({common.cell_text(r, column) for r in common.material.records}) > 1


def _split_place(text: str) -> tuple[str, str]:
    place, _, said = text.partition(": ")
    return place, said


def _set_top(material: Material, board: Board, words: Words) -> None:
    """What stands beside the records and is the storyboard's own: its name and title."""
    for name, cell in list(material.shared.items()):
        keys = column_of(name, words.document, words.document).keys[:1]
        if keys in (("name",), ("title",)) and not board.title:
            board.title = " ".join(cell.text.split())
        elif keys == ("seedspec",):
            material.remark(cell.place, f"left out: `{shorten(name)}` is a version of the other tool's format")
        elif keys == ("notes",):
            board.notes = cell.text.strip()
        elif fold(name) not in ("defaults",):
            continue
        del material.shared[name]
    stem = label(board.title, "", 0)[0].lower() if board.title.isascii() else ""
    board.name = stem if stem not in ("", "0") else ""


def _roles_of_export(material: Material, model: Model) -> Roles:
    """The columns of our own export; those that say how an entry stands are no part of a storyboard."""
    kept = ("entry", "prompt", "tags", "references", "take", *model.fields)
    left = [n for n in material.columns if n not in kept and not n.startswith("axis:") and n != "shot"]
    if left:
        said = f"left out: the columns that say how entries stand, {shorten(', '.join(left), 120)}"
        material.remark(material.columns[left[0]], said)
    fields = {n: n for n in model.fields if n in material.columns}
    return Roles(ids=["entry"], prompt="prompt", tags=["tags"] if "tags" in material.columns else [], fields=fields)


def _choose_model(material: Material, roles: Roles, board: Board, catalog: Catalog) -> None:
    if not roles.model:
        return
    cells = [c for r in material.records if (c := r.cells.get(roles.model)) is not None and not c.empty]
    cells = cells or [c for c in (material.shared.get(roles.model),) if c is not None]
    for cell in cells:
        if cell.text.strip() in catalog.models:
            board.model = cell.text.strip()
        else:
            material.remark(
                cell.place,
                f"left out: `{shorten(cell.text, 60)}` is no model that is known here; {board.model} is written",
            )
