"""The environment of the programs that seedspec starts: what they need to find their way, and no key of anybody's."""

from __future__ import annotations

import os
from collections.abc import Iterable

_NAMES = frozenset(
    ("PATH", "HOME", "USER", "LOGNAME", "LANG", "LANGUAGE", "TZ", "TMPDIR", "TEMP", "TMP", "TERM", "NO_COLOR",
     "VIRTUAL_ENV", "SUDO_UID",
     "SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT", "USERPROFILE", "HOMEDRIVE", "HOMEPATH", "APPDATA",
     "LOCALAPPDATA", "PROGRAMDATA", "PROGRAMFILES")
)  # fmt: skip
_BEGINNINGS = ("LC_", "XDG_", "LD_", "DYLD_", "PYTHON", "COV_", "COVERAGE_")


def environment_of_child(*more: str, without: Iterable[str] = ()) -> dict[str, str]:
    """The variables of this process that a child gets: where things are, and what begins with one of `more`.

    Everything else is left out, for a key may have any name.
    """
    kept, left = (*_BEGINNINGS, *more), frozenset(without)
    return {k: v for k, v in os.environ.items() if (k.upper() in _NAMES or k.startswith(kept)) and k not in left}
