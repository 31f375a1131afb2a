"""A bucket by names, on a real S3 server: a name that is taken is not written over."""

from __future__ import annotations

import asyncio

import pytest
from bucket import Store
from obstore import exceptions

from seedspec.project.credentials import BadSettings
from seedspec.run.engine.messages import Trouble
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


DENIED, WITHOUT = "PermissionDeniedError", "UnauthenticatedError"
URL = "`s3://team/films`"
TAKES_NOT = f"{URL} does not take these credentials: "


@pytest.mark.parametrize(
    ("kind", "text", "trouble", "reading"),
    [
        (DENIED, "<Code>AccessDenied</Code>", Trouble(f"{TAKES_NOT}AccessDenied", stop=True), None),
        (DENIED, "status code: 403 Forbidden", Trouble(f"{TAKES_NOT}HTTP 403", stop=True), None),
        (DENIED, "<Code>InvalidAccessKeyId</Code>", Trouble(f"{TAKES_NOT}InvalidAccessKeyId", stop=True), True),
        (WITHOUT, "<Code>AccessDenied</Code>", Trouble(f"{TAKES_NOT}AccessDenied", stop=True), True),
        ("", "<Code>NoSuchKey</Code>", Trouble("there is no bucket `team`: NoSuchKey", stop=True), None),
        ("", "<Code>NoSuchBucket</Code>", Trouble("there is no bucket `team`: NoSuchBucket", stop=True), True),
        ("GenericError", "<Code>SlowDown</Code> status code: 503", Trouble(f"{URL}: SlowDown"), True),
        ("GenericError", "nobody answers", Trouble(f"{URL}: GenericError"), True),
        ("GenericError", "status code: 400 Bad", Trouble(f"{URL}: HTTP 400", final=True), True),
        *(
            ("GenericError", f"status code: {status} No", Trouble(f"{URL}: HTTP {status}"), True)
            for status in (408, 409, 425, 429, 500, 503)
        ),
        (
            "GenericError", "status code: 301 Moved",
            Trouble(f"{URL} is in another region: HTTP 301; set AWS_REGION", stop=True), True,
        ),
    ],
)  # fmt: skip
def test_what_a_refusal_of_a_bucket_means(
    kind: str, text: str, trouble: Trouble, reading: bool | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`reading` is True where it means the same to a reader; else the file may not be there."""
    for name, value in (("ACCESS_KEY_ID", "id"), ("SECRET_ACCESS_KEY", "secret"), ("REGION", "us-east-1")):
        monkeypatch.setenv(f"AWS_{name}", value)
    bucket = Objects("s3://team/films", "--renders", local=False)
    error = getattr(exceptions, kind)(text) if kind else FileNotFoundError(text)
    assert bucket.trouble(error) == trouble
    if reading:
        assert bucket.trouble(error, reading=True) == trouble
        return
    found = bucket.trouble(error, reading=True)
    word = trouble.reason.rpartition(": ")[2]
    denied = f"{URL} does not give it: it is not there, or these credentials may not read it ({word})"
    assert found == Trouble(denied if kind else f"it is not in {URL}", final=True, missing=True)
    assert (bucket.origin, bucket.key("x"), bucket.bucket) == (bucket.origin, "films/x", "team")
    assert bucket.origin.startswith("https://")
