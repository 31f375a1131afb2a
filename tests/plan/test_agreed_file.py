"""A plan that people agreed to, as a file and as a value: written, read, refused, and held against a storyboard."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from seedspec import api
from seedspec.catalog.schema import Schema
from seedspec.compiler.entry import Entry
from seedspec.lock.lock import Lock, lock_from
from seedspec.lock.record import record_of
from seedspec.plan.agreed import (
    Agreed,
    Dearer,
    Drift,
    NotThisPlan,
    Purchase,
    agreed_of,
    as_bytes,
    narrow,
    read,
    requests_digest,
)
from seedspec.plan.planner import make_plan
from seedspec.plan.rules import Rules
from seedspec.plan.select import Selection
from seedspec.project import sources
from seedspec.text.diagnostic import Problems
from seedspec.text.yaml import parse, source_of

BOARD = """\
seedspec: 1
model: seedance-2.0-reference-to-video
defaults: {duration: 4, quality: 480p}
matrix: {axes: {look: [noir, pastel]}}
shots:
  - {id: open, prompt: "{{ look }}"}
  - {id: card, prompt: "a card"}
"""
FP, OTHER = "a" * 64, "b" * 64
MADE, DIGEST = "2026-11-23T07:00:00Z", "sha256:" + "0" * 64
ONE, TWO = Purchase("open/1", FP, 1, 251100), Purchase("card/1", OTHER, 2, 0)
AGREED = Agreed(
    "kite", "storyboard.yaml", "", False, MADE, DIGEST, False, False, Decimal("25.11"), Decimal("0.12345"),
    "2026-11-01", {FP: ONE, OTHER: TWO},
)  # fmt: skip
FULL = replace(AGREED, profile="draft", emulated=True, retry=True, redo=True, purchases={})
ANEW = "make the plan anew with `seedspec plan --out FILE`"


@pytest.fixture(scope="module")
def entries(tmp_path_factory: pytest.TempPathFactory) -> tuple[Entry, ...]:
    path: Path = tmp_path_factory.mktemp("agreed") / "storyboard.yaml"
    path.write_text(BOARD)
    return api.compile(path).entries


def test_the_file_has_a_line_for_each_key_and_each_purchase() -> None:
    assert as_bytes(AGREED).decode() == (
        '{\n"seedspec_agreed": 1,\n"storyboard": "kite",\n"file": "storyboard.yaml",\n'
        f'"made": "{MADE}",\n"requests": "{DIGEST}",\n"credits": 25.11,\n"usd": 0.1235,\n'
        '"prices_as_of": "2026-11-01",\n"purchases": [\n'
        f'{{"entry":"open/1","fp":"{FP}","attempt":1,"units":251100}},\n'
        f'{{"entry":"card/1","fp":"{OTHER}","attempt":2,"units":0}}\n]\n}}\n'
    )
    assert as_bytes(FULL).decode() == (
        '{\n"seedspec_agreed": 1,\n"storyboard": "kite",\n"file": "storyboard.yaml",\n"profile": "draft",\n'
        f'"emulated": true,\n"made": "{MADE}",\n"requests": "{DIGEST}",\n"retry_failed": true,\n"redo_stale": true,\n'
        '"credits": 25.11,\n"usd": 0.1235,\n"prices_as_of": "2026-11-01",\n"purchases": []\n}\n'
    )


def parsed(data: bytes) -> tuple[Agreed | None, list[str]]:
    problems = Problems()
    source = source_of("plan.json", data, problems)
    node = parse(source, problems) if source is not None else None
    assert node is not None
    return read(node, Schema(sources.schemas()["plan.json"]), problems), [d.code for d in problems]


@pytest.mark.parametrize("agreed", [AGREED, FULL], ids=["plain", "full"])
def test_what_is_written_is_read(agreed: Agreed) -> None:
    assert parsed(as_bytes(agreed)) == (replace(agreed, usd=Decimal("0.1235")), [])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (('"card/1","fp":"' + OTHER, '"card/1","fp":"' + FP),
         f"plan.json:12:1: `card/1` is in the plan twice; expected each request once; {ANEW}"),
        ((MADE, "2026-13-23T07:00:00Z"), f"plan.json:5:9: `2026-13-23T07:00:00Z` is no time; {ANEW}"),
    ],
)  # fmt: skip
def test_a_plan_with_a_request_twice_or_without_a_time_is_none(change: tuple[str, str], said: str) -> None:
    with pytest.raises(NotThisPlan) as told:
        parsed(as_bytes(AGREED).decode().replace(*change).encode())
    assert str(told.value) == said


def test_what_has_not_its_form_is_told_and_not_read() -> None:
    found, codes = parsed(as_bytes(AGREED).replace(b'"storyboard": "kite",\n', b""))
    assert found is None and len(codes) == 1


FITS: dict[str, Any] = {
    "storyboard": "kite", "file": "storyboard.yaml", "profile": "", "emulated": False, "now": MADE, "days": 7.0,
}  # fmt: skip


@pytest.mark.parametrize(
    ("agreed", "given", "said"),
    [
        (AGREED, {}, ""),
        (AGREED, {"storyboard": "kit"},
         "the plan is of `kite` (storyboard.yaml); expected one of `kit` (storyboard.yaml)"),
        (AGREED, {"file": "x.yaml"}, "the plan is of `kite` (storyboard.yaml); expected one of `kite` (x.yaml)"),
        (FULL, {"emulated": True},
         "the plan was made with profile `draft`; give --profile draft, or make the plan anew"),
        (AGREED, {"profile": "draft"}, "the plan was made without a profile; give no --profile, or make the plan anew"),
        (FULL, {"profile": "draft"},
         "the plan was made with the emulator's lock; add --emulator, or make the plan anew"),
        (AGREED, {"emulated": True},
         "the plan was made with the paid lock; leave out --emulator, or make the plan anew"),
        (FULL, {"profile": "draft", "emulated": True}, ""),
        (AGREED, {"now": "2026-11-30T07:00:00Z"}, ""),
        (AGREED, {"now": "2026-11-30T07:00:01Z"},
         f"the plan is of {MADE}, older than 7 days; make it anew, or give --plan-age DAYS"),
        (AGREED, {"now": "2026-11-24T07:00:01Z", "days": 1.0},
         f"the plan is of {MADE}, older than 1 day; make it anew, or give --plan-age DAYS"),
        (AGREED, {"now": "2026-11-23T19:00:01Z", "days": 0.5},
         f"the plan is of {MADE}, older than 0.5 days; make it anew, or give --plan-age DAYS"),
        (AGREED, {"now": "2026-11-23T06:00:00Z"}, ""),
        (AGREED, {"now": "2026-11-23T05:59:59Z"},
         f"the plan is of {MADE}, which is yet to come; set the clock right or make it anew"),
    ],
)  # fmt: skip
def test_a_plan_is_of_one_storyboard_profile_and_lock_and_of_some_days(
    agreed: Agreed, given: dict[str, Any], said: str
) -> None:
    if not said:
        agreed.check_fits(**{**FITS, **given})
        return
    with pytest.raises(NotThisPlan) as told:
        agreed.check_fits(**{**FITS, **given})
    assert str(told.value) == said


def test_what_would_be_bought_is_what_is_agreed_to(entries: tuple[Entry, ...]) -> None:
    noir, pastel, card, _ = entries
    failed = {"state": "failed", "failure": {"code": "x", "message": ""}, "entry": noir.address}
    lock = lock_from([record_of(noir.fingerprint, 1, failed)])
    rules = Rules("renders", lambda code: "again", lambda file, size=None: False, MADE, profile="draft")
    plan, rate = make_plan(entries, lock, rules), noir.model.rate
    found = agreed_of(
        plan, entries, rate, name="kite", file="x.yaml", emulated=True, made=MADE, retry=True, redo=False
    )  # fmt: skip
    units = noir.cost.high
    assert [*found.purchases.values()] == [
        Purchase(noir.address, noir.fingerprint, 2, units), Purchase(pastel.address, pastel.fingerprint, 1, units),
        Purchase(card.address, card.fingerprint, 1, units),
    ]  # fmt: skip
    assert (found.storyboard, found.file, found.profile, found.emulated, found.made) == (
        "kite", "x.yaml", "draft", True, MADE,
    )  # fmt: skip
    assert (found.retry, found.redo, found.prices) == (True, False, rate.as_of)
    assert found.credits == Decimal(3 * units) / 10_000 and found.usd == found.credits / rate.credits_per_usd
    assert found.requests == requests_digest(reversed(entries)) != requests_digest(entries[:2])
    assert repr(AGREED) == f"Agreed('kite', 2 purchases, $0.12, {MADE})"


def test_what_has_changed_since_is_told_by_kind(entries: tuple[Entry, ...]) -> None:
    noir, pastel, card, twin = entries
    bought = record_of(card.fingerprint, 1, {"state": "saved", "entry": card.address})
    taken_back = record_of(noir.fingerprint, 1, {"state": "queued", "entry": noir.address})
    plan = replace(
        AGREED,
        purchases={
            FP: ONE, card.fingerprint: Purchase(card.address, card.fingerprint, 1, card.cost.high),
            pastel.fingerprint: (dear := Purchase(pastel.address, pastel.fingerprint, 1, pastel.cost.high - 1)),
        },
    )  # fmt: skip
    found, drift = narrow(Selection(entries[:3], (twin,)), plan, lock_from([bought, taken_back]))
    assert drift == Drift((ONE,), (Dearer(dear, pastel.cost.high),), 1, (noir.address,), same=False)
    assert (found.chosen, found.others) == ((card,), (twin, noir, pastel))
    assert repr(drift) == "Drift(1 gone, 1 dearer, 1 bought, 1 new)" and drift.short
    same = replace(AGREED, requests=requests_digest(entries), purchases={})
    _, drift = narrow(Selection(entries, ()), same, Lock())
    assert drift == Drift(new=(noir.address, pastel.address, card.address)), "one request is new once"
    assert not drift.short and repr(Drift()) == "Drift(nothing)" and not Drift().short
    assert Drift(gone=(ONE,)).short and Drift(dearer=(Dearer(ONE, 1),)).short
    json.loads(as_bytes(plan))
