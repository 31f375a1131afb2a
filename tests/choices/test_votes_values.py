"""Votes as values: which of them count, what standings say of them to the last digit, and what is told and left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from seedspec import api
from seedspec.choices.film_ratio import asked_ratio, check_ratios, ratio_of
from seedspec.choices.film_votes import FilmBallot, by_film, film_ballots, films_by_axis, price_of_film
from seedspec.choices.films import Film, NoFilms, Playing, chosen_films, same_file_names
from seedspec.choices.picks import Picks
from seedspec.choices.reviews import Entries, Mention, Review, Vote
from seedspec.choices.standings import (
    Ballot,
    Standing,
    Standings,
    ballots,
    by_axis,
    by_take,
    standings_of_pairs,
    strengths,
    with_prices,
)
from seedspec.compiler.entry import Entry
from seedspec.project.compile import compile
from seedspec.project.film_rows import films_in
from seedspec.text.diagnostic import Problems
from seedspec.text.source import Source

BOARD = """\
seedspec: 1
model: seedance-2.0-reference-to-video
references: {cup: {image: https://cdn.example.com/cup.png}}
matrix: {axes: {look: [noir, pastel], hook: [ask, tell]}}
shots:
  - {id: open, takes: 2, prompt: "{{ ref('cup') }} {{ look }} {{ hook }}"}
  - {id: pour, matrix: {only: [look]}, prompt: "{{ ref('cup') }} is filled, {{ look }}"}
"""
ROWS: list[tuple[Any, ...]] = [
    ("z", 1, 0, 0, 0.803919, 0.500003, 0.910098),
    ("x", 2, 2, 1, 0.405115, 0.214467, 0.78428),
    ("y", 1, 2, 1, 0.290966, 0.065996, 0.637522),
]
VERDICTS: list[tuple[str, str, int | None]] = [
    ("x", "too few", 5), ("xxxxx", "too few", 1), ("xxxxxx", "clear", None), ("xxxxxy", "lean", 1),
    ("xxxxyy", "lean", 31), ("xxxyyy", "even", None), ("xxxxyyy", "lean", 205), ("x" * 13 + "y" * 12, "even", None),
    ("x" * 20 + "y" * 10, "lean", 2), ("y" * 14 + "x" * 12, "lean", 644),
]  # fmt: skip
STRENGTHS: dict[str, float] = {"a": 2.3893, "b": 0.8712, "c": 0.4913}
SPAN = Source("x.yaml", "votes").span(0)


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path: Path = tmp_path_factory.mktemp("votes") / "storyboard.yaml"
    path.write_text(BOARD)
    return path


@pytest.fixture(scope="module")
def takes(board: Path) -> dict[str, Entry]:
    return {e.address: e for e in api.compile(board).entries}


@pytest.fixture(scope="module")
def films(board: Path) -> dict[str, Film]:
    found = {f.name: f for f in films_in(compile(board), Picks()).films}
    assert [*found] == [f"film@look={look},hook={hook}" for look in ("noir", "pastel") for hook in ("ask", "tell")]
    return found


NA, NT, PA = (f"film@look={x}" for x in ("noir,hook=ask", "noir,hook=tell", "pastel,hook=ask"))
OA, OT = (f"open@look=noir,hook={x}/1" for x in ("ask", "tell"))


def told(problems: Problems) -> list[str]:
    return [f"{d.severity} {d.message} [{d.code}]" + "".join(f" | {n.message}" for n in d.notes) for d in problems]


def vote(a: tuple[str, str], b: tuple[str, str], winner: Any = "a", criterion: str = "overall") -> Vote:
    return Vote(Mention(*a, SPAN), Mention(*b, SPAN), winner, criterion, blind=True)


def test_votes_on_takes_of_today_count_and_others_are_told(takes: dict[str, Entry]) -> None:
    fps = {a: e.fingerprint for a, e in takes.items()}
    one, other = (OA, fps[OA]), (OT, fps[OT][:16])
    votes = (
        vote(one, other, "b", "motion"), vote(other, ("gone/1", "0" * 16)), vote((OA, "0" * 16), other), vote(one, one),
    )  # fmt: skip
    problems = Problems()
    found = ballots([Review("mia", (), votes, ())], Entries(takes.values()), problems)
    assert found == [Ballot(takes[OA], takes[OT], "b", "motion", "mia")]
    assert told(problems) == [
        f"warning `{OA}` asks for something else now; the vote is not counted [changed-since]",
        "warning `gone/1` is no entry of the storyboard; the vote is not counted [unknown-entry]",
    ]


def test_votes_on_films_of_today_count_and_others_are_told(films: dict[str, Film]) -> None:
    fps = {n: f.fingerprint for n, f in films.items()}
    one, other = (NA, fps[NA]), (NT, fps[NT][:16])
    votes = (
        vote(one, other, "b", "motion"), vote(("film@light=noir", fps[PA][:16]), one), vote(other, (NA, "0" * 16)),
        vote(("film@look=noir,hook=aks", "0" * 16), other), vote(one, ("film@old", fps[NA])),
    )  # fmt: skip
    problems = Problems()
    found = film_ballots([Review("mia", (), (), (), votes)], [*films.values()], problems)
    assert found == [
        FilmBallot(films[NA], films[NT], "b", "motion", "mia"), FilmBallot(films[PA], films[NA], "a", "overall", "mia"),
    ]  # fmt: skip
    assert told(problems) == [
        f"warning `{NA}` plays other takes now; the vote is not counted [changed-since]",
        "warning `film@look=noir,hook=aks` is no film of the storyboard; the vote is not counted [unknown-film]"
        f" | did you mean `{NA}`?",
    ]


def cast(films: dict[str, Film], *rows: tuple[str, str, Any]) -> list[FilmBallot]:
    return [FilmBallot(films[a], films[b], winner, "overall", "mia") for a, b, winner in rows]


def counts(found: Standings) -> list[tuple[str, int, int, int]]:
    return [(r.name, r.wins, r.losses, r.ties) for r in found.rows]


def test_a_film_has_a_price_and_a_win_of_it_another(films: dict[str, Film]) -> None:
    prices = {e.fingerprint: 2.0**n for n, e in enumerate({p.entry.fingerprint: p.entry for f in films.values()
                                                           for p in f.plays}.values())}  # fmt: skip

    def usd(entry: Entry) -> float:
        return prices[entry.fingerprint]

    own = {name: sum(usd(p.entry) for p in film.plays) for name, film in films.items()}
    assert {name: price_of_film(film, usd) for name, film in films.items()} == own
    twice = replace(films[NA], plays=(*films[NA].plays, films[NA].plays[0]))
    assert price_of_film(twice, usd) == own[NA], "what plays twice is bought once"
    rows = [(NA, NT, "a"), (NA, NT, "a"), (NT, NA, "tie"), (PA, NT, "a"), (PA, NT, "skip"), (NA, PA, "bad")]
    found = by_film(cast(films, *rows), usd)  # type: ignore[arg-type]
    assert counts(found) == [(PA, 1, 0, 0), (NA, 2, 0, 1), (NT, 0, 3, 1)]
    assert {r.name: (r.usd, r.usd_per_win) for r in found.rows} == {
        NA: (own[NA], own[NA] / 2.5), PA: (own[PA], own[PA]), NT: (own[NT], own[NT] / 0.5),
    }  # fmt: skip
    assert (found.of, found.votes, found.bad, found.alike) == ("film", 4, 1, 5)
    lost = by_film(cast(films, (NA, NT, "a")), usd)
    assert [(r.usd, r.usd_per_win) for r in lost.rows] == [(own[NA], own[NA]), (own[NT], None)]


def test_labels_are_voted_on_by_films_that_differ_in_them(films: dict[str, Film]) -> None:
    rows = [(NA, NT, "a"), (NA, PA, "b"), (NT, PA, "b"), (NT, PA, "skip"), (NA, NT, "skip"), (NT, NA, "bad")]
    votes = cast(films, *rows)  # type: ignore[arg-type]
    hook, look = films_by_axis(votes, "hook"), films_by_axis(votes, "look")
    assert (hook.of, sorted(counts(hook)), hook.votes, hook.bad, hook.alike) == (
        "hook", [("ask", 2, 0, 0), ("tell", 0, 2, 0)], 2, 1, 2,
    )  # fmt: skip
    assert (look.of, sorted(counts(look)), look.votes, look.bad, look.alike) == (
        "look", [("noir", 0, 2, 0), ("pastel", 2, 0, 0)], 2, 0, 1,
    )  # fmt: skip
    assert films_by_axis(votes, "ratio") == Standings("ratio", (), 0, 0, 0, "too few", None)


def on(takes: dict[str, Entry], *rows: tuple[str, str, Any]) -> list[Ballot]:
    return [Ballot(takes[a], takes[b], winner, "overall", "mia") for a, b, winner in rows]


def test_labels_are_voted_on_by_takes_of_one_shot_that_differ(takes: dict[str, Entry]) -> None:
    again = OA.replace("/1", "/2")
    votes = on(
        takes, (OA, OT, "a"), (OA, "open@look=pastel,hook=tell/1", "tie"), (OA, again, "a"), (OA, OT, "skip"),
        (OA, "pour@look=noir/1", "a"), (OT, OA, "bad"), ("pour@look=noir/1", "pour@look=pastel/1", "b"),
    )  # fmt: skip
    hook, look = by_axis(votes, "hook"), by_axis(votes, "look")
    assert (counts(hook), hook.votes, hook.bad, hook.alike) == ([("ask", 1, 0, 1), ("tell", 0, 1, 1)], 2, 1, 2)
    assert (counts(look), look.votes, look.bad, look.alike) == ([("pastel", 1, 0, 1), ("noir", 0, 1, 1)], 2, 0, 1)
    of = by_take(votes)
    assert [(s.of, sorted(counts(s)), s.votes, s.bad, s.alike) for s in of] == [
        ("open", [(OA, 2, 0, 1), (again, 0, 1, 0), (OT, 0, 1, 0), ("open@look=pastel,hook=tell/1", 0, 0, 1)], 3, 1, 4),
        ("pour", [("pour@look=noir/1", 0, 1, 0), ("pour@look=pastel/1", 1, 0, 0)], 1, 0, 1),
    ]
    assert by_take(on(takes, (OA, OT, "skip"))) == []
    assert [s.bad for s in by_take(on(takes, (OA, OT, "bad")))] == [1]
    priced = with_prices(by_axis(on(takes, (OA, OT, "a")), "hook"), on(takes, (OA, OT, "a")), lambda e: 3.0)
    assert [(r.name, r.usd_per_win) for r in priced.rows] == [("ask", 3.0), ("tell", None)]


def rounded(row: Standing) -> tuple[Any, ...]:
    return row.name, row.wins, row.losses, row.ties, round(row.rate, 6), round(row.low, 6), round(row.high, 6)


PAIRS = [("a", "x", "y"), ("a", "x", "y"), ("b", "x", "y"), ("tie", "y", "x"), ("a", "z", "x"), ("bad", "x", "z")]


def test_the_same_votes_give_the_same_numbers() -> None:
    found = standings_of_pairs("look", [*PAIRS, ("skip", "x", "w")], 3, 7)  # type: ignore[list-item]
    assert [rounded(row) for row in found.rows] == ROWS
    assert (found.of, found.votes, found.bad, found.alike, found.verdict, found.more) == ("look", 5, 1, 3, "too few", 1)
    other = standings_of_pairs("look", [*PAIRS], 3, 8)  # type: ignore[list-item]
    assert [r.rate for r in other.rows] == [r.rate for r in found.rows] and other.rows != found.rows
    assert standings_of_pairs("x", [("bad", "a", "b")], 0, 0) == Standings("x", (), 0, 1, 0, "too few", None)


@pytest.mark.parametrize(("winners", "verdict", "more"), VERDICTS)
def test_a_verdict_and_the_votes_that_lack(winners: str, verdict: str, more: int | None) -> None:
    words = {"x": "a", "y": "b", "=": "tie"}
    found = standings_of_pairs("look", [(words[w], "x", "y") for w in winners], 0, 0)  # type: ignore[misc]
    assert (found.verdict, found.more) == (verdict, more)


def test_of_three_that_are_not_clear_no_number_of_votes_is_told() -> None:
    pairs: Sequence[Any] = [("a", "x", "y")] * 4 + [("b", "x", "y")] * 2 + [("a", "y", "z")] * 2
    found = standings_of_pairs("look", pairs, 0, 0)
    assert (found.verdict, found.more) == ("lean", None)


def test_strengths_begin_where_they_are_told_to_and_end_at_the_same() -> None:
    outcomes = [("a", "b", 1.0), ("a", "b", 0.5), ("c", "a", 0.0)]
    found = strengths("abc", outcomes)
    assert {n: round(p, 4) for n, p in found.items()} == STRENGTHS
    begun = strengths("abc", outcomes, start={"a": 9.0, "b": 0.1, "c": 5.0})
    assert begun == pytest.approx(found, rel=1e-4)
    assert strengths("ab", []) == pytest.approx({"a": 1.0, "b": 1.0})
    assert strengths("ab", [], prior=0, start={"a": 2.0, "b": 3.0}) == {"a": 2.0, "b": 3.0}


RATIO = """\
seedspec: 1
model: seedance-2.0-reference-to-video
references: {cup: {image: https://cdn.example.com/cup.png}}
shots:
"""


def asked(folder: Path, *ratios: str) -> tuple[Entry, ...]:
    path = folder / "storyboard.yaml"
    shots = (
        f"  - {{id: s{n}, prompt: \"{{{{ ref('cup') }}}} {n}\", aspect_ratio: '{r}'}}\n" for n, r in enumerate(ratios)
    )
    path.write_text(RATIO + "".join(shots))
    return api.compile(path).entries


def test_a_ratio_is_as_it_was_asked_for_or_else_as_it_was_measured(tmp_path: Path) -> None:
    wide, tall, free = asked(tmp_path, "16:9", "9:16", "adaptive")
    assert [asked_ratio(e) for e in (wide, tall, free)] == [16 / 9, 9 / 16, None]
    for size, ratio in (((864, 496), 864 / 496), ((0, 496), None), ((864, 0), None), (None, None)):
        assert [ratio_of(e, lambda _, size=size: size) for e in (wide, free)] == [16 / 9, ratio]  # type: ignore[misc]


@pytest.mark.parametrize("said", ["16", "16:9:1", "0:9", "16:0", "a:9", "-16:9", "", "²:9", "१६:९"])
def test_what_is_no_ratio_asks_for_none(tmp_path: Path, said: str) -> None:
    (entry,) = asked(tmp_path, "16:9")
    odd = entry._replace(base=entry.base._replace(said={**entry.base.said, "aspect_ratio": said}))
    assert asked_ratio(odd) is None


@pytest.mark.parametrize(
    ("size", "fits"), [((1039, 1000), True), ((1041, 1000), False), ((961, 1000), True), ((959, 1000), False)]
)
def test_sizes_of_one_ratio_may_differ_by_a_little(tmp_path: Path, size: tuple[int, int], fits: bool) -> None:
    square, free = asked(tmp_path, "1:1", "adaptive")
    film = Film((), (Playing(square, picked=False), Playing(free, picked=False)))
    problems = Problems()
    check_ratios([film], lambda e: size, {"s0": SPAN, "s1": SPAN}, problems)
    said = (
        f"error `film` would play `s1/1` at {size[0]}×{size[1]} after `s0/1` at 1:1; expected one ratio in a film"
        " [film-ratio] | the other ratio is from here | pick a take of the first ratio, or give both shots one ratio"
    )
    assert told(problems) == ([] if fits else [said])
    several = Problems()
    check_ratios([film, film, film], lambda e: size, {}, several)
    assert ["`film` and 2 more would play" in line for line in told(several)] == ([] if fits else [True])


def test_a_film_without_axes_is_named_film_and_has_no_terms(films: dict[str, Film]) -> None:
    alone = Film((), films[NA].plays)
    assert (alone.name, alone.file) == ("film", "film")
    with pytest.raises(NoFilms) as none:
        chosen_films([alone], ["look=noir"], [])
    assert str(none.value) == "`look=noir` fits no film; there is one film, and it has no axis"
    with pytest.raises(NoFilms) as wrong:
        chosen_films([*films.values()], [], ["look=oil"])
    assert str(wrong.value) == (
        "`look=oil` fits no film; expected axis=label of films: look=noir, hook=ask, hook=tell, look=pastel"
    )
    assert [f.name for f in chosen_films([*films.values()], [], ["look=pastel"])] == [NA, NT]
    assert [f.name for f in chosen_films([*films.values()], ["look=noir, hook=ask"], [])] == [NA]
    assert same_file_names(films.values()) is None
