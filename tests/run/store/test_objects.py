"""A bucket by names, on a real S3 server: a name that is taken is not written over."""

from __future__ import annotations

import asyncio

from bucket import Store

from seedspec.run.store.objects import PART, Objects, Small


def test_what_has_a_name_keeps_it_up_to_the_largest_that_goes_up_in_one_piece(store: Store) -> None:
    bucket = Objects("s3://team/films", "--renders", local=True)

    async def create_twice(name: str, size: int) -> list[bool]:
        return [await bucket.create(name, Small(letter * size)) for letter in (b"a", b"b")]

    assert asyncio.run(create_twice("small", 1)) == [True, False]
    assert asyncio.run(create_twice("largest", PART)) == [True, False]
    assert bucket.read_now("largest", PART) == b"a" * PART
    assert bucket.read_now("largest", PART - 1) is None and bucket.read_now("nothing", PART) is None
