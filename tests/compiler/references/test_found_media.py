"""What a look at media gives, and the whole of what is said of it: local files, addresses, and which one is meant."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from boards import CATALOG, MODEL

from seedspec.catalog.media_facts import MediaFacts, MediaRemark
from seedspec.compiler.references.context import Inputs
from seedspec.compiler.references.limits import MediaFile, is_url, kind_of_suffix, url_fault
from seedspec.compiler.references.missing import NO_PATH, NOT_THERE, meant_file
from seedspec.compiler.references.upstream import unusable_upstream
from seedspec.compiler.request.expand import expand
from seedspec.compiler.storyboard.reader import storyboard_of
from seedspec.report import diagnostics
from seedspec.text.diagnostic import Problems
from seedspec.text.yaml import parse, source_of

RULES = CATALOG.models[MODEL].media
DIGEST = "a" * 64
GOOD = MediaFacts(bytes=1000)


def remark(kind: str, command: str = "ffmpeg -i {file} {stem}-new.mp4", stated: float | None = None) -> MediaRemark:
    return MediaRemark(kind, f"has an odd {kind}", "make it anew", command, stated)


FOUND = [  # the reference, and what a look at it gives
    ("image: a.png", MediaFile("a.png", DIGEST, GOOD, "png")),
    ("image: a.png", MediaFile("a.png", DIGEST, GOOD, "jpeg")),
    ("image: a.jpg", MediaFile("a.jpg", DIGEST, GOOD, "png")),
    ("image: a.jpeg", MediaFile("a.jpeg", DIGEST, GOOD, "jpeg")),
    ("image: a.webp", MediaFile("a.webp", DIGEST, GOOD, "webp")),
    ("image: a", MediaFile("a", DIGEST, GOOD, "png")),
    ("image: a.gif", MediaFile("a.gif", DIGEST, GOOD, None)),
    ("image: a.png", MediaFile("a.png", DIGEST, GOOD, "gif")),
    ("image: a.png", MediaFile("a.png", DIGEST, GOOD, "mp4")),
    ("video: a.mov", MediaFile("a.mov", DIGEST, GOOD, "mp4")),
    ("video: a.mp4", MediaFile("a.mp4", DIGEST, GOOD, "mov")),
    ("audio: a.wav", MediaFile("a.wav", DIGEST, GOOD, "mp3")),
    ("image: a.mp4", MediaFile("a.mp4", DIGEST, GOOD, None)),
    ("image: a.b/c", MediaFile("a.b/c", DIGEST, GOOD, None)),
    ("image: a.png", NOT_THERE),
    ("image: a.png", NO_PATH),
    ("image: a.png", "is a folder"),
    ("image: a.png.lnk", "is a folder"),
    ("image: https://x.test/a.png", "gives 404"),
    ("image: https://x.test/a.png", None),
    ("image: https://x.test/a.png", MediaFile("https://x.test/a.png", "", GOOD, "png")),
    ("image: https://x.test/a.jpg", MediaFile("https://x.test/a.jpg", "", GOOD, "png")),
    (f"image: a.png, sha256: {DIGEST}", MediaFile("a.png", DIGEST, GOOD, "png")),
    (f"image: a.png, sha256: {'b' * 64}", MediaFile("a.png", DIGEST, GOOD, "png")),
    (f"image: https://x.test/a.png, sha256: {'b' * 64}", MediaFile("https://x.test/a.png", "", GOOD, "png")),
    ("image: a.png", MediaFile("a.png", DIGEST, GOOD, "png", unchecked="pip install x")),
    ("image: A.png", MediaFile("A.png", DIGEST, GOOD, "png", spelling="a.png")),
    ("image: 'A.png'", MediaFile("A.png", DIGEST, GOOD, "png", spelling="a.png")),
    ("image: a.png, width: 400, height: 300", MediaFile("a.png", DIGEST, MediaFacts(width=400, height=300), "png")),
    ("image: a.png, width: 400, height: 300", MediaFile("a.png", DIGEST, MediaFacts(width=401, height=300), "png")),
    ("image: a.png, bytes: 1001", MediaFile("a.png", DIGEST, GOOD, "png")),
    ("image: a.png, width: 40, height: 40", MediaFile("a.png", DIGEST, GOOD, "png")),
    ("video: a.mp4, seconds: 5", MediaFile("a.mp4", DIGEST, MediaFacts(seconds=5.04), "mp4")),
    ("video: a.mp4, seconds: 5", MediaFile("a.mp4", DIGEST, MediaFacts(seconds=5.2), "mp4")),
    ("video: a.mp4, fps: 24", MediaFile("a.mp4", DIGEST, MediaFacts(fps=23.976), "mp4")),
    ("video: a.mp4", MediaFile("a.mp4", DIGEST, MediaFacts(fps=30, fps_least=10, fps_most=40), "mp4")),
    ("video: a.mp4", MediaFile("a.mp4", DIGEST, MediaFacts(fps=30, fps_least=24, fps_most=61), "mp4")),
    ("video: a.mp4", MediaFile("a.mp4", DIGEST, MediaFacts(fps=30, fps_least=24, fps_most=60), "mp4")),
    ("video: a.mp4", MediaFile("a.mp4", DIGEST, MediaFacts(fps=30), "mp4")),
    ("video: a.mp4", MediaFile("a.mp4", DIGEST, MediaFacts(bytes=9, behind=12345), "mp4")),
    ("video: a.mp4", MediaFile("a.mp4", DIGEST, GOOD, "mp4", remarks=(remark("header"), remark("codec")))),
    ("image: a.png", MediaFile("a.png", DIGEST, GOOD, "png", remarks=(remark("alpha", "convert {file} out.png"),))),
    ("image: a.png", MediaFile("a.png", DIGEST, GOOD, "gif", remarks=(remark("alpha"),))),
    ("video: -a b.mp4", MediaFile("-a b.mp4", DIGEST, GOOD, "mp4", remarks=(remark("codec"),))),
    ("video: a.b/c", MediaFile("a.b/c", DIGEST, GOOD, "mp4", remarks=(remark("codec"),))),
    ("video: https://x.test/d/a.mp4?b=c#d",
     MediaFile("https://x.test/d/a.mp4?b=c#d", "", GOOD, "mp4", remarks=(remark("codec"),))),
    ("video: a.mp4",
     MediaFile("a.mp4", DIGEST, MediaFacts(seconds=5), "mp4", remarks=(remark("header", stated=16.0),))),
    ("video: a.mp4",
     MediaFile("a.mp4", DIGEST, MediaFacts(seconds=5), "mp4", remarks=(remark("header", stated=6.0),))),
    ("video: a.mp4",
     MediaFile("a.mp4", DIGEST, MediaFacts(seconds=16), "mp4", remarks=(remark("header", stated=17.0),))),
    ("image: assets/sneeker.png", NOT_THERE),
    ("image: 'Assets/SNEAKER.png'", NOT_THERE),
    ("image: '{{ brand }}/sneaker.png'", NOT_THERE),
    ("image: /home/me/assets/sneaker.png", NOT_THERE),
    ("image: file:///x/assets/sneaker.png", NOT_THERE),
]  # fmt: skip
NEAR = ("assets/sneaker.png", "assets/walk.mp4")


def told() -> Iterator[str]:
    for written, found in FOUND:
        problems = Problems()
        text = f"seedspec: 1\nmodel: {MODEL}\nvars: {{brand: Assets}}\nreferences:\n  it: {{{written}}}\n"
        text += "  other: {image: https://cdn.example.com/a.png}\n"
        text += (
            "shots: [{id: a, attach: [it, other], prompt: \"{{ ref('it') }}{{ ref('other') }}{{ '' and brand }}\"}]\n"
        )
        source = source_of("s.yaml", text.encode(), problems)
        node = parse(source, problems) if source else None
        board = storyboard_of(node, CATALOG, "s", problems) if node else None
        assert board is not None, list(problems)
        inputs = Inputs(
            lambda target, kind, found=found: found,  # type: ignore[misc]
            lambda _: None,
            remote=lambda remote, found=found: found if "x.test" in remote.url else None,  # type: ignore[misc]
            files=lambda target: NEAR,
        )
        entries = list(expand(board, inputs, problems).entries())
        shown = found if isinstance(found, str) or found is None else found.format
        yield f"> {written}: {shown}\n"
        yield diagnostics.as_text(problems)
        yield from (f"edit {e.span.text!r} -> {e.text!r}\n" for d in problems for e in d.edits)
        yield from (
            f"{m.name}: {m.source} {m.key} {m.where} {m.seconds} {m.place}\n" for e in entries for m in e.media[:1]
        )


def test_what_is_said_of_media(expect: Callable[[Path, str], None]) -> None:
    expect(Path(__file__).parent / "found_media.txt", "".join(told()))


FILES = ("a/hero.png", "a/Villain.PNG", "b/hero.jpg", "walk.mp4", "b/walk.mp4", "c/long name.png", "c/hero.png")
IMAGES = (".png", ".jpg")


@pytest.mark.parametrize(
    ("target", "path", "same"),
    [
        ("a/hero.png", "a/hero.png", True), ("A/Hero.PNG", "a/hero.png", True), ("a\\hero.png", "a/hero.png", True),
        ("./a//hero.png", "a/hero.png", True), (" a/hero.png ", "a/hero.png", True),
        ("a/villain.png", "a/Villain.PNG", True),
        ("/home/me/a/hero.png", "a/hero.png", False), ("x/c/hero.png", "c/hero.png", False),
        ("b/hero.webp", "b/hero.jpg", False),
        ("z/villain.png", "a/Villain.PNG", False), ("z/long name.jpg", "c/long name.png", False),
        ("hero", "a/hero.png", False),
        ("c/herro.png", "c/hero.png", False), ("z/vilain.png", "a/Villain.PNG", False), ("walk.mp4", None, False),
        ("zzz.png", None, False), ("", None, False), ("c/long-name.png", "c/long name.png", False),
    ],
)  # fmt: skip
def test_the_file_that_is_meant(target: str, path: str | None, same: bool) -> None:
    found = meant_file(target, FILES, IMAGES)
    assert (found and found.path, bool(found and found.same)) == (path, same)


def test_of_two_files_in_one_form_of_writing_none_is_certain() -> None:
    found = meant_file("A.png", ("a.PNG", "a.png"), IMAGES)
    assert found is not None and not found.same


def test_addresses_and_endings() -> None:
    assert [is_url(t) for t in ("https://x", "data:x", "a.b+c-d:x", "C:/x", "a/b", "1a:x", "a:")] == [
        True, True, True, False, False, False, False
    ]  # fmt: skip
    assert [kind_of_suffix(s) for s in (".png", ".pdf", ".mp4", ".mpd", ".wav", ".mid", ".txt", "", ".PNG")] == [
        "image", "image", "video", "video", "audio", "audio", None, None, None
    ]  # fmt: skip
    faults = {
        "https://x.test/a": "", "mailto:x": "", "https://": "", "ftp://[x": "",
        "https://[x": "has brackets or characters where its host belongs that no host has",
        "HTTPS://[x": "has brackets or characters where its host belongs that no host has",
        "https://x:a/": "has `a` where the number of a port belongs",
        "https://x:65536/": "has `65536` where the number of a port belongs",
        "https://:80/": "names no host",
    }  # fmt: skip
    assert {url: url_fault(url) for url in faults} == faults


def test_every_ending_says_what_it_holds() -> None:
    from seedspec.compiler.references.limits import _SUFFIXES

    assert {kind: " ".join(known) for kind, known in _SUFFIXES.items()} == {
        "image": ".jpg .jpeg .png .webp .gif .bmp .tif .tiff .heic .heif .avif .svg .ico .jxl .jp2 .psd .ai .eps .exr "
        ".tga .dng .pdf",
        "video": ".mp4 .mov .m4v .avi .mkv .webm .mpg .mpeg .wmv .flv .3gp .mts .m2ts .ogv .mxf .m3u8 .mpd",
        "audio": ".wav .mp3 .m4a .aac .ogg .oga .opus .flac .wma .aiff .aif .amr .mid",
    }


UPSTREAM = """\
defaults: {duration: 5, quality: 480p}
references: {walk: {video: https://cdn.example.com/walk.mp4, seconds: 4}}
shots:
  - {id: a, prompt: one}
  - {id: still, prompt: "{{ ref('p') }}", references: {p: {shot: a, frame: 2.5}}}
  - {id: last, prompt: "{{ ref('p') }}", references: {p: {shot: a, frame: last}}}
  - {id: more, prompt: "{{ ref('p') }} {{ ref('walk') }}", references: {p: {shot: a}}}
"""
SMALL, LARGE = {"width": 640, "height": 640}, {"width": 200, "height": 640}


@pytest.mark.parametrize(
    ("shot", "facts", "why"),
    [
        ("still", None, None),
        ("still", MediaFacts(seconds=5, **SMALL), None),
        ("still", MediaFacts(seconds=2.4, **SMALL), None),
        ("still", MediaFacts(seconds=2.39, **SMALL), "its frame at 2.5 s is past its end: it lasts 2.39 s"),
        ("still", MediaFacts(**LARGE), "its frame at 2.5 s is 200×640 px; expected sides of 300 to 6,000 px"),
        ("last", MediaFacts(seconds=1, **SMALL), None),
        ("last", MediaFacts(**LARGE), "its last frame is 200×640 px; expected sides of 300 to 6,000 px"),
        ("more", None, None),
        ("more", MediaFacts(seconds=5.04), None),
        ("more", MediaFacts(seconds=1), "its video lasts 1 s; expected 2 to 15 s"),
        ("more", MediaFacts(fps=10), "its video has 10 frames per second; expected 24 to 60"),
        ("more", MediaFacts(seconds=11), None),
        ("more", MediaFacts(seconds=11.1), None),
        ("more", MediaFacts(seconds=12), "the videos last 16 s together (4 + 12); expected at most 15 s"),
        ("more", MediaFacts(), None),
    ],
)
def test_a_video_that_came_back_may_not_serve(shot: str, facts: MediaFacts | None, why: str | None) -> None:
    from boards import compiled

    made = compiled(f"seedspec: 1\nmodel: {MODEL}\n{UPSTREAM}")
    assert made.ok, made.diagnostics
    entry = next(e for e in made.entries if e.shot == shot)
    assert unusable_upstream(entry.media, RULES, lambda _: facts) == (why and ("a/1", why))
