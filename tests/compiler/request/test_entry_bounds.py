"""How many entries a storyboard may have: each bound at its edge, and what is said one step past it."""

from __future__ import annotations

import pytest
from boards import CATALOG, MODEL, look

from seedspec.compiler.matrix.build import board_grid, kept_rows, without_strategy
from seedspec.compiler.matrix.product import TooMuch, Work
from seedspec.compiler.references.context import Inputs
from seedspec.compiler.request.ceiling import Ceiling
from seedspec.compiler.request.expand import expand
from seedspec.compiler.storyboard.reader import storyboard_of
from seedspec.compiler.storyboard.types import Storyboard
from seedspec.text.diagnostic import Problems
from seedspec.text.yaml import parse, source_of

HEAD = f"seedspec: 1\nmodel: {MODEL}\n"
AXES = "axes: {look: [a, b, c], hook: [p, q]}"
SHOTS = 'shots: [{id: one, prompt: "{{ look }}{{ hook }}"}, {id: two, takes: 2, prompt: x, matrix: {only: [look]}}]\n'
RAISE = "the tool's own ceiling; to raise it add `--ceiling {0}`, or set SEEDSPEC_CEILING={0}"


def board_of(text: str, problems: Problems) -> Storyboard:
    source = source_of("s.yaml", (HEAD + text).encode(), problems)
    assert source is not None
    node = parse(source, problems)
    assert node is not None
    board = storyboard_of(node, CATALOG, "s", problems)
    assert board is not None, list(problems)
    return board


def told(text: str, ceiling: Ceiling) -> tuple[int, list[str]]:
    """How many entries were made, and each error with the text that it marks."""
    problems = Problems()
    out = expand(board_of(text, problems), Inputs(look, lambda _: None), problems, ceiling)
    made = len(list(out.entries()))
    errors = [d for d in problems if d.severity == "error"]
    said = [
        f"‹{d.span.text if d.span else ''}› {'; '.join((d.message, *(n.message for n in d.notes)))}" for d in errors
    ]
    return made, [f"{d.code} {text}" for d, text in zip(errors, said, strict=True)]


LARGEST = "the largest: `one` 6, `two` 6"
CASES = [  # the matrix, the ceiling, the entries, and what is said
    (f"{{{AXES}}}", 12, 12, []),
    (f"{{{AXES}}}", 11, 0, [f"too-much-work ‹look› 12 entries; expected at most 11; {LARGEST}; {RAISE.format(12)}"]),
    (f"{{{AXES}, max_entries: 12}}", 12, 12, []),
    (f"{{{AXES}, max_entries: 11}}", 12, 0,
     [f"too-many-entries ‹11› 12 entries; expected at most 11; {LARGEST}; raise it: `matrix: {{max_entries: 12}}`"]),
    (f"{{{AXES}, max_entries: 11}}", 11, 0,
     [f"too-many-entries ‹11› 12 entries; expected at most 11; {LARGEST}; leave out axes with `only`, or rows with "
      "`exclude`: at most 11 can be made"]),
    (f"{{{AXES}, max_entries: 12}}", 11, 0,
     [f"too-much-work ‹12› 12 entries; expected at most 11; {LARGEST}; {RAISE.format(12)}"]),
    (f"{{{AXES}, exclude: [{{look: a, hook: p}}]}}", 11, 11, []),
    (f"{{{AXES}, exclude: [{{look: a, hook: p}}]}}", 10, 0,
     [f"too-much-work ‹look› 11 entries; expected at most 10; the largest: `two` 6, `one` 5; {RAISE.format(11)}"]),
    (f"{{{AXES}, exclude: [{{look: a, hook: p}}]}}", 0, 0,
     ["too-much-work ‹{look: a, hook: p}› what `exclude` leaves of the storyboard takes more than 0 steps to count; "
      f"expected at most so many; name fewer axes and labels in `exclude`; {RAISE.format(0)}"]),
    (f"{{{AXES}, exclude: [{{look: zzz}}]}}", 11, 0,
     ["unknown-label ‹zzz› `zzz` is no label of axis `look`; expected `a`, `b` or `c`; the axis is here"]),
]  # fmt: skip


@pytest.mark.parametrize(("matrix", "most", "made", "said"), CASES)
def test_each_bound_at_its_edge(matrix: str, most: int, made: int, said: list[str]) -> None:
    assert told(f"matrix: {matrix}\n{SHOTS}", Ceiling(most)) == (made, said)


def test_one_ceiling_serves_for_all_profiles_together() -> None:
    ceiling = Ceiling(12)
    found = [told(f"matrix: {{{AXES}}}\n{SHOTS}", ceiling) for _ in range(6)]
    assert [made for made, _ in found] == [12, 12, 12, 12, 12, 0]
    assert found[-1][1] == [
        "too-much-work ‹look› more than 60 entries in all profiles together; expected at most so many; check one "
        f"profile alone: `--profile NAME`; {RAISE.format(24)}"
    ]


def test_columns_that_an_override_names_are_work_too() -> None:
    rows = ", ".join(f"{{id: A{n}, kind: k{n % 2}}}" for n in range(6))
    text = f"matrix: {{axes: {{ad: [{rows}]}}}}\noverrides: [{{when: {{ad.kind: k1}}, duration: 4}}]\n"
    text += "shots: [{id: one, prompt: x, matrix: {only: []}}, {id: two, prompt: x, matrix: {only: []}}]\n"
    assert told(text, Ceiling(2)) == (2, [])
    assert told(text, Ceiling(1)) == (0, [
        "too-much-work ‹{ad.kind: k1}› the columns that `when` names take more than 5 steps; expected at most so many; "
        f"name the labels themselves, or fewer columns; {RAISE.format(2)}"
    ])  # fmt: skip


def test_the_storyboard_without_its_strategy_has_all_rows() -> None:
    include = "include: [{look: a, hook: q}, {look: wild, hook: q}]"
    board = board_of(f"matrix: {{{AXES}, strategy: pairwise, {include}}}\n{SHOTS}", Problems())
    problems = Problems()
    plain = without_strategy(board, Work())
    grid = board_grid(plain, problems, Work())
    assert plain.strategy is None and [p.wanted["look"][0].text for p in plain.include] == ["wild"]
    assert [d.code for d in problems] == []
    assert [" ".join(row) for row in grid.rows()] == ["a p", "a q", "b p", "b q", "c p", "c q", "wild q"]
    assert (grid.arithmetic.candidates, grid.arithmetic.excluded, grid.arithmetic.included) == (6, 0, 1)


def test_the_rows_on_some_axes_alone() -> None:
    grid = board_grid(board_of(f"matrix: {{{AXES}, exclude: [{{look: b}}]}}\n{SHOTS}", Problems()), Problems(), Work())
    assert [list(kept_rows(grid, names).rows()) for names in (["look"], ["hook"], [], ["zzz", "hook"])] == [
        [("a",), ("c",)], [("p",), ("q",)], [()], [("p",), ("q",)]
    ]  # fmt: skip
    assert kept_rows(grid, ["hook"]).names == ("hook",)


def test_work_is_bounded_at_its_last_step() -> None:
    work = Work(3)
    work.spend(3)
    assert work.done == 3
    with pytest.raises(TooMuch):
        work.spend(1)
