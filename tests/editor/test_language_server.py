"""The language server as editors meet it: a real process, asked as an editor asks."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_lsp
from lsprotocol import types
from pytest_lsp import ClientServerConfig, LanguageClient

from seedspec import api

pytestmark = pytest.mark.asyncio

BOARD = """\
seedspec: 1
model: seedance-2.0-reference-to-video
matrix:
  axes:
    look: {noir: {words: hard shadows}, soft: {words: window light}}
shots:
  - id: open
    prompt: "🎬🎬 {{ lok.words }} on a table."
"""


@pytest_lsp.fixture(
    config=ClientServerConfig(server_command=[sys.executable, "-m", "seedspec", "language-server"]),
    params=["visual-studio-code", "neovim", "emacs"],
)
async def client(request: pytest.FixtureRequest, lsp_client: LanguageClient) -> AsyncIterator[None]:
    """An editor that counts in utf-16, in utf-8 and in utf-32."""

    @lsp_client.feature(types.CLIENT_REGISTER_CAPABILITY)
    def register(params: types.RegistrationParams) -> None:
        assert [one.method for one in params.registrations] == [types.WORKSPACE_DID_CHANGE_WATCHED_FILES]

    found = pytest_lsp.client_capabilities(request.param)
    await lsp_client.initialize_session(types.InitializeParams(capabilities=found))
    yield
    await lsp_client.shutdown_session()


async def opened(client: LanguageClient, uri: str, text: str, version: int = 1) -> list[types.Diagnostic]:
    """What the server finds in a text that is open in the editor."""
    document = types.TextDocumentItem(uri=uri, language_id="yaml", version=version, text=text)
    client.text_document_did_open(types.DidOpenTextDocumentParams(document))
    return await shown(client, uri, version)


async def changed(client: LanguageClient, uri: str, text: str, version: int) -> list[types.Diagnostic]:
    name = types.VersionedTextDocumentIdentifier(version, uri)
    change = types.TextDocumentContentChangeWholeDocument(text)
    client.text_document_did_change(types.DidChangeTextDocumentParams(name, [change]))
    return await shown(client, uri, version)


async def shown(client: LanguageClient, uri: str, version: int | None = None) -> list[types.Diagnostic]:
    async with asyncio.timeout(30):
        while True:
            found = await client.wait_for_notification(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
            if found.uri == uri and (version is None or found.version == version):
                return list(found.diagnostics)


@pytest.mark.slow
async def test_text_that_is_not_saved_is_checked(client: LanguageClient, tmp_path: Path) -> None:
    file = tmp_path / "storyboard.yaml"
    file.write_text("seedspec: 1\n", encoding="utf-8")
    found = await opened(client, file.as_uri(), BOARD)
    [one] = [d for d in found if d.code == "undefined-name"]
    units = (client.capabilities.general.position_encodings or ["utf-16"])[0]
    width = {"utf-16": 2, "utf-8": 4, "utf-32": 1}[str(units)]
    assert one.range.start == types.Position(7, 17 + 2 * width)
    file.write_text(BOARD, encoding="utf-8")
    assert len(found) == len(api.check(file))
    assert "undefined-name" not in {
        d.code for d in await changed(client, file.as_uri(), BOARD.replace("lok", "look"), 2)
    }


@pytest.mark.slow
async def test_a_file_that_changes_on_the_disk_is_looked_at_again(client: LanguageClient, tmp_path: Path) -> None:
    file, words = tmp_path / "storyboard.yaml", tmp_path / "words.j2"
    text = BOARD.replace("{{ lok.words }}", "{% include 'words.j2' %}")
    words.write_text("{{ look.words }}", encoding="utf-8")
    assert "undefined-name" not in {d.code for d in await opened(client, file.as_uri(), text)}
    words.write_text("{{ look.word }} and more", encoding="utf-8")
    event = types.FileEvent(words.as_uri(), types.FileChangeType.Changed)
    client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams([event]))
    async with asyncio.timeout(30):  # findings of two files come at once
        while not client.diagnostics.get(words.as_uri()):
            await asyncio.sleep(0.01)
    [there] = client.diagnostics[words.as_uri()]
    assert (there.code, there.range.start) == ("undefined-name", types.Position(0, 8))
