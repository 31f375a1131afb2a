"""The guides say what is so: tables and pages are made anew, storyboards compiled, command lines parsed."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest
import test_codes
import yaml

from seedspec import api
from seedspec.catalog.field_rules import field_rules
from seedspec.cli import main

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
sys.path.insert(0, str(DOCS))

import make  # noqa: E402
import make_architecture  # noqa: E402
import make_errors  # noqa: E402
import make_pictures  # noqa: E402
import make_schema  # noqa: E402
import make_tables  # noqa: E402

Expect = Callable[[Path, str], None]
GUIDES = [ROOT / "README.md", *sorted(p for p in DOCS.glob("*.md") if p.name not in ("errors.md", "commands.md"))]
HEAD = "seedspec: 1\nmodel: seedance-2.0-reference-to-video\n"
PARTS = {
    "references": "references: {cup: {image: https://cdn.example.com/cup.webp}, "
    "bottle: {image: https://cdn.example.com/b.webp}}\n",
    "matrix": "matrix:\n  axes:\n    light:\n      rain: {words: a}\n      dusk: {words: b}\n      snow: {words: c}\n"
    "    hook: [question, reveal]\n    aspect_ratio: [16:9, 9:16]\n",
    "shots": "shots:\n  - id: any\n    prompt: \"{{ ref('cup') }}\"\n",
}
"""What a part of a storyboard in a guide is completed with."""


def blocks(guide: Path, language: str) -> Iterator[tuple[int, str]]:
    """The fenced blocks of a guide in a language, each with its line."""
    text = guide.read_text(encoding="utf-8")
    for found in re.finditer(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE):
        yield text.count("\n", 0, found.start()) + 2, found[1]


STORYBOARDS = [
    pytest.param(text, id=f"{guide.name}:{line}")
    for guide in GUIDES
    for line, text in blocks(guide, "yaml")
    if "repos:" not in text and "seedspec_review:" not in text
]
COMMANDS = [
    pytest.param(line.split("  #")[0], id=f"{guide.name}:{number}:{line[:40]}")
    for guide in GUIDES
    for number, text in blocks(guide, "sh")
    for line in text.splitlines()
    if line.startswith("seedspec ")
]


def test_the_request_fields_of_a_storyboard_are_those_of_the_models(expect: Expect) -> None:
    expect(make_schema.PAGE, make_schema.made(make_schema.PAGE.read_text(encoding="utf-8")))


def test_a_field_of_a_model_alone_becomes_a_field_of_a_storyboard() -> None:
    model = next(m for m in make_schema.models() if m["x-seedspec"]["model"] == "seedance-2.0-reference-to-video")
    mood = {"description": "How it feels.", "enum": ["calm", "tense"], "default": "calm"}
    grain = {"description": "How coarse it is.", "type": "integer", "minimum": 0, "maximum": 9}
    other = {**model, "properties": {"mood": mood, "grain": grain, "quality": {**mood}}}
    found = field_rules([model, other])
    assert found.keys() - field_rules([model]).keys() == {"mood", "grain"}
    assert found["mood"]["examples"] == ["calm", "tense"]
    assert found["quality"]["examples"] == ["480p", "720p", "calm", "tense"], "what any of them takes may be written"
    assert found["grain"]["description"] == "How coarse it is. From 0 to 9."


@pytest.mark.parametrize("page", make_tables.PAGES, ids=lambda page: page.name)
def test_the_tables_are_those_of_the_schemas(page: Path, expect: Expect) -> None:
    expect(page, make_tables.made(page.read_text(encoding="utf-8")))


@pytest.mark.slow
def test_one_command_makes_all_that_is_made() -> None:
    parts = {p.stem for p in DOCS.glob("make_*.py")}
    assert {name for name in vars(make) if name.startswith("make_")} == parts - {"make_pictures"}
    assert all((ROOT / name).is_file() for name in make.FOLLOWED)
    command = [sys.executable, str(DOCS / "make.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert (done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr


@pytest.mark.slow
def test_every_error_has_its_section(expect: Expect) -> None:
    expect(make_errors.PAGE, make_errors.made())
    sections = set(re.findall(r"^## ([a-z0-9-]+)$", make_errors.PAGE.read_text(encoding="utf-8"), re.MULTILINE))
    assert sections == set(make_errors.codes())
    assert sections >= (test_codes.emitted() | set(test_codes.ELSEWHERE)) - test_codes.NEVER


@pytest.mark.slow
def test_the_house_is_drawn_as_it_stands(expect: Expect) -> None:
    expect(make_architecture.PAGE, make_architecture.made(make_architecture.PAGE.read_text(encoding="utf-8")))
    expect(make_architecture.PICTURE, make_architecture.drawn())


@pytest.mark.parametrize("page", [ROOT / "README.md", ROOT / "SECURITY.md"], ids=lambda p: p.name)
def test_every_command_is_in_the_tables(page: Path) -> None:
    named = set(re.findall(r"`([a-z-]+)(?: [a-z-]+)*`", page.read_text(encoding="utf-8")))
    assert set(main.COMMANDS) - named == set()


def test_the_picture_of_mistakes_can_be_made_of_the_example() -> None:
    text = make_pictures.mistaken((make_pictures.EXAMPLE / "storyboard.yaml").read_text(encoding="utf-8"))
    picture = (make_pictures.IMAGES / "error.svg").read_text(encoding="utf-8")
    for number, line in enumerate(text.splitlines(), 1):
        if "lok.words" in line or "duration: 3" in line:
            assert f"storyboard.yaml:{number}:" in picture, "`python docs/make_pictures.py` makes it anew"


@pytest.mark.parametrize("text", STORYBOARDS)
def test_storyboards_of_the_guides_compile(text: str, tmp_path: Path) -> None:
    known = yaml.load(text, Loader=yaml.BaseLoader)
    whole = "seedspec" in known
    if not whole:
        text = HEAD + text + "".join(part for key, part in PARTS.items() if key not in known)
    text = re.sub(r"assets/([a-z]+)\.png", r"https://cdn.example.com/\1.png", text)
    text = re.sub(r"assets/([a-z]+)\.mp4", r"https://cdn.example.com/\1.mp4", text)
    (tmp_path / "storyboard.yaml").write_text(text, encoding="utf-8")
    if "strategy" in known.get("matrix", {}):
        assert main.start(["rows", str(tmp_path / "storyboard.yaml")]) == 0
    found = api.check(tmp_path / "storyboard.yaml")
    faults = [d for d in found if d.code != "output-unknown"]  # what a model's file lacks is no fault of the guide
    assert [str(d) for d in faults if whole or d.severity == "error"] == []


@pytest.mark.parametrize("line", COMMANDS)
def test_commands_of_the_guides_parse(line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = shlex.split(line, comments=True)[1:]
    monkeypatch.chdir(tmp_path)
    for word in words:  # files that a command wants to be there, named as the guide does
        if word.startswith("reviews/"):
            (tmp_path / word).parent.mkdir(exist_ok=True)
            (tmp_path / word).touch()
    command: click.Command = main.seedspec
    settings = main.seedspec.context_settings  # click keeps the help option that it makes for a command
    with click.Context(main.seedspec, info_name="seedspec", **settings) as context:
        while isinstance(command, click.Group):
            if command.invoke_without_command and not (words and command.get_command(context, words[0])):
                break  # it does something by itself too
            found = command.get_command(context, words[0])
            assert found is not None, f"no command {words[0]}"
            command, words = found, words[1:]
        command.make_context("seedspec", words, parent=context)


@pytest.mark.parametrize("name", list(main.COMMANDS))
def test_the_help_of_every_command_has_examples(name: str) -> None:
    command = main.seedspec.get_command(click.Context(main.seedspec), name)
    assert command is not None
    assert "Examples:" in (command.help or ""), name
    assert f"seedspec {name}" in (command.help or "")
