"""The calls of a run go to the services that they are for, and come back as replies; results come without any key."""

from __future__ import annotations

import asyncio
import errno
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import field
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from seedspec.project.credentials import Key, Origins
from seedspec.run.engine.messages import (
    Archive,
    Balance,
    Call,
    Cancel,
    Create,
    Cut,
    Download,
    Expired,
    Find,
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
from seedspec.run.service.caller import Caller
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
from seedspec.run.service.renders import RenderBucket
from seedspec.run.service.responses import clean
from seedspec.run.service.uploads import Uploads
from seedspec.run.store.downloads import BadPlace, Downloads, NotWhole
from seedspec.run.store.pictures import CutPictures
from seedspec.text.value import valueclass

ToService = Create | Read | ReadMany | List | Find | Cancel | Balance | Upload
_TO_SERVICE = (Create, Read, ReadMany, List, Find, Cancel, Balance, Upload)


@valueclass(frozen=False, slots=True)
class Client:
    """Calls under way. `start` begins one, `wait` gives those that have come back; both from one thread at a time.

    They make progress on a thread of the exchange's own, so the caller's may have an event loop that is running.

    `base` is the folder that upload paths are relative to, `saves` takes the downloads, `uploads` knows what was
    uploaded before and whether files go to a bucket instead; `renders` is the bucket of the saved videos, if any.
    `emulated`: all of them are an emulator, whose links lead to itself.
    """

    provider: Mapping[str, Any]
    origins: Origins
    key: Key
    saves: Downloads
    base: Path
    deadlines: Deadlines = field(default_factory=Deadlines)
    uploads: Uploads = field(default_factory=Uploads)
    renders: RenderBucket | None = None
    others: Sequence[Caller] = ()
    emulated: bool = False
    _thread: LoopThread | None = None
    _tasks: set[asyncio.Task[Reply]] = field(default_factory=set)
    _back: deque[tuple[Call, Reply]] = field(default_factory=deque)
    _news: threading.Event = field(default_factory=threading.Event)
    _under_way: int = 0
    _web: Web = field(init=False)
    _callers: dict[str, Caller] = field(init=False)
    _pictures: CutPictures = field(init=False)

    def __post_init__(self) -> None:
        self._pictures = CutPictures(self.base, Path(self.saves.owner).stem)
        first = Caller(self.provider, self.origins, self.key, self.deadlines, self.uploads)
        self._callers = {c.provider["id"]: c for c in (first, *self.others)}

    def ready(self) -> None:
        """The clients stand, before anything is asked of them. Raises BadSettings for what hinders them.

        Certificates take longer to load than all else that a run with nothing to do does, so this is not done before
        it is called, or the first call started.
        """
        if self._thread is None:
            plain = all(c.origins.plain for c in self._callers.values())
            with environment(tls=not (self.emulated and plain)) as trust:
                for caller in self._callers.values():
                    caller.open(trust)
                self._web = Web(trust, self.deadlines, all(c.origins.local for c in self._callers.values()))
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
        for caller in self._callers.values():
            await caller.aclose()
        await self._web.aclose()

    async def _answer(self, call: Call) -> Reply:
        reply = await self._carry_out(call)
        for caller in self._callers.values():
            reply = caller.redaction.reply(reply)
        return reply

    async def _carry_out(self, call: Call) -> Reply:
        if isinstance(call, _TO_SERVICE):
            caller = self._callers.get(call.provider or next(iter(self._callers)))
            if caller is not None:
                return await self._ask(caller, call)
            nobody = f"nothing is known here of the service `{clean(call.provider)}`: it is not asked"
            return Refused("stop", "no-service", nobody) if isinstance(call, Create) else Trouble(nobody, final=True)
        if isinstance(call, Cut):
            return await asyncio.to_thread(self._pictures.cut, call)
        if isinstance(call, (Archive, Recall)):
            return await self._of_bucket(call)
        if isinstance(call, Look):
            return Trouble("the service keeps no ledger", final=True)
        return await self._download(call)

    async def _ask(self, caller: Caller, call: ToService) -> Reply:
        match call:
            case Create():
                return await caller.create(call)
            case Read():
                return await caller.read(call)
            case ReadMany():
                return await caller.read_many(call)
            case List():
                return await caller.list(call)
            case Find():
                return await caller.find(call)
            case Cancel():
                return await caller.cancel(call)
            case Balance():
                return await caller.balance()
        return await caller.uploads.reply(call, self.base, caller.upload)

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

    async def _download(self, call: Download) -> Reply:
        """A result, beside its final name until it is whole; whatever happens, its part is gone afterwards.

        What another try in this run cannot mend is final: the purchase stays completed, for `fetch` to try again.
        """
        try:
            part = self.saves.part(call.file)
        except (OSError, BadPlace) as error:
            return _write_trouble(call.file, error)
        try:
            async with asyncio.timeout(self.deadlines.download), self._web.open_link(call.url) as response:
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
