"""What comes back: facts in the lock, surprises as warnings, posters beside the videos; with and without the extra."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from helpers import Make, Project, nearby

from seedspec.project.posters import poster, poster_of

pytestmark = pytest.mark.slow

BOARD = """\
seedspec: 1
name: {name}
model: seedance-2.0-reference-to-video
defaults: {{duration: 4, quality: 480p}}
shots:
  - {{id: one, prompt: "{name} one"}}
  - {{id: two, prompt: "{name} two", generate_audio: false}}
"""
WITHOUT = (
    "import sys; sys.modules.update(av=None, PIL=None, tinytag=None); del sys.argv[1:4]; "
    "from seedspec.__main__ import main; sys.exit(main())"
)
"""Seedspec where the media extra is not installed."""


def facts_of(found: Project) -> list[dict[str, Any]]:
    return [{k: r.get(k) for k in ("width", "height", "seconds", "fps", "audio")} for r in found.lock()]


def test_the_facts_of_a_video_go_into_the_lock(project: Make) -> None:
    found = project(BOARD)
    assert found.here()[-1].exit == 0
    shape = {"width": 864, "height": 496, "seconds": 4.0, "fps": 24.0}
    assert facts_of(found) == [{**shape, "audio": True}, {**shape, "audio": False}]
    assert [(r.reserved, r.charged, r.get("units")) for r in found.lock()] == [(25.11, 25.11, 251_100)] * 2


@pytest.mark.parametrize(
    ("fault", "code", "found", "expected"),
    [
        ("wrong-size@1", "output-size", "496×864 px", "864×496 px"),
        ("wrong-fps@1", "output-fps", "12 fps", "24 fps"),
        ("short@1", "output-seconds", "3 s", "4 s"),
        ("silent@1", "output-audio", "no sound", "sound"),
    ],
)
def test_a_surprise_is_a_warning_wherever_one_looks(
    fault: str, code: str, found: str, expected: str, project: Make, tmp_path: Path
) -> None:
    said = {"code": code, "found": found, "expected": expected}
    with nearby(tmp_path / "service", fault) as service:
        here = project(BOARD, at=service)
        summary = tmp_path / "summary.md"
        environ = {"GITHUB_STEP_SUMMARY": str(summary), "GITHUB_ACTIONS": "true"}
        ended = here.run("--junit", "junit.xml", environ=environ)
    assert ended.code == 0, ended.err
    assert [e["surprises"] for e in ended.events if e["event"] == "Saved" and e["entry"] == "one/1"] == [[said]]
    assert [e["surprises"] for e in ended.events if e["event"] == "Saved" and e["entry"] == "two/1"] == [[]]
    line = f"one/1: found {found}, expected {expected} [{code}]"
    assert f"warning: {line}" in ended.err.splitlines()
    assert f"::warning file=storyboard.yaml,line=6,title=not as asked for::{line}" in ended.err.splitlines()
    suite = ET.parse(here.folder / "junit.xml").getroot()[0]
    assert (suite.findtext("system-err") or "").strip() == f"warning: {line}"
    assert suite.find("properties/property[@name='surprises']").attrib["value"] == "1"  # type: ignore[union-attr]
    assert f"|  | `one/1` | `{code}` | found `{found}`, expected `{expected}` |" in summary.read_text("utf-8")
    status = here.do("status")
    assert f"one_take1.mp4; {found}, expected {expected}" in status.out
    assert "1 is not what was asked for" in status.out
    steps = json.loads(here.do("status", "--format", "json").out)["steps"]
    assert [s["surprises"] for s in steps] == [[said], []]
    again = here.run()
    assert again.code == 0 and "expected" not in again.err, "what an earlier run saved is for `status`"


def test_a_file_that_does_not_play_is_never_saved(project: Make, tmp_path: Path) -> None:
    tries = ",".join(map(str, range(1, 15)))  # both videos, until patience is at its end
    with nearby(tmp_path / "service", f"noise-result@{tries}") as service:
        found = project(BOARD, at=service)
        first = found.here()
        assert (first[-1].exit, set(found.states().values())) == (7, {"completed"})
        gone = [e for e in first if type(e).__name__ == "Delayed" and e.wait is None]
        assert len(gone) == 2 and all("not a whole video: does not play" in e.reason for e in gone)
        assert list((found.folder / "renders").iterdir()) == []
        assert (found.here()[-1].exit, set(found.states().values())) == (0, {"saved"})
        assert len(service.ledger("reserved")) == 2, "nothing is bought again for it"


def test_what_the_service_charged_may_differ_from_what_it_reserved(project: Make, tmp_path: Path) -> None:
    with nearby(tmp_path / "service", "charged=0.5@1", "failed=content_policy_violation@2") as service:
        found = project(BOARD, at=service)
        assert found.here()[-1].exit == 1
        assert [(r.reserved, r.charged) for r in found.lock()] == [(25.11, 12.555), (25.11, 0)]
        shown = found.do("status").out
        assert "reserved 25.11 credits ($0.37), charged 12.55 credits ($0.18)" in shown
        [done, lost] = json.loads(found.do("cost", "--format", "json").out)["rows"]
        assert (done["charged"], done["reserved"]["credits"]) == ({"credits": 12.555, "usd": 0.1846}, 25.11)
        assert (lost["videos"], lost["bought"], lost["charged"], lost["reserved"]) == (1, 0, None, None)
        assert "estimated 25.11 credits ($0.37) (-50.0%)" in found.do("cost").out


def test_without_the_extra_a_video_is_saved_by_its_structure(project: Make, tmp_path: Path) -> None:
    with nearby(tmp_path / "service", "truncated@1", "html-result@2", "noise-result@3", "wrong-size") as service:
        found = project(BOARD, at=service)
        ended = found.run(before=[sys.executable, "-c", WITHOUT])
    saved = [json.loads(x) for x in ended.out.splitlines() if '"Saved"' in x]
    assert ended.code == 0, ended.err
    delays = [json.loads(x)["reason"] for x in ended.out.splitlines() if '"Delayed"' in x]
    assert len(delays) == 2, "a cut file and a web page are refused; noise in whole boxes cannot be told"
    assert [(e["width"], e["fps"], e["audio"], e["surprises"]) for e in saved] == [(None, None, None, [])] * 2
    assert not (found.folder / "renders" / "posters").exists()
    assert facts_of(found) == [dict.fromkeys(("width", "height", "seconds", "fps", "audio"))] * 2


def test_each_saved_video_has_a_poster(project: Make) -> None:
    from PIL import Image

    found = project(BOARD)
    assert found.here()[-1].exit == 0
    posters = sorted((found.folder / "renders" / "posters").iterdir())
    assert [p.name for p in posters] == ["one_take1.webp", "two_take1.webp"]
    with Image.open(posters[0]) as picture:
        assert (picture.format, picture.size) == ("WEBP", (475, 273)), "of 864 × 496, as many as of 480 × 270"
    before = [(p.read_bytes(), p.stat().st_mtime_ns) for p in posters]
    assert found.do("review").code == 0
    assert [(p.read_bytes(), p.stat().st_mtime_ns) for p in posters] == before, "the page makes none anew"


def test_a_poster_that_cannot_be_kept_is_no_fault(project: Make) -> None:
    found = project(BOARD)
    (found.folder / "renders").mkdir()
    (found.folder / "renders" / "posters").write_text("a person's own")
    assert found.here()[-1].exit == 0
    assert set(found.states().values()) == {"saved"}
    assert (found.folder / "renders" / "posters").read_text() == "a person's own"
    assert poster(found.folder / "renders" / "one_take1.mp4", 4.0).startswith(b"RIFF"), "it is shown all the same"


def test_a_poster_is_made_anew_for_another_video_and_never_through_a_link(project: Make, tmp_path: Path) -> None:
    found = project(BOARD)
    assert found.here()[-1].exit == 0
    one, two = (found.folder / "renders" / f"{name}_take1.mp4" for name in ("one", "two"))
    place = poster_of(one)
    assert poster(one, 4.0) == place.read_bytes() != poster(two, 4.0)
    place.write_bytes(b"RIFF of another video")
    assert poster(one, 4.0) != b"RIFF of another video"
    elsewhere = tmp_path / "elsewhere"
    place.parent.rename(elsewhere)
    place.parent.symlink_to(elsewhere)
    (elsewhere / place.name).unlink()
    assert poster(one, 4.0) and not (elsewhere / place.name).exists()
    assert poster(tmp_path / "nothing.mp4", None) == b""
