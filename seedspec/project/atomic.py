"""The one way to write a file: as a whole or not at all, and never through a link that a repository brings."""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from seedspec.project.files import check_no_link, check_way, lock_file

_BEGUN = ".new"
"""How the name of a file ends that is not whole yet; it begins with a dot."""


@contextmanager
def replacement(path: Path, *, mode: int | None = None, shared: bool = False) -> Iterator[Path]:
    """A new, empty file beside a path that takes its place after the block; it is gone where the block fails.

    A link at the path is replaced, not followed. The file has the `mode`, or else the one of the file that was there.
    Without `shared` one process at a time may write the file, and clears away what a crash has left; with it any
    number may, and `clear` does that.

    Raises OSError.
    """
    aside = _aside(path, shared=shared)
    with suppress(FileNotFoundError):
        aside.unlink()  # a link of that name would be written through
    try:
        os.close(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666 if mode is None else mode))
        if mode is None and not path.is_symlink():
            with suppress(OSError):
                os.chmod(aside, path.stat().st_mode & 0o777)
        yield aside
        os.replace(aside, path)
    except BaseException:
        with suppress(OSError):
            aside.unlink()
        raise


def atomic_write(
    path: Path, data: bytes | Iterator[bytes], *, mode: int | None = None, durable: bool = False, shared: bool = False
) -> None:
    """Writes a file as a whole or not at all, as `replacement` says; its bytes may come in pieces.

    With `durable` its bytes and its name are on the disk when it returns. Raises OSError.
    """
    with replacement(path, mode=mode, shared=shared) as aside, open(aside, "wb") as file:
        file.writelines((data,) if isinstance(data, bytes) else data)
        if durable:
            file.flush()
            os.fsync(file.fileno())
    if durable:
        sync_folder(path.parent)


def clear(folder: Path) -> None:
    """Takes away what killed processes have left of `shared` files of a folder. Nobody may write there meanwhile."""
    with suppress(OSError):
        for left in () if folder.is_symlink() else folder.glob(f".*-*{_BEGUN}"):
            left.unlink()


def replace(path: Path, data: bytes) -> None:
    """Replaces one of seedspec's own files durably. Raises OSError, also for a symbolic link.

    A cloned repository may hold one, also one that leads to nothing yet.
    """
    check_no_link(path)
    atomic_write(_absolute(path), data, durable=True)


def replace_lock(path: Path, data: bytes | Iterator[bytes]) -> None:
    """The same for a lock, which may be a link to another lock of its project. Raises LockFault for any other link."""
    atomic_write(_absolute(lock_file(path)), data, durable=True)


def write_output(path: Path, data: bytes) -> None:
    """Writes what a command makes, durably: a symbolic link of that name is replaced, not followed.

    A cloned repository may hold one, and it would lead to a file of somebody's own. What the system itself keeps
    under a name, and what is no file, such as a pipe, is written to as it stands.
    """
    if is_stream(path):
        path.write_bytes(data)
    else:
        check_way(path.parent)
        atomic_write(path, data, durable=True)


def is_stream(path: Path) -> bool:
    """Whether a name is one of the system's own, such as `/dev/stdout`, or of a pipe: nothing may take its place."""
    if os.path.abspath(path).startswith(("/dev/", "/proc/")):
        return True
    try:
        mode = path.lstat().st_mode
    except OSError:
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISLNK(mode) or stat.S_ISDIR(mode))


def sync_folder(folder: Path) -> None:
    """Makes new and renamed entries of a folder durable, where the system can."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _aside(path: Path, *, shared: bool) -> Path:
    """The name of a file that is not whole yet; of a `shared` one, each thread has another."""
    writer = f".{os.getpid()}-{threading.get_ident()}" if shared else ""
    return path.with_name(f".{path.name}{writer}{_BEGUN}")


def _absolute(path: Path) -> Path:
    """A file by its folder's own name."""
    return Path(os.path.realpath(path.parent), path.name)
