"""What is known of a storyboard's text: its findings, its entries, and what was read for them; made by the compiler."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import field
from functools import cached_property
from pathlib import Path

from seedspec.catalog.model import Catalog
from seedspec.compiler.storyboard.types import Storyboard
from seedspec.project import sources
from seedspec.project.compile import Checked, check_profiles
from seedspec.project.media_memory import MediaMemory
from seedspec.project.reading import Reading, State, state_of
from seedspec.text.diagnostic import Problems
from seedspec.text.encoding import one_line_end
from seedspec.text.node import Map
from seedspec.text.source import Source
from seedspec.text.value import valueclass
from seedspec.text.yaml import parse

_MODELS_SECONDS = 10.0
"""How long the models are believed: users' settings, trust and the day are looked at again after that."""


@valueclass(frozen=False, slots=True)
class Memory:
    """What one check leaves for the next: media by their files, and the models that a folder knows."""

    media: MediaMemory = field(default_factory=MediaMemory)
    _models: dict[Path, tuple[float, Mapping[Path, State], frozenset[Path], Catalog]] = field(default_factory=dict)

    def models(self, folder: Path, reading: Reading) -> Catalog:
        """The models of a folder, read again when its provider files change. Raises what `sources.catalog` does."""
        known = self._models.get(folder)
        if known is not None:
            since, asked, folders, catalog = known
            if time.monotonic() - since < _MODELS_SECONDS and all(state_of(p) == s for p, s in asked.items()):
                reading.asked.update(asked)
                reading.folders.update(folders)
                return catalog
        own = Reading()
        catalog = sources.catalog(folder, own)
        reading.asked.update(own.asked)
        reading.folders.update(own.folders)
        self._models[folder] = (time.monotonic(), own.asked, frozenset(own.folders), catalog)
        return catalog


class Snapshot:
    """A storyboard's text at one moment. `instead` are the texts of all open files, by real path.

    `unsaved`: it has no folder, so that neither media nor includes are looked for.
    """

    def __init__(self, path: Path, text: str, instead: Mapping[Path, bytes], memory: Memory, *, unsaved: bool) -> None:
        self.path, self.text, self.instead, self.unsaved = path, text, instead, unsaved
        self.memory = memory
        self.catalog, self.reading, self.checked = self.check(instead)

    def check(self, instead: Mapping[Path, bytes]) -> tuple[Catalog, Reading, Checked]:
        """What `check` finds with these texts in place of the disk's. Raises BadSettings."""
        reading = Reading(instead, self.memory.media, unsaved=self.unsaved)
        catalog = self.memory.models(self.path.parent, reading)
        return catalog, reading, check_profiles(str(self.path), catalog, None, reading, keep=True)

    @property
    def board(self) -> Storyboard | None:
        """The storyboard as written, as far as its form is sound."""
        return self.checked.board

    @property
    def folder(self) -> Path:
        return self.path.parent

    @cached_property
    def source(self) -> Source:
        """The text with the places of the compiler's spans."""
        return Source(str(self.path), one_line_end(self.text))

    @cached_property
    def root(self) -> Map:
        """The nodes of the text, without the parts that do not parse."""
        return root_of(self.source)

    def read(self, name: str) -> str | None:
        """The text of a file that a template includes; None where there is none."""
        return sources.templates_below(self.folder, Reading(self.instead, unsaved=self.unsaved))(name)


def root_of(source: Source) -> Map:
    """The mapping that a text holds; an empty one where it holds none."""
    found = parse(source, Problems())
    return found if isinstance(found, Map) else Map({}, source.span(0, 0))
