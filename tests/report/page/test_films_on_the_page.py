"""Which films the review page has: those whose takes are all on it, under stand-ins where models are hidden."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from takes import Project

from seedspec.cli.main import seedspec
from seedspec.report.page import films

MODELS = """\
seedspec: 1
name: two
references: {hero: {image: https://a.example/x.png}}
matrix: {axes: {model: {quick: seedance-2.0-fast-reference-to-video, best: seedance-2.0-reference-to-video}}}
shots:
  - {id: open, takes: 2, prompt: "{{ ref('hero') }} walks."}
  - {id: close, prompt: "{{ ref('hero') }} rests."}
"""


def content(board: Path, *options: str) -> tuple[dict[str, Any], str]:
    out = board.parent / "page.html"
    done = CliRunner().invoke(seedspec, ["review", str(board), "--out", str(out), *options])
    assert done.exit_code == 0, (done.output, done.exception)
    text = out.read_text(encoding="utf-8").split('id="content">')[1].split("</script>")[0]
    return json.loads(text), done.output


def test_a_film_is_known_by_its_name_and_by_what_plays(project: Project) -> None:
    page, _ = content(project.board)
    assert [film["name"] for film in page["films"]][:2] == [
        "film@look=dawn,hook=question",
        "film@look=dawn,hook=reveal",
    ]
    first = page["films"][0]
    assert [page["takes"][play["take"]]["address"] for play in first["plays"]] == [
        "open@look=dawn,hook=question/1", "close@look=dawn,hook=question/1",
    ]  # fmt: skip
    assert [(play["seconds"], play["picked"]) for play in first["plays"]] == [(4.0, False), (4.0, False)]
    assert len({film["fp"] for film in page["films"]}) == 4


@pytest.mark.parametrize("options", [("--select", "open"), ("--exclude", "take=1"), ("--guest",)])
def test_a_page_without_all_takes_of_a_film_has_no_films(project: Project, options: tuple[str, ...]) -> None:
    assert "films" not in content(project.board, *options)[0]


def test_more_films_than_a_page_has_are_said(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(films, "MOST", 3)
    page, said = content(project.board)
    assert len(page["films"]) == 3
    assert "the page has the first 3 of 4 films" in said


def test_a_blind_page_names_no_model_in_its_films(tmp_path: Path) -> None:
    board = tmp_path / "storyboard.yaml"
    board.write_text(MODELS, encoding="utf-8")
    shown = content(board)[0]["films"]
    hidden = content(board, "--blind")[0]
    assert {film["fp"] for film in hidden["films"]} == {film["fp"] for film in shown}
    for film in hidden["films"]:
        label = film["labels"]["model"]
        assert label.startswith("hidden-") and film["name"] == f"film@model={label}"
        plays = [hidden["takes"][play["take"]] for play in film["plays"]]
        assert [(take["shot"], take["take"], take["labels"]["model"]) for take in plays] == [
            ("open", 1, label), ("close", 1, label),
        ]  # fmt: skip
