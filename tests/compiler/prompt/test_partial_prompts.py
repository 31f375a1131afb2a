"""What is reused for many rows is what each row would be given alone: segments, request bases, fingerprints, lines."""

from __future__ import annotations

import copy
import gc
import hashlib
import json
import weakref
from typing import Any

import orjson
import pytest
import rfc8785
from boards import CATALOG, MODEL, boards, compiled, written
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from seedspec.catalog.schema import Schema
from seedspec.compiler.prompt.errors import TemplateFault
from seedspec.compiler.prompt.evaluate import evaluation
from seedspec.compiler.prompt.meter import MOST_CHARACTERS, MOST_WORK
from seedspec.compiler.prompt.segments import CodeSegment, split_segments
from seedspec.compiler.prompt.template import Segment, Template, Templates
from seedspec.project.compile import no_collector
from seedspec.report.entries import as_json, as_lines
from seedspec.text.diagnostic import Problems
from seedspec.text.node import Scalar
from seedspec.text.source import Source

pytestmark = pytest.mark.slow

BITS = st.sampled_from(
    ["a street", " ", "\n", "{", "}", "%", "{{ look }}", "{{ look|upper }}", "{{ n + 1 }}", "{{n}}",
     "{{ ref('hero') }}", "{% if look == 'wet' %}", "{% elif n %}", "{% else %}", "{% endif %}",
     "{% for x in list %}", "{{ x }}", "{% endfor %}", "{% set look = 'x' %}", "{{- look -}}", "{%- if n %}",
     "{# note #}", "{{ '}}' }}", "{{ {'a': n}.a }}", "{% raw %}", "{% endraw %}", "{{", "}}", "{%", "%}",
     "{{ 'it''s' }}", "{{ missing }}", "{{ list }}", "{{ ref }}", "{{ 7 // 0 }}", "{{ label.look }}", "{{ take }}",
     "\r", "茶", "{{ -n }}", "{{ n % 2 }}", "{% for x in 5 %}"]
)  # fmt: skip
SCOPE = {"look": "wet", "n": 3, "list": [1, "b"], "label": {"look": "l"}, "take": 2, "shot": {"id": "s"}}


def template(text: str) -> Template | None:
    return Templates({}.get, Problems()).compile(Scalar(text, Source("s.yaml", text or " ").span(0, len(text))))


def named(name: str) -> str:
    return f"<{name}>"


@settings(max_examples=600)
@given(st.lists(BITS, max_size=7).map("".join))
@example("{{{ look }}")
@example("{{ look }}}")
@example("{% if n %}{{ '{% endif %}' }}{% endif %}")
@example("{{ look }}\n")
@example(" {{ look }}")
@example("{% for x in list %}{% if x %}{{ x }}{% endif %}{% endfor %} and {{ n }}")
def test_pieces_make_the_whole(text: str) -> None:
    segments = split_segments(text)
    assert segments is None or "".join(p.source if isinstance(p, CodeSegment) else p for p in segments) == text
    found = template(text)
    if found is None or len(found.segments) < 2:
        return
    made = [found.render_segment(p, SCOPE, named) if isinstance(p, Segment) else p for p in found.segments]
    try:
        whole = found.render(SCOPE, named)
    except TemplateFault:
        assert None in made
    else:
        assert None in made or "".join(m or "" for m in made).rstrip("\r\n") == whole


@pytest.mark.parametrize(
    ("text", "segments"),
    [
        ("{{ look }} walks {% if n %}on {{ n }}{% endif %}.", ["{{ look }}", "{% if n %}on {{ n }}{% endif %}"]),
        ("no template", []),
        ("100% of {{ n }} {", ["{{ n }}"]),
    ],
)
def test_what_people_write_is_cut(text: str, segments: list[str]) -> None:
    assert [p.source for p in split_segments(text) or () if isinstance(p, CodeSegment)] == segments


@pytest.mark.parametrize(
    "text",
    [
        "{% set x = 1 %}{{ x }}",
        "{{- look }}",
        "{% include 'a.j2' %}",
        "{# a #}{{ n }}",
        "{{ {'a': 1}.a }} x",
        "{% if n %}",
    ],
)
def test_what_is_not_that_simple_stays_whole(text: str) -> None:
    assert split_segments(text) is None


def test_work_of_pieces_counts_together() -> None:
    heavy = "{% for x in range(9000) %}{% if x %}{% endif %}{% endfor %}"
    found = template(f"{heavy} {heavy * 9} x")
    assert found is not None and len(found.segments) > 9
    light = template("{{ look }} " * 9)
    assert light is not None and light.render_segment(light.segments[0], SCOPE, named) == "wet"  # type: ignore[arg-type]
    long = template("{{ 'ab' * 60000 }} {{ 'ab' * 60000 }}")
    assert long is not None
    with pytest.raises(TemplateFault, match="more than 200,000 characters"):
        long.render(SCOPE, named)
    assert long.render_segment(long.segments[0], SCOPE, named) is None  # type: ignore[arg-type]


@pytest.mark.parametrize("parts", [2, 5, 20])
def test_each_part_may_use_its_share_of_half_of_what_the_whole_may(parts: int) -> None:
    """So that all of them together stay within it, and none that is light is refused."""
    others = " {{ look }}" * (parts - 1)
    given: set[bool] = set()
    for turns in range(100, 100_000, 4_000):
        found = template(f"{{% for x in range({turns}) %}}{{% endfor %}}{others}.")
        assert found is not None
        heavy = found.segments[0]
        assert isinstance(heavy, Segment)
        text = found.render_segment(heavy, SCOPE, named)
        used = MOST_WORK - found._meter.left
        assert used * parts <= MOST_WORK / 2 if text is not None else used * len(found.segments) > MOST_WORK / 4
        given.add(text is not None)
    for length in range(100, MOST_CHARACTERS, MOST_CHARACTERS // 40):
        found = template(f"{{{{ 'x' * {length} }}}}{others}.")
        assert found is not None
        heavy = found.segments[0]
        assert isinstance(heavy, Segment)
        text = found.render_segment(heavy, SCOPE, named)
        assert length * parts <= MOST_CHARACTERS / 2 if text is not None else length * len(found.segments) > 50_000
        given.add(text is not None)
    assert given == {True, False}


@pytest.mark.slow
@settings(max_examples=150)
@given(boards())
def test_each_entry_is_what_it_would_be_alone(board: dict[str, Any]) -> None:
    """A board of one label an axis keeps nothing for other rows, so each of its entries is made from the ground up."""
    result = compiled(written(board))
    assume(result.ok)
    for entry in result.entries[:6]:
        alone = copy.deepcopy(board)
        for axis, label in entry.labels:
            alone["matrix"]["axes"][axis] = {label: alone["matrix"]["axes"][axis][label]}
        (same,) = (e for e in compiled(written(alone)).entries if e.address == entry.address)
        assert same.fingerprint == entry.fingerprint and same.manifest == entry.manifest
        assert same.request == entry.request and list(same.request) == list(entry.request)
        assert same.cost == entry.cost
        assert [(m.name, m.where, m.seconds) for m in same.media] == [(m.name, m.where, m.seconds) for m in entry.media]


@settings(max_examples=150)
@given(boards())
def test_spliced_bytes_are_the_bytes_of_the_values(board: dict[str, Any]) -> None:
    result = compiled(written(board))
    for entry in result.entries:
        manifest = {"model": MODEL, "provider": "evolink", "take": entry.take, "request": entry.request}
        assert entry.manifest == rfc8785.dumps(manifest | {"request": meant(entry.request)})
        assert entry.fingerprint == hashlib.sha256(entry.manifest).hexdigest()
    lines = list(as_lines(result.entries))
    assert lines == [orjson.dumps(as_json(e)) + b"\n" for e in result.entries]


def meant(request: Any) -> dict[str, Any]:
    return {k: v for k, v in request.items() if k != "callback_url"}


def test_a_callback_is_no_part_of_what_is_bought() -> None:
    shots = [{"id": "a", "prompt": "x", "callback_url": "https://example.com/{{ entry }}"}, {"id": "b", "prompt": "x"}]
    result = compiled(json.dumps({"seedspec": 1, "model": MODEL, "shots": shots}))
    first, second = result.entries
    assert first.fingerprint == second.fingerprint and first.request == second.request
    assert [d.code for d in result.diagnostics if d.code == "callback-not-sent"] == ["callback-not-sent"]


def test_findings_of_each_row_name_it() -> None:
    axes = {"n": {f"n{i}": {"words": "x" if i != 2 else "image 7"} for i in range(4)}}
    board = {
        "seedspec": 1,
        "model": MODEL,
        "matrix": {"axes": axes},
        "shots": [{"id": "a", "prompt": "A {{ n.words }}."}],
    }
    found = {d.code: d.entries for d in compiled(json.dumps(board)).diagnostics}
    assert found["no-reference"] == ("a@n=n0/1", "a@n=n1/1", "a@n=n3/1"), "what image 7 is was told already"
    assert found["reference-number"] == ("a@n=n2/1",)


def several(shots: list[dict[str, Any]], **rest: Any) -> str:
    return json.dumps({"seedspec": 1, "model": MODEL, **rest, "shots": shots})


def asked_for(text: str) -> dict[str, str]:
    return {e.address: e.request["prompt"] for e in compiled(text).entries}


def test_shots_that_differ_in_an_axis_of_their_own_do_not_share_its_words() -> None:
    prompt = "A {{ mood | upper }} sky, {{ n }}."
    shots = [
        {"id": "a", "prompt": prompt, "matrix": {"axes": {"mood": {"m": "wet", "d": "dull"}}}},
        {"id": "b", "prompt": prompt, "matrix": {"axes": {"mood": {"m": "dry", "d": "dull"}}}},
        {"id": "c", "prompt": "{{ n }}, a {{ mood | upper }} sky.", "matrix": {"axes": {"mood": {"m": "x", "d": "y"}}}},
    ]
    found = asked_for(several(shots, matrix={"axes": {"n": ["1", "2"]}}))
    assert found["a@n=1,mood=m/1"] == "A WET sky, 1." and found["a@n=2,mood=m/1"] == "A WET sky, 2."
    assert found["b@n=1,mood=m/1"] == "A DRY sky, 1." and found["b@n=2,mood=d/1"] == "A DULL sky, 2."
    assert found["c@n=2,mood=d/1"] == "2, a Y sky."


def test_shots_with_and_without_a_matrix_of_their_own() -> None:
    prompt = "{{ look }} {{ n }} {{ shot.id }}"
    shots = [
        {"id": "bare", "prompt": prompt},
        {"id": "less", "prompt": "{{ n }} {{ shot.id }}", "matrix": {"only": ["n"]}},
        {"id": "out", "prompt": prompt, "matrix": {"exclude": [{"n": "1"}]}},
        {"id": "again", "prompt": prompt},
    ]
    found = asked_for(several(shots, matrix={"axes": {"look": {"w": "wet", "d": "dry"}, "n": ["1", "2"]}}))
    assert [a for a in found if a.startswith(("less", "out"))] == [
        "less@n=1/1", "less@n=2/1", "out@look=w,n=2/1", "out@look=d,n=2/1",
    ]  # fmt: skip
    assert found["bare@look=w,n=2/1"] == "wet 2 bare" and found["again@look=w,n=2/1"] == "wet 2 again"
    assert found["less@n=2/1"] == "2 less" and found["out@look=d,n=2/1"] == "dry 2 out"


def test_shots_of_one_grid_share_the_words_of_a_label_and_nothing_of_their_own() -> None:
    own = "{{ look ~ shot.id }}, {% if look == 'wet' %}{{ ref('hero') }}{% endif %} {{ ref('hero') }}"
    first, hero = {"image": "https://example.com/f.png"}, {"image": "https://example.com/h.png"}
    shots = [
        {"id": "a", "prompt": f"{{{{ look }}}} {own}.", "references": {"hero": hero}},
        {"id": "b", "prompt": f"{{{{ ref('first') }}}} {{{{ look }}}} {own}.",
         "references": {"first": first, "hero": hero}},
        {"id": "c", "prompt": "A {{ look }} image {{ look }}."},
    ]  # fmt: skip
    text = several(shots, matrix={"axes": {"look": {"w": "wet", "d": "2"}}})
    assert asked_for(text) == {
        "a@look=w/1": "wet weta, image 1 image 1.", "a@look=d/1": "2 2a,  image 1.",
        "b@look=w/1": "image 1 wet wetb, image 2 image 2.", "b@look=d/1": "image 1 2 2b,  image 2.",
        "c@look=w/1": "A wet image wet.", "c@look=d/1": "A 2 image 2.",
    }  # fmt: skip
    assert [d.entries for d in compiled(text).diagnostics if d.code == "reference-number"] == [("c@look=d/1",)]


def test_shots_that_differ_in_what_a_price_depends_on() -> None:
    video = {"video": "https://example.com/a.mp4"}
    shots = [
        {"id": "five", "prompt": "x", "duration": 5},
        {"id": "six", "prompt": "x", "duration": 6},
        {"id": "small", "prompt": "x", "duration": 5, "quality": "480p"},
        {"id": "video", "prompt": "{{ ref('v') }}", "duration": 5, "references": {"v": {**video, "seconds": 4}}},
        {"id": "long", "prompt": "{{ ref('v') }}", "duration": 5, "references": {"v": {**video, "seconds": 9}}},
        {"id": "unknown", "prompt": "{{ ref('v') }}", "duration": 5, "references": {"v": video}},
    ]
    found = compiled(several(shots)).entries
    assert len({e.cost for e in found}) == len(shots)
    for entry, shot in zip(found, shots, strict=True):
        assert [e.cost for e in compiled(several([shot])).entries] == [entry.cost]


def test_a_row_among_plain_ones_is_looked_at_for_itself() -> None:
    """What earlier rows were judged to be holds for plain words: not for media, braces, nothing, or too many."""
    rows = {"a": "sun", "b": "image 9", "c": "rain", "d": "{{ x }}", "e": "snow", "f": "word " * 1200, "g": "fog"}
    shots = [
        {
            "id": "s",
            "prompt": "{{ ref('hero') }} in {{ sky }}.",
            "references": {"hero": {"image": "https://e.co/a.png"}},
        }
    ]
    result = compiled(several(shots, matrix={"axes": {"sky": rows}}))
    found = {d.code: d.entries for d in result.diagnostics}
    assert found == {
        "reference-number": ("s@sky=b/1",), "template-left-over": ("s@sky=d/1",), "prompt-long": ("s@sky=f/1",),
    }  # fmt: skip
    assert len(result.entries) == len(rows)
    shots[0]["prompt"] = "{{ sky }}"
    shots[0]["attach"] = ["hero"]
    empty = compiled(several(shots, matrix={"axes": {"sky": {**rows, "d": " ", "n": "x"}, "n": ["1", "2"]}}))
    assert {d.entries[0] for d in empty.diagnostics if d.code == "empty-text"} == {"s@sky=d,n=1/1"}
    assert "s@sky=d,n=2/1" not in {e.address for e in empty.entries} and "s@sky=g,n=2/1" in {
        e.address for e in empty.entries
    }


def test_a_number_too_long_for_json_is_out_of_range() -> None:
    result = compiled(several([{"id": "a", "prompt": "x", "duration": 10**30}]))
    assert [d.code for d in result.diagnostics if d.severity == "error"] == ["out-of-range"]


@pytest.mark.parametrize(
    ("target", "fine"),
    [
        ("https://example.com/a.png", True), ("https://example.com/a.gif", False),
        ("https://example.com/a.gif?as=.png", False), ("https://example.com/a.gif#.png", False),
        ("https://example.com/a.GIF", False), ("https://example.com/a.PNG", True), ("https://example.com/a", True),
    ],
)  # fmt: skip
def test_an_ending_is_that_of_the_path(target: str, fine: bool) -> None:
    shots = [{"id": "a", "prompt": "{{ ref('i') }}", "references": {"i": {"image": target}}}]
    assert ("media-format" not in [d.code for d in compiled(several(shots)).diagnostics]) is fine


def test_what_a_compile_made_is_not_looked_at_at_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seedspec.project.compile._begun", False)  # whatever ran before in this process
    walked: list[int] = []

    def told(phase: str, facts: dict[str, int]) -> None:
        walked.extend([facts["generation"]] if phase == "start" else ())

    class Knot:
        own: Knot

    gc.callbacks.append(told)
    try:
        with no_collector():
            made = [[i] for i in range(10_000)]
            knot = Knot()
            knot.own, gone = knot, weakref.ref(knot)
            del knot
        few = [[] for _ in range(100)]
        assert walked == [] and gc.isenabled() and gc.get_freeze_count() == 0 and len(made) > len(few)
    finally:
        gc.callbacks.remove(told)
    gc.collect()
    assert gone() is None


def test_a_prompt_is_judged_alone_only_where_no_rule_ties_it() -> None:
    gate = CATALOG.models[MODEL].schema.gate_of("prompt")
    assert gate is not None and gate("x") and not gate(" ") and not gate(5)
    free = {"properties": {"prompt": {"minLength": 2}, "x": {}}, "additionalProperties": False, "required": ["prompt"]}
    assert Schema(free).gate_of("prompt") is not None
    for rule in (
        {"not": {"properties": {"prompt": {"const": "ab"}}}},
        {"allOf": [{"if": {"properties": {"prompt": {}}}}]},
        {"patternProperties": {"^p": {"maxLength": 3}}},
        {"unevaluatedProperties": False},
        {"allOf": [{"additionalProperties": False}]},
        {"enum": [{"prompt": "ab"}]},
        {"$ref": "#/$defs/x", "$defs": {"x": {}}},
    ):
        assert Schema({**free, **rule}).gate_of("prompt") is None, rule


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ label.look }}.", "{look}."),
        ("{{ label['look'] }} and {{ label.size }}.", "{look} and {size}."),
        ("{{ label.get('look') }}.", "{look}."),
        ("{% for name, one in label.items() %}{{ name }} {{ one }}, {% endfor %}", "look {look}, size {size}, "),
        ("{{ label | length }} of {{ label.values() | join(' ') }}.", "2 of {look} {size}."),
        ("{% set mine = label %}{{ mine.look }}.", "{look}."),
    ],
)
def test_what_reads_labels_gets_those_of_its_row(text: str, expected: str) -> None:
    board = {"seedspec": 1, "model": MODEL, "matrix": {"axes": {"look": ["a", "b"], "size": ["x", "y", "z"]}}}
    made = asked_for(written({**board, "shots": [{"id": "one", "prompt": text}]}))
    assert made == {
        f"one@look={look},size={size}/1": expected.format(look=look, size=size) for look in "ab" for size in "xyz"
    }


@pytest.mark.parametrize(
    "text",
    ["{{ a }}", "{{a}}", "{{ a.b }}", "{{ label.x }}", "{{ label }}", "{{ a|upper }}", "{{ a.b | lower }}",
     "{{ take }}", "{{ a.items }}", "{{ a._b }}", "{{ b }}", "{{ ref('q') }}", '{{ ref("q") }}'],
)  # fmt: skip
def test_a_piece_that_is_one_name_is_what_the_template_language_makes_of_it(text: str) -> None:
    templates = Templates({}.get, Problems())
    plain, whole = templates._compile_plain(text), templates._compile_segment(text)
    assert plain is not None
    for field in ("names", "refs", "paths", "reads", "asks", "comparisons"):
        assert getattr(plain, field) == getattr(whole, field), field
    for value in ("words\n", {"b": "Q", "items": 3}, None, True, 1.5, [1], "x" * (MOST_CHARACTERS + 1), 10**400):
        scope = {"a": value, "label": {"x": "y"}, "take": 1}
        found = [_made(templates, one, scope) for one in (plain, whole)]
        assert plain.asks is not None or found[0] == found[1], value


@pytest.mark.parametrize(
    ("text", "coded"),
    [
        ("{% if label.x == 'y' %}with {{ ref('q') }}{% else %}loudly{% endif %}", False),
        ("{% if a != 'words' and take > 1 %}1{% elif a.b in ['Q', 3] or not a %}2 {{ a.b }}{% endif %}", False),
        ("{% if a.b in ('Q', '') or not a %}{{ a['b'] }}{% elif a %}{{ a | title }}{% endif %}", False),
        ("{% if a %}{% if take < 2 %}{{ a }}{% endif %}{% else %}{{ a }}{% endif %}", False),
        ("{{ a if a else take }}", True),
        ("{{ a | default('none') }}{{ b | default(a) }}", False),
        ("{% if 'o' in a %}{{ a | replace('o', 'u') }}{% endif %}", True),
        ("{% if a not in label.x %}{{ label[a] }}{% endif %}", False),
        ("{% if a >= 1 %}{{ missing.key }}{% endif %}{{ take }}", False),
        ("{% if self %}1{% endif %}", True),
        ("{% for x in a %}{{ x }}{% endfor %}", True),
        ("{% if a is defined %}{{ a.upper() }}{% endif %}", True),
        ("{{ ref(a) }}", True),
        ("{{ ref('q', 'r') }}{{ ref('q', role='r') }}", True),
        ("{% if ref('q', role='r') %}1{% endif %}", True),
        ("{{ ref('q', role='r') }}", True),
        ("{{ a | default(value='x') }}", True),
        ("{{ range }}", True),
        ("{{ 'words' }}", True),
    ],
)  # fmt: skip
def test_a_piece_gives_what_the_code_of_the_template_language_gives(text: str, coded: bool) -> None:
    templates = Templates({}.get, Problems())
    templates._refs.current = lambda name: f"image {name}"
    piece, code = templates._compile_piece(text), templates._compile_segment(text)
    assert (evaluation(templates._read(text), templates._env) is None) == coded
    for field in ("names", "refs", "paths", "reads", "asks"):
        assert getattr(piece, field) == getattr(code, field), field
    assert str(piece.comparisons) == str(code.comparisons)
    for value in (
        "words\n",
        {"b": "Q", "items": 3},
        None,
        True,
        1.5,
        [1],
        "x" * (MOST_CHARACTERS + 1),
        10**400,
        "",
        "y",
    ):
        scope = {"a": value, "label": {"x": "y"}, "take": 1}
        found = [_made(templates, one, scope) for one in (piece, code)]
        assert found[0] == found[1] or found[0] is None, value


def _made(templates: Templates, segment: Segment, scope: dict[str, Any]) -> tuple[str, int] | None:
    """The text of a piece and what is left of its work; None where it has a fault."""
    templates._meter.begin()
    try:
        return segment._run(scope), templates._meter.left
    except Exception:
        return None


@pytest.mark.parametrize("text", ["{{ true }}", "{{ range }}", "{{ self }}", "{{ loop }}", "{{ not }}", "{{ a . b }}"])
def test_a_word_of_the_template_language_is_no_plain_name(text: str) -> None:
    assert Templates({}.get, Problems())._compile_plain(text) is None


def test_fields_of_equal_values_keep_the_places_that_set_them() -> None:
    axes = {"look": {k: {"words": k, "quality": q} for k, q in (("a", "720p"), ("b", "480p"), ("c", "720p"))}}
    board = {"seedspec": 1, "model": MODEL, "matrix": {"axes": axes}}
    found = compiled(written({**board, "shots": [{"id": "one", "prompt": "{{ look.words }} walks."}]}))
    assert [e.origins["quality"].layer for e in found.entries] == ["look=a", "look=b", "look=c"]
    assert [e.request["quality"] for e in found.entries] == ["720p", "480p", "720p"]
    assert found.entries[0].base.fields is found.entries[2].base.fields, "made once"
