"""A storyboard on disk becomes entries: what is read beside it, what of it is told, and what is bounded."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from seedspec.choices.films import NoFilms
from seedspec.choices.picks import Picks
from seedspec.compiler.entry import Entry
from seedspec.project import compile as compiling
from seedspec.project import rows_file
from seedspec.project.agreed_file import read_agreed
from seedspec.project.changes import Watcher
from seedspec.project.choice_files import Choices, read_picks, read_reviews, schema_beside
from seedspec.project.credentials import BadSettings
from seedspec.project.film_rows import films_in
from seedspec.project.full_matrix import full_matrix
from seedspec.project.git import revision_of
from seedspec.project.reading import Reading
from seedspec.text.diagnostic import Problems

BOARD = """\
seedspec: 1
name: tea
model: seedance-2.0-reference-to-video
defaults: {duration: 4, quality: 480p}
matrix:
  axes: {look: [dawn, dusk], "hook": [a, "1.5"], size: [s, m, "true"]}
shots:
  - {id: open, prompt: "Tea, {{ look }} {{ hook }} {{ size }}.", takes: 2}
"""
PAIRS = BOARD.replace("matrix:\n", "matrix:\n  strategy: pairwise\n")
MODEL = "seedance-2.0-reference-to-video"


@pytest.fixture
def board(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = Path("tea.yaml")
    path.write_text(BOARD, encoding="utf-8")
    return path


def said(path: Path) -> list[str]:
    return [f"{d.span} {d.code} {d.message}" for d in compiling.compile(path).diagnostics]


def test_a_compile_shows_itself_in_short(board: Path) -> None:
    made = compiling.compile(board)
    assert made.ok and repr(made) == "Compiled('tea.yaml', 24 entries, 1 finding)" and len(made.entries) == 24
    none = compiling.compile("none.yaml")
    assert not none.ok and none.board is None and none.entries == ()
    assert [d.message for d in none.diagnostics] == ["`none.yaml`: there is no such file"]
    Path("dir.yaml").mkdir()
    assert [d.message for d in compiling.compile("dir.yaml").diagnostics] == ["`dir.yaml`: is a directory"]


def test_entries_are_streamed_and_not_kept(board: Path) -> None:
    found: list[str] = []

    def into(entries: Iterator[Entry]) -> None:
        found.extend(e.address for e in entries)

    made = compiling.stream(board, into)
    assert made.ok and made.entries == () and found == [e.address for e in compiling.compile(board).entries]


def test_the_ceiling_is_that_of_the_environment_or_of_the_command(board: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for given in ("0", "many", "1" * 16):
        monkeypatch.setenv("SEEDSPEC_CEILING", given)
        with pytest.raises(BadSettings) as told:
            compiling.compile(board)
        assert (
            str(told.value) == f"SEEDSPEC_CEILING is `{given}`; expected a number of entries, like {compiling.CEILING}"
        )
    monkeypatch.setenv("SEEDSPEC_CEILING", " 24 ")
    assert compiling.ceiling().most == 24 and compiling.compile(board).ok
    monkeypatch.setenv("SEEDSPEC_CEILING", "23")
    assert not compiling.compile(board).ok
    token = compiling.ceiling_override.set(24)
    try:
        assert compiling.compile(board).ok and compiling.ceiling().most == 24
    finally:
        compiling.ceiling_override.reset(token)


def test_a_folder_with_the_name_of_the_package_is_told(board: Path) -> None:
    Path("seedspec").mkdir()
    warning = "None seedspec-folder a folder `seedspec` stands beside the storyboard; rename it"
    assert said(board)[0] == warning


def test_a_check_looks_at_each_profile(board: Path) -> None:
    text = BOARD.replace(', size: [s, m, "true"]', "").replace(" {{ size }}", "").replace(", takes: 2", "")
    text += "profiles:\n  good: {duration: 5}\n  bad: {duration: 99}\n  empty: {}\n"
    board.write_text(text)
    found = {d.code for d in compiling.check(board)}
    assert (
        len(compiling.check(board, profile="good"))
        == len(compiling.check(board, profile=""))
        < len(compiling.check(board))
    )
    assert found > {d.code for d in compiling.check(board, profile="good")}
    checked = compiling.check_profiles(board, keep=True)
    assert len(checked.entries) == 4 and compiling.check_profiles(board).entries == ()
    assert compiling.check_profiles(board, reading=Reading({board.resolve(): BOARD.encode()})).board is not None


def test_what_is_behind_addresses_is_asked_once(board: Path) -> None:
    remote = BOARD.replace("shots:", "references: {cup: {image: 'https://x.y/cup.png'}}\nshots:").replace(
        "Tea,", "{{ ref('cup') }}"
    )
    board.write_text(remote)
    asked = []

    def look(wanted: object, found: object) -> dict[object, str]:
        asked.append(list(wanted))  # type: ignore[call-overload]
        return dict.fromkeys(asked[-1], "is not there")

    found = compiling.check(board, look_behind=look)  # type: ignore[arg-type]
    assert len(asked) == 1 and len(asked[0]) == 1 and any("is not there" in d.message for d in found)
    assert not any("is not there" in d.message for d in compiling.check(board))


def test_chosen_rows_are_read_and_written(board: Path) -> None:
    board.write_text(PAIRS)
    made = compiling.compile(board)
    assert made.board is not None and made.rows is not None and not made.ok
    rows = [("dawn", "a", "s"), ("dusk", "1.5", "true"), ("dawn", "1.5", "m")]
    data = rows_file.serialise(("look", "hook", "size"), rows, "schemas/rows.json")
    assert data.decode() == (
        "# yaml-language-server: $schema=schemas/rows.json\n"
        "# the rows that the storyboard's strategy has chosen; `seedspec rows` extends this file\n"
        'seedspec_rows: 1\nrows:\n  - {look: dawn, hook: a, size: s}\n  - {look: dusk, hook: "1.5", size: "true"}\n'
        '  - {look: dawn, hook: "1.5", size: m}\n'
    )
    rows_file.write(board, data)
    problems = Problems()
    found = rows_file.rows_beside(board, made.board, problems)
    assert (found.is_there, found.name, found.command) == (True, "tea.rows.yaml", "seedspec rows tea.yaml")
    assert found.rows is not None and len(found.rows) == 3 and not list(problems)
    again = rows_file.rows_of_bytes(board, data).rows
    assert again is not None and [r.wanted.keys() for r in again] == [r.wanted.keys() for r in found.rows]
    assert rows_file.serialise(("a",), [], "").startswith(b"# the rows")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", []),
        ("rows: [", ["yaml"]),
        ("seedspec_rows: 1\nrows:\n<<<<<<< a\n  - {look: dawn}\n=======\n  - {look: dusk}\n>>>>>>> b\n",
         ["merge-conflict a merge conflict; expected the rows of both sides"]),
        ("seedspec_rows: 2\nrows: []\n", [""]),
    ],
)  # fmt: skip
def test_rows_that_cannot_be_read_whole_hold_nothing(text: str, told: list[str], board: Path) -> None:
    board.write_text(PAIRS)
    Path("tea.rows.yaml").write_text(text)
    problems = Problems()
    made = compiling.compile(board).board
    assert made is not None
    found = rows_file.rows_beside(board, made, problems)
    assert found.is_there and (found.rows or None) is None and (found.rows == ()) == (text == "")
    messages = [f"{d.code} {d.message}" for d in problems]
    assert bool(messages) == bool(told) and all(any(t in m for m in messages) for t in told)
    if "<<<" in text:
        notes = [n.message for d in problems for n in d.notes]
        assert notes[-1] == (
            "keep the rows of both sides, and delete the three marked lines; `seedspec rows` puts them in order"
        )
        assert not any(";" in n for n in notes[:-1])


def test_rows_of_another_name_or_behind_a_link(board: Path) -> None:
    made = compiling.compile(board).board
    assert made is not None
    assert not rows_file.rows_beside(board, made, Problems()).is_there
    Path("tea.rows.yaml").write_text("seedspec: 1\n")
    assert not rows_file.rows_beside(board, made, Problems()).is_there
    Path("tea.rows.yaml").write_text("# x\nseedspec_rows: 1\n")
    there = rows_file.rows_beside(board, made, Problems())
    assert there.is_there and there.rows is None and str(there.span) == "tea.rows.yaml:1:1"
    Path("tea.rows.yaml").unlink()
    board.write_text(PAIRS)
    pairs = compiling.compile(board).board
    assert pairs is not None
    Path("gone.rows.yaml").write_text("seedspec_rows: 1\n")
    assert rows_file.rows_beside(board, pairs, Problems()).left == "gone.rows.yaml"
    Path("gone.yml").touch()
    assert rows_file.rows_beside(board, pairs, Problems()).left == ""
    Path("tea.rows.yaml").symlink_to("gone.rows.yaml")
    problems = Problems()
    assert rows_file.rows_beside(board, pairs, problems).is_there
    assert [d.message[:49] for d in problems] == ["`tea.rows.yaml` is a symbolic link; remove it: no"]


def test_the_full_matrix_beside_chosen_rows(board: Path) -> None:
    assert full_matrix(compiling.compile(board)) is None
    board.write_text(PAIRS)
    rows = [("dawn", "a", "s"), ("dusk", "1.5", "true"), ("dawn", "1.5", "m"), ("dusk", "a", "m"), ("dusk", "1.5", "s"),
            ("dawn", "a", "true")]  # fmt: skip
    rows_file.write(board, rows_file.serialise(("look", "hook", "size"), rows, ""))
    made = compiling.compile(board)
    assert made.ok, [d.message for d in made.diagnostics]
    whole, one = full_matrix(made), made.entries[0].cost
    assert whole is not None and (whole.entries, whole.exact) == (24, True)
    assert whole.cost is not None and (whole.cost.low, whole.cost.high) == (24 * one.low, 24 * one.high)
    board.write_text(PAIRS.replace("  strategy", "  max_entries: 23\n  strategy"))
    most = full_matrix(compiling.compile(board))
    assert most is not None and (most.entries, most.exact, most.cost) == (24, False, whole.cost)


def test_films_are_those_of_the_rows(board: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = compiling.compile(board)
    assert len(films_in(made, Picks()).films) == 12
    monkeypatch.setenv("SEEDSPEC_CEILING", "11")
    with pytest.raises(NoFilms) as told:
        films_in(made, Picks())
    assert str(told.value) == "the axes make more than 11 films; expected at most so many"
    monkeypatch.setenv("SEEDSPEC_CEILING", "12")
    assert len(films_in(made, Picks()).films) == 12


@pytest.mark.skipif(shutil.which("git") is None, reason="no git")
def test_a_storyboard_as_it_stood_at_a_revision(board: Path, tmp_path: Path) -> None:
    def git(*words: str) -> None:
        subprocess.run(
            ("git", "-c", "user.name=a", "-c", "user.email=a@b", *words), cwd=tmp_path, check=True, capture_output=True
        )

    board.write_text(
        BOARD.replace("shots:", "profiles: {long: {duration: 9}}\nshots:").replace("Tea,", "{% include 'w.j2' %}")
    )
    Path("w.j2").write_text("Old words,")
    git("init", "-q")
    git("add", "-A")
    git("commit", "-qm", "one")
    Path("w.j2").write_text("New words,")
    board.write_text(BOARD)
    revision = revision_of(tmp_path, "HEAD")
    then = compiling.compile_revision(board, revision)
    assert then.ok and then.entries[0].prompt == "Old words, dawn a s."
    assert compiling.compile_revision(board, revision, profile="long").entries[0].request["duration"] == 9
    assert compiling.compile(board).entries[0].prompt == "Tea, dawn a s."


def test_an_agreed_plan_is_a_file_that_plan_wrote(board: Path) -> None:
    def told(text: str | None) -> str:
        if text is not None:
            Path("plan.json").write_text(text)
        with pytest.raises(BadSettings) as caught:
            read_agreed("plan.json")
        return str(caught.value)

    wrote = "expected a file that `seedspec plan --out FILE` wrote"
    assert told(None) == f"`plan.json`: there is no such file; {wrote}"
    assert told(" \n") == "plan.json: the file is empty; `seedspec plan --out FILE` writes an agreed plan"
    assert told("{").startswith("plan.json:1:") and told("{").endswith(f"; {wrote}")
    assert told("seedspec: 1\n").startswith("plan.json")


def test_picks_and_reviews_beside_a_storyboard(board: Path) -> None:
    place = Choices(board, "tea", False)
    assert (place.track, place.picks) == ("tea", Path("tea.picks.yaml"))
    emulated = Choices(board, "tea", True, "draft")
    assert (emulated.track, emulated.picks) == ("tea.emulator.draft", Path("tea.emulator.picks.yaml"))
    problems = Problems()
    assert read_picks(place, problems) == Picks() and not list(problems)
    place.picks.write_text("")
    read_picks(place, problems)
    assert [d.message for d in problems] == ["the file is empty; `seedspec pick` and the review page write such files"]
    place.picks.unlink()
    place.picks.symlink_to("x.yaml")
    problems = Problems()
    assert read_picks(place, problems) == Picks()
    assert [d.message[:50] for d in problems] == ["`tea.picks.yaml` is a symbolic link; remove it: no"]


def test_reviews_are_those_of_the_track(board: Path) -> None:
    def asked(place: Choices, *paths: str) -> list[str]:
        problems = Problems()
        assert read_reviews(place, paths, problems) == []
        return sorted(d.message.partition(":")[0] if d.span is None else str(d.span) for d in problems)

    Path("reviews").mkdir()
    for name in (
        "tea.mia.review.yaml",
        "tea.emulator.tom.review.yaml",
        "tea2.x.review.yaml",
        "reviews/tea.b.review.yaml",
    ):
        Path(name).write_text("")
    assert asked(Choices(board, "tea", False)) == ["reviews/tea.b.review.yaml:1:1", "tea.mia.review.yaml:1:1"]
    assert asked(Choices(board, "tea", True)) == ["tea.emulator.tom.review.yaml:1:1"]
    assert asked(Choices(board, "tea", False), "reviews", "none", "none.yaml") == [
        "`none.yaml`", "reviews/tea.b.review.yaml:1:1",
    ]  # fmt: skip


def test_the_schema_of_picks_is_the_neighbour_of_the_storyboard_s(board: Path) -> None:
    def beside(first: str, below: str = "") -> str:
        board.write_text(f"{first}\n{BOARD}")
        return schema_beside(board, "picks", below=below)

    Path("schemas").mkdir()
    Path("schemas/picks.json").touch()
    assert beside("# yaml-language-server: $schema=schemas/storyboard.json") == "schemas/picks.json"
    assert beside("#yaml-language-server:$schema=schemas/storyboard.json", "reviews") == "../schemas/picks.json"
    assert beside("# yaml-language-server: $schema=https://x.y/storyboard.json") == "https://x.y/picks.json"
    assert beside("# yaml-language-server: $schema=other/storyboard.json") == ""
    assert beside("# yaml-language-server: $schema=schemas/other.json") == "" == beside("seedspec: 1")
    assert schema_beside(Path("none.yaml"), "picks") == ""


@pytest.mark.slow
def test_a_change_in_a_folder_wakes(tmp_path: Path) -> None:
    watcher = Watcher()
    watcher.wait([tmp_path / "none" / "a.yaml", tmp_path / "b.yaml"])
    (tmp_path / "b.yaml").write_text("x")
    watcher.wait([tmp_path / "b.yaml"])
    watcher.close()
    watcher.close()
