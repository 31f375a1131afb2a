"""The fixtures of the tests of the run; what they are made of stands in `helpers.py`."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from helpers import BOARD, Listener, Make, Project, Service, emulator, leaked, listening, nearby
from studio import opened

if TYPE_CHECKING:
    from bucket import Store


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """One faultless emulator for all tests that need no other."""
    with emulator(tmp_path_factory.mktemp("service")) as found:
        yield found


@pytest.fixture(scope="session")
def hero(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from PIL import Image

    path = tmp_path_factory.mktemp("media") / "hero.png"
    Image.new("RGB", (640, 360), (200, 80, 40)).save(path)
    return path


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A real video, whole and playable."""
    from seedspec.media.card import Card
    from seedspec.media.movie.takes import Studio

    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    card = Card(task="t", prompt="p", width=320, height=180, seconds=2, quality="480p", ratio="16:9", audio=False)
    Studio().make(card, path)
    return path.read_bytes()


@pytest.fixture
def mine(tmp_path: Path) -> Iterator[Service]:
    """An emulator of a test's own, in its process: what it was asked and sent is the test's alone."""
    with nearby(tmp_path / "mine") as found:
        yield found


@pytest.fixture(scope="module")
def running() -> Iterator[Store]:
    """A server that speaks S3, with the bucket `team`."""
    from bucket import serving  # needs moto, which most tests do not

    with serving("team") as found:
        yield found


@pytest.fixture
def store(running: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    """The server, emptied, with a user's environment set for it."""
    from bucket import emptied

    return emptied(running, monkeypatch)


@pytest.fixture(scope="session")
def azure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The origin of Azure's stand-in, with a container `team` in it."""
    from azurite import serving

    with serving(tmp_path_factory.mktemp("azurite")) as origin:
        yield origin


@pytest.fixture
def project(tmp_path: Path, service: Service, hero: Path) -> Make:
    """Makes projects; each has prompts of its own, so that one emulator can serve them all."""
    made = 0

    def make(board: str = BOARD, *, at: Service | None = None) -> Project:
        nonlocal made
        made += 1
        folder = tmp_path / f"project-{made}"
        folder.mkdir()
        name = f"p{abs(hash(str(folder))):x}"
        (folder / "storyboard.yaml").write_text(board.format(name=name), encoding="utf-8")
        shutil.copy(hero, folder / "hero.png")
        return Project(folder, name, at or service)

    return make


@pytest.fixture
def listener(monkeypatch: pytest.MonkeyPatch) -> Iterator[Listener]:
    """A listener that is reached without a proxy, for tests of what is connected to and must be told nothing."""
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    with listening() as found:
        yield found


@pytest.fixture(autouse=True)
def canary(tmp_path: Path) -> Iterator[None]:
    """After each test: the key stands nowhere below its folder, in no form."""
    yield
    leaks = [p for p in tmp_path.rglob("*") if p.is_file() and not p.is_symlink() and leaked(p.read_bytes())]
    assert not leaks, f"the key stands in {leaks}"


@pytest.fixture
def studio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Opens a storyboard at a service whose provider file a test chooses."""
    return opened(tmp_path, monkeypatch)
