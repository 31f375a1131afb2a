"""The page for coding agents is followed by the letter, in a project that `init --agents` has made."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import click
import pytest
from test_guides import DOCS, blocks

from seedspec.cli.main import COMMANDS, seedspec, start

PAGE = DOCS / "agents.md"
TEXT = PAGE.read_text(encoding="utf-8")
BOARD = next(text for _, text in blocks(PAGE, "yaml"))
LINES = [line for _, text in blocks(PAGE, "sh") for line in text.splitlines()]


def words_of(line: str) -> list[str]:
    """The words of a command of the page, without its name; an agent has no terminal, so nothing is ever asked."""
    return shlex.split(line.partition(" #")[0].replace("</dev/null", ""))[1:]


def exits_of(line: str) -> list[int]:
    """The exit codes that the page names for a command, that of the usual end first."""
    said = line.partition("# exits ")[2]
    return [int(code) for code in re.findall(r"(?:^|; |, )([0-9]+)(?=[: ])", said)]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("EVOLINK_API_KEY", "SEEDSPEC_EMULATOR"):
        monkeypatch.delenv(name, raising=False)
    assert start(["init", "--agents"]) == 0
    assert Path("AGENTS.md").read_text(encoding="utf-8") == TEXT
    Path("storyboard.yaml").write_text(BOARD, encoding="utf-8")
    return tmp_path


@pytest.mark.slow
def test_every_command_ends_as_the_page_says(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert len(LINES) > 10 and all(exits_of(line) for line in LINES)
    told: dict[str, Any] = {}
    for line in LINES:
        capfd.readouterr()
        code = start(words_of(line))
        out, err = capfd.readouterr()
        assert code == exits_of(line)[0], (line, code, err)
        if "--format json" in line:
            told[line.partition(" #")[0].strip()] = json.loads(out)
    assert told["seedspec check --format json"] == []
    assert {e["entry"] for e in told["seedspec compile --format json"]} == {
        "steam@look=rain/1", "steam@look=sun/1", "pour/1",
    }  # fmt: skip
    assert told["seedspec plan --format json"]["usd"]["high"] > 0
    assert told["seedspec plan --format json"]["counts"]["submit"] == 3
    assert (project / "prompts.html").exists() and (project / "agreed.json").exists()
    assert not (project / "storyboard.lock").exists(), "nothing was bought"
    assert start(["plan", "--emulator", "--exit-code"]) == 0, "the other end of it that the page names"


def test_a_finding_has_what_the_page_says(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    Path("storyboard.yaml").write_text(BOARD.replace("look.words", "look.word"), encoding="utf-8")
    capfd.readouterr()
    assert start(["check", "--format", "json"]) == 3
    (found,) = json.loads(capfd.readouterr().out)
    named = re.findall("`([a-z]+)`", TEXT.partition("A finding has ")[2].partition(";")[0])
    assert named and set(named) <= found.keys() and found["notes"]


def test_a_key_buys_nothing_without_a_yes(
    project: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("EVOLINK_API_KEY", "sk-of-nobody")
    monkeypatch.setenv("EVOLINK_BASE_URL", "http://127.0.0.1:9")
    capfd.readouterr()
    assert start(["run"]) == 2
    assert "nothing is bought without a yes" in capfd.readouterr().err
    assert not (project / "storyboard.lock").exists() or b"intent" not in (project / "storyboard.lock").read_bytes()


def test_the_page_names_commands_and_options_that_there_are() -> None:
    for words in re.findall(r"`seedspec ([^`]+)`", TEXT):
        name, *rest = words.split()
        if name == "COMMAND":
            continue
        assert name in COMMANDS, words
        command = seedspec.get_command(click.Context(seedspec), name)
        if isinstance(command, click.Group) and rest and not rest[0].startswith("-"):
            command = command.commands[rest.pop(0)]
        assert command is not None
        known = {option for parameter in command.params for option in parameter.opts}
        assert {w for w in rest if w.startswith("--")} <= known | {"--help"}, words


def test_what_spends_or_settles_stands_among_what_is_asked_first() -> None:
    ask = TEXT.partition("## Work freely")[0]
    for words in ("run", "--yes", "--plan", "settle", "adopt", "trust", "--judge", "prune", "attach", "cancel"):
        assert words in ask
    spends = [line for line in LINES if words_of(line)[0] in ("run", "fetch", "settle", "adopt", "trust")]
    assert all("--emulator" in line or exits_of(line)[0] for line in spends), "what is run freely buys nothing"


@pytest.mark.parametrize("there", ["my own rules\n", "link", "folder"])
def test_a_page_that_is_there_is_never_overwritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], there: str
) -> None:
    monkeypatch.chdir(tmp_path)
    page = tmp_path / "AGENTS.md"
    if there == "link":
        page.symlink_to("elsewhere.md")
    elif there == "folder":
        page.mkdir()
    else:
        page.write_text(there, encoding="utf-8")
    assert start(["init", "--agents"]) == 2
    err = capfd.readouterr().err
    assert "`AGENTS.md` is there, and is not overwritten; rename it" in err
    assert [p.name for p in tmp_path.iterdir()] == ["AGENTS.md"], "nothing else is written either"
    assert there in ("link", "folder") or page.read_text(encoding="utf-8") == there


def test_the_same_page_is_no_fault(project: Path) -> None:
    assert start(["init", "--agents", "--format", "json"]) == 0
