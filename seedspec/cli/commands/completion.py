"""The command that prints a shell's completion script; click writes the script and answers it."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from seedspec.cli import main
from seedspec.cli.console import echo

SHELLS = ("bash", "zsh", "fish")


@click.command("completion")
@click.argument("shell", type=click.Choice(SHELLS))
def completion_command(shell: str) -> None:
    """Print the completion script of a shell; commands and options complete, and files where files are meant.

    \b
    Examples:
      eval "$(seedspec completion bash)"                                       in ~/.bashrc (bash 4.4 or newer)
      eval "$(seedspec completion zsh)"                                        in ~/.zshrc, after compinit
      seedspec completion fish > ~/.config/fish/completions/seedspec.fish
    """
    made = get_completion_class(shell)
    assert made is not None
    echo(made(main.seedspec, {}, "seedspec", "_SEEDSPEC_COMPLETE").source())
