"""Writes the table of rooms in architecture.md and its picture anew, from the imports of the code.

python docs/make_architecture.py
"""

from __future__ import annotations

import ast
import re
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
    "lock", "plan", "choices", "project",
    "run/engine", "run/store", "run/service", "run",
    "report", "emulator", "api", "cli",
)  # fmt: skip
"""The rooms in the order of the flow: a room imports from rooms before it in this list."""

_MARKS = re.compile(r"(<!-- table: rooms -->\n).*?(<!-- end -->)", re.DOTALL)
_ROW, _CELL, _LEFT, _TOP = 26, 18, 560, 118
_COLORS = {"box": "#f3f1ea", "line": "#d8d4c7", "dot": "#2f6f62", "text": "#22231f", "dim": "#6b6a63"}


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
    """The modules of a room and their lines."""
    own = [p for p in modules() if room_of(p) == room and p.read_text(encoding="utf-8").count("\n") > 1]
    return len(own), sum(p.read_text(encoding="utf-8").count("\n") for p in own)


def made(text: str) -> str:
    """The page's text with the table of rooms as the code has them now."""
    rows = ["| room | what it is for | modules | lines |", "|---|---|---:|---:|"]
    for room in ROOMS:
        many, lines = size(room)
        rows.append(f"| `{room}{'' if room == 'api' else '/'}` | {sentence(room)} | {many} | {lines:,} |")
    return _MARKS.sub(lambda m: m[1] + "\n".join(rows) + "\n" + m[2], text)


def drawn() -> str:
    """The picture: a row for each room, and a dot for each one that it imports from; none stands above the stairs."""
    found = arrows()
    width, height = _LEFT + _CELL * len(ROOMS) + 24, _TOP + _ROW * len(ROOMS) + 16
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        'font-family="ui-sans-serif, system-ui, sans-serif" font-size="12">',
        "<title>The rooms of seedspec, and which room imports from which</title>",
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
    ]
    for column, room in enumerate(ROOMS):
        x = _LEFT + _CELL * column + _CELL / 2
        out.append(
            f'<text transform="translate({x + 4:g} {_TOP - 8}) rotate(-60)" fill="{_COLORS["dim"]}">'
            f"{escape(room)}</text>"
        )
    for row, room in enumerate(ROOMS):
        y = _TOP + _ROW * row
        indent = 16 * room.count("/")
        out.append(
            f'<rect x="{8 + indent}" y="{y}" width="{_LEFT - 24 - indent}" height="{_ROW - 4}" rx="4" '
            f'fill="{_COLORS["box"]}" stroke="{_COLORS["line"]}"/>'
        )
        out.append(
            f'<text x="{18 + indent}" y="{y + 15}" fill="{_COLORS["text"]}" font-weight="600">{escape(room)}</text>'
        )
        out.append(f'<text x="{160}" y="{y + 15}" fill="{_COLORS["dim"]}">{escape(_short(sentence(room)))}</text>')
        for column, other in enumerate(ROOMS[: row + 1]):
            x = _LEFT + _CELL * column + _CELL / 2
            if other == room:
                out.append(f'<rect x="{x - 4:g}" y="{y + 7}" width="8" height="8" fill="{_COLORS["line"]}"/>')
            elif many := found[room, other]:
                radius = 3 + min(many, 9) / 3
                out.append(f'<circle cx="{x:g}" cy="{y + 11}" r="{radius:.1f}" fill="{_COLORS["dot"]}"/>')
            else:
                out.append(f'<circle cx="{x:g}" cy="{y + 11}" r="1" fill="{_COLORS["line"]}"/>')
    return "\n".join([*out, "</svg>", ""])


def _short(text: str, most: int = 62) -> str:
    said = text.rstrip(".")
    return said if len(said) <= most else said[:most].rpartition(" ")[0].rstrip(",;:") + " …"


if __name__ == "__main__":
    PAGE.write_text(made(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    PICTURE.write_text(drawn(), encoding="utf-8")
