"""The room's door: what is a file, which library it is for, and what is told where there is none."""

from __future__ import annotations

import io
import os
import re
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from seedspec.media import reader
from seedspec.media.facts import MediaError, MediaMissing, OtherFormat

Maker = Callable[..., Path]


def bytes_told(content: bytes) -> str:
    with pytest.raises(MediaError) as found:
        reader.facts_of(io.BytesIO(content), len(content))
    return str(found.value)


def test_what_is_no_medium_is_told_by_what_it_holds() -> None:
    no = "not an image, a video or a sound: the file holds"
    assert [bytes_told(content) for content in (b"", b"hello", b"hel\0lo", "é".encode(), b"%PDF-1.7")] == [
        "the file is empty", f"{no} text", f"{no} unknown bytes", f"{no} unknown bytes",
        "found pdf, which is none of the formats that can be examined",
    ]  # fmt: skip
    with pytest.raises(OtherFormat) as found:
        reader.facts_of(io.BytesIO(b"%PDF"), 4)
    assert found.value.format == "pdf"


def test_what_is_no_regular_file_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe"):
        with pytest.raises(MediaError, match=r"^is no regular file$"):
            reader.facts(path)
    with pytest.raises(MediaError, match=r"^cannot be read: no such file or directory$"):
        reader.facts(tmp_path / "gone.png")
    stream, size = reader.open_regular(Path(__file__))
    with stream:
        assert size == Path(__file__).stat().st_size == len(stream.read())


def test_each_kind_goes_to_its_library(tmp_path: Path, movie_file: Maker, wav_file: Maker) -> None:
    Image.new("RGB", (32, 20)).save(tmp_path / "a.png")
    paths = [tmp_path / "a.png", movie_file(tmp_path / "b.mp4"), wav_file(tmp_path / "c.wav")]
    assert [reader.facts(path).kind for path in paths] == ["image", "video", "audio"]
    shown = [reader.thumbnail(path, 16) for path in paths]
    assert shown[2] == b"" and [Image.open(io.BytesIO(one)).format for one in shown[:2]] == ["WEBP", "WEBP"]
    assert Image.open(io.BytesIO(shown[0])).size == (16, 10)
    assert reader.playable(paths[1]).width == 640
    facts, poster = reader.examine_with_poster(paths[1], 160)
    assert facts.height == 480 and Image.open(io.BytesIO(poster)).format == "WEBP"
    assert reader.plays_videos() and reader.cuts_pictures()


def test_a_picture_is_cut_out_by_its_name_or_its_time(movie_file: Maker, tmp_path: Path) -> None:
    with movie_file(tmp_path / "a.mp4", frames=24).open("rb") as stream:
        found = {frame: reader.picture_of(stream, frame) for frame in ("first", "last", "0", "500", "959")}
        with pytest.raises(MediaError, match=r"^2 s is past its end: it lasts 1\.000 s$"):
            reader.picture_of(stream, "2000")
    assert {size[1:] for size in found.values()} == {(640, 480)}
    assert found["first"] == found["0"] != found["500"] != found["last"] == found["959"]
    assert struct.unpack(">II", found["500"][0][16:24]) == (640, 480)


def test_a_reference_is_an_image(movie_file: Maker, wav_file: Maker, tmp_path: Path) -> None:
    path = movie_file(tmp_path / "a.mp4")
    Image.new("RGB", (640, 480), (16, 16, 16)).save(tmp_path / "b.png")
    with path.open("rb") as stream:
        size = path.stat().st_size
        assert reader.signals(stream, size).likeness is None
        likeness = reader.signals(stream, size, tmp_path / "b.png").likeness
        assert likeness is not None and 0 < likeness <= 1
        with pytest.raises(MediaError, match=r"^its first-frame reference is no image$"):
            reader.signals(stream, size, wav_file(tmp_path / "c.wav"))


def test_the_libraries_are_told_with_their_versions(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    found = reader.readers()
    assert found is not None and re.fullmatch(r"Pillow \d\S* tinytag \d\S* av \d\S*", found)
    for name in (
        "Pillow-9.1.dist-info",
        "tinytag-2.0.egg-info",
        "av-1.0.dist-info",
        "av-0.9.dist-info",
        "av-7.zip",
        "x-1.dist-info",
    ):
        (tmp_path / name).mkdir()
    monkeypatch.setattr("sys.path", [str(tmp_path / "gone"), str(tmp_path)])
    assert reader.readers() == "Pillow 9.1 tinytag 2.0 av 0.9"
    (tmp_path / "tinytag-2.0.egg-info").rmdir()
    assert reader.readers() is None
    monkeypatch.setattr("sys.path", [""])
    monkeypatch.chdir(tmp_path)
    (tmp_path / "TinyTag-3.dist-info").mkdir()
    assert reader.readers() == "Pillow 9.1 tinytag 3 av 0.9"


def test_without_a_library_the_message_names_what_is_to_be_installed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(reader, "_has_av", lambda: False)
    for ask in (
        lambda: reader.playable(tmp_path), lambda: reader.examine_with_poster(tmp_path, 1),
        lambda: reader.signals(io.BytesIO(), 0), lambda: reader.picture_of(io.BytesIO(), "first"),
    ):  # fmt: skip
        with pytest.raises(MediaMissing, match=r"^media facts need more packages: pip install 'seedspec\[media\]'$"):
            ask()
    assert not reader.plays_videos() and not reader.cuts_pictures()
