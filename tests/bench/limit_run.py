"""What a run cannot do without: the same calls with nothing around them. The limit of the bars of a run.

    python tests/bench/limit_run.py WORK

WORK is a JSON object (`work.py`). One client, sixteen connections, a semaphore before it; each task is asked for as
often as it says, and as many together. It keeps no lock, knows no state but a task's, and tries nothing again.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import sys
import time
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import orjson
import serving
from work import KEY, Work, begun, say, task_id, told_to

from seedspec.emulator.process import Addresses

CONNECTIONS, AT_ONCE, LONGEST = 16, 4, 1500.0


class Reads:
    """Reads tasks, each alone or so many in a request: who asks waits until the group is full, or a second at most."""

    def __init__(self, client: httpx.AsyncClient, slots: asyncio.Semaphore, group: float) -> None:
        self._client, self._slots, self._group = client, slots, group
        self._waiting: dict[str, asyncio.Future[Mapping[str, Any]]] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._asking: set[asyncio.Task[None]] = set()
        self.tasks = self.calls = 0

    @property
    def full(self) -> int:
        """How many tasks the next request has: groups of whole tasks whose average is the one asked for."""
        return int((self.calls + 1) * self._group) - int(self.calls * self._group)

    async def task(self, name: str) -> Mapping[str, Any]:
        self.tasks += 1
        if self._group < 1.5:
            self.calls += 1
            async with self._slots:
                return orjson.loads((await self._client.get(f"/v1/tasks/{name}")).content)
        loop = asyncio.get_running_loop()
        found = self._waiting[name] = loop.create_future()
        if len(self._waiting) >= self.full:
            self._ask()
        elif self._timer is None:
            self._timer = loop.call_later(1.0, self._ask)
        return await found

    def _ask(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        group, self._waiting, self._timer = self._waiting, {}, None
        self.calls += 1
        asking = asyncio.create_task(self._together(group))
        self._asking.add(asking)
        asking.add_done_callback(self._asking.discard)

    async def _together(self, group: Mapping[str, asyncio.Future[Mapping[str, Any]]]) -> None:
        async with self._slots:
            answer = await self._client.post("/v1/tasks/batch", json={"task_ids": list(group)})
        for task in orjson.loads(answer.content)["data"]:
            group[task["id"]].set_result(task)


class Shop:
    """One client, and the two calls that all of its work begins with: a purchase, and a read."""

    def __init__(self, work: Work, addresses: Addresses) -> None:
        limits = httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS)
        self.client = httpx.AsyncClient(base_url=addresses.api, headers={"Authorization": f"Bearer {KEY}"},
                                        limits=limits, timeout=60, trust_env=False)  # fmt: skip
        self.slots = asyncio.Semaphore(CONNECTIONS)
        self.reads = Reads(self.client, self.slots, work.group)

    async def buy(self, number: int) -> Mapping[str, Any]:
        body = {"model": "seedance-2.0-reference-to-video", "prompt": f"A street at dawn, number l{number}.",
                "duration": 4, "quality": "480p", "aspect_ratio": "16:9", "generate_audio": True}  # fmt: skip
        async with self.slots:
            return orjson.loads((await self.client.post("/v1/videos/generations", json=body)).content)


async def purchases(work: Work, shop: Shop) -> None:
    flying = asyncio.Semaphore(work.flight)

    async def one(number: int) -> None:
        """As many reads as are asked for on the average, the last of them when the task is done."""
        async with flying:
            answer = await shop.buy(number)
            name, done = answer["id"], time.perf_counter() + work.seconds
            rest = int((number + 1) * work.polls) - int(number * work.polls)
            while answer["status"] != "completed":
                rest -= 1
                wait = done + 0.05 - time.perf_counter() if rest <= 0 else work.seconds / work.polls
                await asyncio.sleep(max(wait, 0.0 if rest >= 0 else 0.1))
                answer = await shop.reads.task(name)
            await fetch(shop.client, answer["results"][0], Path(work.folder, f"{number}.mp4"), shop.slots)

    since = begun()
    await asyncio.gather(*(one(n) for n in range(work.many)))
    say(since, tasks=shop.reads.tasks, calls=shop.reads.calls)


async def in_flight(work: Work, shop: Shop) -> None:
    """Each is read at its interval."""
    since = begun()
    end = since.wall + work.seconds

    async def follow(number: int, name: str) -> None:
        assert work.every is not None
        await asyncio.sleep(work.every * number / work.many)
        while time.perf_counter() < end:
            await shop.reads.task(name)
            await asyncio.sleep(work.every)

    await asyncio.gather(*(follow(number, task_id(number)) for number in range(work.many)))
    say(since, tasks=shop.reads.tasks, calls=shop.reads.calls)


async def endings(work: Work, shop: Shop) -> None:
    """All are read again and again, as many together and as often in a second as is asked for, until those that end
    are there."""
    assert work.every is not None
    decodes = asyncio.Semaphore(1)

    async def load(url: str, file: Path) -> None:
        await fetch(shop.client, url, file, shop.slots)
        if work.media:
            from media_work import decode

            async with decodes:
                await asyncio.to_thread(decode, file)

    since, left, loading = begun(), deque(task_id(n) for n in range(work.many)), []
    early = work.early
    while len(loading) < work.ending:
        if early and len(loading) >= early:
            since, early = begun(), 0
        group = [left.popleft() for _ in range(min(shop.reads.full, len(left)))]
        for name, answer in zip(group, await asyncio.gather(*map(shop.reads.task, group)), strict=True):
            if answer["status"] == "completed":
                file = Path(work.folder, f"{name}.mp4")
                loading.append(asyncio.create_task(load(answer["results"][0], file)))
            else:
                left.append(name)
        await asyncio.sleep(work.every)
    await asyncio.gather(*loading)
    say(since, tasks=shop.reads.tasks, calls=shop.reads.calls)


async def with_shop(work: Work, addresses: Addresses) -> None:
    shop = Shop(work, addresses)
    async with asyncio.timeout(LONGEST), shop.client:
        await {"flight": in_flight, "ends": endings, "whole": purchases}[work.what](work, shop)


async def fetch(client: httpx.AsyncClient, url: str, file: Path, slots: asyncio.Semaphore) -> None:
    digest = hashlib.sha256()
    async with slots, client.stream("GET", url) as response:
        with open(file, "wb") as out:
            async for chunk in response.aiter_raw():
                out.write(chunk)
                digest.update(chunk)
            os.fsync(out.fileno())


async def downloads(work: Work, url: str) -> None:
    """One video again and again, four at a time."""
    async with httpx.AsyncClient(timeout=60, trust_env=False) as client, asyncio.timeout(LONGEST):
        slots = asyncio.Semaphore(AT_ONCE)
        await fetch(client, url, Path(work.folder, "warm.mp4"), slots)
        since = begun()
        await asyncio.gather(*(fetch(client, url, Path(work.folder, f"{n}.mp4"), slots) for n in range(work.many)))
        say(since)


def main(work: Work) -> None:
    Path(work.folder).mkdir(parents=True, exist_ok=True)
    if work.what == "fetch":
        with serving.clips(work) as url:
            asyncio.run(downloads(work, url))
    else:
        with (serving.emulator if work.what == "whole" else serving.ending)(work) as addresses:
            asyncio.run(with_shop(work, addresses))


if __name__ == "__main__":
    main(told_to(sys.argv))
