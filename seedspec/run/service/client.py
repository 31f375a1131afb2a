"""Calls become HTTP and answers become replies.

The key goes to the API's two origins alone: results are fetched by a client that has none. A paid request is sent
once, on a connection of its own, and no redirect of it is followed. Every exchange has a deadline, every body a cap.
"""

from __future__ import annotations

import asyncio
import errno
import re
import ssl
import threading
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import orjson

from seedspec import __version__
from seedspec.catalog.schemes import authorization
from seedspec.catalog.template import render
from seedspec.project.credentials import Key, Origins
from seedspec.run.engine.messages import (
    Archive,
    Balance,
    Call,
    Create,
    Cut,
    Download,
    Expired,
    Full,
    List,
    Look,
    Read,
    ReadMany,
    Recall,
    Refused,
    Reply,
    Trouble,
    Unknown,
    Upload,
)
from seedspec.run.service.body import TooLong, whole
from seedspec.run.service.file_stream import FileStream
from seedspec.run.service.lanes import ONE, Lanes
from seedspec.run.service.listening import wait_listening
from seedspec.run.service.loop_thread import LoopThread
from seedspec.run.service.public_web import (
    BadAddress,
    Deadlines,
    Web,
    describe_error,
    describe_final,
    environment,
    size,
)
from seedspec.run.service.redaction import Redaction
from seedspec.run.service.renders import RenderBucket
from seedspec.run.service.responses import HttpResponse, Rules, clean
from seedspec.run.service.uploads import Uploads
from seedspec.run.store.downloads import BadPlace, Downloads, NotWhole
from seedspec.run.store.pictures import CutPictures

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
class Client:
    """Calls under way. `start` begins one, `wait` gives those that have come back; both from one thread at a time.

    They make progress on a thread of the exchange's own, so the caller's may have an event loop that is running.

    `base` is the folder that upload paths are relative to, `saves` takes the downloads, `uploads` knows what was
    uploaded before and whether files go to a bucket instead; `renders` is the bucket of the saved videos, if any.
    """

    provider: Mapping[str, Any]
    origins: Origins
    key: Key
    saves: Downloads
    base: Path
    deadlines: Deadlines = field(default_factory=Deadlines)
    uploads: Uploads = field(default_factory=Uploads)
    renders: RenderBucket | None = None
    _thread: LoopThread | None = None
    _tasks: set[asyncio.Task[Reply]] = field(default_factory=set)
    _back: deque[tuple[Call, Reply]] = field(default_factory=deque)
    _news: threading.Event = field(default_factory=threading.Event)
    _under_way: int = 0
    _addresses: dict[str, httpx.URL] = field(default_factory=dict)
    _ways: _Ways = field(init=False)
    _rules: Rules = field(init=False)
    _redaction: Redaction = field(init=False)
    _pictures: CutPictures = field(init=False)

    def __post_init__(self) -> None:
        self._pictures = CutPictures(self.base, Path(self.saves.owner).stem)
        self._redaction = Redaction(self.key.reveal())
        self._rules = Rules(self.provider, self.origins.local)

    def ready(self) -> None:
        """The clients stand, before anything is asked of them. Raises BadSettings for what hinders them.

        Certificates take longer to load than all else that a run with nothing to do does, so this is not done before
        it is called, or the first call started.
        """
        if self._thread is None:
            with environment() as trust:
                self._ways = _Ways(
                    self._client(trust, httpx.Limits(max_connections=1, max_keepalive_connections=0), silence=None),
                    Lanes(lambda: self._client(trust, ONE, silence=self.deadlines.silence)),
                    Lanes(lambda: self._client(trust, ONE, silence=self.deadlines.silence)),
                    Web(trust, self.deadlines, self.origins.local),
                )
                self._ways.api.open()
                self._ways.files.open()
            self._thread = LoopThread()

    def start(self, call: Call) -> None:
        """Begins a call, which goes on by itself. Raises what `ready` raises."""
        self.ready()
        assert self._thread is not None
        self._under_way += 1
        self._thread.begin(partial(self._begin, call))

    def _begin(self, call: Call) -> None:
        task = asyncio.get_running_loop().create_task(self._answer(call))
        self._tasks.add(task)
        task.add_done_callback(partial(self._finish_call, call))

    def _finish_call(self, call: Call, task: asyncio.Task[Reply]) -> None:
        self._tasks.discard(task)
        self._back.append((call, _reply_of(task, call)))
        self._news.set()

    def wait(self, seconds: float | None) -> list[tuple[Call, Reply]]:
        """The replies that are there within the given time, at once when one is there already.

        None waits for the first, if any call is under way. A wait that is broken off takes none of them away.
        """
        if not self._under_way and seconds is None:
            return []
        self._news.clear()
        if not self._back:
            self._news.wait(None if seconds is None else max(0.0, seconds))
        found = [self._back.popleft() for _ in range(len(self._back))]
        self._under_way -= len(found)
        return found

    def close(self) -> None:
        """Ends what is under way and closes the connections."""
        self.saves.close()
        if self._thread is None:
            return
        thread, self._thread = self._thread, None
        try:
            thread.result(self._end())
        finally:
            thread.close()
            self._back.clear()
            self._under_way = 0

    async def _end(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for one in (self._ways.paid, self._ways.api, self._ways.files, self._ways.web):
            await one.aclose()

    async def _answer(self, call: Call) -> Reply:
        return self._redaction.reply(await self._carry_out(call))

    async def _carry_out(self, call: Call) -> Reply:
        if isinstance(call, Create):
            return await self._create(call)
        if isinstance(call, Read):
            if not re.fullmatch(self.provider["task_id"], call.task):
                return Trouble("a task id that this service does not give; it is not asked for", final=True)
            return await self._free(partial(self._request, "read", task=call.task), self._rules.read)
        if isinstance(call, ReadMany):
            return await self._read_many(call)
        if isinstance(call, List):
            query = render(self.provider["calls"]["list"].get("query", {}), {}, call.model)
            return await self._free(partial(self._request, "list", query=query), self._rules.listed)
        if isinstance(call, Balance):
            return await self._free(partial(self._request, "balance"), self._rules.balance)
        if isinstance(call, Upload):
            return await self.uploads.reply(call, self.base, self._upload)
        if isinstance(call, Cut):
            return await asyncio.to_thread(self._pictures.cut, call)
        if isinstance(call, (Archive, Recall)):
            return await self._of_bucket(call)
        if isinstance(call, Look):
            return Trouble("the service keeps no ledger", final=True)
        return await self._download(call)

    async def _of_bucket(self, call: Archive | Recall) -> Reply:
        if self.renders is None:
            return Trouble("there is no bucket of renders", stop=True)
        if isinstance(call, Archive):
            return await self.renders.archive(call, self.base)
        try:
            part = self.saves.part(call.file)
        except (OSError, BadPlace) as error:
            return _write_trouble(call.file, error)
        try:
            return await self.renders.recall(call, part, self.saves)
        except (OSError, BadPlace) as error:
            return _write_trouble(call.file, error)
        finally:
            part.drop()

    def _address(self, name: str, task: str = "") -> httpx.URL:
        """Where the provider file says that something is asked, read once: httpx takes long to read an address."""
        if (known := self._addresses.get(name)) is None or task:
            endpoint = self.provider["calls"][name]
            origin = self.origins.files if endpoint["origin"] == "files" else self.origins.api
            known = self._addresses[name] = httpx.URL(origin + endpoint["path"].replace("{task}", task))
        return known

    def _client(self, trust: ssl.SSLContext, limits: httpx.Limits, *, silence: float | None) -> httpx.AsyncClient:
        """A client with the key. Without `silence` the whole exchange has a deadline, and no moment within it."""
        secret = authorization(self.provider, self.key.reveal())
        return httpx.AsyncClient(
            headers={"User-Agent": f"seedspec/{__version__}", "Accept-Encoding": "identity", **secret},
            limits=limits,
            timeout=httpx.Timeout(silence, connect=self.deadlines.connect, pool=self.deadlines.silence),
            follow_redirects=False,
            http2=False,
            verify=trust,
            trust_env=not self.origins.local,
        )

    async def _create(self, call: Create) -> Reply:
        intent = call.intent.intent
        headers = {"Content-Type": "application/json"}
        if (named := self.provider["doubt"]["key"]) is not None:
            headers[named["header"]] = intent.key

        async def send() -> HttpResponse:
            request = self._ways.paid.stream("POST", self._address("create"), content=call.body, headers=headers)
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

    async def _read_many(self, call: ReadMany) -> Reply:
        form = re.compile(self.provider["task_id"])
        tasks = [task for task in call.tasks.values() if form.fullmatch(task)]
        body = orjson.dumps(render(self.provider["calls"]["batch"]["body"], {"tasks": tasks}, ""))
        return await self._free(partial(self._request, "batch", body=body), self._rules.read_many)

    async def _request(
        self, name: str, *, task: str = "", query: Mapping[str, str | int] | None = None, body: bytes | None = None
    ) -> HttpResponse:
        endpoint, headers = (
            self.provider["calls"][name],
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

    async def _upload(self, sending: FileStream) -> Reply:
        """A file to the files API, a piece at a time. When that says no for good, the account's quota may say why."""

        async def send() -> HttpResponse:
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
            room = await self._free(partial(self._request, "room"), self._rules.room)
            return replace(reply, reason=f"{room.reason} ({reply.reason})") if isinstance(room, Full) else reply
        return reply

    async def _download(self, call: Download) -> Reply:
        """A result, beside its final name until it is whole; whatever happens, its part is gone afterwards.

        What another try in this run cannot mend is final: the purchase stays completed, for `fetch` to try again.
        """
        try:
            part = self.saves.part(call.file)
        except (OSError, BadPlace) as error:
            return _write_trouble(call.file, error)
        try:
            async with asyncio.timeout(self.deadlines.download), self._ways.web.open_link(call.url) as response:
                if (trouble := _refusal_of(response)) is not None:
                    return trouble
                announced = size(response.headers.get("content-length", ""))
                if announced is not None and announced > call.most:
                    return _too_large(call)
                async for chunk in response.aiter_raw():
                    part.write(chunk)
                    if part.bytes > call.most:
                        return _too_large(call)
            if announced is not None and announced != part.bytes:
                return Trouble(f"cut short: {part.bytes} of {announced} bytes")
            return await asyncio.to_thread(self.saves.keep, part, call.job)
        except NotWhole as error:
            return Trouble(f"not a whole video: {clean(error)}")
        except TimeoutError:
            slow = f"not there within {self.deadlines.download:g} s"
            return Trouble(f"{slow}, so that it is given up for now; the next run or fetch tries again", final=True)
        except (OSError, BadPlace) as error:
            return _write_trouble(call.file, error)
        except (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL, BadAddress, ValueError) as error:
            if why := describe_final(error):
                return Trouble(f"{why}; the next run or fetch tries again", final=True)
            return Trouble(f"the download broke off: {describe_error(error)}")
        finally:
            part.drop()


def _reply_of(task: asyncio.Task[Reply], call: Call) -> Reply:
    """A finished call's reply; one that broke in a way nobody foresaw is still a reply, so that none is ever lost."""
    error = asyncio.CancelledError() if task.cancelled() else task.exception()
    if error is None:
        return task.result()
    said = f"unforeseen: {type(error).__name__}"
    return Unknown(said) if isinstance(call, Create) else Trouble(said, final=True)


def _refusal_of(response: httpx.Response) -> Expired | Trouble | None:
    status = response.status_code
    if status in (401, 403, 404, 410):
        return Expired(f"HTTP {status}")
    if status != 200:
        return Trouble(f"HTTP {status}")
    kind = response.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind.startswith("text/") or kind in ("application/json", "application/xml"):
        return Trouble(f"{kind} instead of a video")
    return None


def _too_large(call: Download) -> Trouble:
    many = f"the result has more than {call.most:,} bytes, which no video of this length has"
    return Trouble(f"{many}; it is given up for now, and the next run or fetch tries again", final=True)


def _write_trouble(file: str, error: Exception) -> Trouble:
    """A video that its place does not take; a full disk may have room a little later."""
    full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
    return Trouble(f"`{file}` cannot be written: {describe_error(error)}", final=not full)
