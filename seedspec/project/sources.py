"""What is read from disk: storyboards, included templates, schemas and local media; nothing of them is changed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import orjson

from seedspec.catalog.media_facts import MediaFacts
from seedspec.catalog.model import Catalog, Kind, catalog_of
from seedspec.compiler.references.limits import MediaFile, MediaReader
from seedspec.media.facts import Facts, MediaError, MediaMissing, OtherFormat
from seedspec.media.reader import opened
from seedspec.project.files import project_of
from seedspec.project.media_cache import cached_facts
from seedspec.project.reading import Reading
from seedspec.text.diagnostic import Problems
from seedspec.text.source import Source
from seedspec.text.yaml import MOST_BYTES, source_of

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

MOST_MEDIA = 256 * 1024 * 1024
"""A larger file is no reference for any model; it is not read at all, for it may have no end."""


def schemas() -> dict[str, Any]:
    """The contents of schemas/ by path below it: from the installed package, or from the checkout it stands in."""
    found: dict[str, Any] = {}

    def walk(folder: Traversable, prefix: str) -> None:
        for item in folder.iterdir():
            if item.is_dir():
                walk(item, f"{prefix}{item.name}/")
            elif item.name.endswith(".json"):
                found[prefix + item.name] = orjson.loads(item.read_bytes())

    walk(schema_folder(), "")
    return found


def schema_folder() -> Traversable:
    """Where those files are."""
    package = Path(__file__).parents[1]
    for folder in (package / "schemas", package.parent / "schemas"):
        if folder.is_dir():
            return folder
    from importlib.resources import files  # a package that is no folder, but in an archive

    return files("seedspec") / "schemas"


def catalog() -> Catalog:
    """The models that this installation knows."""
    return catalog_of(schemas())


def read_source(path: Path, shown: str, problems: Problems, reading: Reading | None = None) -> Source | None:
    """A storyboard's text; a file that cannot be read is a diagnostic."""
    if reading is not None and (given := reading.ask(path)) is not None:
        return source_of(shown, given, problems)
    try:
        with path.open("rb") as file:
            raw = file.read(MOST_BYTES + 1)
    except OSError as error:
        reason = "there is no such file" if isinstance(error, FileNotFoundError) else _reason(error)
        problems.error("cannot-read", f"`{shown}`: {reason}", None)
        return None
    return source_of(shown, raw, problems)


def templates_below(folder: Path, reading: Reading | None = None) -> Callable[[str], str | None]:
    """A reader of included templates that never leaves a folder, also not by a symbolic link.

    Nothing whose name, or whose folder's, begins with a dot is a template.
    """
    root = folder.resolve()

    def read(name: str) -> str | None:
        try:
            return _template(root, name, reading)
        except (OSError, ValueError, RuntimeError):  # no UTF-8, a NUL in the name, links that go round
            return None

    return read


def _template(root: Path, name: str, reading: Reading | None) -> str | None:
    path = (root / name).resolve()
    if not path.is_relative_to(root):
        return None
    given = reading.ask(root / name) if reading is not None else None
    if not path.is_file():
        return None
    if any(part.startswith(".") for part in path.relative_to(root).parts):
        return None  # keys and other programs' secrets stand there: `.env`, `.git/config`
    if given is not None:
        raw = given
    else:
        with path.open("rb") as file:
            raw = file.read(MOST_BYTES + 1)
    if len(raw) > MOST_BYTES:
        return None
    return raw.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")


def looker(folder: Path, reading: Reading | None = None) -> MediaReader:
    """Looks at local media by paths relative to a storyboard's folder, inside its project.

    The project is the git checkout that the folder stands in, or else the folder itself.
    """
    base = folder.resolve()
    project = Path(project_of(str(base)))

    def look(target: str, kind: Kind) -> MediaFile | str:
        if "\\" in target or PurePosixPath(target).is_absolute():
            return "is no path relative to the storyboard (with `/` between its parts)"
        try:
            path = (base / target).resolve()
            if not path.is_relative_to(project):
                return f"lies outside the project `{project.name}`"
            if reading is not None:
                reading.ask(base / target)
            return _asset(path, target, kind)
        except FileNotFoundError:
            return "does not exist"
        except OSError as error:
            return f"cannot be read: {_reason(error)}"
        except (ValueError, RuntimeError):  # a NUL in the name, links that go round
            return "is no path that can be followed"

    return look


def _asset(path: Path, target: str, kind: Kind) -> MediaFile | str:
    try:
        file, size = opened(path)
        with file:
            if size == 0:
                return "is empty"
            if size > MOST_MEDIA:
                return f"has {size:,} bytes; files of more than {MOST_MEDIA:,} are not read"
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            return asset_of(lambda: cached_facts(file, size, digest), target, kind, digest, size)
    except MediaError as error:
        return f"cannot be used: {error}"


def asset_of(examine: Callable[[], Facts], target: str, kind: Kind, digest: str, size: int) -> MediaFile | str:
    """What is found in a medium, as the compiler takes it; a sentence when it is not what the reference says.

    Raises MediaError for what is damaged, or no medium.
    """
    try:
        seen = examine()
    except MediaMissing as missing:
        return MediaFile(target, digest, MediaFacts(bytes=size), unchecked=str(missing))
    except OtherFormat as other:
        return MediaFile(target, digest, MediaFacts(bytes=size), other.format)
    if seen.kind != kind:
        return f"holds {_A[seen.kind]} ({seen.format}); expected {_A[kind]}"
    return MediaFile(target, digest, _measures(seen), seen.format)


def _measures(facts: Facts) -> MediaFacts:
    return MediaFacts(
        bytes=facts.bytes,
        width=facts.width,
        height=facts.height,
        seconds=facts.seconds,
        fps=facts.fps,
        fps_least=facts.fps_least,
        fps_most=facts.fps_most,
        behind=facts.behind,
    )


_A = {"image": "an image", "video": "a video", "audio": "sound"}


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
