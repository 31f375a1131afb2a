"""What a service may say: whatever JSON, whatever bytes come, there is a reply, and none of it shows a secret."""

from __future__ import annotations

import json
from typing import Any

import pytest
from helpers import CANARY, leaked
from hypothesis import given, settings
from hypothesis import strategies as st

from seedspec.catalog.addresses import is_private
from seedspec.project import sources
from seedspec.run.engine.messages import Accepted, Listing, Refused, Task, Trouble, Unknown
from seedspec.run.service.redaction import Redaction
from seedspec.run.service.responses import HttpResponse, Rules, clean, retry_after, safe_url

PROVIDER = sources.schemas()["evolink/provider.json"]
RULES = Rules(PROVIDER, local=False)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
KEYS = (
    "id",
    "status",
    "progress",
    "usage",
    "task_info",
    "results",
    "error",
    "data",
    "success",
    "msg",
    "code",
    "created",
)
LIKELY = st.dictionaries(st.sampled_from(KEYS), JSON, max_size=6)
NESTED = st.dictionaries(
    st.sampled_from(KEYS), LIKELY | st.lists(LIKELY, max_size=2) | st.sampled_from(["completed", "failed"]), max_size=6
)
BODIES = st.binary(max_size=40) | (JSON | LIKELY | NESTED).map(lambda v: json.dumps(v).encode())
HEADERS = st.dictionaries(st.sampled_from(["retry-after", "idempotency-replayed"]), st.text(max_size=30), max_size=2)
STATUS = st.sampled_from([200, 201, 204, 301, 307, 400, 401, 402, 403, 404, 409, 413, 422, 429, 500, 502, 503, 504])


@settings(max_examples=600)
@given(STATUS, HEADERS, BODIES)
@pytest.mark.slow
def test_any_answer_has_a_meaning(status: int, headers: dict[str, str], body: bytes) -> None:
    answer = HttpResponse(status, headers, body)
    created = RULES.created(answer)
    assert isinstance(created, (Accepted, Refused, Unknown))
    if isinstance(created, Refused):
        assert status in (429, *range(300, 400), *map(int, PROVIDER["refusals"]["by_status"]))
    if isinstance(created, Accepted):
        assert created.task.startswith("task-unified-") and created.task.isprintable()
    assert isinstance(RULES.read(answer), (Task, Trouble))
    assert isinstance(RULES.listed(answer), (Listing, Trouble))
    for meaning in (RULES.stored, RULES.balance):
        shown = str(meaning(answer))
        assert "\n" not in shown and "\x1b" not in shown
    assert (retry_after(headers) or 0) >= 0


ERROR = {"error": {"code": "some_code", "message": "said", "type": "some_type"}}


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (200, {"id": "task-unified-1-a"}, Accepted),
        (200, {"id": "task-unified-" + "x" * 97}, Unknown),
        (200, {"id": "task-unified-../x"}, Unknown),
        (200, {"id": "task-unified-1\n"}, Unknown),
        (200, {"id": 7}, Unknown),
        (200, {}, Unknown),
        (200, None, Unknown),
        (200, ERROR, Unknown),
        (201, {"id": "task-unified-1-a"}, Accepted),
        (307, None, Refused),
        (400, ERROR, Refused),
        (400, None, Unknown),
        (401, ERROR, Refused),
        (404, None, Unknown),
        (409, ERROR, Unknown),
        (429, None, Refused),
        (500, ERROR, Unknown),
        (502, None, Unknown),
        (503, ERROR, Refused),
        (503, None, Unknown),
        (504, ERROR, Unknown),
        (400, {"error": {"code": "paid_outcome_unknown", "message": ""}}, Unknown),
    ],
)
def test_what_is_no_clear_refusal_leaves_a_doubt(status: int, body: Any, expected: type) -> None:
    content = b"<html>oops</html>" if body is None else json.dumps(body).encode()
    assert isinstance(RULES.created(HttpResponse(status, {}, content)), expected)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("3", 3.0), ("0", 0.0), ("1.5", 1.5), ("-3", None), ("soon", None), ("", None), ("9" * 40, None),
     ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0), ("Wed, 99 Oct 2015 07:28:00 GMT", None), ("1e9", None)],
)  # fmt: skip
def test_retry_after(text: str, seconds: float | None) -> None:
    assert retry_after({"retry-after": text}) == seconds


def test_a_service_that_repeats_the_key_is_not_quoted() -> None:
    import base64

    said = f"Incorrect API key {CANARY}, {CANARY[:12]}…, {base64.b64encode(CANARY.encode()).decode()}, {CANARY[9:]}"
    body = json.dumps({"error": {"code": "unauthorized", "message": said}}).encode()
    assert leaked(body)
    reply = Redaction(CANARY).reply(RULES.created(HttpResponse(401, {}, body)))
    assert isinstance(reply, Refused) and not leaked(reply.message.encode())


def test_what_an_address_carries_is_not_quoted() -> None:
    said = clean('see <a href="https://cdn.example.com/a.mp4?Signature=abcdefgh&Expires=1">here</a> \x1b[31m\u202e\x07')
    assert "Signature" not in said and "abcdefgh" not in said
    assert said.isprintable()


@pytest.mark.parametrize(
    ("url", "good"),
    [
        ("https://media.example.com/x.mp4?s=1", True),
        ("http://media.example.com/x.mp4", False),
        ("https://user@media.example.com/x.mp4", False),
        ("https://127.0.0.1/x.mp4", False),
        ("https://10.0.0.1/x.mp4", False),
        ("https://169.254.169.254/latest", False),
        ("https://[::1]/x.mp4", False),
        ("https://[fe80::1]/x.mp4", False),
        ("https://localhost/x.mp4", False),
        ("https://printer.local/x.mp4", False),
        ("file:///etc/passwd", False),
        ("https://", False),
        ("https://[", False),
        ("https://media.example.com/\u202ex", False),
    ],
)
def test_result_links_lead_to_the_public_net(url: str, good: bool) -> None:
    assert safe_url(url, local=False) is good


def test_addresses_that_are_no_ones_business() -> None:
    private = (
        "10.1.2.3",
        "192.168.0.1",
        "172.16.0.1",
        "169.254.1.1",
        "127.0.0.1",
        "::1",
        "fc00::1",
        "0.0.0.0",
        "100.64.0.1",
    )
    assert all(map(is_private, private))
    assert not any(map(is_private, ("93.184.216.34", "2606:2800:220:1::1")))
