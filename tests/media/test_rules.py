"""The table of rules: for each limit of the API what lies just inside, just outside, and what people's files say."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from pathlib import Path

import made
import pytest
import real

from seedspec import api
from seedspec.compiler.entry import body_of
from seedspec.media.reader import facts
from seedspec.project.sources import catalog

pytestmark = pytest.mark.slow

GUIDE = Path(__file__).parents[2] / "docs" / "media.md"
MARKS = re.compile(r"(<!-- table: ([a-z ]+) -->\n).*?(<!-- end -->)", re.DOTALL)
Make = Callable[[Path], Path]
Expect = Callable[[Path, str], None]


@dataclass(frozen=True)
class Case:
    """A request with these media, and the codes of everything that is said about it."""

    rule: str
    place: str
    what: str
    media: tuple[tuple[str, str, Make], ...]
    codes: tuple[str, ...] = ()
    alone: bool = False


def one(kind: str, name: str, make: Make) -> tuple[tuple[str, str, Make], ...]:
    return ((kind, name, make),)


def image(width: int, height: int, name: str = "a.png", weight: int | None = None) -> tuple[tuple[str, str, Make], ...]:
    return one("image", name, partial(made.image, width=width, height=height, weight=weight))


def video(name: str = "a.mp4", **how: object) -> tuple[tuple[str, str, Make], ...]:
    return one("video", name, partial(made.video, **how))  # type: ignore[arg-type]


def wav(seconds: float, weight: int | None = None) -> tuple[tuple[str, str, Make], ...]:
    return one("audio", "a.wav", partial(made.wav, seconds=seconds, weight=weight))


def sound(name: str, seconds: float, rate: int = 44100) -> tuple[tuple[str, str, Make], ...]:
    return one("audio", name, partial(made.sound, seconds=seconds, rate=rate))


def uneven(slow: int, fast: int) -> list[Fraction]:
    """Three seconds at one rate, three at another."""
    return [Fraction(n, slow) for n in range(3 * slow)] + [3 + Fraction(n, fast) for n in range(3 * fast)]


def films(*frames: int) -> tuple[tuple[str, str, Make], ...]:
    return tuple(m for n, count in enumerate(frames) for m in video(f"{n}.mp4", frames=count))


def tones(*seconds: float) -> tuple[tuple[str, str, Make], ...]:
    return tuple(("audio", f"{n}.wav", partial(made.wav, seconds=s)) for n, s in enumerate(seconds))


def many(count: int, kind: str) -> tuple[tuple[str, str, Make], ...]:
    made_of = {"image": image(300, 300), "video": video(), "audio": wav(3)}[kind]
    return tuple((kind, f"{n}-{name}", make) for n in range(count) for _, name, make in made_of)


NEAR = ("media-near-edge",)
CASES = [
    Case("image: format", "inside", "jpeg", image(300, 300, "a.jpg")),
    Case("image: format", "inside", "png", image(300, 300)),
    Case("image: format", "inside", "webp", image(300, 300, "a.webp")),
    Case("image: format", "outside", "gif", image(300, 300, "a.gif"), ("media-format",)),
    Case("image: format", "outside", "bmp", image(300, 300, "a.bmp"), ("media-format",)),
    Case("image: each side", "inside", "300×300 px", image(300, 300)),
    Case("image: each side", "outside", "299×300 px", image(299, 300), ("media-side",)),
    Case("image: each side", "inside", "6000×6000 px", image(6000, 6000)),
    Case("image: each side", "outside", "6001×6000 px", image(6001, 6000), ("media-side",)),
    Case("image: ratio", "inside", "400×1000 px, 0.4", image(400, 1000)),
    Case("image: ratio", "outside", "399×1000 px, 0.399", image(399, 1000), ("media-ratio",)),
    Case("image: ratio", "inside", "1000×400 px, 2.5", image(1000, 400)),
    Case("image: ratio", "outside", "1001×400 px, 2.503", image(1001, 400), ("media-ratio",)),
    Case("image: bytes", "inside", "30,000,000", image(300, 300, weight=30_000_000)),
    Case("image: bytes", "outside", "30,000,001", image(300, 300, weight=30_000_001), ("media-bytes",)),
    Case("video: format", "inside", "mp4", video()),
    Case("video: format", "inside", "mov", video("a.mov")),
    Case("video: format", "outside", "mkv", video("a.mkv"), ("media-format",)),
    Case("video: format", "outside", "avi", video("a.avi"), ("media-format",)),
    Case("video: seconds of one", "inside", "48 pictures at 24, 2 s", video(frames=48)),
    Case("video: seconds of one", "near", "47 pictures, 1.958 s", video(frames=47), NEAR),
    Case("video: seconds of one", "outside", "46 pictures, 1.917 s", video(frames=46), ("media-seconds",)),
    Case("video: seconds of one", "inside", "360 pictures, 15 s", video(frames=360)),
    Case("video: seconds of one", "near", "361 pictures, 15.042 s", video(frames=361), NEAR),
    Case("video: seconds of one", "outside", "362 pictures, 15.083 s", video(frames=362), ("media-seconds",)),
    Case("video: seconds together", "inside", "5 + 5 + 5 s", films(120, 120, 120)),
    Case("video: seconds together", "near", "one picture more each, 15.126 s", films(121, 121, 121), NEAR),
    Case("video: seconds together", "outside", "two more each, 15.249 s", films(122, 122, 122),
         ("media-seconds-together",)),
    Case("video: each side", "outside", "298×1400 px", video(width=298, height=1400), ("media-ratio", "media-side")),
    Case("video: ratio", "inside", "408×1020 px, 0.4", video(width=408, height=1020)),
    Case("video: ratio", "outside", "408×1022 px, 0.399", video(width=408, height=1022), ("media-ratio",)),
    Case("video: ratio", "inside", "1020×408 px, 2.5", video(width=1020, height=408)),
    Case("video: ratio", "outside", "1022×408 px, 2.505", video(width=1022, height=408), ("media-ratio",)),
    Case("video: pixels", "inside", "640×640, 409,600", video()),
    Case("video: pixels", "outside", "638×640, 408,320", video(width=638), ("media-pixels",)),
    Case("video: pixels", "inside", "834×1112, 927,408", video(width=834, height=1112)),
    Case("video: pixels", "outside", "834×1114, 929,076", video(width=834, height=1114), ("media-pixels",)),
    Case("video: turned", "inside", "1112×834 stored, 834×1112 shown", video(width=1112, height=834, turned=90)),
    Case("video: turned", "outside", "1124×446 stored, 446×1124 shown, 0.397",
         video(width=1124, height=446, turned=90), ("media-ratio",)),
    Case("video: frames per second", "inside", "24", video(rate=24)),
    Case("video: frames per second", "near", "24000/1001 (23.976)", video(rate=Fraction(24000, 1001)), NEAR),
    Case("video: frames per second", "outside", "23.96", video(rate=Fraction(2396, 100)), ("media-fps",)),
    Case("video: frames per second", "inside", "60", video(rate=60, frames=180)),
    Case("video: frames per second", "inside", "60000/1001 (59.94)", video(rate=Fraction(60000, 1001), frames=180)),
    Case("video: frames per second", "near", "60.05", video(rate=Fraction(6005, 100), frames=180), NEAR),
    Case("video: frames per second", "outside", "60.1", video(rate=Fraction(6010, 100), frames=180), ("media-fps",)),
    Case("video: uneven rate", "inside", "25 and 30 by turns", video(times=uneven(25, 30))),
    Case("video: uneven rate", "near", "15 and 40 by turns, 27.5 on average", video(times=uneven(15, 40)),
         ("media-fps-varies",)),
    Case("video: uneven rate", "outside", "10 and 30 by turns, 20 on average", video(times=uneven(10, 30)),
         ("media-fps",)),
    Case("video: sound in it", "inside", "none, one and two streams",
         tuple(m for n in range(3) for m in video(f"{n}.mp4", sounds=n))),
    Case("video: bytes", "inside", "50,000,000", video(weight=50_000_000)),
    Case("video: bytes", "outside", "50,000,001", video(weight=50_000_001), ("media-bytes",)),
    Case("audio: format", "inside", "wav", wav(3)),
    Case("audio: format", "inside", "mp3", sound("a.mp3", 3)),
    Case("audio: format", "outside", "flac", sound("a.flac", 3), ("media-format",)),
    Case("audio: format", "outside", "m4a", sound("a.m4a", 3), ("media-format",)),
    Case("audio: seconds of one", "inside", "wav of 2 s", wav(2)),
    Case("audio: seconds of one", "near", "wav of 1.9 s", wav(1.9), NEAR),
    Case("audio: seconds of one", "outside", "wav of 1.899 s", wav(1.899), ("media-seconds",)),
    Case("audio: seconds of one", "inside", "wav of 15 s", wav(15)),
    Case("audio: seconds of one", "near", "mp3 of 15 s, its frames 15.047 s", sound("a.mp3", 15), NEAR),
    Case("audio: seconds of one", "near", "wav of 15.1 s", wav(15.1), NEAR),
    Case("audio: seconds of one", "outside", "wav of 15.101 s", wav(15.101), ("media-seconds",)),
    Case("audio: seconds together", "inside", "5 + 5 + 5 s", tones(5, 5, 5)),
    Case("audio: seconds together", "near", "5.1 + 5.1 + 5.1 s", tones(5.1, 5.1, 5.1), NEAR),
    Case("audio: seconds together", "outside", "5.1 + 5.1 + 5.101 s", tones(5.1, 5.1, 5.101),
         ("media-seconds-together",)),
    Case("audio: bytes", "inside", "15,000,000", wav(3, weight=15_000_000)),
    Case("audio: bytes", "outside", "15,000,002", wav(3, weight=15_000_002), ("media-bytes",)),
    Case("audio: never alone", "inside", "with an image", wav(3)),
    Case("audio: never alone", "outside", "without", wav(3), ("audio-alone",), alone=True),
    Case("images: how many", "inside", "9", many(9, "image")),
    Case("images: how many", "outside", "10", many(10, "image"), ("wrong-count",)),
    Case("videos: how many", "inside", "3", many(3, "video")),
    Case("videos: how many", "outside", "4", many(4, "video"), ("wrong-count",)),
    Case("sounds: how many", "inside", "3", many(3, "audio")),
    Case("sounds: how many", "outside", "4", many(4, "audio"), ("wrong-count",)),
]  # fmt: skip


def said(folder: Path, media: list[tuple[str, Path]], alone: bool = False) -> tuple[str, ...]:
    """The codes of what `check` says about a request with these media; an image goes with sounds that have none."""
    lines = [f"  r{n}: {{{kind}: {path.relative_to(folder).as_posix()}}}" for n, (kind, path) in enumerate(media)]
    if not alone and all(kind == "audio" for kind, _ in media):
        lines.append("  hero: {image: https://cdn.example.com/hero.png}")
    names = re.findall(r"^  (\w+):", "\n".join(lines), re.MULTILINE)
    prompt = " ".join(f"{{{{ ref('{name}') }}}}" for name in names)
    references = "\n".join(lines)
    (folder / "storyboard.yaml").write_text(
        f"seedspec: 1\nmodel: seedance-2.0-reference-to-video\nreferences:\n{references}\n"
        f'shots:\n  - id: a\n    prompt: "{prompt}"\n'
    )
    found = [
        d for d in api.check(folder / "storyboard.yaml") if d.code != "media-twice"
    ]  # a row may use one file often
    for finding in found:
        assert finding.span is not None and folder / finding.span.text in [path for _, path in media], finding
        assert re.search("expected|at least", finding.message), finding
    return tuple(sorted(dict.fromkeys(d.code for d in found)))


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c.rule}, {c.place}, {c.what}".replace(" ", "-"))
def test_an_edge(case: Case, tmp_path: Path) -> None:
    media = [(kind, make(tmp_path / name)) for kind, name, make in case.media]
    assert said(tmp_path, media, case.alone) == case.codes


def test_the_body(tmp_path: Path) -> None:
    """64,000,000 bytes need a prompt larger than a storyboard may be; the same rule at the size of this one."""
    known = catalog()
    model = known.models["seedance-2.0-reference-to-video"]
    assert model.body_bytes == 64_000_000
    made.image(tmp_path / "a.png", 300, 300)
    (tmp_path / "s.yaml").write_text(
        "seedspec: 1\nmodel: seedance-2.0-reference-to-video\nreferences: {a: {image: a.png}}\n"
        "shots: [{id: a, prompt: \"{{ ref('a') }}\"}]\n"
    )
    (entry,) = api.compile(tmp_path / "s.yaml", known).entries
    size = len(body_of(entry, {m.key: m.key for m in entry.media}))
    for most, codes in ((size + 100, []), (size - 100, ["body-too-large"])):
        small = replace(known, models={model.id: replace(model, body_bytes=most)})
        assert [d.code for d in api.check(tmp_path / "s.yaml", small)] == codes


@pytest.mark.parametrize("turned", [90, -90, 180, 0])
def test_facts_of_a_turned_video_with_sound(turned: int, tmp_path: Path) -> None:
    found = facts(made.video(tmp_path / "a.mp4", 1112, 834, turned=turned, sounds=2))
    assert (found.width, found.height) == ((834, 1112) if turned % 180 else (1112, 834))
    assert found.audio_streams == 2 and found.audio


def test_rates_of_an_uneven_video(tmp_path: Path) -> None:
    found = facts(made.video(tmp_path / "a.mp4", times=uneven(15, 40)))
    assert found.fps is not None and found.fps_least is not None and found.fps_most is not None
    assert abs(found.fps - 27.5) < 0.3 and abs(found.fps_least - 15) < 0.3 and abs(found.fps_most - 40) < 0.3
    even = facts(made.video(tmp_path / "b.mp4", rate=Fraction(24000, 1001)))
    assert (even.fps_least, even.fps, even.fps_most) == (23.976, 23.976, 23.976)


@pytest.mark.parametrize("number", range(len(real.manifest()["requests"])))
def test_what_people_made(number: int, store: real.Store, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    known = real.manifest()
    wanted = known["requests"][number]
    found = real.usable(store, wanted["files"], request)
    media = []
    for index, (name, path) in enumerate(zip(wanted["files"], found, strict=True)):
        (tmp_path / str(index)).mkdir()
        media.append((known["files"][name]["kind"], Path(shutil.copy(path, tmp_path / str(index) / path.name))))
    codes = list(said(tmp_path, media))
    if request.config.getoption("--update") and codes != wanted["codes"]:
        wanted["codes"] = codes
        real.MANIFEST.write_text(json.dumps(known, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    assert codes == wanted["codes"]


def test_the_guide_has_the_table(expect: Expect) -> None:
    """The results in it are those that the tests above hold; media of people are in it by what the manifest says."""
    tables = {"near": near, "rules": rules, "packages": packages}
    text = GUIDE.read_text(encoding="utf-8")
    expect(GUIDE, MARKS.sub(lambda m: f"{m[1]}{tables[m[2]]()}{m[3]}", text))


def near() -> str:
    model = catalog().models["seedance-2.0-reference-to-video"]
    rows = []
    for kind, rule in model.media.items():
        for name, edge in rule.tolerances.items():
            limits = getattr(rule, name)
            span = f"{limits[0]:g} to {limits[1]:g}" if isinstance(limits, tuple) else f"at most {limits:g}"
            least = f"{limits[0] - edge.below:g}" if isinstance(limits, tuple) else ""
            most = f"{(limits[1] if isinstance(limits, tuple) else limits) + edge.above:g}"
            words = {"fps": "frames per second", "seconds": "seconds", "seconds_together": "seconds together"}[name]
            rows.append((f"{kind}: {words}", span, least, most, edge.why))
    return table(("limit", "rule", "warned from", "to", "measured"), rows)


def rules() -> str:
    known = real.manifest()
    rows = []
    for rule in dict.fromkeys(c.rule for c in CASES):
        cells = [
            "<br>".join(shown(c.what, c.codes) for c in CASES if c.rule == rule and c.place == place)
            for place in ("inside", "near", "outside")
        ]
        theirs = [r for r in known["requests"] if r["rule"] == rule]
        cells.append("<br>".join(shown(r["what"], r["codes"]) for r in theirs))
        rows.append((rule, *cells))
    return table(("rule", "just inside", "near the edge", "just outside", "files that people made"), rows)


def shown(what: str, codes: tuple[str, ...] | list[str]) -> str:
    links = " ".join(f"[`{code}`](errors.md#{code})" for code in codes)
    return f"{what}: {links or 'taken'}"


def packages() -> str:
    known = real.manifest()
    rows = []
    for name, package in known["packages"].items():
        files = ", ".join(f"`{Path(f['member']).name}`" for f in known["files"].values() if f["package"] == name)
        rows.append((f"{name} {package['version']} ({package['by']})", files, package["licence"], package["credit"]))
    return table(("package", "files", "licence", "by"), rows)


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)
