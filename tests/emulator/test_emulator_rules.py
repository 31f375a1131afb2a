"""Every rule of the reference: accepted at its edge, refused one step past it."""

from __future__ import annotations

import io
import json
import struct
import wave
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
import httpx
import pytest
from av.audio.frame import AudioFrame
from av.video.frame import VideoFrame
from PIL import Image

from seedspec.emulator.rules import broken, private_host
from seedspec.media.facts import Facts
from seedspec.project.sources import catalog

pytestmark = pytest.mark.slow

if TYPE_CHECKING:
    from tests.emulator.conftest import Running, Start

AT = "https://cdn.example.com/"
IMAGE, VIDEO, AUDIO = [AT + "a.png"], [AT + "a.mp4"], [AT + "a.mp3"]


def refused(emulator: Running, answer: httpx.Response, *, code: str = "invalid_request") -> str | None:
    """The field at fault of a refusal; checks its shape, and that the ledger has it as one."""
    assert answer.status_code == 400, answer.text
    error = answer.json()["error"]
    assert error["code"] == code and error["type"] == "invalid_request_error" and error["message"]
    last = emulator.ledger("refused")[-1]
    assert (last["status"], last["code"]) == (400, code)
    param = error.get("param")
    assert param is None or isinstance(param, str)
    return param


@pytest.mark.parametrize(
    "fields",
    [
        {}, {"duration": 4}, {"duration": 15}, {"quality": "480p"}, {"quality": "720p"}, {"generate_audio": True},
        {"generate_audio": False}, {"image_urls": []}, {"image_urls": IMAGE * 9}, {"video_urls": VIDEO * 3},
        {"image_urls": IMAGE, "audio_urls": AUDIO * 3}, {"video_urls": VIDEO, "audio_urls": AUDIO},
        {"image_urls": [], "video_urls": [], "audio_urls": []}, {"image_urls": ["http://cdn.example.com/a.png?x=1#y"]},
        {"callback_url": "https://example.com/hook?ref=1"}, {"callback_url": "https://example.com/" + "a" * 2028},
        {"callback_url": "https://172.15.0.1/"}, {"callback_url": "https://172.32.0.1/"},
        {"callback_url": "https://ten.example.com/"}, {"callback_url": "https://[2606:4700::1]/"},
        {"prompt": "x"}, {"prompt": "全程使用视频1" * 2000}, {"callback_url": "http://127.0.0.1:9/x"},
    ],
)  # fmt: skip
def test_accepted(shared: Running, fields: dict[str, Any]) -> None:
    assert shared.post(**fields).status_code == 200


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"duration": 3}, "duration"), ({"duration": 16}, "duration"), ({"duration": 4.5}, "duration"),
        ({"duration": 5.0}, "duration"), ({"duration": "5"}, "duration"), ({"duration": True}, "duration"),
        ({"quality": "1080p"}, "quality"), ({"quality": "720P"}, "quality"), ({"quality": 720}, "quality"),
        ({"aspect_ratio": "16x9"}, "aspect_ratio"), ({"aspect_ratio": "2:1"}, "aspect_ratio"),
        ({"generate_audio": "true"}, "generate_audio"), ({"generate_audio": 1}, "generate_audio"),
        ({"prompt": ""}, "prompt"), ({"prompt": " \n"}, "prompt"), ({"prompt": 7}, "prompt"), ({"prompt": None}, None),
        ({"model": "seedance-2.0"}, "model"), ({"model": None}, None), ({"seed": 1}, "seed"),
        ({"negative_prompt": "x"}, "negative_prompt"), ({"image_urls": IMAGE * 10}, "image_urls"),
        ({"video_urls": VIDEO * 4}, "video_urls"), ({"image_urls": IMAGE, "audio_urls": AUDIO * 4}, "audio_urls"),
        ({"audio_urls": AUDIO}, "audio_urls[0]"), ({"audio_urls": AUDIO, "image_urls": []}, "audio_urls[0]"),
        ({"image_urls": IMAGE[0]}, "image_urls"), ({"image_urls": [1]}, "image_urls[0]"),
        ({"image_urls": [*IMAGE, "data:image/png;base64,AAAA"]}, "image_urls[1]"),
        ({"image_urls": ["ftp://example.com/a.png"]}, "image_urls[0]"), ({"image_urls": ["a.png"]}, "image_urls[0]"),
        ({"image_urls": ["https:///a.png"]}, "image_urls[0]"), ({"image_urls": ["iVBORw0KGgo="]}, "image_urls[0]"),
        ({"callback_url": "http://example.com/"}, "callback_url"), ({"callback_url": ""}, "callback_url"),
        ({"callback_url": "https://example.com/" + "a" * 2029}, "callback_url"), ({"callback_url": 1}, "callback_url"),
        ({"callback_url": "http://10.0.0.1/"}, "callback_url"), ({"callback_url": "https://[::1/x"}, "callback_url"),
        ({"duration": 10**100}, "duration"), ({"x" * 5000: 1}, "x" * 5000), ({"prompt": {"a": [[{}]]}}, "prompt"),
    ],
)  # fmt: skip
def test_refused(shared: Running, fields: dict[str, Any], param: str | None) -> None:
    assert refused(shared, shared.post(**fields)) == param


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "127.1", "0.0.0.0", "10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.0.1",
        "169.254.169.254", "localhost", "LOCALHOST", "x.localhost", "printer.local", "db.internal", "[::1]", "[::]",
        "[fe80::1]", "[fd00::1]", "[::ffff:127.0.0.1]", "2130706433", "0x7f000001", "0177.0.0.1", "127.0.0.1.",
        "user@127.0.0.1", "100.64.0.1", "224.0.0.1",
    ],
)  # fmt: skip
def test_private_callback_hosts(shared: Running, host: str) -> None:
    assert private_host(f"https://{host}/")
    assert refused(shared, shared.post(callback_url=f"https://{host}/hook")) == "callback_url"


def test_local_callbacks_only_when_asked_for(start: Start) -> None:
    emulator = start()
    assert refused(emulator, emulator.post(callback_url="http://127.0.0.1:9/x")) == "callback_url"


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{", b"[]", b"null", b'"x"', b"\xff", b"{\"model\": NaN}", b'{"prompt": "a", "prompt": "b"}',
        b"[" * 100_000, b"{'model': 1}", b'{"prompt": "\\ud800"}', b'{"duration": 1e999}',
        b'{"duration": 1' + b"0" * 5000 + b"}",
    ],
)  # fmt: skip
def test_bodies_that_are_no_object(shared: Running, content: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    refused(shared, shared.client.post("/v1/videos/generations", content=content, headers=headers))


def test_a_body_of_another_type(shared: Running) -> None:
    content = json.dumps(shared.body()).encode()
    for headers in ({}, {"Content-Type": "text/plain"}):
        answer = shared.client.post("/v1/videos/generations", content=content, headers=headers)
        assert (answer.status_code, answer.json()["error"]["code"]) == (415, "unsupported_media_type")
    headers = {"Content-Type": "application/json; charset=utf-8"}
    assert shared.client.post("/v1/videos/generations", content=content, headers=headers).status_code == 200


def test_the_body_may_take_64_mb_and_no_more(start: Start) -> None:
    emulator = start(seconds=600)
    shell = len(json.dumps(emulator.body(prompt="")).encode())
    headers = {"Content-Type": "application/json"}
    for size, status in ((64_000_000, 200), (64_000_001, 413)):
        content = json.dumps(emulator.body(prompt="x" * (size - shell))).encode()
        assert len(content) == size
        answer = emulator.client.post("/v1/videos/generations", content=content, headers=headers)
        assert answer.status_code == status, answer.text[:200]
    assert answer.json()["error"]["code"] == "request_too_large"


# --- media that the emulator hosts --------------------------------------------------------------------------------


def picture(width: int, height: int, format: str = "PNG") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(out, format)
    return out.getvalue()


def movie(width: int, height: int, seconds: float, *, fps: int = 24, format: str = "mp4") -> bytes:
    out = io.BytesIO()
    with av.open(out, "w", format=format) as container:
        stream = container.add_stream("libx264", rate=fps, options={"preset": "ultrafast", "g": "1000"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        frame = VideoFrame(width, height, "yuv420p")
        for plane in frame.planes:
            plane.update(b"\x80" * plane.buffer_size)
        for number in range(round(seconds * fps)):
            frame.pts, frame.time_base = number, Fraction(1, fps)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return out.getvalue()


def sound(seconds: float) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as kept:
        kept.setnchannels(1)
        kept.setsampwidth(2)
        kept.setframerate(8000)
        kept.writeframes(struct.pack("<h", 900) * round(8000 * seconds))
    return out.getvalue()


def mp3() -> bytes:
    out = io.BytesIO()
    with av.open(out, "w", format="mp3") as container:
        stream = container.add_stream("libmp3lame", rate=44100, layout="mono")
        for number in range(30):
            frame = AudioFrame(format="s16p", layout="mono", samples=4410)
            frame.planes[0].update(b"\x10\x02" * (frame.planes[0].buffer_size // 2))
            frame.sample_rate, frame.time_base, frame.pts = 44100, Fraction(1, 44100), number * 4410
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return out.getvalue()


@pytest.mark.parametrize(
    ("width", "height", "format", "problem"),
    [
        (300, 300, "PNG", None), (300, 750, "JPEG", None), (750, 300, "WEBP", None), (6000, 2400, "PNG", None),
        (299, 400, "PNG", "side"), (400, 299, "PNG", "side"), (6001, 3000, "PNG", "side"), (300, 751, "PNG", "ratio"),
        (751, 300, "PNG", "ratio"), (400, 400, "GIF", "gif"),
    ],
)  # fmt: skip
def test_hosted_images(shared: Running, width: int, height: int, format: str, problem: str | None) -> None:
    url = shared.upload(picture(width, height, format))["file_url"]
    answer = shared.post(image_urls=[*IMAGE, url])
    if problem is None:
        assert answer.status_code == 200, answer.text
    else:
        assert refused(shared, answer, code="invalid_parameters") == "image_urls[1]"
        assert problem in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("width", "height", "seconds", "fps", "format", "problem"),
    [
        (640, 640, 2, 24, "mp4", None), (640, 640, 2, 24, "mov", None), (1112, 834, 15, 24, "mp4", None),
        (640, 640, 2, 60, "mp4", None), (640, 638, 2, 24, "mp4", "pixels"), (1114, 834, 2, 24, "mp4", "pixels"),
        (640, 640, 1.9, 24, "mp4", "seconds"), (640, 640, 15.2, 24, "mp4", "seconds"), (640, 640, 2, 23, "mp4", "fps"),
        (640, 640, 2, 61, "mp4", "fps"), (1020, 402, 2, 24, "mp4", "ratio"),
    ],
)  # fmt: skip
def test_hosted_videos(
    shared: Running, width: int, height: int, seconds: float, fps: int, format: str, problem: str | None
) -> None:
    url = shared.upload(movie(width, height, seconds, fps=fps, format=format))["file_url"]
    answer = shared.post(video_urls=[url])
    if problem is None:
        assert answer.status_code == 200, answer.text
    else:
        assert refused(shared, answer, code="invalid_parameters") == "video_urls[0]"
        assert problem in answer.json()["error"]["message"]


def test_hosted_seconds_together(shared: Running) -> None:
    five, six = (shared.upload(movie(640, 640, s))["file_url"] for s in (5, 6))
    fives, sixes = [five, five, five], [six, six, five]
    assert shared.post(video_urls=fives).status_code == 200
    assert refused(shared, shared.post(video_urls=sixes), code="invalid_parameters") == "video_urls"
    five, six = (shared.upload(sound(s))["file_url"] for s in (5, 6))
    assert shared.post(image_urls=IMAGE, audio_urls=[five, five, five]).status_code == 200
    answer = shared.post(image_urls=IMAGE, audio_urls=[six, six, five])
    assert refused(shared, answer, code="invalid_parameters") == "audio_urls"


@pytest.mark.parametrize(("seconds", "good"), [(2, True), (15, True), (1.9, False), (15.1, False)])
def test_hosted_sounds(shared: Running, seconds: float, good: bool) -> None:
    url = shared.upload(sound(seconds))["file_url"]
    answer = shared.post(image_urls=IMAGE, audio_urls=[url])
    assert answer.status_code == (200 if good else 400)
    if not good:
        assert refused(shared, answer, code="invalid_parameters") == "audio_urls[0]"


def test_an_mp3_is_good_audio_and_nothing_else(shared: Running) -> None:
    url = shared.upload(mp3())["file_url"]
    assert shared.post(image_urls=IMAGE, audio_urls=[url]).status_code == 200
    assert refused(shared, shared.post(image_urls=[url]), code="invalid_parameters") == "image_urls[0]"
    assert refused(shared, shared.post(video_urls=[url]), code="invalid_parameters") == "video_urls[0]"


def test_a_damaged_hosted_file(shared: Running) -> None:
    url = shared.upload(picture(400, 400)[:80])["file_url"]
    assert refused(shared, shared.post(image_urls=[url]), code="invalid_parameters") == "image_urls[0]"


def test_sizes_in_bytes() -> None:
    limits = catalog().models["seedance-2.0-reference-to-video"].slots
    good = {
        "image": Facts("image", "png", 30_000_000, 1000, 1000),
        "video": Facts("video", "mp4", 50_000_000, 1280, 720, 5.0, 24.0, False),
        "audio": Facts("audio", "wav", 15_000_000, seconds=5.0),
    }
    for kind, facts in good.items():
        assert broken(limits[kind], facts) == []
        [problem] = broken(limits[kind], replace(facts, bytes=facts.bytes + 1))
        assert "bytes" in problem


def test_a_result_is_a_good_reference_and_is_billed_by_its_length(shared: Running) -> None:
    url = shared.finish(shared.create(duration=6)["id"])["results"][0]
    task = shared.create(video_urls=[url], duration=4)
    assert task["usage"]["credits_reserved"] == pytest.approx(10 * 13.5 * 0.284)


def test_adaptive_follows_the_video_then_the_image(shared: Running, tmp_path: Path) -> None:
    tall = shared.upload(movie(560, 752, 2))["file_url"]
    wide = shared.upload(picture(2100, 900))["file_url"]
    for fields, ratio in (({"video_urls": [tall], "image_urls": [wide]}, "3:4"), ({"image_urls": [wide]}, "21:9")):
        task = shared.create(aspect_ratio="adaptive", **fields)
        [line] = [line for line in shared.ledger("reserved") if line["task"] == task["id"]]
        assert line["request"]["ratio"] == ratio


def test_links_to_what_is_not_there(start: Start) -> None:
    emulator = start(link_seconds=0)
    expired = emulator.finish(emulator.create()["id"])["results"][0]
    deleted = emulator.upload(picture(400, 400))
    assert emulator.client.delete(f"/api/v1/files/{deleted['file_id']}").status_code == 200
    for url in (
        "https://[::1/a.png", expired, deleted["file_url"], f"{emulator.addresses.results}/nothing.png", "http://127.0.0.1:1/a.png",
        "http://localhost:1/a.png", f"{emulator.addresses.results}/r/x/0-y.mp4?expires=99999999999&signature=00",
    ):  # fmt: skip
        refused(emulator, emulator.post(image_urls=[url]), code="invalid_media_url")


def test_an_upload_outlives_a_restart_of_the_emulator_on_another_port(run: Any) -> None:
    with run() as emulator:
        url = emulator.upload(picture(400, 400))["file_url"]
    with run() as emulator:
        assert emulator.post(image_urls=[url]).status_code == 200
