"""The edits of a storyboard's findings, made in its file and in its templates: check and edit until none is left."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from seedspec.project.atomic import atomic_write
from seedspec.project.compile import Checked
from seedspec.project.files import check_no_link, check_way, read_file
from seedspec.project.reading import Reading
from seedspec.text.diagnostic import Diagnostic, Edit, Problems, Severity
from seedspec.text.edits import Unlike, apply_edits, without_overlap
from seedspec.text.source import Source
from seedspec.text.value import valueclass
from seedspec.text.yaml import MOST_BYTES, parse, source_of

MOST_ROUNDS = 20
"""How often a storyboard is checked and edited: one edit may bring another mistake to light, which has an edit, too."""


@valueclass(frozen=True, slots=True)
class Change:
    """What a file holds, and what it would hold with the edits made."""

    path: Path
    before: bytes
    after: bytes


@valueclass(frozen=True, slots=True)
class Fixes:
    """What the edits of findings make of a storyboard; nothing of it is on the disk before `write`.

    `found` are the findings before. `fixed` are those whose edits are in `changes`, `left` those whose edits would have
    made it worse, and `remaining` all that is found after the changes.
    """

    changes: tuple[Change, ...]
    found: tuple[Diagnostic, ...]
    fixed: tuple[Diagnostic, ...]
    left: tuple[Diagnostic, ...]
    remaining: tuple[Diagnostic, ...]


def fixes(path: str, check: Callable[[Reading], Checked], instead: Mapping[Path, bytes] | None = None) -> Fixes:
    """The edits of all findings about a storyboard, made in the memory, again and again until none is left.

    `check` checks the storyboard, with the texts that it is given in place of the disk's. An edit is left out where
    its finding would stay, where the storyboard would no longer be sound YAML, and where it would have more errors than
    before. Only the edit of an error may bring more to light, which that error hid; nothing ran before, either.
    `instead` has texts, by real path, that are in the place of the disk's from the beginning.

    Raises what `check` raises.
    """
    return _Fixing(path, check, instead or {}).run()


def write(changes: Iterable[Change]) -> None:
    """Writes changes, each file as a whole, with the mode that it has.

    Raises OSError, and leaves that file and those after it, for a symbolic link, for a file that may not be written,
    and for one that was changed since it was read.
    """
    for change in changes:
        check_no_link(change.path)
        check_way(change.path.parent)
        if not os.access(change.path, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(change.path))
        if read_file(change.path, MOST_BYTES) != change.before:
            raise OSError(errno.EBUSY, "was changed while it was checked; nothing is written over it", str(change.path))
        atomic_write(change.path, change.after, durable=True, shared=True)


class _Fixing:
    """The rounds of one storyboard. `texts` are the files that differ from those on the disk, by real path."""

    def __init__(self, path: str, check: Callable[[Reading], Checked], instead: Mapping[Path, bytes]) -> None:
        self.path, self.check, self.instead = path, check, instead
        self.folder = Path(os.path.realpath(Path(path).parent))
        self.disk = dict(instead)
        self.shown: dict[Path, Path] = {}
        self.texts: dict[Path, bytes] = {}
        self.known: list[tuple[Mapping[Path, bytes], Checked]] = []
        self.seen = [self.texts]
        self.left: list[Diagnostic] = []

    def run(self) -> Fixes:
        first = self._check(self.texts).diagnostics
        fixed: list[Diagnostic] = []
        for _ in range(MOST_ROUNDS):
            self.left = []
            good = self._find_harmless(self._find_fixable(), ())
            if not good:
                break
            self.texts = self._with(good)
            self.seen.append(self.texts)
            fixed += good
        changes = [Change(self.shown[real], self.disk[real], text) for real, text in self.texts.items()]
        changed = tuple(c for c in changes if c.before != c.after)
        return Fixes(changed, first, tuple(fixed), tuple(self.left), self._check(self.texts).diagnostics)

    def _find_fixable(self) -> tuple[Diagnostic, ...]:
        """The findings whose edits can all be made, in files that may be edited and hold what was checked."""
        fit: dict[Source, bool] = {}

        def fits(source: Source) -> bool:
            if source not in fit:
                fit[source] = self._is_checked(source)
            return fit[source]

        found = self._check(self.texts).diagnostics
        return without_overlap(d for d in found if d.edits and all(fits(e.span.source) for e in d.edits))

    def _find_harmless(self, group: Sequence[Diagnostic], good: tuple[Diagnostic, ...]) -> tuple[Diagnostic, ...]:
        """Those of a group whose edits, made with those that are good already, do no harm; halves find the others."""
        if not group:
            return good
        after = self._with((*good, *group))
        if after not in self.seen and not self._is_worse((*good, *group), after):
            return (*good, *group)
        if len(group) == 1:
            self.left += group
            return good
        middle = len(group) // 2
        return self._find_harmless(group[middle:], self._find_harmless(group[:middle], good))

    def _is_worse(self, fixed: Sequence[Diagnostic], after: Mapping[Path, bytes]) -> bool:
        if not self._is_yaml(after) and self._is_yaml(self.texts):
            return True
        before, now = self._check(self.texts), self._check(after)
        hidden = any(d.severity is Severity.ERROR for d in fixed)
        if _errors(now) > _errors(before) and not hidden:
            return True
        return any(_is_left(one, fixed, now) for one in fixed)

    def _check(self, texts: Mapping[Path, bytes]) -> Checked:
        for known, found in self.known:
            if known == texts:
                return found
        self.known = [*self.known[-1:], (texts, self.check(Reading({**self.instead, **texts})))]
        return self.known[-1][1]

    def _is_yaml(self, texts: Mapping[Path, bytes]) -> bool:
        """Whether nothing is wrong with the storyboard as YAML, whatever its values are."""
        real, problems = Path(os.path.realpath(self.path)), Problems()
        source = source_of(self.path, texts.get(real) or self._bytes(real), problems)
        return source is not None and parse(source, problems) is not None and not problems.failed

    def _with(self, good: Iterable[Diagnostic]) -> dict[Path, bytes]:
        """The files that differ, with the edits of some findings made."""
        after, by_file = dict(self.texts), dict[Path, list[Edit]]()
        for edit in (edit for one in good for edit in one.edits):
            by_file.setdefault(self._real(edit.span.source), []).append(edit)
        for real, edits in by_file.items():
            after[real] = apply_edits(self._now(real), edits[0].span.source, edits)
        return after

    def _is_checked(self, source: Source) -> bool:
        try:
            apply_edits(self._now(self._real(source)), source, ())
        except (OSError, Unlike):
            return False
        return True

    def _real(self, source: Source) -> Path:
        """The file of a source: the storyboard, or a template below its folder. Raises OSError for any other."""
        named = Path(source.path)
        if source.path == self.path:
            real = Path(os.path.realpath(named))
        else:
            named = named if named.is_absolute() or named.exists() else Path(self.path).parent / named
            real = Path(os.path.realpath(named))
            inside = real.is_relative_to(self.folder) and real.is_file()
            if not inside or any(part.startswith(".") for part in real.relative_to(self.folder).parts):
                raise OSError(errno.EPERM, "is no file below the storyboard's folder", str(named))
        self.shown.setdefault(real, named)
        return real

    def _now(self, real: Path) -> bytes:
        return self.texts[real] if real in self.texts else self._bytes(real)

    def _bytes(self, real: Path) -> bytes:
        if real not in self.disk:
            self.disk[real] = read_file(real, MOST_BYTES)
        return self.disk[real]


def _errors(found: Checked) -> int:
    return sum(d.severity is Severity.ERROR for d in found.diagnostics)


def _is_left(one: Diagnostic, fixed: Iterable[Diagnostic], now: Checked) -> bool:
    """Whether a finding stands again at its place or where its edits were made. An equal one elsewhere is another."""
    alike = [d.span for d in now.diagnostics if d.span and (d.code, d.message) == (one.code, one.message)]
    if not alike:
        return False
    made = {(e.span.source.path, e.span.start, e.span.end, e.text) for d in fixed for e in d.edits}
    places = [(e.span.source.path, e.span.start, e.span.end) for e in one.edits]
    if one.span is not None:
        places.append((one.span.source.path, one.span.start, one.span.start))
    for path, start, end in places:
        first = start + sum(len(text) - (b - a) for of, a, b, text in made if of == path and b <= start and a < start)
        last = end + sum(len(text) - (b - a) for of, a, b, text in made if of == path and b <= end)
        if any(s.source.path == path and first <= s.start <= last for s in alike):
            return True
    return False
