"""The order of system calls in a run: a kill loses nothing the kernel holds, so a trace must tell of power cuts."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
from helpers import OWN, SMALL, Make

STRACE = shutil.which("strace")
CALLS = "openat,open,write,writev,sendto,sendmsg,fsync,fdatasync,rename,link,unlink,ftruncate,connect"

WAKES = r'"\0", 1'
"""The byte by which a thread wakes the event loop of its own process: it leaves no machine."""


@dataclass(frozen=True)
class Step:
    """One system call: its name, the path of its file where it has one, and its line in the trace."""

    name: str
    path: str
    line: str
    at: int


@pytest.fixture(scope="module")
def needs_strace() -> str:
    if STRACE is None:
        pytest.skip("strace is not installed")
    return STRACE


def traced(folder: Path, text: str) -> list[Step]:
    """The calls of a trace in the order in which they were done, paths relative to the project."""
    found = []
    for at, line in enumerate(text.splitlines()):
        said = re.match(r"(?:\d+ +)?(\w+)\((.*)", line)
        if not said or " = -1 " in line or WAKES in line:
            continue
        shown = re.search(r"<([^>]*)>", said[2]) if said[1] not in ("rename", "link", "unlink") else None
        quoted = re.findall(r'"([^"]*)"', said[2])
        path = shown[1] if shown else quoted[0] if quoted else ""
        found.append(Step(said[1], str(path).replace(f"{folder}/", "").replace(str(folder), "."), line, at))
    return found


@pytest.mark.slow
def test_what_is_relied_on_is_durable_before(needs_strace: str, project: Make) -> None:
    found = project(SMALL)
    trace = found.folder.parent / "trace"
    done = found.run(
        before=(needs_strace, "-f", "-qq", "-y", "-s", "3000", "-e", f"trace={CALLS}", "-o", str(trace)),
    )
    assert done.code == 0, done
    steps = traced(found.folder.resolve(), trace.read_text(errors="replace"))
    trace.unlink()  # it shows the key on its way
    lock = "storyboard.lock"

    def where(name: str, path: str = "", has: str = "", after: int = -1) -> int:
        """The first such call after another."""
        for step in steps:
            if step.at > after and step.name in name.split("|") and path in ("", step.path) and has in step.line:
                return step.at
        raise AssertionError(f"no {name} of {path} with {has} after {after}")

    # a new lock: written aside, synced, renamed, and its name synced, before any line is appended
    header = where("write", ".storyboard.lock.new", "seedspec_lock")
    synced = where("fsync", ".storyboard.lock.new", after=header)
    renamed = where("rename", has=".storyboard.lock.new", after=synced)
    named = where("fsync", ".", after=renamed)

    # the intent: on disk before a byte of the request leaves
    posts = [
        s.at for s in steps if s.name in ("sendto", "sendmsg", "write") and "POST /v1/videos/generations" in s.line
    ]
    assert len(posts) == 2
    after, tasks = named, set[str]()
    for post in posts:
        intent = where("write", lock, "submitting", after=after)
        on_disk = where("fdatasync", lock, after=intent)
        assert on_disk < post, "a request left before its intent was on disk"
        # the receipt: written and synced before anything else is sent but about tasks whose receipt is on disk
        receipt = where("write", lock, "task-unified-", after=post)
        kept = where("fdatasync", lock, after=receipt)
        between = [s for s in steps if post < s.at < kept and s.name in ("sendto", "sendmsg")]
        bodies = [s for s in between if "POST /v1" not in s.line and '"model"' not in s.line and "prompt" not in s.line]
        bodies = [s for s in bodies if not any(f"/{task} " in s.line for task in tasks)]
        assert not bodies, f"something was sent before the receipt was on disk: {bodies}"
        tasks |= set(re.findall(r"task-unified-[A-Za-z0-9_-]+", next(s.line for s in steps if s.at == receipt)))
        after = kept

    # a video: synced before it gets its name, and its name synced before the lock says that it is saved
    for name in ("one", "two"):
        part = f"renders/{name}_take1.{OWN}.mp4.part"
        whole = where("fsync", part)
        linked = where("link|rename", has=f"{name}_take1.mp4", after=whole)
        told = where("fsync", "renders", after=linked)
        said = where("write", lock, f"{name}_take1.mp4", after=told)
        assert whole < linked < told < said
        assert not [
            s for s in steps if s.name == "write" and s.path == lock and f"{name}_take1" in s.line and s.at < told
        ]

    # the sorted lock at the end goes the way of the first
    fresh = where("write", ".storyboard.lock.new", "seedspec_lock", after=renamed)
    where(
        "fsync",
        ".",
        after=where("rename", has=".storyboard.lock.new", after=where("fsync", ".storyboard.lock.new", after=fresh)),
    )
