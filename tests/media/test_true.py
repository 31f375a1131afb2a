"""Facts against a second reading: each sample of a file is decoded and counted, as programs write them."""

from __future__ import annotations

import io
import struct
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import made
import pytest
from av.audio.frame import AudioFrame
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from PIL import Image, ImageDraw

from seedspec.media.boxes import boxes_of
from seedspec.media.facts import Facts, MediaError
from seedspec.media.reader import facts

pytestmark = pytest.mark.slow

RATE = 24000
PCM = struct.pack("<h", 700) * (RATE * 5)  # five seconds


def written(path: Path, content: bytes) -> Facts:
    path.write_bytes(content)
    return facts(path)


def kinds(found: Facts) -> list[str]:
    return [remark.kind for remark in found.remarks]


# ---- WAV


def fmt(tag: int, bits: int, channels: int = 1, order: str = "<", more: bytes = b"") -> bytes:
    align = channels * bits // 8
    return struct.pack(order + "HHIIHH", tag, channels, RATE, RATE * align, align, bits) + more


def riff(format: bytes, sound: bytes, *, data: int | None = None, whole: int | None = None, order: str = "<",
         name: bytes = b"RIFF", before: bytes = b"", after: bytes = b"") -> bytes:  # fmt: skip
    number = lambda n: struct.pack(order + "I", n)  # noqa: E731
    data = len(sound) if data is None else data
    body = b"WAVE" + before + b"fmt " + number(len(format)) + format + b"data" + number(data) + sound + after
    return name + number(len(body) if whole is None else whole) + body


SUBFORMAT = b"\x00\x00\x00\x00\x10\x00\x80\x00\x00\xaa\x00\x38\x9b\x71"
EXTENSIBLE = struct.pack("<HHI", 22, 24, 4) + struct.pack("<H", 1) + SUBFORMAT


@pytest.mark.parametrize(
    "data", [0, 0x7FFFFFFF, 0x7FFFFFFF - 36, 0x80000000, 0xFFFFFFFF, 0xFFFFFFFF - 36, 0xFFFFFFFE, 0xFFFFF000,
     1_000_000_001]
)  # fmt: skip
@pytest.mark.parametrize("whole", [0, 36, 0x7FFFFFFF, 0xFFFFFFFF])
def test_a_wav_whose_header_was_never_finished(tmp_path: Path, data: int, whole: int) -> None:
    found = written(tmp_path / "a.wav", riff(fmt(1, 16), PCM, data=data, whole=whole))
    assert (found.seconds, found.behind, kinds(found)) == (5.0, 0, ["header"])
    assert "-ignore_length 1" in found.remarks[0].command


def test_a_wav_whose_outer_size_alone_was_never_written(tmp_path: Path) -> None:
    found = written(tmp_path / "a.wav", riff(fmt(1, 16), PCM, whole=0xFFFFFFFF))
    assert (found.seconds, kinds(found)) == (5.0, ["header"])


WAVS: dict[str, tuple[bytes, list[str]]] = {
    "16 bits": (riff(fmt(1, 16), PCM), []),
    "8 bits": (riff(fmt(1, 8), b"\x80" * (RATE * 5)), []),
    "24 bits": (riff(fmt(1, 24), bytes(3) * (RATE * 5)), []),
    "24 bits, extensible, stereo": (riff(fmt(0xFFFE, 24, 2, more=EXTENSIBLE), bytes(6) * (RATE * 5)), []),
    "float": (riff(fmt(3, 32), struct.pack("<f", 0.1) * (RATE * 5)), []),
    "double": (riff(fmt(3, 64), struct.pack("<d", 0.1) * (RATE * 5)), []),
    "tags before and behind": (
        riff(fmt(1, 16), PCM, before=b"JUNK\x1c\0\0\0" + bytes(28), after=b"LIST\x04\0\0\0INFO"), []),
    "µ-law": (riff(fmt(7, 8, more=b"\0\0"), b"\x7f" * (RATE * 5)), ["codec"]),
    "A-law": (riff(fmt(6, 8, more=b"\0\0"), b"\x55" * (RATE * 5)), ["codec"]),
    "µ-law, never finished": (riff(fmt(7, 8, more=b"\0\0"), b"\x7f" * (RATE * 5), data=0xFFFFFFFF), ["header"]),
    "RIFX": (riff(fmt(1, 16, order=">"), PCM, order=">", name=b"RIFX"), ["codec"]),
    "RF64": (riff(fmt(1, 16), PCM, data=0xFFFFFFFF, whole=0xFFFFFFFF, name=b"RF64",
                  before=b"ds64\x1c\0\0\0" + struct.pack("<QQQI", len(PCM) + 72, len(PCM), RATE * 5, 0)), ["codec"]),
    "BW64": (riff(fmt(1, 16), PCM, data=0xFFFFFFFF, whole=0xFFFFFFFF, name=b"BW64",
                  before=b"ds64\x1c\0\0\0" + struct.pack("<QQQI", len(PCM) + 72, len(PCM), RATE * 5, 0)), ["codec"]),
}  # fmt: skip


@pytest.mark.parametrize("kind", WAVS)
def test_every_kind_of_wav(tmp_path: Path, kind: str) -> None:
    content, remarks = WAVS[kind]
    found = written(tmp_path / "a.wav", content)
    assert (found.seconds, found.behind, kinds(found)) == (5.0, 0, remarks)
    if "RIFX" not in kind and "BW64" not in kind:  # FFmpeg reads no other byte order
        assert heard(content, "wav") == pytest.approx(5.0, abs=0.01)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (riff(fmt(1, 16), PCM)[:-1000], "cut short: its sound should take 240000 bytes, 239000 are there"),
        (riff(fmt(1, 16), b"", after=b"LIST\x04\0\0\0INFO" + b"JUNK\x40\0\0\0" + bytes(64)), "`data` chunk is empty"),
        (riff(fmt(1, 16), b"", before=b"JUNK\x40\0\0\0" + bytes(64)), "`data` chunk is empty"),
        (b"RIFF\x40\0\0\0WAVEfmt \x10\0\0\0" + fmt(1, 16) + b"JUNK\x40\0\0\0" + bytes(64), "no `data` chunk"),
        (b"RIFF\x40\0\0\0WAVEdata\x40\0\0\0" + bytes(64), "before its format"),
        (riff(fmt(1, 16, channels=0), PCM), "0 channels of 16 bits"),
    ],
)
def test_a_wav_that_is_refused_says_why(tmp_path: Path, content: bytes, why: str) -> None:
    with pytest.raises(MediaError, match=why):
        written(tmp_path / "a.wav", content)


@pytest.mark.parametrize("codec", ["adpcm_ima_wav", "adpcm_ms"])
def test_a_wav_of_a_codec(tmp_path: Path, codec: str) -> None:
    content = sound("wav", codec, "s16p" if codec == "adpcm_ima_wav" else "s16", seconds=4)
    found = written(tmp_path / "a.wav", content)
    assert found.seconds == pytest.approx(heard(content, "wav"), abs=0.05)
    assert kinds(found) == ["codec"] and "ADPCM" in found.remarks[0].found


def heard(content: bytes, format: str) -> float:
    """The seconds of all sound that decodes."""
    with av.open(io.BytesIO(content), format=format) as container:
        return sum(frame.samples / frame.sample_rate for frame in container.decode(audio=0))


# ---- MP3


def sound(container: str, codec: str, form: str, *, seconds: int = 10, options: dict[str, str] | None = None,
          mux: dict[str, str] | None = None, loud: bool = False) -> bytes:  # fmt: skip
    out = io.BytesIO()
    with av.open(out, "w", format=container, options=mux or {}) as made_of:
        stream = made_of.add_stream(codec, rate=44100, layout="mono", options=options or {})
        for number in range(seconds * 10):
            frame = AudioFrame(format=form, layout="mono", samples=4410)
            noise = bytes((n * n * number) >> 7 & 255 for n in range(frame.planes[0].buffer_size)) if loud else b""
            frame.planes[0].update(noise or bytes(frame.planes[0].buffer_size))
            frame.sample_rate, frame.pts = 44100, number * 4410
            made_of.mux(stream.encode(frame))
        made_of.mux(stream.encode(None))
    return out.getvalue()


def id3v2(payload: int) -> bytes:
    size = bytes(payload >> shift & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3\x03\0\0" + size + b"\xff\xfb\x90\x64" * (payload // 4) + bytes(payload % 4)


def ape(payload: int) -> bytes:
    foot = lambda flags: b"APETAGEX" + struct.pack("<IIII8x", 2000, payload + 32, 1, flags)  # noqa: E731
    return foot(0xA0000000) + b"\xff\xfb\x90\x64" * (payload // 4) + foot(0x80000000)


ID3V1 = b"TAG" + b"title".ljust(125, b"\0")
LYRICS = b"LYRICSBEGIN" + b"\xff\xfb\x90\x64" * 8000
LYRICS3 = LYRICS + b"%06d" % len(LYRICS) + b"LYRICS200"
TAGS: dict[str, tuple[bytes, bytes]] = {
    "no tags": (b"", b""),
    "a cover before": (id3v2(600_000), b""),
    "ID3v1": (b"", ID3V1),
    "APEv2": (b"", ape(200_000)),
    "APEv2 and ID3v1": (b"", ape(200_000) + ID3V1),
    "Lyrics3 and ID3v1": (b"", LYRICS3 + ID3V1),
    "all": (id3v2(100_000), ape(60_000) + LYRICS3 + ID3V1),
}
RATES = {"constant": {"b": "128k"}, "variable": {"q": "4"}}


@pytest.mark.parametrize("tags", TAGS)
@pytest.mark.parametrize("header", ["Xing", "none"])
@pytest.mark.parametrize("rate", RATES)
def test_an_mp3_whatever_stands_around_its_frames(tmp_path: Path, rate: str, header: str, tags: str) -> None:
    mux = {"write_xing": str(int(header == "Xing")), "id3v2_version": "0"}
    plain = sound("mp3", "libmp3lame", "s16p", options=RATES[rate], mux=mux, loud=rate == "variable")
    before, behind = TAGS[tags]
    found = written(tmp_path / "a.mp3", before + plain + behind)
    assert found.seconds == pytest.approx(heard(plain, "mp3"), abs=0.08)
    assert found.remarks == ()


@pytest.mark.parametrize("tags", TAGS)
def test_a_cut_mp3_is_cut_whatever_stands_around_it(tmp_path: Path, tags: str) -> None:
    plain = sound("mp3", "libmp3lame", "s16p", options=RATES["constant"])
    with pytest.raises(MediaError, match="cut short: it should last 10"):
        written(tmp_path / "a.mp3", TAGS[tags][0] + plain[: len(plain) // 2] + TAGS[tags][1])


def test_two_mp3_files_in_one_last_as_long_as_both(tmp_path: Path) -> None:
    plain = sound("mp3", "libmp3lame", "s16p", seconds=4, mux={"id3v2_version": "0"})
    found = written(tmp_path / "a.mp3", plain + plain)
    assert found.seconds == pytest.approx(8.1, abs=0.1) and kinds(found) == ["header"]


# ---- MP4


def film(*, seconds: float = 5, fps: int = 24, codec: str = "libx264", pixels: str = "yuv420p", flags: str = "",
         form: str = "mp4", tone: bool = False, every: int = 24, b: int = 0) -> bytes:  # fmt: skip
    folder = tempfile.TemporaryDirectory()
    out = Path(folder.name, "film")
    with folder, av.open(str(out), "w", format=form, options={"movflags": flags} if flags else {}) as container:
        quick = {"libx264": {"preset": "ultrafast", "bf": str(b)}, "libvpx-vp9": {"deadline": "realtime"},
                 "libx265": {"preset": "ultrafast", "x265-params": "log-level=none"}}  # fmt: skip
        stream = container.add_stream(codec, rate=fps, options=quick.get(codec, {}))
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt, stream.gop_size = 320, 320, pixels, every
        sound = container.add_stream("aac", rate=48000, layout="mono") if tone else None
        for number in range(round(seconds * fps)):
            picture = VideoFrame(320, 320, "yuv420p")
            for plane in picture.planes:
                plane.update(bytes([number * 5 % 256]) * plane.buffer_size)
            picture = picture.reformat(format=pixels)
            picture.pts = number
            container.mux(stream.encode(picture))
            if sound is not None:
                noise = AudioFrame(format="fltp", layout="mono", samples=48000 // fps)
                noise.planes[0].update(bytes(noise.planes[0].buffer_size))
                noise.sample_rate, noise.pts = 48000, number * (48000 // fps)
                container.mux(sound.encode(noise))
        container.mux(stream.encode(None))
        if sound is not None:
            container.mux(sound.encode(None))
        container.close()
        return out.read_bytes()


def seen(content: bytes) -> tuple[int, float]:
    """How many pictures decode, and from when to when they are shown."""
    with av.open(io.BytesIO(content), format="mov") as container:
        frames = list(container.decode(video=0))
        times = [float(frame.pts * frame.time_base) for frame in frames]
        each = (max(times) - min(times)) / (len(times) - 1)
    return len(times), max(times) - min(times) + each


LAYOUTS = ["", "faststart", "frag_keyframe+empty_moov", "frag_keyframe+empty_moov+default_base_moof", "frag_keyframe",
           "frag_keyframe+empty_moov+delay_moov", "dash+frag_keyframe"]  # fmt: skip


@pytest.mark.parametrize("b", [0, 2])
@pytest.mark.parametrize("tone", [False, True])
@pytest.mark.parametrize(("fps", "seconds"), [(24, 5), (24, 15), (30, 3)])
@pytest.mark.parametrize("flags", LAYOUTS)
@pytest.mark.sampled(2)
def test_a_film_in_every_layout(tmp_path: Path, flags: str, fps: int, seconds: int, tone: bool, b: int) -> None:
    if b and (seconds, flags) not in {(5, f) for f in LAYOUTS}:
        pytest.skip("one length is enough for pictures out of order")
    content = film(seconds=seconds, fps=fps, tone=tone, flags=flags, b=b)
    found = written(tmp_path / "a.mp4", content)
    count, shown = seen(content)
    assert count == fps * seconds
    assert found.fps == pytest.approx(fps, abs=0.002)
    assert found.seconds == pytest.approx(shown, abs=0.05)
    assert (found.codec, found.pixels, found.remarks) == ("h264", "yuv420p", ())


def with_length(content: bytes, box: bytes, factor: float) -> bytes:
    """The film with another length in the first header of a kind (all are version 0 here)."""
    at = dict(reversed(list(boxes_of(io.BytesIO(content), 0, len(content)))))[box]
    place = at + (20 if box == b"tkhd" else 16)
    (length,) = struct.unpack(">I", content[place : place + 4])
    assert length
    return content[:place] + struct.pack(">I", round(length * factor)) + content[place + 4 :]


@pytest.mark.parametrize("box", [b"mdhd", b"tkhd", b"mvhd"])
@pytest.mark.parametrize("factor", [1 / 30, 0.6, 2, 30])
def test_an_index_that_states_another_length(tmp_path: Path, box: bytes, factor: float) -> None:
    content = with_length(film(seconds=5), box, factor)
    found = written(tmp_path / "a.mp4", content)
    assert found.seconds == pytest.approx(5, abs=0.05) and found.fps == pytest.approx(24, abs=0.01)
    assert kinds(found) == ["header"]
    assert found.remarks[0].stated == pytest.approx(5 * factor, abs=0.05)
    assert f"({box.decode()})" in found.remarks[0].found and "make 5 s" in found.remarks[0].found


def test_edits_are_no_mistake(tmp_path: Path) -> None:
    """The film of 5 s of which its track shows 3 s from the second second on, as phones cut one."""
    content = bytearray(film(seconds=5, every=1))
    places = dict(boxes_of(io.BytesIO(bytes(content)), 0, len(content)))
    scale = struct.unpack(">I", content[places[b"mdhd"] + 12 : places[b"mdhd"] + 16])[0]
    struct.pack_into(">Ii", content, places[b"elst"] + 8, 3000, scale)
    struct.pack_into(">I", content, places[b"tkhd"] + 20, 3000)
    struct.pack_into(">I", content, places[b"mvhd"] + 16, 3000)
    found = written(tmp_path / "a.mp4", bytes(content))
    assert seen(bytes(content))[0] == 72
    assert (found.seconds, found.remarks) == (pytest.approx(3, abs=0.05), ())


@pytest.mark.parametrize("flags", ["", "faststart", "frag_keyframe+empty_moov"])
def test_a_film_cut_at_every_box_is_cut_or_agrees_with_its_pictures(tmp_path: Path, flags: str) -> None:
    content = film(seconds=4, flags=flags, tone=True)
    places = sorted({at - back for _, at in boxes_of(io.BytesIO(content), 0, len(content)) for back in (0, 4, 8)})
    for place in places[1:]:
        part = content[:place]
        try:
            found = written(tmp_path / "a.mp4", part)
        except MediaError as error:
            assert any(word in str(error) for word in ("cut", "damaged", "no", "without", "empty")), (place, error)
            continue
        assert flags.startswith("frag"), f"{place} of {len(content)} bytes are no whole film"
        assert found.seconds == pytest.approx(seen(part)[1], abs=0.1), place


CODECS: list[tuple[dict[str, Any], list[str]]] = [
    ({}, []),
    ({"codec": "libx265"}, []),
    ({"pixels": "yuv444p"}, ["codec"]),
    ({"pixels": "yuv422p"}, ["codec"]),
    ({"codec": "prores_ks", "pixels": "yuv422p10le", "form": "mov"}, ["codec"]),
    ({"codec": "mjpeg", "pixels": "yuvj420p", "form": "mov"}, ["codec"]),
    ({"codec": "mpeg4"}, ["codec"]),
    ({"codec": "libvpx-vp9"}, ["codec"]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("how", "expected"), CODECS, ids=lambda v: str(v.get("codec", v)) if isinstance(v, dict) else ""
)
def test_what_pictures_are_encoded_as(tmp_path: Path, how: dict[str, Any], expected: list[str]) -> None:
    try:
        content = film(seconds=2, **how)
    except (av.codec.codec.UnknownCodecError, av.FFmpegError):
        pytest.skip("this build of PyAV has no such encoder")
    found = written(tmp_path / "a.mp4", content)
    assert kinds(found) == expected
    assert found.pixels == how.get("pixels", "yuv420p")
    assert all(str(found.pixels) in remark.found for remark in found.remarks)


# ---- pictures


def picture(mode: str, fill: Any = None) -> Image.Image:
    return Image.new(mode, (400, 300), fill)


def cut_out(mode: str = "RGBA") -> Image.Image:
    image = picture("RGBA", (255, 0, 0, 0))
    ImageDraw.Draw(image).ellipse((50, 50, 350, 250), fill=(0, 200, 0, 255))
    return image if mode == "RGBA" else image.convert(mode)


PICTURES: dict[str, tuple[Callable[[], Image.Image], str, dict[str, Any], list[str]]] = {
    "rgb": (lambda: picture("RGB"), "png", {}, []),
    "grey of 16 bits": (lambda: picture("I;16", 40_000), "png", {}, []),
    "palette": (lambda: picture("P"), "png", {}, []),
    "opaque alpha": (lambda: picture("RGBA", (1, 2, 3, 255)), "png", {}, []),
    "nearly opaque alpha": (lambda: picture("RGBA", (1, 2, 3, 254)), "png", {}, []),
    "opaque alpha, grey": (lambda: picture("LA", (9, 255)), "png", {}, []),
    "opaque alpha, webp": (lambda: picture("RGBA", (1, 2, 3, 255)), "webp", {}, []),
    "cut-out": (cut_out, "png", {}, ["alpha"]),
    "cut-out, grey": (lambda: cut_out("LA"), "png", {}, ["alpha"]),
    "cut-out, webp": (cut_out, "webp", {}, ["alpha"]),
    "one colour of a palette": (lambda: picture("P"), "png", {"transparency": 0}, ["alpha"]),
    "one colour that is not there": (lambda: picture("RGB", "teal"), "png", {"transparency": (1, 2, 3)}, []),
    "animated png": (lambda: picture("RGB", "teal"), "png",
                     {"save_all": True, "append_images": [picture("RGB", "red")]}, ["codec"]),
    "animated webp": (lambda: picture("RGB", "teal"), "webp",
                      {"save_all": True, "append_images": [picture("RGB", "red")]}, ["codec"]),
    "progressive": (lambda: picture("RGB", "teal"), "jpeg", {"progressive": True}, []),
    "grey jpeg": (lambda: picture("L"), "jpeg", {}, []),
    "cmyk": (lambda: picture("CMYK", (200, 10, 0, 0)), "jpeg", {}, ["codec"]),
}  # fmt: skip


@pytest.mark.parametrize("kind", PICTURES)
def test_pictures(tmp_path: Path, kind: str) -> None:
    make, format, how, expected = PICTURES[kind]
    make().save(tmp_path / "a", format.upper(), **how)
    found = facts(tmp_path / "a")
    assert (found.format, found.width, found.height, found.behind) == (format, 400, 300, 0)
    assert kinds(found) == expected


def test_pictures_within_a_jpeg_are_not_its_size(tmp_path: Path) -> None:
    """A camera's small copy in its EXIF, and the further pictures that its index (MPF) names."""
    small = io.BytesIO()
    Image.new("RGB", (160, 120), "red").save(small, "JPEG")
    exif = Image.Exif()
    exif[0x010F] = "Maker"
    picture("RGB", "teal").save(tmp_path / "exif.jpg", exif=exif.tobytes() + small.getvalue())
    picture("RGB", "teal").save(
        tmp_path / "mpf.jpg", "MPO", save_all=True, append_images=[Image.new("RGB", (900, 900))]
    )
    for name in ("exif.jpg", "mpf.jpg"):
        found = facts(tmp_path / name)
        assert (found.format, found.width, found.height, found.behind, found.remarks) == ("jpeg", 400, 300, 0, ()), name
    with (tmp_path / "exif.jpg").open("ab") as file:
        file.write(b"hidden")
    assert facts(tmp_path / "exif.jpg").behind == 6


def test_made_files_of_the_rules_have_no_remarks(tmp_path: Path) -> None:
    for path in (made.video(tmp_path / "a.mp4", sounds=2), made.video(tmp_path / "b.mov", turned=90),
                 made.sound(tmp_path / "a.mp3", 3), made.wav(tmp_path / "a.wav", 3)):  # fmt: skip
        assert facts(path).remarks == ()
