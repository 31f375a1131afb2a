"""`diff`: a storyboard of a git revision beside the one in the folder; every repository here is made for its test."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from looks import Run, edit, keep

EXPECTED = Path(__file__).parent / "expected"
SAVED = {"task": "task-unified-1-a", "file": "renders/x.mp4", "sha256": "0" * 64, "bytes": 1}


def git(folder: Path, *arguments: str) -> str:
    who = ("-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "init.defaultBranch=main")
    environ = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")} | {"GIT_CONFIG_GLOBAL": os.devnull}
    done = subprocess.run(
        ["git", *who, *arguments], cwd=folder, capture_output=True, text=True, check=True, env=environ
    )
    return done.stdout.strip()


def commit(folder: Path, *, first: bool = False) -> str:
    if first:
        git(folder, "init", "-q")
    git(folder, "add", "-A", "-f")
    git(folder, "commit", "-q", "-m", "x")
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture
def committed(looks: Path) -> Path:
    commit(looks.parent, first=True)
    return looks


def test_nothing_changed(committed: Path, seedspec: Run) -> None:
    said = seedspec("diff", "HEAD")
    assert (said.code, said.out, said.err) == (0, "4 as before\nnothing to buy\n", "")


def test_added_changed_moved_and_gone(committed: Path, seedspec: Run, expect: Callable[[Path, str], None]) -> None:
    edit(committed, "hard shadows", "hard, wet shadows")  # changed
    edit(committed, "generate_audio: false", "generate_audio: true")
    edit(committed, "      soft:", "      calm:")  # moved
    edit(committed, "      fast:", "      still: \"{{ ref('cup') }}, no move.\"\n      quick:")  # added, moved
    edit(committed, "      slow: \"{{ ref('cup') }}, slow push in.\"\n", "")  # gone
    said = seedspec("diff", "HEAD")
    assert said.code == 0
    assert said.err.count("warning") == said.err.count("override-unused") == 0  # it says the default
    expect(EXPECTED / "diff.txt", said.out)


def test_what_the_lock_knows_costs_nothing(committed: Path, seedspec: Run) -> None:
    edit(committed, "window light", "lamp light")
    assert "to buy: 31.39 credits ($0.46)" in seedspec("diff", "HEAD").out
    keep(committed, "open@look=soft/1", "saved", **SAVED)
    said = seedspec("diff", "HEAD")
    assert said.out.endswith("1 changed, 3 as before\nnothing to buy\n")


def test_an_intent_that_was_taken_back_is_still_to_be_bought(committed: Path, seedspec: Run) -> None:
    edit(committed, "window light", "lamp light")
    keep(committed, "open@look=soft/1", "queued")
    assert "to buy: 31.39 credits ($0.46)" in seedspec("diff", "HEAD").out


def test_a_request_that_another_entry_brings_costs_nothing(committed: Path, seedspec: Run) -> None:
    edit(committed, "      soft:", '      same: {words: "window light"}\n      soft:')
    assert seedspec("diff", "HEAD").out.endswith("1 added, 4 as before\nnothing to buy\n")


def test_json(committed: Path, seedspec: Run) -> None:
    head = git(committed.parent, "rev-parse", "HEAD")
    edit(committed, "duration: 6", "duration: 7")
    found = json.loads(seedspec("diff", "HEAD", "--format", "json").out)
    (change,) = found.pop("changes")
    assert change["kind"] == "changed" and change["entry"] == change["was"] == "open@look=noir/1"
    assert change["differences"] == [{"field": "duration", "old": 6, "new": 7}]
    assert change["fingerprint"] != change["old_fingerprint"]
    cost = {"credits": {"low": 43.9425, "high": 43.9425}, "usd": {"low": 0.6462, "high": 0.6462}}
    counts = {"added": 0, "changed": 1, "moved": 0, "gone": 0, "same": 3}
    assert found == {"seedspec_diff": 1, "commit": head, "counts": counts, **cost, "prices_as_of": "2026-10-10"}


def test_selectors_take_either_side(committed: Path, seedspec: Run) -> None:
    edit(committed, "- id: close", "- id: end")
    edit(committed, "hard shadows", "hard, wet shadows")
    for term in ("close", "end"):
        assert [line.split()[0] for line in seedspec("diff", "HEAD", "-s", term).out.splitlines()[:2]] == ["moved"] * 2
    assert "moved" not in seedspec("diff", "HEAD", "-x", "close", "-x", "end").out
    assert seedspec("diff", "HEAD", "-s", "clsoe").code == 2


def test_templates_and_media_are_those_of_the_revision(looks: Path, seedspec: Run) -> None:
    folder = looks.parent
    (folder / "parts").mkdir()
    (folder / "parts" / "end.j2").write_text("{{ brand }} ends.")
    (folder / "cup.png").write_bytes(_png(b"old"))
    (folder / "link.png").symlink_to("cup.png")
    edit(looks, "image: https://cdn.example.com/cup.webp", "image: link.png")
    edit(looks, "slow push in.", "slow push in. {% include 'parts/end.j2' %}")
    commit(folder, first=True)
    assert seedspec("diff", "HEAD").out == "4 as before\nnothing to buy\n"
    (folder / "parts" / "end.j2").write_text("{{ brand }} stays.")
    out = seedspec("diff", "HEAD").out
    assert "prompt: … Sunny Pour ends. → … Sunny Pour stays." in out and "3 as before" in out
    (folder / "cup.png").write_bytes(_png(b"new"))
    old, new = (hashlib.sha256(_png(b)).hexdigest()[:12] for b in (b"old", b"new"))
    out = seedspec("diff", "HEAD").out
    assert out.count(f"image_urls[0]: sha256:{old} → sha256:{new}") == 4


def test_media_that_git_does_not_hold_are_taken_as_they_are(looks: Path, seedspec: Run) -> None:
    edit(looks, "image: https://cdn.example.com/cup.webp", "image: cup.png")
    commit(looks.parent, first=True)
    (looks.parent / "cup.png").write_bytes(_png(b"x"))
    said = seedspec("diff", "HEAD")
    assert said.out == "4 as before\nnothing to buy\n"
    assert said.err == "not in HEAD, so taken as they are now: `cup.png`\n"


def test_a_pointer_of_git_lfs_is_its_file(looks: Path, seedspec: Run) -> None:
    edit(looks, "image: https://cdn.example.com/cup.webp", "image: cup.png")
    digest = hashlib.sha256(_png(b"x")).hexdigest()
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize 800\n"
    (looks.parent / "cup.png").write_text(pointer)
    commit(looks.parent, first=True)
    (looks.parent / "cup.png").write_bytes(_png(b"x"))
    assert seedspec("diff", "HEAD").out == "4 as before\nnothing to buy\n"


def test_a_storyboard_below_the_top_seen_from_elsewhere(
    looks: Path, seedspec: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    below = looks.parent / "ads" / "spring"
    below.mkdir(parents=True)
    (below / "ad.yaml").write_text(looks.read_text())
    looks.unlink()
    commit(looks.parent, first=True)
    edit(below / "ad.yaml", "duration: 6", "duration: 7")
    monkeypatch.chdir(looks.parent.parent)
    said = seedspec("diff", "main~0", "project/ads/spring/ad.yaml")
    assert said.out.splitlines()[0].startswith("changed  open@look=noir/1  duration: 6 → 7")


def test_errors(looks: Path, seedspec: Run) -> None:
    said = seedspec("diff", "HEAD")
    assert said.code == 2 and said.err.startswith("seedspec: `.` is not in a git repository (fatal: not a git repo")
    first = commit(looks.parent, first=True)
    (looks.parent / "other.yaml").write_text(looks.read_text())
    assert seedspec("diff", "nope").err == "seedspec: git knows no revision `nope` here\n"
    assert seedspec("diff", "HEAD:storyboard.yaml").err == (
        "seedspec: git knows no revision `HEAD:storyboard.yaml` here\n"
    )
    assert seedspec("diff", first[:10], "other.yaml").err == (
        f"seedspec: `other.yaml` is not in {first[:10]} (or is larger than a storyboard may be)\n"
    )
    assert seedspec("diff", "HEAD", "no/such.yaml").code == 3


@pytest.mark.parametrize("revision", ["--output=x", "-h", "", "a b", "HEAD\n", "x" * 201])
def test_a_revision_is_never_an_option(committed: Path, seedspec: Run, revision: str) -> None:
    said = seedspec("diff", "--", revision)
    assert said.code == 2 and f"`{revision}` is no git revision" in said.err
    assert sorted(p.name for p in committed.parent.iterdir()) == [".git", "storyboard.yaml"]


def test_inside_a_hook_of_git(committed: Path, seedspec: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_DIR", "elsewhere/.git")
    monkeypatch.setenv("GIT_INDEX_FILE", ".git/index")
    assert seedspec("diff", "HEAD").out == "4 as before\nnothing to buy\n"


def test_a_shallow_clone_says_so(committed: Path, seedspec: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    edit(committed, "duration: 6", "duration: 7")
    commit(committed.parent)
    clone = committed.parent.parent / "clone"
    git(committed.parent, "clone", "-q", "--depth", "1", committed.parent.as_uri(), str(clone))
    monkeypatch.chdir(clone)
    assert seedspec("diff", "HEAD").code == 0
    assert seedspec("diff", "HEAD~1").err == (
        "seedspec: git knows no revision `HEAD~1` here; "
        "this clone is shallow, `git fetch --unshallow` brings the rest\n"
    )


def test_an_old_storyboard_with_errors(looks: Path, seedspec: Run) -> None:
    text = looks.read_text()
    looks.write_text(text.replace("whip pan", "{{ whip }}"))
    commit(looks.parent, first=True)
    looks.write_text(text)
    said = seedspec("diff", "HEAD")
    assert said.err == "in HEAD the storyboard had 1 error; entries with errors count as not there\n"
    assert said.code == 0 and "added  close@prompt=fast/1" in said.out
    looks.write_text("seedspec: [")
    commit(looks.parent)
    looks.write_text(text)
    said = seedspec("diff", "HEAD")
    assert (said.code, said.out) == (3, "")
    assert said.err.startswith("storyboard.yaml@HEAD:1:") and said.err.endswith(
        "seedspec: `storyboard.yaml` cannot be read as it was in HEAD\n"
    )


def _png(text: bytes) -> bytes:
    """A picture of 400 × 400 whose bytes differ by a text chunk."""
    import struct
    import zlib

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 400, 400, 8, 0, 0, 0, 0)
    pixels = zlib.compress(b"\0" * (401 * 400))
    chunks = ((b"IHDR", head), (b"tEXt", b"Comment\0" + text), (b"IDAT", pixels), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*c) for c in chunks)


PICKED = """\
seedspec: 1
model: seedance-2.0-reference-to-video
references: {cup: {image: https://cdn.example.com/cup.webp}}
shots:
  - {id: open, takes: 2, prompt: "{{ ref('cup') }}"}
  - {id: next, references: {before: {shot: open, take: pick}}, prompt: "on from {{ ref('before') }}"}
"""


def test_a_pick_that_changed_changes_what_follows_it(folder: Path, seedspec: Run) -> None:
    """The picks of then are read from git, as the storyboard is; without any, what follows one waits."""
    (folder / "storyboard.yaml").write_text(PICKED, encoding="utf-8")
    commit(folder, first=True)
    picks, fp = folder / "storyboard.picks.yaml", "0" * 64
    picks.write_text(f'seedspec_picks: 1\npicks:\n  - {{"entry": "open/2", "fp": "{fp}"}}\n', encoding="utf-8")
    assert "next/1  video_urls[0]: pick:open → open/2" in seedspec("diff", "HEAD").out
    commit(folder)
    assert "nothing to buy" in seedspec("diff", "HEAD").out
    edit(picks, "open/2", "open/1")
    said = seedspec("diff", "HEAD")
    assert said.code == 0 and "next/1  video_urls[0]: open/2 → open/1" in said.out


def test_a_broken_file_of_picks_is_a_finding_where_one_is_followed(folder: Path, seedspec: Run) -> None:
    (folder / "storyboard.yaml").write_text(PICKED, encoding="utf-8")
    (folder / "storyboard.picks.yaml").write_text("seedspec_picks: 1\npicks: [{}]\n", encoding="utf-8")
    said = seedspec("check")
    assert said.code == 3 and "storyboard.picks.yaml:2:9" in said.out
    (folder / "storyboard.yaml").write_text(PICKED.replace("pick}", "2}"), encoding="utf-8")
    assert seedspec("check").code == 0
