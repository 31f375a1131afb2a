"""Which task is that of a request whose answer was lost: what a request carries, and what each task proves of it."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import lookups
import pytest

from seedspec.catalog.model import Model, catalog_of
from seedspec.project import sources
from seedspec.run.engine.messages import Listed, most_bytes
from seedspec.run.engine.proof import (
    MOST_SEED,
    Lookup,
    Proof,
    Trace,
    Verdict,
    alike,
    judge,
    marks_of,
    near,
    trace_of,
    unix_of,
)
from seedspec.run.engine.sums import worst

OWN = "seedspec-0123456789ab"
SENT = 1_000_000.0
SEED, ID = Lookup("echo", ("seed",)), Lookup("echo", ("own",), "client_id")
FIND = Lookup("own-id", own="client_id")


def model(**seed: Any) -> Model:
    """A model whose field of a seed has such a rule."""
    found = copy.deepcopy(sources.schemas())
    file = lookups.model()
    file["properties"]["seed"] |= seed
    prices = copy.deepcopy(found["evolink/prices.json"])
    rows = {"acme-1.0": [prices["models"]["seedance-2.0-text-to-video"][-1]]}
    found |= {
        "acme/provider.json": lookups.provider("seed-in-list"),
        "acme/acme-1.0.json": file,
        "acme/prices.json": {**prices, "provider": "acme", "models": rows},
    }
    return catalog_of(found, "2026-11-29").models["acme-1.0"]


@pytest.mark.parametrize(
    ("values", "trace"),
    [
        ({}, Trace()),
        ({"intent": None, "made": None}, Trace()),
        ({"intent": {"key": OWN, "at": "1970-01-12T13:46:40Z"}, "made": {"seed": 7}}, Trace(OWN, 7, SENT)),
        ({"intent": {"key": "k" * 19, "at": ""}, "made": {"seed": True}}, Trace()),
        ({"intent": {"key": "k" * 20, "at": "yesterday"}, "made": {"seed": 7.0}}, Trace("k" * 20)),
        ({"intent": {"key": "k" * 100}, "made": {"seed": 0}}, Trace("k" * 100, 0)),
        ({"intent": {"key": "k" * 101}, "made": {"seed": "7"}}, Trace()),
        ({"intent": {"key": f"-{OWN}"}}, Trace()),
    ],
)
def test_what_a_request_carried_is_read_from_the_lock(values: Mapping[str, Any], trace: Trace) -> None:
    assert trace_of(values) == trace


@pytest.mark.parametrize(
    ("lookup", "trace", "says"),
    [
        (FIND, Trace(OWN, 7, SENT), f"our id {OWN}"),
        (FIND, Trace("", 7, SENT), ""),
        (ID, Trace(OWN, 7, SENT), f"our id {OWN}"),
        (SEED, Trace(OWN, 7, SENT), "our seed 7"),
        (SEED, Trace(OWN, 0, SENT), "our seed 0"),
        (SEED, Trace(OWN, 7, None), ""),
        (SEED, Trace(OWN, None, SENT), ""),
        (Lookup("echo", ("seed", "own")), Trace(OWN, 7, SENT), f"our id {OWN} or our seed 7"),
        (Lookup("candidates"), Trace(OWN, 7, SENT), ""),
        (Lookup(), Trace(OWN, 7, SENT), ""),
    ],
)
def test_a_request_is_known_by_what_its_service_shows(lookup: Lookup, trace: Trace, says: str) -> None:
    assert (lookup.says(trace), lookup.proves(trace)) == (says, bool(says))


@pytest.mark.parametrize(
    ("lookup", "task", "what"),
    [
        (FIND, Listed("t", None, "running"), f"our id {OWN}"),
        (FIND, Listed("t", SENT, "running"), f"our id {OWN}; made at 1970-01-12T13:46:40Z"),
        (ID, Listed("t", SENT + 5000, "running", own=OWN), f"our id {OWN}; made at 1970-01-12T15:10:00Z"),
        (ID, Listed("t", SENT, "running", own="another"), ""),
        (SEED, Listed("t", SENT, "running", seed=7), "our seed 7; made at 1970-01-12T13:46:40Z"),
        (SEED, Listed("t", SENT - 120, "running", seed="7"), "our seed 7; made at 1970-01-12T13:44:40Z"),
        (SEED, Listed("t", SENT - 121, "running", seed=7), ""),
        (SEED, Listed("t", SENT + 900, "running", seed=7.0), "our seed 7; made at 1970-01-12T14:01:40Z"),
        (SEED, Listed("t", SENT + 901, "running", seed=7), ""),
        (SEED, Listed("t", None, "running", seed=7), ""),
        (SEED, Listed("t", SENT, "running", seed=8), ""),
        (SEED, Listed("t", SENT, "running", own=OWN), ""),
        (Lookup("candidates"), Listed("t", SENT, "running", seed=7, own=OWN), ""),
    ],
)
def test_a_task_proves_what_it_shows(lookup: Lookup, task: Listed, what: str) -> None:
    found = judge({"a": Trace(OWN, 7, SENT)}, [task], (), lookup)
    assert found == {"a": Verdict((Proof("t", lookup.by, what),) if what else ())}


def test_a_task_that_two_requests_may_claim_settles_neither() -> None:
    traces = {"a": Trace(OWN, 7, SENT), "b": Trace(OWN, 8, SENT), "c": Trace(f"{OWN}c", 9, SENT)}
    tasks = [Listed("t", None, "running", own=OWN), Listed("u", None, "running", own=f"{OWN}c")]
    proof, other = Proof("t", "echo", f"our id {OWN}"), Proof("u", "echo", f"our id {OWN}c")
    both = Verdict((proof,), ("t",))
    assert judge(traces, tasks, (), ID) == {"a": both, "b": both, "c": Verdict((other,))}
    assert judge({"c": traces["c"]}, [*tasks, *tasks], {"u"}, ID) == {"c": Verdict((), ("u",))}


@pytest.mark.parametrize(
    ("verdict", "sole", "says"),
    [
        (Verdict(), False, "the service shows no task with our id"),
        (Verdict((Proof("t", "echo", "x"),)), True, "1 tasks show our id: t"),
        (Verdict((Proof("t", "echo", "x"), Proof("u", "echo", "x"))), False, "2 tasks show our id: t, u"),
        (Verdict((Proof("t", "echo", "x"),), ("t",)), False, "the task that shows our id is another purchase's: t"),
        (Verdict((), ("t", "v")), False, "the task that shows our id is another purchase's: t, v"),
    ],
)
def test_a_verdict_says_what_was_seen(verdict: Verdict, sole: bool, says: str) -> None:
    assert (verdict.sole is not None, verdict.say("our id")) == (sole, says)
    assert Proof("t", "echo", "x").kept == {"by": "echo", "what": "x"}


def test_a_request_gets_a_seed_of_32_bits_where_its_service_shows_one() -> None:
    acme = model()
    drawn = [marks_of(acme, {"prompt": "x"}, SEED, f"key-{n}").fields["seed"] for n in range(20)]
    assert drawn == [marks_of(acme, {}, SEED, f"key-{n}").fields["seed"] for n in range(20)], "by its key alone"
    assert len(set(drawn)) == 20 and min(drawn) >= 1 and MOST_SEED // 2 < max(drawn) <= MOST_SEED == 2**32 - 1
    assert drawn[0] == 4_027_543_026
    marks = marks_of(acme, {"prompt": "x"}, SEED, "key-0")
    assert (marks.made, marks.own, marks.trace("key-0", 5.0)) == ({"seed": drawn[0]}, {}, Trace("", drawn[0], 5.0))
    own = marks_of(acme, {}, ID, OWN)
    assert (own.made, own.fields, own.own, own.trace(OWN, 5.0)) == (None, {}, {"client_id": OWN}, Trace(OWN, None, 5.0))
    assert marks_of(acme, {"seed": 7}, SEED, OWN).made is None, "the author's own is no mark"
    assert marks_of(acme, {}, Lookup("candidates"), OWN) == marks_of(acme, {}, Lookup(), OWN)


@pytest.mark.parametrize(
    ("rule", "drawn"),
    [
        ({"maximum": MOST_SEED - 1}, False),
        ({"maximum": MOST_SEED}, True),
        ({"minimum": 1}, True),
        ({"minimum": 2}, False),
        ({"type": "number"}, False),
    ],
)
def test_a_seed_is_drawn_where_any_of_32_bits_may_be_sent(rule: Mapping[str, Any], drawn: bool) -> None:
    assert (marks_of(model(**rule), {}, SEED, OWN).made is not None) is drawn


def test_a_model_without_a_seed_gets_none() -> None:
    acme = model()
    assert marks_of(replace(acme, means=type(acme.means)({}, {})), {}, SEED, OWN).made is None


@pytest.mark.parametrize(
    ("sent", "shown", "same"),
    [
        ("https://a/1", "anything", True),
        ("sha256:1", 1, False),
        ("httpsx", "https", False),
        ("upload:1", "x", True),
        (1, 1.0, True),
        (1, True, False),
        (True, True, True),
        ({"a": [1, {"b": "data:x"}]}, {"a": [1, {"b": "y", "c": 1}], "d": 2}, True),
        ({"a": [1, 2]}, {"a": [2, 1]}, False),
        ([1], (1,), False),
        (None, None, True),
    ],
)
def test_what_is_shown_of_a_request_holds_all_that_was_sent(sent: Any, shown: Any, same: bool) -> None:
    assert alike(sent, shown) is same


def test_times_are_near_by_the_clocks_of_two_machines() -> None:
    found = [near(created, SENT, unknown=False) for created in (SENT - 121, SENT - 120, SENT + 900, SENT + 901)]
    assert found == [False, True, True, False]
    assert [near(None, SENT, unknown=u) or near(SENT, None, unknown=u) for u in (True, False)] == [True, False]
    assert [unix_of(at) for at in ("1970-01-01T00:00:09Z", "1970-01-01", None, 5)] == [9.0, None, None, None]


@pytest.mark.parametrize(
    ("seconds", "most"),
    [
        (4, 64_000_000), (2.5, 52_000_000), (3600, 28_832_000_000), (3601, 512_000_000), (0, 512_000_000),
        (-1, 512_000_000), (True, 512_000_000), ("4", 512_000_000), (None, 512_000_000),
    ],
)  # fmt: skip
def test_a_video_may_have_so_many_bytes_for_its_seconds(seconds: object, most: int) -> None:
    assert most_bytes(seconds) == most


@pytest.mark.parametrize(
    ("codes", "code"),
    [
        ((), 0), ((0,), 0), ((0, 10), 10), ((10, 9), 9), ((9, 7), 7), ((7, 1), 1), ((1, 4), 4), ((4, 5), 5),
        ((5, 3), 3), ((3, 2), 2), ((2, 130), 130), ((130, 8), 8), ((8, 6), 6), ((6, 70), 70),
        ((70, 11), 11), ((11, 99, 1), 99),
    ],
)  # fmt: skip
def test_of_several_exit_codes_the_worst_is_told(codes: tuple[int, ...], code: int) -> None:
    assert worst(codes) == worst(reversed(codes)) == code
