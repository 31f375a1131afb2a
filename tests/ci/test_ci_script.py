"""The script for any other runner, from the guide, call by call against the emulator."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import tools
from forge import KEY, THIRD, TWO, Books, Forge, runner_environ, seedspec_in
from github_runner import after

pytestmark = pytest.mark.slow

GUIDE = Path(__file__).parents[2] / "docs" / "ci.md"
[SCRIPT] = re.findall(r"^```bash\n(.*?)^```", GUIDE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
AGREED = ["first", "last", "two"]


@dataclass(frozen=True)
class Machine:
    """A machine with the script, and the repository that it buys for."""

    forge: Forge
    books: Books
    folder: Path
    environ: dict[str, str]

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            ["bash", str(self.folder / "videos.sh"), *arguments], env=self.environ, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip

    def do(self, *arguments: str) -> tuple[int, str]:
        process = self.start(*arguments)
        said = process.communicate(timeout=60)[0]
        return process.returncode, said

    def plans(self) -> list[str]:
        return sorted(p.name for p in (self.folder / "stays" / "plans").glob("*"))


@pytest.fixture
def machine(books: Books, tmp_path: Path) -> Machine:
    tools.found("flock")
    forge = Forge(tmp_path / "forge")
    (tmp_path / "videos.sh").write_text(SCRIPT)
    seedspec_in(tmp_path)
    who = {f"GIT_{role}_{key}": "runner" for role in ("AUTHOR", "COMMITTER") for key in ("NAME", "EMAIL")}
    given = {"REPOSITORY": str(forge.origin), "STATE": str(tmp_path / "stays"), "EVOLINK_API_KEY": KEY}
    return Machine(forge, books, tmp_path, runner_environ(tmp_path, books) | who | given)


def test_what_was_planned_is_bought_once_it_is_merged(machine: Machine) -> None:
    pull = machine.forge.open("", TWO)
    code, said = machine.do("plan", pull.head)
    assert code == 0 and "3 videos to buy" in said and f"buy {pull.head}" not in said and machine.books.sold == [], said
    assert machine.do("buy") == (0, "") and machine.books.sold == [], "nothing is merged"
    machine.forge.push("shots:\n", f"shots:\n{THIRD}")
    machine.forge.merge(pull)
    code, said = machine.do("buy")
    assert code == 0 and sorted(machine.books.sold) == AGREED and machine.forge.states == ["saved"] * 3, said
    assert machine.do("buy") == (0, "") and machine.plans() == []


def test_after_a_squash_the_commit_is_named(machine: Machine) -> None:
    pull = machine.forge.open("", TWO)
    machine.do("plan", pull.head)
    machine.forge.merge(pull, "squash")
    assert machine.do("buy") == (0, "") and machine.plans() == [pull.head]
    code, said = machine.do("buy", pull.head)
    assert code == 0 and sorted(machine.books.sold) == AGREED, said
    code, said = machine.do("buy", pull.head)
    assert code == 4 and "no agreed plan of" in said and len(machine.books.sold) == 3, said


@pytest.mark.long
def test_a_check_that_fails_leaves_no_plan_to_agree_to(machine: Machine) -> None:
    pull = machine.forge.open("", "seedspec: 1\n", file="ads/other.yaml")
    code, said = machine.do("plan", pull.head)
    assert code == 3 and machine.plans() == [], said
    machine.forge.merge(pull)
    assert machine.do("buy", pull.head)[0] == 4 and machine.books.sold == []


@pytest.mark.skipif(sys.platform == "win32", reason="no such signals here")
def test_two_calls_at_once_buy_once_and_a_cancelled_one_goes_on(machine: Machine) -> None:
    pull = machine.forge.open("", '  - {id: two, takes: 9, prompt: "two"}\n')
    machine.do("plan", pull.head)
    machine.forge.merge(pull)
    machine.environ["SEEDSPEC_RUN_SUBMIT_RATE"] = "5"
    first = machine.start("buy")
    after(machine.books, 3, signal.SIGTERM)(first)  # to the shell alone
    second = machine.start("buy")
    said = first.communicate(timeout=60)[0]
    assert first.returncode == 130, said
    said = second.communicate(timeout=60)[0]
    assert second.returncode == 0 and len(machine.books.sold) == 11, said
    assert machine.forge.states == ["saved"] * 11 and machine.plans() == []


@pytest.mark.long
def test_a_lock_that_could_not_be_pushed_is_pushed_by_the_next_call(machine: Machine) -> None:
    pull = machine.forge.open("", TWO)
    machine.do("plan", pull.head)
    machine.forge.merge(pull)
    hook = machine.forge.origin / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    code, said = machine.do("buy")
    assert code == 6 and sorted(machine.books.sold) == AGREED and machine.forge.states == [], said
    os.remove(hook)
    assert machine.do("buy")[0] == 0 and machine.forge.states == ["saved"] * 3 and len(machine.books.sold) == 3
