"""Create, read, batch, list and credits over real sockets, and the bill on disk."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from seedspec.catalog.price import Asked, charge
from seedspec.catalog.price_file import PriceBook
from seedspec.emulator.ledger import LedgerError
from seedspec.media.movie import check_playable

pytestmark = pytest.mark.slow

if TYPE_CHECKING:
    from tests.emulator.conftest import Running, Start

    Run = Callable[..., AbstractContextManager[Running]]

NAME = "seedance-2.0-reference-to-video"


def test_a_task_from_creation_to_the_clip(start: Start) -> None:
    emulator = start(seconds=0.2)
    created = emulator.create(duration=5, aspect_ratio="21:9", generate_audio=False)
    assert re.fullmatch(r"task-unified-\d+-[0-9a-f]{8}", created["id"])
    assert created | {"id": "", "created": 0} == {
        "id": "", "object": "video.generation.task", "created": 0, "model": NAME,
        "status": "pending", "progress": 0, "type": "video",
        "task_info": {"can_cancel": False, "estimated_time": 1, "video_duration": 5},
        "usage": {"billing_rule": "per_second", "credits_reserved": 31.3875, "user_group": "default"},
    }  # fmt: skip
    seen: list[dict[str, Any]] = []

    def look() -> dict[str, Any]:
        seen.append(emulator.read(created["id"]))
        return seen[-1]

    done = emulator.until(look, lambda found: found["status"] == "completed")
    words = [found["status"] for found in seen]
    assert words == sorted(words, key=["pending", "processing", "completed"].index)
    progress = [found["progress"] for found in seen]
    assert progress == sorted(progress) and progress[-1] == 100
    assert done["usage"] == {**created["usage"], "credits_used": 31.3875}
    [url] = done["results"]
    assert url.startswith(emulator.addresses.results) and emulator.addresses.results != emulator.addresses.api
    answer = httpx.get(url, trust_env=False, verify=False)
    assert answer.headers["content-type"] == "video/mp4"
    path = emulator.settings.folder / "got.mp4"
    path.write_bytes(answer.content)
    found = check_playable(path)
    assert (found.width, found.height, found.seconds, found.fps, found.audio) == (992, 432, 5.0, 24.0, False)


@pytest.mark.parametrize("quality", ["480p", "720p"])
@pytest.mark.parametrize("ratio", ["16:9", "9:16", "1:1", "4:3", "3:4", "21:9", "adaptive"])
def test_every_shape_has_the_pixels_of_the_reference(
    shared: Running, model: dict[str, Any], quality: str, ratio: str
) -> None:
    task = shared.create(quality=quality, aspect_ratio=ratio, generate_audio=ratio == "1:1")
    shared.finish(task["id"])
    found = check_playable(shared.settings.folder / "results" / f"{task['id']}.mp4")
    wanted = model["x-seedspec"]["output"]["pixels"][quality]["16:9" if ratio == "adaptive" else ratio]
    assert ([found.width, found.height], found.audio) == (wanted, ratio == "1:1")


def test_what_is_left_out_takes_the_defaults(shared: Running) -> None:
    answer = shared.client.post("/v1/videos/generations", json={"model": NAME, "prompt": "x"})
    shared.finish(answer.json()["id"])
    found = check_playable(shared.settings.folder / "results" / f"{answer.json()['id']}.mp4")
    assert (found.width, found.height, found.seconds, found.audio) == (1280, 720, 5.0, True)


def test_money_is_reserved_then_used_and_given_back_on_failure(start: Start) -> None:
    emulator = start("failed=content_policy_violation@2", credits=100, seconds=0.3)
    assert emulator.credits() == (100, 0)
    first, second = emulator.create()["id"], emulator.create()["id"]
    assert emulator.credits() == (100 - 2 * 25.11, 0)
    assert emulator.finish(first)["status"] == "completed"
    failed = emulator.finish(second)
    assert failed["error"]["code"] == "content_policy_violation"
    assert failed["error"]["type"] == "task_error" and "\n" in failed["error"]["message"]
    assert "results" not in failed
    assert emulator.credits() == (100 - 25.11, 25.11)
    events = [(line["event"], line["task"]) for line in emulator.ledger()]
    assert events[:2] == [("reserved", first), ("reserved", second)]
    assert sorted(events[2:]) == [("charged", first), ("refunded", second)]


def test_no_money_no_task(start: Start) -> None:
    emulator = start(credits=60)
    emulator.create()
    emulator.create()
    answer = emulator.post()
    assert (answer.status_code, answer.json()["error"]["code"]) == (402, "insufficient_quota")
    assert answer.json()["error"]["type"] == "insufficient_quota"
    assert [line["event"] for line in emulator.ledger() if line["event"] in ("reserved", "refused")] == [
        "reserved", "reserved", "refused",
    ]  # fmt: skip


def test_the_reply_of_a_create_finds_its_line_on_disk(start: Start) -> None:
    emulator = start()
    for number in range(5):
        task = emulator.create(prompt=f"Prompt {number}")
        line = emulator.ledger("reserved")[-1]
        assert (line["task"], line["prompt"], line["credits"]) == (task["id"], f"Prompt {number}", 25.11)
        assert re.fullmatch("[0-9a-f]{64}", line["body_sha256"])


def test_prices_follow_the_price_file(shared: Running, prices: PriceBook) -> None:
    rate = prices.rate(NAME, "2026-11-29")
    for quality in ("480p", "720p"):
        for duration in (4, 15):
            for videos in (None, ["https://cdn.example.com/a.mp4"]):
                task = shared.create(quality=quality, duration=duration, video_urls=videos)
                units = charge(rate, Asked(duration, quality, videos=len(videos or ())))
                assert task["usage"]["credits_reserved"] == units / 10_000


def test_batch(start: Start) -> None:
    emulator = start()
    ids = [emulator.create()["id"] for _ in range(3)]
    answer = emulator.client.post("/v1/tasks/batch", json={"task_ids": [ids[2], "task-unified-0-none", ids[0], ids[2]]})
    assert [task["id"] for task in answer.json()["data"]] == [ids[2], ids[0]]
    bad: list[object] = [{"task_ids": given} for given in ("x", [], [1], ["x"] * 51)]
    for wrong in (*bad, {}, []):
        answer = emulator.client.post("/v1/tasks/batch", json=wrong)
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_request")
    assert emulator.client.post("/v1/tasks/batch", json={"task_ids": ["x"] * 50}).json() == {"data": []}


def test_list(start: Start) -> None:
    emulator = start("failed@2")
    ids = [emulator.create()["id"] for _ in range(5)]
    for task in ids:
        emulator.finish(task)
    every = emulator.client.get("/v1/tasks").json()
    assert [row["id"] for row in every["data"]] == ids[::-1]
    assert (every["total"], every["page"], every["page_size"]) == (5, 1, 20)
    assert every["data"][0] == {
        "id": ids[4], "status": "completed", "model": NAME, "type": "video", "progress": 100,
        "created_at": every["data"][0]["created_at"], "has_results": True, "has_error": False, "credits_used": 25.11,
    }  # fmt: skip

    def rows(**query: Any) -> list[str]:
        return [row["id"] for row in emulator.client.get("/v1/tasks", params=query).json()["data"]]

    assert rows(page_size=2, page=2) == [ids[2], ids[1]]
    assert rows(page=9) == []
    assert rows(status="failed") == [ids[1]]
    assert rows(status="completed", page_size=1, page=2) == [ids[3]]
    assert rows(status="processing") == rows(status="cancelled") == rows(model="other") == rows(type="image") == []
    assert rows(type="video", model=NAME) == ids[::-1]
    for wrong in ({"page": 0}, {"page_size": 51}, {"page": "x"}, {"status": "done"}, {"type": "text"}):
        assert emulator.client.get("/v1/tasks", params=wrong).status_code == 400
    slow = emulator.client.get("/v1/tasks", params={"status": "processing"}).json()
    assert slow["total"] == 0


def test_processing_in_the_list_includes_what_is_pending(start: Start) -> None:
    emulator = start(seconds=600)
    task = emulator.create()["id"]
    assert emulator.read(task)["status"] == "pending"
    assert [row["id"] for row in emulator.client.get("/v1/tasks?status=processing").json()["data"]] == [task]


def test_capacity_lets_others_wait(start: Start) -> None:
    emulator = start(seconds=600, capacity=2)
    estimates = [emulator.create()["task_info"]["estimated_time"] for _ in range(5)]
    assert [round(seconds / 600) for seconds in estimates] == [1, 1, 2, 2, 3]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/videos/generations"), ("GET", "/v1/tasks/task-unified-1-a"), ("POST", "/v1/tasks/batch"),
        ("GET", "/v1/tasks"), ("GET", "/v1/credits"), ("POST", "/api/v1/files/upload/stream"),
        ("POST", "/api/v1/files/upload/base64"), ("POST", "/api/v1/files/upload/url"), ("GET", "/api/v1/files/list"),
        ("GET", "/api/v1/files/quota"), ("DELETE", "/api/v1/files/file_x"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("header", [None, "Bearer", "Basic abc", "sk-evo-x", "Bearer a b", "Bearer caf\u00e9"])
def test_no_key_no_service(shared: Running, method: str, path: str, header: str | None) -> None:
    headers = {} if header is None else {b"Authorization": header.encode()}
    body: dict[str, str] | None = {} if method == "POST" else None
    answer = httpx.request(
        method, shared.addresses.api + path, headers=headers, json=body, trust_env=False, verify=False
    )
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "unauthorized"
    assert answer.json()["error"]["type"] == "authentication_error"


def test_one_key_alone(start: Start) -> None:
    emulator = start(key="sk-evo-right")
    assert emulator.client.get("/v1/credits").status_code == 401
    assert emulator.client.get("/v1/credits", headers={"Authorization": "Bearer sk-evo-right"}).status_code == 200


def test_unknown_tasks_and_routes(shared: Running) -> None:
    answer = shared.client.get("/v1/tasks/task-unified-1-none")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "task_not_found")
    assert (shared.client.get("/v2/x").status_code, shared.client.put("/v1/tasks").status_code) == (404, 405)
    assert shared.client.get("/v2/x").json()["error"]["code"] == "not_found"
    assert shared.client.get("/v1/credits").headers["x-request-id"].startswith("req-")


def test_idempotency_is_off_unless_asked_for(start: Start) -> None:
    emulator = start()
    headers = {"Idempotency-Key": "0123456789abcdef"}
    answers = [emulator.client.post("/v1/videos/generations", json=emulator.body(), headers=headers) for _ in range(2)]
    assert answers[0].json()["id"] != answers[1].json()["id"]
    assert [line["idempotency_key"] for line in emulator.ledger("reserved")] == ["0123456789abcdef"] * 2


def test_idempotency_when_asked_for_and_after_a_restart(run: Run) -> None:
    headers = {"Idempotency-Key": "0123456789abcdef"}
    with run(idempotency=True) as emulator:
        first = emulator.client.post("/v1/videos/generations", json=emulator.body(), headers=headers)
        assert "idempotency-replayed" not in first.headers
    with run(idempotency=True) as emulator:
        again = emulator.client.post("/v1/videos/generations", json=emulator.body(), headers=headers)
        assert (again.json()["id"], again.headers["idempotency-replayed"]) == (first.json()["id"], "true")
        other = emulator.client.post("/v1/videos/generations", json=emulator.body(duration=6), headers=headers)
        assert (other.status_code, other.json()["error"]["code"]) == (409, "idempotency_conflict")
        for wrong in ("short", "x" * 97, "spaces are not good here"):
            answer = emulator.client.post(
                "/v1/videos/generations", json=emulator.body(), headers={"Idempotency-Key": wrong}
            )
            assert answer.status_code == 400
        assert len(emulator.ledger("reserved")) == 1


def test_a_restart_knows_everything_again(run: Run) -> None:
    with run("slow-task=0.05@2", "failed@3", credits=1000) as emulator:
        ids = [emulator.create(prompt=f"Take {n}")["id"] for n in range(3)]
        before = [emulator.finish(task) for task in ids]
        upload = emulator.upload(httpx.get(before[0]["results"][0], trust_env=False, verify=False).content, "a.mp4")
        late = emulator.create()["id"]
        money = emulator.credits()
    with (emulator.settings.folder / "ledger.jsonl").open("ab") as ledger:
        ledger.write(b'{"at": "2026-01-01", "event": "reser')  # the power went here
    with run(credits=1000) as emulator:
        for old in before:
            new = emulator.finish(old["id"])
            assert (new["status"], new["usage"], new["created"]) == (old["status"], old["usage"], old["created"])
            assert new.get("error") == old.get("error")
        clip = httpx.get(emulator.read(ids[0])["results"][0], trust_env=False, verify=False)
        assert clip.status_code == 200
        listed = emulator.client.get("/api/v1/files/list").json()["data"]["files"]
        assert [file["file_id"] for file in listed] == [upload["file_id"]]
        assert httpx.get(listed[0]["file_url"], trust_env=False, verify=False).content == clip.content
        assert emulator.finish(late)["status"] == "completed"
        assert sum(emulator.credits()) == pytest.approx(1000)
        assert emulator.credits()[1] == pytest.approx(3 * 25.11)
        assert money[0] == pytest.approx(1000 - 3 * 25.11)
        charged = [line["task"] for line in emulator.ledger("charged")]
        assert sorted(charged) == sorted([ids[0], ids[1], late])


def test_a_clip_that_was_deleted_is_made_again_and_not_billed_again(run: Run) -> None:
    with run() as emulator:
        task = emulator.create()["id"]
        emulator.finish(task)
    (emulator.settings.folder / "results" / f"{task}.mp4").unlink()
    with run() as emulator:
        assert httpx.get(emulator.finish(task)["results"][0], trust_env=False, verify=False).status_code == 200
        assert len(emulator.ledger("charged")) == 1


def test_two_emulators_cannot_share_a_folder(run: Run) -> None:
    with run(), pytest.raises(LedgerError, match="another emulator holds"), run():
        raise AssertionError("the second one started")


def test_a_ledger_of_something_else_is_refused(run: Run) -> None:
    with run() as emulator:
        emulator.create()
    path = emulator.settings.folder / "ledger.jsonl"
    kept = path.read_bytes()
    path.write_bytes(b"not a ledger\n" + kept)
    with pytest.raises(LedgerError, match=r"ledger\.jsonl:1"), run():
        raise AssertionError("it started")
    assert path.read_bytes() == b"not a ledger\n" + kept


def test_a_port_that_is_taken(run: Run) -> None:
    with run() as emulator:
        port = int(emulator.addresses.api.rpartition(":")[2])
        with pytest.raises(OSError), run(folder=emulator.settings.folder / "other", port=port):
            raise AssertionError("it started")


def test_retention(start: Start) -> None:
    emulator = start(retention=0)
    answer = emulator.client.get(f"/v1/tasks/{emulator.create()['id']}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "task_not_found")
