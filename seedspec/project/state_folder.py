"""`.seedspec` beside a storyboard: the folder for what is this machine's alone."""

from __future__ import annotations

import errno
from contextlib import suppress
from functools import cache
from pathlib import Path

from seedspec.project.files import check_way


def state_folder(base: Path) -> Path:
    """`.seedspec` beside the storyboard, made when missing: what is this machine's alone, and no part of git.

    Raises OSError, also for a symbolic link in it or on the way to it: seedspec makes none, a cloned repository may
    hold one, and what is written there would go where it leads.
    """
    folder = base / ".seedspec"
    check_way(base)
    with suppress(FileExistsError):  # a link that leads nowhere is there, too
        folder.mkdir()
    if not folder.is_dir() and not folder.is_symlink():
        what = "is a file; move it away: seedspec keeps a folder of that name"
        raise OSError(errno.ENOTDIR, what, str(folder))
    _without_links(folder.absolute())
    ignore = folder / ".gitignore"
    if not ignore.exists():
        ignore.write_text("*\n", encoding="utf-8")
    return folder


@cache
def _without_links(folder: Path) -> None:
    """Looked at once: nobody but this machine's own runs writes there while one of them is under way."""
    for found in (folder, *folder.rglob("*")):
        if found.is_symlink():
            raise OSError(errno.ELOOP, "is a symbolic link; remove it: seedspec keeps its own files there", str(found))
