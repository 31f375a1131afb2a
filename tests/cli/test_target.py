"""Where commands may write what they make: nothing that was bought, read or relied on is ever written over."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from looks import Run

KEPT = {
    "storyboard.lock": "as a lock is",
    "./renders/../storyboard.lock": "as a lock is",
    "other.emulator.lock": "as a lock is",
    "storyboard.yaml": "the storyboard",
    "storyboard.picks.yaml": "the file of the picks",
    "storyboard.emulator.picks.yaml": "the file of the picks",
    "storyboard.measures.jsonl": "the file of what judges say",
    "storyboard.emulator.measures.jsonl": "the file of what judges say",
    "renders/open_take1.mp4": "the video of `open/1`",
    "renders/other.mp4": "a video that `other.lock` knows",
    "media/cup.png": "the reference `cup` of the storyboard",
    "link.yaml": "the storyboard",
}
COMMANDS = {
    "json": ("export", "json", "-o"),
    "otio": ("export", "otio", "-o"),
    "sheet": ("export", "sheet", "-o"),
    "animatic": ("export", "animatic", "-o"),
    "review": ("review", "-o"),
    "run": ("run", "--junit"),
    "fetch": ("fetch", "--junit"),
}


@pytest.fixture
def shared(project: Path) -> Path:
    """The project beside another storyboard's lock, which is damaged, and a link to its own storyboard."""
    (project / "other.lock").write_bytes(b'{"seedspec_lock":1}\n<<<<<<< ours\n{"file":"renders/other.mp4"}\n')
    (project / "renders" / "other.mp4").write_bytes(b"paid")
    (project / "link.yaml").symlink_to("storyboard.yaml")
    return project


def held(folder: Path) -> dict[str, bytes]:
    """All files but the state folder's, which commands may write as they like."""
    found = (f for f in folder.rglob("*") if f.is_file() and ".seedspec" not in f.parts)
    return {str(f.relative_to(folder)): f.read_bytes() for f in found}


@pytest.mark.parametrize("target", KEPT)
@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.sampled(2)
@pytest.mark.slow
def test_what_is_relied_on_is_never_written_over(shared: Path, seedspec: Run, command: str, target: str) -> None:
    before = held(shared)
    said = seedspec(*COMMANDS[command], target)
    assert said.code == 2 and f"`{target}` is " in said.err and KEPT[target] in said.err, said
    assert held(shared) == before


def test_a_report_is_judged_before_anything_is_bought(looks: Path, seedspec: Run) -> None:
    said = seedspec("run", "--emulator", "--emulator-seconds", "0.1", "--junit", "storyboard.emulator.lock")
    assert (said.code, said.out) == (2, "") and not (looks.parent / "storyboard.emulator.lock").exists()
    said = seedspec(
        "run", "--emulator", "--emulator-seconds", "0.1", "--junit", "renders.emulator/open@look=noir_take1.mp4"
    )
    assert said.code == 2 and "the video of `open@look=noir/1`" in said.err
    assert not (looks.parent / "storyboard.emulator.lock").exists()


@pytest.mark.parametrize(
    ("command", "name"),
    [
        (("review",), "storyboard.review.html"),
        (("review", "-o", "page.html"), "page.html"),
        (("export", "json", "-o", "rows.json"), "rows.json"),
        (("export", "csv", "-o", "rows.csv"), "rows.csv"),
        (("export", "otio"), "storyboard.otio"),
        (("run", "--junit", "report.xml"), "report.xml"),
    ],
)
def test_a_link_in_the_place_of_an_output_is_replaced(
    project: Path, seedspec: Run, command: tuple[str, ...], name: str
) -> None:
    """A cloned repository may hold one that leads out of it."""
    victim = project.parent / "victim.txt"
    victim.write_text("mine", encoding="utf-8")
    (project / name).symlink_to("../victim.txt")
    assert seedspec(*command).code == 0
    assert victim.read_text(encoding="utf-8") == "mine"
    assert (project / name).is_file() and not (project / name).is_symlink() and (project / name).stat().st_size


def test_a_link_in_the_place_of_a_video_under_way_is_replaced(project: Path, seedspec: Run) -> None:
    victim = project.parent / "victim.txt"
    victim.write_text("mine", encoding="utf-8")
    (project / ".storyboard.animatic.mp4.new").symlink_to("../victim.txt")
    seedspec("export", "animatic")
    assert victim.read_text(encoding="utf-8") == "mine"


@pytest.mark.skipif(os.name == "nt", reason="no pipes with names")
def test_what_is_no_file_is_written_to(project: Path, seedspec: Run) -> None:
    pipe = project / "pipe"
    os.mkfifo(pipe)
    reading = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        assert seedspec("export", "json", "-o", "pipe").code == 0
        assert os.read(reading, 1 << 16).startswith(b"{") and pipe.is_fifo()
    finally:
        os.close(reading)
    said = seedspec("export", "json", "-o", "/dev/stdout")
    assert said.code == 0 and '"entries"' in said.out and Path("/dev/stdout").is_symlink()
