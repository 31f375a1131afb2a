"""The user's own folders for what seedspec keeps between commands: no cloned repository brings what is in them."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def user_state() -> Path:
    """The folder for what must not be lost, whether it is there or not: `$XDG_STATE_HOME/seedspec`, or its default.

    Raises RuntimeError where there is no home.
    """
    return (_folder_of_variable("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "seedspec"


def user_config() -> Path:
    """The folder for what the user has settled for all projects: `$XDG_CONFIG_HOME/seedspec`, or its default.

    Raises RuntimeError where there is no home.
    """
    return (_folder_of_variable("XDG_CONFIG_HOME") or Path.home() / ".config") / "seedspec"


def user_cache() -> Path:
    """The folder for what is only found anew when it is lost: `$XDG_CACHE_HOME/seedspec`, or where the system has it.

    Raises RuntimeError where there is no home.
    """
    return (_folder_of_variable("XDG_CACHE_HOME") or _system_cache()) / "seedspec"


def _system_cache() -> Path:
    if sys.platform == "win32":
        return _folder_of_variable("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
    return Path.home() / ("Library/Caches" if sys.platform == "darwin" else ".cache")


def _folder_of_variable(variable: str) -> Path | None:
    """A folder that the environment names; one that is relative is to be ignored (XDG Base Directory, Basics)."""
    given = os.environ.get(variable, "")
    return Path(given) if os.path.isabs(given) else None
