"""Pictures, light, spans and joins by their values: what is shown, for how long, in which size, and where."""

from __future__ import annotations

import hashlib
import io
import struct
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import av
import pytest
from made import video
from PIL import Image
from told import said

from seedspec.media import picture, sound
from seedspec.media.facts import MediaError
from seedspec.media.movie import gauge, join, probe, still
from seedspec.media.movie.decode import _end_of
from seedspec.media.movie.frames import frame_of, pack, raster_of, sentence
from seedspec.media.movie.join import Canvas, Gap, Part
from seedspec.media.picture import Raster, light
from seedspec.media.picture.drawing import Type, label

HERE = Path(__file__).parent / "expected"
Expect = Callable[[Path, str], None]


# --- light -----------------------------------------------------------------------------------------------------------


def test_the_light_is_the_same_everywhere_and_moves_with_time() -> None:
    first, same, later, last = light.shine(62, 30, [0, 0.01, 2, 2.4])
    assert first == same != later and first == last and len(first) == 62 * 30
    assert set(first) <= {*range(116, 141)} and (min(first), max(first)) == (117, 139)
    image = Image.frombytes("L", (62, 30), first)
    grains = [[image.getpixel((x, y)) for x in range(0, 62, 4)] for y in range(0, 30, 4)]
    for y in range(30):
        assert [image.getpixel((x, y)) for x in range(0, 62, 4)] == grains[y // 4]
    assert [hashlib.sha256(rows).hexdigest()[:16] for rows in (first, later)] == [
        "9aef4446d43cd54d",
        "a7c954132d0a3ce7",
    ]


def test_light_makes_a_card_lighter_or_darker() -> None:
    assert light.lay_light(bytes((0, 16, 100, 250, 255)), bytes((128, 120, 140, 140, 116))) == bytes(
        (0, 8, 112, 255, 243)
    )
    assert [light._bright(place) for place in (0, 0.15, 0.3, 0.45, 0.075)] == [90, 255, 90, 90, 172]


# --- spans and sizes -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said_in_turn", "least", "spans"),
    [
        ([], 0.1, ()), ([{"n_start": "1"}, {"n_end": "2"}], 0.1, ((0.5, 1.5),)),
        ([{"n_start": "1"}], 0.1, ((0.5, 4.5),)),
        ([{"n_end": "2"}], 0.1, ()), ([{"n_start": "1"}, {}, {"n_end": "1.4"}], 0.4, ((0.5, 0.9),)),
        ([{"n_start": "1"}, {"n_end": "1.39"}], 0.4, ()), ([{"n_start": "0"}, {"n_end": "9"}], 0.1, ((0.0, 4.5),)),
        ([{"n_start": "1"}, {"n_end": "2", "n_start": "2"}, {"n_end": "3"}], 0.1, ((0.5, 1.5), (1.5, 2.5))),
        ([{"x_start": "1"}, {"x_end": "2"}], 0.1, ()),
    ],
)  # fmt: skip
def test_a_span_lasts_from_where_it_begins_to_where_it_ends(said_in_turn: Any, least: float, spans: Any) -> None:
    found = gauge._Spans("n")
    for one in said_in_turn:
        found.read(one)
    assert found.of(0.5, 5.0, least) == spans


def test_pictures_are_compared_at_one_size() -> None:
    sizes = [(1280, 720), (720, 1280), (360, 360), (359, 100), (2, 2), (1, 4000), (1470, 630)]
    assert [gauge._scale(*size) for size in sizes] == [
        (640, 360), (360, 640), (360, 360), (360, 100), (2, 2), (2, 4000), (840, 360),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("times", "late"),
    [
        ([0, 15, 25, 35], True), ([0, 10, 20, 30], False), ([0, 19, 29, 39], True), ([0, 20, 30, 40], False),
        ([0, 15, 25], False), ([0, 15, 25, 25], False), ([0, 15, 25, 37], True), ([0, 15, 25, 38], False),
        ([0, 1500, 2500, 3500, 4520], True), ([0, 1500, 2500, 3500, 4521], False), ([0, 11, 22, 32], False),
    ],
)  # fmt: skip
def test_a_first_picture_that_alone_stands_longer_is_no_change_of_rate(times: list[int], late: bool) -> None:
    assert probe._late(times) is late


def rates(times: list[int], base: Fraction | None = Fraction(1, 100), **more: Any) -> Any:
    entries = [SimpleNamespace(timestamp=time) for time in times]
    stream = SimpleNamespace(frames=len(times), index_entries=entries, time_base=base, average_rate=more.get("average"),
                             guessed_rate=more.get("guessed"))  # fmt: skip
    return probe.rates(SimpleNamespace(), stream, whole=False)  # type: ignore[arg-type]


def test_a_rate_is_that_of_the_slowest_second_of_all_and_of_the_fastest() -> None:
    assert rates([0, 10, 20, 30, 40]) == (10.0, 10.0, 10.0) and rates([30, 10, 0, 20]) == (10.0, 10.0, 10.0)
    assert rates([0, 50, 100, 120, 140, 160]) == (2.5, 3.125, 5.0)
    assert rates([0, 15, 25, 35, 45]) == (10.0, 10.0, 10.0)
    assert rates([0, 0, 10]) == (20.0, 20.0, 20.0) and rates([0, 200]) == (0.5, 0.5, 0.5)
    assert (
        rates([5], average=Fraction(24000, 1001))
        == (None, 23.976, None)
        == rates([5, 5], average=Fraction(24000, 1001))
    )
    assert rates([], guessed=25) == (None, 25.0, None) and rates([]) == (None, None, None)
    assert rates([0, 10], base=None, average=12) == (None, 12.0, None)


# --- one picture -----------------------------------------------------------------------------------------------------


def matrix(a: int, b: int, c: int, d: int) -> bytes:
    one = 1 << 16
    return struct.pack("=9i", a * one, b * one, 0, c * one, d * one, 0, 0, 0, 1 << 30)


@pytest.mark.parametrize(
    ("held", "turns"),
    [
        ((1, 0, 0, 1), []), ((-1, 0, 0, 1), [("hflip", "")]), ((1, 0, 0, -1), [("vflip", "")]),
        ((-1, 0, 0, -1), [("hflip", ""), ("vflip", "")]), ((0, 1, -1, 0), [("transpose", "dir=clock")]),
        ((0, -1, 1, 0), [("transpose", "dir=cclock")]), ((0, 1, 1, 0), [("transpose", "dir=cclock_flip")]),
        ((0, -1, -1, 0), [("transpose", "dir=clock_flip")]),
    ],
)  # fmt: skip
def test_a_picture_is_turned_and_mirrored_as_its_file_says(held: Any, turns: Any) -> None:
    assert still._turns(SimpleNamespace(side_data={"DISPLAYMATRIX": matrix(*held)})) == turns  # type: ignore[arg-type]
    assert still._turns(SimpleNamespace(side_data={})) == []  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("width", "height", "colours"),
    [(640, 576, "smpte170m"), (640, 577, "bt709"), (1279, 576, "smpte170m"), (1280, 500, "bt709")],
)
def test_colours_that_nothing_is_said_about_go_by_the_size(width: int, height: int, colours: str) -> None:
    assert still._matrix(SimpleNamespace(colorspace=2, width=width, height=height)) == colours  # type: ignore[arg-type]
    assert still._matrix(SimpleNamespace(colorspace=1, width=width, height=height)) == "auto"  # type: ignore[arg-type]


def test_a_picture_ends_when_the_next_one_could_begin() -> None:
    def frame(time: float | None, duration: int, base: Fraction | None = Fraction(1, 10)) -> Any:
        return SimpleNamespace(time=time, duration=duration, time_base=base)

    assert [_end_of(frame(*one)) for one in ((None, 5), (1.0, 5), (1.0, 0), (1.0, 5, None))] == [0.0, 1.5, 1.0, 1.0]


def test_pixels_go_through_frames_without_their_padding() -> None:
    grey = Raster(34, 18, bytes((120, 120, 120)) * 34 * 18)
    found = raster_of(frame_of(grey))
    assert (found.width, found.height, len(found.rgb)) == (34, 18, 34 * 18 * 3)
    assert max(found.rgb) - min(found.rgb) <= 2 and abs(found.rgb[0] - 120) <= 2
    frame = frame_of(grey)
    assert [len(pack(plane, 17 if n else 34)) for n, plane in enumerate(frame.planes)] == [34 * 18, 17 * 9, 17 * 9]


def test_an_error_is_one_short_line() -> None:
    assert sentence(ValueError("a\n b")) == "a b" and sentence(ValueError()) == "ValueError"
    assert sentence(OSError(2, "No such file")) == "No such file" and len(sentence(ValueError("x" * 500))) == 120


@pytest.mark.parametrize(
    ("size", "width", "shown"),
    [
        ((1280, 720), 480, (480, 270)), ((720, 1280), 480, (270, 480)), ((1000, 1000), 480, (360, 360)),
        ((480, 270), 480, (480, 270)), ((100, 100), 480, (100, 100)), ((4000, 2), 480, (4000, 2)),
        ((9000, 1), 60, (4269, 1)),
    ],
)  # fmt: skip
def test_a_poster_has_as_many_pixels_at_most_as_a_wide_one(size: tuple[int, int], width: int, shown: Any) -> None:
    raster = Raster(*size, bytes(size[0] * size[1] * 3))
    for webp, format in ((False, "JPEG"), (True, "WEBP")):
        image = Image.open(io.BytesIO(picture.poster(raster, width=width, webp=webp)))
        assert (image.format, image.size) == (format, shown)


def saved(image: Image.Image, format: str, **more: Any) -> io.BytesIO:
    out = io.BytesIO()
    image.save(out, format.upper(), **more)
    return out


def test_a_thumbnail_is_small_turned_and_as_transparent_as_its_picture() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = saved(Image.new("RGB", (400, 200), "teal"), "jpeg", exif=exif)
    image = Image.open(io.BytesIO(picture.thumbnail(turned, "jpeg", side=100)))
    assert (image.format, image.mode, image.size) == ("WEBP", "RGB", (50, 100))
    whole = picture.raster(turned, "jpeg")
    assert (whole.width, whole.height, len(whole.rgb)) == (200, 400, 200 * 400 * 3)
    clear = saved(Image.new("RGBA", (40, 20), (0, 0, 0, 9)), "png")
    image = Image.open(io.BytesIO(picture.thumbnail(clear, "png", side=100)))
    assert (image.mode, image.size) == ("RGBA", (40, 20))


def spotted(count: int, alpha: int, mode: str = "RGBA") -> Image.Image:
    image = Image.new("RGBA", (50, 40), (9, 9, 9, 255))
    for n in range(count):
        image.putpixel((n % 50, n // 50), (9, 9, 9, alpha))
    return image.convert(mode)


def animated(format: str) -> io.BytesIO:
    first, *others = [Image.new("RGB", (20, 20), colour) for colour in ("red", "blue", "green")]
    return saved(first, format, save_all=True, append_images=others, duration=100)


PICTURES: dict[str, tuple[str, Callable[[], io.BytesIO]]] = {
    "a png": ("png", lambda: saved(spotted(0, 0), "png")), "a spot": ("png", lambda: saved(spotted(2, 249), "png")),
    "half a spot": ("png", lambda: saved(spotted(1, 0), "png")),
    "a spot that is not seen": ("png", lambda: saved(spotted(9, 250), "png")),
    "a grey spot": ("png", lambda: saved(spotted(100, 0, "LA"), "png")),
    "a spot in a palette": ("png", lambda: saved(spotted(100, 0).quantize(), "png")),
    "a webp with a spot": ("webp", lambda: saved(spotted(1000, 100), "webp", lossless=True)),
    "a webp": ("webp", lambda: saved(Image.new("RGB", (9, 9)), "webp")),
    "a moving webp": ("webp", lambda: animated("webp")),
    "a moving png": ("png", lambda: animated("png")), "a moving gif": ("gif", lambda: animated("gif")),
    "colours of print": ("jpeg", lambda: saved(Image.new("CMYK", (9, 9)), "jpeg")),
    "a jpeg that is none": ("jpeg", lambda: io.BytesIO(b"\xff\xd8\xff" + b"x" * 50)),
}  # fmt: skip


def picture_shown(format: str, stream: io.BytesIO, *, whole: bool) -> str:
    found = picture.facts(stream, format=format, size=stream.getbuffer().nbytes, whole=whole)
    return f"{found.width} x {found.height} {[(r.kind, r.found, r.advice, r.command) for r in found.remarks]}"


def test_what_is_told_of_each_picture(expect: Expect) -> None:
    lines = []
    for case, (format, make) in PICTURES.items():
        lines += [
            f"{case}: {said(lambda f=format, m=make, w=whole: picture_shown(f, m(), whole=w))}"
            for whole in (True, False)
        ]
    expect(HERE / "pictures.txt", "\n".join(lines) + "\n")


@pytest.mark.parametrize(("format", "least"), [("wav", 44), ("mp3", 96), ("flac", 96)])
def test_a_sound_of_a_few_bytes_is_cut_short(format: str, least: int) -> None:
    with pytest.raises(MediaError, match=rf"^cut short: {least - 1} bytes hold no {format} sound$"):
        sound.facts(io.BytesIO(bytes(least - 1)), format=format, size=least - 1, whole=True)
    with pytest.raises(MediaError) as found:
        sound.facts(io.BytesIO(bytes(least)), format=format, size=least, whole=True)
    assert "cut short" not in str(found.value)


# --- many in one -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "at", "after"),
    [
        (b"", 0, b"aaaabbbb"), (b"xxxx", 1, b"xxxxaaaabbbb"), (b"", -1, b"bbbb"), (b"", 3, bytes(12) + b"aaaabbbb"),
        (b"xxxx", 2, b"xxxxaaaabbbb"), (b"xxxx", 3, b"xxxx" + bytes(8) + b"aaaabbbb"),
        (b"xxxxyyyy", 0, b"xxxxyyyyaaaabbbb"),
    ],
)  # fmt: skip
def test_sound_is_put_where_it_belongs(before: bytes, at: int, after: bytes) -> None:
    channel = bytearray(before)
    join._place(channel, b"aaaabbbb", at)
    assert bytes(channel) == after


def test_parts_and_gaps_follow_one_another_with_their_labels(tmp_path: Path) -> None:
    first = video(tmp_path / "a.mp4", 320, 320, frames=12, sounds=1)
    parts = [Part(first, "open take 1"), Gap(("nothing", "of shot two"), 0.3), Gap(("short",), 0.0), Part(first)]
    canvas = Canvas(480, 240, 20)
    assert canvas.samples == 2400 and join.join(parts, tmp_path / "out.mp4", canvas) == pytest.approx(27 / 20)
    with av.open(str(tmp_path / "out.mp4")) as made:
        stream, heard = made.streams.video[0], made.streams.audio[0]
        assert (stream.width, stream.height, stream.average_rate, stream.frames) == (480, 240, 20, 27)
        assert (heard.rate, heard.layout.name) == (48_000, "stereo")
        frames = [pack(frame.planes[0], 480) for frame in made.decode(stream)]
    small = label("open take 1", height=240, most=480, type=Type())
    image, last = (Image.frombytes("L", (480, 240), frames[n]) for n in (5, 26))
    inside, edge = image.crop((6, 234 - small.height, 6 + small.width, 234)), 240 - 6 - small.height
    assert inside.getextrema()[1] > 180 and abs(int(inside.getpixel((1, 1))) - 24) < 12  # type: ignore[arg-type]
    plain = Image.frombytes("L", (small.width, small.height), small.luma)
    differing = [abs(a - b) for a, b in zip(inside.tobytes(), plain.tobytes(), strict=True)]
    assert sum(differing) / len(differing) < 12
    assert edge > 0 and last.crop((6, edge, 6 + small.width, 234)).getextrema()[1] < 120
    for n in (5, 26):
        side = Image.frombytes("L", (480, 240), frames[n]).crop((0, 0, 60, 100))
        assert max(side.getextrema()) < 24


def test_a_part_without_pictures_is_named(tmp_path: Path) -> None:
    text = tmp_path / "a.mp4"
    text.write_bytes(b"no video")
    with pytest.raises(MediaError, match=r"a\.mp4: found unknown bytes, expected an MP4 file$"):
        join.join([Part(text)], tmp_path / "out.mp4", Canvas(64, 64))
