"""The file that an error of seedspec itself leaves: what it holds, what it never holds, and where it goes."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from seedspec import __version__
from seedspec.project.crash_file import keep, scrub

NAME = re.compile(r"crash-\d{8}T\d{12}Z-\d+\.log")


@pytest.mark.parametrize(
    ("text", "secrets", "left"),
    [
        ("a https://u:p@h.example/p/q?X=1#z b", [], "a https://h.example/p/q b"),
        ("'s3://b/k?sig=1' ok", [], "'s3://b/k' ok"),
        ("key-1 key-12 key%2F1", ["key-1", "key-12", "key/1"], "*** *** ***"),
        ("a\\nb a\nb", ["a\nb"], "*** ***"),
        (f"x = \"{'p' * 40}\" y = '{'q' * 39}'", [], f"x = \"…\" y = '{'q' * 39}'"),
        (f'  File "{"p" * 60}", line 1\n  x("{"p" * 60}")\n', [], f'  File "{"p" * 60}", line 1\n  x("…")\n'),
    ],
)
def test_secrets_addresses_and_long_texts_are_left_out(text: str, secrets: list[str], left: str) -> None:
    assert scrub(text, secrets) == left


def test_the_home_folder_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/mia")
    assert scrub("/home/mia/films", []) == "~/films"
    monkeypatch.setenv("HOME", "/")
    assert scrub("/home/mia", []) == "/home/mia"


def fallen() -> Exception:
    try:
        raise TypeError("not foreseen: sk-of-the-file, in-the-option, sk-of-the-folder, abc, tok-1")
    except TypeError as error:
        return error


def test_what_is_known_of_an_error_is_kept_without_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    base, here = tmp_path / "film", tmp_path / "here"
    base.mkdir()
    here.mkdir()
    monkeypatch.chdir(here)
    (base / ".env").write_text("MY_KEY=sk-of-the-file\nEMPTY_KEY\n")
    (here / ".env").write_text("A_SECRET=sk-of-the-folder\nSHORT_KEY=abc\n")
    monkeypatch.setenv("SOME_TOKEN", " tok-1 ")
    words = ["run", "--ledger-password", "in-the-option", "--api-key=in-the-word", "--name", "plain"]
    path = keep(fallen(), words, base)
    assert path is not None and path.parent == base / ".seedspec" and NAME.fullmatch(path.name)
    assert path.stat().st_mode & 0o777 == 0o600 and path.name.endswith(f"-{os.getpid()}.log")
    lines = path.read_text().split("\n")
    assert lines[0] == f"seedspec {__version__}" and lines[1].startswith("Python 3.") and ", " in lines[1]
    libraries = [one.rpartition(" ") for one in lines[2].split(", ")]
    assert [name for name, _, _ in libraries][:3] == ["click", "jinja2", "pyyaml"] and all(v for _, _, v in libraries)
    assert lines[3] == "command: seedspec run --ledger-password *** --api-key=*** --name plain"
    assert re.fullmatch(r"time: \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", lines[4]) and lines[5] == ""
    assert lines[6] == "Traceback (most recent call last):"
    assert lines[-2] == "TypeError: not foreseen: ***, ***, ***, abc, ***"


def test_where_the_project_takes_nothing_the_user_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    (tmp_path / ".seedspec").write_text("a file")
    for base in (tmp_path, None):
        path = keep(fallen(), [], base)
        assert path is not None and path.parent == tmp_path / "state" / "seedspec"
        assert path.parent.stat().st_mode & 0o777 == 0o700
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / ".seedspec"))
    assert keep(fallen(), [], tmp_path) is None
