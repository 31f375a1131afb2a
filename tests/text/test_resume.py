"""A file that does not parse: every part is judged in one round, and nothing is told that is not there."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from seedspec.text import yaml as door
from seedspec.text.diagnostic import Diagnostic, Problems
from seedspec.text.node import plain
from seedspec.text.yaml import parse, source_of

HEAD = "seedspec: 1\nmodel: m\n"
# What stands in a shot, the code that is told, and what it holds when its edits are made; None where a person decides.
FAULTS: list[tuple[str, str, Any]] = [
    ("    prompt: @image1 walks\n", "reserved-character", {"prompt": "@image1 walks"}),
    ("    prompt: `slow`\n", "reserved-character", {"prompt": "`slow`"}),
    ("    prompt: %50 slower\n", "reserved-character", {"prompt": "%50 slower"}),
    ("    prompt: *slow* pan\n", "reserved-character", {"prompt": "*slow* pan"}),
    ("    prompt: A voice asks: what is it?\n", "colon-in-value", {"prompt": "A voice asks: what is it?"}),
    ("    prompt: {{ x }} walks\n", "unquoted-template", {"prompt": "{{ x }} walks"}),
    ("    prompt: {{ ref('x') }} says \"hi\"\n", "unquoted-template", {"prompt": "{{ ref('x') }} says \"hi\""}),
    ("    prompt: {% if x %}y{% endif %}\n", "unquoted-template", {"prompt": "{% if x %}y{% endif %}"}),
    ("    prompt: [close-up] of it\n", "text-behind-value", {"prompt": "[close-up] of it"}),
    ("    prompt: 'it's raining'\n", "text-behind-value", {"prompt": "it's raining"}),
    ('    prompt: "she says "hi" now"\n', "text-behind-value", {"prompt": 'she says "hi" now'}),
    ('    prompt: "walks" and runs\n', "text-behind-value", None),
    ('    prompt: "walks in\n', "unclosed-quote", {"prompt": "walks in"}),
    ("    prompt: 'walks in\n", "unclosed-quote", {"prompt": "walks in"}),
    ("    tags: [one, two\n", "unclosed-bracket", {"tags": ["one", "two"]}),
    ("    matrix: {only: [one]\n", "unclosed-bracket", {"matrix": {"only": ["one"]}}),
    ('    image: "assets\\hero.png"\n', "bad-escape", {"image": "assets/hero.png"}),
    ('    image: "assets\\Uero.png"\n', "bad-escape", {"image": "assets/Uero.png"}),
    (
        "    prompt: |\n    She walks.\n\n    Waits.\n",
        "block-not-indented",
        {"prompt": "She walks.\n\nWaits.\n"},
    ),
    ("    prompt: >\n    A voice asks: what?\n", "block-not-indented", {"prompt": "A voice asks: what?\n"}),
    ("    prompt: |\nShe walks.\n    takes: 2\n", "block-not-indented", {"prompt": "She walks.\n", "takes": 2}),
    ("    duration:5\n", "missing-space", {"duration": 5}),
    ("     prompt: x\n", "indentation", None),
    ("   prompt: x\n", "indentation", None),
    ("\tprompt: x\n", "tab", None),
    ("    prompt: *nobody\n", "undefined-alias", None),
    ("    duration：5\n", "look-alike", {"duration": 5}),
    ("    duration: 5 quality: 720p\n", "colon-in-value", None),
    (">>>>>>> theirs\n", "merge-conflict", None),
]
SOUND = [
    "    prompt: |\n      one: two\n      - three\n",
    '    prompt: "a\n      b: c"\n',
    "    tags: [a,\n      b]\n",
    "    x: 1\n",
]
SEVERAL = st.lists(st.sampled_from(SOUND), max_size=4)


def board(shots: list[str]) -> str:
    return HEAD + "shots:\n" + "".join(f"  - id: s{n}\n{body}" for n, body in enumerate(shots)) + "title: end\n"


def read(text: str) -> tuple[Any, list[Diagnostic], Problems]:
    problems = Problems()
    source = source_of("s.yaml", text.encode(), problems)
    node = parse(source, problems) if source else None
    return None if node is None else plain(node), list(problems), problems


def fixed(text: str, found: list[Diagnostic]) -> str:
    for start, end, new in sorted({(e.span.start, e.span.end, e.text) for d in found for e in d.edits}, reverse=True):
        text = text[:start] + new + text[end:]
    return text


@pytest.mark.parametrize(("body", "code", "meant"), FAULTS)
def test_a_fault_in_a_shot(body: str, code: str, meant: Any) -> None:
    text = board([SOUND[0], body, SOUND[1]])
    value, found, problems = read(text)
    assert [d.code for d in found] == [code]
    assert found[0].span is not None and 8 <= found[0].span.place[0] <= 10
    assert value is not None and [s["id"] for s in value["shots"] if s["id"] != "s1"] == ["s0", "s2"]
    assert value["title"] == "end" and (problems.is_set_aside("s1") or len(value["shots"]) == 3)
    assert bool(found[0].edits) == (meant is not None)
    if meant is not None:
        value, again, _ = read(fixed(text, found))
        assert again == [] and value["shots"][1] == {"id": "s1", **meant}


def test_ten_mistakes_in_ten_shots_are_told_at_once() -> None:
    chosen = FAULTS[:11] + FAULTS[12:24]
    _, found, _ = read(board([body for body, _, _ in chosen]))
    assert [d.code for d in found] == [code for _, code, _ in chosen]


@settings(max_examples=150)
@given(st.sampled_from(FAULTS), SEVERAL, SEVERAL)
def test_one_fault_is_one_finding(fault: tuple[str, str, Any], before: list[str], behind: list[str]) -> None:
    _, found, _ = read(board([*before, fault[0], *behind]))
    assert [d.code for d in found] == [fault[1]]


@pytest.mark.parametrize("key", ["vars: {a: b", 'vars: "b', "vars: [a", "vars: @b", "vars: a: b", "vars:b", "vars"])
def test_a_fault_in_a_top_level_key(key: str) -> None:
    value, found, problems = read(f"{HEAD}{key}\nshots:\n  - id: a\n    prompt: x\n")
    assert len(found) == 1 and found[0].span is not None and found[0].span.place[0] == 3
    assert value is not None and value["shots"] == [{"id": "a", "prompt": "x"}] and problems.is_set_aside("vars")


def test_what_refers_to_a_lost_anchor_is_no_news() -> None:
    value, found, problems = read("x-a: &a @x\nb: *a\nshots:\n  - id: s\n    p: *a\n  - id: t\n")
    assert [d.code for d in found] == ["reserved-character"]
    assert value == {"shots": [{"id": "t"}]} and problems.is_set_aside("s")


@settings(max_examples=300)
@given(st.binary(max_size=60))
@example(b"\xff\xfe")
@example(b"PK\x03\x04")
@example(b"\0a\0b\0c\0d")
def test_any_bytes_are_a_value_or_a_finding(raw: bytes) -> None:
    problems = Problems()
    source = source_of("s.yaml", raw, problems)
    node = parse(source, problems) if source else None
    assert node is not None or problems.failed


PIECES = st.sampled_from(
    ["a", "id", ":", " ", "  ", "\n", "\n  - ", "\n    ", "- ", "[", "]", "{", "}", "{{", '"', "'", "|", ">", "#",
     "&a", "*a", "：", "，", "–", "\u00a0", "\u3000", "\u2028", "\u200b", "“", "”", "\t", "---\n", "```\n", "=======\n",
     "@", "%", "\\", "!", "?", ",", "shots:", "\nx: ", "<<"]
)  # fmt: skip


@settings(max_examples=600)
@given(st.lists(PIECES, max_size=40).map("".join))
@pytest.mark.slow
def test_any_text_is_a_value_or_a_finding(text: str) -> None:
    _, found, problems = read(text)
    for one in found:
        assert one.span is not None and 0 <= one.span.start <= one.span.end <= len(one.span.source.text)
    assert problems.failed or _ is not None


def test_hostile_files_are_parsed_a_bounded_number_of_times(monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[int] = []

    class Counted:
        def __getattr__(self, name: str) -> Any:
            return getattr(door_yaml, name)

        def parse(self, text: str, loader: Any) -> Any:
            counted.append(len(text))
            return door_yaml.parse(text, loader)

    door_yaml = door.yaml
    monkeypatch.setattr(door, "yaml", Counted())
    each = "  - id: a\n    prompt: @x\n"
    totals = []
    for many in (2_000, 20_000, 80_000):
        counted.clear()
        read(HEAD + "shots:\n" + each * many)
        totals.append(sum(counted) / many / len(each))
    assert totals[2] < 12 and totals[2] <= totals[1] <= totals[0] + 1


@pytest.mark.parametrize(
    "before", ["Sure! Here it is: a board: for you\n\n", "<think>\nshots: a: b\n</think>\n", "Here you go,\n"]
)
def test_prose_before_a_storyboard_is_one_finding_and_the_rest_is_read(before: str) -> None:
    text = f"{before}seedspec: 1\nmodel: m\n"
    value, found, _ = read(text)
    assert value == {"seedspec": 1, "model": "m"}
    assert [(d.code, d.span.place[0]) for d in found if d.span is not None] == [("not-yaml", 1)]
    assert fixed(text, found) == "seedspec: 1\nmodel: m\n"
