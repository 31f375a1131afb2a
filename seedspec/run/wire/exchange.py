"""Calls become HTTP and answers become replies.

The key goes to the API's two origins alone: results are fetched by a client that has none. A paid request is sent
once, on a connection of its own, and no redirect of it is followed. Every exchange has a deadline, every body a cap.
"""

from __future__ import annotations

import asyncio
import errno
import re
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
import orjson

from seedspec import __version__
from seedspec.run.answer import Answer, Rules, clean, scrubbed
from seedspec.run.call import (
    Balance,
    Call,
    Create,
    Download,
    Expired,
    Full,
    List,
    Read,
    ReadMany,
    Refused,
    Reply,
    Trouble,
    Unknown,
    Upload,
)
from seedspec.run.saves import BadPlace, NotWhole, Saves
from seedspec.run.sending import Sending
from seedspec.run.settings import BadSettings, Key, Origins
from seedspec.run.uploads import Uploads
from seedspec.run.wire.web import CONNECTIONS, BadAddress, Deadlines, Web, environment, said

MOST_JSON = 4 * 1024 * 1024
MOST_VIDEO = 4 * 1024 * 1024 * 1024
SLOWEST = 64 * 1024
"""Bytes a second that an upload may be given time for: what is slower is tried again, and given up."""

# Raised before a byte of the request is sent, so that nothing can have been bought.
_UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol, httpx.ProxyError)


@dataclass(slots=True)
class Exchange:
    """Calls under way. `start` begins one, `wait` gives those that have come back; both from one thread.

    `base` is the folder that upload paths are relative to, `saves` takes the downloads, `uploads` knows what was
    uploaded before and whether files go to a bucket instead.
    """

    provider: Mapping[str, Any]
    origins: Origins
    key: Key
    saves: Saves
    base: Path
    deadlines: Deadlines = field(default_factory=Deadlines)
    uploads: Uploads = field(default_factory=Uploads)
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    _tasks: dict[asyncio.Task[Reply], Call] = field(default_factory=dict)
    _clients: Mapping[str, httpx.AsyncClient] = field(init=False)
    _web: Web = field(init=False)
    _rules: Rules = field(init=False)
    _slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(CONNECTIONS))

    def __post_init__(self) -> None:
        """The clients stand before anything is asked of them. Raises BadSettings for what hinders them."""
        self._rules = Rules(self.provider, self.origins.local)
        try:
            with environment() as trust:
                self._clients = {name: self._client(name, trust) for name in ("paid", "api", "files")}
                self._web = Web(trust, self.deadlines, self.origins.local)
        except BadSettings:
            self._loop.close()
            raise

    def start(self, call: Call) -> None:
        """Begins a call. It makes progress while `wait` is waiting."""
        self._tasks[self._loop.create_task(self._answered(call))] = call

    def wait(self, seconds: float | None) -> list[tuple[Call, Reply]]:
        """The replies that are there within the given time, at once when one is there already."""
        if not self._tasks:
            self._loop.run_until_complete(asyncio.sleep(max(0.0, seconds or 0.0)))
            return []
        waiting = asyncio.wait(self._tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finished, _ = self._loop.run_until_complete(waiting)
        return [(call := self._tasks.pop(task), _reply_of(task, call)) for task in finished]

    def close(self) -> None:
        """Ends what is under way and closes the connections."""

        async def end() -> None:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            for client in self._clients.values():
                await client.aclose()
            await self._web.aclose()

        self._loop.run_until_complete(end())
        self._tasks.clear()
        self._loop.close()

    async def _answered(self, call: Call) -> Reply:
        if isinstance(call, Create):
            return await self._create(call)
        if isinstance(call, Read):
            if not re.fullmatch(self.provider["task_id"], call.task):
                return Trouble("a task id that this service does not give; it is not asked for", final=True)
            path = self._path("read").replace("{task}", call.task)
            return await self._free(lambda: self._get(path), self._rules.read)
        if isinstance(call, ReadMany):
            return await self._read_many(call)
        if isinstance(call, List):
            query = httpx.QueryParams(type="video", model=call.model, page_size=50)
            return await self._free(lambda: self._get(f"{self._path('list')}?{query}"), self._rules.listed)
        if isinstance(call, Balance):
            return await self._free(lambda: self._get(self._path("credits")), self._rules.balance)
        if isinstance(call, Upload):
            return await self.uploads.reply(call, self.base, self._upload)
        return await self._download(call)

    def _path(self, name: str) -> str:
        return str(self.provider["endpoints"][name]["path"])

    def _client(self, name: str, trust: ssl.SSLContext) -> httpx.AsyncClient:
        """A client by its purpose, with the key; `paid` keeps no connection."""
        connections = 1 if name == "paid" else CONNECTIONS
        auth = self.provider["auth"]
        secret = {auth["header"]: f"{auth['scheme']} {self.key.reveal()}"}
        return httpx.AsyncClient(
            base_url=self.origins.files if name == "files" else self.origins.api,
            headers={"User-Agent": f"seedspec/{__version__}", **secret},
            limits=httpx.Limits(
                max_connections=connections, max_keepalive_connections=0 if name == "paid" else connections
            ),
            timeout=httpx.Timeout(self.deadlines.silence, connect=self.deadlines.connect),
            follow_redirects=False,
            http2=False,
            verify=trust,
            trust_env=not self.origins.local,
        )

    async def _create(self, call: Create) -> Reply:
        intent = call.intent.intent
        headers = {"Content-Type": "application/json", self.provider["idempotency_header"]: intent.key}
        try:
            async with asyncio.timeout(self.deadlines.create):
                request = self._clients["paid"].stream("POST", self._path("create"), content=call.body, headers=headers)
                async with request as response:
                    answer = await self._whole(response)
        except _UNSENT as error:
            return Refused("later", "no-connection", f"{self.origins.api} cannot be reached: {said(error)}")
        except TimeoutError:
            return Unknown(f"no answer within {self.deadlines.create:g} s")
        except (httpx.HTTPError, httpx.StreamError, _TooLong) as error:
            return Unknown(f"the answer was lost: {said(error)}")
        return self._rules.created(answer)

    async def _whole(self, response: httpx.Response, *, fresh: bool = False) -> Answer:
        """An answer without the key, and without the addresses of uploads, but for the one that has a `fresh` one."""
        body = bytearray()
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > MOST_JSON:
                raise _TooLong(f"a body of more than {MOST_JSON} bytes")
        plain = scrubbed(bytes(body), self.key.reveal())
        plain = plain if fresh else self.uploads.hidden(plain)
        return Answer(response.status_code, {k.lower(): v for k, v in response.headers.items()}, plain)

    async def _get(self, path: str, client: str = "api") -> Answer:
        return await self._asked("GET", path, client)

    async def _read_many(self, call: ReadMany) -> Reply:
        form = re.compile(self.provider["task_id"])
        body = orjson.dumps({"task_ids": [task for task in call.tasks.values() if form.fullmatch(task)]})
        return await self._free(lambda: self._asked("POST", self._path("batch"), "api", body), self._rules.read_many)

    async def _asked(self, method: str, path: str, client: str, body: bytes | None = None) -> Answer:
        headers = {} if body is None else {"Content-Type": "application/json"}
        request = self._clients[client].stream(method, path, content=body, headers=headers)
        async with self._slots, asyncio.timeout(self.deadlines.read), request as response:
            return await self._whole(response)

    async def _free(self, ask: Callable[[], Awaitable[Answer]], meaning: Callable[[Answer], Reply]) -> Reply:
        try:
            return meaning(await ask())
        except _UNSENT as error:
            return Trouble(f"cannot be reached: {said(error)}")
        except TimeoutError:
            return Trouble("no answer in time")
        except (httpx.HTTPError, httpx.StreamError, _TooLong) as error:
            return Trouble(f"the answer was lost: {said(error)}")

    async def _upload(self, sending: Sending) -> Reply:
        """A file to the files API, a piece at a time. When that says no for good, the account's quota may say why."""

        async def send() -> Answer:
            given = {"upload_path": "seedspec", "file_name": sending.name}
            file: Any = {"file": (sending.name, sending, sending.kind)}
            request = self._clients["files"].stream("POST", self._path("upload"), files=file, data=given)
            async with asyncio.timeout(self.deadlines.upload + sending.size / SLOWEST), request as response:
                return await self._whole(response, fresh=True)

        reply = await self._free(send, self._rules.stored)
        if isinstance(reply, Trouble) and reply.final and not reply.stop:
            room = await self._free(lambda: self._get(self._path("quota"), "files"), self._rules.room)
            return replace(reply, reason=f"{room.reason} ({reply.reason})") if isinstance(room, Full) else reply
        return reply

    async def _download(self, call: Download) -> Reply:
        try:
            part = self.saves.part(call.file)
        except (OSError, BadPlace) as error:
            return _unwritten(call.file, error)
        try:
            async with asyncio.timeout(self.deadlines.download), self._web.opened(call.url) as response:
                if (trouble := _refused(response)) is not None:
                    part.drop()
                    return trouble
                async for chunk in response.aiter_raw():
                    part.write(chunk)
                    if part.bytes > MOST_VIDEO:
                        part.drop()
                        return Trouble("the result is larger than any video of this service", final=True)
                announced = response.headers.get("content-length", "")
            if announced.isdigit() and int(announced) != part.bytes:
                part.drop()
                return Trouble(f"cut short: {part.bytes} of {announced} bytes")
            return await asyncio.to_thread(self.saves.keep, part, call.file, call.job)
        except NotWhole as error:
            return Trouble(f"not a whole video: {clean(error)}")
        except (httpx.HTTPError, httpx.StreamError, BadAddress) as error:
            part.drop()
            return Trouble(f"the download broke off: {said(error)}")
        except TimeoutError:
            part.drop()
            return Trouble(f"not there within {self.deadlines.download:g} s")
        except (OSError, BadPlace) as error:
            part.drop()
            return _unwritten(call.file, error)
        except asyncio.CancelledError:
            part.drop()
            raise


class _TooLong(Exception):
    """A body beyond its cap."""


def _reply_of(task: asyncio.Task[Reply], call: Call) -> Reply:
    """A finished call's reply; one that broke in a way nobody foresaw is still a reply, so that none is ever lost."""
    error = task.exception()
    if error is None:
        return task.result()
    said = f"unforeseen: {type(error).__name__}"
    return Unknown(said) if isinstance(call, Create) else Trouble(said, final=True)


def _refused(response: httpx.Response) -> Expired | Trouble | None:
    status = response.status_code
    if status in (401, 403, 404, 410):
        return Expired(f"HTTP {status}")
    if status != 200:
        return Trouble(f"HTTP {status}")
    kind = response.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind.startswith("text/") or kind in ("application/json", "application/xml"):
        return Trouble(f"{kind} instead of a video")
    return None


def _unwritten(file: str, error: Exception) -> Trouble:
    """A video that its place does not take; a full disk may have room a little later."""
    full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
    return Trouble(f"`{file}` cannot be written: {said(error)}", final=not full)
