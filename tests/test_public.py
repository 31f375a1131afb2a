"""The names that programs may rely on, and what they do."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from seedspec import api

NAMES = [
    "Action", "Compiled", "ConsentNeeded", "Cost", "Diagnostic", "Emulator", "Entry", "Event", "Invalid", "Lock",
    "LockFault", "NoProfile", "Note", "Options", "Pace", "Plan", "Planned", "Quote", "Record", "RunFinished",
    "Severity", "Source", "Span", "Step", "Yes", "check", "compile", "emulator", "plan", "run",
]  # fmt: skip
MINIMAL = Path(__file__).parents[1] / "examples" / "minimal" / "storyboard.yaml"


def test_the_names_are_pinned() -> None:
    assert api.__all__ == NAMES
    assert [name for name in NAMES if not hasattr(api, name)] == []


def test_importing_costs_nothing() -> None:
    code = "import sys, seedspec; print(sorted(m for m in sys.modules if m.split('.')[0] in sys.argv[1:]))"
    heavy = ["yaml", "jinja2", "jsonschema", "jsonschema_rs", "httpx", "click", "rich", "av", "PIL", "asyncio"]
    done = subprocess.run([sys.executable, "-c", code, *heavy], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_help_loads_click_alone() -> None:
    code = (
        "import sys; from seedspec.cli.begin import start; start(['--help']);"
        "print(sorted({m.split('.')[0] for m in sys.modules} & set(sys.argv[1:])), file=sys.stderr)"
    )
    heavy = ["yaml", "jinja2", "jsonschema", "jsonschema_rs", "httpx", "rich", "av", "PIL", "asyncio", "orjson"]
    done = subprocess.run([sys.executable, "-c", code, *heavy], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"
    assert "Exit codes:" in done.stdout


def test_plan_needs_no_http(tmp_path: Path) -> None:
    code = (
        "import sys; from seedspec.cli.begin import start; start(['plan', sys.argv[1]]);"
        "print(sorted({m.split('.')[0] for m in sys.modules} & set(sys.argv[2:])), file=sys.stderr)"
    )
    heavy = ["httpx", "av", "PIL", "asyncio", "jsonschema", "starlette", "uvicorn"]
    done = subprocess.run(
        [sys.executable, "-c", code, str(MINIMAL), *heavy], capture_output=True, text=True, check=True
    )
    assert done.stderr.strip() == "[]", done.stderr


@pytest.mark.parametrize("command", ["check", "compile"])
def test_check_and_compile_load_nothing_of_picks_media_and_git(tmp_path: Path, command: str) -> None:
    """The storyboard follows takes that people might pick, and has media; nobody picked, and the media are known."""
    left_out = shutil.ignore_patterns(".seedspec", "renders*", "*.lock")
    shutil.copytree(MINIMAL.parents[1] / "fruit-tea", tmp_path, dirs_exist_ok=True, ignore=left_out)
    board = tmp_path / "storyboard.yaml"
    text = board.read_text().replace("{shot: orchard}", "{shot: orchard, take: pick}")
    assert "take: pick" in text
    board.write_text(text)
    code = (
        "import sys; from seedspec.cli.begin import start; start(sys.argv[1:3]);"
        "print(sorted(set(sys.modules) & set(sys.argv[3:])), file=sys.stderr)"
    )
    heavy = ["av", "PIL", "tinytag", "httpx", "asyncio", "jsonschema", "subprocess", "importlib.metadata"]
    rooms = ["seedspec.plan.picks", "seedspec.run.choices", "seedspec.run.revision", "seedspec.run.settings"]
    said = []
    for _ in range(2):
        line = [sys.executable, "-c", code, command, str(tmp_path / "storyboard.yaml"), *heavy, *rooms]
        done = subprocess.run(line, capture_output=True, text=True, check=True)
        said.append(done.stderr.splitlines()[-1])
    assert "'av'" in said[0] and said[1] == "[]"


def test_check_compile_and_plan_are_functions_of_a_path() -> None:
    assert api.check(MINIMAL) == ()
    made = api.compile(MINIMAL)
    assert made.ok and [e.address for e in made.entries] == ["steam/1"]
    planned = api.plan(MINIMAL)
    assert [s.action for s in planned.plan.steps] == [api.Action.SUBMIT]
    assert planned.plan.cost == api.Cost(251_100, 251_100)


def test_an_invalid_storyboard_is_an_exception_of_plan_with_its_findings(tmp_path: Path) -> None:
    file = tmp_path / "storyboard.yaml"
    file.write_text("seedspec: 1\n")
    try:
        api.plan(file)
    except api.Invalid as error:
        assert {d.code for d in error.compiled.diagnostics} == {"missing-key"}
    else:
        raise AssertionError("nothing was refused")
