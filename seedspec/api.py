"""The stages as functions, for programs: check, compile, plan and run, on what the rooms above them make."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from seedspec.compiler.catalog import Catalog
from seedspec.compiler.entry import Entry
from seedspec.compiler.expand import Count, Expansion, expand
from seedspec.compiler.matrix import Arithmetic
from seedspec.compiler.storyboard import Storyboard, storyboard_of
from seedspec.run import files
from seedspec.text.diagnostic import Diagnostic, Problems
from seedspec.text.syntax import parse


@dataclass(frozen=True, slots=True)
class Compiled:
    """A storyboard's entries in order, with every finding. `ok` says that nothing stands in the way of a run."""

    path: Path
    board: Storyboard | None
    entries: tuple[Entry, ...]
    rows: Arithmetic | None
    counts: tuple[Count, ...]
    diagnostics: tuple[Diagnostic, ...]

    @property
    def ok(self) -> bool:
        return self.board is not None and not any(d.severity == "error" for d in self.diagnostics)


def opened(path: str | Path, problems: Problems, catalog: Catalog | None = None) -> Expansion | None:
    """A storyboard file on its way to entries; None, with the reasons in `problems`, when its form is broken."""
    file = Path(path)
    source = files.read_source(file, str(path), problems)
    if source is None or (node := parse(source, problems)) is None:
        return None
    board = storyboard_of(node, catalog or files.catalog(), file.stem, problems)
    if board is None:
        return None
    return expand(board, files.looker(file.parent), files.templates_below(file.parent), problems)


def compile(path: str | Path, catalog: Catalog | None = None) -> Compiled:
    """All entries of a storyboard file, in order. Raises nothing for what the file or its neighbours may hold."""
    problems = Problems()
    with _no_collector():
        expansion = opened(path, problems, catalog)
        entries = tuple(expansion.entries()) if expansion else ()
    if expansion is None:
        return Compiled(Path(path), None, (), None, (), tuple(problems))
    return Compiled(Path(path), expansion.board, entries, expansion.rows, expansion.counts, tuple(problems))


def check(path: str | Path, catalog: Catalog | None = None) -> tuple[Diagnostic, ...]:
    """Every finding about a storyboard file, in the order of its lines."""
    return compile(path, catalog).diagnostics


@contextmanager
def _no_collector() -> Iterator[None]:
    """A compile makes live objects only; the cyclic collector would walk them again and again."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
