"""An error of seedspec itself: a copy of the program is given a real fault, and a run goes through it."""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from junitparser import JUnitXml

from seedspec.lock.lock import parse
from seedspec.project.crash_file import keep, scrub

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
KEY = "sk-canary-7Jq2vXz9LmT4wRb8"
PROMPT = "The secret of this advertisement is told to nobody before the launch"
BOARD = f"""\
seedspec: 1
model: seedance-2.0-reference-to-video
defaults: {{duration: 4, quality: 480p}}
shots:
  - {{id: one, takes: 2, prompt: "{PROMPT}"}}
"""
FAULT = '    raise TypeError(f"not foreseen")\n'


@dataclass(frozen=True)
class Copy:
    """A copy of the program, and a project."""

    program: Path
    project: Path

    def break_(self, module: str, function: str) -> None:
        """Puts a fault into the beginning of a function."""
        file = self.program / "seedspec" / module
        text = file.read_text(encoding="utf-8")
        head = re.search(rf"^( *)def {function}\(.*?\)(?: ->[^\n:]*)?:[^\n]*\n", text, re.DOTALL | re.MULTILINE)
        assert head is not None
        file.write_text(text[: head.end()] + head[1] + FAULT + text[head.end() :], encoding="utf-8")

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "seedspec", *arguments]

    def environ(self, **more: str) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("SEEDSPEC", "EVOLINK", "GITHUB", "NO_COLOR"))}
        own = {"PYTHONPATH": str(self.program), "EVOLINK_API_KEY": KEY, "XDG_STATE_HOME": str(self.program / "state")}
        return {**kept, **own, **more}

    def do(self, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*arguments), cwd=self.project, env=self.environ(**environ), capture_output=True, text=True,
            timeout=60,
        )  # fmt: skip

    def run(self, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
        return self.do("run", "--emulator", "--emulator-seconds", "0.1", "--junit", "junit.xml", *arguments, **environ)

    def crashes(self) -> list[Path]:
        return sorted((self.project / ".seedspec").glob("crash-*.log"))

    def states(self) -> set[str]:
        lock = parse((self.project / "storyboard.emulator.lock").read_bytes())
        return {str(record.state) for record in lock}

    def suite(self) -> tuple[int, int]:
        """The cases and the errors of the JUnit file."""
        (suite,) = JUnitXml.fromstring((self.project / "junit.xml").read_bytes())
        return suite.tests, suite.errors


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    for name in ("seedspec", "schemas"):
        shutil.copytree(ROOT / name, tmp_path / "program" / name)
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "storyboard.yaml").write_text(BOARD, encoding="utf-8")
    return Copy(tmp_path / "program", tmp_path / "project")


def test_a_run_that_meets_an_error_of_its_own_leaves_a_trace(copy: Copy) -> None:
    copy.break_("run/engine/transitions.py", "after_read")
    done = copy.run("--max-usd=9")
    (trace,) = copy.crashes()
    said = f"seedspec: an error of seedspec itself: TypeError; its trace is in {trace.relative_to(copy.project)}\n"
    assert done.returncode == 70 and done.stderr.endswith(said) and "Traceback" not in done.stderr
    assert copy.suite() == (3, 1) and "running" in copy.states()
    text = trace.read_text(encoding="utf-8")
    assert re.match(r"seedspec \S+\nPython 3\.\S+ .*\n.*httpx [0-9]", text)
    assert "command: seedspec run --emulator --emulator-seconds 0.1" in text
    assert "Traceback (most recent call last)" in text and "transitions.py" in text and "not foreseen" in text
    assert KEY not in text and PROMPT not in text
    assert stat.S_IMODE(trace.stat().st_mode) == 0o600


@pytest.mark.parametrize("command", ["plan", "run", "status", "check", "why"])
def test_each_command_ends_with_70(command: str, copy: Copy) -> None:
    copy.break_("compiler/request/expand.py", "expand")
    words = {"run": ["--emulator", "--junit", "junit.xml"], "why": ["one/1"]}.get(command, [])
    done = copy.do(command, *words, GITHUB_ACTIONS="true")
    assert done.returncode == 70 and len(copy.crashes()) == 1
    assert re.search(
        r"^seedspec: an error of seedspec itself: TypeError; its trace is in \.seedspec/", done.stderr, re.M
    )
    assert "::error title=seedspec::an error of seedspec itself" in done.stderr
    if command == "run":
        assert copy.suite() == (1, 1)


VIEWS = [
    ("report/run.py", "line", (), "the view of the run"),
    ("report/outcome.py", "as_json", ("--format", "jsonl"), "the view of the run"),
    ("report/outcome.py", "take", (), "the account of the run"),
    ("report/run.py", "summary", (), "the summary"),
    ("report/junit.py", "junit", (), "the JUnit file"),
    ("report/github.py", "commands", (), "the annotations"),
    ("report/markdown.py", "run", (), "the job's summary"),
]


@pytest.mark.parametrize(("module", "function", "more", "view"), VIEWS, ids=lambda v: str(v))
def test_a_view_that_fails_is_left_out_and_the_run_goes_on(
    module: str, function: str, more: Sequence[str], view: str, copy: Copy
) -> None:
    copy.break_(module, function)
    told = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(copy.project / "summary.md")}
    done = copy.run(*more, **told)
    assert done.returncode == 0 and copy.states() == {"saved"}, done.stderr
    told_once = f"seedspec: {view} failed and is left out, nothing else changes: an error of seedspec itself: TypeError"
    assert done.stderr.count(told_once) == 1 and done.stderr.count("is left out") == len(copy.crashes())
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="no terminals here")
@pytest.mark.parametrize("function", ["_draw", "take"])
def test_a_live_view_that_fails_leaves_its_place_to_lines(function: str, copy: Copy) -> None:
    import pty

    copy.break_("report/live.py", function)
    keeper, terminal = pty.openpty()
    process = subprocess.Popen(
        copy.command("run", "--emulator", "--emulator-seconds", "0.1"), cwd=copy.project, stdout=terminal,
        stderr=terminal, env=copy.environ(TERM="xterm"),
    )  # fmt: skip
    os.close(terminal)
    written = b""
    try:
        while part := os.read(keeper, 65536):
            written += part
    except OSError:  # the end of a terminal
        pass
    assert process.wait(60) == 0 and copy.states() == {"saved"}
    text = written.decode()
    assert text.count("is left out") == 1 and "  = one/2" in text and "2 bought, 2 saved" in text
    assert text.count("\x1b[?25l") == text.count("\x1b[?25h"), "the cursor is there again"
    assert "Traceback" not in text


def test_a_trace_goes_where_it_can(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    project, outside = tmp_path / "project", tmp_path / "outside"
    project.mkdir()
    outside.mkdir()
    (project / ".seedspec").symlink_to(outside)  # as a cloned repository may have it
    path = keep(ValueError("x"), ["plan"], project)
    assert path is not None and path.parent == tmp_path / "state" / "seedspec" and not list(outside.iterdir())
    (project / ".seedspec").unlink()
    (project / ".seedspec").touch()
    assert keep(ValueError("x"), ["plan"], project) != path
    monkeypatch.setenv("XDG_STATE_HOME", str(project / ".seedspec" / "state"))
    assert keep(ValueError("x"), ["plan"], project) is None


def caught(act: Callable[[], object]) -> Exception:
    try:
        act()
    except Exception as error:
        return error
    raise AssertionError


def test_a_trace_holds_no_key_in_any_form(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OTHER_TOKEN", "t0ken\\with/signs")
    (tmp_path / ".env").write_text("EVOLINK_API_KEY=from-the-file-123\n")
    secrets = ("t0ken\\with/signs", "from-the-file-123", "given-on-the-line", "pa55", "sig-123")
    said = f"t0ken%5Cwith%2Fsigns {secrets[0]!r} https://me:pa55@host/a?sig=sig-123 {secrets} {PROMPT!r}"

    def fail() -> None:
        try:
            raise KeyError(said)
        except KeyError as error:
            raise RuntimeError(said) from error

    words = ["emulator", "--key", "given-on-the-line", "--key=given-on-the-line", "https://u:pa55@h/?x=sig-123"]
    path = keep(caught(fail), words, tmp_path)
    assert path is not None
    text = path.read_text(encoding="utf-8")
    assert "KeyError" in text and "RuntimeError" in text and "command: seedspec emulator --key *** --key=***" in text
    assert not [form for form in (*secrets[:2], "t0ken%5C", "given-on", PROMPT) if form in text]
    assert "pa55@" not in text and "?" not in text


def test_words_of_a_trace_stay_as_they_are() -> None:
    line = "  File \"/usr/lib/python3/x.py\", line 3, in <module>\n    found['key'] = value\nKeyError: 'quality'\n"
    assert scrub(line, ()) == line
