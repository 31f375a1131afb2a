"""SEEDSPEC_EMULATOR holds for all commands; without it a paid lock that has no video tells of the emulator's takes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from looks import MP4, Run, keep
from walk import ABOUT_NO_STORYBOARD, calls, commands

from seedspec.cli.main import seedspec as group

LOOKS_AT_NO_TAKE = {"check", "doctor", "init"} | {name for name in commands() if name.startswith("ledger ")}
"""What is emulated has no ledger."""
ABOUT_TAKES = sorted({*commands()} - LOOKS_AT_NO_TAKE - ABOUT_NO_STORYBOARD)
HINT = "1 take of the emulator is here: add --emulator, or set SEEDSPEC_EMULATOR=1 for all commands"


@pytest.fixture
def emulated(looks: Path) -> Path:
    """A storyboard of which the emulator has made one take, and nothing was bought."""
    keep(looks, "open@look=noir/1", "saved", task="task-unified-1", file="renders.emulator/a.mp4", sha256="0" * 64)
    looks.with_suffix(".lock").rename(looks.with_name("storyboard.emulator.lock"))
    (looks.parent / "renders.emulator").mkdir()
    (looks.parent / "renders.emulator" / "a.mp4").write_bytes(MP4)
    return looks


def lines(name: str) -> Iterator[list[str]]:
    """The calls of a command, without what makes it the emulator's, and with addresses of this storyboard."""
    for line in calls("")[name]:
        if "torn.yaml" in line or "swept.yaml" in line:
            continue
        text = line.replace(" --emulator-seconds 0", "").replace(" --emulator", "").replace("renders.emulator", "at")
        yield text.replace("open/1", "open@look=noir/1").replace("close/1", "open@look=noir/1").split()


@pytest.mark.parametrize("name", ABOUT_TAKES)
def test_one_variable_is_the_option_of_all_of_them(
    name: str, emulated: Path, seedspec: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    (emulated.parent / "at").mkdir()
    (emulated.parent / "at" / "open_take1.mp4").write_bytes(MP4)
    for value in ("1", "true", "", "0", None):
        if value is not None:
            monkeypatch.setenv("SEEDSPEC_EMULATOR", value)
        else:
            monkeypatch.delenv("SEEDSPEC_EMULATOR")
        for words in lines(name):
            assert parsed(words)["emulator"] is (value in ("1", "true")), (words, value)


def parsed(words: list[str]) -> dict[str, object]:
    """What the options of a command line are, its command not begun."""
    context = click.Context(group, info_name="seedspec", **group.context_settings)
    command: click.Command = group
    with context.scope(cleanup=False):
        while isinstance(command, click.Group):
            found = command.get_command(context, words[0])
            assert found is not None
            command, words = found, words[1:]
        return command.make_context(command.name, words, parent=context).params


@pytest.mark.parametrize("name", sorted({*ABOUT_TAKES} - {"run", "fetch", "adopt"}))
@pytest.mark.slow
def test_a_lock_without_a_video_tells_of_the_takes(
    name: str, emulated: Path, seedspec: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EVOLINK_API_KEY", "sk-never-asked")
    for words in lines(name):
        said = seedspec(*words)
        wanted = "markdown" not in words and name != "export json"
        assert said.err.splitlines().count(HINT) == wanted, (words, said)
        assert "of the emulator" not in said.out
    monkeypatch.setenv("SEEDSPEC_EMULATOR", "1")
    for words in lines(name):
        assert HINT not in seedspec(*words).err, words


def test_a_run_that_was_not_agreed_to_tells_of_the_takes_too(
    emulated: Path, seedspec: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EVOLINK_API_KEY", "sk-never-asked")
    said = seedspec("run")
    assert said.code == 2 and said.err.splitlines().count(HINT) == 1


def test_all_of_them_look_at_the_takes_of_the_emulator(
    emulated: Path, seedspec: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "nothing is bought yet" in seedspec("status").out
    monkeypatch.setenv("SEEDSPEC_EMULATOR", "1")
    assert "1 saved" in seedspec("status").out
    assert "renders.emulator/a.mp4" in seedspec("why", "open@look=noir/1").out
    assert "1 purchase, 1 saved" in seedspec("lock", "verify").err


def test_a_paid_video_or_a_program_that_reads_is_told_nothing(emulated: Path, seedspec: Run) -> None:
    for words in (("status",), ("plan",), ("why", "open@look=noir/1"), ("stats",), ("cost",)):
        assert HINT not in seedspec(*words, "--format", "json").err
    keep(emulated, "open@look=soft/1", "saved", task="task-unified-2", file="renders/b.mp4", sha256="0" * 64)
    assert HINT not in seedspec("status").err


def test_a_word_that_is_neither_yes_nor_no_is_refused(looks: Path, seedspec: Run) -> None:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("SEEDSPEC_EMULATOR", "perhaps")
        said = seedspec("status")
    assert said.code == 2 and "--emulator" in said.err
