"""The open files of an editor: which count, under which path and version, and what is checked when one changes."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from asking import Editor, asked

from seedspec.editor.session import Document, _name

BOARD = "seedspec: 1\nmodel: seedance-2.0-text-to-video\nshots: [{id: a, prompt: \"{% include 'w.j2' %}\"}]\n"


def test_a_file_that_is_open_counts_as_the_editor_has_it(tmp_path: Path) -> None:
    file, words = tmp_path / "storyboard.yaml", tmp_path / "w.j2"
    words.write_text("{{ gone }}")

    async def run(editor: Editor) -> Any:
        session = editor.session
        seen = []
        await editor.write(file.as_uri(), BOARD)
        seen.append(editor.shown[-1])
        await editor.write(words.as_uri(), "a cup")
        seen.append(editor.shown[-1])
        known = (session.uri_of(words), session.version_of(words), session.version_of(tmp_path / "x"))
        elsewhere = session.uri_of(tmp_path / "a b.yaml")
        session.close(words.as_uri())
        session.close(words.as_uri())
        await session.current(file.as_uri())
        seen.append(editor.shown[-1])
        count = len(editor.shown)
        session.change(file.as_uri(), 7, BOARD)
        session.change((tmp_path / "x.yaml").as_uri(), 1, "")
        same = len(editor.shown) == count
        version = session.version_of(file)
        board = session.documents[file.as_uri()]
        session.close(file.as_uri())
        gone = (editor.shown[-1], board.snapshot, session.boards(), await session.current(file.as_uri()))
        return seen, known, elsewhere, same, version, gone

    seen, known, elsewhere, same, version, gone = asked(run)
    assert [(version, bool(codes)) for version, codes in seen] == [(1, True), (1, False), (1, True)]
    assert known == (words.as_uri(), 1, None) and elsewhere == f"{tmp_path.as_uri()}/a%20b.yaml"
    assert same and version == 7 and gone == ((7, ()), None, [], None)


def test_a_storyboard_is_looked_at_again_when_the_disk_has_changed(tmp_path: Path) -> None:
    file, words = tmp_path / "storyboard.yaml", tmp_path / "w.j2"
    words.write_text("a cup")

    async def run(editor: Editor) -> Any:
        await editor.write(file.as_uri(), BOARD)
        editor.session.look_again()
        edition = editor.session.documents[file.as_uri()].edition
        words.write_text("{{ gone }} too")
        editor.session.look_again()
        await editor.session.current(file.as_uri())
        return edition, editor.session.documents[file.as_uri()].edition, [bool(codes) for _, codes in editor.shown]

    assert asked(run) == (1, 2, [False, True])


@pytest.mark.parametrize(
    ("uri", "name"),
    [("untitled:Untitled-1", "Untitled-1"), ("untitled:/a/b%20c.yaml", "b c.yaml"), ("untitled:", ""),
    ("untitled:..", ""),
     ("untitled:a%00b", "ab"), ("untitled:" + "x" * 101, "x" * 100)],
)  # fmt: skip
def test_what_has_no_place_yet_has_a_name(uri: str, name: str) -> None:
    assert _name(uri) == name

    async def run(editor: Editor) -> Document:
        editor.session.open(uri, 3, "seedspec: 1\n")
        return editor.session.documents[uri]

    document = asked(run)
    assert (document.path.name, document.version, document.saved) == (name or "untitled.yaml", 3, False)
    assert document.path.parent.name.startswith("seedspec-") and document.is_board


def test_other_addresses_are_no_files(tmp_path: Path) -> None:
    async def run(editor: Editor) -> Any:
        for uri in ("git:/a/storyboard.yaml", "file://host/storyboard.yaml", "http://x/storyboard.yaml"):
            editor.session.open(uri, 1, "seedspec: 1\n")
        plain = (tmp_path / "x.yaml").as_uri()
        editor.session.open(plain, 1, "a: é\n")
        await asyncio.sleep(0)
        return [*editor.session.documents], editor.session.boards(), dict(editor.session.instead())

    documents, boards, instead = asked(run)
    assert documents == [(tmp_path / "x.yaml").as_uri()] and boards == []
    assert instead == {(tmp_path / "x.yaml").resolve(): "a: é\n".encode()}
