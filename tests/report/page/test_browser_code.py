"""The page's own code: type-checked as the one script that it becomes, and its parts without a screen run by node."""

from __future__ import annotations

import re
import subprocess
from itertools import accumulate
from pathlib import Path

import pytest
from tools import found

from seedspec.report.page import page

HEAD = '(() => {\n"use strict";\n'
STRICT = ("--strict", "--noImplicitAny", "false", "--target", "es2024", "--lib", "es2024,dom,dom.iterable")
"""What nobody has given a type may be anything; all else is held to."""


def checked(modules: Path, folder: Path, script: str) -> list[str]:
    """What the compiler has against the joined script, each with the file and the line that it is about."""
    (folder / "page.js").write_text(f"{HEAD}{script}}})();\n", encoding="utf-8")
    command = [
        str(modules / "node_modules/.bin/tsc"),
        "--noEmit",
        "--allowJs",
        "--checkJs",
        "--pretty",
        "false",
        *STRICT,
    ]
    done = subprocess.run([*command, "page.js"], cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    lengths = [page.read(name).count("\n") + 1 for name in page.SCRIPTS]
    starts = dict(zip(page.SCRIPTS, accumulate(lengths, initial=HEAD.count("\n") + 1), strict=False))
    said = []
    for line in done.stdout.splitlines():
        place = re.fullmatch(r"page\.js\((\d+),(\d+)\): (.*)", line)
        if place is None:
            said.append(line)
            continue
        name, start = max((s for s in starts.items() if s[1] <= int(place[1])), key=lambda s: s[1])
        said.append(f"{name}:{int(place[1]) - start + 1}:{place[2]}: {place[3]}")
    assert bool(said) == bool(done.returncode), done.stdout + done.stderr
    return said


@pytest.mark.slow
def test_the_script_keeps_its_types(modules: Path, tmp_path: Path) -> None:
    assert checked(modules, tmp_path, page.read(*page.SCRIPTS)) == []


@pytest.mark.slow
def test_a_mistake_of_type_is_found_at_its_line(modules: Path, tmp_path: Path) -> None:
    script = page.read(*page.SCRIPTS)
    number = (
        page.read("marks.js")
        .splitlines()
        .index("    votes: old.votes.filter((v) => v.film || (BY_KEY.has(v.a) && BY_KEY.has(v.b))),")
    )
    (said,) = checked(modules, tmp_path, script.replace("BY_KEY.has(v.a) && BY_KEY.has(v.b)", "BY_KEY.has(v.c)"))
    assert said.startswith(f"marks.js:{number + 1}:") and "Property 'c' does not exist on type 'Vote'" in said


def test_the_parts_without_a_screen(tmp_path: Path) -> None:
    script = tmp_path / "page.js"
    script.write_text(page.read(*page.SCRIPTS[: page.SCRIPTS.index("save.js") + 1]), encoding="utf-8")
    command = [found("node"), "--test", "--test-reporter=tap", str(Path(__file__).parent / "parts.test.mjs")]
    environ = {"PAGE_SCRIPT": str(script), "PATH": str(Path(command[0]).parent)}
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr
    assert re.search(r"^# pass \d\d+$", done.stdout, re.MULTILINE), done.stdout
