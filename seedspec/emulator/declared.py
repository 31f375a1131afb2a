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
from seedspec.emulator.provider import Provider
from seedspec.emulator.refusal import Refusal, failure, unauthorized
from seedspec.emulator.rules import read_body
from seedspec.emulator.tasks import Task
from seedspec.emulator.wires import Wires
from seedspec.emulator.words import error_of, filled, shown_of

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
        }  # fmt: skip
        found: dict[tuple[str, str], Route] = {}
        for name, play in played.items():
            if (call := self._document["calls"].get(name)) is None:
                continue
            for called in self._models:
                path = path_of(call["path"], task="{task}", model=called)
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
            return self._failed(fault.status)
        task, _ = await provider.accept(raw, key=None, flat=self._flat(raw, only))
        for fault in strikes.values():
            await self._note(fault.name, task)
        if fault := strikes.get("slow"):
            await asyncio.sleep(fault.seconds)
        if "lost-reply" in strikes:
            await self._wires.cut(request)
            return Response(status_code=500)  # never leaves: the connection is gone
        if fault := strikes.get("late-error"):
            return self._failed(fault.status)
        shown = {} if "no-id" in strikes else self._beside("create", request, task)
        if "no-id" not in strikes:
            write(writable(self._document["calls"]["create"]["take"]["task"]), task.id, shown)
        if "garbled-reply" in strikes:
            content = json.dumps({**shown, "more": "x" * 20}).encode()
            return Response(content[: len(content) // 2], media_type="application/json")
        return JSONResponse(shown)

    def _flat(self, raw: bytes, only: str) -> Mapping[str, Any]:
        """The flat request that a body stands for, with the model's own id."""
        body = read_body(raw)
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

    def _failed(self, status: int) -> Response:
        if status in (500, 503):
            return self._no(status, "internal_error", "The service had an internal error.", {})
        return failure(status, json=False)

    async def _note(self, name: str, task: Task | None) -> None:
        await self._provider.ledger.keep("fault", {"name": name, "task": task.id if task else None})

    def _own(self, task_id: str) -> Task:
        task = self._provider.find(task_id)
        if task is None or self._provider.model_of(task).provider.id != self._document["id"]:
            raise Refusal(404, "task_not_found", "There is no such task.")
        return task

    async def _read(self, request: Request, only: str) -> Response:
        if fault := self._provider.strikes.next("read").get("poll-error"):
            return self._failed(fault.status)
        task = self._own(request.path_params["task"])
        shown = self._shown("read", task, self._beside("read", request, task))
        return JSONResponse(shown, self._document["calls"]["read"].get("ok", _OK)[0])

    async def _result(self, request: Request, only: str) -> Response:
        task = self._own(request.path_params["task"])
        if not self._provider.is_settled(task):
            raise Refusal(400, "request_in_progress", "The request is still in progress.")
        if task.error:
            statuses = self._document["calls"]["result"].get("failed", (422,))
            return self._no(statuses[0], task.error, "The request failed.", {})
        return JSONResponse(self._shown("result", task, self._beside("result", request, task)))

    async def _list(self, request: Request, only: str) -> Response:
        call = self._document["calls"]["list"]
        own = [
            t for t in self._provider.tasks.values() if self._provider.model_of(t).provider.id == self._document["id"]
        ]
        answer: dict[str, Any] = {}
        rows = [self._shown("list", task) for task in reversed(own)][:50]
        write(writable(call["take"]["rows"]).removesuffix("[*]"), rows, answer)
        return JSONResponse(answer)

    def _beside(self, name: str, request: Request, task: Task) -> dict[str, Any]:
        """What the file says that an answer holds beside what is read from it, with addresses of this server."""
        called = self._provider.model_of(task).called
        origin = str(request.base_url).rstrip("/")
        found: dict[str, Any] = filled(
            self._document["calls"][name].get("example", {}),
            lambda text: path_of(text, task=task.id, model=called).replace("{origin}", origin),
        )
        return found

    def _shown(self, name: str, task: Task, beside: dict[str, Any] | None = None) -> dict[str, Any]:
        return shown_of(self._document, name, task, self._provider.standing(task), beside)
