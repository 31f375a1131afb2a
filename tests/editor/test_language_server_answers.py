"""What the language server answers: findings of a text that is being written, names, prices, completion, renaming."""

from __future__ import annotations

import asyncio
import re
import shutil
import threading
from pathlib import Path
from typing import Any

import pytest
from asking import CURSOR, Editor, applied, asked, edits_of, position
from lsprotocol import types

from seedspec import api
from seedspec.editor import snapshot
from seedspec.editor.findings import by_file
from seedspec.editor.navigation import Refused
from seedspec.project.reading import Reading
from seedspec.report import diagnostics

FRUIT = Path(__file__).parents[2] / "examples" / "fruit-tea"
TEXT = (FRUIT / "storyboard.yaml").read_text(encoding="utf-8")


@pytest.fixture
def fruit(tmp_path: Path) -> Path:
    shutil.copytree(FRUIT, tmp_path / "tea", ignore=shutil.ignore_patterns("renders*", "*.lock", ".seedspec"))
    return tmp_path / "tea" / "storyboard.yaml"


def before(text: str, needle: str, into: int = 0) -> str:
    """A text with the cursor `into` characters behind the beginning of a needle."""
    at = text.index(needle) + into
    return text[:at] + CURSOR + text[at:]


def hovered(file: Path, text: str) -> str:
    async def run(editor: Editor) -> str:
        uri = file.as_uri()
        place = await editor.write(uri, text)
        found = await editor.ask.hover(types.HoverParams(types.TextDocumentIdentifier(uri), place))
        if found is None:
            return ""
        assert isinstance(found.contents, types.MarkupContent)
        return found.contents.value

    return str(asked(run))


def completed(file: Path, text: str) -> list[str]:
    async def run(editor: Editor) -> list[str]:
        uri = file.as_uri()
        await editor.write(uri, TEXT)
        editor.session.change(uri, 9, text.replace(CURSOR, "", 1))
        params = types.CompletionParams(types.TextDocumentIdentifier(uri), position(text))
        return [one.label for one in await editor.ask.complete(params)]

    found: list[str] = asked(run)
    return found


@pytest.mark.parametrize(
    ("needle", "into", "says"),
    [
        ("ref('walk')", 6, ["reference `walk`", "864×496", "3 s", "24 fps", "data:image/webp;base64,"]),
        ("ref('bottle')", 6, ["reference `bottle`", "png", "data:image/webp;base64,"]),
        ("golden: {", 1, ["label `golden` of axis `look`: 4 entries, $", "golden hour"]),
        ("hook == 'question'", 10, ["label `question` of axis `hook`: 4 entries"]),
        ("look.words", 1, ["axis `look` of 2: `morning`, `golden`"]),
        ("{{ brand }}", 4, ["var `brand`", "Sunny Pour"]),
        ("quality: 480p", 2, ["480p 720p", "default 720p"]),
        ("- id: pour", 7, ["shot `pour`: 4 entries", "`pour@look=morning,hook=question/1` $", "Continue video 1"]),
        ("in first person: the hand", 3, ["Continue video 1 in first person", "Sunny Pour from image 1"]),
        ("bursts through a wall", 3, ["image 1 bursts through a wall of juice"]),
        ("seedance-2.0", 3, ["`seedance-2.0-reference-to-video` of EvoLink"]),
    ],
)  # fmt: skip
def test_hover(fruit: Path, needle: str, into: int, says: list[str]) -> None:
    found = hovered(fruit, before(TEXT, needle, into))
    assert [word for word in says if word not in found] == [], found


def _with(old: str, new: str) -> str:
    assert old in TEXT
    return TEXT.replace(old, new, 1)


@pytest.mark.parametrize(
    ("text", "has", "has_not"),
    [
        (_with("defaults: {duration: 5, ", "defaults: {du¦, "), ["duration", "takes"], ["quality", "prompt"]),
        (_with("quality: 720p", "quality: ¦"), ["480p", "720p"], ["1080p", "4k"]),
        (_with("quality: 720p", 'quality: "4¦'), ["480p"], []),
        (_with("    tags: [opening]", "    tags: [opening]\n    ¦"), ["duration", "matrix"], ["id", "prompt", "tags"]),
        (_with("    tags: [opening]", "    tags: [opening]\n    generate_audio: ¦"), ["true", "false"], []),
        (_with("only: []", "only: [¦]"), ["look", "hook"], ["aspect_ratio"]),
        (_with("only: []", "only: [look, ¦"), ["hook"], []),
        (_with("{{ look.words }}.\n      {%", "{{ lo¦"), ["look", "hook", "brand", "ref"], ["walk"]),
        (_with("{{ look.words }}.\n      {%", "{{ look.¦ }}"), ["words", "duration"], ["hook"]),
        (_with("ref('walk')", "ref('¦"), ["walk", "bottle", "theme"], ["look", "before"]),
        (_with("hook == 'question'", "hook == '¦"), ["question", "reveal"], ["golden"]),
        (_with("hook == 'question'", "label.¦"), ["look", "hook"], ["brand"]),
        (_with("{{ brand }} from", "{{ brand | ¦"), ["upper", "default"], ["random", " each"]),
        (_with("{% if", "{% ¦"), ["if", "include"], ["look"]),
        (TEXT + "overrides:\n  - when: {look: ¦}\n", ["morning", "golden"], ["question"]),
        (TEXT + "overrides:\n  - when: {look: [morning, ¦\n", ["golden"], ["question"]),
        (TEXT + "overrides:\n  - when: {¦\n", ["look", "hook"], ["words"]),
        (TEXT + "overrides:\n  - ¦\n", ["when", "quality"], ["shots"]),
        (TEXT + "¦", ["overrides", "budget"][:1], ["shots", "matrix"]),
        (_with("{image: assets/bottle.png}", "{image: ¦}"), ["assets/bottle.png"], ["assets/walk.mp4"]),
        (_with("{shot: orchard}", "{shot: ¦}"), ["orchard", "endcard"], ["pour"]),
        (_with("{shot: orchard}", "{shot: orchard, frame: ¦}"), ["first", "last"], []),
        (_with("{shot: orchard}", "{shot: orchard, at: {¦}}"), ["look", "hook"], []),
        (_with("model: seedance-2.0-reference-to-video", "model: se¦"), ["seedance-2.0-fast-text-to-video"], []),
        ("seedspec: 1\n¦", ["model", "shots"], ["seedspec"]),
        ("¦", ["seedspec", "shots"], []),
    ],
)  # fmt: skip
def test_completion(fruit: Path, text: str, has: list[str], has_not: list[str]) -> None:
    found = completed(fruit, text)
    assert [word for word in has if word not in found] == [], found
    assert [word for word in has_not if word in found] == []


def test_lenses_have_entries_price_and_what_is_new(fruit: Path) -> None:
    async def run(editor: Editor) -> list[str]:
        await editor.write(fruit.as_uri(), TEXT)
        found = await editor.ask.lenses(types.CodeLensParams(types.TextDocumentIdentifier(fruit.as_uri())))
        return [one.command.title for one in found if one.command]

    made = api.compile(fruit)
    assert [re.sub(r"\$[\d.]+", "$", one) for one in asked(run)] == ["4 entries · $ · 4 new"] * 3
    assert len(made.entries) == 12
    assert sorted(p.name for p in fruit.parent.iterdir()) == sorted(
        p.name for p in FRUIT.iterdir() if not re.match(r"renders|.*\.lock|\.seedspec", p.name)
    ), "a look wrote something into the project"


INCLUDING = """\
seedspec: 1
model: seedance-2.0-reference-to-video
references: {cup: {image: https://cdn.example.com/cup.webp}}
matrix: {axes: {look: {noir: {words: hard}, soft: {words: mild}}, hook: [ask, show]}}
overrides:
  - {when: {look: [noir, "soft"], hook: ask}, quality: 480p}
shots:
  - id: open
    references: {cut: {image: https://cdn.example.com/cut.webp}}
    prompt: "{{ ref('cup') }}{{ ref('cut') }} {% include 'words.j2' %} {% if look == 'noir' %}a{% else %}b{% endif %}"
  - id: close
    matrix: {only: [look], exclude: [{look: noir}]}
    references: {was: {shot: open, at: {hook: 'ask'}}}
    attach: [cup]
    prompt: >-
      {{ ref('was') }} 🎬 {{ label.look }} {{ look['words'] }}
      {{ ref("cup") }} closes.
"""
WORDS = "{{ look.words }} {% if hook == 'ask' %}asks{% endif %}"


@pytest.fixture
def including(tmp_path: Path) -> Path:
    file = tmp_path / "board.yaml"
    file.write_text(INCLUDING, encoding="utf-8")
    (tmp_path / "words.j2").write_text(WORDS, encoding="utf-8")
    assert [d for d in api.check(file) if d.severity == "error"] == []
    return file


@pytest.mark.parametrize(
    ("needle", "into", "new", "count", "reported"),
    [
        ("look: {noir", 2, "mood", 7, "words.j2:1:4"),
        ("noir: {", 1, "night", 4, ""),
        ("{look: [noir", 9, "night-2", 4, ""),
        ("[ask,", 1, "16:9", 3, "words.j2"),
        ("id: open", 5, "begin", 2, ""),
        ("cup: {", 1, "mug", 4, ""),
        ("'cut'", 2, "slice", 2, ""),
        ("was: {", 1, "before", 2, ""),
    ],
)  # fmt: skip
def test_rename(including: Path, needle: str, into: int, new: str, count: int, reported: str) -> None:
    async def run(editor: Editor) -> tuple[list[types.TextEdit], str]:
        uri = including.as_uri()
        place = await editor.write(uri, before(INCLUDING, needle, into))
        edit, said = await editor.ask.rename(
            types.RenameParams(new_name=new, text_document=types.TextDocumentIdentifier(uri), position=place)
        )
        return edits_of(edit, uri), said

    edits, said = asked(run)
    assert len(edits) == count
    assert reported in said and bool(said) == bool(reported)
    after = applied(INCLUDING, edits)
    if not reported:  # else the included file still has the old name
        was = {e.fingerprint for e in api.compile(including).entries}
        including.write_text(after, encoding="utf-8")
        made = api.compile(including)
        assert made.ok and {e.fingerprint for e in made.entries} == was, "a new name changes no request"


@pytest.mark.parametrize(
    ("needle", "into", "new", "says"),
    [
        ("look: {noir", 2, "hook", "there already"),
        ("look: {noir", 2, "ref", "meaning of its own"),
        ("look: {noir", 2, "duration", "request field"),
        ("look: {noir", 2, "a b", "no name"),
        ("noir: {", 1, "soft", "there already"),
        ("noir: {", 1, "-x", "no name"),
        ("[ask,", 1, "a:", "cannot be written"),
        ("id: open", 5, "close", "there already"),
        ("seedspec: 1", 2, "x", "no name"),
    ],
)  # fmt: skip
def test_refused_names(including: Path, needle: str, into: int, new: str, says: str) -> None:
    async def run(editor: Editor) -> None:
        uri = including.as_uri()
        place = await editor.write(uri, before(INCLUDING, needle, into))
        await editor.ask.rename(
            types.RenameParams(new_name=new, text_document=types.TextDocumentIdentifier(uri), position=place)
        )

    with pytest.raises(Refused, match=says):
        asked(run)


def test_declarations_and_uses(including: Path) -> None:
    async def run(editor: Editor) -> Any:
        uri, inner = including.as_uri(), (including.parent / "words.j2").as_uri()
        name = types.TextDocumentIdentifier(uri)
        place = await editor.write(uri, before(INCLUDING, "{% include 'words", 14))
        [file] = await editor.ask.definition(types.DefinitionParams(name, place))
        place = position(before(INCLUDING, "shot: open", 8))
        [shot] = await editor.ask.definition(types.DefinitionParams(name, place))
        place = position(before(INCLUDING, "[ask,", 2))
        uses = await editor.ask.references(types.ReferenceParams(types.ReferenceContext(False), name, place))
        place = await editor.write(inner, before(WORDS, "'ask'", 2))
        back = await editor.ask.definition(types.DefinitionParams(types.TextDocumentIdentifier(inner), place))
        return uri, inner, file, shot, uses, back

    uri, inner, file, shot, uses, back = asked(run)
    assert file.uri == inner
    assert (shot.uri, shot.range.start) == (uri, types.Position(7, 8))
    assert [u.uri for u in uses].count(inner) == 1 and len(uses) == 3
    assert [(one.uri, one.range.start.line) for one in back] == [(uri, 3)]


def test_a_fault_of_an_included_file_is_shown_there_as_it_is_written(including: Path) -> None:
    async def run(editor: Editor) -> list[list[tuple[str, str, str]]]:
        uri, inner = including.as_uri(), including.parent / "words.j2"
        found = []
        await editor.write(uri, INCLUDING)
        for text in (WORDS, "{{ look.word }}", "{% if %}", WORDS):
            await editor.write(inner.as_uri(), text)
            _, seen = (await editor.session.current(uri)) or (None, None)
            assert seen is not None
            shown = by_file(seen.checked.diagnostics, including, editor.session.uri_of, "utf-16", related=True)
            found.append([(p.name, str(d.code), str(d.range)) for p, listed in shown.items() for d in listed])
        return found

    first, missing, broken, again = asked(run)
    assert first == again and not [f for f in first if f[0] == "words.j2"]
    assert ("words.j2", "undefined-name", "0:8-0:12") in missing
    assert [f for f in broken if f[0] == "words.j2" and f[1] == "template-failed"]
    assert {f[1] for f in broken if f[0] == "words.j2"} <= {f[1] for f in broken if f[0] == "board.yaml"}


FIXABLE = (
    "seedspec: 1\nmodel: seedance-2.0-reference-to-video\nshots:\n  - id: a\n    durations: 5\n    promt: A cup.\n"
)


def test_fixes_are_those_of_check_fix(tmp_path: Path) -> None:
    file = tmp_path / "storyboard.yaml"
    file.write_text("seedspec: 1\n", encoding="utf-8")  # what is fixed is the text in the editor

    async def run(editor: Editor) -> list[types.CodeAction]:
        await editor.write(file.as_uri(), FIXABLE)
        whole = types.Range(types.Position(0, 0), types.Position(9, 0))
        context = types.CodeActionContext(diagnostics=[])
        name = types.TextDocumentIdentifier(file.as_uri())
        return await editor.ask.actions(types.CodeActionParams(name, whole, context))

    actions = asked(run)
    assert file.read_text(encoding="utf-8") == "seedspec: 1\n"
    *single, every = actions
    assert [a.title for a in single] == ["Write `duration`"] and single[0].kind == types.CodeActionKind.QuickFix
    assert "durations" not in applied(FIXABLE, edits_of(single[0].edit, file.as_uri()))
    fixed = applied(FIXABLE, edits_of(every.edit, file.as_uri()))
    from seedspec.cli.main import start

    file.write_text(FIXABLE, encoding="utf-8")
    start(["check", "--fix", str(file)])
    assert fixed == file.read_text(encoding="utf-8") != FIXABLE


ODD = {
    "half a character": "seedspec: 1\nshots: [{id: a, prompt: \"\ud83c\"}]\n",
    "no text": "seedspec:",
    "line separators": "seedspec: 1\nmodel: x\nshots:\n  - {id: a, prompt: \"a\u2028b\u0085c {{ lok }}\"}\n",
    "tabs": "seedspec: 1\n\tshots:\n",
    "a control character": "seedspec: 1\nshots: \0\n",
    "windows": "seedspec: 1\r\nmodel: x\r\nshots:\r\n  - {id: a, prompt: \"{{ lok }}\"}\r\n",
    "a conflict": "seedspec: 1\n<<<<<<< a\nmodel: x\n=======\nmodel: y\n>>>>>>> b\n",
    "open brackets": "seedspec: 1\nshots: [{id: a, prompt: \"{{ ref('",
    "deep": "seedspec: 1\nx-a: " + "[" * 3000,
    "aliases": "seedspec: 1\nx-a: &a [*a, *b]\nshots: *a\n",
}  # fmt: skip


@pytest.mark.parametrize("text", ODD.values(), ids=ODD.keys())
def test_odd_texts_have_the_findings_of_check_and_every_answer(tmp_path: Path, text: str) -> None:
    file = tmp_path / "storyboard.yaml"

    async def run(editor: Editor) -> tuple[str, ...]:
        uri = file.as_uri()
        await editor.write(uri, text)
        name = types.TextDocumentIdentifier(uri)
        lines = text.replace("\r\n", "\n").split("\n")
        for line, column in [(n, c) for n, one in enumerate(lines) for c in {0, len(one) // 2, len(one), 9999}][:60]:
            place = types.Position(line, column)
            await editor.ask.hover(types.HoverParams(name, place))
            await editor.ask.complete(types.CompletionParams(name, place))
            await editor.ask.definition(types.DefinitionParams(name, place))
            await editor.ask.prepare_rename(types.PrepareRenameParams(name, place))
        await editor.ask.lenses(types.CodeLensParams(name))
        whole = types.Range(types.Position(0, 0), types.Position(9999, 0))
        await editor.ask.actions(types.CodeActionParams(name, whole, types.CodeActionContext([])))
        found = await editor.session.current(uri)
        assert found is not None
        return tuple(f"{d.code} {d.span and d.span.place}" for d in found[1].checked.diagnostics)

    found = asked(run)
    file.write_bytes(text.encode("utf-8", "surrogatepass"))
    assert found == tuple(f"{d.code} {d.span and d.span.place}" for d in api.check(file))
    assert found


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_end_where_the_protocol_has_them_end(tmp_path: Path, end: str) -> None:
    lines = ["seedspec: 1", "# a\u2028b\u0085c", "model: seedance-2.0-text-to-video", "shots:", "  - id: a"]

    async def run(editor: Editor) -> list[str]:
        file = tmp_path / "storyboard.yaml"
        await editor.write(file.as_uri(), end.join([*lines, "    prompt: '🎬 {{ lok }}'"]))
        found = await editor.session.current(file.as_uri())
        assert found is not None
        shown = by_file(found[1].checked.diagnostics, file, editor.session.uri_of, "utf-16", related=False)
        return [str(d.range) for d in shown[file] if d.code == "undefined-name"]

    assert asked(run) == ["5:19-5:22"]


def test_an_older_text_is_never_shown_over_a_newer_one(tmp_path: Path) -> None:
    async def run(editor: Editor) -> list[tuple[int | None, tuple[str, ...]]]:
        uri = (tmp_path / "storyboard.yaml").as_uri()
        editor.session.open(uri, 1, "seedspec: 1\n")
        for version in range(2, 40):
            editor.session.change(uri, version, f"seedspec: 1\nname: n{version}\nsots: 1\n")
            await asyncio.sleep(0.002 * (version % 7))
        await editor.session.current(uri)
        return editor.shown

    shown = asked(run)
    versions = [version for version, _ in shown]
    assert versions == sorted(versions, key=int) and versions[-1] == 39
    assert "unknown-key" in shown[-1][1]


def test_a_file_without_a_place_has_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(FRUIT)

    async def run(editor: Editor) -> list[str]:
        await editor.write("untitled:Untitled-1", TEXT)
        found = await editor.session.current("untitled:Untitled-1")
        assert found is not None
        text = diagnostics.as_text(found[1].checked.diagnostics)
        assert "seedspec-" not in "".join(d.message for d in found[1].checked.diagnostics)
        assert "not saved yet" in text
        return [d.severity for d in found[1].checked.diagnostics]

    assert set(asked(run)) == {"warning"}


def test_what_is_gone_or_strange_is_no_trouble(tmp_path: Path) -> None:
    async def run(editor: Editor) -> None:
        gone = tmp_path / "gone" / "storyboard.yaml"
        await editor.write(gone.as_uri(), "seedspec: 1\nshots: []\n")
        assert editor.shown[-1][1]
        for uri in ("git:/a/storyboard.yaml", "file://elsewhere/a.yaml", "file:", "file:///a%00b.yaml", "x"):
            editor.session.open(uri, 1, "seedspec: 1\n")
            assert uri not in editor.session.documents
        place = types.Position(0, 0)
        name = types.TextDocumentIdentifier("file:///nowhere.yaml")
        assert await editor.ask.hover(types.HoverParams(name, place)) is None
        assert await editor.ask.complete(types.CompletionParams(name, place)) == []
        editor.session.close(gone.as_uri())
        assert editor.shown[-1] == (1, ())

    asked(run)


def test_media_are_read_once_until_they_change(fruit: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    from seedspec.project import sources

    for file in (fruit.parent / "assets").iterdir():
        os.utime(file, (1_600_000_000, 1_600_000_000))
    looked: list[str] = []
    real = sources._asset
    monkeypatch.setattr(sources, "_asset", lambda path, *rest: (looked.append(path.name), real(path, *rest))[1])
    monkeypatch.setattr("seedspec.project.media_memory._SETTLED", -1e9)

    async def run(editor: Editor) -> list[int]:
        counts = []
        for number in range(3):
            await editor.write(fruit.as_uri(), TEXT + f"# {number}\n")
            counts.append(len(looked))
        (fruit.parent / "assets" / "bottle.png").write_bytes(b"no picture")
        await editor.write(fruit.as_uri(), TEXT + "# changed\n")
        counts.append(len(looked))
        assert "media-file" in editor.shown[-1][1]
        return counts

    assert asked(run) == [3, 3, 3, 4]


PICKING = """\
seedspec: 1
model: seedance-2.0-reference-to-video
shots:
  - {id: open, takes: 2, prompt: A door opens.}
  - id: close
    references: {was: {shot: open, take: pick}}
    prompt: "{{ ref('was') }} closes."
"""


def test_picks_that_are_not_saved_count(tmp_path: Path) -> None:
    board, picks = tmp_path / "storyboard.yaml", tmp_path / "storyboard.picks.yaml"

    async def run(editor: Editor) -> list[tuple[str, ...]]:
        seen = []
        await editor.write(board.as_uri(), PICKING)
        for text in (
            "seedspec_picks: 1\npicks: []\n",
            "seedspec_picks: 1\npikcs: []\n",
            "seedspec_picks: 1\npicks: []\n",
        ):
            await editor.write(picks.as_uri(), text)
            found = await editor.session.current(board.as_uri())
            assert found is not None
            seen.append(tuple(sorted({d.code for d in found[1].checked.diagnostics})))
        return seen

    before_, broken, after = asked(run)
    assert "unknown-key" in broken and "unknown-key" not in before_ and before_ == after
    assert not picks.exists()


def test_an_error_of_seedspec_is_said_once_and_ends_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    async def run() -> list[Exception]:
        editor = Editor()
        uri = (tmp_path / "storyboard.yaml").as_uri()
        with monkeypatch.context() as patch:
            patch.setattr(snapshot, "check_profiles", fail)
            await editor.write(uri, "seedspec: 1\n")
        assert editor.shown == []
        await editor.write(uri, "seedspec: 1\nsots: 1\n")
        assert "unknown-key" in editor.shown[-1][1]
        editor.session.end()
        return editor.trouble

    assert [type(error) for error in asyncio.run(run())] == [ZeroDivisionError]


def test_what_waits_for_the_thread_is_not_made_once_the_session_ends() -> None:
    begun, goes_on, made = threading.Event(), threading.Event(), []

    def first() -> None:
        begun.set()
        goes_on.wait(30)

    async def run(editor: Editor) -> None:
        one = asyncio.create_task(editor.session.work(first))
        other = asyncio.create_task(editor.session.work(lambda: made.append("other")))
        while not begun.is_set():
            await asyncio.sleep(0.01)
        editor.session.end()
        goes_on.set()
        await asyncio.wait([one, other], timeout=30)
        assert not one.cancelled() and other.cancelled() and not made

    asked(run)


def test_models_are_read_again_when_a_file_of_theirs_changes_and_no_sooner(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, memory = [], snapshot.Memory()
    genuine = snapshot.sources.catalog
    monkeypatch.setattr(snapshot.sources, "catalog", lambda *given: read.append(1) or genuine(*given))
    monkeypatch.setattr(snapshot, "_MODELS_SECONDS", 1000.0)
    folder = tmp_path / "providers" / "studio"

    def asked() -> Reading:
        reading = Reading()
        memory.models(tmp_path, reading)
        return reading

    first = asked()
    assert asked().asked == first.asked and len(read) == 1
    folder.mkdir(parents=True)
    (folder / "provider.json").write_text("{}", encoding="utf-8")
    asked()
    assert len(read) == 2, "a provider that is new is not seen"
    asked()
    assert len(read) == 2
    (folder / "provider.json").write_text("{} ", encoding="utf-8")
    asked()
    assert len(read) == 3, "a provider that has changed is not seen"
    monkeypatch.setattr(snapshot, "_MODELS_SECONDS", 0.0)
    asked()
    assert len(read) == 4, "what is asked of the user's settings is believed for ever"
