"""A run's work by the product: through its own interface where that is enough, else by the part that does it.

    python tests/bench/runner.py WORK

WORK is a JSON object (`work.py`). The last line on standard error says what this process used, the tasks that it read,
and the requests in which it did.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from work import KEY, Work, begun, say, task_id, told_to

if __name__ == "__main__" and not told_to(sys.argv).media:
    # Said before anything of seedspec is imported: a module that has found PyAV once keeps it. The emulator's process
    # has it still.
    sys.modules.update(dict.fromkeys(("av", "PIL", "tinytag")))  # type: ignore[arg-type]

import orjson
import serving

from seedspec import api
from seedspec.emulator.process import Addresses
from seedspec.lock.lock import encode
from seedspec.lock.purchase_events import Saved
from seedspec.lock.run_events import Progressed
from seedspec.lock.version import HEADER
from seedspec.project.credentials import Key, Origins
from seedspec.project.sources import schemas
from seedspec.run.engine.messages import Call, Download, Read, ReadMany
from seedspec.run.engine.purchase import Pace
from seedspec.run.loop import now
from seedspec.run.service import client as wire
from seedspec.run.store.downloads import Downloads

AT_ONCE = 4
BOARD = """\
seedspec: 1
model: seedance-2.0-reference-to-video
defaults: {{duration: 4, quality: 480p}}
matrix: {{max_entries: {many}, axes: {{n: [{labels}]}}}}
shots: [{{id: one, prompt: "A street at dawn, number {{{{ n }}}}."}}]
"""


class Counted(wire.Client):
    """The exchange as it is, and how many tasks were asked for, in how many requests."""

    asked: Counter[str] = Counter()

    def start(self, call: Call) -> None:
        self.asked["tasks"] += 1 if isinstance(call, Read) else len(call.tasks) if isinstance(call, ReadMany) else 0
        self.asked["calls"] += isinstance(call, (Read, ReadMany))
        super().start(call)


def compiled(work: Work) -> api.Compiled:
    board = Path(work.folder) / "storyboard.yaml"
    labels = ", ".join(f"l{i}" for i in range(work.many))
    board.write_text(BOARD.format(many=work.many, labels=labels), encoding="utf-8")
    return api.compile(board)


def environ(addresses: Addresses) -> dict[str, str]:
    return {"EVOLINK_API_KEY": KEY, "EVOLINK_BASE_URL": addresses.api, "EVOLINK_FILES_URL": addresses.files}


def purchases(work: Work, addresses: Addresses) -> None:
    """A run to its end."""
    made, every = compiled(work), work.seconds / work.polls
    pace = Pace(in_flight=work.flight, submit_every=0, poll=every, poll_most=every, announced=0, reads=16)
    since = begun()
    for event in api.run(
        made.path, api.Options(pace=pace), consent=api.Yes(), environ=environ(addresses), compiled=made
    ):
        last = event
    assert isinstance(last, api.RunFinished) and last.saved == work.many, last
    say(since, **Counted.asked)


def in_flight(work: Work, addresses: Addresses) -> None:
    """Tasks that never end are followed. What is said is of the time after the first of them was read."""
    pace, end = Pace(), float("inf")
    if work.every is not None:
        pace = Pace(poll=work.every, poll_most=work.every, announced=0, reads=16)
    since, before = begun(), Counter[str]()
    events = _followed(work, addresses, pace, lambda: time.perf_counter() > end)
    for event in events:
        if isinstance(event, Progressed) and end == float("inf"):
            since, before = begun(), Counted.asked.copy()
            end = since.wall + work.seconds
    say(since, **(Counted.asked - before))


def endings(work: Work, addresses: Addresses) -> None:
    """Tasks are followed at the usual pace until those that end are saved."""
    since, before, saved = begun(), Counter[str](), 0
    events = _followed(work, addresses, Pace(), lambda: saved == work.ending)
    for event in events:
        saved += isinstance(event, Saved)
        if isinstance(event, Saved) and saved == work.early:
            since, before = begun(), Counted.asked.copy()
    assert saved == work.ending, event
    say(since, **(Counted.asked - before))


def _followed(work: Work, addresses: Addresses, pace: Pace, stopping: Callable[[], bool]) -> Iterator[api.Event]:
    """A run that goes on with what an earlier one bought a moment ago: all of its tasks are running at the service."""
    made, at = compiled(work), now().text()
    lines = (encode(_running(number, entry, at)) for number, entry in enumerate(made.entries))
    Path(work.folder, "storyboard.lock").write_bytes(HEADER + b"".join(lines))
    return api.run(
        made.path, api.Options(pace=pace), consent=api.Yes(), environ=environ(addresses), compiled=made,
        stopping=stopping,
    )  # fmt: skip


def _running(number: int, entry: api.Entry, at: str) -> dict[str, Any]:
    return {
        "fp": entry.fingerprint, "entry": entry.address, "take": entry.take, "attempt": 1, "state": "running",
        "at": at, "manifest": orjson.loads(entry.manifest), "units": 313_875,
        "intent": {"key": f"seedspec-{number:032x}", "body_sha256": entry.fingerprint, "at": at},
        "task": task_id(number),
    }  # fmt: skip


def downloads(work: Work, url: str) -> None:
    """One video again and again, four at a time."""
    folder, origins = Path(work.folder), Origins("http://127.0.0.1:9", "http://127.0.0.1:9")
    exchange = wire.Client(schemas()["evolink/provider.json"], origins, Key(KEY), Downloads(folder), folder)
    exchange.start(Download("f" * 64, url, "renders/warm.mp4"))
    saved(exchange)
    since = begun()
    started = min(AT_ONCE, work.many)
    for number in range(started):
        exchange.start(Download("f" * 64, url, f"renders/{number}.mp4"))
    left = work.many
    while left:
        for _ in range(saved(exchange)):
            left -= 1
            if started < work.many:
                exchange.start(Download("f" * 64, url, f"renders/{started}.mp4"))
                started += 1
    say(since)
    exchange.close()


def saved(exchange: wire.Client) -> int:
    """How many videos have been saved since the last time: one at least, within a minute or two."""
    for _ in range(2):
        if found := exchange.wait(60):
            assert all(type(reply).__name__ == "Kept" for _, reply in found), found
            return len(found)
    raise AssertionError("no video was saved")


def main(work: Work) -> None:
    Path(work.folder).mkdir(parents=True, exist_ok=True)
    wire.Client = Counted  # type: ignore[misc]
    if work.what == "fetch":
        with serving.clips(work) as url:
            downloads(work, url)
    else:
        with (serving.emulator if work.what == "whole" else serving.ending)(work) as addresses:
            {"flight": in_flight, "ends": endings, "whole": purchases}[work.what](work, addresses)


if __name__ == "__main__":
    main(told_to(sys.argv))
