"""The emulated service itself: accepts, bills, renders and settles tasks; the routes only translate."""

from __future__ import annotations

import asyncio
import hashlib
import heapq
import json
import time
from collections.abc import Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from seedspec.catalog.expression import NoValue
from seedspec.catalog.model import Model
from seedspec.catalog.price import asked_of, charge, sum_of
from seedspec.emulator import callbacks, links, tasks
from seedspec.emulator.fetch import fetch_file
from seedspec.emulator.ledger import Ledger
from seedspec.emulator.refusal import Refusal
from seedspec.emulator.rules import Rules, private_host, read_body
from seedspec.emulator.settings import Addresses, Settings, Strikes
from seedspec.emulator.shelf import Shelf
from seedspec.emulator.size import size_of
from seedspec.emulator.studio import Studio
from seedspec.emulator.tasks import Task, fresh_id
from seedspec.emulator.words import Standing, shown_of
from seedspec.media.facts import Facts, MediaError
from seedspec.project.atomic import replacement

UNITS = 10_000
CANCELLED = "request_cancelled"
TWISTS = ("wrong-size", "wrong-fps", "short", "silent", "black", "frozen")
"""Faults that a clip is made with."""


class Provider:
    """All that an emulator knows. Made and used on one event loop; drawing and disk work go to threads."""

    def __init__(
        self, settings: Settings, ledger: Ledger, addresses: Addresses, *, models: Mapping[str, Model]
    ) -> None:
        self.settings = settings
        self.ledger = ledger
        self.addresses = addresses
        self.strikes = Strikes(settings.faults, seed=settings.seed)
        self.shelf = Shelf(ledger, addresses.results, seconds=settings.upload_seconds, most=settings.max_files)
        self._models = models
        self._rules = {
            name: Rules(model, hosted=self.hosted, examine=self.shelf.facts, local_callbacks=settings.local_callbacks)
            for name, model in models.items()
        }
        self.body_bytes = max(model.body_bytes for model in models.values())
        self.tasks: dict[str, Task] = {}
        self._settled: set[str] = set()
        self._billed: set[str] = set()
        self._called: set[str] = set()
        self._keys: dict[str, tuple[str, str]] = {}
        self._reserved = 0
        self._charged = 0
        self._generations: dict[str, int] = {}
        self._slots: list[float] = []
        self._due: list[tuple[float, int, str, str]] = []
        self._order = 0
        self._wake = asyncio.Event()
        self._studio = Studio()
        self._renders: dict[str, asyncio.Future[None]] = {}
        self._running: set[asyncio.Task[None]] = set()
        self._artists = ThreadPoolExecutor(2, "render")
        self._messengers = ThreadPoolExecutor(4, "callback")
        self._restore()

    def _restore(self) -> None:
        """Take up what the ledger says: tasks, bills, keys, delivered callbacks; uploads are the shelf's."""
        for line in self.ledger.found:
            task_id = line.get("task")
            match line["event"]:
                case "reserved":
                    task = tasks.restore(line["request"])
                    self.tasks[task.id] = task
                    self._reserved += task.units
                    if task.idempotency_key:
                        self._keys[task.idempotency_key] = (line["body_sha256"], task.id)
                case "charged" | "refunded" as event:
                    task = self.tasks[str(task_id)] = replace(self.tasks[str(task_id)], error=line["error"])
                    self._billed.add(task.id)
                    self._reserved -= task.units
                    self._charged += task.charge if event == "charged" else 0
                case "callback":
                    self._called.add(str(task_id))
                case "cancelled":
                    self.tasks[str(task_id)] = replace(self.tasks[str(task_id)], ends=line["ends"])
                case "deleted" if task_id is not None:
                    task = self.tasks.pop(str(task_id))
                    self._reserved -= 0 if task.id in self._billed else task.units
        for task in self.tasks.values():
            if task.id in self._billed and (task.error or self.clip(task.id).exists()):
                self._settled.add(task.id)
                self._start_callback(task)
            else:
                self._schedule(task)
            if self.settings.capacity:
                heapq.heappush(self._slots, task.ends)

    # --- accepting ------------------------------------------------------------------------------------------------

    async def accept(
        self, raw: bytes, *, key: str | None, flat: Mapping[str, Any] | None = None, own: str = ""
    ) -> tuple[Task, bool]:
        """The task that a create body makes, on disk and billed, and whether it is an earlier one of the same key.

        `flat` is the flat request that the body stands for, where that is another one. `own` is an id that the client
        gives the task, "" for none; each is taken once.
        """
        body = read_body(raw) if flat is None else flat
        model = body.get("model")
        if "model" not in body:
            raise Refusal(400, "invalid_request", "body: key `model` is missing")
        if not isinstance(model, str) or (rules := self._rules.get(model)) is None:
            known = " or ".join(self._rules)
            raise Refusal(400, "invalid_request", f"model: found {model!r}; expected {known}", "model")
        if len(raw) > self._models[model].body_bytes:
            raise Refusal(413, "request_too_large", f"The body has {len(raw)} bytes.")
        rules.judge(body)
        digest = hashlib.sha256(raw).hexdigest()
        honoured = key if self.settings.idempotency else None
        if honoured in self._keys and honoured is not None:
            first, task_id = self._keys[honoured]
            if first != digest:
                raise Refusal(409, "idempotency_conflict", "This Idempotency-Key was used for another request.")
            await self.ledger.flush()
            return self.tasks[task_id], True
        found = await asyncio.to_thread(rules.check_media, body)
        if own and any(one.own == own for one in self.tasks.values()):
            raise Refusal(400, "duplicate_id", "This id was given to another task.")
        task = replace(self._new(body, found, key=honoured), own=own)
        if task.units > self.units_left:
            said = f"This task needs {task.units / UNITS:g} credits, more than are left."
            raise Refusal(402, "insufficient_quota", said)
        self.tasks[task.id] = task
        self._reserved += task.units
        if honoured is not None:
            self._keys[honoured] = (digest, task.id)
        line = {"task": task.id, "credits": task.units / UNITS, "body_sha256": digest, "idempotency_key": key}
        line |= {"prompt": str(body["prompt"])[:80], "request": tasks.record(task)}
        try:
            await self.ledger.keep("reserved", line)
        except OSError:
            del self.tasks[task.id]
            self._reserved -= task.units
            if honoured is not None:
                del self._keys[honoured]
            raise
        self._schedule(task)
        return task, False

    def _new(self, body: Mapping[str, Any], found: Mapping[str, list[Facts]], *, key: str | None) -> Task:
        model = self._models[body["model"]]
        said = model.said({**model.defaults, **body})
        strikes = self.strikes.next("task")
        seconds = strikes["slow-task"].seconds if "slow-task" in strikes else self.settings.seconds
        ratio, (width, height) = size_of(model, said, [*found.get("video", ()), *found.get("image", ())])
        units = self._bill(model, body, said, found)
        now = time.time()
        starts = self._slot(now, seconds)
        task_id = fresh_id(model.provider.document["task_id"], now)
        bill = int(units * Decimal(strikes["charged"].argument or 1)) if "charged" in strikes else units
        return Task(
            id=task_id, body=body, created=now, starts=starts, ends=starts + seconds, units=units, charge=bill,
            width=width, height=height, ratio=ratio, idempotency_key=key, stale_first_link="expired-link" in strikes,
            error=strikes["failed"].argument if "failed" in strikes else None,
            twists=tuple(name for name in TWISTS if name in strikes),
        )  # fmt: skip

    def _bill(
        self, model: Model, body: Mapping[str, Any], said: Mapping[str, Any], found: Mapping[str, list[Facts]]
    ) -> int:
        """What the service would charge, in units; nothing where no price is known."""
        fields = {slot.field: slot.kind for slot in model.slots.values()}
        given = ((kind, body.get(field)) for field, kind in fields.items())
        kinds = [kind for kind, urls in given for _ in ([urls] if isinstance(urls, str) else urls or ())]
        try:
            return charge(model.rate, asked_of(said, kinds), sum_of(f.seconds or 0 for f in found.get("video", ())))
        except NoValue:
            return 0

    def _read_words(self, task: Task) -> Mapping[str, Any]:
        """What a task was asked for, in the storyboard's own words."""
        model = self.model_of(task)
        return model.said({**model.defaults, **task.body})

    def _slot(self, now: float, seconds: float) -> float:
        """When a task begins to render: at once, or when one of the capacity's slots falls free."""
        if not self.settings.capacity:
            return now
        starts = now
        if len(self._slots) >= self.settings.capacity:
            while len(self._slots) > self.settings.capacity:
                heapq.heappop(self._slots)
            starts = max(now, heapq.heappop(self._slots))
        heapq.heappush(self._slots, starts + seconds)
        return starts

    # --- reading --------------------------------------------------------------------------------------------------

    @property
    def units_left(self) -> int:
        return int(Decimal(str(self.settings.credits)) * UNITS) - self._reserved - self._charged

    @property
    def units_charged(self) -> int:
        return self._charged

    def find(self, task_id: str) -> Task | None:
        """A task that can still be read."""
        task = self.tasks.get(task_id)
        kept = self.settings.retention
        return task if task and (kept is None or time.time() < task.created + kept) else None

    def model_of(self, task: Task) -> Model:
        """The model that makes a task; any other for one that is sold no more."""
        own = self._models.get(task.body["model"])
        others = sorted(self._models.values(), key=lambda model: model.template != {"$flat": True})
        return own or others[0]

    def standing(self, task: Task) -> Standing:
        """How a task stands now, for who shows it in the words of its provider."""
        now = time.time()
        word, percent = tasks.status(task, now, settled=self.is_settled(task))
        word = "cancelled" if word == "failed" and task.error == CANCELLED else word
        return Standing(word, percent, self._link(task, now), self.model_of(task))

    def show(self, task: Task) -> dict[str, Any]:
        if (model := self.model_of(task)).template != {"$flat": True}:
            return shown_of(model.provider.document, "read", task, self.standing(task))
        now, seconds = time.time(), int(self._read_words(task)["duration"])
        return tasks.document(task, now, settled=self.is_settled(task), seconds=seconds, link=self._link(task, now))

    def row(self, task: Task) -> dict[str, Any]:
        return tasks.summary(task, time.time(), settled=self.is_settled(task))

    def is_settled(self, task: Task) -> bool:
        return task.id in self._settled

    def clip(self, task_id: str) -> Path:
        return self.ledger.folder / "results" / f"{task_id}.mp4"

    def _link(self, task: Task, now: float) -> str:
        expires = int(now + self.settings.link_seconds)
        link = links.ResultLink(task.id, self._generations.get(task.id, 0), expires)
        return links.result_url(self.addresses.results, link, secret=self.ledger.secret)

    def refuse_link(self, link: links.ResultLink) -> bool:
        """Whether a link is dead by a fault; the task's next reading then gives a fresh one."""
        task = self.tasks.get(link.task)
        if task is None or not task.stale_first_link or link.generation:
            return False
        self._generations[task.id] = 1
        return True

    def hosted(self, url: str) -> Path | None:
        """The file behind an address of this machine, its own or another server's, None for another host's.

        Refusal when it is gone. May ask that other server; run it off the event loop.
        """
        try:
            parts = urlsplit(url)
            host, elsewhere = parts.hostname, parts.port != urlsplit(self.addresses.results).port
        except ValueError as error:
            raise Refusal(400, "invalid_media_url", f"{url}: not an address") from error
        if host not in ("127.0.0.1", "localhost"):
            return None
        link = links.read(url, secret=self.ledger.secret)
        path = None
        if isinstance(link, links.UploadLink):
            path = self.shelf.path(link.file_id)
        elif isinstance(link, links.ResultLink) and time.time() < link.expires and link.task in self._settled:
            path = self.clip(link.task)
        elif link is None and elsewhere and parts.scheme == "http":
            path = fetch_file(url, self.ledger.folder / "fetched")
        if path is None or not path.exists():
            raise Refusal(400, "invalid_media_url", f"{url}: there is no such file, or its link has expired")
        return path

    # --- rendering and settling -----------------------------------------------------------------------------------

    def _schedule(self, task: Task) -> None:
        if task.error is None:
            self._push(task.starts + 0.1 * (task.ends - task.starts), "render", task.id)
        self._push(task.ends, "finish", task.id)

    def _push(self, at: float, step: str, task_id: str) -> None:
        self._order += 1
        heapq.heappush(self._due, (at, self._order, step, task_id))
        self._wake.set()

    async def work(self) -> None:
        """Do what falls due, until cancelled; one timer however many tasks there are."""
        while True:
            now = time.time()
            while self._due and self._due[0][0] <= now:
                _, _, step, task_id = heapq.heappop(self._due)
                if task_id not in self.tasks:  # it was cancelled, and deleted
                    continue
                if step == "render":
                    self._render(self.tasks[task_id])
                else:
                    self._spawn(self._finish(self.tasks[task_id]))
            self._wake.clear()
            # A wall clock may be set; looking again every second bounds what that can do.
            wait = min(1.0, max(0.0, self._due[0][0] - time.time())) if self._due else None
            try:
                await asyncio.wait_for(self._wake.wait(), wait)
            except TimeoutError:
                continue

    def _spawn(self, step: Coroutine[Any, Any, None]) -> None:
        running = asyncio.create_task(step)
        self._running.add(running)
        running.add_done_callback(self._running.discard)

    def _render(self, task: Task) -> asyncio.Future[None]:
        if task.id not in self._renders:
            loop = asyncio.get_running_loop()
            self._renders[task.id] = loop.run_in_executor(self._artists, self._draw, task)
        return self._renders[task.id]

    def _draw(self, task: Task) -> None:
        path = self.clip(task.id)
        with replacement(path) as part:
            self._studio.make(tasks.card(task, self._read_words(task)), part)

    async def cancel(self, task: Task, does: str) -> None:
        """Ends a task in the way that a provider's file gives a word for. Raises Refusal where it is `refused`."""
        if does == "refused":
            raise Refusal(409, "cannot_cancel", "The task cannot be cancelled any more.")
        if does == "deletes":
            del self.tasks[task.id]
            self.clip(task.id).unlink(missing_ok=True)
            await self.ledger.keep("deleted", {"task": task.id})
            self._reserved -= 0 if task.id in self._billed else task.units
            return
        ended = self.tasks[task.id] = replace(task, error=CANCELLED, ends=time.time())
        await self.ledger.keep("cancelled", {"task": task.id, "ends": ended.ends})
        await self._finish(ended, bills=does == "stops-and-bills")

    async def _finish(self, task: Task, *, bills: bool = False) -> None:
        """Make sure of the clip, settle the bill on disk, and only then let the task end."""
        if task.id in self._settled or task.id not in self.tasks:
            return
        if task.error is None:
            try:
                await self._render(task)
            except (MediaError, OSError) as error:
                await self.ledger.keep("trouble", {"task": task.id, "message": str(error)})
                task = self.tasks[task.id] = replace(task, error="service_error")
            finally:
                self._renders.pop(task.id, None)
        if task.id not in self._billed:
            free = task.error and not bills
            event = "refunded" if free else "charged"
            credits = (task.units if free else task.charge) / UNITS
            await self.ledger.keep(event, {"task": task.id, "credits": credits, "error": task.error})
            self._billed.add(task.id)
            self._reserved -= task.units
            self._charged += 0 if free else task.charge
        self._settled.add(task.id)
        self._start_callback(task)

    def _start_callback(self, task: Task) -> None:
        url = self._read_words(task).get("callback_url")
        if url and task.id not in self._called:
            self._called.add(task.id)
            self._spawn(self._call(task, str(url)))

    async def _call(self, task: Task, url: str) -> None:
        settings = self.settings
        if not private_host(url) and not settings.remote_callbacks:
            await self.ledger.keep("callback", {"task": task.id, "delivered": False, "outcomes": ["not sent"]})
            return
        content = json.dumps(self.show(task)).encode()
        outcomes = await callbacks.deliver(
            url, content, waits=settings.callback_waits, timeout=settings.callback_timeout, executor=self._messengers
        )
        done = callbacks.is_delivered(outcomes[-1])
        await self.ledger.keep("callback", {"task": task.id, "delivered": done, "outcomes": outcomes})

    async def close(self) -> None:
        """Stop what goes on in the background; what was not finished is taken up at the next start."""
        self._artists.shutdown(wait=False, cancel_futures=True)
        self._messengers.shutdown(wait=False, cancel_futures=True)
        for running in tuple(self._running):
            running.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        await asyncio.to_thread(self._artists.shutdown)
        await self.ledger.flush()
