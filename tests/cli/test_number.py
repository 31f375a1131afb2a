"""Numbers on a command line: what is none, or is beyond all bounds, is refused before anything is done."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import click
import pytest
from looks import Run

from seedspec.cli.main import COMMANDS
from seedspec.cli.number import Number


def numbers() -> Iterator[tuple[str, click.Option]]:
    """Every option of every command that takes a number with a fraction."""
    for name, (module, _) in COMMANDS.items():
        found = getattr(import_module(module), f"{name.replace('-', '_')}_command")
        for command in (found, *getattr(found, "commands", {}).values()):
            for param in command.params:
                if isinstance(param, click.Option) and param.type.name.startswith("float"):
                    yield name, param


OPTIONS = [(name, option.opts[0]) for name, option in numbers()]


def test_all_options_for_numbers_are_of_the_one_type() -> None:
    assert len(OPTIONS) >= 9 and all(isinstance(option.type, Number) for _, option in numbers())


@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "1e308", "-1", "many", ""])
@pytest.mark.parametrize(("command", "option"), OPTIONS)
def test_a_number_is_finite_and_within_bounds(
    looks: Path, seedspec: Run, command: str, option: str, value: str
) -> None:
    said = seedspec(command, f"{option}={value}", *(["--emulator"] if command in ("run", "fetch") else []))
    assert (said.code, said.out) == (2, "")
    assert re.search(rf"found `{re.escape(value)}`, expected a number from [0-9.]+ to [0-9,]+", said.err)
    assert not (looks.parent / ".seedspec").exists()


@pytest.mark.parametrize("value", ["0", "1e9", "0.01"])
@pytest.mark.slow
def test_bounds_belong_to_it(looks: Path, seedspec: Run, value: str) -> None:
    run = ("run", "--emulator", "--max-entries", "0")
    assert seedspec(*run, "--max-usd", value, "--max-credits", value).code in (0, 4, 7)
