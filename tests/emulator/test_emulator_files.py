"""The files API and the results host."""

from __future__ import annotations

import base64
import io
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from PIL import Image

from seedspec.emulator.ledger import Ledger
from seedspec.emulator.refusal import Refusal
from seedspec.emulator.shelf import MOST_BYTES, Shelf

if TYPE_CHECKING:
    from tests.emulator.conftest import Running, Start

FILES = "/api/v1/files"


def picture(colour: str = "teal", format: str = "PNG") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (400, 400), colour).save(out, format)
    return out.getvalue()


def failed(answer: httpx.Response, status: int) -> str:
    found = answer.json()
    assert (answer.status_code, found["success"], found["code"]) == (status, False, status)
    assert "data" not in found
    return str(found["msg"])


def get(url: str, **headers: str) -> httpx.Response:
    return httpx.get(url, headers=headers, trust_env=False, verify=False)


def test_an_upload_as_the_reference_shows_it(shared: Running) -> None:
    content = picture()
    answer = shared.client.post(
        f"{FILES}/upload/stream",
        files={"file": ("größe 1.png", content, "text/plain")},
        data={"upload_path": "/shots/", "file_name": "x/y/hero.png"},
    )
    assert answer.status_code == 200
    assert {name: answer.json()[name] for name in ("success", "code", "msg")} == {
        "success": True, "code": 200, "msg": "success",
    }  # fmt: skip
    found = answer.json()["data"]
    assert (found["file_name"], found["original_name"], found["upload_path"]) == ("hero.png", "größe 1.png", "shots")
    assert (found["file_size"], found["mime_type"]) == (len(content), "image/png")
    uploaded, expires = (datetime.fromisoformat(found[name]) for name in ("upload_time", "expires_at"))
    assert (expires - uploaded).total_seconds() == 72 * 3600 and found["upload_time"].endswith("+08:00")
    assert found["file_url"].startswith(shared.addresses.results)
    public = get(found["file_url"])
    assert (public.content, public.headers["content-type"]) == (content, "image/png")


def test_the_other_spelling_of_the_fields_and_odd_names(shared: Running) -> None:
    found = shared.upload(picture(), "a.png", uploadPath="p", fileName="苹果 100%?#.png")
    assert (found["file_name"], found["upload_path"]) == ("苹果 100%?#.png", "p")
    assert get(found["file_url"]).content == picture()
    assert get(shared.upload(picture(), "a.png", file_name="..")["file_url"]).status_code == 200


def test_base64(shared: Running) -> None:
    text = base64.b64encode(picture()).decode()
    for given in (text, f"data:image/png;base64,{text}"):
        answer = shared.client.post(f"{FILES}/upload/base64", json={"base64_data": given, "file_name": "a.png"})
        assert answer.status_code == 200
        assert get(answer.json()["data"]["file_url"]).content == picture()
    bad: list[object] = [{"base64_data": given} for given in ("", "a", "é", "data:image/png,x", 7)]
    for wrong in (*bad, {}, {"base64_data": text, "file_name": 7}, []):
        failed(shared.client.post(f"{FILES}/upload/base64", json=wrong), 400)
    failed(shared.client.post(f"{FILES}/upload/base64", content=b"{"), 400)


def test_url_copies_what_is_hosted_here_and_never_goes_to_the_network(shared: Running) -> None:
    first = shared.upload(picture("red"), "red.png")
    answer = shared.client.post(f"{FILES}/upload/url", json={"file_url": first["file_url"]})
    found = answer.json()["data"]
    assert found["file_id"] != first["file_id"] and found["original_name"] == "red.png"
    assert get(found["file_url"]).content == picture("red")
    clip = shared.finish(shared.create()["id"])["results"][0]
    assert shared.client.post(f"{FILES}/upload/url", json={"file_url": clip}).json()["data"]["mime_type"] == "video/mp4"
    for wrong in ("https://example.com/a.png", "http://10.0.0.1/a.png", "ftp://x/a", "", "http://127.0.0.1:1/a.png", 7):
        failed(shared.client.post(f"{FILES}/upload/url", json={"file_url": wrong}), 400)


def test_list_quota_and_delete(start: Start) -> None:
    emulator = start(max_files=3)
    ids = [emulator.upload(picture(), f"{n}.png")["file_id"] for n in range(3)]

    def listed(**query: Any) -> list[str]:
        return [f["file_id"] for f in emulator.client.get(f"{FILES}/list", params=query).json()["data"]["files"]]

    assert listed() == ids[::-1]
    assert listed(page=2, pageSize=2) == [ids[0]]
    assert emulator.client.get(f"{FILES}/list").json()["data"]["total"] == 3
    for wrong in ({"page": 0}, {"pageSize": 101}, {"pageSize": "x"}):
        failed(emulator.client.get(f"{FILES}/list", params=wrong), 400)
    assert emulator.client.get(f"{FILES}/quota").json()["data"] == {
        "user_group": "default", "used_files": 3, "max_files": 3, "remain_files": 0, "is_custom": False,
        "quota_reason": "",
    }  # fmt: skip
    full = emulator.client.post(f"{FILES}/upload/stream", files={"file": ("a.png", picture())})
    assert "quota" in failed(full, 400).lower()
    url = emulator.client.get(f"{FILES}/list").json()["data"]["files"][0]["file_url"]
    assert emulator.client.delete(f"{FILES}/{ids[2]}").json()["success"] is True
    assert get(url).status_code == 404
    failed(emulator.client.delete(f"{FILES}/{ids[2]}"), 404)
    assert listed() == [ids[1], ids[0]]
    assert emulator.upload(picture())["file_id"] not in ids
    kept = {path.name for path in (emulator.settings.folder / "uploads").iterdir()}
    assert kept == set(listed())


def test_uploads_expire(start: Start) -> None:
    emulator = start(upload_seconds=0)
    found = emulator.upload(picture())
    assert get(found["file_url"]).status_code == 404
    assert emulator.client.get(f"{FILES}/list").json()["data"]["total"] == 0


@pytest.mark.parametrize("content", [b"", b"hello", b"%PDF-1.7", b"\0\0\0\x18ftypheic", b"OggS" + bytes(60)])
def test_types_that_are_not_accepted(shared: Running, content: bytes) -> None:
    message = failed(shared.client.post(f"{FILES}/upload/stream", files={"file": ("a.png", content)}), 400)
    assert "not accepted" in message


@pytest.mark.parametrize("format", ["JPEG", "GIF", "WEBP"])
def test_other_types(shared: Running, format: str) -> None:
    assert shared.upload(picture(format=format))["mime_type"] == f"image/{format.lower()}"


def test_forms_without_a_file(shared: Running) -> None:
    at = f"{FILES}/upload/stream"
    failed(shared.client.post(at, data={"file": "text"}), 400)
    failed(shared.client.post(at, files={"other": ("a.png", picture())}), 400)
    failed(shared.client.post(at, files=[("file", ("a.png", picture())), ("file", ("b.png", picture()))]), 400)
    broken = {"Content-Type": "multipart/form-data; boundary=x"}
    failed(shared.client.post(at, content=b"--x\r\nbroken", headers=broken), 400)


class Long(io.RawIOBase):
    """A file of a given size that begins like a PNG."""

    def __init__(self, size: int) -> None:
        self._left = size
        self._head = b"\x89PNG\r\n\x1a\n"

    def readable(self) -> bool:
        return True

    def readinto(self, room: Any) -> int:
        size = min(len(room), self._left)
        self._left -= size
        room[:size] = self._head.ljust(size, b"\0")[:size]
        self._head = b""
        return size


def test_a_file_may_take_100_mb_and_no_more(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    shelf = Shelf(ledger, "http://127.0.0.1:1", seconds=60, most=9)
    for size in (MOST_BYTES, MOST_BYTES + 1):
        try:
            assert (
                shelf.store(io.BufferedReader(Long(size)), name=None, original="a.png", folder=None).size
                == MOST_BYTES
                == 100_000_000
            )
        except Refusal as refusal:
            assert (size, refusal.status) == (MOST_BYTES + 1, 413)
    assert len(list((tmp_path / "uploads").iterdir())) == 1
    ledger.release()


@pytest.mark.slow
def test_a_form_that_is_too_large_is_read_to_its_end_and_refused(shared: Running) -> None:
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    failed(shared.client.post(f"{FILES}/upload/stream", content=bytes(101_000_001), headers=headers), 413)


def test_failures_with_status_200(start: Start) -> None:
    emulator = start(soft_file_errors=True)
    answer = emulator.client.post(f"{FILES}/upload/stream", files={"file": ("a.png", b"text")})
    assert (answer.status_code, answer.json()["success"], answer.json()["code"]) == (200, False, 400)


# --- the results host -----------------------------------------------------------------------------------------------


def test_a_clip_in_parts(shared: Running) -> None:
    url = shared.finish(shared.create()["id"])["results"][0]
    whole = get(url)
    size = len(whole.content)
    assert whole.headers["accept-ranges"] == "bytes"
    assert int(whole.headers["content-length"]) == size
    tag = whole.headers["etag"]
    for given, start_, end in (
        ("bytes=0-99", 0, 100),
        (f"bytes={size // 2}-", size // 2, size),
        ("bytes=-7", size - 7, size),
    ):
        part = get(url, Range=given, **{"If-Range": tag})
        assert (part.status_code, part.content) == (206, whole.content[start_:end])
        assert part.headers["content-range"] == f"bytes {start_}-{end - 1}/{size}"
    other = get(url, Range="bytes=5-", **{"If-Range": '"other"'})
    assert (other.status_code, other.content) == (200, whole.content)
    assert get(url, Range=f"bytes={size}-").status_code == 416
    head = httpx.head(url, trust_env=False, verify=False)
    assert (head.status_code, head.headers["content-length"], head.content) == (200, str(size), b"")


def test_links_are_signed(shared: Running) -> None:
    url = shared.finish(shared.create()["id"])["results"][0]
    base, _, signature = url.rpartition("=")
    flipped = ("0" if signature[0] != "0" else "1") + signature[1:]
    bare = url.partition("?")[0]
    for wrong in (bare, f"{base}={flipped}", url.replace("expires=", "expires=9"), url.replace("/0-", "/1-")):
        assert get(wrong).status_code == 403
    assert get(f"{shared.addresses.results}/").status_code == 404


def test_links_expire(start: Start) -> None:
    emulator = start(link_seconds=0)
    assert get(emulator.finish(emulator.create()["id"])["results"][0]).status_code == 403


def test_a_link_outlives_its_emulator(run: Any) -> None:
    with run() as emulator:
        url = emulator.finish(emulator.create()["id"])["results"][0]
        old = emulator.addresses.results
    with run() as emulator:
        assert get(url.replace(old, emulator.addresses.results)).status_code == 200


def test_a_key_that_reaches_the_results_host_is_told_of(start: Start) -> None:
    emulator = start()
    url = emulator.finish(emulator.create()["id"])["results"][0]
    upload = emulator.upload(picture())["file_url"]
    for leak in (url, upload):
        answer = get(leak, Authorization="Bearer sk-evo-secret")
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "leaked_key")
    assert [line["path"].split("/")[1] for line in emulator.ledger("leak")] == ["r", "f"]
    assert b"sk-evo-secret" not in (emulator.settings.folder / "ledger.jsonl").read_bytes()
    assert get(url).status_code == 200


def test_an_emulator_that_deleted_a_file_starts_again(run: Any) -> None:
    with run() as emulator:
        kept, gone = emulator.upload(picture(), "a.png"), emulator.upload(picture("red"), "b.png")
        assert emulator.client.delete(f"/api/v1/files/{gone['file_id']}").status_code == 200
    with run() as emulator:
        listed = emulator.client.get("/api/v1/files/list").json()["data"]
        assert [one["file_id"] for one in listed["files"]] == [kept["file_id"]]
