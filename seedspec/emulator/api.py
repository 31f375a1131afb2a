"""The routes of the generation API: create, read, batch, list, credits."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from seedspec.emulator.provider import UNITS, Provider
from seedspec.emulator.refusal import Refusal, failure, unauthorized
from seedspec.emulator.settings import Fault
from seedspec.emulator.tasks import Task
from seedspec.emulator.wires import Wires

_PAGE_SIZE = 20
_MOST_PAGE_SIZE = 50
_MOST_BATCH = 50
_KEY_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")


class Api:
    """The API's routes over a provider."""

    def __init__(self, provider: Provider, wires: Wires) -> None:
        self._provider = provider
        self._wires = wires

    def routes(self) -> list[Route]:
        return [
            Route("/v1/videos/generations", self.create, methods=["POST"]),
            Route("/v1/tasks/batch", self.batch, methods=["POST"]),
            Route("/v1/tasks/{task_id}", self.read, methods=["GET"]),
            Route("/v1/tasks", self.list, methods=["GET"]),
            Route("/v1/credits", self.credits, methods=["GET"]),
        ]

    async def create(self, request: Request) -> Response:
        """Refusals go to the ledger too: a test that counts purchases can account for every request."""
        key = request.headers.get("idempotency-key")
        try:
            check_key(request, self._provider.settings.key)
            return await self._create(request, key)
        except Refusal as refusal:
            line = {"status": refusal.status, "code": refusal.code, "idempotency_key": key}
            await self._provider.ledger.keep("refused", line)
            raise

    async def _create(self, request: Request, key: str | None) -> Response:
        provider = self._provider
        raw = await read_body(request, most=provider.body_bytes)
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            raise Refusal(415, "unsupported_media_type", "Expected Content-Type: application/json.")
        if (
            provider.settings.idempotency
            and key is not None
            and not (16 <= len(key) <= 96 and set(key) <= _KEY_LETTERS)
        ):
            raise Refusal(400, "invalid_request", "Idempotency-Key: expected 16 to 96 of A-Z a-z 0-9 . _ -")
        strikes = provider.strikes.next("create")
        refuse(strikes)
        if fault := strikes.get("server-error"):
            await self._note(fault, None)
            return failure(fault.status, json=fault.status in (500, 503))
        try:
            task, replayed = await provider.accept(raw, key=key)
        except OSError as error:
            raise Refusal(500, "internal_error", f"The ledger could not be written: {error.strerror}") from error
        for fault in strikes.values():
            await self._note(fault, task)
        shown = {**provider.show(task), "status": "pending", "progress": 0} if not replayed else provider.show(task)
        headers = {"Idempotency-Replayed": "true"} if replayed else {}
        if fault := strikes.get("slow"):
            await asyncio.sleep(fault.seconds)
        if "lost-reply" in strikes:
            await self._wires.cut(request)
            return Response(status_code=500)  # never leaves: the connection is gone
        if fault := strikes.get("late-error"):
            return failure(fault.status, json=fault.status == 500)
        if "garbled-reply" in strikes:
            content = json.dumps(shown).encode()
            return Response(content[: len(content) // 2], media_type="application/json", headers=headers)
        if "no-id" in strikes:
            del shown["id"]
        return JSONResponse(shown, headers=headers)

    async def _note(self, fault: Fault, task: Task | None) -> None:
        await self._provider.ledger.keep("fault", {"name": fault.name, "task": task.id if task else None})

    async def read(self, request: Request) -> Response:
        check_key(request, self._provider.settings.key)
        if fault := self._provider.strikes.next("read").get("poll-error"):
            return failure(fault.status, json=fault.status in (500, 503))
        task = self._provider.find(request.path_params["task_id"])
        if task is None:
            raise Refusal(404, "task_not_found", "There is no such task.")
        return JSONResponse(self._provider.show(task))

    async def batch(self, request: Request) -> Response:
        check_key(request, self._provider.settings.key)
        if self._provider.strikes.next("batch"):
            raise Refusal(404, "not_found", "There is no such route.")
        if fault := self._provider.strikes.next("read").get("poll-error"):
            return failure(fault.status, json=fault.status in (500, 503))
        body = await read_json(request)
        ids = body.get("task_ids")
        if not isinstance(ids, list) or not all(isinstance(i, str) for i in ids) or not 1 <= len(ids) <= _MOST_BATCH:
            raise Refusal(400, "invalid_request", f"task_ids: expected 1 to {_MOST_BATCH} task ids", "task_ids")
        found = [task for task in (self._provider.find(i) for i in dict.fromkeys(ids)) if task]
        return JSONResponse({"data": [self._provider.show(task) for task in found]})

    async def list(self, request: Request) -> Response:
        check_key(request, self._provider.settings.key)
        strikes = self._provider.strikes.next("list")
        if fault := strikes.get("list-error"):
            return failure(fault.status, json=fault.status in (500, 503))
        if "list-strange" in strikes:
            return JSONResponse({"strange": [1, 2, 3]})
        query = request.query_params
        page = _number(query, "page", default=1, most=1_000_000)
        size = _number(query, "page_size", default=_PAGE_SIZE, most=_MOST_PAGE_SIZE)
        wanted = query.get("status")
        if wanted not in (None, "processing", "completed", "failed", "cancelled"):
            raise Refusal(
                400, "invalid_request", "status: expected processing, completed, failed or cancelled", "status"
            )
        if query.get("type", "video") not in ("image", "video", "audio"):
            raise Refusal(400, "invalid_request", "type: expected image, video or audio", "type")
        tasks = [task for task in reversed(self._provider.tasks.values()) if self._provider.find(task.id)]
        if "model" in query:
            tasks = [task for task in tasks if task.body["model"] == query["model"]]
        if query.get("type", "video") != "video":
            tasks = []
        if wanted:  # only then must every task be looked at
            words = {"pending": "processing"}
            rows = [row for row in map(self._provider.row, tasks) if words.get(row["status"], row["status"]) == wanted]
            total, shown = len(rows), rows[(page - 1) * size : page * size]
        else:
            total = len(tasks)
            shown = [self._provider.row(task) for task in tasks[(page - 1) * size : page * size]]
        return JSONResponse({"data": shown, "total": total, "page": page, "page_size": size})

    async def credits(self, request: Request) -> Response:
        check_key(request, self._provider.settings.key)
        left, used = self._provider.units_left / UNITS, self._provider.units_charged / UNITS
        account = {"remaining_credits": left, "used_credits": used}
        found = {"token": {**account, "unlimited_credits": False}, "user": account}
        return JSONResponse({"success": True, "message": "", "data": found})


def refuse(strikes: Mapping[str, Fault]) -> None:
    """Raise what the faults before acceptance ask for."""
    if "unauthorized" in strikes:
        raise unauthorized("The API key is not valid.")
    if "no-balance" in strikes:
        raise Refusal(402, "insufficient_quota", "The balance does not suffice.")
    if "forbidden" in strikes:
        raise Refusal(403, "model_access_denied", "This key has no access to the model.")
    if fault := strikes.get("throttled"):
        wait = {"Retry-After": fault.argument or "1"}
        raise Refusal(429, "rate_limit_exceeded", "Too many requests.", headers=wait)
    if fault := strikes.get("refused"):
        raise Refusal(400, fault.argument or "invalid_request", "The request was refused.")


def check_key(request: Request, accepted: str | None) -> None:
    """Refusal unless the request carries a Bearer key: the accepted one, or any printable one when none is set."""
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    good = key.isascii() and key.isprintable() and bool(key) and " " not in key
    if scheme.lower() != "bearer" or not good or (accepted is not None and key != accepted):
        raise unauthorized()


async def read_body(request: Request, *, most: int) -> bytes:
    """The body of a request; one that is larger than allowed is read to its end, so that the client hears why."""
    parts: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size <= most:
            parts.append(chunk)
    if size > most:
        raise Refusal(413, "request_too_large", f"The body is larger than {most} bytes.")
    return b"".join(parts)


async def read_json(request: Request, *, most: int = 64_000_000) -> Mapping[str, Any]:
    """The JSON object in a body."""
    try:
        body = json.loads(await read_body(request, most=most))
    except ValueError as error:
        raise Refusal(400, "invalid_request", "The body is not JSON.") from error
    if not isinstance(body, dict):
        raise Refusal(400, "invalid_request", "The body must be a JSON object.")
    return body


def _number(query: Mapping[str, str], name: str, *, default: int, most: int) -> int:
    text = query.get(name, str(default))
    if not (text.isascii() and text.isdecimal() and len(text) < 9 and 1 <= int(text) <= most):
        raise Refusal(400, "invalid_request", f"{name}: expected a whole number from 1 to {most}", name)
    return int(text)
