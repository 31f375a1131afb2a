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
from functools import partial
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
from seedspec.run.settings import Key, Origins
from seedspec.run.uploads import Uploads
from seedspec.run.wire.lanes import ONE, Lanes
from seedspec.run.wire.listen import listened
from seedspec.run.wire.web import BadAddress, Deadlines, Web, environment, said

MOST_JSON = 4 * 1024 * 1024
MOST_VIDEO = 4 * 1024 * 1024 * 1024
SLOWEST = 64 * 1024
"""Bytes a second that an upload may be given time for: what is slower is tried again, and given up."""

# Raised before a byte of the request is sent, so that nothing can have been bought.
_UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol, httpx.ProxyError)


@dataclass(frozen=True, slots=True)
class _Ways:
    """The clients: `paid` for requests that cost money, which keeps no connection; the API's, the files', the web's."""

    paid: httpx.AsyncClient
    api: Lanes
    files: Lanes
    web: Web


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
    _finished: list[asyncio.Task[Reply]] = field(default_factory=list)
    _waiting: bool = False
    _addresses: dict[str, httpx.URL] = field(default_factory=dict)
    _ways: _Ways = field(init=False)
    _open: bool = False
    _rules: Rules = field(init=False)

    def __post_init__(self) -> None:
        self._rules = Rules(self.provider, self.origins.local)

    def ready(self) -> None:
        """The clients stand, before anything is asked of them. Raises BadSettings for what hinders them.

        Certificates take longer to load than all else that a run with nothing to do does, so this is not done before
        it is called, or the first call started.
        """
        if not self._open:
            with environment() as trust:
                self._ways = _Ways(
                    self._client(trust, httpx.Limits(max_connections=1, max_keepalive_connections=0), silence=None),
                    Lanes(lambda: self._client(trust, ONE, silence=self.deadlines.silence)),
                    Lanes(lambda: self._client(trust, ONE, silence=self.deadlines.silence)),
                    Web(trust, self.deadlines, self.origins.local),
                )
                self._ways.api.open()
                self._ways.files.open()
            self._open = True

    def start(self, call: Call) -> None:
        """Begins a call. It makes progress while `wait` is waiting. Raises what `ready` raises."""
        self.ready()
        task = self._loop.create_task(self._answered(call))
        self._tasks[task] = call
        task.add_done_callback(self._back)

    def _back(self, task: asyncio.Task[Reply]) -> None:
        self._finished.append(task)
        if self._waiting:  # what comes back while all of it is closed stops nothing
            self._loop.stop()

    def wait(self, seconds: float | None) -> list[tuple[Call, Reply]]:
        """The replies that are there within the given time, at once when one is there already.

        None waits for the first, if any call is under way.
        """
        if not self._tasks and seconds is None:
            return []
        if self._finished:  # a wait that was broken off has not given it
            seconds = 0.0
        late = None if seconds is None else self._loop.call_later(max(0.0, seconds), self._loop.stop)
        self._waiting = True
        try:
            self._loop.run_forever()
        finally:
            self._waiting = False
            if late is not None:
                late.cancel()
        finished, self._finished = self._finished, []
        return [(call := self._tasks.pop(task), _reply_of(task, call)) for task in finished]

    def close(self) -> None:
        """Ends what is under way and closes the connections."""

        async def end() -> None:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            if self._open:
                for one in (self._ways.paid, self._ways.api, self._ways.files, self._ways.web):
                    await one.aclose()

        self._loop.run_until_complete(end())
        self._tasks.clear()
        self._loop.close()

    async def _answered(self, call: Call) -> Reply:
        if isinstance(call, Create):
            return await self._create(call)
        if isinstance(call, Read):
            if not re.fullmatch(self.provider["task_id"], call.task):
                return Trouble("a task id that this service does not give; it is not asked for", final=True)
            return await self._free(partial(self._asked, "read", task=call.task), self._rules.read)
        if isinstance(call, ReadMany):
            return await self._read_many(call)
        if isinstance(call, List):
            query: dict[str, str | int] = {"type": "video", "model": call.model, "page_size": 50}
            return await self._free(partial(self._asked, "list", query=query), self._rules.listed)
        if isinstance(call, Balance):
            return await self._free(partial(self._asked, "credits"), self._rules.balance)
        if isinstance(call, Upload):
            return await self.uploads.reply(call, self.base, self._upload)
        return await self._download(call)

    def _address(self, name: str, task: str = "") -> httpx.URL:
        """Where the provider file says that something is asked, read once: httpx takes long to read an address."""
        if (known := self._addresses.get(name)) is None or task:
            endpoint = self.provider["endpoints"][name]
            origin = self.origins.files if endpoint["origin"] == "files" else self.origins.api
            known = self._addresses[name] = httpx.URL(origin + endpoint["path"].replace("{task}", task))
        return known

    def _client(self, trust: ssl.SSLContext, limits: httpx.Limits, *, silence: float | None) -> httpx.AsyncClient:
        """A client with the key. Without `silence` the whole exchange has a deadline, and no moment within it."""
        auth = self.provider["auth"]
        secret = {auth["header"]: f"{auth['scheme']} {self.key.reveal()}"}
        return httpx.AsyncClient(
            headers={"User-Agent": f"seedspec/{__version__}", **secret},
            limits=limits,
            timeout=httpx.Timeout(silence, connect=self.deadlines.connect, pool=self.deadlines.silence),
            follow_redirects=False,
            http2=False,
            verify=trust,
            trust_env=not self.origins.local,
        )

    async def _create(self, call: Create) -> Reply:
        intent = call.intent.intent
        headers = {"Content-Type": "application/json", self.provider["idempotency_header"]: intent.key}

        async def send() -> Answer:
            request = self._ways.paid.stream("POST", self._address("create"), content=call.body, headers=headers)
            async with request as response:
                return await self._whole(response)

        try:
            answer = await listened(send(), self.deadlines.create)
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
        headers = {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in response.headers.raw}
        return Answer(response.status_code, headers, plain)

    async def _read_many(self, call: ReadMany) -> Reply:
        form = re.compile(self.provider["task_id"])
        body = orjson.dumps({"task_ids": [task for task in call.tasks.values() if form.fullmatch(task)]})
        return await self._free(partial(self._asked, "batch", body=body), self._rules.read_many)

    async def _asked(
        self, name: str, *, task: str = "", query: Mapping[str, str | int] | None = None, body: bytes | None = None
    ) -> Answer:
        endpoint, headers = (
            self.provider["endpoints"][name],
            {} if body is None else {"Content-Type": "application/json"},
        )
        lanes = self._ways.files if endpoint["origin"] == "files" else self._ways.api
        address = self._address(name, task)
        async with (
            lanes.lane() as client,
            asyncio.timeout(self.deadlines.read),
            client.stream(endpoint["method"], address, params=query, content=body, headers=headers) as response,
        ):
            return await self._whole(response)

    async def _free(self, ask: Callable[[], Awaitable[Answer]], meaning: Callable[[Answer], Reply]) -> Reply:
        try:
            return meaning(await ask())
        except _UNSENT as error:
            return Trouble(f"cannot be reached: {said(error)}", away=True)
        except TimeoutError:
            return Trouble("no answer in time", away=True)
        except (httpx.HTTPError, httpx.StreamError, _TooLong) as error:
            return Trouble(f"the answer was lost: {said(error)}", away=True)

    async def _upload(self, sending: Sending) -> Reply:
        """A file to the files API, a piece at a time. When that says no for good, the account's quota may say why."""

        async def send() -> Answer:
            given = {"upload_path": "seedspec", "file_name": sending.name}
            file: Any = {"file": (sending.name, sending, sending.kind)}
            async with (
                self._ways.files.lane() as client,
                asyncio.timeout(self.deadlines.upload + sending.size / SLOWEST),
                client.stream("POST", self._address("upload"), files=file, data=given) as response,
            ):
                return await self._whole(response, fresh=True)

        reply = await self._free(send, self._rules.stored)
        if isinstance(reply, Trouble) and reply.final and not reply.stop:
            room = await self._free(partial(self._asked, "quota"), self._rules.room)
            return replace(reply, reason=f"{room.reason} ({reply.reason})") if isinstance(room, Full) else reply
        return reply

    async def _download(self, call: Download) -> Reply:
        try:
            part = self.saves.part(call.file)
        except (OSError, BadPlace) as error:
            return _unwritten(call.file, error)
        try:
            async with asyncio.timeout(self.deadlines.download), self._ways.web.opened(call.url) as response:
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
            return await asyncio.to_thread(self.saves.keep, part, call.job)
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
