"""The lock's rules stand in one place, and the code that keeps one names it."""

from __future__ import annotations

import re
from pathlib import Path

import seedspec.lock

ROOM = Path(seedspec.lock.__file__).parent
KEEPERS = [*ROOM.glob("[!_]*.py"), ROOM.parent / "run" / "store" / "journal.py"]


def test_each_rule_is_kept_somewhere_and_no_other_is_named() -> None:
    rules = [int(n) for n in re.findall(r"^(\d+)\. ", seedspec.lock.__doc__ or "", re.MULTILINE)]
    named = {int(n) for path in KEEPERS for n in re.findall(r"\brule (\d+)", path.read_text(encoding="utf-8"))}
    assert rules == list(range(1, len(rules) + 1))
    assert named == set(rules)
