"""What all tests share: the options, expected files that `--update` rewrites, and a tally of what was tried."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from takes import Project


# What a user, a CI server or a cloud's machine sets, and commands listen to. No test depends on where it runs: a CI
# server sets CI, and hints for a person are not printed then.
_LISTENED_TO = ("SEEDSPEC_", "EVOLINK_", "CI", "GITHUB_", "GITLAB_", "AWS_", "AZURE_", "NO_COLOR", "FORCE_COLOR")
_OF_THE_TESTS = ("SEEDSPEC_GATE", "SEEDSPEC_TEST_")


def pytest_configure() -> None:
    for name in list(os.environ):
        if name.startswith(_LISTENED_TO) and not name.startswith(_OF_THE_TESTS):
            del os.environ[name]
    # Processes that tests start run from byte code, as an installed package does: to compile all of seedspec takes
    # longer than most of them take otherwise.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    settings.register_profile("untimed", settings.default, deadline=None)  # no test asserts a time
    settings.load_profile("untimed")


@pytest.fixture(scope="session", autouse=True)
def states(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The user's own folders for states and caches, so that no test touches those of whoever runs the tests."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("states")
        patch.setenv("XDG_STATE_HOME", str(folder))
        patch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("settings")))
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("caches")))
        yield folder


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int | None:
    """Half again as many processes as there are cores: tests wait for servers, processes and browsers much of the
    time. A number of the user's own goes before it."""
    return None if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ else (os.cpu_count() or 1) * 3 // 2


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update", action="store_true", help="rewrite the expected files of the cases")
    parser.addoption("--long", action="store_true", help="try many more scenarios, kills and mutations")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--long"):
        seen = Counter[str]()
        left_out = [i for i in items if i.get_closest_marker("long") or not _is_sampled(i, seen)]
        config.hook.pytest_deselected(items=left_out)
        gone = set(left_out)
        items[:] = [i for i in items if i not in gone]


def _is_sampled(item: pytest.Item, seen: Counter[str]) -> bool:
    """Whether an item of a test with many parameters is one of the few of each run; `seen` counts those before it."""
    marker = item.get_closest_marker("sampled")
    if marker is None:
        return True
    test = item.nodeid.partition("[")[0]
    seen[test] += 1
    return (seen[test] - 1) % int(marker.args[0]) == 0


@pytest.fixture(scope="session")
def long(pytestconfig: pytest.Config) -> bool:
    """Whether many more scenarios, kills and mutations are asked for."""
    return bool(pytestconfig.getoption("--long"))


TALLY = pytest.StashKey[Counter[str]]()


@pytest.fixture(scope="session")
def tally(pytestconfig: pytest.Config) -> Counter[str]:
    """What was tried, counted over all tests of all processes; printed at the end."""
    return pytestconfig.stash.setdefault(TALLY, Counter())


def pytest_sessionfinish(session: pytest.Session) -> None:
    output: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["tally"] = dict(session.config.stash.get(TALLY, Counter()))


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """What a process of pytest-xdist has tried."""
    node.config.stash.setdefault(TALLY, Counter()).update(getattr(node, "workeroutput", {}).get("tally", {}))


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    found = config.stash.get(TALLY, Counter())
    if found:
        terminalreporter.write_line("tried: " + ", ".join(f"{n:,} {word}" for word, n in sorted(found.items())))


@pytest.fixture
def expect(request: pytest.FixtureRequest) -> Callable[[Path, str], None]:
    """Compares a text with an expected file; under `--update` it becomes the file's content."""
    update = bool(request.config.getoption("--update"))

    def compare(file: Path, found: str) -> None:
        if update and (not file.exists() or file.read_text(encoding="utf-8") != found):
            file.write_text(found, encoding="utf-8")
        assert file.exists(), f"no {file}; `pytest --update` writes it"
        assert found == file.read_text(encoding="utf-8")

    return compare


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two videos with the same numbers on grounds of unlike grey."""
    from takes import counting  # needs PyAV, which most tests do not

    folder = tmp_path_factory.mktemp("clips")
    for name, ground in (("a", 60), ("b", 120)):
        counting(folder / f"{name}.mp4", ground)
    return folder / "a.mp4", folder / "b.mp4"


@pytest.fixture
def project(tmp_path: Path, clips: tuple[Path, Path]) -> Project:
    """Sixteen takes to review: twelve saved, one failed, one in doubt, two never bought."""
    from takes import made

    return made(tmp_path / "kite", clips)
