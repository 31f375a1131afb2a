"""The house keeps its order: rooms import from rooms above them, each dependency has one door, modules stay small."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "seedspec"
MODULES = sorted(PACKAGE.rglob("*.py"))

ROOMS = ("text", "media", "compiler", "plan", "run", "report", "emulator", "cli")
"""In the order of the flow: a room imports from rooms before it in this list."""

ALONE = {
    "media": frozenset[str](),
    "compiler": frozenset({"text"}),
    "plan": frozenset({"text", "compiler"}),
}
"""Rooms that may import even less than what is above them: what they need of files is handed in."""

RIM = ("api", "__init__", "__main__")
"""Modules beside the rooms, which may import from all of them."""

DOORS = {
    "yaml": "text/yaml.py",
    "jinja2": "compiler/jinja",
    "jsonschema": "catalog/schema.py",
    "jsonschema_rs": "catalog/schema.py",
    "httpx": "run/wire",
    "obstore": "run/store/objects.py",
    "click": "cli",
    "av": "media/movie",
    "PIL": "media/picture",
    "tinytag": "media/sound.py",
    "opentimelineio": "report/export/timeline.py",
    "starlette": "emulator",
    "uvicorn": "emulator",
}
"""The one module, or room, that may import each dependency."""


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


def room_of(path: Path) -> str:
    inside = path.relative_to(PACKAGE)
    return inside.parts[0] if len(inside.parts) > 1 else ""


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_every_folder_is_a_room() -> None:
    folders = {p.name for p in PACKAGE.iterdir() if p.is_dir() and any(p.glob("*.py"))}
    assert folders <= set(ROOMS)
    assert {p.stem for p in PACKAGE.glob("*.py")} <= set(RIM)


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_rooms_import_from_rooms_above(path: Path) -> None:
    room = room_of(path)
    if not room:
        return
    allowed = ALONE.get(room, frozenset(ROOMS[: ROOMS.index(room)])) | {room}
    for module, line in imports(path):
        parts = module.split(".")
        if parts[0] != "seedspec":
            continue
        target = parts[1] if len(parts) > 1 else ""
        if target in RIM or target == "":
            assert room == "cli" or target in ("__init__", ""), f"{path}:{line}: {room}/ imports {module}"
        elif target in ROOMS:
            assert target in allowed, f"{path}:{line}: {room}/ imports {module}"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_each_dependency_has_one_door(path: Path) -> None:
    inside = path.relative_to(PACKAGE).as_posix()
    for module, line in imports(path):
        door = DOORS.get(module.split(".")[0])
        if door is not None:
            fits = inside == door or inside.startswith(door + "/")
            assert fits, f"{path}:{line}: {module} is for {door} alone"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_modules_are_small_and_say_their_place(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= 400, f"{path} has more than 400 lines"
    if text.strip():
        doc = ast.get_docstring(ast.parse(text))
        assert doc and text.startswith('"""'), f"{path} does not begin with a docstring"
        assert doc.splitlines()[0].endswith((".", ";")), (
            f"the first line of {path} is no sentence: {doc.splitlines()[0]}"
        )
    elif path.name != "__init__.py":
        pytest.fail(f"{path} is empty")


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_digits_are_those_that_int_reads(path: Path) -> None:
    """`isdigit` is true of `²`, of which `int` makes an error."""
    assert "isdigit" not in path.read_text(encoding="utf-8"), f"{path}: isdecimal, with isascii, or a pattern of [0-9]"
