"""The emulator's folder and its links: what is kept, what is refused, and how an address is signed and read."""

from __future__ import annotations

import asyncio
import dataclasses
import io
import json
import os
import re
import time
from pathlib import Path
from typing import Any

import pytest

from seedspec.emulator import links
from seedspec.emulator.ledger import Ledger, LedgerError
from seedspec.emulator.links import ResultLink, UploadLink, read, result_url, upload_url
from seedspec.emulator.refusal import Refusal
from seedspec.emulator.shelf import MIME, Shelf, Upload


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "above" / "books"


def keep(ledger: Ledger, *events: str) -> list[Any]:
    async def all_of_them() -> list[Any]:
        kept = [ledger.keep(event, {"n": n, "text": "é"}) for n, event in enumerate(events)]
        found = await asyncio.gather(*kept, return_exceptions=True)
        await ledger.flush()
        return found

    return asyncio.run(all_of_them())


def test_lines_are_kept_and_found_again(folder: Path) -> None:
    ledger = Ledger(folder)
    assert ledger.found == () and keep(ledger, "one", "two") == [None, None]
    lines = (folder / "ledger.jsonl").read_text("utf-8").splitlines()
    assert [re.sub(r'"at": "\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", ', "", line) for line in lines] == [
        '{"event": "one", "n": 0, "text": "é"}', '{"event": "two", "n": 1, "text": "é"}',
    ]  # fmt: skip
    with pytest.raises(LedgerError, match=rf"^another emulator holds {re.escape(str(folder))}$"):
        Ledger(folder)
    ledger.release()
    again = Ledger(folder)
    assert [line["event"] for line in again.found] == ["one", "two"] and again.secret == ledger.secret
    assert re.fullmatch(b"[0-9a-f]{64}", again.secret)
    keep(again, "three")
    again.release()
    assert len((folder / "ledger.jsonl").read_bytes().splitlines()) == 3
    modes = {
        name: oct((folder / name).stat().st_mode & 0o777) for name in ("ledger.jsonl", "secret", "uploads", "results")
    }
    assert modes == {"ledger.jsonl": "0o600", "secret": "0o600", "uploads": "0o700", "results": "0o700"}
    assert oct(folder.stat().st_mode & 0o777) == "0o700"


def test_a_torn_line_is_cut_off_and_half_files_are_removed(folder: Path) -> None:
    Ledger(folder).release()
    (folder / "ledger.jsonl").write_bytes(b'{"event": "one"}\n{"event": "tw')
    (folder / "results" / ".clip.new").write_bytes(b"x")
    (folder / "secret").chmod(0o644)
    ledger = Ledger(folder)
    assert [line["event"] for line in ledger.found] == ["one"]
    assert (folder / "ledger.jsonl").read_bytes() == b'{"event": "one"}\n' and not list((folder / "results").iterdir())
    assert (folder / "secret").stat().st_mode & 0o777 == 0o600
    ledger.release()


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"{}\n", ":1: not a ledger line"), (b'{"event": "a"}\n[]\n', ":2: not a ledger line"),
        (b'{"event": "a"}\n\n{"event": "b"}\n', ":2: not a line of JSON"), (b"{\n", ":1: not a line of JSON"),
    ],
)  # fmt: skip
def test_what_is_no_ledger_is_told_by_its_line(folder: Path, content: bytes, why: str) -> None:
    Ledger(folder).release()
    path = folder / "ledger.jsonl"
    path.write_bytes(content)
    with pytest.raises(LedgerError, match=f"^{re.escape(f'{path}{why}')}$"):
        Ledger(folder)
    path.write_bytes(b"")
    Ledger(folder).release()  # the folder was let go


@pytest.mark.parametrize("name", ["held.lock", "ledger.jsonl", "secret", "uploads", "results"])
def test_a_link_in_the_folder_is_refused(folder: Path, name: str) -> None:
    folder.mkdir(parents=True)
    (folder / name).symlink_to(folder.parent / "elsewhere")
    with pytest.raises(LedgerError, match=re.escape(str(folder / name))):
        Ledger(folder)
    assert not (folder.parent / "elsewhere").exists()


@pytest.mark.parametrize("name", ["ledger.jsonl", "secret"])
def test_a_file_that_cannot_be_read_is_told(folder: Path, name: str) -> None:
    folder.mkdir(parents=True)
    os.mkfifo(folder / name) if name == "secret" else (folder / name).mkdir()
    with pytest.raises(LedgerError, match=re.escape(str(folder / name))):
        Ledger(folder)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no full device")
def test_a_full_disk_leaves_the_ledger_as_it_was(folder: Path) -> None:
    ledger = Ledger(folder)
    keep(ledger, "one")
    own, ledger._file = ledger._file, open("/dev/full", "ab", buffering=0)  # noqa: SIM115
    found = keep(ledger, "two", "three")
    assert [type(one) for one in found] == [OSError, OSError] and "No space left" in str(found[0])
    ledger._file.close()
    ledger._file = own
    assert keep(ledger, "four") == [None]
    ledger.release()
    lines = (folder / "ledger.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line)["event"] for line in lines] == ["one", "four"]


# --- links -----------------------------------------------------------------------------------------------------------

SECRET, ORIGIN = b"secret", "http://127.0.0.1:9"
LINK = ResultLink("t-1", 2, 1_796_000_000)
URL = result_url(ORIGIN, LINK, secret=SECRET)


def test_a_link_is_signed_and_read_again() -> None:
    assert re.fullmatch(
        r"http://127\.0\.0\.1:9/r/t-1/2-[0-9a-f]{20}\.mp4\?expires=1796000000&signature=[0-9a-f]{64}", URL
    )
    assert read(URL, secret=SECRET) == LINK == read(URL.replace(":9", ":10"), secret=SECRET)
    again = [result_url(ORIGIN, dataclasses.replace(LINK, generation=n), secret=SECRET) for n in (2, 3)]
    assert again[0] == URL != again[1] and read(again[1], secret=SECRET) == ResultLink("t-1", 3, 1_796_000_000)
    assert read(URL, secret=b"other") is None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("1796000000", "1796000001"), ("1796000000", "x"), ("1796000000", "１"), ("signature=", "other="),
        ("/r/", "/x/"),
        ("t-1", "t-2"), ("/2-", "/3-"), ("/2-", "/x-"), ("/2-", "/２-"), ("/t-1", "/t-1/more"), ("http://", "http://["),
        ("expires=", "ends="), ("/t-1/", "/"),
    ],
)  # fmt: skip
def test_a_changed_link_is_none(old: str, new: str) -> None:
    assert old in URL and read(URL.replace(old, new), secret=SECRET) is None


def test_an_upload_has_a_link_with_its_name() -> None:
    url = upload_url(ORIGIN, UploadLink("file_1"), "größe 1%?#.png")
    assert url == "http://127.0.0.1:9/f/file_1/gr%C3%B6%C3%9Fe%201%25%3F%23.png"
    assert links.read(url, secret=SECRET) == UploadLink("file_1")
    assert links.read("http://127.0.0.1:9/f/file_1", secret=SECRET) is None


# --- uploads ---------------------------------------------------------------------------------------------------------

HEADS = {
    "image/jpeg": b"\xff\xd8\xff", "image/png": b"\x89PNG\r\n\x1a\n", "image/gif": b"GIF89a",
    "image/webp": b"RIFF\0\0\0\0WEBP",
    "video/mp4": b"\0\0\0\x18ftypisom", "video/quicktime": b"\0\0\0\x14ftypqt  ", "audio/wav": b"RIFF\0\0\0\0WAVE",
    "audio/mpeg": b"ID3",
}  # fmt: skip


@pytest.fixture
def shelf(folder: Path) -> Any:
    ledger = Ledger(folder)
    yield Shelf(ledger, ORIGIN, seconds=100, most=2)
    ledger.release()


def test_files_of_these_kinds_are_kept(shelf: Shelf, folder: Path) -> None:
    assert set(MIME.values()) == HEADS.keys()
    for mime, head in HEADS.items():
        content = head + b"x" * 100
        found = shelf.store(io.BytesIO(content), name=None, original="a\\b/c d.x", folder="/p/q/")
        assert (found.name, found.original_name, found.size, found.mime, found.path) == (
            "c d.x",
            "a\\b/c d.x",
            len(content),
            mime,
            "p/q",
        )
        assert re.fullmatch("file_[0-9a-f]{16}", found.file_id)
        assert (folder / "uploads" / found.file_id).read_bytes() == content
    for head in (b"", b"text", b"BM"):
        with pytest.raises(Refusal) as refused:
            shelf.store(io.BytesIO(head), name=None, original="x", folder=None)
        assert (refused.value.status, refused.value.code) == (400, "unsupported_type")
    odd = shelf.store(io.BytesIO(HEADS["image/png"]), name="..", original="x", folder=None)
    assert odd.name == odd.file_id and odd.path == "" and len(list((folder / "uploads").iterdir())) == 9


def test_an_upload_is_shown_by_the_vendors_clock(shelf: Shelf) -> None:
    given = Upload("file_1", "a.png", "b.png", 7, "image/png", "p", 1_796_000_000.7)
    url = f"{ORIGIN}/f/file_1/a.png"
    assert shelf.show(given) == {
        "file_id": "file_1", "file_name": "a.png", "original_name": "b.png", "file_size": 7, "mime_type": "image/png",
        "upload_path": "p", "file_url": url, "download_url": url, "upload_time": "2026-11-30T08:53:20+08:00",
        "expires_at": "2026-11-30T08:55:00+08:00",
    }  # fmt: skip


def test_uploads_live_for_a_while_newest_first(shelf: Shelf) -> None:
    now = time.time()
    for n, age in enumerate((150, 50, 5)):
        asyncio.run(shelf.add(Upload(f"f{n}", "a", "a", 1, "image/png", "", now - age)))
    assert [one.file_id for one in shelf.living()] == ["f2", "f1"]
    assert (shelf.find("f0"), shelf.path("f0")) == (None, None) and str(shelf.path("f1")).endswith("uploads/f1")
    with pytest.raises(Refusal) as full:
        shelf.check_room()
    assert full.value.message == "File quota exceeded: 2 of 2 files are used."
    asyncio.run(shelf.delete("f1"))
    shelf.check_room()
    with pytest.raises(Refusal):
        shelf.check_room(full=True)
    with pytest.raises(Refusal) as gone:
        asyncio.run(shelf.delete("f1"))
    assert (gone.value.status, gone.value.code, gone.value.message) == (404, "file_not_found", "File not found.")
