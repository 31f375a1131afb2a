"""Tests can be named in any order and company: no two helper modules have one name, and none imports a conftest."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
import tools

HERE = Path(__file__).parent
SCRIPTS = HERE / "bench"
"""Each of these is a process of its own; pytest imports none of them."""

MODULES = [p for p in sorted(HERE.rglob("*.py")) if SCRIPTS not in p.parents]


@pytest.mark.slow
@pytest.mark.parametrize(
    "folders",
    [
        "run cli report",
        pytest.param("docs choices run", marks=pytest.mark.long),
        pytest.param("report run", marks=pytest.mark.long),
        pytest.param("emulator run media", marks=pytest.mark.long),
    ],
)
def test_folders_are_collected_in_any_order(folders: str) -> None:
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", "--assert=plain"]
    asked = [f"tests/{name}" for name in folders.split()]
    done = subprocess.run([*command, *asked], cwd=HERE.parent, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr
    for name in asked:
        assert f"\n{name}/" in f"\n{done.stdout}", f"nothing of {name} is collected"


def test_no_two_modules_have_one_name() -> None:
    names = Counter(p.stem for p in MODULES if p.name != "conftest.py")
    assert [name for name, many in names.items() if many > 1] == []


@pytest.mark.slow
def test_nothing_imports_a_conftest() -> None:
    """The name stands for whichever of them was read last."""
    found = [
        f"{path.relative_to(HERE)}:{node.lineno}"
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if (isinstance(node, ast.ImportFrom) and node.module == "conftest")
        or (isinstance(node, ast.Import) and any(name.name == "conftest" for name in node.names))
    ]
    assert found == []


@pytest.mark.parametrize(
    ("environ", "outcome"),
    [
        ({}, pytest.skip.Exception),
        ({"SEEDSPEC_GATE": "1"}, pytest.fail.Exception),
        ({"SEEDSPEC_GATE": "1", "SEEDSPEC_GATE_WITHOUT": "node"}, pytest.fail.Exception),
        ({"SEEDSPEC_GATE": "1", "SEEDSPEC_GATE_WITHOUT": "node,no-such-tool"}, pytest.skip.Exception),
    ],
)
def test_what_the_gate_lacks_is_a_failure_unless_it_is_named(
    environ: dict[str, str], outcome: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("SEEDSPEC_GATE", "SEEDSPEC_GATE_WITHOUT"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(outcome, match="no-such-tool is not installed"):
        tools.found("no-such-tool")
    assert tools.found("no-such-tool", "sh")
