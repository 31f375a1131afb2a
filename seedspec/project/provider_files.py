"""The folders of providers that users have: in their settings, and `providers/` beside a storyboard; read once."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from seedspec.catalog.user_files import PRICES, PROVIDER, UserFile
from seedspec.project.files import read_file
from seedspec.project.reading import Reading
from seedspec.project.user_folders import user_config
from seedspec.text.diagnostic import Problems
from seedspec.text.json_nodes import json_source
from seedspec.text.source import Source

FOLDER = "providers"
MOST_FILE, MOST_PRICES = 512 * 1024, 4 * 1024 * 1024
"""Bytes of a file of a provider, and of its prices."""
MOST_FOLDERS, MOST_FILES = 50, 200
"""Folders that are looked into, and files of each."""


def own_files() -> list[UserFile]:
    """The files in the folder of the user's settings, but for prices, which `user_prices` reads."""
    with suppress(RuntimeError):  # there is no home
        top = user_config() / FOLDER
        return [file for file in _below(top, str(top), beside=False) if file.name != PRICES]
    return []


def files_beside(folder: Path, reading: Reading | None = None) -> list[UserFile]:
    """The files in `providers/` beside a storyboard. Links are not followed: a clone may bring one of any name."""
    top = folder / FOLDER
    if reading is not None:
        reading.ask_folder(top)
    return list(
        _below(top, os.path.join(os.path.relpath(folder), FOLDER).removeprefix("./"), beside=True, reading=reading)
    )


def read_provider_file(path: Path, shown: str, *, beside: bool) -> UserFile:
    """A file with the digest of the very bytes that its content was read from."""
    folder, name = path.parent.name, path.name
    try:
        if beside and (path.is_symlink() or path.parent.is_symlink() or path.parent.parent.is_symlink()):
            return UserFile(folder, name, shown, beside, fault="it is a symbolic link, or below one, so it is not read")
        data = read_file(path, MOST_PRICES if name == PRICES else MOST_FILE)
    except OSError as error:
        return UserFile(folder, name, shown, beside, fault=(error.strerror or str(error)).lower())
    return file_of(data, folder, name, shown, beside=beside)


def file_of(data: bytes, folder: str, name: str, shown: str, *, beside: bool) -> UserFile:
    """The file that these bytes are."""
    digest, problems = hashlib.sha256(data).hexdigest(), Problems()
    source, document = json_source(shown, data, problems, "provider-file") or (Source(shown, ""), None)
    for first in problems:
        at, notes = first.span, [n.message for n in first.notes]
        text, start = (at.source.text, at.start) if at is not None else (source.text, None)
        return UserFile(folder, name, shown, beside, document, digest, "; ".join((first.message, *notes)), text, start)
    return UserFile(folder, name, shown, beside, document, digest, text=source.text)


def files_in(folder: Path, shown: str, *, beside: bool, reading: Reading | None = None) -> Iterator[UserFile]:
    """The files of one provider."""
    if beside and folder.is_symlink():
        why = "it is a symbolic link, so it is not read"
        yield UserFile(folder.name, PROVIDER, shown, beside, fault=why)
        return
    for name in _names(folder, folders=False)[:MOST_FILES]:
        if reading is not None:
            reading.ask(folder / name)
        yield read_provider_file(folder / name, f"{shown}/{name}", beside=beside)


def _below(top: Path, shown: str, *, beside: bool, reading: Reading | None = None) -> Iterator[UserFile]:
    if beside and top.is_symlink():
        return
    for name in _names(top, folders=True)[:MOST_FOLDERS]:
        yield from files_in(top / name, f"{shown}/{name}", beside=beside, reading=reading)


def _names(place: Path, *, folders: bool) -> list[str]:
    """The names of the folders in a folder, or of the JSON files; none of a folder that is not there."""
    try:
        with os.scandir(place) as found:
            names = [e.name for e in found if not e.name.startswith(".") and (folders or e.name.endswith(".json"))]
    except OSError:
        return []
    return sorted(name for name in names if not folders or _is_folder(place / name))


def _is_folder(path: Path) -> bool:
    try:
        return stat.S_ISDIR(path.stat().st_mode)
    except OSError:
        return False
