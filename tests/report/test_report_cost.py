"""Costs as people and programs get them: tables that stand straight, empty where nobody knows, ranges, hints."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from stage import LANE, POUR, Stage

from seedspec.cli.main import start

EXPECTED = Path(__file__).parent / "expected"
FRUIT_TEA = Path(__file__).parents[2] / "examples" / "fruit-tea"


@pytest.fixture
def bought(stage: Stage) -> Stage:
    file = {"file": "renders/a.mp4", "sha256": "0" * 64, "task": "t1", "units": 313_875}
    stage.keep(LANE[0], "saved", reserved=31.3875, charged=30.0, **file)
    stage.keep(LANE[1], "running", task="t2", units=313_875, reserved=31.3875)
    stage.keep(LANE[2], "failed", units=313_875, reserved=31.3875, charged=0.0, failure={"code": "x", "message": "x"})
    stage.keep(POUR[0], "doubt", doubt="the answer was cut off", units=383_400)
    return stage.again()


def shown(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    capsys.readouterr()
    assert start(["cost", *arguments]) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("by", ["shot", "hour take", "state"])
def test_the_table(
    by: str, bought: Stage, expect: Callable[[Path, str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    out = shown(capsys, *(word for name in by.split() for word in ("--by", name)))
    expect(EXPECTED / f"cost-by-{by.replace(' ', '-')}.txt", out)


def test_as_json(bought: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    found = json.loads(shown(capsys, "--by", "shot", "--format", "json"))
    assert (found["seedspec_cost"], found["by"], found["prices_as_of"]) == (1, ["shot"], "2026-10-10")
    lane, pour = found["rows"]
    assert (lane["labels"], lane["videos"], lane["bought"]) == ({"shot": "lane"}, 4, 2)
    assert lane["estimate"]["credits"] == {"low": 125.55, "high": 125.55}
    assert lane["reserved"] == {"credits": 62.775, "usd": 0.9232}
    assert lane["charged"] == {"credits": 30.0, "usd": 0.4412}
    assert (pour["reserved"], pour["charged"]) == (None, None)
    whole = found["total"]
    assert (whole["videos"], whole["bought"]) == (6, 3)
    assert whole["estimate"]["credits"] == {"low": 202.23, "high": 202.23}


def test_as_csv(bought: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    head = shown(capsys, "--by", "hour", "--by", "take", "--format", "csv").splitlines()[0]
    assert head.startswith('"axis:hour","take","videos","bought","estimate_credits_low",')
    rows = list(csv.DictReader(io.StringIO(shown(capsys, "--by", "state", "--format", "csv"))))
    assert [r["state"] for r in rows] == ["saved", "running", "failed", "new", "doubt"]
    assert sum(Decimal(r["estimate_credits_high"]) for r in rows) == Decimal("202.23")
    assert [r["charged_credits"] for r in rows] == ["30.0", "", "", "", ""]


def test_colours_are_for_terminals(
    bought: Stage, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "\x1b" not in shown(capsys)
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b" in shown(capsys)
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in shown(capsys)


def test_a_selection_is_all_that_counts(bought: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    found = json.loads(shown(capsys, "--select", "hour=dusk", "--by", "hour", "--format", "json"))
    assert [(r["labels"]["hour"], r["videos"]) for r in found["rows"]] == [("dusk", 3)]
    found = json.loads(shown(capsys, "--exclude", "lane", "--format", "json"))
    assert [(r["labels"]["shot"], r["bought"]) for r in found["rows"]] == [("pour", 1)]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("hours", "did you mean `hour`?"),
        ("reference", "expected `shot`, `take`, `model`, `state`, `profile` or `hour`"),
    ],
)
def test_what_costs_cannot_be_told_apart_by(
    name: str, said: str, stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    assert start(["cost", "--by", name]) == 2
    assert capsys.readouterr().err == f"seedspec: no `{name}` to tell costs apart by; {said}\n"


UNKNOWN = """\
seedspec: 1
name: tea
model: seedance-2.0-reference-to-video
references:
  walk: {video: https://cdn.example.com/walk.mp4}
  long: {video: https://cdn.example.com/long.mp4, seconds: 9.5}
shots:
  - {id: free, prompt: "{{ ref('walk') }}"}
  - {id: long, prompt: "{{ ref('long') }}"}
"""


def test_ranges_and_hints(
    stage: Stage, expect: Callable[[Path, str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    stage.path.write_text(UNKNOWN, encoding="utf-8")
    expect(EXPECTED / "cost-ranges.txt", shown(capsys))
    capsys.readouterr()
    assert start(["plan"]) == 0
    hints = capsys.readouterr().out.splitlines()[-2:]
    assert hints == shown(capsys).splitlines()[-2:], "the plan says the same, and says it last"
    found = json.loads(shown(capsys, "--format", "json"))["hints"]
    assert [(h["code"], h["about"], h["videos"]) for h in found] == [
        ("long-reference", ["long"], 1),
        ("draft", ["480p"], 2),
    ]
    assert found[0]["saves"]["credits"] == {"low": 36.9968, "high": 36.9968}  # 4.5 s × 13.5 × 0.609
    assert start(["plan", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["hints"] == found


def test_the_fruit_tea_by_hand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The arithmetic of docs/cost.md, by the vendor's formula, without a line of the compiler's."""
    second, with_video = Decimal("13.5"), Decimal("0.609")
    morning = (5 + max(3, 5)) * second * with_video  # walk.mp4 lasts 3 s; 5 s are billed for it
    golden = (6 + max(3, 6)) * second * with_video
    after_morning, after_golden = (5 + 5) * second * with_video, (6 + 6) * second * with_video
    endcard = 4 * second
    by_hand = {
        "orchard": 2 * morning + 2 * golden,
        "pour": 2 * after_morning + 2 * after_golden,
        "endcard": 4 * endcard,
    }
    assert sum(by_hand.values()) == Decimal("939.492")
    shutil.copytree(FRUIT_TEA, tmp_path / "fruit-tea", ignore=shutil.ignore_patterns("*.lock", "renders*", ".seedspec"))
    monkeypatch.chdir(tmp_path / "fruit-tea")
    found = json.loads(shown(capsys, "--format", "json"))
    assert {r["labels"]["shot"]: Decimal(str(r["estimate"]["credits"]["high"])) for r in found["rows"]} == by_hand
    assert Decimal(str(found["total"]["estimate"]["credits"]["low"])) == Decimal("939.492")
    assert found["total"]["estimate"]["usd"]["high"] == round(float(Decimal("939.492") / 68), 4)
