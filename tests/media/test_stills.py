"""One picture of a video: which one is shown at a moment, and that the same video gives the same bytes everywhere."""

from __future__ import annotations

import hashlib
import io
import random
import struct
import subprocess
import sys
import zlib
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import made
import pytest
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from PIL import Image

from seedspec.media.facts import MediaError
from seedspec.media.movie.still import Moment, still
from seedspec.media.picture import Raster
from seedspec.media.picture.png import png
from seedspec.media.reader import facts, picture_of

LEVELS = 9
"""How far apart in brightness two pictures of these clips are: more than a lossy encoder moves either."""


def clip(path: Path, times: list[Fraction], *, bframes: int = 0, key_every: int = 250, sound: float = 0.0) -> Path:
    """Grey pictures, the n-th of brightness 16 + 9n, shown at these times; B-frames as many as asked for."""
    x264 = f"keyint={key_every}:min-keyint={key_every}:scenecut=0:bframes={bframes}:b-adapt=0"
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream(
            "libx264", rate=24, options={"preset": "veryfast", "qp": "4", "x264-params": x264}
        )
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = 320, 320, "yuv420p"
        base = stream.codec_context.time_base = Fraction(1, 12_000)
        tone = container.add_stream("aac", rate=48000, layout="mono") if sound else None
        for number, time in enumerate(times):
            frame = VideoFrame(320, 320, "yuv420p")
            for plane, level in zip(frame.planes, (16 + LEVELS * number, 128, 128), strict=True):
                plane.update(bytes([level]) * plane.buffer_size)
            frame.pts, frame.time_base = round(time / base), base
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        if tone is not None:
            quiet = av.AudioFrame(format="fltp", layout="mono", samples=round(48000 * sound))
            quiet.planes[0].update(bytes(quiet.planes[0].buffer_size))
            quiet.sample_rate, quiet.pts = 48000, 0
            container.mux(tone.encode(quiet))
            container.mux(tone.encode(None))
    return path


def steady(count: int) -> list[Fraction]:
    return [Fraction(n, 24) for n in range(count)]


def shown(path: Path, at: Moment) -> int:
    """The number of the picture of such a clip that is shown at a moment."""
    with path.open("rb") as file:
        grey = still(file, at).rgb[160 * 320 * 3]
    return round(grey * 219 / 255 / LEVELS)


@pytest.mark.parametrize("bframes", [0, 3])
@pytest.mark.parametrize("key_every", [1, 7, 250])
def test_the_first_the_last_and_the_one_at_a_time(bframes: int, key_every: int, tmp_path: Path) -> None:
    path = clip(tmp_path / "a.mp4", steady(22), bframes=bframes, key_every=key_every)
    assert (shown(path, "first"), shown(path, "last")) == (0, 21)
    for number in (0, 1, 5, 6, 7, 13, 20, 21):
        assert shown(path, Fraction(number, 24)) == number
        assert shown(path, Fraction(number, 24) + Fraction(1, 30)) == number, "it is shown until the next one is"
    assert shown(path, Fraction(41, 1000)) == 0 and shown(path, Fraction(42, 1000)) == 1


def test_pictures_that_come_at_odd_times(tmp_path: Path) -> None:
    times = [Fraction(0), Fraction(1, 10), Fraction(3, 10), Fraction(31, 100), Fraction(2), Fraction(21, 10)]
    path = clip(tmp_path / "a.mp4", times, bframes=2)
    asked = {0: 0, 0.099: 0, 0.1: 1, 0.3: 2, 0.309: 2, 0.31: 3, 1.999: 3, 2: 4, 2.1: 5}
    assert {at: shown(path, Fraction(round(1000 * at), 1000)) for at in asked} == asked
    assert shown(path, "last") == 5


def test_a_sound_that_is_longer_or_shorter_than_the_pictures(tmp_path: Path) -> None:
    longer = clip(tmp_path / "longer.mp4", steady(12), sound=2.0)
    assert (shown(longer, "last"), shown(longer, Fraction(3, 2))) == (11, 11), "the last picture stays while it sounds"
    with pytest.raises(MediaError, match=r"2\.5 s is past its end: it lasts 2\.0"):
        shown(longer, Fraction(5, 2))
    shorter = clip(tmp_path / "shorter.mp4", steady(12), sound=0.2)
    assert (shown(shorter, "first"), shown(shorter, "last")) == (0, 11)


def test_a_time_past_the_end_is_no_picture(tmp_path: Path) -> None:
    path = clip(tmp_path / "a.mp4", steady(12))
    assert shown(path, Fraction(55, 100)) == 11, "readers differ by a picture's time in where a video ends"
    with pytest.raises(MediaError, match=r"0\.7 s is past its end: it lasts 0\.500 s"):
        shown(path, Fraction(7, 10))


def edited(path: Path, start: int, length: int) -> Path:
    """The same clip with an edit list that shows a part: from its so-manieth picture on, so many of them."""
    data = bytearray(path.read_bytes())
    at = data.find(b"elst")
    assert at > 0 and data.count(b"elst") == 1 and struct.unpack_from(">I", data, at + 8)[0] == 1
    scale = struct.unpack_from(">I", data, data.find(b"mdhd") + 16)[0]
    begin = struct.unpack_from(">i", data, at + 16)[0]
    struct.pack_into(">I", data, at + 12, round(1000 * length / 24))
    struct.pack_into(">i", data, at + 16, begin + start * scale // 24)
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("bframes", [0, 2])
@pytest.mark.parametrize("key_every", [3, 250])
def test_what_an_edit_list_leaves_out_is_not_shown(bframes: int, key_every: int, tmp_path: Path) -> None:
    path = edited(clip(tmp_path / "a.mp4", steady(24), bframes=bframes, key_every=key_every), 5, 12)
    assert (shown(path, "first"), shown(path, "last")) == (5, 16)
    assert shown(path, Fraction(3, 24)) == 8


@pytest.mark.parametrize("turned", [0, 90, 180, 270])
def test_a_turned_video_gives_the_picture_as_it_is_shown(turned: int, tmp_path: Path) -> None:
    """A white corner, upper left in what was recorded, is where a player shows it."""
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=24, options={"qp": "4"})
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        if turned:
            stream.set_display_rotation(turned)
        image = Image.new("RGB", (320, 240), "black")
        image.paste("white", (0, 0, 100, 100))
        container.mux(stream.encode(VideoFrame.from_image(image)))
        container.mux(stream.encode(None))
    with path.open("rb") as file:
        found = still(file, "first")
    told = facts(path)
    assert (found.width, found.height) == (told.width, told.height)
    picture = Image.frombytes("RGB", (found.width, found.height), found.rgb).convert("L")
    right, low = found.width - 10, found.height - 10
    corners = {"upper left": (10, 10), "upper right": (right, 10), "lower right": (right, low), "lower left": (10, low)}
    (white,) = [name for name, place in corners.items() if picture.getpixel(place) > 200]  # type: ignore[operator]
    rotation = {0: "upper left", 90: "lower left", 180: "lower right", 270: "upper right"}
    assert white == rotation[turned], "degrees are counted against the clock"


@pytest.mark.parametrize(("height", "colours"), [(720, "bt709"), (480, "smpte170m")])
def test_colours_that_a_file_says_nothing_about_are_those_of_its_size(
    height: int, colours: str, tmp_path: Path
) -> None:
    red = {"bt709": (63, 102, 240), "smpte170m": (81, 90, 240)}[colours]
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=24, options={"qp": "0"})
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = 640, height, "yuv420p"
        frame = VideoFrame(640, height, "yuv420p")
        for plane, level in zip(frame.planes, red, strict=True):
            plane.update(bytes([level]) * plane.buffer_size)
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    with path.open("rb") as file:
        seen = still(file, "first").rgb[:3]
    assert max(abs(a - b) for a, b in zip(seen, (255, 0, 0), strict=True)) <= 2


def noise(path: Path) -> Path:
    """A clip of coloured noise, in which any other way to round shows: its own bytes are the same each time."""
    chance = random.Random(7)
    with av.open(str(path), "w", options={"fflags": "bitexact"}) as container:
        stream = container.add_stream("mpeg4", rate=24, options={"qscale": "2", "flags": "bitexact"})
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = 322, 242, "yuv420p"
        stream.codec_context.thread_count = 1
        for _ in range(3):
            frame = VideoFrame(322, 242, "yuv420p")
            for plane in frame.planes:
                plane.update(chance.randbytes(plane.buffer_size))
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


PROCESSOR = """\
import ctypes, hashlib, sys
from fractions import Fraction
from seedspec.media.reader import picture_of
import av
library = next(line.split()[-1] for line in open("/proc/self/maps") if "libavutil" in line)
ctypes.CDLL(library).av_force_cpu_flags(int(sys.argv[2]))
with open(sys.argv[1], "rb") as file:
    print(*(hashlib.sha256(picture_of(file, frame)[0]).hexdigest() for frame in ("first", "last", "42")))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the libraries of a process are looked up in /proc")
def test_another_processor_gives_the_same_bytes(tmp_path: Path) -> None:
    """With all that this processor can do, and with none of it."""
    path = noise(tmp_path / "a.mp4")

    def cut(flags: int) -> list[str]:
        command = [sys.executable, "-c", PROCESSOR, str(path), str(flags)]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()

    found = cut(-1)
    assert len(set(found)) == 3, "three pictures of noise"
    assert found == cut(0)


def chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    out, at = [], 8
    while at < len(data):
        (size,) = struct.unpack_from(">I", data, at)
        out.append((data[at + 4 : at + 8], data[at + 8 : at + 8 + size]))
        assert zlib.crc32(data[at + 4 : at + 8 + size]) == struct.unpack_from(">I", data, at + 8 + size)[0]
        at += 12 + size
    return out


@pytest.mark.parametrize("size", [(1, 1), (300, 301), (1470, 630), (1456, 15)])
def test_a_png_has_the_pixels_and_nothing_else(size: tuple[int, int], tmp_path: Path) -> None:
    """Sizes of less than one block, of many, and of exactly one, which has 65,535 bytes."""
    width, height = size
    rgb = random.Random(1).randbytes(width * height * 3)
    data = png(Raster(width, height, rgb))
    with Image.open(io.BytesIO(data)) as image:
        assert (image.format, image.mode, image.size, image.info) == ("PNG", "RGB", size, {})
        assert image.tobytes() == rgb
    assert [name for name, _ in chunks(data)] == [b"IHDR", b"IDAT", b"IEND"]
    (rows,) = [body for name, body in chunks(data) if name == b"IDAT"]
    assert zlib.decompress(rows)[:: width * 3 + 1] == bytes(height)


def test_the_bytes_of_a_png_are_those_that_were_first_made() -> None:
    """They are in locks, as digests, and at the service: no change of this program makes others of the same pixels."""
    data = png(Raster(2, 2, bytes(range(12))))
    assert hashlib.sha256(data).hexdigest() == "664fc93c785dc4c415cee8fde6f7e0ff2c0a5d5b706c8654bde19c935862dceb"


def test_a_video_that_does_not_decode_gives_none(tmp_path: Path) -> None:
    whole = made.video(tmp_path / "whole.mp4", sounds=1)
    data = whole.read_bytes()
    at = data.find(b"mdat") + 4
    broken: dict[str, Any] = {
        "noise.mp4": data[:at] + random.Random(3).randbytes(len(data) - at),
        "zeros.mp4": data[:at] + bytes(len(data) - at),
        "text.mp4": b"no video at all",
        "empty.mp4": b"",
    }
    for name, content in broken.items():
        (tmp_path / name).write_bytes(content)
        for frame in ("first", "last", "500"):
            with (tmp_path / name).open("rb") as file, pytest.raises(MediaError):
                picture_of(file, frame)
    sound = made.sound(tmp_path / "sound.m4a", 1)
    with sound.open("rb") as file, pytest.raises(MediaError):
        picture_of(file, "first")
