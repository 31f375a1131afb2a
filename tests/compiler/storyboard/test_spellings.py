"""What a value is written like never matters: every spelling of every scalar, and addresses of every form."""

from __future__ import annotations

import json
import string
from decimal import Decimal
from typing import Any

import pytest
from boards import MODEL, compiled, written
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from seedspec.report import diagnostics as report

bounded = settings(max_examples=150, suppress_health_check=list(HealthCheck))

BOARD: dict[str, Any] = {
    "seedspec": 1,
    "model": MODEL,
    "title": "five: #3",
    "tags": ["no", "1e3"],
    "output": "renders",
    "budget": {"usd": 12.5},
    "defaults": {"duration": 8, "quality": "480p", "aspect_ratio": "16:9", "generate_audio": False},
    "vars": {"brand": "null", "much": "0x1F", "line": "a: b # c"},
    "references": {
        "hero": {"image": "assets/hero.png"},
        "walk": {"video": "https://cdn.example.com/walk.mp4", "seconds": 4.5, "width": 1280, "height": 720},
        "last": {"shot": "open", "take": 2, "at": {"look": "soft"}},
    },
    "matrix": {
        "axes": {"look": {"soft": {"words": "window light"}, "hard": {"words": "true", "duration": 6}}},
        "max_entries": 2000,
    },
    "overrides": [{"when": {"look": "soft"}, "duration": 10}],
    "profiles": {"final": {"quality": "720p", "takes": 3}},
    "shots": [
        {"id": "open", "prompt": "{{ ref('hero') }} {{ look.words }} {{ brand }}", "takes": 2},
        {"id": "more", "prompt": "{{ ref('last') }} {{ ref('walk') }} {{ much }} {{ line }}", "matrix": {"only": []}},
        {"id": "cold", "prompt": "{{ ref('hero') }} tea", "attach": ["walk"], "generate_audio": True},
    ],
}


def spelled(value: object) -> st.SearchStrategy[str]:
    """The ways in which YAML's core schema lets a scalar be written."""
    if value is None:
        return st.sampled_from(["null", "~", "Null", "NULL"])
    if isinstance(value, bool):
        word = str(value)
        return st.sampled_from([word, word.lower(), word.upper()])
    if isinstance(value, (int, float)):
        found = [f"{value}", f"+{value}", f"{value:e}", f"{value:.4E}", f"{value * 10}e-1", f"{value / 100:.6f}E+2"]
        if value == int(value):
            whole = int(value)
            found += [
                f"{whole}",
                f"{whole}.0",
                f"{whole}.",
                f"{hex(whole)}",
                f"0o{whole:o}",
                f"000{whole}",
                f"{whole}e0",
            ]
        return st.sampled_from([f for f in found if spells(f, value)])
    text = str(value)
    double = "".join(c if c in string.ascii_letters + string.digits + " " else f"\\u{ord(c):04x}" for c in text)
    return st.sampled_from(
        [json.dumps(text), "'" + text.replace("'", "''") + "'", f'"{double}"', f"!!str {json.dumps(text)}"]
    )


def spells(form: str, value: float) -> bool:
    whole = int(form, 0) if form[:2] in ("0x", "0o") else Decimal(form)
    return whole == Decimal(str(value))


@st.composite
def spellings(draw: st.DrawFn, value: object) -> str:
    """A value as YAML in flow style, each scalar in it spelled in a way of its own."""
    if isinstance(value, dict):
        pairs = [f"{draw(spelled(k))}: {draw(spellings(v))}" for k, v in value.items()]
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(draw(spellings(v)) for v in value) + "]"
    return draw(spelled(value))


PLAIN = compiled(written(BOARD))
FINAL = compiled(written(BOARD), "final")


def test_the_board_is_sound() -> None:
    assert PLAIN.ok and len(PLAIN.entries) == 7, report.as_text(PLAIN.diagnostics)


@settings(bounded, max_examples=50)
@given(spellings(BOARD))
@pytest.mark.slow
def test_another_spelling_is_the_same_purchase(text: str) -> None:
    for profile, plain in (("", PLAIN), ("final", FINAL)):
        found = compiled(text, profile)
        said = [d for d in found.diagnostics if d.severity == "error"]
        assert not said, report.as_text(said) + text
        assert [(e.address, e.request) for e in found.entries] == [(e.address, e.request) for e in plain.entries]
        assert [e.fingerprint for e in found.entries] == [e.fingerprint for e in plain.entries]


NUMBERS = st.one_of(
    st.sampled_from(
        ["2000.0", "2e3", "0x7d0", "0o3720", "2000.", "+2000", "-2000", "0", "-0", "-0.0", ".5", "1e400", "-1e400",
        "1e-400",
         "1.5", ".inf", ".nan", "9" * 301, "0x" + "f" * 400, "1_000", "0b1", "2000.5", "1e18", "9007199254740993",
         "1e308",
         "'2000'", "", "null", "!!int 5", "!!float 5", "!!str 5", "!!int x", "[]", "{}", "true", "0x", "0o9", "1e",
         "e1"]
    ),
    st.integers().map(str), st.floats().map(repr), st.decimals(allow_nan=False, allow_infinity=False).map(str),
)  # fmt: skip
PLACES = [
    "matrix: {max_entries: %s}", "defaults: {duration: %s}", "defaults: {seed: %s}", "budget: {usd: %s}",
    "budget: {credits: %s}", "profiles: {p: {takes: %s}}", "profiles: {p: {duration: %s}}",
    "references: {v: {video: \"https://example.com/v.mp4\", seconds: %s}}",
    "references: {v: {image: \"https://example.com/v.png\", width: %s, height: 500}}",
    "references: {v: {shot: s, take: %s}}", "matrix: {axes: {duration: [%s]}}", "matrix: {axes: {a: {x: %s}}}",
    "matrix: {axes: {a: {x: {duration: %s}}}}", "seedspec: %s", "vars: {n: %s}",
    "overrides: [{when: {}, duration: %s}]",
]  # fmt: skip


@settings(bounded, max_examples=200)
@given(st.sampled_from(PLACES), NUMBERS)
@example("matrix: {max_entries: %s}", "2e3")
@pytest.mark.slow
def test_any_number_anywhere_is_taken_or_said(place: str, number: str) -> None:
    head = "" if place.startswith("seedspec") else "seedspec: 1\n"
    name = "v" if "references" in place else "hero"
    hero = "" if name == "v" else "references: {hero: {image: assets/hero.png}}\n"
    shot = f"shots: [{{id: s, prompt: \"{{{{ ref('{name}') }}}} {{{{ n | default('') }}}}\"}}]\n"
    text = f"{head}model: {MODEL}\n{hero}{place % number}\n{shot}"
    found = compiled(text)
    errors = [d for d in found.diagnostics if d.severity == "error"]
    assert found.entries or errors
    assert all(d.span is not None for d in errors)


@pytest.mark.parametrize("number", ["2000.0", "2e3", "0x7d0", "2000", "0o3720"])
def test_max_entries_is_the_number_that_it_says(number: str) -> None:
    board = f"matrix: {{axes: {{a: [{', '.join(f'x{i}' for i in range(2000))}]}}, max_entries: {number}}}\n"
    head = f"seedspec: 1\nmodel: {MODEL}\nreferences: {{hero: {{image: assets/hero.png}}}}\n"
    found = compiled(f"{head}{board}shots: [{{id: s, prompt: \"{{{{ ref('hero') }}}} {{{{ a }}}}\"}}]\n")
    assert found.ok and len(found.entries) == 2000


@pytest.mark.parametrize(
    "text",
    ["defaults: {duration: 1e400}", "matrix: {max_entries: 1e400}", "budget: {usd: -1e999}", f"seedspec: {'9' * 301}"],
)
def test_one_mistake_is_one_error(text: str) -> None:
    head = f"seedspec: 1\nmodel: {MODEL}\nreferences: {{hero: {{image: assets/hero.png}}}}\n"
    head = head.removeprefix("seedspec: 1\n") if text.startswith("seedspec") else head
    found = compiled(f"{head}{text}\nshots: [{{id: s, prompt: \"{{{{ ref('hero') }}}}\"}}]\n")
    assert [d.code for d in found.diagnostics if d.severity == "error"] == ["number-range"]


# --- addresses ---

SCHEMES = st.sampled_from(
    [
        "https://",
        "http://",
        "https:",
        "https:/",
        "HTTPS://",
        "ftp://",
        "file:///",
        "data:",
        "javascript:",
        "//",
        "x-y.z+1:",
        "http\u017f://",
    ]
)
HOSTS = st.sampled_from(
    ["example.com", "[x", "[::1]", "[::1", "::1]", "[v1.x]", "[]", "[fe80::1%25en0]", "h:port", "h:99999", "h:-1",
    "h:", ":80", "", "@",
     "u:p@h", "u@", "@h", "a@b@c", "h\uff0fx", "h\uff03x", "\uff45xample.com", "\uff11\uff12\uff17.0.0.1", "xn--",
     "xn--a", "a..b", ".", "-", "a" * 64 + ".com",
     "h\\x", "h%00", "%zz", "h:\uff180", "茶.example", "h\u200b", "h:\u00b2", "1.2.3", "0x7f.1", "[::ffff:1.2.3.4]",
     "h]", "h["]
)  # fmt: skip
TAILS = st.sampled_from(
    [
        "",
        "/",
        "/hero",
        "/hero.png",
        "/hero.PNG?x=[",
        "#[",
        "?a]b",
        "/[x].png",
        "//x.png",
        "/%ff.png",
        "/a b.png",
        "/a.gif",
        ";p.png",
        "/\u2028.png",
        "/😀.png",
    ]
)


@settings(bounded, max_examples=200)
@given(SCHEMES, HOSTS, TAILS, st.sampled_from(["image", "video", "audio"]), st.booleans())
@example("https://", "[x", "/hero", "image", False)
@example("https://", "[x", "/hero.png", "image", True)
@example("http://", "h:port", "/x", "image", False)
@pytest.mark.slow
def test_any_address_is_taken_or_said(scheme: str, host: str, tail: str, kind: str, rendered: bool) -> None:
    url = json.dumps(scheme + host + tail)
    target = f"\"{{{{ '{url[1:-1]}' }}}}\"" if rendered and "'" not in url else url
    text = f"seedspec: 1\nmodel: {MODEL}\nreferences: {{hero: {{{kind}: {target}}}}}\n"
    text += "shots: [{id: s, prompt: \"{{ ref('hero') }}\", callback_url: " + url + "}]\n"
    found = compiled(text)
    errors = [d for d in found.diagnostics if d.severity == "error"]
    assert found.entries or errors
    assert all(d.span is not None for d in errors)


@pytest.mark.parametrize(
    "url",
    [
        *("https://[x/hero", "https://[x/hero.png", "http://h:port/x", "https://h:99999/x.png", "https://@/x.png"),
        *("https:///x.png", "https://u:@/x.png", "https://h\uff0fx/a.png"),
    ],
)
@pytest.mark.parametrize("rendered", [False, True])
def test_an_address_without_a_host_is_an_error_at_its_place(url: str, rendered: bool) -> None:
    target = f"\"{{{{ '{url}' }}}}\"" if rendered else json.dumps(url)
    text = f"seedspec: 1\nmodel: {MODEL}\nreferences: {{hero: {{image: {target}}}}}\n"
    found = compiled(text + "shots: [{id: s, prompt: \"{{ ref('hero') }}\"}]\n")
    (said,) = [d for d in found.diagnostics if d.severity == "error"]
    assert said.code == "media-url" and said.span is not None and said.span.text == target
    assert "expected an" in said.message and "address" in said.message
