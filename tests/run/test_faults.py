"""Every fault of the emulator, end to end: what exit code, lock and books say, and what a second run does."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest
from helpers import BOARD, HERO, SMALL, Make, nearby

from seedspec.emulator.settings import FAULTS

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Case:
    """A fault, and what a first and a second run come to; states in the order of the entries.

    `taken` is how many requests the service accepted in both runs, refunded ones included.
    """

    fault: str
    first: int
    states: str
    second: int
    finally_: str
    taken: int
    board: str = SMALL


CASES = [
    Case("refused@1", 1, "failed saved", 1, "failed saved", 1),
    Case("refused=invalid_request", 1, "failed failed", 1, "failed failed", 0),
    Case("unauthorized@1", 5, "queued", 0, "saved saved", 2),
    Case("no-balance@2", 5, "saved queued", 0, "saved saved", 2),
    Case("forbidden@1", 5, "queued", 0, "saved saved", 2),
    Case("throttled=0.2@1,2", 0, "saved saved", 0, "saved saved", 2),
    Case("throttled=Wed, 21 Oct 2015 07:28:00 GMT@1", 0, "saved saved", 0, "saved saved", 2),
    Case("server-error=503@1", 0, "saved saved", 0, "saved saved", 2),
    Case("server-error=502@1", 8, "doubt saved", 8, "doubt saved", 1),
    Case("server-error=500@2", 8, "saved doubt", 8, "saved doubt", 1),
    Case("late-error@1", 8, "doubt saved", 8, "doubt saved", 2),
    Case("late-error=504@1", 8, "doubt saved", 8, "doubt saved", 2),
    Case("lost-reply@1", 8, "doubt saved", 8, "doubt saved", 2),
    Case("lost-reply@1 list-error=403", 8, "doubt saved", 8, "doubt saved", 2),
    Case("lost-reply@1 list-strange", 8, "doubt saved", 8, "doubt saved", 2),
    Case("garbled-reply@2", 8, "saved doubt", 8, "saved doubt", 2),
    Case("no-id", 8, "doubt doubt", 8, "doubt doubt", 2),
    Case("slow=1@1", 0, "saved saved", 0, "saved saved", 2),
    Case("slow-task=1@2", 0, "saved saved", 0, "saved saved", 2),
    Case("failed=service_error", 1, "failed failed", 1, "failed failed", 6),
    Case("failed=content_policy_violation@1", 1, "failed saved", 1, "failed saved", 2),
    Case("failed=unknown_error@2", 1, "saved failed", 1, "saved failed", 2),
    Case("failed=something_new@1", 1, "failed saved", 1, "failed saved", 2),
    Case("expired-link", 0, "saved saved", 0, "saved saved", 2),
    Case("wrong-size@1", 0, "saved saved", 0, "saved saved", 2),
    Case("wrong-fps@1", 0, "saved saved", 0, "saved saved", 2),
    Case("short@2", 0, "saved saved", 0, "saved saved", 2),
    Case("silent", 0, "saved saved", 0, "saved saved", 2),
    Case("black@1", 0, "saved saved", 0, "saved saved", 2),
    Case("frozen@2", 0, "saved saved", 0, "saved saved", 2),
    Case("charged=1.5", 0, "saved saved", 0, "saved saved", 2),
    Case("noise-result@1,2", 0, "saved saved", 0, "saved saved", 2),
    Case("truncated@1,2", 0, "saved saved", 0, "saved saved", 2),
    Case("html-result@1", 0, "saved saved", 0, "saved saved", 2),
    Case("poll-error=503@1,2", 0, "saved saved", 0, "saved saved", 2),
    Case("poll-error=429@1", 0, "saved saved", 0, "saved saved", 2),
    Case("no-batch poll-error=401@1", 5, "running saved", 0, "saved saved", 2),
    Case("no-batch", 0, "saved saved", 0, "saved saved", 2),
    Case("upload-error=500@1", 0, "saved saved saved saved", 0, "saved saved saved saved", 4, BOARD),
    Case("upload-error=413@1", 7, "saved saved saved", 0, "saved saved saved saved", 4, BOARD),
    Case("upload-error=401@1", 5, "", 0, "saved", 1, HERO),
    Case("upload-refused=400@1", 7, "saved saved saved", 0, "saved saved saved saved", 4, BOARD),
    Case("upload-refused=500@1,2", 0, "saved", 0, "saved", 1, HERO),
    Case("upload-refused=401@1", 5, "", 0, "saved", 1, HERO),
    Case("upload-throttled=0.2@1,2", 0, "saved", 0, "saved", 1, HERO),
    Case("upload-throttled", 7, "", 7, "", 0, HERO),
    Case("upload-full@1", 7, "", 0, "saved", 1, HERO),
    Case("upload-lost@1", 0, "saved", 0, "saved", 1, HERO),
    Case("upload-garbled@1", 0, "saved", 0, "saved", 1, HERO),
    Case("upload-slow=1@1", 0, "saved", 0, "saved", 1, HERO),
    Case("upload-gone@1", 0, "saved", 0, "saved", 1, HERO),
    Case("upload-gone", 1, "failed", 1, "failed", 0, HERO),
    Case("failed=image_processing_error@1", 1, "failed", 1, "failed", 1, HERO),
]


def test_every_fault_has_a_case() -> None:
    tried = {fault.partition("@")[0].partition("=")[0] for c in CASES for fault in _faults(c)}
    assert tried == set(FAULTS)


def _faults(case: Case) -> list[str]:
    """One fault, or some without white space in their arguments."""
    return case.fault.split(" ") if case.fault.startswith(("no-batch", "lost-reply")) else [case.fault]


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.fault)
def test_a_fault_ends_as_it_must(case: Case, project: Make, tmp_path: Path, tally: Counter[str]) -> None:
    with nearby(tmp_path / "service", *_faults(case)) as service:
        found = project(case.board, at=service)
        first = found.here()
        assert (first[-1].exit, " ".join(found.states().values())) == (case.first, case.states), first
        second = found.here()
        assert (second[-1].exit, " ".join(found.states().values())) == (case.second, case.finally_), second
        taken = service.ledger("reserved")
        assert len(taken) == case.taken
        assert max(Counter(service.bought(found.name)).values(), default=0) <= 1
        sent = {v["idempotency_key"] for v in (*taken, *service.ledger("refused"))}
        assert not service.ledger("leak"), "the key went to the results host"
        tally["faults end to end"] += 1
        tally["requests of faulty runs"] += len(sent)
