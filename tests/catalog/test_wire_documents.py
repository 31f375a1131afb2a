"""Documents of the vendors, or of who repeats them: templates make and read the requests, files read the answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from seedspec.catalog.template import parse, render
from seedspec.project.sources import catalog, schemas
from seedspec.run.engine.messages import Accepted
from seedspec.run.service.responses import HttpResponse, Rules

HERE = Path(__file__).parent / "wire"
FOUND: dict[str, Any] = {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(HERE.glob("*.json"))}
MODELS = {name: next(m for m in catalog().models.values() if m.provider.id == name) for name in FOUND}
ENOUGH = 5


@pytest.mark.parametrize(("name", "at"), [(n, i) for n, d in FOUND.items() for i in range(len(d["requests"]))])
def test_a_request_is_made_and_read_as_the_vendor_has_it(name: str, at: int) -> None:
    given, model = FOUND[name]["requests"][at], MODELS[name]
    assert render(model.template, given["flat"], given["model"]) == given["body"]
    found = parse(model.template, given["body"], model.single_fields)
    assert found.fields == given["flat"]
    assert found.model == "" or model.is_called(found.model)


@pytest.mark.parametrize(("name", "at"), [(n, i) for n, d in FOUND.items() for i in range(len(d["answers"]))])
def test_an_answer_means_what_it_says(name: str, at: int) -> None:
    given = FOUND[name]["answers"][at]
    rules = Rules(schemas()[f"{name}/provider.json"], local=False)
    answer = HttpResponse(given["status"], {}, json.dumps(given["body"]).encode())
    if given["call"] == "create":
        assert rules.created(answer) == Accepted(given["means"]["task"])
        return
    seen = rules.read(answer) if given["call"] == "read" else rules.result(answer)
    for key, value in given["means"].items():
        shown = getattr(seen, key)
        assert (list(shown) if isinstance(shown, tuple) else shown) == value


def test_a_file_without_enough_documents_says_so() -> None:
    """EvoLink's own documents are the cases of the tests of its emulator and its answers."""
    for name, document in FOUND.items():
        enough = all(len(document[kind]) >= ENOUGH for kind in ("requests", "answers"))
        assert enough or "unproven" in schemas()[f"{name}/provider.json"], name
        assert all(one["source"] and "2026" in one["source"] for kind in document.values() for one in kind)
