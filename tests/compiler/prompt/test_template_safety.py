"""Templates that would swell, turn for ever or reach out: each one a diagnostic, soon and in little memory."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest

from seedspec import api
from seedspec.compiler.prompt.meter import MOST_CHARACTERS, MOST_WORK, Excess, weight
from seedspec.project import sources
from seedspec.text.diagnostic import Diagnostic

pytestmark = pytest.mark.slow

CATALOG = sources.catalog()
BOARD = """seedspec: 1
model: seedance-2.0-reference-to-video
vars: {list: [1, 2, 3], word: tea, number: 123456789}
references:
  hero: {image: https://cdn.example.com/hero.png}
shots:
  - id: a
    attach: [hero]
    prompt: |
"""


def found(folder: Path, template: str) -> tuple[Diagnostic, ...]:
    board = BOARD + "".join(f"      {line}\n" for line in template.splitlines())
    (folder / "storyboard.yaml").write_text(board, encoding="utf-8")
    return api.check(folder / "storyboard.yaml", CATALOG)


SWELLING = [
    "{{ 'a' * 10**9 }}",
    "{{ 10**9 * 'a' }}",
    "{{ [0] * 10**9 }}",
    "{{ list * 10**9 }}",
    "{{ 10**(10**8) }}",
    "{{ (10**1000)**1000 }}",
    "x {{ 2 ** 10000000 }}",
    "{{ '%999999999d' % 1 }}",
    "{{ '%*d' % (999999999, 1) }}",
    "{{ '%999999999d'|format(1) }}",
    "{{ '{:999999999d}'.format(1) }}",
    "{{ '{:{}}'.format(1, 999999999) }}",
    "{{ '{0:>{1}}'.format(1, 999999999) }}",
    "{{ 'x'|center(999999999) }}",
    "{{ 'x'.center(999999999) }}",
    "{{ 'x'.ljust(999999999) }}",
    "{{ 'x'.zfill(999999999) }}",
    "{{ ('\\t' * 1000).expandtabs(9999999) }}",
    "{{ word.replace('', 'x' * 199999).replace('', 'y' * 199999) }}",
    "{{ (word * 5000)|replace('t', word * 5000) }}",
    "{{ (word * 5000)|list|join(word * 5000) }}",
    "{{ (word * 5000).join(['a'] * 5000) }}",
    "{{ (word * 5000).join(range(99999)|map('string')) }}",
    "{{ range(99999)|map('string')|join(word * 5000) }}",
    "{{ [1]|batch(999999999, 'x')|list|join }}",
    "{{ [1]|slice(999999999)|list|join }}",
    "{{ ('\\n' * 9999)|indent(99999) }}",
    "{{ {'a': 1}|tojson(indent=999999999) }}",
    "{{ (1.5)|round(999999999, 'ceil') }}",
    "{{ (5).to_bytes(999999999, 'big') }}",
    "{% set x = namespace(v='ab') %}{% for i in range(60) %}{% set x.v = x.v ~ x.v %}{% endfor %}{{ x.v }}",
    "{% set x = namespace(v='ab') %}{% for i in range(60) %}{% set x.v = x.v + x.v %}{% endfor %}{{ x.v }}",
    "{% set x = namespace(v='ab') %}{% for i in range(60) %}{% set x.v = x.v * 2 %}{% endfor %}{{ x.v }}",
    "{% set x = namespace(v='ab') %}{% for i in range(60) %}{% set x.v = [x.v, x.v]|join %}{% endfor %}{{ x.v }}",
    "{% set x = namespace(v='ab') %}{% for i in range(60) %}{% set x.v = [x.v, x.v] %}{% endfor %}{{ x.v|string }}",
    "{% set x = namespace(v='ab') %}{% for i in range(60) %}{% set x.v = {'a': x.v, 'b': x.v} %}{% endfor %}{{ 1 }}",
    "{% set x = namespace(v=(1, 2)) %}{% for i in range(60) %}{% set x.v = (x.v, x.v) %}{% endfor %}{{ x.v == 3 }}",
    "{% set x = namespace(v=[1]) %}{% for i in range(60) %}{% set x.v = dict(a=x.v, b=x.v) %}{% endfor %}{{ 1 }}",
    "{% set x = 'ab' * 50000 %}{% set y %}{{ x }}{{ x }}{{ x }}{% endset %}{{ y }}",
    "{% macro m() %}{{ 'ab' * 50000 }}{% endmacro %}{% set y = m() ~ m() ~ m() %}{{ y }}",
    "{% for i in range(9999) %}a text that is long enough to be too much{% endfor %}",
    "{% filter upper %}{% for i in range(9999) %}a text that is long enough to be too much{% endfor %}{% endfilter %}",
]
TURNING = [
    "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
    "{% for a in range(9999) %}{% for b in range(9999) if false %}x{% endfor %}{% endfor %}",
    "{% for a in range(9999) %}{% for b in range(99999)|list %}{% endfor %}{% endfor %}",
    "{% for a in range(99999) %}{% set x = range(99999)|list %}{% endfor %}",
    "{% for a in range(99999) %}{% set x = (range(9999)|list)|sort %}{% endfor %}",
    "{% for a in range(99999) %}{% set x = range(99999)|sum %}{% endfor %}",
    "{% macro f(n) %}{% if n %}{{ f(n - 1) }}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(60) }}",
    "{% for x in [1] recursive %}{% if loop.depth < 40 %}{{ loop([1, 1]) }}{% endif %}{% endfor %}",
    "{% for x in [1] recursive %}{{ loop([1, 1]) }}{% endfor %}",
    "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
    "{% include 'twice.j2' %}",
    "{% for a in range(99999) %}{% set x = range(99999)|map(attribute='real')|sum %}{% endfor %}",
    "{% for a in range(99999) %}{% set x = '-'.join(range(99999)|map('string')) %}{% endfor %}",
    "{% set x = list * 9999 %}{% set y = list * 9999 %}{% for a in range(99999) %}{% set z = x == y %}{% endfor %}",
    "{% set x = list * 9999 %}{% for a in range(99999) %}{% if 5 in x %}{% endif %}{% endfor %}",
    "{% set x = list * 9999 %}{% for a in range(99999) %}{% set y = x[1:] %}{% endfor %}",
    "{% set x = 7 ** 99999 %}{% set y = 3 ** 99999 %}{% for a in range(99999) %}{% set z = x // y %}{% endfor %}",
]
REACHING = [
    "{{ ''.__class__ }}",
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ ''['__class__'] }}",
    "{{ ''|attr('__class__') }}",
    "{{ [''] | map(attribute='__class__') | list }}",
    "{{ '{0.__class__}'.format('') }}",
    "{{ '{0.__class__}'.format_map({'0': ''}) }}",
    "{{ ref.__call__.__globals__ }}",
    "{{ ref.current }}{{ ref.__init__ }}",
    "{{ self.__init__.__globals__ }}",
    "{{ cycler.__init__.__globals__ }}",
    "{{ joiner.__init__.__globals__.os }}",
    "{{ namespace.__init__.__globals__ }}",
    "{{ dict.__base__ }}",
    "{{ list.append(4) }}",
    "{{ list.__class__ }}",
    "{{ range.__self__ }}",
    "{{ (list|map('upper')).gi_frame }}",
    "{% include '../outside.j2' %}",
    "{% include '/etc/hostname' %}",
    "{% include 'link.j2' %}",
    "{% include 'folder/../../outside.j2' %}",
    "{% include 'loop.j2' %}",
    "{% include 'a\\0b' %}",
    "{% include '" + "a" * 5000 + "' %}",
    "{% import 'link.j2' as m %}{{ m }}",
    "{% extends '../outside.j2' %}",
    "{{ lipsum() }}",
    "{{ list|random }}",
    "{{ url_for('x') }}{{ config }}{{ request }}",
    "{{ look.words.upper }}{{ ref }}",
    "{{ 'x'.upper }}",
    "{{ list|map('upper') }}",
    "{{ namespace() }}",
    "{{ ref|string }}",
    "{{ 'x' ~ ref }}",
]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    outside = tmp_path_factory.mktemp("outside")
    folder = outside / "project"
    folder.mkdir()
    (outside / "outside.j2").write_text("secret words")
    (folder / "folder").mkdir()
    (folder / "link.j2").symlink_to(outside / "outside.j2")
    (folder / "loop.j2").symlink_to(folder / "loop.j2")
    (folder / "twice.j2").write_text("{% include 'twice.j2' ignore missing %}{% include 'twice.j2' %}")
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("template", SWELLING)
@pytest.mark.sampled(3)
def test_what_would_swell_is_stopped(project: Path, template: str) -> None:
    tracemalloc.start()
    try:
        diagnostics = found(project, template)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert [d.code for d in diagnostics if d.severity == "error"] == ["template-excess"]
    assert peak < 40_000_000


@pytest.mark.parametrize("template", TURNING)
@pytest.mark.sampled(3)
def test_what_would_turn_is_stopped(project: Path, template: str) -> None:
    codes = {d.code for d in found(project, template) if d.severity == "error"}
    assert codes and codes <= {"template-excess", "template-failed"}


@pytest.mark.parametrize("template", REACHING)
def test_what_would_reach_out_is_refused(project: Path, template: str) -> None:
    diagnostics = found(project, template)
    assert [d for d in diagnostics if d.severity == "error"], template
    assert not any("secret words" in d.message or " at 0x" in d.message for d in diagnostics)


FINE = [
    ("{{ 123456789 * 1000000 }}", "123456789000000"),
    ("{{ number * number }}", "15241578750190521"),
    ("{{ 2 ** 64 }}", "18446744073709551616"),
    ("{{ '%03d' % 7 }}", "007"),
    ("{{ '{:,}'.format(1000000000) }} {{ '{}'.format(number) }}", "1,000,000,000 123456789"),
    ("{{ list|map('string')|join('-') }}", "1-2-3"),
    ("{{ word|upper|replace('E', 'e') }} {{ word|center(7) }}|", "TeA   tea  |"),
    ("{% for i in range(3) %}{{ loop.index }}{% endfor %}", "123"),
    ("{% for i in list if i > 1 %}{{ i }}{% else %}none{% endfor %}", "23"),
    ("{% for i in [1, [2, [3]]] recursive %}{{ i if i is number else loop(i) }}{% endfor %}", "123"),
    ("{% macro m(a, b='x') %}{{ a }}{{ b }}{% endmacro %}{{ m(1) }}{{ m(2, b='y') }}", "1x2y"),
    ("{% set y %}a{{ word }}{% endset %}{{ y ~ 1 ~ y }}", "atea1atea"),
    ("{% set a, b = 1, 2 %}{{ [a, b]|sum }} {{ (a, b)|last }} {{ {'k': b}.k }}", "3 2 2"),
    ("{% call(x) m2() %}{{ x }}{% endcall %}{% macro m2() %}{{ caller(5) }}{% endmacro %}", None),
    ("{% macro m2() %}{{ caller(5) }}{% endmacro %}{% call(x) m2() %}<{{ x }}>{% endcall %}", "<5>"),
    ("{% filter upper %}tea {{ word }}{% endfilter %}", "TEA TEA"),
    ("{{ nothing|default(1000000000) }}", None),
    ("{{ ''|default(1000000000, true) }}", "1000000000"),
    ("{% raw %}{% endraw %}{# note #}ok{{ '' }}", "ok"),
    ("{{ word if list|length == 3 else 'no' }} {{ 'x' in word }} {{ list[0] }}", "tea False 1"),
    ("{% with z = 4 %}{{ z / 2 }}{% endwith %}", "2.0"),
    ("{% set ns = namespace(n=0) %}{% for i in list %}{% set ns.n = ns.n + i %}{% endfor %}{{ ns.n }}", "6"),
]


@pytest.mark.parametrize(("template", "rendered"), FINE)
def test_what_people_write_works(tmp_path: Path, template: str, rendered: str | None) -> None:
    (tmp_path / "s.yaml").write_text(BOARD + f"      p {template}\n", encoding="utf-8")
    compiled = api.compile(tmp_path / "s.yaml", CATALOG)
    if rendered is None:
        assert not compiled.ok
    else:
        assert [e.request["prompt"] for e in compiled.entries] == [f"p {rendered}"], compiled.diagnostics


def test_one_row_is_enough_for_a_template_that_does_not_end(tmp_path: Path) -> None:
    labels = ", ".join(f"n{i}" for i in range(500))
    text = BOARD.replace("shots:", f"matrix: {{axes: {{n: [{labels}]}}}}\nshots:")
    (tmp_path / "s.yaml").write_text(text + f"      {TURNING[0]}\n", encoding="utf-8")
    (only,) = (d for d in api.check(tmp_path / "s.yaml", CATALOG) if d.severity == "error")
    assert only.code == "template-excess" and only.entries == ("a@n=n0/1",)


def test_weight_counts_all_the_way_down_and_stops() -> None:
    assert weight("tea") == 3
    assert weight(["tea", 1, {"k": [2, 3]}]) == 3 + 3 + 1 + 1 + 1 + 2 + 2
    endless: list[object] = []
    endless.append(endless)
    endless.append(endless)
    with pytest.raises(Excess, match=f"{MOST_CHARACTERS:,}"):
        weight(endless)
    assert MOST_WORK >= MOST_CHARACTERS


@pytest.mark.parametrize(
    "template",
    ["{{ %s }}" % ("9" * 5000), "x {{ %s }}" % ("9" * 5000), "{%% if word == %s %%}x{%% endif %%}" % ("9" * 5000),
     "{{ word|truncate(2) }}", "{{ cycler() }}", "{{ -1e400 }}", "{% for i in list %}{{ loop.cycle() }}{% endfor %}"],
    ids=lambda template: template[:30],
)  # fmt: skip
def test_whatever_a_template_raises_has_a_place(tmp_path: Path, template: str) -> None:
    """Also what Jinja meets while it compiles a template and works out its constants."""
    (told,) = found(tmp_path, template)
    assert (told.code, told.severity) == ("template-failed", "error"), told
    assert told.span is not None and told.span.place[0] in (9, 10)  # a text that does not compile is meant as a whole
