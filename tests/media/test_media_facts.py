"""What a file is, by its content: every kind, and everything that can be wrong with one."""

from __future__ import annotations

import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from seedspec.media.facts import Facts, MediaError, sniff
from seedspec.media.movie import check_playable, poster
from seedspec.media.reader import facts

Maker = Callable[..., Path]


@pytest.mark.parametrize("format", ["jpeg", "png", "webp", "gif", "bmp", "tiff"])
def test_images_whatever_their_name(tmp_path: Path, format: str) -> None:
    path = tmp_path / "picture.txt"
    Image.new("RGB", (320, 200), "teal").save(path, format.upper())
    assert facts(path) == Facts("image", format, path.stat().st_size, 320, 200)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format", ["jpeg", "webp", "png"])
def test_orientation_turns_the_size_but_not_of_a_png(tmp_path: Path, format: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / "picture"
    Image.new("RGB", (320, 200)).save(path, format.upper(), exif=exif)
    found = facts(path)
    turned = orientation >= 5 and format != "png"
    assert (found.width, found.height) == ((200, 320) if turned else (320, 200))


@pytest.mark.parametrize("format", ["mp4", "mov", "webm", "avi", "mkv"])
def test_videos(tmp_path: Path, movie_file: Maker, format: str) -> None:
    path = movie_file(tmp_path / f"a.{format}")
    found = facts(path)
    assert (found.kind, found.format, found.width, found.height) == ("video", format, 640, 480)
    assert found.seconds == pytest.approx(0.5, abs=0.05)
    assert found.fps == pytest.approx(24, abs=0.02)  # some containers keep times in milliseconds
    assert found.audio is False


def test_sounds(tmp_path: Path, wav_file: Maker, mp3_file: Maker) -> None:
    wav, mp3 = facts(wav_file(tmp_path / "a", seconds=2.5)), facts(mp3_file(tmp_path / "b.mp3", seconds=3))
    assert (wav.kind, wav.format, wav.seconds) == ("audio", "wav", 2.5)
    assert (mp3.kind, mp3.format) == ("audio", "mp3")
    assert mp3.seconds == pytest.approx(3, abs=0.1)


def test_a_sound_in_an_mp4_is_no_video(tmp_path: Path) -> None:
    import av

    with av.open(str(tmp_path / "a.mp4"), "w") as container:
        stream = container.add_stream("aac", rate=48000, layout="mono")
        frame = av.AudioFrame(format="fltp", layout="mono", samples=48000)
        frame.planes[0].update(bytes(frame.planes[0].buffer_size))
        frame.sample_rate, frame.pts = 48000, 0
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    assert facts(tmp_path / "a.mp4").kind == "audio"
    with pytest.raises(MediaError, match="without pictures"):
        check_playable(tmp_path / "a.mp4")


@pytest.mark.parametrize(
    ("head", "format"),
    [
        (b"\xff\xd8\xff\xe0", "jpeg"), (b"\0\0\0\x18ftypisom", "mp4"), (b"\0\0\0\x14ftypqt  ", "mov"),
        (b"\0\0\0\x08wide\0\0\0\0mdat", "mov"), (b"\0\0\0\x18ftypheic", "heic"), (b"\0\0\0\x18ftypM4A ", "m4a"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "webp"), (b"RIFF\0\0\0\0AVI LIST", "avi"), (b"RIFF\0\0\0\0WAVEfmt ", "wav"),
        (b"ID3\x04", "mp3"), (b"\xff\xfb\x90\x64", "mp3"), (b"\xff\xf1\x50\x80", None), (b"\x1aE\xdf\xa3webm", "webm"),
        (b"OggS", "ogg"), (b"fLaC", "flac"), (b"hello", None), (b"", None), (b"RIFF\0\0\0\0ABCD", None),
    ],
)  # fmt: skip
def test_sniff(head: bytes, format: str | None) -> None:
    assert sniff(head) == format


def _png(width: int, height: int) -> bytes:
    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")


@pytest.mark.parametrize("side", [9_999, 12_000, 60_000])
def test_a_decompression_bomb_is_refused_unopened(tmp_path: Path, side: int) -> None:
    path = tmp_path / "bomb.png"
    path.write_bytes(_png(side, side + 2))
    with pytest.raises(MediaError, match="pixels"):
        facts(path)


@pytest.mark.parametrize("format", ["jpeg", "png", "webp", "gif"])
@pytest.mark.parametrize("kept", [0.05, 0.5, 0.97])
def test_a_cut_image(tmp_path: Path, format: str, kept: float) -> None:
    path = tmp_path / "cut"
    Image.effect_noise((300, 300), 60).convert("RGB").save(path, format.upper())
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * kept)])
    with pytest.raises(MediaError):
        facts(path)


@pytest.mark.parametrize("name", ["a.mp4", "a.mov"])
@pytest.mark.parametrize("kept", [0.02, 0.3, 0.6, 0.99])
def test_a_cut_video(tmp_path: Path, movie_file: Maker, name: str, kept: float) -> None:
    content = movie_file(tmp_path / name).read_bytes()
    path = tmp_path / f"cut-{name}"
    path.write_bytes(content[: int(len(content) * kept)])
    for examine in (facts, check_playable):
        with pytest.raises(MediaError):
            examine(path)


def test_a_cut_wav(tmp_path: Path, wav_file: Maker) -> None:
    path = wav_file(tmp_path / "a.wav")
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(MediaError, match="cut short"):
        facts(path)


@pytest.mark.parametrize(
    "content",
    [
        b"", b"hello, world", b"\0\1\2\3", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"\0\0\0\x18ftypisom",
        b"\0\0\0\x01ftypisom", b"\0\0\0\x00ftypisom", b"RIFF\0\0\0\0WAVE", b"RIFF\0\0\0\0WEBP", b"ID3", b"GIF89a",
        b"\x1aE\xdf\xa3", b"OggS", b"fLaC", b"%PDF-1.7", b"\xff\xfb\x90\x64", b"RIFF\0\0\0\0AVI ",
    ],
)  # fmt: skip
def test_what_is_no_media_file_is_a_media_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(MediaError) as caught:
        facts(path)
    assert "\n" not in str(caught.value)
    with pytest.raises(MediaError):
        check_playable(path)
    with pytest.raises(MediaError):
        poster(path)


def test_damage_anywhere_is_a_media_error_or_facts(
    tmp_path: Path, movie_file: Maker, wav_file: Maker, mp3_file: Maker
) -> None:
    """Bytes overwritten at many places of every format: never another exception."""
    image = tmp_path / "a.jpeg"
    Image.new("RGB", (320, 320), "teal").save(image)
    files = [image, movie_file(tmp_path / "a.mp4"), wav_file(tmp_path / "a.wav"), mp3_file(tmp_path / "a.mp3")]
    for file in files:
        content = file.read_bytes()
        for step in range(24):
            at = len(content) * step // 24
            (tmp_path / "damaged").write_bytes(content[:at] + b"\xff\x00\xfe\x01" * 8 + content[at + 32 :])
            try:
                facts(tmp_path / "damaged")
            except MediaError as error:
                assert "\n" not in str(error)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="no such file"):
        facts(tmp_path / "nothing")


def test_a_folder(tmp_path: Path) -> None:
    with pytest.raises(MediaError):
        facts(tmp_path)


def test_without_the_extra_the_message_names_it(tmp_path: Path) -> None:
    """A fresh process in which Pillow, PyAV and tinytag cannot be imported."""
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")
    program = (
        "import sys\n"
        "for name in ('PIL', 'av', 'tinytag'): sys.modules[name] = None\n"
        "from seedspec.media.facts import MediaMissing\n"
        "from seedspec.media.reader import facts\n"
        "try: facts(sys.argv[1])\n"
        "except MediaMissing as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path / "a.png")], capture_output=True, text=True)
    assert "pip install 'seedspec[media]'" in done.stdout, done.stderr


def test_a_video_whose_pictures_end_long_before_its_sound_does_not_play(tmp_path: Path) -> None:
    import av

    def written(name: str, pictures: int) -> Path:
        with av.open(str(tmp_path / name), "w") as container:
            video = container.add_stream("libx264", rate=24)
            sound = container.add_stream("aac", rate=48000, layout="mono")
            video.width, video.height, video.pix_fmt = 320, 240, "yuv420p"
            for number in range(pictures):
                picture = av.VideoFrame(320, 240, "yuv420p")
                picture.pts = number
                container.mux(video.encode(picture))
            container.mux(video.encode(None))
            for number in range(2 * 48000 // 1024):
                frame = av.AudioFrame(format="fltp", layout="mono", samples=1024)
                frame.planes[0].update(bytes(frame.planes[0].buffer_size))
                frame.sample_rate, frame.pts = 48000, number * 1024
                container.mux(sound.encode(frame))
            container.mux(sound.encode(None))
        return tmp_path / name

    assert check_playable(written("whole.mp4", 48)).seconds == pytest.approx(2, abs=0.1)
    with pytest.raises(MediaError, match=r"pictures end at 1\.00 s of"):
        check_playable(written("short.mp4", 24))
