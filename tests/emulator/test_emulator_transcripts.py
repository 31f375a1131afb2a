"""Whole conversations with the emulator: each request with its answer, for EvoLink and for a provider by its file."""

from __future__ import annotations

import base64
import dataclasses
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import acme
import httpx
from emulated import LONGEST, emulated

from seedspec.catalog.model import Model, catalog_of
from seedspec.emulator.settings import Settings, parse_fault
from seedspec.media.picture import Raster
from seedspec.media.picture.png import png
from seedspec.project import sources

HERE = Path(__file__).parent / "expected"
Expect = Callable[[Path, str], None]
MODEL = "seedance-2.0-reference-to-video"


class Talk:
    """Requests to an emulator and its answers, as lines in which ids, times and ports have names of their own."""

    def __init__(self, api: str, key: str) -> None:
        self.client = httpx.Client(base_url=api, headers={"Authorization": key}, trust_env=False, timeout=LONGEST)
        self.lines: list[str] = []
        self.names: dict[str, str] = {api: "API"}

    def ask(self, method: str, path: str, body: Any = None, raw: bytes | None = None, **headers: str) -> Any:
        given = {"json": body} if body is not None else {"content": raw} if raw is not None else {}
        if raw is not None:
            headers.setdefault("Content-Type", "application/json")
        answer = self.client.request(method, path, headers=headers, **given)  # type: ignore[arg-type]
        more = {name: answer.headers[name] for name in ("retry-after", "x-code", "idempotency-replayed")
                if name in answer.headers}  # fmt: skip
        shown = json.dumps(body, ensure_ascii=False) if body is not None else (raw or b"").decode()[:60]
        told = "".join(f" {name}={value}" for name, value in headers.items() if name != "Content-Type")
        self.lines += [f"{method} {path} {shown}{told}".rstrip(), f"  {answer.status_code} {answer.text}{more or ''}"]
        kind = answer.headers["content-type"]
        return answer.json() if kind == "application/json" and answer.text[-1:] in "]}" else None

    def move(self, api: str) -> None:
        """Goes on with another emulator, at its own address."""
        self.client.base_url = api
        self.names[api] = "API"

    def until(self, path: str, *words: str) -> None:
        """Asks until an answer holds one of these words; only the last answer is kept."""
        for _ in range(2000):
            before = len(self.lines)
            self.ask("GET", path)
            if any(f'"{word}"' in self.lines[-1] for word in words):
                return
            del self.lines[before:]
        raise AssertionError(f"{path} never said {words}")

    def text(self) -> str:
        found = "\n".join(self.lines) + "\n"
        for value, name in self.names.items():
            found = found.replace(value, name)
        found = re.sub(r"http://127\.0\.0\.1:\d+/(r|f)/([\w-]+)/[^\"]+", r"RESULTS/\1/\2/SIGNED", found)
        found = re.sub(r'"(created|created_at|at)": ?\d{9,}', r'"\1":TIME', found)
        return re.sub(r'"progress":[1-9]\d?,', '"progress":SOME,', found)


def test_a_conversation_with_evolink(tmp_path: Path, expect: Expect) -> None:
    faults = [
        "unauthorized@1", "no-balance@2", "forbidden@3", "throttled=7@4", "refused@5", "server-error=503@6",
        "server-error=502@7", "failed=quota_exceeded@2", "slow-task=9000@3,4,5,6,7",
        "late-error=500@23", "late-error=504@24",
        "no-id@25",
        "garbled-reply@26", "poll-error=503@1", "poll-error=504@2", "list-error=500@1", "list-strange@2", "no-batch@1",
        "charged=0.5@1",
    ]  # fmt: skip
    settings = Settings(
        tmp_path / "e", seconds=0.02, faults=tuple(map(parse_fault, faults)), idempotency=True, credits=300
    )
    models = {m.id: m for m in sources.catalog().models.values() if m.provider.id == "evolink"}
    good = {"model": MODEL, "prompt": "Tea.", "duration": 4, "quality": "480p"}
    create, key = "/v1/videos/generations", {"Idempotency-Key": "k" * 16}
    with emulated(settings, models) as found:
        talk = Talk(found.api, "Bearer sk")
        for _ in range(7):
            talk.ask("POST", create, good)
        first = talk.ask("POST", create, good, **key)  # type: ignore[arg-type]
        talk.names[first["id"]] = "TASK1"
        talk.ask("GET", "/v1/tasks/x")
        talk.ask("GET", "/v1/tasks/x")
        talk.ask("GET", "/v1/tasks/x")
        talk.until(f"/v1/tasks/{first['id']}", "completed")
        talk.ask("POST", create, good, **key)  # type: ignore[arg-type]
        talk.ask("POST", create, {**good, "prompt": "Milk."}, **key)  # type: ignore[arg-type]
        for odd in ("k" * 15, "k" * 97, "k" * 15 + "!"):
            talk.ask("POST", create, good, **{"Idempotency-Key": odd})
        for body in (
            {**good, "model": 7}, {**good, "model": "other"}, {k: v for k, v in good.items() if k != "model"},
            {**good, "duration": 3}, {**good, "duration": 5.0}, {**good, "image_urls": ["x"]},
            {**good, "callback_url": "https://10.0.0.1/x"}, {**good, "seed": "x"},
        ):  # fmt: skip
            talk.ask("POST", create, body)
        talk.ask("POST", create, raw=b"{")
        talk.ask("POST", create, raw=b"[]")
        talk.ask("POST", create, raw=b"{}", **{"Content-Type": "text/plain"})
        talk.ask("POST", create, raw=json.dumps(good).encode(), **{"Content-Type": "Application/JSON; charset=utf-8"})
        talk.ask("GET", "/v1/tasks")
        talk.ask("GET", "/v1/tasks")
        second = talk.client.get("/v1/tasks").json()["data"][0]["id"]
        talk.names[second] = "TASK2"
        talk.until(f"/v1/tasks/{second}", "failed")
        third = talk.ask("POST", create, {**good, "prompt": "Slow."})
        talk.names[third["id"]] = "TASK3"
        talk.ask("GET", f"/v1/tasks/{third['id']}")
        queries = ["", "?status=completed", "?status=failed", "?status=processing", "?status=cancelled", "?status=odd",
                   "?type=image", "?type=odd", "?type=video&model=other", f"?model={MODEL}&page_size=1&page=2",
                   "?page=0",
                   "?page=x", "?page=1000001", "?page_size=51", "?page_size=0", "?page_size=50&page=9",
                   "?status=failed&page=2"]  # fmt: skip
        for query in queries:
            talk.ask("GET", f"/v1/tasks{query}")
        batch = "/v1/tasks/batch"
        talk.ask("POST", batch, {"task_ids": [second]})
        talk.ask("POST", batch, {"task_ids": [second, "gone", second, first["id"]]})
        for ids in ([], ["x"] * 51, [7], "x", None):
            talk.ask("POST", batch, {"task_ids": ids})
        talk.ask("POST", batch, raw=b"[]")
        talk.ask("POST", batch, raw=b"{")
        for _ in range(4):
            talk.ask("POST", create, good)
        talk.ask("GET", "/v1/credits")
        talk.ask("GET", "/v1/nothing")
        talk.ask("DELETE", "/v1/tasks")
        for header in ("", "Bearer", "Basic sk", "Bearer a b", "bearer sk"):
            talk.ask("GET", "/v1/credits", Authorization=header)
        for method, path in (("GET", "/v1/tasks"), ("GET", f"/v1/tasks/{second}"), ("POST", batch), ("POST", create)):
            talk.ask(method, path, Authorization="Basic sk")
        talk.ask("GET", "/v1/credits", Origin="http://evil.example")
        talk.ask("GET", "/v1/credits", Host="evil.example")
        talk.ask("POST", create, {**good, "quality": "720p", "duration": 15})
    with emulated(dataclasses.replace(settings, faults=()), models) as found:
        talk.move(found.api)
        for path in ("/v1/tasks", "/v1/credits"):
            talk.ask("GET", path)
        talk.ask("POST", create, good, **key)  # type: ignore[arg-type]
        talk.client.close()
    lines = [json.loads(line) for line in (tmp_path / "e" / "ledger.jsonl").read_text("utf-8").splitlines()]
    for line in lines:
        kept = {k: v for k, v in line.items() if k not in ("at", "request", "body_sha256")}
        talk.lines += [json.dumps(kept, ensure_ascii=False)]
    order = [*talk.names]
    rest = dict.fromkeys(line["task"] for line in lines if line.get("task") and line["task"] not in order)
    talk.names |= {task: f"TASK{n}" for n, task in enumerate(rest, 4)}
    expect(HERE / "evolink.txt", talk.text())


def test_a_conversation_about_files(tmp_path: Path, expect: Expect) -> None:
    faults = ["upload-error=500@1", "upload-error=503@2", "upload-error=404@3", "upload-refused=413@4",
    "upload-throttled=7@5",
              "upload-full@6", "upload-slow=0.01@22"]  # fmt: skip
    settings = Settings(tmp_path / "e", faults=tuple(map(parse_fault, faults)), max_files=3)
    files, content = "/api/v1/files", base64.b64encode(png(Raster(8, 8, bytes(192)))).decode()
    with emulated(settings, declared()) as found:
        talk = Talk(found.api, "Bearer sk")
        for _ in range(5):
            talk.ask("POST", f"{files}/upload/base64", {"base64_data": content})
        talk.ask("POST", f"{files}/upload/base64", {"base64_data": content})
        talk.ask("GET", f"{files}/quota")
        one = talk.ask(
            "POST", f"{files}/upload/base64", {"base64_data": content, "file_name": "a/b.png", "upload_path": "/p/"}
        )
        talk.ask("GET", f"{files}/quota")
        for body in (
            {}, {"base64_data": 7}, {"base64_data": ""}, {"base64_data": "data:image/png,x"}, {"base64_data": "é"},
            {"base64_data": content, "file_name": ""}, {"base64_data": content, "fileName": "n" * 256},
            {"base64_data": content, "uploadPath": 7}, {"base64_data": base64.b64encode(b"text").decode()},
        ):  # fmt: skip
            talk.ask("POST", f"{files}/upload/base64", body)
        talk.ask("POST", f"{files}/upload/stream", raw=b"x", **{"Content-Type": "multipart/form-data; boundary=b"})
        url = one["data"]["file_url"]
        for address in (7, "ftp://x", "https://other.example/a.png", f"{found.results}/gone.png"):
            talk.ask("POST", f"{files}/upload/url", {"file_url": address})
        two = talk.ask("POST", f"{files}/upload/url", {"file_url": url, "fileName": "two.png"})
        talk.ask("POST", f"{files}/upload/base64", {"base64_data": content, "file_name": "three.png"})
        talk.ask("POST", f"{files}/upload/base64", {"base64_data": content})
        for query in ("", "?pageSize=1&page=2", "?pageSize=101", "?page=0", "?page=9"):
            talk.ask("GET", f"{files}/list{query}")
        for method, path in (("DELETE", f"{files}/{two['data']['file_id']}"), ("DELETE", f"{files}/gone")):
            talk.ask(method, path)
        talk.ask("GET", f"{files}/quota")
        talk.ask("GET", f"{files}/quota", Authorization="")
        talk.client.close()
    talk.names |= {found.results: "RESULTS", one["data"]["file_id"]: "FILE1", two["data"]["file_id"]: "FILE2"}
    text = re.sub(r"/f/([\w-]+)/[^\"]+", r"/f/\1/NAME", talk.text()).replace(content, "PNG")
    text = re.sub(r'"file_id":"[\w-]{9,}"', '"file_id":"ID"', re.sub(r"/f/[\w-]{9,}/", "/f/ID/", text))
    expect(HERE / "files.txt", re.sub(r"20\d\d-\d\d-\d\dT[\d:.+]+", "TIME", text))


READING = {"task": "id", "state": "state", "percent": "progress", "model": "model", "created": "created",
"seed": "seed",
           "charged": "bill", "links": "out[0].url", "code": "error.code", "message": "error.text"}  # fmt: skip
ROW = {"task": "id", "state": "state", "created": "created"}
BODY = {
    "model": {"$model": True}, "text": {"$get": "prompt"}, "seconds": {"$get": "duration", "as": "text"},
    "lines": {"$get": "resolution"}, "sound": {"$get": "sound"}, "seed": {"$get": "seed"},
}  # fmt: skip
ONE = "/v1/videos/{task}"
DECLARED = (
    ("calls/create/body", BODY),
    ("calls/create/example", {"see": "{origin}/{model}/{task}", "more": [{"n": 1}]}),
    ("calls/create/nulls", True),
    ("calls/read",
    {"origin": "api", "method": "GET", "path": ONE, "ok": [202], "take": READING, "example": {"own": "{task}"}}),
    ("calls/result",
    {"origin": "api", "method": "GET", "path": f"{ONE}/result", "failed": [424], "take": {"links": "url"}}),
    ("calls/list/take", {"rows": "data[*]", **ROW}),
    ("calls/find", {"origin": "api", "method": "GET", "path": "/v1/own/{own}", "take": ROW}),
    ("calls/batch", {"origin": "api", "method": "POST", "path": "/v1/many", "body": {"ids": {"$get": "tasks"}},
                     "take": {"rows": "all[*]", "task": "id", "state": "state"}}),
    ("calls/balance", {"origin": "api", "method": "GET", "path": "/v1/money", "take": {"left": "money.left"}}),
    ("calls/cancel", {"origin": "api", "method": "DELETE", "path": ONE, "ok": [202]}),
    ("doubt", {"key": None, "lookup": "own-id", "own": {"name": "ref"}, "echo": {"own": "ref", "seed": "chance"}}),
    ("cancel", {"queued": "deletes", "running": "refused", "ended": "refused"}),
    ("errors", [{"when": {"ok": False}, "code": "error.code", "message": "error.text", "header": "x-code"}]),
)  # fmt: skip


def declared() -> dict[str, Model]:
    documents = {
        name: d for name, d in sources.schemas().items() if name.startswith("meta/") or name == "storyboard.json"
    }
    made = acme.model(("properties/images", None), ("properties/clip", None), ("x-seedspec/slots", {}),
                      ("x-seedspec/called", "v/acme"))  # fmt: skip
    own = {"acme/provider.json": acme.provider(*DECLARED), "acme/prices.json": acme.prices(), "acme/m.json": made}
    found = catalog_of({**documents, **own})
    assert not found.broken, found.broken
    return dict(found.models)


def test_a_conversation_with_a_provider_that_its_file_declares(tmp_path: Path, expect: Expect) -> None:
    faults = [
        "unauthorized@1", "throttled=7@2", "server-error=500@3", "server-error=502@4", "failed=quota_exceeded@2",
        "slow-task=9000@3,4,5,6", "late-error=503@15", "late-error=504@16", "no-id@17", "garbled-reply@18",
        "poll-error=503@1",
        "poll-error=502@2", "list-error=500@1", "list-strange@2", "no-batch@1",
    ]  # fmt: skip
    settings = Settings(tmp_path / "e", seconds=0.02, faults=tuple(map(parse_fault, faults)), key="sk", credits=250)
    good = {"model": "v/acme", "text": "Tea.", "seconds": "4", "lines": "sd", "sound": "off", "seed": 7}
    create = "/v1/videos"
    with emulated(settings, declared()) as found:
        talk = Talk(found.api, "Bearer sk")
        for _ in range(4):
            talk.ask("POST", create, good)
        first = talk.ask("POST", create, {**good, "ref": "r-1", "seed": None})
        talk.names[first["id"]] = "TASK1"
        for path in (
            f"{create}/{first['id']}",
            f"{create}/x",
            f"{create}/x",
            f"{create}/x/result",
            "/v1/own/r-1",
            "/v1/own/r-1",
        ):
            talk.ask("GET", path)
        talk.until(f"{create}/{first['id']}", "done")
        talk.ask("GET", f"{create}/{first['id']}/result")
        for body in (
            {**good, "ref": "r-1"}, {**good, "ref": 7}, {**good, "ref": "r" * 101}, {**good, "model": "other"},
            {**good, "seconds": 4}, {**good, "seconds": "99"}, {**good, "more": 1},
        ):  # fmt: skip
            talk.ask("POST", create, body)
        talk.ask("POST", create, raw=b"[]")
        talk.ask("POST", create, raw=b"{}", **{"Content-Type": "text/plain"})
        second = talk.ask("POST", create, {**good, "ref": "r" * 100})
        talk.names[second["id"]] = "TASK2"
        talk.until(f"{create}/{second['id']}", "broken")
        talk.ask("GET", f"{create}/{second['id']}/result")
        for _ in range(4):
            talk.ask("POST", create, good)
        listed = talk.client.get(create).json()["data"]
        talk.names |= {row["id"]: f"TASK{6 - n}" for n, row in enumerate(listed[:4])}
        third = listed[3]["id"]
        for method, path in (
            ("GET", create), ("GET", f"{create}/{third}"), ("GET", f"{create}/{third}/result"), ("GET", "/v1/own/r-1"),
            ("GET", "/v1/own/gone"), ("GET", "/v1/money"), ("DELETE", f"{create}/{third}"),
            ("GET", f"{create}/{third}"),
            ("DELETE", f"{create}/{third}"), ("DELETE", f"{create}/{first['id']}"), ("GET", "/v1/money"),
        ):  # fmt: skip
            talk.ask(method, path)
        for many in ({"ids": [first["id"]]}, {"ids": [first["id"], "gone", second["id"]]}, {"other": 1}, {}):
            talk.ask("POST", "/v1/many", many)
        for header in ("", "Bearer", "Key sk", "Bearer other", "bearer sk"):
            talk.ask("GET", "/v1/money", Authorization=header)
        talk.ask("POST", create, {**good, "seconds": "12"})
    with emulated(dataclasses.replace(settings, faults=()), declared()) as found:
        talk.move(found.api)
        for path in (create, f"{create}/{third}", "/v1/money"):
            talk.ask("GET", path)
        talk.client.close()
    lines = [json.loads(line) for line in (tmp_path / "e" / "ledger.jsonl").read_text("utf-8").splitlines()]
    for line in lines:
        kept = {k: v for k, v in line.items() if k not in ("at", "request", "body_sha256")}
        if line["event"] not in ("charged", "refunded"):  # which fall due in an order of their own
            talk.lines += [json.dumps(kept, ensure_ascii=False)]
    expect(HERE / "declared.txt", talk.text())
