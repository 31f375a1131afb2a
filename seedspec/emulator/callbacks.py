"""Delivers one callback: a POST of a task's JSON, tried again after the vendor's waits."""

from __future__ import annotations

import asyncio
import http.client
import urllib.error
import urllib.request
from collections.abc import Sequence
from concurrent.futures import Executor
from typing import Any


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def post(url: str, content: bytes, *, timeout: float) -> int | str:
    """The status that one delivery was answered with, or in words why there was none. Never follows, never proxies."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect)
    headers = {"Content-Type": "application/json", "User-Agent": "evolink-callback/1"}
    try:
        with opener.open(urllib.request.Request(url, content, headers, method="POST"), timeout=timeout) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code
    except (OSError, http.client.HTTPException, ValueError) as error:
        return str(error) or type(error).__name__


async def deliver(
    url: str, content: bytes, *, waits: Sequence[float], timeout: float, executor: Executor
) -> list[int | str]:
    """What each attempt gave, the last one a 2xx when it was delivered."""
    loop = asyncio.get_running_loop()
    outcomes: list[int | str] = []
    for wait in (0.0, *waits):
        if wait:
            await asyncio.sleep(wait)
        outcome = await loop.run_in_executor(executor, lambda: post(url, content, timeout=timeout))
        outcomes.append(outcome)
        if is_delivered(outcome):
            break
    return outcomes


def is_delivered(outcome: int | str) -> bool:
    return isinstance(outcome, int) and 200 <= outcome < 300
