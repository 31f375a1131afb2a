"""The days of a model: what is said of one that cannot be bought any more, or soon."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from seedspec import api
from seedspec.catalog.model import Catalog, catalog_of
from seedspec.project import sources

TODAY = "2026-11-29"
NAME = "seedance-2.0-text-to-video"
BOARD = f"seedspec: 1\nmodel: {NAME}\nshots: [{{id: a, prompt: A door opens.}}]\n"


def catalog(**days: str) -> Catalog:
    found: dict[str, Any] = copy.deepcopy(sources.schemas())
    found[f"evolink/{NAME}.json"]["x-seedspec"]["dates"] = days
    made = catalog_of(found, TODAY)
    assert not made.broken
    return made


@pytest.mark.parametrize(
    ("days", "codes"),
    [
        ({"retired": "2026-11-29"}, ["model-retired"]),
        ({"retired": "2026-01-01"}, ["model-retired"]),
        ({"until": "2026-11-28"}, ["model-retired"]),
        ({"until": "2026-11-28", "retired": "2027-11-01"}, ["model-retired"]),
        ({"until": "2026-11-29"}, ["model-ends"]),
        ({"until": "2027-01-27"}, ["model-ends"]),
        ({"until": "2027-01-28"}, []),
        ({"retired": "2027-01-28"}, ["model-ends"]),
        ({"from": "2026-01-01"}, []),
    ],
)
def test_a_model_by_its_days(tmp_path: Path, days: dict[str, str], codes: list[str]) -> None:
    (tmp_path / "s.yaml").write_text(BOARD)
    found = api.check(tmp_path / "s.yaml", catalog(**days))
    assert [d.code for d in found] == codes
    for one in found:
        assert one.span is not None and one.span.text == NAME
        assert "`seedance-2.0-fast-text-to-video`" in one.notes[0].message and f"`{NAME}`" not in one.notes[0].message


def test_a_model_that_has_ended_is_an_error_of_the_check_alone(tmp_path: Path) -> None:
    """What was bought of it is found again only by entries that are as before."""
    (tmp_path / "s.yaml").write_text(BOARD)
    over = catalog(retired=TODAY)
    made, before = api.compile(tmp_path / "s.yaml", over), api.compile(tmp_path / "s.yaml", catalog())
    assert made.ok and [(d.code, d.severity) for d in made.diagnostics] == [("model-retired", "warning")]
    assert [e.fingerprint for e in made.entries] == [e.fingerprint for e in before.entries]
    for profile in (None, "default"):
        assert [d.severity for d in api.check(tmp_path / "s.yaml", over, profile)] == ["error"]


def test_without_a_day_nothing_is_judged(tmp_path: Path) -> None:
    (tmp_path / "s.yaml").write_text(BOARD)
    found = copy.deepcopy(sources.schemas())
    found[f"evolink/{NAME}.json"]["x-seedspec"]["dates"] = {"retired": "2020-01-01"}
    assert not api.check(tmp_path / "s.yaml", catalog_of(found))


def test_a_day_that_is_none_is_told_of_the_file() -> None:
    found = copy.deepcopy(sources.schemas())
    found[f"evolink/{NAME}.json"]["x-seedspec"]["dates"] = {"until": "2026-13-40"}
    assert NAME in catalog_of(found, TODAY).broken
