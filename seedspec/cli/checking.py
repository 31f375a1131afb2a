"""What `check` does in each of its forms: which files it is about, what is found in one, and how that is told."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import field
from pathlib import Path

from seedspec.catalog.model import Catalog
from seedspec.cli.console import print_lines, print_next, print_notes, wants_color
from seedspec.plan.command_hint import CommandHint
from seedspec.project import sources
from seedspec.project.compile import Checked, check, check_profiles
from seedspec.project.files import read_start
from seedspec.project.reading import Reading
from seedspec.report import diagnostics
from seedspec.text.diagnostic import Diagnostic, Severity
from seedspec.text.value import valueclass

_WORST = tuple(Severity)


@valueclass(frozen=True, slots=True)
class Check:
    """How each storyboard is checked: with one profile alone where one is named, and with a look at remote media."""

    profile: str | None = None
    probe_urls: bool = False
    known: dict[Path, Catalog] = field(default_factory=dict)
    """The models that storyboards of a folder may name, by the folder."""

    def all(self, path: str) -> tuple[Diagnostic, ...]:
        """Every finding about a storyboard. Raises what `check` raises."""
        if not self.probe_urls:
            return self.read(path).diagnostics
        from seedspec.run.service.probe import probe_of_environment

        return check(path, self._catalog(path), self.profile, probe_of_environment)

    def read(self, path: str, reading: Reading | None = None) -> Checked:
        """What can be found without the network."""
        catalog = self._catalog(path) if reading is None else None  # else it is among what is read
        return check_profiles(path, catalog, self.profile, reading)

    def _catalog(self, path: str) -> Catalog:
        folder = Path(path).parent
        if folder not in self.known:
            self.known[folder] = sources.catalog(folder)
        return self.known[folder]


def show(found: Sequence[Diagnostic], files: Sequence[str], *, fixing: bool = False) -> None:
    """The findings about some storyboards, their sum, and what a person can do next. A hint is a line of its own."""
    hints, found = [d for d in found if _is_hint(d)], [d for d in found if not _is_hint(d)]
    print_notes([(f"{d.span.source.path}: " if d.span and len(files) > 1 else "") + d.message for d in hints])
    if found:
        print_lines([diagnostics.as_text(found, color=wants_color()).removesuffix("\n")])
    print_notes([count_of(files, found)])
    if found:
        if (fixable := sum(bool(d.edits) for d in found)) and not fixing:
            print_notes([f"{fixable} of them can be fixed: add --fix, or --diff to look first"])
        worst = min(found, key=lambda d: _WORST.index(d.severity))
        print_notes([f"what it means: seedspec explain {worst.code}"])
    elif len(files) == 1:
        board = CommandHint("" if files[0] == "storyboard.yaml" else files[0])
        print_next(board.plain("plan"))


def count_of(files: Sequence[str], found: Sequence[Diagnostic]) -> str:
    """How many storyboards were checked, and how much was found."""
    found = [d for d in found if not _is_hint(d)]
    many = f"{len(files)} storyboard{'s' if len(files) != 1 else ''}"
    return f"{many}: {diagnostics.tally(found) if found else 'no problems found'}"


def _is_hint(d: Diagnostic) -> bool:
    return d.severity is Severity.HINT


def storyboards(paths: Iterable[str], reading: Reading | None = None) -> list[str]:
    """Files as given; a folder gives the YAML files below it that say they are storyboards, hidden folders left out.

    `reading` knows then the folders and files that this rests on.
    """
    reading = reading or Reading()
    found: list[str] = []
    for path in paths:
        if not Path(path).is_dir():
            found.append(path)
            continue
        below: list[Path] = []
        for place, folders, names in os.walk(path):
            reading.ask(Path(place))
            folders[:] = [f for f in folders if not f.startswith(".")]
            below += [Path(place, n) for n in names if n.endswith((".yaml", ".yml"))]
        for file in below:
            reading.ask(file)
        found += [str(p) for p in sorted(below) if _is_storyboard(p)]
    return list(dict.fromkeys(found))


def _is_storyboard(path: Path) -> bool:
    try:
        return any(line.startswith(b"seedspec:") for line in read_start(path, 65536).splitlines())
    except OSError:
        return False
