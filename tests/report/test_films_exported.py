"""Films handed on: each a file of its own, with what plays in it, and cards where a video is lacking."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import av
import opentimelineio as otio
import pytest
from film import Film
from PIL import Image
from stage import Stage, staged

from seedspec.cli.main import start
from seedspec.media.movie import check_playable

pytestmark = pytest.mark.slow

BOARD = """\
seedspec: 1
name: tea
model: seedance-2.0-reference-to-video
defaults: {duration: 4, quality: 480p}
references: {cup: {image: "https://cdn.example.com/cup.png"}}
matrix: {axes: {hour: [dawn, dusk]}}
shots:
  - {id: lane, takes: 2, prompt: "{{ ref('cup') }} {{ hour }}"}
  - {id: pour, matrix: {only: []}, prompt: "{{ ref('cup') }} is filled"}
  - id: close
    matrix: {only: []}
    prompt: {plain: "{{ ref('cup') }} stands", splash: "{{ ref('cup') }} bursts"}
"""
DAWN, DUSK = "storyboard.film@hour=dawn", "storyboard.film@hour=dusk"
LUMAS = {"lane@hour=dawn/1": 60, "lane@hour=dusk/1": 90, "lane@hour=dusk/2": 120, "pour/1": 150,
         "close@prompt=plain/1": 180, "close@prompt=splash/1": 210}  # fmt: skip


@pytest.fixture
def tea(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, film: Film) -> Stage:
    """Two films; everything is saved but the second take of the first, in two sizes and with sound in some."""
    monkeypatch.chdir(tmp_path)
    stage = staged(Path(), BOARD)
    Path("renders").mkdir()
    for number, (address, luma) in enumerate(LUMAS.items()):
        size = (240, 136) if address == "pour/1" else (320, 180)
        file = film(Path("renders", f"{number}.mp4"), seconds=0.5, size=size, luma=luma, sound=48000 * (number % 2))
        stage.keep(address, "saved", file=f"renders/{number}.mp4", sha256=f"{number}" * 64, task=f"task-{number}",
                   width=size[0], height=size[1], seconds=0.5, bytes=file.stat().st_size)  # fmt: skip
    return stage.again()


def forget(address: str) -> None:
    """Takes a purchase out of the lock."""
    lock = Path("storyboard.lock")
    lines = lock.read_bytes().splitlines(keepends=True)
    lock.write_bytes(b"".join(line for line in lines if f'"entry":"{address}"'.encode() not in line))


def middles(path: str) -> Iterator[int]:
    with av.open(path) as container:
        for frame in container.decode(video=0):
            plane = frame.planes[0]
            yield bytes(plane)[plane.line_size * (frame.height // 2) + frame.width // 2]


def test_each_film_is_a_timeline_that_other_programs_read(tea: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    assert start(["pick", "close@prompt=splash", "1"]) == 0
    capsys.readouterr()
    assert start(["export", "otio", "--film", "-o", "cut"]) == 0
    said = capsys.readouterr()
    assert said.out == f"cut/{DAWN}.otio\ncut/{DUSK}.otio\n"
    assert said.err.splitlines() == [
        "film@hour=dawn: 3 shots, 1.5 s",
        "film@hour=dusk: 3 shots, 1.5 s",
        "not picked, so the first plays: lane@hour=dawn/1, lane@hour=dusk/1",
    ]
    reels = set()
    for name, hour in ((DAWN, "dawn"), (DUSK, "dusk")):
        found = otio.adapters.read_from_file(f"cut/{name}.otio")
        assert found.name == f"tea film@hour={hour}" and found.duration().to_seconds() == 1.5
        pictures = found.video_tracks()[0]
        assert [c.name for c in pictures] == [f"lane@hour={hour}/1", "pour/1", "close@prompt=splash/1"]
        assert [c.metadata["seedspec"]["picked"] for c in pictures] == [False, False, True]
        assert all(
            Path("cut", otio.url_utils.filepath_from_url(c.media_reference.target_url)).exists() for c in pictures
        )
        own = [c.metadata["cmx_3600"]["reel"] for c in pictures]
        assert len(set(own)) == 3 and all(re.fullmatch("[A-Z0-9]{8}", reel) for reel in own)
        reels |= set(own)
    assert len(reels) == 4, "a video that plays in both films has one reel"


def test_an_edl_of_a_film_keeps_the_reels_apart(tea: Stage) -> None:
    """By the adapter that makes one; where nothing names a reel it makes `renders`, or a part of it, of each clip."""
    assert start(["export", "otio", "--film", "--select", "hour=dawn"]) == 0
    found = otio.adapters.read_from_file(f"{DAWN}.otio")
    reels = [c.metadata["cmx_3600"]["reel"] for c in found.video_tracks()[0]]
    found.tracks[:] = found.video_tracks()
    lines = otio.adapters.write_to_string(found, "cmx_3600").splitlines()
    assert [line.split()[1] for line in lines if re.match(r"\d{3} ", line)] == reels


def test_a_film_with_gaps_is_refused_with_all_of_them(tea: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    forget("lane@hour=dawn/1")
    Path("renders", "3.mp4").unlink()
    for kind in ("otio", "animatic", "sheet"):
        assert start(["export", kind, "--film"]) == 2
        assert capsys.readouterr().err == (
            "seedspec: 2 of 2 films lack videos: lane@hour=dawn/1 (not bought), pour/1 (file missing); "
            "--gaps makes them with gaps\n"
        )
    assert not list(Path().glob("storyboard.film*"))
    assert start(["export", "otio", "--film", "--gaps"]) == 0
    assert "gaps: lane@hour=dawn/1 (not bought), pour/1 (file missing)" in capsys.readouterr().err
    pictures, sounds = otio.adapters.read_from_file(f"{DAWN}.otio").tracks
    assert [type(c).__name__ for c in pictures] == ["Gap", "Gap", "Clip"]
    assert [c.duration().to_seconds() for c in pictures] == [4, 4, 0.5] == [c.duration().to_seconds() for c in sounds]
    assert pictures[0].name == "lane@hour=dawn/1: not bought"


def test_films_as_videos_play_what_they_should(tea: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    assert start(["pick", "lane@hour=dusk", "2"]) == 0
    capsys.readouterr()
    assert start(["export", "animatic", "--film"]) == 0
    said = capsys.readouterr()
    assert said.out == f"{DAWN}.animatic.mp4\n{DUSK}.animatic.mp4\n"
    assert "film@hour=dusk: 3 shots, 1.5 s, 320×180; letter-boxed: pour/1 (240×136)\n" in said.err
    facts = check_playable(f"{DUSK}.animatic.mp4")
    assert facts.seconds == pytest.approx(1.5, abs=0.001)
    assert (facts.width, facts.height, facts.audio) == (320, 180, True)
    shown = list(middles(f"{DUSK}.animatic.mp4"))
    assert [shown[at] for at in (6, 18, 30)] == pytest.approx([120, 150, 180], abs=5)


def test_a_gap_is_a_card_of_its_length(tea: Stage) -> None:
    forget("lane@hour=dawn/1")
    assert start(["export", "animatic", "--film", "--gaps", "-s", "hour=dawn", "--names", "--size", "320x180"]) == 0
    assert check_playable(f"{DAWN}.animatic.mp4").seconds == pytest.approx(4 + 0.5 + 0.5, abs=0.001)
    with av.open(f"{DAWN}.animatic.mp4") as container:
        picture = next(container.decode(video=0)).to_image().convert("L")
    light = sum(picture.histogram()[180:])
    assert 30 < light < 320 * 180 / 10, "letters on a dark card"
    assert not Path(f"{DUSK}.animatic.mp4").exists()


def test_without_any_video_a_film_has_the_shape_that_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    head = BOARD.partition("  - {id: pour")[0]
    staged(Path(), head.replace("duration: 4,", "duration: 4, aspect_ratio: 9:16,"))
    assert start(["export", "animatic", "--film", "--gaps", "--select", "hour=dusk", "--fps", "24"]) == 0
    facts = check_playable(f"{DUSK}.animatic.mp4")
    assert (facts.width, facts.height, facts.seconds) == (720, 1280, pytest.approx(4.0, abs=0.001))


def test_a_sheet_has_a_row_for_each_shot(tea: Stage) -> None:
    assert start(["export", "sheet", "--film", "--across", "3", "--width", "800"]) == 0
    with Image.open(f"{DAWN}.sheet.png") as page:
        grey = page.convert("L")
        cell = (800 - 4 * 8) // 3
        step = (page.height - 8) // 3
        for row, luma in enumerate((60, 150, 180)):
            for column in range(3):
                spot = (8 + column * (cell + 8) + cell // 2, 8 + row * step + 60)
                assert grey.getpixel(spot) == pytest.approx(255 * (luma - 16) / 219, abs=8)


def test_ratios_that_differ_are_told_where_they_are_written(tea: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    text = Path("storyboard.yaml").read_text(encoding="utf-8")
    Path("storyboard.yaml").write_text(text.replace("id: pour,", "id: pour, aspect_ratio: 9:16,"))
    for kind in ("otio", "animatic", "sheet"):
        assert start(["export", kind, "--film", "--gaps"]) == 3
        said = capsys.readouterr().err
        assert said.startswith("storyboard.yaml:9:30: error: `film@hour=dawn` and 1 more would play `pour/1` at 9:16")
    assert not list(Path().glob("storyboard.film*"))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--by", "hour"], "--by is about films; add --film"),
        (["--gaps"], "--gaps is about films; add --film"),
        (["--film", "--all"], "--film and --all exclude each other"),
        (["--film", "--by", "hou"], "--by: no axis `hou`; did you mean `hour`?"),
        (["--film", "--by", "prompt"], "`film@prompt=plain` has 2 variants of `lane`, by `hour`"),
        (["--film", "--select", "lane"], "`lane` fits no film; expected axis=label of films: hour=dawn, hour=dusk"),
        (["--film", "--exclude", "hour=dawn", "--exclude", "hour=dusk"], "no film is selected"),
        (["--film", "-o", "storyboard.yaml"], "`storyboard.yaml` is a file; expected the folder of the films"),
    ],
)
@pytest.mark.parametrize("kind", ["otio", "animatic", "sheet"])
def test_words_that_mean_no_film(
    tea: Stage, kind: str, words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert start(["export", kind, *words]) == 2
    assert said in capsys.readouterr().err
    assert not list(Path().glob("**/*film@*"))


def test_films_of_one_file_name_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    table = "matrix: {axes: {hour: [{id: A, kind: Hero}, {id: B, kind: hero}]}}"
    staged(Path(), BOARD.replace("matrix: {axes: {hour: [dawn, dusk]}}", table).replace("{{ hour }}", "{{ hour.id }}"))
    assert start(["export", "otio", "--film", "--gaps", "--by", "hour.kind"]) == 2
    assert "`film@hour.kind=Hero` and `film@hour.kind=hero` would have one file name" in capsys.readouterr().err


def test_films_that_show_the_same_say_so_and_a_row_may_lack_a_shot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    text = BOARD.replace("{{ hour }}", "").replace(
        "id: pour, matrix: {only: []}", "id: pour, matrix: {exclude: [{hour: dusk}]}"
    )
    staged(Path(), text.replace("is filled", "is filled, {{ hour }}"))
    assert start(["export", "otio", "--film", "--gaps"]) == 0
    assert "film@hour=dusk: its row has no `pour`\n" in capsys.readouterr().err
    staged(Path(), BOARD.replace("{{ hour }}", ""))
    assert start(["export", "otio", "--film", "--gaps"]) == 0
    assert "film@hour=dusk plays the same videos as film@hour=dawn\n" in capsys.readouterr().err
