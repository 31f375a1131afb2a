"""Where videos go and under which names: what is no whole MP4, names that are taken, parts of others, moved files."""

from __future__ import annotations

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from seedspec.compiler.entry import digest
from seedspec.lock.lock import Lock, encode, parse
from seedspec.lock.version import HEADER
from seedspec.run.engine.messages import Kept
from seedspec.run.store.downloads import LARGE, BadPlace, Downloads, NotWhole, check_boxes

FP = "abcdef0123456789" * 4
MINE, OTHER = b"this video", b"another file"


def box(kind: bytes, body: bytes = b"", length: int | None = None) -> bytes:
    return (8 + len(body) if length is None else length).to_bytes(4, "big") + kind + body


FTYP, MOOV, MDAT = box(b"ftyp", b"isom"), box(b"moov", b"1234"), box(b"mdat", b"x")
LONG_MDAT = box(b"mdat", (17).to_bytes(8, "big") + b"x", 1)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (FTYP + MOOV + MDAT, ""),
        (FTYP + MDAT + MOOV, ""),
        (FTYP + MOOV + box(b"free") + MDAT, ""),
        (FTYP + MOOV + LONG_MDAT, ""),
        (FTYP + LONG_MDAT + MOOV, ""),
        (FTYP + MOOV + box(b"mdat", b"to the end", 0), ""),
        (b"", "an empty file"),
        (b"\0\0\0\x08ft", "no MP4: it begins with b'\\x00\\x00\\x00\\x08ft'"),
        (MOOV + FTYP + MDAT, "no MP4: it begins with b'\\x00\\x00\\x00\\x0cmoov1234'"),
        (FTYP + MOOV + MDAT + b"\0\0\0", "no MP4: it begins with b'\\x00\\x00\\x00'"),
        (FTYP, "no playable MP4: `moov` is missing"),
        (FTYP + MOOV, "no playable MP4: `mdat` is missing"),
        (FTYP + MDAT, "no playable MP4: `moov` is missing"),
        (FTYP + MOOV + box(b"mdat", b"x", 7), "cut short: `mdat` needs 7 bytes at 24, the file has 33"),
        (FTYP + MOOV + box(b"mdat", b"x", 8), "no MP4: it begins with b'x'"),
        (FTYP + MOOV + box(b"mdat", b"x", 10), "cut short: `mdat` needs 10 bytes at 24, the file has 33"),
        (FTYP + MOOV + box(b"m\xe9at", b"x", 99), "cut short: `m\xe9at` needs 99 bytes at 24, the file has 33"),
        (FTYP + MOOV + LONG_MDAT[:-1], "cut short: `mdat` needs 17 bytes at 24, the file has 40"),
    ],
)
def test_what_is_no_whole_mp4_is_told(content: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(content)
    try:
        check_boxes(tmp_path / "a.mp4")
    except NotWhole as error:
        assert str(error) == said
    else:
        assert not said


def restored(saves: Downloads, file: str, content: bytes = MINE, sha256: str = "") -> Kept:
    part = saves.part(file)
    part.write(content[:4])
    part.write(content[4:])
    return saves.restore(part, FP, sha256 or digest(content))


def files(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.mark.parametrize(
    ("there", "name", "after"),
    [
        ({}, "a.mp4", {"a.mp4": MINE}),
        ({"a.mp4": MINE}, "a.mp4", {"a.mp4": MINE}),
        ({"a.mp4": MINE[:3]}, "a.mp4", {"a.mp4": MINE}),
        ({"a.mp4": b""}, "a.mp4", {"a.mp4": MINE}),
        ({"a.mp4": OTHER}, "a.abcdef01.mp4", {"a.mp4": OTHER, "a.abcdef01.mp4": MINE}),
        ({"a.mp4": MINE + b"!"}, "a.abcdef01.mp4", {"a.mp4": MINE + b"!", "a.abcdef01.mp4": MINE}),
        ({"a.mp4": MINE[1:]}, "a.abcdef01.mp4", {"a.mp4": MINE[1:], "a.abcdef01.mp4": MINE}),
        ({"a.mp4": OTHER, "a.abcdef01.mp4": MINE}, "a.abcdef01.mp4", {"a.mp4": OTHER, "a.abcdef01.mp4": MINE}),
        ({"a.mp4": OTHER, "a.abcdef01.mp4": b"th"}, "a.abcdef01.mp4", {"a.mp4": OTHER, "a.abcdef01.mp4": MINE}),
    ],
)
def test_a_name_that_is_taken_is_never_written_over(
    there: dict[str, bytes], name: str, after: dict[str, bytes], tmp_path: Path
) -> None:
    for file, content in there.items():
        (tmp_path / file).write_bytes(content)
    assert restored(Downloads(tmp_path), "a.mp4") == Kept(name, digest(MINE), len(MINE))
    assert files(tmp_path) == after


def test_what_finds_no_name_is_told_and_leaves_no_part(tmp_path: Path) -> None:
    saves = Downloads(tmp_path)
    (tmp_path / "a.mp4").write_bytes(OTHER)
    (tmp_path / "a.abcdef01.mp4").mkdir()
    for file, said in (
        ("a.mp4", "`a.mp4` is taken by another file; move it away"),
        ("b.mov", "`b.mov` is no name of a video"),
        ("../b.mp4", f"`../b.mp4` lies outside {tmp_path.name}"),
        ("b\0/b.mp4", "`b\0/b.mp4` is no path that can be followed"),
    ):
        with pytest.raises(BadPlace) as refused:
            restored(saves, file)
        assert str(refused.value) == said
    with pytest.raises(NotWhole, match=r"^its SHA-256 is not that of the video that was saved$"):
        restored(saves, "b.mp4", MINE, digest(OTHER))
    assert files(tmp_path) == {"a.mp4": OTHER}


def test_a_link_is_not_followed_out_of_the_folder_nor_taken_for_a_copy_that_broke_off(tmp_path: Path) -> None:
    root, outside = tmp_path / "film", tmp_path / "outside"
    root.mkdir()
    outside.mkdir()
    (root / "renders").symlink_to(outside)
    with pytest.raises(BadPlace, match=r"^`renders/a.mp4` lies outside film$"):
        Downloads(root).part("renders/a.mp4")
    (outside / "cut").write_bytes(MINE[:3])
    (root / "a.mp4").symlink_to(outside / "cut")
    (root / "round").symlink_to(root / "round")
    assert restored(Downloads(root), "a.mp4").file == "a.abcdef01.mp4"
    assert (outside / "cut").read_bytes() == MINE[:3]
    with pytest.raises((BadPlace, OSError)):
        Downloads(root).part("round/a.mp4")


def test_parts_are_named_by_their_owner_and_those_of_others_stay(tmp_path: Path) -> None:
    one, two = Downloads(tmp_path, "one.lock"), Downloads(tmp_path, "two.lock")
    ending = hashlib.sha256(b"../one.lock").hexdigest()[:8]
    part = one.part("renders/a.mp4")
    assert part.path == tmp_path / "renders" / f"a.{ending}.mp4.part"
    part.write(b"x")
    part.close()
    other = two.part("renders/a.mp4").path
    assert other != part.path and {p.name for p in (tmp_path / "renders").iterdir()} == {part.path.name, other.name}
    fresh = one.part("renders/a.mp4")
    assert fresh.path == part.path and fresh.path.stat().st_size == 0, "a part of before is begun anew"
    one.ready("renders")
    assert [p for p in (tmp_path / "renders").rglob("*") if p.is_file()] == [other]
    longest = "x" * (255 - len(f".{ending}.mp4.part"))
    assert one.part(f"renders/{longest}.mp4").path.name == f"{longest}.{ending}.mp4.part"
    for name in (f"x{longest}.mp4", "a.mov"):
        made = one.part(f"renders/{name}").path.name
        assert made == f"{digest(name.encode())[:16]}.{ending}.mp4.part"


def lock_of(**values: object) -> Lock:
    first = {"fp": FP, "entry": "a/1", "take": 1, "attempt": 1, "state": "saved", "at": "2026-11-23T07:00:00Z"}
    manifest = {"manifest": {"take": 1, "request": {}}, "file": "renders/a.mp4", "sha256": digest(MINE), "bytes": 10}
    return parse(HEADER + encode({**first, **manifest, **values}))


def test_a_video_is_checked_by_another_process_where_it_is_large(clip: bytes, tmp_path: Path) -> None:
    asked = []

    class Checks(ThreadPoolExecutor):
        def submit(self, work, *given):  # type: ignore[no-untyped-def]
            asked.append(Path(given[0]).stat().st_size)
            return super().submit(work, *given)

    with Checks() as checks:
        saves = Downloads(tmp_path, "film.lock", checks)
        for size in (LARGE - 1, LARGE):
            part = saves.part(f"renders/{size}.mp4")
            part.write(clip + box(b"free", length=size - len(clip)).ljust(size - len(clip), b"\0"))
            kept = saves.keep(part, FP)
            assert (kept.bytes, kept.width, kept.height, kept.audio) == (size, 320, 180, False)
            assert kept.seconds == pytest.approx(2, abs=0.1) and kept.fps == 24
        assert asked == [LARGE]
        bad = saves.part("renders/bad.mp4")
        bad.write(FTYP + MOOV + MDAT)
        with pytest.raises(NotWhole):
            saves.keep(bad, FP)
        assert not bad.path.exists() and not (tmp_path / "renders" / "bad.mp4").exists()
        saves.close()
        with pytest.raises(RuntimeError):
            checks.submit(os.stat, tmp_path)


def test_a_video_that_stands_where_it_belongs_is_taken_as_it_is(clip: bytes, tmp_path: Path) -> None:
    saves, there = Downloads(tmp_path), tmp_path / "renders" / "a.mp4"
    there.parent.mkdir()
    there.write_bytes(clip)
    found = saves.here(there, "renders/a.mp4")
    assert found is not None and (found.file, found.sha256, found.bytes) == ("renders/a.mp4", digest(clip), len(clip))
    assert (found.width, found.height) == (320, 180)
    assert saves.here(there, "renders/b.mp4") is None and saves.here(tmp_path / "none.mp4", "renders/a.mp4") is None
    (tmp_path / "renders" / "link.mp4").symlink_to(there)
    assert saves.here(there, "renders/link.mp4") is None, "a link is no video of its own"
    there.write_bytes(clip[:-1])
    with pytest.raises(NotWhole, match="cut short"):
        saves.here(there, "renders/a.mp4")


@pytest.mark.parametrize(
    ("values", "there", "moved"),
    [
        ({}, MINE, True),
        ({"bytes": 11}, MINE, False),
        ({"sha256": digest(OTHER)}, MINE, False),
        ({"state": "completed", "task": "T"}, MINE, False),
    ],
)
def test_a_video_goes_to_the_name_that_a_merge_gave_it(
    values: dict[str, object], there: bytes, moved: bool, tmp_path: Path
) -> None:
    sha256 = str(values.get("sha256", digest(MINE)))
    name = f"renders/a.{FP[:8]}.{sha256[:8]}.mp4"
    (tmp_path / "renders").mkdir()
    (tmp_path / "renders" / "a.mp4").write_bytes(there)
    Downloads(tmp_path).claim(lock_of(file=name, **values))
    assert list(files(tmp_path)) == [name if moved else "renders/a.mp4"]
    if moved:
        (tmp_path / "renders" / "a.mp4").write_bytes(there)
        Downloads(tmp_path).claim(lock_of(file=name))
        assert len(files(tmp_path)) == 2, "what has the name already stays"
