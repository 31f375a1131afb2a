"""A file of one of the known kinds is read; the way from its bytes to the text of a storyboard."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from seedspec.project.files import read_file
from seedspec.project.importing import delimited, json_document, markdown, sheet, table
from seedspec.project.importing.arrange import Form, board_of
from seedspec.project.importing.common import remark_lines
from seedspec.project.importing.decode import text_of
from seedspec.project.importing.roles import Words
from seedspec.project.importing.values import MOST_BYTES, ImportFault, Material
from seedspec.project.importing.writing import text_of as storyboard_text
from seedspec.project.sources import catalog as known_catalog
from seedspec.text.diagnostic import list_words
from seedspec.text.near import shorten
from seedspec.text.value import valueclass
from seedspec.text.yaml import MOST_BYTES as MOST_STORYBOARD

KINDS = (".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".md", ".markdown", ".json")


@valueclass(frozen=True, slots=True)
class Wish:
    """What the user says of a source: `KEY=COLUMN` pairs, what its rows are, its sheet, its encoding; "" for none."""

    mapped: tuple[str, ...] = ()
    form: Form = ""
    sheet: str = ""
    encoding: str = ""


@valueclass(frozen=True, slots=True)
class Imported:
    """The text of a storyboard, and a line for each thing that was left out, changed or guessed."""

    text: str
    remarks: Sequence[str]


def import_from(path: str, folder: Path, wish: Wish) -> Imported:
    """The storyboard that is made of a source, for a folder.

    Raises ImportFault, with the place in the source, where none can be made of it, and nothing else.
    """
    suffix = os.path.splitext(path)[1].lower()
    if suffix not in KINDS:
        raise ImportFault(f"{path}: expected a file named {list_words(KINDS)}")
    try:
        raw = read_file(path, MOST_BYTES)
    except FileNotFoundError:
        raise ImportFault(f"{path}: there is no such file") from None
    except OSError as error:
        raise ImportFault(f"{path}: {(error.strerror or str(error)).lower()}") from None
    except ValueError:  # a NUL byte in its name
        raise ImportFault(f"{shorten(path)!r}: there is no such file") from None
    return import_bytes(path, raw, suffix, folder, wish)


def import_bytes(path: str, raw: bytes, suffix: str, folder: Path, wish: Wish) -> Imported:
    """The same from the bytes of a source. Raises ImportFault."""
    catalog = known_catalog(folder)
    if (usual := catalog.usual) is None:
        raise ImportFault("no model is known here; `seedspec models` says why")
    words = Words(catalog.storyboard.document, usual)
    material = Material(path)
    if suffix in (".xlsx", ".xlsm"):
        table.fill(material, sheet.rows_of(material, raw, wish.sheet), words.known)
    else:
        text = text_of(path, raw, wish.encoding)
        if suffix == ".json":
            json_document.read(material, text, words.known)
        elif suffix in (".md", ".markdown"):
            markdown.read(material, text, words)
        else:
            table.fill(material, delimited.rows_of(path, text, words.known), words.known)
    if wish.sheet and suffix not in (".xlsx", ".xlsm"):
        raise ImportFault(f"{path}: `--sheet` is for workbooks of Excel (.xlsx)")
    base = Path(os.path.dirname(os.path.abspath(path)))
    board = board_of(material, catalog, wish.mapped, wish.form, base, Path(os.path.abspath(folder)))
    made = storyboard_text(board)
    if len(made.encode("utf-8", "replace")) > MOST_STORYBOARD:
        raise ImportFault(
            f"{path}: the storyboard would have more than {MOST_STORYBOARD:,} bytes; import a part at a time"
        )
    return Imported(made, remark_lines(material))
