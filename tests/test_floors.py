"""The house keeps its order: rooms import from rooms above them, each dependency has one door, modules stay small."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "docs"))
from make_architecture import PACKAGE, ROOMS, imports, module_at, modules, room_of  # noqa: E402

MODULES = modules()
PURE = {
    "text": (), "media": (), "catalog": ("text",), "compiler": ("text", "catalog"),
    "lock": ("text", "catalog", "compiler"), "plan": ("text", "catalog", "compiler", "lock"),
    "choices": ("text", "catalog", "compiler"), "measures": ("media",),
}  # fmt: skip
"""Rooms that may import from these alone: what they need of files and of the network is handed in."""

RIM = ("__init__", "__main__")
"""Modules beside the rooms."""

DOORS = {
    "yaml": "text/yaml.py",
    "jinja2": "compiler/prompt",
    "jsonschema": "catalog/schema.py",
    "jsonschema_rs": "catalog/schema.py",
    "httpx": "run/service",
    "obstore": "run/store/objects.py",
    "psycopg": "run/store/ledger/postgres.py",
    "click": "cli",
    "av": "media/movie",
    "PIL": "media/picture",
    "tinytag": "media/sound.py",
    "opentimelineio": "report/export/timeline.py",
    "starlette": "emulator",
    "uvicorn": "emulator",
    "distributed": "project/cluster.py",
    "watchfiles": "project/changes.py",
    "pygls": "editor",
    "lsprotocol": "editor",
    "python_calamine": "project/importing/sheet.py",
}
"""The one module, or room, that may import each dependency."""


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_every_module_stands_in_a_room() -> None:
    assert [name_of(p) for p in MODULES if not room_of(p) and p.stem not in RIM] == []
    assert [room for room in ROOMS if not any(room_of(p) == room for p in MODULES)] == []


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_rooms_import_from_rooms_above(path: Path) -> None:
    room = room_of(path)
    if not room:
        return
    pure = PURE.get(room.partition("/")[0])
    for module, line in imports(path):
        target = module_at(module)
        other = room_of(target) if target is not None else ""
        if not other or other == room:
            continue
        assert ROOMS.index(other) < ROOMS.index(room), f"{path}:{line}: {room}/ imports {module}"
        allowed = pure is None or other.partition("/")[0] in (room.partition("/")[0], *pure)
        assert allowed, f"{path}:{line}: {room}/ imports {module}"


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
