"""Processes beside this one that carry out functions of media: an executor whose workers die with whoever uses it.

As a program: `python -P -m seedspec.project.workers` takes jobs on standard input, and answers on standard output.
"""

from __future__ import annotations

import os
import pickle
import struct
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from contextlib import suppress
from typing import IO, Any, ParamSpec, TypeVar

from seedspec.project.child_end import describe_end
from seedspec.project.child_environment import environment_of_child

P = ParamSpec("P")
T = TypeVar("T")

_MOST = 8
_HEAD = struct.Struct("!Q")


class WorkerDied(BrokenExecutor):
    """The process that had the job ended before its answer, as a decoder does that a damaged file brings down."""


def cores() -> int:
    """How many workers are of use here: one a core, and few enough for a large machine."""
    found = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(1, min(_MOST, found or 1))


class Workers(Executor):
    """At most so many processes, each started when it is first needed. Functions and arguments must be picklable.

    A job whose process dies raises WorkerDied; the next one has another process. Unlike those of
    `concurrent.futures`, the processes import nothing of the program that uses them, get none of its keys, hear no
    Ctrl-C, and end when it ends, however it does.
    """

    def __init__(self, most: int) -> None:
        self._threads = ThreadPoolExecutor(most, thread_name_prefix="seedspec-worker")
        self._lock = threading.Lock()
        self._idle: list[_Worker] = []
        self._all: set[_Worker] = set()
        self._closed = False

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        return self._threads.submit(self._carry_out, pickle.dumps((fn, args, kwargs)))

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """As that of any executor. Without `wait`, jobs under way are broken off: nothing that they do is lost work."""
        self._threads.shutdown(wait=wait, cancel_futures=cancel_futures)
        with self._lock:
            self._closed = True
            left, self._all, self._idle = self._all, set(), []
        for worker in left:
            worker.end()

    def _carry_out(self, job: bytes) -> Any:
        worker = self._take_worker()
        try:
            answer = worker.ask(job)
        except (OSError, EOFError, ValueError):
            code = worker.end()
            with self._lock:
                self._all.discard(worker)
            raise WorkerDied(f"the process that decodes it ended with {describe_end(code)}") from None
        with self._lock:
            if not self._closed:
                self._idle.append(worker)
        done, found = pickle.loads(answer)
        if done:
            return found
        raise found

    def _take_worker(self) -> _Worker:
        with self._lock:
            if self._closed:
                raise WorkerDied("it was broken off")
            if self._idle:
                return self._idle.pop()
            worker = _Worker()
            self._all.add(worker)
            return worker


class _Worker:
    """One process, and the pipes to it."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            (sys.executable, "-P", "-m", "seedspec.project.workers"),
            env=environment_of_child(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=sys.platform != "win32",
        )

    def ask(self, job: bytes) -> bytes:
        assert self._process.stdin is not None and self._process.stdout is not None
        _write(self._process.stdin, job)
        return _read(self._process.stdout)

    def end(self) -> int:
        """Ends it at once; returns the code that it ended with."""
        assert self._process.stdin is not None and self._process.stdout is not None
        with suppress(OSError):
            self._process.stdin.close()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(0.2)
        self._process.kill()
        code = self._process.wait()
        with suppress(OSError):
            self._process.stdout.close()
        return code


def _write(stream: IO[bytes], data: bytes) -> None:
    stream.write(_HEAD.pack(len(data)) + data)
    stream.flush()


def _read(stream: IO[bytes]) -> bytes:
    head = stream.read(_HEAD.size)
    if len(head) < _HEAD.size:
        raise EOFError
    (size,) = _HEAD.unpack(head)
    data = stream.read(size)
    if len(data) < size:
        raise EOFError
    return data


def main() -> None:
    """Carries out jobs until standard input ends. What a library prints goes to standard error."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    while True:
        try:
            job = _read(sys.stdin.buffer)
        except EOFError:
            return
        try:
            function, args, kwargs = pickle.loads(job)
            answer = pickle.dumps((True, function(*args, **kwargs)))
        except Exception as error:
            answer = pickle.dumps((False, _plain(error)))
        _write(answers, answer)


def _plain(error: Exception) -> Exception:
    """The error, or one that says the same where it cannot be carried to another process."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error


if __name__ == "__main__":
    main()
