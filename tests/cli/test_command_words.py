"""From the words of a command line to values: addresses, purchases, options of a run, media, judges."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import click
import pytest
from looks import Run

from seedspec.api import Options, Pace
from seedspec.cli.entry_argument import the_address, the_ids
from seedspec.cli.judges import Named, _JudgeParam
from seedspec.cli.main import Exit
from seedspec.cli.number import Number
from seedspec.cli.plan_view import _bucket, _words
from seedspec.cli.review_media import MediaChoice, MediaParam
from seedspec.cli.run_options import options_of
from seedspec.lock.record import Record, record_of

ADDRESSES = [f"open@look={look}/{take}" for look in ("noir", "soft", "dawn", "noon") for take in (1, 2, 3)]


def refusal(text: str, *addresses: str) -> str:
    with pytest.raises(Exit) as raised:
        the_address(text, addresses or ADDRESSES)
    assert raised.value.code == 2
    return str(raised.value)


def test_an_address_is_meant_by_itself_or_by_a_beginning_that_fits_it_alone() -> None:
    assert the_address("open@look=noir/2", ADDRESSES) == "open@look=noir/2"
    assert the_address("close", ["open/1", "close/1", "close/1"]) == "close/1"
    assert the_address("open", ["open", "open/1", "open/2"]) == "open"


def test_an_address_that_is_none_or_several_is_told_with_candidates() -> None:
    some = "\n".join(f"  {a}" for a in ADDRESSES)
    assert refusal("open@look=noir") == "`open@look=noir` fits 3 entries; give more of the address:\n" + "\n".join(
        some.split("\n")[:3]
    )
    eight = "\n".join(some.split("\n")[:8])
    assert refusal("open") == f"`open` fits 12 entries; give more of the address:\n{eight}\n  … and 4 more"
    assert refusal("a", *(f"a/{n}" for n in range(8))).count("\n") == 8
    assert refusal("a", *(f"a/{n}" for n in range(9))).endswith("\n  a/7\n  … and 1 more")
    assert refusal("oven@x=1", "open/1", "close/1") == "`oven@x=1` fits no entry; did you mean:\n  open/1"
    assert refusal("close@look=nor/1", "close@look=noir/1", "open@look=noir/1", "shut/1") == (
        "`close@look=nor/1` fits no entry; did you mean:\n  close@look=noir/1\n  open@look=noir/1"
    )
    assert refusal("xyz", "open/1") == "`xyz` fits no entry; `seedspec compile STORYBOARD` lists the addresses"


def record(fp: str, attempt: int = 1) -> Record:
    return record_of(fp, attempt, {"entry": "a/1", "take": 1, "state": "doubt"})


def test_purchases_are_told_apart_by_as_little_as_does() -> None:
    def ids(*records: Record) -> list[str]:
        return [name for _, name in the_ids(records)]

    b, a, twin = "b" * 64, "a" * 64, "a" * 8 + "c" * 56
    assert ids(record(b), record(a)) == ["a" * 8, "b" * 8]
    assert ids(record(a, 2), record(b), record(a)) == ["a" * 8 + "/1", "a" * 8 + "/2", "b" * 8]
    assert ids(record(twin), record(a)) == ["a" * 16, "a" * 8 + "c" * 8]
    assert ids(record("a" * 63 + "b"), record(a)) == [a, "a" * 63 + "b"]


def given(**more: object) -> Options:
    words = {"retry_failed": False, "redo_stale": False, "emulator": False, **more}
    return options_of(("open",), ("take=2",), "draft", **words)  # type: ignore[arg-type]


def test_the_options_of_a_run_are_those_of_its_words() -> None:
    plain = Options(select=("open",), exclude=("take=2",), profile="draft")
    assert given() == plain
    for name in ("retry_failed", "redo_stale", "locked", "fail_fast", "unpriced", "strict_expect", "retake_unmet"):
        assert given(**{name: True}) == replace(plain, **{name: True}), name
    values: dict[str, object] = {
        "max_usd": 1.5, "max_credits": 2.5, "max_entries": 3, "timeout": 4.0, "assets": "s3://a/b", "ledger": "s3://l",
        "renders": "s3://c/d", "picked_from": "final", "agreed_days": 2.0, "max_retakes": 5, "submit": False,
    }  # fmt: skip
    for name, value in values.items():
        assert given(**{name: value}) == replace(plain, **{name: value}), name
    assert given(no_wait=True) == replace(plain, wait=False)
    quick = Pace(submit_every=0.0, poll=0.5, poll_most=5.0, wait=0.2, wait_most=5.0, again_after=0.5, outage=10.0)
    assert given(emulator=True) == replace(plain, emulated=True, pace=quick)
    assert given(in_flight=3).pace == replace(Pace(), in_flight=3)
    assert given(poll_interval=40.0).pace == replace(Pace(), poll=40.0, poll_most=40.0, announced=0.0)
    assert given(poll_interval=2.0).pace == replace(Pace(), poll=2.0, announced=0.0)
    assert given(submit_rate=4.0).pace == replace(Pace(), submit_every=0.25)
    assert given(emulator=True, submit_rate=4.0).pace == replace(quick, submit_every=0.25)


def test_a_plan_is_bought_by_a_command_for_the_same_entries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SEEDSPEC_RENDERS", raising=False)
    options = given(picked_from="a b", retry_failed=True, redo_stale=True, renders="s3://b/p q")
    assert _words(options) == [
        "--select open", "--exclude take=2", "--picked-from 'a b'", "--retry-failed", "--redo-stale",
    ]  # fmt: skip
    assert _words(Options()) == _bucket(Options()) == []
    assert _bucket(options) == ["--renders 's3://b/p q'"]
    monkeypatch.setenv("SEEDSPEC_RENDERS", "s3://b/p q")
    assert _bucket(options) == []
    monkeypatch.setenv("SEEDSPEC_RENDERS", "s3://other")
    assert _bucket(options) == ["--renders 's3://b/p q'"]


def fault(kind: click.ParamType[object], value: str) -> str:
    with pytest.raises(click.BadParameter) as raised:
        kind.convert(value, None, None)
    return raised.value.message


def test_media_of_a_page_are_one_of_four_kinds() -> None:
    kind = MediaParam()
    for name in ("link", "inline", "proxy"):
        found = kind.convert(name, None, None)
        assert found == MediaChoice(name) and kind.convert(found, None, None) is found  # type: ignore[arg-type]
    for word, life in (
        ("signed", timedelta(days=7)), ("signed=1h", timedelta(hours=1)), ("signed=168h", timedelta(days=7)),
        ("signed=2d", timedelta(days=2)), ("signed=7d", timedelta(days=7)),
    ):  # fmt: skip
        assert kind.convert(word, None, None) == MediaChoice("signed", life)
    for word in ("signed=169h", "signed=8d", "signed=0d"):
        assert fault(kind, word) == f"`{word}`: an address is signed for 1 hour at least and 7 days at most"
    for word in ("signed=", "signed=1", "signed=1000h", "Link", "signed=1w", "signed=-1d"):
        assert (
            fault(kind, word) == f"`{word}` is none of link, inline, proxy, signed and signed=7d (or hours: signed=12h)"
        )
    assert kind.get_metavar() == "[link|inline|proxy|signed[=TIME]]" and kind.name == "media"


def test_a_judge_has_a_name_and_a_command() -> None:
    kind = _JudgeParam()
    assert kind.convert("look='a b' c=d", None, None) == Named("look", ("a b", "c=d"))
    assert fault(kind, "look") == "found `look`, expected NAME=COMMAND, such as look='python judge.py'"
    name = "expected a letter, then letters, digits, `_` and `-`"
    assert fault(kind, "1=a") == f"found the name `1`, {name}" and fault(kind, "=a") == f"found the name ``, {name}"
    for word in ("look=", "look=  ", "look=''"):
        assert fault(kind, word) == "`look` has no command; expected one, such as look='python judge.py'"
    assert fault(kind, "look='a") == "the command of `look` cannot be split into words: no closing quotation"


def test_a_number_is_told_with_its_bounds() -> None:
    assert [Number(0.5, 2000).convert(value, None, None) for value in ("0.5", "2e3", 7)] == [0.5, 2000.0, 7.0]
    for value in ("0.4", "2001", "nan", "x"):
        assert fault(Number(0.5, 2000), value) == f"found `{value}`, expected a number from 0.5 to 2,000"


def test_a_judge_is_named_once(looks: object, seedspec: Run) -> None:
    said = seedspec("measure", "--judge", "a=x", "--judge", "b=x", "--judge", "a=y")
    assert (said.code, said.err) == (2, "seedspec: --judge `a` stands twice; each judge needs a name of its own\n")
    said = seedspec("measure", "--executor", "tls://h:1")
    assert (said.code, said.err) == (
        2, "seedspec: --executor tls://h:1: its workers see no disk of this machine; name the bucket by --renders\n",
    )  # fmt: skip
