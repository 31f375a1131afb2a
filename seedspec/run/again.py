"""What a command said when everything was done, kept beside the storyboard: it is said again while nothing has changed.

An answer is to a question: all that shapes it but for the disk, the key and the addresses. It is this machine's alone,
safe to delete, and never relied on when damaged or from another installation. Like `seen.py`, this is loaded at the
start of a command, and needs no more than that does.
"""

from __future__ import annotations

import hashlib
import os
import stat
import time

from seedspec.run.regular import read_file
from seedspec.run.seen import Seen, installation, same
from seedspec.text.values import valueclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

MOST = 12
"""Answers that are kept for a storyboard; of more the oldest goes."""

Piece = tuple[bool, bool, str]
"""Something that was said: whether on standard error, whether as bytes, and what."""


@valueclass(frozen=True, slots=True)
class Answer:
    """The pieces in their order, and what the command wanted of the environment to give them.

    `key` is the variable of a key that had to be there, if any; `origins` are variables of addresses, with what they
    held.
    """

    pieces: tuple[Piece, ...]
    key: str = ""
    origins: tuple[tuple[str, str], ...] = ()


def shelf_of(storyboard: str) -> str:
    """The folder of the answers about a storyboard, by its name on the command line: a file for each question."""
    folder, name = os.path.split(storyboard)
    return os.path.join(folder, ".seedspec", f"{os.path.splitext(name)[0]}.said")


def ask(storyboard: str, question: str) -> Answer | None:
    """The answer of an earlier time, if it is certain that it would be given again."""
    file = os.path.join(shelf_of(storyboard), question)
    try:
        status = os.stat(file)
        if not stat.S_ISREG(status.st_mode):
            return None
        seal, _, rest = read_file(file).partition(b"\n")
        if seal != _seal(rest):
            return None
        head, wanted, rows, *more = _parts(rest)
        made_by, began, took = head.decode().split(" ")
        # by two clocks, this machine's and the disk's, whichever was behind
        when = min(int(began), status.st_mtime_ns - int(took))
        if made_by != installation() or not same(_seen(rows), when):
            return None
        pieces = []
        for part in more:
            mark, _, held = part.partition(b"\0")
            if mark != b"files":
                pieces.append((*_MARKS[mark], held.decode()))
            elif not _there(os.path.dirname(storyboard), held):
                return None
        key, *origins = wanted.decode().split("\0")
        return Answer(tuple(pieces), key, tuple(zip(origins[::2], origins[1::2], strict=True)))
    except (OSError, ValueError, KeyError):
        return None


def keep(
    storyboard: str, question: str, answer: Answer, seen: Iterable[Seen], files: Iterable[str], began: int
) -> None:
    """Keeps an answer that rests on `seen`, noted since `began` (ns), and on files beside the storyboard.

    What cannot be kept is asked anew the next time.
    """
    from pathlib import Path

    from seedspec.run.disk import state_folder

    made_by, shelf = installation(), shelf_of(storyboard)
    if not made_by:
        return
    marks = {flags: mark for mark, flags in _MARKS.items()}
    try:
        head = f"{made_by} {began} {time.time_ns() - began}".encode()
        wanted = "\0".join((answer.key, *(part for origin in answer.origins for part in origin))).encode()
        rows = "\0".join(str(v) for s in seen for v in (s.kind, s.asked, s.real, *s.facts, s.sha256)).encode()
        there = [b"files\0" + "\0".join(some).encode() for some in _by_folder(files)]
        said = [marks[err, raw] + b"\0" + text.encode() for err, raw, text in answer.pieces]
        rest = _joined([head, wanted, rows, *there, *said])
        state_folder(Path(storyboard).parent)
        os.makedirs(shelf, exist_ok=True)
        target = os.path.join(shelf, question)
        aside = f"{target}.{os.getpid()}"
        with open(aside, "wb") as file:
            file.write(_seal(rest) + b"\n" + rest)
        os.replace(aside, target)
        _bound(shelf)
    except (OSError, ValueError):
        return


_MARKS = {
    b"out": (False, False), b"err": (True, False), b"out bytes": (False, True), b"err bytes": (True, True),
}  # fmt: skip


def _seal(rest: bytes) -> bytes:
    return hashlib.sha256(rest).hexdigest().encode()


def _joined(parts: Sequence[bytes]) -> bytes:
    """Parts as one, behind a line of their lengths: JSON takes longer to load than all of this to read."""
    return b" ".join(str(len(part)).encode() for part in parts) + b"\n" + b"".join(parts)


def _parts(joined: bytes) -> Iterator[bytes]:
    lengths, _, rest = joined.partition(b"\n")
    at = 0
    for length in map(int, lengths.split(b" ")):
        yield rest[at : at + length]
        at += length


def _seen(rows: bytes) -> Iterator[Seen]:
    parts = rows.decode().split("\0")
    for at in range(0, len(parts), 9):
        kind, asked, real, *facts, sha256 = parts[at : at + 9]
        size, modified, changed, inode, device = map(int, facts)
        yield Seen(kind, asked, real, (size, modified, changed, inode, device), sha256)  # type: ignore[arg-type]


def _by_folder(files: Iterable[str]) -> Iterator[list[str]]:
    """The names of files, each folder's behind the folder's own."""
    found: dict[str, list[str]] = {}
    for file in files:
        folder, _, name = file.rpartition("/")
        found.setdefault(folder, [folder]).append(name)
    return iter(found.values())


def _there(base: str, files: bytes) -> bool:
    """Whether all these files are there; one look at their folder is enough for any number of them."""
    folder, *names = files.split(b"\0")
    return set(names).issubset(os.listdir(os.path.join(os.fsencode(base or "."), folder)))


def _bound(shelf: str) -> None:
    with os.scandir(shelf) as items:
        answers = sorted(items, key=lambda item: item.stat().st_mtime_ns)
    for old in answers[:-MOST]:
        os.unlink(old)
