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
    assert await changed(client, file.as_uri(), BOARD.replace("lok", "look"), 2) != found
