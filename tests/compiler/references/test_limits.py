"""Every limit of the API as a row of a table: accepted at the edge, refused one step past it, at the value at fault."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from seedspec import api
from seedspec.catalog.media_facts import MediaFacts
from seedspec.compiler.entry import body_of
from seedspec.compiler.references.upstream import unusable_upstream
from seedspec.project import sources
from seedspec.text.diagnostic import Diagnostic

CATALOG = sources.catalog()
HEAD = "seedspec: 1\nmodel: seedance-2.0-reference-to-video\n"
HERO = "references:\n  hero: {image: https://cdn.example.com/hero.png}\n"
PROMPT = "\"{{ ref('hero') }} walks.\""


def errors(folder: Path, text: str) -> list[Diagnostic]:
    (folder / "storyboard.yaml").write_text(text, encoding="utf-8")
    found = api.check(folder / "storyboard.yaml", CATALOG)
    return [d for d in found if d.severity == "error"]


def judge(folder: Path, text: str, good: str, bad: str, code: str) -> None:
    """Puts both values at the mark `@@`; the bad one must be the only fault, shown exactly where it stands."""
    assert errors(folder, text.replace("@@", good)) == []
    found = errors(folder, text.replace("@@", bad))
    assert [d.code for d in found] == [code], [d.message for d in found]
    assert found[0].span is not None
    assert (found[0].span.start, found[0].span.text) == (text.index("@@"), bad)


FIELDS = [
    ("duration", "4", "3", "out-of-range"),
    ("duration", "15", "16", "out-of-range"),
    ("duration", "5", "4.5", "wrong-type"),
    ("duration", "5.0", '"5"', "wrong-type"),
    ("duration", "6", '"{{ 3 }}"', "out-of-range"),
    ("quality", "480p", "1080p", "bad-choice"),
    ("quality", "720p", "720P", "bad-choice"),
    ("aspect_ratio", "21:9", "9:21", "bad-choice"),
    ("aspect_ratio", "adaptive", "auto", "bad-choice"),
    ("aspect_ratio", "1:1", "61", "bad-choice"),
    ("generate_audio", "true", '"true"', "wrong-type"),
    ("generate_audio", "false", "off", "wrong-type"),
    ("callback_url", "https://example.com/x", "http://example.com/x", "callback-url"),
]
LAYERS = {
    "defaults": f"{HERO}defaults: {{FIELD: @@}}\nshots:\n  - id: a\n    prompt: {PROMPT}\n",
    "shot": f"{HERO}shots:\n  - id: a\n    FIELD: @@\n    prompt: {PROMPT}\n",
    "axis value": f"{HERO}matrix:\n  axes:\n    look:\n      noir: {{words: x, FIELD: @@}}\n      plain: {{words: y}}\n"
    f"shots:\n  - id: a\n    prompt: {PROMPT}\n",
    "override": f"{HERO}matrix: {{axes: {{look: [noir, plain]}}}}\n"
    f"overrides:\n  - {{when: {{look: noir}}, FIELD: @@}}\nshots:\n  - id: a\n    prompt: {PROMPT}\n",
    "shot's override": f"{HERO}matrix: {{axes: {{look: [noir, plain]}}}}\nshots:\n  - id: a\n    overrides:\n"
    f"      - {{when: {{look: plain}}, FIELD: @@}}\n    prompt: {PROMPT}\n",
    "labelled axis": f"{HERO}matrix:\n  axes:\n    FIELD:\n      one: @@\nshots:\n  - id: a\n    prompt: {PROMPT}\n",
}


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize(("field", "good", "bad", "code"), FIELDS)
def test_fields(tmp_path: Path, layer: str, field: str, good: str, bad: str, code: str) -> None:
    judge(tmp_path, HEAD + LAYERS[layer].replace("FIELD", field), good, bad, code)


@pytest.mark.parametrize(("field", "good", "bad", "code"), [f for f in FIELDS if '"' not in f[2] and "/" not in f[1]])
def test_fields_as_labels(tmp_path: Path, field: str, good: str, bad: str, code: str) -> None:
    text = f"{HEAD}{HERO}matrix: {{axes: {{{field}: [@@]}}}}\nshots:\n  - id: a\n    prompt: {PROMPT}\n"
    judge(tmp_path, text, good, bad, code)


def test_a_bad_default_of_the_model_is_shown_at_the_shot(tmp_path: Path) -> None:
    model = CATALOG.models["seedance-2.0-reference-to-video"]
    wrong = replace(CATALOG, models={model.id: replace(model, defaults={**model.defaults, "duration": 99})})
    (tmp_path / "s.yaml").write_text(f"{HEAD}{HERO}shots:\n  - id: a\n    prompt: {PROMPT}\n")
    (found,) = api.check(tmp_path / "s.yaml", wrong)
    assert found.code == "out-of-range" and found.notes[0].message == "in `duration`, set by model"
    assert found.span is not None and found.span.text == "a"


def test_a_body_over_the_limit(tmp_path: Path) -> None:
    model = CATALOG.models["seedance-2.0-reference-to-video"]
    text = f"{HEAD}{HERO}shots:\n  - id: a\n    prompt: {PROMPT}\n"
    (tmp_path / "s.yaml").write_text(text)
    (entry,) = api.compile(tmp_path / "s.yaml", CATALOG).entries
    size = len(body_of(entry, {}))
    for most, codes in ((size, []), (size - 1, ["body-too-large"])):
        small = replace(CATALOG, models={model.id: replace(model, body_bytes=most)})
        assert [d.code for d in api.check(tmp_path / "s.yaml", small)] == codes


@pytest.mark.parametrize("short", range(1, 25))
def test_a_body_over_the_limit_in_a_row_whose_frame_was_judged_before(tmp_path: Path, short: int) -> None:
    """The second row's body is the longest: by its words alone, all else is that of the first."""
    model = CATALOG.models["seedance-2.0-reference-to-video"]
    axes = 'matrix: {axes: {look: {few: {words: "x"}, many: {words: "' + "x" * 60 + '"}}}}\n'
    text = f"{HEAD}{HERO}{axes}shots:\n  - id: a\n    prompt: \"{{{{ ref('hero') }}}} {{{{ look.words }}}}\"\n"
    (tmp_path / "s.yaml").write_text(text)
    few, many = (len(body_of(e, {})) for e in api.compile(tmp_path / "s.yaml", CATALOG).entries)
    assert many - few == 59
    for most, codes in ((many, []), (many - short, ["body-too-large"])):
        small = replace(CATALOG, models={model.id: replace(model, body_bytes=most)})
        assert [d.code for d in api.check(tmp_path / "s.yaml", small)] == codes


LENGTHS = """\
references: {walk: {video: https://cdn.example.com/walk.mp4, seconds: 4}}
defaults: {quality: 480p}
shots:
  - {id: a, duration: 5, prompt: "one"}
  - {id: b, duration: 6, prompt: "two"}
  - {id: both, prompt: "{{ ref('a') }} {{ ref('b') }}", references: {a: {shot: a}, b: {shot: b}}}
  - {id: mixed, prompt: "{{ ref('a') }} {{ ref('walk') }}", references: {a: {shot: a}}}
"""


@pytest.mark.parametrize(
    ("shot", "made", "reason"),
    [
        ("both", (7.0, 8.0), None),
        ("both", (7.0, 9.5), "the videos last 16.5 s together (7 + 9.5); expected at most 15 s"),
        ("both", (9.5, 7.0), "the videos last 16.5 s together (9.5 + 7); expected at most 15 s"),
        ("both", (None, 9.5), None),  # 5 s are asked for
        ("mixed", (11.0,), None),
        ("mixed", (12.5,), "the videos last 16.5 s together (4 + 12.5); expected at most 15 s"),
    ],
)
def test_videos_that_came_back_are_added_up(
    tmp_path: Path, shot: str, made: tuple[float | None, ...], reason: str | None
) -> None:
    (tmp_path / "s.yaml").write_text(HEAD + LENGTHS)
    found = api.compile(tmp_path / "s.yaml", CATALOG)
    assert found.ok, found.diagnostics
    entries = {e.shot: e for e in found.entries}
    sizes = dict(zip((entries["a"].fingerprint, entries["b"].fingerprint), made, strict=False))
    facts = {
        fp: MediaFacts() if s is None else MediaFacts(width=864, height=496, fps=24.0, seconds=s)
        for fp, s in sizes.items()
    }
    rules = CATALOG.models["seedance-2.0-reference-to-video"].media
    unusable = unusable_upstream(entries[shot].media, rules, facts.get)
    assert unusable == (None if reason is None else ("a/1", reason))


ADAPTIVE = """\
shots:
  - {id: a, prompt: "{{ ref('hero') }}", aspect_ratio: RATIO}
  - {id: b, prompt: "on {{ ref('prev') }}", references: {prev: {shot: a}}}
"""


@pytest.mark.parametrize(
    ("ratio", "pixels", "codes"),
    [
        ("adaptive", (409_600, 927_408), []),  # every size of the table fits
        ("adaptive", (409_600, 925_000), ["upstream-size-unknown"]),  # 1112x834 and 834x1112 do not
        ("adaptive", (1_000_000, 2_000_000), ["media-pixels"]),  # none does
        ("4:3", (409_600, 925_000), ["media-pixels"]),
        ("1:1", (409_600, 925_000), []),
    ],
)
def test_an_upstream_is_judged_by_the_size_that_it_will_have(
    tmp_path: Path, ratio: str, pixels: tuple[int, int], codes: list[str]
) -> None:
    model = CATALOG.models["seedance-2.0-reference-to-video"]
    media = {**model.media, "video": replace(model.media["video"], pixels=pixels)}
    other = replace(CATALOG, models={model.id: replace(model, media=media)})
    (tmp_path / "s.yaml").write_text(f"{HEAD}{HERO}{ADAPTIVE.replace('RATIO', ratio)}")
    found = api.check(tmp_path / "s.yaml", other)
    assert [d.code for d in found] == codes, found
    assert all(d.span is not None and d.span.text == "a" and d.entries == ("b/1",) for d in found)


@pytest.mark.parametrize(("fps", "codes"), [(24, []), (23, ["media-fps"])])
def test_an_upstream_is_judged_by_the_rate_that_it_will_have(tmp_path: Path, fps: int, codes: list[str]) -> None:
    model = CATALOG.models["seedance-2.0-reference-to-video"]
    slow = replace(CATALOG, models={model.id: replace(model, fps=fps)})
    (tmp_path / "s.yaml").write_text(f"{HEAD}{HERO}{ADAPTIVE.replace('RATIO', 'adaptive')}")
    assert [d.code for d in api.check(tmp_path / "s.yaml", slow)] == codes


IMAGE, VIDEO, AUDIO = ("image: https://x.test/a.png", "video: https://x.test/a.mp4", "audio: https://x.test/a.mp3")
FACTS = [
    (IMAGE, "width: 300, height: 300", "width: 299, height: 300", "media-side"),
    (IMAGE, "width: 6000, height: 6000", "width: 6000, height: 6001", "media-side"),
    (IMAGE, "width: 400, height: 1000", "width: 399, height: 1000", "media-ratio"),
    (IMAGE, "width: 1000, height: 400", "width: 1001, height: 400", "media-ratio"),
    (IMAGE, "bytes: 30000000", "bytes: 30000001", "media-bytes"),
    (VIDEO, "width: 640, height: 640", "width: 639, height: 640", "media-pixels"),
    (VIDEO, "width: 834, height: 1112", "width: 834, height: 1113", "media-pixels"),
    (VIDEO, "width: 1440, height: 600", "width: 1520, height: 600", "media-ratio"),
    (VIDEO, "width: 1012, height: 405", "width: 2000, height: 299", "media-side"),
    (VIDEO, "seconds: 2", "seconds: 1.94", "media-seconds"),
    (VIDEO, "seconds: 15", "seconds: 15.06", "media-seconds"),
    (VIDEO, "fps: 24", "fps: 23.96", "media-fps"),
    (VIDEO, "fps: 60", "fps: 60.06", "media-fps"),
    (VIDEO, "bytes: 50000000", "bytes: 50000001", "media-bytes"),
    (AUDIO, "seconds: 2", "seconds: 1.89", "media-seconds"),
    (AUDIO, "seconds: 15", "seconds: 15.11", "media-seconds"),
    (AUDIO, "bytes: 15000000", "bytes: 15000001", "media-bytes"),
]


@pytest.mark.parametrize(("medium", "good", "bad", "code"), FACTS)
def test_declared_facts(tmp_path: Path, medium: str, good: str, bad: str, code: str) -> None:
    def board(facts: str) -> str:
        shots = "shots:\n  - id: a\n    prompt: \"{{ ref('hero') }} and {{ ref('it') }}\"\n"
        return f"{HEAD}{HERO}  it: {{{medium}, {facts}}}\n{shots}"

    assert errors(tmp_path, board(good)) == []
    found = errors(tmp_path, board(bad))
    assert code in [d.code for d in found]
    assert {d.span.text for d in found if d.span} == {medium.split(": ")[1]}


NEAR = [
    (VIDEO, "seconds: 1.95"), (VIDEO, "seconds: 15.05"), (VIDEO, "fps: 23.976"), (VIDEO, "fps: 60.05"),
    (AUDIO, "seconds: 1.9"), (AUDIO, "seconds: 15.047"), (AUDIO, "seconds: 15.1"),
]  # fmt: skip


@pytest.mark.parametrize(("medium", "facts"), NEAR)
def test_what_readers_disagree_about_is_a_warning_with_its_measurement(tmp_path: Path, medium: str, facts: str) -> None:
    shots = "shots:\n  - id: a\n    prompt: \"{{ ref('hero') }} and {{ ref('it') }}\"\n"
    (tmp_path / "s.yaml").write_text(f"{HEAD}{HERO}  it: {{{medium}, {facts}}}\n{shots}")
    (found,) = api.check(tmp_path / "s.yaml")
    assert (found.code, found.severity) == ("media-near-edge", "warning")
    model, name = CATALOG.models["seedance-2.0-reference-to-video"], facts.split(":")[0]
    assert found.notes[0].message == model.media["audio" if medium == AUDIO else "video"].tolerances[name].why


SUFFIXES = [
    ("image", ("jpg", "jpeg", "JPG", "png", "webp"), ("gif", "bmp", "tiff", "svg", "heic", "avif", "mp4", "mp3")),
    ("video", ("mp4", "mov", "MOV"), ("webm", "avi", "mkv", "m4v", "gif", "png", "wav")),
    ("audio", ("wav", "mp3", "WAV"), ("m4a", "aac", "ogg", "flac", "opus", "mp4", "jpg")),
]


@pytest.mark.parametrize(("kind", "good", "bad"), SUFFIXES)
def test_formats_by_suffix(tmp_path: Path, kind: str, good: tuple[str, ...], bad: tuple[str, ...]) -> None:
    shots = "shots:\n  - id: a\n    prompt: \"{{ ref('hero') }} {{ ref('it') }}\"\n"
    for suffix in (*good, *bad):
        target = f"https://x.test/a.{suffix}?size=1.{good[0]}"
        found = errors(tmp_path, f"{HEAD}{HERO}  it: {{{kind}: {target}}}\n{shots}")
        assert [d.code for d in found] == ["media-format"] * (suffix in bad), (suffix, found)
        assert all(d.span and d.span.text == target for d in found)


URLS_TAKEN = [
    "https://x.test/a.png",
    "http://x.test/a.png",
    "https://x.test:8443/a.png?x=1&y=%20#z",
    "https://x.test/茶.png",
]
URLS_REFUSED = [
    "data:image/png;base64,iVBORw0KGgo=", "ftp://x.test/a.png", "file:///a.png", "https://", "https:///a.png",
    "https://x.test/a b.png", "s3://bucket/a.png", "https:x.test/a.png", "HTTPS//x.test", "https://x.test\\\\@y.test/a.png",
]  # fmt: skip


@pytest.mark.parametrize("url", [*URLS_TAKEN, *URLS_REFUSED])
def test_addresses_of_media(tmp_path: Path, url: str) -> None:
    text = f'{HEAD}references: {{hero: {{image: "{url}"}}}}\nshots:\n  - id: a\n    prompt: {PROMPT}\n'
    found = errors(tmp_path, text)
    assert [d.code for d in found] == [] if url in URLS_TAKEN else found[0].code in ("media-url", "media-file")
    assert all(d.span and d.span.text == f'"{url}"' for d in found)


@pytest.mark.parametrize(("kind", "suffix", "most"), [("image", "png", 9), ("video", "mp4", 3), ("audio", "mp3", 3)])
def test_counts(tmp_path: Path, kind: str, suffix: str, most: int) -> None:
    for count in (most, most + 1):
        items = "".join(f"  n{i}: {{{kind}: https://x.test/{i}.{suffix}, seconds: 3}}\n" for i in range(count))
        prompt = f"{{% for i in range({count}) %}}{{{{ ref('n' ~ i) }}}} {{% endfor %}}"
        hero = "" if kind == "image" else "  hero: {image: https://x.test/hero.png}\n"
        extra = "" if kind == "image" else "{{ ref('hero') }} "
        found = errors(tmp_path, f'{HEAD}references:\n{items}{hero}shots:\n  - id: a\n    prompt: "{extra}{prompt}"\n')
        assert [d.code for d in found] == ["wrong-count"] * (count > most)
        assert all(d.span and d.span.text == f"https://x.test/{most}.{suffix}" for d in found)


@pytest.mark.parametrize(("kind", "suffix"), [("video", "mp4"), ("audio", "mp3")])
@pytest.mark.parametrize(
    ("lengths", "fine"), [((7.5, 7.5), True), ((7.5, 7.9), False), ((5, 5, 5), True), ((5, 5, 5.4), False)]
)
def test_seconds_together(tmp_path: Path, kind: str, suffix: str, lengths: tuple[float, ...], fine: bool) -> None:
    items = "".join(f"  n{i}: {{{kind}: https://x.test/{i}.{suffix}, seconds: {s}}}\n" for i, s in enumerate(lengths))
    names = " ".join(f"{{{{ ref('n{i}') }}}}" for i in range(len(lengths)))
    found = errors(tmp_path, f"{HEAD}{HERO}{items}shots:\n  - id: a\n    prompt: \"{{{{ ref('hero') }}}} {names}\"\n")
    assert [d.code for d in found] == ([] if fine else ["media-seconds-together"])


@pytest.mark.parametrize("other", ["", "image: https://x.test/a.png", "video: https://x.test/a.mp4"])
def test_audio_never_alone(tmp_path: Path, other: str) -> None:
    more = f"  it: {{{other}}}\n" if other else ""
    mention = "{{ ref('it') }} " if other else ""
    text = (
        f"{HEAD}references:\n  tune: {{audio: https://x.test/a.mp3}}\n{more}"
        f"shots:\n  - id: a\n    prompt: \"{mention}{{{{ ref('tune') }}}}\"\n"
    )
    found = errors(tmp_path, text)
    assert [d.code for d in found] == ([] if other else ["audio-alone"])
    assert all(d.span and d.span.text == "https://x.test/a.mp3" for d in found)


PUBLIC = [
    "example.com", "example.com:8443", "user:pass@example.com", "10.example.com", "127.0.0.1.example.com", "1.1.1.1",
    "9.255.255.255", "11.0.0.1", "172.15.0.1", "172.32.0.1", "192.167.1.1", "192.169.1.1", "169.253.1.1", "100.63.0.1",
    "100.128.0.1", "223.255.255.255", "[2606:4700::1111]", "[3fff::1]:443", "mylocalhost.com", "localhost.example.com",
    "fd00.example.com", "0x7f.example.com", "例え.jp",
]  # fmt: skip
PRIVATE = [
    "localhost", "LOCALHOST", "localhost.", "localhost:8443", "api.localhost", "printer.local", "x.internal",
    "127.0.0.1", "127.255.255.254", "127.0.0.1.", "10.0.0.0", "10.255.255.255", "172.16.0.0", "172.31.255.255",
    "192.168.0.1", "169.254.169.254", "0.0.0.0", "100.64.0.1", "100.127.255.255", "198.18.0.1", "192.0.0.8",
    "224.0.0.1", "255.255.255.255", "2130706433", "0x7f000001", "0X7F000001", "017700000001", "0177.0.0.1",
    "0x7f.0.0.1", "127.1", "10.1", "192.168.257", "[::1]", "[::]", "[fc00::1]", "[FD12::1]", "[fe80::1]",
    "[FEBF::1]", "[::ffff:10.0.0.1]",
    "[0:0:0:0:0:0:0:1]", "[ff02::1]", "[64:ff9b::7f00:1]", "user:pass@10.0.0.1", "example.com@localhost",
    "a@b@127.0.0.1",
]  # fmt: skip


@pytest.mark.parametrize("host", [*PUBLIC, *PRIVATE])
def test_callback_hosts(tmp_path: Path, host: str) -> None:
    for rest in ("", "/hook", "?x=1", "#x"):
        url = f'"https://{host}{rest}"'
        found = errors(tmp_path, f"{HEAD}{HERO}shots:\n  - id: a\n    callback_url: {url}\n    prompt: {PROMPT}\n")
        assert [d.code for d in found] == (["callback-private"] if host in PRIVATE else []), url
        assert all(d.span and d.span.text == url for d in found)


def test_callback_length(tmp_path: Path) -> None:
    start = "https://example.com/"
    text = f"{HEAD}{HERO}shots:\n  - id: a\n    callback_url: @@\n    prompt: {PROMPT}\n"
    judge(tmp_path, text, start + "a" * (2048 - len(start)), start + "a" * (2049 - len(start)), "too-long")


def test_an_empty_prompt(tmp_path: Path) -> None:
    text = f"{HEAD}{HERO}shots:\n  - id: a\n    attach: [hero]\n    prompt: @@\n"
    for bad in ('""', '"  \\n "', "\"{{ '' }}\"", "'{# nothing #}'"):
        judge(tmp_path, text, '"."', bad, "empty-text")


@pytest.mark.parametrize(("good", "bad"), [("茶" * 500, "茶" * 501), ("tea " * 998, "tea " * 999)])
def test_advice_on_prompts(tmp_path: Path, good: str, bad: str) -> None:
    for text, codes in ((good, []), (bad, ["prompt-long"])):
        board = f"{HEAD}{HERO}shots:\n  - id: a\n    prompt: \"{{{{ ref('hero') }}}} {text}\"\n"
        assert errors(tmp_path, board) == []
        assert [d.code for d in api.check(tmp_path / "storyboard.yaml", CATALOG)] == codes
