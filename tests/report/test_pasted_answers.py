"""An answer as somebody pasted it: with what `curl -i` shows before it, or without; and what is no answer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import orjson
import pytest

from seedspec.project import sources
from seedspec.report.provider_answer import answer_in, as_json, as_text, understand
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


def test_an_answer_is_understood_by_the_file_of_its_provider(expect: Callable[[Path, str], None]) -> None:
    """Each line of `answers.txt` is a provider, a call, a status and a body."""
    known, said = sources.schemas(), []
    here = Path(__file__).parent
    for line in (here / "answers.txt").read_text(encoding="utf-8").splitlines():
        provider, call, status, body = f"{line} ".split(" ", 3)
        answer = HttpResponse(int(status), {"retry-after": "9"}, body.strip().encode())
        found = understand(known[f"{provider}/provider.json"], call, answer)
        said += [*as_text(found), orjson.dumps(as_json(found)).decode(), ""]
    expect(here / "expected" / "answers.txt", "\n".join(said))
