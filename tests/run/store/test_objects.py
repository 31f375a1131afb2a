"""A bucket by names, on a real S3 server: a name that is taken is not written over."""

from __future__ import annotations

import asyncio

import pytest
from bucket import Store

from seedspec.project.credentials import BadSettings
from seedspec.run.store.objects import PART, Objects, Small


def test_what_has_a_name_keeps_it_up_to_the_largest_that_goes_up_in_one_piece(store: Store) -> None:
    bucket = Objects("s3://team/films", "--renders", local=True)

    async def create_twice(name: str, size: int) -> list[bool]:
        return [await bucket.create(name, Small(letter * size)) for letter in (b"a", b"b")]

    assert asyncio.run(create_twice("small", 1)) == [True, False]
    assert asyncio.run(create_twice("largest", PART)) == [True, False]
    assert bucket.read_now("largest", PART) == b"a" * PART
    assert bucket.read_now("largest", PART - 1) is None and bucket.read_now("nothing", PART) is None


@pytest.mark.parametrize("host", ["storage.example.com", "10.0.0.5:9000", "127.0.0.1.example.com"])
def test_what_goes_to_another_machine_goes_by_https(store: Store, monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}")
    with pytest.raises(BadSettings, match=f"goes to http://{host}; expected https"):
        Objects("s3://team/films", "--renders", local=True)
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"https://{host}")
    Objects("s3://team/films", "--renders", local=False)
