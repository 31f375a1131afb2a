"""Mistakes in different parts of a file are told in one round, and none of them brings a further finding with it."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from seedspec import api
from seedspec.text.diagnostic import Diagnostic

pytestmark = pytest.mark.slow

BOARD = """\
seedspec: 1
model: seedance-2.0-reference-to-video
defaults: {duration: 5, quality: 720p, takes: 1}
vars: {brand: Sunny}
budget: {usd: 15}
output: renders
tags: [summer]
references:
  hero: {image: hero.png}
  cup: {image: https://cdn.example.com/cup.png}
matrix:
  axes:
    look: {noir: {words: dark}, pastel: {words: soft}}
    hook: [question, reveal]
    speed: [slow, fast]
  exclude:
    - {look: noir, hook: reveal}
  include:
    - {look: pastel, hook: loud, speed: slow}
overrides:
  - {when: {look: noir}, duration: 6}
  - {when: {hook: question}, quality: 480p}
profiles:
  draft: {duration: 4}
  cheap: {quality: 480p}
shots:
  - id: open
    duration: 8
    prompt: "{{ ref('hero') }} at dusk, {{ look.words }}, {{ hook }}, {{ speed }}"
  - id: pour
    matrix: {only: [look]}
    references: {before: {shot: open, at: {hook: question, speed: slow}}}
    prompt: "{{ ref('before') }}, {{ brand }} is poured, {{ look.words }}"
  - id: close
    matrix:
      only: [hook]
      axes: {size: [small, large]}
      exclude: [{size: large, hook: reveal}]
    overrides:
      - {when: {size: large}, duration: 7}
    attach: [cup]
    prompt:
      plain: "{{ ref('cup') }} on a table, {{ hook }}, {{ size }}"
      splash: "{{ ref('cup') }} in a wave, {{ hook }}, {{ size }}"
  - id: last
    matrix: {only: []}
    prompt: "{{ ref('hero') }} waves"
"""

MISTAKES: dict[str, tuple[str, str]] = {
    "model": ("reference-to-video\n", "reference-to-vido\n"),
    "default key": ("quality: 720p", "qualty: 720p"),
    "default value": ("defaults: {duration: 5", "defaults: {duration: five"),
    "takes": ("takes: 1", "takes: none"),
    "budget": ("{usd: 15}", "{usd: many}"),
    "output": ("output: renders", "output: ../renders"),
    "tags": ("tags: [summer]", "tags: summer"),
    "missing file": ("hero: {image: hero.png}", "hero: {image: heroo.png}"),
    "reference key": ("/cup.png}", "/cup.png, colour: red}"),
    "axis": ("hook: [question, reveal]", "hook: 3"),
    "axis label": ("speed: [slow, fast]", "speed: [slow, very fast]"),
    "exclude": ("{look: noir, hook: reveal}", "{lok: noir, hook: reveal}"),
    "override label": ("{when: {look: noir}", "{when: {look: nor}"),
    "override field": ("{when: {hook: question}, quality: 480p}", "{when: {hook: question}, quality: 1080p}"),
    "override when": ("- {when: {hook: question}, quality: 480p}", "- {quality: 480p}"),
    "profile range": ("draft: {duration: 4}", "draft: {duration: 3}"),
    "profile key": ("cheap: {quality: 480p}", "cheap: {qualty: 480p}"),
    "shot key": ("    duration: 8", "    lenght: 8"),
    "shot value": ("    duration: 8", "    duration: 16"),
    "name": ("at dusk", "at {{ dusk }}"),
    "reference": ("{{ brand }} is poured", "{{ brand }} and {{ ref('hreo') }}"),
    "syntax": ("is poured", "is {% if look %}poured"),
    "only": ("matrix: {only: [look]}", "matrix: {only: [lok]}"),
    "upstream": ("before: {shot: open", "before: {shot: opne"),
    "own axis": ("axes: {size: [small, large]}", "axes: {size: [small, small, large]}"),
    "own exclude": ("{size: large, hook: reveal}", "{size: large, hook: revel}"),
    "own override": ("{when: {size: large}", "{when: {siez: large}"),
    "attach": ("attach: [cup]", "attach: cup"),
    "prompt of one label": ("      splash: \"{{ ref('cup') }} in a wave", "      splash: \"{{ ref('cup') in a wave"),
    "number": ("{{ ref('hero') }} waves", "{{ ref('hero') }} waves to image 7"),
    "id": ("id: last", "id: the last"),
    "prompt": ("prompt: \"{{ ref('hero') }} waves\"", "prompt: 3"),
    "no prompt": ("    prompt: \"{{ ref('hero') }} waves\"\n", ""),
}

TOGETHER = [
    (one, other)
    for one, other in combinations(MISTAKES, 2)
    if MISTAKES[one][0] not in MISTAKES[other][0] and MISTAKES[other][0] not in MISTAKES[one][0]
]
"""Pairs of mistakes that stand in different places."""

UNKNOWABLE = {("axis", "own exclude"), ("missing file", "number"), ("attach", "number")}
"""Nobody can tell whether a label is wrong of an axis that has none, or a number of media that are not known."""


def findings(folder: Path, names: tuple[str, ...]) -> set[tuple[str, str, int]]:
    text = BOARD
    for name in names:
        wrong = MISTAKES[name]
        assert text.count(wrong[0]) == 1, name
        text = text.replace(*wrong)
    (folder / "storyboard.yaml").write_text(text, encoding="utf-8")
    return {_told(d) for d in api.check(folder / "storyboard.yaml") if d.severity == "error"}


def _told(d: Diagnostic) -> tuple[str, str, int]:
    """A finding by its code, what was found, and its line; what is expected may lack the names that were set aside."""
    assert d.span is not None
    return d.code, d.message.partition("; expected")[0], d.span.place[0]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("board")
    Image.new("RGB", (640, 360)).save(folder / "hero.png")
    return folder


@pytest.fixture(scope="module")
def alone(folder: Path) -> dict[str, set[tuple[str, str, int]]]:
    return {name: findings(folder, (name,)) for name in MISTAKES}


def test_the_board_is_sound(folder: Path) -> None:
    assert not findings(folder, ())


@pytest.mark.parametrize("name", MISTAKES)
def test_one_mistake_is_one_finding(name: str, alone: dict[str, set[tuple[str, str, int]]]) -> None:
    assert len(alone[name]) == 1, alone[name]


def test_two_mistakes_are_two_findings(folder: Path, alone: dict[str, set[tuple[str, str, int]]], long: bool) -> None:
    """A sixth of the pairs; with --long all of them."""
    wrong = []
    for one, other in sorted(set(TOGETHER) - UNKNOWABLE)[:: 1 if long else 6]:
        found, wanted = findings(folder, (one, other)), alone[one] | alone[other]
        if found != wanted:
            wrong.append(((one, other), found - wanted, wanted - found))
    assert not wrong, "\n".join(map(str, wrong))


@settings(max_examples=100, derandomize=True, suppress_health_check=list(HealthCheck))
@given(names=st.lists(st.sampled_from(list(MISTAKES)), min_size=8, unique=True))
def test_many_mistakes_are_told_in_one_round(
    names: list[str], folder: Path, alone: dict[str, set[tuple[str, str, int]]]
) -> None:
    """As many as stand in different places; a label of an axis that is broken cannot be judged."""
    kept: list[str] = []
    for name in names:
        pairs = [{(one, name), (name, one)} for one in kept]
        if all(not pair.isdisjoint(TOGETHER) and pair.isdisjoint(UNKNOWABLE) for pair in pairs):
            kept.append(name)
    assert findings(folder, tuple(kept)) == set().union(*(alone[name] for name in kept))
