"""Completions on their way into the lock, ten at a time as they come back: by the journal of a run, or bare.

    python tests/bench/record.py journal|append FOLDER MANY

`append` writes lines of the same length to a file, with one fdatasync for ten. The last line on standard error says how
many seconds that took by the wall and of the processor: what counts is the disk.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

import orjson

from seedspec.lock.event_values import values_of
from seedspec.lock.lock import encode, parse
from seedspec.lock.purchase_events import Completed
from seedspec.lock.version import HEADER
from seedspec.run.store.journal import Journal

GROUP = 10


def event(number: int) -> Completed:
    task, at = f"task-unified-1795427517-{number:08x}", "2026-11-23T07:05:00Z"
    return Completed(f"shot@n=l{number}/1", f"{number:064x}", 1, task, 31.3875, "2026-11-24T07:05:00Z", at)


def main(how: str, folder: Path, many: int) -> None:
    folder.mkdir(parents=True)
    path = folder / "storyboard.lock"
    running = [{"fp": f"{n:064x}", "entry": f"shot@n=l{n}/1", "take": 1, "attempt": 1, "state": "running",
                "task": f"task-unified-1795427517-{n:08x}", "at": "2026-11-23T07:00:00Z"}
               for n in range(many)]  # fmt: skip
    path.write_bytes(HEADER + b"".join(map(encode, running)))
    events = [event(n) for n in range(many)]
    groups = [events[i : i + GROUP] for i in range(0, many, GROUP)]
    if how == "journal":
        journal = Journal(path, parse(path.read_bytes()))
        begin, before = time.perf_counter(), time.process_time()
        for group in groups:
            journal.keep(*group)
        wall, cpu = time.perf_counter() - begin, time.process_time() - before
        journal.abandon()
        assert all(r.state == "completed" for r in parse(path.read_bytes()))
    else:
        lines = [[orjson.dumps(values_of(e)) + b"\n" for e in group] for group in groups]
        handle = os.open(path, os.O_WRONLY | os.O_APPEND)
        begin, before = time.perf_counter(), time.process_time()
        for group in lines:
            os.write(handle, b"".join(group))
            os.fdatasync(handle)
        wall, cpu = time.perf_counter() - begin, time.process_time() - before
    print(json.dumps({"wall": wall, "cpu": cpu}), file=sys.stderr)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
