"""`--profile` on the command line: what is refused, what it is called in the environment, and where it is shown."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from looks import Run, keep

PROFILES = "profiles:\n  draft: {duration: 4, takes: 2}\n  final: {quality: 720p}\n"
VIDEO = {"task": "task-unified-1-a", "file": "renders/x.mp4", "sha256": "0" * 64, "bytes": 1}


@pytest.fixture
def profiled(looks: Path) -> Path:
    with looks.open("a", encoding="utf-8") as board:
        board.write(PROFILES)
    return looks


ALL = [
    ["compile"], ["plan"], ["run"], ["status"], ["fetch"], ["why", "open@look=noir/1"], ["diff", "HEAD"], ["check"],
    ["settle", "open@look=noir/1"], ["adopt", "open@look=noir/1", "--task", "x"], ["review"], ["pick"], ["stats"],
    ["export", "csv"], ["export", "json"], ["export", "otio"], ["export", "sheet"], ["export", "animatic"],
]  # fmt: skip


@pytest.mark.parametrize("command", ALL, ids=" ".join)
def test_an_unknown_profile_ends_every_command_with_code_2(command: list[str], profiled: Path, seedspec: Run) -> None:
    said = seedspec(*command, "--profile", "drafts")
    assert (said.code, said.out) == (2, "")
    assert said.err == "seedspec: no profile `drafts`; did you mean `draft`?\n"


@pytest.mark.parametrize("command", ["plan", "run"])
def test_an_unknown_profile_to_pick_from_is_refused_too(command: str, profiled: Path, seedspec: Run) -> None:
    assert "no profile `dreft`; did you mean `draft`?" in seedspec(command, "--picked-from", "dreft").err
    said = seedspec(command, "--profile", "final", "--picked-from", "draft")
    assert said.code == 2
    assert said.err.endswith(
        "no take is picked with profile `draft`; `seedspec pick ENTRY --profile draft` chooses one\n"
    )


def test_the_environment_sets_it_for_all_commands_and_the_word_wins(
    profiled: Path, seedspec: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEEDSPEC_PROFILE", "draft")
    assert json.loads(seedspec("plan", "--format", "json").out)["profile"] == "draft"
    assert {e["request"]["duration"] for e in json.loads(seedspec("compile", "--format", "json").out)} == {4}
    assert json.loads(seedspec("plan", "--profile", "default", "--format", "json").out)["profile"] is None
    monkeypatch.setenv("SEEDSPEC_PROFILE", "nobody")
    assert seedspec("check").code == 0, "check looks at all of them, whatever is set"
    monkeypatch.delenv("SEEDSPEC_PROFILE")
    monkeypatch.setenv("SEEDSPEC_PLAN_PROFILE", "final")
    assert json.loads(seedspec("plan", "--format", "json").out)["profile"] == "final"


def test_check_looks_at_all_profiles_or_at_one(profiled: Path, seedspec: Run) -> None:
    assert seedspec("check").err == "1 storyboard: no problems found\nnext: seedspec plan\n"
    profiled.write_text(profiled.read_text(encoding="utf-8").replace("duration: 4, takes", "duration: 3, takes"))
    said = seedspec("check")
    assert said.code == 3 and said.out.startswith("storyboard.yaml:27:21: error: found 3; expected 4 to 15")
    assert "set by profile draft" in said.out and said.err.startswith("1 storyboard: 1 error\n")
    assert seedspec("check", "--profile", "final").code == 0
    assert seedspec("check", "--profile", "default").code == 0
    assert seedspec("check", "--profile", "draft").code == 3
    assert seedspec("plan", "--profile", "draft").code == 3 and seedspec("plan").code == 0


def test_what_a_profile_overrode_is_explained(profiled: Path, seedspec: Run) -> None:
    out = seedspec("compile", "--origins", "open@look=noir/2", "--profile", "draft").out
    rows = [line.split() for line in out.splitlines() if "storyboard.yaml" in line]
    assert ["duration", "4", "profile", "draft", "storyboard.yaml:27:21"] in rows
    assert ["6", "look=noir", "storyboard.yaml:11:47", "overridden"] in rows


def test_a_purchase_of_one_profile_is_no_change_of_another(profiled: Path, seedspec: Run) -> None:
    keep(profiled, "open@look=noir/1", "saved", **VIDEO)  # as written
    assert "nothing was bought under its address" in seedspec("why", "open@look=noir/1", "--profile", "final").out
    plan = seedspec("plan", "--profile", "final").out
    assert plan.startswith("looks  seedance-2.0-reference-to-video  profile final\n")
    assert "~" not in plan and "\n-" not in plan
    assert "4 saved" not in seedspec("status", "--profile", "final").out
    assert seedspec("plan", "--profile", "final", "--format", "markdown").out.startswith(
        "### `storyboard.yaml (final)`: 4 videos"
    )


def test_prune_keeps_what_any_profile_asks_for_and_stops_at_an_error_in_one(profiled: Path, seedspec: Run) -> None:
    for address in ("open@look=noir/1", "open@look=soft/1"):
        keep(profiled, address, "saved", **VIDEO)
    text = profiled.read_text(encoding="utf-8")
    profiled.write_text(
        text.replace("quality: 480p}", "quality: 720p}").replace("{quality: 720p}\n", "{quality: 480p}\n")
    )
    # the storyboard as written asks for 720p now; what was bought is what `final` asks for
    said = seedspec("lock", "prune", "--yes")
    assert said.err == "nothing to forget\n", said
    profiled.write_text(profiled.read_text(encoding="utf-8").replace("final: {quality: 480p}", "final: {quality: 4}"))
    assert seedspec("lock", "prune", "--yes").code == 3
    profiled.write_text(text.replace("480p", "720p").replace(PROFILES, ""))
    assert seedspec("lock", "prune", "--yes").err == "2 forgotten; the files stay\n"


def test_a_revision_without_the_profile_makes_everything_new(looks: Path, seedspec: Run) -> None:
    who = ("-c", "user.name=A", "-c", "user.email=a@example.com")
    environ = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")} | {"GIT_CONFIG_GLOBAL": os.devnull}
    for words in (["init", "-q"], ["add", "-A", "-f"], [*who, "commit", "-q", "-m", "x"]):
        subprocess.run(["git", *words], cwd=looks.parent, check=True, env=environ)
    with looks.open("a", encoding="utf-8") as board:
        board.write(PROFILES)
    said = seedspec("diff", "HEAD", "--profile", "final")
    assert said.code == 0 and "in HEAD: no profile `final`; the storyboard has none: everything is new" in said.err
    assert "4 added, 0 as before" in said.out
    said = seedspec("plan", "--against", "HEAD", "--profile", "final")
    assert said.code == 0 and "everything is new" in said.err
    assert "nothing to buy" in seedspec("diff", "HEAD").out


def test_what_is_adopted_goes_to_the_folder_of_the_profile(
    profiled: Path, seedspec: Run, tmp_path_factory: pytest.TempPathFactory
) -> None:
    made = shutil.copy(Path(__file__).parents[2] / "examples" / "fruit-tea" / "assets" / "walk.mp4",
                       tmp_path_factory.mktemp("video") / "take.mp4")  # fmt: skip
    said = seedspec("adopt", "open@look=noir/2", "--profile", "draft", "--file", str(made))
    assert said.err == "open@look=noir/2: saved as renders/draft/open@look=noir_take2.mp4\n", said
    record = json.loads((profiled.parent / "storyboard.lock").read_bytes().splitlines()[1])
    assert (record["profile"], record["file"]) == ("draft", "renders/draft/open@look=noir_take2.mp4")
    assert seedspec("lock", "verify").code == 0
    assert "done: renders/draft/open@look=noir_take2.mp4\n" in seedspec("plan", "--profile", "draft").out
    assert "done" not in seedspec("plan").out
