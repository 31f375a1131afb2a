"""Downloaded videos on their way to their names: a part file, a check, and a rename that clobbers nothing."""

from __future__ import annotations

import hashlib
import os
from concurrent.futures import BrokenExecutor, Executor
from contextlib import suppress
from dataclasses import field
from pathlib import Path
from typing import BinaryIO

from seedspec.lock.lock import Lock
from seedspec.lock.merge import original_name
from seedspec.lock.record import Record
from seedspec.lock.state import State
from seedspec.media.facts import Facts, MediaError, MediaMissing
from seedspec.media.reader import examine_with_poster, plays_videos
from seedspec.project.atomic import sync_folder
from seedspec.project.posters import WIDTH, clear, keep
from seedspec.run.engine.messages import Kept
from seedspec.text.value import valueclass

_LONGEST = 255
"""Bytes of a file's name, on the file systems that there are."""


LARGE = 1_000_000
"""Bytes from which on a video is looked at by another process: the start of one costs more than a smaller video."""


class NotWhole(Exception):
    """What came is no whole, playable MP4; the message says what it is."""


class BadPlace(Exception):
    """The output folder lies outside the storyboard's folder, or a name cannot be written."""


class Part:
    """A video as it arrives at `path`, hashed on the way; it is to become `target`, in the same folder, for a name that
    is `wanted`.
    """

    def __init__(self, path: Path, file: BinaryIO, target: Path, wanted: str) -> None:
        self.path = path
        self.target = target
        self.wanted = wanted
        self.bytes = 0
        self._file = file
        self._digest = hashlib.sha256()

    def write(self, chunk: bytes) -> None:
        self._file.write(chunk)
        self._digest.update(chunk)
        self.bytes += len(chunk)

    def close(self) -> str:
        """Everything is on disk, durably; returns the sha256."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        return self._digest.hexdigest()

    def drop(self) -> None:
        with suppress(OSError):
            self._file.close()
        with suppress(OSError):
            self.path.unlink()


@valueclass(frozen=False, slots=True)
class Downloads:
    """Where videos go: names are relative to `root`, the folder of the lock, and never leave it.

    `owner` is the lock's name, whose hold is taken: storyboards in one folder may save to the same place at once, and
    each has parts of its own there. Large videos are looked at by `checks`, where it is given.
    """

    root: Path
    owner: str = ""
    checks: Executor | None = None
    _real: Path = field(init=False)

    def __post_init__(self) -> None:
        self._real = self.root.resolve()

    def ready(self, folder: str) -> None:
        """Makes sure, before anything is bought, that videos can be written; clears away what a run of this owner that
        died has left there.

        Raises OSError and BadPlace. Only for the holder of the lock.
        """
        probe = self.part(f"{folder}/.seedspec.mp4")
        probe.drop()
        for left in probe.path.parent.glob(f"*{self._ending(probe.path.parent)}"):
            left.unlink()
        clear(probe.path.parent)

    def here(self, file: Path, wanted: str) -> Kept | None:
        """A video that already stands where it belongs, checked; None when it stands elsewhere. Raises NotWhole."""
        target = self._inside(wanted)
        if not file.exists() or not target.exists() or not file.samefile(target) or target.is_symlink():
            return None
        check_boxes(target)
        return self._keep(target, _sha256(target), target.stat().st_size, self._look(target))

    def part(self, file: str) -> Part:
        """A fresh part file beside the final name. Raises OSError and BadPlace."""
        target = self._inside(file)
        ending = self._ending(target.parent)
        name = f"{target.stem}{ending}"
        if target.suffix != ".mp4" or len(os.fsencode(name)) > _LONGEST:  # the name itself may be as long as one can be
            name = f"{hashlib.sha256(os.fsencode(target.name)).hexdigest()[:16]}{ending}"
        path = target.with_name(name)
        with suppress(FileNotFoundError):
            path.unlink()
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
        return Part(path, open(os.open(path, flags, 0o666), "wb"), target, file)

    def claim(self, lock: Lock) -> None:
        """Videos of this clone that a merge of the lock gave a name of their own go there, for nothing is to be fetched
        that is here. Only for the holder of the lock."""
        for record in lock:
            first = original_name(record)
            if first and record.state is State.SAVED and (self.root / first).is_file():
                with suppress(BadPlace, OSError):  # a lock from anybody; what cannot be moved is fetched
                    self._claim(record, self._inside(first), self._inside(str(record.file)))

    def _claim(self, record: Record, here: Path, target: Path) -> None:
        told = record.get("bytes")
        if here.is_symlink() or os.path.lexists(target) or (told is not None and here.stat().st_size != told):
            return
        if _sha256(here) == record.get("sha256") and _link(here, target):
            sync_folder(target.parent)

    def _ending(self, folder: Path) -> str:
        """How the names of this owner's parts end: the way to its lock tells it from every other one, in any folder."""
        way = os.path.relpath(self._real / self.owner, folder)
        return f".{hashlib.sha256(os.fsencode(way)).hexdigest()[:8]}.mp4.part"

    def keep(self, part: Part, fp: str) -> Kept:
        """Checks a finished part and gives it its name. Raises NotWhole and OSError; the part is gone then.

        A file that already has the name is never written over, unless it is this video cut short: the same bytes are
        taken as this video, others make it go by a name of its own.
        """
        sha256 = part.close()
        try:
            check_boxes(part.path)
            seen = self._look(part.path)
            final = _place(part, fp, sha256)
        except BaseException:
            part.drop()
            raise
        return self._keep(final, sha256, part.bytes, seen)

    def restore(self, part: Part, fp: str, sha256: str) -> Kept:
        """Gives its name to a part that is a video of before, by its digest. Raises NotWhole for any other, and
        OSError; the part is gone then.
        """
        found = part.close()
        try:
            if found != sha256:
                raise NotWhole("its SHA-256 is not that of the video that was saved")
            final = _place(part, fp, sha256)
        except BaseException:
            part.drop()
            raise
        return Kept(final.relative_to(self._real).as_posix(), sha256, part.bytes)

    def close(self) -> None:
        """Breaks off what is being looked at, and ends the processes that do it."""
        if self.checks is not None:
            self.checks.shutdown(wait=False, cancel_futures=True)

    def _look(self, path: Path) -> tuple[Facts, bytes] | None:
        """What the video is, and its poster, where the media extra is installed to tell. Raises NotWhole."""
        if not plays_videos():
            return None
        try:
            if self.checks is None or path.stat().st_size < LARGE:
                return examine_with_poster(path, WIDTH)
            return self.checks.submit(examine_with_poster, str(path), WIDTH).result()
        except MediaMissing:
            return None
        except (MediaError, BrokenExecutor) as error:
            raise NotWhole(str(error)) from None

    def _keep(self, final: Path, sha256: str, size: int, seen: tuple[Facts, bytes] | None) -> Kept:
        if seen is None:
            return Kept(final.relative_to(self._real).as_posix(), sha256, size)
        found, made = seen
        keep(final, made)
        facts = (found.width, found.height, found.seconds, found.fps, found.audio)
        return Kept(final.relative_to(self._real).as_posix(), sha256, size, *facts)

    def _inside(self, file: str) -> Path:
        root = self._real
        folder = (root / file).parent
        try:
            real = folder.resolve()  # through every symbolic link, also where the last folders are yet to be made
        except (RuntimeError, ValueError):  # links that go round, a NUL
            raise BadPlace(f"`{file}` is no path that can be followed") from None
        if not real.is_relative_to(root):
            raise BadPlace(f"`{file}` lies outside {root.name}")
        real.mkdir(parents=True, exist_ok=True)
        return real / Path(file).name


def _place(part: Part, fp: str, sha256: str) -> Path:
    """A finished part under its name, for good."""
    final = _target_of(part, fp, sha256)
    sync_folder(final.parent)
    return final


def _target_of(part: Part, fp: str, sha256: str) -> Path:
    target = part.target
    if target.suffix != ".mp4":  # a name from a lock that people edited; a part is cleared away, a video never
        raise BadPlace(f"`{part.wanted}` is no name of a video")
    for final in (target, target.with_name(f"{target.stem}.{fp[:8]}.mp4")):
        if _link(part.path, final):
            return final
        if final.is_file() and _sha256(final) == sha256:
            part.path.unlink()
            return final
        if _is_cut(final, part.path):
            os.replace(part.path, final)
            return final
    raise BadPlace(f"`{part.wanted}` is taken by another file; move it away")


def _is_cut(file: Path, whole: Path) -> bool:
    """Whether a file holds nothing but the beginning of another one, as a copy that broke off does."""
    if file.is_symlink() or not file.is_file() or file.stat().st_size >= whole.stat().st_size:
        return False
    with file.open("rb") as short, whole.open("rb") as long:
        while chunk := short.read(1 << 20):
            if chunk != long.read(len(chunk)):
                return False
    return True


def check_boxes(path: Path) -> None:
    """An MP4 as a whole (ISO 14496-12, 4.2): `ftyp` first, `moov` and `mdat` there, box sizes that sum to the file's.

    Raises NotWhole with what was found instead.
    """
    size = path.stat().st_size
    found: list[bytes] = []
    with path.open("rb") as file:
        at = 0
        while at < size:
            file.seek(at)
            head = file.read(16)
            length = int.from_bytes(head[:4], "big")
            kind = head[4:8]
            if len(head) < 8 or (not found and kind != b"ftyp"):
                raise NotWhole(f"no MP4: it begins with {head[:12]!r}")
            if length == 1:
                length = int.from_bytes(head[8:16], "big")
            elif length == 0:
                length = size - at
            if length < 8 or at + length > size:
                raise NotWhole(
                    f"cut short: `{kind.decode('latin-1')}` needs {length} bytes at {at}, the file has {size}"
                )
            found.append(kind)
            at += length
    missing = [k.decode() for k in (b"ftyp", b"moov", b"mdat") if k not in found]
    if missing:
        raise NotWhole(f"no playable MP4: `{missing[0]}` is missing" if size else "an empty file")


def _link(part: Path, final: Path) -> bool:
    """Gives the part its final name unless that is taken."""
    try:
        os.link(part, final)
    except FileExistsError:
        return False
    except OSError:  # a file system without hard links: the name is taken first, empty, and then filled
        try:
            os.close(os.open(final, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
        except FileExistsError:
            return False
        try:
            os.replace(part, final)
        except BaseException:
            final.unlink()
            raise
        return True
    part.unlink()
    return True


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
