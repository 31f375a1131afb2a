"""An agreed plan: exactly what it has is bought, never more and never dearer, and what has changed since is said."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from helpers import CANARY, QUICK, Make, Project

from seedspec import api
from seedspec.lock.run_events import RunFinished
from seedspec.project.credentials import BadSettings

pytestmark = pytest.mark.slow

BOARD = """\
seedspec: 1
name: {name}
model: seedance-2.0-reference-to-video
defaults: {{duration: 4, quality: 480p}}
references: {{hero: {{image: hero.png}}}}
profiles: {{draft: {{generate_audio: false}}}}
shots:
  - id: one
    prompt: "{name} {{{{ ref('hero') }}}} walks"
  - id: two
    references: {{prev: {{shot: one}}}}
    prompt: "{name} continue {{{{ ref('prev') }}}}"
  - id: three
    prompt: "{name} {{{{ ref('hero') }}}} turns"
"""


def agree(found: Project, **options: Any) -> api.Agreed:
    """What a plan would buy now, as it stands in a file."""
    given = api.Options(**options)
    file = found.folder / "agreed.json"
    file.write_bytes(as_file(api.agree(api.plan(found.folder / "storyboard.yaml", given), given)))
    return api.read_agreed(file)


def as_file(agreed: api.Agreed) -> bytes:
    from seedspec.plan.agreed import as_bytes

    return as_bytes(agreed)


def change(found: Project, **values: Any) -> api.Agreed:
    """The agreed plan with other values in its file."""
    file = found.folder / "agreed.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | values))
    return api.read_agreed(file)


def buy(found: Project, agreed: api.Agreed, **options: Any) -> RunFinished:
    given = api.Options(**{"pace": QUICK, **options})
    events = list(api.run(found.folder / "storyboard.yaml", given, consent=agreed, environ=found.environ()))
    assert isinstance(events[-1], RunFinished)
    return events[-1]


def bought(found: Project) -> int:
    return sum(found.service.bought(found.name).values())


def edit(found: Project, old: str, new: str) -> None:
    board = found.folder / "storyboard.yaml"
    text = board.read_text(encoding="utf-8")
    assert old in text
    board.write_text(text.replace(old, new), encoding="utf-8")


def made_stale(found: Project) -> None:
    """As if `two` had been made from a video of `one` that was replaced since."""
    used = next(r for r in found.lock() if r.entry == "two/1").get("used")
    found.rewrite("two/1", used=dict.fromkeys(used or {}, "0" * 64))


def drift_of(found: Project, agreed: api.Agreed) -> api.Drift:
    drift = api.plan(found.folder / "storyboard.yaml", api.Options(agreed=agreed)).drift
    assert drift is not None
    return drift


def test_what_was_agreed_is_bought_once(project: Make) -> None:
    found = project(BOARD)
    agreed = agree(found)
    assert drift_of(found, agreed) == api.Drift()
    done = buy(found, agreed)
    assert (done.bought, done.saved, done.exit) == (3, 3, 0) and bought(found) == 3
    again = buy(found, agreed)
    assert (again.bought, again.reused, again.exit) == (0, 3, 0) and bought(found) == 3
    assert drift_of(found, agreed).bought == 3


def test_a_plan_of_a_part_buys_that_part(project: Make) -> None:
    found = project(BOARD)
    agreed = agree(found, select=("three",))
    assert buy(found, agreed).exit == 0 and bought(found) == 1
    assert drift_of(found, agreed).new == ("one/1", "two/1")


def test_new_entries_are_counted_and_not_bought(project: Make) -> None:
    found = project(BOARD)
    agreed = agree(found)
    edit(found, "  - id: three\n", "  - id: three\n    takes: 2\n")
    drift = drift_of(found, agreed)
    assert (drift.new, drift.short, drift.same) == (("three/2",), False, False)
    done = buy(found, agreed)
    assert (done.bought, done.exit) == (3, 0) and bought(found) == 3


def test_a_changed_request_is_not_bought_and_the_code_is_4(project: Make) -> None:
    """Neither the new request under the old address, nor what continues it."""
    found = project(BOARD)
    agreed = agree(found)
    edit(found, "walks", "runs")
    drift = drift_of(found, agreed)
    assert [p.address for p in drift.gone] == ["one/1", "two/1"] and drift.new == ("one/1", "two/1")
    done = buy(found, agreed)
    assert (done.bought, done.exit) == (1, 4) and bought(found) == 1
    assert set(found.states()) == {"three/1"}


def test_a_comment_and_a_new_name_change_nothing(project: Make) -> None:
    found = project(BOARD)
    agreed = agree(found)
    edit(found, "  - id: three\n", "  - id: third  # renamed\n")
    assert drift_of(found, agreed) == api.Drift()
    assert buy(found, agreed).exit == 0 and bought(found) == 3


def test_what_is_dearer_now_is_not_bought(project: Make) -> None:
    """What continues it is held: exit 4 comes before the 1 of what is held."""
    found = project(BOARD)
    rows = json.loads(as_file(agree(found)))["purchases"]
    lower = [r | {"units": r["units"] - 1} if r["entry"] == "one/1" else r for r in rows]
    agreed = change(found, purchases=lower)
    drift = drift_of(found, agreed)
    assert [(d.agreed.address, d.units - d.agreed.units) for d in drift.dearer] == [("one/1", 1)] and drift.short
    done = buy(found, agreed)
    assert (done.bought, done.exit) == (1, 4) and set(found.states()) == {"three/1"}


def test_what_is_cheaper_now_is_bought(project: Make) -> None:
    found = project(BOARD)
    rows = json.loads(as_file(agree(found)))["purchases"]
    assert buy(found, change(found, purchases=[r | {"units": r["units"] + 1} for r in rows])).exit == 0


def test_the_sum_bounds_too(project: Make) -> None:
    """A dollar that buys fewer credits than then makes all of it dearer, whatever the price in credits."""
    found = project(BOARD)
    agree(found)
    with pytest.raises(api.ConsentNeeded, match=r"the yes is for at most \$0.05"):
        buy(found, change(found, usd=0.05))
    assert bought(found) == 0 and not found.lock_path.exists()


def test_a_changed_medium_is_another_request(project: Make) -> None:
    from PIL import Image

    found = project(BOARD)
    agreed = agree(found)
    Image.new("RGB", (640, 360), (1, 2, 3)).save(found.folder / "hero.png")
    assert len(drift_of(found, agreed).gone) == 3
    assert buy(found, agreed).exit == 4 and bought(found) == 0


def test_what_is_under_way_is_followed_though_nobody_agreed_to_it(project: Make) -> None:
    found = project(BOARD)
    agreed = agree(found, select=("three",))
    environ, board = found.environ(), found.folder / "storyboard.yaml"
    given = api.Options(select=("one",), wait=False, pace=QUICK)
    list(api.run(board, given, consent=api.Yes(), environ=environ))
    done = buy(found, agreed)
    assert (done.bought, done.saved, done.exit) == (1, 2, 0) and bought(found) == 2


def test_a_stale_video_is_bought_again_as_often_as_was_agreed(project: Make) -> None:
    found = project(BOARD)
    buy(found, agree(found))
    made_stale(found)
    agreed = agree(found, redo_stale=True)
    assert [(p.address, p.attempt) for p in agreed.purchases.values()] == [("two/1", 2)]
    assert buy(found, agreed).bought == 1
    made_stale(found)
    assert buy(found, agreed).bought == 0 and bought(found) == 4


@pytest.mark.parametrize(
    ("values", "options", "said"),
    [
        ({"storyboard": "another"}, {}, "the plan is of `another` (storyboard.yaml); expected one of"),
        ({"file": "other.yaml"}, {}, "(other.yaml); expected one of"),
        ({"profile": "draft"}, {}, "the plan was made with profile `draft`; give --profile draft"),
        ({}, {"profile": "draft"}, "the plan was made without a profile; give no --profile"),
        ({"emulated": True}, {}, "the plan was made with the emulator's lock; add --emulator"),
        ({}, {"emulated": True}, "the plan was made with the paid lock; leave out --emulator"),
        ({"made": "2020-01-01T00:00:00Z"}, {}, "older than 7 days; make it anew, or give --plan-age DAYS"),
        ({"made": "2090-01-01T00:00:00Z"}, {}, "which is yet to come"),
        ({"made": "2026-02-31T00:00:00Z"}, {}, "`2026-02-31T00:00:00Z` is no time"),
        ({"made": "today"}, {}, "expected a time like"),
        ({"seedspec_agreed": 2}, {}, "expected `1`"),
        ({"notes": "yes"}, {}, "unknown key `notes`"),
        ({"purchases": {}}, {}, "expected a list"),
        ({}, {"select": ("one",)}, "an agreed plan says what is bought; leave out select"),
        ({}, {"exclude": ("one",), "retry_failed": True}, "leave out exclude, retry_failed"),
    ],
)
def test_another_plan_buys_nothing(project: Make, values: dict[str, Any], options: dict[str, Any], said: str) -> None:
    found = project(BOARD)
    agree(found)
    with pytest.raises(BadSettings) as refused:
        buy(found, change(found, **values), **options)
    assert said in str(refused.value) and refused.value.exit == 2
    assert bought(found) == 0 and not found.lock_path.exists()


def test_a_request_that_stands_twice_is_refused(project: Make) -> None:
    found = project(BOARD)
    rows = json.loads(as_file(agree(found)))["purchases"]
    with pytest.raises(BadSettings, match=r"agreed.json:1:\d+: `one/1` is in the plan twice"):
        change(found, purchases=[*rows, rows[0] | {"attempt": 2}])


def test_no_bytes_end_in_a_traceback(project: Make) -> None:
    found = project(BOARD)
    whole, draw = as_file(agree(found)), random.Random(5)
    file = found.folder / "agreed.json"
    taken = 0
    for _ in range(300):
        data = bytearray(whole)
        for _ in range(draw.randint(1, 4)):
            at = draw.randrange(len(data))
            data[at : at + draw.randint(0, 9)] = draw.randbytes(draw.randint(0, 3))
        file.write_bytes(bytes(data))
        try:
            api.read_agreed(file)
            taken += 1
        except BadSettings as error:
            assert "agreed.json" in str(error)
    assert taken < 300


def test_by_commands(project: Make) -> None:
    """`plan --out` writes it, without a secret; `run --plan` needs no other yes, and says what has changed."""
    found = project(BOARD)
    file = found.folder / "agreed.json"
    made = found.do("plan", "storyboard.yaml", "--out", "agreed.json")
    assert made.code == 0 and "next: seedspec run --plan agreed.json" in made.err, made.err
    assert CANARY.encode() not in file.read_bytes() and b"walks" not in file.read_bytes()
    edit(found, "turns", "sits")
    done = found.do("run", "storyboard.yaml", "--plan", "agreed.json")
    assert done.code == 4, done.err
    assert "three/1: the storyboard no longer makes this request" in done.err
    assert "1 entry is not in the plan and is not bought, first `three/1`" in done.err
    assert bought(found) == 2
    again = found.do("run", "storyboard.yaml", "--plan", "agreed.json")
    assert again.code == 4 and "2 purchases of it are made already" in again.err and bought(found) == 2


def test_the_environment_gives_no_plan(project: Make) -> None:
    found = project(BOARD)
    agree(found)
    given = dict.fromkeys(("SEEDSPEC_RUN_PLAN", "SEEDSPEC_PLAN", "SEEDSPEC_RUN_AGREED"), "agreed.json")
    done = found.do("run", "storyboard.yaml", environ=given)
    assert done.code == 2 and "nothing is bought without a yes" in done.err and bought(found) == 0


def test_a_plan_is_never_written_over_what_is_needed(project: Make) -> None:
    found = project(BOARD)
    for name in ("storyboard.yaml", "storyboard.lock", "hero.png", "storyboard.picks.yaml"):
        before = {p: p.read_bytes() for p in found.folder.iterdir() if p.is_file()}
        made = found.do("plan", "storyboard.yaml", "--out", name)
        assert made.code == 2, name
        assert {p: p.read_bytes() for p in found.folder.iterdir() if p.is_file()} == before


@pytest.mark.parametrize("text", ["", "[]", "seedspec: 1\n", "{", "\x00", '{"seedspec_plan": 1}'])
def test_what_is_no_plan_is_told(project: Make, text: str) -> None:
    file = project(BOARD).folder / "agreed.json"
    file.write_text(text)
    with pytest.raises(BadSettings) as refused:
        api.read_agreed(file)
    assert "agreed.json" in str(refused.value) and "plan --out FILE" in str(refused.value)
    with pytest.raises(BadSettings, match=r"agreed\.jsonx"):
        api.read_agreed(f"{file}x")
