"""What the emulator is made of, as values: faults and their grammar, tasks, words, sizes, refusals, and limits."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import acme
import pytest

from seedspec.catalog.model import Model, catalog_of
from seedspec.catalog.slot import Slot
from seedspec.emulator import tasks
from seedspec.emulator.refusal import Refusal, failure, page, unauthorized
from seedspec.emulator.results import _noise
from seedspec.emulator.rules import broken, private_host, read_body
from seedspec.emulator.settings import FAULTS, Addresses, Fault, Settings, parse_fault
from seedspec.emulator.size import size_of
from seedspec.emulator.tasks import Task, card, document, fresh_id, record, restore, status, summary
from seedspec.emulator.words import Standing, error_of, fill_texts, row_of, shown_of, word_of
from seedspec.media.facts import Facts
from seedspec.project import sources

HERE = Path(__file__).parent / "expected"
Expect = Callable[[Path, str], None]

WRONG = [
    "", "lost", "lost-reply=1", "slow=soon", "slow=1.5", "slow=1.", "server-error=200", "server-error=399",
    "server-error=400",
    "server-error=599", "server-error=600", "failed@0", "failed@1,0", "failed@1", "failed@12,3", "failed@",
    "failed:1.5",
    "failed:1.0", "failed:0.0", "failed:.5", "failed:1", "failed:2", "failed:-1", "failed=Not A Code", "failed=a_1",
    "failed=1a",
    "refused@1:0.5", "failed@a", "slow=", "charged=1", "charged=0.1234", "charged=0.12345", "charged=10",
    "throttled=a b",
    "throttled=\t", "throttled=é", " no-id ", "no_id", "upload-throttled=7@2",
]  # fmt: skip


def test_each_fault_and_what_is_told_of_a_wrong_one(expect: Expect) -> None:
    lines = [
        f"{name}: {kind.operation}, {kind.argument}, {kind.default}: {kind.meaning}" for name, kind in FAULTS.items()
    ]
    for text in WRONG:
        try:
            found = parse_fault(text)
            lines += [f"{text!r}: {found.name} {found.argument} {found.probability} {sorted(found.occurrences)}"]
        except ValueError as error:
            lines += [f"{text!r}: {str(error)[:120]}"]
    expect(HERE / "faults.txt", "\n".join(lines) + "\n")


def test_a_fault_strikes_by_its_chance() -> None:
    assert [Fault("x", probability=p).strikes(1, seed=0) for p in (0.0, 1.0)] == [False, True]
    half = Fault("x", probability=0.5)
    assert [half.strikes(n, seed=0) for n in range(1, 13)] == [half.strikes(n, seed=0) for n in range(1, 13)]
    assert {half.strikes(n, seed=0) for n in range(1, 13)} == {True, False}
    assert Fault("x", probability=0.0, occurrences=frozenset((2,))).strikes(2, seed=0)
    assert (Fault("x").seconds, Fault("x", "2.5").seconds, Fault("x").status, Fault("x", "503").status) == (
        0,
        2.5,
        500,
        503,
    )


def test_an_emulator_is_as_its_settings_say_or_as_usual() -> None:
    usual = dataclasses.asdict(Settings(Path("f")))
    assert usual == {
        "folder": Path("f"), "seconds": 2.0, "credits": 100_000, "key": None, "capacity": None, "faults": (), "seed": 0,
        "idempotency": False, "local_callbacks": False, "remote_callbacks": False, "callback_waits": (1, 2, 4),
        "callback_timeout": 10, "link_seconds": 86_400, "upload_seconds": 259_200, "retention": None,
        "soft_file_errors": False, "max_files": 2000, "port": 0, "results_port": 0,
    }  # fmt: skip
    assert json.loads(Addresses("a", "b", "c").line()) == {"api": "a", "files": "b", "results": "c"}
    for odd in ('{"api": "a", "files": "b"}', '{"api": "a", "files": "b", "results": 1}', "[]"):
        with pytest.raises(ValueError, match=re.escape(f"expected a line with addresses; found {odd!r}")):
            Addresses.read(odd)


# --- tasks -----------------------------------------------------------------------------------------------------------

BODY = {"model": "acme-1.0", "prompt": "Tea.", "duration": 5, "resolution": "sd", "sound": "on", "seed": 7}
TASK = Task(id="t-1", body=BODY, created=1000.9, starts=1010, ends=1020, units=25_000, charge=20_000, width=864,
height=496,
            ratio="16:9", own="o-1")  # fmt: skip


@pytest.mark.parametrize(
    ("now", "settled", "shown"),
    [
        (1000, False, ("pending", 0)), (1010.9, False, ("pending", 0)), (1011, False, ("processing", 10)),
        (1015, False, ("processing", 50)), (1019.99, False, ("processing", 99)), (1030, False, ("processing", 99)),
        (1020, True, ("completed", 100)), (1019.5, True, ("processing", 95)),
    ],
)  # fmt: skip
def test_a_task_walks_with_time(now: float, settled: bool, shown: tuple[str, int]) -> None:
    assert status(TASK, now, settled=settled) == shown
    failed = dataclasses.replace(TASK, error="service_error")
    assert status(failed, now, settled=settled) == (("failed", 0) if shown[0] == "completed" else shown)


def test_a_task_without_a_length_is_under_way_at_once() -> None:
    assert status(dataclasses.replace(TASK, ends=1010), 1010.5, settled=False) == ("processing", 99)
    assert [dataclasses.replace(TASK, ends=e).estimated_time for e in (1000.9, 1001.9, 1002)] == [1, 1, 2]


def test_a_task_is_shown_by_its_state() -> None:
    head = {"id": "t-1", "object": "video.generation.task", "created": 1000, "model": "acme-1.0", "type": "video",
            "task_info": {"can_cancel": False, "estimated_time": 20, "video_duration": 5}}  # fmt: skip
    usage = {"billing_rule": "per_second", "credits_reserved": 2.5, "user_group": "default"}
    given: dict[str, Any] = {"settled": True, "seconds": 5, "link": "https://r"}
    assert document(TASK, 1015, **given) == {**head, "status": "processing", "progress": 50, "usage": usage}
    assert document(TASK, 1020, **given) == {
        **head, "status": "completed", "progress": 100, "usage": {**usage, "credits_used": 2}, "results": ["https://r"],
    }  # fmt: skip
    for code, message in {**tasks.FAILURES, "odd": "The task failed."}.items():
        failed = dataclasses.replace(TASK, error=code)
        assert document(failed, 1020, **given) == {
            **head, "status": "failed", "progress": 0, "usage": {**usage, "credits_used": 0},
            "error": {"code": code, "message": message, "type": "task_error"},
        }  # fmt: skip
    row = {"id": "t-1", "model": "acme-1.0", "type": "video", "created_at": 1000}
    shown = [summary(t, n, settled=True) for t, n in ((TASK, 1015), (TASK, 1020), (failed, 1020))]
    assert shown == [
        {**row, "status": "processing", "progress": 50, "has_results": False, "has_error": False, "credits_used": 0},
        {**row, "status": "completed", "progress": 100, "has_results": True, "has_error": False, "credits_used": 2},
        {**row, "status": "failed", "progress": 0, "has_results": False, "has_error": True, "credits_used": 0},
    ]


def test_what_a_failure_says(expect: Expect) -> None:
    expect(HERE / "failures.json", json.dumps(tasks.FAILURES, indent=1) + "\n")


def test_a_task_is_kept_and_taken_up_again() -> None:
    kept = json.loads(json.dumps(record(dataclasses.replace(TASK, twists=("short", "black")))))
    assert restore(kept) == dataclasses.replace(TASK, twists=("short", "black"))
    older = {k: v for k, v in kept.items() if k not in ("charge", "twists", "own")}
    assert restore(older) == dataclasses.replace(TASK, charge=25_000, own="")


SAID = {"duration": 5, "quality": "480p", "generate_audio": True}


@pytest.mark.parametrize(
    ("twists", "said", "changed"),
    [
        ((), SAID, {}), ((), {"duration": 5}, {"quality": "-", "audio": False}),
        ((), {**SAID, "generate_audio": "on"}, {"audio": False}), (("silent",), SAID, {"audio": False}),
        (("short",), SAID, {"seconds": 4}), (("wrong-fps",), SAID, {"fps": 12}),
        (("black",), SAID, {"pictures": "black"}),
        (("frozen",), SAID, {"pictures": "still"}), (("black", "frozen"), SAID, {"pictures": "black"}),
        (("wrong-size",), SAID, {"width": 496, "height": 864}),
    ],
)  # fmt: skip
def test_a_clip_shows_what_was_asked_for(
    twists: tuple[str, ...], said: dict[str, Any], changed: dict[str, Any]
) -> None:
    found = card(dataclasses.replace(TASK, twists=twists), said)
    plain = {"task": "t-1", "prompt": "Tea.", "width": 864, "height": 496, "seconds": 5, "quality": "480p",
    "ratio": "16:9",
             "audio": True, "fps": 24, "pictures": "moving"}  # fmt: skip
    assert {name: getattr(found, name) for name in plain} == {**plain, **changed}


def test_a_square_of_a_wrong_size_is_narrower() -> None:
    square = dataclasses.replace(TASK, width=642, height=642, twists=("wrong-size",))
    assert (card(square, SAID).width, card(square, SAID).height) == (480, 642)


FORMS = [
    r"^task-unified-[0-9]+-[a-f0-9]{8}$", r"^cgt-[0-9]{14}-[a-f0-9]{6}$",
    r"^[a-f0-9]{8}(-[a-f0-9]{4}){3}-[a-f0-9]{12}$",
    r"^[a-f0-9]{16}$", r"^[a-f0-9]{32}$", r"^[0-9]{1,20}$", r"^vid_[a-f0-9]{10}$", r"^vid_[A-F0-9]{11}$",
    r"^v\.[0-9]{12}$",
    r"^x-[A-Za-z0-9]{40}$", r"^[a-z]{5}$", r"^ab?[0-9]{9}$",
]  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_an_id_is_of_the_form_that_the_provider_has(form: str) -> None:
    ids = {fresh_id(form, 1_796_000_000) for _ in range(5)}
    assert len(ids) == 5 and all(re.fullmatch(form, one) for one in ids)


def test_an_id_tells_its_time() -> None:
    assert fresh_id(FORMS[0], 1_796_000_000.7).startswith("task-unified-1796000000-")
    assert fresh_id(FORMS[1], 1_796_000_000).startswith("cgt-20261130005320-")
    assert fresh_id("^nothing like it {9}$", 5).startswith("task-unified-5-")


# --- words -----------------------------------------------------------------------------------------------------------

STATES = {"waits": "queued", "works": "running", "done": "completed", "broken": "failed", "stopped": "cancelled"}


def test_a_state_has_the_providers_word() -> None:
    words = ("pending", "processing", "completed", "failed", "cancelled")
    assert [word_of({"states": STATES}, word) for word in words] == list(STATES)
    few = {"works": "running", "done": "completed"}
    assert [word_of({"states": few}, word) for word in words] == ["works", "works", "done", "done", "done"]
    assert word_of({"states": {**few, "broken": "failed"}}, "cancelled") == "broken"


def one_model(*changes: tuple[str, Any]) -> Model:
    documents = {
        name: d for name, d in sources.schemas().items() if name.startswith("meta/") or name == "storyboard.json"
    }
    own = {
        "acme/provider.json": acme.provider(),
        "acme/prices.json": acme.prices(),
        "acme/m.json": acme.model(*changes),
    }
    return catalog_of({**documents, **own}).models["acme-1.0"]


TAKE = {"task": "id", "state": "now.word", "percent": "now.percent", "model": "model", "created": "at",
"estimate": "seconds",
        "seed": "seed", "links": "out[0].url", "charged": "bill",
        "code": [{"path": "x", "when": {"a": 1}}, "error.code"],
        "message": "error.text"}  # fmt: skip


def test_a_task_is_shown_where_the_file_reads_it() -> None:
    made = acme.provider(("states", STATES), ("calls/read/take", TAKE))
    model = one_model(("x-seedspec/called", "v/acme"))
    head = {"id": "t-1", "model": "v/acme", "at": 1000, "seconds": 20, "seed": 7}
    shown = {word: shown_of(made, "read", TASK, Standing(word, 40, "https://r", model)) for word in
             ("processing", "completed", "failed", "cancelled")}  # fmt: skip
    assert shown["processing"] == {**head, "now": {"word": "works", "percent": 40}}
    done = {**head, "now": {"word": "done", "percent": 40}, "out": [{"url": "https://r"}], "bill": 2}
    assert shown["completed"] == done
    assert shown["failed"] == {**head, "now": {"word": "broken", "percent": 40}, "error": {"text": "The task failed."}}
    lost = dataclasses.replace(TASK, error="service_error")
    said = {"code": "service_error", "text": "The generation service had an internal error."}
    for word, own in (("failed", "broken"), ("cancelled", "stopped")):
        found = shown_of(made, "read", lost, Standing(word, 0, "", model), {"beside": 1})
        assert found == {"beside": 1, **head, "now": {"word": own, "percent": 0}, "error": said}
    few = acme.provider(("states", {"works": "running", "done": "completed"}), ("calls/read/take", TAKE))
    assert "error" not in shown_of(few, "read", lost, Standing("failed", 0, "", model))
    assert shown_of(acme.provider(("calls/read/take", None)), "read", TASK, Standing("completed", 0, "", model)) == {}


def test_a_row_shows_what_a_doubt_is_settled_by() -> None:
    model = one_model()
    doubt = {"key": None, "lookup": "echo", "own": {"name": "ref"}, "echo": {"seed": "s", "own": "o"}}
    now = Standing("processing", 1, "", model)
    plain = {"id": "t-1", "created": 1000}
    listed = ("calls/list/take", {"rows": "data[*]", "task": "id", "created": "created"})
    assert row_of(acme.provider(listed), "list", TASK, now) == plain
    assert row_of(acme.provider(listed, ("doubt", doubt)), "list", TASK, now) == {**plain, "s": 7, "o": "o-1"}
    nameless = dataclasses.replace(TASK, own="", body={k: v for k, v in BODY.items() if k != "seed"})
    assert row_of(acme.provider(listed, ("doubt", doubt)), "list", nameless, now) == plain
    by_body = {"key": None, "lookup": "body", "body": "sent"}
    assert row_of(acme.provider(listed, ("doubt", by_body)), "list", TASK, now) == {**plain, "sent": BODY}


def test_an_error_has_the_first_form_of_the_file() -> None:
    form = {"when": {"ok": False, "kind.n": 1}, "code": "error.code", "message": "error.text", "header": "x-code"}
    made = acme.provider(("errors", [form, {"code": "other"}]))
    body = {"ok": False, "kind": {"n": 1}, "error": {"code": "c", "text": "m"}}
    assert error_of(made, "c", "m") == (body, {"x-code": "c"})
    assert error_of(acme.provider(("errors", [{"code": "code"}])), "c", "m") == ({"code": "c"}, {})


def test_the_texts_of_an_example_are_filled_in() -> None:
    assert fill_texts({"a": ["x", 1, {"b": "y"}], "c": None}, str.upper) == {"a": ["X", 1, {"b": "Y"}], "c": None}


# --- sizes, refusals, limits -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "media", "size"),
    [
        ({"quality": "720p", "aspect_ratio": "16:9"}, (), ("16:9", (1280, 720))),
        ({"quality": "480p", "aspect_ratio": "9:16"}, (), ("9:16", (480, 854))),
        ({"quality": "4k", "aspect_ratio": "1:1"}, (), ("1:1", (2160, 2160))),
        ({"quality": "2k", "aspect_ratio": "4:3"}, (), ("4:3", (1920, 1440))),
        ({"aspect_ratio": "21:9"}, (), ("21:9", (1680, 720))), ({"aspect_ratio": "3:4"}, (), ("3:4", (720, 960))),
        ({}, (), ("16:9", (1280, 720))), ({"aspect_ratio": "adaptive"}, ((0, 0), (700, 710)), ("1:1", (720, 720))),
        ({"aspect_ratio": "adaptive"}, ((600, 800),), ("3:4", (720, 960))),
    ],
)  # fmt: skip
def test_a_video_has_the_size_of_its_words(said: dict[str, Any], media: Any, size: Any) -> None:
    facts = [Facts("image", "png", 1, width=w or None, height=h or None) for w, h in media]
    assert size_of(one_model(), said, facts) == size


def test_a_video_has_the_size_of_its_models_table() -> None:
    table = {"kind": "video", "fps": 24, "pixels": {"480p": {"4:3": [752, 560], "16:9": [864, 496]}}}
    model = one_model(("x-seedspec/output", table))
    assert size_of(model, {"quality": "480p", "aspect_ratio": "16:9"}, []) == ("16:9", (864, 496))
    assert size_of(model, {"quality": "480p", "aspect_ratio": "1:1"}, []) == ("4:3", (752, 560))
    assert size_of(model, {"quality": "720p", "aspect_ratio": "16:9"}, []) == ("16:9", (1280, 720))


def test_a_refusal_is_answered_in_the_form_of_its_api() -> None:
    kinds = {400: "invalid_request_error", 401: "authentication_error", 402: "insufficient_quota",
             403: "invalid_request_error", 404: "invalid_request_error", 429: "rate_limit_error",
             499: "invalid_request_error",
             500: "api_error", 503: "api_error"}  # fmt: skip
    for status_, kind in kinds.items():
        answer = Refusal(status_, "c", "m", headers={"X-A": "1"}).answer()
        assert (answer.status_code, answer.headers["x-a"]) == (status_, "1")
        assert json.loads(bytes(answer.body)) == {"error": {"code": "c", "message": "m", "type": kind}}
    assert json.loads(bytes(Refusal(400, "c", "m", "p").answer().body))["error"]["param"] == "p"
    for soft, status_ in ((False, 404), (True, 200)):
        answer = Refusal(404, "c", "m", headers={"X-A": "1"}).files_answer(soft=soft)
        assert (answer.status_code, answer.headers["x-a"]) == (status_, "1")
        assert json.loads(bytes(answer.body)) == {"success": False, "code": 404, "msg": "m"}
    assert (
        str(unauthorized()) and unauthorized().message == "A valid API key is needed: send `Authorization: Bearer KEY`."
    )
    assert (unauthorized("x").status, unauthorized("x").code, unauthorized("x").message) == (401, "unauthorized", "x")
    assert bytes(page(404, "Gone").body) == (
        b"<html><head><title>404 Gone</title></head><body><h1>404 Gone</h1></body></html>"
    )
    titles = {502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Timeout", 500: "Error"}
    for status_, title in titles.items():
        assert f"<h1>{status_} {title}</h1>" in bytes(failure(status_, json=False).body).decode()
        said = json.loads(bytes(failure(status_, json=True).body))["error"]
        assert said == {"code": "internal_error", "message": "The service had an internal error.", "type": "api_error"}


LIMITS = Slot("clip", "video", "clip", single=True, least=0, most=1, needs=(), not_with=(), words={},
formats=("mp4", "mov"),
              extensions=(), bytes=100, ratio=(0.5, 2), side=(300, 600), pixels=(90_000, 180_000), fps=(24, 60),
              seconds=(2, 15),
              seconds_together=15, tolerances={})  # fmt: skip
GOOD = Facts("video", "mp4", 100, width=300, height=600, seconds=2, fps=24)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, []), ({"format": "mov", "seconds": 15, "fps": 60}, []),
        ({"format": "wav"}, ["found wav; expected mp4 or mov"]),
        ({"bytes": 101}, ["found 101 bytes; expected at most 100"]),
        ({"seconds": 1.9}, ["seconds is 1.9; expected 2 to 15"]),
        ({"seconds": 15.1, "fps": 23.9}, ["fps is 23.9; expected 24 to 60", "seconds is 15.1; expected 2 to 15"]),
        ({"fps": 60.1}, ["fps is 60.1; expected 24 to 60"]), ({"seconds": None, "fps": None, "width": None}, []),
        ({"width": 299}, ["side is 299 x 600; expected 300 to 600", "ratio is 0.498333; expected 0.5 to 2",
                          "pixels is 179400; expected 90000 to 180000"][:2]),
        ({"height": 601}, ["side is 300 x 601; expected 300 to 600", "ratio is 0.499168; expected 0.5 to 2",
                           "pixels is 180300; expected 90000 to 180000"]),
        ({"width": 600, "height": 300}, []), ({"width": 300, "height": 300}, []), ({"height": 0, "width": 5}, []),
    ],
)  # fmt: skip
def test_a_medium_outside_a_limit_is_told(change: dict[str, Any], said: list[str]) -> None:
    assert broken(LIMITS, dataclasses.replace(GOOD, **change)) == said


def test_a_slot_without_limits_takes_any_size() -> None:
    free = dataclasses.replace(LIMITS, bytes=None, ratio=None, side=None, pixels=None, fps=None, seconds=None)
    assert broken(free, dataclasses.replace(GOOD, bytes=10**9, width=1, height=9999, fps=1, seconds=999)) == []


PRIVATE = "localhost a.localhost local a.local a.internal home.arpa x.home.arpa 127.0.0.1 127.1 0x7f000001 2130706433"
PRIVATE += " 10.0.0.1 192.168.1.1 224.0.0.1 [::1] [fe80::1%25eth0] [::ffff:10.0.0.1] [ff02::1] [ LOCALHOST. 0.0.0.0"
PUBLIC = "example.com 8.8.8.8 mylocal local.example [2606:2800:220:1::1] [::ffff:8.8.8.8] 134744072 home.arpa.example"


def test_which_hosts_are_not_called_back() -> None:
    assert [host for host in PRIVATE.split() if not private_host(f"https://{host}/cb")] == []
    assert [host for host in PUBLIC.split() if private_host(f"https://{host}/cb")] == [] and private_host("https:///cb")


BODIES = {
    b"{": "The body is not JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)",
    b"[]": "The body must be a JSON object.",
    b'{"a": 1, "a": 2}': "The body is not JSON: a field is given twice",
    b'{"a": {"b": 1, "b": 1}}': "The body is not JSON: a field is given twice",
    b'{"a": NaN}': "The body is not JSON: NaN is no JSON",
    b'{"a": 1e999}': "The body is not JSON: 1e999 is no number",
    b'{"a": -1e999}': "The body is not JSON: -1e999 is no number",
}


def test_a_body_is_an_object_of_json() -> None:
    for raw, message in BODIES.items():
        with pytest.raises(Refusal) as found:
            read_body(raw)
        assert (found.value.status, found.value.code, found.value.message) == (400, "invalid_request", message)
    for raw in (b'{"a": "\\ud800"}', b"\xff"):
        with pytest.raises(Refusal):
            read_body(raw)
    assert read_body(b'{"a": 1.5, "b": "\\u00e9", "c": {}}') == {"a": 1.5, "b": "é", "c": {}}


def test_noise_is_a_whole_file_with_nothing_in_it() -> None:
    head, media, tail = b"\0\0\0\x0cftypabcd", b"\0\0\0\x0emdatNOISES", b"\0\0\0\x08free"
    assert _noise(head + media + tail) == head + b"\0\0\0\x0emdat" + bytes(6) + tail
    assert _noise(head + tail) == head + tail
