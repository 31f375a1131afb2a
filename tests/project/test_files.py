"""Files that are read and written: only regular ones, of bounded size, inside the project, and where each stands."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from seedspec.lock.lock import LockFault
from seedspec.project import atomic, names
from seedspec.project.child_environment import environment_of_child
from seedspec.project.files import (
    check_no_link,
    check_way,
    is_below,
    lock_file,
    project_of,
    read_file,
    read_lines,
    read_lock_file,
    read_lock_lines,
    read_start,
)
from seedspec.project.media_memory import MediaMemory
from seedspec.project.paths import Place, commands_of, name_in_commands
from seedspec.project.presence import presence
from seedspec.project.reading import Reading, state_of
from seedspec.project.saved_video import NotRead, SavedVideos, check_inside, saved_video

MP4 = b"\0\0\0\x18ftypisom\0\0\0\0isommp42" + bytes(64)


def test_a_file_is_read_up_to_its_bound(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"one\ntwo")
    assert read_file(path, 7) == b"one\ntwo" and read_start(path, 3) == b"one" and read_start(path, 99) == b"one\ntwo"
    assert list(read_lines(path, 7)) == [b"one\n", b"two"]
    for work in (lambda: read_file(path, 6), lambda: list(read_lines(path, 6))):
        with pytest.raises(OSError) as told:
            work()
        assert (told.value.errno, told.value.strerror) == (errno.EFBIG, "has more than 6 bytes, so it is not read")
        assert told.value.filename == str(path)


def test_a_line_beyond_the_bound_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"one\ntwo\n")
    lines = read_lines(path, 4)
    assert next(lines) == b"one\n"
    with pytest.raises(OSError, match="has more than 4 bytes"):
        next(lines)


def test_what_is_no_regular_file_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe", Path("/dev/null")):
        with pytest.raises(OSError) as told:
            read_file(path)
        assert (told.value.errno, told.value.strerror) == (errno.EINVAL, "is no regular file, so it is not read")


def test_a_link_is_told(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("nowhere")
    check_no_link(tmp_path / "none")
    with pytest.raises(OSError) as told:
        check_no_link(tmp_path / "link")
    what = "is a symbolic link; remove it: nothing is written through a link, nor read from where it leads"
    assert (told.value.errno, told.value.strerror, told.value.filename) == (errno.ELOOP, what, str(tmp_path / "link"))


def test_a_way_that_leads_out_of_the_project_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = tmp_path / "project"
    (project / "sub").mkdir(parents=True)
    (project / ".git").mkdir()
    (project / "out").symlink_to(tmp_path)
    (project / "in").symlink_to(project / "sub")
    monkeypatch.chdir(project / "sub")
    for fine in ("../in/a", "..", str(tmp_path), "../../x", "/etc"):
        check_way(fine)
    with pytest.raises(OSError) as told:
        check_way("../out/a")
    what = "leads out of the project by a symbolic link; remove the link, or name the place where it leads"
    assert (told.value.errno, told.value.strerror, told.value.filename) == (errno.ELOOP, what, "../out/a")


def test_a_project_is_its_checkout(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / ".git").write_text("gitdir: elsewhere")
    assert project_of(str(tmp_path / "a" / "b")) == str(tmp_path / "a") == project_of(str(tmp_path / "a"))
    assert project_of(str(tmp_path)) == str(tmp_path)
    pairs = [("/a", "/a"), ("/a/b", "/a"), ("/a/b", "/a/"), ("/ab", "/a"), ("/", "/a"), ("/a", "/")]
    assert [is_below(*pair) for pair in pairs] == [True, True, True, False, False, True]


def test_a_lock_may_be_a_link_to_another_lock_of_the_project(tmp_path: Path) -> None:
    project = tmp_path / "project"
    (project / "sub").mkdir(parents=True)
    (project / ".git").mkdir()
    for name in ("project/sub/b.lock", "project/b.txt", "project/.git/c.lock", "out.lock"):
        (tmp_path / name).write_bytes(b"a\nb\n")
    link = project / "a.lock"
    assert lock_file(link) == link
    link.symlink_to("sub/b.lock")
    assert lock_file(link) == project / "sub" / "b.lock"
    assert read_lock_file(link) == b"a\nb\n" and list(read_lock_lines(link)) == [b"a\n", b"b\n"]
    atomic.replace_lock(link, b"new\n")
    assert link.is_symlink() and (project / "sub" / "b.lock").read_bytes() == b"new\n"
    for target in ("b.txt", ".git/c.lock", "../out.lock", "none.lock", "sub"):
        link.unlink()
        link.symlink_to(target)
        with pytest.raises(LockFault) as told:
            lock_file(link)
        assert str(told.value).endswith(
            f"`{link}` is a symbolic link and leads to no lock of this project; nothing is read or written there: "
            "remove the link, or put the lock itself in its place"
        )


def test_own_files_are_replaced_and_never_through_a_link(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    atomic.replace(path, b"one")
    assert path.read_bytes() == b"one"
    (tmp_path / "link.yaml").symlink_to(path)
    with pytest.raises(OSError, match="is a symbolic link"):
        atomic.replace(tmp_path / "link.yaml", b"two")
    assert path.read_bytes() == b"one" and sorted(os.listdir(tmp_path)) == ["a.yaml", "link.yaml"]


def test_what_a_command_makes_takes_the_place_of_a_link(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.write_bytes(b"mine")
    (tmp_path / "out").symlink_to(mine)
    atomic.write_output(tmp_path / "out", b"made")
    assert (
        (tmp_path / "out").read_bytes() == b"made"
        and not (tmp_path / "out").is_symlink()
        and mine.read_bytes() == b"mine"
    )


def test_a_pipe_and_a_device_are_written_as_they_stand(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("pipe")
    paths = [Path("/dev/null"), Path("/proc/self/fd/1"), Path("/dev/../dev/x"), tmp_path / "pipe", tmp_path / "link",
             tmp_path, tmp_path / "none", Path("/device")]  # fmt: skip
    assert [atomic.is_stream(p) for p in paths] == [True, True, True, True, False, False, False, False]
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    atomic.write_output(tmp_path / "pipe", b"said")
    assert os.read(reader, 9) == b"said"
    os.close(reader)


def test_the_names_beside_a_storyboard() -> None:
    path = Path("films/tea.yaml")
    assert [names.lock_of(path, emulated=e).as_posix() for e in (False, True)] == [
        "films/tea.lock",
        "films/tea.emulator.lock",
    ]
    assert [names.picks_of(path, emulated=e).name for e in (False, True)] == [
        "tea.picks.yaml",
        "tea.emulator.picks.yaml",
    ]
    assert names.rows_of(path) == Path("films/tea.rows.yaml")
    assert names.judgements_of(Path("films/tea.lock")) == Path("films/tea.measures.jsonl")
    assert names.holder_of(Path("films/tea.lock")) == Path("films/.seedspec/tea.lock.hold-by")
    assert [names.track_of("tea", p) for p in ("", "draft")] == ["tea", "tea.draft"]


def test_commands_mean_a_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert [name_in_commands(Path(p)) for p in ("storyboard.yaml", "a/storyboard.yaml")] == ["", "a/storyboard.yaml"]
    locks = [Path(p) for p in ("storyboard.lock", "tea.lock", "tea.emulator.lock")]
    assert [commands_of(lock).line("status") for lock in locks] == [
        "`seedspec status`", "`seedspec status tea.yaml`", "`seedspec status tea.yaml --emulator`",
    ]  # fmt: skip
    Path("tea.yml").touch()
    assert commands_of(Path("tea.lock")).line("status") == "`seedspec status tea.yml`"


def test_a_place_has_a_folder_for_each_profile() -> None:
    made = Place(Path("films"), Path("films/tea.emulator.lock"), "renders.emulator", "draft")
    assert (made.folder, made.beside(".review.html").as_posix()) == (
        "renders.emulator/draft", "films/tea.emulator.draft.review.html",
    )  # fmt: skip
    plain = Place(Path("films"), Path("films/tea.lock"), "renders")
    assert (plain.folder, plain.beside(".html").as_posix(), plain.emulated) == ("renders", "films/tea.html", False)


def test_what_is_on_the_disk_is_asked_of_each_folder_once(tmp_path: Path) -> None:
    (tmp_path / "r").mkdir()
    (tmp_path / "r" / "a.mp4").write_bytes(b"four")
    (tmp_path / "r" / "gone").symlink_to("nowhere")
    taken = presence(tmp_path)
    assert [taken(f) for f in ("r/a.mp4", "r/gone", "r/b.mp4", "x/a.mp4", "r")] == [True, True, False, False, True]
    assert [taken("r/a.mp4", 4), taken("r/a.mp4", 5), taken("r/gone", 4)] == [True, False, False]
    (tmp_path / "r" / "b.mp4").touch()
    (tmp_path / "r" / "a.mp4").unlink()
    assert [taken(f) for f in ("r/a.mp4", "r/b.mp4")] == [True, True]


def test_a_saved_video_is_a_file_of_the_project(tmp_path: Path) -> None:
    base = tmp_path / "film"
    base.mkdir()
    for name, data in {"film/a.mp4": MP4, "film/b.mp4": b"<html>", "out.mp4": MP4}.items():
        (tmp_path / name).write_bytes(data)
    (base / "link.mp4").symlink_to(tmp_path / "out.mp4")
    (base / "inside.mp4").symlink_to("a.mp4")
    (base / "round.mp4").symlink_to("round.mp4")
    assert saved_video(base, "a.mp4") == base / "a.mp4" == check_inside(base, "a.mp4")
    assert saved_video(base, "inside.mp4") == base / "inside.mp4"
    videos = SavedVideos(base)
    files = ("a.mp4", "none.mp4", "b.mp4", "link.mp4", "../out.mp4", "\0", ".")
    assert [videos.at(f) for f in files] == [base / "a.mp4", *[None] * 6]
    assert [videos.size(f) for f in files] == [len(MP4), None, -1, -1, -1, -1, -1]
    assert videos.refused == {
        "b.mp4": f"{base}/b.mp4 is not the video that was saved: it is no MP4 file, and is not read",
        "link.mp4": f"`{base}/link.mp4` leads out of the project; it is not read",
        "../out.mp4": f"`{base}/../out.mp4` leads out of the project; it is not read",
        "\0": f"`{base}/\0` is no path that can be followed; it is not read",
        ".": f"`{base}` is no regular file; it is not read",
    }
    with pytest.raises(FileNotFoundError):
        saved_video(base, "none.mp4")
    with pytest.raises((NotRead, OSError)):
        saved_video(base, "round.mp4")


def test_media_are_remembered_once_they_have_settled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[str] = []

    def look(path: Path, target: str, kind: str) -> str:
        looks.append(target)
        return f"{path.name} {target} {kind} {len(looks)}"

    path, memory = tmp_path / "a.png", MediaMemory()
    path.write_bytes(b"1")
    assert [memory.found(path, "t", "image", look) for _ in range(2)] == ["a.png t image 1", "a.png t image 2"]
    changed = path.stat().st_ctime
    monkeypatch.setattr("seedspec.project.media_memory.time.time", lambda: changed + 3)
    assert [memory.found(path, "t", "image", look) for _ in range(2)] == ["a.png t image 3"] * 2
    assert memory.found(path, "t", "video", look) == "a.png t video 4"
    path.write_bytes(b"12")
    monkeypatch.setattr("seedspec.project.media_memory.time.time", lambda: path.stat().st_ctime + 3)
    assert memory.found(path, "t", "image", look) == "a.png t image 5"
    monkeypatch.setattr("seedspec.project.media_memory.MOST", 2)
    assert memory.found(path, "u", "image", look) == "a.png u image 6"
    assert [memory.found(path, "u", "image", look), memory.found(path, "t", "image", look)] == [
        "a.png u image 6", "a.png t image 7",
    ]  # fmt: skip


def test_a_reading_knows_what_it_was_asked(tmp_path: Path) -> None:
    path, link = tmp_path / "a", tmp_path / "link"
    path.write_bytes(b"x")
    link.symlink_to(path)
    reading = Reading({path: b"instead"})
    assert [reading.ask(p) for p in (path, link, tmp_path / "none")] == [b"instead", b"instead", None]
    reading.ask_folder(tmp_path)
    found = path.stat()
    state = (found.st_mtime_ns, 1, found.st_ino)
    assert reading.asked == {path: state, link: state, tmp_path / "none": None, tmp_path: state_of(tmp_path)}
    assert reading.folders == {tmp_path} and state_of(Path("\0")) is None and Reading().ask(path) is None


def test_a_child_gets_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        monkeypatch.delenv(name)
    given = {
        "PATH": "1",
        "LC_ALL": "2",
        "MY_KEY": "3",
        "DASK_X": "4",
        "GIT_DIR": "5",
        "SystemRoot": "6",
        "XPATH": "7",
        "GIT_A": "8",
    }
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    assert environment_of_child() == {"PATH": "1", "LC_ALL": "2", "SystemRoot": "6"}
    assert environment_of_child("GIT_", without=["GIT_DIR", "PATH"]) == {"LC_ALL": "2", "SystemRoot": "6", "GIT_A": "8"}
