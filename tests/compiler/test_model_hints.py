"""What is said of a model whose price is a guess, and of takes that share a seed."""

from __future__ import annotations

import json
from pathlib import Path

import lookups
import pytest

from seedspec import api
from seedspec.text.diagnostic import Diagnostic, Severity

BOARD = """\
seedspec: 1
model: acme-1.0
defaults: {duration: 4, takes: 2}
shots:
  - {id: one, prompt: Tea steams., SEED}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    lookups.write(tmp_path / "settings", "none")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "settings"))
    return tmp_path


def found(folder: Path, seed: str, code: str) -> list[Diagnostic]:
    (folder / "storyboard.yaml").write_text(BOARD.replace("SEED", seed), encoding="utf-8")
    return [d for d in api.compile(folder / "storyboard.yaml").diagnostics if d.code == code]


def test_takes_with_one_seed_are_told_at_the_seed(folder: Path) -> None:
    [told] = found(folder, "seed: 7", "seed-with-takes")
    assert told.severity is Severity.WARNING and told.span is not None
    assert str(told.span).endswith("storyboard.yaml:5:42")
    assert '`seed: "{{ 1000 + take }}"`' in str(told.notes), told.notes
    assert "2 takes are sent with one seed, 7" in told.message


@pytest.mark.parametrize("seed", ['seed: "{{ 1000 + take }}"', "duration: 5", "seed: 7, takes: 1"])
def test_takes_that_differ_are_not(folder: Path, seed: str) -> None:
    assert found(folder, seed, "seed-with-takes") == []


def test_a_guessed_price_is_told_where_the_model_is_named(folder: Path) -> None:
    prices = folder / "settings" / "seedspec" / "providers" / "acme" / "prices.json"
    document = json.loads(prices.read_bytes())
    document["models"]["acme-1.0"][0]["sure"] = "stated"
    prices.write_text(json.dumps(document), encoding="utf-8")
    assert found(folder, "duration: 5", "price-guessed") == []
    document["models"]["acme-1.0"][0]["sure"] = "guessed"
    prices.write_text(json.dumps(document), encoding="utf-8")
    [told] = found(folder, "duration: 5", "price-guessed")
    assert told.severity is Severity.HINT and told.span is not None
    assert str(told.span).endswith("storyboard.yaml:2:8")
