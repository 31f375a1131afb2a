"""Videos are measured where they are: on this disk and in a bucket; and their posters are made once."""

from __future__ import annotations

import functools
import hashlib
import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from seedspec.measures.values import Measured
from seedspec.media.facts import MediaError
from seedspec.media.movie import poster as picture_of
from seedspec.project import measuring_afar, posters
from seedspec.project.measuring import NotThere, OtherVideo, Reference, measure
from seedspec.project.measuring_afar import Picture, measure_at

A = "a" * 64


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


class Bucket(BaseHTTPRequestHandler):
    """Serves one video, and what is asked for otherwise."""

    video = b""

    def do_GET(self) -> None:
        code = {"/gone": 404, "/no": 403, "/moved": 302}.get(self.path, 200)
        self.send_response(code)
        self.send_header("Content-Length", str(len(self.video) + (self.path == "/torn") if code == 200 else 0))
        if code == 302:
            self.send_header("Location", "/video")
        self.end_headers()
        if code == 200:
            self.wfile.write(self.video)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def bucket(clips: tuple[Path, Path]) -> Iterator[str]:
    handler = type("Of", (Bucket,), {"video": clips[0].read_bytes()})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=functools.partial(server.serve_forever, 0.01))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_video_is_measured_here_and_in_a_bucket_alike(
    bucket: str, clips: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = clips[0].read_bytes()
    first = picture_of(clips[0], width=160)
    (tmp_path / "first.jpg").write_bytes(first)
    here = measure(str(clips[0]), digest(data), Reference(str(tmp_path / "first.jpg"), digest(first)))
    assert (here.video, here.values["cuts"], list(here.likeness)) == (digest(data), 5, [digest(first)])
    assert here.likeness[digest(first)] > 0.9
    assert measure_at(f"{bucket}/video", digest(data), Picture(first, digest(first), ".jpg")) == here
    plain = measure_at(f"{bucket}/video", digest(data))
    assert plain == Measured(here.video, here.values, {}) == measure(str(clips[0]), digest(data))
    with pytest.raises(OtherVideo, match=r"^it is not the video that was saved: its SHA-256 is another one$"):
        measure(str(clips[0]), A)
    with pytest.raises(MediaError, match=r"^cannot be read: no such file or directory$"):
        measure(str(tmp_path / "none.mp4"), A)
    monkeypatch.setattr(measuring_afar, "_MOST", len(data))
    assert measure_at(f"{bucket}/video", digest(data)) == plain
    monkeypatch.setattr(measuring_afar, "_MOST", len(data) - 1)
    with pytest.raises(MediaError, match=f"^it has more than {len(data) - 1:,} bytes$"):
        measure_at(f"{bucket}/video", digest(data))


@pytest.mark.parametrize(
    ("path", "kind", "said"),
    [
        ("/gone", NotThere, "it is not in the bucket"),
        ("/no", MediaError, "the bucket answers 403"),
        ("/moved", MediaError, "the bucket answers 302"),
        ("/torn", MediaError, "the bucket did not answer: IncompleteRead"),
    ],
)
def test_what_a_bucket_answers_is_told_without_its_address(path: str, kind: type, said: str, bucket: str) -> None:
    with pytest.raises(kind) as told:
        measure_at(bucket + path, A)
    assert type(told.value) is kind and str(told.value) == said


@pytest.mark.parametrize("url", ["http://example.com/a", "ftp://127.0.0.1/a", "file:///etc/passwd", "a"])
def test_an_address_is_of_https_or_of_this_machine(url: str) -> None:
    with pytest.raises(MediaError, match=r"^its address in the bucket is neither https nor on this machine$"):
        measure_at(url, A)


def test_a_bucket_that_is_not_there_is_told_without_its_address() -> None:
    with pytest.raises(MediaError, match=r"^the bucket did not answer: URLError$"):
        measure_at("http://127.0.0.1:9/?signature=secret", A)


def test_a_poster_is_made_once_for_a_video_as_it_is(clips: tuple[Path, Path], tmp_path: Path) -> None:
    video = tmp_path / "a.mp4"
    video.write_bytes(clips[0].read_bytes())
    place = posters.poster_of(video)
    assert place == tmp_path / "posters" / "a.webp"
    made = posters.poster(video, 3.0)
    assert made == picture_of(video, width=480, at=1.0, webp=True) != picture_of(video, width=480, at=0, webp=True)
    assert made[:4] == b"RIFF" and place.read_bytes() == made
    assert place.stat().st_mtime_ns == video.stat().st_mtime_ns
    stamp = video.stat().st_mtime_ns
    place.write_bytes(b"kept")
    os.utime(place, ns=(stamp, stamp))
    assert posters.poster(video, 3.0) == b"kept"
    posters.keep(video, b"other")
    assert place.read_bytes() == b"kept"
    os.utime(video, ns=(stamp + 1, stamp + 1))
    posters.keep(video, b"newer")
    assert (place.read_bytes(), place.stat().st_mtime_ns) == (b"newer", stamp + 1)
    (place.parent / ".b.webp.1-2.new").touch()
    posters.clear(tmp_path)
    assert os.listdir(place.parent) == ["a.webp"]


def test_where_no_poster_can_be_had_or_kept(clips: tuple[Path, Path], tmp_path: Path) -> None:
    (tmp_path / "text.mp4").write_bytes(b"no video")
    assert posters.poster(tmp_path / "none.mp4", 1) == b"" == posters.poster(tmp_path / "text.mp4", None)
    posters.keep(tmp_path / "none.mp4", b"x")
    video, away = tmp_path / "a.mp4", tmp_path / "away"
    video.write_bytes(clips[0].read_bytes())
    away.mkdir()
    (tmp_path / "posters").symlink_to(away)
    assert posters.poster(video, None)[:4] == b"RIFF" and os.listdir(away) == []
    stamp = video.stat().st_mtime_ns
    (away / "a.webp").write_bytes(b"theirs")
    os.utime(away / "a.webp", ns=(stamp, stamp))
    assert posters.poster(video, None) != b"theirs"
