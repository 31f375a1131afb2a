"""What is kept for many rows is what each row would be given alone: pieces and wholes, moulds, fingerprints, lines."""

from __future__ import annotations

import copy
import hashlib
import json
from typing import Any

import orjson
import pytest
import rfc8785
from boards import CATALOG, MODEL, boards, compiled, written
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from seedspec.compiler.jinja.fault import TemplateFault
from seedspec.compiler.jinja.template import Part, Template, Templates
from seedspec.compiler.pieces import Code, cut
from seedspec.compiler.schema import Schema
from seedspec.report.entries import as_json, as_lines
from seedspec.text.diagnostic import Problems
from seedspec.text.node import Scalar
from seedspec.text.source import Source

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
    return Templates({}.get).compile(Scalar(text, Source("s.yaml", text or " ").span(0, len(text))), Problems())


def named(name: str) -> str:
    return f"<{name}>"


@settings(deadline=None, max_examples=1500)
@given(st.lists(BITS, max_size=7).map("".join))
@example("{{{ look }}")
@example("{{ look }}}")
@example("{% if n %}{{ '{% endif %}' }}{% endif %}")
@example("{{ look }}\n")
@example(" {{ look }}")
@example("{% for x in list %}{% if x %}{{ x }}{% endif %}{% endfor %} and {{ n }}")
def test_pieces_make_the_whole(text: str) -> None:
    pieces = cut(text)
    assert pieces is None or "".join(p.source if isinstance(p, Code) else p for p in pieces) == text
    found = template(text)
    if found is None or len(found.pieces) < 2:
        return
    made = [found.rendered(p, SCOPE, named) if isinstance(p, Part) else p for p in found.pieces]
    try:
        whole = found.render(SCOPE, named)
    except TemplateFault:
        assert None in made
    else:
        assert None in made or "".join(m or "" for m in made).rstrip("\r\n") == whole


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("{{ look }} walks {% if n %}on {{ n }}{% endif %}.", ["{{ look }}", "{% if n %}on {{ n }}{% endif %}"]),
        ("no template", []),
        ("100% of {{ n }} {", ["{{ n }}"]),
    ],
)
def test_what_people_write_is_cut(text: str, pieces: list[str]) -> None:
    assert [p.source for p in cut(text) or () if isinstance(p, Code)] == pieces


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
    assert cut(text) is None


def test_work_of_pieces_counts_together() -> None:
    heavy = "{% for x in range(9000) %}{% if x %}{% endif %}{% endfor %}"
    found = template(f"{heavy} {heavy * 9} x")
    assert found is not None and len(found.pieces) > 9
    light = template("{{ look }} " * 9)
    assert light is not None and light.rendered(light.pieces[0], SCOPE, named) == "wet"  # type: ignore[arg-type]
    long = template("{{ 'ab' * 60000 }} {{ 'ab' * 60000 }}")
    assert long is not None
    with pytest.raises(TemplateFault, match="more than 200,000 characters"):
        long.render(SCOPE, named)
    assert long.rendered(long.pieces[0], SCOPE, named) is None  # type: ignore[arg-type]


@settings(deadline=None, max_examples=150)
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


@settings(deadline=None, max_examples=150)
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
    assert found["no-reference"] == ("a@n=n0/1", "a@n=n1/1", "a@n=n2/1", "a@n=n3/1")
    assert found["reference-number"] == ("a@n=n2/1",)


def test_a_prompt_is_judged_alone_only_where_no_rule_ties_it() -> None:
    gate = CATALOG.models[MODEL].prompt_gate
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
