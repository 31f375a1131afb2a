"""A run, or the bare loop that does the same calls, against the emulator in a process of its own.

    python tests/bench/runner.py run|bare WORK FOLDER MANY [IN_FLIGHT] [SECONDS] [FAULT ...]

WORK is `poll` (so many tasks are read again and again while they take SECONDS), `whole` (each entry is submitted, read
about five times, downloaded, hashed and saved), `fetch` (one large video is downloaded and hashed so many times) or
`flight` (all are submitted, and then followed for SECONDS at the usual pace while none of them ends). The last line on
standard error says what this process used, once everything was imported: CPU seconds, tasks read, megabytes, and the
bytes that each task more has taken; of `flight` the CPU and the share of the wall while following.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import resource
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import httpx
import orjson

if __name__ == "__main__" and sys.argv[1:2] == ["run"]:
    # Without the media extra, as the bare loop is: it neither looks into a video nor makes a poster. Said before
    # anything of seedspec is imported: a module that has found PyAV once keeps it. The emulator's process has it still.
    sys.modules.update(dict.fromkeys(("av", "PIL", "tinytag")))  # type: ignore[arg-type]

from seedspec import api
from seedspec.emulator.process import child
from seedspec.plan.event import Submitted
from seedspec.run import wire
from seedspec.run.call import Call, Download, Read, ReadMany
from seedspec.run.files import schemas
from seedspec.run.job import Pace
from seedspec.run.saves import Saves
from seedspec.run.settings import Key, Origins

KEY = "sk-of-a-benchmark"
POLLS = 5
MEGABYTES = 5
BOARD = """\
seedspec: 1
model: seedance-2.0-reference-to-video
defaults: {{duration: 4, quality: 480p}}
matrix: {{max_entries: {many}, axes: {{n: [{labels}]}}}}
shots: [{{id: one, prompt: "A street at dawn, number {{{{ n }}}}."}}]
"""


class Counted(wire.Exchange):
    """The exchange as it is, and how many tasks were asked for."""

    asked: Counter[str] = Counter()

    def start(self, call: Call) -> None:
        self.asked["tasks"] += 1 if isinstance(call, Read) else len(call.tasks) if isinstance(call, ReadMany) else 0
        self.asked["calls"] += isinstance(call, (Read, ReadMany))
        super().start(call)


def run(folder: Path, addresses: Origins, many: int, pace: Pace) -> None:
    wire.Exchange = Counted  # type: ignore[misc]
    board = folder / "storyboard.yaml"
    board.write_text(BOARD.format(many=many, labels=", ".join(f"l{i}" for i in range(many))), encoding="utf-8")
    environ = {"EVOLINK_API_KEY": KEY, "EVOLINK_BASE_URL": addresses.api, "EVOLINK_FILES_URL": addresses.files}
    made = api.compile(board)
    begun, before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    wall = time.perf_counter()
    named: Counter[str] = Counter()
    polling: list[tuple[float, int, int]] = []
    for event in api.run(board, api.Options(pace=pace), environ=environ, compiled=made):
        last, name = event, type(event).__name__
        named[name] += 1
        if (name, named[name]) in (("Submitted", many), ("Completed", 1)):
            polling.append((time.process_time(), Counted.asked["tasks"], Counted.asked["calls"]))
    assert isinstance(last, api.RunFinished) and last.saved == many, last
    told(before, wall, begun, many, **Counted.asked, **between(polling))


def between(moments: list[tuple[float, int, int]]) -> dict[str, float]:
    """What was used while nothing was done but reading tasks: after the last was submitted, before the first ended."""
    if len(moments) != 2 or moments[1][1] <= moments[0][1]:
        return {}
    (a, tasks, calls), (b, more, further) = moments
    return {"poll_cpu": b - a, "polled": more - tasks, "poll_calls": further - calls}


def in_flight(folder: Path, addresses: Origins, many: int, seconds: float) -> None:
    """Tasks that never end: all of them are submitted, and then only followed."""
    wire.Exchange = Counted  # type: ignore[misc]
    board = folder / "storyboard.yaml"
    board.write_text(BOARD.format(many=many, labels=", ".join(f"l{i}" for i in range(many))), encoding="utf-8")
    environ = {"EVOLINK_API_KEY": KEY, "EVOLINK_BASE_URL": addresses.api, "EVOLINK_FILES_URL": addresses.files}
    begun = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    made = api.compile(board)
    pace, left, end = Pace(in_flight=many, submit_every=0, announced=0), many, float("inf")
    events = api.run(board, api.Options(pace=pace), environ=environ, compiled=made,
                     stopping=lambda: time.perf_counter() > end)  # fmt: skip
    before = wall = time.perf_counter()
    for event in events:
        left -= isinstance(event, Submitted)
        if not left and end == float("inf"):
            before, wall, asked = time.process_time(), time.perf_counter(), dict(Counted.asked)
            end = wall + seconds
    cpu, passed = time.process_time() - before, time.perf_counter() - wall
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    said = {name: Counted.asked[name] - asked.get(name, 0) for name in ("tasks", "calls")}
    print(json.dumps({"cpu": cpu, "wall": passed, "share": cpu / passed, "peak": peak / 1024,
                      "bytes": (peak - begun) * 1024 / many, **said}), file=sys.stderr)  # fmt: skip


async def bare(folder: Path, addresses: Origins, many: int, flight: int, polls: float, seconds: float) -> None:
    """The same calls with nothing around them: one client, sixteen connections, a semaphore before it."""
    limits = httpx.Limits(max_connections=16, max_keepalive_connections=16)
    headers = {"Authorization": f"Bearer {KEY}"}
    client = httpx.AsyncClient(base_url=addresses.api, headers=headers, limits=limits, timeout=60, trust_env=False)
    slots, tasks, asked, left = asyncio.Semaphore(16), asyncio.Semaphore(flight), 0, many
    polling: list[tuple[float, int, int]] = []
    begun, before, wall = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time(), time.perf_counter()

    async def one(number: int) -> None:
        """As many reads as are asked for on the average, the last of them when the task is done."""
        nonlocal asked, left
        body = {"model": "seedance-2.0-reference-to-video", "prompt": f"A street at dawn, number l{number}.",
                "duration": 4, "quality": "480p", "aspect_ratio": "16:9", "generate_audio": True}  # fmt: skip
        async with tasks:
            async with slots:
                answer = orjson.loads((await client.post("/v1/videos/generations", json=body)).content)
            left -= 1
            if not left:
                polling.append((time.process_time(), asked, asked))
            path, done = f"/v1/tasks/{answer['id']}", time.perf_counter() + seconds
            reads = int((number + 1) * polls) - int(number * polls)
            for read in range(max(reads, 1)):
                wait = done + 0.05 - time.perf_counter() if read >= reads - 1 else seconds / polls
                await asyncio.sleep(max(wait, 0.0))
                async with slots:
                    answer = orjson.loads((await client.get(path)).content)
                asked += 1
            while answer["status"] != "completed":
                await asyncio.sleep(0.1)
                async with slots:
                    answer = orjson.loads((await client.get(path)).content)
                asked += 1
            if len(polling) == 1:
                polling.append((time.process_time(), asked, asked))
            await fetch(client, answer["results"][0], folder / f"{number}.mp4", slots)

    await asyncio.gather(*(one(n) for n in range(many)))
    told(before, wall, begun, many, tasks=asked, calls=asked, **between(polling))
    await client.aclose()


async def fetch(client: httpx.AsyncClient, url: str, file: Path, slots: asyncio.Semaphore) -> None:
    digest = hashlib.sha256()
    async with slots, client.stream("GET", url) as response:
        with open(file, "wb") as out:
            async for chunk in response.aiter_raw():
                out.write(chunk)
                digest.update(chunk)
            os.fsync(out.fileno())


def download(folder: Path, url: str, many: int, *, product: bool) -> None:
    """One large video again and again, four at a time."""
    origins = Origins("http://127.0.0.1:9", "http://127.0.0.1:9")
    if product:
        provider = schemas()["evolink/provider.json"]
        exchange = wire.Exchange(provider, origins, Key(KEY), Saves(folder), folder)
        exchange.start(Download("f" * 64, url, "renders/warm.mp4"))
        while not (got := exchange.wait(60)):
            pass
        assert type(got[0][1]).__name__ == "Kept", got
        before, wall, left = time.process_time(), time.perf_counter(), many
        begun = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        for number in range(min(4, many)):
            exchange.start(Download("f" * 64, url, f"renders/{number}.mp4"))
        number = min(4, many)
        while left:
            for _ in exchange.wait(60):
                left -= 1
                if number < many:
                    exchange.start(Download("f" * 64, url, f"renders/{number}.mp4"))
                    number += 1
        told(before, wall, begun, many, mb=many * MEGABYTES)
        exchange.close()
        return

    async def all_of_them() -> None:
        async with httpx.AsyncClient(timeout=60, trust_env=False) as client:
            slots = asyncio.Semaphore(4)
            await fetch(client, url, folder / "warm.mp4", slots)
            begun = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            before, wall = time.process_time(), time.perf_counter()
            await asyncio.gather(*(fetch(client, url, folder / f"{n}.mp4", slots) for n in range(many)))
            told(before, wall, begun, many, mb=many * MEGABYTES)

    asyncio.run(all_of_them())


def told(before: float, wall: float, begun: int, many: int, **more: float) -> None:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    own = {"cpu": time.process_time() - before, "wall": time.perf_counter() - wall, "peak": peak / 1024}
    print(json.dumps({**own, "bytes": (peak - begun) * 1024 / many, **more}), file=sys.stderr)


def main(what: str, work: str, folder: Path, many: int, flight: int = 64, seconds: float = 2.0, *faults: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if work == "fetch":
        with subprocess.Popen([sys.executable, Path(__file__).with_name("clips.py"), folder, str(MEGABYTES)],
                              stdout=subprocess.PIPE, text=True) as server:  # fmt: skip
            assert server.stdout is not None
            try:
                download(folder, server.stdout.readline().strip(), many, product=what == "run")
            finally:
                server.kill()
        return
    polls = float(os.environ.get("BENCH_POLLS", 100 if work == "poll" else POLLS))
    taking = 36_000 if work == "flight" else seconds
    given = ["--folder", str(folder / "emulator"), "--seconds", str(taking), "--credits", "100000000"]
    with child([*given, *(part for fault in faults for part in ("--fault", fault))]) as found:
        addresses = Origins(found.api, found.files)
        if work == "flight":
            in_flight(folder, addresses, many, seconds)
        elif what == "bare":
            asyncio.run(bare(folder, addresses, many, flight, polls, seconds))
        else:
            every = seconds / polls
            pace = Pace(in_flight=flight, submit_every=0, poll=every, poll_most=every, announced=0, reads=16)
            run(folder, addresses, many, pace)


if __name__ == "__main__":
    given = sys.argv[1:]
    main(given[0], given[1], Path(given[2]), int(given[3]), *(int(n) for n in given[4:5]),
         *(float(n) for n in given[5:6]), *given[6:])  # fmt: skip
