"""Files that were made to do harm: each is one finding at its place, with nothing unpacked and nothing waited for."""

from __future__ import annotations

import io
import os
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from seedspec import api
from seedspec.media.facts import MediaError
from seedspec.media.movie import check_playable
from seedspec.media.reader import facts
from seedspec.project.sources import MOST_MEDIA

Maker = Callable[..., Path]


def finding(folder: Path, kind: str, name: str) -> tuple[str, str, str]:
    """The one finding of a storyboard that names a file, which stands at the name: code, severity and message."""
    text = (
        f"seedspec: 1\nmodel: seedance-2.0-reference-to-video\nreferences: {{it: {{{kind}: {name}}}}}\n"
        "shots: [{id: a, prompt: \"{{ ref('it') }}\"}]\n"
    )
    (folder / "storyboard.yaml").write_text(text)
    found = [d for d in api.check(folder / "storyboard.yaml") if d.code != "audio-alone"]
    assert [d.span.text for d in found if d.span] == [name], found
    return found[0].code, str(found[0].severity), found[0].message


def refused(folder: Path, kind: str, name: str) -> str:
    code, severity, message = finding(folder, kind, name)
    assert (code, severity) == ("media-file", "error") and "\n" not in message
    return message


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.png")
    assert "no regular file" in refused(tmp_path, "image", "a.png")
    with pytest.raises(MediaError, match="no regular file"):
        facts(tmp_path / "a.png")


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no devices here")
def test_a_device_without_end_is_not_read(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "a.png").symlink_to("/dev/zero")
    assert "outside the project" in refused(tmp_path, "image", "a.png")
    with pytest.raises(MediaError, match="no regular file"):
        facts(tmp_path / "a.png")


def test_a_huge_sparse_file_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "a.mp4").open("wb") as file:
        file.write(b"\0\0\0\x18ftypisom")
        file.truncate(1 << 40)
    assert f"files of more than {MOST_MEDIA:,} are not read" in refused(tmp_path, "video", "a.mp4")


@pytest.mark.parametrize("head", [b"\0\0\0\x18ftypisom" + bytes(12), b"RIFF\0\0\0\0WAVEfmt ", b"\x89PNG\r\n\x1a\n"])
@pytest.mark.slow
def test_a_large_file_of_nothing_ends(tmp_path: Path, head: bytes) -> None:
    """Boxes, chunks and parts of no length, as many as there is room for."""
    with (tmp_path / "a").open("wb") as file:
        file.write(head)
        file.truncate(MOST_MEDIA)
    kind = "audio" if head[:4] == b"RIFF" else "image" if head[:1] == b"\x89" else "video"
    assert "a" in refused(tmp_path, kind, "a")


def test_a_flood_of_boxes_ends(tmp_path: Path, movie_file: Maker) -> None:
    whole = movie_file(tmp_path / "whole.mp4").read_bytes()
    (tmp_path / "a.mp4").write_bytes(whole + struct.pack(">I4s", 8, b"free") * 200_000)
    assert "more than 100,000 boxes" in refused(tmp_path, "video", "a.mp4")
    wav = b"RIFF\0\0\0\0WAVE" + b"junk\0\0\0\0" * 200_000
    (tmp_path / "a.wav").write_bytes(wav)
    assert "without any sound" in refused(tmp_path, "audio", "a.wav")
    png = b"\x89PNG\r\n\x1a\n" + b"\0\0\0\0tEXt\0\0\0\0" * 200_000
    (tmp_path / "a.png").write_bytes(png)
    assert "more than 100,000 chunks" in refused(tmp_path, "image", "a.png")


def test_a_table_that_claims_billions_of_samples_is_not_unpacked(tmp_path: Path, movie_file: Maker) -> None:
    whole = bytearray(movie_file(tmp_path / "whole.mp4").read_bytes())
    at = whole.index(b"stsz")
    for size, count, said in ((1, 170_000_000, "170,000,000 samples of 1"), (0, 4_000_000_000, "claims 4,000,000,000")):
        whole[at + 8 : at + 16] = struct.pack(">II", size, count)
        (tmp_path / "a.mp4").write_bytes(whole)
        assert said in refused(tmp_path, "video", "a.mp4")
        with pytest.raises(MediaError, match="claims"):
            check_playable(tmp_path / "a.mp4")


def test_a_fragment_that_claims_billions_of_samples_is_not_unpacked(tmp_path: Path, movie_file: Maker) -> None:
    run = struct.pack(">I4sII", 16, b"trun", 0, 0xFFFFFFF0)
    traf = struct.pack(">I4s", 8 + len(run), b"traf") + run
    moof = struct.pack(">I4s", 8 + len(traf), b"moof") + traf
    (tmp_path / "a.mp4").write_bytes(movie_file(tmp_path / "whole.mp4").read_bytes() + moof)
    assert "claims 4,294,967" in refused(tmp_path, "video", "a.mp4")


def test_boxes_within_boxes_end(tmp_path: Path) -> None:
    inner = b""
    for _ in range(5000):
        inner = struct.pack(">I4s", 8 + len(inner), b"moov") + inner
    (tmp_path / "a.mp4").write_bytes(b"\0\0\0\x14ftypisom\0\0\0\0isom" + inner)
    assert "damaged mp4" in refused(tmp_path, "video", "a.mp4")


def png(width: int, height: int) -> bytes:
    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")


@pytest.mark.slow
def test_a_decompression_bomb_is_not_unpacked(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(png(60_000, 60_000))
    assert "far more pixels than this tool unpacks" in refused(tmp_path, "image", "a.png")
    out = io.BytesIO()
    Image.new("L", (8000, 8000)).save(out, "WEBP", lossless=True)
    head = bytearray(out.getvalue())  # a few kilobytes that say how large a picture they unpack to
    head[21:25] = 0x0FFFFFFF.to_bytes(4, "little")
    (tmp_path / "a.webp").write_bytes(head)
    assert "webp" in refused(tmp_path, "image", "a.webp")


def test_a_picture_of_a_thousand_passes_is_not_unpacked(tmp_path: Path) -> None:
    out = io.BytesIO()
    Image.new("L", (4000, 4000), 128).save(out, "JPEG", progressive=True)
    whole = out.getvalue()
    last = whole[whole.rindex(b"\xff\xda") : -2]
    (tmp_path / "a.jpg").write_bytes(whole[:-2] + last * 1000 + whole[-2:])
    assert "more than 100 passes" in refused(tmp_path, "image", "a.jpg")


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "WAV"])
def test_a_file_behind_a_file_is_noticed(tmp_path: Path, format: str, wav_file: Maker) -> None:
    path = tmp_path / f"a.{format.lower()}"
    if format == "WAV":
        wav_file(path, seconds=3)
    else:
        Image.effect_noise((400, 400), 60).convert("RGB").save(path, format)
    with path.open("ab") as file:
        file.write(b"PK\3\4" + b"<script>alert(1)</script>" * 4)
    code, severity, message = finding(tmp_path, "audio" if format == "WAV" else "image", path.name)
    assert (code, severity) == ("media-trailing", "warning")
    assert "104 bytes behind its end" in message


def test_the_byte_that_fills_up_an_odd_size_is_part_of_the_file(tmp_path: Path) -> None:
    """RIFF counts a chunk of an odd size without the byte that follows it."""
    path = tmp_path / "a.wav"
    head = b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 1, 8000, 8000, 1, 8)
    body = head + b"data" + struct.pack("<I", 16_001) + b"\x80" * 16_001
    whole = b"RIFF" + struct.pack("<I", len(body)) + body + b"\0"
    path.write_bytes(whole)
    assert facts(path).behind == 0
    path.write_bytes(whole + b"12345")
    assert facts(path).behind == 5


@pytest.mark.parametrize("scans", [False, True], ids=["baseline", "progressive"])
@pytest.mark.parametrize("size", [(300, 300), (1237, 999)])
def test_nothing_is_behind_an_honest_picture(tmp_path: Path, scans: bool, size: tuple[int, int]) -> None:
    """Thumbnails, profiles and restart marks are part of it."""
    inner = io.BytesIO()
    Image.new("RGB", (160, 120), "red").save(inner, "JPEG")
    exif = Image.Exif()
    exif[0x0112] = 6
    path = tmp_path / "a.jpg"
    picture = Image.effect_noise(size, 90).convert("RGB")
    picture.save(path, progressive=scans, exif=exif, comment=inner.getvalue(), icc_profile=inner.getvalue() * 40)
    assert facts(path).behind == 0
    picture.save(path, progressive=scans, restart_marker_blocks=1)
    assert facts(path).behind == 0


def test_a_list_of_other_files_opens_none_of_them(tmp_path: Path, movie_file: Maker) -> None:
    """Some readers of the library open what a text names: other files, or addresses."""
    movie_file(tmp_path / "secret.mp4")
    for number, text in enumerate(
        [
            b"#EXTM3U\n#EXTINF:3,\nsecret.mp4\n#EXT-X-ENDLIST\n", b"ffconcat version 1.0\nfile secret.mp4\n",
            b"\0\0\0\x20ftypisom#EXTM3U\n#EXTINF:3,\nsecret.mp4\n",
            b"ID3\3\0\0\0\0\0\0#EXTM3U\nsecret.mp4\n" + bytes(200),
        ]
    ):  # fmt: skip
        (tmp_path / f"{number}.mp4").write_bytes(text)
        refused(tmp_path, "video", f"{number}.mp4")


@pytest.mark.parametrize("kept", [0.3, 0.6, 0.9])
def test_a_cut_mp3(tmp_path: Path, mp3_file: Maker, kept: float) -> None:
    whole = mp3_file(tmp_path / "whole.mp3", seconds=10).read_bytes()
    (tmp_path / "a.mp3").write_bytes(whole[: int(len(whole) * kept)])
    assert "cut short: it should last 10" in refused(tmp_path, "audio", "a.mp3")


def test_an_index_of_pictures_that_are_no_pictures(tmp_path: Path, movie_file: Maker) -> None:
    """A whole container around noise: the decoder fails, and says so in a line."""
    whole = bytearray(movie_file(tmp_path / "whole.mp4").read_bytes())
    at = whole.index(b"mdat") + 4
    length = int.from_bytes(whole[at - 8 : at - 4], "big") - 8
    whole[at : at + length] = os.urandom(length)
    (tmp_path / "a.mp4").write_bytes(whole)
    refused(tmp_path, "video", "a.mp4")
