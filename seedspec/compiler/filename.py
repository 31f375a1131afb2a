"""Names that every file system takes: what an entry's file may not be called, and what an output folder may not be."""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePosixPath

LONGEST = 230
"""Bytes of an entry's file name. File systems take 255; the rest is for what a download in progress, or a second
video of that name, adds to it."""

_DEVICES = frozenset({"con", "prn", "aux", "nul", "conin$", "conout$"}) | frozenset(
    f"{port}{number}" for port in ("com", "lpt") for number in "0123456789¹²³"
)
_RESERVED = frozenset('<>:"\\|?*')
_SHORT = re.compile(r"git~\d+", re.IGNORECASE)
"""What Windows may call `.git` as well: a name of eight letters and three."""


def same(name: str) -> str:
    """A name as the least discerning of file systems sees it: without letter case, in one Unicode form."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def is_device(name: str) -> bool:
    """Whether Windows takes a file of this name for a device: by what stands before its first dot
    (Microsoft, "Naming Files, Paths, and Namespaces")."""
    return name.partition(".")[0].rstrip(" ").casefold() in _DEVICES


def is_folder(path: str) -> bool:
    """Whether a path is a folder below another one, on every system, and none that other programs keep.

    Those begin with a dot. A shell reads `~` and `$`, and whoever copies the name into one means neither.
    """
    parts = PurePosixPath(path).parts
    if not parts or path.startswith("/") or not path.isprintable() or not _RESERVED.isdisjoint(path):
        return False
    return not any(
        part.startswith((".", " ", "-", "~"))
        or part.endswith((".", " "))
        or "$" in part
        or is_device(part)
        or _SHORT.fullmatch(part)
        or len(part.encode("utf-8", "surrogatepass")) > LONGEST
        for part in parts
    )
