"""Each command ends with the next step, as one line to copy on standard error; no CI log and no JSON has it."""

from __future__ import annotations

import shlex
from pathlib import Path

import click
import pytest
from looks import LOOKS, Run, Said, keep

from seedspec.cli.main import seedspec as group


def steps(said: Said) -> list[str]:
    assert "next: " not in said.out
    return [line.removeprefix("next: ") for line in said.err.splitlines() if line.startswith("next: ")]


def parses(line: str) -> bool:
    """Whether a proposed command line is one."""
    _, *words = shlex.split(line)
    with click.Context(group, info_name="seedspec", **group.context_settings) as top:
        command = group.get_command(top, words[0])
        assert isinstance(command, click.Command)
        while isinstance(command, click.Group):
            words = words[1:]
            command = command.get_command(top, words[0])
        command.make_context("seedspec", words[1:], parent=top)
    return True


@pytest.mark.slow
def test_from_the_beginning_to_the_cut(folder: Path, seedspec: Run) -> None:
    assert steps(seedspec("init", "my film")) == [
        "seedspec check 'my film/storyboard.yaml' && seedspec run 'my film/storyboard.yaml' --emulator"
    ]
    board = "my film/storyboard.yaml"
    assert steps(seedspec("check", board)) == ["seedspec plan 'my film/storyboard.yaml'"]
    plan = seedspec("plan", board, "--emulator")
    assert steps(plan) == ["seedspec run 'my film/storyboard.yaml' --emulator"]
    run = seedspec("run", board, "--emulator", "--yes", "--emulator-seconds", "0")
    assert run.code == 0 and steps(run) == ["seedspec review 'my film/storyboard.yaml' --emulator"]
    assert steps(seedspec("plan", board, "--emulator")) == ["seedspec review 'my film/storyboard.yaml' --emulator"]
    (step,) = steps(seedspec("review", board, "--emulator"))
    assert step.endswith("then seedspec pick --from FILE -f 'my film/storyboard.yaml' --emulator")
    picked = seedspec("pick", "-f", board, "--emulator", "steam/1")
    assert steps(picked) == ["seedspec export otio 'my film/storyboard.yaml' --emulator"]
    for said in (plan, run, picked):
        assert all(map(parses, steps(said)))


def test_commands_that_only_look_end_with_the_step_too(looks: Path, seedspec: Run) -> None:
    assert steps(seedspec("status")) == ["seedspec run"]
    assert steps(seedspec("compile")) == ["seedspec plan"]
    assert steps(seedspec("stats")) == ["seedspec review --blind, then vote on the page"]
    assert steps(seedspec("pick")) == ["seedspec review"]
    assert steps(seedspec("review")) == ["seedspec run"], "there is nothing to watch yet"
    keep(looks, "open@look=noir/1", "running", task="task-unified-1")
    assert steps(seedspec("status")) == ["seedspec run"]
    for format in ("status", "compile", "stats"):
        assert steps(seedspec(format, "--format", "json")) == []


def test_checks_that_find_nothing_say_so(looks: Path, seedspec: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVOLINK_API_KEY", "sk-never-asked")
    assert seedspec("check").err.splitlines()[0] == "1 storyboard: no problems found"
    assert seedspec("doctor").err == "no problems found\n"
    monkeypatch.delenv("EVOLINK_API_KEY")
    assert seedspec("doctor").err == "1 warning\n"


def test_a_plan_proposes_a_run_of_the_same_entries(looks: Path, seedspec: Run) -> None:
    said = seedspec("plan", "-s", "open,look=noir", "-x", "close", "--retry-failed")
    assert steps(said) == ["seedspec run --select open,look=noir --exclude close --retry-failed"]
    assert parses(steps(said)[0])


@pytest.mark.parametrize("variable", ["CI", "GITHUB_ACTIONS"])
def test_none_in_ci_and_none_in_json(
    looks: Path, seedspec: Run, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert steps(seedspec("plan")) != []
    for words in (("check", "--format", "json"), ("plan", "--format", "json"), ("plan", "--format", "markdown")):
        assert steps(seedspec(*words)) == []
    monkeypatch.setenv(variable, "true")
    for words in (("check",), ("plan",), ("init",)):
        assert steps(seedspec(*words)) == []


def test_none_where_something_is_wrong(looks: Path, seedspec: Run) -> None:
    looks.write_text(LOOKS.replace("look.words", "lok.words"))
    for command in ("check", "plan"):
        assert steps(seedspec(command)) == []
