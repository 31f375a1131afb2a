"""What holds for every storyboard: an explanation is what was compiled, and a comparison accounts for every entry."""

from __future__ import annotations

import random
from typing import Any

import pytest
from boards import CATALOG, INCLUDED, boards, look, written
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seedspec.catalog.price import Cost
from seedspec.compiler.entry import Entry
from seedspec.compiler.references.context import Inputs
from seedspec.compiler.request.expand import expand
from seedspec.compiler.request.explain import explain
from seedspec.compiler.request.trace import trace
from seedspec.compiler.storyboard.reader import storyboard_of
from seedspec.compiler.storyboard.types import Storyboard
from seedspec.lock.lock import Lock
from seedspec.plan.compare import compare
from seedspec.text.diagnostic import Problems
from seedspec.text.yaml import parse, source_of

pytestmark = pytest.mark.slow
often = settings(max_examples=150, suppress_health_check=list(HealthCheck))


def compiled(board: dict[str, Any]) -> tuple[Storyboard | None, list[Entry]]:
    problems = Problems()
    source = source_of("storyboard.yaml", written(board).encode(), problems)
    node = parse(source, problems) if source else None
    read = storyboard_of(node, CATALOG, "storyboard", problems) if node else None
    return read, list(expand(read, Inputs(look, INCLUDED.get), problems).entries()) if read else []


@often
@given(boards())
def test_an_explanation_is_what_was_compiled(board: dict[str, Any]) -> None:
    read, entries = compiled(board)
    for entry in entries[:12]:
        assert read is not None
        found = explain(read, entry)
        fields = {f.field: f for f in found.fields}
        media = {m.field for m in entry.media}
        assert fields.keys() == entry.request.keys() - media
        for name, field in fields.items():
            assert field.value == entry.request[name] and field.layers
            if name in entry.origins and field.winner.span is not None:
                assert field.winner.span == entry.origins[name].span
                assert name == "prompt" or field.winner.name == entry.origins[name].layer
        assert list(found.labels) == [f"{axis}={label}" for axis, label in entry.labels]


@often
@given(boards(), boards(), st.randoms(use_true_random=False))
def test_a_comparison_accounts_for_every_entry_once(
    one: dict[str, Any], other: dict[str, Any], chance: random.Random
) -> None:
    old, new = compiled(one)[1], compiled(other if chance.random() < 0.3 else one)[1]
    if chance.random() < 0.5:
        chance.shuffle(new)
        new = new[: chance.randint(0, len(new))]
    found = compare(old, new, Lock())
    here = [c.new.address for c in found.changes if c.new] + list(found.same)
    there = [c.old.address for c in found.changes if c.old] + list(found.same)
    assert sorted(here) == sorted(e.address for e in new)
    assert sorted(there) == sorted(e.address for e in old)
    known = {e.fingerprint for e in new if e.address in found.same}
    fresh = {e.fingerprint: e.cost for e in new if e.fingerprint not in known}
    assert found.cost == sum(fresh.values(), Cost())
    for change in found.changes:
        if change.kind == "moved":
            assert change.old and change.new and change.old.fingerprint == change.new.fingerprint
        if change.kind == "changed":
            assert change.differences and change.old and change.old.address == change.address


@often
@given(boards(), st.text(max_size=40), st.text(max_size=40))
def test_a_place_is_found_for_any_change(board: dict[str, Any], old: str, new: str) -> None:
    read, entries = compiled(board)
    for entry in entries[:3]:
        assert read is not None
        prompt = str(entry.request["prompt"])
        for before, after in ((old, prompt), (prompt[: len(prompt) // 2] + old, prompt), (prompt, new)):
            span = trace(read, entry, "prompt", before, after)
            assert span is not None and 0 <= span.start <= span.end <= len(span.source.text)
