"""Picks and reviews as values: what each function makes of them, with every finding whole."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from seedspec import api
from seedspec.catalog.schema import Schema
from seedspec.choices.picks import (
    Pick,
    Picks,
    add_picks,
    chosen_take,
    follow_addresses,
    picks_of,
    picks_of_reviews,
    serialise,
    variants,
)
from seedspec.choices.reviews import Choice, Entries, Mention, Note, Review, Vote, guest_name, review_of
from seedspec.compiler.entry import Entry
from seedspec.project import sources
from seedspec.text.diagnostic import Problems
from seedspec.text.source import Source, Span
from seedspec.text.yaml import parse, source_of

BOARD = """\
seedspec: 1
model: seedance-2.0-reference-to-video
references: {cup: {image: https://cdn.example.com/cup.png}}
matrix: {axes: {look: [noir, pastel]}}
shots:
  - {id: open, takes: 2, prompt: "{{ ref('cup') }} {{ look }}"}
  - {id: card, matrix: {only: []}, prompt: "{{ ref('cup') }} stands"}
"""
DIGEST = "sha256:" + "0" * 64
UNKNOWN = "f" * 64


@pytest.fixture(scope="module")
def entries(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Entry]:
    path: Path = tmp_path_factory.mktemp("picks") / "storyboard.yaml"
    path.write_text(BOARD)
    found = {e.address: e for e in api.compile(path).entries}
    assert [*found] == ["open@look=noir/1", "open@look=noir/2", "open@look=pastel/1", "open@look=pastel/2", "card/1"]
    return found


N1, N2, P1, P2, CARD = "open@look=noir/1", "open@look=noir/2", "open@look=pastel/1", "open@look=pastel/2", "card/1"
HERE = Source("x.yaml", "one\ntwo\nthree\nfour\nfive\nsix\n")


def at(line: int) -> Span:
    return HERE.span(HERE.starts[line - 1])


def told(problems: Iterable[Any]) -> list[str]:
    return [
        f"{d.severity} {d.span}: {d.message} [{d.code}]"
        + "".join(f" | {n.message}{f' ({n.span})' if n.span else ''}" for n in d.notes)
        for d in problems
    ]


def picked(*picks: Pick, others: tuple[Pick, ...] = ()) -> Picks:
    return Picks({p.variant: p for p in picks}, others)


def pick(entries: dict[str, Entry], address: str, of: str = "", **more: Any) -> Pick:
    return Pick(address, entries[of or address].fingerprint, **more)


def test_a_pick_is_of_a_variant_and_a_take(entries: dict[str, Entry]) -> None:
    one = pick(entries, N2)
    assert (one.variant, one.take, one.video, one.by, one.span, one.profile) == ("open@look=noir", 2, "", (), None, "")
    found = picked(one)
    assert found.take_of("open", (("look", "noir"),)) == 2 and found.take_of("open", (("look", "pastel"),)) is None
    assert (
        found == picked(one) and found != picked() and repr(found) == f"Picks(by_variant={found.by_variant}, others=())"
    )


def test_an_entry_is_picked_by_its_request_or_else_by_its_address(entries: dict[str, Entry]) -> None:
    stale, moved = Pick(N1, UNKNOWN), pick(entries, P1, N2)
    found = picked(stale, moved)
    assert [found.of(entries[a]) for a in (N1, N2, P1, P2, CARD)] == [stale, moved, moved, None, None]
    right = pick(entries, N1)
    assert picked(right, pick(entries, P1, N1)).of(entries[N1]) is right, "the one under its own address"
    first, second = pick(entries, P1, CARD), pick(entries, N1, CARD)
    assert picked(first, second).of(entries[CARD]) is first, "of two the first"


def test_a_choice_of_any_profile_forbids_to_buy(entries: dict[str, Entry]) -> None:
    found = picked(
        Pick(N1, UNKNOWN), others=(pick(entries, P2, CARD, profile="draft"), Pick(P1, "e" * 64, profile="d"))
    )
    assert [found.forbids(entries[a]) for a in (N1, N2, P1, P2)] == [UNKNOWN, None, None, None]
    assert found.forbids(entries[CARD]) == entries[CARD].fingerprint


@pytest.mark.parametrize(
    ("picks", "of", "take"),
    [
        ([], (N1, N2), None),
        ([(N2, N2)], (N1, N2), 2),
        ([(N2, N2)], (P1, P2), None),
        ([(P1, N2)], (N1, N2), 2),  # its request has this address today
        ([(P1, N2)], (P1, P2), None),  # and its address is another request's
        ([(N2, UNKNOWN)], (N1, N2), 2),  # its request is asked for no more: the address stands
        ([(N2, P2)], (N1, N2), None),
        ([(P1, N1), (N2, N2)], (N1, N2), 2),  # of two the one under its own address
        ([(N2, UNKNOWN), (P1, N1), (P2, N2)], (N1, N2), 1),
        ([(CARD, CARD)], (CARD,), 1),
    ],
)
def test_the_take_that_was_chosen_of_a_variant(
    entries: dict[str, Entry], picks: list[tuple[str, str]], of: tuple[str, ...], take: int | None
) -> None:
    found = Picks({str(n) if a == P2 else Pick(a, "").variant: Pick(a, f if f == UNKNOWN else entries[f].fingerprint)
                   for n, (a, f) in enumerate(picks)})  # fmt: skip
    asked: list[str] = []

    def every() -> Iterable[Entry]:
        asked.append("every")
        return entries.values()

    among = chosen_take(found)
    takes = tuple(entries[a] for a in of)
    assert among(takes, every) == take == among(takes, every)
    assert len(asked) <= 1, "a shot's entries are asked for once"


def read(text: str, profile: str = "") -> tuple[Picks, list[str]]:
    problems = Problems()
    source = source_of("x.picks.yaml", text.encode(), problems)
    node = parse(source, problems) if source is not None else None
    assert node is not None
    return picks_of(node, Schema(sources.schemas()["picks.json"]), problems, profile), told(problems)


def test_a_file_of_picks_is_read_as_a_profile_has_it(entries: dict[str, Entry]) -> None:
    a, b = UNKNOWN, "e" * 64
    text = (
        "seedspec_picks: 1\npicks:\n"
        f'  - {{"entry": "{N1}", "fp": "{a}", "video": "{b}", "by": ["jo", "mia"]}}\n'
        f'  - {{"entry": "{N2}", "fp": "{b}"}}\n'
        f'  - {{"profile": "draft", "entry": "{N2}", "fp": "{b}"}}\n'
    )
    first, problems = read(text)
    assert problems == [
        "error x.picks.yaml:4:15: `open@look=noir` has two picks, take 1 and take 2; expected one [two-picks]"
        " | the first is here (x.picks.yaml:3:15)"
    ]
    (own,) = first.by_variant.values()
    assert (own.address, own.fp, own.video, own.by, own.profile, str(own.span)) == (
        N1, a, b, ("jo", "mia"), "", "x.picks.yaml:3:15",
    )  # fmt: skip
    assert [(p.address, p.fp, p.video, p.by, p.profile) for p in first.others] == [(N2, b, "", (), "draft")]
    draft, _ = read(text, "draft")
    assert ([*draft.by_variant], [p.address for p in draft.others]) == (["open@look=noir"], [N1])
    assert read("seedspec_picks: 1\npicks: []\n") == (Picks(), [])
    broken, problems = read("seedspec_picks: 2\npicks: []\n")
    assert broken == Picks() and len(problems) == 1


def test_a_file_of_picks_is_written_by_profile_and_address() -> None:
    found = picked(Pick(P1, "a", "v", ("jo", "茶")), Pick(N1, "b"), others=(Pick(N2, "c", profile="draft"),))
    assert serialise(found, "../picks.json") == (
        "# yaml-language-server: $schema=../picks.json\n"
        "# the chosen takes; `seedspec pick` writes this file\n"
        "seedspec_picks: 1\n"
        "picks:\n"
        '  - {"entry": "open@look=noir/1", "fp": "b"}\n'
        '  - {"entry": "open@look=pastel/1", "fp": "a", "video": "v", "by": ["jo", "\\u8336"]}\n'
        '  - {"profile": "draft", "entry": "open@look=noir/2", "fp": "c"}\n'
    )
    assert serialise(Picks(), "") == (
        "# the chosen takes; `seedspec pick` writes this file\nseedspec_picks: 1\npicks: []\n"
    )


def review(reviewer: str, *choices: tuple[str, str, str, int]) -> Review:
    return Review(reviewer, tuple(Choice(Mention(a, fp, at(n)), video) for a, fp, video, n in choices), (), ())


def test_reviewers_picks_are_those_of_entries_that_they_looked_at(entries: dict[str, Entry]) -> None:
    fps = {a: e.fingerprint for a, e in entries.items()}
    problems = Problems()
    found = picks_of_reviews(
        [
            review("mia", (N1, fps[N1][:16], "abc", 1), (P1, fps[P1][:16], "", 2), ("gone/1", "0" * 16, "", 3)),
            review("jo", (N1, fps[N1], "abcd", 4), (N2, "0" * 16, "", 5), (CARD, fps[CARD], "abd", 6)),
            review("mia", (N1, fps[N1], "", 6)),
        ],
        Entries(entries.values()), {fps[N1]: "abcdef", fps[CARD]: "abc"}, problems, "draft",
    )  # fmt: skip
    assert found == [
        Pick(N1, fps[N1], "abcdef", ("mia", "jo"), at(1), "draft"), Pick(P1, fps[P1], "", ("mia",), at(2), "draft"),
    ]  # fmt: skip
    assert told(problems) == [
        "warning x.yaml:3:1: `gone/1` is no entry of the storyboard; the pick is left out [unknown-entry]",
        "warning x.yaml:5:1: `open@look=noir/2` asks for something else now; the pick is left out [changed-since]",
        "warning x.yaml:6:1: `card/1` was looked at as another video than the lock has; the pick is left out "
        "[another-video]",
    ]


def test_picks_that_agree_are_joined_and_those_that_do_not_are_told() -> None:
    had = picked(Pick(N1, "a", "", ("jo",), at(1)), Pick(CARD, "c", "", (), at(2)))
    asked = [
        Pick(N1, "a", "v", ("mia", "jo"), at(3)), Pick(P1, "p", "", ("mia",), at(4)),
        Pick(P2, "q", "", ("kim", "jo"), at(5)),
        Pick(CARD.replace("1", "2"), "d", "", (), at(6)),
    ]  # fmt: skip
    problems = Problems()
    found = add_picks(had, asked, problems)
    assert found.by_variant == {
        "open@look=noir": Pick(N1, "a", "v", ("jo", "mia"), at(3)), "card": had.by_variant["card"],
    }  # fmt: skip
    assert told(problems) == [
        "error x.yaml:2:1: `card` has take 1 picked already; take 2 is not taken over [picked-already]"
        " | --force changes the pick",
        "error x.yaml:4:1: `open@look=pastel`: mia picked take 1, and others another; nothing is picked "
        "[contested-pick] | kim and jo picked take 2 (x.yaml:5:1) | --force takes the last one",
    ]
    problems = Problems()
    forced = add_picks(had, asked, problems, force=True)
    assert len(problems) == 0
    assert {v: (p.fp, p.by) for v, p in forced.by_variant.items()} == {
        "open@look=noir": ("a", ("jo", "mia")), "card": ("d", ()), "open@look=pastel": ("q", ("jo", "kim")),
    }  # fmt: skip
    problems = Problems()
    add_picks(Picks(), [Pick(P1, "p"), Pick(P2, "q", span=at(1))], problems)
    assert told(problems) == [
        "error None: `open@look=pastel`: the command line picked take 1, and others another; nothing is picked "
        "[contested-pick] | the command line picked take 2 (x.yaml:1:1) | --force takes the last one"
    ]


def test_variants_and_addresses_of_picks_are_those_of_today(entries: dict[str, Entry]) -> None:
    known = Entries(entries.values())
    moved, changed = pick(entries, "older/1", N2, span=at(1)), Pick(P1, UNKNOWN, span=at(2))
    gone = Pick("gone/1", "e" * 64, span=at(3))
    problems = Problems()
    assert variants(picked(moved, changed, gone), known, problems) == {"open@look=noir", "open@look=pastel", "gone"}
    assert told(problems) == [
        "warning x.yaml:2:1: `open@look=pastel/1` asks for something else now; what it stands for now is not what was "
        "picked [changed-since]",
        "warning x.yaml:3:1: `gone/1` is no entry of the storyboard; what it stands for now is not what was picked "
        "[unknown-entry]",
    ]
    other = Pick("x/1", "y", profile="draft")
    followed = follow_addresses(picked(changed, moved, gone, pick(entries, CARD), others=(other,)), known)
    assert {v: p.address for v, p in followed.by_variant.items()} == {
        "open@look=noir": N2, "open@look=pastel": P1, "gone": "gone/1", "card": CARD,
    }  # fmt: skip
    assert followed.others == (other,)
    two = follow_addresses(picked(Pick(N1, UNKNOWN, span=at(1)), moved), known)
    assert [(p.address, p.fp) for p in two.by_variant.values()] == [(N2, entries[N2].fingerprint)]


def test_an_entry_is_found_by_its_request_first(entries: dict[str, Entry]) -> None:
    known = Entries(entries.values())
    fps = {a: e.fingerprint for a, e in entries.items()}
    rows = [
        (N1, fps[N1], N1), (N1, fps[N1][:16], N1), (N1, fps[P2], P2), ("gone/1", fps[P2][:16], P2),
        ("gone/1", guest_name(fps[CARD]), CARD), (N1, "0" * 16, None), ("gone/1", UNKNOWN, None),
    ]  # fmt: skip
    assert [(a, fp, (e := known.find(Mention(a, fp, at(1)))) and e.address) for a, fp, _ in rows] == rows
    assert guest_name("a" * 64) == "8861a50780de4dca", "a page that guests have stays known"
    problems = Problems()
    assert known.find_or_warn(Mention("opne@look=noir/1", UNKNOWN, at(1)), problems, lost="so it goes") is None
    assert known.find_or_warn(Mention(N1, fps[N1], at(2)), problems, lost="so it goes") is entries[N1]
    assert told(problems) == [
        "warning x.yaml:1:1: `opne@look=noir/1` is no entry of the storyboard; so it goes [unknown-entry]"
        " | did you mean `open@look=noir/1`?"
    ]


REVIEW = f"""\
seedspec_review: 1
page: {{storyboard: kite, digest: "{DIGEST}", emulator: false, profile: draft}}
reviewer: mia
picks:
  - {{entry: open/1, fp: {"a" * 16}}}
  - {{entry: open/2, fp: {"b" * 16}, video: {"c" * 16}}}
votes:
  - {{a: open/1, a_fp: {"a" * 16}, b: open/2, b_fp: {"b" * 16}, winner: tie}}
  - {{a: open/1, a_fp: {"a" * 16}, b: open/2, b_fp: {"b" * 16}, winner: a, criterion: motion, blind: true}}
notes:
  - {{entry: open/1, fp: {"a" * 16}, text: dark}}
  - {{entry: open/1, fp: {"a" * 16}, at: 1.5, text: late}}
film_votes:
  - {{a: film, a_fp: {"a" * 16}, b: film@x=y, b_fp: {"b" * 16}, winner: bad}}
"""


def reviewed(text: str, **given: Any) -> tuple[Review | None, list[str]]:
    problems = Problems()
    source = source_of("x.review.yaml", text.encode(), problems)
    node = parse(source, problems) if source is not None else None
    assert node is not None
    schema = Schema(sources.schemas()["review.json"])
    found = review_of(node, schema, "kite", problems, **{"emulated": False, "profile": "draft", **given})
    return found, told(problems)


def test_a_review_is_read_whole() -> None:
    def mention(address: str, fp: str, line: int, column: int) -> tuple[str, str, str]:
        return address, fp * 16, f"x.review.yaml:{line}:{column}"

    def shown(m: Mention) -> tuple[str, str, str]:
        return m.address, m.fp, str(m.span)

    found, problems = reviewed(REVIEW)
    assert found is not None and problems == [] and found.reviewer == "mia"
    assert [(shown(c.take), c.video) for c in found.picks] == [
        (mention("open/1", "a", 5, 13), ""), (mention("open/2", "b", 6, 13), "c" * 16),
    ]  # fmt: skip
    vote: list[Vote] = [*found.votes, *found.film_votes]
    assert [(shown(v.a), shown(v.b), v.winner, v.criterion, v.blind) for v in vote] == [
        (mention("open/1", "a", 8, 9), mention("open/2", "b", 8, 44), "tie", "overall", False),
        (mention("open/1", "a", 9, 9), mention("open/2", "b", 9, 44), "a", "motion", True),
        (mention("film", "a", 14, 9), mention("film@x=y", "b", 14, 42), "bad", "overall", False),
    ]
    notes: list[Note] = [*found.notes]
    assert [(shown(n.take), n.at, n.text) for n in notes] == [
        (mention("open/1", "a", 11, 13), None, "dark"), (mention("open/1", "a", 12, 13), 1.5, "late"),
    ]  # fmt: skip
    bare, problems = reviewed("\n".join(REVIEW.splitlines()[:3]) + "\n")
    assert bare == Review("mia", (), (), ()) and problems == []


@pytest.mark.parametrize(
    ("change", "given", "said"),
    [
        (("kite", "kit"), {}, "error x.review.yaml:2:20: a review of `kit`; expected one of `kite` [other-storyboard]"),
        (("", ""), {"emulated": True},
         "error x.review.yaml:2:7: a review of the paid takes; expected one of the emulator's takes [other-takes]"
         " | leave --emulator out"),
        (("false", "true"), {},
         "error x.review.yaml:2:7: a review of the emulator's takes; expected one of the paid takes [other-takes]"
         " | add --emulator to mean the emulator's"),
        (("", ""), {"profile": ""},
         "error x.review.yaml:2:7: a review of takes with profile `draft`; expected one of takes without a profile"
         " [other-takes] | `--profile draft` means those"),
        ((", profile: draft", ""), {},
         "error x.review.yaml:2:7: a review of takes without a profile; expected one of takes with profile `draft`"
         " [other-takes] | `--profile default` means those"),
        (("", ""), {"profile": "", "named": False}, ""),
    ],
)  # fmt: skip
def test_a_review_of_something_else_is_told_and_left(change: tuple[str, str], given: dict[str, Any], said: str) -> None:
    assert reviewed(REVIEW.replace(*change), **given) == (None, [said] if said else [])
