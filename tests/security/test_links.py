"""Links that a cloned repository brings: nothing is written through one, and no lock is read from where one leads."""

from __future__ import annotations

import os
from collections.abc import Callable
from itertools import cycle
from pathlib import Path

import pytest
from strangers import CANARY, STARTER, Command, snapshot

from seedspec.lock.lock import LockFault
from seedspec.lock.version import HEADER
from seedspec.project.atomic import replace, replace_lock
from seedspec.project.files import check_way, read_file, read_start
from seedspec.run.store import repair
from seedspec.run.store.lock_file import read_lock
from seedspec.run.store.rescue import foreign, records, rescue, rescues

pytestmark = pytest.mark.slow

BESIDE = (
    "storyboard.lock", "storyboard.emulator.lock", "storyboard.lock.damaged", "storyboard.emulator.lock.damaged",
    "storyboard.picks.yaml", "storyboard.emulator.picks.yaml", ".storyboard.emulator.lock.new", "schemas",
    ".storyboard.emulator.picks.yaml.new", "storyboard.emulator.review.html", ".gitignore", ".gitattributes",
    ".seedspec", ".seedspec/storyboard.lock.before-fix", ".seedspec/storyboard.lock.hold", "renders.emulator",
    "storyboard.measures.jsonl", "storyboard.emulator.measures.jsonl",
    ".seedspec/storyboard.emulator/held.lock", ".seedspec/storyboard.emulator/secret",
)  # fmt: skip
"""Every name that seedspec writes, reads as its own, or makes folders of, beside a storyboard."""
TARGETS = ("../home/.bashrc", "../home/new", ".git/config", ".git/hooks/post-checkout", "../other/real.lock")
GARBLED = HEADER + b'{"fp":"' + b"a" * 64 + b'","attempt":1,"state":"failed"}\nssh-ed25519 AAAA attacker\n'


@pytest.mark.parametrize(("name", "target"), list(zip(BESIDE, cycle(TARGETS))), ids=BESIDE)
@pytest.mark.sampled(3)
def test_a_link_in_the_place_of_a_file(name: str, target: str, project: Path, tmp_path: Path, command: Command) -> None:
    """The commands that write beside a storyboard; whatever they say, what lies outside and in `.git` stays."""
    prepared(project, tmp_path)
    if name not in ("storyboard.lock", "storyboard.lock.damaged"):
        (project / "storyboard.lock").write_bytes(GARBLED)
    link = project / name
    link.parent.mkdir(exist_ok=True, parents=True)
    link.symlink_to(os.path.relpath(project / target, link.parent))
    state = tmp_path / "home" / ".local"
    before = snapshot(tmp_path, project), snapshot(project / ".git")
    for words in WRITE[name.partition(".new")[0].lstrip(".").partition("/")[0]]:
        done = command(project, *words)
        assert done.code in CODES and b"Traceback" not in done.err, (words, done)
    after = snapshot(tmp_path, project), snapshot(project / ".git")
    assert {k: v for k, v in after[0].items() if not within(tmp_path / k, state)} == before[0]
    assert after[1] == before[1]


CODES = frozenset((0, 1, 2, 3, 4, 5, 6, 7, 8, 10))
_JUDGE = ("measure", "--judge", "look=true")
_RUN, _FIX = ("run", "--emulator", "--yes"), ("lock", "fix")
WRITE: dict[str, tuple[tuple[str, ...], ...]] = {
    "storyboard.lock": (_FIX, ("run", "--yes")), "storyboard.lock.damaged": (_FIX,),
    "storyboard.emulator.lock": (_RUN, ("lock", "prune", "--emulator", "--yes")),
    "storyboard.emulator.lock.damaged": (_RUN,), "storyboard.picks.yaml": (("pick", "one/1"),),
    "storyboard.emulator.picks.yaml": (_RUN, ("pick", "--emulator", "one/1")), "schemas": (("init",),),
    "storyboard.emulator.review.html": (_RUN, ("review", "--emulator")), "gitignore": (("init",),),
    "storyboard.measures.jsonl": (_JUDGE, ("export", "csv")),
    "storyboard.emulator.measures.jsonl": (_RUN, (*_JUDGE, "--emulator")),
    "gitattributes": (("init",),), "seedspec": (_FIX, _RUN, ("status",)), "renders.emulator": (_RUN,),
}  # fmt: skip


def prepared(project: Path, tmp_path: Path) -> None:
    for file, text in (("home/.bashrc", "alias ls=ls\n"), ("other/real.lock", HEADER.decode())):
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_text(text)
    (project / ".git" / "hooks").mkdir()
    (tmp_path / "home" / ".local").mkdir()


def within(path: Path, folder: Path) -> bool:
    return folder in path.parents


def test_the_remedy_is_said(project: Path, tmp_path: Path, command: Command) -> None:
    (project / "storyboard.lock").write_bytes(GARBLED)
    (project / "storyboard.lock.damaged").symlink_to(".git/config")
    done = command(project, "lock", "fix")
    assert done.code == 2 and "storyboard.lock.damaged: is a symbolic link; remove it" in done.all
    assert (project / "storyboard.lock").read_bytes() == GARBLED, "no byte was changed"
    (project / "storyboard.lock.damaged").unlink()
    assert command(project, "lock", "fix").code == 0
    assert b"attacker" in (project / "storyboard.lock.damaged").read_bytes()


def test_a_backup_is_never_written_over(project: Path, command: Command) -> None:
    lock, kept = project / "storyboard.lock", []
    for number in range(3):
        kept.append(GARBLED + b"%d\n" % number)
        lock.write_bytes(kept[-1])
        assert command(project, "lock", "fix").code == 0
    names = ["storyboard.lock.before-fix", "storyboard.lock.before-fix.2", "storyboard.lock.before-fix.3"]
    assert [(project / ".seedspec" / name).read_bytes() for name in names] == kept


def links(base: Path) -> dict[str, Callable[[Path], object]]:
    return {
        "out": lambda link: link.symlink_to(base / "outside.lock"),
        "nowhere": lambda link: link.symlink_to("later.lock"),
        "no lock": lambda link: link.symlink_to("notes.txt"),
        "below .git": lambda link: link.symlink_to(".git/index.lock"),
        "below .GIT": lambda link: link.symlink_to("sub/.Git/x.lock"),
        "by a folder": lambda link: link.symlink_to("way/outside.lock"),
        "to a device": lambda link: link.symlink_to("/dev/zero"),
        "to itself": lambda link: link.symlink_to(link.name),
    }


@pytest.mark.parametrize("kind", links(Path()))
def test_a_lock_is_a_link_to_a_lock_of_the_project_or_none(kind: str, project: Path, tmp_path: Path) -> None:
    for file in (
        tmp_path / "outside.lock",
        project / "notes.txt",
        project / ".git/index.lock",
        project / "sub/.Git/x.lock",
    ):
        file.parent.mkdir(exist_ok=True, parents=True)
        file.write_bytes(HEADER)
    (project / "way").symlink_to(tmp_path)
    lock = project / "storyboard.lock"
    links(tmp_path)[kind](lock)
    before = snapshot(tmp_path)
    for act in (lambda: read_lock(lock), lambda: repair.fix(lock, []), lambda: replace_lock(lock, b"x")):
        with pytest.raises(LockFault, match="symbolic link"):
            act()
    with pytest.raises(OSError, match="symbolic link"):
        replace(lock, b"x")
    assert snapshot(tmp_path) == before


def test_a_lock_that_a_user_linked_still_works(project: Path, command: Command) -> None:
    (project / "locks").mkdir()
    real, link = project / "locks" / "paid.lock", project / "storyboard.emulator.lock"
    real.write_bytes(HEADER)
    link.symlink_to("locks/paid.lock")
    assert command(project, "run", "--emulator", "--yes").code == 0
    assert link.is_symlink() and real.read_bytes().count(b"\n") > 1
    done = command(project, "status", "--emulator")
    assert done.code == 0 and "saved" in done.all, done


def test_no_hold_is_tried_through_a_link(project: Path, tmp_path: Path, command: Command) -> None:
    """To ask whether a run is under way is to open its hold's file for writing, which empties it."""
    precious = tmp_path / "precious"
    precious.write_text("years of work")
    state = project / ".seedspec"
    state.mkdir()
    (state / "storyboard.lock.hold").symlink_to(precious)
    (state / "storyboard.lock.hold-by").write_text('{"pid":1,"host":"elsewhere","since":"now"}')
    intent = '{"key":"k","body_sha256":"%s","at":"2026-01-01T00:00:00Z"}' % ("a" * 64)
    line = f'{{"fp":"{"b" * 64}","attempt":1,"state":"submitting","entry":"one/1","intent":{intent}}}\n'
    (project / "storyboard.lock").write_bytes(HEADER + line.encode())
    for words in (("status",), ("plan",), ("doctor",)):
        assert b"Traceback" not in command(project, *words).err
    assert precious.read_text() == "years of work"


def test_a_folder_on_the_way_leads_nowhere_else(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "outside").mkdir()
    (project / "inside").mkdir()
    (project / "out").symlink_to(tmp_path / "outside")
    (project / "in").symlink_to("inside")
    monkeypatch.chdir(project)
    for good in ("in/x", "inside", ".", str(tmp_path / "outside"), "../outside"):
        check_way(good)
    for bad in ("out", "out/deeper/x", str(project / "out")):
        with pytest.raises(OSError, match="leads out of the project"):
            check_way(bad)


def test_outputs_and_new_projects_too(project: Path, tmp_path: Path, command: Command) -> None:
    for name in ("reports", ".github", "sub"):
        (tmp_path / name.strip(".")).mkdir()
        (project / name).symlink_to(tmp_path / name.strip("."))
    assert command(project, "run", "--emulator", "--yes").code == 0
    before = {name: snapshot(tmp_path / name) for name in ("reports", "github", "sub")}
    for words in (
        ("review", "--emulator", "--out", "reports/page.html"),
        ("export", "csv", "--emulator", "--out", "reports/takes.csv"),
        ("run", "--emulator", "--junit", "reports/deep/junit.xml"),
        ("init", "--ci", "github"),
        ("init", "sub"),
        ("emulator", "--stdio", "--folder", "sub/books"),
    ):
        done = command(project, *words)
        assert done.code == 2 and "symbolic link" in done.all, (words, done)
    assert {name: snapshot(tmp_path / name) for name in before} == before


def test_what_is_read_is_a_regular_file_and_bounded(tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.write_bytes(b"x" * 100)
    assert read_file(plain, 100) == b"x" * 100 and read_start(plain, 5) == b"xxxxx"
    with pytest.raises(OSError, match="more than 99 bytes"):
        read_file(plain, 99)
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "zero").symlink_to("/dev/zero")
    for name in ("pipe", "zero", "."):
        with pytest.raises(OSError, match="no regular file"):
            read_file(tmp_path / name)


ENDLESS = (
    "schemas/storyboard.json", ".gitignore", "other.lock", ".seedspec/storyboard.lock.hold-by", "storyboard.picks.yaml",
    "storyboard.mia.review.yaml", "storyboard.lock.damaged",
)  # fmt: skip


@pytest.mark.parametrize("names", [("storyboard.lock",), ENDLESS], ids=["the lock", "the others"])
def test_a_link_to_an_endless_file_takes_no_memory(names: tuple[str, ...], project: Path, command: Command) -> None:
    for name in names:
        (project / name).parent.mkdir(exist_ok=True)
        (project / name).symlink_to("/dev/zero")
    for words in (("plan",), ("status",), ("lock", "verify"), ("lock", "fix"), ("doctor",), ("init",), ("stats",)):
        done = command(project, *words)
        assert done.code in CODES and b"error of seedspec" not in done.err, (words, done)


def test_picks_that_are_a_link_are_told(project: Path, tmp_path: Path, command: Command) -> None:
    (project / ".env").write_text(f"EVOLINK_API_KEY={CANARY}\n")
    (project / "storyboard.picks.yaml").symlink_to(".env")
    done = command(project, "stats")
    pick = command(project, "pick")
    assert pick.code == 3 and "storyboard.picks.yaml` is a symbolic link; remove it" in pick.all
    assert CANARY not in done.all + pick.all


@pytest.mark.parametrize("name", [".env", ".git/config", "link"])
def test_a_template_includes_no_file_that_others_keep(name: str, project: Path, command: Command) -> None:
    (project / ".env").write_text(f"EVOLINK_API_KEY={CANARY}\n")
    (project / ".git" / "config").write_text(f"token = {CANARY}\n")
    (project / "link").symlink_to(".env")
    (project / "storyboard.yaml").write_text(STARTER.replace("a cup", f"{{% include '{name}' %}} a cup"))
    for words in (("check",), ("compile",), ("plan",)):
        done = command(project, *words)
        assert done.code == 3 and CANARY not in done.all, done


def test_a_rescue_file_that_came_with_the_repository_is_named_and_no_more(project: Path, command: Command) -> None:
    lock, state = project / "storyboard.lock", project / ".seedspec"
    state.mkdir()
    shipped = state / "storyboard.lock.rescue"
    said = b'{"fp":"%b","attempt":1,"state":"saved","entry":"one/1","file":"renders/x.mp4","sha256":"%b"}\n'
    text = HEADER + said % (b"a" * 64, b"b" * 64)
    shipped.write_bytes(text)
    for words, code in ((("plan",), 0), (("lock", "fix"), 0), (("lock", "verify"), 0)):
        done = command(project, *words)
        assert done.code == code and f"{shipped.name} was not written by you on this machine" in done.all, (words, done)
    assert not lock.exists() and shipped.read_bytes() == text
    assert command(project, "run", "--emulator", "--yes").code == 0
    assert command(project, "lock", "fix", "--rescue", str(shipped)).code == 0
    assert b"renders/x.mp4" in lock.read_bytes() and not shipped.exists()


def test_ones_own_is_taken_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lock = tmp_path / "s.lock"
    line = b'{"fp":"%b","attempt":1,"state":"failed"}\n' % (b"a" * 64)
    own = rescue(lock, HEADER + line)
    assert own is not None and own.parent == tmp_path / ".seedspec" and rescues(lock) == [own]
    assert foreign(lock) is None and records(own) == HEADER + line
    fixed = repair.fix(lock, [])
    assert fixed.rescued == (own,) and len(list(read_lock(lock))) == 1 and not own.exists()
    assert rescue(lock, HEADER + line) == own
    for changed in (
        own.read_bytes().replace(b"failed", b"queued"),
        own.read_bytes().replace(b'"seal":"', b'"seal":"0'),
    ):
        whole = own.read_bytes()
        own.write_bytes(changed)
        assert rescues(lock) == [] and foreign(lock) == own
        own.write_bytes(whole)
    other = tmp_path / ".seedspec" / "other.lock.rescue"
    other.write_bytes(own.read_bytes())
    assert foreign(tmp_path / "other.lock") == other, "a seal is of one lock"
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "another"))
    assert rescues(lock) == [] and foreign(lock) == own, "another user's"
