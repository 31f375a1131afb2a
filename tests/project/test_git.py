"""A folder as it was at a git revision: what git is asked, what it may not do, what is said without an answer."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from seedspec.catalog.media_facts import MediaFacts
from seedspec.compiler.references.limits import MediaFile
from seedspec.project import git
from seedspec.project.git import NoRevision, Revision, revision_of
from seedspec.text.diagnostic import Problems

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="no git")
OID = hashlib.sha256(b"large").hexdigest()
POINTER = f"version https://git-lfs.github.com/spec/v1\noid sha256:{OID}\nsize 5\n".encode()


def run(folder: Path, *words: str) -> str:
    settings = (
        "-c",
        "user.name=a",
        "-c",
        "user.email=a@b",
        "-c",
        "commit.gpgsign=false",
        "-c",
        "init.defaultBranch=main",
    )
    return subprocess.run(("git", *settings, *words), cwd=folder, check=True, capture_output=True, text=True).stdout


@pytest.fixture(scope="module")
def top(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("checkout").resolve()
    (folder / "film" / "words").mkdir(parents=True)
    (folder / "outside.png").write_bytes(b"outside")
    for name, data in {
        "storyboard.yaml": b"seedspec: 1\n", "words/a.j2": b"\xef\xbb\xbfone\n", "words/bad.j2": b"\xff",
        "a.png": b"picture", "lfs.png": POINTER, "long.png": POINTER + b"x" * 1024,
    }.items():  # fmt: skip
        (folder / "film" / name).write_bytes(data)
    (folder / "film" / "link.png").symlink_to("a.png")
    run(folder, "init", "-q")
    run(folder, "add", "-A")
    run(folder, "commit", "-qm", "one")
    (folder / "film" / "storyboard.yaml").write_text("seedspec: 1\nname: later\n")
    run(folder, "commit", "-qam", "two")
    return folder


def now(target: str, kind: str) -> str:
    return f"now {target} {kind}"


def test_a_revision_is_seen_from_a_folder(top: Path) -> None:
    made = revision_of(top / "film", "HEAD~1")
    assert made == Revision(run(top, "rev-parse", "HEAD~1").strip(), "HEAD~1", top, "film")
    assert revision_of(top, "main") == Revision(run(top, "rev-parse", "HEAD").strip(), "main", top, "")
    problems = Problems()
    source = made.source("storyboard.yaml", "film/storyboard.yaml", problems)
    assert source is not None and (source.path, source.text) == ("film/storyboard.yaml@HEAD~1", "seedspec: 1\n")
    picks = made.text_of("storyboard.yaml", problems)
    assert picks is not None and picks.path == "storyboard.yaml@HEAD~1" and not problems.failed
    assert made.text_of("none.yaml", problems) is None
    with pytest.raises(NoRevision) as told:
        made.source("none.yaml", "none.yaml", problems)
    assert str(told.value) == "`none.yaml` is not in HEAD~1 (or is larger than a storyboard may be)"
    later = revision_of(top / "film", "HEAD").text_of("storyboard.yaml", problems)
    assert later is not None and later.text == "seedspec: 1\nname: later\n"


def test_templates_are_those_below_the_folder(top: Path) -> None:
    read = revision_of(top / "film", "HEAD").templates()
    names = (
        "words/a.j2",
        "words/bad.j2",
        "none.j2",
        "../outside.png",
        "/words/a.j2",
        "words\\a.j2",
        "words",
        "words/../words/a.j2",
    )
    assert [read(name) for name in names] == ["one\n", None, None, None, None, None, None, None]


def test_media_are_known_by_their_digests(top: Path) -> None:
    revision = revision_of(top / "film", "HEAD")
    look = revision.looker(now)

    def found(target: str, data: bytes) -> MediaFile:
        return MediaFile(target, hashlib.sha256(data).hexdigest(), MediaFacts())

    assert look("a.png", "image") == found("a.png", b"picture") == look("a.png", "video")
    assert look("link.png", "image") == found("link.png", b"picture")
    assert look("../outside.png", "image") == found("../outside.png", b"outside")
    assert look("lfs.png", "image") == found("lfs.png", b"large")
    assert look("long.png", "image") == found("long.png", POINTER + b"x" * 1024)
    away = ("none.png", "words", "../../x.png", "..", "/etc/passwd", "a\nb.png")
    assert [look(target, "audio") for target in away] == [f"now {target} audio" for target in away]
    assert revision.unknown == set(away)


def test_what_is_larger_than_a_text_may_be_is_none(top: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    revision = revision_of(top / "film", "HEAD")
    monkeypatch.setattr(git, "MOST_BYTES", 24)
    assert revision.text_of("storyboard.yaml", Problems()) is not None
    monkeypatch.setattr(git, "MOST_BYTES", 23)
    assert revision.text_of("storyboard.yaml", Problems()) is None
    monkeypatch.setattr(git, "MOST_MEDIA", 7)
    assert isinstance(revision.looker(now)("a.png", "image"), MediaFile)
    monkeypatch.setattr(git, "MOST_MEDIA", 6)
    assert revision.looker(now)("a.png", "image") == "now a.png image"


@pytest.mark.parametrize("asked", ["", "-x", "a b", "a\nb", "a\x00", "x" * 201])
def test_what_is_no_revision_is_never_given_to_git(asked: str, tmp_path: Path) -> None:
    with pytest.raises(NoRevision) as told:
        revision_of(tmp_path, asked)
    said = "is no git revision; expected a branch, a tag, a commit or the like of HEAD~1"
    assert str(told.value) == f"`{asked}` {said}"


def test_where_git_knows_nothing_it_is_said(top: Path, tmp_path: Path) -> None:
    said = []
    run(tmp_path, "clone", "-q", "--depth", "1", f"file://{top}", "shallow")
    for folder, asked in (
        (top, "x" * 200),
        (tmp_path / "shallow", "HEAD~1"),
        (tmp_path, "HEAD"),
        (tmp_path / "no", "HEAD"),
    ):
        with pytest.raises(NoRevision) as told:
            revision_of(folder, asked)
        said.append(str(told.value).replace(str(tmp_path), "TMP"))
    assert said == [
        f"git knows no revision `{'x' * 200}` here",
        "git knows no revision `HEAD~1` here; this clone is shallow, `git fetch --unshallow` brings the rest",
        "`TMP` is not in a git repository (fatal: not a git repository (or any of the parent directories): .git)",
        "`TMP/no` is not in a git repository (there is no folder `TMP/no`)",
    ]


def test_git_is_never_one_of_the_project(top: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = tmp_path / "project"
    (project / ".git").mkdir(parents=True)
    (project / "bin").mkdir()
    (project / "bin" / "git").write_text("#!/bin/sh\necho mine\n")
    (project / "bin" / "git").chmod(0o755)
    (tmp_path / "link").symlink_to(project / "bin")
    none = "git is not installed, or only inside the project, where it is not used"
    for path in (str(project / "bin"), "bin", str(tmp_path / "link"), str(tmp_path)):
        monkeypatch.setenv("PATH", path)
        with pytest.raises(NoRevision) as told:
            git._program(project)
        assert str(told.value) == none
    real = tmp_path / "real"
    real.mkdir()
    (real / "git").write_text("#!/bin/sh\nenv\nexit 3\n")
    (real / "git").chmod(0o755)
    monkeypatch.setenv("PATH", os.pathsep.join((str(project / "bin"), str(real))))
    assert git._program(project) == str(real / "git")


def test_git_gets_a_clean_environment_and_asks_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    (tmp_path / "film").mkdir()
    (tools / "git").write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n/usr/bin/env\n')
    (tools / "git").chmod(0o755)
    monkeypatch.setenv("PATH", str(tools))
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_SSL_CAINFO", "EVOLINK_API_KEY", "LC_ALL", "GIT_TERMINAL_PROMPT"):
        monkeypatch.setenv(name, f"of {name}")
    said = git._git(tmp_path / "film", "status", "-s").decode().splitlines()
    assert said[:11] == [
        "--no-pager", "-c", "protocol.allow=never", "-c", "safe.bareRepository=explicit", "-c", "core.fsmonitor=false",
        "-c", "core.hooksPath=/dev/null", "status", "-s",
    ]  # fmt: skip
    told = {line.partition("=")[0]: line.partition("=")[2] for line in said[11:]}
    assert {k: v for k, v in told.items() if k.startswith(("GIT_", "LC_", "EVOLINK"))} == {
        "GIT_SSL_CAINFO": "of GIT_SSL_CAINFO", "GIT_TERMINAL_PROMPT": "0", "GIT_NO_LAZY_FETCH": "1", "LC_ALL": "C",
    }  # fmt: skip
    (tools / "git").write_text("#!/bin/sh\nexit 3\n")
    with pytest.raises(NoRevision, match=r"^git ended with 3$"):
        git._git(tmp_path / "film", "status")
    monkeypatch.setattr(git, "SECONDS", 0.2)
    (tools / "git").write_text("#!/bin/sh\nexec /bin/sleep 60\n")
    with pytest.raises(NoRevision, match=r"^git did not answer within 0.2 s$"):
        git._git(tmp_path / "film", "status")
