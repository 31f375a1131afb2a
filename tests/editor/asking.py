"""Asks what an editor asks, in this process: a text with `¦` where the cursor stands, and what comes back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from lsprotocol import types

from seedspec.editor.positions import Units
from seedspec.editor.requests import Requests
from seedspec.editor.session import Document, Session

CURSOR = "¦"


class Editor:
    """An editor with a session of its own. `shown` counts how often each storyboard's findings were shown."""

    def __init__(self, units: Units = "utf-16") -> None:
        self.shown: list[tuple[int | None, tuple[str, ...]]] = []
        self.trouble: list[Exception] = []
        self.session = Session(self._changed, self.trouble.append)
        self.ask = Requests(self.session, units, versions=True)

    def _changed(self, board: Document) -> None:
        found = board.snapshot.checked.diagnostics if board.snapshot is not None else ()
        self.shown.append((board.version, tuple(d.code for d in found)))

    async def write(self, uri: str, text: str) -> types.Position:
        """Opens a file, or gives it another text; gives the place of the cursor once all is checked."""
        place = position(text)
        document = self.session.documents.get(uri)
        plain = text.replace(CURSOR, "", 1)
        if document is None:
            self.session.open(uri, 1, plain)
        else:
            self.session.change(uri, (document.version or 0) + 1, plain)
        for board in self.session.boards():
            await self.session.current(board.uri)
        return place


def position(text: str) -> types.Position:
    """The place of the cursor, in utf-16."""
    before = text.partition(CURSOR)[0].split("\n")
    return types.Position(len(before) - 1, len(before[-1].encode("utf-16-le")) // 2)


def applied(text: str, edits: list[types.TextEdit]) -> str:
    """A text with the edits of an answer made, by the rules of the protocol, in utf-16."""
    lines = text.split("\n")

    def offset(place: types.Position) -> int:
        line = lines[place.line].encode("utf-16-le")[: place.character * 2].decode("utf-16-le")
        return sum(len(one) + 1 for one in lines[: place.line]) + len(line)

    for edit in sorted(edits, key=lambda e: offset(e.range.start), reverse=True):
        text = text[: offset(edit.range.start)] + edit.new_text + text[offset(edit.range.end) :]
    return text


def edits_of(edit: types.WorkspaceEdit | None, uri: str) -> list[types.TextEdit]:
    assert edit is not None
    found: list[types.TextEdit] = []
    for change in edit.document_changes or ():
        assert isinstance(change, types.TextDocumentEdit)
        if change.text_document.uri == uri:
            found += [one for one in change.edits if isinstance(one, types.TextEdit)]
    return found


def asked(run: Callable[[Editor], Coroutine[Any, Any, Any]], units: Units = "utf-16") -> Any:
    """What a conversation gives. It ends the editor's session, and fails if something hindered a check."""

    async def whole() -> Any:
        editor = Editor(units)
        try:
            return await run(editor)
        finally:
            editor.session.end()
            assert editor.trouble == []

    return asyncio.run(whole())


def uri_of(file: Path) -> str:
    return file.as_uri()
