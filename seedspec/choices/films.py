"""Films as values: each is a row of a storyboard's axes, with the take of every shot that plays in it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product

from seedspec.choices.picks import Picks
from seedspec.compiler.address import Labels, variant_of
from seedspec.compiler.entry import Cells, Entry
from seedspec.compiler.matrix.product import Row
from seedspec.compiler.named import axes_of, fault_of
from seedspec.text.value import valueclass

FILM = "film"
"""What the name of a film begins with, as that of a take begins with its shot."""

_Head = tuple[str, ...]
"""A variant's labels on the storyboard's axes that its shot has."""


class NoFilms(Exception):
    """Films that cannot be made as they were asked for; the message says what to ask for instead."""


@valueclass(frozen=True, slots=True)
class Playing:
    """The take of a shot that plays in a film, out of so many `choices`. `picked` says that people chose it, `rivals`
    which others of the shot they chose as well: the first of these plays.
    """

    entry: Entry
    picked: bool
    choices: int = 1
    rivals: tuple[str, ...] = ()


@valueclass(frozen=True, slots=True)
class Film:
    """One film: its labels, and what plays in the order of the shots. `lacks` are the shots that have no variant in
    its row, because their own `exclude` leaves it out.
    """

    labels: Labels
    plays: tuple[Playing, ...]
    lacks: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """`film@axis=label,…`; `film` alone where no axis tells films apart."""
        return variant_of(FILM, self.labels)

    @property
    def file(self) -> str:
        """The name as every file system takes it."""
        return self.name.replace(":", "x")

    @property
    def fingerprint(self) -> str:
        """What is seen: the requests of its takes, in order. It is another one as soon as another take plays."""
        return hashlib.sha256("\n".join(p.entry.fingerprint for p in self.plays).encode()).hexdigest()


@valueclass(frozen=True, slots=True)
class Films:
    """All films of a storyboard, in the order of its rows, and the variants that play in none of them."""

    films: tuple[Film, ...]
    unused: tuple[str, ...] = ()


def film_axes(entries: Sequence[Entry], axes: Iterable[str]) -> tuple[str, ...]:
    """The storyboard's axes that at least one shot has: one that reaches no shot tells no films apart."""
    used = set(axes_of(entries))
    return tuple(name for name in axes if name in used)


def films_of(
    entries: Sequence[Entry], axes: Sequence[str], rows: Iterable[Row], picks: Picks, by: Sequence[str] = ()
) -> Films:
    """The films of a storyboard: one for each row, where `rows` have a label for each of `axes` (by `film_axes`).

    A shot without an axis serves every row. Of a shot's own axes and of its takes the picked one plays, the first one
    of several; without a pick the first label and take 1. `by` names what tells films apart instead: axes, those of
    shots too, or columns as `axis.column`. Rows that are equal in these are one film then; a shot that has several
    variants in it needs a pick for one of them. Raises NoFilms.
    """
    names = tuple(dict.fromkeys(by)) or tuple(axes)
    for name in names:
        if fault := fault_of(name, entries):
            raise NoFilms(f"--by: {fault}")
    shots = _shots(entries, axes)
    _check_own(names, shots)
    above, own = ([n for n in names if (_axis(n) in axes) is wanted] for wanted in (True, False))
    groups = _groups(axes, rows, above, entries)
    labels = [list(dict.fromkeys(v for e in entries if (v := e.value_of(name)) is not None)) for name in own]
    films: list[Film] = []
    used: set[str] = set()
    for key, heads in groups.items():
        for values in product(*labels):
            told = dict(zip((*above, *own), (*key, *values), strict=True))
            film = _film(tuple((n, told[n]) for n in names), heads, shots, picks, own)
            if film is not None:
                films.append(film)
    for shot in shots.values():
        for heads in groups.values():
            used |= {v for head in shot.heads(heads) for v in shot.variants.get(head, {})}
    unused = (v for s in shots.values() for own_ones in s.variants.values() for v in own_ones if v not in used)
    return Films(tuple(films), tuple(unused))


def chosen_films(films: Sequence[Film], select: Iterable[str], exclude: Iterable[str]) -> list[Film]:
    """The films that meet any of `select` (all, when there is none) and none of `exclude`.

    A term is `axis=label` with an axis that tells the films apart; terms joined by a comma must all hold. Raises
    NoFilms for a term that no film meets: whether a film is made is not asked of its takes.
    """
    wanted, unwanted = list(select), list(exclude)
    for text in (*wanted, *unwanted):
        if not any(_meets(film, text) for film in films):
            known = dict.fromkeys(f"{axis}={label}" for film in films for axis, label in film.labels)
            listed = ", ".join(list(known)[:8])
            expected = f"expected axis=label of films: {listed}" if known else "there is one film, and it has no axis"
            raise NoFilms(f"`{text}` fits no film; {expected}")
    inside = [f for f in films if not wanted or any(_meets(f, text) for text in wanted)]
    return [f for f in inside if not any(_meets(f, text) for text in unwanted)]


def same_file_names(films: Iterable[Film]) -> tuple[Film, Film] | None:
    """Two films whose names are one file name on many disks: they differ in letter case alone, or in `:` and `x`."""
    first: dict[str, Film] = {}
    for film in films:
        known = first.setdefault(film.file.casefold(), film)
        if known is not film:
            return known, film
    return None


class _Shot:
    """A shot's variants, by their labels on the storyboard's axes, each with its takes in order."""

    def __init__(self, name: str, first: Entry, axes: Sequence[str]) -> None:
        self.name = name
        self.has = first.base.axes
        self.kept = tuple(axes.index(a) for a in self.has if a in axes)
        self.shared = tuple(a for a in self.has if a in axes)
        self.variants: dict[_Head, dict[str, list[Entry]]] = {}

    def add(self, entry: Entry) -> None:
        head = tuple(label for axis, label in entry.labels if axis in self.shared)
        self.variants.setdefault(head, {}).setdefault(entry.variant, []).append(entry)

    def heads(self, rows: Iterable[Row]) -> list[_Head]:
        """What rows are to this shot, each once."""
        return list(dict.fromkeys(tuple(row[i] for i in self.kept) for row in rows))


def _shots(entries: Iterable[Entry], axes: Sequence[str]) -> dict[str, _Shot]:
    shots: dict[str, _Shot] = {}
    for entry in entries:
        if entry.shot not in shots:
            shots[entry.shot] = _Shot(entry.shot, entry, axes)
        shots[entry.shot].add(entry)
    return shots


def _axis(name: str) -> str:
    return name.partition(".")[0]


def _check_own(names: Iterable[str], shots: Mapping[str, _Shot]) -> None:
    """An axis that several shots have of their own tells films apart only where its labels are the same in all."""
    for axis in dict.fromkeys(map(_axis, names)):
        labels = {
            shot.name: frozenset(
                v for own in shot.variants.values() for e in own.values() if (v := e[0].value_of(axis))
            )
            for shot in shots.values()
            if axis in shot.has and axis not in shot.shared
        }
        if len(set(labels.values())) > 1:
            one, other = list(labels)[:2]
            raise NoFilms(f"--by: shots `{one}` and `{other}` each have an axis `{axis}` with labels of their own; "
                          f"leave `{axis}` out, and pick what is to play")  # fmt: skip


def _groups(
    axes: Sequence[str], rows: Iterable[Row], names: Sequence[str], entries: Sequence[Entry]
) -> dict[tuple[str, ...], list[Row]]:
    """The rows that are equal in what tells films apart, in the order in which they come first."""
    cells: dict[str, Mapping[str, Mapping[str, str | None]]] = {}
    for entry in entries:
        cells.update(entry.base.cells)
    found: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        labels = dict(zip(axes, row, strict=True))
        found.setdefault(tuple(_value(name, labels, cells) for name in names), []).append(row)
    return found


def _value(name: str, labels: Mapping[str, str], cells: Cells) -> str:
    axis, dot, column = name.partition(".")
    if not dot:
        return labels[axis]
    value = cells.get(axis, {}).get(labels[axis], {}).get(column)
    if value is None:
        raise NoFilms(f"--by: row `{labels[axis]}` of axis `{axis}` has no `{column}`; expected one in every row")
    return value


def _film(
    labels: Labels, rows: Sequence[Row], shots: Mapping[str, _Shot], picks: Picks, own: Sequence[str]
) -> Film | None:
    """The film of some rows; None where a shot has not this combination of its own axes."""
    plays: list[Playing] = []
    lacks: list[str] = []
    wanted = {name: label for name, label in labels if name in own}
    for shot in shots.values():
        asked = [(name, label) for name, label in wanted.items() if _axis(name) in shot.has]
        found = {
            head: takes
            for head in shot.heads(rows)
            if (
                takes := [
                    t for t in shot.variants.get(head, {}).values() if all(t[0].value_of(n) == x for n, x in asked)
                ]
            )
        }
        if found:
            plays.append(_playing(_one_head(labels, shot, found, picks), picks))
        elif asked:
            return None
        else:
            lacks.append(shot.name)
    return Film(labels, tuple(plays), tuple(lacks)) if plays else None


def _one_head(labels: Labels, shot: _Shot, found: Mapping[_Head, list[list[Entry]]], picks: Picks) -> list[list[Entry]]:
    """The variants of a shot that one row has; of several rows the one with a pick."""
    if len(found) == 1:
        return next(iter(found.values()))
    picked = [takes for takes in found.values() if any(_pick(takes, picks))]
    if len(picked) == 1:
        return picked[0]
    axes = [axis for i, axis in enumerate(shot.shared) if len({head[i] for head in found}) > 1]
    have = "none of them is" if not picked else f"{len(picked)} of them are"
    told = " and ".join(f"`{a}`" for a in axes)
    raise NoFilms(
        f"`{variant_of(FILM, labels)}` has {len(found)} variants of `{shot.name}`, by {told}, and {have} picked; "
        f"expected one: add `{','.join(axes)}` to --by, or pick one"
    )


def _pick(variants: Iterable[Sequence[Entry]], picks: Picks) -> Iterator[Entry]:
    for takes in variants:
        number = picks.take_of(takes[0].shot, takes[0].labels)
        yield from (e for e in takes if e.take == number)


def _playing(variants: Sequence[Sequence[Entry]], picks: Picks) -> Playing:
    picked, choices = list(_pick(variants, picks)), sum(map(len, variants))
    if not picked:
        return Playing(variants[0][0], picked=False, choices=choices)
    return Playing(picked[0], picked=True, choices=choices, rivals=tuple(e.address for e in picked[1:]))


def _meets(film: Film, text: str) -> bool:
    known = {f"{axis}={label}" for axis, label in film.labels}
    return all(term.strip() in known for term in text.split(","))
