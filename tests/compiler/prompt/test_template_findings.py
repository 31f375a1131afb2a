"""What is said of a template that is wrong: the place, the words, the remedy and the edit, as rows of data."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seedspec import api
from seedspec.project import sources
from seedspec.text.diagnostic import Diagnostic

CATALOG = sources.catalog()
SAID = Path(__file__).parents[2] / "cases" / "sayings" / "templates.txt"
HEAD = """seedspec: 1
model: seedance-2.0-reference-to-video
vars: {brand: Sunny, n: 4, list: [a, b], empty: }
references:
  hero: {image: https://cdn.example.com/hero.png}
  my_hero: {image: https://cdn.example.com/hero.png}
matrix:
  axes:
    look: [noir, pastel]
    light: {low: {words: dim, my-key: 3}, high: {words: bright, my-key: 3}}
    my_axis: [a]
    mood: [calm, wild]
shots:
  - id: open
    attach: [hero]
    prompt: "x"
  - id: a
    attach: [hero, my_hero]
    matrix: {only: [look, light, my_axis]}
"""
_INTERNAL = re.compile(
    r"""\b(?:str|int|float|dict|bool|tuple|NoneType|Undefined|undefined|object|iterable|callable|subscriptable|operand
    |instances?|attribute|argument|positional|keyword|token|statement|print\ statement|expected\ token|got|lexer|parser
    |codec|unicodeescape|recursion|traceback|exception|__\w+__|nan|inf|jinja2?|python|sandbox|MAX_RANGE|lineno
    |Cycler|Joiner|Namespace|Macro|generator|builtin\b(?!-)|method|sys\.)\b|\ at\ 0x|<\w+\ |None|True|False""",
    re.VERBOSE,
)
"""Words of the machinery behind templates."""


def board(template: str) -> str:
    return HEAD + "    prompt: |\n" + "".join(f"      {line}\n" for line in template.split("\n"))


def errors_of(folder: Path, text: str) -> list[Diagnostic]:
    (folder / "s.yaml").write_text(text, encoding="utf-8", newline="")
    return [d for d in api.check(folder / "s.yaml", CATALOG) if d.severity == "error"]


def words_of(d: Diagnostic) -> str:
    return re.sub(r"https://\S+", "", "\n".join((d.message, *(n.message for n in d.notes))))


def mended(text: str, d: Diagnostic) -> str:
    for edit in sorted(d.edits, key=lambda e: -e.span.start):
        text = text[: edit.span.start] + edit.text + text[edit.span.end :]
    return text


MENDED = [  # a template, and the same mended by its edits; all that is said of each stands in tests/cases/sayings
    ("{{ brand }} lands, {{ ref('hero') }", "{{ brand }} lands, {{ ref('hero') }}"),
    ("{{ brand } x", "{{ brand }} x"),
    ("x\n{{ brand }, {{ n }}", "x\n{{ brand }}, {{ n }}"),
    ("{{ brand %}", "{{ brand }}"),
    ("{% if n }} x {% endif %}", "{% if n %} x {% endif %}"),
    ("{{ ref(“hero”) }}", "{{ ref('hero') }}"),
    ("{{ ref(‘hero’) }}", "{{ ref('hero') }}"),
    ("{% if look == “noir” %}x{% endif %}", "{% if look == 'noir' %}x{% endif %}"),
    ("{{ ref（'hero'） }}", "{{ ref('hero') }}"),
    ("{{ n − 1 }}", "{{ n - 1 }}"),
    ("{{ brand\u200b }}", "{{ brand }}"),
    ("{% if look = 'noir' %}x{% endif %}", "{% if look == 'noir' %}x{% endif %}"),
    ("{{ 'a' if look = 'noir' else 'b' }}", "{{ 'a' if look == 'noir' else 'b' }}"),
    ("{% if n && look %}x{% endif %}", "{% if n and look %}x{% endif %}"),
    ("{% if n||look %}x{% endif %}", "{% if n or look %}x{% endif %}"),
    ("{% if !look %}x{% endif %}", "{% if not look %}x{% endif %}"),
    ("{% if look === 'noir' %}x{% endif %}", "{% if look == 'noir' %}x{% endif %}"),
    ("{% if look !== 'noir' %}x{% endif %}", "{% if look != 'noir' %}x{% endif %}"),
    ("{{ $brand }}", "{{ brand }}"),
    ('{{ ref "hero" }}', "{{ ref('hero') }}"),
    ("{% if n %}a{% elseif look %}b{% endif %}", "{% if n %}a{% elif look %}b{% endif %}"),
    ("{% if n %}a{% else if look %}b{% endif %}", "{% if n %}a{% elif look %}b{% endif %}"),
    ("{% if n %}a{% endIf %}", "{% if n %}a{% endif %}"),
    ("{% for x in list %}a{% end %}", "{% for x in list %}a{% endfor %}"),
    ("{{ brand | Upper }}", "{{ brand | upper }}"),
    ("{{ ref(hero) }}", "{{ ref('hero') }}"),
    ("{{ ref['hero'] }}", "{{ ref('hero') }}"),
    ("{{ ref.hero }}", "{{ ref('hero') }}"),
    ("{{ hero }}", "{{ ref('hero') }}"),
    ("{{ vars.brand }}", "{{ brand }}"),
    ("{{ matrix.look }}", "{{ look }}"),
    ("{{ axes.light.words }}", "{{ light.words }}"),
    ("{{ labels.look }}", "{{ label.look }}"),
    ("{{ Look }}", "{{ look }}"),
    ("{{ ｌｏｏｋ }}", "{{ look }}"),
    ("{{ my-axis }}", "{{ my_axis }}"),
    ("{{ light.my-key }}", "{{ light['my-key'] }}"),
]


@pytest.mark.parametrize(("template", "mend"), MENDED, ids=[m[:40] for m, _ in MENDED])
def test_an_edit_mends(tmp_path: Path, template: str, mend: str) -> None:
    text = board(template)
    (told,) = errors_of(tmp_path, text)
    assert mended(text, told) == board(mend)


def test_no_finding_speaks_of_the_machinery() -> None:
    lines = SAID.read_text(encoding="utf-8").splitlines()
    told = [
        found[1] or found[2]
        for line in lines
        if (found := re.search(r"^    .*? error: (.*) \[[a-z-]+\]$|^      = (.*)", line))
    ]
    assert len(told) > 900
    for said in told:
        assert not _INTERNAL.search(re.sub(r"`[^`]*`|https://\S+|the text `.*`", "``", said)), said


@pytest.mark.parametrize("template", [m for m, _ in MENDED], ids=lambda m: m[:40])
@pytest.mark.parametrize("style", ["'", '"', ">", ""])
def test_an_edit_mends_in_every_style(tmp_path: Path, style: str, template: str) -> None:
    """What was mended holds the mistake no longer; where no edit can be written, none is given."""
    template = template.replace("\n", " ")
    written = {"'": "'" + template.replace("'", "''") + "'", ">": ">\n      " + template, "": "x " + template,
               '"': '"' + template.replace("\\", "\\\\").replace('"', '\\"') + '"'}[style]  # fmt: skip
    if style == "" and (": " in template or " #" in template):
        pytest.skip("no plain text of YAML")
    text = HEAD + f"    prompt: {written}\n"
    (told,) = errors_of(tmp_path, text)
    if told.edits:
        assert [d for d in errors_of(tmp_path, mended(text, told)) if d.code != "empty-text"] == []


NO_FAULTS = [
    ("{{ n }}", "4"),
    ("{{ 1.5 }}", "1.5"),
    ("{{ n * 2 }}", "8"),
    ('{"a": {"b": {{ n }}}}', '{"a": {"b": 4}}'),
    ("{{ {'a': {'b': n}}.a.b }}", "4"),
    ("{{ 'a } }} b' }} it’s “fine”", "a } }} b it’s “fine”"),
    ("{{ brand if n > 3 and look != 'x' else '' }}", "Sunny"),
    ("{{ list | map('upper') | join(' ') }}", "A B"),
    ("{{ light['my-key'] + 1 }}", "4"),
]


@pytest.mark.parametrize(("template", "prompt"), NO_FAULTS)
def test_what_is_right_is_said_nothing_of(tmp_path: Path, template: str, prompt: str) -> None:
    """A prompt is text, whatever it is made of."""
    (tmp_path / "s.yaml").write_text(board(template), encoding="utf-8")
    compiled = api.compile(tmp_path / "s.yaml", CATALOG)
    unread = {
        "axis-unused",
        "key-unused",
        "media-twice",
        "never-equal",
        "reference-unmentioned",
        "reference-unused",
        "var-unused",
    }
    assert {d.code for d in compiled.diagnostics} <= unread, "one template uses few of the names that are there"
    assert {e.request["prompt"] for e in compiled.entries if e.base.shot == "a"} == {prompt}


@pytest.mark.parametrize("template", ["{ { brand } }", "x {{ brand }}}", "｛｛ brand ｝｝", "a ｛% if n %｝"])
def test_braces_that_are_sent_as_text_are_warned_of(tmp_path: Path, template: str) -> None:
    (tmp_path / "s.yaml").write_text(board(template), encoding="utf-8")
    told = [d for d in api.check(tmp_path / "s.yaml", CATALOG) if d.code == "template-left-over"]
    assert [d.severity for d in told] == ["warning"]


_PIECES = st.sampled_from(
    ["{{", "}}", "{%", "%}", "{#", "#}", "{", "}", "(", ")", "[", "]", "'", '"', "“", "’", "（", "＝", " ", "\n", "|",
     "~", "+", "-", "*", "/", "%", "**", "==", "=", "<", "!", "&&", "||", "?", ":", ",", ".", ";", "$", "\\", "if",
     "else", "elif", "endif", "for", "in", "endfor", "set", "macro", "endmacro", "include", "raw", "endraw", "call",
     "filter", "block", "not", "and", "is", "ref", "ref('hero')", "hero", "look", "light", "words", "brand", "n",
     "list", "empty", "label", "shot", "take", "vars", "x", "loop", "range", "upper", "join", "truncate", "format",
     "tojson", "map", "sort", "round", "dict", "namespace", "0", "7", "1e999", "99999999999", "none", "true", "é",
     "\u200b", "\u2028", "😀", "\t"]
)  # fmt: skip
TEMPLATES = st.one_of(
    st.lists(_PIECES, max_size=14).map(" ".join),
    st.lists(_PIECES, max_size=14).map("".join),
    st.lists(_PIECES, min_size=1, max_size=8).map(lambda p: "{{ " + " ".join(p) + " }}"),
    st.lists(_PIECES, min_size=1, max_size=8).map(lambda p: "a {% if " + " ".join(p) + " %}x{% endif %}"),
    st.text(max_size=40),
)
PLACES = [
    "  - {id: a, attach: [hero], prompt: %s}\n",
    "  - {id: a, attach: [hero], prompt: {p: %s, q: y}}\n",
    "  - {id: a, attach: [hero], prompt: x, quality: %s}\n",
    "  - {id: a, attach: [hero], prompt: x, duration: %s}\n",
    "  - {id: a, attach: [hero], prompt: x, callback_url: %s}\n",
    "  - {id: a, references: {own: {image: %s}}, prompt: \"{{ ref('own') }}\"}\n",
]


@settings(max_examples=150, suppress_health_check=list(HealthCheck))
@given(template=TEMPLATES, place=st.sampled_from(PLACES))
@pytest.mark.slow
def test_any_text_is_a_value_or_a_located_finding(
    tmp_path_factory: pytest.TempPathFactory, template: str, place: str
) -> None:
    import json

    folder = tmp_path_factory.getbasetemp()
    text = HEAD.partition("  - id: open")[0] + place % json.dumps(template).replace("\\/", "/")
    told = errors_of(folder, text)
    for d in told:
        assert d.span is not None and os.path.basename(d.span.source.path) == "s.yaml"
        assert "\n" not in d.message
        if d.code.startswith(("template", "undefined")):
            quoted = re.sub(r"`[^`]*`|the text `.*`", "``", words_of(d))
            assert not _INTERNAL.search(quoted), words_of(d)
