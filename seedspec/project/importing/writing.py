"""A storyboard's values as the text of its file: the same bytes for the same values, to be read by people."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from seedspec.project.importing.board import Board, Entry, Reference, Scalar, Shot
from seedspec.project.importing.decode import without_controls
from seedspec.text.visible import one_line

_PLAIN = re.compile(
    r"(?:https?://[\w./~%&=+:?-]*\w"
    r"|[A-Za-z_/](?:[\w./ ()+&'-]*[\w.)+/'-])?|[0-9][\w./-]*[A-Za-z][\w./-]*|\d{1,3}:\d{1,3})",
    re.ASCII,
)
_NOT_TEXT = re.compile(
    r"(?i)true|false|null|~|0[xo][0-9a-f]+|[-+]?[0-9.]+(e[-+]?[0-9]+)?|\.?(inf|nan)|<<|yes|no|on|off|y|n"
)
_BLOCK = re.compile(r"[^\x00-\x08\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff\ufffe\uffff]*")
_WIDE = 80


def text_of(board: Board) -> str:
    """The whole file."""
    return "".join(f"{line}\n" for line in _lines(board))


def _lines(board: Board) -> Iterator[str]:
    yield f"# Made once by `seedspec init --from` out of {one_line(board.source, 200)}, which is not read again."
    yield "seedspec: 1"
    for key, text in (("name", board.name), ("title", board.title)):
        if text:
            yield from _entry(Entry(key, text), "")
    yield f"model: {scalar(board.model)}"
    if board.reference_words:
        yield f"reference_words: {board.reference_words}"
    if board.notes:
        yield from _entry(Entry("notes", board.notes), "")
    if board.defaults:
        yield from _mapping("defaults", board.defaults, "")
    if board.variables:
        yield from _mapping("vars", board.variables, "")
    if board.references:
        yield from ("", "references:", *(_reference(one, "  ") for one in board.references))
    if board.axis:
        yield from ("", "matrix:")
        if board.most_entries:
            yield f"  max_entries: {board.most_entries}"
        yield from ("  axes:", f"    {board.axis}:")
        for row in board.rows:
            yield from _item(row, "      ")
    elif board.most_entries:
        yield from ("", "matrix:", f"  max_entries: {board.most_entries}")
    yield from ("", "shots:")
    for number, shot in enumerate(board.shots):
        if number:
            yield ""
        yield from _shot(shot)


def _mapping(key: str, entries: list[Entry], indent: str) -> Iterator[str]:
    whole = f"{key}: {{{', '.join(f'{scalar(e.key)}: {scalar(e.value)}' for e in entries)}}}"
    if len(whole) < _WIDE and not any(e.comment or "\n" in str(e.value) for e in entries):
        yield indent + whole
        return
    yield f"{indent}{key}:"
    for entry in entries:
        yield from _entry(entry, indent + "  ")


def _item(entries: list[Entry], indent: str) -> Iterator[str]:
    """An item of a list, in one line where it is short."""
    flow = f"{indent}- {{{', '.join(f'{scalar(e.key)}: {scalar(e.value)}' for e in entries)}}}"
    if len(flow) <= 110 and not any(e.comment or "\n" in str(e.value) for e in entries):
        yield flow
        return
    lines = [line for entry in entries for line in _entry(entry, indent + "  ", data=True)]
    yield f"{indent}- {lines[0].removeprefix(indent + '  ')}"
    yield from lines[1:]


def _shot(shot: Shot) -> Iterator[str]:
    yield f"  - id: {scalar(shot.id)}"
    indent = "    "
    for key, text in (("title", shot.title), ("notes", shot.notes)):
        if text:
            yield from _entry(Entry(key, text), indent)
    if shot.tags:
        yield f"{indent}tags: [{', '.join(map(scalar, shot.tags))}]"
    for entry in shot.fields:
        yield from _entry(entry, indent)
    if shot.takes > 1:
        yield f"{indent}takes: {shot.takes}"
    if shot.references:
        yield f"{indent}references:"
        yield from (_reference(one, indent + "  ") for one in shot.references)
    if shot.attach:
        yield f"{indent}attach: [{', '.join(map(scalar, shot.attach))}]"
    yield from _entry(Entry("prompt", shot.prompt), indent)


def _reference(one: Reference, indent: str) -> str:
    parts = [f"{one.kind}: {scalar(one.target)}"]
    if one.take:
        parts.append(f"take: {one.take}")
    if one.notes:
        parts.append(f"notes: {scalar(one.notes)}")
    return f"{indent}{scalar(one.name)}: {{{', '.join(parts)}}}{_comment(one.comment)}"


def _entry(entry: Entry, indent: str, *, data: bool = False) -> Iterator[str]:
    """A key with its value; a text of several lines, or a long one, stands below it after `|`.

    `data` keeps such a text without a line end behind it.
    """
    value = without_controls(entry.value) if isinstance(entry.value, str) else entry.value
    if isinstance(value, str) and _fits_block(value):
        yield f"{indent}{scalar(entry.key)}: |{'-' if data else ''}{_comment(entry.comment)}"
        for line in value.split("\n"):
            yield f"{indent}  {line}" if line else ""
        return
    yield f"{indent}{scalar(entry.key)}: {scalar(value)}{_comment(entry.comment)}"


def _fits_block(text: str) -> bool:
    long = "\n" in text or (len(text) > _WIDE and " " in text)
    lines = text.split("\n")
    return (
        long
        and _BLOCK.fullmatch(text) is not None
        and not lines[0].startswith(" ")
        and all((lines[0].strip(), lines[-1].strip()))
    )


def _comment(text: str) -> str:
    return f"  # {one_line(text, 100)}" if text else ""


def scalar(value: Scalar) -> str:
    """A scalar of YAML 1.2 that is read as this very value, inside brackets too."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str):
        return str(value)
    value = without_controls(value)
    if _PLAIN.fullmatch(value) and not _NOT_TEXT.fullmatch(value) and len(value) < 300:
        return value
    quoted = json.dumps(value, ensure_ascii=False)
    return re.sub(
        "[\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]", lambda m: f"\\u{ord(m[0]):04x}", quoted
    )
