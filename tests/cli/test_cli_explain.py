"""`explain`: every code that the program can give has its page, read from the installed data alone."""

from __future__ import annotations

import ast
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import test_codes
from looks import LOOKS, Run

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "docs"))
import make_errors  # noqa: E402

from seedspec.report.codes import codes  # noqa: E402

REPORT = ("error", "warning", "LockFault")
"""Calls outside of the compiler whose first argument is a code."""


def given() -> Iterator[str]:
    """Every literal code in the whole program: of the rooms that test_codes.py knows, and of all others."""
    yield from test_codes.emitted() - test_codes.NEVER
    yield from test_codes.ELSEWHERE
    for path in (ROOT / "seedspec").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and len(node.args) > 1:
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                if name in REPORT:
                    yield from test_codes.constants(node.args[0])


@pytest.mark.slow
def test_every_code_has_a_page_and_every_page_a_code() -> None:
    assert set(codes()) == set(given()), f"write what each code means and what to do in {make_errors.SENTENCES}"
    assert list(codes()) == sorted(codes())


def test_the_data_is_current() -> None:
    assert make_errors.DATA.read_text(encoding="utf-8") == make_errors.data(), "`python docs/make.py` makes it anew"


def test_sentences_are_whole_and_commands_in_them_are_there() -> None:
    from seedspec.cli.main import COMMANDS

    for code, about in codes().items():
        assert about["severity"] in ("error", "warning", "hint"), code
        for said in (about["means"], about["do"]):
            assert re.fullmatch(r"[A-Z`].*[.]", said), f"{code}: {said}"
            assert set(re.findall(r"`seedspec ([a-z-]+)", said)) <= COMMANDS.keys(), code
        assert ("storyboard" in about) == ("says" in about) and f"[{code}]" in about.get("says", f"[{code}]")


@pytest.mark.parametrize("word", ["undefined-name", "[undefined-name]", "UNDEFINED_NAME"])
def test_a_page(seedspec: Run, word: str) -> None:
    said = seedspec("explain", word)
    assert (said.code, said.err) == (0, "")
    parts = re.split(r"\n\n", said.out.rstrip("\n"))
    assert parts[0] == "undefined-name  error" and parts[1] == "A template uses a name that nothing declares."
    assert [part.split("\n")[0] for part in parts[2:]] == ["What to do", "Example", "What check says"]
    assert "  seedspec: 1\n" in said.out and "`wether` is not defined [undefined-name]" in said.out


def test_every_page_is_shown(seedspec: Run) -> None:
    said = seedspec("explain", *codes())
    assert said.code == 0 and said.err == ""
    heads = re.findall(r"^([a-z0-9-]+)  (?:error|warning|hint)$", said.out, re.MULTILINE)
    assert heads == list(codes())
    prose = re.sub(r"(Example|What check says)\n(  .*\n|\n)*", "", said.out)
    assert max(map(len, prose.splitlines())) <= 100


def test_all_codes_are_listed(seedspec: Run) -> None:
    said = seedspec("explain")
    assert said.code == 0 and [line.split()[0] for line in said.out.splitlines()] == list(codes())
    assert [line.split()[1] for line in said.out.splitlines()] == [str(a["severity"]) for a in codes().values()]


def test_as_json(seedspec: Run) -> None:
    (one,) = json.loads(seedspec("explain", "tab", "--format", "json").out)
    assert one == {"code": "tab", **codes()["tab"]}
    assert [one["code"] for one in json.loads(seedspec("explain", "--format", "json").out)] == list(codes())


def test_an_unknown_code(seedspec: Run) -> None:
    near = seedspec("explain", "undefind-name")
    assert (near.code, near.out) == (2, "")
    assert near.err == "seedspec: no code `undefind-name`; did you mean `undefined-name`?\n"
    far = seedspec("explain", "qqq\x1b[31m")
    assert far.code == 2 and "\x1b" not in far.err and far.err.endswith("`seedspec explain` lists all codes\n")


def test_check_names_the_command_for_the_worst_finding(looks: Path, seedspec: Run) -> None:
    looks.write_text(LOOKS.replace("{{ ref('cup') }}, slow push in.", "A slow push in."))
    assert seedspec("check").err.splitlines()[-1] == "what it means: seedspec explain no-reference"
    looks.write_text(looks.read_text().replace("look.words", "lok.words"))
    assert seedspec("check").err.splitlines()[-1] == "what it means: seedspec explain undefined-name"
    for form in ("json", "github"):
        assert seedspec("check", "--format", form).err == ""
