"""`check` over one file, many files and folders: what it prints, where, and with which code it ends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from looks import LOOKS, Run, edit

BROKEN = LOOKS.replace("{{ look.words }}", "{{ lok.words }}")
WARNED = LOOKS.replace("{{ ref('cup') }}, slow push in.", "A slow push in.")
UNKNOWN = LOOKS.replace("defaults:", "defalts:")


def test_clean(looks: Path, seedspec: Run) -> None:
    said = seedspec("check")
    assert (said.code, said.out, said.err) == (0, "", "1 storyboard: no problems found\nnext: seedspec plan\n")


def test_an_error_is_data_on_standard_output(looks: Path, seedspec: Run) -> None:
    looks.write_text(BROKEN)
    said = seedspec("check")
    assert (said.code, said.err) == (3, "1 storyboard: 1 error\nwhat it means: seedspec explain undefined-name\n")
    assert said.out == (
        "storyboard.yaml:18:39: error: `lok` is not defined [undefined-name]\n"
        "  18 |       {{ ref('cup') }} on a table, {{ lok.words }}.\n"
        "     |                                       ^^^\n"
        "     = did you mean `look`, an axis declared at storyboard.yaml:10:5?\n"
    )


def test_colours_where_they_are_asked_for(looks: Path, seedspec: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    looks.write_text(BROKEN)
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b" not in seedspec("check").out  # NO_COLOR is set too, and wins
    monkeypatch.delenv("NO_COLOR")
    said = seedspec("check")
    assert "\x1b[31merror\x1b[0m" in said.out
    monkeypatch.delenv("FORCE_COLOR")
    assert "\x1b" not in seedspec("check").out


def test_warnings_fail_when_strict(looks: Path, seedspec: Run) -> None:
    looks.write_text(WARNED)
    assert seedspec("check").code == 0
    assert seedspec("check", "--strict").code == 3


def test_folders_and_files_at_once(folder: Path, seedspec: Run) -> None:
    for name in ("a/one.yaml", "a/deep/two.yml", "b.yaml", "a/.venv/three.yaml"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(BROKEN)
    (folder / "a" / "compose.yaml").write_text("services: [1, 2\n")
    said = seedspec("check", "a", "b.yaml", "a/one.yaml", "missing.yaml", "--format", "json")
    files = [d["file"] for d in json.loads(said.out)]
    assert said.code == 3 and files == ["a/deep/two.yml", "a/one.yaml", "b.yaml", None]
    assert seedspec("check", "a/.venv").err.startswith("1 storyboard: 1 error\n")


@pytest.mark.parametrize("options", [(), ("--format", "json"), ("--fix",), ("--fix", "--diff")])
def test_a_folder_without_a_storyboard_is_no_success(options: tuple[str, ...], folder: Path, seedspec: Run) -> None:
    (folder / "other").mkdir()
    (folder / "other" / "compose.yaml").write_text("services: [1, 2]\n")
    (folder / "mine").mkdir()
    (folder / "mine" / "storyboard.yaml").write_text(WARNED)
    said = seedspec("check", "mine", "other", *options)
    assert (said.code, said.out) == (2, "")
    assert said.err == "seedspec: no storyboard is in `other`; expected a *.yaml file with a `seedspec:` key\n"


def test_github_annotations_are_ten_at_most_worst_first(folder: Path, seedspec: Run) -> None:
    (folder / "warned.yaml").write_text(WARNED)
    for number in range(14):
        (folder / f"s{number:02}.yaml").write_text(UNKNOWN)
    said = seedspec("check", ".", "--format", "github")
    lines = said.out.splitlines()
    assert said.code == 3 and said.err == "" and len(lines) == 10
    assert all(line.startswith("::error ") for line in lines) and "more; run `seedspec check`" in lines[-1]
    assert lines[0].startswith("::error file=s00.yaml,line=4,endLine=4,col=1,endColumn=8,title=unknown-key::")


def test_text_in_a_file_steers_no_terminal(looks: Path, seedspec: Run) -> None:
    edit(looks, "defaults:", '"de\\efaults\\x1b[31m":')
    for form in ("text", "json", "github"):
        said = seedspec("check", "--format", form)
        assert said.code == 3 and "\x1b" not in said.out


@pytest.mark.parametrize("form", ["text", "json", "github"])
def test_no_key_and_no_network(looks: Path, seedspec: Run, monkeypatch: pytest.MonkeyPatch, form: str) -> None:
    monkeypatch.setenv("EVOLINK_BASE_URL", "not an address")
    assert seedspec("check", "--format", form).code == 0
