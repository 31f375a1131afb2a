"""Films: which rows are films, what plays in each, and what is refused because it could mean several."""

from __future__ import annotations

from pathlib import Path

import pytest

from seedspec.choices.film_ratio import check_ratios
from seedspec.choices.films import Film, Films, NoFilms, chosen_films, same_file_names
from seedspec.choices.picks import Pick, Picks
from seedspec.compiler.address import parse
from seedspec.compiler.entry import Entry
from seedspec.project.compile import Compiled, compile
from seedspec.project.film_rows import films_in
from seedspec.text.diagnostic import Problems

HEAD = """\
seedspec: 1
model: seedance-2.0-reference-to-video
references: {cup: {image: https://cdn.example.com/cup.png}}
"""
THREE = (
    HEAD
    + """\
matrix: {axes: {look: [noir, pastel], hook: [question, reveal]}}
shots:
  - {id: open, takes: 2, prompt: "{{ ref('cup') }} {{ look }} {{ hook }}"}
  - {id: pour, matrix: {only: [look]}, prompt: "{{ ref('cup') }} is filled, {{ look }}"}
  - id: close
    matrix: {only: []}
    prompt: {plain: "{{ ref('cup') }} stands", splash: "{{ ref('cup') }} bursts"}
"""
)


def made(folder: Path, text: str) -> Compiled:
    board = folder / "storyboard.yaml"
    board.write_text(text, encoding="utf-8")
    found = compile(board)
    assert found.ok, found.diagnostics
    return found


def picked(*addresses: str) -> Picks:
    return Picks({parse(a).variant: Pick(a, "") for a in addresses})


def films(folder: Path, text: str, *by: str, picks: Picks | None = None) -> Films:
    return films_in(made(folder, text), picks or Picks(), by)


def shown(found: Films) -> list[str]:
    """Each film in a line: its name, and what plays, a star behind what was picked."""
    return [
        f"{film.name}: {' '.join(p.entry.address + '*' * p.picked for p in film.plays)}"
        + "".join(f" -{shot}" for shot in film.lacks)
        for film in found.films
    ]


def test_a_film_is_a_row_and_shots_without_an_axis_serve_every_row(tmp_path: Path) -> None:
    found = films(tmp_path, THREE)
    assert shown(found) == [
        "film@look=noir,hook=question: open@look=noir,hook=question/1 pour@look=noir/1 close@prompt=plain/1",
        "film@look=noir,hook=reveal: open@look=noir,hook=reveal/1 pour@look=noir/1 close@prompt=plain/1",
        "film@look=pastel,hook=question: open@look=pastel,hook=question/1 pour@look=pastel/1 close@prompt=plain/1",
        "film@look=pastel,hook=reveal: open@look=pastel,hook=reveal/1 pour@look=pastel/1 close@prompt=plain/1",
    ]
    assert [play.choices for play in found.films[0].plays] == [2, 1, 2]
    assert len({film.fingerprint for film in found.films}) == 4 and found.unused == ()


def test_what_was_picked_plays_and_of_several_the_first(tmp_path: Path) -> None:
    picks = picked("open@look=noir,hook=reveal/2", "close@prompt=splash/1")
    found = films(tmp_path, THREE, picks=picks)
    assert shown(found)[0].endswith("open@look=noir,hook=question/1 pour@look=noir/1 close@prompt=splash/1*")
    assert shown(found)[1].endswith("open@look=noir,hook=reveal/2* pour@look=noir/1 close@prompt=splash/1*")
    assert found.films[1].fingerprint != films(tmp_path, THREE).films[1].fingerprint, "another take is another film"
    both = films(tmp_path, THREE, picks=picked("close@prompt=splash/1", "close@prompt=plain/1"))
    play = both.films[0].plays[2]
    assert (play.entry.address, play.rivals) == ("close@prompt=plain/1", ("close@prompt=splash/1",))
    gone = films(tmp_path, THREE, picks=picked("open@look=noir,hook=reveal/7"))
    assert shown(gone) == shown(films(tmp_path, THREE)), "a take that is asked for no more plays in no film"


def test_rows_of_the_storyboard_alone_are_films(tmp_path: Path) -> None:
    text = HEAD + (
        "matrix:\n"
        "  axes: {look: [noir, pastel], hook: [question, reveal]}\n"
        "  exclude: [{look: noir, hook: reveal}]\n"
        "  include: [{look: oil, hook: question}]\n"
        "shots:\n"
        "  - {id: a, prompt: \"{{ ref('cup') }} {{ look }} {{ hook }}\","
        " matrix: {exclude: [{look: pastel, hook: reveal}], include: [{look: noir, hook: reveal}]}}\n"
        "  - {id: b, prompt: \"{{ ref('cup') }} b {{ look }}\", matrix: {only: [look]}}\n"
    )
    found = films(tmp_path, text)
    assert shown(found) == [
        "film@look=noir,hook=question: a@look=noir,hook=question/1 b@look=noir/1",
        "film@look=pastel,hook=question: a@look=pastel,hook=question/1 b@look=pastel/1",
        "film@look=pastel,hook=reveal: b@look=pastel/1 -a",
        "film@look=oil,hook=question: a@look=oil,hook=question/1 b@look=oil/1",
    ]
    assert found.unused == ("a@look=noir,hook=reveal",)


def test_axes_that_no_shot_has_together_still_make_rows(tmp_path: Path) -> None:
    text = HEAD + (
        "matrix:\n  axes: {look: [noir, pastel], hook: [question, reveal], unheard: [x, y]}\n"
        "  exclude: [{look: noir, hook: reveal}]\n"
        "shots:\n"
        "  - {id: a, prompt: \"{{ ref('cup') }} {{ look }}\", matrix: {only: [look]}}\n"
        "  - {id: b, prompt: \"{{ ref('cup') }} {{ hook }}\", matrix: {only: [hook]}}\n"
    )
    assert [film.name for film in films(tmp_path, text).films] == [
        "film@look=noir,hook=question", "film@look=pastel,hook=question", "film@look=pastel,hook=reveal"
    ], "an axis that reaches no shot tells no films apart"  # fmt: skip


def test_a_storyboard_without_axes_is_one_film(tmp_path: Path) -> None:
    text = (
        HEAD + "shots:\n  - {id: a, prompt: \"{{ ref('cup') }}\"}\n  - {id: film, prompt: \"{{ ref('cup') }} too\"}\n"
    )
    assert shown(films(tmp_path, text)) == ["film: a/1 film/1"]


def test_chosen_rows_are_the_films(tmp_path: Path) -> None:
    axes = "{a: [one, two, three], b: [one, two, three], c: [one, two, three]}"
    text = HEAD + (
        f"matrix: {{axes: {axes}, strategy: pairwise}}\n"
        "shots:\n  - {id: s, prompt: \"{{ ref('cup') }} {{ a }} {{ b }} {{ c }}\"}\n"
        "  - {id: t, matrix: {only: [b]}, prompt: \"{{ ref('cup') }} {{ b }}\"}\n"
    )
    rows = [(a, b, c) for n, a in enumerate(("one", "two", "three")) for b, c in zip(
        ("one", "two", "three"), ("one", "two", "three", "one", "two")[n:], strict=False)]  # fmt: skip
    lines = "".join(f"  - {{a: {a}, b: {b}, c: {c}}}\n" for a, b, c in rows)
    (tmp_path / "storyboard.rows.yaml").write_text(f"seedspec_rows: 1\nrows:\n{lines}", encoding="utf-8")
    found = films(tmp_path, text)
    assert [film.name for film in found.films] == [f"film@a={a},b={b},c={c}" for a, b, c in rows]
    assert all(film.plays[1].entry.address == f"t@b={dict(film.labels)['b']}/1" for film in found.films)


def test_an_axis_of_models_and_one_of_a_table_tell_films_apart(tmp_path: Path) -> None:
    text = HEAD.replace("model: seedance-2.0-reference-to-video\n", "") + (
        "matrix:\n"
        "  axes:\n"
        "    model: {std: seedance-2.0-reference-to-video, fast: seedance-2.0-fast-reference-to-video}\n"
        "    ad:\n"
        "      - {id: AD-1, hook: question, line: What is it?}\n"
        "      - {id: AD-2, hook: reveal, line: It is tea.}\n"
        "shots:\n"
        "  - {id: a, prompt: \"{{ ref('cup') }} {{ ad.line }}\"}\n"
        "  - {id: b, model: seedance-2.0-reference-to-video, prompt: \"{{ ref('cup') }}\", matrix: {only: []}}\n"
    )
    found = films(tmp_path, text)
    assert [film.name for film in found.films] == [
        "film@model=std,ad=AD-1", "film@model=std,ad=AD-2", "film@model=fast,ad=AD-1", "film@model=fast,ad=AD-2"
    ]  # fmt: skip
    assert {film.plays[1].entry.address for film in found.films} == {"b/1"}
    assert [f.name for f in films(tmp_path, text, "ad.hook", "model").films][:2] == [
        "film@ad.hook=question,model=std", "film@ad.hook=reveal,model=std"
    ], "in the order of the rows"  # fmt: skip


def test_fewer_axes_need_a_pick_where_a_shot_has_several_variants(tmp_path: Path) -> None:
    with pytest.raises(NoFilms) as told:
        films(tmp_path, THREE, "look")
    assert str(told.value) == (
        "`film@look=noir` has 2 variants of `open`, by `hook`, and none of them is picked; "
        "expected one: add `hook` to --by, or pick one"
    )
    one = picked("open@look=noir,hook=reveal/2", "open@look=pastel,hook=question/1")
    assert shown(films(tmp_path, THREE, "look", picks=one)) == [
        "film@look=noir: open@look=noir,hook=reveal/2* pour@look=noir/1 close@prompt=plain/1",
        "film@look=pastel: open@look=pastel,hook=question/1* pour@look=pastel/1 close@prompt=plain/1",
    ]
    two = picked("open@look=noir,hook=reveal/2", "open@look=noir,hook=question/1")
    with pytest.raises(NoFilms, match="and 2 of them are picked"):
        films(tmp_path, THREE, "look", picks=two)


def test_a_shots_own_axis_tells_films_apart_when_it_is_named(tmp_path: Path) -> None:
    found = films(tmp_path, THREE, "look", "hook", "prompt")
    assert len(found.films) == 8
    assert shown(found)[1].startswith("film@look=noir,hook=question,prompt=splash: open@look=noir,hook=question/1 ")
    assert shown(found)[1].endswith("close@prompt=splash/1")


def test_own_axes_of_one_name_need_equal_labels(tmp_path: Path) -> None:
    text = HEAD + (
        "shots:\n"
        "  - {id: a, prompt: {x: \"{{ ref('cup') }} 1\", y: \"{{ ref('cup') }} 2\"}}\n"
        "  - {id: b, prompt: {x: \"{{ ref('cup') }} 3\", y: \"{{ ref('cup') }} 4\"}}\n"
    )
    assert shown(films(tmp_path, text, "prompt")) == [
        "film@prompt=x: a@prompt=x/1 b@prompt=x/1", "film@prompt=y: a@prompt=y/1 b@prompt=y/1"
    ]  # fmt: skip
    with pytest.raises(NoFilms, match="shots `a` and `b` each have an axis `prompt` with labels of their own"):
        films(tmp_path, text.replace("{x: \"{{ ref('cup') }} 3\"", "{z: \"{{ ref('cup') }} 3\""), "prompt")


@pytest.mark.parametrize(
    ("by", "said"),
    [("hok", "--by: no axis `hok`; did you mean `hook`?"), ("model", "--by: no axis `model`; the storyboard has"),
     ("hook.words", "--by: no column `words` of axis `hook`; its labels have no columns")],
)  # fmt: skip
def test_what_is_no_axis_is_named(tmp_path: Path, by: str, said: str) -> None:
    with pytest.raises(NoFilms) as told:
        films(tmp_path, THREE, by)
    assert str(told.value).startswith(said)


def test_films_are_chosen_by_their_labels(tmp_path: Path) -> None:
    found = films(tmp_path, THREE).films
    names = [f.name for f in chosen_films(found, ["look=noir,hook=reveal", "look=pastel"], ["hook=question"])]
    assert names == ["film@look=noir,hook=reveal", "film@look=pastel,hook=reveal"]
    with pytest.raises(NoFilms, match="`pour` fits no film; expected axis=label of films: look=noir, hook=question, "):
        chosen_films(found, ["pour"], [])


def test_films_with_one_file_name_are_both_told(tmp_path: Path) -> None:
    text = HEAD + (
        "matrix:\n  axes:\n    ad:\n      - {id: A, kind: Hero}\n      - {id: B, kind: hero}\n"
        "shots: [{id: a, prompt: \"{{ ref('cup') }} {{ ad.id }}\"}]\n"
    )
    same = same_file_names(films(tmp_path, text, "ad.kind").films)
    assert same is not None and [film.name for film in same] == ["film@ad.kind=Hero", "film@ad.kind=hero"]
    assert same_file_names(films(tmp_path, text).films) is None
    assert films(tmp_path, text.replace("Hero", "16:9"), "ad.kind").films[0].file == "film@ad.kind=16x9"


def nothing_measured(_: Entry) -> None:
    return None


def ratios(found: Compiled, films: tuple[Film, ...], sizes: dict[str, tuple[int, int]] | None = None) -> list[str]:
    problems = Problems()
    assert found.board is not None
    check_ratios(films, lambda e: (sizes or {}).get(e.address), {s.id: s.span for s in found.board.shots}, problems)
    return [f"{d.span}: {d.message} [{d.code}]" for d in problems]


def test_one_film_has_one_ratio(tmp_path: Path) -> None:
    text = HEAD + (
        "matrix: {axes: {look: [noir, pastel]}}\n"
        "shots:\n"
        "  - {id: a, prompt: \"{{ ref('cup') }} {{ look }}\"}\n"
        "  - {id: b, matrix: {only: []}, prompt: \"{{ ref('cup') }}\", aspect_ratio: 9:16}\n"
        "  - {id: c, matrix: {only: []}, prompt: \"{{ ref('cup') }} c\", aspect_ratio: adaptive}\n"
    )
    found = made(tmp_path, text)
    films = films_in(found, Picks()).films
    (said,) = ratios(found, films)
    assert said == (
        f"{tmp_path}/storyboard.yaml:7:75: `film@look=noir` and 1 more would play `b/1` at 9:16 after `a@look=noir/1` "
        "at 16:9; expected one ratio in a film [film-ratio]"
    )
    # what the service chooses by itself is known once it is saved; sizes of one ratio are not equal to the pixel
    assert len(ratios(found, films, {"c/1": (864, 496)})) == 1
    assert [" at 496×496 after" in line for line in ratios(found, films, {"c/1": (496, 496)})] == [False, True]


def test_equal_requests_are_seen_once_by_a_films_fingerprint(tmp_path: Path) -> None:
    text = HEAD + (
        "matrix: {axes: {look: [noir, pastel]}}\n"
        "shots:\n"
        "  - {id: a, prompt: \"{{ ref('cup') }} {% if look == 'x' %}{{ look }}{% endif %}\"}\n"
    )
    one, other = films(tmp_path, text).films
    assert one.name != other.name and one.fingerprint == other.fingerprint
