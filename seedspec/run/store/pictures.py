"""Pictures of saved videos for the requests that continue them: PNG files below `.seedspec`, cut anew in each run."""

from __future__ import annotations

import hashlib
import threading
from contextlib import suppress
from dataclasses import field
from pathlib import Path

from seedspec.media.facts import MediaError
from seedspec.media.reader import open_regular, picture_of
from seedspec.project.atomic import atomic_write
from seedspec.project.saved_video import NotRead, saved_video
from seedspec.project.state_folder import state_folder
from seedspec.run.engine.messages import Cut, Picture, Reply, Trouble
from seedspec.text.value import valueclass


@valueclass(frozen=False, slots=True)
class CutPictures:
    """Cuts pictures out of the videos of a lock, whose folder is `base` and whose name without its ending is `owner`.

    Nothing of an earlier run is used: who brings a repository could bring other pictures. The last run's stay, for
    whoever wants to look at what was sent, and may be deleted at any time.
    """

    base: Path
    owner: str
    _cleared: bool = False
    _clearing: threading.Lock = field(default_factory=threading.Lock)

    def cut(self, call: Cut) -> Reply:
        """The picture as a file beside the lock. Trouble that is final where the video has none, or is another one
        than the lock says; any other is the disk's.
        """
        try:
            data, width, height = self._pixels(call)
        except (NotRead, MediaError) as error:
            return Trouble(str(error), final=True)
        except OSError as error:
            return Trouble(f"`{call.file}` cannot be read: {_reason(error)}", final=True)
        try:
            path = self._folder() / f"{call.video[:16]}-{call.frame}.png"
            atomic_write(path, data, shared=True)
        except OSError as error:
            return Trouble(f"it cannot be written below `.seedspec`: {_reason(error)}")
        shown = path.relative_to(self.base).as_posix()
        return Picture(shown, hashlib.sha256(data).hexdigest(), len(data), width, height)

    def _pixels(self, call: Cut) -> tuple[bytes, int, int]:
        with open_regular(saved_video(self.base, call.file))[0] as video:
            if hashlib.file_digest(video, "sha256").hexdigest() != call.video:
                raise NotRead(f"`{call.file}` is not the video that was saved")
            return picture_of(video, call.frame)

    def _folder(self) -> Path:
        """The folder of this lock's pictures, without those of earlier runs."""
        folder = state_folder(self.base) / "frames" / self.owner
        with self._clearing:
            folder.mkdir(parents=True, exist_ok=True)
            for old in folder.iterdir() if not self._cleared else ():
                with suppress(OSError):
                    old.unlink()
            self._cleared = True
        return folder


def _reason(error: OSError) -> str:
    return (error.strerror or type(error).__name__).lower()
