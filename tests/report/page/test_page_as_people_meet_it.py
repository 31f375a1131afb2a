"""The review page on a phone and on a desk, alone, with guests and with many takes: one start of a real browser."""

from __future__ import annotations

import io
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import takes
from click.testing import CliRunner
from PIL import Image
from tools import found as tool

from seedspec.cli.main import seedspec
from seedspec.report.page import page

pytestmark = pytest.mark.browser
HERE = Path(__file__).parent
HOSTILE = [
    "#view=__proto__&rows=constructor&columns=__proto__&is:__proto__=x&is:look=nothing&a=nobody/1&mode=steal&sort=toString",
    "#view=%3Cimg%20src%3Dx%20onerror%3D%22window.pwned%3D1%22%3E&is:look=%3Cscript%3Ewindow.pwned%3D1%3C/script%3E",
    "#most=black:1e999&least=__proto__:1&table=constructor&ask=hasOwnProperty&by=__proto__&%E0%A4%A",
    "#" + "is:look=morning-dew&" * 2000,
]
BOARD = """\
seedspec: 1
name: upright
model: seedance-2.0-reference-to-video
defaults: {duration: 4, quality: 480p, aspect_ratio: "9:16", takes: 2}
references: {cup: {image: "https://cdn.example.com/cup.png"}}
matrix: {axes: {look: [morning-dew-and-mist, golden-hour], hook: [question, reveal]}}
shots:
  - {id: open, prompt: "{{ ref('cup') }} at {{ look }}. {{ hook }}"}
  - {id: close, aspect_ratio: "16:9", takes: 1, matrix: {only: [look]}, prompt: "{{ ref('cup') }} at {{ look }} ends."}
"""


def with_content(text: str, change: Any) -> str:
    """The page with other takes in it: its policy is about scripts that run, and these do not."""
    found = re.search(r'(id="content">)(.*?)(</script>)', text, re.DOTALL)
    posters = re.search(r'(id="posters">)(.*?)(</script>)', text, re.DOTALL)
    assert found and posters
    content, pictures = change(json.loads(found[2]), json.loads(posters[2]))
    text = text.replace(found[2], page.as_json(content), 1)
    return text.replace(posters[2], page.as_json(pictures), 1)


def measured(content: Any, pictures: Any) -> Any:
    for number, take in enumerate(content["takes"]):
        take["measures"] = {"black": number / 4, "judge.taste": 0.5}
        if number in (5, 6):
            said = f"black {number / 4} s, expected at most 1 s"
            take["unmet"] = [{"measure": "black", "found": f"{number / 4} s", "expected": "at most 1 s", "said": said}]
    return content | {"units": {"black": "s"}}, pictures


def many(content: Any, _: Any) -> Any:
    first = content["takes"][0]
    rows = [first | {"address": f"open/{n}", "take": n, "fp": f"{n:016x}"} for n in range(1, 401)]
    return content | {"takes": rows}, [page.data_url(picture(n)) for n in range(400)]


def picture(number: int) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (48, 80), (number % 256, number // 256, 0)).save(out, "WEBP")
    return out.getvalue()


@pytest.fixture(scope="module")
def looked(tmp_path_factory: pytest.TempPathFactory, modules: Path) -> Any:
    """What a browser found."""
    folder = tmp_path_factory.mktemp("upright")
    board = folder / "storyboard.yaml"
    board.write_text(BOARD, encoding="utf-8")
    clips = [folder / f"{n}.mp4" for n in range(3)]
    for clip, ground, size in zip(clips, (60, 150, 90), ((96, 160), (96, 160), (160, 96)), strict=True):
        takes.counting(clip, ground, width=size[0], height=size[1])
    takes.bought(board, lambda n: clips[n % 2 if n < 8 else 2], sizes=lambda n: (96, 160) if n < 8 else (160, 96))
    pages = {name: folder / f"{name}.html" for name in ("portrait", "guest", "many")} | {
        "alone": folder / "sent" / "page.html"
    }
    for name, options in (("portrait", []), ("guest", ["--guest"])):
        done = CliRunner().invoke(seedspec, ["review", str(board), "--out", str(pages[name]), *options])
        assert done.exit_code == 0, (done.output, done.exception)
    pages["alone"].parent.mkdir()
    shutil.copy(pages["portrait"], pages["alone"])
    text = pages["portrait"].read_text(encoding="utf-8")
    pages["many"].write_text(with_content(text, many), encoding="utf-8")
    pages["portrait"].write_text(with_content(text, measured), encoding="utf-8")
    asked = {
        "pages": {name: path.as_uri() for name, path in pages.items()}, "hostile": HOSTILE, "modules": str(modules),
        "chromium": tool("chromium", "chromium-browser", "google-chrome"),
    }  # fmt: skip
    done = subprocess.run(
        [tool("node"), str(HERE / "looks.mjs")], input=json.dumps(asked), capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return {"folder": folder, "board": board} | json.loads(done.stdout)


def test_no_view_has_what_a_finger_misses_or_axe_finds(looked: Any) -> None:
    for name, found in looked["views"].items():
        assert (found["small"], found["axe"]) == ([], []) and found["wide"] <= 0, (name, found)
    assert looked["faults"] == []


def test_upright_takes_are_as_large_as_others_and_no_number_is_cut(looked: Any) -> None:
    desk, phone = looked["tiles"]["1440"], looked["tiles"]["390"]
    for found in (desk, phone):
        tall, flat = found["areas"]["tall"], found["areas"]["flat"]
        assert len(tall) == 8 and len(flat) == 2 and min(tall) > 0.95 * max(flat)
        assert found["cut"] == 0 and set(found["numbers"]) == {"take 1", "take 2"}
    assert max(desk["areas"]["tall"]) < 1.05 * max(desk["areas"]["flat"])
    assert desk["words"].split(" · ")[0] in ("question", "reveal"), "what the column does not say comes first"


def test_takes_stand_by_a_measure_and_what_is_unmet_is_marked(looked: Any) -> None:
    found = looked["measures"]
    assert found["order"] == [f"{n / 4:g} s" for n in range(9, -1, -1)]
    assert found["flags"] == ["black", "black"]
    assert (found["unmet"], found["bound"]) == (2, 0)
    assert {"black", "judge.taste", "Not met"} <= set(found["heads"])


def test_a_page_without_its_videos_says_so_and_takes_no_vote(looked: Any) -> None:
    found = looked["alone"]
    assert found["said"].startswith("The videos are not beside this page") and "--media proxy" in found["said"]
    assert found["kept"].startswith("0 picks, 0 votes")
    assert "nothing to vote on" in found["blind"]


def test_a_vote_waits_until_both_takes_were_looked_at(looked: Any) -> None:
    found = looked["waits"]
    assert found["paused"] is True, "nothing plays by itself where motion is unwelcome"
    assert found["first"]["kept"].startswith("0 picks, 0 votes") and "Watch both first" in found["first"]["said"]
    assert found["kept"].startswith("0 picks, 1 vote,")


def test_four_takes_play_in_step_with_the_sound_of_one(looked: Any) -> None:
    found = looked["four"]
    assert (found["places"], found["after"], found["cards"]) == (4, 2, 2)
    assert max(found["times"]) - min(found["times"]) < 1 / 24 and len(found["times"]) == 4
    assert found["heard"] == [1, 1, 1, 1, 0]


def test_the_address_says_what_is_shown_and_a_hostile_one_does_nothing(looked: Any) -> None:
    found = looked["address"]
    assert found["after"] == found["before"] and found["before"][1] == "wipe"
    assert "view=compare" in found["hash"] and found["rows"].startswith("hook ")
    assert found["odd"] == [["grid", 10, False, None]] * len(HOSTILE)


def test_of_many_takes_those_off_the_screen_are_not_unpacked_and_scrolling_lays_nothing_out(looked: Any) -> None:
    found = looked["many"]
    assert (found["tiles"], found["images"]) == (400, 400)
    assert 0 < found["unpacked"] < 150
    assert found["layouts"] < found["frames"] / 6


def test_a_guest_votes_to_the_end_and_is_thanked(looked: Any) -> None:
    found = looked["guest"]
    for word in ("open", "close", "look", "hook", "golden-hour", "$", "seedance"):
        assert word not in found["words"].replace("looked", ""), word
    assert found["views"] == 0 and "Thank you, Gus." in found["end"] and "whoever sent you the page" in found["end"]
    assert found["height"] >= 56 and (found["axe"], found["small"]) == ([], [])
    reviews = looked["folder"] / "reviews"
    reviews.mkdir()
    (reviews / found["name"]).write_text(found["file"], encoding="utf-8")
    done = CliRunner().invoke(seedspec, ["stats", str(looked["board"]), "--format", "json"])
    assert done.exit_code == 0, (done.output, done.exception)
    assert sum(s["votes"] for s in json.loads(done.stdout)["shots"]) == found["file"].count('"winner":"a"') + found[
        "file"
    ].count('"winner":"b"')
