"""Every command in the hostile repository: nothing outside changes, nothing steers a terminal or CI, no key is told."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import threading
from collections import Counter
from pathlib import Path

import pytest
from hostile import EVIL, Hostile, build, secrets
from PIL import Image
from strangers import CANARY, LONGEST, Command, environ_of, snapshot, tool

from seedspec.cli import main
from seedspec.cli.main import start

pytestmark = [pytest.mark.slow, pytest.mark.skipif(shutil.which("git") is None, reason="needs git")]

CODES = {int(code) for code in re.findall(r"^  (\d+) ", main.EPILOG, re.MULTILINE)} - {130}
"""The exit codes that the help documents."""
OURS = re.compile(r"::(error|warning|notice) (file|title)=")
COMMANDS: tuple[tuple[str, ...], ...] = (
    ("check",), ("check", "--format", "github"), ("compile",), ("why", "one/1"), ("diff", "HEAD"), ("plan",),
    ("plan", "--against", "HEAD"), ("plan", "--format", "markdown"), ("status",), ("cost",), ("doctor",), ("models",),
    ("prices",),
    ("check", "--diff"), ("check", "--fix"), ("explain", "undefined-name"), ("explain",),
    ("ledger", "status"), ("ledger", "budget"), ("ledger", "verify"), ("ledger", "rebuild"), ("ledger", "detach"),
    ("ledger", "attach", "postgresql://team@127.0.0.1:9/films"),
    ("lock", "verify"), ("lock", "fix"), ("lock", "prune", "--yes"), ("lock", "fix", "--emulator"),
    ("run", "--emulator", "--yes", "--junit", "junit.xml"), ("fetch", "--emulator"), ("status", "--emulator"),
    ("settle", "one/1", "--emulator", "--not-billed"), ("cancel", "one/1", "--emulator"),
    ("adopt", "one/1", "--emulator", "--file", "renders/one_take1.mp4"),
    ("pick", "-f", "one/1"), ("pick", "-f", "--from", "."), ("pick", "-f", "--emulator", "--from", "."), ("pick", "-f"),
    ("stats",), ("rows",), ("rows", "--check"), ("measure",), ("measure", "--emulator"),
    ("review",), ("review", "--emulator"), ("review", "--emulator", "--media", "inline"),
    ("review", "--emulator", "--media", "proxy"), ("export", "csv", "--out", "takes.csv"), ("export", "json"),
    ("export", "otio"), ("export", "sheet", "--emulator"), ("export", "animatic", "--emulator"), ("completion", "bash"),
    ("init",), ("ci",), ("trust", "--list"), ("trust", "--remove", "evil"),
    *(("trust", f"providers/{name}") for name in EVIL),
    *(("provider", "check", f"providers/{name}") for name in EVIL),
    *(("provider", "answer", f"providers/{name}", "create", "storyboard.yaml") for name in EVIL),
    ("provider", "preview"),
)  # fmt: skip
"""Every command. A storyboard's name is put behind it, or behind `-f`."""
READING = COMMANDS[:14]
"""Run for each storyboard, both as on a terminal and as in a job of a CI server; the rest only as in a job."""
WITHOUT_STORYBOARD = ("completion", "models", "prices", "init", "explain", "trust", "provider")
IN_A_PROCESS = (
    ("check", "."), ("check", "--fix", "."), ("explain", "tab"), ("plan",),
    ("run", "--emulator", "--yes"), ("run", "--yes"), ("lock", "merge",
    "storyboard.yaml", "a", "b"),
    ("emulator", "--stdio"), ("language-server",), ("doctor",), ("review", "--emulator"),
    ("export", "animatic", "--emulator"),
    ("ci", "--command", "run", "--storyboards", "storyboard.yaml", "--options", "--emulator"),
)  # fmt: skip
"""In the room with modules: a command of its own process, whose search path would meet them."""


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Hostile:
    return build(tmp_path_factory.mktemp("hostile"))


def words_for(words: tuple[str, ...], board: str) -> tuple[str, ...]:
    if words[0] in WITHOUT_STORYBOARD and words[1:2] != ("preview",):
        return words
    if words[0] == "ci":
        return (*words, "--storyboards", board)
    if "-f" in words:
        at = words.index("-f") + 1
        return (*words[:at], board, *words[at:])
    if words[0] == "diff":
        return (*words, "--", board) if board.startswith("-") else (*words, board)
    return (*words, "--", board) if board.startswith("-") else (*words, board)


def jobs(words: tuple[str, ...]) -> tuple[bool, ...]:
    return (False, True) if words in READING else (True,)


def check(said: bytes, code: int, what: object, *, job: bool) -> list[str]:
    """What is wrong with the end of a command and with what it said; `job` says that a CI server reads it."""
    text, bad = said.decode(errors="replace"), []
    if code not in CODES or "Traceback" in text or "error of seedspec itself" in text:
        bad.append(f"code {code}")
    if b"\x1b" in said or b"\x07" in said:
        bad.append("a control character")
    lines = [line for line in text.splitlines() if line.lstrip().startswith("::") or "##[" in line]
    if [line for line in lines if job and not OURS.match(line)]:
        bad.append("a command to a CI server")
    if CANARY in text:
        bad.append("the key")
    return [f"{what}: {one}: {text[-400:]!r}" for one in bad]


def around(hostile: Hostile) -> dict[str, str]:
    """What stands beside the clone, and its `.git`; the user's own state is left out."""
    own = hostile.base / "home" / ".local"
    found = {k: v for k, v in snapshot(hostile.base, hostile.top).items() if not is_below(hostile.base / k, own)}
    return found | {f".git/{k}": v for k, v in snapshot(hostile.top / ".git").items()}


def is_below(path: Path, folder: Path) -> bool:
    return path == folder or folder in path.parents


def made_in(hostile: Hostile) -> list[str]:
    """What commands have written in the repository that nobody may find there."""
    found = []
    for path in hostile.top.rglob("*"):
        if path.is_symlink() or not path.is_file() or ".git" in path.parts:
            continue
        data = path.read_bytes()
        if CANARY.encode() in data:
            found.append(f"{path}: the key")
        if any(secret in data for secret in secrets()):
            found.append(f"{path}: a private file")
        if path.suffix in (".csv", ".html", ".xml", ".otio") and b"\x1b" in data:
            found.append(f"{path}: a control character")
        if path.parts[-2].startswith("video-") and foreign(path, data):
            found.append(f"{path}: made of a video that is none of the project's")
    return found


def foreign(path: Path, data: bytes) -> bool:
    """Whether something that a command made shows a picture; in these rooms there is no video of the project's."""
    if path.name.endswith(".sheet.png"):
        with Image.open(path) as image:
            red = [n for n, color in image.convert("RGB").getcolors(1 << 24) or () if near(color)]
        return bool(red)
    return path.name.endswith(".animatic.mp4") or (path.suffix == ".html" and b"data:image/webp" in data)


def near(color: tuple[int, ...]) -> bool:
    return all(abs(a - b) < 30 for a, b in zip(color, (200, 20, 20), strict=True))


def left_over(hostile: Hostile) -> list[str]:
    """Processes that have to do with the repository and still run."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        if process.name == str(os.getpid()):
            continue
        try:
            words = (process / "cmdline").read_bytes().decode(errors="replace")
            if str(hostile.base) in words or str(hostile.base) in os.readlink(process / "cwd"):
                found.append(words)
        except OSError:
            continue
    return found


def test_every_command_is_run() -> None:
    run = {words[0] for words in (*COMMANDS, *IN_A_PROCESS)}
    assert run == set(main.COMMANDS)
    from seedspec.cli.commands.export import export_command
    from seedspec.cli.commands.ledger import ledger_command
    from seedspec.cli.commands.lock import lock_command

    for group in (export_command, ledger_command, lock_command):
        asked = {words[1] for words in (*COMMANDS, *IN_A_PROCESS) if words[0] == group.name}
        assert asked == set(group.commands), group.name


def test_every_command_in_every_room(
    hostile: Hostile,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tally: Counter[str],
    *,
    long: bool,
) -> None:
    for name in list(os.environ):
        monkeypatch.delenv(name) if name.startswith(("EVOLINK", "SEEDSPEC", "GITHUB")) else None
    for name, value in environ_of(hostile.base, {}).items():
        monkeypatch.setenv(name, value)
    before, wrong, tried = around(hostile), [], 0
    rooms = {name: boards for name, boards in hostile.boards.items() if name != "modules"}
    for room, boards in rooms.items():
        monkeypatch.chdir(hostile.top / room)
        for number, board in enumerate(boards):
            whole = number == 0 or long  # the others are read alike on a person's machine and in a job
            commands = COMMANDS if number == 0 else READING if long else READING[number % 4 :: 4]
            for words, job in ((w, j) for w in commands for j in (jobs(w) if whole else jobs(w)[:1])):
                monkeypatch.setenv("GITHUB_ACTIONS", str(job).lower())
                capfd.readouterr()
                code = start(words_for(words, board))
                said = "".join(capfd.readouterr()).encode("utf-8", "surrogateescape")
                wrong += check(said, code, (room, words, job), job=job)
                tried += 1
    monkeypatch.chdir(hostile.base)
    after = around(hostile)
    wrong += [f"changed outside: {name}: {before.get(name)} became {after.get(name)}"
              for name in sorted(before.keys() | after.keys()) if before.get(name) != after.get(name)]  # fmt: skip
    wrong += made_in(hostile) + [f"still runs: {words}" for words in left_over(hostile)]
    assert not hostile.mark.exists(), hostile.mark.read_text()
    tally.update(hostile.tally)
    tally["commands in the hostile repository"] += tried
    with capfd.disabled():
        print(
            f"\nthe hostile repository: {dict(hostile.tally)}, {len(rooms)} rooms, {tried} commands, {len(wrong)} wrong"
        )
    assert not wrong, "\n".join(wrong)


def test_check_watches_in_every_room(hostile: Hostile, tally: Counter[str]) -> None:
    """It has no end of its own: after its first check it is interrupted."""
    before, wrong = around(hostile), []
    for room, boards in hostile.boards.items():
        words = [tool(), "check", "--watch", "--", *boards, "."]
        process = subprocess.Popen(
            words, cwd=hostile.top / room, env=environ_of(hostile.base, {"GITHUB_ACTIONS": "true"}),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        watchdog = threading.Timer(LONGEST, process.kill)
        watchdog.start()
        assert process.stdout is not None
        said = b""
        for line in process.stdout:
            said += line
            if line.rstrip().endswith(b"Ctrl-C ends"):
                process.send_signal(signal.SIGINT)
                break
        said += process.stdout.read()
        wrong += check(said, process.wait(), (room, words), job=True)
        watchdog.cancel()
        tally["rooms that check watches"] += 1
    assert not hostile.mark.exists(), hostile.mark.read_text()
    assert around(hostile) == before
    assert not wrong, "\n".join(wrong)
    assert left_over(hostile) == []


def test_beside_modules(hostile: Hostile, started: Command, tmp_path: Path, tally: Counter[str]) -> None:
    room = hostile.top / "modules"
    for name in ("a", "b"):
        (room / name).write_bytes(b'{"seedspec_lock":1}\n')
    environ = environ_of(hostile.base, {"GITHUB_ACTIONS": "true"})
    before, wrong = around(hostile), []
    path = f".{os.pathsep}{os.environ['PATH']}"
    for words in IN_A_PROCESS:
        done = started(room, *words, **{**environ, "PATH": path})
        wrong += check(done.out + done.err, done.code, words, job=True)
        tally["commands beside hostile modules"] += 1
    assert not hostile.mark.exists(), hostile.mark.read_text()
    assert around(hostile) == before
    wrong += [found for found in made_in(hostile) if found.startswith(str(room))]
    assert not wrong, "\n".join(wrong)
    assert left_over(hostile) == []
