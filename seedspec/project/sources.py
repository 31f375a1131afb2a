"""What is read from disk: storyboards, included templates, schemas and local media; nothing of them is changed."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import orjson

from seedspec.catalog.media_facts import MediaFacts, MediaRemark
from seedspec.catalog.model import Catalog, catalog_of
from seedspec.catalog.slot import Kind
from seedspec.catalog.user_files import NONE, UserFile, UserFiles, settle
from seedspec.compiler.filename import same
from seedspec.compiler.references.limits import MediaFile, MediaReader, kind_of_suffix
from seedspec.compiler.references.missing import NO_PATH, NOT_THERE, NearbyFiles
from seedspec.media.facts import Facts, MediaError, MediaMissing, OtherFormat
from seedspec.media.reader import open_regular
from seedspec.project.files import project_of
from seedspec.project.media_cache import cached_facts
from seedspec.project.provider_files import files_beside, own_files
from seedspec.project.reading import Reading
from seedspec.project.user_prices import own_prices
from seedspec.text.diagnostic import Problems
from seedspec.text.source import Source
from seedspec.text.yaml import MOST_BYTES, source_of

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

MOST_MEDIA = 256 * 1024 * 1024
"""A larger file is no reference for any model; it is not read at all, for it may have no end."""
_START = 64 * 1024
MOST_LISTED = 2000
"""Media files that are looked through for the one that a wrong path may have meant."""


def schemas() -> dict[str, Any]:
    """The contents of schemas/ by path below it: from the installed package, or from the checkout it stands in.

    A file that holds no JSON is None. The schemas of what commands print are for other programs, and left out.
    """
    found: dict[str, Any] = {}

    def walk(folder: Traversable, prefix: str) -> None:
        for item in folder.iterdir():
            if item.is_dir() and prefix + item.name != "output":
                walk(item, f"{prefix}{item.name}/")
            elif item.name.endswith(".json"):
                try:
                    found[prefix + item.name] = orjson.loads(item.read_bytes())
                except orjson.JSONDecodeError:
                    found[prefix + item.name] = None

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


def catalog(folder: Path | None = None, reading: Reading | None = None) -> Catalog:
    """The models that are known, with the prices of today: those of this installation, of the user's settings, and of
    `providers/` in the `folder` of a storyboard, as far as its providers are trusted.

    Raises BadSettings for a SEEDSPEC_TRUST that is no list of digests.
    """
    documents, files = schemas(), own_files()
    if folder is not None:
        files += files_beside(folder, reading)
    return catalog_of(documents, today(), own_prices(), user_files(documents, files) if files else NONE)


def user_files(documents: Mapping[str, Any], files: Sequence[UserFile]) -> UserFiles:
    """Which of users' files count. Without any the store of what is trusted is not looked at."""
    from seedspec.project.trust import Trust, owners

    trust = Trust(os.environ)
    return settle(documents, files, trust.__contains__, owners())


def today() -> str:
    """The day in UTC, by which prices are in force."""
    return datetime.now(UTC).date().isoformat()


def read_source(path: Path, shown: str, problems: Problems, reading: Reading | None = None) -> Source | None:
    """A storyboard's text; a file that cannot be read is a diagnostic."""
    if reading is not None and (given := reading.ask(path)) is not None:
        return source_of(shown, given, problems)
    try:
        raw = _read_text(path)
    except OSError as error:
        reason = "there is no such file" if isinstance(error, FileNotFoundError) else _reason(error)
        problems.error("cannot-read", f"`{shown}`: {reason}", None)
        return None
    return source_of(shown, raw, problems)


def _read_text(path: Path) -> bytes:
    """The bytes of a file, of which one more than MOST_BYTES tells that it has too many."""
    with open(path, "rb") as file:
        start = file.read(_START)  # room for the most that may come would be made at once
        return start if len(start) < _START else start + file.read(MOST_BYTES + 1 - _START)


def templates_below(folder: Path, reading: Reading | None = None) -> Callable[[str], str | None]:
    """A reader of included templates that never leaves a folder, also not by a symbolic link.

    Nothing whose name, or whose folder's, begins with a dot is a template.
    """
    root = cache(folder.resolve)

    def read(name: str) -> str | None:
        if reading is not None and reading.unsaved:
            return ""
        try:
            return _template(root(), name, reading)
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
    raw = given if given is not None else _read_text(path)
    if len(raw) > MOST_BYTES:
        return None
    return raw.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")


def looker(folder: Path, reading: Reading | None = None) -> MediaReader:
    """Looks at local media by paths relative to a storyboard's folder, inside its project.

    The project is the git checkout that the folder stands in, or else the folder itself.
    """
    names = cache(lambda folder: frozenset(os.listdir(folder)))  # a folder may hold the media of a whole storyboard
    bounds = cache(lambda: _bounds_of(folder))  # most storyboards name addresses alone

    def look(target: str, kind: Kind) -> MediaFile | str:
        if reading is not None and reading.unsaved:
            return MediaFile(target, "", MediaFacts(), unchecked="the storyboard is not saved yet")
        if "\\" in target or PurePosixPath(target).is_absolute():
            return NO_PATH
        try:
            base, project = bounds()
            path = (base / target).resolve()
            if not path.is_relative_to(project):
                return f"lies outside the project `{project.name}`"
            if reading is not None:
                reading.ask(base / target)
            memory = reading.media if reading is not None else None
            found = memory.found(path, target, kind, _asset) if memory is not None else _asset(path, target, kind)
            if isinstance(found, MediaFile) and (spelling := spell_as_on_disk(base, target, names)):
                return replace(found, spelling=spelling)
            return found
        except FileNotFoundError:
            return NOT_THERE
        except OSError as error:
            return f"cannot be read: {_reason(error)}"
        except (ValueError, RuntimeError):  # a NUL in the name, links that go round
            return "is no path that can be followed"

    return look


def _bounds_of(folder: Path) -> tuple[Path, Path]:
    """A storyboard's folder and its project, both without symbolic links."""
    base = folder.resolve()
    return base, Path(project_of(str(base)))


def spell_as_on_disk(base: Path, target: str, names: Callable[[str], Collection[str]]) -> str:
    """A path that leads to a file, as its folders have the names: in letter case, and in the form of accents.

    "" where it is written so, or where that cannot be told. `names` gives the names in a folder; it may raise OSError.
    """
    folder, out = str(base), list[str]()
    for part in target.split("/"):
        own = part
        if part not in ("", ".", ".."):
            try:
                known = names(folder)
            except OSError:  # a folder that may be gone through and not be read
                known = (part,)
            if part not in known:
                alike = [name for name in known if same(name) == same(part)]
                if len(alike) != 1:
                    return ""
                own = alike[0]
        folder = os.path.join(folder, own)
        out.append(own)
    found = "/".join(out)
    return "" if found == target else found


def files_near(folder: Path) -> NearbyFiles:
    """Lists the media files that a wrong path may have meant: below a folder, and in the path's own within the project.

    It follows no link, looks into no hidden folder, and stops after MOST_LISTED files: it only serves a hint.
    """
    bounds = cache(lambda: _bounds_of(folder))
    below = cache(lambda: tuple(islice(_media_below(bounds()[0]), MOST_LISTED)))

    def near(target: str) -> tuple[str, ...]:
        base, project = bounds()
        written = PurePosixPath(target.replace("\\", "/")).parent
        beside: list[str] = []
        try:
            own = (base / written).resolve()
            if ".." in written.parts and own.is_relative_to(project) and own.is_dir():
                beside = [str(written / name) for name in sorted(os.listdir(own))[:MOST_LISTED]]
        except (OSError, ValueError, RuntimeError):
            pass  # what cannot be listed has nothing to propose
        return (*beside, *below())

    return near


def _media_below(base: Path) -> Iterator[str]:
    looked = 0
    for at, folders, names in os.walk(base):
        folders[:] = sorted(f for f in folders if not f.startswith("."))
        for name in sorted(names):
            if (looked := looked + 1) > 10 * MOST_LISTED:
                return
            if kind_of_suffix(os.path.splitext(name)[1].lower()):
                yield (Path(at) / name).relative_to(base).as_posix()


def _asset(path: Path, target: str, kind: Kind) -> MediaFile | str:
    try:
        file, size = open_regular(path)
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
    remarks = tuple(MediaRemark(r.kind, r.found, r.advice, r.command, r.stated) for r in seen.remarks)
    return MediaFile(target, digest, _measures(seen), seen.format, remarks=remarks)


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
