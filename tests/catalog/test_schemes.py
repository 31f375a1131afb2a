"""The ways to sign a call: the headers that a provider gets, and what of them is its key."""

from __future__ import annotations

import pytest
from acme import provider

from seedspec import __version__
from seedspec.catalog.schemes import authorization, headers_of, headers_of_create, key_in


@pytest.mark.parametrize(("scheme", "word"), [("bearer", "Bearer"), ("key", "Key")])
def test_a_key_travels_in_the_way_that_the_file_names(scheme: str, word: str) -> None:
    made = provider(("auth/scheme", scheme))
    assert authorization(made, "sk-1") == {"Authorization": f"{word} sk-1"}
    assert headers_of(made, "sk-1") == {
        "User-Agent": f"seedspec/{__version__}",
        "Accept-Encoding": "identity",
        "Authorization": f"{word} sk-1",
    }
    assert [key_in(made, f"{w} sk-1 2") for w in (word, word.upper(), scheme)] == ["sk-1 2"] * 3
    assert [key_in(made, header) for header in ("sk-1", "Basic sk-1", "", word)] == [None, None, None, ""]


def test_the_paid_request_names_its_attempt_where_the_service_has_a_header_for_it() -> None:
    json = {"Content-Type": "application/json"}
    assert headers_of_create(provider(), "try-1") == {**json, "Idempotency-Key": "try-1"}
    assert headers_of_create(provider(("doubt/key/header", "X-Try")), "try-1") == {**json, "X-Try": "try-1"}
    assert headers_of_create(provider(("doubt", {"key": None, "lookup": "none"})), "try-1") == json
