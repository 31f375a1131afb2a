"""One service: calls become HTTP to it, with its key and by its file, and its answers become replies.

The key goes to the origins of the provider file alone. A paid request is sent once, on a connection of its own, and no
redirect of it is followed; no address of an answer is called with the key. Every exchange has a deadline, every body a
cap.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import field, replace
from functools import partial
from typing import Any

import httpx
import orjson

from seedspec.catalog.schemes import headers_of, headers_of_create
from seedspec.catalog.template import render
from seedspec.project.credentials import Key, Origins, url_of
from seedspec.run.engine.messages import (
    Asked,
    Cancel,
    Create,
    Find,
    Full,
    List,
    Read,
    ReadMany,
    Refused,
    Reply,
    Trouble,
    Unknown,
)
from seedspec.run.service.body import TooLong, whole
from seedspec.run.service.file_stream import FileStream
from seedspec.run.service.lanes import ONE, Lanes
from seedspec.run.service.listening import wait_listening
from seedspec.run.service.public_web import Deadlines, describe_error
from seedspec.run.service.redaction import Redaction
from seedspec.run.service.responses import HttpResponse, Rules
from seedspec.run.service.uploads import Uploads
from seedspec.text.value import valueclass

SLOWEST = 64 * 1024
"""Bytes a second that an upload may be given time for: what is slower is tried again, and given up."""

# Raised before a byte of the request is sent, so that nothing can have been bought.
_UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol, httpx.ProxyError)


@valueclass(frozen=False, slots=True)
class Caller:
    """A service as a run asks it. `uploads` knows what was uploaded before and whether files go to a bucket instead."""

    provider: Mapping[str, Any]
    origins: Origins
    key: Key
    deadlines: Deadlines = field(default_factory=Deadlines)
    uploads: Uploads = field(default_factory=Uploads)
    redaction: Redaction = field(init=False)
    _paid: httpx.AsyncClient = field(init=False)
    _api: Lanes = field(init=False)
    _files: Lanes = field(init=False)
    _rules: Rules = field(init=False)
    _addresses: dict[tuple[str, str], httpx.URL] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.redaction = Redaction(self.key.reveal())
        self._rules = Rules(self.provider, self.origins.local)

    def open(self, trust: ssl.SSLContext) -> None:
        """The clients stand: one for requests that cost money, which keeps no connection; the API's and the files'."""
        self._paid = self._client(trust, httpx.Limits(max_connections=1, max_keepalive_connections=0), silence=None)
        self._api = Lanes(lambda: self._client(trust, ONE, silence=self.deadlines.silence))
        self._files = Lanes(lambda: self._client(trust, ONE, silence=self.deadlines.silence))
        self._api.open()
        self._files.open()

    async def aclose(self) -> None:
        for one in (self._paid, self._api, self._files):
            await one.aclose()

    def offers(self, name: str) -> bool:
        """Whether the service can be asked that."""
        return name in self.provider["calls"]

    async def read(self, call: Read) -> Reply:
        """How a task stands, and what it gave where it has ended and that takes a call of its own."""
        if not re.fullmatch(self.provider["task_id"], call.task):
            return Trouble("a task id that this service does not give; it is not asked for", final=True)
        ask = partial(self._request, task=call.task, model=call.model)
        ended = False

        def meaning(answer: HttpResponse) -> Reply:
            nonlocal ended
            ended = self._rules.has_ended(answer)
            return Trouble("") if ended else self._rules.read(answer)

        reply = await self._free(partial(ask, "read"), meaning)
        return await self._free(partial(ask, "result"), self._rules.result) if ended else reply

    async def list(self, call: List) -> Reply:
        if not self.offers("list"):
            return Trouble("this service lists no tasks", final=True)
        query = render(self.provider["calls"]["list"].get("query", {}), {}, call.model)
        return await self._free(partial(self._request, "list", query=query), self._rules.listed)

    async def find(self, call: Find) -> Reply:
        """The task of a request by the id of ours that it carried."""
        if not self.offers("find"):
            return Trouble("this service finds no task by an id of ours", final=True)
        ask = partial(self._request, "find", own=call.own, model=call.model)
        return await self._free(ask, self._rules.found)

    async def cancel(self, call: Cancel) -> Reply:
        """Asks for the end of a task, once."""
        if not self.offers("cancel") or not re.fullmatch(self.provider["task_id"], call.task):
            return Trouble("this service ends no task", final=True)

        def meaning(answer: HttpResponse) -> Reply:
            taken = answer.status in self.provider["calls"]["cancel"].get("ok", (200,))
            return Asked() if taken else self._rules.trouble(answer)

        return await self._free(partial(self._request, "cancel", task=call.task, model=call.model), meaning)

    async def balance(self) -> Reply:
        return await self._free(partial(self._request, "balance"), self._rules.balance)

    def _address(self, name: str, task: str = "", model: str = "", own: str = "") -> httpx.URL:
        """Where the provider file says that something is asked; read once where it names no task and nothing of ours:
        httpx takes long to read an address."""
        if (known := self._addresses.get((name, model))) is None or task or own:
            known = httpx.URL(url_of(self.provider, self.origins, name, task=task, model=model, own=own))
            if not (task or own):
                self._addresses[name, model] = known
        return known

    def _client(self, trust: ssl.SSLContext, limits: httpx.Limits, *, silence: float | None) -> httpx.AsyncClient:
        """A client with the key. Without `silence` the whole exchange has a deadline, and no moment within it."""
        return httpx.AsyncClient(
            headers=headers_of(self.provider, self.key.reveal()),
            limits=limits,
            timeout=httpx.Timeout(silence, connect=self.deadlines.connect, pool=self.deadlines.silence),
            follow_redirects=False,
            http2=False,
            verify=trust,
            trust_env=not self.origins.local,
        )

    async def create(self, call: Create) -> Reply:
        intent = call.intent.intent
        headers = headers_of_create(self.provider, intent.key)

        async def send() -> HttpResponse:
            request = self._paid.stream(
                "POST", self._address("create", model=call.model), content=call.body, headers=headers
            )
            async with request as response:
                return await self._whole(response)

        try:
            answer = await wait_listening(send(), self.deadlines.create)
        except _UNSENT as error:
            return Refused("later", "no-connection", f"{self.origins.api} cannot be reached: {describe_error(error)}")
        except TimeoutError:
            return Unknown(f"no answer within {self.deadlines.create:g} s")
        except (httpx.HTTPError, httpx.StreamError, TooLong) as error:
            return Unknown(f"the answer was lost: {describe_error(error)}")
        return self._rules.created(answer)

    async def _whole(self, response: httpx.Response, *, fresh: bool = False) -> HttpResponse:
        """An answer without the addresses of uploads, but for the one that has a `fresh` one."""
        body = await whole(response)
        plain = body if fresh else self.uploads.hide_addresses(body)
        headers = {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in response.headers.raw}
        return HttpResponse(response.status_code, headers, plain)

    async def read_many(self, call: ReadMany) -> Reply:
        form = re.compile(self.provider["task_id"])
        tasks = [task for task in call.tasks.values() if form.fullmatch(task)]
        body = orjson.dumps(render(self.provider["calls"]["batch"]["body"], {"tasks": tasks}, ""))
        return await self._free(partial(self._request, "batch", body=body), self._rules.read_many)

    async def _request(
        self,
        name: str,
        *,
        task: str = "",
        model: str = "",
        own: str = "",
        query: Mapping[str, str | int] | None = None,
        body: bytes | None = None,
    ) -> HttpResponse:
        endpoint = self.provider["calls"][name]
        headers = {} if body is None else {"Content-Type": "application/json"}
        lanes = self._files if endpoint["origin"] == "files" else self._api
        address = self._address(name, task, model, own)
        async with (
            lanes.lane() as client,
            asyncio.timeout(self.deadlines.read),
            client.stream(endpoint["method"], address, params=query, content=body, headers=headers) as response,
        ):
            return await self._whole(response)

    async def _free(
        self, ask: Callable[[], Awaitable[HttpResponse]], meaning: Callable[[HttpResponse], Reply]
    ) -> Reply:
        try:
            return meaning(await ask())
        except _UNSENT as error:
            return Trouble(f"cannot be reached: {describe_error(error)}", away=True)
        except TimeoutError:
            return Trouble("no answer in time", away=True)
        except (httpx.HTTPError, httpx.StreamError, TooLong) as error:
            return Trouble(f"the answer was lost: {describe_error(error)}", away=True)

    async def upload(self, sending: FileStream) -> Reply:
        """A file to the files API, a piece at a time. When that says no for good, the account's quota may say why."""

        async def send() -> HttpResponse:
            given = {"upload_path": "seedspec", "file_name": sending.name}
            file: Any = {"file": (sending.name, sending, sending.kind)}
            async with (
                self._files.lane() as client,
                asyncio.timeout(self.deadlines.upload + sending.size / SLOWEST),
                client.stream("POST", self._address("upload"), files=file, data=given) as response,
            ):
                return await self._whole(response, fresh=True)

        if not self.offers("upload"):
            return Trouble(f"{self.provider['title']} takes no files", final=True)
        reply = await self._free(send, self._rules.stored)
        if isinstance(reply, Trouble) and reply.final and not reply.stop and self.offers("room"):
            room = await self._free(partial(self._request, "room"), self._rules.room)
            return replace(reply, reason=f"{room.reason} ({reply.reason})") if isinstance(room, Full) else reply
        return reply
