"""Whatever ids, labels and folders are called: no video leaves the output folder, and no two are one file."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pytest
from helpers import LONGEST, PACE, SMALL, Make
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seedspec import api
from seedspec.compiler.entry import digest
from seedspec.compiler.filename import is_device, is_folder, same
from seedspec.lock.lock import Lock, parse, serialise
from seedspec.lock.state import State
from seedspec.plan.planner import make_plan
from seedspec.plan.rules import Rules
from seedspec.project.credentials import BadSettings
from seedspec.run.engine.messages import Kept
from seedspec.run.store.downloads import BadPlace, Downloads, NotWhole

pytestmark = pytest.mark.slow

AWKWARD = [
    "CON",
    "con.x",
    "nul.mp4",
    "COM1.a",
    "lpt¹.a",
    "aux",
    "a",
    "A",
    "b.",
    "b..",
    "x" * 60,
    "a-take1",
    "a_take1",
    "é",
    "e\u0301",
]
"""Ids and labels that some file system, or some reader of file names, takes for something else."""

SOUND = st.text("aAbB.:_-xX1", min_size=1, max_size=3).map(lambda text: "k" + text) | st.sampled_from(
    ["16:9", "16x9", "a"]
)
IDS = SOUND | st.sampled_from(AWKWARD) | st.text(max_size=4)
PARTS = st.sampled_from(
    ["renders", "..", ".", "", "CON", "nul.d", "a ", "a.", " a", "~", "-a", ".git", ".GIT", ".seedspec", "C:", "a:b",
     "a\\b", "é", "e\u0301", "x" * 255, "\u202e", "a\x00b", "*", "ﬁ", "{{ look }}"]
)  # fmt: skip
FOLDERS = st.lists(PARTS, min_size=1, max_size=3).map("/".join) | st.text(max_size=6)


@st.composite
def boards(draw: st.DrawFn) -> dict[str, object]:
    """Storyboards as they may be written, most of them with names that are awkward, some with none that are wrong."""
    name = draw(st.sampled_from([SOUND, IDS]))
    labels = st.lists(name, min_size=1, max_size=3, unique=True)
    axes = {
        axis: draw(labels) for axis in draw(st.lists(st.sampled_from(["look", "Look", "con"]), max_size=2, unique=True))
    }
    include = [{axis: draw(name) for axis in axes}] if axes and draw(st.booleans()) else []
    shots: list[dict[str, object]] = []
    for identity in draw(st.lists(name, min_size=1, max_size=3, unique=True)):
        shot: dict[str, object] = {"id": identity, "takes": draw(st.integers(1, 2))}
        shot["prompt"] = {draw(name): f"text {n}" for n in range(2)} if draw(st.booleans()) else "text"
        shots.append(shot)
    matrix: dict[str, object] = {"axes": axes, **({"include": include} if include else {})}
    board: dict[str, object] = {"seedspec": 1, "model": "seedance-2.0-reference-to-video", "shots": shots}
    return {**board, **({"matrix": matrix} if axes else {})}


def fits(name: str) -> bool:
    """Whether every file system takes a name, with all that a download may add to it."""
    whole = len(name.encode()) + len(".01234567.mp4.part") - len(".mp4") <= 255
    return whole and not is_device(name) and name.isprintable() and not set(name) & set('<>:"/\\|?*') and name[0] != "."


def test_no_two_entries_are_one_file(tally: Counter[str]) -> None:
    sound = 0

    @settings(max_examples=300, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(boards())
    def check(board: dict[str, object]) -> None:
        nonlocal sound
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "storyboard.yaml"
            path.write_text(json.dumps(board), encoding="utf-8", errors="surrogatepass")
            made = api.compile(path)
        if made.ok:
            sound += 1
            files = {e.file for e in made.entries}
            assert len({same(f) for f in files}) == len({e.address for e in made.entries}), files
            assert all(map(fits, files)), files

    check()
    assert sound > 60, "the property says nothing about storyboards that are refused"
    tally["storyboards of awkward names that were sound"] += sound


@settings(max_examples=400, derandomize=True)
@given(FOLDERS)
def test_an_output_folder_is_below_the_storyboards(output: str) -> None:
    """What is taken for a folder is one, below, on every system; the rest is refused before anything is bought."""
    if not is_folder(output):
        return
    parts = PurePosixPath(output).parts
    assert parts and ".." not in parts and not PurePosixPath(output).is_absolute()
    assert not any(p.casefold() in (".git", ".seedspec") or is_device(p) or p != p.rstrip(". ") for p in parts)
    with tempfile.TemporaryDirectory() as base:
        Downloads(Path(base)).ready(f"{PurePosixPath(output)}.emulator")
        assert [p for p in Path(base).rglob("*") if p.is_file()] == []
        assert len(list(Path(base).iterdir())) == 1


@pytest.mark.parametrize(
    "output",
    ["..", "a/../..", "/tmp/x", "", ".", "C:/x", "c:x", "a\\..\\b", "con", "a/NUL.x", "a.", "a /b",
     ".git/hooks", ".github/workflows", "a/.vscode", "~/x", "~root",
     "git~1", "a/GIT~2", "$(x)", "a/$HOME", "a:stream", "a\x00b", "-rf", "x" * 256],
)  # fmt: skip
def test_no_folder_of_these(output: str) -> None:
    assert not is_folder(output)


def test_no_storyboard_has_the_lock_of_another_ones_emulator(tmp_path: Path) -> None:
    """What the emulator made of `x.yaml` would count as bought for `x.emulator.yaml`."""
    text = "seedspec: 1\nmodel: seedance-2.0-reference-to-video\nshots: [{id: one, prompt: A hill.}]\n"
    locks = {}
    for name in ("x", "x.y"):
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
        locks |= {api.plan(tmp_path / f"{name}.yaml", api.Options(emulated=e)).place.lock: name for e in (False, True)}
    assert len(locks) == 4
    (tmp_path / "x.emulator.yaml").write_text(text, encoding="utf-8")
    for emulated in (False, True):
        with pytest.raises(BadSettings, match=r"the one of `.*x\.yaml` with the emulator; rename it"):
            api.plan(tmp_path / "x.emulator.yaml", api.Options(emulated=emulated))


def purchase(entry: str, number: int, state: State) -> dict[str, object]:
    fp = digest(str(number).encode())
    values: dict[str, object] = {"fp": fp, "entry": entry, "take": 1, "attempt": 1, "state": str(state)}
    values["at"] = "2026-11-23T07:00:00Z"
    return {**values, **({"task": f"task-unified-{number}"} if state is State.RUNNING else {})}


@settings(max_examples=200, derandomize=True)
@given(
    st.lists(
        st.sampled_from(["one/1", "One/1", "one/2", "CON.a/1", "a" * 60 + "/1", "a@b=" + "c" * 250 + "/1"]), max_size=8
    )
)
def test_what_the_lock_alone_knows_has_a_file_of_its_own(names: list[str]) -> None:
    lines = [purchase(name, number, State.RUNNING) for number, name in enumerate(names)]
    lock = parse(b'{"seedspec_lock":1}\n' + b"".join(json.dumps(v).encode() + b"\n" for v in lines))
    rules = Rules(folder="renders", then=lambda code: "asked", exists=lambda file, size=None: False, now="2026")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "storyboard.yaml"
        path.write_text(
            '{"seedspec": 1, "model": "seedance-2.0-reference-to-video", "shots": [{"id": "one", "prompt": "x"}]}'
        )
        steps = make_plan(api.compile(path).entries, lock, rules).steps
    files = [step.file for step in steps]
    assert len(steps) == 1 + len(names)
    assert len({same(f) for f in files}) == len(files), files
    assert all(fits(f.removeprefix("renders/")) for f in files), files
    assert isinstance(parse(serialise(lock, [])), Lock)


PART = "x.cdb4ee2a.mp4.part"
"""What a video on its way to `x.mp4` is called, where nobody says whose it is."""
KINDS = st.sampled_from(["folder", "file", "link out", "link in", "link nowhere", "link to itself", "nothing"])
TREES = st.dictionaries(
    st.sampled_from(["a", "b", "a/b", "x.mp4", "a/x.mp4", PART, "x.mp4.part", "x.11111111.mp4"]), KINDS
)
NAMES = st.sampled_from(
    ["x.mp4", "X.mp4", "../x.mp4", "a/../../x.mp4", "a/x.mp4", "a/b/x.mp4", "b/x.mp4", "/x.mp4", "a/b", "a",
     "é.mp4", "e\u0301.mp4", "x" * 251 + ".mp4", "x" * 300 + ".mp4", "a//x.mp4",
     "./a/./x.mp4", "", ".", "..", "a\x00/x.mp4", "x.mp4.part"]
)  # fmt: skip


def planted(base: Path, outside: Path, tree: dict[str, str]) -> None:
    for name, kind in tree.items():
        path = base / name
        if not path.parent.is_dir() or path.parent.resolve() == outside.resolve() or os.path.lexists(path):
            continue
        if kind == "folder":
            path.mkdir()
        elif kind == "file":
            path.write_bytes(b"a person's own")
        elif kind != "nothing":
            goals = {"link out": outside, "link in": base / "a", "link nowhere": base / "gone", "link to itself": path}
            path.symlink_to(goals[kind])


def contents(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            yield str(path.relative_to(folder)), path.read_bytes()


def test_links_that_go_round_are_no_place(tmp_path: Path) -> None:
    (tmp_path / "round").symlink_to("round")
    for file in ("round/x.mp4", "round/further/x.mp4", "a\x00b/x.mp4"):
        with pytest.raises(BadPlace, match="no path that can be followed"):
            Downloads(tmp_path).part(file)


def test_storyboards_that_share_a_folder_are_not_in_each_others_way(tmp_path: Path, clip: bytes) -> None:
    """Each has parts of its own, and clears away its own alone: no video is had under another one's receipt."""
    one, other = (Downloads(tmp_path, f"{name}.lock") for name in "ab")
    foreign = tmp_path / "renders" / "mine.mp4.part"
    foreign.parent.mkdir()
    foreign.write_bytes(b"a person's own")
    videos = [clip + bytes([0, 0, 0, 9]) + b"free" + bytes([number]) for number in range(2)]
    one.ready("renders")
    first = one.part("renders/x.mp4")
    first.write(videos[0])
    other.ready("renders")
    second = other.part("renders/x.mp4")
    second.write(videos[1])
    kept = [saves.keep(part, "f" * 64) for saves, part in ((one, first), (other, second))]
    assert [(tmp_path / k.file).read_bytes() for k in kept] == videos
    assert [k.file for k in kept] == ["renders/x.mp4", "renders/x.ffffffff.mp4"]
    left = one.part("renders/y.mp4")
    other.ready("renders")
    assert left.path.exists() and left.path.name.endswith(".mp4.part")
    one.ready("renders")
    assert not left.path.exists() and foreign.exists()
    # the lock of the same name in another folder is another one
    (tmp_path / "renders" / "z").mkdir()
    below = Downloads(tmp_path / "renders", "a.lock").part("z/x.mp4")
    assert below.path.name != one.part("renders/z/x.mp4").path.name


def test_two_storyboards_run_at_once_in_one_folder(project: Make) -> None:
    found = project(SMALL)
    text = (found.folder / "storyboard.yaml").read_text().replace("{id: one,", "{id: one, takes: 6,")
    for name in "ab":
        own = text.replace(f"{found.name} one", f"{found.name} {name} one")
        (found.folder / f"{name}.yaml").write_text(own.replace("name: ", f"name: {name}"))
    both = [found.start("run", "--yes", f"{name}.yaml", "--format", "jsonl", *PACE) for name in "ab"]
    for process in both:
        _, err = process.communicate(timeout=LONGEST)
        assert process.returncode == 0, err
    records = [r for name in "ab" for r in parse((found.folder / f"{name}.lock").read_bytes())]
    for record in records:
        video = (found.folder / (record.file or "")).read_bytes()
        assert hashlib.sha256(video).hexdigest() == record.get("sha256"), record
    assert len({r.file for r in records}) == len(records) == 14


def test_a_name_that_is_as_long_as_one_can_be_has_a_part_too(tmp_path: Path, clip: bytes) -> None:
    name = "x" * 251 + ".mp4"
    part = Downloads(tmp_path, "storyboard.lock").part(name)
    part.write(clip)
    assert part.path.name.endswith(".mp4.part")
    assert Downloads(tmp_path, "storyboard.lock").keep(part, "f" * 64).file == name


def test_a_video_goes_below_its_folder_or_nowhere(clip: bytes) -> None:
    """Links, files and folders stand where they like: nothing outside changes, and nothing of a person's."""

    @settings(max_examples=300, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(TREES, st.lists(NAMES, min_size=1, max_size=3))
    def check(tree: dict[str, str], names: list[str]) -> None:
        with tempfile.TemporaryDirectory() as home:
            base, outside = Path(home) / "project", Path(home) / "outside"
            base.mkdir()
            outside.mkdir()
            (outside / "x.mp4").write_bytes(b"not ours")
            planted(base, outside, tree)
            own = {n: c for n, c in contents(base) if n != PART}
            before = list(contents(outside))
            kept: dict[str, bytes] = {}
            for number, name in enumerate(names):
                video = clip + bytes([0, 0, 0, 9]) + b"free" + bytes([number])  # each is a video of its own
                try:
                    part = Downloads(base).part(name)
                    part.write(video)
                    saved = Downloads(base).keep(part, f"{number}" * 64)
                except (BadPlace, NotWhole, OSError, ValueError):
                    continue
                assert isinstance(saved, Kept)
                path = base / saved.file
                assert path.resolve().is_relative_to(base.resolve()) and not path.is_symlink()
                assert saved.file not in kept
                kept[saved.file] = video
            assert list(contents(outside)) == before, "something was written outside"
            now = dict(contents(base))
            assert {n: now.get(n) for n in kept} == kept, "one video took another's place"
            assert {n: now.get(n) for n in own} == own, "a file was written over"
            assert not [n for n in now if n.endswith(".part") and n not in {PART, *own, *kept}]

    check()
