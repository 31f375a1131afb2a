"""The rows of grids, which are counted and walked by arithmetic, against the plain walk over their whole product."""

from __future__ import annotations

import io
import json
import random
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import replace
from itertools import chain, product
from pathlib import Path
from typing import Any

import pytest
from boards import CATALOG, MODEL, look, written
from hypothesis import given, settings
from hypothesis import strategies as st

from seedspec import api
from seedspec.cli.main import start
from seedspec.compiler.matrix.grid import Arithmetic, Grid
from seedspec.compiler.matrix.product import Box, Product, Row, Work
from seedspec.compiler.references.context import Inputs
from seedspec.compiler.request.ceiling import Ceiling
from seedspec.compiler.request.expand import expand
from seedspec.compiler.storyboard.reader import storyboard_of
from seedspec.compiler.storyboard.types import Axis
from seedspec.project.credentials import BadSettings
from seedspec.text.diagnostic import Problems
from seedspec.text.node import Scalar
from seedspec.text.source import Span
from seedspec.text.yaml import parse, source_of

SOURCE = source_of("s.yaml", b"x", Problems())
assert SOURCE is not None
SPAN: Span = SOURCE.span(0)
LABELS = ("a", "b", "c")


# --- the plain walk: what a grid means ---


def rows(grid: Grid) -> Iterator[Row]:
    return chain((row for row in candidates(grid) if not grid.excluded(row)), grid.include)


def candidates(grid: Grid) -> Iterator[Row]:
    own = [tuple(axis.values) for axis in grid.own]
    if grid.parent is None:
        return product(*own)
    above = rows(grid.parent)
    if (keep := grid.keep) is not None:
        above = iter(dict.fromkeys(tuple(row[i] for i in keep) for row in above))
    return (row + rest for row in above for rest in product(*own))


def arithmetic(grid: Grid) -> Arithmetic:
    every = list(candidates(grid))
    return Arithmetic(len(every), sum(map(grid.excluded, every)), len(grid.include))


def matches(row: Row, box: Box) -> bool:
    return all(row[i] in wanted for i, wanted in box.items())


# --- grids at random ---


def axes(names: str, least: int = 0) -> st.SearchStrategy[tuple[Axis, ...]]:
    labels = st.integers(1, 3).map(lambda n: LABELS[:n])
    drawn = st.lists(labels, min_size=least, max_size=4)
    return drawn.map(lambda ls: tuple(axis(f"{names}{i}", labels) for i, labels in enumerate(ls)))


def axis(name: str, labels: tuple[str, ...]) -> Axis:
    return Axis(name, SPAN, {label: Scalar(label, SPAN) for label in labels}, open=True)


def boxes(many: int) -> st.SearchStrategy[tuple[Box, ...]]:
    if not many:
        return st.just(())
    labels = st.frozensets(st.sampled_from((*LABELS, "new")), min_size=1, max_size=3)
    return st.lists(st.dictionaries(st.integers(0, many - 1), labels, min_size=1, max_size=3), max_size=5).map(tuple)


def included(many: int) -> st.SearchStrategy[tuple[Row, ...]]:
    row = st.tuples(*[st.sampled_from((*LABELS, "new", "other"))] * many)
    return st.lists(row, max_size=4, unique=True).map(tuple)


@st.composite
def grids(draw: st.DrawFn) -> Grid:
    """A storyboard's grid, or a shot's over it, which keeps some of its axes."""
    work = Work()
    own = draw(axes("a"))
    board = Grid(own, draw(boxes(len(own))), (), own, work)
    board = replace(board, include=tuple(r for r in draw(included(len(own))) if r not in set(rows(board))))
    if draw(st.integers(0, 4)) == 0:
        return board
    keep = None
    if draw(st.booleans()):
        keep = tuple(i for i in range(len(own)) if draw(st.booleans()))
    inherited = own if keep is None else tuple(own[i] for i in keep)
    more = draw(axes("b"))
    every = (*inherited, *more)
    grid = Grid(every, draw(boxes(len(every))), (), more, work, board, keep)
    before = set(rows(grid))
    return replace(grid, include=tuple(r for r in draw(included(len(every))) if r not in before))


@settings(max_examples=250)
@given(grids(), st.data())
@pytest.mark.slow
def test_rows_are_those_of_the_plain_walk(grid: Grid, data: st.DataObject) -> None:
    assert list(grid.rows()) == list(rows(grid))
    assert grid.arithmetic == arithmetic(grid)
    bare = replace(grid, include=())
    made = list(rows(bare))
    for row in data.draw(included(len(grid.axes))) + tuple(made[:3]):
        assert bare.makes(row) == (row in set(made))
    for box in data.draw(boxes(len(grid.axes))):
        assert bare.meets(box) == any(matches(row, box) for row in candidates(bare))


@settings(max_examples=60)
@given(axes("a", least=1), st.data())
def test_the_steps_are_bounded_by_what_is_excluded(own: tuple[Axis, ...], data: st.DataObject) -> None:
    """Twenty more axes that nobody excludes by do not cost a step more, wherever they stand."""
    excluded = data.draw(boxes(len(own)))
    few, many = Work(), Work()
    labels = [tuple(a.values) for a in own]
    small = Product(labels, excluded, len(own), few).count
    large = Product(labels + [LABELS] * 20, excluded, len(own) + 20, many).count
    assert (large, many.done) == (small * 3**20, few.done)


# --- a large product with few entries ---

TWELVE = {f"a{i}": [f"v{j}" for j in range(6)] for i in range(12)}
WHOLE = dict.fromkeys(TWELVE, "v5")


STILL = """\
seedspec: 1
model: seedance-2.0-reference-to-video
defaults: {{duration: 4}}
references: {{hero: {{image: "https://cdn.example.com/hero.png"}}}}
shots: [{{id: s, prompt: "{{{{ ref('hero') }}}}", takes: 12}}]
profiles: {profiles}
"""


def written_board(shot: dict[str, Any], matrix: dict[str, Any] | None = None, **more: Any) -> str:
    one = {"id": "s", "prompt": "{{ ref('hero') }}" + "".join(f" {{{{ {a} }}}}" for a in shot.pop("says", ())), **shot}
    return written(
        {
            "seedspec": 1,
            "model": MODEL,
            "references": {"hero": {"image": "assets/hero.png"}},
            "matrix": {"axes": TWELVE} | (matrix or {}),
            **more,
            "shots": [one],
        }
    )


def expanded(text: str, ceiling: Ceiling) -> tuple[list[str], list[str]]:
    """The addresses of a board's entries and the messages of its errors."""
    problems = Problems()
    source = source_of("s.yaml", text.encode(), problems)
    node = parse(source, problems) if source else None
    assert node is not None
    board = storyboard_of(node, CATALOG, "s", problems)
    assert board is not None, list(problems)
    found = [e.address for e in expand(board, Inputs(look, lambda _: None), problems, ceiling).entries()]
    return found, [f"{d.code}: {d.message}" for d in problems if d.severity == "error"]


@pytest.mark.parametrize(
    ("shot", "matrix", "entries"),
    [
        ({"matrix": {"only": ["a0"]}, "says": ["a0"]}, {}, 6),
        ({"matrix": {"only": ["a0"]}, "says": ["a0"]}, {"exclude": [WHOLE]}, 6),
        ({"matrix": {"only": ["a3", "a7"]}, "says": ["a3", "a7"]}, {"exclude": [{"a3": "v1", "a11": "v0"}]}, 36),
        ({"matrix": {"only": ["a0"]}, "says": ["a0"]}, {"exclude": [{"a0": "v0"}, WHOLE]}, 5),
        ({"matrix": {"only": []}}, {"exclude": [WHOLE]}, 1),
        ({"says": TWELVE}, {"exclude": [{a: ["v1", "v2", "v3", "v4", "v5"]} for a in TWELVE]}, 1),
        ({"says": TWELVE}, {"exclude": [{a: ["v2", "v3", "v4", "v5"]} for a in list(TWELVE)[:4]]
                            + [{a: ["v1", "v2", "v3", "v4", "v5"]} for a in list(TWELVE)[4:]]}, 16),
    ],
)  # fmt: skip
def test_the_cost_is_in_entries(shot: dict[str, Any], matrix: dict[str, Any], entries: int) -> None:
    """Two milliards of rows stand behind each of these; the steps are counted, so that no clock decides."""
    ceiling = Ceiling()
    found, errors = expanded(written_board(dict(shot), matrix), ceiling)
    assert (len(found), errors) == (entries, [])
    assert ceiling.work.done < 5_000


@pytest.mark.parametrize(
    ("shot", "matrix", "error"),
    [
        ({}, {}, "too-many-entries: 2,176,782,336 entries; expected at most 1,000"),
        ({}, {"exclude": [{"a0": "v0", "a1": "v0"}]},
         "too-many-entries: 2,116,316,160 entries; expected at most 1,000"),
        ({"matrix": {"include": [WHOLE]}}, {}, "duplicate-row: the shot has this row already"),
        ({"matrix": {"exclude": [WHOLE, WHOLE | {"a0": "v4"}]}}, {"exclude": [{"a0": "v5"}]},
         "exclude-matches-nothing: no row of the shot matches this"),
        ({}, {"max_entries": 10**12}, "too-much-work: 2,176,782,336 entries; expected at most 200,000"),
        ({"takes": 1000, "matrix": {"only": ["a0", "a1", "a2"]}}, {"max_entries": 10**12},
         "too-much-work: 216,000 entries; expected at most 200,000"),
    ],
)  # fmt: skip
def test_the_bound_comes_first(shot: dict[str, Any], matrix: dict[str, Any], error: str) -> None:
    ceiling = Ceiling()
    assert expanded(written_board(dict(shot), matrix), ceiling) == ([], [error])
    assert ceiling.work.done < 5_000


def test_what_can_only_be_counted_by_a_walk_ends_too() -> None:
    """Excludes that tie every axis to others in another way: the count of what they leave has no short way."""
    chance = random.Random(7)
    names = [f"a{i}" for i in range(40)]
    tied = [{name: f"v{chance.randrange(3)}" for name in chance.sample(names, 3)} for _ in range(160)]
    matrix = {"axes": {name: ["v0", "v1", "v2"] for name in names}, "exclude": tied, "max_entries": 10**30}
    ceiling = Ceiling(20_000)
    found, (error,) = expanded(written_board({}, matrix), ceiling)
    assert found == [] and error.startswith("too-much-work: what `exclude` leaves of the storyboard takes more than")
    assert ceiling.work.done < 1.1 * ceiling.work.most


def test_a_ceiling_is_raised_by_who_runs_the_tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    board = tmp_path / "s.yaml"
    board.write_text(STILL.format(profiles="{}"), encoding="utf-8")
    assert api.check(board) == ()
    assert click_codes(board, "--ceiling", "11") == (3, "too-much-work")
    assert click_codes(board, "--ceiling", "12") == (0, "")
    assert api.check(board) == ()  # one command's word ends with it
    monkeypatch.setenv("SEEDSPEC_CEILING", "11")
    assert [d.code for d in api.check(board)] == ["too-much-work"]
    assert not api.compile(board).ok
    assert click_codes(board, "--ceiling", "12") == (0, "")
    assert click_codes(board) == (3, "too-much-work")
    for wrong in ("x", "0", "-1", "1.5", "1" * 5000):
        monkeypatch.setenv("SEEDSPEC_CEILING", wrong)
        with pytest.raises(BadSettings, match="SEEDSPEC_CEILING"):
            api.check(board)
        assert click_codes(board)[0] == 2


def test_all_profiles_of_a_check_share_the_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    board = tmp_path / "s.yaml"
    profiles = {f"p{i}": {"takes": 10} for i in range(9)}
    board.write_text(STILL.format(profiles=json.dumps(profiles)), encoding="utf-8")
    monkeypatch.setenv("SEEDSPEC_CEILING", "12")
    (found,) = [d for d in api.check(board) if d.severity == "error"]
    assert found.code == "too-much-work" and found.message.startswith("more than 60 entries in all profiles together")
    assert api.check(board, profile="p3") == ()
    monkeypatch.setenv("SEEDSPEC_CEILING", "21")
    assert api.check(board) == ()


def click_codes(board: Path, *options: str) -> tuple[int, str]:
    """The exit code of a check, and the codes that it shows."""
    said = io.TextIOWrapper(io.BytesIO(), "utf-8")  # JSON is written as bytes
    with redirect_stdout(said), redirect_stderr(io.StringIO()):
        code = start(["check", str(board), "--format", "json", *options])
    said.seek(0)
    return code, " ".join(d["code"] for d in json.loads(said.read() or "[]"))
