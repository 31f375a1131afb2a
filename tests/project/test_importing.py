"""Tables and documents of others become storyboards: cases as data, and what may not happen whatever is in a file."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from seedspec import api
from seedspec.cli.main import start
from seedspec.project.importing.arrange import Form
from seedspec.project.importing.reading import Wish, import_bytes
from seedspec.project.importing.values import ImportFault

CASES = Path(__file__).parents[1] / "cases" / "import"
EXAMPLE = Path(__file__).parents[2] / "examples" / "fruit-tea"
Expect = Callable[[Path, str], None]
OUR_FILES = ("expected.yaml", "expected.txt", "options.txt")
ABSENT = {"media-file"}
"""The media of these sources are not here."""


def _has_tables() -> bool:
    from boards import compiled

    board = "seedspec: 1\nmodel: seedance-2.0-reference-to-video\nmatrix: {axes: {ad: [{id: a, line: b}]}}\n"
    return compiled(board + 'shots: [{id: a, prompt: "{{ ad.line }}"}]\n').ok


TABLES = _has_tables()


def test_there_are_as_many_as_there_were() -> None:
    assert len(list(CASES.iterdir())) >= 15


@pytest.mark.parametrize("case", sorted(CASES.iterdir()), ids=lambda p: p.name)
def test_a_source_becomes_a_storyboard(
    case: Path, tmp_path: Path, expect: Expect, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (source,) = (p for p in case.iterdir() if p.name not in OUR_FILES)
    shutil.copyfile(source, tmp_path / source.name)
    options = case / "options.txt"
    words = shlex.split(options.read_text(encoding="utf-8")) if options.exists() else []
    code = start(["init", "made", "--no-schema", "--from", source.name, *words])
    said = capfd.readouterr().err.removesuffix(
        "next: seedspec check made/storyboard.yaml && seedspec run made/storyboard.yaml --emulator\n"
    )
    expect(case / "expected.txt", said)
    assert code == 0, said
    made = (tmp_path / "made" / "storyboard.yaml").read_text(encoding="utf-8")
    expect(case / "expected.yaml", made)
    errors = [d for d in api.check("made/storyboard.yaml") if d.severity == "error" and d.code not in ABSENT]
    if TABLES or "  axes:" not in made:
        assert [f"{d.span} {d.message}" for d in errors] == []


@pytest.fixture
def tea(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the example, to stand in."""
    monkeypatch.chdir(shutil.copytree(EXAMPLE, tmp_path / "tea", ignore=shutil.ignore_patterns("*.lock", "renders*")))
    return Path("storyboard.yaml")


def requests(path: Path) -> list[dict[str, object]]:
    """What a storyboard asks for, with the media by what they are: a shot has another id when it comes back."""
    found = api.compile(path)
    assert [d.message for d in found.diagnostics if d.severity == "error"] == []
    addresses = {e.address for e in found.entries}
    media = ("image_urls", "video_urls", "audio_urls")
    return [
        {k: v for k, v in e.request.items() if k not in media}
        | {"media": [(m.kind, "a shot" if m.where in addresses else m.where) for m in e.media], "take": e.take}
        for e in found.entries
    ]


def test_an_export_comes_back_as_it_was(tea: Path, capfd: pytest.CaptureFixture[str]) -> None:
    board = tea.read_text(encoding="utf-8").replace("  - id: orchard\n", "  - id: orchard\n    takes: 3\n")
    tea.write_text(
        board.replace("apple from the branch. {{", "=apple;\n      @video 1: '-x {{ '{' }}% if %}. {{", 1),
        encoding="utf-8",
    )
    before = requests(tea)
    shutil.copytree("assets", "../again/assets")
    assert start(["export", "csv", "-o", "../again/takes.csv"]) == 0
    assert start(["init", "../again", "--from", "../again/takes.csv"]) == 0
    assert requests(Path("../again/storyboard.yaml")) == before


def test_nothing_is_overwritten_and_nothing_else_is_written(tea: Path, capfd: pytest.CaptureFixture[str]) -> None:
    Path("t.csv").write_text("id,prompt\na,A cup.\n", encoding="utf-8")
    before = tea.read_bytes()
    assert start(["init", "--from", "t.csv"]) == 2
    assert "`storyboard.yaml` is there, and is not overwritten" in capfd.readouterr().err
    assert tea.read_bytes() == before and not Path(".gitignore").exists()
    assert start(["init", "new", "--from", "none.csv"]) == 3
    assert capfd.readouterr().err == "seedspec: none.csv: there is no such file\n"
    assert not Path("new").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--as", "rows"], "--as is for a table or a document; name it: `--from FILE`"),
        (["--from", "t.csv", "--template", "ab-ads"], "--from and --template both say what the storyboard is"),
    ],
)
def test_options_that_do_not_go_together(
    words: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert start(["init", *words]) == 2
    assert said in capfd.readouterr().err and list(tmp_path.iterdir()) == []


def test_media_beside_the_source_are_found_from_the_storyboard(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("data/img/a.png", "ads/b.png"):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).touch()
    Path("data/t.csv").write_text("id,prompt,image\nx,A cup.,img\\a.png\ny,A hat.,b.png\n", encoding="utf-8")
    assert start(["init", "ads", "--from", "data/t.csv"]) == 0
    made = Path("ads/storyboard.yaml").read_text(encoding="utf-8")
    assert 'a: {image: "../data/img/a.png"}' in made and "b: {image: b.png}" in made
    said = capfd.readouterr().err
    assert "data/t.csv:2:10: changed: `img\\a.png` is written with slashes, `img/a.png`" in said
    assert "data/t.csv:2:10: changed: `img/a.png` lies beside the source" in said


@pytest.mark.parametrize("form", ["rows", "shots"])
def test_as_many_takes_are_bought_as_a_table_says(form: Form, tmp_path: Path) -> None:
    text = "id,prompt,hook,takes\n" + "".join(
        f"{n},A {{hook}} in rain.,{hook},3\n" for n, hook in enumerate(("cat", "dog"))
    )
    made = import_bytes("ads.csv", text.encode(), ".csv", tmp_path, Wish(form=form)).text
    (tmp_path / "storyboard.yaml").write_text(made, encoding="utf-8")
    found = api.compile(tmp_path / "storyboard.yaml").entries
    assert sorted((e.prompt, e.take) for e in found) == [
        (f"A {hook} in rain.", take) for hook in ("cat", "dog") for take in (1, 2, 3)
    ]


def test_the_rule_of_rows_and_shots(tmp_path: Path) -> None:
    def is_rows(text: str, form: Form = "") -> bool:
        return "  axes:" in import_bytes("t.csv", text.encode(), ".csv", tmp_path, Wish(form=form)).text

    assert is_rows("id,prompt,hook\na,One.,x\nb,Two.,y\n")
    assert is_rows("id,prompt,who\na,See {who}.,x\nb,See {who}.,y\n")
    assert not is_rows("id,prompt\na,One.\nb,Two.\n")
    assert not is_rows("scene,prompt,hook\na,One.,x\nb,Two.,y\n")
    assert not is_rows("id,prompt,hook\na,One.,x\n")
    assert not is_rows("id,prompt,hook,image\na,One.,x,a.png\nb,Two.,y,\n")
    assert not is_rows("id,prompt,hook\na,One.,x\nb,Two.,y\n", "shots")
    assert is_rows("scene,prompt\na,One.\nb,Two.\n", "rows")
    with pytest.raises(ImportFault, match=r"t\.csv:3:1: the row has not exactly one `image`"):
        is_rows("id,prompt,hook,image\na,One.,x,a.png\nb,Two.,y,\n", "rows")
