"""The judges of the guide do what it says: one computes, one asks a model over HTTP."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import takes

from seedspec.measures.judged import Answer
from seedspec.project.judging import Ending, Judge, NoAnswer

JUDGES = Path(__file__).parents[2] / "docs" / "judges"
REPLIES: list[dict[str, Any] | int] = [
    {"choices": [{"message": {"content": '```json\n{"score": 0.25, "why": "no cup"}\n```'}}]},
    500,
    {"choices": [{"message": {"content": "I cannot tell."}}]},
    {"choices": [{"message": {"content": '{"score": 1}'}}]},
]


@pytest.fixture(scope="module")
def question(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    video = tmp_path_factory.mktemp("clips") / "grey.mp4"
    takes.counting(video, 102, frames=12, width=64, height=64)
    return json.dumps({"video": str(video), "prompt": "A cup."}).encode()


@pytest.fixture
def server() -> Iterator[tuple[str, list[tuple[str, dict[str, Any]]]]]:
    """A model that gives the replies above, one after the other, and what it was asked."""
    asked: list[tuple[str, dict[str, Any]]] = []

    class Model(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            reply = REPLIES[len(asked)]
            asked.append((self.headers.get("Authorization", ""), body))
            self.send_response(reply if isinstance(reply, int) else 200)
            self.end_headers()
            self.wfile.write(json.dumps(reply).encode())

        def log_message(self, *_: Any) -> None:
            pass

    http = HTTPServer(("127.0.0.1", 0), Model)
    thread = threading.Thread(target=http.serve_forever, args=(0.05,))
    thread.start()
    yield f"http://127.0.0.1:{http.server_port}/v1/chat/completions", asked
    http.shutdown()
    thread.join()
    http.server_close()


def test_the_one_of_twenty_lines_tells_brightness(question: bytes) -> None:
    file = JUDGES / "brightness.py"
    assert file.read_text().count("\n") <= 20
    one = Judge((sys.executable, str(file), "0.1"), 60, print)
    try:
        answer = one.ask(question)
        assert 0.1 < answer.score < 0.3 and answer.passed is True and "of white" in answer.why
        assert one.close() == Ending()
    finally:
        one.end()


def test_the_one_that_asks_a_model(
    question: bytes, server: tuple[str, list[tuple[str, dict[str, Any]]]], tmp_path: Path
) -> None:
    url, asked = server
    (tmp_path / "key").write_text("sk-of-the-judge\n")
    words = (url, "Is a cup seen?", "--model", "small", "--token", str(tmp_path / "key"))
    one = Judge((sys.executable, str(JUDGES / "chat.py"), *words), 60, print)
    try:
        assert one.ask(question) == Answer(0.25, None, "no cup")
        with pytest.raises(NoAnswer, match="it gives no score: HTTPError: HTTP Error 500"):
            one.ask(question)
        with pytest.raises(NoAnswer, match="it gives no score: ValueError"):
            one.ask(question)
        assert one.ask(question) == Answer(1.0)
        assert one.close() == Ending()
    finally:
        one.end()
    key, body = asked[0]
    text, *pictures = body["messages"][0]["content"]
    assert key == "Bearer sk-of-the-judge" and body["model"] == "small"
    assert "Is a cup seen?" in text["text"] and "A cup." in text["text"] and len(pictures) == 3
    assert all(p["image_url"]["url"].startswith("data:image/jpeg;base64,/9j/") for p in pictures)
