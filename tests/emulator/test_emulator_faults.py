"""Every fault, seen by a real client, and what the ledger says was bought."""

from __future__ import annotations

import json
import socket
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx
import pytest

from seedspec.media.facts import MediaError
from seedspec.media.movie import look
from seedspec.media.reader import playable
from seedspec.run.store.downloads import check_boxes

pytestmark = pytest.mark.slow

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from tests.emulator.conftest import Running, Start

    Run = Callable[..., AbstractContextManager[Running]]


def bought(emulator: Running) -> int:
    return len(emulator.ledger("reserved"))


@pytest.mark.parametrize(
    ("fault", "status", "code", "kind"),
    [
        ("refused", 400, "content_policy_violation", "invalid_request_error"),
        ("refused=sensitive_content", 400, "sensitive_content", "invalid_request_error"),
        ("unauthorized", 401, "unauthorized", "authentication_error"),
        ("no-balance", 402, "insufficient_quota", "insufficient_quota"),
        ("forbidden", 403, "model_access_denied", "invalid_request_error"),
        ("throttled", 429, "rate_limit_exceeded", "rate_limit_error"),
        ("server-error=500", 500, "internal_error", "api_error"),
        ("server-error=503", 503, "internal_error", "api_error"),
    ],
)
def test_refusals_before_acceptance(start: Start, fault: str, status: int, code: str, kind: str) -> None:
    emulator = start(f"{fault}@1")
    answer = emulator.post()
    assert answer.status_code == status
    assert (answer.json()["error"]["code"], answer.json()["error"]["type"]) == (code, kind)
    assert bought(emulator) == 0
    assert emulator.post().status_code == 200
    assert bought(emulator) == 1


@pytest.mark.parametrize("text", ["1", "0", "Wed, 21 Oct 2026 07:28:00 GMT"])
def test_throttled_says_when(start: Start, text: str) -> None:
    answer = start(f"throttled={text}").post()
    assert (answer.status_code, answer.headers["retry-after"]) == (429, text)


@pytest.mark.parametrize("status", [502, 504, 520])
def test_a_gateways_page(start: Start, status: int) -> None:
    emulator = start(f"server-error={status}")
    answer = emulator.post()
    assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (status, "text/html")
    assert bought(emulator) == 0


@pytest.mark.parametrize(("fault", "html"), [("late-error", False), ("late-error=502", True), ("late-error=503", True)])
def test_late_errors_are_bought(start: Start, fault: str, html: bool) -> None:
    emulator = start(fault)
    answer = emulator.post()
    assert answer.status_code >= 500
    assert answer.headers["content-type"].startswith("text/html" if html else "application/json")
    assert bought(emulator) == 1
    [line] = emulator.ledger("fault")
    assert (line["name"], line["task"]) == ("late-error", emulator.ledger("reserved")[0]["task"])


def test_a_lost_reply_is_bought_and_the_next_connection_works(start: Start) -> None:
    emulator = start("lost-reply@1,3")
    for number in (1, 2, 3):
        if number == 2:
            assert emulator.post().status_code == 200
        else:
            with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
                emulator.post()
        assert bought(emulator) == number


def test_a_lost_reply_sends_not_one_byte(start: Start) -> None:
    """A bare socket: after the whole request was sent, the connection ends without an answer."""
    emulator = start("lost-reply")
    body = json.dumps(emulator.body()).encode()
    where = urlsplit(emulator.addresses.api)
    with socket.create_connection((where.hostname, where.port), timeout=20) as plain:
        head = (
            "POST /v1/videos/generations HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer k\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        plain.sendall(head.encode() + body)
        with suppress(ConnectionResetError):
            assert plain.recv(100) == b""
    assert bought(emulator) == 1


def test_a_garbled_reply_is_bought(start: Start) -> None:
    emulator = start("garbled-reply")
    answer = emulator.post()
    assert answer.status_code == 200
    with pytest.raises(ValueError):
        answer.json()
    assert bought(emulator) == 1


def test_a_reply_without_id_is_bought(start: Start) -> None:
    emulator = start("no-id")
    answer = emulator.post()
    assert answer.status_code == 200 and "id" not in answer.json()
    assert bought(emulator) == 1


def test_a_slow_reply_is_bought_before_it_comes(start: Start) -> None:
    emulator = start("slow=600")
    with pytest.raises(httpx.ReadTimeout):
        emulator.client.post("/v1/videos/generations", json=emulator.body(), timeout=0.5)
    assert bought(emulator) == 1
    emulator.finish(emulator.ledger("reserved")[0]["task"])


def test_a_slow_task(start: Start) -> None:
    emulator = start("slow-task=900@2")
    assert [emulator.create()["task_info"]["estimated_time"] for _ in range(3)] == [1, 900, 1]


def test_failed(start: Start) -> None:
    emulator = start("failed=quota_exceeded@1", "failed@2")
    codes = [emulator.finish(emulator.create()["id"]).get("error", {}).get("code") for _ in range(3)]
    assert codes == ["quota_exceeded", "service_error", None]
    assert len(emulator.ledger("refunded")) == 2
    assert not (emulator.settings.folder / "results" / f"{emulator.ledger('refunded')[0]['task']}.mp4").exists()


def test_an_expired_link_until_the_task_is_read_again(start: Start) -> None:
    emulator = start("expired-link@1")
    task = emulator.finish(emulator.create()["id"])
    for _ in range(2):
        assert httpx.get(task["results"][0], trust_env=False, verify=False).status_code == 403
    fresh = emulator.read(task["id"])["results"][0]
    assert httpx.get(fresh, trust_env=False, verify=False).status_code == 200
    assert httpx.get(task["results"][0], trust_env=False, verify=False).status_code == 403
    other = emulator.finish(emulator.create()["id"])
    assert httpx.get(other["results"][0], trust_env=False, verify=False).status_code == 200


def test_a_truncated_download(start: Start) -> None:
    emulator = start("truncated@1")
    url = emulator.finish(emulator.create()["id"])["results"][0]
    got = b""
    with httpx.stream("GET", url, trust_env=False, verify=False) as answer:
        size = int(answer.headers["content-length"])
        with pytest.raises(httpx.RemoteProtocolError, match="without sending complete message body"):
            for chunk in answer.iter_bytes():
                got += chunk
    whole = httpx.get(url, trust_env=False, verify=False).content
    assert len(whole) == size and len(got) == size // 2 and whole.startswith(got)


def test_a_page_instead_of_the_clip(start: Start) -> None:
    emulator = start("html-result@1")
    url = emulator.finish(emulator.create()["id"])["results"][0]
    first, second = httpx.get(url, trust_env=False, verify=False), httpx.get(url, trust_env=False)
    assert (first.status_code, first.headers["content-type"].partition(";")[0]) == (200, "text/html")
    assert second.headers["content-type"] == "video/mp4"


@pytest.mark.parametrize(
    ("fault", "status"),
    [("poll-error", 503), ("poll-error=500", 500), ("poll-error=429", 429), ("poll-error=502", 502)],
)
def test_poll_errors_hit_single_reads_and_batches(start: Start, fault: str, status: int) -> None:
    emulator = start(f"{fault}@1,2")
    task = emulator.create()["id"]
    assert emulator.client.get(f"/v1/tasks/{task}").status_code == status
    assert emulator.client.post("/v1/tasks/batch", json={"task_ids": [task]}).status_code == status
    assert emulator.client.get(f"/v1/tasks/{task}").status_code == 200


def test_no_batch(start: Start) -> None:
    emulator = start("no-batch")
    answer = emulator.client.post("/v1/tasks/batch", json={"task_ids": ["x"]})
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


@pytest.mark.parametrize(("status", "json_"), [(500, True), (413, True), (502, False)])
def test_upload_errors(start: Start, status: int, json_: bool) -> None:
    emulator = start(f"upload-error={status}@1")
    answers = [
        emulator.client.post("/api/v1/files/upload/base64", json={"base64_data": "R0lGODlhAQ=="}) for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [status, 200]
    if json_:
        assert answers[0].json()["success"] is False


def test_faults_by_chance_are_the_same_for_a_seed(start: Start, tmp_path: Path) -> None:
    runs = []
    for number in range(2):
        emulator = start("server-error=503:0.4", seed=7, folder=tmp_path / str(number), seconds=600)
        runs.append([emulator.post().status_code for _ in range(30)])
    assert runs[0] == runs[1]
    assert {200, 503} == set(runs[0])


def test_a_storm_leaves_one_line_for_each_purchase(start: Start) -> None:
    """Many faults at once: what the client can count of purchases never exceeds what the ledger says."""
    emulator = start(
        "lost-reply:0.2", "late-error:0.1", "garbled-reply:0.1", "no-id:0.1", "server-error=503:0.2", "throttled:0.1",
        seconds=600, seed=3,
    )  # fmt: skip
    known, clear = set(), 0
    for _ in range(60):
        try:
            answer = emulator.post()
        except httpx.TransportError:
            continue
        if answer.status_code in (429, 503):
            clear += 1
        elif answer.status_code == 200:
            try:
                known.add(answer.json().get("id"))
            except ValueError:
                continue
    lines = [line["task"] for line in emulator.ledger("reserved")]
    assert len(lines) == len(set(lines)) == 60 - clear
    assert known - {None} <= set(lines)
    assert emulator.credits()[0] == pytest.approx(100_000 - 25.11 * len(lines))


@pytest.mark.parametrize(
    ("fault", "changed"),
    [
        ("wrong-size@1", {"width": 496, "height": 864}),
        ("wrong-fps@1", {"fps": 12.0}),
        ("short@1", {"seconds": 3.0}),
        ("silent@1", {"audio": False}),
    ],
)
def test_a_video_that_is_not_what_was_asked_for(
    start: Start, tmp_path: Path, fault: str, changed: dict[str, object]
) -> None:
    emulator = start(fault)
    found = []
    for number in (1, 2):
        link = emulator.finish(emulator.create()["id"])["results"][0]
        file = tmp_path / f"{number}.mp4"
        file.write_bytes(httpx.get(link, trust_env=False, verify=False).content)
        seen = playable(file)
        found.append({k: getattr(seen, k) for k in ("width", "height", "seconds", "fps", "audio")})
    asked = {"width": 864, "height": 496, "seconds": 4.0, "fps": 24.0, "audio": True}
    assert found == [asked | changed, asked]


def test_black_and_frozen_pictures_are_all_of_their_video_and_of_no_other(start: Start, tmp_path: Path) -> None:
    emulator = start("frozen@2", "black@3")
    found = []
    for number in (1, 2, 3):
        link = emulator.finish(emulator.create()["id"])["results"][0]
        file = tmp_path / f"{number}.mp4"
        file.write_bytes(httpx.get(link, trust_env=False, verify=False).content)
        signals = look(file, measured=True).signals
        assert signals is not None
        found.append((signals.black, signals.frozen))
    whole = ((0.0, 4.0),)
    assert found == [((), ()), ((), whole), (whole, whole)]


def test_a_bill_other_than_what_was_reserved(run: Run, tmp_path: Path) -> None:
    with run("charged=0.5@1", "failed@2", credits=1000) as emulator:
        for used in (12.555, 0):
            made = emulator.create()
            assert made["usage"]["credits_reserved"] == 25.11
            assert emulator.finish(made["id"])["usage"]["credits_used"] == used
        assert emulator.credits() == (1000 - 12.555, 12.555)
        assert [line["credits"] for line in emulator.ledger("charged")] == [12.555]
        ledger = emulator.settings.folder / "ledger.jsonl"
    with run(credits=1000) as emulator:
        assert emulator.credits() == (1000 - 12.555, 12.555), "the ledger knows it after a restart"
    lines = [json.loads(line) for line in ledger.read_bytes().splitlines()]
    for line in lines:
        for name in ("charge", "twists"):
            line.get("request", {}).pop(name, None)
    ledger.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    with run(credits=1000) as emulator:
        assert emulator.credits() == (1000 - 25.11, 25.11), "an older ledger, where a bill was what was reserved"


def test_noise_is_whole_by_its_boxes_and_does_not_play(start: Start, tmp_path: Path) -> None:
    emulator = start("noise-result@1")
    link = emulator.finish(emulator.create()["id"])["results"][0]
    noise, good = (httpx.get(link, trust_env=False, verify=False).content for _ in range(2))
    file = tmp_path / "x.mp4"
    file.write_bytes(noise)
    check_boxes(file)
    with pytest.raises(MediaError):
        playable(file)
    assert len(noise) == len(good)
    file.write_bytes(good)
    assert playable(file).seconds == 4.0
