"""An answer as somebody pasted it: with what `curl -i` shows before it, or without; and what is no answer."""

from __future__ import annotations

import pytest

from seedspec.report.provider_answer import answer_in
from seedspec.run.service.responses import HttpResponse

BODY = b'{"id": "task-1"}'


@pytest.mark.parametrize(
    ("data", "status", "headers"),
    [
        (BODY, 200, {}),
        (b"\xef\xbb\xbf\n" + BODY, 200, {}),
        (b"HTTP/1.1 404 Not Found\r\nX-Id: 7\r\n\r\n" + BODY, 404, {"x-id": "7"}),
        (b"HTTP/2 100\n\nHTTP/2 429\nretry-after: 3\n\n" + BODY, 429, {"retry-after": "3"}),
    ],
)
def test_a_pasted_answer_is_read_with_its_status(data: bytes, status: int, headers: dict[str, str]) -> None:
    found = answer_in(data, None)
    assert isinstance(found, HttpResponse)
    assert (found.status, dict(found.headers), found.body) == (status, headers, BODY)
    given = answer_in(data, 503)
    assert isinstance(given, HttpResponse) and given.status == 503


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "it is empty"),
        (b"HTTP/1.1 200 OK\n\n \n", "it is empty"),
        (b"HTTP/1.1 200 OK\n" + BODY, "no empty line"),
        (b"\0" + BODY, "it is no text"),
        (b"\x89PNG\r\n\0\0", "it is no text"),
    ],
)
def test_what_is_no_answer_is_said(data: bytes, said: str) -> None:
    found = answer_in(data, None)
    assert isinstance(found, str) and said in found
