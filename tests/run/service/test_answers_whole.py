"""What each answer of three services means, whole: every answer with its reply stands in one file."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lookups
import orjson
from spelled import shown

from seedspec.project.sources import schemas
from seedspec.run.service.responses import HttpResponse, Rules, clean, retry_after, safe_url

HERE = Path(__file__).parent
TASK, CGT, REQUEST = "task-unified-1-a", "cgt-2026-a", "01234567-89ab-cdef-0123-456789abcdef"
LINK = "https://media.example.com/a.mp4"
NO = {"error": {"code": "odd", "message": "no"}}
BARE = {"success": False, "code": 0}
LONG = "x" * 400
STATUSES = (200, 204, 400, 401, 402, 403, 404, 405, 408, 410, 413, 425, 429, 499, 500, 502, 503)

Case = tuple[str, str, int, Any] | tuple[str, str, int, Any, dict[str, str]]

CASES: list[Case] = [
    # the answer to a paid request
    ("evolink", "created", 200, {"id": TASK, "usage": {"credits_reserved": 67.5}, "task_info": {"estimated_time": 9}}),
    ("evolink", "created", 299, {"id": TASK, "usage": {"credits_reserved": True}}, {"idempotency-replayed": "TRUE"}),
    ("evolink", "created", 200, {"id": TASK, "usage": {"credits_reserved": 2e15}}, {"idempotency-replayed": "1"}),
    ("evolink", "created", 200, {"id": TASK, "usage": {"credits_reserved": -1e15}}),
    ("evolink", "created", 200, {"id": "task-unified-"}),
    ("evolink", "created", 200, b"<html>\x1b[31m https://u:p@a.example/x?token=s"),
    ("evolink", "created", 299, NO),
    ("evolink", "created", 199, NO),
    ("evolink", "created", 300, NO),
    ("evolink", "created", 399, NO),
    ("evolink", "created", 429, {"error": {"code": "idempotency_conflict", "message": "no"}}),
    ("evolink", "created", 429, NO, {"retry-after": "2.5"}),
    ("evolink", "created", 429, b"", {"retry-after": "soon"}),
    ("evolink", "created", 400, {"error": {"code": "idempotency_conflict", "message": "no"}}),
    ("evolink", "created", 503, NO, {"retry-after": "7"}),
    ("evolink", "created", 400, BARE),
    ("evolink", "created", 400, {"success": False, "code": "x", "message": LONG}),
    ("evolink", "created", 400, {"error": {"type": "y"}}),
    ("evolink", "created", 400, {"success": False}),
    ("evolink", "created", 400, b"<html>"),
    ("acme", "created", 429, {"error": {"code": "spent", "message": "no"}}),
    ("acme", "created", 429, {"error": {"code": "never", "message": "no"}}),
    ("acme", "created", 400, {"error": {"code": "spent", "message": "no"}}),
    ("ark", "created", 200, {"id": CGT}),
    ("ark", "created", 402, NO),
    ("fal", "created", 200, {"request_id": REQUEST}),
    ("fal", "created", 422, {"detail": [{"type": "t", "msg": "m"}]}),
    ("fal", "created", 400, {"detail": "m"}, {"x-fal-error-type": "t"}),
    *[("evolink", "created", status, NO) for status in STATUSES[1:]],
    # a task
    ("evolink", "read", 200, {"status": "processing", "progress": 40.9, "task_info": {"estimated_time": 100}}),
    ("evolink", "read", 200, {"status": "pending", "progress": -5, "task_info": {"estimated_time": 100}}),
    ("evolink", "read", 200, {"status": "queued", "progress": 150, "task_info": {"estimated_time": 100}}),
    ("evolink", "read", 200, {"status": "running", "created": 5, "model": "m", "usage": {"credits_reserved": 2}}),
    ("evolink", "read", 200, {"status": "running", "created": "2026-11-23T01:00:00+01:00"}),
    ("evolink", "read", 200, {"status": "running", "created": "2026-11-23T00:00:00"}),
    ("evolink", "read", 200, {"status": "running", "created": "yesterday"}),
    ("evolink", "read", 200, {"status": "w" * 50}),
    ("evolink", "read", 200, {"status": 7}),
    ("evolink", "read", 200, []),
    ("evolink", "read", 202, {"status": "running"}),
    ("evolink", "read", 200, {"status": "completed", "results": [LINK, 7, "http://a.example/b"], "created": 5}),
    ("evolink", "read", 200, {"status": "completed", "results": [LINK], "usage": {"credits_used": 1}, "model": "m"}),
    ("evolink", "read", 200, {"status": "completed", "results": [LINK], "error": {"code": "x"}}),
    ("evolink", "read", 200, {"status": "completed", "results": ["http://a.example/b"]}),
    ("evolink", "read", 200, {"status": "completed", "results": [7]}),
    ("evolink", "read", 200, {"status": "failed", "error": {"code": "c" * 99, "message": LONG}, "created": 5}),
    ("evolink", "read", 200, {"status": "failed", "error": {"code": "c"}, "model": "m"}),
    ("evolink", "read", 200, {"status": "failed", "error": {"code": "resource_not_found"}}),
    ("evolink", "read", 200, {"status": "cancelled", "usage": {"credits_used": 1, "credits_reserved": 2}}),
    ("evolink", "read", 200, {"status": "timeout"}),
    ("ark", "read", 200, {"status": "succeeded", "content": {"video_url": LINK}, "created_at": 5, "model": "m"}),
    ("ark", "read", 200, {"status": "expired"}),
    ("fal", "read", 202, {"status": "IN_PROGRESS"}),
    ("fal", "read", 200, {"status": "COMPLETED", "error_type": "request_timeout", "error": "slow"}),
    ("fal", "read", 201, {"status": "IN_PROGRESS"}),
    *[("evolink", "read", status, NO, {"retry-after": "3"}) for status in STATUSES],
    ("evolink", "read", 200, {"success": False, "code": 401, "msg": "no"}),
    ("evolink", "read", 200, {"success": False, "code": 503, "msg": "no"}),
    ("evolink", "read", 200, {"success": False, "code": 600, "msg": "no"}),
    ("evolink", "read", 404, {"success": False, "code": 503, "msg": "no"}),
    ("evolink", "read", 404, b""),
    # whether a task has ended, and what it gave
    ("fal", "has_ended", 200, {"status": "COMPLETED"}),
    ("fal", "has_ended", 200, {"status": "COMPLETED", "error_type": "x"}),
    ("fal", "has_ended", 200, {"status": "IN_PROGRESS"}),
    ("fal", "has_ended", 200, {}),
    ("fal", "has_ended", 500, {"status": "COMPLETED"}),
    ("evolink", "has_ended", 200, {"status": "completed"}),
    ("fal", "result", 200, {"video": {"url": LINK}}),
    ("fal", "result", 200, {"video": {}}),
    ("fal", "result", 422, {"detail": [{"type": "file_download_error", "msg": "m"}]}),
    ("fal", "result", 422, b""),
    ("fal", "result", 404, {"detail": [{"type": "t", "msg": "m"}]}),
    # many tasks
    ("evolink", "read_many", 404, b""),
    ("evolink", "read_many", 405, b""),
    ("evolink", "read_many", 403, NO),
    ("evolink", "read_many", 200, {"data": {"id": TASK}}),
    (
        "evolink", "read_many", 200,
        {"data": [{"id": TASK, "status": "queued"}, {"id": "b"}, {"status": "error"}, 7, {"id": "c", "status": "odd"}]},
    ),
    # the tasks of the account
    (
        "evolink", "listed", 200,
        {"data": [
            {"id": TASK, "created_at": 5, "status": "s" * 50}, {"id": TASK}, {"id": "x", "created_at": 5}, 7,
            {"id": f"{TASK}b", "created_at": "2026-11-23T00:00:00Z"},
        ]},
    ),
    ("evolink", "listed", 200, {"data": 7}),
    ("evolink", "listed", 200, {}),
    ("evolink", "listed", 500, NO),
    ("ark", "listed", 200, {"items": [{"id": CGT, "created_at": 5, "seed": 7, "status": "running"}]}),
    ("own", "listed", 200, {"items": [{"id": CGT, "created_at": 5, "meta": {"client_id": "k"}}]}),
    ("body", "listed", 200, {"items": [{"id": CGT, "created_at": 5, "input": {"prompt": "x"}}]}),
    ("acme", "found", 404, b""),
    ("acme", "found", 200, {"id": CGT, "status": "running"}),
    ("acme", "found", 200, {"id": "x", "status": "running"}),
    ("acme", "found", 200, []),
    ("acme", "found", 500, b""),
    # files and balance
    ("evolink", "stored", 200, {"success": True, "data": {"file_url": LINK, "file_size": 12.9}}),
    (
        "evolink", "stored", 200,
        {
            "success": True,
            "data": {"file_url": LINK, "upload_time": "2026-11-23T00:00:00", "expires_at": "2026-11-23T01:00:00"},
        },
    ),
    (
        "evolink", "stored", 200, {"success": True, "data": {"file_url": LINK, "expires_at": "2026-11-23T01:00:00Z"}},
        {"date": "Mon, 23 Nov 2026 00:30:00 GMT"},
    ),
    (
        "evolink", "stored", 200, {"success": True, "data": {"file_url": LINK, "expires_at": "2026-11-23T00:30:00Z"}},
        {"date": "Mon, 23 Nov 2026 00:30:00 GMT"},
    ),
    (
        "evolink", "stored", 200, {"success": True, "data": {"file_url": LINK, "expires_at": "2026-11-23T01:00:00Z"}},
        {"date": "today"},
    ),
    ("evolink", "stored", 200, {"success": True, "data": {"file_url": "http://a.example/b"}}),
    ("evolink", "stored", 200, {"success": True}),
    ("evolink", "stored", 200, {"success": False, "code": 413, "msg": "too large"}),
    ("nohours", "stored", 200, {"success": True, "data": {"file_url": LINK}}),
    ("evolink", "room", 200, {"data": {"remain_files": 0, "max_files": 50}}),
    ("evolink", "room", 200, {"data": {"remain_files": -1}}),
    ("evolink", "room", 200, {"data": {"remain_files": 1, "max_files": 50}}),
    ("evolink", "room", 200, {"data": {}}),
    ("evolink", "room", 500, {"data": {"remain_files": 0}}),
    ("evolink", "balance", 200, {"data": {"user": {"remaining_credits": 5}, "token": {"remaining_credits": 4}}}),
    ("evolink", "balance", 200, {"data": {"user": {"remaining_credits": "5"}}}),
    ("evolink", "balance", 401, NO),
]  # fmt: skip


def providers() -> dict[str, Any]:
    """The files of three services, and variations of them."""
    found = {name: schemas()[f"{name}/provider.json"] for name in ("evolink", "ark", "fal")}
    found["acme"] = lookups.provider("own-id")
    found["acme"]["refusals"]["by_code"] |= {"spent": "stop", "never": "failed"}
    found["own"], found["body"] = lookups.provider("own-in-list"), lookups.provider("body")
    found["nohours"] = copy.deepcopy(found["evolink"])
    del found["nohours"]["upload"]["hours"]
    return found


def test_what_answers_mean(expect: Callable[[Path, str], None]) -> None:
    known, lines = providers(), []
    for name, kind, status, body, *headers in CASES:
        raw = body if isinstance(body, bytes) else orjson.dumps(body)
        answer = HttpResponse(status, headers[0] if headers else {}, raw)
        reply = getattr(Rules(known[name], local=False), kind)(answer)
        said = raw.decode("utf-8", "backslashreplace").replace(LONG, "x*400")
        lines.append(f"{name} {kind} {status} {said} {headers[0] if headers else ''}".rstrip())
        lines.append(f"    {reply if isinstance(reply, bool) else shown(reply)}")
    expect(HERE / "expected" / "answers.txt", "\n".join(lines) + "\n")


def test_which_addresses_may_be_used(expect: Callable[[Path, str], None]) -> None:
    urls = [
        "https://a.example/b", "HTTPS://a.example/b", "http://a.example/b", "ftp://a.example/b", "https://", "https:///b",
        "b", "", "https://u@a.example/b", "https://a.example/@b", "https://a.example/b c", "https://a.example\\@b/",
        "https://a.example/\\b", "https://a.example:8443/b", "https://a.example:port/b", "https://[::1/b",
        "https://a.example/\u202eb", "https://a.example/\x1bb", "https://10.0.0.1/b", "https://127.0.0.1/b",
        "https://localhost/b", "https://[::1]/b", "http://127.0.0.1:9/b", "http://localhost/b", "ftp://127.0.0.1/b",
    ]  # fmt: skip
    longest = "https://a.example/" + "b" * (8192 - 18)
    found = [f"{url!r} {safe_url(url, local=False)} {safe_url(url, local=True)}" for url in urls]
    expect(HERE / "expected" / "addresses.txt", "\n".join(found) + "\n")
    assert safe_url(longest, local=False) and not safe_url(longest + "b", local=False)


def test_text_of_a_service_is_one_line_within_bounds_and_without_secrets() -> None:
    said = [
        ("a", "a"), (b"a\xff", "a\ufffd"), (7, "7"), (" a \n\t b\x00c ", "a b c"), ("x" * 300, "x" * 300),
        ("x" * 301, "x" * 299 + "…"), ("see https://a.example/b?token=s&x=1 and", "see https://a.example/b?… and"),
        ("http:\\/\\/a.example\\/b#s.", "http:\\/\\/a.example\\/b?…"), ("a?b", "a?b"),
        ('"HTTPS://a.example/b?s"', '"HTTPS://a.example/b?…"'), ("https://a.example/b", "https://a.example/b"),
    ]  # fmt: skip
    assert [clean(text) for text, _ in said] == [line for _, line in said]
    assert clean(b"ab" * 20, 4) == "aba…"
    assert clean("\x00" * 31 + "a" * 9, 4) == clean(b"\x00" * 31 + b"a" * 9, 4) == "a", "it is not read on for ever"


def test_an_answer_says_when_to_come_again() -> None:
    good = {" 5 ": 5, "0": 0, "1.5": 1.5, "9" * 12: 999_999_999_999, "Wed, 21 Oct 2015 07:28:00 GMT": 0}
    bad = ("1.1234567", "9" * 13, "-1", "", "Wed, 99 Oct 2015 07:28:00 GMT", "2015-10-21")
    assert {text: retry_after({"retry-after": text}) for text in good} == good
    assert [retry_after({"retry-after": text}) for text in bad] == [None] * len(bad)
    assert retry_after({"retry-after": "Wed, 21 Oct 2015 07:28:00 -0000"}) == 0, "without a zone it is UTC"
    assert retry_after({}) is None
