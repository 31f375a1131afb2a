"""Commands that are proposed, copied as they stand: they mean the storyboard, the lock and the profile at hand."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from looks import Run, keep

from seedspec.plan.command_hint import CommandHint

pytestmark = pytest.mark.slow

BOARD = """\
seedspec: 1
name: two
model: seedance-2.0-reference-to-video
profiles:
  draft: {quality: 480p}
references:
  cup: {image: https://cdn.example.com/cup.webp}
  before: {shot: steam, take: pick}
matrix:
  axes: {light: [rain, sun]}
shots:
  - {id: steam, takes: 2, prompt: "{{ ref('cup') }} {{ light }}"}
  - {id: next, prompt: "{{ ref('cup') }} {{ light }} {{ ref('before') }}"}
"""


def proposed(text: str) -> list[list[str]]:
    return [shlex.split(line) for line in re.findall(r"`seedspec ([^`]*)`", text)]


@pytest.mark.parametrize("track", [(), ("--emulator",), ("--profile", "draft"), ("--emulator", "--profile", "draft")])
@pytest.mark.parametrize("name", ["storyboard.yaml", "an other.yaml"])
def test_what_is_proposed_means_the_same_track(folder: Path, seedspec: Run, track: tuple[str, ...], name: str) -> None:
    (folder / name).write_text(BOARD, encoding="utf-8")
    board = () if name == "storyboard.yaml" else (name,)
    for command in (("plan",), ("why", "next@light=rain"), ("status",), ("plan", "--format", "markdown")):
        said = seedspec(*command, *board, *track)
        assert said.code == 0
        (words, *_) = [w for w in proposed(said.out) if w[0] == "pick"]
        named = ["-f", *board] if board else []
        assert words == ["pick", "steam@light=rain", "TAKE", *named, *track]
        copied = seedspec(*(w if w != "TAKE" else "1" for w in words))
        assert copied.code == 2 and "`steam@light=rain/1` has no saved video" in copied.err
        assert proposed(copied.err) == [["status", *board, *track]]
    said = seedspec("plan", *board, *track, "--picked-from", "default")
    assert proposed(said.err)[-1][:2] == ["pick", "ENTRY"]
    assert ("--emulator" in proposed(said.err)[-1]) == ("--emulator" in track)


@pytest.mark.parametrize("name", ["storyboard.yaml", "other.yaml"])
def test_a_doubt_is_settled_where_it_is(folder: Path, seedspec: Run, name: str) -> None:
    (folder / name).write_text(BOARD, encoding="utf-8")
    keep(folder / name, "steam@light=rain/1", "doubt", doubt="cut off")
    (folder / name).with_suffix(".lock").rename(folder / f"{name.removesuffix('.yaml')}.emulator.lock")
    board = () if name == "storyboard.yaml" else (name,)
    said = seedspec("why", "steam@light=rain/1", *board, "--emulator")
    (words,) = proposed(said.out)
    assert words == ["settle", "steam@light=rain/1", *board, "--emulator"]
    copied = seedspec(*words, "--lost")
    assert copied.code == 2 and "is not running or made: it is doubt" in copied.err
    said = seedspec("run", *board, "--emulator", "--max-entries", "0", "--junit", "out.xml")
    assert f"`seedspec {shlex.join(words)}` settles it" in (folder / "out.xml").read_text(encoding="utf-8")


def test_words_are_quoted_for_a_shell() -> None:
    commands = CommandHint("a b.yaml", emulated=True, profile="draft")
    assert commands.on("settle", "a@b=c d/1", "--lost") == (
        "`seedspec settle 'a@b=c d/1' --lost 'a b.yaml' --emulator --profile draft`"
    )
    assert commands.on("pick", "a", "TAKE") == "`seedspec pick a TAKE -f 'a b.yaml' --emulator --profile draft`"
    assert CommandHint().line("fetch") == "`seedspec fetch`"


@pytest.mark.parametrize("name", ["storyboard.yaml", "ads/a board.yaml"])
def test_a_video_whose_lock_was_lost_is_taken_up_as_it_is_said(folder: Path, seedspec: Run, name: str) -> None:
    """Moved away, it would be bought a second time."""
    board = () if name == "storyboard.yaml" else (name,)
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text(BOARD.split("  before:")[0] + BOARD[BOARD.index("matrix:") :].split("  - {id: next")[0])
    run = ("run", *board, "--emulator", "--emulator-seconds", "0.1")
    assert seedspec(*run).code == 0
    lock = (folder / name).with_suffix(".emulator.lock")
    lock.unlink()
    for command in (("plan",), ("status",)):
        told = proposed(seedspec(*command, *board, "--emulator").out)
        assert len(told) == 4 and all(words[0] == "adopt" for words in told)
    for words in told:
        assert [words] == proposed(seedspec("why", words[1], *board, "--emulator").out)
        said = seedspec(*words)
        assert said.code == 0, said
    before = lock.read_bytes()
    said = seedspec(*run)
    assert said.code == 0 and lock.read_bytes() == before and before.count(b'"saved"') == 4
