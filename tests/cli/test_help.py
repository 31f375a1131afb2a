"""What each command says of itself: its help, as the page of commands has it, and its options as click reads them."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from looks import Run
from walk import commands

from seedspec import __version__
from seedspec.cli.main import seedspec as group

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "docs"))
import make_commands  # noqa: E402

EXPECTED = Path(__file__).parent / "expected"


def test_the_page_of_commands_is_what_they_say(expect: Callable[[Path, str], None]) -> None:
    expect(make_commands.PAGE, make_commands.made())


def test_each_command_takes_these_words(expect: Callable[[Path, str], None]) -> None:
    """What help does not show too: variables, hidden options, which word may not come from the environment."""
    lines = [line for name in (*commands(), "prices") for line in words_of(name)]
    expect(EXPECTED / "options.txt", "".join(f"{line}\n" for line in lines))


def words_of(name: str) -> Iterator[str]:
    context, command = click.Context(group, info_name="seedspec", **group.context_settings), group
    for word in name.split():
        command = command.get_command(context, word)  # type: ignore[attr-defined, assignment]
        context = click.Context(command, info_name=word, parent=context)
    yield f"{name}{' (hidden)' if command.hidden else ''}"
    for one in command.params:
        given = {
            key: value for key, value in facts_of(one).items() if value is not False and value not in (None, [], "")
        }
        said = ", ".join(f"{key} {json.dumps(value)}" for key, value in given.items())
        yield f"  {'/'.join(one.opts)} -> {one.name}: {said}"


def facts_of(one: click.Parameter) -> dict[str, Any]:
    kind, default = one.type, one.default
    return {
        "type": kind.name,
        "choices": list(getattr(kind, "choices", ())),
        "least": getattr(kind, "min", None),
        "most": getattr(kind, "max", None),
        "there": getattr(kind, "exists", False),
        "no folder": getattr(kind, "dir_okay", True) is False,
        "no file": getattr(kind, "file_okay", True) is False,
        "or a dash": getattr(kind, "allow_dash", False),
        "default": default if isinstance(default, (int, float, str)) else None,
        "required": one.required,
        "many": getattr(one, "multiple", False) or one.nargs != 1,
        "flag": getattr(one, "is_flag", False),
        "hidden": getattr(one, "hidden", False),
        "variables": one.envvar,
        "no variable": not getattr(one, "allow_from_autoenv", True),
        "not passed on": not one.expose_value,
    }


@pytest.mark.parametrize("word", ["-h", "--help"])
def test_help_is_asked_for_in_two_ways(seedspec: Run, word: str) -> None:
    said = seedspec(word)
    assert (said.code, said.err) == (0, "") and said.out.startswith("Usage: seedspec [OPTIONS] COMMAND [ARGS]...\n")
    assert seedspec("plan", word).out.startswith("Usage: seedspec plan [OPTIONS] [STORYBOARD]\n")


def test_the_version_is_told(seedspec: Run) -> None:
    assert seedspec("--version").out == f"seedspec {__version__}\n"


def test_a_command_that_is_none_is_told_with_one_that_is_near(seedspec: Run) -> None:
    usage = "Usage: seedspec [OPTIONS] COMMAND [ARGS]...\nTry 'seedspec --help' for help.\n\nError: "
    assert seedspec("plann").err == usage + "no command `plann`; did you mean `plan`?\n"
    assert seedspec("xyzzy").err == usage + "no command `xyzzy`\n"
    assert seedspec("--plann").err == usage + "No such option '--plann'.\n"
    assert [seedspec(word).code for word in ("plann", "xyzzy", "--plann")] == [2, 2, 2]
