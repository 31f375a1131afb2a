"""Takes handed on: a timeline as opentimelineio reads it, one video of many, a contact sheet, and tables."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import opentimelineio as otio
import pytest
from film import Film
from PIL import Image
from stage import LANE, POUR, Stage, staged

from seedspec.cli.main import start
from seedspec.media.facts import MediaError
from seedspec.media.movie import check_playable
from seedspec.media.movie.join import Canvas, Part, join
from seedspec.report.export import spreadsheet
from seedspec.report.export.cut import strip_signature

pytestmark = pytest.mark.slow


def heard(path: Path) -> list[bool]:
    """For each tenth of a second, whether there is sound in it."""
    import array

    samples = array.array("f")
    with av.open(str(path)) as container:
        for frame in container.decode(audio=0):
            samples.frombytes(bytes(frame.planes[0])[: frame.samples * 4])
            rate = frame.sample_rate
    step = rate // 10
    return [
        max(map(abs, samples[i + step // 4 : i + 3 * step // 4])) > 0.02 for i in range(0, len(samples) - step, step)
    ]


# --- one video of many ---


def test_unlike_videos_become_one(tmp_path: Path, film: Film) -> None:
    parts = [
        film(tmp_path / "a.mp4", seconds=2, sound=44100, luma=60),
        film(tmp_path / "b.mp4", seconds=1.5, size=(240, 320), fps=Fraction(30000, 1001), luma=200),
        film(tmp_path / "c.mp4", seconds=1, size=(640, 200), fps=25, sound=48000, layout="5.1", luma=90),
        film(tmp_path / "d.mp4", seconds=2, sound=22050, heard=0.8, luma=150),
        film(tmp_path / "e.mp4", seconds=1, sound=48000, heard=2.5, luma=30),
    ]
    out = tmp_path / "out.mp4"
    seconds = join([Part(p) for p in parts], out, Canvas(320, 240, 24))
    facts = check_playable(out)
    assert seconds == pytest.approx(7.5, abs=1 / 24) and facts.seconds == pytest.approx(seconds, abs=0.001)
    assert (facts.width, facts.height, facts.fps, facts.audio) == (320, 240, 24.0, True)
    # sound stands where its part stands: neither slides, and what is longer than its pictures is cut
    tenths = heard(out)
    wanted = [True] * 20 + [False] * 15 + [True] * 10 + [True] * 8 + [False] * 12 + [True] * 10
    assert len(tenths) == pytest.approx(75, abs=1)
    assert sum(a != b for a, b in zip(tenths, wanted, strict=False)) <= 3
    for stream in ("video", "audio"):
        with av.open(str(out)) as container:
            times = [p.dts for p in container.demux(**{stream: 0}) if p.dts is not None]
            assert times == sorted(set(times))
    lumas = list(middles(out))
    assert len(lumas) == round(seconds * 24)
    assert lumas[24] == pytest.approx(60, abs=4) and lumas[-3] == pytest.approx(30, abs=4)


def middles(path: Path) -> Iterator[int]:
    """The luma in the middle of each picture."""
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            plane = frame.planes[0]
            yield bytes(plane)[plane.line_size * (frame.height // 2) + frame.width // 2]


def test_what_is_narrower_has_black_beside_it(tmp_path: Path, film: Film) -> None:
    part = film(tmp_path / "a.mp4", seconds=0.5, size=(240, 320), luma=200)
    join([Part(part)], tmp_path / "out.mp4", Canvas(320, 240))
    with av.open(str(tmp_path / "out.mp4")) as container:
        frame = next(container.decode(video=0))
        plane = frame.planes[0]
        row = bytes(plane)[plane.line_size * 120 :][:320]
    assert row[20] < 24 and row[160] > 180 and row[300] < 24


def test_names_are_burnt_in_and_leave_the_picture(tmp_path: Path, film: Film) -> None:
    part = film(tmp_path / "a.mp4", seconds=0.5, size=(640, 480), luma=200)
    join([Part(part, "open@look=noir/1 " + "x" * 300)], tmp_path / "out.mp4", Canvas(640, 480))
    with av.open(str(tmp_path / "out.mp4")) as container:
        frame = list(container.decode(video=0))[-1]
        plane = frame.planes[0]
        rows = [bytes(plane)[plane.line_size * y :][:640] for y in range(480)]
    foot = [sum(luma < 60 for luma in row[:320]) for row in rows]
    assert max(foot[440:470]) > 200 and not any(foot[:400])
    assert any(luma > 215 for row in rows[440:470] for luma in row[:320])


def test_the_part_at_fault_is_named(tmp_path: Path, film: Film) -> None:
    good = film(tmp_path / "a.mp4", seconds=0.2)
    (tmp_path / "bad.mp4").write_bytes(good.read_bytes()[:900])
    with pytest.raises(MediaError, match=r"bad\.mp4: "):
        join([Part(good), Part(tmp_path / "bad.mp4")], tmp_path / "out.mp4", Canvas(320, 240))


# --- the commands ---


@pytest.fixture
def shot(stage: Stage, film: Film) -> Stage:
    """Four takes saved: two of one variant, one without sound; one is in doubt, one was never bought."""
    base = stage.planned.place.base / "renders"
    base.mkdir()
    for number, address in enumerate((LANE[0], LANE[1], LANE[2], POUR[0])):
        file = base / f"{address.replace('/', '_take')}.mp4"
        film(file, seconds=1 + number / 2, sound=0 if address == LANE[2] else 48000, luma=60 + 40 * number)
        stage.keep(
            address, "saved", file=f"renders/{file.name}", sha256=f"{number}" * 64, task=f"task-{number}",
            width=320, height=240, seconds=1 + number / 2, bytes=file.stat().st_size, credits=31.5, units=315_000,
        )  # fmt: skip
    stage.keep(LANE[3], "doubt", doubt="=cut off", units=1)
    return stage.again()


def pick(stage: Stage, *addresses: str) -> None:
    for address in addresses:
        assert start(["pick", address]) == 0


def clips(path: str) -> list[otio.schema.Clip]:
    found = otio.adapters.read_from_file(path)
    return list(found.video_tracks()[0])


def test_a_timeline_as_another_program_reads_it(shot: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    assert start(["export", "otio"]) == 0
    said = capsys.readouterr()
    assert said.out == "storyboard.otio\n"
    assert said.err == "4 clips\nwithout a video here, so left out: lane@hour=dusk/2, pour@hour=dusk/1\n"
    found = otio.adapters.read_from_file("storyboard.otio")
    assert found.name == "tea-house" and found.duration().to_seconds() == 1 + 1.5 + 2 + 2.5
    pictures, sounds = found.tracks
    assert [c.name for c in pictures] == [LANE[0], LANE[1], LANE[2], POUR[0]]
    assert [c.range_in_parent().start_time.to_seconds() for c in pictures] == [0, 1, 2.5, 4.5]
    assert [type(c).__name__ for c in sounds] == ["Clip", "Clip", "Gap", "Clip"]
    assert sounds[2].duration() == pictures[2].duration()
    first = pictures[0]
    assert first.media_reference.target_url == "renders/lane%40hour%3Ddawn_take1.mp4"
    assert first.available_range().duration == otio.opentime.RationalTime(24, 24)
    told = first.metadata["seedspec"]
    assert dict(told["variant"]) == {"hour": "dawn"} and told["task"] == "task-0"
    assert told["request"]["prompt"] == "image 1，清晨薄雾，冷色天光。"
    assert not any(c.markers for c in pictures)


def test_the_same_takes_are_the_same_bytes(shot: Stage) -> None:
    start(["export", "otio"])
    first = Path("storyboard.otio").read_bytes()
    start(["export", "otio"])
    assert Path("storyboard.otio").read_bytes() == first
    start(["export", "otio", "-o", "whole.otio"])
    assert Path("whole.otio").read_bytes() == first


def test_media_are_found_from_where_the_timeline_stands(shot: Stage) -> None:
    Path("edit").mkdir()
    assert start(["export", "otio", "-o", "edit/cut.otio"]) == 0
    assert clips("edit/cut.otio")[0].media_reference.target_url == "../renders/lane%40hour%3Ddawn_take1.mp4"
    assert start(["export", "otio", "-o", "edit/cut.otio", "--absolute"]) == 0
    url = clips("edit/cut.otio")[0].media_reference.target_url
    assert url.startswith("file:///") and Path(otio.url_utils.filepath_from_url(url)).is_file()


def test_once_picked_a_cut_has_what_was_picked(shot: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    pick(shot, LANE[1])
    capsys.readouterr()
    assert start(["export", "otio"]) == 0
    assert "without a pick, so left out: lane@hour=dusk, pour@hour=dawn, pour@hour=dusk" in capsys.readouterr().err
    (clip,) = clips("storyboard.otio")
    assert clip.name == LANE[1]
    assert [(m.name, m.color) for m in clip.markers] == [("picked", "GREEN")]
    assert start(["export", "otio", "--all"]) == 0
    assert len(clips("storyboard.otio")) == 4


def test_notes_are_markers_at_their_times(shot: Stage) -> None:
    review = {
        "seedspec_review": 1, "page": {"storyboard": "tea-house", "digest": f"sha256:{'0' * 64}"}, "reviewer": "mia",
        "notes": [
            {"entry": LANE[0], "fp": shot.fp(LANE[0]), "at": 0.5, "text": "茶叶 @ =readable"},
            {"entry": LANE[0], "fp": shot.fp(LANE[0]), "text": "late"},
        ],
    }  # fmt: skip
    Path("storyboard.mia.review.yaml").write_text(json.dumps(review, ensure_ascii=False), encoding="utf-8")
    assert start(["export", "otio"]) == 0
    markers = clips("storyboard.otio")[0].markers
    assert [(m.name, m.color, m.marked_range.start_time.value) for m in markers] == [
        ("茶叶 @ =readable", "YELLOW", 12), ("late", "YELLOW", 0)
    ]  # fmt: skip
    assert dict(markers[0].metadata["seedspec"]) == {"by": "mia", "note": "茶叶 @ =readable"}


def test_an_animatic(shot: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    assert start(["export", "animatic", "--names", "--select", "lane"]) == 0
    said = capsys.readouterr()
    assert said.out == "storyboard.animatic.mp4\n" and said.err.startswith("3 takes, 4.5 s, 320×240\n")
    assert check_playable("storyboard.animatic.mp4").seconds == pytest.approx(4.5, abs=0.001)
    assert start(["export", "animatic", "--size", "240x320", "--fps", "25", "-o", "tall.mp4"]) == 0
    facts = check_playable("tall.mp4")
    assert (facts.width, facts.height, facts.fps) == (240, 320, 25.0)


def test_an_animatic_that_fails_leaves_the_old_one(shot: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    Path("storyboard.animatic.mp4").write_text("old")
    Path("renders", "lane@hour=dawn_take2.mp4").write_bytes(b"\0\0\0\x18ftypmp42")
    assert start(["export", "animatic"]) == 2
    assert "lane@hour=dawn_take2.mp4: " in capsys.readouterr().err
    assert Path("storyboard.animatic.mp4").read_text() == "old"
    assert not list(Path().glob(".*.new"))


@pytest.mark.parametrize("size", ["x", "12", "321x240", "0x0", "99999x240", "-2x4"])
def test_sizes_that_are_none(shot: Stage, size: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert start(["export", "animatic", f"--size={size}"]) == 2
    assert f"--size is `{size}`" in capsys.readouterr().err


def test_a_contact_sheet(shot: Stage) -> None:
    assert start(["export", "sheet", "--width", "800", "--across", "2"]) == 0
    with Image.open("storyboard.sheet.png") as page:
        assert page.format == "PNG" and page.width == 800
        cell = (800 - 3 * 8) // 2
        wanted = [(60, 0), (100, 1), (140, 0), (180, 1)]
        grey = page.convert("L")
        row = (page.height - 8) // 2
        for number, (luma, column) in enumerate(wanted):
            spot = (8 + column * (cell + 8) + cell // 2, 8 + number // 2 * row + 100)
            assert grey.getpixel(spot) == pytest.approx(255 * (luma - 16) / 219, abs=6)


def test_nothing_to_hand_on(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    for kind in ("otio", "animatic", "sheet"):
        assert start(["export", kind]) == 2
        assert "no take is saved here" in capsys.readouterr().err
    assert start(["export", "csv"]) == 0
    assert capsys.readouterr().out.count("\r\n") >= 6


def test_a_table_of_everything(shot: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    pick(shot, LANE[0])
    capsys.readouterr()
    assert start(["export", "csv", "-o", "takes.csv"]) == 0
    rows = list(csv.DictReader(io.StringIO(Path("takes.csv").read_bytes().decode(), newline="")))
    assert [r["entry"] for r in rows] == [LANE[0], LANE[1], LANE[2], LANE[3], POUR[0], POUR[1]]
    first, doubt = rows[0], rows[3]
    assert (first["axis:hour"], first["take"], first["state"], first["picked"]) == ("dawn", "1", "saved", "yes")
    assert (first["seconds"], first["reserved_credits"], first["estimate_credits"]) == ("1.0", "31.5", "31.3875")
    assert first["prompt"] == "image 1，清晨薄雾，冷色天光。" and first["task"] == "task-0"
    assert (doubt["state"], doubt["picked"], doubt["file"]) == ("doubt", "no", "")
    assert start(["export", "csv", "--bom", "-o", "excel.csv"]) == 0
    assert Path("excel.csv").read_bytes() == b"\xef\xbb\xbf" + Path("takes.csv").read_bytes()
    capsys.readouterr()
    assert start(["export", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["seedspec_export"] == 1 and found["entries"][0]["picked"] is True
    assert list(found["entries"][0]) == list(first)


def test_no_cell_is_a_formula(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = "seedspec: 1\nmodel: seedance-2.0-reference-to-video\nreferences: {cup: {image: https://a.example/b.png}}\n"
    prompts = (
        "=1+1 {{ ref('cup') }}",
        "+x {{ ref('cup') }}",
        "-x {{ ref('cup') }}",
        "@x {{ ref('cup') }}",
        "a=b {{ ref('cup') }}",
    )
    shots = "".join(f"  - {{id: s{i}, prompt: {json.dumps(p)}}}\n" for i, p in enumerate(prompts))
    stage = staged(tmp_path, f"{text}shots:\n{shots}")
    found = spreadsheet.rows(stage.planned.plan, spreadsheet.Picks(), {}, stage.rate)
    cells = [row["prompt"] for row in csv.DictReader(io.StringIO(spreadsheet.as_csv(found)))]
    assert cells == ["'=1+1 image 1", "'+x image 1", "'-x image 1", "'@x image 1", "a=b image 1"]


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20", " =", "\t", "\r"])
def test_no_text_begins_a_formula(begin: str) -> None:
    """Also as full-width signs, and behind a semicolon, which parts fields in some countries (OWASP, CSV Injection)."""
    text = f"{begin}1+1;{begin}cmd|' /c calc'!A0\n{begin}2\x1b[2J\u202e"
    made = spreadsheet.as_csv([{"a": text, "b": "x;=1+1", "c": -1.5, "d": None, "e": True}])
    head, row = csv.reader(io.StringIO(made))
    assert head == ["a", "b", "c", "d", "e"] and row[1:] == ["x;'=1+1", "-1.5", "", "yes"]
    assert not {"\x1b", "\u202e", "\t", "\r"} & set(row[0])
    assert all(field[0] == field[-1] == '"' for field in made.splitlines()[0].split(",")), "every field is quoted"
    formula = re.compile('[" ]*[-=+@\uff1d\uff0b\uff0d\uff20\t\r]')
    for delimiter in ",;\t":
        for fields in csv.reader(io.StringIO(made), delimiter=delimiter):
            assert not any(formula.match(f) for f in fields if f != "-1.5"), fields


@pytest.mark.parametrize(
    "size", ["²x²", "१२८x१२८", "128x", "x128", "128X128", "-2x128", "9" * 5000 + "x128", "128x128\n"]
)
def test_a_size_is_two_numbers(size: str, stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    assert start(["export", "animatic", "--size", size]) == 2
    assert "expected WIDTHxHEIGHT" in capsys.readouterr().err


def test_a_signature_is_handed_to_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, film: Film) -> None:
    assert strip_signature(["https://a.example/b.png?sig=1", "x https://a.example/c#t y", 5]) == [
        "https://a.example/b.png", "x https://a.example/c y", 5
    ]  # fmt: skip
    monkeypatch.chdir(tmp_path)
    stage = staged(
        tmp_path,
        "seedspec: 1\nmodel: seedance-2.0-reference-to-video\n"
        "references: {cup: {image: 'https://a.example/b.png?X-Amz-Signature=secret'}}\n"
        "shots: [{id: open, prompt: \"{{ ref('cup') }}\"}]\n",
    )
    film(tmp_path / "a.mp4", seconds=0.2)
    stage.keep("open/1", "saved", file="a.mp4", sha256="0" * 64, seconds=0.2)
    assert start(["export", "otio"]) == start(["export", "csv", "-o", "a.csv"]) == 0
    for name in ("storyboard.otio", "a.csv"):
        assert "https://a.example/b.png" in Path(name).read_text() and "secret" not in Path(name).read_text()


def test_ffprobe_agrees(shot: Stage) -> None:
    if not shutil.which("ffprobe"):
        pytest.skip("ffprobe is not installed")
    assert start(["export", "animatic"]) == 0
    command = [
        "ffprobe",
        "-v",
        "error",
        "-show_entries",
        "stream=duration",
        "-of",
        "csv=p=0",
        "storyboard.animatic.mp4",
    ]
    said = subprocess.run(command, capture_output=True, text=True, check=True)
    assert said.stderr == "" and [float(line) for line in said.stdout.split()] == pytest.approx([7.0, 7.0], abs=0.001)
