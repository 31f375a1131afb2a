"""The saved video of a record, as a file that may be read: in the project, a regular file, an MP4 by its content.

A lock comes with a clone, and links do too: whoever reads a saved video asks here where it is.
"""

from __future__ import annotations

from dataclasses import field
from pathlib import Path

from seedspec.media.facts import MediaError, sniff
from seedspec.media.reader import open_regular
from seedspec.text.value import valueclass


class NotRead(Exception):
    """What stands where a saved video belongs, and is not read; the message is a reason in words."""


def saved_video(base: Path, file: str) -> Path:
    """Where a lock's `file` is, `base` being the lock's folder.

    Raises NotRead for what leads out of that folder or is no MP4 file, and OSError, FileNotFoundError above all.
    """
    path = check_inside(base, file)
    try:
        stream, _ = open_regular(path)
    except MediaError as error:
        raise NotRead(f"`{path}` {error}; it is not read") from None
    with stream:
        if sniff(stream.read(64)) not in ("mp4", "mov"):
            raise NotRead(f"{path} is not the video that was saved: it is no MP4 file, and is not read")
    return path


def check_inside(base: Path, file: str) -> Path:
    """The path of a file below a folder, through every link. Raises NotRead for one that leads out of it."""
    path = base / file
    try:
        inside = path.resolve().is_relative_to(base.resolve())
    except (RuntimeError, ValueError):  # links that go round, a NUL
        raise NotRead(f"`{path}` is no path that can be followed; it is not read") from None
    if not inside:
        raise NotRead(f"`{path}` leads out of the project; it is not read")
    return path


@valueclass(frozen=False, slots=True)
class SavedVideos:
    """The saved videos of a lock's folder; `refused` says of each that was not read why, by the lock's word for it."""

    base: Path
    refused: dict[str, str] = field(default_factory=dict)

    def at(self, file: str) -> Path | None:
        """Where one is that may be read; None where there is none, or none that is read."""
        try:
            return saved_video(self.base, file)
        except NotRead as error:
            self.refused[file] = str(error)
        except OSError:
            pass
        return None

    def size(self, file: str) -> int | None:
        """The bytes of one that may be read; None where there is none, -1 for what is not read."""
        path = self.at(file)
        return path.stat().st_size if path is not None else -1 if file in self.refused else None
