"""Every command that reads a lock can be told where its ledger is; the emulator has none."""

from __future__ import annotations

import pytest
from looks import Run

WORDS = (
    "status", "fetch", "plan", "why open", "cost", "stats", "review", "measure", "pick", "export csv", "export json",
    "export otio", "export sheet", "export animatic",
)  # fmt: skip


@pytest.mark.parametrize("words", WORDS)
def test_a_command_that_reads_a_lock_takes_the_place_of_its_ledger(
    seedspec: Run, looks: object, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = seedspec(*words.split(), "--emulator", "--ledger", "s3://team/film")
    assert said.code == 2 and "--ledger and --emulator exclude each other" in said.err
    said = seedspec(*words.split(), "--ledger", "s3://team/film")
    assert said.code == 6 and "names no ledger, and --ledger gives one" in said.err, said
    monkeypatch.setenv("SEEDSPEC_LEDGER", "s3://team/film")
    assert "SEEDSPEC_LEDGER is left alone" in seedspec(*words.split(), "--emulator").err
