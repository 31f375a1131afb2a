"""A public mock of video services serves a real run: somebody else's reading of the wires of Ark and fal."""

from __future__ import annotations

import http.server
import json
import os
import re
import subprocess
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from front import plain_front
from takes import counting
from tools import found

from seedspec.cli.main import start as command
from seedspec.lock.state import State
from seedspec.run.store.lock_file import read_lock

pytestmark = pytest.mark.long
PACKAGE = "@copilotkit/aimock@1.43.0"
BOARD = """\
seedspec: 1
model: {model}
defaults: {{quality: 480p, duration: 4}}
shots:
  - {{id: tea, prompt: Tea steams in a white cup.}}
  - {{id: hill, prompt: A hill at dawn.}}
"""


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The mock, installed by npm into a folder of its own."""
    folder = tmp_path_factory.mktemp("aimock")
    npm = found("npm")
    subprocess.run(
        [npm, "install", "--silent", "--no-audit", "--no-fund", PACKAGE], cwd=folder, check=True, timeout=300
    )
    return folder / "node_modules" / "@copilotkit" / "aimock" / "dist" / "cli.js"


@pytest.fixture
def video(tmp_path: Path) -> Iterator[str]:
    """The address of a real video: the mock hands addresses on, and makes no videos."""
    folder = tmp_path / "videos"
    folder.mkdir()
    counting(folder / "made.mp4", 120)
    handler = partial(http.server.SimpleHTTPRequestHandler, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/made.mp4"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def mock(tmp_path: Path, program: Path, video: str) -> Iterator[str]:
    """The mock as it listens, with one recorded answer of each service."""
    ark = {
        "id": "cgt-recorded", "model": "dreamina-seedance-2-0-260128", "status": "succeeded",
        "content": {"video_url": video}, "usage": {"completion_tokens": 40000, "total_tokens": 40000},
        "created_at": 1796000000, "updated_at": 4000000000, "seed": 7,
    }  # fmt: skip
    fixtures = [
        {"match": {"endpoint": "video"}, "response": {"json": ark}},
        {"match": {"endpoint": "fal"}, "response": {"json": {"video": {"url": video}, "seed": 7}}},
    ]
    file = tmp_path / "fixtures.json"
    file.write_text(json.dumps({"fixtures": fixtures}), encoding="utf-8")
    words = [found("node"), str(program), "-p", "0", "-h", "127.0.0.1", "-f", str(file), "--log-level", "info"]
    with subprocess.Popen(words, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as child:
        assert child.stdout is not None
        said = ""
        for line in child.stdout:
            said += line
            if heard := re.search(r"http://[^/ ]*:([0-9]+)", line):
                break
        else:
            raise AssertionError(said)
        threading.Thread(target=child.stdout.read, daemon=True).start()
        yield f"http://127.0.0.1:{heard[1]}"
        child.terminate()


def buy(model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    """Two entries are bought and saved, and a second run buys none."""
    project = tmp_path / "project"
    project.mkdir()
    monkeypatch.chdir(project)
    Path("storyboard.yaml").write_text(BOARD.format(model=model), encoding="utf-8")
    words = ["run", "--yes", "--unpriced", "--poll-interval", "1", "--timeout", "60"]
    code = command(words)
    said = capfd.readouterr()
    assert code == 0, said
    assert {r.state for r in read_lock(Path("storyboard.lock"))} == {State.SAVED}
    assert sorted(p.name for p in Path("renders").glob("*.mp4")) == ["hill_take1.mp4", "tea_take1.mp4"]
    assert command(words) == 0
    assert capfd.readouterr().out.startswith("0 bought, 0 saved, 2 reused")


def test_ark_is_bought_of_the_mock(
    mock: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ARK_BASE_URL", mock)
    monkeypatch.setenv("ARK_API_KEY", "ark-of-the-test")
    buy("ark-seedance-2.0", tmp_path, monkeypatch, capfd)


def test_fal_is_bought_of_the_mock(
    mock: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """The mock has fal below `/fal`, and wants a header that names the host: the front gives both."""
    monkeypatch.setenv("FAL_KEY", "fal-of-the-test")
    with plain_front(mock, {"x-fal-target-host": "queue.fal.run"}, "/fal") as (host, asked):
        monkeypatch.setenv("FAL_QUEUE_URL", f"http://{host}")
        buy("fal-seedance-2.0", tmp_path, monkeypatch, capfd)
    assert len([1 for method, _, _ in asked if method == "POST"]) == 2 and os.environ["FAL_KEY"] not in str(asked)
