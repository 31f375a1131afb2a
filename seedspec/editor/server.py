"""The language server as editors talk to it; each request has a module of its own, and the door to pygls is here."""

from __future__ import annotations

import logging
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, TypeVar

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer

from seedspec import __version__
from seedspec.editor.findings import by_file
from seedspec.editor.navigation import Refused
from seedspec.editor.positions import Units
from seedspec.editor.requests import FIX_ALL, Requests
from seedspec.editor.session import Document, Session
from seedspec.project.crash_file import keep
from seedspec.project.credentials import BadSettings

_Params = TypeVar("_Params")
_Answer = TypeVar("_Answer")
WATCHED = "**/*.{yaml,yml,json,lock,txt,j2,jinja,jinja2,md,prompt,png,jpg,jpeg,webp,mp4,mov,mp3,wav}"
"""The files whose changes may change what is found: storyboards and what stands beside them, templates, media."""


class Server(LanguageServer):
    """One editor's server. All state is in `session`, and in what it has shown of each file."""

    def __init__(self) -> None:
        super().__init__("seedspec", __version__, types.TextDocumentSyncKind.Full)
        self.session = Session(self._show, self._say_trouble)
        self._found: dict[str, dict[str, list[types.Diagnostic]]] = {}
        self._said: set[str] = set()

    @property
    def units(self) -> Units:
        """What the editor counts columns in."""
        found = str(self.workspace.position_encoding)
        return "utf-8" if found.endswith("8") else "utf-32" if found.endswith("32") else "utf-16"

    @property
    def requests(self) -> Requests:
        """The answers to this editor."""
        able = self.client_capabilities.workspace
        edits = able.workspace_edit if able is not None else None
        return Requests(self.session, self.units, versions=bool(edits and edits.document_changes))

    def answers(
        self, answer: Callable[[_Params], Awaitable[_Answer]]
    ) -> Callable[[_Params], Awaitable[_Answer | None]]:
        """An answer that is nothing where seedspec itself fails: the editor gets no trace, a file does."""

        async def tried(params: _Params) -> _Answer | None:
            try:
                return await answer(params)
            except JsonRpcException:
                raise
            except Exception as error:
                self._say_trouble(error)
                return None

        return tried

    def report_server_error(self, error: Exception, source: Any) -> None:
        """A message that nobody understands is no reason to bother a person."""

    def _show(self, board: Document) -> None:
        """Shows what was found in a storyboard, and takes away what is no longer so, here and in other files."""
        self._forget_answered()
        found: dict[str, list[types.Diagnostic]] = {}
        if board.snapshot is not None:
            text = self.client_capabilities.text_document
            shows = text is not None and text.publish_diagnostics is not None
            related = bool(shows and text and text.publish_diagnostics and text.publish_diagnostics.related_information)
            by_path = by_file(
                board.snapshot.checked.diagnostics, board.path, self.session.uri_of, self.units, related=related
            )
            found = {self.session.uri_of(path): listed for path, listed in by_path.items()}
        before = self._found.pop(board.uri, {})
        if found:
            self._found[board.uri] = found
        for uri in before.keys() | found.keys():
            if uri == board.uri or before.get(uri) != found.get(uri):
                self._publish(uri)

    def _forget_answered(self) -> None:
        """Lets go of what pygls 2.1 keeps for ever of each notification that it handles itself, a keystroke too."""
        futures = self.protocol._request_futures
        for name in [name for name, future in futures.items() if future.done()]:
            futures.pop(name, None)

    def _publish(self, uri: str) -> None:
        """Shows all that the open storyboards have to say of a file, each finding once."""
        listed: list[types.Diagnostic] = []
        for by_uri in self._found.values():
            listed += [one for one in by_uri.get(uri, ()) if one not in listed]
        document = self.session.documents.get(uri)
        version = document.version if document is not None else None
        self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, listed, version))

    def _say_trouble(self, error: Exception) -> None:
        """Says once what hinders a check; an error of seedspec itself leaves its trace in a file."""
        said = str(error)
        if not isinstance(error, BadSettings):
            path = keep(error, sys.argv[1:], None)
            said = f"an error of seedspec itself: {type(error).__name__}" + (
                f"; its trace is in {path}" if path else ""
            )
        if said not in self._said and len(self._said) < 20:
            self._said.add(said)
            self.window_show_message(types.ShowMessageParams(types.MessageType.Error, f"seedspec: {said}"))


def make_server() -> Server:
    """A server with all that it answers."""
    server = Server()

    @server.feature(types.INITIALIZED)
    async def _begin(params: types.InitializedParams) -> None:
        """Asks the editor to say when files change that a check may have read."""
        able = server.client_capabilities.workspace
        watches = able.did_change_watched_files if able is not None else None
        if watches is not None and watches.dynamic_registration:
            what = types.DidChangeWatchedFilesRegistrationOptions([types.FileSystemWatcher(WATCHED)])
            asked = types.Registration("watch", types.WORKSPACE_DID_CHANGE_WATCHED_FILES, what)
            with suppress(JsonRpcException):  # it goes on without
                await server.client_register_capability_async(types.RegistrationParams([asked]))

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def _open(params: types.DidOpenTextDocumentParams) -> None:
        document = params.text_document
        server.session.open(document.uri, document.version, document.text)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def _change(params: types.DidChangeTextDocumentParams) -> None:
        uri, version = params.text_document.uri, params.text_document.version
        if params.content_changes:
            server.session.change(uri, version, params.content_changes[-1].text)

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def _close(params: types.DidCloseTextDocumentParams) -> None:
        server.session.close(params.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    def _save(params: types.DidSaveTextDocumentParams) -> None:
        server.session.look_again()

    @server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    def _reload(params: types.DidChangeWatchedFilesParams) -> None:
        server.session.look_again()

    _register_requests(server)
    return server


def _register_requests(server: Server) -> None:
    @server.feature(types.TEXT_DOCUMENT_HOVER)
    @server.answers
    async def _hover(params: types.HoverParams) -> types.Hover | None:
        return await server.requests.hover(params)

    triggers = types.CompletionOptions(trigger_characters=[".", "'", '"', "{", "[", " ", "|", "/"])

    @server.feature(types.TEXT_DOCUMENT_COMPLETION, triggers)
    @server.answers
    async def _complete(params: types.CompletionParams) -> list[types.CompletionItem]:
        return await server.requests.complete(params)

    @server.feature(types.TEXT_DOCUMENT_DEFINITION)
    @server.answers
    async def _definition(params: types.DefinitionParams) -> list[types.Location]:
        return await server.requests.definition(params)

    @server.feature(types.TEXT_DOCUMENT_REFERENCES)
    @server.answers
    async def _references(params: types.ReferenceParams) -> list[types.Location]:
        return await server.requests.references(params)

    @server.feature(types.TEXT_DOCUMENT_PREPARE_RENAME)
    @server.answers
    async def _prepare(params: types.PrepareRenameParams) -> types.PrepareRenamePlaceholder | None:
        return await server.requests.prepare_rename(params)

    @server.feature(types.TEXT_DOCUMENT_RENAME, types.RenameOptions(prepare_provider=True))
    @server.answers
    async def _rename(params: types.RenameParams) -> types.WorkspaceEdit | None:
        try:
            edit, said = await server.requests.rename(params)
        except Refused as error:
            raise JsonRpcException(str(error), types.LSPErrorCodes.RequestFailed) from None
        if said:
            server.window_show_message(types.ShowMessageParams(types.MessageType.Warning, f"seedspec: {said}"))
        return edit

    @server.feature(types.TEXT_DOCUMENT_CODE_LENS, types.CodeLensOptions())
    @server.answers
    async def _lenses(params: types.CodeLensParams) -> list[types.CodeLens]:
        return await server.requests.lenses(params)

    kinds = types.CodeActionOptions([types.CodeActionKind.QuickFix, FIX_ALL])

    @server.feature(types.TEXT_DOCUMENT_CODE_ACTION, kinds)
    @server.answers
    async def _actions(params: types.CodeActionParams) -> list[types.CodeAction]:
        return await server.requests.actions(params)


def serve() -> None:
    """Serves one editor on standard input and output until it ends, or is gone."""
    logging.getLogger("pygls").addHandler(logging.NullHandler())
    logging.getLogger("pygls").propagate = False
    logging.getLogger("asyncio").addHandler(logging.NullHandler())
    logging.getLogger("asyncio").propagate = False
    server = make_server()
    try:
        server.start_io()
    finally:
        server.session.end()
