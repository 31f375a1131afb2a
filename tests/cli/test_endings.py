"""How commands end: each fault by its code and its line, what is said on which stream, and who is told to stop."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from looks import Run

from seedspec.cli import browser, console, main, signals
from seedspec.cli.main import Exit, fault
from seedspec.compiler.storyboard.profile import NoProfile
from seedspec.lock.lock import LockFault
from seedspec.plan.select import NothingSelected
from seedspec.project.credentials import BadSettings
from seedspec.run.store.journal import NotRecorded
from seedspec.run.store.ledger.layout import BadDocument
from seedspec.run.store.ledger.store import StoreRefuses, Unreachable
from seedspec.run.store.ledger.types import Sealed, WrongLineage
from seedspec.run.store.lock_file import HoldTaken


def in_file(name: str) -> LockFault:
    found = LockFault("lock-damaged", "no JSON", 3)
    found.file = name
    return found


FAULTS: list[tuple[Exception, int, str]] = [
    (Exit(4, "no more"), 4, "no more"), (Exit(1), 1, ""),
    (in_file("a.lock"), 6, "a.lock:3: no JSON [lock-damaged]"),
    (LockFault("lock-damaged", "no JSON", 3), 6, "the lock:3: no JSON [lock-damaged]"),
    (LockFault("lock-newer", "newer"), 6, "newer [lock-newer]"),
    (HoldTaken("held"), 6, "held"), (NotRecorded("not written"), 6, "not written"),
    (BadSettings("no key", 5), 5, "no key"), (BadSettings("no such"), 2, "no such"),
    (NothingSelected("nothing"), 2, "nothing"), (NoProfile("no profile"), 2, "no profile"),
    (BadDocument("torn"), 6, "torn"), (Unreachable("away"), 7, "away"), (StoreRefuses("no"), 5, "no"),
    (Sealed("shut"), 6, "shut"), (WrongLineage("other", "", "x"), 6, "other"),
    (FileNotFoundError(2, "No such file", "a.yaml"), 2, "a.yaml: no such file"),
    (OSError("Odd"), 2, "odd"), (PermissionError(13, "Denied"), 2, "denied"),
]  # fmt: skip


@pytest.mark.parametrize(("error", "code", "said"), FAULTS, ids=lambda value: type(value).__name__)
def test_a_fault_of_others_is_known_by_its_kind(error: Exception, code: int, said: str) -> None:
    assert fault(error, None) == (code, said)


def test_what_nobody_foresaw_is_70_and_leaves_its_trace(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(folder / "state"))
    (folder / ".seedspec").mkdir()
    code, said = fault(ZeroDivisionError("x"), folder, ["plan"])
    trace = next((folder / ".seedspec").glob("*crash*"), None) or next((folder / ".seedspec").iterdir())
    assert code == 70 and said.startswith("an error of seedspec itself: ZeroDivisionError; its trace is in ")
    assert said.endswith(trace.name) and "plan" in trace.read_text(encoding="utf-8")


def test_the_folder_of_a_command_is_that_of_its_storyboard(folder: Path) -> None:
    (folder / "ads").mkdir()
    assert main._folder_of(["plan", "ads/a.yaml"]) is None
    for name in ("ads/a.yaml", "ads/b.yml", "ads/c.txt"):
        (folder / name).touch()
    assert main._folder_of(["plan", "ads/a.yaml", "ads/b.yml"]) == main._folder_of(["x", "ads/b.yml"]) == Path("ads")
    assert main._folder_of(["plan", "ads/c.txt", "--x=ads/a.yaml"]) is None
    (folder / "storyboard.yaml").touch()
    assert main._folder_of(["plan", "ads/c.txt"]) == Path()


def test_an_interrupted_command_ends_with_130(looks: Path, seedspec: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("seedspec.cli.commands.plan.planned_of", interrupt)
    said = seedspec("plan")
    assert (said.code, said.out, said.err) == (130, "", "\nseedspec: interrupted\n")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    assert seedspec("plan").err == "\nseedspec: interrupted\n"


@pytest.mark.parametrize(
    ("value", "shown"), [("", True), ("0", True), ("False", True), ("1", False), ("true", False), ("no", False)]
)
def test_the_next_step_is_for_people(
    value: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], *, shown: bool
) -> None:
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    monkeypatch.setenv("CI", value)
    console.print_next("seedspec plan")
    assert capfd.readouterr() == ("", "next: seedspec plan\n" if shown else "")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    console.print_next("seedspec plan")
    assert capfd.readouterr() == ("", "")


def test_data_and_notes_have_a_stream_each(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    console.print_lines(f"{n}" for n in range(2001))
    assert capfd.readouterr() == ("".join(f"{n}\n" for n in range(2001)), "")
    console.print_lines([])
    console.print_notes([])
    console.complain("")
    assert capfd.readouterr() == ("", "")
    console.print_notes(["a", "b"])
    console.complain("no")
    console.pour(b"c")
    console.print_json({"name": "\udcff"})
    assert capfd.readouterr() == ('c{\n  "name": "\\udcff"\n}\n', "a\nb\nseedspec: no\n")
    console.echo("\x1b[31mred\x1b[0m\x07", err=True)
    console.echo(b'{"a":"\x7f"}')
    assert capfd.readouterr() == ('{"a":"\\u007f"}\n', "\\u001b[31mred\\u001b[0m\\u0007\n")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    console.echo("::error::x")
    assert not capfd.readouterr().out.startswith("::")
    assert not console.steady_csv("::error::x\n").startswith(b"::")
    monkeypatch.setenv("GITHUB_ACTIONS", "false")
    assert console.steady_csv("::error::x\n") == b"::error::x\n"


@pytest.mark.parametrize(
    ("no", "force", "colored"), [("", "", False), ("", "1", True), ("1", "1", False), ("1", "", False)]
)
def test_colours_are_for_terminals_and_for_who_wants_them(
    no: str, force: str, monkeypatch: pytest.MonkeyPatch, *, colored: bool
) -> None:
    monkeypatch.setenv("NO_COLOR", no)
    monkeypatch.setenv("FORCE_COLOR", force)
    with open(os.devnull, encoding="utf-8") as stream:
        assert console.wants_color(stream) is colored


SCREENS: list[tuple[dict[str, str], str, str]] = [
    ({"CI": "1", "DISPLAY": ":0"}, "linux", "this is CI"),
    ({"SSH_CONNECTION": "1", "DISPLAY": ":0"}, "linux", "this is another machine, reached by SSH"),
    ({"SSH_TTY": "1"}, "darwin", "this is another machine, reached by SSH"),
    ({}, "linux", "there is no screen here"), ({"DISPLAY": ""}, "freebsd", "there is no screen here"),
    ({"DISPLAY": ":0"}, "linux", ""), ({"WAYLAND_DISPLAY": "w"}, "linux", ""), ({}, "darwin", ""), ({}, "win32", ""),
]  # fmt: skip


@pytest.mark.parametrize(("environ", "platform", "why"), SCREENS)
def test_a_page_is_opened_where_there_is_a_screen(environ: dict[str, str], platform: str, why: str) -> None:
    assert browser._no_screen(environ, platform) == why


def test_a_page_that_is_not_opened_is_named(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    for name in ("CI", "SSH_CONNECTION", "SSH_TTY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DISPLAY", ":0")
    found: list[str] = []
    answers: Iterator[object] = iter([True, False, OSError("no")])

    def opened(address: str) -> bool:
        found.append(address)
        answer = next(answers)
        if isinstance(answer, OSError):
            raise answer
        return bool(answer)

    monkeypatch.setattr("webbrowser.open", opened)
    for _ in range(3):
        browser.open_page(Path("/tmp/a b.html"))
    assert found == ["file:///tmp/a%20b.html"] * 3
    assert capfd.readouterr().err == "no browser is found here; open /tmp/a b.html\n" * 2
    monkeypatch.setenv("CI", "1")
    browser.open_page(Path("a.html"))
    assert capfd.readouterr().err == "no browser is opened: this is CI; open a.html\n"


def test_a_first_signal_asks_and_a_second_ends(capfd: pytest.CaptureFixture[str]) -> None:
    told = "\nseedspec: ending: nothing new is submitted, the answer under way is awaited\n"
    before = signal.getsignal(signal.SIGTERM)
    with signals.hear_signals(quiet=False) as stopping:
        assert not stopping()
        signal.raise_signal(signal.SIGTERM)
        assert stopping() and capfd.readouterr().err == told
        with signals.hear_signals(quiet=True) as inner:
            assert inner is stopping
            with pytest.raises(KeyboardInterrupt):
                signal.raise_signal(signal.SIGHUP)
        assert not stopping.quiet  # type: ignore[attr-defined]
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    with signals.hear_signals(quiet=True) as stopping:
        signal.raise_signal(signal.SIGINT)
        assert stopping() and capfd.readouterr().err == ""
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_signal_that_is_ignored_stays_so() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with signals.hear_signals(quiet=True) as stopping:
            signal.raise_signal(signal.SIGHUP)
            assert not stopping() and signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_stream_that_was_closed_leads_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        for name in ("stdin", "stdout", "stderr"):
            patch.setattr(sys, name, None)
        console.open_streams()
        found = sys.stdin, sys.stdout, sys.stderr
    assert [(s.name, s.mode, s.encoding) for s in found] == [(os.devnull, mode, "utf-8") for mode in "rww"]
    for stream in found:
        stream.close()
