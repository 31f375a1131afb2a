"""A storyboard's folder as it was at a git revision: text, templates and media, read by git, never checked out."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import field
from pathlib import Path, PurePosixPath

from seedspec.catalog.media_facts import MediaFacts
from seedspec.catalog.slot import Kind
from seedspec.compiler.references.limits import MediaFile, MediaReader
from seedspec.project.child_environment import environment_of_child
from seedspec.project.files import is_below, project_of
from seedspec.text.diagnostic import Problems
from seedspec.text.source import Source
from seedspec.text.value import valueclass
from seedspec.text.yaml import MOST_BYTES, source_of

SECONDS = 60
"""How long one question to git may take."""
MOST_MEDIA = 256 * 1024 * 1024
_REVISION = re.compile(r"[^-\s\0-\x1f\x7f][^\s\0-\x1f\x7f]{0,199}")
_POINTER = re.compile(rb"version https://git-lfs\.github\.com/spec/v1\n(?:[^\n]*\n)*?oid sha256:([0-9a-f]{64})\n")
_SMALL = 1024
_SAFELY = (
    "-c", "protocol.allow=never", "-c", "safe.bareRepository=explicit", "-c", "core.fsmonitor=false",
    "-c", "core.hooksPath=" + os.devnull,
)  # fmt: skip
"""No transfer, no configuration of a repository that a folder of the checkout pretends to be, no program of its own."""
_ELSEWHERE = frozenset(
    ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY",
     "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_NAMESPACE")
)  # fmt: skip
"""What git sets for its hooks: it would lead away from the repository that the storyboard is in."""


class NoRevision(Exception):
    """There is no such past to read; the message says why."""


@valueclass(frozen=True, slots=True)
class Revision:
    """A commit, seen from a folder of its repository. `prefix` is the folder's path from the top, "" for the top.

    `unknown` collects local media that the commit does not hold; `look` then takes them as they are now.
    """

    commit: str
    asked: str
    top: Path
    prefix: str
    unknown: set[str] = field(default_factory=set)

    def source(self, name: str, shown: str, problems: Problems) -> Source | None:
        """The text of a file of the folder. Raises NoRevision when the commit does not hold it."""
        raw = self._text(name)
        if raw is None:
            raise NoRevision(f"`{name}` is not in {self.asked} (or is larger than a storyboard may be)")
        return source_of(f"{shown}@{self.asked}", raw, problems)

    def text_of(self, name: str, problems: Problems) -> Source | None:
        """The text of a file of the folder that need not be there."""
        raw = self._text(name)
        return None if raw is None else source_of(f"{name}@{self.asked}", raw, problems)

    def templates(self) -> Callable[[str], str | None]:
        """A reader of included templates of the folder, as the compiler wants it."""

        def read(name: str) -> str | None:
            raw = self._text(name) if _below(name) else None
            try:
                return raw.decode("utf-8-sig") if raw is not None else None
            except UnicodeDecodeError:
                return None

        return read

    def looker(self, now: MediaReader) -> MediaReader:
        """Looks at local media by their digests alone; what the commit does not hold is looked at by `now`."""
        known: dict[str, str] = {}

        def look(target: str, kind: Kind) -> MediaFile | str:
            found = self._find(target)
            if found is None or found[1] > MOST_MEDIA:
                self.unknown.add(target)
                return now(target, kind)
            if found[0] not in known:
                known[found[0]] = self._digest(*found)
            return MediaFile(target, known[found[0]], MediaFacts())

        return look

    def _text(self, name: str) -> bytes | None:
        found = self._find(name)
        return None if found is None or found[1] > MOST_BYTES else _git(self.top, "cat-file", "blob", found[0])

    def _digest(self, blob: str, size: int) -> str:
        """The sha256 of a blob's bytes, or of the file that it points to when Git LFS keeps that elsewhere."""
        raw = _git(self.top, "cat-file", "blob", blob)
        pointer = _POINTER.match(raw) if size <= _SMALL else None
        return pointer[1].decode() if pointer else hashlib.sha256(raw).hexdigest()

    def _find(self, name: str) -> tuple[str, int] | None:
        """A file's blob and its size, links inside the repository followed."""
        path = os.path.normpath(PurePosixPath(self.prefix, name).as_posix())
        if "\n" in path or path.startswith(("../", "/")) or path == "..":
            return None
        asked = f"{self.commit}:{path}\n".encode("utf-8", "surrogateescape")
        said = _git(self.top, "cat-file", "--batch-check", "--follow-symlinks", given=asked).split()
        return (said[0].decode(), int(said[2])) if len(said) == 3 and said[1] == b"blob" else None


def revision_of(folder: Path, asked: str) -> Revision:
    """The commit that a revision names, for a folder of a checkout. Raises NoRevision."""
    if not _REVISION.fullmatch(asked):
        raise NoRevision(f"`{asked}` is no git revision; expected a branch, a tag, a commit or the like of HEAD~1")
    try:
        top = _git(folder, "rev-parse", "--show-toplevel").decode().rstrip("\n")
    except NoRevision as error:
        raise NoRevision(f"`{folder}` is not in a git repository ({error})") from None
    prefix = _git(folder, "rev-parse", "--show-prefix").decode().rstrip("\n").rstrip("/")
    try:
        commit = _git(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{asked}^{{commit}}")
    except NoRevision:
        shallow = _git(folder, "rev-parse", "--is-shallow-repository").strip() == b"true"
        hint = "; this clone is shallow, `git fetch --unshallow` brings the rest" if shallow else ""
        raise NoRevision(f"git knows no revision `{asked}` here{hint}") from None
    return Revision(commit.decode().strip(), asked, Path(top), prefix)


def _below(name: str) -> bool:
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts and "\\" not in name


def _program(folder: Path) -> str:
    """The git of the system, never one that the project brings, whatever the search path says."""
    project, places = project_of(os.path.realpath(folder)), os.get_exec_path()
    outside = [p for p in places if os.path.isabs(p) and not is_below(os.path.realpath(p), project)]
    found = shutil.which("git", path=os.pathsep.join(outside)) if outside else None
    if found is None or not os.path.isabs(found) or is_below(os.path.realpath(found), project):
        raise NoRevision("git is not installed, or only inside the project, where it is not used")
    return found


def _git(folder: Path, *arguments: str, given: bytes = b"") -> bytes:
    """What git answers. It asks nothing, runs no pager, hook or network transfer, and has a limited time."""
    command: Sequence[str] = (_program(folder), "--no-pager", *_SAFELY, *arguments)
    environ = environment_of_child("GIT_", without=_ELSEWHERE)
    environ |= {"GIT_TERMINAL_PROMPT": "0", "GIT_NO_LAZY_FETCH": "1", "LC_ALL": "C"}
    try:
        done = subprocess.run(
            command, cwd=folder, input=given, capture_output=True, timeout=SECONDS, check=True, env=environ
        )
    except FileNotFoundError:
        raise NoRevision("git is not installed" if folder.is_dir() else f"there is no folder `{folder}`") from None
    except subprocess.TimeoutExpired:
        raise NoRevision(f"git did not answer within {SECONDS} s") from None
    except subprocess.CalledProcessError as error:
        said = bytes(error.stderr).decode(errors="replace").strip().splitlines()
        raise NoRevision(said[0] if said else f"git ended with {error.returncode}") from None
    return done.stdout
