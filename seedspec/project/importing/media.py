"""The media of a source as the catalogue of a storyboard: one entry for each address, in an order that numbers keep."""

from __future__ import annotations

import os
import re
from heapq import heappop, heappush
from itertools import pairwise
from pathlib import Path

from seedspec.catalog.slot import KINDS, Kind
from seedspec.project.importing.board import Reference
from seedspec.project.importing.labels import Names, name
from seedspec.project.importing.prompts import escape
from seedspec.project.importing.values import Cell, Material
from seedspec.text.near import shorten


class Media:
    """Gives each address a name. `base` is the source's folder, `folder` that of the storyboard."""

    def __init__(self, material: Material, base: Path, folder: Path) -> None:
        self.material, self.base, self.folder = material, base, folder
        self._names = Names()
        self._known: dict[tuple[Kind, str], Reference] = {}
        self._lists: list[list[str]] = []

    def add(self, kind: Kind, target: str, cell: Cell, *, notes: str = "", stem: str = "", comment: str = "") -> str:
        """The name of a medium, new or known."""
        path = self.path_of(target, cell)
        known = self._known.get((kind, path))
        if known is None:
            last = re.split(r"[?#]", path, maxsplit=1)[0].rstrip("/").rsplit("/", 1)[-1]
            made = self._names.unique(name(stem or last.rsplit(".", 1)[0], kind, len(self._known) + 1), "_")
            known = self._known[kind, path] = Reference(made, kind, escape(path), notes, comment)
        return known.name

    def path_of(self, target: str, cell: Cell) -> str:
        """An address as the storyboard has it: a path is relative to its folder, with slashes."""
        if re.match(r"(?i)[a-z][a-z0-9+.-]+://", target):
            return target
        path = target
        if "\\" in path and "/" not in path:
            path = path.replace("\\", "/")
            self.material.remark(cell.place, f"changed: `{shorten(target)}` is written with slashes, `{shorten(path)}`")
        if (
            self.base != self.folder
            and not os.path.isabs(path)
            and not _is_there(self.folder / path)
            and _is_there(self.base / path)
        ):
            moved = Path(os.path.relpath(self.base / path, self.folder)).as_posix()
            self.material.remark(
                cell.place,
                f"changed: `{shorten(path)}` lies beside the source; from the storyboard it is `{shorten(moved)}`",
            )
            return moved
        return path

    def use(self, names: list[str]) -> None:
        """Notes that one request has these media, in this order."""
        self._lists.append(names)

    def references(self) -> list[Reference]:
        """The catalogue, in an order by which the media of each request have the numbers that they had, if one is."""
        made = list(self._known.values())
        places = {(r.name, r.kind): n for n, r in enumerate(made)}
        before: list[set[int]] = [set() for _ in made]
        behind: list[list[int]] = [[] for _ in made]
        for names in self._lists:
            for kind in KINDS:
                for first, second in pairwise(places[n, kind] for n in names if (n, kind) in places):
                    if first != second and first not in before[second]:
                        before[second].add(first)
                        behind[first].append(second)
        order: dict[int, Reference] = {}
        free, rest = [n for n, some in enumerate(before) if not some], iter(range(len(made)))
        while len(order) < len(made):
            place = heappop(free) if free else next(n for n in rest if n not in order)  # else they go in a circle
            order[place] = made[place]
            for n in behind[place]:
                before[n].discard(place)
                if not before[n] and n not in order:
                    heappush(free, n)
        return list(order.values())


def _is_there(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False
