"""Draft, pick, final: the guide is followed word for word with the emulator, and its outputs are those of the tool."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import forks
import orjson
import pytest
from emulated import booked

pytestmark = pytest.mark.slow

GUIDE = Path(__file__).parents[2] / "docs" / "profiles.md"
Expect = Callable[[Path, str], None]


def seedspec(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return forks.run_text(arguments, folder, {**os.environ, "NO_COLOR": "1", "SEEDSPEC_RUN_EMULATOR_SECONDS": "0.1"})


def bought(folder: Path) -> Counter[str]:
    """The purchases in the lock by profile."""
    lines = (folder / "storyboard.emulator.lock").read_bytes().splitlines()[1:]
    return Counter(orjson.loads(line).get("profile", "") for line in lines)


def reserved(folder: Path) -> int:
    return sum(v["event"] == "reserved" for v in booked(folder / ".seedspec" / "storyboard.emulator"))


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A folder in which everything was done that the guide does, and the guide with the outputs that came of it."""
    folder, text, said = tmp_path_factory.mktemp("rain"), GUIDE.read_text(encoding="utf-8"), ""

    def block(found: re.Match[str]) -> str:
        nonlocal said
        language, body = found[1], found[2]
        if language == "yaml":
            (folder / "storyboard.yaml").write_text(body, encoding="utf-8")
        elif language == "text":
            return f"```text\n{said}```\n"
        for line in body.splitlines() if language == "sh" and "--emulator" in body else ():
            done = seedspec(folder, *shlex.split(line)[1:])
            assert done.returncode == 0, f"{line}: {done.stderr}"
            said = done.stdout
        return found[0]

    return folder, re.sub(r"^```(\w+)\n(.*?)^```\n", block, text, flags=re.DOTALL | re.MULTILINE)


def test_the_guide_shows_what_the_tool_says(followed: tuple[Path, str], expect: Expect) -> None:
    expect(GUIDE, followed[1])


def test_drafts_and_finals_lie_side_by_side_and_nothing_is_bought_twice(followed: tuple[Path, str]) -> None:
    folder, _ = followed
    assert bought(folder) == {"draft": 6, "final": 2}
    assert reserved(folder) == 8
    saved = sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*.mp4") if ".seedspec" not in p.parts)
    assert [f for f in saved if "/final/" in f] == [
        "renders.emulator/final/steam@light=rain_take1.mp4", "renders.emulator/final/steam@light=snow_take1.mp4",
    ]  # fmt: skip
    assert len(saved) == 8 and all(f.startswith(("renders.emulator/draft/", "renders.emulator/final/")) for f in saved)
    for profile in ("draft", "final"):
        plan = orjson.loads(seedspec(folder, "plan", "--emulator", "--profile", profile, "--format", "json").stdout)
        assert plan["profile"] == profile
        assert plan["counts"] | {"done": 0, "submit": 0} == dict.fromkeys(plan["counts"], 0), plan["counts"]
    assert seedspec(folder, "lock", "verify", "--emulator").returncode == 0
    assert "nothing to forget" in seedspec(folder, "lock", "prune", "--emulator", "--yes").stderr


def test_taking_turns_moves_no_line_of_the_lock(followed: tuple[Path, str]) -> None:
    folder, _ = followed
    lock = folder / "storyboard.emulator.lock"
    before = lock.read_bytes().splitlines()
    done = seedspec(folder, "run", "--emulator", "--profile", "final", "--select", "steam@light=dusk")
    assert done.returncode == 0, done.stderr
    after = lock.read_bytes().splitlines()
    assert [line for line in after if line in before] == before and len(after) == len(before) + 1
    lock.write_bytes(b"\n".join(before) + b"\n")


def test_what_another_profile_has_in_flight_is_followed_into_its_own_folder(tmp_path: Path) -> None:
    board = re.search(r"^```yaml\n(.*?)^```", GUIDE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    assert board
    (tmp_path / "storyboard.yaml").write_text(board[1], encoding="utf-8")
    sent = seedspec(tmp_path, "run", "--emulator", "--profile", "draft", "--no-wait", "--select", "steam@light=rain/1")
    assert sent.returncode == 7, sent.stderr
    shown = seedspec(tmp_path, "plan", "--emulator", "--profile", "final", "--select", "steam@light=dusk")
    assert re.search(r"^-  steam@light=rain/1 +running, bought with profile `draft`; a run", shown.stdout, re.M)
    assert "~" not in shown.stdout
    assert seedspec(tmp_path, "fetch", "--emulator", "--profile", "final").returncode in (0, 7)
    assert (tmp_path / "renders.emulator" / "draft" / "steam@light=rain_take1.mp4").is_file()
    assert bought(tmp_path) == {"draft": 1}


def test_a_doubt_is_settled_with_the_profile_that_it_arose_with(tmp_path: Path) -> None:
    board = re.search(r"^```yaml\n(.*?)^```", GUIDE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    assert board
    (tmp_path / "storyboard.yaml").write_text(board[1], encoding="utf-8")
    one = ("--emulator", "--select", "steam@light=rain/1", "--fault", "lost-reply@1")
    for profile in ("draft", "final"):
        assert seedspec(tmp_path, "run", "--profile", profile, *one).returncode == 8
    written = seedspec(tmp_path, "settle", "steam@light=rain/1", "--emulator", "--not-billed")
    assert written.returncode == 0, "the storyboard as written asks for what `final` asks for"
    refused = seedspec(tmp_path, "settle", "steam@light=rain/1", "--emulator", "--profile", "final", "--not-billed")
    assert refused.returncode == 2 and "with another profile: `--profile draft`" in refused.stderr
    shown = seedspec(tmp_path, "plan", "--emulator", "--profile", "final")
    assert "in doubt: sent with profile `draft`" in shown.stdout
    settled = seedspec(tmp_path, "settle", "steam@light=rain/1", "--emulator", "--profile", "draft", "--not-billed")
    assert settled.returncode == 0, settled.stderr
