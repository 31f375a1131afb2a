"""A blind page holds no label and no id of a model, wherever it might stand, and its votes are found again."""

from __future__ import annotations

from pathlib import Path

import pytest
from siblings import FAST, SHIPPED, siblings

from seedspec.choices.picks import Picks
from seedspec.choices.reviews import Entries, Mention
from seedspec.lock.record import record_of
from seedspec.project.compile import compile
from seedspec.report.page import page
from seedspec.report.page.content import Take, content
from seedspec.report.page.hidden import hide_models

BOARD = f"""\
seedspec: 1
name: two
references: {{hero: {{image: https://a.example/x.png}}}}
matrix:
  axes:
    model: {{quick: {FAST}, best: {SHIPPED}}}
    look: [noir, soft]
shots:
  - id: open
    takes: 2
    prompt: "{{{{ ref('hero') }}}} by {{{{ model }}}}, the {{{{ label.model }}}} one: {{{{ look }}}}. A quick walk."
  - {{id: plain, prompt: "{{{{ ref('hero') }}}}: a quick walk, {{{{ look }}}}"}}
"""


def test_neither_label_nor_id_is_in_the_page(tmp_path: Path) -> None:
    (tmp_path / "storyboard.yaml").write_text(BOARD, encoding="utf-8")
    made = compile(tmp_path / "storyboard.yaml", siblings())
    assert made.ok and made.board is not None
    said = "the same request as open@model=quick,look=noir/1; " + FAST + " is busy"
    found = [Take(e, None, "new", said) for e in made.entries]
    settings = {"x": "model", "y": None, "stats": {"axes": [{"of": "model", "rows": [{"name": "quick"}]}]}}
    open_page = "".join(page.parts(content(made.board, found, Picks(), {}, {}, settings), [], [], "link"))
    assert "model=quick" in open_page and FAST in open_page

    hides = hide_models(made.board, found, 0)
    assert hides is not None
    order = hides.order(found)
    hidden = hides.content(content(made.board, order, Picks(), {}, {}, settings), order)
    written = "".join(page.parts(hidden, [], [], "link"))
    for word in (FAST, SHIPPED, "=quick", "=best", '"quick"', '"best"'):
        assert word not in written, word
    told = [hidden["texts"][row["prompt"]] for row in hidden["takes"] if row["shot"] == "open"]
    assert all("quick" not in text and "best" not in text for text in told), "a prompt that names its model"
    assert all("a quick walk" in hidden["texts"][r["prompt"]] for r in hidden["takes"] if r["shot"] == "plain")
    assert [a["labels"] for a in hidden["axes"] if a["name"] == "model"] == [["hidden-1", "hidden-2"]]
    assert {row["usd"] for row in hidden["takes"]} == {None}

    entries, span = Entries(made.entries), made.board.shots[0].span
    for row, take in zip(hidden["takes"], order, strict=True):
        assert entries.find(Mention(row["address"], row["fp"], span)) == take.entry
    assert len({row["address"] for row in hidden["takes"]}) == len(order)


def test_what_one_model_has_made_is_shown_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "storyboard.yaml").write_text(BOARD.replace(FAST, SHIPPED), encoding="utf-8")
    made = compile(tmp_path / "storyboard.yaml", siblings())
    assert made.board is not None
    assert hide_models(made.board, [Take(e, None, "new", "") for e in made.entries], 0) is None


@pytest.mark.parametrize("axis", [f"{{quick: {FAST}, best: {SHIPPED}}}", f"[{FAST}, {SHIPPED}]"], ids=["labels", "ids"])
def test_no_name_of_a_video_tells_its_model(tmp_path: Path, axis: str) -> None:
    text = BOARD.replace(f"{{quick: {FAST}, best: {SHIPPED}}}", axis)
    (tmp_path / "storyboard.yaml").write_text(text, encoding="utf-8")
    made = compile(tmp_path / "storyboard.yaml", siblings())
    assert made.board is not None
    old = "renders/before@model=turbo_take1.mp4"  # of a label that has another name since
    found = [Take(e, None, "other", f"another file: renders/{e.file}") for e in made.entries[:-1]]
    last = made.entries[-1]
    record = record_of(last.fingerprint, 1, {"fp": last.fingerprint, "attempt": 1, "state": "saved", "file": old})
    found.append(Take(last, record, "saved", f"done: {old}"))
    hides = hide_models(made.board, found, 0)
    assert hides is not None
    order = hides.order(found)
    hidden = hides.content(content(made.board, order, Picks(), {}, {}, {"x": None, "y": None}), order)
    written = "".join(page.parts(hidden, [], [], "link"))
    assert "another file: " in written and "done: …" in written
    assert [
        word for word in (FAST, SHIPPED, "quick_take", "best_take", "=quick", "=best", "turbo") if word in written
    ] == []
