"""Answers in the protocol's own types, whole: places, kinds, versions, and what a person is told besides."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from asking import Editor, asked
from lsprotocol import types

from seedspec.editor.navigation import Refused
from seedspec.editor.requests import FIX_ALL, Requests

BOARD = """\
seedspec: 1
model: seedance-2.0-text-to-video
matrix: {axes: {look: [noir, soft]}}
shots:
  - id: open
    prompt: "é {{ look }} {% include 'words.j2' %} {% include 'none.j2' %}"
  - {id: last, prompt: "{{ look }}"}
"""
BROKEN = (
    "seedspec: 1\nmodel: seedance-2.0-text-to-video\nshots:\n  - id: a\n    prompt: @x\n  - id: b\n    prompt: @y\n"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "words.j2").write_text("{{ look }} again")
    return tmp_path


def at(line: int, character: int) -> types.Position:
    return types.Position(line, character)


def between(line: int, start: int, end: int) -> types.Range:
    return types.Range(at(line, start), at(line, end))


def test_places_of_a_name_and_the_file_that_is_included(folder: Path) -> None:
    uri, inner = (folder / "storyboard.yaml").as_uri(), (folder / "words.j2").as_uri()
    name = types.TextDocumentIdentifier(uri)

    async def run(editor: Editor) -> Any:
        await editor.write(uri, BOARD)
        ask = editor.ask
        files = [await ask.definition(types.DefinitionParams(name, at(5, n))) for n in (40, 66, 1)]
        declared = await ask.definition(types.DefinitionParams(name, at(5, 19)))
        uses = [
            await ask.references(types.ReferenceParams(types.ReferenceContext(both), name,
            at(2, 18))) for both in (True, False)
        ]  # fmt: skip
        prepared = [
            await ask.prepare_rename(types.PrepareRenameParams(name, at(*p))) for p in ((5, 19), (5, 40), (0, 3))
        ]
        elsewhere = types.TextDocumentIdentifier((folder / "other.yaml").as_uri())
        nothing = [
            await ask.definition(types.DefinitionParams(elsewhere, at(0, 0))),
            await ask.references(types.ReferenceParams(types.ReferenceContext(True), elsewhere, at(0, 0))),
            await ask.prepare_rename(types.PrepareRenameParams(elsewhere, at(0, 0))),
            await ask.hover(types.HoverParams(elsewhere, at(0, 0))),
            await ask.complete(types.CompletionParams(elsewhere, at(0, 0))),
            await ask.lenses(types.CodeLensParams(elsewhere)),
        ]
        hovers = [await ask.hover(types.HoverParams(name, at(*p))) for p in ((2, 25), (4, 2))]
        return files, declared, uses, prepared, nothing, hovers

    files, declared, uses, prepared, nothing, hovers = asked(run)
    assert files == [[types.Location(inner, types.Range(at(0, 0), at(0, 0)))], [], []]
    here = types.Location(uri, between(2, 16, 20))
    used = [(inner, between(0, 3, 7)), (uri, between(5, 18, 22)), (uri, between(6, 27, 31))]
    assert declared == [here]
    assert uses == [[here, *(types.Location(*u) for u in used)], [types.Location(*u) for u in used]]
    assert prepared == [types.PrepareRenamePlaceholder(between(5, 18, 22), "look"), None, None]
    assert nothing == [[], [], None, None, [], []]
    assert hovers[0].range == between(2, 23, 27) and hovers[0].contents.kind == "markdown"
    assert hovers[0].contents.value.startswith("label `noir` of axis `look`: 1 entry, $") and hovers[1] is None


@pytest.mark.parametrize(
    ("place", "new", "beside", "said"),
    [
        ((2, 18), "mood", [], "`look` stands in included files too, which keep it: words.j2:1:4"),
        ((2, 18), "mood", ["rows"],
        "`look` stands in included files too, which keep it: words.j2:1:4; "
         "look into storyboard.rows.yaml, which may name it"),
        ((4, 9), "first", ["rows", "picks"],
        "look into storyboard.rows.yaml and storyboard.picks.yaml, which may name it"),
        ((4, 9), "first", [], ""),
    ],
)  # fmt: skip
def test_what_keeps_an_old_name_is_told(
    folder: Path, place: tuple[int, int], new: str, beside: list[str], said: str
) -> None:
    uri = (folder / "storyboard.yaml").as_uri()
    for name in beside:
        (folder / f"storyboard.{name}.yaml").write_text("")

    async def run(editor: Editor) -> Any:
        await editor.write(uri, BOARD)
        return await editor.ask.rename(types.RenameParams(types.TextDocumentIdentifier(uri), at(*place), new))

    assert asked(run)[1] == said


def test_edits_name_a_version_where_an_editor_knows_them(folder: Path) -> None:
    uri = (folder / "storyboard.yaml").as_uri()

    async def run(editor: Editor) -> Any:
        await editor.write(uri, BOARD)
        await editor.write(uri, BOARD + "# more\n")
        params = types.RenameParams(types.TextDocumentIdentifier(uri), at(4, 9), "first")
        plain = Requests(editor.session, "utf-16", versions=False)
        with pytest.raises(Refused, match=r"^no name that could be changed stands here$"):
            await plain.rename(types.RenameParams(types.TextDocumentIdentifier(uri), at(0, 1), "x"))
        return (await editor.ask.rename(params))[0], (await plain.rename(params))[0]

    edits = [types.TextEdit(between(4, 8, 12), "first")]
    versioned = types.TextDocumentEdit(types.OptionalVersionedTextDocumentIdentifier(uri, 2), list(edits))
    assert asked(run) == (
        types.WorkspaceEdit(document_changes=[versioned]), types.WorkspaceEdit(changes={uri: edits}),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("only", "places", "titles"),
    [
        (None, (4, 4), ['Write `"@x"`', "Fix all that is certain (2)"]), (None, (0, 0), []),
        (["quickfix"], (4, 4), ['Write `"@x"`']),
        (["quickfix"], (0, 6), ['Write `"@x"`', 'Write `"@y"`']), (["quickfix.x"], (4, 4), []),
        ([""], (4, 4), ['Write `"@x"`']),
        (["source"], (0, 0), ["Fix all that is certain (2)"]),
        (["source.fixAll"], (0, 0), ["Fix all that is certain (2)"]),
        ([FIX_ALL], (4, 4), ["Fix all that is certain (2)"]),
        (["source.fix"], (4, 4), []), (["source", "quickfix"], (4, 4), ['Write `"@x"`', "Fix all that is certain (2)"]),
        (["refactor"], (4, 4), []),
    ],
)  # fmt: skip
def test_fixes_are_offered_as_they_are_asked_for(
    folder: Path, only: Sequence[str] | None, places: tuple[int, int], titles: list[str]
) -> None:
    uri = (folder / "storyboard.yaml").as_uri()

    async def run(editor: Editor) -> Any:
        await editor.write(uri, BROKEN)
        where = types.Range(at(places[0], 12 if places[0] else 0), at(places[1], 14 if places[1] else 0))
        context = types.CodeActionContext([], only)  # type: ignore[arg-type]
        return await editor.ask.actions(types.CodeActionParams(types.TextDocumentIdentifier(uri), where, context))

    made = asked(run)
    assert [one.title for one in made] == titles
    for one in made:
        [change] = one.edit.document_changes
        assert (change.text_document.uri, change.text_document.version) == (uri, 1)
        if one.title.startswith("Write"):
            line = 4 if "x" in one.title else 6
            assert (one.kind, one.is_preferred) == ("quickfix", True)
            assert change.edits == [types.TextEdit(between(line, 12, 14), f'"@{"x" if line == 4 else "y"}"')]
        else:
            assert (one.kind, one.is_preferred) == (FIX_ALL, None)
            new = '"@x"\n  - id: b\n    prompt: "@y"'
            assert change.edits == [types.TextEdit(types.Range(at(4, 12), at(6, 14)), new)]


def test_a_proposal_names_its_kind_and_what_it_replaces(folder: Path) -> None:
    uri = (folder / "storyboard.yaml").as_uri()
    texts = ["seedspec: 1\nmo", BOARD.replace('{{ look }}"}', "{{ lo"), "seedspec: 1\nshots: [{id: a, quality: 4"]

    async def run(editor: Editor) -> Any:
        found = []
        for text in texts:
            await editor.write(uri, text)
            lines = text.split("\n")
            where = at(len(lines) - 1, len(lines[-1])) if "{{ lo" not in text else at(6, len(lines[6]))
            params = types.CompletionParams(types.TextDocumentIdentifier(uri), where)
            found.append({one.label: one for one in await editor.ask.complete(params)})
        return found

    key, name, value = asked(run)
    said = key["title"]
    assert (said.kind, said.detail, said.filter_text) == (types.CompletionItemKind.Property, None, "title")
    assert said.documentation == types.MarkupContent(types.MarkupKind.Markdown, "Free text for people.")
    assert said.text_edit == types.TextEdit(between(1, 0, 2), "title: ")
    look = name["look"]
    assert (look.kind, look.detail, look.documentation) == (types.CompletionItemKind.Variable, "axis", None)
    assert look.text_edit == types.TextEdit(between(6, 27, 29), "look")
    assert (value["480p"].kind, value["480p"].detail) == (types.CompletionItemKind.EnumMember, "quality")
