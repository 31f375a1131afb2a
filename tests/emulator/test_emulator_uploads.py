"""Uploads that go wrong on request, and media that another server on this machine has."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from PIL import Image

if TYPE_CHECKING:
    from tests.emulator.conftest import Running, Start

FILES = "/api/v1/files"


def picture(side: int = 400) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (side, side), "teal").save(out, "PNG")
    return out.getvalue()


def failed(answer: httpx.Response, status: int) -> str:
    found = answer.json()
    assert (answer.status_code, found["success"], found["code"]) == (status, False, status)
    return str(found["msg"])


def put(emulator: Running) -> httpx.Response:
    return emulator.client.post(f"{FILES}/upload/stream", files={"file": ("a.png", picture())})


@pytest.mark.parametrize("code", [400, 401, 413, 500])
def test_an_upload_is_refused_with_status_200(start: Start, code: int) -> None:
    emulator = start(f"upload-refused={code}@1")
    answer = put(emulator)
    assert (answer.status_code, answer.json()["success"], answer.json()["code"]) == (200, False, code)
    assert not emulator.ledger("uploaded")
    assert put(emulator).json()["success"] is True


def test_an_upload_is_throttled(start: Start) -> None:
    answer = put(start("upload-throttled=7"))
    assert (answer.status_code, answer.headers["retry-after"], answer.json()["success"]) == (429, "7", False)


def test_a_quota_is_used_up_and_says_so(start: Start) -> None:
    emulator = start("upload-full@1")
    assert "quota" in failed(put(emulator), 400).lower()
    assert emulator.client.get(f"{FILES}/quota").json()["data"]["remain_files"] == 0
    assert put(emulator).json()["success"] is True
    assert emulator.client.get(f"{FILES}/quota").json()["data"]["remain_files"] > 0


def test_an_upload_is_kept_and_its_answer_is_lost(start: Start) -> None:
    emulator = start("upload-lost@1", "upload-garbled@2", "upload-slow=0.2@3")
    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
        put(emulator)
    with pytest.raises(ValueError):
        put(emulator).json()
    assert put(emulator).json()["success"] is True
    assert len(emulator.ledger("uploaded")) == 3


def test_an_upload_is_gone_when_a_request_names_it(start: Start) -> None:
    emulator = start("upload-gone@1")
    for status in (400, 200):
        answer = emulator.post(image_urls=[put(emulator).json()["data"]["file_url"]])
        assert answer.status_code == status
        assert status == 200 or answer.json()["error"]["code"] == "invalid_media_url"


@pytest.fixture
def neighbour() -> Iterator[str]:
    """Another server on this machine: a picture, a redirect to it, and one that is too small."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = self.path.partition("?")[0]
            if name == "/moved.png":
                self.send_response(302)
                self.send_header("Location", "/good.png")
                self.end_headers()
                return
            content = {"/good.png": picture(), "/small.png": picture(20), "/text.png": b"text"}.get(name)
            self.send_response(200 if content else 403)
            self.end_headers()
            self.wfile.write(content or b"no")

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize(
    ("name", "code"),
    [("good.png?signature=1", None), ("moved.png", "invalid_media_url"), ("none.png", "invalid_media_url"),
     ("small.png", "invalid_parameters"), ("text.png", "invalid_parameters")],
)  # fmt: skip
def test_a_file_of_a_server_on_this_machine_is_fetched_and_looked_at(
    shared: Running, neighbour: str, name: str, code: str | None
) -> None:
    answer = shared.post(image_urls=[f"{neighbour}/{name}"])
    assert answer.status_code == (400 if code else 200), answer.text
    assert code is None or answer.json()["error"]["code"] == code
    assert not list((shared.settings.folder / "fetched").glob(".*.new"))
