"""The compiler's corners that a folder of files cannot show: no file, no libraries, long chains, many rows, prices."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from itertools import islice
from pathlib import Path

import pytest
from boards import CATALOG, MODEL, compiled, look, written
from hypothesis import given
from hypothesis import strategies as st
from test_properties import boards, bounded

from seedspec import api
from seedspec.catalog.media_facts import MediaFacts
from seedspec.catalog.price import Asked, Cost, charge, estimate, reference_seconds
from seedspec.compiler.entry import Entry, body_of
from seedspec.compiler.references.context import Inputs
from seedspec.compiler.references.limits import MediaFile
from seedspec.compiler.request.expand import Expansion, expand
from seedspec.compiler.storyboard.reader import storyboard_of
from seedspec.compiler.storyboard.swallowed_text import swallowed_comment
from seedspec.text.diagnostic import Problems
from seedspec.text.node import Map, Scalar
from seedspec.text.yaml import parse, source_of

HEAD = f"seedspec: 1\nmodel: {MODEL}\n"
HERO = "references: {hero: {image: https://cdn.example.com/hero.png}}\n"


def expansion(text: str, look: object = look) -> Expansion:
    problems = Problems()
    source = source_of("s.yaml", text.encode(), problems)
    assert source is not None
    node = parse(source, problems)
    assert node is not None
    board = storyboard_of(node, CATALOG, "s", problems)
    assert board is not None, list(problems)
    return expand(board, Inputs(look, lambda _: None), problems)  # type: ignore[arg-type]


def codes(text: str) -> list[str]:
    return [d.code for d in compiled(text).diagnostics]


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    (only,) = api.check(tmp_path / "storyboard.yaml")
    assert only.code == "cannot-read" and "there is no such file" in only.message
    (only,) = api.check(tmp_path)
    assert only.code == "cannot-read" and only.message.endswith("is a directory")


def test_media_that_could_not_be_looked_at() -> None:
    def blind(target: str, kind: str) -> MediaFile:
        return MediaFile(target, "1" * 64, MediaFacts(bytes=5), unchecked="pip install 'seedspec[media]'")

    out = expansion(
        f"{HEAD}references: {{hero: {{image: a.png}}}}\nshots: [{{id: a, prompt: \"{{{{ ref('hero') }}}}\"}}]\n", blind
    )
    assert len(list(out.entries())) == 1
    assert [d.code for d in out.problems] == ["media-not-checked"] and not out.problems.failed


def chain(count: int, *, circle: bool = False, backwards: bool = False) -> str:
    shots = [
        {"id": f"s{n}", "references": {"prev": {"shot": f"s{n + 1}"}}, "prompt": "{{ ref('prev') }}"}
        for n in range(count)
    ]
    last = {"id": f"s{count}", "prompt": "An empty street."}
    if circle:
        last |= {"references": {"prev": {"shot": "s0"}}, "prompt": "{{ ref('prev') }}"}
    return written({"seedspec": 1, "model": MODEL, "shots": [last, *shots[::-1]] if backwards else [*shots, last]})


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.slow
def test_a_chain_of_many_shots(backwards: bool) -> None:
    result = compiled(chain(900, backwards=backwards))
    assert result.ok and len(result.entries) == 901
    first, second = result.entries[:2] if not backwards else result.entries[:-3:-1]
    assert [m.where for m in first.upstream] == ["s1/1"]
    assert first.upstream[0].key == second.fingerprint
    assert body_of(first, {first.upstream[0].key: "https://x.test/1.mp4"}).count(b"https://x.test/1.mp4") == 1


@pytest.mark.parametrize("count", [1, 5, 59, 60, 61, 500])
def test_a_circle_of_many_shots(count: int) -> None:
    result = compiled(chain(count, circle=True))
    assert not result.ok and result.entries == ()
    assert {d.code for d in result.diagnostics} == {"shot-cycle"}
    said = result.diagnostics[0].message
    if count < 61:
        assert said.startswith("shots wait for one another: `s") and said.count("`s") == count + 2
    else:
        assert re.fullmatch(r"more than 60 shots wait for one another, `s\d+` and on", said)


def test_a_circle_that_no_prompt_follows_is_none() -> None:
    text = HEAD + "references: {prev: {shot: b}}\nshots:\n  - {id: a, prompt: x}\n  - {id: b, prompt: \"{{ 'y' }}\"}\n"
    assert codes(text) == ["reference-unused", "no-reference", "no-reference"]


def test_entries_stream() -> None:
    """The first entries of a large matrix are there before the rest is made."""
    labels = ", ".join(f"n{i}" for i in range(100))
    twenty = ", ".join(f"n{i}" for i in range(20))
    out = expansion(
        f"{HEAD}{HERO}matrix: {{max_entries: 1000000, axes: {{a: [{twenty}], b: [{labels}], c: [{labels}]}}}}\n"
        "shots: [{id: s, prompt: \"{{ ref('hero') }} {{ a }}{{ b }}{{ c }}\"}]\n"
    )
    assert [c.entries for c in out.counts] == [200_000]
    first: list[Entry] = list(islice(out.entries(), 3))
    assert [e.address for e in first] == [f"s@a=n0,b=n0,c=n{i}/1" for i in range(3)]


@pytest.mark.slow
@bounded
@given(boards(), st.data())
def test_the_arithmetic_is_true(board: dict[str, object], data: st.DataObject) -> None:
    axes = board["matrix"]["axes"]  # type: ignore[index]
    if axes:
        name = data.draw(st.sampled_from(sorted(axes)))
        label = data.draw(st.sampled_from(sorted(axes[name])))
        board = {**board, "matrix": {"axes": axes, "exclude": [{name: label}]}}
    out = expansion(written(board))
    made = list(out.entries())
    if not out.problems.failed:
        assert sum(c.entries for c in out.counts) == len(made)
        assert [e.shot for e in made] == [c.shot for c in out.counts for _ in range(c.entries)]
        assert {c.shot: c.entries for c in out.counts} == {
            c.shot: sum(e.shot == c.shot for e in made) for c in out.counts
        }


@pytest.mark.parametrize(
    ("written", "cut"),
    [
        ("shot #3 of the hero", "#3 of the hero"), ("say #freshtea", "#freshtea"), ("in #ff0000", "#ff0000"),
        ("tea # with {{ ref('hero') }}", "# with {{ ref('hero') }}"), ("#3 of the hero", "#3 of the hero"),
        ("tea #", ""), ("tea # a note", ""), ("tea  # a note", ""), ("tea  #a note", ""), ("tea   #3", ""),
        ("tea ## a note", ""),
        ("tea#3", ""), ("'tea' #3", ""), ('"tea" #3', ""), ("5 #3", ""), ("true #3", ""),
        ("|  #3\n  tea #3", ""), ("# a note", ""),
        ("[a] #3", ""), ("{a: b} #3", ""), ("tea  # was: {{ ref('hero') }}", ""), ("tea #!", ""),
    ],
)  # fmt: skip
def test_text_cut_by_comments(written: str, cut: str) -> None:
    problems = Problems()
    source = source_of("s.yaml", f"x: {written}\ny: 1\n".encode(), problems)
    assert source is not None
    node = parse(source, problems)
    assert isinstance(node, Map)
    value = node.pairs["x"].value
    found = swallowed_comment(value) if isinstance(value, Scalar) else None
    assert (found.text if found else "") == cut


def test_cuts_are_looked_for_in_free_text_alone() -> None:
    def cut(text: str) -> list[str]:
        return [d.span.text for d in compiled(HEAD + text).diagnostics if d.code == "text-cut" and d.span]

    shot = "shots:\n  - id: a\n    prompt: x\n"
    assert cut(f"title: x #1\nnotes: y #2\nvars:\n  a: z #3\n  b: [u #4\n    ]\n{shot}") == ["#1", "#2", "#3", "#4"]
    assert cut("matrix:\n  axes:\n    look:\n      noir: wet #1\n      pastel:\n        words: dry #2\n" + shot) == [
        "#1",
        "#2",
    ]
    assert cut("shots:\n  - id: a #no\n    title: b #1\n    prompt:\n      one: x #2\n      two: y\n") == ["#1", "#2"]
    assert cut(f"output: renders #later\nname: tea #x\ndefaults: {{duration: 5}} #y\n{shot}") == []
    assert cut("x-a: &a tea #1\nshots:\n  - {id: a, prompt: *a}\n  - {id: b, prompt: *a}\n") == ["#1"]


RATE = CATALOG.models[MODEL].rate


@pytest.mark.parametrize(
    ("quality", "duration", "video", "credits"),
    [
        ("720p", 5, None, "67.5"), ("480p", 4, None, "25.11"), ("720p", 15, None, "202.5"),
        ("720p", 5, 0.0, "82.215"),
        ("720p", 5, 5.0, "82.215"), ("720p", 5, 8.0, "106.8795"), ("480p", 4, 2.0, "30.672"),
        ("720p", 4, 4.01, "66.59415"), ("720p", 10, 5.0, "164.43"),
    ],
)  # fmt: skip
def test_prices(quality: str, duration: int, video: float | None, credits: str) -> None:
    units = charge(RATE, Asked(duration, quality, videos=int(video is not None)), video or 0)
    assert units == round(Decimal(credits) * RATE.units_per_credit)


def test_a_reference_video_of_unknown_length_makes_a_range() -> None:
    asked = Asked(5, "720p", videos=1)
    cost = estimate(RATE, asked, reference_seconds([None], (2, 15), 15))
    assert cost == Cost(charge(RATE, asked, 2), charge(RATE, asked, 15))
    assert cost.low < cost.high
    assert cost + cost == Cost(2 * cost.low, 2 * cost.high)


@pytest.mark.parametrize(
    ("lengths", "found"),
    [
        ([], None), ([8.0], (8.0, 8.0)), ([3.0, 4.5], (7.5, 7.5)), ([None], (2, 15)), ([None, None], (4, 15)),
        ([3.0, None], (5.0, 15)), ([6.0, 6.0, None], (14.0, 15)), ([14.0, None], (16.0, 16.0)), ([16.0], (16.0, 16.0)),
    ],
)  # fmt: skip
def test_seconds_of_reference_videos(lengths: list[float | None], found: tuple[float, float] | None) -> None:
    """A known length is never made shorter, and an unknown one never nothing."""
    assert reference_seconds(lengths, (2, 15), 15) == found


def walked(result: Iterator[Entry]) -> int:
    return sum(1 for _ in result)


@pytest.mark.parametrize("rows", [2, 3])
def test_a_sum_that_is_one_too_many(rows: int) -> None:
    labels = ", ".join(f"n{i}" for i in range(rows))
    shots = "shots: [{id: a, prompt: \"{{ ref('hero') }}\"}]\n"
    text = f"{HEAD}{HERO}matrix: {{axes: {{a: [{labels}]}}, max_entries: 2}}\n{shots}"
    assert walked(expansion(text).entries()) == (rows if rows == 2 else 0)


@pytest.mark.parametrize(("more", "found"), [("", []), (", include: [{look: c}]", ["s@look=c/1", "t/1"])])
def test_a_shot_without_axes_in_a_matrix_without_rows(more: str, found: list[str]) -> None:
    """`only: []` leaves the matrix one row, as long as it has any at all."""
    board = (
        f"seedspec: 1\nmodel: {MODEL}\nreferences: {{cup: {{image: https://cdn.example.com/cup.webp}}}}\n"
        f"matrix: {{axes: {{look: [a, b]}}, exclude: [{{look: a}}, {{look: b}}]{more}}}\nshots:\n"
        "  - {id: s, prompt: \"{{ ref('cup') }} {{ look }}\"}\n"
        "  - {id: t, prompt: \"{{ ref('cup') }}\", matrix: {only: []}}\n"
    )
    done = compiled(board)
    assert [e.address for e in done.entries] == found
    assert [d.code for d in done.diagnostics] == ([] if found else ["no-rows"])
