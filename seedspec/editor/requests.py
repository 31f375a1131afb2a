"""The answers to requests in the protocol's own types: what the modules beside find, at an editor's places."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from lsprotocol import types

from seedspec.compiler.request.trace import differing
from seedspec.editor import navigation
from seedspec.editor.actions import Fix, fix_all, fixes_at
from seedspec.editor.completion import Proposal, complete
from seedspec.editor.findings import file_of
from seedspec.editor.hover import hover
from seedspec.editor.lenses import lenses
from seedspec.editor.positions import Units, offset_at, range_of
from seedspec.editor.session import Session
from seedspec.editor.snapshot import Snapshot
from seedspec.editor.symbols import Occurrence, Symbol
from seedspec.text.encoding import one_line_end
from seedspec.text.source import Source, Span

_KINDS = {
    "key": types.CompletionItemKind.Property,
    "value": types.CompletionItemKind.EnumMember,
    "name": types.CompletionItemKind.Variable,
    "file": types.CompletionItemKind.File,
    "word": types.CompletionItemKind.Keyword,
}
FIX_ALL = "source.fixAll.seedspec"


class Requests:
    """What one editor asks. `units` is what it counts columns in, `versions`: whether its edits may name a version."""

    def __init__(self, session: Session, units: Units, *, versions: bool) -> None:
        self.session, self.units, self.versions = session, units, versions

    async def _at(self, uri: str, position: types.Position) -> tuple[Snapshot, Source, int] | None:
        """The storyboard that a place belongs to, with the file and the offset there: it may be an included file."""
        found = await self.session.current(uri)
        if found is not None:
            snapshot = found[1]
            return snapshot, snapshot.source, offset_at(snapshot.source, position, self.units)
        if (document := self.session.documents.get(uri)) is None:
            return None
        for board in self.session.boards():
            current = await self.session.current(board.uri)
            if current is not None and document.path in current[1].reading.asked:
                source = Source(str(document.path), one_line_end(document.text))
                return current[1], source, offset_at(source, position, self.units)
        return None

    async def hover(self, params: types.HoverParams) -> types.Hover | None:
        place = await self._at(params.text_document.uri, params.position)
        if place is None:
            return None
        found = await self.session.work(lambda: hover(*place))
        if found is None:
            return None
        content = types.MarkupContent(types.MarkupKind.Markdown, found.text)
        return types.Hover(content, range_of(found.span, self.units))

    async def complete(self, params: types.CompletionParams) -> list[types.CompletionItem]:
        """Answers from the newest text at once; what is known beside it may be some keystrokes older."""
        document = self.session.documents.get(params.text_document.uri)
        if document is None or not document.is_board:
            return []
        if document.snapshot is None and await self.session.current(document.uri) is None:
            return []
        snapshot, source = document.snapshot, Source(str(document.path), one_line_end(document.text))
        if snapshot is None:
            return []
        offset = offset_at(source, params.position, self.units)
        found = await self.session.work(lambda: complete(snapshot, source, offset))
        return [self._item(one, source) for one in found]

    def _item(self, one: Proposal, source: Source) -> types.CompletionItem:
        place = range_of(Span(source, one.start, one.end), self.units)
        return types.CompletionItem(
            label=one.text,
            kind=_KINDS[one.kind],
            detail=one.detail or None,
            documentation=types.MarkupContent(types.MarkupKind.Markdown, one.words) if one.words else None,
            filter_text=one.text,
            text_edit=types.TextEdit(place, one.write or one.text),
        )

    async def definition(self, params: types.DefinitionParams) -> list[types.Location]:
        found = await self._symbol(params.text_document.uri, params.position)
        if found is None:
            return []
        snapshot, everywhere, here = found
        if here.symbol.kind == "file":
            target = snapshot.folder / here.symbol.name
            there = not snapshot.unsaved and snapshot.read(here.symbol.name) is not None
            start = types.Position(0, 0)
            return [types.Location(self.session.uri_of(target), types.Range(start, start))] if there else []
        return [self._location(o.span) for o in navigation.declarations(everywhere, here.symbol)]

    async def references(self, params: types.ReferenceParams) -> list[types.Location]:
        found = await self._symbol(params.text_document.uri, params.position)
        if found is None:
            return []
        declared = params.context.include_declaration
        return [self._location(o.span) for o in navigation.places(found[1], found[2].symbol, declared=declared)]

    async def prepare_rename(self, params: types.PrepareRenameParams) -> types.PrepareRenamePlaceholder | None:
        found = await self._symbol(params.text_document.uri, params.position)
        if found is None or not navigation.declarations(found[1], found[2].symbol):
            return None
        return types.PrepareRenamePlaceholder(range_of(found[2].span, self.units), found[2].symbol.name)

    async def rename(self, params: types.RenameParams) -> tuple[types.WorkspaceEdit | None, str]:
        """The edits of the storyboard, and what a person has to be told. Raises Refused."""
        found = await self._symbol(params.text_document.uri, params.position)
        if found is None:
            raise navigation.Refused("no name that could be changed stands here")
        snapshot, everywhere, here = found
        own, others = navigation.rename(snapshot, everywhere, here.symbol, params.new_name)
        edits = [types.TextEdit(range_of(span, self.units), params.new_name) for span in own]
        said = [str(span).removeprefix(f"{snapshot.folder}/") for span in others]
        return self._edit({snapshot.path: edits}), _tell_leftovers(snapshot, here.symbol, said)

    async def lenses(self, params: types.CodeLensParams) -> list[types.CodeLens]:
        found = await self.session.current(params.text_document.uri)
        if found is None:
            return []
        made = await self.session.work(lambda: lenses(found[1]))
        return [types.CodeLens(range_of(one.span, self.units), types.Command(one.text, "")) for one in made]

    async def actions(self, params: types.CodeActionParams) -> list[types.CodeAction]:
        """The fixes of what stands in a range, and, where it is asked for, the one action that makes all."""
        found = await self._at(params.text_document.uri, params.range.start)
        if found is None:
            return []
        snapshot, source, start = found
        wanted = params.context.only
        made = []
        if wanted is None or any("quickfix".startswith(kind) for kind in wanted):
            end = offset_at(source, params.range.end, self.units)
            made = [self._action(fix) for fix in fixes_at(snapshot, Path(source.path), start, end)]
        asked = wanted is not None and any(f"{FIX_ALL}.".startswith(f"{kind}.") for kind in wanted)
        if asked or (wanted is None and made):
            made += await self._fix_all(snapshot)
        return made

    async def _fix_all(self, snapshot: Snapshot) -> list[types.CodeAction]:
        fixed = await self.session.work(lambda: fix_all(snapshot))
        edits = {}
        for change in fixed.changes:
            before = Source(str(change.path), one_line_end(change.before.decode("utf-8-sig", "surrogatepass")))
            after = one_line_end(change.after.decode("utf-8-sig", "surrogatepass"))
            span, text = _find_change(before, after)
            edits[change.path] = [types.TextEdit(range_of(span, self.units), text)]
        if not edits:
            return []
        title = f"Fix all that is certain ({len(fixed.fixed)})"
        return [types.CodeAction(title, kind=FIX_ALL, edit=self._edit(edits))]

    def _action(self, fix: Fix) -> types.CodeAction:
        by_path: dict[Path, list[types.TextEdit]] = {}
        for edit in fix.edits:
            made = types.TextEdit(range_of(edit.span, self.units), edit.text)
            by_path.setdefault(file_of(edit.span), []).append(made)
        return types.CodeAction(
            fix.title, kind=types.CodeActionKind.QuickFix, edit=self._edit(by_path), is_preferred=True
        )

    def _edit(self, by_path: dict[Path, list[types.TextEdit]]) -> types.WorkspaceEdit:
        """Edits of files; an editor that knows versions refuses those that are for an older text."""
        uris = {path: self.session.uri_of(path) for path in by_path}
        if not self.versions:
            return types.WorkspaceEdit(changes={uris[path]: edits for path, edits in by_path.items()})
        return types.WorkspaceEdit(
            document_changes=[
                types.TextDocumentEdit(
                    types.OptionalVersionedTextDocumentIdentifier(uris[path], self.session.version_of(path)),
                    list(edits),
                )
                for path, edits in by_path.items()
            ]
        )

    async def _symbol(self, uri: str, position: types.Position) -> tuple[Snapshot, list[Occurrence], Occurrence] | None:
        place = await self._at(uri, position)
        if place is None:
            return None
        snapshot, source, offset = place
        everywhere = await self.session.work(lambda: navigation.all_of(snapshot))
        here = navigation.at(everywhere, source, offset)
        return None if here is None else (snapshot, everywhere, here)

    def _location(self, span: Span) -> types.Location:
        return types.Location(self.session.uri_of(file_of(span)), range_of(span, self.units))


def _tell_leftovers(snapshot: Snapshot, symbol: Symbol, included: Sequence[str]) -> str:
    """What keeps the old name: included files, and the files of rows and picks beside the storyboard."""
    said = [f"`{symbol.name}` stands in included files too, which keep it: {', '.join(included)}"] if included else []
    if symbol.kind in ("axis", "label", "shot") and not snapshot.unsaved:
        beside = [f"{snapshot.path.stem}{end}" for end in (".rows.yaml", ".picks.yaml")]
        there = [name for name in beside if (snapshot.folder / name).exists()]
        said += [f"look into {' and '.join(there)}, which may name it"] if there else []
    return "; ".join(said)


def _find_change(before: Source, after: str) -> tuple[Span, str]:
    """The stretch of a text that is another one afterwards, and what stands there then."""
    start, end = differing(before.text, after)
    return Span(before, start, len(before.text) - (len(after) - end)), after[start:end]
