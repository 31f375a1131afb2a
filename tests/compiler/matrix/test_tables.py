"""A table is a mapping axis in the form of a spreadsheet, and a column names the rows that it has a value in."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from boards import MODEL, compiled
from hypothesis import given, settings
from hypothesis import strategies as st

from seedspec.compiler.named import axes_of, columns_of, fault_of
from seedspec.lock.lock import Lock
from seedspec.plan.select import NothingSelected, choose
from seedspec.report.entries import as_json, as_lines

HEAD = f"seedspec: 1\nmodel: {MODEL}\nreferences: {{hero: {{image: https://cdn.example.com/hero.png}}}}\n"
ROWS: list[dict[str, Any]] = [
    {"id": "AD-001", "hook": "question", "line": "What does it taste like?", "duration": 6, "mood": "calm"},
    {"id": "AD-002", "hook": "reveal", "line": "One apple."},
    {"id": 3, "hook": "reveal", "line": "3, 2, 1", "mood": "wild"},
]


def board(
    ad: Any, prompt: str = "{{ ad.line }} {{ ad.hook }}", shot: str = "", more: str = "", matrix: str = ""
) -> str:
    axes = f"matrix: {{axes: {{light: [rain, dusk], ad: {json.dumps(ad)}}}{matrix}}}\n"
    text = json.dumps("{{ ref('hero') }} {{ light }} " + prompt)
    return f"{HEAD}{axes}{more}shots:\n  - {{id: a, {shot}prompt: {text}}}\n"


def mapping(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {str(row["id"]): {k: v for k, v in row.items() if k != "id"} for row in rows}


def codes(text: str) -> list[str]:
    return [d.code for d in compiled(text).diagnostics]


def test_a_table_buys_what_the_mapping_of_its_rows_buys() -> None:
    rows = [{k: v for k, v in row.items() if k != "mood"} for row in ROWS]
    table, same = compiled(board(rows)), compiled(board(mapping(rows)))
    assert not table.diagnostics and not same.diagnostics
    assert [(e.address, e.manifest) for e in table.entries] == [(e.address, e.manifest) for e in same.entries]
    assert table.entries[0].address == "a@light=rain,ad=AD-001/1"


NAMES = ("hook", "mood", "size", "flag")
CELLS = st.sampled_from(["x", "y", 5, "5", True, "9:16", 1.5])
TABLES = st.lists(st.dictionaries(st.sampled_from(NAMES), CELLS), min_size=1, max_size=5)


def written(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


@settings(max_examples=60)
@given(TABLES, st.data())
@pytest.mark.slow
def test_a_column_stands_for_the_labels_of_its_rows(rows: list[dict[str, Any]], data: st.DataObject) -> None:
    """What `exclude` and `when` do by columns is what they do by the labels that have these values."""
    table = [{"id": f"r{n}", **row} for n, row in enumerate(rows)]
    there = [(column, value) for row in rows for column, value in row.items()]
    if not there:
        return
    column, value = data.draw(st.sampled_from(there))
    labels = [r["id"] for r in table if written(r.get(column, {})) == written(value)]
    prompt = "{{ label.ad }}"
    for kept in (table, mapping(table)):
        by_column, by_label = (
            compiled(board(kept, prompt, matrix=f", exclude: [{json.dumps({'light': 'rain', name: wanted})}]"))
            for name, wanted in ((f"ad.{column}", value), ("ad", labels))
        )
        assert by_column.ok and by_label.ok
        assert [e.manifest for e in by_column.entries] == [e.manifest for e in by_label.entries]
        assert len(by_column.entries) == 2 * len(table) - len(labels)
        by_column, by_label = (
            compiled(board(kept, prompt, more=f"overrides: {json.dumps([{'when': {name: wanted}, 'duration': 9}])}\n"))
            for name, wanted in ((f"ad.{column}", value), ("ad", labels))
        )
        assert [e.manifest for e in by_column.entries] == [e.manifest for e in by_label.entries]
        assert {dict(e.labels)["ad"] for e in by_column.entries if e.request["duration"] == 9} == set(labels)


FINE = {
    "columns for people": board([{"id": "a", "line": "x", "x-hook": "q", "title": "T", "notes": "n", "tags": "t"}],
                                "{{ ad.line }}"),
    "a column that exclude alone names": board([{"id": "a", "line": "x", "k": "v"}, {"id": "b", "line": "y"}],
                                               "{{ ad.line }}", matrix=", exclude: [{ad.k: v, light: rain}]"),
    "a column that when alone names": board([{"id": "a", "line": "x", "k": "v"}, {"id": "b", "line": "y"}],
                                            "{{ ad.line }}", more="overrides: [{when: {ad.k: v}, duration: 9}]\n"),
    "rows that a column of when tells apart": board([{"id": "a", "line": "x", "k": "v"}, {"id": "b", "line": "x"}],
                                                    "{{ ad.line }}",
                                                    more="overrides: [{when: {ad.k: v}, duration: 9}]\n"),
    "an axis that when names by a column": board([{"id": "a", "k": "v"}, {"id": "b", "k": "w"}], "",
                                                 more="overrides: [{when: {ad.k: v}, duration: 9}]\n"),
    "the label alone": board([{"id": "a"}, {"id": "b"}], "{{ ad.id }}"),
    "a row that lacks a column": board([{"id": "a", "line": "x"}, {"id": "b"}], "{{ ad.line | default('') }}"),
    "a field in some rows": board([{"id": "a", "duration": 6}, {"id": "b"}], ""),
    "a path of a medium": board([{"id": "a", "file": "https://cdn.example.com/a.png"}], "{{ ref('own') }}",
                                'references: {own: {image: "{{ ad.file }}"}}, '),
    "a condition that some rows meet": board(ROWS[:2], "{{ ad.line }}{% if ad.hook in ['reveal', 'question'] %}!"
                                             "{% endif %} {{ ad.mood | default('') }}{{ 'x' if ad.id == 'AD-001' }}"),
    "label and column": board(ROWS[:2], "{{ ad.line }} {{ ad.mood | default('') }}",
                              matrix=", exclude: [{ad: [AD-001, AD-002], ad.hook: reveal, light: rain}]"),
}  # fmt: skip


@pytest.mark.parametrize("text", FINE.values(), ids=FINE)
def test_what_is_right_is_not_spoken_of(text: str) -> None:
    assert codes(text) == []


ONE = {
    "rows that are one request": (board([{"id": "a", "line": "x"}, {"id": "b", "line": "x"}], "{{ ad.line }}"),
                                  "label-same"),
    "a table that nothing reads": (board([{"id": "a", "line": "x"}, {"id": "b", "line": "y"}], ""), "axis-unused"),
    "a column that nothing reads": (board([{"id": "a", "line": "x", "mood": "y"}], "{{ ad.line }}"), "key-unused"),
    "a cell that is a template": (board([{"id": "a", "line": "{{ light }}"}], "{{ ad.line }}"), "template-left-over"),
    "a field that is a template": (board([{"id": "a", "duration": "{{ 5 }}"}], ""), "table-cell"),
    "an empty cell that is read": (board([{"id": "a", "line": None}, {"id": "b", "line": "y"}], "{{ ad.line }}"),
                                   "table-cell"),
    "a label that exclude names too": (board([{"id": "a b", "line": "x"}, {"id": "c", "line": "y"}], "{{ ad.line }}",
                                             matrix=", exclude: [{ad: a b}, {ad.line: x}]"), "bad-label"),
    "a column that none may have, and is read": (board([{"id": "a", "prompt": "x"}, {"id": "b", "prompt": "y"}],
                                                       "{{ ad.prompt }}"), "prompt-in-axis"),
    "no ids at all": (board([{"line": "x", "k": "v"}, {"line": "y", "k": "w"}], "{{ ad.line }}"), "missing-key"),
    "one row without an id": (board([{"id": "a", "line": "x"}, {"line": "y"}], "{{ ad.line }}"), "missing-key"),
    "a sentence in a column that is named": (board(ROWS, "{{ ad.line }} {{ ad.mood | default('') }} {{ ad.hook }}",
                                                   matrix=", exclude: [{ad.line: One apple.}]"), "not-a-label"),
    "a column of another axis": (board(ROWS, "{{ ad.line }} {{ ad.mood | default('') }} {{ ad.hook }}",
                                       matrix=", exclude: [{light.hook: reveal}]"), "unknown-column"),
    "an own axis that hides nothing": (board([{"id": "a", "line": "x"}], "{{ ad.line }}",
                                             "overrides: [{when: {add.line: x}, duration: 9}], "), "unknown-axis"),
    "a condition that no row meets": (board(ROWS[:2], "{{ ad.line }}{% if ad.hook == 'revael' %}!{% endif %} "
                                            "{{ ad.mood | default('') }}"), "never-equal"),
    "a number that is compared with a text": (board([{"id": "a", "k": 5}, {"id": "b", "k": 6}],
                                                    "{{ 'x' if ad.k == '5' else 'y' }}"), "never-equal"),
    "an axis with a dot and nothing behind it": (board([{"id": "a", "line": "x"}], "{{ ad.line }}",
                                                       more="overrides: [{when: {ad.: x}, duration: 9}]\n"),
                                                 "unknown-axis"),
    "a table that is named like a field": (board([{"id": "a", "line": "x"}], "{{ ad.line }}", "matrix: {axes: "
                                                 "{duration: [{id: b, seconds: 5}]}}, "), "table-column"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "code"), ONE.values(), ids=ONE)
def test_one_mistake_is_one_finding(text: str, code: str) -> None:
    assert codes(text) == [code]


def test_an_id_in_another_case_is_mended() -> None:
    (only,) = compiled(board([{"ID": "a", "line": "x"}, {"ID": "b", "line": "y"}], "{{ ad.line }}")).diagnostics
    assert only.code == "missing-key" and [e.text for e in only.edits] == ["id", "id"]


def test_an_override_of_the_storyboard_holds_in_shots_whose_own_axis_has_the_column() -> None:
    """Two shots have axes of one name: a value that one of them has is known, and holds there alone."""
    shots = "".join(
        f"  - {{id: {shot}, matrix: {{axes: {{size: [{{id: s, kind: {kind}}}]}}}}, "
        f"prompt: \"{{{{ ref('hero') }}}} {{{{ size.kind }}}}\"}}\n"
        for shot, kind in (("a", "wide"), ("b", "close"))
    )
    overrides = "overrides: [{when: {size.kind: wide}, duration: 9}, {when: {size.kind: close}, duration: 8}]\n"
    found = compiled(f"{HEAD}{overrides}shots:\n{shots}")
    assert not found.diagnostics
    assert [(e.shot, e.request["duration"]) for e in found.entries] == [("a", 9), ("b", 8)]


def test_columns_are_named_like_axes() -> None:
    entries = compiled(board(ROWS, "{{ ad.line }} {{ ad.hook }} {{ ad.mood | default('') }}")).entries
    assert axes_of(entries) == ["light", "ad"]
    assert columns_of(entries) == ["ad.hook", "ad.duration", "ad.mood"]
    assert fault_of("ad.hook", entries) == fault_of("ad", entries) == fault_of("ad.id", entries) == ""
    assert fault_of("shot", entries, ("shot",)) == ""
    assert "row `AD-001`" in fault_of("ad.line", entries)
    assert "`hook`" in fault_of("ad.hok", entries) and "no column" in fault_of("light.hook", entries)
    assert "`ad.hook`" in fault_of("hook", entries)


@pytest.mark.parametrize(
    ("terms", "addresses"),
    [
        (["ad.hook=question"], ["a@light=rain,ad=AD-001/1", "a@light=dusk,ad=AD-001/1"]),
        (["ad.hook=reveal,light=rain"], ["a@light=rain,ad=AD-002/1", "a@light=rain,ad=3/1"]),
        (["ad.mood=wild", "ad.duration=6,light=dusk"],
         ["a@light=rain,ad=3/1", "a@light=dusk,ad=AD-001/1", "a@light=dusk,ad=3/1"]),
    ],
)  # fmt: skip
def test_rows_are_chosen_by_columns(terms: list[str], addresses: list[str]) -> None:
    entries = compiled(board(ROWS, "{{ ad.line }} {{ ad.hook }} {{ ad.mood | default('') }}")).entries
    assert [e.address for e in choose(entries, Lock(), terms, []).chosen] == addresses
    assert [e.address for e in choose(entries, Lock(), [], terms).others] == addresses


@pytest.mark.parametrize("term", ["ad.hook=questoin", "ad.line=One", "ad.hok=reveal", "light.hook=reveal"])
def test_a_term_that_fits_nothing_is_refused(term: str) -> None:
    entries = compiled(board(ROWS, "{{ ad.line }} {{ ad.hook }} {{ ad.mood | default('') }}")).entries
    with pytest.raises(NothingSelected, match=r"ad|light"):
        choose(entries, Lock(), [], [term])


def test_columns_of_tables_stand_in_json_and_those_of_mappings_do_not() -> None:
    table, same = (compiled(board(rows)).entries for rows in (ROWS, mapping(ROWS)))
    assert as_json(table[0])["columns"] == {"ad.hook": "question", "ad.duration": "6", "ad.mood": "calm"}
    assert "columns" not in as_json(same[0])
    for entries in (table, same):
        assert [json.loads(line) for line in as_lines(entries)] == [as_json(e) for e in entries]
