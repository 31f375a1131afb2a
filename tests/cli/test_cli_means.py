"""`stats --measure`: what a measure is by label, over how many videos, and how sure that is."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import takes
from looks import Run

from seedspec import api
from seedspec.measures.judged import Answer, Judgement, line_of
from seedspec.measures.values import measures_of
from seedspec.media.signals import Signals
from seedspec.project.saved_measures import MeasuresFolder

BOARD = """\
seedspec: 1
model: seedance-2.0-reference-to-video
defaults: {duration: 4, quality: 480p, takes: 2}
references: {cup: {image: "https://cdn.example.com/cup.png"}}
matrix: {axes: {look: {dawn: {mood: calm}, noon: {mood: loud}, dusk: {mood: calm}}}}
shots:
  - {id: open, prompt: "{{ ref('cup') }} at {{ look.mood }} {{ label.look }}."}
  - {id: pour, matrix: {only: []}, takes: 1, prompt: "{{ ref('cup') }} is poured."}
"""
EXPECT = "expect: {frozen: {max: 0.8}, judge.look: {min: 0.9}}\n"
SECONDS = {"open@look=dawn/1": 1.0, "open@look=dawn/2": 3.0, "open@look=noon/1": 0.5, "pour/1": 0.0}
"""How long each take stands still; the others are not measured, and one of those is not bought."""


@pytest.fixture
def board(folder: Path, tmp_path: Path) -> Path:
    clip = tmp_path / "clip.mp4"
    takes.counting(clip, 90, frames=12, width=64, height=64)
    path = folder / "storyboard.yaml"
    path.write_text(BOARD, encoding="utf-8")
    bought = [e for e in api.compile(path).entries if e.address != "open@look=dusk/2"]
    addresses = [e.address for e in api.compile(path).entries]

    def file(number: int) -> Path | None:
        """Each its own video, by a byte behind its end."""
        if addresses[number] == "open@look=dusk/2":
            return None
        own = tmp_path / f"{number}.mp4"
        own.write_bytes(clip.read_bytes() + b"\0\0\0\x08free" + b"\0\0\0\x08skip" * number)
        return own

    takes.bought(path, file)
    planned = api.plan(path, api.Options())
    lines = []
    for entry in bought:
        record = planned.plan.lock.last(entry.fingerprint)
        assert record is not None
        sha256 = str(record.get("sha256"))
        if entry.address in SECONDS:
            frozen = ((0.0, SECONDS[entry.address]),) if SECONDS[entry.address] else ()
            MeasuresFolder(folder).keep(measures_of(sha256, Signals(4.0, (), frozen, (), None)))
            lines.append(line_of(Judgement(sha256, "look", Answer(0.5), "2026-11-28T10:00:00Z")))
    path.with_name("storyboard.measures.jsonl").write_text("\n".join(sorted(lines)) + "\n")
    return path


def by_name(said: str, of: str) -> dict[str, Any]:
    (table,) = [t for t in json.loads(said)["measures"] if t["by"] == of]
    return {row["name"]: row for row in table["rows"]}


def test_the_mean_of_each_label_with_its_interval(seedspec: Run, board: Path) -> None:
    said = seedspec("stats", "--measure", "frozen", "--format", "json")
    assert said.code == 0 and json.loads(said.out)["interval"] == "student-t 95 %"
    looks = by_name(said.out, "look")
    dawn, noon, dusk = (looks[name] for name in ("dawn", "noon", "dusk"))
    assert (dawn["videos"], dawn["mean"], dawn["low"], dawn["high"]) == (2, 2.0, -10.7062, 14.7062)
    assert (noon["videos"], noon["mean"], noon["low"], noon["not_measured"]) == (1, 0.5, None, 1)
    assert (dusk["videos"], dusk["mean"], dusk["not_measured"]) == (0, None, 1)
    shots = by_name(said.out, "shot")
    assert (shots["open"]["videos"], shots["open"]["mean"], shots["pour"]["mean"]) == (3, 1.5, 0.0)
    moods = by_name(
        seedspec("stats", "--measure", "frozen", "--axis", "look.mood", "--format", "json").out, "look.mood"
    )
    assert {name: row["videos"] for name, row in moods.items()} == {"calm": 2, "loud": 1}


def test_the_share_that_is_not_as_expected(seedspec: Run, board: Path) -> None:
    board.write_text(BOARD + EXPECT, encoding="utf-8")
    looks = by_name(seedspec("stats", "--measure", "frozen", "--axis", "look", "--format", "json").out, "look")
    assert {name: (row["unmet"], row["expected"], row["share_unmet"]) for name, row in looks.items()} == {
        "dawn": (2, 2, 1.0), "noon": (0, 1, 0.0), "dusk": (0, 0, None),
    }  # fmt: skip
    said = seedspec("stats", "--measure", "judge.look", "--axis", "look").out.splitlines()
    assert said[1].split() == ["videos", "mean", "95", "%", "unmet"]
    assert "2 of 2" in said[2]
    assert "1 of 1" in said[3] and "of" not in said[4]


def test_what_a_usable_take_costs(seedspec: Run, board: Path) -> None:
    assert "usable" not in seedspec("cost").out
    board.write_text(BOARD + "expect: {frozen: {max: 1.5}}\n", encoding="utf-8")
    said = json.loads(seedspec("cost", "--format", "json").out)
    found, whole = said["usable"], said["total"]
    each = whole["estimate"]["credits"]["high"] / whole["videos"]  # they are all alike
    assert (found["takes"], found["saved"], found["not_measured"]) == (3, 6, 2)
    assert found["spent"]["credits"]["high"] == pytest.approx(6 * each)
    assert found["each"]["credits"]["high"] == pytest.approx(2 * each)
    line = seedspec("cost").out.splitlines()
    assert any(
        re.fullmatch(r"a usable take costs \S+ credits \(\S+\): .* for 6 videos, 3 of them .*2 not .*", x) for x in line
    )
    board.write_text(BOARD + "expect: {frozen: {min: 9}}\n", encoding="utf-8")
    assert "no take is usable yet: " in seedspec("cost").out
    only = json.loads(seedspec("cost", "--select", "pour", "--format", "json").out)["usable"]
    assert (only["saved"], only["each"]) == (1, None)


def test_it_is_said_in_words(seedspec: Run, board: Path) -> None:
    said = seedspec("stats", "--measure", "frozen", "--measure", "judge.look", "--measure", "silent", "--axis", "look")
    assert said.code == 0 and said.err == "next: seedspec measure\n"
    assert (
        said.out
        == """\
frozen (s) by look
        videos  mean             95 %
  dawn       2     2  -10.71 to 14.71
  noon       1   0.5                –  1 not measured
  dusk       0     –                –  1 not measured

judge.look by look
        videos  mean        95 %
  dawn       2   0.5  0.5 to 0.5
  noon       1   0.5           –  1 not measured
  dusk       0     –           –  1 not measured

silent (s) by look
  2 not measured, 3 not applicable

95 %: where the mean of many more such takes would be, by Student's t, from two videos on
"""
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--measure", "frozn"), "no measure `frozn`; did you mean `frozen`?"),
        (("--measure", "judge.loock"), "no measure `judge.loock`; did you mean `judge.look`?"),
        (("--measure", "frozen", "--axis", "lok"), "no axis `lok`; did you mean `look`?"),
        (("--measure", "frozen", "--votes", "."), "--votes and --measure exclude each other"),
    ],
)
def test_a_name_that_is_none_is_refused(seedspec: Run, board: Path, words: tuple[str, ...], said: str) -> None:
    found = seedspec("stats", *words)
    assert (found.code, found.out) == (2, "") and said in found.err
