"""Votes and what they say: strengths against a second implementation, intervals, and the words for doubt."""

from __future__ import annotations

import json
import random
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from outputs import check_output
from takes import BOARD, Project, bought

from seedspec import api
from seedspec.choices.picks import Picks
from seedspec.choices.standings import Ballot, Outcome, by_axis, strengths, with_prices
from seedspec.cli.main import seedspec
from seedspec.project.compile import compile
from seedspec.project.film_rows import films_in

DIGEST = "sha256:" + "0" * 64


def oracle(names: list[str], outcomes: list[Outcome], *, prior: float) -> dict[str, float]:
    """The same strengths by choix: votes count twice, so that a tie is a win for each; the prior is one more player."""
    import choix  # takes a second, in each process that collects the tests

    at = {name: i for i, name in enumerate(names)}
    pairs: list[tuple[int, int]] = []
    for x, y, scored in outcomes:
        pairs += [(at[x], at[y])] * int(2 * scored) + [(at[y], at[x])] * int(2 - 2 * scored)
    players = len(names)
    if prior:
        players += 1
        pairs += [pair for i in range(len(names)) for pair in [(i, len(names)), (len(names), i)] * int(prior)]
    logs = choix.mm_pairwise(players, pairs, max_iter=100_000, tol=1e-10)
    logs = logs - (logs[-1] if prior else np.mean(logs))
    return {name: float(np.exp(logs[i])) for name, i in at.items()}


OUTCOMES = st.lists(
    st.tuples(st.sampled_from("abcd"), st.sampled_from("abcd"), st.sampled_from([0.0, 0.5, 1.0])).filter(
        lambda o: o[0] != o[1]
    ),
    min_size=1,
    max_size=40,
)


@settings(max_examples=60)
@given(OUTCOMES)
def test_strengths_are_those_of_another_implementation(outcomes: list[Outcome]) -> None:
    names = sorted({n for x, y, _ in outcomes for n in (x, y)})
    ours, theirs = strengths(names, outcomes), oracle(names, outcomes, prior=1)
    for name in names:
        assert ours[name] == pytest.approx(theirs[name], rel=1e-3)


def test_without_the_prior_too_where_everybody_lost_to_somebody() -> None:
    chance = random.Random(3)
    true = {"a": 1.0, "b": 0.6, "c": 0.2, "d": 0.1}
    outcomes = []
    for _ in range(400):
        x, y = chance.sample(sorted(true), 2)
        outcomes.append((x, y, float(chance.random() < true[x] / (true[x] + true[y]))))
    ours, theirs = strengths(sorted(true), outcomes, prior=0), oracle(sorted(true), outcomes, prior=0)
    scale = float(np.exp(np.mean(np.log(list(ours.values())))))
    for name in true:
        assert ours[name] / scale == pytest.approx(theirs[name], rel=1e-3)
    assert sorted(ours, key=lambda n: -ours[n]) == ["a", "b", "c", "d"]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    board = tmp_path / "storyboard.yaml"
    board.write_text(BOARD.format(schema="x.json"), encoding="utf-8")
    return bought(board, lambda n: None)


def vote(project: Project, winners: str, *, reviewer: str = "mia") -> Path:
    """A review with a vote a letter: q or r for the hook that wins, = tie, - both bad, 0 skipped."""
    by_address = {e.address: e for e in project.entries()}
    a, b = by_address["open@look=dawn,hook=question/1"], by_address["open@look=dawn,hook=reveal/1"]
    words = {"q": "a", "r": "b", "=": "tie", "-": "bad", "0": "skip"}
    rows = [
        json.dumps({"a": a.address, "a_fp": a.fingerprint[:16], "b": b.address, "b_fp": b.fingerprint[:16],
                    "winner": words[w], "blind": True, "shown": "ba", "criterion": "overall"})
        for w in winners
    ]  # fmt: skip
    page = json.dumps({"storyboard": "kite", "digest": DIGEST})
    text = "\n".join(
        ["seedspec_review: 1", f"page: {page}", f"reviewer: {reviewer}", "votes:", *(f"  - {r}" for r in rows)]
    )
    file = project.folder / "reviews" / f"storyboard.{reviewer}.review.yaml"
    file.parent.mkdir(exist_ok=True)
    file.write_text(text + "\n", encoding="utf-8")
    return file


def stats(project: Project, *options: str) -> str:
    done = CliRunner().invoke(seedspec, ["stats", str(project.board), *options])
    assert done.exit_code == 0, (done.output, done.exception)
    check_output(("stats", *options), done.stdout)
    return done.stdout


@pytest.mark.parametrize(
    ("winners", "verdict"),
    [
        ("rrr", "too few to say: about 3 more votes"),
        ("rrrrq", "too few to say: about 1 more vote"),
        ("rrrrrrrrrrrqqqq==", "reveal leads, not proven; about 3 more votes at this rate would decide"),
        ("rrrqqq==", "even: the votes do not prefer one"),
        ("rrrrrrrrrrrrrrrrrrq", "reveal leads, and by more than chance"),
    ],
)
def test_how_sure_it_is_is_said(project: Project, winners: str, verdict: str) -> None:
    vote(project, winners)
    assert stats(project, "--axis", "hook").splitlines()[-1].strip() == verdict


@pytest.mark.slow
def test_votes_are_counted_in_text_and_json(project: Project) -> None:
    vote(project, "rrrrrrrrrrrqqqq==--00")
    text = stats(project, "--axis", "hook")
    assert text.splitlines()[0] == "axis hook: 17 votes, 2 for neither"
    assert text.splitlines()[2].split()[:5] == ["reveal", "11", "4", "2", "70"]
    found = json.loads(stats(project, "--format", "json"))
    assert [a["of"] for a in found["axes"]] == ["hook"] and [s["of"] for s in found["shots"]] == ["open"]
    hook = found["axes"][0]
    assert (hook["votes"], hook["neither"], hook["alike"]) == (17, 2, 19)
    assert [(r["name"], r["wins"], r["losses"], r["ties"]) for r in hook["rows"]] == [
        ("reveal", 11, 4, 2), ("question", 4, 11, 2),
    ]  # fmt: skip
    reveal = hook["rows"][0]
    assert reveal["low"] < reveal["rate"] < reveal["high"] and 0.4 < reveal["low"] < 0.6 and 0.8 < reveal["high"] < 0.95
    assert hook["rows"][1]["rate"] == pytest.approx(1 - reveal["rate"], abs=2e-4)
    assert text == stats(project, "--axis", "hook"), "the same votes, other numbers"


def test_a_win_costs_what_was_spent_on_the_takes_that_were_voted_on(project: Project) -> None:
    """Each take counts once, however often it was voted on; a tie is half a win, and a skipped vote spends nothing."""
    takes = {e.address: e for e in project.entries()}
    prices = {address: 2.0**i for i, address in enumerate(takes)}
    asked = [("dawn", "question", "dawn", "reveal", w) for w in ("b", "b", "tie")]
    asked += [("noon", "question", "noon", "reveal", "b"), ("noon", "question", "noon", "reveal", "skip")]
    votes = [
        Ballot(takes[f"open@look={x},hook={a}/1"], takes[f"open@look={y},hook={b}/1"], winner, "overall", "mia")
        for x, a, y, b, winner in asked
    ]
    found = with_prices(by_axis(votes, "hook"), votes, lambda entry: prices[entry.address])
    spent = {
        h: sum(prices[f"open@look={look},hook={h}/1"] for look in ("dawn", "noon")) for h in ("question", "reveal")
    }
    won = {"question": 0.5, "reveal": 3.5}
    assert {row.name: row.usd_per_win for row in found.rows} == {h: spent[h] / won[h] for h in spent}


def test_a_vote_on_another_request_is_left_out_with_its_place(project: Project) -> None:
    file = vote(project, "rrq")
    text = file.read_text(encoding="utf-8")
    changed = project.entries()[0].fingerprint[:16]
    file.write_text(text.replace(changed, "0" * 16, 1), encoding="utf-8")
    done = CliRunner().invoke(seedspec, ["stats", str(project.board), "--axis", "hook"])
    assert done.exit_code == 0 and "axis hook: 2 votes" in done.stdout
    assert f"{file.name}:5:" in done.stderr and "[changed-since]" in done.stderr


def test_an_axis_that_is_not_there_is_named(project: Project) -> None:
    done = CliRunner().invoke(seedspec, ["stats", str(project.board), "--axis", "hok"])
    assert getattr(done.exception, "code", None) == 2 and "did you mean `hook`" in str(done.exception)


def test_votes_of_takes_that_differ_in_more_are_counted_and_said(project: Project) -> None:
    file = vote(project, "rr")
    text = file.read_text(encoding="utf-8")
    by_address = {e.address: e for e in project.entries()}
    dawn, noon = (by_address[f"open@look={look},hook=question/1"] for look in ("dawn", "noon"))
    text = text.replace(dawn.address, noon.address, 1).replace(dawn.fingerprint[:16], noon.fingerprint[:16], 1)
    file.write_text(text, encoding="utf-8")
    assert "axis hook: 2 votes, 1 of them between takes that differ in more" in stats(project, "--axis", "hook")


def test_no_votes_is_no_failure(project: Project) -> None:
    assert stats(project) == "no votes\n"


def test_rows_of_a_table_are_alike_where_all_that_is_known_of_them_is(tmp_path: Path) -> None:
    """A cell that holds a sentence is no label: its row differs from every other one."""
    board = tmp_path / "table.yaml"
    board.write_text(
        "seedspec: 1\nmodel: seedance-2.0-text-to-video\nmatrix:\n  axes:\n    ad:\n"
        "      - {id: one, hook: question, weather: wet}\n"
        "      - {id: two, hook: reveal, weather: wet}\n"
        "      - {id: three, hook: reveal, weather: dry}\n"
        "      - {id: four, hook: question, line: 'Rain, at last.'}\n"
        "      - {id: five, hook: reveal, line: 'Dust, and more dust.'}\n"
        'shots:\n  - {id: open, prompt: "{{ ad.id }} {{ ad.line | default(1) }} {{ ad.weather | default(2) }}"}\n'
    )
    one, two, three, four, five = api.compile(board).entries
    votes = [Ballot(a, b, "b", "overall", "mia") for a, b in ((one, two), (one, three), (four, five))]
    assert [by_axis([vote], "ad.hook").alike for vote in votes] == [1, 0, 0]


def vote_films(project: Project, *rows: tuple[str, str, str], reviewer: str = "mia") -> Path:
    """A review with votes between films: two of their names and who wins."""
    found = {film.name: film for film in films_in(compile(project.board), Picks()).films}
    lines = [
        json.dumps({"a": a, "a_fp": found[a].fingerprint[:16], "b": b, "b_fp": found[b].fingerprint[:16],
                    "winner": winner, "blind": True, "shown": "ab", "criterion": "overall"})
        for a, b, winner in rows
    ]  # fmt: skip
    page = json.dumps({"storyboard": "kite", "digest": DIGEST})
    text = ["seedspec_review: 1", f"page: {page}", f"reviewer: {reviewer}", "film_votes:", *(f"  - {r}" for r in lines)]
    file = project.folder / "reviews" / f"storyboard.{reviewer}.review.yaml"
    file.parent.mkdir(exist_ok=True)
    file.write_text("\n".join(text) + "\n", encoding="utf-8")
    return file


ASK, SHOW = "film@look=dawn,hook=question", "film@look=dawn,hook=reveal"
NOON = "film@look=noon,hook=reveal"


@pytest.mark.slow
def test_films_win_with_their_price(project: Project) -> None:
    vote_films(project, *[(ASK, SHOW, "b")] * 9, *[(SHOW, ASK, "tie")] * 2, (NOON, ASK, "a"), (NOON, SHOW, "bad"))
    text = stats(project, "--film").splitlines()
    assert text[0] == "films: 12 votes, 1 for neither"
    assert text[1].split() == ["won", "lost", "tied", "chance", "95", "%", "costs", "a", "win", "costs"]
    rows = {line.split()[0]: line.split() for line in text[2:5]}
    assert rows[SHOW][1:4] == ["9", "0", "2"] and rows[ASK][1:4] == ["0", "10", "2"]
    price, win = float(rows[SHOW][-2][1:]), float(rows[SHOW][-1][1:])
    assert (
        price > 0
        and win == pytest.approx(price / 10, abs=0.01)
        and rows[ASK][-2:] == [f"${price:.2f}", f"${price:.2f}"]
    )
    assert "axis look: 1 vote, 1 for neither, 1 of them between films that differ in more" in text
    assert text[-1] == "a film costs what its videos cost; one that several films play counts in each of them"
    found = json.loads(stats(project, "--film", "--format", "json"))
    assert found["films"]["rows"][0]["labels"] == {"look": "dawn", "hook": "reveal"}
    assert [a["of"] for a in found["axes"]] == ["look", "hook"] and found["films"]["votes"] == 12
    assert found["films"]["rows"][0]["low"] < found["films"]["rows"][0]["rate"] < found["films"]["rows"][0]["high"]
    assert "no votes" in stats(project), "votes between films are none between takes"


def test_a_film_is_known_by_what_plays_in_it(project: Project) -> None:
    file = vote_films(project, *[(ASK, SHOW, "b")] * 7)
    renamed = project.board.read_text(encoding="utf-8").replace("look:", "light:").replace("look.words", "light.words")
    project.board.write_text(renamed, encoding="utf-8")
    assert "films: 7 votes" in stats(project, "--film"), "an axis with another name is the same film"
    file.write_text(file.read_text(encoding="utf-8").replace("film@look=dawn", "film@light=dawn"), encoding="utf-8")
    changed = renamed.replace('{{ hook }}"', '{{ hook }}!"')
    assert changed != renamed
    project.board.write_text(changed, encoding="utf-8")
    done = CliRunner().invoke(seedspec, ["stats", str(project.board), "--film"])
    assert done.exit_code == 0 and "no votes between films" in done.stdout
    assert "plays other takes now; the vote is not counted [changed-since]" in done.stderr
    project.board.write_text(
        changed.replace("light:", "shade:").replace("light.words", "shade.words"), encoding="utf-8"
    )
    done = CliRunner().invoke(seedspec, ["stats", str(project.board), "--film"])
    assert "is no film of the storyboard; the vote is not counted [unknown-film]" in done.stderr


def test_a_file_with_votes_of_both_kinds_is_read_as_both(project: Project) -> None:
    vote(project, "rrq", reviewer="mia")
    file = vote_films(project, (ASK, SHOW, "b"), reviewer="kim")
    takes = (file.parent / "storyboard.mia.review.yaml").read_text(encoding="utf-8")
    votes = takes[takes.index("votes:") :]
    file.write_text(file.read_text(encoding="utf-8") + votes, encoding="utf-8")
    assert "films: 1 vote\n" in stats(project, "--film")
    assert "axis hook: 6 votes" in stats(project)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--by", "look"], "--by is about films; add --film"),
        (["--film", "--axis", "lok"], "no axis `lok` of films; did you mean `look`?"),
    ],
)
def test_words_about_films_are_refused_where_they_mean_nothing(project: Project, words: list[str], said: str) -> None:
    done = CliRunner().invoke(seedspec, ["stats", str(project.board), *words])
    assert getattr(done.exception, "code", None) == 2 and said in str(done.exception)
