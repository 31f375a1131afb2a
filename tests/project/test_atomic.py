"""The one way to write a file: whole or not at all, never through a link, and no name of it is left behind."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from seedspec.project.atomic import atomic_write, clear, replacement

pytestmark = pytest.mark.skipif(os.name == "nt", reason="links and modes of POSIX")


@pytest.mark.parametrize("durable", [False, True])
@pytest.mark.parametrize("shared", [False, True])
def test_a_file_is_replaced_and_nothing_is_left_beside_it(tmp_path: Path, durable: bool, shared: bool) -> None:
    path = tmp_path / "a.txt"
    for data in (b"one", b"two"):
        atomic_write(path, data, durable=durable, shared=shared)
        assert path.read_bytes() == data and os.listdir(tmp_path) == ["a.txt"]


@pytest.mark.parametrize("shared", [False, True])
def test_what_fails_leaves_the_old_file(tmp_path: Path, shared: bool) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"old")
    with pytest.raises(KeyboardInterrupt), replacement(path, shared=shared) as aside:
        aside.write_bytes(b"half of the ne")
        raise KeyboardInterrupt
    assert path.read_bytes() == b"old" and os.listdir(tmp_path) == ["a.txt"]


def test_no_link_is_followed_at_either_name(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.write_bytes(b"mine")
    mine.chmod(0o640)
    for name in ("a.txt", ".a.txt.new"):
        (tmp_path / name).symlink_to(mine)
    atomic_write(tmp_path / "a.txt", b"x")
    assert mine.read_bytes() == b"mine" and not (tmp_path / "a.txt").is_symlink()
    assert sorted(os.listdir(tmp_path)) == ["a.txt", "mine"]


def test_a_mode_is_given_or_stays(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    atomic_write(path, b"x", mode=0o600)
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o640)
    atomic_write(path, b"y")
    assert path.stat().st_mode & 0o777 == 0o640
    path.chmod(0o644)
    atomic_write(path, b"z", mode=0o600)
    assert path.stat().st_mode & 0o777 == 0o600


def test_many_write_a_shared_file_at_once(tmp_path: Path) -> None:
    path, wholes = tmp_path / "a.txt", [letter * 100_000 for letter in (b"a", b"b", b"c", b"d")]
    path.write_bytes(wholes[0])
    torn: list[bytes] = []

    def write(data: bytes) -> None:
        for _ in range(20):
            atomic_write(path, data, shared=True)
            if (found := path.read_bytes()) not in wholes:
                torn.append(found[:20])

    threads = [threading.Thread(target=write, args=(data,)) for data in wholes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not torn and os.listdir(tmp_path) == ["a.txt"]


def test_what_a_crash_has_left_is_cleared_away(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    (tmp_path / ".a.txt.new").write_bytes(b"torn")
    atomic_write(path, b"x")
    assert os.listdir(tmp_path) == ["a.txt"]
    (tmp_path / ".a.txt.17-42.new").write_bytes(b"torn")
    clear(tmp_path)
    assert os.listdir(tmp_path) == ["a.txt"]
    (tmp_path / "link").symlink_to(tmp_path)
    (tmp_path / ".a.txt.17-42.new").write_bytes(b"behind a link")
    clear(tmp_path / "link")
    assert (tmp_path / ".a.txt.17-42.new").exists()
