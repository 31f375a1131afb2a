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
from seedspec.project.media_cache import cached_facts
from seedspec.project.sources import looker

pytestmark = pytest.mark.slow

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


@pytest.fixture(autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's cache folder."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    return folder / "seedspec"


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


def kept(cache: Path) -> list[Path]:
    return sorted((cache / "facts").iterdir())


UNSEEN = [("media-not-checked", "hero.png"), ("media-not-checked", "walk.mp4"), ("media-not-checked", "tune.wav")]


def test_a_second_process_opens_no_file_of_known_bytes(project: Path, cache: Path) -> None:
    assert sorted(said(BLIND, project)) == sorted(UNSEEN)
    assert not cache.exists(), "what was not looked at is not kept"
    assert said(SEEING, project) == []
    assert [p.name for p in kept(cache)] == sorted(
        hashlib.sha256((project / name).read_bytes()).hexdigest() for name in ("hero.png", "walk.mp4", "tune.wav")
    )
    assert said(BLIND, project) == []
    assert not (project / ".seedspec").exists()
    shutil.rmtree(cache)
    assert sorted(said(BLIND, project)) == sorted(UNSEEN)


def test_other_bytes_are_looked_at(project: Path) -> None:
    assert said(SEEING, project) == []
    Image.new("RGB", (299, 480), "teal").save(project / "hero.png")
    assert said(BLIND, project) == [("media-not-checked", "hero.png")]
    assert said(SEEING, project) == [("media-side", "hero")]
    assert said(BLIND, project) == [("media-side", "hero")]


def with_value(record: bytes, **values: object) -> bytes:
    return orjson.dumps({**orjson.loads(record), **values})


def with_reader(record: bytes, old: str, new: str) -> bytes:
    reader = orjson.loads(record)["reader"]
    assert old in reader
    return with_value(record, reader=reader.replace(old, new))


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "cut": lambda r: r[:-5],
    "empty": lambda r: b"",
    "no JSON": lambda r: b"[" + r[1:],
    "binary": lambda r: b"\xff\xfe" * 200,
    "a list": lambda r: b"[1, 2, 3]",
    "without an end": lambda r: r + b" " * 70_000,
    "another version of seedspec": lambda r: with_reader(r, "seedspec 0", "seedspec 9"),
    "another version of a library": lambda r: with_reader(r, "Pillow ", "Pillow 0."),
    "facts that are not known": lambda r: with_value(r, facts={**orjson.loads(r)["facts"], "mood": "blue"}),
    "a record of other bytes": lambda r: with_value(r, sha256="0" * 64),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_record_that_is_not_whole_or_not_ours_is_none(project: Path, cache: Path, damage: str) -> None:
    assert said(SEEING, project) == []
    whole = [path.read_bytes() for path in kept(cache)]
    for path, record in zip(kept(cache), whole, strict=True):
        path.write_bytes(DAMAGE[damage](record))
    changed = [p for p, record in zip(kept(cache), whole, strict=True) if p.read_bytes() != record]
    assert changed
    look = looker(project)
    for name, kind in (("hero.png", "image"), ("walk.mp4", "video"), ("tune.wav", "audio")):
        asset = look(name, kind)  # type: ignore[arg-type]
        assert not isinstance(asset, str)
        found = facts(project / name)
        known = dict(asset.facts.known())
        assert {n: getattr(found, n) for n in known} == known
    assert [path.read_bytes() for path in kept(cache)] == whole, "the records are written anew"


def test_a_record_that_is_whole_is_believed(project: Path, cache: Path) -> None:
    """The other tests would also pass if nothing were ever read; this one would not."""
    assert said(SEEING, project) == []
    for path in kept(cache):
        record = path.read_bytes()
        path.write_bytes(with_value(record, facts={**orjson.loads(record)["facts"], "bytes": 4711}))
    for name, kind in (("hero.png", "image"), ("walk.mp4", "video"), ("tune.wav", "audio")):
        asset = looker(project)(name, kind)  # type: ignore[arg-type]
        assert not isinstance(asset, str) and asset.facts.bytes == 4711


def test_what_a_repository_brings_is_not_believed(project: Path, cache: Path) -> None:
    """Facts that could make a purchase look cheaper."""
    assert said(SEEING, project) == []
    for folder in (".seedspec", ".cache/seedspec", "seedspec"):
        shutil.copytree(cache, project / folder)
    shutil.rmtree(cache)
    assert sorted(said(BLIND, project)) == sorted([*UNSEEN, ("seedspec-folder", "seedspec")])


def test_a_relative_name_of_the_cache_folder_is_no_place_in_a_repository(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CACHE_HOME", "cache")
    monkeypatch.chdir(project)
    assert said(SEEING, project) == [] and said(BLIND, project) == []
    assert not (project / "cache").exists()


@pytest.mark.parametrize("hindrance", ["a file", "a file inside", "a folder in the way", "nowhere", "no home"])
def test_where_nothing_can_be_kept_facts_are_found_all_the_same(
    project: Path, cache: Path, hindrance: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = hashlib.sha256((project / "hero.png").read_bytes()).hexdigest()
    if hindrance == "a file":
        cache.write_text("")
    elif hindrance == "a file inside":
        cache.mkdir()
        (cache / "facts").write_text("")
    elif hindrance == "a folder in the way":
        (cache / "facts" / name / "x").mkdir(parents=True)
    elif hindrance == "nowhere":
        monkeypatch.setenv("XDG_CACHE_HOME", "/proc/nowhere")
    else:
        monkeypatch.delenv("XDG_CACHE_HOME")
        monkeypatch.setenv("HOME", "/proc/nowhere")
    asset = looker(project)("hero.png", "image")
    assert not isinstance(asset, str) and asset.facts.width == 640
    assert not list(cache.parent.rglob("*.new"))


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
        found = cached_facts(stream, os.fstat(stream.fileno()).st_size, digest)
    assert found.width == 640
