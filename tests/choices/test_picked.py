"""A picked take is never bought again, whatever becomes of the lock or the request."""

from __future__ import annotations

from pathlib import Path

from seedspec import api
from seedspec.plan.reason import Picked

BOARD = """\
seedspec: 1
model: seedance-2.0-reference-to-video
references: {hero: {image: https://cdn.example.com/hero.png}}
shots:
  - id: one
    takes: 2
    prompt: "{{ ref('hero') }} turns"
"""


def picks(folder: Path, fp: str) -> None:
    (folder / "storyboard.picks.yaml").write_text(
        f'seedspec_picks: 1\npicks:\n  - {{"entry": "one/1", "fp": "{fp}"}}\n', encoding="utf-8"
    )


def test_a_picked_take_is_not_bought_and_the_others_are(tmp_path: Path) -> None:
    file = tmp_path / "storyboard.yaml"
    file.write_text(BOARD, encoding="utf-8")
    first = api.compile(file).entries[0]
    assert [s.action for s in api.plan(file).plan.steps] == [api.Action.SUBMIT, api.Action.SUBMIT]
    picks(tmp_path, first.fingerprint)
    steps = api.plan(file).plan.steps
    assert [s.action for s in steps] == [api.Action.DONE, api.Action.SUBMIT]
    assert steps[0].reason == Picked(changed=False)
    file.write_text(BOARD.replace("turns", "walks"), encoding="utf-8")
    steps = api.plan(file).plan.steps
    assert steps[0].reason == Picked(changed=True) and not steps[0].cost.high
    assert steps[1].action in (api.Action.SUBMIT, api.Action.CHANGE)


def test_a_run_can_be_of_the_picked_variants_alone(tmp_path: Path) -> None:
    """Also of one whose request has changed since: that is said."""
    file = tmp_path / "storyboard.yaml"
    other = "  - {id: two, prompt: \"{{ ref('hero') }} rests\"}\n"
    for words, warned in (("turns", []), ("walks", ["changed-since"])):
        file.write_text(BOARD.replace("turns", words) + other, encoding="utf-8")
        if not warned:
            picks(tmp_path, api.compile(file).entries[0].fingerprint)
        found = api.plan(file, api.Options(picked_from=""))
        assert {s.address for s in found.plan.steps} == {"one/1", "one/2"}
        assert [d.code for d in found.findings] == warned


def test_a_broken_file_of_picks_stops_the_plan(tmp_path: Path) -> None:
    file = tmp_path / "storyboard.yaml"
    file.write_text(BOARD, encoding="utf-8")
    (tmp_path / "storyboard.picks.yaml").write_text("seedspec_picks: 1\npicks: 7\n", encoding="utf-8")
    try:
        api.plan(file)
    except Exception as error:
        assert "storyboard.picks.yaml:2:8" in str(error)
    else:
        raise AssertionError("nothing was refused")
