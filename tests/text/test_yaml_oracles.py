"""The YAML layer against two independent readers of YAML 1.2: what they agree on, it reads the same."""

from __future__ import annotations

import math
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from seedspec.text.diagnostic import Problems
from seedspec.text.node import plain
from seedspec.text.yaml import parse, source_of

yaml12 = pytest.importorskip("yaml12", reason="an oracle of the test extra")
yamlcore = pytest.importorskip("yamlcore", reason="an oracle of the test extra")

REFUSED = object()
WORDS = st.sampled_from(
    ["16:9", "9:16", "no", "yes", "on", "010", "0o14", "0x1F", "1e3", "1_000", "1.10", "-.5", "~", "null", "True",
     "2026-11-23", "a b", "ä", "雨", "'it''s'", '"a\\tb"',
     "x: y", "- z", "# c", "&a b", "*a", "!!str 5", "{a: 1}", "[1, 2]",
     "|\n  two\n  lines", ">\n  folded\n  text", "", "<<", "=", "@x", "%y", "`z`", "?", "'open", '"open', "[1,", "{a"]
)  # fmt: skip
KEYS = st.sampled_from(["a", "b", "c d", "on", "16:9", "1", "~", "'q'"])


def ours(text: str) -> Any:
    problems = Problems()
    source = source_of("s.yaml", text.encode(), problems)
    node = parse(source, problems) if source else None
    return REFUSED if node is None or problems.failed else plain(node)


def read(reader: Any, text: str) -> Any:
    try:
        return normal(reader(text))
    except (ValueError, yaml.YAMLError, TypeError, RecursionError):
        return REFUSED


def normal(value: Any) -> Any:
    """Keys as texts, as the storyboard has them; what no storyboard can hold is refused."""
    if isinstance(value, dict):
        texts = [k if isinstance(k, str) else REFUSED for k in value]
        if REFUSED in texts:
            return REFUSED
        parts = {k: normal(v) for k, v in value.items()}
        return REFUSED if REFUSED in parts.values() else parts
    if isinstance(value, list):
        items = [normal(v) for v in value]
        return REFUSED if any(i is REFUSED for i in items) else items
    if isinstance(value, float) and not math.isfinite(value):
        return REFUSED
    return value if value is None or isinstance(value, (str, int, float, bool)) else REFUSED


@settings(max_examples=600)
@given(st.lists(st.tuples(KEYS, WORDS), min_size=1, max_size=5))
@pytest.mark.slow
def test_what_two_readers_agree_on_is_read_the_same(pairs: list[tuple[str, str]]) -> None:
    text = "".join(f"{key}: {word}\n" for key, word in pairs)
    one = read(yaml12.parse_yaml, text)
    two = read(lambda t: yaml.load(t, Loader=yamlcore.CoreLoader), text)
    mine = ours(text)
    if one is REFUSED or two is REFUSED or one != two:
        return  # no two witnesses: what is refused, and how, is the cases' matter
    if mine is REFUSED:
        assert stricter(text), text
        return
    assert mine == one, text


def stricter(text: str) -> bool:
    """Where a storyboard is stricter than YAML on purpose: merge keys, and keys that stand twice."""
    keys = [line.partition(": ")[0] for line in text.splitlines()]
    return "<<" in text or len(set(keys)) < len(keys)
