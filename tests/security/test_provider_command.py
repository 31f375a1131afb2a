"""`provider`: mistakes of files with their places, requests without the key, answers of all kinds."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from provider_folder import BOARD, Say, model, prices, put, write
from strangers import CANARY

FILE = "providers/acme/provider.json"
Change = Callable[[Any], object]


def place(file: Path, text: str, after: str = "") -> str:
    """Where a text stands in a file, as findings say it."""
    whole = file.read_text(encoding="utf-8")
    at = whole.index(text, whole.index(after))
    line = whole.count("\n", 0, at) + 1
    return f"{line}:{at - whole.rfind(chr(10), 0, at)}"


def test_every_mistake_of_a_file_is_told_at_its_place(clone: Path, say: Say) -> None:
    def spoil(made: Any) -> None:
        made["origins"]["api"]["url"] = "https://127.0.0.1"
        made["calls"]["create"]["path"] = "/v1/../x"
        made["calls"]["read"]["path"] = "/v1/tasks"
        del made["calls"]["read"]["take"]["state"]
        made["states"] = {"a": "completed", "b": "failed"}
        made["task_id"] = ".*"

    file = put(clone / "providers", "acme", spoil)
    code, said = say("provider", "check", "providers/acme")
    assert code == 3, said
    for at in (
        place(file, '"https://127.0.0.1"'),
        place(file, '"/v1/../x"'),
        place(file, '"/v1/tasks"'),
        place(file, '{\n  "a"'),
        place(file, '".*"'),
    ):
        assert f"{FILE}:{at}: error" in said, (at, said)
    assert "expected `state` in its `take`" in said and "no word means `running`" in said and "6 errors" in said
    found = json.loads(say("provider", "check", FILE, "--format", "json")[1])
    assert len(found) == 6 and all(one["file"] == FILE and one["line"] for one in found)
    assert say("check")[1].count(FILE) >= 1


KINDS: dict[str, tuple[Change, str]] = {
    "a call without a body": (lambda m: m["calls"]["create"].pop("body"), "expected `body`"),
    "a call without an id": (lambda m: m["calls"]["create"]["take"].clear(), "expected `task` in its `take`"),
    "no take at all": (lambda m: m["calls"]["create"].pop("take"), "expected `task` in its `take`"),
    "no links": (lambda m: m["calls"]["read"]["take"].pop("links"), "expected `links`"),
    "a wrong method": (lambda m: m["calls"]["create"].update(method="GET"), "found `GET`; expected `POST`"),
    "an unknown operator": (lambda m: m["calls"]["create"].update(body={"a": {"$if": 1}}), "`$if` is no operator"),
    "a field twice": (
        lambda m: m["calls"]["create"].update(body={"a": {"$get": "prompt"}, "b": {"$get": "prompt"}}),
        "stands in it twice",
    ),
    "rows that are no list": (lambda m: m["calls"]["list"]["take"].update(rows="data"), "ends in `[*]`"),
    "an unknown key": (lambda m: m.update(adress="x"), "unknown key `adress`"),
    "a state that is none": (lambda m: m["states"].update(done="finished"), "found the text `finished`"),
    "a code that is none": (lambda m: m["failures"]["by_code"].update(x="retry"), "found the text `retry`"),
    "a path that is none": (lambda m: m["calls"]["read"]["take"].update(state="a..b"), "a..b"),
    "another's variable": (lambda m: m["auth"].update(variable="EVOLINK_API_KEY"), "belongs to provider `evolink`"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_mistake_is_told_before_money_moves(
    kind: str, clone: Path, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    change, told = KINDS[kind]
    put(clone / "providers", "acme", change)
    code, said = say("provider", "check", FILE)
    assert code == 3 and told in said and f"{FILE}:" in said, said
    assert say("provider", "answer", FILE, "create", "x.json")[0] == 3


@pytest.mark.slow
def test_a_whole_provider_is_found_good_and_its_next_step_is_named(clone: Path, say: Say) -> None:
    put(clone / "providers")
    for name in ("acme", "providers/acme", "providers/acme/", FILE, "providers/acme/acme-1.0.json"):
        code, said = say("provider", "check", name)
        assert code == 0 and "no problems found" in said, said
    assert f"seedspec trust {FILE}" in say("provider", "check", "acme")[1]
    for shipped in ("evolink", "ark", "fal"):
        assert say("provider", "check", shipped)[0] == 0


def test_models_and_prices_are_judged_with_their_places(clone: Path, say: Say) -> None:
    put(clone / "providers")
    folder = clone / "providers" / "acme"
    made = model("acme-1.0")
    made["properties"]["prompt"]["pattern"] = "^(a+)+$"
    file = write(folder / "acme-1.0.json", made)
    code, said = say("provider", "check", "acme")
    assert code == 3 and f"acme-1.0.json:{place(file, chr(34) + '^(a+)+$')}: error" in said, said
    write(file, model("acme-1.0"))
    dear = prices("acme")
    dear["models"]["acme-1.0"][0]["from"] = "2026-13-01"
    file = write(folder / "prices.json", dear)
    code, said = say("provider", "check", "acme")
    assert code == 3 and f"prices.json:{place(file, chr(34) + '2026-13-01')}: error" in said, said
    dear = prices("acme")
    dear["models"]["acme-1.0"][0]["parts"][0]["quantity"] = {"op": "power", "args": []}
    file = write(folder / "prices.json", dear)
    code, said = say("provider", "check", "acme")
    assert code == 3 and f"prices.json:{place(file, chr(34) + 'power')}: error" in said, said
    made = prices("other")
    write(folder / "prices.json", made)
    assert "expected the name of its folder" in say("provider", "check", "acme")[1]


def test_a_field_that_no_request_holds_is_told(clone: Path, say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    def narrow(made: Any) -> None:
        made["calls"]["create"]["body"] = {"prompt": {"$get": "prompt"}}

    put(clone / "providers", "acme", narrow)
    code, said = say("provider", "check", "acme")
    assert code == 3 and "no part of the body of `create` in `provider.json` sends it" in said and '"duration"' in said


BYTES = {
    "not JSON": (b'{\n "id": "acme",,\n}', "2:"),
    "a comment": (b'{\n // here\n "id": 1}', "JSON has no comments"),
    "a key twice": (b'{"id": "acme",\n "id": "other"}', "2:2: error: key `id` is set here a second time"),
    "huge": (b" " * 600_000, "more than"),
    "deep": (b"[" * 900 + b"]" * 900, "nested too deeply"),
    "deeper": (b"[" * 9000 + b"]" * 9000, "depth limit"),
    "binary": (bytes(range(256)) * 40, "is not UTF-8"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(100), "PNG"),
    "empty": (b"", "the file is empty"),
    "a list": (b"[]", "found"),
    "a text": (b'"acme"', "found"),
    "null": (b"null", "found nothing"),
    "YAML": (b"id: acme\n", "1:1: error"),
    "UTF-16": ('{"id": "acme"}'.encode("utf-16"), "UTF-16"),
}


@pytest.mark.parametrize("kind", BYTES)
def test_a_file_that_is_none_is_told(kind: str, clone: Path, say: Say) -> None:
    data, told = BYTES[kind]
    file = put(clone / "providers")
    file.write_bytes(data)
    code, said = say("provider", "check", FILE)
    assert code == 3 and told in said and FILE in said, said
    code, said = say("check")
    assert code == 3 and FILE in said, said
    assert say("provider", "answer", "acme", "create", str(file))[0] == 3


def test_a_key_that_stands_twice_makes_a_file_useless(clone: Path, say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    """People read the first address, and the last one would count."""
    import hashlib

    file = put(clone / "providers")
    text = file.read_text().replace(
        '"url": "https://api.', '"url": "https://good.example.com", "url": "https://api.', 1
    )
    file.write_text(text)
    monkeypatch.setenv("SEEDSPEC_TRUST", hashlib.sha256(file.read_bytes()).hexdigest())
    code, said = say("check")
    assert code == 3 and "is set here a second time" in said, said
    code, said = say("trust", FILE)
    assert code == 2 and "is set here a second time" in said, said


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("check", "akr"), 2, "did you mean `ark`"),
        (("check", "providers/none"), 2, "there is no such file"),
        (("check", "none.json"), 2, "there is no such file"),
        (("check", "."), 2, "holds no JSON file"),
        (("check", "storyboard.yaml"), 3, "it is no JSON"),
        (("check", "a\x1b[2Jb"), 2, "no provider"),
        (("answer", "ark", "raed", "x.json"), 2, "did you mean `read`"),
        (("answer", "fal", "batch", "x.json"), 2, "has no call `batch`"),
        (("answer", "ark", "read", "none.json"), 2, "no such file"),
        (("answer", "ark", "read", "."), 2, "is a directory"),
        (("answer", "ark", "read", "/dev/zero"), 2, "/dev/zero"),
        (("answer", "providers/acme/acme-1.0.json", "read", "x.json"), 2, "expected a `provider.json`"),
        (("preview", "none.yaml"), 3, "there is no such file"),
        (("preview", "storyboard.yaml"), 3, "[provider-not-trusted]"),
    ],
)
@pytest.mark.slow
def test_a_word_that_means_nothing_is_told(words: tuple[str, ...], code: int, told: str, clone: Path, say: Say) -> None:
    put(clone / "providers")
    assert (found := say("provider", *words))[0] == code and told in found[1], found


def answered(say: Say, clone: Path, words: tuple[str, ...], answer: Any, *more: str) -> tuple[int, str]:
    file = clone / "answer.json"
    file.write_bytes(answer if isinstance(answer, bytes) else json.dumps(answer).encode())
    return say("provider", "answer", *words, "answer.json", *more)


FAL_ID = "80e732af-660e-45cd-bd63-580e4f2a94cc"
UNDERSTOOD: dict[str, tuple[tuple[str, str], Any, tuple[str, ...], int, tuple[str, ...]]] = {
    "bought": (("ark", "create"), {"id": "cgt-1-a"}, (), 0, ("this is bought", "cgt-1-a")),
    "an absolute address": (
        ("fal", "create"),
        {"request_id": FAL_ID, "status_url": "https://evil.example/x"},
        (),
        0,
        ("this is bought", "status_url", "never called with the key"),
    ),
    "an id that is a path": (("ark", "create"), {"id": "../../v1"}, (), 3, ("in doubt", "strange task id")),
    "no id": (("ark", "create"), {"ok": True}, (), 3, ("in doubt", "not found: task", "ok")),
    "429 by a code that nobody knows": (
        ("ark", "create"),
        {"error": {"code": "Unpaid", "message": "no money"}},
        ("--status", "429"),
        0,
        ("sent again later", "if it says that the balance is empty, name it there as `stop`"),
    ),
    "a page of a proxy": (("ark", "read"), b"<html>", ("--status", "502"), 0, ("asked again later", "not JSON")),
    "a page that says 200": (("ark", "read"), b"<html>", (), 3, ("not understood", "not JSON")),
    "completed": (
        ("ark", "read"),
        {"id": "cgt-1", "status": "succeeded", "content": {"video_url": "https://a.example.com/v.mp4?sig=SECRET"}},
        (),
        0,
        ("completed", "https://a.example.com/v.mp4?…", "not found:"),
    ),
    "completed at a private address": (
        ("ark", "read"),
        {"status": "succeeded", "content": {"video_url": "http://169.254.169.254/x"}},
        (),
        3,
        ("not followed: not https, or not public",),
    ),
    "failed": (
        ("ark", "read"),
        {"status": "failed", "error": {"code": "Odd", "message": "no"}},
        (),
        0,
        ("has failed", "Odd", "`failures.by_code` does not name this code"),
    ),
    "a word that nobody knows": (("ark", "read"), {"status": "paused"}, (), 0, ("`paused` is no word of `states`",)),
    "ended": (("fal", "read"), {"status": "COMPLETED"}, (), 0, ("`result` says what it gave",)),
    "a task that is not there": (
        ("ark", "read"), {"error": {"code": "NotFound"}}, ("--status", "404"), 0, ("does not know the task",)
    ),
    "a wrong key": (("ark", "read"), {"error": {"code": "Auth"}}, ("--status", "401"), 0, ("no call with this key",)),
    "a list": (
        ("ark", "list"),
        {"items": [{"id": "cgt-1", "created_at": 1700000000, "status": "queued", "odd": 1}], "total": 1},
        (),
        0,
        ("1 task is listed", "items[0].odd", "total"),
    ),
    "a balance": (
        ("evolink", "balance"),
        {"success": True, "data": {"user": {"remaining_credits": 12.5}}},
        (),
        0,
        ("this is the balance", "12.5"),
    ),
    "text that steers": (("ark", "create"), {"id": "cgt-1", "x": "\x1b[2J\u202e"}, (), 0, ("this is bought",)),
    "deep": (("ark", "create"), b'{"x":' + b"[" * 900 + b"1" + b"]" * 900 + b"}", (), 3, ("in doubt",)),
    "numbers": (("ark", "create"), b"17", (), 3, ("in doubt",)),
    "headers": (
        ("ark", "create"),
        b'HTTP/1.1 100 Continue\r\n\r\nHTTP/2 429 \r\nRetry-After: 7\r\n\r\n{"error": {"code": "Rate"}}',
        (),
        0,
        ("HTTP 429", "again after", "7 s"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", UNDERSTOOD)
def test_an_answer_is_read_as_a_run_would(kind: str, clone: Path, say: Say) -> None:
    words, answer, more, code, told = UNDERSTOOD[kind]
    found = answered(say, clone, words, answer, *more)
    assert found[0] == code and all(part in found[1] for part in told), found
    assert "SECRET" not in found[1] and "\u202e" not in found[1]
    shown = answered(say, clone, words, answer, *more, "--format", "json")
    assert json.loads(shown[1])["understood"] is (code == 0) and "SECRET" not in shown[1]


@pytest.mark.parametrize("answer", [b"", b" \n", b"\0\1\2", b"HTTP/1.1 200 OK\r\nA: b", b"{" * 5_000_000])
def test_what_is_no_answer_is_told(answer: bytes, clone: Path, say: Say) -> None:
    code, said = answered(say, clone, ("ark", "read"), answer)
    assert code == 2 and "answer.json" in said, said


def test_an_answer_is_read_from_standard_input(clone: Path, say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b'{"id": "cgt-1"}')))
    assert "this is bought" in say("provider", "answer", "ark", "create")[1]


def test_an_answer_is_read_by_a_file_that_nobody_trusts(clone: Path, say: Say) -> None:
    """To read is to send nothing; whoever writes a file has not trusted it yet."""
    put(clone / "providers")
    assert answered(say, clone, ("acme", "create"), {"id": "task-unified-1-ab"})[0] == 0


def test_the_request_is_shown_without_the_key(clone: Path, say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    (clone / "storyboard.yaml").write_text(BOARD.format(model="ark-seedance-2.0"))
    monkeypatch.setenv("ARK_API_KEY", CANARY)
    code, said = say("provider", "preview")
    assert code == 0 and CANARY not in said and "ARK_API_KEY, which is set here" in said
    assert "POST https://ark.ap-southeast.bytepluses.com/api/v3/contents/generations/tasks" in said
    assert "Authorization: Bearer ***" in said and '"role"' not in said
    shown = json.loads(
        say("provider", "preview", "storyboard.yaml", "one/1", "--format", "json")[1].partition("\n}")[0] + "}"
    )
    assert shown["entry"] == "one/1" and shown["body"]["content"] == [
        {"type": "text", "text": "a cup of tea on a table"}
    ]
    code, said = say("provider", "preview", "one/1")
    assert code == 0, said
    code, said = say("provider", "preview", "two")
    assert code == 2 and "fits no entry" in said
    assert not list(clone.glob("*.lock*")) and not (clone / ".seedspec").exists()
