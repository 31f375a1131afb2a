"""What was done is said again without a compile, and only while nothing that it rests on has changed."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from looks import Run, edit, keep

from seedspec import api
from seedspec.cli.begin import start
from seedspec.run import again
from seedspec.run.again import ask
from seedspec.run.disk import hold
from seedspec.run.seen import RACY, Seen, facts_of, installation, same

ROOT = Path(__file__).parents[2]
IMAGE = ROOT / "examples" / "fruit-tea" / "assets" / "bottle.png"
BOARD = """\
seedspec: 1
name: done
model: seedance-2.0-reference-to-video
references:
  cup: {image: media/cup.png}
  far: {image: https://cdn.example.com/far.webp}
shots:
  - id: open
    takes: 2
    prompt: "{% include 'words/begin.j2' %} {{ ref('cup') }}{% include 'words/maybe.j2' ignore missing %}"
  - id: close
    prompt: "{{ ref('cup') }} closes. {{ ref('far') }}{{ '{{' }}"
  - id: same
    prompt: "{{ ref('cup') }} closes. {{ ref('far') }}{{ '{{' }}"
"""
COMMANDS = (
    ("plan",), ("plan", "--format", "json"), ("plan", "--format", "markdown"), ("plan", "--exit-code"),
    ("plan", "--select", "open"), ("plan", "-x", "take=2"), ("status",), ("status", "--format", "json"),
    ("run", "--yes"), ("run", "--plain"), ("fetch",), ("run", "--locked"),
)  # fmt: skip
HEAVY = {
    "filelock", "yaml", "jinja2", "jsonschema", "jsonschema_rs", "httpx", "rich", "PIL", "dotenv", "click", "orjson",
    "typing", "re", "json", "pathlib", "dataclasses", "inspect",
}  # fmt: skip


@pytest.fixture
def project(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A storyboard with everything it reads, all of it bought and saved; its files are old enough to be believed."""
    monkeypatch.setenv("EVOLINK_API_KEY", "sk-again")
    (folder / ".git").mkdir()
    for name in ("media", "words", "renders"):
        (folder / name).mkdir()
    shutil.copyfile(IMAGE, folder / "media" / "cup.png")
    (folder / "words" / "begin.j2").write_text("A morning,", encoding="utf-8")
    storyboard = folder / "storyboard.yaml"
    storyboard.write_text(BOARD, encoding="utf-8")
    for address in ("open/1", "open/2", "close/1"):
        name = f"renders/{address.replace('/', '_take')}.mp4"
        keep(storyboard, address, "saved", task="task-unified-1", file=name, sha256="0" * 64, bytes=3)
        (folder / name).write_bytes(b"mp4")
    return folder


def kept(project: Path) -> list[Path]:
    return sorted((project / ".seedspec").glob("*.said/*"))


def plainly(seedspec: Run, project: Path, *command: str) -> object:
    """What a command says when it has nothing to go by but the files."""
    shutil.rmtree(project / ".seedspec", ignore_errors=True)
    return seedspec(*command)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_the_same_bytes_are_said(project: Path, seedspec: Run, command: tuple[str, ...]) -> None:
    first = seedspec(*command)
    assert first.code == 0, first.err
    answers = kept(project)
    assert answers, "everything is done, so the answer is kept"
    before = [(a.name, a.stat().st_mtime_ns) for a in answers]
    assert seedspec(*command) == first
    assert [(a.name, a.stat().st_mtime_ns) for a in kept(project)] == before, "nothing was compiled and kept anew"
    assert plainly(seedspec, project, *command) == first


def test_warnings_are_shown_again(project: Path, seedspec: Run) -> None:
    first, second = seedspec("plan"), seedspec("plan")
    assert "warning" in first.err
    assert second == first


@pytest.mark.parametrize("command", ["plan", "status", "run"])
def test_nothing_heavy_is_imported(project: Path, command: str) -> None:
    words = [sys.executable, "-X", "importtime", "-m", "seedspec", command]
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    for _ in range(2):
        said = subprocess.run(words, capture_output=True, text=True, check=True, env=environ, timeout=60).stderr
    loaded = [line.rpartition("|")[2].strip() for line in said.splitlines() if "|" in line]
    own = loaded[loaded.index("seedspec") :]  # before it stands what the interpreter loads for any program
    assert "seedspec.run.again" in own
    assert not {name.partition(".")[0] for name in own} & HEAVY


def restored(path: Path, change: Callable[[Path], None]) -> None:
    """Changes a file and sets its time back, as some tools do."""
    before = path.stat()
    change(path)
    assert path.stat().st_size == before.st_size
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def swapped(old: bytes, new: bytes) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        assert old in path.read_bytes()
        path.write_bytes(path.read_bytes().replace(old, new))

    return change


def flipped(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-5] ^= 1  # in the check sum of the last chunk, which nobody reads
    path.write_bytes(bytes(data))


def another_image(folder: Path) -> Path:
    other = folder / "other.png"
    shutil.copyfile(IMAGE, other)
    flipped(other)
    return other


def linked(path: Path, target: Path) -> None:
    path.unlink()
    path.symlink_to(target)


CHANGES: dict[str, Callable[[Path], object]] = {
    "storyboard": lambda p: edit(p / "storyboard.yaml", "closes.", "opens."),
    "storyboard, same size and time": lambda p: restored(p / "storyboard.yaml", swapped(b"closes", b"closed")),
    "template": lambda p: (p / "words" / "begin.j2").write_text("An evening,", encoding="utf-8"),
    "template, same size and time": lambda p: restored(p / "words" / "begin.j2", swapped(b"morning", b"evening")),
    "template is gone": lambda p: (p / "words" / "begin.j2").unlink(),
    "a template that was looked for": lambda p: (p / "words" / "maybe.j2").write_text(" x", encoding="utf-8"),
    "the same by a folder's link": lambda p: (
        (p / "words").rename(p / "elsewhere"),
        (p / "elsewhere" / "maybe.j2").write_text(" x", encoding="utf-8"),
        (p / "words").symlink_to("elsewhere"),
    ),
    "medium": lambda p: flipped(p / "media" / "cup.png"),
    "medium, same size and time": lambda p: restored(p / "media" / "cup.png", flipped),
    "medium is gone": lambda p: (p / "media" / "cup.png").unlink(),
    "medium is a link to another": lambda p: linked(p / "media" / "cup.png", another_image(p)),
    "medium is a link out of the project": lambda p: linked(p / "media" / "cup.png", another_image(p.parent)),
    "a pick": lambda p: (p / "storyboard.picks.yaml").write_text("seedspec_picks: 1\npicks: [1]\n", encoding="utf-8"),
    "a video is gone": lambda p: (p / "renders" / "close_take1.mp4").unlink(),
    "the videos are gone": lambda p: shutil.rmtree(p / "renders"),
    "the lock lacks a purchase": lambda p: (p / "storyboard.lock").write_bytes(
        b"".join((p / "storyboard.lock").read_bytes().splitlines(keepends=True)[:-1])
    ),
    "the lock is gone": lambda p: (p / "storyboard.lock").unlink(),
    "the lock is damaged": lambda p: (p / "storyboard.lock").write_bytes(b"<<<<<<< ours\n"),
    "records wait beside the lock": lambda p: (p / ".seedspec" / "storyboard.lock.rescue").write_bytes(b"{}\n"),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_change_is_noticed(project: Path, seedspec: Run, change: Callable[[Path], object]) -> None:
    before = seedspec("plan")
    assert seedspec("plan") == before
    change(project)
    after = seedspec("plan")
    assert after != before
    if not (project / ".seedspec" / "storyboard.lock.rescue").exists():
        assert plainly(seedspec, project, "plan") == after


def test_a_key_that_is_gone_is_noticed(project: Path, seedspec: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert seedspec("run").code == 0
    monkeypatch.delenv("EVOLINK_API_KEY")
    assert seedspec("run").code == 5
    (project / ".env").write_text("EVOLINK_API_KEY=sk-file\n", encoding="utf-8")
    assert seedspec("run").code == 0
    monkeypatch.setenv("EVOLINK_BASE_URL", "http://example.com")
    assert seedspec("run").code == 2
    assert "https alone" in seedspec("run").err


def same_way(seedspec: Run, project: Path, *command: str) -> bool:
    """Whether a command was answered without being carried out: nothing was kept anew."""
    before = [(a, a.stat().st_mtime_ns) for a in kept(project)]
    assert seedspec(*command).code == 0
    return [(a, a.stat().st_mtime_ns) for a in kept(project)] == before


@pytest.mark.parametrize(
    "name", ["SEEDSPEC_PLAN_SELECT", "SEEDSPEC_ANYTHING", "NO_COLOR", "FORCE_COLOR", "GITHUB_ACTIONS",
             "GITHUB_STEP_SUMMARY", "HOME", "XDG_STATE_HOME"],
)  # fmt: skip
def test_another_environment_is_another_question(
    project: Path, seedspec: Run, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    before = seedspec("plan")
    assert same_way(seedspec, project, "plan")
    monkeypatch.setenv(name, "open" if name.endswith("SELECT") else str(project / "other"))
    after = seedspec("plan")
    assert len(kept(project)) == 2
    assert plainly(seedspec, project, "plan") == after
    assert (after.out != before.out) == (name in ("SEEDSPEC_PLAN_SELECT", "FORCE_COLOR", "NO_COLOR")) or (
        name in ("FORCE_COLOR", "NO_COLOR")
    )


def test_a_profile_of_the_environment_is_noticed(project: Path, seedspec: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert seedspec("plan").code == 0
    monkeypatch.setenv("SEEDSPEC_PROFILE", "final")
    assert seedspec("plan").code == 2


def test_what_else_is_in_the_environment_plays_no_part(
    project: Path, seedspec: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert seedspec("run").code == 0
    monkeypatch.setenv("EVOLINK_API_KEY", "sk-another")
    monkeypatch.setenv("OTHER", "x")
    assert same_way(seedspec, project, "run")
    monkeypatch.setenv("EVOLINK_API_KEY", "sk with spaces")
    assert seedspec("run").code == 5


def test_a_key_is_never_in_an_answer(project: Path, seedspec: Run) -> None:
    assert seedspec("run").code == 0
    key = "sk-again"
    for answer in kept(project):
        for secret in (key, hashlib.sha256(key.encode()).hexdigest(), hashlib.sha256(key.encode()).hexdigest()[:32]):
            assert secret.encode() not in answer.read_bytes() and secret not in answer.name


def test_another_address_is_noticed(project: Path, seedspec: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert seedspec("run").code == 0
    monkeypatch.setenv("EVOLINK_BASE_URL", "https://api.example.com")
    assert not same_way(seedspec, project, "run")
    assert same_way(seedspec, project, "run")
    monkeypatch.setenv("EVOLINK_BASE_URL", "https://api.example.com/v1")
    assert seedspec("run").code == 2
    monkeypatch.delenv("EVOLINK_BASE_URL")
    assert not same_way(seedspec, project, "run")


def test_another_folder_is_another_question(project: Path, seedspec: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    before = seedspec("plan")
    (project / "below").mkdir()
    monkeypatch.chdir(project / "below")
    assert seedspec("plan").code == 3, "there is no storyboard here"
    assert "../storyboard.yaml" in seedspec("plan", "../storyboard.yaml").err
    assert same_way(seedspec, project, "plan", "../storyboard.yaml")
    monkeypatch.chdir(project)
    assert seedspec("plan") == before


def test_two_names_of_one_storyboard_are_two_questions(project: Path, seedspec: Run) -> None:
    seedspec("plan")
    (project / "link.yaml").symlink_to("storyboard.yaml")
    shutil.copyfile(project / "storyboard.lock", project / "link.lock")
    names = ("storyboard.yaml", "./storyboard.yaml", str(project / "storyboard.yaml"), "link.yaml")
    for name in names:
        said = seedspec("plan", name)
        assert f"{name}:" in said.err
        assert same_way(seedspec, project, "plan", name)
        assert seedspec("plan", name) == said
    (project / "link.lock").unlink()
    assert seedspec("plan", "link.yaml").out != seedspec("plan").out


def test_other_words_are_another_question(project: Path, seedspec: Run) -> None:
    before = seedspec("plan")
    assert "Usage" in seedspec("plan", "--help").out
    assert "Usage" in seedspec("plan", "storyboard.yaml", "--help").out
    assert seedspec("plan", "--no-such-option").code == 2
    assert seedspec("plan", "storyboard.yaml", "other.yaml").code == 2
    assert seedspec("plan", "--select", "open").out != before.out
    assert seedspec("plan") == before


def test_a_terminal_is_another_question(project: Path, seedspec: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR")
    before = seedspec("plan")
    assert same_way(seedspec, project, "plan")
    for stream in (sys.stdout, sys.stderr):
        with monkeypatch.context() as on_a_terminal:
            on_a_terminal.setattr(stream, "isatty", lambda: True, raising=False)
            painted = seedspec("plan")
            assert "\x1b[" in painted.out + painted.err
            assert same_way(seedspec, project, "plan")
            assert seedspec("plan") == painted
        assert seedspec("plan") == before


def test_records_in_the_folder_for_states_are_noticed(
    project: Path, seedspec: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(project / "states"))
    before = seedspec("plan")
    assert same_way(seedspec, project, "plan")
    whole = hashlib.sha256(os.fsencode(project / "storyboard.lock")).hexdigest()[:12]
    (project / "states" / "seedspec").mkdir(parents=True)
    (project / "states" / "seedspec" / f"storyboard.lock.{whole}.rescue").write_bytes(b"{}\n")
    assert seedspec("plan") != before


def test_a_folder_that_is_gone_is_no_fault(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = project / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert start(("plan", "storyboard.yaml")) in (2, 3)


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
@pytest.mark.parametrize("how", [">&-", "> /dev/full"])
def test_a_stream_that_takes_nothing_is_no_fault(project: Path, seedspec: Run, stream: str, how: str) -> None:
    """Whether the command is carried out or its answer said again."""
    command = f"{sys.executable} -m seedspec plan {'2' if stream == 'stderr' else ''}{how}"
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    said = [
        subprocess.run(command, shell=True, capture_output=True, text=True, env=environ, timeout=60) for _ in range(2)
    ]
    assert [(s.returncode, s.stdout, s.stderr) for s in said[1:]] == [(0, said[0].stdout, said[0].stderr)]


def test_a_reader_that_goes_away_is_no_fault(project: Path, seedspec: Run) -> None:
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    for _ in range(2):
        reading, writing = os.pipe()
        os.close(reading)
        command = [sys.executable, "-m", "seedspec", "plan"]
        said = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, text=True, env=environ, timeout=60)
        os.close(writing)
        assert said.returncode == 0 and "Traceback" not in said.stderr and "BrokenPipe" not in said.stderr


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_another_encoding_is_another_question(project: Path, seedspec: Run, encoding: str) -> None:
    edit(project / "storyboard.yaml", "{{ '{{' }}\"", "{{ '{{' }}\"  # sch\u00f6n")
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}

    def told(**more: str) -> bytes:
        command = [sys.executable, "-m", "seedspec", "plan"]
        return subprocess.run(command, capture_output=True, env={**environ, **more}, timeout=60).stderr

    first = told()
    other = told(PYTHONIOENCODING=encoding)
    assert other == told(PYTHONIOENCODING=encoding)
    assert "# sch\u00f6n".encode("latin-1" if encoding == "latin-1" else "utf-8") in other
    assert told() == first


def test_a_run_is_told_who_holds_the_lock(project: Path, seedspec: Run) -> None:
    assert seedspec("run").code == 0
    with hold(project / "storyboard.lock"):
        told = seedspec("run")
        assert told.code == 6 and "is held by process" in told.err
        assert seedspec("plan").code == 0
    (project / ".seedspec" / "storyboard.lock.hold-by").write_text("{}", encoding="utf-8")  # of a run that was killed
    assert seedspec("run").code == 0


def test_a_comment_alone_is_asked_anew_and_kept(project: Path, seedspec: Run) -> None:
    before = seedspec("plan")
    edit(project / "storyboard.yaml", "seedspec: 1\n", "seedspec: 1 # a comment\n")
    (answer,) = kept(project)
    old = answer.read_bytes()
    assert seedspec("plan").out == before.out
    assert answer.read_bytes() != old


def test_two_storyboards_in_one_folder(project: Path, seedspec: Run) -> None:
    seedspec("plan")
    other = project / "other.yaml"
    other.write_text(BOARD.replace("name: done", "name: other"), encoding="utf-8")
    assert "4 failed or held" in seedspec("plan", "other.yaml").out
    shutil.copyfile(project / "storyboard.lock", project / "other.lock")
    assert seedspec("plan", "other.yaml").out.startswith("other ")
    assert seedspec("plan").out.startswith("done ")
    assert seedspec("plan", "--emulator").out != seedspec("plan").out


@pytest.mark.parametrize("damage", ["cut", "empty", "another byte", "no JSON", "a folder"])
def test_a_damaged_answer_is_not_believed(project: Path, seedspec: Run, damage: str) -> None:
    before = seedspec("plan")
    (answer,) = kept(project)
    data = answer.read_bytes()
    if damage == "a folder":
        answer.unlink()
        answer.mkdir()
    else:
        changed = {
            "cut": data[:-9], "empty": b"", "another byte": data.replace(b"done:", b"dome:"),
            "no JSON": data[:65] + b"{",
        }  # fmt: skip
        answer.write_bytes(changed[damage])
    assert seedspec("plan") == before


def test_answers_do_not_pile_up(project: Path, seedspec: Run) -> None:
    for n in range(20):
        assert seedspec("plan", "--most", str(2000 + n)).code == 0
    assert len(kept(project)) == 12


def test_what_is_not_done_is_not_kept(project: Path, seedspec: Run) -> None:
    edit(project / "storyboard.yaml", "takes: 2", "takes: 3")
    assert "to buy" in seedspec("plan").out
    assert not kept(project)


def test_a_folder_that_cannot_be_written_is_no_fault(project: Path, seedspec: Run) -> None:
    before = seedspec("plan")
    shutil.rmtree(project / ".seedspec")
    (project / ".seedspec").write_text("in the way", encoding="utf-8")
    assert seedspec("plan") == before


def test_times_prove_nothing_about_what_changed_just_before(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"now")
    status = file.stat()
    of_another_content = Seen("file", str(file), os.path.realpath(file), facts_of(status), "0" * 64)
    assert not same([of_another_content], status.st_ctime_ns), "the bytes themselves are looked at"
    assert not same([of_another_content], status.st_ctime_ns + RACY)
    assert same([of_another_content], status.st_ctime_ns + RACY + 1), "of older files size and times are enough"


def test_another_installation_believes_nothing(project: Path, seedspec: Run) -> None:
    """The schemas, the prices and the code are inputs too, whatever the version says."""
    assert seedspec("plan").code == 0
    copy = project / "installed"
    shutil.copytree(ROOT / "seedspec", copy / "seedspec", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "schemas", copy / "schemas")

    def told() -> str:
        command = [sys.executable, "-c", "from seedspec.run.seen import installation as i; print(i())"]
        environ = {**os.environ, "PYTHONPATH": str(copy)}
        return subprocess.run(command, capture_output=True, text=True, check=True, env=environ, timeout=60).stdout

    found = {installation() + "\n", told()}
    for part in ("schemas/evolink/prices.json", "schemas/storyboard.json", "seedspec/compiler/entry.py"):
        with (copy / part).open("ab") as file:
            file.write(b"\n")
        found.add(told())
    assert len(found) == 5


Parts = list[bytes]


def sealed(answer: Path, change: Callable[[Parts], Parts]) -> None:
    """Writes other parts into an answer, under a seal that is right."""
    parts = change(list(again._parts(answer.read_bytes().partition(b"\n")[2])))
    rest = again._joined(parts)
    answer.write_bytes(hashlib.sha256(rest).hexdigest().encode() + b"\n" + rest)


HOSTILE: dict[str, Callable[[Parts], Parts]] = {
    "another installation": lambda p: [b"0" * 64 + p[0][64:], *p[1:]],
    "no times": lambda p: [p[0].partition(b" ")[0], *p[1:]],
    "a time that is no number": lambda p: [p[0] + b"x", *p[1:]],
    "another lock": lambda p: [*p[:2], p[2].replace(b"board.lock\0", b"board.lacks\0"), *p[3:]],
    "what was seen, cut": lambda p: [*p[:2], p[2][:-80], *p[3:]],
    "nothing was seen": lambda p: [*p[:2], b"", *p[3:]],
    "another kind of question": lambda p: [*p[:2], p[2].replace(b"project\0", b"other\0"), *p[3:]],
    "an address without its value": lambda p: [p[0], p[1] + b"\0EVOLINK_BASE_URL", *p[2:]],
    "a part of no kind": lambda p: [*p, b"other\0words"],
    "a part without a kind": lambda p: [*p, b""],
    "no UTF-8": lambda p: [*p, b"out\0\xff"],
    "a file that is not there": lambda p: [*p, b"files\0renders\0other.mp4"],
    "a folder that is not there": lambda p: [*p, b"files\0other\0other.mp4"],
    "a folder of no name": lambda p: [*p, b"files\0\0\0"],
    "no parts": lambda p: [],
    "two parts": lambda p: p[:2],
}


@pytest.mark.parametrize("change", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_answer_is_not_believed(project: Path, seedspec: Run, change: Callable[[Parts], Parts]) -> None:
    before = seedspec("plan")
    (answer,) = kept(project)
    assert ask("storyboard.yaml", answer.name) is not None
    sealed(answer, lambda parts: parts)
    assert ask("storyboard.yaml", answer.name) is not None, "what changes below is what is not believed"
    sealed(answer, change)
    assert ask("storyboard.yaml", answer.name) is None
    assert seedspec("plan") == before


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes in folders here")
@pytest.mark.parametrize("at", ["the answer", "the lock"])
def test_what_has_no_end_is_not_waited_for(project: Path, seedspec: Run, at: str) -> None:
    assert seedspec("plan").code == 0
    (answer,) = kept(project)
    place = answer if at == "the answer" else project / "storyboard.lock"
    place.unlink()
    os.mkfifo(place)
    assert ask("storyboard.yaml", answer.name) is None


def test_programs_get_the_same_plan(project: Path, seedspec: Run) -> None:
    """The stages themselves know nothing of this."""
    seedspec("plan")
    edit(project / "storyboard.yaml", "closes.", "opens.")
    assert api.plan(project / "storyboard.yaml").plan.buys
