"""Commands that messages propose: copied as they stand, they mean this storyboard, lock and profile."""

from __future__ import annotations

import pytest

from seedspec.plan.command_hint import CommandHint

PLAIN = CommandHint()
FULL = CommandHint("my boards/x.yaml", emulated=True, profile="dr aft")


@pytest.mark.parametrize(
    ("hint", "words", "line"),
    [
        (PLAIN, ("run",), "`seedspec run`"),
        (PLAIN, ("run", "--retry-failed"), "`seedspec run --retry-failed`"),
        (PLAIN, ("pick", "a/1"), "`seedspec pick a/1`"),
        (CommandHint("x.yaml"), ("pick", "a/1"), "`seedspec pick a/1 -f x.yaml`"),
        (CommandHint("x.yaml"), ("run",), "`seedspec run x.yaml`"),
        (CommandHint("", emulated=True), ("run",), "`seedspec run --emulator`"),
        (CommandHint("", profile="draft"), ("run",), "`seedspec run --profile draft`"),
        (FULL, ("run", "--yes"), "`seedspec run --yes 'my boards/x.yaml' --emulator --profile 'dr aft'`"),
        (FULL, ("pick", "a/1"), "`seedspec pick a/1 -f 'my boards/x.yaml' --emulator --profile 'dr aft'`"),
    ],
)
def test_a_line_means_this_storyboard_lock_and_profile(hint: CommandHint, words: tuple[str, ...], line: str) -> None:
    assert hint.line(*words) == line
    assert hint.plain(*words) == line.strip("`")


def test_the_name_of_an_entry_is_quoted_where_a_shell_takes_it_for_more() -> None:
    assert PLAIN.on("why", "a@look=noir/1") == "`seedspec why a@look=noir/1`"
    assert CommandHint("x.yaml").on("settle", "a;b/1", "--failed") == "`seedspec settle 'a;b/1' --failed x.yaml`"


@pytest.mark.parametrize(
    ("storyboard", "name", "path"),
    [
        ("", "renders/x.mp4", "renders/x.mp4"),
        ("x.yaml", "renders/x.mp4", "renders/x.mp4"),
        ("a/b/x.yaml", "renders/x.mp4", "a/b/renders/x.mp4"),
        ("/a/x.yaml", "renders/x.mp4", "/a/renders/x.mp4"),
        ("../x.yaml", "renders/x.mp4", "../renders/x.mp4"),
        ("a/x.yaml", "./x.mp4", "a/x.mp4"),
        ("a/x.yaml", "../x.mp4", "a/../x.mp4"),
        ("a/x.yaml", "renders//x.mp4", "a/renders/x.mp4"),
        ("a/x.yaml", "/etc/x", "/etc/x"),
        ("a/x.yaml", "", ""),
    ],
)
def test_a_file_is_shown_from_where_people_stand(storyboard: str, name: str, path: str) -> None:
    assert CommandHint(storyboard).path(name) == path


def test_a_file_is_quoted_for_a_shell() -> None:
    assert CommandHint("my boards/x.yaml").file("renders/x.mp4") == "'my boards/renders/x.mp4'"
    assert CommandHint("a/x.yaml").file("renders/x.mp4") == "a/renders/x.mp4"
