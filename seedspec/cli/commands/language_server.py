"""`language-server`: what an editor starts beside itself to have storyboards checked while they are written."""

from __future__ import annotations

import sys

import click

from seedspec.cli.console import print_notes
from seedspec.cli.main import Exit


@click.command("language-server")
@click.option("--stdio", is_flag=True, help="Standard input and output, as always; some editors add it.")
def language_server_command(*, stdio: bool) -> None:
    """Check storyboards in an editor while they are written, complete, explain and rename in them.

    An editor starts it and talks to it by the Language Server Protocol on standard input and output. It finds what
    `seedspec check` finds, in the text as it stands in the editor. It asks no network, buys nothing and writes nothing
    into the project. It ends with the editor. docs/editors.md has the settings of Visual Studio Code, Neovim, Helix
    and Zed.

    \b
    Examples:
      seedspec language-server                                                 what an editor starts
      vim.lsp.start({ name = 'seedspec', cmd = { 'seedspec', 'language-server' } })   in Neovim
    """
    try:
        from seedspec.editor.server import serve
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("pygls", "lsprotocol", "cattrs", "attrs", "attr"):
            raise
        raise Exit(2, "language-server needs one package more: pip install 'seedspec[editor]'") from None
    if sys.stdin.isatty():
        print_notes(["an editor starts this and talks to it on standard input; Ctrl-C ends it"])
    serve()
