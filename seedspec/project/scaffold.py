"""A new project's files: what they are and where they go, and how they are written without touching what is there."""

from __future__ import annotations

import errno
import json
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, distribution
from importlib.resources import files
from pathlib import Path

from seedspec import __version__
from seedspec.project.files import check_way, read_file
from seedspec.project.sources import schema_folder
from seedspec.text.value import valueclass

TEMPLATES = ("minimal", "storyboard", "ab-ads")
SCHEMA_ID = "urn:seedspec:storyboard:1"
_SCHEMA = "schemas/storyboard.json"
CI = {"github": (".github/workflows/storyboards.yml", ".github/workflows/videos.yml"), "gitlab": (".gitlab-ci.yml",)}
"""The files that each CI server reads, from the top of the repository."""
FILL_IN = "OWNER/seedspec"
"""Stands in a new workflow for seedspec's repository, where this installation does not tell it."""
_GITHUB = "https://github.com/"
_REPOSITORY = re.compile("https://[A-Za-z0-9][A-Za-z0-9.:_/~-]*")
_COMMIT = re.compile("[0-9a-f]{7,64}")
_MOST = 4 * 1024 * 1024


@valueclass(frozen=True, slots=True)
class Fresh:
    """A file to be: its path, its bytes, and for a list of lines the ones that matter in a file that is there.

    `below` is the folder that was asked for, or the top of its repository; no folder between the two may be a link.
    """

    path: Path
    data: bytes
    lines: tuple[str, ...] = ()
    below: Path | None = None


def project(
    folder: Path, template: str, *, schema: bool, ci: str | None, board: str | None = None, agents: bool = False
) -> tuple[Fresh, ...]:
    """The files of a new project in a folder, in the order in which people meet them.

    With `schema` the storyboard begins with a modeline, so that editors know the format without any network: it
    points at the nearest copy of the schema above the folder, and else a copy is one of the files. `board` is the
    storyboard's text, in place of the template's. `ci` is a key of CI. With `agents` the page for coding agents is
    one of the files.
    """
    board = _text(f"{template}.yaml") if board is None else board
    made = []
    if schema:
        known = _schema_above(folder)
        target = os.path.relpath(known, folder) if known else _SCHEMA
        board = f"# yaml-language-server: $schema={Path(target).as_posix()}\n{board}"
        if known is None:
            made.append(Fresh(folder / _SCHEMA, schema_folder().joinpath("storyboard.json").read_bytes(), (), folder))
    made.insert(0, Fresh(folder / "storyboard.yaml", board.encode()))
    made += [_lines(folder / ".gitignore", "gitignore.txt"), _lines(folder / ".gitattributes", "gitattributes.txt")]
    if agents:
        made.append(agents_page(folder))
    if ci is not None:
        made += _workflows(folder, ci)
    return tuple(made)


def agents_page(folder: Path) -> Fresh:
    """The page for coding agents, under the name that they look for (agents.md)."""
    return Fresh(folder / "AGENTS.md", _text("agents.md").encode())


def write(made: Iterable[Fresh]) -> Iterator[tuple[Path, str]]:
    """Writes what is not there yet, and tells of each file: "" for written, or why it was left alone.

    Raises OSError, for a symbolic link on the way before anything is written.
    """
    listed = tuple(made)
    for fresh in listed:
        _check_way(fresh)
    for fresh in listed:
        fresh.path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with fresh.path.open("xb") as file:
                file.write(fresh.data)
        except FileExistsError:
            yield fresh.path, _tell_left(fresh)
        else:
            yield fresh.path, ""


def stale_schema(storyboard: Path) -> Path | None:
    """A copy of the storyboard schema near a storyboard that is not the one of this version; None when all is well."""
    known = _schema_above(storyboard.parent)
    if known is None or read_file(known, _MOST) == schema_folder().joinpath("storyboard.json").read_bytes():
        return None
    return known


def _check_way(fresh: Fresh) -> None:
    """A link in the place of a folder would lead new files to where nobody asked for any."""
    below = fresh.below or fresh.path.parent
    check_way(below)
    for folder in fresh.path.parents:
        if folder == below:
            return
        if folder.is_symlink():
            what = "is a symbolic link; remove it: a new file would go where it leads"
            raise OSError(errno.ELOOP, what, str(folder))


def _tell_left(fresh: Fresh) -> str:
    try:
        there = read_file(fresh.path, _MOST)
    except OSError:
        return "is there"
    if there == fresh.data:
        return "is as it should be"
    known = there.decode(errors="replace").splitlines()
    missing = [line for line in fresh.lines if line not in known]
    return f"is there; it lacks: {', '.join(missing)}" if missing else "is there"


def _lines(path: Path, name: str) -> Fresh:
    text = _text(name)
    return Fresh(path, text.encode(), tuple(line for line in text.splitlines() if line and not line.startswith("#")))


def workflow(server: str, file: str, inside: str, url: str, revision: str) -> str:
    """A file of a CI server, for a folder as it is named from the top of the repository.

    seedspec is installed from a revision of a repository. GitHub takes its action from there, if it is on GitHub.
    """
    repository = url.removeprefix(_GITHUB).removesuffix(".git") if url.startswith(_GITHUB) else FILL_IN
    below = "" if inside == "." else re.sub(r"([\\*?+\[\]!])", r"\\\1", inside) + "/"
    named = inside.replace("$", "$$") if server == "gitlab" else inside  # there a `$` in a variable names another
    known = {
        "FOLDER": json.dumps(named, ensure_ascii=False),
        "PATHS": json.dumps(f"{below}**", ensure_ascii=False),
        "CHANGES": json.dumps(f"{below}**/*", ensure_ascii=False),
        "ACTION": f"{repository}@{revision}" if url.startswith(_GITHUB) else f"{FILL_IN}@v{__version__}",
        "SEEDSPEC": json.dumps(f"seedspec[media,assets] @ git+{url}@{revision}"),
    }
    name = f"{server}-{Path(file).name}" if server == "github" else f"{server}.yml"
    return re.sub("@([A-Z]+)@", lambda found: known[found[1]], _text(name))


def _workflows(folder: Path, server: str) -> Iterator[Fresh]:
    """The files of a CI server, where it looks for them: from the top of the repository that the folder is in."""
    here = folder.resolve()
    top = _top(here) or here
    below = folder if top == here else top
    for file in CI[server]:
        text = workflow(server, file, here.relative_to(top).as_posix(), *_origin())
        yield Fresh(below / file, text.encode(), (), below)


def _origin() -> tuple[str, str]:
    """The repository and the commit that this seedspec was installed from, or a place to fill in.

    A bare name would be looked up in a public index, where anybody may have it.
    """
    with suppress(PackageNotFoundError, ValueError, KeyError, TypeError):
        origin = json.loads(distribution("seedspec").read_text("direct_url.json") or "{}")
        url, commit = str(origin["url"]), str(origin["vcs_info"]["commit_id"])
        if origin["vcs_info"]["vcs"] == "git" and _REPOSITORY.fullmatch(url) and _COMMIT.fullmatch(commit):
            return url, commit
    return f"https://HOST/{FILL_IN}", f"v{__version__}"


def _schema_above(folder: Path) -> Path | None:
    """The schema in the folder, or in one above it as far as the repository goes."""
    here = folder.resolve()
    top = _top(here)
    for place in (here, *here.parents) if top else (here,):
        path = place / _SCHEMA
        with suppress(OSError, ValueError, RecursionError):
            found = json.loads(read_file(path, _MOST))
            if isinstance(found, dict) and found.get("$id") == SCHEMA_ID:
                return path
        if place == top:
            break
    return None


def _top(folder: Path) -> Path | None:
    return next((p for p in (folder, *folder.parents) if (p / ".git").exists()), None)


def _text(name: str) -> str:
    return files("seedspec").joinpath("templates", name).read_text(encoding="utf-8")
