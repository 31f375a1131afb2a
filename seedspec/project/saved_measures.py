"""Saved videos and their measures: which there are, what is to be measured, and the folder that keeps the figures."""

from __future__ import annotations

import json
import re
from concurrent.futures import BrokenExecutor
from dataclasses import replace
from pathlib import Path

from seedspec.compiler.entry import Entry, Medium
from seedspec.lock.state import State
from seedspec.measures import record
from seedspec.measures.judged import NOBODY, Judged
from seedspec.measures.values import Measured, Value, no_values
from seedspec.plan.command_hint import CommandHint
from seedspec.plan.plan import Plan
from seedspec.project.atomic import atomic_write
from seedspec.project.files import read_file
from seedspec.project.measuring import NotThere, OtherVideo, Reference
from seedspec.project.saved_video import NotRead, saved_video
from seedspec.project.state_folder import state_folder
from seedspec.text.value import valueclass

FOLDER = "measures"
_MOST = 100_000  # bytes of a file of measures
_DIGEST = re.compile(r"[0-9a-f]{64}")


@valueclass(frozen=True, slots=True)
class Trouble:
    """Why a video cannot be measured, in words, and what to do."""

    found: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.found}; {self.remedy}"


@valueclass(frozen=True, slots=True)
class Video:
    """A saved video: the entries that it is for; its file, as the lock has it; and the sha256 of its bytes.

    `like` is what its first-frame reference is known by, None where its request has none; `reference` is that picture
    where it is a file of the project. `trouble` says why the video cannot be looked at.
    """

    entries: tuple[str, ...]
    file: str
    sha256: str
    like: str | None = None
    reference: Reference | None = None
    trouble: Trouble | None = None


def videos_of(plan: Plan, base: Path, commands: CommandHint) -> list[Video]:
    """The saved videos of a plan's entries in order, each once for each picture that it should begin with."""
    found: dict[tuple[str, str | None], Video] = {}
    for step in plan.steps:
        record = plan.lock.last(step.fp)
        if step.entry is None or record is None or record.state is not State.SAVED:
            continue
        medium, picture = first_frame(step.entry), reference_of(step.entry, base)
        sha256, file = str(record.get("sha256") or ""), str(record.file or "")
        like = medium.key if medium is not None else None
        if (known := found.get((sha256, like))) is not None:
            found[sha256, like] = replace(known, entries=(*known.entries, step.address))
            continue
        trouble = _trouble(base, file, commands)
        found[sha256, like] = Video((step.address,), file, sha256, like, picture, trouble)
    return list(found.values())


def first_frame(entry: Entry) -> Medium | None:
    """The picture that the video of an entry should begin with; None where its request has none."""
    return next((m for m in entry.media if m.slot == "first_frame"), None)


def reference_of(entry: Entry, base: Path) -> Reference | None:
    """That picture, where it is a file of the project."""
    medium = first_frame(entry)
    if medium is None or medium.source != "file":
        return None
    return Reference(str(base / medium.where), medium.key)


def values_of(folder: MeasuresFolder, entry: Entry, sha256: str) -> dict[str, Value] | None:
    """The measures of an entry's video by name; None where nobody has measured it on this machine."""
    known = folder.read(sha256)
    if known is None:
        return None
    medium = first_frame(entry)
    return known.with_reference(medium.key if medium is not None else None)


def values_by_fingerprint(plan: Plan, base: Path, judged: Judged = NOBODY) -> dict[str, dict[str, Value]]:
    """The measures of all saved videos of a plan that are measured, by the fingerprint of what was asked for.

    The scores of judges are among them, as `judge.NAME`.
    """
    folder, found = MeasuresFolder(base), {}
    for step in plan.steps:
        record = plan.lock.last(step.fp) if step.entry is not None else None
        if step.entry is None or record is None or record.state is not State.SAVED or step.fp in found:
            continue
        sha256 = str(record.get("sha256") or "")
        values, scores = values_of(folder, step.entry, sha256), judged.scores(sha256)
        if values is not None or scores:
            found[step.fp] = (values or no_values()) | scores
    return found


def is_digest(sha256: str) -> bool:
    """Whether a lock's `sha256` is one: then its video has a name in a bucket, wherever else it is."""
    return _DIGEST.fullmatch(sha256) is not None


def trouble_of(error: Exception, commands: CommandHint) -> Trouble:
    """What an error of `measure`, or of the process that had it, means for people."""
    if isinstance(error, OtherVideo):
        return Trouble(str(error), f"move it away, then {commands.line('fetch')} saves it again")
    if isinstance(error, NotThere):
        return Trouble(str(error), f"{commands.line('fetch', '--renders', 'URL')} puts it there")
    if type(error).__name__ == "KilledWorker":  # Dask's own, which is not loaded here
        return Trouble(
            "each worker that had it died", "watch it; a video that brings a decoder down should not be used"
        )
    if isinstance(error, BrokenExecutor):
        return Trouble(str(error), "watch it; a video that brings a decoder down should not be used")
    return Trouble(str(error), "watch it; a video that does not play cannot be used")


def _trouble(base: Path, file: str, commands: CommandHint) -> Trouble | None:
    try:
        saved_video(base, file)
    except NotRead as error:
        return Trouble(str(error), f"move it away, then {commands.line('fetch')} saves it again")
    except OSError as error:
        missing = isinstance(error, FileNotFoundError)
        said = "it is not on this disk" if missing else f"cannot be read: {(error.strerror or '').lower()}"
        remedy = f"{commands.line('fetch')} saves it again while the service or a bucket has it"
        return Trouble(said, remedy if missing else "see to its permissions")
    return None


@valueclass(frozen=True, slots=True)
class MeasuresFolder:
    """`.seedspec/measures` beside a storyboard: a file for each video, by its sha256. It may be deleted at any time."""

    base: Path

    def read(self, sha256: str) -> Measured | None:
        """The measures of a video; None where there are none, or none of today's method and version."""
        path = self.base / ".seedspec" / FOLDER / f"{sha256}.json"
        if not _DIGEST.fullmatch(sha256) or any(p.is_symlink() for p in (path, path.parent, path.parent.parent)):
            return None
        try:
            return record.from_json(json.loads(read_file(path, _MOST)), sha256)
        except (OSError, ValueError, RecursionError):
            return None

    def needs(self, video: Video) -> bool:
        """Whether something of a video is yet to be measured that can be."""
        known = self.read(video.sha256)
        return known is None or known.needs(video.reference.sha256 if video.reference is not None else None)

    def keep(self, found: Measured) -> None:
        """Keeps measures, with the likenesses to other references that are known already. Raises OSError."""
        if not _DIGEST.fullmatch(found.video):
            raise OSError(f"`{found.video[:80]}` is no SHA-256")
        known = self.read(found.video)
        if known is not None:
            found = Measured(found.video, found.values, {**known.likeness, **found.likeness})
        folder = state_folder(self.base) / FOLDER
        folder.mkdir(exist_ok=True)
        data = json.dumps(record.as_json(found), indent=1).encode() + b"\n"
        atomic_write(folder / f"{found.video}.json", data, shared=True)
