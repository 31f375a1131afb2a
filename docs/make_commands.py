"""Writes commands.md from the help of each command.

python docs/make_commands.py
"""

from __future__ import annotations

from pathlib import Path

import click

from seedspec.cli import main

PAGE = Path(__file__).parent / "commands.md"
WIDTH = 110
HEAD = """\
# Commands

What `seedspec --help` and `seedspec COMMAND --help` say.

"""


def made() -> str:
    """The whole page."""
    group = main.seedspec
    with click.Context(group, info_name="seedspec", terminal_width=WIDTH, **group.context_settings) as top:
        parts = [HEAD, _block(group.get_help(top))]
        parts += [_section(group, name, top) for name in group.list_commands(top)]
    return "".join(parts)


def _section(group: click.Group, name: str, parent: click.Context) -> str:
    command = group.get_command(parent, name)
    assert command is not None
    with click.Context(command, info_name=name, parent=parent, terminal_width=WIDTH) as context:
        out = f"\n## {context.command_path.removeprefix('seedspec ')}\n\n" + _block(command.get_help(context))
        if isinstance(command, click.Group):
            out += "".join(_section(command, below, context) for below in command.list_commands(context))
    return out


def _block(text: str) -> str:
    return "```text\n" + "\n".join(line.rstrip() for line in text.splitlines()) + "\n```\n"


if __name__ == "__main__":
    PAGE.write_text(made(), encoding="utf-8")
