"""A storyboard on disk becomes entries: the stages that read files and meet no lock."""

from __future__ import annotations

import gc
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from seedspec.catalog.model import Catalog
from seedspec.compiler.entry import Entry
from seedspec.compiler.matrix.chosen import report_chosen
from seedspec.compiler.matrix.grid import Arithmetic
from seedspec.compiler.references.context import ChosenTake, Inputs, none_chosen
from seedspec.compiler.references.limits import MediaFile, MediaReader, Remote, RemoteProbe, probe_nothing
from seedspec.compiler.references.resolve import follows_picks
from seedspec.compiler.request.ceiling import CEILING, Ceiling, Count
from seedspec.compiler.request.expand import Expansion, expand
from seedspec.compiler.request.no_purchase import check_budget
from seedspec.compiler.storyboard.dates import for_buyers
from seedspec.compiler.storyboard.models import report_files
from seedspec.compiler.storyboard.profile import merge_findings, with_profile
from seedspec.compiler.storyboard.reader import storyboard_of
from seedspec.compiler.storyboard.types import RowsFile, Storyboard
from seedspec.project import names, sources
from seedspec.project.reading import Reading
from seedspec.project.rows_file import rows_at_revision, rows_beside
from seedspec.text.diagnostic import Diagnostic, Problems
from seedspec.text.source import Source
from seedspec.text.value import valueclass
from seedspec.text.yaml import parse

if TYPE_CHECKING:
    from seedspec.project.git import Revision

ceiling_override: ContextVar[int | None] = ContextVar("ceiling_override", default=None)
"""The ceiling that a command line gives. It goes before SEEDSPEC_CEILING; no file can set either."""


@valueclass(frozen=True, slots=True)
class Compiled:
    """A storyboard's entries in order, with every finding. `ok` says that nothing stands in the way of a plan.

    A run buys nothing of a model that has ended, which is a warning here. `lock_alone` says that the entries are those
    of the lock, because the storyboard has errors: nothing can be bought of them.
    """

    path: Path
    board: Storyboard | None
    entries: tuple[Entry, ...]
    rows: Arithmetic | None
    counts: tuple[Count, ...]
    diagnostics: tuple[Diagnostic, ...]
    lock_alone: bool = False

    def __repr__(self) -> str:
        found = len(self.diagnostics)
        return f"Compiled({str(self.path)!r}, {len(self.entries):,} entries, {found:,} finding{'s' * (found != 1)})"

    @property
    def ok(self) -> bool:
        return self.board is not None and not any(d.severity == "error" for d in self.diagnostics)


def ceiling() -> Ceiling:
    """What the compiles of one command may do. Raises BadSettings for a SEEDSPEC_CEILING that is no number."""
    if (most := ceiling_override.get()) is not None:
        return Ceiling(most)
    given = os.environ.get("SEEDSPEC_CEILING", "").strip()
    if not given:
        return Ceiling(CEILING)
    if not re.fullmatch("[0-9]{1,15}", given) or not int(given):
        from seedspec.project.credentials import BadSettings

        raise BadSettings(f"SEEDSPEC_CEILING is `{given[:40]}`; expected a number of entries, like {CEILING}")
    return Ceiling(int(given))


def read_board(
    path: str | Path, problems: Problems, catalog: Catalog | None, reading: Reading | None = None
) -> Storyboard | None:
    """A storyboard file as written, without the parts that `problems` tells to be broken; None when none is left."""
    file = Path(path)
    if os.path.isdir(os.path.join(file.parent, "seedspec")):
        problems.warning("seedspec-folder", "a folder `seedspec` stands beside the storyboard; rename it", None)
    return _board_of(sources.read_source(file, str(path), problems, reading), file, catalog, problems, reading)


def _board_of(
    source: Source | None, file: Path, catalog: Catalog | None, problems: Problems, reading: Reading | None = None
) -> Storyboard | None:
    if source is None or (node := parse(source, problems)) is None:
        return None
    known = catalog or sources.catalog(file.parent, reading)
    report_files(known.files, problems)
    return storyboard_of(node, known, file.stem, problems)


def compile(path: str | Path, catalog: Catalog | None = None, profile: str = "", *, emulated: bool = False) -> Compiled:
    """All entries of a storyboard file with one of its profiles, in order; "" and "default" mean as written.

    An entry that continues a take which nobody has picked yet is among them, with what it waits for in `waits`.
    `emulated` follows the picks of the emulator's takes. Raises NoProfile, and BadSettings for a SEEDSPEC_CEILING that
    is no number; nothing for what the file or its neighbours may hold.
    """
    problems = Problems()
    with no_collector():
        board = read_board(path, problems, catalog)
        return expand_board(path, board and _apply_profile(board, profile, problems), problems, emulated=emulated)


def stream(
    path: str | Path, into: Callable[[Iterator[Entry]], object], catalog: Catalog | None = None, profile: str = "",
    *, emulated: bool = False,
) -> Compiled:  # fmt: skip
    """As `compile`, for any number of entries: `into` is given them one by one, and the result holds none of them.

    Nothing that `into` makes of them may be relied on before the result is known to be `ok`.
    """

    def drain(entries: Iterator[Entry]) -> tuple[Entry, ...]:
        into(entries)
        return ()

    problems = Problems()
    with no_collector():
        board = read_board(path, problems, catalog)
        board = board and _apply_profile(board, profile, problems)
        return expand_board(path, board, problems, emulated=emulated, gather=drain)


def compile_revision(
    path: str | Path, revision: Revision, catalog: Catalog | None = None, profile: str = "", *, emulated: bool = False
) -> Compiled:
    """The same of a storyboard as it stood at a git revision, by the rules of today.

    Raises NoRevision when the file was not there, and NoProfile. Media that git did not hold then are taken as they
    are now.
    """
    file, problems = Path(path), Problems()
    with no_collector():
        board = _board_of(revision.source(file.name, str(path), problems), file, catalog, problems)
        board = board and _apply_profile(board, profile, problems)
        if board is None:
            return _result(file, None, problems)
        look = revision.looker(sources.looker(file.parent))
        chosen = _chosen_takes_in_revision(revision, file, board, problems, emulated=emulated)
        rows = rows_at_revision(revision, file, board, problems)
        inputs = Inputs(look, revision.templates(), chosen=chosen, local=_local(board, emulated=emulated), rows=rows)
        made = expand(board, inputs, problems, ceiling())
        return _result(file, made, problems)


def _apply_profile(board: Storyboard, profile: str, problems: Problems) -> Storyboard:
    """The storyboard with a profile over it. Raises NoProfile, but not for one whose form is broken."""
    return with_profile(board, "" if problems.is_set_aside(profile) else profile)


_Gather = Callable[[Iterator[Entry]], tuple[Entry, ...]]


def expand_board(
    path: str | Path,
    board: Storyboard | None,
    problems: Problems,
    *,
    emulated: bool = False,
    gather: _Gather = tuple,
    rows: RowsFile | None = None,
) -> Compiled:
    """The entries of a storyboard whose profile is settled; with the chosen `rows` of the disk, if none are given."""
    file = Path(path)
    if board is None:
        return _result(file, None, problems)
    chosen = _chosen_takes(file, board, problems, emulated=emulated)
    look, read = sources.looker(file.parent), sources.templates_below(file.parent)
    near = sources.files_near(file.parent)
    rows = rows or rows_beside(file, board, problems)
    inputs = Inputs(look, read, chosen=chosen, local=_local(board, emulated=emulated), files=near, rows=rows)
    expansion = expand(board, inputs, problems, ceiling())
    return _result(file, expansion, problems, gather)


def _result(file: Path, expansion: Expansion | None, problems: Problems, gather: _Gather = tuple) -> Compiled:
    if expansion is None:
        return Compiled(file, None, (), None, (), tuple(problems))
    entries = gather(expansion.entries())
    return Compiled(file, expansion.board, entries, expansion.rows, expansion.counts, tuple(problems))


def check(
    path: str | Path,
    catalog: Catalog | None = None,
    profile: str | None = None,
    look_behind: Callable[[Iterable[Remote], Storyboard], Mapping[Remote, MediaFile | str]] | None = None,
) -> tuple[Diagnostic, ...]:
    """Every finding about a storyboard file, in the order of its lines: as written and with each of its profiles.

    With a `profile` named, with that one alone. `look_behind` gives what is behind the addresses of remote media, of
    all of them at once; without it none is looked at. Raises NoProfile, BadSettings for a SEEDSPEC_CEILING that is no
    number, and what `look_behind` raises.
    """
    wanted: dict[Remote, None] = {}
    first = check_profiles(
        path, catalog, profile, probe=wanted.setdefault if look_behind is not None else probe_nothing
    )
    if first.board is None or look_behind is None or not wanted:
        return first.diagnostics
    return check_profiles(path, catalog, profile, probe=look_behind(wanted, first.board).get).diagnostics


class Checked(NamedTuple):
    """The findings about a storyboard file, and the storyboard as written, as far as its form is sound.

    `entries` are those of the storyboard as written, where they were asked for.
    """

    diagnostics: tuple[Diagnostic, ...]
    board: Storyboard | None
    entries: tuple[Entry, ...] = ()


def check_profiles(
    path: str | Path,
    catalog: Catalog | None = None,
    profile: str | None = None,
    reading: Reading | None = None,
    *,
    probe: RemoteProbe = probe_nothing,
    keep: bool = False,
) -> Checked:
    """What `check` finds. `reading` knows then what was read for it, and may give other texts than the disk has.

    `keep` keeps the entries of the storyboard as written.
    """
    problems = Problems()
    with no_collector():
        board = read_board(path, problems, catalog, reading)
        look = cache(sources.looker(Path(path).parent, reading))  # media are looked at once for all profiles
        if board is None:
            return Checked(for_buyers(problems), None)
        read = sources.templates_below(Path(path).parent, reading)
        most, costs = ceiling(), set[int]()  # for all profiles together
        kept: list[Entry] | None = [] if keep else None
        rows = rows_beside(Path(path), board, problems, reading)
        if profile is not None:
            profiled = _apply_profile(board, profile, problems)
            own = _check_board(path, profiled, problems, look, read, probe, most, costs, rows, reading)
            return Checked(for_buyers(own), board)
        as_written = _check_board(path, board, problems, look, read, probe, most, costs, rows, reading, kept)
        telling = [p.name for p in board.profiles.values() if p.fields or p.takes]  # an empty one changes nothing
        each = {}
        for name in telling:
            if most.work.done > most.work.most:
                break  # which the profile before has said
            own_board, own_problems = with_profile(board, name), problems.anew()
            each[name] = _check_board(path, own_board, own_problems, look, read, probe, most, costs, rows, reading)
        check_budget(board, costs, as_written)
    return Checked(for_buyers(merge_findings(as_written, each)), board, tuple(kept or ()))


def _check_board(
    path: str | Path,
    board: Storyboard,
    problems: Problems,
    look: MediaReader,
    read: Callable[[str], str | None],
    probe: RemoteProbe,
    most: Ceiling,
    costs: set[int],
    rows: RowsFile | None,
    reading: Reading | None = None,
    kept: list[Entry] | None = None,
) -> Problems:
    """What is found wrong with a storyboard and its entries, which go to `kept` if that is there; `costs` gets what
    they cost."""
    chosen = _chosen_takes(Path(path), board, problems, reading, emulated=False)
    near = sources.files_near(Path(path).parent)
    made = expand(board, Inputs(look, read, probe, chosen, _local(board), near, rows), problems, most)
    for entry in made.entries():
        costs.add(entry.base.cost.high)
        if kept is not None:
            kept.append(entry)
    report_chosen(board, made.rows, problems)
    return problems


def _local(board: Storyboard, *, emulated: bool = False) -> Callable[[], bool]:
    """Tells whether the API that would be asked is on this machine, when that matters."""

    def local() -> bool:
        from seedspec.project.credentials import BadSettings, origins_of

        try:
            return emulated or origins_of(board.provider.document, os.environ).local
        except BadSettings:  # which stops whoever asks the API, and nobody does here
            return False

    return local


def _chosen_takes(
    path: Path, board: Storyboard, problems: Problems, reading: Reading | None = None, *, emulated: bool
) -> ChosenTake:
    """What people chose of the takes that a storyboard follows. Where they chose none, no reader of picks is loaded."""
    if not follows_picks(board):
        return none_chosen
    file = names.picks_of(path, emulated=emulated)
    given = reading.ask(file) if reading is not None else None
    if given is None and not file.exists():
        return none_chosen
    from seedspec.project.choice_files import picks_beside

    return picks_beside(path, board, problems, reading, emulated=emulated)


def _chosen_takes_in_revision(
    revision: Revision, path: Path, board: Storyboard, problems: Problems, *, emulated: bool
) -> ChosenTake:
    """The same as it was at a git revision."""
    if not follows_picks(board):
        return none_chosen
    from seedspec.project.choice_files import picks_at_revision

    return picks_at_revision(revision, path, board, problems, emulated=emulated)


_begun = False
"""Whether this process has compiled before: then it lives on, and what is done with must go."""


@contextmanager
def no_collector() -> Iterator[None]:
    """A compile and a plan make live objects mostly; the cyclic collector would walk them again and again.

    Templates leave some cycles behind. A process that goes on gives them back when the block ends. The first block,
    which is all that most commands need, does not walk what it has made: that counts as old, which is looked at last.
    """
    global _begun
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            if _begun:
                gc.collect(0)
            elif not gc.get_freeze_count():  # else whoever froze objects wants them to stay so
                gc.freeze()
                gc.unfreeze()
            _begun = True
            gc.enable()
