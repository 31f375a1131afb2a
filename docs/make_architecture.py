"""Writes the table of rooms in architecture.md and its picture anew, from the modules and their imports.

python docs/make_architecture.py
"""

from __future__ import annotations

import ast
import re
import textwrap
from collections import Counter
from collections.abc import Iterator
from html import escape
from pathlib import Path

HERE = Path(__file__).parent
PAGE = HERE / "architecture.md"
PICTURE = HERE / "images" / "house.svg"
PACKAGE = HERE.parent / "seedspec"

ROOMS = (
    "text", "media", "catalog",
    "compiler", "compiler/storyboard", "compiler/matrix", "compiler/prompt", "compiler/references", "compiler/request",
    "lock", "plan", "choices", "measures", "project",
    "run/engine", "run/store", "run/store/ledger", "run/service", "run",
    "report", "emulator", "editor", "api", "cli",
)  # fmt: skip
"""The rooms in the order of the flow: a room imports from rooms before it in this list."""

_MARKS = re.compile(r"(<!-- table: rooms -->\n).*?(<!-- end -->)", re.DOTALL)
_ROW, _CELL, _NAME, _TEXT, _LETTERS = 38, 20, 30, 202, 64
_LEFT, _TOP, _RIGHT, _FOOT = 648, 16, 76, 44
_INK, _DIM, _FAINT, _BOX = "#22231f", "#5f5e57", "#dad7cc", "#f6f4ee"
_GROUPS = {
    "text": "#8a6d3b", "media": "#8a6d3b", "catalog": "#8a6d3b", "compiler": "#2f6f62", "lock": "#35618e",
    "plan": "#35618e", "choices": "#35618e", "measures": "#35618e", "project": "#8c4a5b", "run": "#8c4a5b",
    "report": "#6b5b95", "emulator": "#6b5b95", "editor": "#6b5b95", "api": "#6b5b95", "cli": "#6b5b95",
}  # fmt: skip
"""The color of each room: what all need, the compiler, what is known and wanted, what acts, and what people meet."""


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def room_of(path: Path) -> str:
    """The room that a module stands in; "" for the modules at the rim, such as `__main__`."""
    inside = path.relative_to(PACKAGE)
    places = [inside.with_suffix("").as_posix(), *(p.as_posix() for p in inside.parents)]
    return next((place for place in places if place in ROOMS), "")


def imports(path: Path) -> Iterator[tuple[str, int]]:
    """Every module that a file imports, also inside functions and for types alone, with its line."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((name.name, node.lineno) for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: a relative import"
            assert node.module is not None
            yield node.module, node.lineno
            yield from ((f"{node.module}.{name.name}", node.lineno) for name in node.names)


def module_at(name: str) -> Path | None:
    """The file of a module of this package, by its dotted name; None for anything else."""
    parts = name.split(".")
    if parts[0] != "seedspec":
        return None
    place = PACKAGE.joinpath(*parts[1:])
    return next((p for p in (place.with_suffix(".py"), place / "__init__.py") if len(parts) > 1 and p.is_file()), None)


def arrows() -> Counter[tuple[str, str]]:
    """How many modules of a room import from which other room."""
    found: Counter[tuple[str, str]] = Counter()
    for path in modules():
        own = room_of(path)
        targets = {room_of(at) for name, _ in imports(path) if (at := module_at(name)) is not None}
        found.update((own, target) for target in targets if own and target and target != own)
    return found


def sentence(room: str) -> str:
    """What a room is for: the first line of its package, or of its module."""
    place = PACKAGE / room
    file = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
    return (ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or "").partition("\n")[0]


def size(room: str) -> tuple[int, int]:
    """The modules of a room, and their lines to the nearest hundred, so that not every edit makes the table another."""
    own = [text for p in modules() if room_of(p) == room and (text := p.read_text(encoding="utf-8")).count("\n") > 1]
    return len(own), round(sum(text.count("\n") for text in own), -2)


def made(text: str) -> str:
    """The page's text with the table of rooms as the code has them now."""
    rows = ["| room | what it is for | modules | lines, about |", "|---|---|---:|---:|"]
    for room in ROOMS:
        many, lines = size(room)
        name = f"{room}.py" if (PACKAGE / f"{room}.py").is_file() else f"{room}/"
        rows.append(f"| `{name}` | {sentence(room)} | {many} | {lines:,} |")
    return _MARKS.sub(lambda m: m[1] + "\n".join(rows) + "\n" + m[2], text)


def drawn() -> str:
    """The picture: a row for each room, a dot below the name of each other room that it imports from.

    The names stand on the stairs. No room imports from one that comes later, so nothing stands right of the stairs.
    """
    width, height = _LEFT + _CELL * len(ROOMS) + _RIGHT, _TOP + _ROW * len(ROOMS) + _FOOT
    found = arrows()
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        'font-family="ui-sans-serif, system-ui, -apple-system, \'Segoe UI\', sans-serif" font-size="12">',
        "<title>The rooms of seedspec in the order of the flow, and which room imports from which</title>",
        f'<rect width="{width}" height="{height}" rx="8" fill="#ffffff"/>',
    ]
    for number, room in enumerate(ROOMS):
        out += _row(number, room)
        out += _dots(number, room, found)
    out.append(_words(16, height - 17, _DIM, _CAPTION))
    return "\n".join([*out, "</svg>", ""])


_CAPTION = (
    "A dot: the room of its row imports from the room whose name stands above it. A larger dot: more modules do. "
    "Nothing stands right of the names: no import leads back."
)


def _row(number: int, room: str) -> list[str]:
    y, indent = _TOP + _ROW * number, 14 * room.count("/")
    color = _GROUPS[room.partition("/")[0]]
    lines = textwrap.wrap(sentence(room).rstrip("."), _LETTERS)
    first = y + (_ROW - 4) / 2 + 4 - 7.5 * (len(lines) - 1)
    return [
        f'<rect x="{16 + indent}" y="{y}" width="{_LEFT - 36 - indent}" height="{_ROW - 4}" rx="4" fill="{_BOX}"/>',
        f'<rect x="{16 + indent}" y="{y}" width="4" height="{_ROW - 4}" rx="2" fill="{color}"/>',
        _words(_NAME + indent, y + (_ROW - 4) / 2 + 4, _INK, room, bold=True),
        *(_words(_TEXT, first + 15 * i, _DIM, text) for i, text in enumerate(lines)),
    ]


def _dots(number: int, room: str, found: Counter[tuple[str, str]]) -> Iterator[str]:
    y = _TOP + _ROW * number + (_ROW - 4) / 2
    x = _LEFT + _CELL * number + _CELL / 2
    for column, other in enumerate(ROOMS[:number]):
        many = found[room, other]
        radius = 1 if not many else 4 if many == 1 else 5.5 if many < 5 else 7
        color = _GROUPS[other.partition("/")[0]] if many else _FAINT
        yield f'<circle cx="{_LEFT + _CELL * column + _CELL / 2:g}" cy="{y:g}" r="{radius}" fill="{color}"/>'
    color = _GROUPS[room.partition("/")[0]]
    yield f'<rect x="{x - 5:g}" y="{y - 5:g}" width="10" height="10" rx="2" fill="none" stroke="{color}"/>'
    yield _words(x + 11, y + 4, _INK, room)


def _words(x: float, y: float, color: str, text: str, *, bold: bool = False) -> str:
    weight = ' font-weight="600"' if bold else ""
    return f'<text x="{x:g}" y="{y:g}" fill="{color}"{weight}>{escape(text)}</text>'


if __name__ == "__main__":
    PAGE.write_text(made(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    PICTURE.write_text(drawn(), encoding="utf-8")
