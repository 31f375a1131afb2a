"""A model that has ended: nothing is bought of it, and what was bought is followed, saved and taken up as before."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from helpers import QUICK, SMALL, Make, Project, nearby

from seedspec import api
from seedspec.catalog.model import Catalog, catalog_of
from seedspec.cli.main import start
from seedspec.lock.purchase_events import Saved
from seedspec.lock.run_events import Held
from seedspec.project import sources

pytestmark = pytest.mark.slow

MODEL, OTHER = "seedance-2.0-reference-to-video", "seedance-2.0-fast-reference-to-video"
BOTH = (
    SMALL
    + f"""\
  - {{{{id: old, model: {OTHER}, prompt: "{{name}} old"}}}}
"""
)


def catalog(*retired: str, aka: Sequence[str] = ()) -> Catalog:
    found: dict[str, Any] = copy.deepcopy(sources.schemas())
    for name in retired:
        found[f"evolink/{name}.json"]["x-seedspec"]["dates"] = {"retired": "2026-01-31"}
    if aka:
        found[f"evolink/{MODEL}.json"]["x-seedspec"]["aka"] = list(aka)
    return catalog_of(found, "2026-11-29")


def bought(found: Project, models: Catalog, **options: Any) -> list[Any]:
    board = found.folder / "storyboard.yaml"
    given = api.Options(**{"pace": QUICK, **options})
    made = api.compile(board, models)
    return list(api.run(board, given, consent=api.Yes(), environ=found.environ(), compiled=made))


def here(found: Project, monkeypatch: pytest.MonkeyPatch, models: Catalog) -> None:
    """The commands of this process stand in the project, on a day with these models."""
    monkeypatch.chdir(found.folder)
    monkeypatch.setattr(sources, "catalog", lambda *_: models)
    for name, value in found.environ().items():
        monkeypatch.setenv(name, value)


def test_nothing_is_bought_of_a_model_that_has_ended(project: Make) -> None:
    found = project(SMALL)
    with pytest.raises(api.Retired, match=f"2 videos .*`one/1`.*since 2026-01-31.*`{OTHER}`") as refused:
        bought(found, catalog(MODEL))
    assert refused.value.exit == 3
    assert not found.lock_path.exists() and not found.service.bought(found.name)


def test_what_was_bought_before_the_end_is_saved(project: Make) -> None:
    found = project(SMALL)
    bought(found, catalog(), wait=False)
    events = bought(found, catalog(MODEL))
    assert sum(isinstance(e, Saved) for e in events) == 2 and events[-1].exit == 0
    assert sum(found.service.bought(found.name).values()) == 2


def test_another_model_of_the_storyboard_is_bought(project: Make) -> None:
    found = project(BOTH)
    with pytest.raises(api.Retired, match=r"1 video .*`old/1`"):
        bought(found, catalog(OTHER))
    assert bought(found, catalog(OTHER), exclude=["old"])[-1].exit == 0
    assert sum(found.service.bought(found.name).values()) == 2


def test_a_failed_task_is_not_bought_again_by_itself(project: Make, tmp_path: Path) -> None:
    with nearby(tmp_path / "service", "failed=service_error@1") as service:
        found = project(SMALL, at=service)
        bought(found, catalog(), wait=False)
        events = bought(found, catalog(MODEL))
        assert [(e.entry, e.upstream) for e in events if isinstance(e, Held)] == [("one/1", MODEL)]
        assert len(service.ledger("reserved")) == 2


def test_commands_that_buy_nothing_go_on(
    project: Make, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    found = project(SMALL)
    bought(found, catalog(), select=["one"])
    here(found, monkeypatch, catalog(MODEL))
    for words in (
        "status", "plan", "cost", "stats", "why one/1", "pick one/1", "review", "export csv", "fetch", "lock verify",
        "settle", "compile",
    ):  # fmt: skip
        code = start(words.split())
        said = capfd.readouterr()
        assert code in (0, 7), (words, said)
        assert words == "lock verify" or f"warning: model `{MODEL}` is retired" in said.err, (words, said)
        assert "seedspec run" not in said.err, f"{words} proposes what is refused: {said.err}"
    for words in ("check", "run --yes", "run --yes --emulator"):
        code = start(words.split())
        said = capfd.readouterr()
        assert code == 3 and "since 2026-01-31" in said.err + said.out and OTHER in said.err + said.out, (words, said)
        assert (said.err + said.out).count("is retired since") == 1, f"{words} says it once"
    assert start(["run", "--yes", "--exclude", "two"]) == 0
    assert sum(found.service.bought(found.name).values()) == 1


@pytest.mark.parametrize("taken", [True, False])
def test_a_task_under_another_name_of_the_model_is_the_models(
    project: Make, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], taken: bool
) -> None:
    """A task of another model has to stand for one: the service shows the name that it was made with."""
    made_under = project(SMALL.replace(MODEL, OTHER))
    bought(made_under, catalog(), wait=False)
    one, two = (str(r.task) for r in sorted(made_under.lock(), key=lambda r: r.entry))
    found = project(SMALL)
    here(found, monkeypatch, catalog(aka=[OTHER] if taken else []))
    code = start(["adopt", "one/1", "--task", one])
    assert (code, f"was made by {OTHER}" in capfd.readouterr().err) == ((0, False) if taken else (7, True))
    bought(found, catalog(), select=["two"], wait=False)
    found.rewrite("two/1", state="doubt", task=None)
    code = start(["settle", "two/1", "--task", two])
    assert (code, f"was made by {OTHER}" in capfd.readouterr().err) == ((0, False) if taken else (7, True))
