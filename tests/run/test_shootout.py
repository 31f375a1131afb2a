"""Two models in one storyboard, from the plan to the count of blind votes: all that people read tells them apart."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from seedspec.cli.main import start

pytestmark = pytest.mark.slow

GOOD, FAST = "seedance-2.0-text-to-video", "seedance-2.0-fast-text-to-video"
BOARD = f"""\
seedspec: 1
name: duel
defaults: {{duration: 4, quality: 480p, generate_audio: false}}
matrix: {{axes: {{model: {{grand: {GOOD}, quick: {FAST}}}}}}}
shots:
  - {{id: wheel, prompt: Hands close around wet clay.}}
  - {{id: tram, prompt: Rain on the window of a tram.}}
"""


def test_each_report_tells_the_models_apart_and_a_blind_page_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SEEDSPEC_EMULATOR", "1")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    Path("storyboard.yaml").write_text(BOARD, encoding="utf-8")

    def said(*words: str) -> str:
        assert start(list(words)) == 0, capfd.readouterr().err
        return capfd.readouterr().out

    by_model = json.loads(said("plan", "--format", "json"))["models"]
    assert [(m["name"], m["model"], m["videos"]) for m in by_model] == [("grand", GOOD, 2), ("quick", FAST, 2)]
    sums = {m["name"]: m["credits"]["high"] for m in by_model}
    assert sums == pytest.approx({"grand": 50.22, "quick": 30.5088})

    said("run", "--emulator-seconds", "0.1", "--junit", "run.xml")
    suite = ElementTree.parse("run.xml")
    told = {p.get("name", ""): p.get("value", "") for p in suite.iter("property") if "model" in p.get("name", "")}
    summary = Path("summary.md").read_text(encoding="utf-8")
    for label, credits in (("grand", "50.22"), ("quick", "30.51")):
        assert any(label in name + value and credits in value for name, value in told.items()), told
        assert re.search(rf"^\| `{label}` \| 2 .*{credits}", summary, re.MULTILINE), summary
    assert said("run").startswith("0 bought, 0 saved, 4 reused")

    rows = list(csv.DictReader(io.StringIO(said("export", "csv"))))
    assert [(r["axis:model"], r["model"]) for r in rows] == [("grand", GOOD), ("quick", FAST)] * 2

    said("review", "--out", "open.html")
    assert {"grand", "quick", GOOD, FAST} <= set(re.findall(r"[\w.-]+", Path("open.html").read_text(encoding="utf-8")))
    said("review", "--blind", "--out", "blind.html")
    blind = Path("blind.html").read_text(encoding="utf-8")
    assert [word for word in ("grand", "quick", "seedance", "renders") if word in _content(blind)] == []
    rows_shown = json.loads(_content(blind))["takes"]
    assert len(rows_shown) == 4 and all((tmp_path / row["source"]).is_file() for row in rows_shown)

    ids = {row["fp"]: row["address"] for row in rows_shown}
    good = {r["fingerprint"]: r["axis:model"] == "grand" for r in rows}
    won = {fp: good[next(f for f in good if f.startswith(fp))] for fp in ids}
    pairs = [[fp for fp in ids if ids[fp].startswith(shot)] for shot in ("wheel@", "tram@")]
    votes = "".join(
        f'  - {{"a":"{ids[a]}","b":"{ids[b]}","winner":"{"a" if won[a] else "b"}","criterion":"overall",'
        f'"blind":true,"shown":"ab","a_fp":"{a}","b_fp":"{b}"}}\n'
        for a, b in pairs
    )
    page = json.loads(_content(blind))
    Path("reviews").mkdir()
    Path("reviews", "storyboard.emulator.mia.review.yaml").write_text(
        'seedspec_review: 1\npage: {"storyboard":"duel","emulator":true,"digest":"' + page["digest"] + '"}\n'
        'reviewer: "Mia"\npicks: []\nvotes:\n' + votes + "notes: []\n",
        encoding="utf-8",
    )
    (axis,) = json.loads(said("stats", "--axis", "model", "--format", "json"))["axes"]
    assert [(row["name"], row["wins"], row["losses"]) for row in axis["rows"]] == [("grand", 2, 0), ("quick", 0, 2)]


def _content(page: str) -> str:
    """What a page knows, as the JSON that stands in it."""
    found = re.search(r'<script type="application/json"[^>]*>(.*?)</script>', page, re.DOTALL)
    assert found is not None
    return found[1]
