"""What each answer of the service means; above all, which answers to a paid request leave it in doubt."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import orjson
import pytest

from seedspec.project.sources import schemas
from seedspec.run.engine.messages import Accepted, Credits, Refused, Reply, Stored, Task, Trouble, Unknown
from seedspec.run.service.responses import HttpResponse, Rules, clean, retry_after, safe_url

RULES = Rules(schemas()["evolink/provider.json"], local=False)
GOOD = {
    "id": "task-unified-1774857405-abc123",
    "model": "seedance-2.0-reference-to-video",
    "status": "pending",
    "task_info": {"estimated_time": 165},
    "usage": {"credits_reserved": 67.5},
}


def shape_a(code: str, message: str = "no") -> bytes:
    return orjson.dumps({"error": {"code": code, "message": message, "type": "x"}})


def shape_b(status: int, kind: str) -> bytes:
    return orjson.dumps({"error": {"code": status, "message": "no", "type": kind}})


def shape_c(code: int) -> bytes:
    return orjson.dumps({"success": False, "code": code, "msg": "no"})


def answer(status: int, body: Any, **headers: str) -> HttpResponse:
    raw = body if isinstance(body, bytes) else orjson.dumps(body)
    return HttpResponse(status, {k.replace("_", "-"): v for k, v in headers.items()}, raw)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (answer(200, GOOD), Accepted(GOOD["id"], 67.5, 165)),
        (answer(201, {"id": GOOD["id"]}), Accepted(GOOD["id"])),
        (answer(200, {**GOOD, "usage": [], "task_info": None}), Accepted(GOOD["id"])),
        # refused for certain: the API's own error, whatever its shape
        (answer(400, shape_a("invalid_request")), Refused("failed", "invalid_request", "no")),
        (answer(401, shape_a("unauthorized")), Refused("stop", "unauthorized", "no")),
        (answer(402, shape_b(402, "insufficient_quota_error")), Refused("stop", "insufficient_quota_error", "no")),
        (answer(403, shape_a("model_access_denied")), Refused("stop", "model_access_denied", "no")),
        (answer(422, shape_c(422)), Refused("failed", "422", "no")),
        (
            answer(429, shape_a("rate_limit_exceeded"), retry_after="7"),
            Refused("later", "rate_limit_exceeded", "no", 7),
        ),
        (answer(429, b"<html>"), Refused("later", "rate_limit_exceeded", "HTTP 429")),
        (answer(503, shape_a("service_unavailable")), Refused("later", "service_unavailable", "no")),
        (answer(307, b"", location="https://elsewhere"), "stop"),
        # everything else is doubt
        (answer(200, b""), "doubt"),
        (answer(200, b"<html>hello</html>"), "doubt"),
        (answer(200, orjson.dumps(GOOD)[:40]), "doubt"),
        (answer(200, {k: v for k, v in GOOD.items() if k != "id"}), "doubt"),
        (answer(200, {**GOOD, "id": 7}), "doubt"),
        (answer(200, {**GOOD, "id": "task-unified-../../etc/passwd"}), "doubt"),
        (answer(200, {**GOOD, "id": "other-1"}), "doubt"),
        (answer(200, [GOOD]), "doubt"),
        (answer(400, b"<html>gateway</html>"), "doubt"),
        (answer(500, shape_a("internal_error")), "doubt"),
        (answer(502, b""), "doubt"),
        (answer(503, b"<html>down</html>"), "doubt"),
        (answer(504, shape_a("upstream")), "doubt"),
        (answer(409, shape_a("idempotency_conflict")), "doubt"),
        (answer(400, shape_a("paid_outcome_unknown")), "doubt"),
    ],
)
def test_what_became_of_a_paid_request(given: HttpResponse, expected: Reply | str) -> None:
    reply = RULES.created(given)
    if expected == "doubt":
        assert isinstance(reply, Unknown) and reply.reason
    elif expected == "stop":
        assert isinstance(reply, Refused) and reply.then == "stop"
    else:
        assert reply == expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"status": "pending", "progress": 0}, Task("running", 0, word="pending")),
        ({"status": "processing", "progress": 40.0}, Task("running", 40, word="processing")),
        ({"status": "queued"}, Task("running", word="queued")),
        ({"status": "a word nobody knows", "progress": "much"},
         Task("running", word="a word nobody knows", strange=True)),
        ({"status": "processing", "progress": 50, "task_info": {"estimated_time": 100}},
         Task("running", 50, remaining_seconds=50, word="processing", estimated_seconds=100)),
        ({"status": "completed", "results": ["https://media.example.com/a.mp4?x=1"]},
         Task("completed", 100, ("https://media.example.com/a.mp4?x=1",))),
        ({"status": "completed", "result_data": {"video_url": "https://media.example.com/a.mp4"}},
         Task("completed", 100, ("https://media.example.com/a.mp4",))),
        ({"status": "completed", "results": ["https://m.example/a"], "usage": {"credits_used": 60}},
         Task("completed", 100, ("https://m.example/a",), credits=60)),
        ({"status": "failed", "error": {"code": "service_error", "message": "a\nb\x1b[31m"}},
         Task("failed", code="service_error", message="a b [31m")),
        ({"status": "failed"}, Task("failed", code="unknown_error")),
        ({"status": "failed", "error": {"code": None}}, Task("failed", code="unknown_error")),
        ({"status": "cancelled"}, Task("failed", code="request_cancelled")),
        ({"status": "expired"}, Task("failed", code="expired")),
        ({"status": "error"}, Task("failed", code="unknown_error")),
        ({"status": "failed", "usage": {"credits_used": 0, "credits_reserved": 67.5}},
         Task("failed", code="unknown_error", credits=0, reserved=67.5)),
    ],
)  # fmt: skip
def test_a_task_as_it_is_read(said: dict[str, Any], expected: Task) -> None:
    assert RULES.read(answer(200, said)) == expected


@pytest.mark.parametrize(
    ("said", "charged"),
    [
        ({}, None),
        ({"usage": {"credits_used": 60, "cost": {"credits": 61}}}, 60),
        ({"usage": {"cost": {"credits": 61, "usd": 0.9}}}, 61),
        ({"usage": {"cost": 61}}, None),
        ({"usage": {"credits_used": 60}, "billing": {"charge_status": "released", "reserved_credits": 60}}, 0),
        ({"usage": {"credits_used": 60}, "billing": {"charge_status": "charged", "charged_credits": 58.5}}, 58.5),
        ({"billing": {"charge_status": "charged", "charged_credits": 60, "refunded_credits": 60}}, 0),
        ({"billing": {"charge_status": "charged", "charged_credits": 60, "refunded_credits": 20.5}}, 39.5),
        ({"usage": {"credits_used": 60}, "billing": {"charge_status": "reserved", "charged_credits": 0}}, 60),
        ({"billing": "much"}, None),
    ],
)  # fmt: skip
def test_what_a_task_cost(said: dict[str, Any], charged: float | None) -> None:
    reply = RULES.read(answer(200, {"status": "failed", **said}))
    assert isinstance(reply, Task) and reply.credits == charged


@pytest.mark.parametrize(
    "links", [[], None, "https://a.b/c", [7], ["http://media.example.com/a.mp4"], ["file:///etc/passwd"],
              ["https://10.0.0.1/a.mp4"], ["https://user:pass@media.example.com/a"], ["https://localhost/a"]],
)  # fmt: skip
def test_a_completed_task_without_a_usable_link_is_not_completed(links: Any) -> None:
    assert isinstance(RULES.read(answer(200, {"status": "completed", "results": links})), Trouble)


@pytest.mark.parametrize("status", [404, 408, 429, 500, 502, 503])
def test_reading_is_tried_again(status: int) -> None:
    reply = RULES.read(answer(status, shape_a("x"), retry_after="3"))
    assert isinstance(reply, Trouble) and not reply.stop and not reply.final and reply.retry_after == 3


@pytest.mark.parametrize("status", [401, 402, 403])
def test_a_bad_key_stops_submission(status: int) -> None:
    for meaning in (RULES.read, RULES.balance, RULES.stored):
        reply = meaning(answer(status, shape_a("unauthorized")))
        assert isinstance(reply, Trouble) and reply.stop


def test_an_upload() -> None:
    stored = {
        "file_url": "https://files.example.com/f.png",
        "file_size": 12,
        "upload_time": "2026-11-23T10:00:00+08:00",
        "expires_at": "2026-11-26T10:00:00+08:00",
    }
    assert RULES.stored(answer(200, {"success": True, "data": stored})) == Stored(stored["file_url"], 12, 72 * 3600)
    bare = {"success": True, "data": {"file_url": "https://files.example.com/f.png"}}
    assert RULES.stored(answer(200, bare)) == Stored("https://files.example.com/f.png", 0, 72 * 3600)


@pytest.mark.parametrize(
    "said", [{"success": False, "code": 400, "msg": "full"}, {"success": True}, [],
             {"success": True, "data": {"file_url": "http://x.y/z"}}],
)  # fmt: skip
def test_an_upload_that_did_not_succeed_although_the_status_is_200(said: Any) -> None:
    assert isinstance(RULES.stored(answer(200, said)), Trouble)


@pytest.mark.parametrize(
    ("token", "user", "left"),
    [
        ({"remaining_credits": 10, "unlimited_credits": False}, {"remaining_credits": 5}, 5),
        ({"remaining_credits": 0, "unlimited_credits": True}, {"remaining_credits": 5}, 5),
        ({"remaining_credits": 2}, {}, 2),
        ({}, {}, None),
    ],
)
def test_the_balance(token: dict[str, Any], user: dict[str, Any], left: float | None) -> None:
    assert RULES.balance(answer(200, {"success": True, "data": {"token": token, "user": user}})) == Credits(left)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("5", 5), ("0", 0), ("1.5", 1.5), ("-3", None), ("1e9", None), ("soon", None), ("", None), ("9" * 40, None)],
)
def test_retry_after_in_seconds(text: str, seconds: float | None) -> None:
    assert retry_after({"retry-after": text}) == seconds


def test_retry_after_as_a_date() -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    assert 80 < (retry_after({"retry-after": later}) or 0) <= 90
    assert retry_after({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}) == 0


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"[]", b'{"error": "text"}', b'{"error": {}}', b'{"success": true}', b"\xff"]
)
def test_what_is_no_error_of_the_api(body: bytes) -> None:
    assert RULES.failure_of(HttpResponse(400, {}, body)) is None


def test_text_of_the_service_is_made_harmless() -> None:
    assert clean("a\x1b]0;title\x07b\u202ec\r\nd") == "a ]0;title b c d"
    assert len(clean("x" * 10_000)) == 300


@pytest.mark.parametrize(
    ("url", "local", "good"),
    [
        ("https://media.example.com/a.mp4", False, True),
        ("http://127.0.0.1:9000/a.mp4", True, True),
        ("http://127.0.0.1:9000/a.mp4", False, False),
        ("http://10.0.0.1/a.mp4", True, False),
        ("https://169.254.169.254/latest", False, False),
        ("https://[::1]/a", False, False),
        ("https://printer.local/a", False, False),
        ("https:///a", False, False),
        ("https://a b/c", False, False),
        ("https://a/b\nc", False, False),
        ("ftp://a/b", False, False),
    ],
)
def test_which_addresses_are_followed(url: str, *, local: bool, good: bool) -> None:
    assert safe_url(url, local=local) is good
