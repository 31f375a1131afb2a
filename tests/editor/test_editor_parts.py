"""Whole answers of the language server's parts, in the files of `answers/`; `--update` writes them."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from asking import CURSOR
from lsprotocol import types

from seedspec.editor import navigation
from seedspec.editor.actions import fix_all, fixes_at
from seedspec.editor.completion import complete
from seedspec.editor.cursor import template_at, yaml_at
from seedspec.editor.findings import by_file
from seedspec.editor.hover import hover
from seedspec.editor.lenses import lenses
from seedspec.editor.positions import Units, offset_at, position_at, range_of
from seedspec.editor.rules import resolve, rules_at, words_of
from seedspec.editor.session import Document, is_board, path_of
from seedspec.editor.snapshot import Memory, Snapshot
from seedspec.text.source import Source, Span

ANSWERS = Path(__file__).parent / "answers"
BOARD = """\
seedspec: 1
model: seedance-2.0-reference-to-video
name: tea
defaults: {duration: 4, quality: 480p, takes: 2}
vars: {brand: Sunny Pour, big: {size: 3}}
references:
  cup: {image: https://cdn.example.com/cup.webp?X-Amz-Signature=abc}
  walk: {video: assets/none.mp4}
  odd: {shot: open}
matrix:
  axes:
    look: {noir: {words: hard}, soft: {words: mild, quality: 720p}}
    hook: [ask, show]
    ad: [{id: A, kind: x}, {id: B, kind: "y"}]
  exclude: [{look: noir, hook: show, ad.kind: x}]
overrides:
  - {when: {look: [noir, "soft"], hook: ask}, quality: 480p}
shots:
  - id: open
    tags: [first]
    references: {cut: {image: https://cdn.example.com/cut.webp}}
    matrix: {only: [look]}
    prompt: >-
      {{ ref('cup') }}{{ ref('cut') }} {% include 'words.j2' %}
      {% if look == 'noir' %}a{% else %}b{% endif %} {{ brand }}
  - id: close
    matrix: {only: [hook, ad], axes: {own: [1, 2]}, exclude: [{hook: ask, own: 1}]}
    references: {was: {shot: open, at: {look: 'noir'}, take: 1}}
    attach: [cup]
    prompt:
      plain: "{{ ref('was') }} {{ label.hook }} {{ ad.kind }} {{ own }}"
      wide: "{{ big.size }} {{ ref('was') }} {{ shot.id }}"
"""
WORDS = "{{ look.words }} {% if look == 'soft' %}soft{% endif %}"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("answers")
    (made / "words.j2").write_text(WORDS)
    (made / "assets").mkdir()
    for name in ("cup.png", "walk.mp4", "tea.wav", ".hidden.png", "notes.txt"):
        (made / "assets" / name).write_bytes(b"")
    return made


def look(folder: Path, text: str = BOARD, *, unsaved: bool = False) -> Snapshot:
    file = folder / "storyboard.yaml"
    return Snapshot(file, text, {Path(os.path.realpath(file)): text.encode()}, Memory(), unsaved=unsaved)


def place(span: Span) -> str:
    return f"{Path(span.source.path).name}:{span.place[0]}:{span.place[1]}"


def test_every_place_of_every_name(folder: Path, expect: Callable[[Path, str], None]) -> None:
    found = navigation.all_of(look(folder))
    rows = [
        f"{place(o.span)} {o.span.text!r} {o.symbol.kind} {o.symbol.name!r}"
        + (f" of shot {o.symbol.shot}" if o.symbol.shot else "")
        + (f" on {o.symbol.axis}" if o.symbol.axis else "")
        + (f" declared as {type(o.node).__name__}" if o.declares else "")
        for o in found
    ]
    expect(ANSWERS / "names.txt", "\n".join(rows) + "\n")


@pytest.mark.slow
def test_what_is_shown_under_the_pointer(folder: Path, expect: Callable[[Path, str], None]) -> None:
    snapshot = look(folder)
    rows, end = [], 0
    for offset in (m.start() for m in re.finditer(r"\b\w", BOARD)):
        found = hover(snapshot, snapshot.source, offset) if offset >= end else None
        if found is not None:
            end = found.span.end
            rows.append(f"== {place(found.span)} {found.span.text!r}\n{found.text}")
    text = re.sub(r"\$[0-9.]+", "$", "\n".join(rows)).replace(str(folder), "FOLDER")  # prices change by the day
    expect(ANSWERS / "hover.txt", text + "\n")
    inner = Source(str(folder / "words.j2"), WORDS)
    there = hover(snapshot, inner, 4)
    assert there is not None and there.text.startswith("axis `look` of 2: `noir`, `soft`.")
    assert hover(snapshot, inner, 18) is None


def test_media_are_told_with_what_was_measured(expect: Callable[[Path, str], None]) -> None:
    example = Path(__file__).parents[2] / "examples" / "fruit-tea"
    rows = []
    for unsaved in (False, True):
        text = (example / "storyboard.yaml").read_text(encoding="utf-8")
        file = example / "storyboard.yaml"
        snapshot = Snapshot(file, text, {Path(os.path.realpath(file)): text.encode()}, Memory(), unsaved=unsaved)
        for one in navigation.all_of(snapshot):
            if one.symbol.kind == "reference" and one.declares:
                found = hover(snapshot, snapshot.source, one.span.start)
                rows.append(re.sub(r"base64,[\w+/=]+", "base64,…", found.text) if found is not None else "nothing")
    expect(ANSWERS / "media.txt", "\n".join(rows) + "\n")


def test_a_value_is_a_block_of_code_whatever_stands_in_it(folder: Path) -> None:
    text = BOARD.replace("brand: Sunny Pour", 'brand: "a ``` b ```` c", long: ' + "x" * 1001)
    snapshot = look(folder, text)
    brand, long = (hover(snapshot, snapshot.source, text.index(name) + 1) for name in ("brand:", "long:"))
    assert brand is not None and brand.text == 'var `brand`\n\n`````yaml\n"a ``` b ```` c"\n`````'
    assert long is not None and long.text == f"var `long`\n\n```yaml\n{'x' * 1000}…\n```"


CURSORS = [
    "¦", "seedspec: 1\n¦", "seedspec: 1\nmo¦: x", BOARD + "¦", BOARD.replace("  - {when", "  - ¦\n  - {when"),
    BOARD.replace("duration: 4", "dur¦"),
    BOARD.replace("quality: 480p, takes", "quality: ¦, takes"),
    BOARD.replace("tags: [first]", "tags: [first]\n    ¦"), BOARD.replace("only: [look]", "only: [¦]"),
    BOARD.replace("attach: [cup]", "attach: [¦]"),
    BOARD.replace("{look: noir, hook: show", "{look: ¦, hook: show"), BOARD.replace("ad.kind: x", "ad.kind: ¦"),
    BOARD.replace("{look: noir, hook: show, ad.kind: x}", "{¦}"),
    BOARD.replace("{hook: ask, own: 1}", "{¦}"), BOARD.replace("{hook: ask, own: 1}", "{own: ¦}"),
    BOARD.replace("{hook: ask, own: 1}", "{prompt: ¦}"),
    BOARD.replace("{when: {look", "{when: ¦{look"), BOARD.replace("hook: [ask, show]", "¦: [ask, show]"),
    BOARD.replace("    hook: [ask", "    ¦\n    hook: [ask"),
    BOARD.replace("{video: assets/none.mp4}", "{video: ¦}"),
    BOARD.replace("{video: assets/none.mp4}", "{image: assets/¦}"),
    BOARD.replace("{video: assets/none.mp4}", "{audio: ¦}"),
    BOARD.replace("{shot: open}", "{shot: ¦}"), BOARD.replace("{shot: open, at", "{shot: ¦, at"),
    BOARD.replace("take: 1", "take: ¦"), BOARD.replace("take: 1", "frame: ¦"),
    BOARD.replace("take: 1", "as: ¦"), BOARD.replace("take: 1", "¦"), BOARD.replace("at: {look: 'noir'}", "at: {¦}"),
    BOARD.replace("at: {look: 'noir'}", "at: {look: ¦}"),
    BOARD.replace("ref('cup') }}{{", "ref('¦') }}{{"), BOARD.replace("ref('was') }} {{ label", "ref('¦') }} {{ label"),
    BOARD.replace("label.hook", "label.¦"), BOARD.replace("label.hook", "label.ho¦"),
    BOARD.replace("{{ ad.kind }}", "{{ ad.¦ }}"), BOARD.replace("{{ ad.kind }}", "{{ shot.¦ }}"),
    BOARD.replace("{{ ad.kind }}", "{{ big.¦ }}"), BOARD.replace("{{ ad.kind }}", "{{ ¦ }}"),
    BOARD.replace("{{ ad.kind }}", "{{ ad | up¦ }}"), BOARD.replace("{{ ad.kind }}", "{{ 'te¦' }}"),
    BOARD.replace("{% include 'words.j2' %}", "{% ¦ %}"), BOARD.replace("'words.j2'", "'¦'"),
    BOARD.replace("look == 'noir'", "look == '¦'"), BOARD.replace("look == 'noir'", "look in ['noir', '¦'"),
    BOARD.replace("look == 'noir'", "label.look != \"¦\""), BOARD.replace("takes: 2", "generate_audio: ¦"),
    BOARD.replace("name: tea", "name: tea\nprofiles: {draft: {¦}}"), BOARD.replace("name: tea", "name: tea\nwords: ¦"),
    BOARD.replace("name: tea", "na¦me: tea"), BOARD.replace("name: tea", "name:¦"),
    BOARD.replace("name: tea", "\"na¦"), BOARD.replace("name: tea", "shots: [{id: a, ¦"),
    BOARD.replace("{% include 'words.j2' %}", "{%- ¦ %}"),
]  # fmt: skip


def cursor(text: str) -> tuple[str, int]:
    return text.replace(CURSOR, "", 1), text.index(CURSOR)


def shown(text: str) -> str:
    """The line of a cursor."""
    begin = text.rfind("\n", 0, text.index(CURSOR)) + 1
    return text[begin:].partition("\n")[0].strip()


def test_what_may_be_written_at_the_cursor(folder: Path, expect: Callable[[Path, str], None]) -> None:
    snapshot = look(folder)
    rows = []
    for text in CURSORS:
        plain, offset = cursor(text)
        rows.append(f"== {shown(text)}")
        found = complete(snapshot, Source(snapshot.source.path, plain), offset)
        kept = found if len(found) < 16 else [*found[:8], *found[-4:]]
        rows += [f"  {len(found)} of them"] if len(found) > 15 else []
        rows += [
            f"  {p.text} [{p.kind}] {plain[p.start : p.end]!r} becomes {p.write or p.text!r}"
            + (f" ({p.detail})" if p.detail else "") + (f": {p.words.splitlines()[0][:30]}" if p.words else "")
            for p in kept
        ]  # fmt: skip
    expect(ANSWERS / "completion.txt", "\n".join(rows) + "\n")


def test_models_are_proposed_that_are_not_over(folder: Path) -> None:
    snapshot = look(folder)
    plain, offset = cursor(BOARD.replace("model: seedance-2.0-reference-to-video", "model: ¦"))
    found = [(p.text, p.kind, p.detail) for p in complete(snapshot, Source(snapshot.source.path, plain), offset)]
    catalog = snapshot.catalog
    assert found == [
        (m.id, "value", m.provider.document["title"])
        for m in catalog.models.values()
        if not m.dates.are_over(catalog.today)
    ]


def test_the_usual_model_has_the_values_where_no_storyboard_is_known(folder: Path) -> None:
    snapshot = look(folder, "seedspec: 7\n")
    usual = snapshot.catalog.usual
    assert snapshot.board is None and usual is not None
    plain, offset = cursor("seedspec: 1\nshots: [{id: a, quality: ¦}]\n")
    found = [p.text for p in complete(snapshot, Source(snapshot.source.path, plain), offset)]
    assert found == [*usual.qualities] and len(found) > 1


@pytest.mark.parametrize(
    ("code", "proposed"),
    [("'te", False), ('"te', False), ("x == 'a' and lo", True), ("'it' ~ \"x", False), ('ref("c', True)],
)
def test_nothing_is_proposed_inside_of_a_text(folder: Path, code: str, proposed: bool) -> None:
    snapshot = look(folder)
    plain, offset = cursor(BOARD.replace("{{ brand }}", f"{{{{ {code}¦ }}}}"))
    assert bool(complete(snapshot, Source(snapshot.source.path, plain), offset)) is proposed


def test_where_the_cursor_stands(expect: Callable[[Path, str], None]) -> None:
    rows = []
    for text in [
        *CURSORS,
        "a: {{ x }} ¦",
        "a: {{ x¦ }} {{ y }}",
        "{{¦",
        "{% x %}¦",
        "{%-x¦",
        "a: [b, {c: ¦",
        'a: "b¦',
        "a: b\n¦c: d",
        "a:¦\n",
        "a:¦ b",
        "- ¦",
        "a: b¦c d",
    ]:
        plain, offset = cursor(text)
        yaml, template = yaml_at(Source("s.yaml", plain), offset), template_at(plain, offset)
        rows.append(f"== {shown(text)}")
        rows.append("  no key or value" if yaml is None else
                    f"  {yaml.kind} at {yaml.path}, {plain[yaml.start : yaml.end]!r}, beside {sorted(yaml.beside)}"
                    + ", a colon behind it" * yaml.has_colon)  # fmt: skip
        rows += [] if template is None else [f"  template {template.mark} with {template.code[-40:]!r}"]
    expect(ANSWERS / "cursors.txt", "\n".join(rows) + "\n")


NAMES = [
    ("noir: {", 1, "ask"),
    ("look: {noir", 1, "mood"), ("look: {noir", 1, "hook"), ("look: {noir", 1, "brand"), ("look: {noir", 1, "ref"),
    ("look: {noir", 1, "quality"), ("look: {noir", 1, "1x"), ("look: {noir", 1, "x" * 40),
    ("look: {noir", 1, "x" * 41), ("noir: {", 1, "night"), ("noir: {", 1, "soft"), ("noir: {", 1, "-x"),
    ("[ask,", 1, "16:9"), ("[ask,", 1, "a:"), ("id: open", 5, "close"), ("id: open", 5, "a.b-c"),
    ("id: open", 5, "-a"), ("id: open", 5, "x" * 61), ("cup: {", 1, "walk"), ("cup: {", 1, "cut"), ("cup: {", 1, "mug"),
    ("cut: {", 1, "cup"), ("cut: {", 1, "was"), ("was: {", 1, "cut"), ("brand: S", 1, "look"),
    ("brand: S", 1, "maker"), ("own: [1", 1, "mine"), ("own: [1", 1, "look"), ("plain: ", 1, "wide"),
    ("plain: ", 1, "flat"), ("'words.j2'", 2, "x"), ("brand }}", 1, "brand"),
]  # fmt: skip


def test_a_name_is_given_everywhere_or_refused(folder: Path, expect: Callable[[Path, str], None]) -> None:
    snapshot = look(folder)
    found = navigation.all_of(snapshot)
    rows = []
    for needle, into, name in NAMES:
        here = navigation.at(found, snapshot.source, BOARD.index(needle) + into)
        assert here is not None, needle
        try:
            own, others = navigation.rename(snapshot, found, here.symbol, name)
            said = f"{' '.join(map(place, own))}; not {' '.join(map(place, others)) or 'anywhere else'}"
        except navigation.Refused as error:
            said = str(error)
        declared = " ".join(place(o.span) for o in navigation.declarations(found, here.symbol))
        used = len(navigation.places(found, here.symbol, declared=False))
        rows.append(f"{here.symbol.kind} {here.symbol.name} ({declared or 'nowhere'}, {used} uses) to {name}: {said}")
    expect(ANSWERS / "renamed.txt", "\n".join(rows) + "\n")
    gone = navigation.Symbol("var", "gone")
    with pytest.raises(navigation.Refused, match=r"^`gone` is not declared, so that there is nothing to rename$"):
        navigation.rename(snapshot, found, gone, "x")
    duration = navigation.Symbol("axis", "duration")
    text = BOARD.replace("hook: [ask, show]", "hook: [ask, show]\n    duration: [4, 5]")
    with pytest.raises(navigation.Refused, match="an axis named `duration` sets the request field of that name"):
        navigation.rename(other := look(folder, text), navigation.all_of(other), duration, "long")


def test_what_stands_above_each_shot(folder: Path) -> None:
    said = [(place(one.span), one.text) for one in lenses(look(folder, unsaved=True))]
    assert [(at, text.partition(" · ")[0], text.count("·")) for at, text in said] == [
        ("storyboard.yaml:19:9", "4 entries", 1), ("storyboard.yaml:26:9", "24 entries", 1),
    ]  # fmt: skip
    assert lenses(look(folder, "seedspec: 7\n")) == []
    one = "seedspec: 1\nmodel: seedance-2.0-text-to-video\nshots: [{id: a, prompt: x}]\n"
    (lens,) = lenses(look(folder, one))
    assert lens.text.startswith("1 entry · $") and lens.text.endswith(" · 1 new")


BROKEN = """\
seedspec: 1
model: seedance-2.0-text-to-video
vars: {a: 010}
shots:
  - id: a
    prompt: @x
  - id: b
    id: c
    prompt: y
    duration: 4 s
  - {id: d, prompt: z, tags: first, promt: {{ x }}}
"""


def test_fixes_and_findings_of_a_broken_text(folder: Path, expect: Callable[[Path, str], None]) -> None:
    snapshot = look(folder, BROKEN)
    rows = []
    for offset in range(len(BROKEN)):
        for fix in fixes_at(snapshot, snapshot.path, offset, offset):
            edits = ", ".join(f"{place(e.span)} {e.span.text!r} becomes {e.text!r}" for e in fix.edits)
            rows.append(f"{fix.title} [{fix.finding.code}]: {edits}")
    rows = list(dict.fromkeys(rows))
    assert [*fixes_at(snapshot, folder / "other.yaml", 0, len(BROKEN))] == []
    fixed = fix_all(snapshot)
    rows += [c.after.decode() for c in fixed.changes]
    for related in (True, False):
        made = by_file(snapshot.checked.diagnostics, snapshot.path, Path.as_uri, "utf-16", related=related)
        for path, found in made.items():
            rows += [f"{path.name}:{d.range} {d.severity} [{d.code}] {d.source}: {d.message}" for d in found]
            rows += [f"  {r.location.range} {r.message}" for d in found for r in d.related_information or ()]
    expect(ANSWERS / "findings.txt", "\n".join(rows).replace(str(folder), "FOLDER") + "\n")


@pytest.mark.parametrize(
    ("units", "columns"),
    [("utf-32", [0, 1, 2, 3, 4, 5]), ("utf-16", [0, 1, 2, 4, 5, 6]), ("utf-8", [0, 1, 3, 7, 8, 11])],
)
def test_columns_are_counted_as_an_editor_does(units: Units, columns: list[int]) -> None:
    source = Source("s", "ab\naé😀b茶\n")
    assert [position_at(source, 3 + n, units) for n in range(6)] == [types.Position(1, c) for c in columns]
    assert [offset_at(source, types.Position(1, c), units) for c in columns] == [3, 4, 5, 6, 7, 8]
    assert range_of(source.span(0, 5), units) == types.Range(types.Position(0, 0), types.Position(1, columns[2]))
    assert [position_at(source, n, units) for n in (-1, 99)] == [types.Position(0, 0), types.Position(2, 0)]
    far = [(0, 9), (1, 99), (2, 5), (3, 0), (9, 9)]
    assert [offset_at(source, types.Position(*at), units) for at in far] == [2, 8, 9, 9, 9]


def test_half_of_a_character_is_its_end() -> None:
    source = Source("s", "😀é")
    assert [offset_at(source, types.Position(0, n), "utf-16") for n in range(4)] == [0, 1, 1, 2]
    assert [offset_at(source, types.Position(0, n), "utf-8") for n in range(7)] == [0, 1, 1, 1, 1, 2, 2]


def test_the_rules_of_a_place_are_alternatives_side_by_side() -> None:
    document = {
        "properties": {
            "a": {"$ref": "#/$defs/x", "description": "own"},
            "b": {"anyOf": [{"type": "string"}, {"$ref": "#/$defs/x"}], "oneOf": [{"const": 1}]},
            "c": {"items": {"enum": [1]}, "additionalProperties": {"type": "null"}},
            "d": {"items": True, "additionalProperties": False},
            "e": {"$ref": "#/$defs/e"},
        },
        "$defs": {"x": {"type": "integer", "description": "theirs"}, "e": {"$ref": "#/$defs/e"}},
    }
    x = {"type": "integer", "description": "theirs"}
    assert rules_at(document, ("a",)) == [{"type": "integer", "description": "own"}]
    assert rules_at(document, ("b",)) == [document["properties"]["b"], {"type": "string"}, x, {"const": 1}]
    assert rules_at(document, ("c", 0)) == [{"enum": [1]}] and rules_at(document, ("c", "k")) == [{"type": "null"}]
    assert rules_at(document, ("d", 0)) == [] == rules_at(document, ("d", "k")) and rules_at(document, ("z", "y")) == []
    assert len(rules_at(document, ("e",))) == 1 and resolve([], document) == []
    assert [words_of(r) for r in (x, {"markdownDescription": "m", "description": "d"}, {})] == ["theirs", "m", ""]


@pytest.mark.parametrize(
    ("name", "saved", "text", "board"),
    [
        ("storyboard.yaml", True, "", True), ("x.yaml", True, "a: 1\nseedspec: 1", True),
        ("x.yml", True, "seedspec:", True), ("x.yaml", True, " seedspec: 1", False),
        ("x.txt", True, "seedspec: 1", False), ("x.txt", False, "seedspec: 1", True), ("x", False, "a: 1", False),
        ("storyboard.yml", True, "", False),
    ],
)  # fmt: skip
def test_a_storyboard_is_known_by_its_text_or_its_name(name: str, saved: bool, text: str, board: bool) -> None:
    assert is_board(Document("uri", Path("/a") / name, 1, text, saved)) is board


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("file:///a/b%20c.yaml", "/a/b c.yaml"), ("file://localhost/a", "/a"), ("file://host/a", None),
        ("file:a", None), ("file:///a/../b", "/b"), ("file:///a%00b", None),
        ("file:///%E8%8C%B6", "/茶"),
    ],
)  # fmt: skip
def test_a_path_is_that_of_its_address(uri: str, path: str | None) -> None:
    assert path_of(uri) == (None if path is None else Path(path))
