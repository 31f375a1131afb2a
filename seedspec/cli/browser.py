"""Opens a page in the user's browser, where there is a screen to show it on."""

from __future__ import annotations

import os
import sys
import webbrowser
from collections.abc import Mapping
from pathlib import Path

from seedspec.cli.console import print_notes

_SCREENS = ("DISPLAY", "WAYLAND_DISPLAY")


def open_page(page: Path) -> None:
    """Opens a page; where there is no screen, in CI and over SSH it says what to open instead."""
    if why := _no_screen(os.environ, sys.platform):
        print_notes([f"no browser is opened: {why}; open {page}"])
        return
    try:
        opened = webbrowser.open(page.resolve().as_uri())
    except (webbrowser.Error, OSError):
        opened = False
    if not opened:
        print_notes([f"no browser is found here; open {page}"])


def _no_screen(environ: Mapping[str, str], platform: str) -> str:
    """Why there is no screen here; nothing where there is one."""
    if environ.get("CI"):
        return "this is CI"
    if environ.get("SSH_CONNECTION") or environ.get("SSH_TTY"):
        return "this is another machine, reached by SSH"
    if platform not in ("darwin", "win32") and not any(environ.get(name) for name in _SCREENS):
        return "there is no screen here"
    return ""
