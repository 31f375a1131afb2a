"""The open files of an editor, and the check of each storyboard among them: behind a pause, the newest text alone."""

from __future__ import annotations

import asyncio
import gc
import os
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar
from urllib.parse import unquote, urlsplit

from seedspec.editor.snapshot import Memory, Snapshot
from seedspec.project.reading import state_of

LEAST_PAUSE, MOST_PAUSE = 0.03, 1.0
"""Seconds between the end of a check and the next one, while keystrokes follow fast: as long as the check took, between
these. Behind a longer rest a keystroke is checked at once."""

COLLECT_EVERY = 25
"""Checks after which what they have left in circles is given back: Python would wait for some thousands of them."""

_Made = TypeVar("_Made")


@dataclass(eq=False)
class Document:
    """An open file. `edition` grows whenever a check may find something else; `checked` is that of `snapshot`."""

    uri: str
    path: Path
    version: int | None
    text: str
    saved: bool
    edition: int = 0
    checked: int = -1
    is_board: bool = False
    seconds: float = 0.0
    ended: float = 0.0
    snapshot: Snapshot | None = None
    task: asyncio.Task[None] | None = None
    shown: frozenset[Path] = field(default_factory=frozenset)


class Session:
    """`changed` is called with a storyboard that was checked, or was closed; `trouble` with what hinders a check.

    Checks run in one thread, one after the other: the editor is heard meanwhile, so that what is found in an older
    text is known to be that, and is dropped.
    """

    def __init__(self, changed: Callable[[Document], None], trouble: Callable[[Exception], None]) -> None:
        self.documents: dict[str, Document] = {}
        self.memory = Memory()
        self._changed, self._trouble = changed, trouble
        self._checks = 0
        self._thread = ThreadPoolExecutor(1, "check")
        self._unsaved = Path(os.path.realpath(tempfile.gettempdir())) / f"seedspec-{os.urandom(8).hex()}"

    def open(self, uri: str, version: int | None, text: str) -> None:
        """A file is open in the editor from now on, whatever the disk has."""
        scheme = urlsplit(uri).scheme
        if scheme not in ("file", "untitled"):
            return
        path = path_of(uri) if scheme == "file" else self._unsaved / (_name(uri) or "untitled.yaml")
        if path is None:
            return
        self.documents[uri] = Document(uri, path, version, text, scheme == "file")
        self._touch(self.documents[uri])

    def change(self, uri: str, version: int | None, text: str) -> None:
        """An open file has another text."""
        if (document := self.documents.get(uri)) is not None and document.text != text:
            document.version, document.text = version, text
            self._touch(document)
        elif document is not None:
            document.version = version

    def close(self, uri: str) -> None:
        """A file counts as the disk has it from now on."""
        if (document := self.documents.pop(uri, None)) is None:
            return
        if document.task is not None:
            document.task.cancel()
        document.snapshot = None
        self._changed(document)
        self._touch(document)

    def look_again(self) -> None:
        """Checks the storyboards for which something on the disk has changed."""
        for board in self.boards():
            known = board.snapshot.reading.asked if board.snapshot is not None else {}
            if any(state_of(path) != state for path, state in known.items()):
                self._begin(board)

    def boards(self) -> list[Document]:
        """The storyboards that are open."""
        return [d for d in self.documents.values() if d.is_board]

    def uri_of(self, path: Path) -> str:
        """The address by which the editor knows a file."""
        return next((d.uri for d in self.documents.values() if d.path == path), None) or path.as_uri()

    def version_of(self, path: Path) -> int | None:
        """The version of an open file; None for any other."""
        return next((d.version for d in self.documents.values() if d.path == path), None)

    async def current(self, uri: str) -> tuple[Document, Snapshot] | None:
        """A storyboard with what is known of its newest text, once that is checked; None for what is no storyboard."""
        document = self.documents.get(uri)
        while document is not None and document.is_board and document.checked != document.edition:
            if document.task is None or document.task.done():
                break
            await asyncio.wait([document.task])
        if document is None or document.snapshot is None or self.documents.get(uri) is not document:
            return None
        return document, document.snapshot

    async def work(self, make: Callable[[], _Made]) -> _Made:
        """What takes a while is made where checks are, so that it never runs beside one."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, make)

    def _touch(self, document: Document) -> None:
        """Has each storyboard checked for which the text of a file counts."""
        document.is_board = document.is_board or is_board(document)
        for board in self.boards():
            if board is document or (board.snapshot is not None and _asks(board.snapshot, document.path)):
                self._begin(board)

    def _begin(self, board: Document) -> None:
        board.edition += 1
        if board.task is None or board.task.done():
            board.task = asyncio.get_running_loop().create_task(self._check(board))

    async def _check(self, board: Document) -> None:
        while board.checked != board.edition and self.documents.get(board.uri) is board:
            edition = board.edition
            due = board.ended + min(max(LEAST_PAUSE, board.seconds), MOST_PAUSE)
            if (rest := due - time.perf_counter()) > 0:
                await asyncio.sleep(rest)
                edition = board.edition
            begin = time.perf_counter()
            path, text, instead = board.path, board.text, self.instead()
            try:
                made = await self.work(lambda: Snapshot(path, text, instead, self.memory, unsaved=not board.saved))  # noqa: B023
            except Exception as error:  # settings that are wrong, or an error of seedspec itself: the editor goes on
                board.checked = edition  # the next keystroke tries again
                self._trouble(error)
                continue
            board.ended = time.perf_counter()
            board.seconds = board.ended - begin
            if board.edition == edition and self.documents.get(board.uri) is board:
                board.snapshot, board.checked = made, edition
                self._changed(board)
            self._checks += 1
            if self._checks % COLLECT_EVERY == 0:
                del made
                await self.work(gc.collect)

    def instead(self) -> Mapping[Path, bytes]:
        """The texts of all open files that have a place on the disk, or would have one."""
        return {
            Path(os.path.realpath(d.path)): d.text.encode("utf-8", "surrogatepass") for d in self.documents.values()
        }

    def end(self) -> None:
        """Lets go of the thread."""
        self._thread.shutdown(wait=False, cancel_futures=True)


def is_board(document: Document) -> bool:
    """Whether a text says that it is a storyboard, or its file is named as one."""
    name = document.path.name
    if not name.endswith((".yaml", ".yml")) and document.saved:
        return False
    lines: Iterable[str] = document.text.split("\n")
    return name == "storyboard.yaml" or any(line.startswith("seedspec:") for line in lines)


def path_of(uri: str) -> Path | None:
    """The path that a `file:` address names on this machine; None where it names none."""
    parts = urlsplit(uri)
    path = unquote(parts.path, errors="surrogateescape")
    if parts.netloc not in ("", "localhost") or not path.startswith("/") or "\0" in path:
        return None
    return Path(os.path.abspath(path))


def _name(uri: str) -> str:
    """A file's name for what has none yet, from the editor's own."""
    name = unquote(urlsplit(uri).path, errors="replace").rpartition("/")[2].replace("\0", "")
    return name[:100] if name not in ("", ".", "..") else ""


def _asks(snapshot: Snapshot, path: Path) -> bool:
    real = os.path.realpath(path)
    return path in snapshot.reading.asked or any(os.path.realpath(asked) == real for asked in snapshot.reading.asked)
