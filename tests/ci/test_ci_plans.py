"""`seedspec ci` with a folder of agreed plans: whatever stands in the folder, nothing else is bought."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from seedspec.cli import agreed_folder
from seedspec.cli.main import start
from seedspec.lock.lock import parse

BOARD = """\
seedspec: 1
name: {name}
model: seedance-2.0-reference-to-video
defaults: {{duration: 4, quality: 480p}}
references: {{cup: {{image: https://cdn.example.com/cup.webp}}}}
shots:
  - {{id: one, prompt: "{name} one {{{{ ref('cup') }}}}"}}
"""
QUICK = "--emulator\n--emulator-seconds=0.05\n--submit-rate=1000\n--poll-interval=0.1"


@pytest.fixture
def boards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    """Two storyboards of one name and one file name, in two folders."""
    monkeypatch.chdir(tmp_path)
    for name in ("GITHUB_ACTIONS", "GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("RUNNER_TEMP", str(tmp_path))
    for folder, name in (("a", "tea"), ("b", "tea")):
        (tmp_path / folder).mkdir()
        text = BOARD.format(name=name).replace('"tea one', f'"{folder} one')
        (tmp_path / folder / "storyboard.yaml").write_text(text, encoding="utf-8")
    return "a/storyboard.yaml", "b/storyboard.yaml"


def ci(command: str, *boards: str, **given: str) -> int:
    words = [w for name, value in given.items() for w in (f"--{name}", value)]
    return start(["ci", "--command", command, "--storyboards", "\n".join(boards), *words])


def bought(board: str) -> int:
    lock = Path(board).with_name("storyboard.emulator.lock")
    return len(list(parse(lock.read_bytes()))) if lock.exists() else 0


def plan(*boards: str) -> dict[str, Path]:
    assert ci("plan", *boards, plans="plans", options="--emulator") == 0
    return {board: Path("plans", agreed_folder.plan_name(board)) for board in boards}


def test_a_name_is_of_one_path_however_it_is_written(boards: tuple[str, str]) -> None:
    name = agreed_folder.plan_name
    assert name("a/storyboard.yaml") == name("./a//storyboard.yaml") != name("b/storyboard.yaml")
    assert len({name(p) for p in ("a/b.yaml", "a-b.yaml", "A/b.yaml", "ä/b.yaml", "ü/b.yaml")}) == 5
    assert len(name("x" * 4000)) < 100 and all(c.isalnum() or c in "-." for c in name("../a b:*?\n.yaml"))


@pytest.mark.slow
def test_each_storyboard_is_bought_by_its_own_plan(
    boards: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "output"))
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary"))
    first, second = boards
    plan(first)
    assert "plans=plans\n" in (tmp_path / "output").read_text()
    capfd.readouterr()
    assert ci("run", *boards, plans="plans", options=QUICK) == 4
    assert (bought(first), bought(second)) == (1, 0)
    assert "seedspec: no agreed plan of `b/storyboard.yaml` is in `plans`; nothing is bought" in capfd.readouterr().err
    assert "### `b/storyboard.yaml`: nothing is bought: ``no agreed plan" in (tmp_path / "summary").read_text()
    plan(*boards)
    assert ci("run", *boards, plans="plans", options=QUICK) == 0 and (bought(first), bought(second)) == (1, 1)


@pytest.mark.long
def test_without_a_folder_a_run_buys_what_there_is(boards: tuple[str, str]) -> None:
    assert ci("run", boards[0], options=QUICK) == 0 and bought(boards[0]) == 1


def swapped(plans: dict[str, Path]) -> None:
    one, two = plans.values()
    one.write_bytes(two.read_bytes())


def linked(plans: dict[str, Path]) -> None:
    one, _ = plans.values()
    one.rename("elsewhere.json")
    one.symlink_to(Path("elsewhere.json").absolute())


def linked_folder(_: dict[str, Path]) -> None:
    Path("plans").rename("others")
    Path("plans").symlink_to(Path("others").absolute())


def piped(plans: dict[str, Path]) -> None:
    one, _ = plans.values()
    one.unlink()
    os.mkfifo(one)


def a_folder(plans: dict[str, Path]) -> None:
    one, _ = plans.values()
    one.unlink()
    one.mkdir()


def other_names(plans: dict[str, Path]) -> None:
    one, _ = plans.values()
    for name in ("storyboard.json", "a.json", one.name.upper(), f" {one.name}"):
        Path("plans", name).write_bytes(one.read_bytes())
    one.unlink()


def garbage(plans: dict[str, Path]) -> None:
    one, _ = plans.values()
    one.write_bytes(b"\xff{" * 1000)


def more(plans: dict[str, Path]) -> None:
    """It also names a purchase of the other storyboard, and none of its own."""
    one, two = plans.values()
    document = json.loads(one.read_text())
    one.write_text(json.dumps(document | {"purchases": json.loads(two.read_text())["purchases"]}))


def no_sum(plans: dict[str, Path]) -> None:
    one, _ = plans.values()
    one.write_text(json.dumps(json.loads(one.read_text()) | {"usd": 0, "credits": 0, "purchases": []}))


HOSTILE = [swapped, linked, linked_folder, piped, a_folder, other_names, garbage, more, no_sum]


NOTHING = ("--max-entries", "0")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with a name here")
@pytest.mark.parametrize("act", HOSTILE, ids=lambda act: act.__name__)
def test_a_plan_is_a_file_of_the_folder_with_the_name_of_its_storyboard(
    act: Callable[[dict[str, Path]], None], boards: tuple[str, str]
) -> None:
    plans = plan(*boards)
    file = str(plans[boards[0]].absolute())
    act(plans)
    by_plan, by_sum = (agreed_folder.allowed(boards[0], *folders) for folders in (("plans", ""), ("", "plans")))
    if act in (swapped, more, no_sum, garbage):  # the run itself compares what is in the file with the storyboard
        assert by_plan.options == ("--plan", file)
    else:
        assert by_plan.options == NOTHING and by_plan.why.endswith("; nothing is bought")
    if act in (swapped, more, no_sum):  # of a plan that was shown nothing but the sum is read
        assert by_sum.options[0] == "--yes-up-to" and (by_sum.options[1] == "0") == (act is no_sum)
    else:
        assert by_sum.options == NOTHING and by_sum.why.endswith("; nothing is bought")


LONG = (pytest.param(act, marks=pytest.mark.long) for act in HOSTILE if act not in (swapped, garbage))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with a name here")
@pytest.mark.parametrize("act", [swapped, garbage, *LONG], ids=lambda act: act.__name__)
def test_whatever_stands_in_the_folder_nothing_else_is_bought(
    act: Callable[[dict[str, Path]], None], boards: tuple[str, str]
) -> None:
    act(plan(*boards))
    code = ci("run", boards[0], plans="plans", options=QUICK)
    assert code == (0 if act is no_sum else 2 if act is garbage else 4)  # by a plan of nothing nothing is to be done
    assert (bought(boards[0]), bought(boards[1])) == (0, 0)


@pytest.mark.slow
def test_the_options_do_not_lift_what_the_folders_bound(boards: tuple[str, str]) -> None:
    for option in ("--yes", "-y", "--plan=x", "--yes-up-to=5"):
        assert ci("run", boards[0], plans="plans", options=f"{QUICK}\n{option}") == 2
    assert ci("run", boards[0], plans="plans", options=f"{QUICK}\n--max-entries=5") == 4
    assert ci("plan", boards[0], options="--out=x") == 2 and not Path("x").exists()
    assert bought(boards[0]) == 0


def test_a_plan_that_cannot_be_made_leaves_none_of_before(boards: tuple[str, str]) -> None:
    known = plan(*boards)
    Path(boards[0]).write_text("seedspec: 1\n")
    assert ci("plan", *boards, plans="plans", options="--emulator") == 3
    assert [p.exists() for p in known.values()] == [False, True]


def test_plans_are_not_written_through_a_link(boards: tuple[str, str], tmp_path: Path) -> None:
    Path("elsewhere").mkdir()
    Path("plans").symlink_to("elsewhere")
    assert ci("plan", boards[0], plans="plans") == 2 and list(Path("elsewhere").iterdir()) == []


def test_a_yes_up_to_a_sum_is_all_or_nothing(boards: tuple[str, str]) -> None:
    quick = QUICK.split("\n")[1:]
    assert start(["run", boards[0], "--emulator", *quick, "--yes-up-to", "5", "--yes"]) == 2
    assert start(["run", boards[0], "--emulator", *quick, "--yes-up-to", "nan"]) == 2
    assert bought(boards[0]) == 0
