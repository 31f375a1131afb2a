"""Chains of pictures: a shot goes on from a frame of another one's video, in whole runs and in broken ones."""

from __future__ import annotations

import hashlib
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from helpers import LONGEST, PACE, Make, Project, nearby

from seedspec import api
from seedspec.catalog.media_facts import MediaFacts
from seedspec.compiler.references.upstream import unusable_upstream
from seedspec.lock.run_events import Delayed, Held, RunFinished, Uploaded
from seedspec.media.reader import picture_of
from seedspec.plan.plan import Action
from seedspec.plan.reason import Done
from seedspec.plan.reason import Held as HeldStep
from seedspec.project.sources import catalog
from seedspec.run.engine.messages import Cut, Picture, Trouble
from seedspec.run.engine.pictures import Pictures
from seedspec.run.engine.purchase import Moment, Pace

pytestmark = pytest.mark.slow

CHAIN = """\
seedspec: 1
name: {name}
model: seedance-2.0-reference-to-video
defaults: {{duration: 4, quality: 480p}}
shots:
  - {{id: open, prompt: "{name} open"}}
  - id: next
    prompt: "{name} next after {{{{ ref('p') }}}}"
    references: {{p: {{shot: open, frame: last}}}}
  - id: last
    prompt: "{name} last after {{{{ ref('p') }}}} and {{{{ ref('q') }}}}"
    references: {{p: {{shot: next, frame: 1.5}}, q: {{shot: open, frame: first}}}}
"""
FIRST = CHAIN[: CHAIN.index("  - id: next")]
CARD = '  - {{id: card, prompt: "{name} card"}}\n'
GONE = "its saved video is not on this disk, and the service keeps it no longer"
WITHOUT = (
    "import sys; sys.modules.update(av=None, PIL=None, tinytag=None); del sys.argv[1:4]; "
    "from seedspec.__main__ import main; sys.exit(main())"
)
"""Seedspec where the media extra is not installed."""


def ended(events: list[Any]) -> RunFinished:
    assert isinstance(events[-1], RunFinished)
    return events[-1]


def of(events: list[Any], kind: type[Any]) -> list[Any]:
    return [e for e in events if isinstance(e, kind)]


def record(project: Project, entry: str) -> Any:
    lock = project.lock()
    return next(r for fp in lock.attempts if (r := lock.last(fp)) is not None and r.entry == entry)


def rewritten(project: Project, board: str) -> None:
    (project.folder / "storyboard.yaml").write_text(board.format(name=project.name), encoding="utf-8")


def picture(project: Project, entry: str, frame: str) -> str:
    """The digest of a picture of a saved video, cut here and now."""
    with (project.folder / str(record(project, entry).file)).open("rb") as video:
        return hashlib.sha256(picture_of(video, frame)[0]).hexdigest()


def sent(project: Project, word: str) -> dict[str, Any]:
    """The body of the request whose prompt says a word, as the service has it."""
    (found,) = [v for v in project.service.ledger("reserved") if v["prompt"].startswith(f"{project.name} {word}")]
    body: dict[str, Any] = found["request"]["body"]
    return body


def test_a_chain_of_pictures_in_one_run(project: Make) -> None:
    found = project(CHAIN)
    events = found.here()
    assert (ended(events).exit, ended(events).bought, ended(events).saved) == (0, 3, 3)
    first, nxt, last = (record(found, e) for e in ("open/1", "next/1", "last/1"))
    assert nxt.get("used") == {
        first.fp: first.get("sha256"),
        f"frame:last:entry:{first.fp}": picture(found, "open/1", "last"),
    }
    assert last.get("used") == {
        nxt.fp: nxt.get("sha256"),
        f"frame:1500:entry:{nxt.fp}": picture(found, "next/1", "1500"),
        first.fp: first.get("sha256"),
        f"frame:first:entry:{first.fp}": picture(found, "open/1", "first"),
    }
    assert "video_urls" not in sent(found, "last") and len(set(sent(found, "last")["image_urls"])) == 2
    assert sent(found, "last")["prompt"].endswith("after image 1 and image 2")
    assert found.lock_path.read_bytes().startswith(b'{"seedspec_lock":2}\n')
    assert ended(found.here()).bought == 0
    assert sum(r.get("units") for r in found.lock()) == 3 * first.get("units"), "a picture costs what an image costs"
    found.do("lock", "verify")


def test_a_video_and_pictures_of_it_go_with_one_request(project: Make) -> None:
    board = FIRST + (
        "  - id: next\n    prompt: \"{name} next {{{{ ref('v') }}}} {{{{ ref('a') }}}} {{{{ ref('b') }}}}\"\n"
        "    references: {{v: {{shot: open}}, a: {{shot: open, frame: first}}, b: {{shot: open, frame: 1}}}}\n"
    )
    found = project(board)
    assert ended(found.here()).exit == 0
    body = sent(found, "next")
    assert (len(body["video_urls"]), len(set(body["image_urls"]))) == (1, 2)


@pytest.mark.slow
@pytest.mark.parametrize(
    "number", [pytest.param(n, marks=() if n in (5, 6, 7, 12) else (pytest.mark.long,)) for n in range(1, 19)]
)
@pytest.mark.sampled(2)
def test_a_chain_killed_after_any_event_is_finished_by_the_next_run(number: int, project: Make) -> None:
    found = project(CHAIN)
    process = found.start("run", "--yes", "--format", "jsonl", *PACE, bufsize=0)
    assert process.stdout is not None
    for _ in range(number + 1):  # the first line is the header
        if not process.stdout.readline():
            break
    process.kill()
    process.communicate(timeout=LONGEST)
    finished(found)


@pytest.mark.slow
def test_a_run_killed_between_the_cut_and_the_upload_cuts_again(project: Make, tmp_path: Path) -> None:
    with nearby(tmp_path / "service", "upload-slow=3@1") as service:
        found = project(CHAIN, at=service)
        process = found.start("run", "--yes", *PACE)
        until = time.monotonic() + LONGEST
        while not list(found.folder.glob(".seedspec/frames/*/*.png")):
            assert process.poll() is None and time.monotonic() < until
            time.sleep(0.02)
        process.kill()
        process.communicate(timeout=LONGEST)
        assert found.service.bought(found.name) == Counter({f"{found.name} open": 1})
        finished(found)


def finished(found: Project) -> None:
    """The next runs finish it; what the killed one left in doubt is settled by the service's books first."""
    for entry, state in found.states().items():
        if state in ("doubt", "submitting"):
            key = record(found, entry).get("intent")["key"]
            tasks = [v["task"] for v in found.service.ledger("reserved") if v["idempotency_key"] == key]
            assert found.do("settle", entry, *(("--task", tasks[0]) if tasks else ("--not-billed",))).code == 0
    last = found.run()
    assert last.code == 0, last
    assert set(found.states().values()) == {"saved"} and len(found.states()) == 3
    bought = found.service.bought(found.name)
    assert set(bought.values()) == {1} and len(bought) == 3, f"bought twice: {bought}"
    first = record(found, "open/1")
    used = record(found, "next/1").get("used")
    assert used[f"frame:last:entry:{first.fp}"] == picture(found, "open/1", "last")


def test_a_picture_that_an_earlier_run_sent_is_not_sent_again(project: Make) -> None:
    found = project(CHAIN)
    assert ended(found.here(select=["open", "next"])).exit == 0
    rewritten(found, CHAIN.replace("shot: next, frame: 1.5", "shot: open, frame: last").replace("first", "2"))
    events = found.here()
    assert ended(events).exit == 0
    assert {u.path.rpartition("-")[2]: u.reused for u in of(events, Uploaded)} == {"last.png": True, "2000.png": False}


def test_a_failure_holds_only_what_goes_on_from_it(project: Make, tmp_path: Path) -> None:
    with nearby(tmp_path / "service", "failed=content_policy_violation@1") as service:
        found = project(CHAIN + CARD, at=service)
        events = found.here()
    assert (ended(events).exit, ended(events).failed, ended(events).held, ended(events).saved) == (1, 1, 2, 1)
    assert [(h.entry, h.upstream) for h in of(events, Held)] == [("next/1", "open/1"), ("last/1", "next/1")]


@pytest.mark.parametrize("how", ["changed", "undecodable"])
def test_a_video_without_a_picture_holds_what_goes_on_from_it(how: str, project: Make) -> None:
    found = project(FIRST)
    assert ended(found.here()).exit == 0
    file = found.folder / "renders" / "open_take1.mp4"
    data = file.read_bytes()
    at = data.find(b"mdat") + 4
    file.write_bytes(data[:at] + bytes(len(data) - at))
    if how == "undecodable":
        found.rewrite("open/1", sha256=hashlib.sha256(file.read_bytes()).hexdigest())
    before = found.lock_path.read_bytes()
    rewritten(found, CHAIN + CARD)
    events = found.here()
    assert (ended(events).exit, ended(events).bought, ended(events).held, ended(events).saved) == (1, 1, 2, 1)
    one, two = of(events, Held)
    assert (one.entry, one.upstream, two.entry) == ("next/1", "open/1", "last/1")
    assert one.reason.startswith("its last frame cannot be had: ")
    said = "`renders/open_take1.mp4` is not the video that was saved" if how == "changed" else "no picture can be cut"
    assert said in one.reason
    assert found.service.bought(found.name) == Counter({f"{found.name} open": 1, f"{found.name} card": 1})
    assert before.splitlines()[1] in found.lock_path.read_bytes().splitlines(), "nothing of the purchase is lost"
    file.write_bytes(data)
    if how == "undecodable":
        found.rewrite("open/1", sha256=hashlib.sha256(data).hexdigest())
    assert (ended(found.here()).exit, ended(found.here()).bought) == (0, 0), "the file is back, and all is finished"


def test_a_video_that_is_not_on_this_disk(project: Make) -> None:
    found = project(FIRST)
    found.here()
    file = found.folder / "renders" / "open_take1.mp4"
    file.unlink()
    rewritten(found, CHAIN)

    def step(**options: Any) -> api.Step:
        plan = api.plan(found.folder / "storyboard.yaml", api.Options(**options)).plan
        return next(s for s in plan.steps if s.address == "next/1")

    assert step().action is Action.SUBMIT, "it is fetched first"
    reason = step(select=["next"]).reason
    assert reason == HeldStep("open/1", "its saved video is not on this disk: `seedspec fetch` brings it")
    until = record(found, "open/1").get("results_until")
    found.rewrite("open/1", results_until="2026-01-01T00:00:00Z")
    assert step().reason == step(select=["next"]).reason == HeldStep("open/1", GONE)
    assert (ended(found.here()).bought, ended(found.here()).held) == (0, 2)
    found.rewrite("open/1", results_until=until)
    assert (ended(found.here()).exit, file.exists()) == (0, True)


def test_a_replaced_video_makes_what_went_on_from_it_stale(project: Make, tmp_path: Path) -> None:
    found, other = project(CHAIN), project(FIRST)
    assert ended(found.here()).exit == ended(other.here()).exit == 0
    (found.folder / "renders" / "open_take1.mp4").unlink()
    assert found.do("adopt", "open/1", "--file", str(other.folder / "renders" / "open_take1.mp4")).code == 0
    assert "next/1  done: renders/next_take1.mp4; stale: open/1 has another video since" in found.do("plan").out
    assert ended(found.here()).bought == 0, "nothing is bought again by itself"
    events = found.here(redo_stale=True)
    assert (ended(events).exit, ended(events).bought) == (0, 2)
    now = record(found, "open/1")
    used = record(found, "next/1").get("used")
    assert used == {now.fp: now.get("sha256"), f"frame:last:entry:{now.fp}": picture(found, "open/1", "last")}
    plan = api.plan(found.folder / "storyboard.yaml").plan
    assert all(isinstance(s.reason, Done) and s.reason.stale is None for s in plan.steps if s.entry)


def test_the_pick_is_waited_for_and_followed(project: Make) -> None:
    board = CHAIN.replace('name} open"', 'name} open", takes: 2').replace(
        "open, frame: last", "open, take: pick, frame: last"
    )
    found = project(board)
    events = found.here()
    assert (ended(events).exit, ended(events).bought, ended(events).waiting) == (7, 2, 2)
    assert [(h.entry, h.upstream) for h in of(events, Held)] == [("next/1", "open"), ("last/1", "open")]
    assert found.do("pick", "open", "2").code == 0
    assert ended(found.here()).exit == 0
    second = record(found, "open/2")
    used = record(found, "next/1").get("used")
    assert used[f"frame:last:entry:{second.fp}"] == picture(found, "open/2", "last")
    assert found.do("pick", "open", "1", "--force").code == 0
    assert "image_urls[0]: last frame of open/2 → last frame of open/1" in found.do("plan").out


def test_a_picture_that_the_service_could_not_reach_goes_up_again(project: Make, tmp_path: Path) -> None:
    with nearby(tmp_path / "service", "upload-gone@1") as service:
        found = project(CHAIN, at=service)
        events = found.here()
    assert (ended(events).exit, ended(events).bought) == (0, 3)
    assert len([u for u in of(events, Uploaded) if u.path.endswith("-last.png")]) == 2


def test_without_the_extra_nothing_is_bought_and_it_is_said_what_to_install(project: Make) -> None:
    found = project(CHAIN)
    done = found.run(before=[sys.executable, "-c", WITHOUT])
    assert done.code == 2, done
    assert "`next/1` needs a picture of another shot's video" in done.err
    assert "pip install 'seedspec[media]'" in done.err
    assert not found.service.bought(found.name)
    alone = found.run("--select", "open", before=[sys.executable, "-c", WITHOUT])
    assert alone.code == 0, "what needs no picture needs no package"


def test_only_the_last_runs_pictures_stay(project: Make) -> None:
    found = project(CHAIN)
    found.here()
    pictures = found.folder / ".seedspec" / "frames" / "storyboard"
    before = {p.name for p in pictures.iterdir()}
    assert len(before) == 3
    rewritten(found, CHAIN.replace("frame: 1.5", "frame: first"))
    found.here()
    assert len({p.name for p in pictures.iterdir()} - before) == 1 and len(list(pictures.iterdir())) == 2


MODEL = catalog().models["seedance-2.0-reference-to-video"]


def moment(clock: float) -> Moment:
    from datetime import UTC, datetime

    return Moment(clock, datetime(2026, 11, 28, tzinfo=UTC))


@pytest.mark.parametrize(("width", "height", "why"), [(299, 400, "sides"), (300, 1000, "ratio"), (6001, 6001, "sides")])
def test_a_picture_is_judged_when_it_is_cut(width: int, height: int, why: str) -> None:
    pictures = Pictures(Pace(), lambda tries, asked: 1.0)
    call = Cut("a" * 64, "renders/a.mp4", "last")
    pictures.ask(call)
    assert list(pictures.due(moment(0))) == [call] and list(pictures.due(moment(0))) == []
    assert pictures.reply(call, Picture("p.png", "b" * 64, 10, width, height), moment(0)) == []
    lost = pictures.lost(call, MODEL.media["image"])
    assert lost is not None and why in lost[0] and lost[1] is False, "no other run has another picture of this video"


def test_a_disk_that_takes_no_picture_is_tried_again_and_given_up_for_this_run() -> None:
    pace = Pace()
    pictures = Pictures(pace, lambda tries, asked: 1.0)
    call = Cut("a" * 64, "renders/a.mp4", "last")
    pictures.ask(call)
    for clock in range(pace.patience + 1):
        assert pictures.lost(call) is None
        assert list(pictures.due(moment(clock))) == [call]
        (delayed,) = pictures.reply(call, Trouble("no space left"), moment(clock))
        assert isinstance(delayed, Delayed) and delayed.step == "picture"
    assert pictures.lost(call) == ("cannot be had: no space left", True)
    assert pictures.wake() is None and list(pictures.due(moment(99))) == []


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        (MediaFacts(width=250, height=400), "its frame at 1.5 s is 250×400 px"),
        (MediaFacts(width=640, height=640, seconds=1.2), "its frame at 1.5 s is past its end: it lasts 1.2 s"),
        (MediaFacts(width=640, height=640, seconds=4.0, fps=12), ""),
        (MediaFacts(), ""),
    ],
)
def test_a_picture_of_a_finished_video_is_judged_by_the_rules_for_images(
    facts: MediaFacts, why: str, tmp_path: Path
) -> None:
    (tmp_path / "storyboard.yaml").write_text(CHAIN.format(name="a"), encoding="utf-8")
    entry = next(e for e in api.compile(tmp_path / "storyboard.yaml").entries if e.shot == "last")
    key = next(m.key for m in entry.media if m.frame == "1500")
    found = unusable_upstream(entry.media, MODEL.media, lambda fp: facts if fp == key else None)
    assert (found or ("", ""))[1].startswith(why) and bool(found) == bool(why)
