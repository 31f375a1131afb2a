"""The process of the language server: with the editor gone, with two of them, with bytes that mean nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from server import Server

from seedspec.cli.main import start

COMMAND = [sys.executable, "-m", "seedspec", "language-server"]
BOARD = "seedspec: 1\nmodel: seedance-2.0-text-to-video\nshots:\n  - {id: a, prompt: '{{ lok }}'}\n"


@contextmanager
def running() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        try:
            yield process
        finally:
            process.kill()


def codes(server: Server, file: Path, text: str | None = None) -> set[Any]:
    return {one["code"] for one in server.diagnostics(file, text)}


@pytest.mark.slow
def test_two_editors_and_one_that_dies(tmp_path: Path) -> None:
    file = tmp_path / "storyboard.yaml"
    file.write_text(BOARD, encoding="utf-8")
    with running() as one, running() as two:
        first, second = Server(one), Server(two)
        first.begin(tmp_path)
        second.begin(tmp_path)
        assert "undefined-name" in codes(first, file)
        assert "undefined-name" not in codes(second, file, BOARD.replace("lok", "shot.id"))
        assert one.stdin is not None
        one.stdin.close()  # what an editor leaves behind that is killed
        assert one.wait(30) == 0
        assert one.stderr is not None and one.stderr.read() == b""
        assert "unknown-key" in codes(second, tmp_path / "other.yaml", "seedspec: 1\nsots: 1\n")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["storyboard.yaml"]


@pytest.mark.slow
def test_a_file_of_eight_megabytes(tmp_path: Path) -> None:
    with running() as process:
        server = Server(process)
        server.begin(tmp_path)
        large = BOARD + "# " + "x" * 8_000_000
        assert codes(server, tmp_path / "large.yaml", large) == {"too-large"}
        assert "undefined-name" in codes(server, tmp_path / "storyboard.yaml", BOARD)


SENT = b"what?\r\n\r\nContent-Length: 5\r\n\r\n{]{]{Content-Length: 2\r\n\r\n{}\xff\0\r\nContent-Length: 99\r\n\r\n{"


def test_bytes_that_mean_nothing() -> None:
    with running() as process:
        out, err = process.communicate(SENT, timeout=60)
    assert process.returncode == 0 and b"Traceback" not in out + err
    for part in out.split(b"Content-Length: ")[1:]:
        json.loads(part.partition(b"\r\n\r\n")[2])


def test_without_its_extra_it_says_which_one_is_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in [
        n for n in sys.modules if n.split(".")[0] in ("pygls", "lsprotocol") or n.startswith("seedspec.editor")
    ]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "pygls", None)
    monkeypatch.setitem(sys.modules, "lsprotocol", None)
    assert start(["language-server"]) == 2
    assert (
        capsys.readouterr().err == "seedspec: language-server needs one package more: pip install 'seedspec[editor]'\n"
    )


def test_the_server_is_loaded_by_its_own_command_alone() -> None:
    code = "import sys; from seedspec.cli.main import start; start(['check', '--help'])\nprint('pygls' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("False\n")
