"""`run` asks before it buys where somebody can answer, and buys nothing where nobody can: real processes, terminals."""

from __future__ import annotations

import os
import re
import select
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import pytest
from helpers import LONGEST, PACE, SMALL, Make, Project

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not hasattr(os, "openpty"), reason="no terminals here")]

ASKED = "Buy 2 videos for at most $"
NEEDED = re.compile(
    r"seedspec: 2 videos, at most \$\d+\.\d\d: nothing is bought without a yes; add --yes\n(::error .*\n)?$"
)
RUN = ("run", "--plain", *PACE)


@dataclass
class Terminal:
    """A person's side of a terminal, with what a process has shown there so far."""

    near: int
    process: subprocess.Popen[bytes]
    seen: str = ""

    def until(self, wanted: str) -> None:
        """Reads until something is shown; the process may not end before."""
        while wanted not in self.seen:
            assert self.more(), f"`{wanted}` was not shown: {self.seen}"

    def more(self) -> bool:
        if not select.select([self.near], [], [], LONGEST)[0]:
            raise AssertionError(f"nothing more is shown: {self.seen}")
        with suppress(OSError):  # Linux says so when the other side is closed
            if data := os.read(self.near, 65536):
                self.seen += data.decode(errors="replace").replace("\r\n", "\n")
                return True
        return False

    def type(self, text: str) -> None:
        os.write(self.near, text.encode())

    def ended(self) -> int:
        while self.more():
            pass
        return self.process.wait(LONGEST)


@contextmanager
def terminal(found: Project, command: Sequence[str]) -> Iterator[Terminal]:
    """Starts a command on a terminal, which is the one that controls it."""
    near, far = os.openpty()
    code = "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv(sys.argv[1], sys.argv[1:])"
    process = subprocess.Popen(
        [sys.executable, "-c", code, *command],
        cwd=found.folder, env=found.environ(), start_new_session=True, stdin=far, stdout=far, stderr=far,
    )  # fmt: skip
    os.close(far)
    try:
        yield Terminal(near, process)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        os.close(near)


def shell(command: str) -> list[str]:
    """A line of a shell that runs this command, as `$@`."""
    return ["/bin/sh", "-c", command, "sh", sys.executable, "-m", "seedspec", *RUN]


def bought(found: Project) -> int:
    return sum(found.service.bought(found.name).values())


@pytest.mark.parametrize(
    "line", ['exec "$@"', '"$@" | cat > seen.txt', '"$@" > seen.txt', 'SEEDSPEC_RUN_YES= "$@"', 'CI=true "$@"'],
    ids=["alone", "piped", "file", "no-variable", "ci"],
)  # fmt: skip
def test_who_can_see_the_question_and_answer_is_asked(line: str, project: Make) -> None:
    """Standard output may be anything; what stands there is never a part of the question."""
    found = project(SMALL)
    with terminal(found, shell(line)) as person:
        person.until(ASKED)
        person.until("[y/N] ")
        assert bought(found) == 0
        person.type("y\n")
        assert person.ended() == 0, person.seen
    assert bought(found) == 2
    if "seen.txt" in line:
        assert "Buy" not in (found.folder / "seen.txt").read_text()


@pytest.mark.parametrize("answer", ["n\n", "\n", "no\n", "\x04"], ids=["n", "enter", "no", "end-of-input"])
def test_a_no_is_a_no_and_no_interruption(answer: str, project: Make) -> None:
    found = project(SMALL)
    with terminal(found, shell('exec "$@"')) as person:
        person.until("[y/N] ")
        person.type(answer)
        assert person.ended() == 0
        assert person.seen.endswith("nothing was bought\n") and "interrupted" not in person.seen
    assert bought(found) == 0 and not found.lock_path.exists()


def test_what_is_no_answer_is_asked_again(project: Make) -> None:
    found = project(SMALL)
    with terminal(found, shell('exec "$@"')) as person:
        person.until("[y/N] ")
        person.type("what\n")
        while person.seen.count(ASKED) < 2:
            assert person.more(), person.seen
        person.type("Yes\n")
        assert person.ended() == 0
    assert bought(found) == 2


def test_ctrl_c_at_the_question_is_an_interruption(project: Make) -> None:
    found = project(SMALL)
    with terminal(found, shell('exec "$@"')) as person:
        person.until("[y/N] ")
        person.type("\x03")
        assert person.ended() == 130
        assert person.seen.endswith("\nseedspec: interrupted\n")
    assert bought(found) == 0 and not found.lock_path.exists()


@pytest.mark.parametrize(
    ("line", "where"),
    [
        ('"$@" 2> said.txt', "said.txt"),
        ('"$@" 2>&1 | cat > said.txt; exit 2', "said.txt"),
        ('exec "$@" < /dev/null', ""),
        ('SEEDSPEC_RUN_YES=1 SEEDSPEC_YES=1 "$@" < /dev/null', ""),
        ('"$@" --format jsonl < /dev/null', ""),
    ],
    ids=["errors-in-a-file", "both-piped", "nobody-types", "a-variable-is-no-yes", "events"],
)
def test_where_nobody_can_answer_nothing_is_bought(line: str, where: str, project: Make) -> None:
    found = project(SMALL)
    with terminal(found, shell(line)) as person:
        assert person.ended() == 2
        said = (found.folder / where).read_text() if where else person.seen
    assert NEEDED.search(said), said
    assert "[y/N]" not in said and bought(found) == 0 and not found.lock_path.exists()


@pytest.mark.parametrize("stdin", [subprocess.DEVNULL, subprocess.PIPE], ids=["cron", "program"])
def test_cron_ci_and_a_program_with_pipes_need_the_word(stdin: int, project: Make) -> None:
    """A session of its own without a terminal; pipes or nothing for all three streams."""
    found = project(SMALL)
    environ = {"CI": "true", "GITHUB_ACTIONS": "true"} if stdin == subprocess.PIPE else {}
    ended = found.do(*RUN, environ=environ, stdin=stdin, start_new_session=True)
    assert ended.code == 2 and NEEDED.search(re.sub("(?m)^::error .*\n", "", ended.err)), ended
    assert bought(found) == 0 and not found.lock_path.exists()
    assert found.do(*RUN, "--yes", environ=environ, stdin=stdin, start_new_session=True).code == 0
    assert bought(found) == 2
    assert found.do(*RUN, environ=environ, stdin=stdin, start_new_session=True).code == 0, "there is nothing to buy"


def test_a_yes_typed_beforehand_is_one_for_the_plan_that_was_shown(project: Make) -> None:
    """What is added to the storyboard after the question was put is not bought with the answer to it."""
    found = project(SMALL)
    board = found.folder / "storyboard.yaml"
    with terminal(found, shell('exec "$@"')) as person:
        person.until("[y/N] ")
        board.write_text(board.read_text() + '  - {id: three, prompt: "more"}\n')
        person.type("y\n")
        assert person.ended() == 0
    assert bought(found) == 2


def test_no_option_that_spends_unasked_has_a_variable() -> None:
    import click

    from seedspec.cli.main import COMMANDS, Lazy

    def options(command: click.Command) -> Iterator[click.Option]:
        yield from (p for p in command.params if isinstance(p, click.Option))
        if isinstance(command, click.Group):
            for name in command.list_commands(click.Context(command)):
                below = command.get_command(click.Context(command), name)
                assert below is not None
                yield from options(below)

    group = Lazy("seedspec")
    every = [o for name in COMMANDS if (c := group.get_command(click.Context(group), name)) for o in options(c)]
    yes = [o for o in every if "--yes" in o.opts]
    yes += [o for o in every if "--yes-up-to" in o.opts]
    assert len(yes) >= 3 and all(o.envvar is None and not o.allow_from_autoenv for o in yes)


def test_a_yes_up_to_a_price_is_all_or_nothing(project: Make) -> None:
    """The price is that of the whole plan: a budget that would let the run buy a part does not make it fit."""
    found = project(SMALL)
    for less in (("0.5",), ("0.5", "--max-usd", "0.4"), ("0.5", "--max-entries", "1"), ("0",)):
        said = found.do("run", "--yes-up-to", *less, *PACE)
        assert said.code == 4 and "2 videos, at most $0.74: the yes is for at most $" in said.err, said.err
    assert found.do("run", "--yes-up-to", "1", "--yes").code == 2
    assert not found.service.bought(found.name)
    assert found.do("run", "--yes-up-to", "0.74", *PACE).code == 0
    assert sum(found.service.bought(found.name).values()) == 2
