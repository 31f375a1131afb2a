"""The rows that `seedspec rows` would write: what stays of a file, what goes, what is new, and what it is told."""

from __future__ import annotations

import pytest
from boards import CATALOG, MODEL

from seedspec.compiler.matrix.extend import choose_rows
from seedspec.compiler.matrix.product import Work
from seedspec.compiler.storyboard.reader import pattern_of, storyboard_of
from seedspec.compiler.storyboard.types import RowsFile
from seedspec.text.diagnostic import Problems
from seedspec.text.node import Sequence
from seedspec.text.yaml import parse, source_of

HEAD = f"seedspec: 1\nmodel: {MODEL}\nshots: [{{id: a, prompt: x}}]\n"
AXES = "axes: {look: [noir, soft], hook: [q, r], size: [s, m, l]}"
AROUND = ["noir q s", "noir q m", "noir q l", "noir r s", "soft q s"]

TURNS = f"{AXES}, strategy: one-at-a-time"
ONCE = f"{{{TURNS}}}"
CASES = [  # the matrix, the rows of the file (None without one), anew; then the rows, the counts and the findings
    (ONCE, None, False, AROUND, "0 kept 0 completed 5 added 0 left out 5 least", []),
    (ONCE, "[]", False, AROUND, "0 kept 0 completed 5 added 0 left out 5 least", []),
    (ONCE, "[{look: soft, hook: r, size: l}, {look: noir, hook: q, size: s}]", False,
     [*AROUND, "soft r l"], "2 kept 0 completed 4 added 0 left out 5 least", []),
    (ONCE, "[{look: soft, hook: r, size: l}]", True,
     AROUND, "0 kept 0 completed 5 added 0 left out 5 least", []),
    # an axis that is new has its first label; one that is gone is forgotten
    (ONCE, "[{look: soft, hook: r}, {look: soft, hook: r}]", False,
     [*AROUND, "soft r s"], "1 kept 1 completed 5 added 0 left out 5 least", ["row-left-out"]),
    (ONCE, "[{look: soft, hook: r, size: m, mood: x}]", False,
     [*AROUND, "soft r m"], "1 kept 1 completed 5 added 0 left out 5 least", ["row-left-out"]),
    (ONCE, "[{mood: x}, {look: soft, hook: r, size: xl}]", False,
     AROUND, "0 kept 0 completed 5 added 2 left out 5 least", ["row-left-out", "row-left-out"]),
    (ONCE, "[{mood: x}]", True, AROUND, "0 kept 0 completed 5 added 0 left out 5 least", []),
    # rows that the storyboard names or excludes itself
    (f"{{{TURNS}, include: [{{look: soft, hook: r, size: l}}]}}", None, False,
     [*AROUND, "soft r l"], "0 kept 0 completed 6 added 0 left out 5 least", []),
    (f"{{{TURNS}, include: [{{look: wild, hook: r, size: l}}]}}", "[{look: wild, hook: r, size: l}]", False,
     AROUND, "0 kept 0 completed 5 added 0 left out 5 least, 1 included", []),
    (f"{{{TURNS}, exclude: [{{look: soft, size: s}}]}}", "[{look: soft, hook: q, size: s}]", False,
     AROUND[:-1], "0 kept 0 completed 4 added 1 left out 4 least", ["row-left-out"]),
    (f"{{{TURNS}, exclude: [{{look: noir}}]}}", None, False, None, "", ["base-excluded"]),
    (f"{{{TURNS}, exclude: [{{look: zzz}}]}}", None, False, None, "", ["unknown-label"]),
    (f"{{{AXES}, strategy: pairwise}}", None, False,
     ["noir q s", "noir q m", "noir r l", "soft q l", "soft r s", "soft r m"],
     "0 kept 0 completed 6 added 0 left out 6 least", []),
    (f"{{{AXES}, strategy: pairwise}}", "[{look: noir, hook: r, size: s}]", False,
     ["noir q l", "noir r s", "noir r m", "soft q s", "soft q m", "soft r l"],
     "1 kept 0 completed 5 added 0 left out 6 least", []),
    (f"{{{AXES}, strategy: {{sample: 3}}}}", "[{look: noir, hook: r, size: s}]", False,
     ["noir r s", "soft r s", "soft r m"], "1 kept 0 completed 2 added 0 left out 3 least", []),
    (f"{{{AXES}, strategy: {{sample: 1}}}}", "[{look: noir, hook: r, size: s}, {look: noir, hook: q, size: s}]", False,
     None, "", ["sample-too-small"]),
    (f"{{{AXES}, strategy: {{sample: 1}}}}", "[{look: noir, hook: r, size: s}, {look: noir, hook: q, size: s}]", True,
     ["soft r s"], "0 kept 0 completed 1 added 0 left out 1 least", []),
    (f"{{{AXES}, strategy: {{sample: 99}}}}", "[]", False, 12, "0 kept 0 completed 12 added 0 left out 12 least", []),
]  # fmt: skip


@pytest.mark.parametrize(("matrix", "written", "anew", "rows", "counts", "codes"), CASES)
def test_the_rows_that_are_written(
    matrix: str, written: str | None, anew: bool, rows: list[str] | int | None, counts: str, codes: list[str]
) -> None:
    problems, found = Problems(), []
    for name, text in (("s.yaml", f"{HEAD}matrix: {matrix}\n"), ("s.rows.yaml", written or "[]")):
        source = source_of(name, text.encode(), problems)
        assert source is not None
        found.append(parse(source, problems))
    assert found[0] is not None and isinstance(found[1], Sequence)
    board = storyboard_of(found[0], CATALOG, "s", problems)
    assert board is not None, list(problems)
    patterns = tuple(pattern_of(item) for item in found[1]) if written is not None else None
    file = RowsFile("s.rows.yaml", "seedspec rows", is_there=written is not None, rows=patterns)
    chosen = choose_rows(board, file, problems, Work(), anew=anew)
    assert [d.code for d in problems] == codes
    if rows is None:
        assert chosen is None
        return
    assert chosen is not None
    assert chosen.axes == ("look", "hook", "size")
    said = [" ".join(row) for row in chosen.rows]
    assert (said if isinstance(rows, list) else len(said)) == (
        sorted(rows, key=_place) if isinstance(rows, list) else rows
    )
    numbers = f"{chosen.kept} kept {chosen.completed} completed {chosen.added} added {chosen.left_out} left out"
    included = f", {chosen.included} included" if chosen.included else ""
    assert f"{numbers} {chosen.least} least{included}" == counts


def _place(row: str) -> list[int]:
    return [["noir", "soft"].index(row.split()[0]), "qr".index(row.split()[1]), "sml".index(row.split()[2])]
