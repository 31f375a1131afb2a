"""A saved video is read in the project alone, as the regular MP4 file that it is, whatever lock and links say."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import os
import re
from collections.abc import Callable
from pathlib import Path

import av
import pytest
from looks import Run
from test_stranger import BOARD, board, clip, records, write  # noqa: F401 (fixtures)

from seedspec.media.facts import MediaError
from seedspec.media.movie import edit, join, picture_at
from seedspec.project.posters import poster
from seedspec.project.saved_video import NotRead, check_inside, saved_video
from seedspec.run.engine.messages import Stored, Trouble, Upload
from seedspec.run.service.uploads import Uploads

SECRET = b"TOP-SECRET-OF-THE-VICTIM"
COMMANDS = [
    ("review",), ("review", "--media", "inline"), ("review", "--media", "proxy"), ("export", "sheet"),
    ("export", "animatic"), ("export", "otio"), ("export", "csv"), ("lock", "verify"), ("status",),
]  # fmt: skip


def link_out(here: Path, video: bytes) -> Path:
    (here.parent / "private.mp4").write_bytes(video + b"\0\0\0\x20free" + SECRET)
    return Path("../../private.mp4")


def link_to_folder(here: Path, video: bytes) -> Path:
    (here.parent / "elsewhere").mkdir()
    (here.parent / "elsewhere" / "one_take1.mp4").write_bytes(video + b"\0\0\0\x20free" + SECRET)
    (here / "renders").rmdir()
    (here / "renders").symlink_to("../elsewhere")
    return here / "renders" / "one_take1.mp4"


def key_inside(here: Path, video: bytes) -> Path:
    (here / ".env").write_bytes(b"EVOLINK_API_KEY=" + SECRET)
    return Path("../.env")


def playlist(here: Path, video: bytes) -> Path:
    (here.parent / "private.mp4").write_bytes(video)
    text = f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:0.5,\n{here.parent}/private.mp4\n#EXT-X-ENDLIST\n"
    (here / "renders" / "one_take1.mp4").write_text(text, encoding="utf-8")
    return here / "renders" / "one_take1.mp4"


def concat(here: Path, video: bytes) -> Path:
    (here / "renders" / "b.mp4").write_bytes(video)
    (here / "renders" / "one_take1.mp4").write_text("ffconcat version 1.0\nfile b.mp4\n", encoding="utf-8")
    return here / "renders" / "one_take1.mp4"


def pipe(here: Path, video: bytes) -> Path:
    os.mkfifo(here / "renders" / "one_take1.mp4")
    return here / "renders" / "one_take1.mp4"


def round_about(here: Path, video: bytes) -> Path:
    return Path("one_take1.mp4")


@pytest.mark.parametrize("trap", [link_out, link_to_folder, key_inside, playlist, concat, pipe, round_about])
def test_what_is_no_video_of_the_project_is_not_read(
    trap: Callable[[Path, bytes], Path], board: Path, clip: bytes, seedspec: Run  # noqa: F811
) -> None:  # fmt: skip
    here, video = board.parent, board.parent / "renders" / "one_take1.mp4"
    video.unlink()
    target = trap(here, clip)
    if not target.is_absolute():
        video.symlink_to(target)
    before = {p: p.lstat().st_mtime_ns for p in here.parent.rglob("*") if not p.is_relative_to(here)}
    before.pop(here.parent, None)
    for command in COMMANDS:
        said = seedspec(*command)
        assert said.code in {0, 1, 2, 6, 7, 8}, (command, said)
        assert "Traceback" not in said.err and "seedspec itself" not in said.err, said.err
        if command[0] == "review" or command[:2] in (("export", "sheet"), ("export", "animatic"), ("export", "otio")):
            reason = r"one_take1\.mp4`? (leads out of|is not the video|is no regular|is no path).* is not read"
            assert re.search(reason, said.err) or trap is round_about, (command, said)
        if command == ("lock", "verify"):
            assert said.code == 1 and ("is not read" in said.out or trap is round_about), said
    after = {p: p.lstat().st_mtime_ns for p in here.parent.rglob("*") if not p.is_relative_to(here)}
    assert after == before, "something was written outside"
    assert not list(here.rglob("posters/*")) and not list(here.rglob(".seedspec/review/*.mp4"))
    for made in (p for p in here.iterdir() if p.is_file() and p.name != ".env"):
        data = made.read_bytes()
        assert SECRET not in data and base64.b64encode(SECRET)[4:-4] not in data
        pieces = [base64.b64encode(SECRET[shift:])[4:20] for shift in range(3)]
        assert not any(piece in data for piece in pieces), made


def test_a_digest_that_is_a_path_names_no_file(board: Path, seedspec: Run) -> None:  # noqa: F811
    found = records(board)
    found[0]["sha256"] = "../../../outside"
    write(board.with_suffix(".lock"), found)
    said = seedspec("review", "--media", "proxy")
    assert said.code == 6 and "`sha256` is `../../../outside`; expected a sha256 in hexadecimal" in said.err
    assert not (board.parent.parent / "outside.mp4").exists()


def test_a_video_of_the_project_is_read_through_links_inside(board: Path, clip: bytes, seedspec: Run) -> None:  # noqa: F811
    cache = board.parent / "cache"
    cache.mkdir()
    video = board.parent / "renders" / "one_take1.mp4"
    video.rename(cache / "x")
    video.symlink_to("../cache/x")
    assert saved_video(board.parent, "renders/one_take1.mp4") == video
    assert "1 to watch" in seedspec("review", "--media", "proxy").err
    assert seedspec("export", "sheet").code == 0 and seedspec("export", "animatic").code == 0
    with av.open(str(board.parent / "storyboard.animatic.mp4")) as made:
        assert made.streams.video[0].frames == 12


@pytest.mark.parametrize("file", ["../x.mp4", "/etc/passwd", "a\0b.mp4", "link/x.mp4"])
def test_nothing_outside_a_folder_is_inside(file: str, tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "link").symlink_to("..")
    with pytest.raises(NotRead):
        check_inside(tmp_path / "project", file)


def test_no_upload_leads_out(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(SECRET)
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "x.mp4").symlink_to("../secret")
    sent = []

    async def send(file: object) -> Stored:
        sent.append(file)
        return Stored("https://x/y", 1, 1.0)

    call = Upload(hashlib.sha256(SECRET).hexdigest(), "x.mp4")
    reply = asyncio.run(Uploads().reply(call, tmp_path / "project", send))
    assert isinstance(reply, Trouble) and reply.final and "leads out of the project" in reply.reason
    assert not sent


@pytest.mark.parametrize(
    "text", ["#EXTM3U\n#EXTINF:1,\nb.mp4\n", "ffconcat version 1.0\nfile b.mp4\n", "v=0\nm=video 9 RTP\n"]
)
def test_each_reader_goes_by_content(text: str, tmp_path: Path, clip: bytes) -> None:  # noqa: F811
    """Whatever the name says: the library's own guess would open further files."""
    (tmp_path / "b.mp4").write_bytes(clip)
    for name in ("x.mp4", "x.m3u8", "x.sdp", "concat:b.mp4"):
        file = tmp_path / name
        file.write_text(text, encoding="utf-8")
        with pytest.raises(MediaError):
            picture_at(file, 0.0)
        with pytest.raises(MediaError):
            edit.proxy(file, tmp_path / "out.mp4")
        with pytest.raises(MediaError, match=re.escape(name)):
            join.join([join.Part(file)], tmp_path / "joined.mp4", join.Canvas(64, 64))
        assert poster(file, 1.0) == b""


def test_the_library_opens_nothing_by_its_name() -> None:
    """A path is given to PyAV only to write a file."""
    package = Path(__file__).parents[2] / "seedspec"
    for path in package.rglob("*.py"):
        for call in re.findall(r"av\.open\((.*?)[,)](.*)", path.read_text(encoding="utf-8")):
            assert call[0] == "stream" or '"w"' in call[1], f"{path}: {call}"
