"""`compile --origins`: each field of a request, the layer and the place it came from, and what it overrode."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from looks import LOOKS, Run, edit

from seedspec import api
from seedspec.compiler.request.explain import explain

EXPECTED = Path(__file__).parent / "expected"


def test_every_field_says_where_it_came_from(looks: Path, seedspec: Run, expect: Callable[[Path, str], None]) -> None:
    fingerprint = next(e for e in api.compile(looks).entries if e.address == "open@look=noir/1").fingerprint
    said = seedspec("compile", "--origins", "open@look=noir/1")
    assert (said.code, said.err) == (0, "")
    expect(EXPECTED / "explain.txt", said.out.replace(fingerprint, "FINGERPRINT"))


def test_a_prefix_that_fits_one_entry_is_enough(looks: Path, seedspec: Run) -> None:
    whole = seedspec("compile", "--origins", "open@look=noir/1")
    assert seedspec("compile", "--origins", "open@look=noir").out == whole.out


def test_json_has_the_layers_from_the_strongest_down(looks: Path, seedspec: Run) -> None:
    said = seedspec("compile", "--origins", "open@look=noir", "--format", "json")
    found = json.loads(said.out)
    fields = {f["field"]: f for f in found["fields"]}
    assert list(fields) == ["model", "prompt", "duration", "quality", "aspect_ratio", "generate_audio"]
    assert fields["duration"] == {
        "field": "duration", "value": 6, "layer": "look=noir", "written": 6,
        "file": "storyboard.yaml", "line": 11, "column": 47,
        "overrode": [
            {"layer": "defaults", "written": 5, "file": "storyboard.yaml", "line": 4, "column": 22},
            {"layer": "model", "written": 5, "file": None, "line": None, "column": None},
        ],
    }  # fmt: skip
    assert fields["prompt"]["written"].startswith("{{ ref('cup') }} on a table")
    assert json.loads(seedspec("compile", "--origins", "open@look=noir", "--format", "jsonl").out) == found


def test_a_template_is_shown_beside_its_value(looks: Path, seedspec: Run) -> None:
    edit(looks, "defaults: {duration: 5", 'defaults: {duration: "{{ 5 + 3 }}"')
    said = seedspec("compile", "--origins", "open@look=soft")
    line = next(line for line in said.out.splitlines() if line.startswith("duration"))
    assert line.split() == [
        "duration", "8", "defaults", "storyboard.yaml:4:22", "from", "{{", "5", "+", "3", "}}"
    ]  # fmt: skip


def test_a_prompt_variant_is_named(looks: Path, seedspec: Run) -> None:
    said = seedspec("compile", "--origins", "close@prompt=fast")
    assert "prompt, set by prompt=fast at storyboard.yaml:25:13\n  | image 1, whip pan.\n" in said.out


def test_what_fits_several_or_none_names_candidates(looks: Path, seedspec: Run) -> None:
    several = seedspec("compile", "--origins", "open")
    assert (several.code, several.out) == (2, "")
    assert several.err == (
        "seedspec: `open` fits 2 entries; give more of the address:\n  open@look=noir/1\n  open@look=soft/1\n"
    )
    near = seedspec("compile", "--origins", "opne")
    assert near.err == "seedspec: `opne` fits no entry; did you mean:\n  open@look=noir/1\n  open@look=soft/1\n"
    none = seedspec("compile", "--origins", "zzz")
    assert none.err == "seedspec: `zzz` fits no entry; `seedspec compile STORYBOARD` lists the addresses\n"
    both = seedspec("compile", "--origins", "open", "--select", "open")
    assert both.code == 2 and "--origins names its entry by itself" in both.err


def test_a_callback_that_is_not_sent_is_not_claimed(looks: Path, seedspec: Run) -> None:
    own = "    overrides:\n      - when: {prompt: slow}\n        callback_url: https://example.com/b\n"
    edit(looks, "      slow:", "      same: \"{{ ref('cup') }}, slow push in.\"\n      slow:")
    edit(looks, "    duration: 4\n", f"    duration: 4\n{own}")
    said = seedspec("compile", "--origins", "close@prompt=slow", "--format", "json")
    assert "callback_url" not in {f["field"] for f in json.loads(said.out)["fields"]}


@pytest.mark.parametrize("number", range(4))
def test_the_winning_layer_is_the_one_that_compiled(looks: Path, number: int) -> None:
    made = api.compile(looks)
    assert made.board is not None
    entry = made.entries[number]
    for field in explain(made.board, entry).fields:
        if field.field in entry.origins and field.field != "prompt":
            origin = entry.origins[field.field]
            assert (field.winner.name, field.winner.span) == (origin.layer, origin.span)
            assert field.value == entry.request[field.field]


def test_the_storyboard_of_these_tests_is_clean(looks: Path, seedspec: Run) -> None:
    assert looks.read_text(encoding="utf-8") == LOOKS
    assert seedspec("check", "--strict").code == 0
