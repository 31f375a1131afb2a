"""The routes of a provider as its file declares them: it judges bodies by its template and answers in its own words."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from seedspec.catalog.answer_paths import writable, write
from seedspec.catalog.model import Model
from seedspec.catalog.schemes import key_in
from seedspec.catalog.template import NotOfTemplate, parse, path_of
from seedspec.emulator.api import read_body as read_bytes
from seedspec.emulator.api import refuse
from seedspec.emulator.provider import UNITS, Provider
from seedspec.emulator.refusal import Refusal, failure, unauthorized
from seedspec.emulator.rules import read_body
from seedspec.emulator.tasks import Task
from seedspec.emulator.wires import Wires
from seedspec.emulator.words import error_of, fill_texts, row_of, shown_of

_OK = (200,)


class Declared:
    """One provider's routes: `document` is its file, `models` are those that it sells."""

    def __init__(self, provider: Provider, wires: Wires, document: Mapping[str, Any], models: Sequence[Model]) -> None:
        self._provider = provider
        self._wires = wires
        self._document = document
        self._models = {model.called: model for model in models}

    def routes(self) -> list[Route]:
        """A route for each call that can be played, at its path; where that names a model, for each of them."""
        played: dict[str, Callable[[Request, str], Awaitable[Response]]] = {
            "create": self._create, "read": self._read, "result": self._result, "list": self._list,
            "find": self._find, "cancel": self._cancel, "balance": self._balance, "batch": self._batch,
        }  # fmt: skip
        found: dict[tuple[str, str], Route] = {}
        for name, play in played.items():
            if (call := self._document["calls"].get(name)) is None:
                continue
            for called in self._models:
                path = path_of(call["path"], task="{task}", model=called, own="{own}")
                only = called if "{model}" in call["path"] else ""
                found.setdefault(
                    (call["method"], path), Route(path, self._answering(play, only), methods=[call["method"]])
                )
        return list(found.values())

    def _answering(
        self, play: Callable[[Request, str], Awaitable[Response]], only: str
    ) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            try:
                self._check_key(request)
                return await play(request, only)
            except Refusal as refusal:
                if play == self._create:
                    line = {"status": refusal.status, "code": refusal.code, "idempotency_key": None}
                    await self._provider.ledger.keep("refused", line)
                return self._no(refusal.status, refusal.code, refusal.message, refusal.headers)

        return answer

    def _check_key(self, request: Request) -> None:
        key, accepted = key_in(self._document, request.headers.get("authorization", "")), self._provider.settings.key
        if not key or not key.isprintable() or " " in key or (accepted is not None and key != accepted):
            raise unauthorized("The API key is not valid.")

    def _no(self, status: int, code: str, message: str, headers: Mapping[str, str]) -> Response:
        body, more = error_of(self._document, code, message)
        return JSONResponse(body, status, {**headers, **more})

    async def _create(self, request: Request, only: str) -> Response:
        provider = self._provider
        raw = await read_bytes(request, most=provider.body_bytes)
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            raise Refusal(415, "unsupported_media_type", "Expected Content-Type: application/json.")
        strikes = provider.strikes.next("create")
        refuse(strikes)
        if fault := strikes.get("server-error"):
            await self._note(fault.name, None)
            return self._fail(fault.status)
        body, own = self._take_body(raw)
        task, _ = await provider.accept(raw, key=None, flat=self._flat(body, only), own=own)
        for fault in strikes.values():
            await self._note(fault.name, task)
        if fault := strikes.get("slow"):
            await asyncio.sleep(fault.seconds)
        if "lost-reply" in strikes:
            await self._wires.cut(request)
            return Response(status_code=500)  # never leaves: the connection is gone
        if fault := strikes.get("late-error"):
            return self._fail(fault.status)
        shown = {} if "no-id" in strikes else self._beside("create", request, task)
        if "no-id" not in strikes:
            write(writable(self._document["calls"]["create"]["take"]["task"]), task.id, shown)
        if "garbled-reply" in strikes:
            content = json.dumps({**shown, "more": "x" * 20}).encode()
            return Response(content[: len(content) // 2], media_type="application/json")
        return JSONResponse(shown)

    def _take_body(self, raw: bytes) -> tuple[Mapping[str, Any], str]:
        """A body, and the id in it that the client gives the task; "" where the provider takes none."""
        body = dict(read_body(raw))
        name = self._document["doubt"].get("own", {}).get("name", "")
        own = body.pop(name, "")
        if not isinstance(own, str) or len(own) > 100:
            raise Refusal(400, "invalid_request", f"{name}: expected a text of at most 100 characters")
        return body, own

    def _flat(self, body: Mapping[str, Any], only: str) -> Mapping[str, Any]:
        """The flat request that a body stands for, with the model's own id."""
        if self._document["calls"]["create"].get("nulls"):
            body = {key: value for key, value in body.items() if value is not None}
        for called, model in self._models.items():
            if only not in ("", called):
                continue
            try:
                found = parse(model.template, body, model.single_fields)
            except NotOfTemplate as error:
                raise Refusal(400, "invalid_request", str(error)) from None
            if only or found.model == called:
                return {"model": model.id, **{k: v for k, v in found.fields.items() if k != "model"}}
        raise Refusal(404, "model_not_found", "There is no such model.")

    def _fail(self, status: int) -> Response:
        if status in (500, 503):
            return self._no(status, "internal_error", "The service had an internal error.", {})
        return failure(status, json=False)

    async def _note(self, name: str, task: Task | None) -> None:
        await self._provider.ledger.keep("fault", {"name": name, "task": task.id if task else None})

    def _own(self, task_id: str) -> Task:
        task = self._provider.find(task_id)
        if task is None or not self._is_own(task):
            raise Refusal(404, "task_not_found", "There is no such task.")
        return task

    async def _read(self, request: Request, only: str) -> Response:
        if fault := self._provider.strikes.next("read").get("poll-error"):
            return self._fail(fault.status)
        task = self._own(request.path_params["task"])
        shown = self._show_task("read", task, self._beside("read", request, task))
        return JSONResponse(shown, self._document["calls"]["read"].get("ok", _OK)[0])

    async def _result(self, request: Request, only: str) -> Response:
        task = self._own(request.path_params["task"])
        if not self._provider.is_settled(task):
            raise Refusal(400, "request_in_progress", "The request is still in progress.")
        if task.error:
            statuses = self._document["calls"]["result"].get("failed", (422,))
            return self._no(statuses[0], task.error, "The request failed.", {})
        return JSONResponse(self._show_task("result", task, self._beside("result", request, task)))

    async def _list(self, request: Request, only: str) -> Response:
        if strange := self._look():
            return strange
        own = [task for task in self._provider.tasks.values() if self._is_own(task)]
        rows = [self._row("list", task) for task in reversed(own)][:50]
        return JSONResponse(self._rows("list", rows))

    async def _find(self, request: Request, only: str) -> Response:
        if strange := self._look():
            return strange
        own = request.path_params["own"]
        task = next((t for t in self._provider.tasks.values() if t.own == own and self._is_own(t)), None)
        if task is None:
            raise Refusal(404, "task_not_found", "There is no such task.")
        return JSONResponse(self._row("find", task))

    async def _batch(self, request: Request, only: str) -> Response:
        if self._provider.strikes.next("batch").get("no-batch"):
            raise Refusal(404, "not_found", "Not found.")
        call = self._document["calls"]["batch"]
        try:
            asked = parse(call["body"], read_body(await read_bytes(request, most=1_000_000))).fields["tasks"]
        except (NotOfTemplate, KeyError) as error:
            raise Refusal(400, "invalid_request", str(error)) from None
        found = [self._provider.find(str(name)) for name in asked]
        rows = [self._show_task("read", task) for task in found if task is not None and self._is_own(task)]
        return JSONResponse(self._rows("batch", rows))

    async def _balance(self, request: Request, only: str) -> Response:
        answer: dict[str, Any] = {}
        write(writable(self._document["calls"]["balance"]["take"]["left"]), self._provider.units_left / UNITS, answer)
        return JSONResponse(answer)

    async def _cancel(self, request: Request, only: str) -> Response:
        task, does = self._own(request.path_params["task"]), self._document.get("cancel", {})
        word = self._provider.standing(task).word
        state = {"pending": "queued", "processing": "running"}.get(word, "ended")
        await self._provider.cancel(task, does.get(state, "refused"))
        return JSONResponse({}, self._document["calls"]["cancel"].get("ok", _OK)[0])

    def _look(self) -> Response | None:
        """The fault that strikes the search for a task, if any."""
        strikes = self._provider.strikes.next("list")
        if fault := strikes.get("list-error"):
            return self._fail(fault.status)
        return JSONResponse({"strange": [1, 2, 3]}) if "list-strange" in strikes else None

    def _is_own(self, task: Task) -> bool:
        return bool(self._provider.model_of(task).provider.id == self._document["id"])

    def _row(self, name: str, task: Task) -> dict[str, Any]:
        return row_of(self._document, name, task, self._provider.standing(task))

    def _rows(self, name: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
        answer: dict[str, Any] = {}
        write(writable(self._document["calls"][name]["take"]["rows"]).removesuffix("[*]"), rows, answer)
        return answer

    def _beside(self, name: str, request: Request, task: Task) -> dict[str, Any]:
        """What the file says that an answer holds beside what is read from it, with addresses of this server."""
        called = self._provider.model_of(task).called
        origin = str(request.base_url).rstrip("/")
        found: dict[str, Any] = fill_texts(
            self._document["calls"][name].get("example", {}),
            lambda text: path_of(text, task=task.id, model=called).replace("{origin}", origin),
        )
        return found

    def _show_task(self, name: str, task: Task, beside: dict[str, Any] | None = None) -> dict[str, Any]:
        return shown_of(self._document, name, task, self._provider.standing(task), beside)
