"""What the language server announces to an editor, and what it says of trouble; in this process, without an editor."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from lsprotocol import types

from seedspec import __version__
from seedspec.editor.requests import FIX_ALL
from seedspec.editor.server import WATCHED, Server, make_server
from seedspec.project.credentials import BadSettings


@pytest.fixture
def server() -> Iterator[Server]:
    made = make_server()
    yield made
    made.session.end()


def test_an_editor_is_told_what_can_be_asked(server: Server) -> None:
    features = server.protocol.fm
    assert {name for name in features.features if not name.startswith("$")} == {
        "initialized", "textDocument/didOpen", "textDocument/didChange", "textDocument/didClose",
        "textDocument/didSave",
        "workspace/didChangeWatchedFiles", "textDocument/hover", "textDocument/completion", "textDocument/definition",
        "textDocument/references", "textDocument/prepareRename", "textDocument/rename", "textDocument/codeLens",
        "textDocument/codeAction",
    }  # fmt: skip
    options = features.feature_options
    assert options["textDocument/completion"].trigger_characters == [".", "'", '"', "{", "[", " ", "|", "/"]
    assert options["textDocument/rename"].prepare_provider is True
    assert (
        options["textDocument/codeAction"].code_action_kinds
        == ["quickfix", FIX_ALL]
        == ["quickfix", "source.fixAll.seedspec"]
    )
    assert (server.name, server.version) == ("seedspec", __version__)
    assert server._text_document_sync_kind is types.TextDocumentSyncKind.Full


def test_files_are_watched_that_a_check_may_have_read() -> None:
    found = re.fullmatch(r"\*\*/\*\.\{(.*)\}", WATCHED)
    assert found is not None and sorted(found[1].split(",")) == [
        "j2", "jinja", "jinja2", "jpeg", "jpg", "json", "lock", "md", "mov", "mp3", "mp4", "png", "prompt", "txt",
        "wav",
        "webp", "yaml", "yml",
    ]  # fmt: skip


def test_trouble_is_said_once_and_leaves_its_trace(server: Server) -> None:
    said: list[types.ShowMessageParams] = []
    server.window_show_message = said.append  # type: ignore[method-assign]
    for error in (BadSettings("no such file"), BadSettings("no such file"), ValueError("boom"), ValueError("bang")):
        server._say_trouble(error)
    first, second, *more = said
    assert (first.type, first.message) == (types.MessageType.Error, "seedspec: no such file")
    trace = re.fullmatch(r"seedspec: an error of seedspec itself: ValueError; its trace is in (.+)", second.message)
    assert trace is not None and "boom" in Path(trace[1]).read_text(encoding="utf-8")
    for n in range(30):
        server._say_trouble(BadSettings(str(n)))
    assert len(said) == 20 and len(more) <= 18


def test_nothing_of_a_library_is_logged_where_an_editor_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    from seedspec.editor import server as module

    made = make_server()
    monkeypatch.setattr(made, "start_io", lambda: None)
    monkeypatch.setattr(module, "make_server", lambda: made)
    loggers = [logging.getLogger(name) for name in ("pygls", "asyncio")]
    for logger in loggers:
        monkeypatch.setattr(logger, "handlers", [])
        monkeypatch.setattr(logger, "propagate", True)
    module.serve()
    assert [(len(logger.handlers), logger.propagate) for logger in loggers] == [(1, False)] * 2
    with pytest.raises(RuntimeError):
        made.session._thread.submit(print)
