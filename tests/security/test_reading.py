"""Nobody reads a whole file but by the one reader that asks what it is and bounds it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("project", "run", "cli", "report", "emulator")
OWN = {
    ("project/sources.py", "walk"), ("project/scaffold.py", "project"), ("project/scaffold.py", "stale_schema"),
    ("project/scaffold.py", "_text"), ("project/scaffold.py", "_origin"), ("report/page/page.py", "read"),
    ("report/codes.py", "codes"),
}  # fmt: skip
"""Where files of the installed package are read."""
MADE = {("emulator/results.py", "clip"), ("emulator/results.py", "_cut")}
"""Where the emulator reads a clip that it has made."""
MODULES = sorted(p for room in ROOMS for p in (ROOT / "seedspec" / room).rglob("*.py"))


def reads(tree: ast.AST, where: str = "") -> Iterator[tuple[str, int, str]]:
    """Calls that take whatever a file holds: the function that they are in, the line, and what is called."""
    for node in ast.iter_child_nodes(tree):
        inside = node.name if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) else where
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            name = node.func.attr
            whole = name in ("read", "readlines") and not node.args and not node.keywords
            if name in ("read_bytes", "read_text") or whole:
                yield inside, node.lineno, ast.unparse(node)
        yield from reads(node, inside)


@pytest.mark.parametrize("path", MODULES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_whole_files_have_one_reader(path: Path) -> None:
    name = path.relative_to(ROOT / "seedspec").as_posix()
    for where, line, said in reads(ast.parse(path.read_text(encoding="utf-8"))):
        ours = (name, where) in OWN | MADE or said.endswith(NO_FILES)
        assert ours, f"{name}:{line}: {said}: read it by seedspec/project/files.py, which asks what it is and bounds it"


NO_FILES = ("complaints.read()", "spool.read()")


def test_the_rule_sees_what_it_forbids() -> None:
    text = "def f(p):\n    p.read_bytes()\n    open(p).read()\n    open(p).read(9)\n    p.read_text()\n"
    assert [line for _, line, _ in reads(ast.parse(text))] == [2, 3, 5]
