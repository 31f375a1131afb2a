"""A column, `axis.column`, is named on the command line wherever an axis is: to choose, count, compare and show."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import pytest
from boards import compiled

from seedspec.choices.standings import Ballot, by_axis
from seedspec.cli.main import start

BOARD = """\
seedspec: 1
model: seedance-2.0-reference-to-video
defaults: {quality: 480p}
references: {hero: {image: https://cdn.example.com/hero.png}}
matrix:
  axes:
    light: {rain: {words: grey light, mood: low}, dusk: {words: lamps, mood: high}}
    ad:
      - {id: AD-001, hook: question, line: "What does summer taste like?", duration: 6}
      - {id: AD-002, hook: reveal, line: It begins with one apple., x-team: red}
      - {id: AD-003, hook: reveal, line: It ends with tea.}
shots:
  - {id: a, prompt: "{{ ref('hero') }} {{ light.words }} {{ light.mood }} {{ ad.line }} {{ ad.hook }}"}
  - {id: card, matrix: {only: []}, prompt: "{{ ref('hero') }} on a table"}
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("storyboard.yaml").write_text(BOARD)


def shown(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> str:
    capsys.readouterr()
    assert start(list(words)) == code
    streams = capsys.readouterr()
    return streams.err if code else streams.out


def test_rows_are_chosen(capsys: pytest.CaptureFixture[str]) -> None:
    out = shown(capsys, "plan", "--select", "ad.hook=reveal,light.mood=low", "--exclude", "ad.x-team=red")
    assert re.findall(r"a@\S+", out)[0] == "a@light=rain,ad=AD-003/1" and "1 to buy" in out


def test_costs_are_told_apart(capsys: pytest.CaptureFixture[str]) -> None:
    found = json.loads(shown(capsys, "cost", "--by", "ad.hook", "--by", "light.mood", "--format", "json"))
    assert {tuple(row["labels"].values()): row["videos"] for row in found["rows"]} == {
        ("question", "low"): 1, ("reveal", "low"): 2, ("question", "high"): 1, ("reveal", "high"): 2, ("", ""): 1,
    }  # fmt: skip
    out = shown(capsys, "cost", "--by", "ad.hook", "--format", "csv")
    assert next(csv.reader(io.StringIO(out)))[0] == "axis:ad.hook"


def test_a_table_has_a_column_for_each_whose_values_are_labels(capsys: pytest.CaptureFixture[str]) -> None:
    rows = list(csv.DictReader(io.StringIO(shown(capsys, "export", "csv"))))
    axes = [name for name in rows[0] if name.startswith("axis:")]
    assert axes == ["axis:light", "axis:ad", "axis:light.mood", "axis:ad.hook", "axis:ad.duration", "axis:ad.x-team"]
    assert [row["axis:ad.hook"] for row in rows] == [*("question", "reveal", "reveal") * 2, ""]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("stats", "--axis", "ad.hok"), "did you mean `hook`?"),
        (("stats", "--axis", "hook"), "`ad.hook`"),
        (("stats", "--axis", "ad.line"), "row `AD-001`"),
        (("review", "--x", "ad.line"), "row `AD-001`"),
        (("review", "--y", "light.hook"), "no column `hook` of axis `light`"),
        (("cost", "--by", "ad.hok"), "did you mean `hook`?"),
        (("plan", "--select", "ad.hook=revael"), "did you mean `ad.hook=reveal`?"),
    ],
)
def test_what_is_no_column_is_refused(words: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert said in shown(capsys, *words, code=2)


def test_the_page_has_the_columns(capsys: pytest.CaptureFixture[str]) -> None:
    def page(*words: str) -> dict[str, object]:
        shown(capsys, "review", "--out", "page.html", *words)
        found = re.search(r'<script[^>]*id="content"[^>]*>(.*?)</script>', Path("page.html").read_text(), re.DOTALL)
        assert found is not None
        return dict(json.loads(found[1]))

    tables = [{"name": "ad.hook", "labels": ["question", "reveal"]}, {"name": "ad.duration", "labels": ["6"]}]
    tables += [{"name": "ad.x-team", "labels": ["red"]}]
    assert page()["columns"] == tables
    asked = page("--x", "light.mood", "--y", "ad.hook")
    assert asked["columns"] == [*tables, {"name": "light.mood", "labels": ["low", "high"]}]
    takes = asked["takes"]
    assert isinstance(takes, list) and takes[0]["columns"]["light.mood"] == "low" and "columns" not in takes[-1]


def test_votes_are_counted_by_a_column() -> None:
    entries = {e.address: e for e in compiled(BOARD).entries}
    one, two, three = (entries[f"a@light=rain,ad=AD-00{n}/1"] for n in (1, 2, 3))
    votes = [Ballot(one, two, "a", "", "x"), Ballot(three, one, "b", "", "x"), Ballot(two, three, "a", "", "x")]
    found = by_axis(votes, "ad.hook")
    assert [(row.name, row.wins, row.losses) for row in found.rows] == [("question", 2, 0), ("reveal", 0, 2)]
    assert (found.votes, found.alike) == (2, 0)
