"""`--renders`: saved videos in a bucket by digest, put there once and found again by any clone, on a real S3 server."""

from __future__ import annotations

import json
import re
import shutil
import threading
import urllib.request
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from bucket import ACCESS, SECRET, Store, sha256
from helpers import SMALL, Make, Project, Service

from seedspec import api
from seedspec.lock.run_events import Archived, Delayed, Uploaded
from seedspec.plan.plan import Action
from seedspec.plan.reason import InBucket
from seedspec.project.credentials import BadSettings

pytestmark = pytest.mark.slow

URL = "s3://team/films/tea"
LONG_AGO = "2026-01-01T00:00:00Z"
CHAIN = """\
seedspec: 1
name: {name}
model: seedance-2.0-reference-to-video
defaults: {{duration: 4, quality: 480p}}
shots:
  - {{id: open, prompt: "{name} open"}}
  - {{id: next, prompt: "{name} next {{{{ ref('prev') }}}}", references: {{prev: {{shot: open}}}}}}
"""


def videos(found: Project) -> dict[str, bytes]:
    """The saved videos of a project, by the names that they have in the bucket."""
    return {f"films/tea/{sha256(p.read_bytes())}.mp4": p.read_bytes() for p in (found.folder / "renders").glob("*.mp4")}


def in_bucket(store: Store, ending: str = ".mp4") -> set[str]:
    return {key for key in store.keys("team") if key.endswith(ending)}


def a_week_later(found: Project) -> None:
    """The service keeps nothing any more."""
    for record in list(found.lock()):
        found.rewrite(record.entry, results_until=LONG_AGO)


def clone(found: Project) -> Project:
    """What git brings of a project: no video, and nothing that a machine keeps for itself."""
    folder = found.folder.with_name(f"{found.folder.name}-clone")
    shutil.copytree(found.folder, folder, ignore=shutil.ignore_patterns("renders", ".seedspec", "state"))
    return replace(found, folder=folder)


def fetch(found: Project, **options: Any) -> list[Any]:
    return found.here(submit=False, renders=URL, **options)


def troubles(events: list[Any]) -> list[str]:
    return [e.reason for e in events if isinstance(e, Delayed) and e.step == "bucket"]


# --- put there once ---


def test_a_saved_video_is_put_there_once_under_its_digest(project: Make, mine: Service, store: Store) -> None:
    found = project(SMALL, at=mine)
    events = found.here(renders=URL)
    assert events[-1].exit == 0 and len([e for e in events if isinstance(e, Archived)]) == 2
    saved = videos(found)
    assert in_bucket(store) == set(saved) and len(saved) == 2
    for key, content in saved.items():
        got = store.client().get_object(Bucket="team", Key=key)
        assert got["Body"].read() == content and got["ContentType"] == "video/mp4"
    assert in_bucket(store, ".webp") == {key.replace(".mp4", ".webp") for key in saved}, "posters beside them"
    lock, puts = found.lock_path.read_bytes(), len(store.sent("PUT"))
    again = found.here(renders=URL)
    assert again[-1].exit == 0 and not [e for e in again if isinstance(e, Archived)]
    assert found.lock_path.read_bytes() == lock and len(store.sent("PUT")) == puts, "what is there is not sent again"


def test_what_was_saved_before_there_was_a_bucket_goes_up_later(project: Make, mine: Service, store: Store) -> None:
    found = project(SMALL, at=mine)
    assert found.here()[-1].exit == 0 and not store.seen
    assert fetch(found)[-1].exit == 0
    assert in_bucket(store) == set(videos(found))


def test_two_runs_at_once_put_the_same_videos(project: Make, mine: Service, store: Store) -> None:
    found = project(SMALL, at=mine)
    assert found.here()[-1].exit == 0
    other = replace(found, folder=found.folder.with_name("other"))
    shutil.copytree(found.folder, other.folder)
    ended: list[int] = []
    threads = [threading.Thread(target=lambda p=p: ended.append(fetch(p)[-1].exit)) for p in (found, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ended == [0, 0] and in_bucket(store) == set(videos(found))
    for key, content in videos(found).items():
        assert store.client().get_object(Bucket="team", Key=key)["Body"].read() == content


def test_a_video_that_people_have_changed_is_not_put_there(project: Make, mine: Service, store: Store) -> None:
    found = project(SMALL, at=mine)
    assert found.here()[-1].exit == 0
    path = found.folder / "renders" / "one_take1.mp4"
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    events = fetch(found)
    assert events[-1].exit == 7 and len(in_bucket(store)) == 1
    assert ["is not what it was" in said for said in troubles(events)] == [True]


def test_another_file_under_the_digest_is_told_and_left(project: Make, mine: Service, store: Store) -> None:
    found = project(SMALL, at=mine)
    assert found.here()[-1].exit == 0
    key = sorted(videos(found))[0]
    store.client().put_object(Bucket="team", Key=key, Body=b"something")
    events = fetch(found)
    assert events[-1].exit == 7 and ["is not this video" in said for said in troubles(events)] == [True]
    assert store.keys("team")[key] == 9


# --- found again for ever ---


def test_a_week_later_a_fresh_clone_has_everything_and_the_lock_is_the_same(
    project: Make, mine: Service, store: Store
) -> None:
    found = project(CHAIN, at=mine)
    assert found.here(renders=URL)[-1].exit == 0
    a_week_later(found)
    here = clone(found)
    before, asked = here.lock_path.read_bytes(), len(mine.ledger("reserved"))
    board = here.folder / "storyboard.yaml"
    bare = api.plan(board).plan
    assert [s.action for s in bare.steps] == [Action.DONE] * 2 and len(bare.missing) == 2, "without a bucket as before"
    store.seen.clear()
    planned = api.plan(board, api.Options(renders=URL)).plan
    assert [s.action for s in planned.steps] == [Action.FETCH] * 2 and not store.seen, "a plan asks nobody"
    assert all(isinstance(s.reason, InBucket) for s in planned.steps) and not planned.missing
    events = fetch(here)
    assert (events[-1].exit, events[-1].saved) == (0, 2)
    assert videos(here) == videos(found) and here.lock_path.read_bytes() == before
    assert len(mine.ledger("reserved")) == asked and not store.sent("PUT")
    assert fetch(here)[-1].exit == 0 and here.lock_path.read_bytes() == before
    assert here.do("lock", "verify").code == 0


def test_the_bucket_is_asked_before_the_service(project: Make, mine: Service, store: Store) -> None:
    found = project(SMALL, at=mine)
    assert found.here(renders=URL)[-1].exit == 0
    here = clone(found)
    store.seen.clear()
    before = here.lock_path.read_bytes()
    assert fetch(here)[-1].exit == 0 and videos(here) == videos(found)
    assert len(store.sent("GET")) == 2 and here.lock_path.read_bytes() == before


def test_what_the_bucket_has_not_comes_from_the_service_while_it_keeps_it(
    project: Make, mine: Service, store: Store
) -> None:
    found = project(SMALL, at=mine)
    assert found.here()[-1].exit == 0
    here = clone(found)
    before = here.lock_path.read_bytes()
    events = fetch(here)
    assert events[-1].exit == 0 and videos(here) == videos(found) and not troubles(events)
    assert here.lock_path.read_bytes() == before
    assert in_bucket(store) == set(videos(found)), "and it is put there then"


def test_what_nobody_has_is_said(project: Make, mine: Service, store: Store) -> None:
    found = project(SMALL, at=mine)
    assert found.here()[-1].exit == 0
    a_week_later(found)
    here = clone(found)
    before = here.lock_path.read_bytes()
    done = here.do("fetch", "--renders", URL, "--plain")
    assert done.code == 7 and here.lock_path.read_bytes() == before, done.err
    said = done.out + done.err
    assert said.count(f"it is not in `{URL}`, and the service keeps it no longer") >= 2, said


@pytest.mark.parametrize("lives", [True, False])
def test_a_video_that_is_not_what_its_digest_says_is_told_and_not_used(
    lives: bool, project: Make, mine: Service, store: Store
) -> None:
    found = project(SMALL, at=mine)
    assert found.here(renders=URL)[-1].exit == 0
    key = sorted(videos(found))[0]
    content = store.client().get_object(Bucket="team", Key=key)["Body"].read()
    store.client().put_object(Bucket="team", Key=key, Body=content[:-1] + b"!")
    if not lives:
        a_week_later(found)
    here = clone(found)
    before = here.lock_path.read_bytes()
    events = fetch(here)
    assert ["is not used: its SHA-256 is not that" in said for said in troubles(events)] == [True]
    assert events[-1].exit == (0 if lives else 7) and here.lock_path.read_bytes() == before
    assert set(videos(here)) == set(videos(found)) - (set() if lives else {key})
    assert not list((here.folder / "renders").glob("*.part"))


# --- a bucket that goes away ---


@pytest.mark.parametrize("fault", ["403", "500", "503", "cut", "slow", "lost", "409"])
@pytest.mark.sampled(2)
def test_a_bucket_in_trouble_loses_nothing_and_buys_nothing_again(
    fault: str, project: Make, mine: Service, store: Store
) -> None:
    found = project(SMALL, at=mine)
    store.faults["PUT"] = fault
    events = found.here(renders=URL)
    assert (events[-1].exit, events[-1].bought, events[-1].saved) == (0, 2, 2), "the run's code is its own"
    assert len(videos(found)) == 2
    if fault in ("slow", "lost"):  # what was lost is the answer alone: it is looked for before it is believed
        assert in_bucket(store) == set(videos(found)) and not troubles(events)
        return
    assert len(troubles(events)) == 1 and "next run or fetch" in troubles(events)[0], "it is said once"
    assert not in_bucket(store)
    assert fetch(found)[-1].exit == 7, "a fetch that could not put up is not finished"
    store.faults.clear()
    assert fetch(found)[-1].exit == 0 and in_bucket(store) == set(videos(found))
    assert sum(mine.bought(found.name).values()) == 2


@pytest.mark.parametrize("fault", ["403", "503", "cut"])
def test_a_bucket_that_cannot_be_read_leaves_the_service(
    fault: str, project: Make, mine: Service, store: Store
) -> None:
    found = project(SMALL, at=mine)
    assert found.here(renders=URL)[-1].exit == 0
    here = clone(found)
    before = here.lock_path.read_bytes()
    store.faults["GET"] = fault
    events = fetch(here)
    assert events[-1].saved == 2 and videos(here) == videos(found) and len(troubles(events)) <= 1
    assert here.lock_path.read_bytes() == before
    a_week_later(found)
    here = replace(found, folder=found.folder.with_name("third"))
    shutil.copytree(found.folder, here.folder, ignore=shutil.ignore_patterns("renders", ".seedspec", "state"))
    assert fetch(here)[-1].exit == 7 and not videos(here)
    store.faults.clear()
    assert fetch(here)[-1].exit == 0 and videos(here) == videos(found)


@pytest.mark.parametrize(
    ("url", "more", "said"),
    [
        ("s3://nowhere/films", {}, "there is no bucket `nowhere`: NoSuchBucket"),
        (URL, {"AWS_SECRET_ACCESS_KEY": "wrong"}, "does not take these credentials"),
        (URL, {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, "saved videos can go up"),
    ],
)
def test_what_a_bucket_refuses_is_said_once_and_the_run_goes_on(
    url: str, more: dict[str, str], said: str, project: Make, mine: Service, store: Store
) -> None:
    found = project(SMALL, at=mine)
    done = found.do("run", "--yes", "--plain", "--poll-interval", "0.1", "--submit-rate", "1000", "--renders", url,
                    environ={**store.environ, **more})  # fmt: skip
    assert done.code == 0 and len(videos(found)) == 2, done.err
    assert (done.out + done.err).count(said) == 1, done.out + done.err


@pytest.mark.parametrize(
    ("url", "drop", "code", "said"),
    [
        ("s3://team/../x", False, 2, "`--renders` is `s3://team/../x`; expected s3://BUCKET/PREFIX"),
        (URL, True, 5, "no credentials; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"),
    ],
)
def test_what_can_be_known_without_the_bucket_is_said_before_money_moves(
    url: str, drop: bool, code: int, said: str, project: Make, mine: Service, store: Store,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    found = project(SMALL, at=mine)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY") if drop else ():
        monkeypatch.delenv(name)
    done = found.do(
        "run", "--yes", "--plain", "--renders", url, environ={"AWS_METADATA_ENDPOINT": "http://127.0.0.1:9"}
    )
    assert (done.code, "Traceback" in done.err) == (code, False) and said in done.err, done.err
    assert not mine.ledger("reserved")


# --- what continues a render ---


def test_what_continues_a_render_gets_a_signed_link_and_nothing_goes_up(
    project: Make, mine: Service, store: Store
) -> None:
    found = project(CHAIN, at=mine)
    assert found.here(renders=URL, select=["open"])[-1].exit == 0
    a_week_later(found)
    here = clone(found)
    fingerprints = [e.fingerprint for e in api.compile(here.folder / "storyboard.yaml").entries]
    events = here.here(renders=URL, select=["next"])
    assert (events[-1].exit, events[-1].bought) == (0, 1), [e for e in events if isinstance(e, Delayed)]
    assert not mine.ledger("uploaded") and [e.reused for e in events if isinstance(e, Uploaded)] == [True]
    url = str(mine.ledger("reserved")[-1]["request"]["body"]["video_urls"][0])
    query = parse_qs(urlsplit(url).query)
    assert url.startswith(f"{store.origin}/team/films/tea/") and int(query["X-Amz-Expires"][0]) >= 24 * 3600
    secrets = [query["X-Amz-Signature"][0], SECRET, ACCESS, "X-Amz"]
    kept = {str(p): p.read_bytes().decode("latin-1") for p in here.folder.rglob("*") if p.is_file()}
    kept["events"] = repr(events)
    assert not [(secret, where) for secret in secrets for where, text in kept.items() if secret in text]
    assert [e.fingerprint for e in api.compile(here.folder / "storyboard.yaml").entries] == fingerprints


def test_without_the_bucket_what_continues_a_render_goes_up_as_a_file(
    project: Make, mine: Service, store: Store
) -> None:
    found = project(CHAIN, at=mine)
    assert found.here(renders=URL, select=["open"])[-1].exit == 0
    a_week_later(found)
    store.faults |= {"HEAD": "503", "PUT": "503"}
    events = found.here(renders=URL)
    assert (events[-1].exit, events[-1].bought) == (0, 1) and len(mine.ledger("uploaded")) == 1


# --- who may name it ---


def test_only_a_flag_or_the_real_environment_names_the_bucket(project: Make, mine: Service, store: Store) -> None:
    found = project(SMALL, at=mine)
    (found.folder / ".env").write_text(f"SEEDSPEC_RENDERS={URL}\n")
    assert found.run().code == 0 and not store.seen
    assert found.do("fetch", environ={"SEEDSPEC_RENDERS": URL}).code == 0 and len(in_bucket(store)) == 2
    board = found.folder / "storyboard.yaml"
    board.write_text(f"renders: {URL}\n{board.read_text()}")
    refused = found.do("check")
    assert refused.code == 3 and "unknown key `renders`" in refused.out


def test_the_emulator_has_nothing_to_do_with_it(project: Make, mine: Service, store: Store) -> None:
    found = project(SMALL, at=mine)
    fast = ("--emulator", "--emulator-seconds", "0", "--plain")
    refused = found.do("run", *fast, "--renders", URL)
    assert refused.code == 2 and "--renders and --emulator exclude each other" in refused.err
    done = found.do("run", *fast, environ={"SEEDSPEC_RENDERS": URL})
    assert done.code == 0 and done.err.count("SEEDSPEC_RENDERS is left alone") == 1, done.err
    for command in ("fetch", "plan", "status", "review"):
        told = found.do(command, "--emulator", environ={"SEEDSPEC_RENDERS": URL})
        assert told.code == 0 and told.err.count("SEEDSPEC_RENDERS is left alone") == 1, told.err
        assert found.do(command, "--emulator", "--renders", URL).code == 2
    with pytest.raises(BadSettings, match="leave `renders` out"):
        list(api.run(found.folder / "storyboard.yaml", api.Options(emulated=True, renders=URL)))
    assert not store.seen


def test_plan_and_status_say_where_a_video_comes_from(project: Make, mine: Service, store: Store) -> None:
    found = project(SMALL, at=mine)
    assert found.here(renders=URL)[-1].exit == 0
    a_week_later(found)
    here = clone(found)
    store.seen.clear()
    said = "renders/one_take1.mp4 is not here; it comes from the bucket"
    for command in ("plan", "status"):
        told = here.do(command, environ={"SEEDSPEC_RENDERS": URL})
        assert told.code == 0 and said in told.out, told.out + told.err
    assert f"seedspec fetch --renders {URL}" in here.do("plan", "--renders", URL).err
    shown = json.loads(here.do("status", "--format", "json", "--renders", URL).out)
    assert {(s["reason"]["kind"], s["hours_left"]) for s in shown["steps"]} == {("InBucket", None)}
    assert not store.seen


# --- the review page ---


def policy_of(text: str) -> str:
    found = re.search(r'Content-Security-Policy" content="([^"]*)"', text)
    assert found is not None
    return found[1]


def takes_of(text: str) -> list[dict[str, Any]]:
    found = re.search(r'<script type="application/json" id="content">(.*?)</script>', text, re.DOTALL)
    assert found is not None
    return list(json.loads(found[1])["takes"])


def test_a_page_with_signed_addresses_needs_no_video_here(project: Make, mine: Service, store: Store) -> None:
    found = project(SMALL, at=mine)
    assert found.here(renders=URL)[-1].exit == 0
    a_week_later(found)
    here = clone(found)
    done = here.do("review", "--media", "signed=2d", "--renders", URL)
    assert done.code == 0, done.err
    text = (here.folder / done.out.strip()).read_text()
    assert f"media-src {store.origin};" in policy_of(text)
    assert re.search(r"<p>The videos can be watched until \d{4}-\d\d-\d\d \d\d:\d\d UTC\.</p>", text)
    takes = takes_of(text)
    assert [t["state"] for t in takes] == ["saved", "saved"] and "data:image/webp;base64," in text
    for take in takes:
        query = parse_qs(urlsplit(take["source"]).query)
        assert query["X-Amz-Expires"] == ["172800"]
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(take["source"]) as answer:
            assert sha256(answer.read())[:16] == take["video"]
    assert "X-Amz" not in done.out + done.err and SECRET not in text
    plain = here.do("review", environ={"SEEDSPEC_RENDERS": URL})
    text = (here.folder / plain.out.strip()).read_text()
    assert (
        "media-src 'self' file:;" in policy_of(text) and "X-Amz" not in text and "The videos can be watched" not in text
    )


def test_a_page_says_what_the_bucket_has_not(project: Make, mine: Service, store: Store) -> None:
    found = project(SMALL, at=mine)
    assert found.here(renders=URL)[-1].exit == 0
    store.client().delete_object(Bucket="team", Key=sorted(videos(found))[0])
    done = found.do("review", "--media", "signed", "--renders", URL)
    assert done.code == 0 and "1 saved video is not in the bucket: `seedspec fetch --renders URL`" in done.err, done.err
    text = (found.folder / done.out.strip()).read_text()
    assert sorted(t["state"] for t in takes_of(text)) == ["gone", "saved"]


@pytest.mark.parametrize(
    ("media", "renders", "code", "said"),
    [
        ("signed", None, 2, "--media signed needs the bucket of the videos: add --renders s3://BUCKET/PREFIX"),
        ("signed=8d", URL, 2, "at most"),
        ("signed=0h", URL, 2, "at least"),
        ("signed=soon", URL, 2, "is none of link, inline, proxy, signed"),
        ("signed", "s3://nowhere/x", 0, "not in the bucket"),
    ],
)
def test_what_is_no_page_with_signed_addresses(
    media: str, renders: str | None, code: int, said: str, project: Make, mine: Service, store: Store
) -> None:
    found = project(SMALL, at=mine)
    assert found.here()[-1].exit == 0
    done = found.do("review", "--media", media, *(["--renders", renders] if renders else []))
    assert done.code == code and said in done.err, done.err


def test_no_page_is_made_when_the_bucket_refuses(project: Make, mine: Service, store: Store) -> None:
    found = project(SMALL, at=mine)
    assert found.here(renders=URL)[-1].exit == 0
    store.faults["HEAD"] = "403"
    done = found.do("review", "--media", "signed", "--renders", URL)
    assert done.code == 7 and "does not take these credentials: HTTP 403: no page is made" in done.err, done.err
    assert not list(found.folder.glob("*.html")) and "Traceback" not in done.err
