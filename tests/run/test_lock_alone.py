"""A storyboard that cannot be compiled: what was bought is shown, followed and saved from its lock."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from helpers import QUICK, SMALL, Make, Project

from seedspec import api
from seedspec.catalog.model import Catalog, catalog_of
from seedspec.cli.main import start
from seedspec.compiler.entry import digest
from seedspec.lock.lock import Lock
from seedspec.lock.record import Record, record_of
from seedspec.plan.bought import entries_of, models_of
from seedspec.project import sources
from seedspec.run.lock_alone import lock_alone

MODEL = "seedance-2.0-reference-to-video"
Capture = pytest.CaptureFixture[str]


def catalog(*gone: str) -> Catalog:
    found: dict[str, Any] = copy.deepcopy(sources.schemas())
    for name in gone:
        del found[f"evolink/{name}.json"]
    return catalog_of(found, "2026-11-29")


def bought(found: Project, **options: Any) -> None:
    board = found.folder / "storyboard.yaml"
    given = api.Options(**{"pace": QUICK, **options})
    list(api.run(board, given, consent=api.Yes(), environ=found.environ(), compiled=api.compile(board)))


def here(found: Project, monkeypatch: pytest.MonkeyPatch, models: Catalog) -> None:
    monkeypatch.chdir(found.folder)
    monkeypatch.setattr(sources, "catalog", lambda *_: models)
    for name, value in found.environ().items():
        monkeypatch.setenv(name, value)


def text(change: Callable[[str], str]) -> Callable[[Path], None]:
    return lambda board: board.write_text(change(board.read_text(encoding="utf-8")), encoding="utf-8")


TROUBLES: dict[str, tuple[Callable[[Path], None], tuple[str, ...]]] = {
    "the model's file is gone": (lambda board: None, (MODEL,)),
    "a field is wrong": (text(lambda said: said.replace("shots:", "defaults: {duration: 999}\nshots:")), ()),
    "it is no YAML": (text(lambda said: said + "\n  - {{{"), ()),
    "the output folder is wrong": (text(lambda said: said.replace("shots:", "output: ../out\nshots:")), ()),
    "the storyboard is gone": (Path.unlink, ()),
}


@pytest.mark.slow
@pytest.mark.parametrize(
    "trouble", [name if i in (0, 2) else pytest.param(name, marks=pytest.mark.long) for i, name in enumerate(TROUBLES)]
)
def test_what_was_bought_is_shown_followed_and_saved(
    project: Make, monkeypatch: pytest.MonkeyPatch, capfd: Capture, trouble: str
) -> None:
    found = project(SMALL)
    bought(found, wait=False)
    before = [r.entry for r in found.lock()]
    change, gone = TROUBLES[trouble]
    change(found.folder / "storyboard.yaml")
    here(found, monkeypatch, catalog(*gone))

    for words in ("check", "plan", "run --yes", "compile", "why one/1", "lock prune --yes"):
        assert start(words.split()) == 3, (words, capfd.readouterr())
    capfd.readouterr()
    assert start(["status", "--format", "json"]) == 0
    shown = json.loads(capfd.readouterr().out)
    assert [(s["entry"], s["action"]) for s in shown["steps"]] == [(entry, "resume") for entry in before]
    assert start(["fetch"]) == 0
    assert all(r.state == "saved" for r in found.lock()) and [r.entry for r in found.lock()] == before
    capfd.readouterr()
    for words in (
        "status", "cost --by model", "cost --format json", "stats", "export csv", "export json", "review", "settle",
        "lock verify", "pick one/1", "pick", "fetch",
    ):  # fmt: skip
        code, said = start(words.split()), capfd.readouterr()
        assert code == 0, (words, said)
        assert words.startswith("lock") or "is taken from `storyboard.lock` alone" in said.err, (words, said)
        if words not in ("stats", "settle", "fetch"):
            assert "one/1" in said.out or MODEL in said.out or words.startswith(("review", "lock", "cost")), (
                words,
                said,
            )
    assert sum(found.service.bought(found.name).values()) == len(before), "nothing is bought"


@pytest.mark.slow
def test_a_provider_without_its_file_is_named(project: Make, monkeypatch: pytest.MonkeyPatch, capfd: Capture) -> None:
    found = project(SMALL)
    bought(found, wait=False)
    documents = copy.deepcopy(sources.schemas())
    del documents["evolink/provider.json"]
    here(found, monkeypatch, catalog_of(documents, "2026-11-29"))
    lock = found.lock_path.read_bytes()
    assert start(["status"]) == 0 and "one/1" in capfd.readouterr().out
    assert start(["fetch"]) == 3
    assert "`one/1` was bought at `evolink`, and no file of that provider is here" in capfd.readouterr().err
    assert found.lock_path.read_bytes() == lock
    del documents["evolink/prices.json"]
    here(found, monkeypatch, catalog_of(documents, "2026-11-29"))
    assert start(["status"]) == 3, "what a credit is worth is not known either"


def test_a_run_buys_nothing_of_a_lock_alone(project: Make) -> None:
    found = project(SMALL)
    bought(found, wait=False)
    found.rewrite("one/1", state="failed", failure={"code": "service_error", "message": "busy"})
    board = found.folder / "storyboard.yaml"
    board.unlink()
    made = lock_alone(api.compile(board), "", emulated=False)
    assert made is not None and made.ok and len(made.entries) == 2
    assert not api.plan(board, api.Options(retry_failed=True), made).plan.buys
    with pytest.raises(api.Invalid):
        list(api.run(board, consent=api.Yes(), environ=found.environ(), compiled=made))
    assert sum(found.service.bought(found.name).values()) == 2


def record(entry: Any, fp: str, **values: Any) -> Record:
    manifest = {"model": "gone", "provider": "evolink", "request": {"prompt": "tea", "duration": 4}, "take": 1}
    return record_of(fp, 1, {"fp": fp, "entry": entry, "attempt": 1, "state": "saved", "manifest": manifest, **values})


def test_an_entry_of_a_record_has_its_request_and_its_identity(project: Make) -> None:
    found = project(SMALL)
    bought(found, wait=False)
    for models in (catalog(), catalog(MODEL)):
        entries = entries_of(found.lock(), "", models_of(models))
        assert len(entries) == 2
        assert all(digest(e.manifest) == e.fingerprint and e.model.id == MODEL for e in entries)
        assert all(e.says("duration") for e in entries)


@pytest.mark.parametrize(
    ("entry", "values"),
    [
        ("../../out/1", {}), ("/etc/x/1", {}), ("a\x1b[2J/1", {}), ("con.x/1", {}), ("a", {}), ("", {}), (7, {}),
        ("a/1", {"manifest": None}), ("a/1", {"manifest": {"request": 1, "provider": "evolink"}}),
        ("a/1", {"manifest": {"model": "m", "provider": "evolink", "request": {"prompt": 1}}}),
        ("a/1", {"manifest": {"model": "m", "provider": "elsewhere", "request": {"prompt": "tea"}}}),
        ("a/1", {"state": "queued"}), ("a/1", {"profile": "draft"}),
    ],
)  # fmt: skip
def test_a_record_of_no_usual_form_stands_for_no_entry(entry: Any, values: dict[str, Any]) -> None:
    one = record(entry, "1" * 64, **values)
    assert entries_of(Lock({one.fp: (one,)}), "", models_of(catalog())) == ()


def test_of_two_purchases_at_one_address_the_last_stands_for_it() -> None:
    old, new = (record("a/1", n * 64, at=f"2026-01-0{n}T00:00:00Z") for n in "12")
    other = record("A/1", "3" * 64)
    for order in ((old, new, other), (new, old, other)):
        lock = Lock({r.fp: (r,) for r in order})
        assert [e.fingerprint for e in entries_of(lock, "", models_of(catalog()))] == [new.fp], "no two have one file"
