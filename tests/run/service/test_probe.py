"""Remote media probed on real sockets: what is asked for, what is not given away, and servers of every kind."""

from __future__ import annotations

import gzip
import hashlib
import io
import re
import wave
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cache
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import av
import pytest
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from click.testing import CliRunner
from helpers import Listener, http_server
from PIL import Image

from seedspec import api
from seedspec.catalog.media_facts import MediaFacts
from seedspec.cli import main
from seedspec.compiler.references.limits import MediaFile, Remote
from seedspec.project.sources import catalog
from seedspec.run.service.probe import Bounds, probe

MEDIA = catalog().models["seedance-2.0-reference-to-video"].media
QUICK = Bounds(seconds=1.0, whole_seconds=1.0, read=256 * 1024)

Handler = BaseHTTPRequestHandler
Answer = Callable[[Handler], None]


def picture(format: str = "PNG", size: tuple[int, int] = (640, 480), noise: bool = False) -> bytes:
    out = io.BytesIO()
    image = Image.effect_noise(size, 90).convert("RGB") if noise else Image.new("RGB", size, "teal")
    image.save(out, format)
    return out.getvalue()


def bomb() -> bytes:
    """A small file of 300 million pixels; each is one bit, so that it is made at once."""
    out = io.BytesIO()
    Image.new("1", (30_000, 10_000)).save(out, "PNG")
    return out.getvalue()


def sound(seconds: float = 3.0, rate: int = 8000) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(b"\x10\x02" * int(rate * seconds))
    return out.getvalue()


@cache
def film(frames: int = 48) -> bytes:
    """A clip of noise whose index stands at its end, so that the middle need not be read."""
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=24, options={"preset": "ultrafast", "crf": "36"})
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = 640, 640, "yuv420p"
        noise = Image.effect_noise((640, 960), 90).tobytes()
        for number in range(frames):
            frame = VideoFrame(640, 640, "yuv420p")
            for plane in frame.planes:
                at = number * 640
                plane.update(noise[at : at + plane.buffer_size].ljust(plane.buffer_size, b"\x80"))
            frame.pts, frame.time_base = number, Fraction(1, 24)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return out.getvalue()


@dataclass
class Served:
    """A server's address, and the requests that it saw: path, headers, and the bytes of the answer's body."""

    origin: str
    seen: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    sent: int = 0


@contextmanager
def serving(answers: dict[str, Answer] | Answer) -> Iterator[Served]:
    served = Served("")

    class Each(Handler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            served.seen.append((self.path, {k.lower(): v for k, v in self.headers.items()}))
            answer = answers[self.path] if isinstance(answers, dict) else answers
            answer(self)
            self.close_connection = True

    with http_server(Each) as port:
        served.origin = f"http://127.0.0.1:{port}"
        yield served


def send(handler: Handler, status: int, body: bytes = b"", **headers: str) -> None:
    handler.send_response(status)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    for name, value in ({"Content-Length": str(len(body)), "Connection": "close"} | named).items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)


def ranged(content: bytes, type: str = "application/octet-stream", **headers: str) -> Answer:
    """A server that knows ranges."""

    def answer(handler: Handler) -> None:
        asked = re.fullmatch(r"bytes=(\d+)-(\d+)", handler.headers.get("Range", ""))
        if asked is None:
            send(handler, 200, content, Content_Type=type, **headers)
            return
        first, last = int(asked[1]), min(int(asked[2]), len(content) - 1)
        if first >= len(content):
            send(handler, 416)
            return
        span = f"bytes {first}-{last}/{len(content)}"
        send(handler, 206, content[first : last + 1], Content_Type=type, Content_Range=span, **headers)

    return answer


def plain(content: bytes, status: int = 200, **headers: str) -> Answer:
    """A server that does not."""
    return lambda handler: send(handler, status, content, **headers)


def probed(url: str, kind: Any = "image", sha256: str | None = None, bounds: Bounds = QUICK, local: bool = True) -> Any:
    (found,) = probe([Remote(url, kind, sha256)], MEDIA, local=local, bounds=bounds).values()
    return found


@pytest.mark.parametrize(
    ("content", "kind", "facts"),
    [
        (picture("PNG"), "image", {"width": 640, "height": 480}),
        (picture("JPEG", noise=True), "image", {"width": 640, "height": 480}),
        (picture("WEBP", noise=True), "image", {"width": 640, "height": 480}),
        (sound(), "audio", {"seconds": 3.0}),
        (film(), "video", {"width": 640, "height": 640, "fps": 24.0}),
    ],
    ids=["png", "jpeg", "webp", "wav", "mp4"],
)
@pytest.mark.parametrize("server", [ranged, plain])
def test_facts_are_those_of_the_file(
    content: bytes, kind: str, facts: dict[str, float], server: Callable[[bytes], Answer]
) -> None:
    with serving(server(content)) as served:
        found = probed(f"{served.origin}/a", kind, bounds=Bounds())
    assert isinstance(found, MediaFile) and not found.unchecked
    assert {name: getattr(found.facts, name) for name in facts} == facts
    assert found.facts.bytes == len(content)


def test_no_more_is_read_than_tells_the_facts(tmp_path: Path) -> None:
    content = film()
    assert len(content) > 2_000_000
    with serving(ranged(content)) as served:
        found = probed(f"{served.origin}/a.mp4", "video", bounds=Bounds())
    assert isinstance(found, MediaFile) and found.facts.width == 640
    ranges = [re.findall(r"\d+", headers["range"]) for _, headers in served.seen]
    assert sum(int(last) - int(first) + 1 for first, last in ranges) < len(content) / 4


def test_neither_the_key_nor_a_cookie_is_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clip = film()
    answers = {
        "/a.mp4": ranged(clip, Set_Cookie="session=1; Path=/"),
        "/b.mp4": plain(b"", 302, Location="/a.mp4", Set_Cookie="other=1; Path=/"),
    }
    with serving(answers) as served:
        monkeypatch.setenv("EVOLINK_API_KEY", "sk-evo-canary-0123456789")
        monkeypatch.setenv("EVOLINK_BASE_URL", served.origin)
        board = (
            f"{HEAD}references:\n  a: {{video: {served.origin}/a.mp4}}\n  b: {{video: {served.origin}/b.mp4}}\n{SHOT}"
        )
        (tmp_path / "s.yaml").write_text(board)
        found = api.check(tmp_path / "s.yaml", probe_urls=True)
    assert {d.code for d in found} <= {"media-near-edge"}, found
    assert len(served.seen) > 3
    said = " ".join(f"{name}: {value}" for _, headers in served.seen for name, value in headers.items())
    assert "cookie" not in said and "authorization" not in said and "canary" not in said


HEAD = "seedspec: 1\nmodel: seedance-2.0-reference-to-video\n"
SHOT = "shots:\n  - id: a\n    prompt: \"{{ ref('a') }} {{ ref('b') }}\"\n"


def cut(handler: Handler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "9000")
    handler.end_headers()
    handler.wfile.write(b"\x89PNG\r\n\x1a\n")


def shifted(handler: Handler) -> None:
    send(handler, 206, b"x" * 100, Content_Range="bytes 5-104/1000")


def lying(handler: Handler) -> None:
    send(handler, 206, b"x" * 50, Content_Range="bytes 0-99/1000")


def sizeless(handler: Handler) -> None:
    send(handler, 206, picture(), Content_Range=f"bytes 0-{len(picture()) - 1}/*")


def silent(handler: Handler) -> None:
    handler.rfile.read(1)  # until the other side gives up


def dribble(handler: Handler) -> None:
    handler.send_response(200)
    handler.end_headers()
    try:
        for _ in range(10_000):
            handler.wfile.write(b"x")
            handler.connection.settimeout(0.02)
            try:
                if not handler.connection.recv(1):
                    return
            except TimeoutError:
                pass
    except OSError:
        pass


def endless(handler: Handler) -> None:
    handler.send_response(200)
    handler.end_headers()
    try:
        for _ in range(10_000):
            handler.wfile.write(b"\x89PNG" * 1024)
    except OSError:
        pass


def growing() -> Answer:
    state: list[int] = []

    def answer(handler: Handler) -> None:
        state.append(1)
        ranged(film() + b"\0" * 8 * len(state))(handler)

    return answer


REFUSED: list[tuple[str, Answer, str]] = [
    ("not there", plain(b"no", 404), "answers HTTP 404"),
    ("not allowed", plain(b"no", 403), "answers HTTP 403"),
    ("a page", plain(b"<!doctype html><p>Sign in", Content_Type="text/html; charset=utf-8"), "answers with text/html"),
    ("nothing", plain(b""), "is empty"),
    ("no range", plain(b"", 416), "is empty, or shorter"),
    ("a redirect without end", plain(b"", 302, Location="/again"), "more than 3 redirects"),
    (
        "a redirect into a private network",
        plain(b"", 302, Location="https://10.0.0.1/a.png"),
        "that is not followed",
    ),
    ("a redirect to a file", plain(b"", 302, Location="file:///etc/passwd"), "address that is not followed"),
    ("another part", shifted, "another part than was asked for"),
    ("another length", lying, "another length than it sends"),
    ("a sound", ranged(sound()), "holds sound (wav)"),
    ("a bomb", ranged(bomb()[:20_000]), "far more pixels"),
]
UNCHECKED: list[tuple[str, Answer, str]] = [
    ("trouble", plain(b"", 503), "HTTP 503"),
    ("too many requests", plain(b"", 429), "HTTP 429"),
    ("cut", cut, "broke off"),
    ("silence", silent, "did not answer within 1 s"),
    ("dribbling", dribble, "did not answer within 1 s"),
    ("without end", endless, "sends no part alone"),
    ("no size", sizeless, "does not say how many bytes"),
    (
        "large and no ranges",
        plain(picture("PNG", (600, 600), noise=True)),
        "more than 262,144 bytes",
    ),
    ("compressed", plain(gzip.compress(picture()), Content_Encoding="gzip"), "compressed"),
    ("no HTTP", lambda handler: handler.wfile.write(b"hello\r\n\r\n") and None, "broke off"),
]


@pytest.mark.parametrize(("answer", "said"), [r[1:] for r in REFUSED], ids=[r[0] for r in REFUSED])
def test_what_no_medium_can_be_made_of_is_refused(answer: Answer, said: str) -> None:
    with serving(answer) as served:
        found = probed(f"{served.origin}/a.png")
    assert isinstance(found, str) and said in found and "\n" not in found
    assert len(served.seen) <= 4


@pytest.mark.parametrize(("answer", "said"), [u[1:] for u in UNCHECKED], ids=[u[0] for u in UNCHECKED])
@pytest.mark.slow
def test_what_could_not_be_looked_at_is_said(answer: Answer, said: str) -> None:
    with serving(answer) as served:
        found = probed(f"{served.origin}/a.png")
    assert isinstance(found, MediaFile) and said in found.unchecked and "\n" not in found.unchecked


def test_a_file_of_another_format_is_named() -> None:
    for content, format in ((b"PK\3\4" + b"x" * 100, "zip"), (b"\0\0\0\x18ftypheic" + bytes(100), "heic")):
        with serving(ranged(content)) as served:
            found = probed(f"{served.origin}/a.png")
        assert isinstance(found, MediaFile) and found.format == format


def test_a_server_that_is_not_there() -> None:
    with serving(plain(b"")) as served:
        pass
    found = probed(f"{served.origin}/a.png")
    assert isinstance(found, MediaFile) and "cannot be reached" in found.unchecked


def test_a_file_that_changes_is_noticed() -> None:
    with serving(growing()) as served:
        found = probed(f"{served.origin}/a.mp4", "video", bounds=replace(QUICK, seconds=20.0, read=Bounds().read))
    assert isinstance(found, str) and "changed while it was read" in found


def test_facts_that_lie_too_deep_are_not_dug_for() -> None:
    """A picture whose header is behind megabytes of comments: the bounds of bytes and of requests hold."""
    comment = b"\xff\xfe\xff\xff" + b"x" * 65533
    image = picture("JPEG")
    content = image[:2] + comment * 200 + image[2:]
    for bounds in (replace(QUICK, seconds=20.0), replace(Bounds(), requests=3)):
        with serving(ranged(content)) as served:
            found = probed(f"{served.origin}/a.jpg", bounds=bounds)
        assert isinstance(found, MediaFile) and "do not tell its facts" in found.unchecked
        assert found.facts.bytes == len(content)
        assert len(served.seen) <= bounds.requests


@pytest.mark.parametrize("url", ["http://93.184.216.34/a.png", "http://example.com/a.png"])
def test_only_https_is_probed(url: str) -> None:
    found = probed(url)
    assert isinstance(found, MediaFile) and "only https" in found.unchecked


@pytest.mark.parametrize(
    "url",
    ["https://10.0.0.1/a.png", "https://127.0.0.1/a.png", "https://[::1]/a.png", "https://169.254.169.254/a.png",
     "https://localhost/a.png", "https://printer.local/a.png", "https://user:pass@example.com/a.png"],
)  # fmt: skip
def test_private_addresses_are_not_asked(url: str) -> None:
    found = probed(url, local=False)
    assert isinstance(found, str) and ("user's name" if "@" in url else "private network") in found


@pytest.mark.parametrize("host", ["127.1", "2130706433", "0x7f000001"])
@pytest.mark.parametrize("local", [True, False])
def test_what_a_name_leads_to_is_looked_at_before_a_byte_is_sent(host: str, local: bool, listener: Listener) -> None:
    """Names that are no private address by their letters and are connected to this machine all the same."""
    found = probed(f"https://{host}:{listener.port}/a.png", local=local)
    assert isinstance(found, str) and "private network" in found
    assert listener.received() == b""


def test_a_digest_is_verified_over_all_bytes() -> None:
    content = picture()
    with serving(ranged(content)) as served:
        found = probed(f"{served.origin}/a.png", sha256="0" * 64)
        assert served.seen[0][1].get("range") is None
    assert isinstance(found, MediaFile) and found.sha256 == hashlib.sha256(content).hexdigest()


def test_a_digest_of_what_is_too_large_is_not_made() -> None:
    def claims(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "30000001")
        handler.end_headers()

    with serving(claims) as served:
        found = probed(f"{served.origin}/a.png", sha256="0" * 64)
    assert isinstance(found, MediaFile) and found.sha256 == "" and found.facts == MediaFacts(bytes=30_000_001)
    with serving(endless) as served:
        (found,) = probe(
            [Remote(f"{served.origin}/a.png", "image", "0" * 64)],
            {"image": replace(MEDIA["image"], bytes=100_000)},
            local=True,
            bounds=QUICK,
        ).values()
    assert isinstance(found, str) and "more than 100,000 bytes" in found


def test_addresses_and_bytes_are_bounded_together() -> None:
    content = picture("PNG", (300, 300), noise=True)
    with serving(ranged(content)) as served:
        wanted = [Remote(f"{served.origin}/{n}.png", "image", None) for n in range(6)]
        few = probe(wanted, MEDIA, local=True, bounds=replace(QUICK, addresses=2))
        count = len(served.seen)
        little = probe(wanted, MEDIA, local=True, bounds=replace(QUICK, at_once=1, bytes=QUICK.read + 100_000))
    assert count == 2
    assert ["only 2 addresses" in a.unchecked for a in few.values() if isinstance(a, MediaFile)] == [False] * 2 + [
        True
    ] * 4
    said = [a.unchecked for a in little.values() if isinstance(a, MediaFile)]
    assert not said[0] and "bytes were read for this storyboard" in said[-1]


BOARD = """\
seedspec: 1
model: seedance-2.0-reference-to-video
references:
  hero: {{image: {0}/hero.png}}
  small: {{image: {0}/small.png}}
  tune: {{audio: {0}/tune.wav, seconds: 5}}
  page: {{image: {0}/page.png}}
  slow: {{image: {0}/slow.png}}
  pinned: {{image: {0}/hero.png, sha256: '{1}'}}
  wrong: {{image: {0}/hero.png, sha256: '{2}'}}
shots:
  - id: a
    prompt: "{{{{ ref('hero') }}}} {{{{ ref('small') }}}} {{{{ ref('tune') }}}}"
  - id: b
    prompt: "{{{{ ref('page') }}}} {{{{ ref('slow') }}}} {{{{ ref('wrong') }}}}"
  - id: c
    prompt: "{{{{ ref('pinned') }}}}"
"""


def test_check_tells_it_all_with_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hero = picture()
    answers = {
        "/hero.png": ranged(hero), "/small.png": ranged(picture("PNG", (299, 300))), "/tune.wav": ranged(sound()),
        "/page.png": plain(b"<html>", Content_Type="text/html"), "/slow.png": plain(b"", 503),
    }  # fmt: skip
    with serving(answers) as served:
        path = tmp_path / "storyboard.yaml"
        path.write_text(BOARD.format(served.origin, hashlib.sha256(hero).hexdigest(), "0" * 64))
        monkeypatch.setenv("EVOLINK_BASE_URL", served.origin)
        assert api.check(path) == ()
        assert served.seen == []
        found = [(d.code, str(d.severity), str(d.span).split(":")[-2]) for d in api.check(path, probe_urls=True)]
        assert found == [
            ("media-side", "error", "5"), ("media-declared", "error", "6"), ("media-remote", "error", "7"),
            ("media-not-checked", "warning", "8"), ("media-digest", "error", "10"),
        ]  # fmt: skip
        done = CliRunner().invoke(main.seedspec, ["check", str(path), "--probe-urls"], standalone_mode=True)
        assert isinstance(done.exception, main.Exit) and done.exception.code == 3
        assert "`small` is 299×300 px" in done.output


def test_the_storyboard_cannot_open_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EVOLINK_BASE_URL", raising=False)
    with serving(ranged(picture())) as served:
        path = tmp_path / "storyboard.yaml"
        (tmp_path / ".env").write_text(f"EVOLINK_BASE_URL={served.origin}\n")
        monkeypatch.chdir(tmp_path)
        path.write_text(
            f"{HEAD}references: {{a: {{image: {served.origin}/a.png}}}}\n" + SHOT.replace("{{ ref('b') }}", "")
        )
        (found,) = api.check(path, probe_urls=True)
        assert (found.code, str(found.severity)) == ("media-private", "error")
        assert served.seen == []
