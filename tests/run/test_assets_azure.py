"""`--assets az://…` against Microsoft's own stand-in for its storage; installed by --long alone."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import os
import urllib.error
from pathlib import Path
from typing import Any

import pytest
from azurite import ACCOUNT, KEY, opened

from seedspec.run.engine.messages import Archive, InBucket, Kept, Recall, Stored, Trouble, Upload
from seedspec.run.service.bucket import Bucket
from seedspec.run.service.renders import RenderBucket
from seedspec.run.service.uploads import Uploads
from seedspec.run.store.downloads import Downloads


async def never(_: Any) -> Any:
    raise AssertionError("nothing goes to the files API")


def stored(url: str, path: Path) -> Any:
    call = Upload(hashlib.sha256(path.read_bytes()).hexdigest(), path.name)
    return asyncio.run(Uploads(bucket=Bucket(url, local=True)).reply(call, path.parent, never))


@pytest.mark.long
def test_a_container_of_azure(azure: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_NAME", ACCOUNT)
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_KEY", KEY)
    monkeypatch.setenv("AZURE_STORAGE_ENDPOINT", azure)
    path = tmp_path / "walk.mp4"
    for size in (7, 20_000_000):
        path.write_bytes(os.urandom(size))
        first, second = (stored("az://team/films", path) for _ in range(2))
        assert isinstance(first, Stored) and not first.reused and second.reused
        assert opened(second.url) == path.read_bytes()
        with pytest.raises(urllib.error.HTTPError):
            opened(second.url.partition("?")[0])
    missing = stored("az://nowhere", path)
    assert isinstance(missing, Trouble) and missing.stop and "there is no bucket `nowhere`" in missing.reason
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_KEY", base64.b64encode(bytes(64)).decode())
    refused = stored("az://team/films", path)
    assert isinstance(refused, Trouble) and refused.stop and "does not take these credentials" in refused.reason


@pytest.mark.long
def test_renders_in_a_container_of_azure(azure: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_NAME", ACCOUNT)
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_KEY", KEY)
    monkeypatch.setenv("AZURE_STORAGE_ENDPOINT", azure)
    for size in (7, 20_000_000):
        content = os.urandom(size)
        digest = hashlib.sha256(content).hexdigest()
        (tmp_path / "take.mp4").write_bytes(content)
        bucket = RenderBucket("az://team/renders", local=True)
        put = [asyncio.run(bucket.archive(Archive(digest, "take.mp4", "take/1", "f"), tmp_path)) for _ in range(2)]
        assert put == [InBucket(size), InBucket(size, reused=True)]
        found = asyncio.run(bucket.address(Upload(digest, "take.mp4"), tmp_path))
        assert found is not None and opened(found.url) == content
        saves, file = Downloads(tmp_path), f"renders/{size}.mp4"
        part = saves.part(file)
        assert asyncio.run(bucket.recall(Recall("f", digest, file, size), part, saves)) == Kept(file, digest, size)
        assert (tmp_path / file).read_bytes() == content
    other = asyncio.run(bucket.recall(Recall("f", "0" * 64, "x.mp4", 9), saves.part("x.mp4"), saves))
    assert isinstance(other, Trouble) and other.missing and other.final
