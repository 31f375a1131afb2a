"""Facts kept from one process to the next: found once, found anew when anything they depend on has changed."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import orjson
import pytest
from PIL import Image

from seedspec.media.reader import facts, readers
from seedspec.project.media_cache import Examined
from seedspec.project.secret import seal
from seedspec.project.sources import looker

BOARD = """\
seedspec: 1
model: seedance-2.0-reference-to-video
references: {hero: {image: hero.png}, walk: {video: walk.mp4}, tune: {audio: tune.wav}}
shots: [{id: a, prompt: "{{ ref('hero') }} {{ ref('walk') }} {{ ref('tune') }}"}]
"""
BLIND = """\
import json, sys
for name in ("PIL", "av", "tinytag"):
    sys.modules[name] = None  # whoever imports one of them fails
from seedspec import api
print(json.dumps([(d.code, d.message.split("`")[1]) for d in api.check(sys.argv[1])]))
"""
SEEING = BLIND.replace("    sys.modules[name] = None  # whoever imports one of them fails\n", "    pass\n")
Maker = Callable[..., Path]


@pytest.fixture
def project(tmp_path: Path, movie_file: Maker, wav_file: Maker) -> Path:
    Image.new("RGB", (640, 480), "teal").save(tmp_path / "hero.png")
    movie_file(tmp_path / "walk.mp4", height=640, frames=72)
    wav_file(tmp_path / "tune.wav", seconds=3)
    (tmp_path / "storyboard.yaml").write_text(BOARD)
    return tmp_path


def said(program: str, project: Path) -> list[tuple[str, str]]:
    """What `check` finds in a process of its own."""
    command = [sys.executable, "-c", program, str(project / "storyboard.yaml")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return [(code, name) for code, name in json.loads(done.stdout)]


def kept(project: Path) -> list[Path]:
    return sorted((project / ".seedspec" / "facts").iterdir())


UNSEEN = [("media-not-checked", "hero.png"), ("media-not-checked", "walk.mp4"), ("media-not-checked", "tune.wav")]


def test_a_second_process_opens_no_file_of_known_bytes(project: Path) -> None:
    assert sorted(said(BLIND, project)) == sorted(UNSEEN)
    assert not (project / ".seedspec").exists(), "what was not looked at is not kept"
    assert said(SEEING, project) == []
    assert [p.name for p in kept(project)] == sorted(
        hashlib.sha256((project / name).read_bytes()).hexdigest() for name in ("hero.png", "walk.mp4", "tune.wav")
    )
    assert said(BLIND, project) == []
    shutil.rmtree(project / ".seedspec")
    assert sorted(said(BLIND, project)) == sorted(UNSEEN)


def test_other_bytes_are_looked_at(project: Path) -> None:
    assert said(SEEING, project) == []
    Image.new("RGB", (299, 480), "teal").save(project / "hero.png")
    assert said(BLIND, project) == [("media-not-checked", "hero.png")]
    assert said(SEEING, project) == [("media-side", "hero")]
    assert said(BLIND, project) == [("media-side", "hero")]


def other_version(record: bytes) -> bytes:
    known = orjson.loads(record.partition(b"\n")[2])
    known["reader"] = known["reader"].replace("seedspec 0", "seedspec 9")
    return sealed(known)


def other_library(record: bytes) -> bytes:
    known = orjson.loads(record.partition(b"\n")[2])
    known["reader"] = known["reader"].replace("Pillow ", "Pillow 0.")
    return sealed(known)


def other_fields(record: bytes) -> bytes:
    known = orjson.loads(record.partition(b"\n")[2])
    known["facts"]["mood"] = "blue"
    return sealed(known)


def other_bytes(record: bytes) -> bytes:
    known = orjson.loads(record.partition(b"\n")[2])
    known["sha256"] = "0" * 64
    return sealed(known)


def sealed(known: object) -> bytes:
    text = orjson.dumps(known)
    own = seal(text)
    assert own is not None
    return own.encode() + b"\n" + text


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "cut": lambda r: r[:-5],
    "empty": lambda r: b"",
    "one digit": lambda r: r.replace(b"640", b"649"),
    "no JSON": lambda r: r[:65] + b"[" + r[66:],
    "binary": lambda r: b"\xff\xfe" * 200,
    "a list": lambda r: sealed([1, 2, 3]),
    "a seal that anybody can make": lambda r: hashlib.sha256(r[65:]).hexdigest().encode() + r[64:],
    "another version of seedspec": other_version,
    "another version of a library": other_library,
    "facts that are not known": other_fields,
    "a record of other bytes": other_bytes,
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_record_that_is_not_whole_or_not_ours_is_none(project: Path, damage: str) -> None:
    assert said(SEEING, project) == []
    whole = [path.read_bytes() for path in kept(project)]
    for path, record in zip(kept(project), whole, strict=True):
        path.write_bytes(DAMAGE[damage](record))
    changed = [p for p, record in zip(kept(project), whole, strict=True) if p.read_bytes() != record]
    assert changed
    look = looker(project)
    for name, kind in (("hero.png", "image"), ("walk.mp4", "video"), ("tune.wav", "audio")):
        asset = look(name, kind)  # type: ignore[arg-type]
        assert not isinstance(asset, str)
        found = facts(project / name)
        assert {n: getattr(found, n) for n in asset.facts} == dict(asset.facts)
    assert [path.read_bytes() for path in kept(project)] == whole, "the records are written anew"


def test_a_record_that_is_whole_is_believed(project: Path) -> None:
    """The other tests would also pass if nothing were ever read; this one would not."""
    assert said(SEEING, project) == []
    for path in kept(project):
        known = orjson.loads(path.read_bytes().partition(b"\n")[2])
        known["facts"]["bytes"] = 4711
        path.write_bytes(sealed(known))
    for name, kind in (("hero.png", "image"), ("walk.mp4", "video"), ("tune.wav", "audio")):
        asset = looker(project)(name, kind)  # type: ignore[arg-type]
        assert not isinstance(asset, str) and asset.facts["bytes"] == 4711


def test_what_another_user_found_is_not_believed(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A clone of somebody's repository, `.seedspec` and all: whose facts could make a purchase look cheaper."""
    monkeypatch.setenv("XDG_STATE_HOME", str(project / "theirs"))
    assert said(SEEING, project) == [] and said(BLIND, project) == []
    monkeypatch.setenv("XDG_STATE_HOME", str(project / "mine"))
    assert sorted(said(BLIND, project)) == sorted(UNSEEN)
    assert said(SEEING, project) == [] and said(BLIND, project) == []
    secret = project / "mine" / "seedspec" / "secret"
    assert secret.stat().st_mode & 0o077 == 0 and len(secret.read_bytes()) == 32
    assert secret.read_bytes() != (project / "theirs" / "seedspec" / "secret").read_bytes()


@pytest.mark.parametrize("home", ["a file", "a short secret", "nowhere"])
def test_without_a_secret_nothing_is_kept_and_all_is_found(
    project: Path, home: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = project / "state"
    if home == "a file":
        state.write_text("")
    elif home == "a short secret":
        (state / "seedspec").mkdir(parents=True)
        (state / "seedspec" / "secret").write_bytes(b"short")
    monkeypatch.setenv("XDG_STATE_HOME", "/proc/nowhere" if home == "nowhere" else str(state))
    assert said(SEEING, project) == []
    assert not (project / ".seedspec").exists()


@pytest.mark.parametrize("hindrance", ["a file", "a file inside", "a folder in the way", "read only"])
def test_where_nothing_can_be_kept_facts_are_found_all_the_same(project: Path, hindrance: str) -> None:
    name = hashlib.sha256((project / "hero.png").read_bytes()).hexdigest()
    if hindrance == "a file":
        (project / ".seedspec").write_text("")
    elif hindrance == "a file inside":
        (project / ".seedspec").mkdir()
        (project / ".seedspec" / "facts").write_text("")
    elif hindrance == "a folder in the way":
        (project / ".seedspec" / "facts" / name / "x").mkdir(parents=True)
    else:
        if os.geteuid() == 0:
            pytest.skip("root writes everywhere")
        project.chmod(0o500)
    asset = looker(project)("hero.png", "image")
    assert not isinstance(asset, str) and asset.facts["width"] == 640
    assert not list(project.rglob("*.part"))


def test_versions_of_the_readers_are_known_without_them() -> None:
    program = "import sys; from seedspec.media.reader import readers; print(readers(), 'PIL' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    installed = [word for name in ("Pillow", "tinytag", "av") for word in (name, version(name))]
    assert done.stdout.split() == [*installed, "False"]


def test_a_library_whose_version_nothing_tells_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("pillow-9.0.dist-info", "tinytag-2.0.dist-info", "av", "avro-1.0.dist-info", "av-1.0.zip"):
        (tmp_path / name).mkdir()
    monkeypatch.setattr(sys, "path", [str(tmp_path), str(tmp_path / "absent")])
    assert readers() is None
    (tmp_path / "later").mkdir()
    for name in ("av-18.0.dist-info", "Pillow-8.0.dist-info"):
        (tmp_path / "later" / name).mkdir()
    sys.path.append(str(tmp_path / "later"))
    assert readers() == "Pillow 9.0 tinytag 2.0 av 18.0", "the first of the path is the one that is imported"


def test_facts_come_from_the_open_file(tmp_path: Path) -> None:
    """A file that is replaced between the digest and the look would else keep its facts under another's digest."""
    path = tmp_path / "a.png"
    Image.new("RGB", (640, 480)).save(path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    with path.open("rb") as stream:
        other = tmp_path / "b.png"
        Image.new("RGB", (300, 300)).save(other)
        other.replace(path)
        found = Examined(tmp_path).facts(stream, os.fstat(stream.fileno()).st_size, digest)
    assert found.width == 640
