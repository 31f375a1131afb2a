"""`seedspec rows`: chosen rows are written, kept and extended, and nothing that was bought leaves unasked."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from seedspec import api
from seedspec.cli.main import start

pytestmark = pytest.mark.slow

BOARD = """seedspec: 1
model: seedance-2.0-reference-to-video
defaults: {quality: 480p, duration: 4}
references:
  hero: {image: https://cdn.example.com/hero.png}
matrix:
  axes:
    look: [noir, pastel, neon]
    hook: [question, reveal]
    place: [beach, roof, street]
  strategy: pairwise
shots:
  - id: open
    prompt: "{{ ref('hero') }} {{ look }} {{ hook }} {{ place }}"
"""
Said = Callable[..., tuple[int, str, str]]


@pytest.fixture
def board(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "storyboard.yaml"
    path.write_text(BOARD)
    return path


@pytest.fixture
def said(capfd: pytest.CaptureFixture[str]) -> Said:
    def run(*words: str) -> tuple[int, str, str]:
        code = start(words)
        out, err = capfd.readouterr()
        return code, out, err

    return run


def lines(path: Path) -> list[str]:
    return path.with_name("storyboard.rows.yaml").read_text().splitlines()[3:]


def test_rows_are_written_once_and_extended(board: Path, said: Said) -> None:
    code, _, err = said("rows", "--check")
    assert code == 3 and "`seedspec rows` extends it" in err and not board.with_name("storyboard.rows.yaml").exists()
    code, out, err = said("rows")
    assert code == 0 and "9 rows: 0 kept, 9 added" in out and "the full matrix: 18 entries" in out
    before = lines(board)
    assert len(before) == 9 and said("rows", "--check")[0] == 0
    stamp = board.with_name("storyboard.rows.yaml").stat().st_mtime_ns
    assert "9 kept, 0 added" in said("rows")[1]
    assert board.with_name("storyboard.rows.yaml").stat().st_mtime_ns == stamp
    board.write_text(BOARD.replace("pastel, ", "pastel, sepia, "))
    assert said("check", "--strict")[0] == 3
    assert "9 kept, 3 added" in said("rows")[1]
    assert [line for line in lines(board) if "sepia" not in line] == before
    assert said("check", "--strict")[0] == 0


def test_what_was_bought_is_kept_when_a_label_is_added(board: Path, said: Said) -> None:
    said("rows")
    assert said("run", "--emulator", "--emulator-seconds", "0.1")[0] == 0
    board.write_text(BOARD.replace("street]", "street, field]"))
    assert "9 kept, 3 added" in said("rows")[1]
    plan = api.plan(board, api.Options(emulated=True)).plan
    assert {s.address.split("place=")[1] for s in plan.buys} == {"field/1"} and len(plan.buys) == 3
    assert plan.count(api.Action.DONE) == 9
    board.write_text(BOARD.replace("pairwise", "{sample: 4, seed: 3}"))
    code, _, err = said("rows")
    assert code == 3 and "--anew" in err
    code, _, err = said("rows", "--anew", "--emulator")
    assert code == 2 and "bought video" in err and "--yes" in err and len(lines(board)) == 12
    assert said("rows", "--anew", "--emulator", "--yes")[0] == 0 and len(lines(board)) == 4


def test_another_seed_changes_nothing_until_anew(board: Path, said: Said) -> None:
    board.write_text(BOARD.replace("pairwise", "{sample: 6, seed: 1}"))
    said("rows")
    before = lines(board)
    board.write_text(BOARD.replace("pairwise", "{sample: 6, seed: 2}"))
    said("rows")
    assert lines(board) == before
    said("rows", "--anew")
    assert lines(board) != before and len(lines(board)) == 6
    before = lines(board)
    board.write_text(BOARD.replace("pairwise", "{sample: 8, seed: 2}"))
    said("rows")
    assert set(before) < set(lines(board)) and len(lines(board)) == 8


def test_a_new_axis_has_its_first_label_in_the_rows_that_are_there(board: Path, said: Said) -> None:
    said("rows")
    before = lines(board)
    board.write_text(BOARD.replace("  strategy", "    aspect_ratio: [16:9, 9:16]\n  strategy"))
    assert "9 of them with other axes than before" in said("rows")[1]
    assert {line.replace("}", ", aspect_ratio: 16:9}") for line in before} <= set(lines(board))
    board.write_text(BOARD)
    said("rows")
    assert set(before) <= set(lines(board))


def test_the_rows_of_two_branches_together_are_a_right_file(board: Path, said: Said) -> None:
    said("rows")
    file = board.with_name("storyboard.rows.yaml")
    base = file.read_text()
    sides = []
    for name, text in (("a", BOARD.replace("noir,", "noir, sepia,")), ("b", BOARD.replace("roof,", "roof, field,"))):
        file.write_text(base)
        board.write_text(text)
        said("rows")
        sides.append(shutil.copy(file, file.with_name(f"{name}.yaml")))
    file.write_text(base)
    shutil.copy(file, file.with_name("base.yaml"))
    merge = ["git", "merge-file", "--union", "-p", sides[0], "base.yaml", sides[1]]
    merged = subprocess.run(merge, capture_output=True, check=True).stdout
    file.write_bytes(merged)
    board.write_text(BOARD.replace("noir,", "noir, sepia,").replace("roof,", "roof, field,"))
    assert "error" not in said("check")[1]
    kept = set(lines(board))
    said("rows")
    assert kept <= set(lines(board)) and len(lines(board)) == len(set(lines(board)))
    assert said("check", "--strict")[0] == 0


@pytest.mark.parametrize(
    "text", ["", "seedspec_rows: 2\nrows: []\n", "seedspec_rows: 1\nrows: {a: b}\n", "rows: [", "\0", "- 1\n", "x" * 99]
)
def test_a_broken_file_is_never_written_over(board: Path, said: Said, text: str) -> None:
    file = board.with_name("storyboard.rows.yaml")
    file.write_text(text)
    assert said("check")[0] == 3
    code, _, err = said("rows")
    assert "Traceback" not in err
    assert (code == 0) if text == "" else (code == 3 and file.read_text() == text)


def test_a_label_is_read_again_as_it_is(board: Path, said: Said) -> None:
    labels = ["null", "a:", "1.50", "true", "007", "x:-y", "16:9", "1e3", "0x1F", "no", "a.b-c_d"]
    board.write_text(BOARD.replace("[noir, pastel, neon]", json.dumps(labels)))
    assert said("rows")[0] == 0 and said("check", "--strict")[0] == 0
    before = lines(board)
    assert "0 added" in said("rows")[1] and lines(board) == before
    entries = api.compile(board).entries
    assert {dict(entry.labels)["look"] for entry in entries} == set(labels)


LONG = [pytest.param(strategy, marks=pytest.mark.long) for strategy in ("one-at-a-time", "{sample: 5}")]


@pytest.mark.parametrize("strategy", ["pairwise", *LONG])
def test_a_board_that_is_too_large_ends_soon(board: Path, said: Said, strategy: str) -> None:
    axes = "".join(f"    a{i}: [{', '.join(map(str, range(200)))}]\n" for i in range(60))
    board.write_text(BOARD.replace("  strategy: pairwise", axes + f"  strategy: {strategy}"))
    board.with_name("storyboard.rows.yaml").write_text("seedspec_rows: 1\nrows:\n  - {look: noir}\n")
    assert said("check")[0] == 3
    code, _, err = said("rows")
    assert (code == 3 and "steps" in err) if strategy == "pairwise" else code in (0, 3)


def test_a_link_is_not_followed(board: Path, said: Said) -> None:
    other = board.with_name("other.txt")
    other.write_text("seedspec_rows: 1\nrows: []\n")
    board.with_name("storyboard.rows.yaml").symlink_to(other)
    assert said("check")[0] == 3 and said("rows")[0] == 3
    assert other.read_text() == "seedspec_rows: 1\nrows: []\n"


def test_a_file_of_very_many_rows_ends_with_a_finding(board: Path, said: Said) -> None:
    row = "  - {look: noir, hook: reveal, place: roof}\n"
    board.with_name("storyboard.rows.yaml").write_text("seedspec_rows: 1\nrows:\n" + row * 190_000)
    code, out, err = said("check")
    assert code == 3 and "too-large" in out + err
    board.with_name("storyboard.rows.yaml").write_text("seedspec_rows: 1\nrows:\n" + row * 20_000)
    assert said("check")[0] == 0


def test_nothing_is_chosen_without_a_strategy_or_with_a_mistake(board: Path, said: Said) -> None:
    board.write_text(BOARD.replace("  strategy: pairwise\n", ""))
    code, _, err = said("rows")
    assert code == 2 and "no strategy" in err
    board.write_text(BOARD.replace("reveal]", "reveal, 'two words']"))
    assert said("rows")[0] == 3
    assert not board.with_name("storyboard.rows.yaml").exists()
    board.write_text(
        BOARD.replace("strategy: pairwise", "exclude: [{look: [noir, pastel, neon]}]\n  strategy: pairwise")
    )
    assert said("rows")[0] == 3


def test_programs_are_told_the_strategy(board: Path, said: Said) -> None:
    assert json.loads(said("rows", "--format", "json")[1])["added"] == 9
    for form in ("json", "jsonl"):
        out = said("compile", "--format", form)[1]
        found = json.loads(out) if form == "json" else [json.loads(line) for line in out.splitlines()]
        assert [entry["strategy"] for entry in found] == ["pairwise"] * 9
    document = json.loads(said("plan", "--format", "json")[1])
    assert document["rows"]["chosen"] == 9 and document["rows"]["full"] == 18
    assert document["rows"]["full_matrix"]["entries"] == 18 and document["rows"]["full_matrix"]["exact"] is True
    assert [d["code"] for d in json.loads(said("check", "--format", "json")[1])] == ["rows-chosen"]
    assert "9 of 18 rows chosen by `pairwise`" in said("stats")[1]


def test_a_full_matrix_above_the_bound_is_priced_by_the_average(board: Path, said: Said) -> None:
    more = "".join(f"    x{i}: [a, b, c, d]\n" for i in range(6))
    labels = "".join(f" {{{{ x{i} }}}}" for i in range(6))
    board.write_text(
        BOARD.replace("  strategy", more + "  strategy").replace(" {{ place }}", f" {{{{ place }}}}{labels}")
    )
    said("rows")
    code, out, _ = said("plan")
    assert code == 0 and "the full matrix: 73,728 entries, about " in out
