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
FIRST = HEAD.count("\n") + 2
"""The line of the first line of a template under `|`."""
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


# The template, with ‹ › around what is marked; words of the finding; the template mended by its edits, or nothing.
BROKEN = [
    # ends and brackets
    ("{{ brand }} and ‹{{› ref('hero') walks {{ brand }}", "is never closed; expected `}}` behind `ref('hero')`", ""),
    ("{{ brand }} lands, {{ ref('hero') ‹}›", "one `}` is missing here", "{{ brand }} lands, {{ ref('hero') }}"),
    ("{{ brand ‹}› x", "expected `}}`", "{{ brand }} x"),
    ("x\n{{ brand ‹}›, {{ n }}", "expected `}}`", "x\n{{ brand }}, {{ n }}"),
    ("{{ brand ‹%}›", "found `%}`; expected `}}`", "{{ brand }}"),
    ("{% if n ‹}}› x {% endif %}", "expected `%}`", "{% if n %} x {% endif %}"),
    ("x\n ‹{{› brand", "`{{` is never closed", ""),
    ("‹{{{› brand }}}", "expected `{{`", ""),
    ("{{ ‹}}›", "expected a name or a value", ""),
    ("{{ ref('hero' ‹}›}", "expected `)`", ""),
    ("{{ ref('hero')‹)› }}", "closes nothing", ""),
    ("first\n  second ‹{#› never\nclosed", "begins a comment that is never closed; expected `#}`", ""),
    ("‹{% raw %}› x", "expected `{% endraw %}`", ""),
    # quotes and characters
    ("{{ ref(‹“›hero”) }}", "expected a straight one", "{{ ref('hero') }}"),
    ("{{ ref(‹‘›hero’) }}", "expected a straight one", "{{ ref('hero') }}"),
    ("{% if look == ‹“›noir” %}x{% endif %}", "straight", "{% if look == 'noir' %}x{% endif %}"),
    ("{{ ref‹（›'hero'） }}", "full-width `（`; expected `(`", "{{ ref('hero') }}"),
    ("{{ n ‹−› 1 }}", "found `−`; expected `-`", "{{ n - 1 }}"),
    ("{{ brand‹\u200b› }}", "invisible character U+200B", "{{ brand }}"),
    ("{{ ref(‹'›hero) }} and {{ ref('hero') }}", "the quote `'` is never closed", ""),
    ("{{ ref(‹\"›hero }} walks", "the quote `\"` is never closed", ""),
    ("{{ ref(‹\"›hero’) }}", "the quote `\"` is never closed", ""),
    ("{{ ‹'a\\x'› }}", "begins no known character", ""),
    # signs of other languages
    ("{% if look ‹=› 'noir' %}x{% endif %}", "expected `==`", "{% if look == 'noir' %}x{% endif %}"),
    ("{{ 'a' if look ‹=› 'noir' else 'b' }}", "expected `==`", "{{ 'a' if look == 'noir' else 'b' }}"),
    ("{{ x ‹=› 5 }}", "`{% set name = value %}`", ""),
    ("{% if n ‹&&› look %}x{% endif %}", "expected `and`", "{% if n and look %}x{% endif %}"),
    ("{% if n‹||›look %}x{% endif %}", "expected `or`", "{% if n or look %}x{% endif %}"),
    ("{% if ‹!›look %}x{% endif %}", "expected `not`", "{% if not look %}x{% endif %}"),
    ("{% if look ‹===› 'noir' %}x{% endif %}", "expected `==`", "{% if look == 'noir' %}x{% endif %}"),
    ("{% if look ‹!==› 'noir' %}x{% endif %}", "expected `!=`", "{% if look != 'noir' %}x{% endif %}"),
    ("{{ look ‹?› 'a' : 'b' }}", "`{{ a if x else b }}`", ""),
    ("{{ ‹$›brand }}", "found `$`", "{{ brand }}"),
    ("{{ ‹ref \"hero\"› }}", "write `ref('hero')`", "{{ ref('hero') }}"),
    ("{{ brand ‹light› }}", "a name has no spaces", ""),
    # tags
    ("{% if n %}a{% ‹elseif› look %}b{% endif %}", "write `elif`", "{% if n %}a{% elif look %}b{% endif %}"),
    ("{% if n %}a{% ‹else if› look %}b{% endif %}", "expected `elif`", "{% if n %}a{% elif look %}b{% endif %}"),
    ("{% if n %}a{% ‹endIf› %}", "expected `endif`", "{% if n %}a{% endif %}"),
    ("{% for x in list %}a{% ‹end› %}", "expected `endfor`", "{% for x in list %}a{% endfor %}"),
    ("x\n{% ‹if› n %}a", "`{% if %}` is never closed; expected `{% endif %}`", ""),
    ("{% for x in list %}{% if x %}a{% ‹endfor› %}", "expected `endif`", ""),
    ("{% if n %}a{% else %}b{% ‹else› %}c{% endif %}", "behind the `{% else %}`", ""),
    ("{% ‹else› %}", "belongs to no `{% if %}`", ""),
    ("{% for x ‹of› list %}{% endfor %}", "expected `in`", ""),
    ("{{ ‹if› look == 'noir' }}x", "`{% if look == 'noir' %}`", ""),
    ("{% ‹shout› %}", "templates have no tag `shout`", ""),
    # filters and tests
    ("{{ brand | ‹uppercase› }}", "write `upper`", ""),
    ("{{ brand | ‹titleize› }}", "write `title`", ""),
    ("{{ list | ‹to_json› }}", "write `tojson`", ""),
    ("{{ brand | ‹Upper› }}", "write `upper`", "{{ brand | upper }}"),
    ("{% if false %}{{ brand | ‹truncat›(3) }}{% endif %}", "did you mean `truncate`", ""),
    ("{{ 1 if brand is ‹text› else 2 }}", "write `string`", ""),
    # names
    ("{{ ref(‹hero›) }}", "`ref('hero')`", "{{ ref('hero') }}"),
    ("{{ ref(‹my-hero›) }}", "in quotes", ""),
    ("{{ ‹ref['hero']› }}", "write `ref('hero')`", "{{ ref('hero') }}"),
    ("{{ ref.‹hero› }}", "write `ref('hero')`", "{{ ref('hero') }}"),
    ("{{ ‹hero› }}", "write `ref('hero')`", "{{ ref('hero') }}"),
    ("{{ ref('‹open›') }}", "`references: {open: {shot: open}}`", ""),
    ("{{ ref('‹heroo›') }}", "did you mean `hero`", ""),
    ("{{ ‹vars›.brand }}", "write `brand`", "{{ brand }}"),
    ("{{ ‹matrix›.look }}", "write `look`", "{{ look }}"),
    ("{{ ‹axes›.light.words }}", "write `light`", "{{ light.words }}"),
    ("{{ ‹labels›.look }}", "write `label.look`", "{{ label.look }}"),
    ("{{ ‹env›.X }}", "no environment", ""),
    ("{{ ‹inputs›.x }}", "by their own names", ""),
    ("{{ ‹item› }}", "{% for item in list %}", ""),
    ("{{ ‹loop›.index }}", "`take` is the number of the take", ""),
    ("{{ ‹lookup›('file', 'x') }}", "no environment", ""),
    ("{{ ‹now›() }}", "no clock", ""),
    ("{{ ‹len›(list) }}", "write `list | length`", ""),
    ("{{ ‹Look› }}", "did you mean `look`", "{{ look }}"),
    ("{{ ‹ｌｏｏｋ› }}", "did you mean `look`", "{{ look }}"),
    ("{{ ‹lok› }}", "did you mean `look`, an axis declared at", ""),
    ("{{ ‹mood› }}", "leaves out with `only`", ""),
    ("{{ ‹my-axis› }}", "write `my_axis`", "{{ my_axis }}"),
    ("{{ ‹light.my-key› }}", "`light['my-key']`", "{{ light['my-key'] }}"),
    ("{% for x in list %}{% set last = x %}{% endfor %}{{ ‹last› }}", "`ns.last` behind it", ""),
    # values
    ("{{ shot.‹name› }}", "`shot` has `id`", ""),
    ("{{ look.‹words› }}", "write `look` alone: here it is the text `noir`", ""),
    ("x {{ look.‹words› }}", "`look` is a text", ""),
    ("{{ light.‹wrods› }}", "did you mean `words`", ""),
    ("{{ ‹light› }}", "is a mapping; expected text or a number, such as its `words`", ""),
    ("x {{ ‹list› }}", "`| join(', ')`", ""),
    ("x {{ ‹empty› }}", "`empty` is nothing", ""),
    ("{{ brand.‹uper›() }}", "did you mean `upper`", ""),
    ("{{ brand.‹upper› }}", "with parentheses", ""),
    ("{{ list.‹append›('c') }}", "it would change `list`", ""),
    ("{{ ‹list[5]› }}", "2 items; `[5]` is none of them", ""),
    ("{{ ‹brand()› }}", "is a text, which is not a function", ""),
    ("x\n  {{ 1 }} {{ ‹n + ' cups'› }}", "write `~`", ""),
    ("x {{ (‹brand + n›) | upper }}", "write `~`", ""),
    ("{{ 1 + (‹n / 0›) }}", "a division by zero", ""),
    ("{{ ‹-brand› }}", "`-` stands before a text", ""),
    ("{% if ‹n < brand› %}x{% endif %}", "cannot compare a number with a text", ""),
    ("{{ ‹3 in n› }}", "`in` looks for", ""),
    ("{{ ‹n is divisibleby(0)› }}", "the test `divisibleby`", ""),
    ("{% for c in ‹n› %}{{ c }}{% endfor %}", "expected a list or a mapping to go over", ""),
    ("‹{% for a, b in list %}›{{ a }}{% endfor %}", "items of 2 values each", ""),
    ("{{ brand | ‹replace('a')› }}", "cannot be used on a text with a text", ""),
    ("{{ ‹brand.replace('a')› }}", "`replace` of a text cannot be called with a text", ""),
    ("{{ ‹ref(5)› }}", "write `ref('name')`", ""),
    ("{% include '‹x.txt›' %}", "no text file below the storyboard's folder", ""),
    ("‹{% include n %}›", "must be a text", ""),
    ("{% set x = 3 %}‹{% set x.y = 3 %}›", "`namespace()`", ""),
    ("{% macro m(a) %}{{ a.‹b› }}{% endmacro %}{{ m(5) }}", "`a` is a number", ""),
    ("{% macro m(a) %}{{ a }}{% endmacro %}{{ ‹m(1, 2)› }}", "`m` cannot be called", ""),
    # too much
    ("x\n  {{ 1 }} {{ ‹'a' * 10**9› }}", "more than 200,000 characters", ""),
    ("{{ 1 }}{% for x in ‹range(10**9)› %}{% endfor %}", "more than 100,000 numbers", ""),
    ("x\n{% for a in range(9999) %}‹{% for b in range(9999) %}›{% endfor %}{% endfor %}", "500,000 steps", ""),
    ("x {{ 1 }} {{ ‹2 ** 20000› }}", "a number of more than 300 digits", ""),
    ("{{ ‹2 ** 20000› }}", "a number of more than 300 digits", ""),
    ("{{ ‹1e308 * 10› }}", "a number that is too large", ""),
    ("x {{ ‹1e999› }}", "a number that is too large", ""),
    ("x {{ ‹%s› }}" % ("9" * 400), "a number of more than 300 digits", ""),
]  # fmt: skip


@pytest.mark.parametrize(("marked", "words", "mend"), BROKEN, ids=[m[:40] for m, _, _ in BROKEN])
def test_one_finding_at_the_part_with_its_remedy(tmp_path: Path, marked: str, words: str, mend: str) -> None:
    text = board(marked.replace("‹", "").replace("›", ""))
    (told,) = errors_of(tmp_path, text)
    before, _, rest = marked.partition("‹")
    line, column = before.count("\n"), len(before) - before.rfind("\n") - 1
    assert told.span is not None
    assert told.span.place == (FIRST + line, 7 + column), told
    assert told.span.text == rest.partition("›")[0]
    assert words in words_of(told)
    assert not _INTERNAL.search(words_of(told).replace("`undefined`", "")), words_of(told)
    assert mended(text, told) == (board(mend) if mend else text)


@pytest.mark.parametrize(("marked", "mend"), [(m, e) for m, _, e in BROKEN if e], ids=lambda m: m[:40])
@pytest.mark.parametrize("style", ["'", '"', ">", ""])
def test_an_edit_mends_in_every_style(tmp_path: Path, style: str, marked: str, mend: str) -> None:
    """What was mended holds the mistake no longer; where no edit can be written, none is given."""
    template = marked.replace("‹", "").replace("›", "").replace("\n", " ")
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


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(template=TEMPLATES, place=st.sampled_from(PLACES))
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
