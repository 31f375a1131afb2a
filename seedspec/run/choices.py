"""The files of people's choices on disk: the picks beside a storyboard, and the reviews in the folders around it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from seedspec.compiler.schema import Schema
from seedspec.plan.picks import Picks, picks_of
from seedspec.plan.review import Review, review_of
from seedspec.run import files
from seedspec.text.diagnostic import Problems
from seedspec.text.node import Node
from seedspec.text.syntax import parse

_MODELINE = re.compile(r"#\s*yaml-language-server:\s*\$schema=(\S+)")


@dataclass(frozen=True, slots=True)
class Choices:
    """Where choices about a storyboard's takes stand. The emulator's have files of their own, as its lock does."""

    storyboard: Path
    name: str
    emulated: bool

    @property
    def track(self) -> str:
        """What the names of all these files begin with."""
        return f"{self.storyboard.stem}{'.emulator' if self.emulated else ''}"

    @property
    def picks(self) -> Path:
        return self.storyboard.with_name(f"{self.track}.picks.yaml")


def read_picks(place: Choices, problems: Problems) -> Picks:
    """The picks beside a storyboard; none when there is no file. What is wrong with it goes to `problems`."""
    if not place.picks.exists():
        return Picks()
    node = _node(place.picks, problems)
    return Picks() if node is None else picks_of(node, Schema(files.schemas()["picks.json"]), problems)


def read_reviews(place: Choices, paths: Iterable[str | Path], problems: Problems) -> list[Review]:
    """The reviews in files and folders, in the order given; of a folder those of this storyboard, by name.

    Without any path: those beside the storyboard and in `reviews/` there.
    """
    listed = list(paths) or [place.storyboard.parent, place.storyboard.parent / "reviews"]
    schema = Schema(files.schemas()["review.json"])
    found = []
    for file in dict.fromkeys(f for path in listed for f in _files(Path(path), place.track)):
        node = _node(file, problems)
        review = review_of(node, schema, place.name, problems, emulated=place.emulated) if node is not None else None
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


def _node(file: Path, problems: Problems) -> Node | None:
    source = files.read_source(file, os.path.relpath(file), problems)
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
    with storyboard.open(encoding="utf-8-sig", errors="replace") as file:
        found = _MODELINE.match(file.readline())
    if found is None or not found[1].endswith("storyboard.json"):
        return ""
    target = found[1].removesuffix("storyboard.json") + f"{name}.json"
    if "://" in target:
        return target
    path = storyboard.parent / target
    return Path(os.path.relpath(path, storyboard.parent / below)).as_posix() if path.is_file() else ""
