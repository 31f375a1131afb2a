"""A cluster of Dask as an executor: of this machine, or a scheduler elsewhere over TLS; the door to distributed."""

from __future__ import annotations

import ipaddress
import logging
import os
import re
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager, suppress
from typing import Any, ParamSpec, TypeVar

from seedspec.project.child_environment import environment_of_child
from seedspec.project.credentials import BadSettings, is_loopback

P = ParamSpec("P")
T = TypeVar("T")

LOCAL = "dask"
_WAIT = 20.0
"""Seconds for a scheduler to answer, and for it to have a worker."""
_ADDRESS = re.compile(r"(tls|tcp)://(\[[0-9A-Fa-f:]+\]|[A-Za-z0-9.-]+):([0-9]{1,5})")


class Cluster(Executor):
    """Carries out functions in the workers of a cluster. Every call is a job of its own, also one like another."""

    def __init__(self, client: Any) -> None:
        self._client, self._executor = client, client.get_executor(pure=False)

    @property
    def workers(self) -> int:
        """How many jobs are carried out at once."""
        return max(1, sum(map(int, self._client.nthreads().values())))

    @property
    def is_lost(self) -> bool:
        """Whether the scheduler has gone: then no job will ever be done."""
        return bool(self._client.status != "running")

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        found: Future[T] = self._executor.submit(fn, *args, **kwargs)
        return found

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        with suppress(Exception):  # of a scheduler that has gone nothing can be taken back
            self._executor.shutdown(wait=wait, cancel_futures=cancel_futures)


def check_address(address: str) -> None:
    """Raises BadSettings for what is neither `dask`, nor the address of a scheduler that jobs may be sent to."""
    if address == LOCAL:
        return
    found = _ADDRESS.fullmatch(address)
    if found is None:
        raise BadSettings(f"--executor is `{address}`; expected dask, or tls://HOST:PORT of a scheduler of Dask")
    if found[1] == "tcp" and not _is_here(found[2]):
        raise BadSettings(
            f"--executor {address}: whoever is between could run programs on the workers; expected tls://{address[6:]},"
            " with certificates by Dask's own configuration"
        )


def _is_here(host: str) -> bool:
    bare = host.strip("[]")
    with suppress(ValueError):
        return ipaddress.ip_address(bare).is_loopback
    return is_loopback(bare)


@contextmanager
def cluster(address: str, workers: int) -> Iterator[Cluster]:
    """The cluster at an address, or one of this machine with so many workers, which ends with the block.

    Its workers get none of the keys of this process. Raises BadSettings for one that cannot be had.
    """
    check_address(address)
    try:
        import distributed as found
    except ImportError:
        raise BadSettings("--executor needs more packages: pip install 'seedspec[dask]'") from None
    dask: Any = found  # parts of it have no types
    _silence()
    own: Any = None
    with _environment_without_keys():
        try:
            if address == LOCAL:
                own = _deaf_to_interrupts(
                    dask.LocalCluster,
                    n_workers=workers, threads_per_worker=1, host="127.0.0.1", dashboard_address=None,
                    security=dask.Security.temporary(), silence_logs=logging.CRITICAL + 1,
                )  # fmt: skip
            client = dask.Client(own or address, timeout=_WAIT, set_as_default=False)
            client.wait_for_workers(1, timeout=_WAIT)
        except Exception as error:
            _close(own)
            raise BadSettings(f"--executor {address}: {_why(error)}") from None
        try:
            yield Cluster(client)
        finally:
            with suppress(Exception):
                client.close(timeout=2)
            _close(own)


def _deaf_to_interrupts(start: Callable[..., Any], **given: Any) -> Any:
    """Starts processes that hear no Ctrl-C, which a terminal sends to them too: this one ends them, without a word.

    What a process ignores, its children ignore from their start.
    """
    if threading.current_thread() is not threading.main_thread():  # a thread may not say what is ignored
        return start(**given)
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        return start(**given)
    finally:
        signal.signal(signal.SIGINT, before)


def _silence() -> None:
    """What goes wrong is said by us, in words; Dask's loggers write tracebacks of it, each by a level of its own."""
    for name in list(logging.root.manager.loggerDict):
        if name.partition(".")[0] in ("distributed", "tornado", "asyncio"):
            logging.getLogger(name).disabled = True


def _close(own: Any) -> None:
    with suppress(Exception):
        if own is not None:
            own.close(timeout=5)


def _why(error: Exception) -> str:
    text = " ".join(str(error).split())[:300]
    if "TLS" in text or "ssl" in text.lower():
        return f"no connection with these certificates; Dask's configuration names them: {text}"
    if isinstance(error, TimeoutError) and "worker" in text:
        return f"no worker came within {_WAIT:g} s"
    return f"no scheduler answers there: {text or type(error).__name__}"


@contextmanager
def _environment_without_keys() -> Iterator[None]:
    """The environment as children get it: Dask starts workers with that of this process, now and when one has died."""
    whole = dict(os.environ)
    kept = environment_of_child("DASK_")
    for name in whole.keys() - kept.keys():
        del os.environ[name]
    try:
        yield
    finally:
        os.environ.update(whole)
