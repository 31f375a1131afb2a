"""The files of people's choices on disk: the picks beside a storyboard, and the reviews in the folders around it."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from seedspec.catalog.schema import Schema
from seedspec.choices.picks import Picks, chosen_take, picks_of
from seedspec.choices.reviews import Review, review_of
from seedspec.compiler.references.context import ChosenTake
from seedspec.compiler.storyboard.profile import name_of
from seedspec.compiler.storyboard.types import Storyboard
from seedspec.project import names, sources
from seedspec.project.files import check_no_link
from seedspec.project.reading import Reading
from seedspec.text import later
from seedspec.text.diagnostic import Problems
from seedspec.text.node import Node
from seedspec.text.source import Source
from seedspec.text.value import valueclass
from seedspec.text.yaml import parse

if TYPE_CHECKING:
    from seedspec.project.git import Revision

_MODELINE = later.pattern(r"#\s*yaml-language-server:\s*\$schema=(\S+)")


@valueclass(frozen=True, slots=True)
class Choices:
    """Where choices about a storyboard's takes stand. The emulator's have files of their own, as its lock does.

    The picks of all profiles are in one file; each has reviews of its own. `profile` is "" for none.
    """

    storyboard: Path
    name: str
    emulated: bool
    profile: str = ""

    @property
    def track(self) -> str:
        """What the names of the review files begin with."""
        return names.track_of(names.lock_of(self.storyboard, emulated=self.emulated).stem, self.profile)

    @property
    def picks(self) -> Path:
        return names.picks_of(self.storyboard, emulated=self.emulated)


def choices_of(path: Path, board: Storyboard, *, emulated: bool) -> Choices:
    """The choices about the takes of a storyboard with its profile."""
    return Choices(path, board.name, emulated, name_of(board))


def read_picks(place: Choices, problems: Problems, reading: Reading | None = None) -> Picks:
    """The picks beside a storyboard; none when there is no file. What is wrong with it goes to `problems`.

    A symbolic link is an error: a cloned repository may hold one, and picks are written, too.
    """
    try:
        check_no_link(place.picks)
    except OSError as error:
        problems.error("cannot-read", f"`{os.path.relpath(place.picks)}` {error.strerror}", None)
    given = reading.ask(place.picks) if reading is not None else None
    there = (given is not None or place.picks.exists()) and not place.picks.is_symlink()
    source = _source(place.picks, problems, reading) if there else None
    return picks_in(source, problems, place.profile)


def picks_in(source: Source | None, problems: Problems, profile: str) -> Picks:
    """The picks of a file's text, as a profile has them; none without a text."""
    node = _node(source, problems)
    return Picks() if node is None else picks_of(node, Schema(sources.schemas()["picks.json"]), problems, profile)


def picks_beside(
    storyboard: Path, board: Storyboard, problems: Problems, reading: Reading | None = None, *, emulated: bool = False
) -> ChosenTake:
    """What people chose of a storyboard's takes with its profile, for the references that follow it."""
    return chosen_take(read_picks(choices_of(storyboard, board, emulated=emulated), problems, reading))


def picks_at_revision(
    revision: Revision, storyboard: Path, board: Storyboard, problems: Problems, *, emulated: bool
) -> ChosenTake:
    """The same as it was at a git revision."""
    place = choices_of(storyboard, board, emulated=emulated)
    return chosen_take(picks_in(revision.text_of(place.picks.name, problems), problems, place.profile))


def read_reviews(place: Choices, paths: Collection[str | Path], problems: Problems) -> list[Review]:
    """The reviews in files and folders, in the order given; of a folder those of this storyboard and profile.

    Without any path: those beside the storyboard and in `reviews/` there.
    """
    listed = list(paths) or [place.storyboard.parent, place.storyboard.parent / "reviews"]
    schema, named = Schema(sources.schemas()["review.json"]), {Path(path) for path in paths}
    found = []
    for file in dict.fromkeys(f for path in listed for f in _files(Path(path), place.track)):
        node = _node(_source(file, problems), problems)
        if node is None:
            continue
        review = review_of(
            node, schema, place.name, problems, emulated=place.emulated, profile=place.profile, named=file in named
        )
        if review is not None:
            found.append(review)
    return found


def _files(path: Path, track: str) -> Iterator[Path]:
    if not path.is_dir():
        if path.suffix:  # a folder that is not there has no reviews; a file that is not there is said
            yield path
        return
    # `a.emulator.mia.review.yaml` is of the emulator's takes, not of the paid ones of `a`
    other = "" if track.endswith(".emulator") else f"{track}.emulator."
    for file in sorted(path.glob("*.review.yaml")):
        if file.name.startswith(f"{track}.") and not (other and file.name.startswith(other)):
            yield file


def _source(file: Path, problems: Problems, reading: Reading | None = None) -> Source | None:
    return sources.read_source(file, os.path.relpath(file), problems, reading)


def _node(source: Source | None, problems: Problems) -> Node | None:
    if source is None:
        return None
    if not source.text.strip():
        problems.error(
            "empty-file", "the file is empty; `seedspec pick` and the review page write such files", source.span(0)
        )
        return None
    return parse(source, problems)


def schema_beside(storyboard: Path, name: str, *, below: str = "") -> str:
    """What a modeline for `picks` or `review` says: the neighbour of the schema that the storyboard's own names.

    "" when the storyboard names none, or there is no such neighbour. `below` is the file's folder, from the
    storyboard's.
    """
    try:
        with storyboard.open(encoding="utf-8-sig", errors="replace") as file:
            found = _MODELINE.match(file.readline())
    except OSError:  # its lock can be read all the same
        return ""
    if found is None or not found[1].endswith("storyboard.json"):
        return ""
    target = found[1].removesuffix("storyboard.json") + f"{name}.json"
    if "://" in target:
        return target
    path = storyboard.parent / target
    return Path(os.path.relpath(path, storyboard.parent / below)).as_posix() if path.is_file() else ""
