"""No text of any reply holds the key once it has passed the one door: a field that is added later is tried too."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, get_args

import pytest

from seedspec.run.engine import messages
from seedspec.run.service import redaction
from seedspec.run.service.redaction import Redaction

KEY = "sk-evo-canary-7c1d9a55e0"
OURS = {"file", "path", "sha256"}
"""What this program wrote itself: the name of a saved file, the path of a picture that it cut, a digest."""


def filled(kind: type[Any], name: str) -> Any:
    """A reply whose text of that name repeats the key; every other field is the least that there is."""
    given: dict[str, Any] = {}
    for field, said in kind.__annotations__.items():
        text = f"say {KEY} again" if field == name else "x"
        if said.startswith("Literal"):
            given[field] = said.replace('"', "'").split("'")[1]
        elif said.startswith("tuple[str"):
            given[field] = (text,)
        elif said.startswith("str"):
            given[field] = text
        elif field in ("found", "tasks"):
            given[field] = {} if field == "found" else ()
        else:
            given[field] = 1
    return kind(**given)


TEXTS = [
    (kind, field)
    for kind in get_args(messages.Reply)
    for field, said in kind.__annotations__.items()
    if said.startswith(("str", "tuple[str")) and field not in OURS
]


@pytest.mark.parametrize(("kind", "name"), TEXTS, ids=lambda v: getattr(v, "__name__", v))
def test_a_text_of_a_reply_never_repeats_the_key(kind: type[Any], name: str) -> None:
    found = Redaction(KEY).reply(filled(kind, name))
    assert not any(KEY in str(getattr(found, field.name)) for field in fields(found)), found


def test_what_is_tried_is_not_empty() -> None:
    assert (messages.Task, "word") in TEXTS and (messages.Refused, "message") in TEXTS and len(TEXTS) >= 10


@pytest.mark.parametrize(("letters", "looks"), [(100, 1), (10_000, 3)])
def test_a_text_is_kept_only_while_it_is_short(letters: int, looks: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A service may answer with texts of any length for as long as it likes; the key is found in each of them."""
    read: list[str] = []
    forms = redaction._forms
    monkeypatch.setattr(redaction, "_forms", lambda text: read.append(text) or forms(text))
    own = Redaction("sk-0123456789abcdef")
    for _ in range(3):
        assert not own.holds("x" * letters)
    assert len(read) == looks
    assert own.holds("x" * letters + "sk-0123456789abcdef") and own.holds("x" * letters + "sk-0123456789abcdef")
