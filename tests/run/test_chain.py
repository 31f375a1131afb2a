"""Shot to shot: chains bought in one run and in several, and the emulator's books about each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from emulated import booked
from helpers import Make, Project, Service, nearby

from seedspec import api
from seedspec.emulator import links
from seedspec.lock.event import Event
from seedspec.lock.lock import Lock
from seedspec.lock.record import Record
from seedspec.lock.run_events import Held, RunFinished, Skipped, Uploaded
from seedspec.media.card import Card
from seedspec.media.movie.takes import Studio
from seedspec.plan.plan import Action
from seedspec.plan.planner import make_plan
from seedspec.plan.reason import Done
from seedspec.plan.rules import Rules
from seedspec.run.engine.engine import Engine
from seedspec.run.engine.messages import Accepted, Balance, Call, Create, Credits, Download, Kept, Read, Reply, Task
from seedspec.run.engine.purchase import Limits, Moment, Pace
from seedspec.run.engine.terms import Terms

pytestmark = pytest.mark.slow

GONE = "its saved video is not on this disk, and the service keeps it no longer"

MATRIX = """\
seedspec: 1
model: seedance-2.0-reference-to-video
defaults: {duration: 4, quality: 480p}
matrix:
  axes:
    look: [noir, pastel, neon]
    hook: [question, reveal]
    sky: [day, night]
shots:
  - {id: open, prompt: "open {{ look }} {{ hook }} {{ sky }}"}
  - {id: pour, prompt: "pour {{ look }} {{ hook }} {{ sky }} after {{ ref('p') }}", references: {p: {shot: open}}}
  - {id: close, prompt: "close {{ look }} {{ hook }} {{ sky }} after {{ ref('p') }}", references: {p: {shot: pour}}}
"""
CHAIN = """\
seedspec: 1
model: seedance-2.0-reference-to-video
defaults: {duration: 4, quality: 480p}
shots:
  - {id: open, prompt: "open"}
  - {id: next, prompt: "next after {{ ref('p') }}", references: {p: {shot: open}}}
  - {id: last, prompt: "last after {{ ref('p') }}", references: {p: {shot: next}}}
"""
FIRST = CHAIN[: CHAIN.index("  - {id: next")]


@dataclass(frozen=True)
class Bought:
    """A request in the emulator's books: where its line stands, and where the line that its video is paid for."""

    task: str
    prompt: str
    reserved: int
    charged: int | None
    sources: tuple[str, ...]


def books(service: Service) -> list[Bought]:
    """The requests in the order in which they were taken; a source is `link of TASK`, or `upload`."""
    lines = booked(service.folder)
    secret = (service.folder / "secret").read_bytes() if (service.folder / "secret").exists() else b""
    paid = {v["task"]: n for n, v in enumerate(lines) if v["event"] == "charged"}

    def source(url: str) -> str:
        link = links.read(url, secret=secret)
        return f"link of {link.task}" if isinstance(link, links.ResultLink) else "upload"

    return [
        Bought(
            v["task"],
            v["prompt"],
            n,
            paid.get(v["task"]),
            tuple(source(u) for u in v["request"]["body"].get("video_urls", ())),
        )
        for n, v in enumerate(lines)
        if v["event"] == "reserved"
    ]


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Project]:
    """A folder for a storyboard, with an emulator of its own."""
    folder = tmp_path / "project"
    folder.mkdir()
    with nearby(tmp_path / "service") as service:
        yield Project(folder, "chain", service)


def write(project: Project, text: str) -> None:
    (project.folder / "storyboard.yaml").write_text(text, encoding="utf-8")


def ended(events: list[Any]) -> RunFinished:
    finished = events[-1]
    assert isinstance(finished, RunFinished)
    return finished


def of(events: list[Event], kind: type[Any]) -> list[Any]:
    return [e for e in events if isinstance(e, kind)]


def record(project: Project, entry: str) -> Record:
    """What stands for an address in the lock."""
    lock = project.lock()
    return next(r for fp in lock.attempts if (r := lock.last(fp)) is not None and r.entry == entry)


def plan(project: Project, **options: Any) -> Mapping[str, api.Step]:
    found = api.plan(project.folder / "storyboard.yaml", api.Options(**options)).plan
    return {s.address: s for s in found.steps if s.entry is not None}


def test_a_chain_over_a_matrix_in_one_run(here: Project) -> None:
    write(here, MATRIX)
    events = here.here()
    assert (ended(events).exit, ended(events).bought, ended(events).saved) == (0, 36, 36)
    found = books(here.service)
    by_words = {" ".join(b.prompt.split()[:4]): b for b in found}
    assert len(found) == len(by_words) == 36, "each request is bought once"
    followed = 0
    for words, one in by_words.items():
        shot, rest = words.split(" ", 1)
        if shot == "open":
            assert one.sources == ()
            continue
        upstream = by_words[f"{'open' if shot == 'pour' else 'pour'} {rest}"]
        assert upstream.charged is not None and upstream.charged < one.reserved, "bought before its upstream was made"
        assert one.sources == (f"link of {upstream.task}",)
        followed += 1
    assert followed == 24 and not here.service.ledger("uploaded"), "every upstream goes by the service's own link"
    for shot, before in (("pour", "open"), ("close", "pour")):
        after, up = (record(here, f"{s}@look=neon,hook=reveal,sky=night/1") for s in (shot, before))
        assert after.get("used") == {up.fp: up.get("sha256")}
    assert ended(here.here()).bought == 0


def test_a_chain_from_a_second_take(here: Project) -> None:
    write(here, CHAIN.replace('"open"}', '"open", takes: 2}').replace("shot: open}", "shot: open, take: 2}"))
    assert ended(here.here()).exit == 0
    found = books(here.service)
    tasks = {b.task: b for b in found}
    (nxt,) = [b for b in found if b.prompt.startswith("next")]
    assert tasks[nxt.sources[0].removeprefix("link of ")].task == record(here, "open/2").task


def test_only_what_continues_a_failure_is_held(tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()
    with nearby(tmp_path / "service", "failed=content_policy_violation@2") as service:
        project = Project(tmp_path / "project", "chain", service)
        write(project, MATRIX)
        events = project.here()
        done = ended(events)
        assert (done.exit, done.failed, done.held, done.saved) == (1, 1, 2, 33)
        (failed,) = [e.entry for e in events if type(e).__name__ == "Failed"]
        variant = failed.removeprefix("open")
        assert [(h.entry, h.upstream) for h in of(events, Held)] == [
            (f"pour{variant}", failed),
            (f"close{variant}", f"pour{variant}"),
        ]


def test_an_upstream_of_an_earlier_run_goes_by_its_link_while_that_lives(here: Project) -> None:
    write(here, FIRST)
    here.here()
    write(here, CHAIN)
    events = here.here()
    assert ended(events).exit == 0 and not of(events, Uploaded)
    (nxt,) = [b for b in books(here.service) if b.prompt.startswith("next")]
    assert nxt.sources == (f"link of {record(here, 'open/1').task}",)


def test_an_upstream_whose_link_is_dead_is_uploaded(here: Project) -> None:
    write(here, FIRST)
    here.here()
    here.rewrite("open/1", results_until="2026-01-01T00:00:00Z")
    write(here, CHAIN)
    events = here.here()
    assert ended(events).exit == 0
    assert [u.path for u in of(events, Uploaded)] == ["renders/open_take1.mp4"]
    assert [b.sources for b in books(here.service) if b.prompt.startswith("next")] == [("upload",)]
    assert record(here, "next/1").get("used") == {record(here, "open/1").fp: record(here, "open/1").get("sha256")}


def test_an_upstream_that_the_service_dropped_early_is_uploaded(tmp_path: Path) -> None:
    """The lock says that the link lives; the service knows the task no more."""
    (tmp_path / "project").mkdir()
    with nearby(tmp_path / "service") as service:
        project = Project(tmp_path / "project", "chain", service)
        write(project, FIRST)
        project.here()
    with nearby(tmp_path / "another") as service:
        project = Project(tmp_path / "project", "chain", service)
        write(project, CHAIN)
        events = project.here()
        assert ended(events).exit == 0
        assert [u.path for u in of(events, Uploaded)] == ["renders/open_take1.mp4"]


def test_a_lost_upstream_is_fetched_again_while_its_link_lives(here: Project) -> None:
    write(here, FIRST)
    here.here()
    file = here.folder / "renders" / "open_take1.mp4"
    before = file.read_bytes()
    file.unlink()
    write(here, CHAIN)
    assert plan(here)["open/1"].action is Action.FETCH
    events = here.here()
    assert ended(events).exit == 0 and not of(events, Uploaded)
    assert file.read_bytes() == before
    assert len(books(here.service)) == 3


def test_a_lost_upstream_whose_link_is_dead_stops_its_chain_alone(here: Project) -> None:
    write(here, FIRST)
    here.here()
    (here.folder / "renders" / "open_take1.mp4").unlink()
    here.rewrite("open/1", results_until="2026-01-01T00:00:00Z")
    write(here, CHAIN + '  - {id: card, prompt: "card"}\n')
    events = here.here()
    assert (ended(events).exit, ended(events).waiting, ended(events).saved) == (7, 2, 1)
    gone = "`renders/open_take1.mp4` cannot be read: no such file or directory"
    assert [(h.entry, h.upstream, h.reason) for h in of(events, Held)] == [
        ("next/1", "open/1", f"it could not be uploaded: {gone}"),
        ("last/1", "next/1", "it is not finished"),
    ]
    (held,) = of(here.here(select=["next"]), Held)
    assert (held.upstream, held.reason) == ("open/1", GONE)
    assert sorted(b.prompt for b in books(here.service)) == ["card", "open"]


def replace_video(project: Project, entry: str, other: Path) -> None:
    """Another video takes the place of a saved one: a person adopts it."""
    (project.folder / str(record(project, entry).file)).unlink()
    done = project.do("adopt", entry, "--file", str(other))
    assert done.code == 0, done.err


def another_video(here: Project, tmp_path: Path) -> Path:
    """A whole video of the service's that is none of this project's."""
    (tmp_path / "elsewhere").mkdir()
    other = Project(tmp_path / "elsewhere", "other", here.service)
    write(other, FIRST.replace('"open"', '"elsewhere"'))
    other.here()
    return other.folder / "renders" / "open_take1.mp4"


def test_what_was_made_from_a_replaced_video_is_made_again_when_asked(here: Project, tmp_path: Path) -> None:
    write(here, CHAIN)
    assert ended(here.here()).exit == 0
    first = {e: record(here, e) for e in ("open/1", "next/1", "last/1")}
    replace_video(here, "open/1", another_video(here, tmp_path))
    now = record(here, "open/1").get("sha256")
    assert now != first["open/1"].get("sha256")

    steps = plan(here)
    for entry, upstream, new in (("next/1", "open/1", now), ("last/1", "next/1", "")):
        reason = steps[entry].reason
        assert steps[entry].action is Action.DONE and isinstance(reason, Done) and reason.stale is not None
        assert (reason.stale.upstream, reason.stale.now, reason.stale.kept) == (upstream, new, "")
        assert reason.stale.was == first[upstream].get("sha256")
    found = api.plan(here.folder / "storyboard.yaml").plan
    assert not found.buys and [s.address for s in found.stale] == ["next/1", "last/1"]
    assert found.stale_cost.high == sum(s.entry.cost.high for s in found.stale if s.entry) > 0
    assert (ended(here.here()).bought, ended(here.here()).exit) == (0, 0), "nothing is bought again by itself"

    said = here.do("plan")
    assert "next/1  done: renders/next_take1.mp4; stale: open/1 has another video since" in said.out
    assert "2 were made from videos that have been replaced: `--redo-stale` buys again for 61.34 credits" in said.out
    why = here.do("why", "next")
    assert f"made from the video {first['open/1'].get('sha256')[:12]} of open/1, which is {now[:12]} now" in why.out
    assert "stale: `seedspec run --redo-stale` buys again" in here.do("status").out
    assert here.do("plan", "--select", "state:stale").out.count("stale:") == 1

    events = here.here(redo_stale=True)
    assert (ended(events).exit, ended(events).bought, ended(events).saved) == (0, 2, 2)
    nxt, last = record(here, "next/1"), record(here, "last/1")
    assert (nxt.attempt, nxt.file, nxt.fp) == (2, "renders/next_take1.2.mp4", first["next/1"].fp)
    assert nxt.get("used") == {first["open/1"].fp: now}
    assert last.get("used") == {nxt.fp: nxt.get("sha256")} and last.attempt == 2
    assert (here.folder / "renders" / "next_take1.mp4").exists(), "the old video stays"
    assert all(s.reason.stale is None for s in plan(here).values() if isinstance(s.reason, Done))
    assert ended(here.here(redo_stale=True)).bought == 0, "asking twice buys once"
    (again,) = [b for b in books(here.service) if b.prompt.startswith("next")][1:]
    assert again.sources == ("upload",), "the file that was adopted has no link of its own"


def test_a_remake_that_was_interrupted_is_followed_and_not_bought_twice(here: Project, tmp_path: Path) -> None:
    write(here, CHAIN)
    here.here()
    replace_video(here, "open/1", another_video(here, tmp_path))
    assert ended(here.here(redo_stale=True, wait=False)).bought == 1
    reason = plan(here, redo_stale=True)["next/1"].reason
    assert isinstance(reason, Done) and reason.stale is not None and reason.stale.kept == "under way"
    events = here.here(redo_stale=True, select=["next"])
    assert (ended(events).bought, ended(events).saved) == (0, 1), "also where only its entry is selected"
    assert record(here, "next/1").attempt == 2
    assert isinstance(done := plan(here)["last/1"].reason, Done) and done.stale is not None and done.stale.now


def test_a_picked_video_is_never_made_again(here: Project, tmp_path: Path) -> None:
    write(here, CHAIN)
    here.here()
    assert here.do("pick", "next", "1").code == 0
    replace_video(here, "open/1", another_video(here, tmp_path))
    steps = plan(here, redo_stale=True)
    reason = steps["next/1"].reason
    assert isinstance(reason, Done) and reason.stale is not None and reason.stale.kept == "picked"
    assert steps["last/1"].reason == Done("renders/last_take1.mp4", None, True), "its own upstream stays as it is"
    assert ended(here.here(redo_stale=True)).bought == 0


def test_the_pick_is_followed_and_waited_for(here: Project) -> None:
    text = CHAIN.replace('"open"}', '"open", takes: 2}').replace("shot: open}", "shot: open, take: pick}")
    write(here, text + '  - {id: card, prompt: "card"}\n')
    events = here.here()
    assert (ended(events).exit, ended(events).bought, ended(events).waiting) == (7, 3, 2)
    assert [(h.entry, h.upstream) for h in of(events, Held)] == [("next/1", "open"), ("last/1", "open")]
    said = here.do("plan")
    assert "next/1  waits for a pick: `seedspec pick open TAKE`" in said.out
    assert "2 wait for 1 pick" in said.out
    assert here.do("check").code == 0
    shown = [orjson.loads(line) for line in here.do("compile", "--format", "jsonl").out.splitlines()]
    assert [(e["entry"], e["fingerprint"], e.get("waits_for_picks")) for e in shown if "waits_for_picks" in e] == [
        ("next/1", None, ["open"]), ("last/1", None, ["open"])
    ]  # fmt: skip
    assert here.do("adopt", "next", "--file", "renders/card_take1.mp4").code == 2
    assert ended(here.here()).exit == 7

    assert here.do("pick", "open", "2").code == 0
    events = here.here()
    assert (ended(events).exit, ended(events).bought) == (0, 2)
    assert record(here, "next/1").get("used") == {record(here, "open/2").fp: record(here, "open/2").get("sha256")}
    second = record(here, "next/1")

    assert here.do("pick", "--force", "open", "1").code == 0
    step = plan(here)["next/1"]
    assert step.action is Action.CHANGE
    assert "next/1  video_urls[0]: open/2 → open/1" in here.do("plan").out
    assert "video_urls[0]: open/2 → open/1" in here.do("why", "next").out
    assert ended(here.here()).bought == 2

    assert here.do("pick", "--force", "open", "2").code == 0
    assert ended(here.here()).bought == 0, "what the first pick bought is found again"
    assert plan(here)["next/1"].record == second

    assert here.do("pick", "--drop", "open").code == 0
    assert ended(here.here()).exit == 7
    pruned = here.do("lock", "prune", "--yes")
    assert "nothing to forget" in pruned.err, "what waits for a pick may be what was bought"


RENAMED = """\
seedspec: 1
name: {name}
model: seedance-2.0-reference-to-video
defaults: {{duration: 4, quality: 480p}}
matrix: {{axes: {{light: {{rain: {{words: wet}}, dusk: {{words: dim}}}}}}}}
shots:
  - {{id: open, takes: 2, prompt: "{name} open {{{{ light.words }}}}"}}
  - {{id: next, prompt: "{name} next {{{{ ref('p') }}}}", references: {{p: {{shot: open, take: pick}}}}}}
"""


@pytest.mark.parametrize("both", [True, False], ids=["both are picked", "one is picked"])
def test_a_pick_follows_its_take_to_another_label(both: bool, project: Make) -> None:
    """`rain` becomes `wet`, `dusk` becomes `rain`: nothing is made from a take that only has a picked one's address."""
    found = project(RENAMED)
    found.run()
    assert found.do("pick", "open@light=rain", "2").code == 0
    assert not both or found.do("pick", "open@light=dusk", "1").code == 0
    assert found.run().code == (0 if both else 7)
    before = len(found.service.ledger("reserved", f"{found.name} "))
    board = found.folder / "storyboard.yaml"
    board.write_text(board.read_text().replace("{rain:", "{wet:").replace("dusk:", "rain:"))
    steps = plan(found)
    assert steps["next@light=wet/1"].action is Action.DONE
    assert steps["next@light=rain/1"].action is (Action.DONE if both else Action.FAILED)
    assert found.run().code == (0 if both else 7)
    assert len(found.service.ledger("reserved", f"{found.name} ")) == before


def test_picks_are_those_of_the_emulator_or_the_paid_ones(here: Project) -> None:
    write(here, CHAIN.replace("shot: open}", "shot: open, take: pick}"))
    fp = api.compile(here.folder / "storyboard.yaml").entries[0].fingerprint
    picked = f'seedspec_picks: 1\npicks:\n  - {{"entry": "open/1", "fp": "{fp}"}}\n'
    (here.folder / "storyboard.emulator.picks.yaml").write_text(picked, encoding="utf-8")
    assert plan(here)["next/1"].action is Action.FAILED
    assert plan(here, emulated=True)["open/1"].action is Action.DONE
    waits = [e.waits for e in api.compile(here.folder / "storyboard.yaml", emulated=True).entries]
    assert waits == [(), (), ()]


def test_each_profile_follows_its_own_picks(here: Project) -> None:
    text = CHAIN.replace('"open"}', '"open", takes: 2}').replace("shot: open}", "shot: open, take: pick}")
    write(here, text + "profiles: {draft: {aspect_ratio: 1:1}}\n")
    picks = [{"entry": "open/1", "fp": "0" * 64}, {"profile": "draft", "entry": "open/2", "fp": "1" * 64}]
    listed = "".join(f"  - {orjson.dumps(p).decode()}\n" for p in picks)
    (here.folder / "storyboard.picks.yaml").write_text(f"seedspec_picks: 1\npicks:\n{listed}", encoding="utf-8")
    for profile, upstream in (("", "open/1"), ("draft", "open/2")):
        entries = {e.address: e for e in api.compile(here.folder / "storyboard.yaml", profile=profile).entries}
        assert entries["next/1"].upstream[0].where == upstream
        assert entries["next/1"].upstream[0].key == entries[upstream].fingerprint


def test_a_skipped_upstream_is_told_of(here: Project) -> None:
    write(here, CHAIN)
    events = here.here(select=["next"])
    assert ended(events).exit == 1 and not of(events, Skipped)
    assert [h.reason for h in of(events, Held)] == ["it is not selected, and its video is not here"]


def small(path: Path, width: int = 320, height: int = 240, seconds: int = 4) -> Path:
    """A whole video of a size of one's own."""
    Studio().make(
        Card(
            task="task-unified-1-0", prompt="small", width=width, height=height, seconds=seconds,
            quality="480p", ratio="4:3", audio=False,
        ),
        path,
    )  # fmt: skip
    return path


def test_an_upstream_that_came_back_outside_the_rules_holds_what_continues_it(here: Project, tmp_path: Path) -> None:
    write(here, FIRST)
    done = here.do("adopt", "open", "--file", str(small(tmp_path / "small.mp4")))
    assert done.code == 0, done.err
    write(here, CHAIN + '  - {id: card, prompt: "card"}\n')
    said = here.do("plan")
    reason = "its video is 320×240 px; expected sides of 300 to 6,000 px"
    assert f"next/1  held: continues open/1, and {reason}" in said.out
    assert reason in here.do("why", "next").out
    events = here.here()
    assert (ended(events).exit, ended(events).held, ended(events).saved) == (1, 2, 1)
    assert of(events, Held)[0].reason == reason
    assert [b.prompt for b in books(here.service)] == ["card"], "nothing is sent to fail"


THREE = """\
seedspec: 1
model: seedance-2.0-reference-to-video
defaults: {duration: 5, quality: 480p}
shots:
  - {id: a, prompt: "a"}
  - {id: b, prompt: "b"}
  - {id: c, prompt: "c"}
  - {id: all, references: {x: {shot: a}, y: {shot: b}, z: {shot: c}}, attach: [x, y, z], prompt: "all of them"}
"""
FIT: dict[str, Any] = {"width": 864, "height": 496, "seconds": 5.04}


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({}, None),  # three of 5.04 s are 15 s, as they were asked for
        ({"seconds": 5.14}, "the videos last 15.18 s together (5.14 + 5.04 + 5); expected at most 15 s"),
        ({"seconds": 15.2}, "its video lasts 15.2 s; expected 2 to 15 s"),
        ({"width": 620}, "its video is 620×496 px, 307,520 in all; expected 409,600 to 927,408 pixels"),
        ({"width": 2000}, "its video is 2000×496 px, 4.032 to 1; expected a ratio of 0.4 to 2.5"),
        ({"bytes": 60_000_000}, "its video has 60,000,000 bytes; expected at most 50,000,000 (50 MB)"),
        ({"width": None, "height": None, "seconds": None}, None),  # nobody has measured it
    ],
)
def test_what_came_back_in_this_run_is_judged_before_it_is_used(
    facts: dict[str, Any], reason: str | None, tmp_path: Path
) -> None:
    """The machine alone: the first upstream comes back with these facts, the others as they should."""
    (tmp_path / "storyboard.yaml").write_text(THREE, encoding="utf-8")
    compiled = api.compile(tmp_path / "storyboard.yaml")
    assert compiled.ok and compiled.board is not None
    rules = Rules("renders", lambda code: "asked", lambda file: False, "2026-11-23T07:00:00Z")
    keys = iter(f"key-{n}" for n in range(9))
    plan = make_plan(compiled.entries, Lock(), rules)
    machine = Engine(
        "m", plan, Pace(submit_every=0, announced=0), Limits(), lambda: next(keys),
        Terms(rules.then, 3, 86400.0),
    )  # fmt: skip
    clock = 0.0
    moment = Moment(clock, datetime(2026, 11, 23, tzinfo=UTC))
    machine.start(moment)
    seen: list[Event] = []
    for _ in range(100):
        clock += 10
        moment = Moment(clock, datetime(2026, 11, 23, tzinfo=UTC))
        _, calls = machine.due(moment)
        for call in calls:
            seen += machine.reply(call, answer(call, compiled.entries, facts), moment)
    held = [(e.entry, e.upstream, e.reason) for e in seen if isinstance(e, Held)]
    assert held == ([] if reason is None else [("all/1", "a/1", reason)])
    assert machine.finish(moment).saved == (4 if reason is None else 3)


def answer(call: Call, entries: tuple[api.Entry, ...], facts: dict[str, Any]) -> Reply:
    """A service in which all goes well, and whose videos of shot `a` have the given facts."""
    shots = {e.fingerprint: e.shot for e in entries}
    if isinstance(call, Create):
        return Accepted(f"task-unified-1-{shots[call.job]}")
    if isinstance(call, Read):
        return Task("completed", 100, ("https://media.example.com/x.mp4?signature=1",))
    if isinstance(call, Download):
        shot = shots[call.job]
        return Kept(call.file, shot[0] * 64, **{"bytes": 10, **FIT, **(facts if shot == "a" else {})})
    assert isinstance(call, Balance)
    return Credits(1000.0)


@pytest.mark.parametrize("used", [{"short": "c" * 64}, {"c" * 64: "short"}, {"c" * 64: 1}])
def test_a_lock_with_a_strange_source_is_not_believed(here: Project, used: dict[str, Any]) -> None:
    write(here, FIRST)
    here.here()
    here.rewrite("open/1", used=used)
    with pytest.raises(api.LockFault, match="`used`"):
        here.lock()
